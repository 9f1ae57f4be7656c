"""Tables as text, for a page and for a terminal, and the versions that a report names."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from segue.kit.bootstrap import Interval

PACKAGES = ("segue", "numpy", "polars", "torch", "transformers", "sentence-transformers", "bm25s")


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table for a terminal, header first: the first column to the left, the others to the right."""
    if not rows:
        return []
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [[cell.rjust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join([row[0].ljust(widths[0]), *cells[1:]]) for row, cells in zip(rows, lines, strict=True)]


def markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table, header first, followed by an empty line; nothing without a header."""
    if not rows:
        return []
    safe = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in safe]
    rule = "|" + "|".join(["---", *["---:"] * (len(rows[0]) - 1)]) + "|"
    return [lines[0], rule, *lines[1:], ""]


def with_interval(found: Interval, spec: str) -> str:
    """A mean with its bounds, or alone where there are none."""
    # NaN is the one number that differs from itself.
    bounds = "" if found.low != found.low else f" [{found.low:{spec}}, {found.high:{spec}}]"
    return f"{found.mean:{spec}}{bounds}"


def versions() -> list[str]:
    """The installed ones of the packages that move the numbers."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return found
