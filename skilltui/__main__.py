"""``python -m skilltui``."""

from skilltui.cli.main import entry

if __name__ == "__main__":
    entry()
