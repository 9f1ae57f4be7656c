"""segue: music recommendation that one can talk to."""

__version__ = "0.1.0"
