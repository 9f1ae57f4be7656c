"""The picture of a catalogue's tempos and keys."""

from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from segue.describe.key import KEYS

FIFTHS = [7 * n % 12 for n in range(12)]
"""The tonics in the order of the circle of fifths, from C."""
MAJOR, MINOR = "#E69F00", "#0072B2"


def save_figure(table: pl.DataFrame, path: Path) -> None:
    """Write the picture as PNG: how many tracks have each tempo and each key."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    tempos = table["tempo"].drop_nulls()
    left.hist(tempos.to_numpy(), bins=np.arange(37.5, 245, 5).tolist(), color=MINOR)
    left.set(
        xlabel="tempo (beats a minute)", ylabel="tracks", title=_title(tempos.len(), table.height, "tempo")
    )
    counts = dict(table["key"].drop_nulls().value_counts().iter_rows())
    places = np.arange(12)
    for mode, shift, colour in ((0, -0.2, MAJOR), (1, 0.2, MINOR)):
        heights = [counts.get(KEYS[12 * mode + tonic], 0) for tonic in FIFTHS]
        right.bar(places + shift, heights, 0.4, color=colour, label=("major", "minor")[mode])
    right.set_xticks(places, [_tonic(tonic) for tonic in FIFTHS])
    title = _title(sum(counts.values()), table.height, "key")
    right.set(xlabel="key, by fifths", ylabel="tracks", title=title)
    right.legend(frameon=False)
    for axes in (left, right):
        axes.yaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=120, format="png")


def _title(n: int, total: int, what: str) -> str:
    """How many tracks have one."""
    return f"{n:,} of {total:,} tracks have a {what}"


def _tonic(tonic: int) -> str:
    """The name of a tonic, with both spellings where major and minor differ."""
    names = {KEYS[tonic].split()[0], KEYS[12 + tonic].split()[0]}
    return "\n".join(sorted(names, key=lambda name: "#" in name))
