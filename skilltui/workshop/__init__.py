"""The use cases: what follows what.

In: a person's or an agent's wish. Out: committed changes, results, and frozen events after each commit.
"""
