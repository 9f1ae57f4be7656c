"""The command `segue`: one verb a stage."""

from segue.cli.app import main

__all__ = ["main"]
