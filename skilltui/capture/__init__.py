"""Bytes on disk become redacted, segmented trajectories with outcomes.

In: paths of transcripts. Out: ``Batch`` objects (events, quarantine, cursor) and ``Trajectory`` objects.
"""
