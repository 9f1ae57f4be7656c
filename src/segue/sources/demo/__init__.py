"""The embedded demo library."""
