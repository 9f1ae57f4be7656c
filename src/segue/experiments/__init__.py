"""Whole studies of a paper on one workspace: a table of rows, run one by one, resumed where they stopped."""
