"""TIGER: the next track's semantic id, written code by code from what was played (arXiv 2305.05065)."""
