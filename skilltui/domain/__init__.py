"""What things are, and the rules that need nothing else.

In: values. Out: values. Frozen dataclasses and pure functions; no I/O, and no import of any other room.
"""
