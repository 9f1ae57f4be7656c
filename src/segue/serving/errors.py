"""Errors of requests: what the user can mend, with the status that HTTP gives it."""

from segue.kit.errors import SegueError


class NotHereError(SegueError):
    """Something of this name is not here."""


class BusyError(SegueError):
    """It cannot be done now: the database is locked or full, too many requests."""
