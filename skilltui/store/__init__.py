"""One SQLite file.

In: domain objects, whole transactions at a time. Out: domain objects. Only here is SQL written.
"""
