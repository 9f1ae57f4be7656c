"""Progress on stderr, so that what is printed can be piped: one bar for whatever takes long."""

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, ProgressColumn, track

T = TypeVar("T")


def watched(
    items: Iterable[T], title: str, *, total: int | None = None, hidden: bool = False, stays: bool = False
) -> Iterable[T]:
    """The items, with a bar that says how many are done.

    Args:
        total: how many there are, where the items have no length.
        stays: the bar is left there when all is done.
    """
    console = Console(stderr=True)
    # What vanishes leaves a blank line in a file or a pipe.
    hidden = hidden or not (stays or console.is_terminal)
    return track(items, title, total=total, console=console, transient=not stays, disable=hidden)


def bar(*columns: ProgressColumn) -> Progress:
    """A bar for what is counted by hand; it vanishes when all is done."""
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
