"""What the listener named, as the reader of dialogues reads it: slips, part names and refusals told apart.

Evidence of the hybrid and of the gated TalkPlay; in neither paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from segue.data.catalogue import Catalogue
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.understanding.rules import reader_of
from segue.understanding.text import clean, key

FADES = 0.7
"""What a name counts relative to one that was said a turn later."""
KEPT = 20_000
"""Utterances whose names are kept."""
NAMED = ("named_artist", "named_title", "named_before", "unwanted")


class Said(NamedTuple):
    """The rows of the artists and albums, of the titles, and of what is refused in one utterance."""

    artists: list[int]
    titles: list[int]
    refused: list[int]


class Named:
    """Which tracks are named, or refused by name, in what is said; one for a catalogue (see `named_in`)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.reader = catalogue, reader_of(catalogue)
        self._read: dict[str, Said] = {}

    def score(self, name: str, requests: Sequence[Request]) -> Floats:
        """One of `NAMED` for every track, float32 (n_requests, n_tracks), 0 to 1.

        `named_artist` and `named_title` are of the current utterance, `named_before` of the earlier ones,
        `unwanted` is what any of them refuses by name; what is older counts less (`FADES`).
        """
        scores = np.zeros((len(requests), len(self.catalogue)), np.float32)
        for row, request in zip(scores, requests, strict=True):
            for age, text in enumerate(reversed(request.said)):
                rows = _counting(name, self.read(text), age)
                row[rows] = np.maximum(row[rows], FADES**age)
        return scores

    def read(self, text: str) -> Said:
        """The rows of the tracks that an utterance names."""
        if text not in self._read:
            if len(self._read) >= KEPT:
                self._read.clear()
            self._read[text] = self._names(text)
        return self._read[text]

    def _names(self, text: str) -> Said:
        text, tongue = self.reader.in_english(clean(text))
        reading, index = self.reader.take_apart(text, foreign=bool(tongue)), self.reader.index
        artists, titles, refused = set[int](), set[int](), set[int]()
        for mention in reading.names:
            if mention.kind == "title":
                rows, wanted = index.rows_of(mention.values), titles
            else:
                # A composer is several albums.
                table = index.artists if mention.kind == "artist" else index.albums
                rows, wanted = [r for v in mention.values for r in table.get(key(v))], artists
            (refused if mention.start in reading.refused else wanted).update(rows)
        return Said(sorted(artists), sorted(titles), sorted(refused))


def _counting(name: str, said: Said, age: int) -> list[int]:
    """The rows that an utterance of so many turns ago says of one of `NAMED`."""
    if name == "unwanted":
        return said.refused
    if name == "named_before":
        return said.artists + said.titles if age else []
    return [] if age else said.artists if name == "named_artist" else said.titles


def named_in(catalogue: Catalogue) -> Named:
    """What is named of a catalogue, made once for it: every recommender reads an utterance once."""
    kept: dict[str, Named] = catalogue.__dict__
    if "_named" not in kept:
        kept["_named"] = Named(catalogue)
    return kept["_named"]
