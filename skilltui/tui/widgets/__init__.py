"""Widgets of our own: lines drawn one by one, so that a hundred thousand rows cost what fifty do."""
