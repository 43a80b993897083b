"""Recorded sessions of a made-up developer, played into a throw-away home as if two agents worked now.

In: a directory that stands in for a person's home. Out: transcripts in the agents' own formats, and three skills.
"""
