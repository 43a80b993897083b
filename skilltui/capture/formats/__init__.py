"""One module per agent: raw records of its transcript become the events of ``capture.events``."""
