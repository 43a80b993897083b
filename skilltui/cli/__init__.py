"""The headless face: arguments in, one JSON object or a readable table out (the command-line contract)."""
