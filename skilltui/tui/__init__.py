"""The face of panes. In: the workshop's results and events. Out: a terminal interface. Only here is Textual known."""
