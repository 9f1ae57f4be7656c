"""What can be said to `segue rate`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from segue.kit.settings import Flags

QUIET = Parameter(show_default=False)
"""Of flags whose default is nothing, or is said in their help."""


class Rating(Flags):
    """Who rates, and what they are told."""

    url: str
    """The server, up to and with /v1."""
    model: tuple[str, ...]
    """Who rates; repeat it for several raters."""
    temperature: Annotated[tuple[float, ...], QUIET] = (0.0,)
    """0 by default; each one is a rater of its own."""
    no_temperature: bool = False
    """Send none: some models accept only their own."""
    seed: Annotated[tuple[int, ...], QUIET] = ()
    """Each one is a rater of its own."""
    extras: Annotated[
        tuple[Literal["tags", "lyrics"], ...], Parameter(name="--with", show_default=False)
    ] = ()
    """What a rater is told besides artist, title, album and year."""
    track: Annotated[tuple[str, ...], QUIET] = ()
    """Only this track (repeat it)."""
    limit: int | None = None
    """Only the first so many tracks."""
    examples: Path | None = None
    """The published TSV, to take its two example songs from."""
    workers: int = 4
    """Requests under way at once."""
    consensus: Literal["median", "mean"] = "median"
    """How several raters become one value."""
    price_in: float | None = None
    """Money for a million tokens asked."""
    price_out: float | None = None
    """Money for a million tokens answered."""
