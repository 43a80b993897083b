"""Stored trajectories -> what other tools read, and what our own readers read back to the same steps.

In: a session's trajectories, redacted. Out: records of one format. Pure; writing files is somebody else's.
"""
