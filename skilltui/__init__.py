"""skilltui: captures what coding agents do, finds what no skill serves, and curates skills from evidence."""

__version__ = "0.1.0"
