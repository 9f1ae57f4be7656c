"""The 58 attributes of MGPHot: names in their published order, what they mean, and how a model did on them.

Values are in [0, 1]: ratings from 0 to 5 in half points, divided by 5. NaN stands for what is not known or
does not apply. The meanings are in our own words.
Sources: Oramas et al., MGPHot, TISMIR 8(1), 2025; E4SRec specification 5.3, 9.
"""

import csv
from importlib.resources import files
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.kit.arrays import Bools, Floats

Kind = Literal["presence", "scale", "voice"]
"""presence: 0 is "absent". scale: both ends say something. voice: a scale that only a lead voice has."""
TOP = 5
"""The best rating; the worst is 0, the step a half."""
LEVELS = tuple(step / 2 for step in range(2 * TOP + 1))
"""The ratings there are: 0, 0.5, ... 5."""


class Attribute(NamedTuple):
    """One attribute.

    Args:
        high: words for a track with a high value.
        low: words for a low value; "" where it says nothing worth saying.
        rho: Spearman correlation of the published language model's ratings with the musicologists'.
        mae: its mean absolute error, of values in [0, 1].
    """

    name: str
    category: str
    kind: Kind
    high: str
    low: str
    rho: float
    mae: float
    meaning: str


def _read() -> tuple[Attribute, ...]:
    text = (files("segue.describe.mgphot") / "attributes.tsv").read_text("utf-8")
    rows = csv.reader(text.splitlines()[1:], delimiter="\t", quoting=csv.QUOTE_NONE)
    kinds: dict[str, Kind] = {"presence": "presence", "scale": "scale", "voice": "voice"}
    return tuple(
        Attribute(name, category, kinds[kind], high, low, float(rho), float(mae), meaning)
        for name, category, kind, high, low, rho, mae, meaning in rows
    )


ATTRIBUTES = _read()
NAMES = tuple(a.name for a in ATTRIBUTES)
COLUMNS = {name: column for column, name in enumerate(NAMES)}
"""Name -> column."""
CATEGORIES = tuple(dict.fromkeys(a.category for a in ATTRIBUTES))
DIM = len(ATTRIBUTES)
VOICE: Bools = np.array([a.kind == "voice" for a in ATTRIBUTES])
"""Shape (58,): which attributes only apply to tracks with a lead voice."""


def in_category(category: str) -> NDArray[np.int64]:
    """The columns of one category."""
    return np.flatnonzero([a.category == category for a in ATTRIBUTES])


def applicable(values: Floats) -> Floats:
    """Values (n, 58) with NaN for the voice of tracks that have none.

    The published values are 0 there, which would say "the lowest voice there is". A track where every
    attribute of the voice is 0 has none: no singer's voice is bass, thin, clean, rough and gentle at once.
    """
    found = values.astype(np.float32, copy=True)
    silent = (found[:, VOICE] == 0).all(axis=1)
    found[np.ix_(silent, VOICE)] = np.nan
    return found
