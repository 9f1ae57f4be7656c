"""What the command line writes to."""

import sys

from rich.console import Console

console = Console(highlight=False)
CONTROL = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)], "\ufffd")
"""Characters that would steer the terminal, in the name of a file or a cell of a table."""


def printable(text: str) -> str:
    """The text as a terminal may show it."""
    return text.translate(CONTROL)


def show(lines: list[str]) -> None:
    """Print lines as they are."""
    for line in lines:
        # Rich would read "[live]" in a title as a style, and break long paths that are to be copied.
        console.print(printable(line), markup=False, soft_wrap=True)


def agreed() -> bool:
    """Whether the user says yes; no where nobody can be asked."""
    if not sys.stdin.isatty():
        return False
    return console.input("go on? [y/N] ").strip().casefold() in ("y", "yes")
