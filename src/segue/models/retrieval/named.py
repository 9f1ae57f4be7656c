"""What the listener named, as the reader of dialogues reads it: slips, part names and refusals told apart."""

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
    """Which tracks are named, or refused by name, in what is said."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.reader = catalogue, reader_of(catalogue)
        self._read: dict[str, Said] = {}

    def scores(self, requests: Sequence[Request]) -> dict[str, Floats]:
        """Each of `NAMED`, float32 (n_requests, n_tracks): artists and titles of the current utterance.

        `named_before` is what earlier ones named, `unwanted` what any refused by name (fading).
        """
        found = {name: np.zeros((len(requests), len(self.catalogue)), np.float32) for name in NAMED}
        for row, request in enumerate(requests):
            for age, text in enumerate(reversed(request.said)):
                said, weight = self.read(text), FADES**age
                if age == 0:
                    found["named_artist"][row, said.artists] = 1.0
                    found["named_title"][row, said.titles] = 1.0
                else:
                    _raise(found["named_before"][row], said.artists + said.titles, weight)
                _raise(found["unwanted"][row], said.refused, weight)
        return found

    def score(self, name: str, requests: Sequence[Request]) -> Floats:
        """One of `NAMED`."""
        return self.scores(requests)[name]

    def read(self, text: str) -> Said:
        """The rows of the tracks that an utterance names."""
        if text not in self._read:
            if len(self._read) >= KEPT:
                self._read.clear()
            self._read[text] = self._names(text)
        return self._read[text]

    def _names(self, text: str) -> Said:
        reading, index = self.reader.take_apart(clean(text)), self.reader.index
        artists, titles, refused = set[int](), set[int](), set[int]()
        for mention in reading.names:
            if mention.kind == "title":
                rows, wanted = index.rows_of(mention.values), titles
            else:
                table = index.artists if mention.kind == "artist" else index.albums
                rows, wanted = table.get(key(mention.name)), artists
            (refused if mention.start in reading.refused else wanted).update(rows)
        return Said(sorted(artists), sorted(titles), sorted(refused))


def _raise(scores: Floats, rows: list[int], weight: float) -> None:
    """Sets scores of rows to at least a weight."""
    scores[rows] = np.maximum(scores[rows], weight)
