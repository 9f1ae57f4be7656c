"""Serving: the terminal chat."""
