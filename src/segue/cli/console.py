"""What the command line writes to."""

from __future__ import annotations

from rich.console import Console

console = Console(highlight=False)


def show(lines: list[str]) -> None:
    """Print lines as they are."""
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
