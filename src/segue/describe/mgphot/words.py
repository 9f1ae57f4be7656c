"""Attributes as words: tags of a track, and phrases a dialogue can use.

Convention of MTG: a value above 0.8 is a tag, and a tonality below 0.2 is "minor". Source: E4SRec
specification 9.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from segue.describe.mgphot.schema import ATTRIBUTES
from segue.kit.arrays import Floats

HIGH, LOW = 0.8, 0.2
MINOR = "minor key"


def attribute_tags(values: Floats) -> list[tuple[str, float]]:
    """The tags of one track with scores in (0.8, 1], highest first; values (58,), NaN says nothing."""
    return [(word, score) for word, score in _said(values) if word == MINOR or word not in LOWS]


def attribute_phrases(values: Floats, limit: int = 0) -> list[str]:
    """What one track is like, most marked first: its tags, and what is markedly low ("slow tempo").

    Args:
        values: (58,), NaN where unknown.
        limit: at most so many, 0 for all.
    """
    words = [word for word, _ in _said(values)]
    return words[:limit] if limit else words


def tag_table(track_ids: Sequence[str], values: Floats) -> pl.DataFrame:
    """The tags of many tracks, values (n, 58): track_id, tag, score."""
    rows = [
        (track_id, tag, score)
        for track_id, row in zip(track_ids, values, strict=True)
        for tag, score in attribute_tags(row)
    ]
    schema = {"track_id": pl.String, "tag": pl.String, "score": pl.Float32}
    return pl.DataFrame(rows, schema=schema, orient="row")


LOWS = frozenset(a.low for a in ATTRIBUTES if a.low)


def _said(values: Floats) -> list[tuple[str, float]]:
    """Words and how marked they are, in (0.8, 1]; equally marked ones in the order of the attributes."""
    found = []
    # Rounded: what was 0.8 is a little more in float32.
    for attribute, value in zip(ATTRIBUTES, np.round(values.astype(float), 4), strict=True):
        if value > HIGH:
            found.append((attribute.high, float(value)))
        elif attribute.low and value < LOW:
            found.append((attribute.low, round(1 - float(value), 4)))
    return sorted(found, key=lambda said: -said[1])
