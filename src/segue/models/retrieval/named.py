"""What the listener named and was offered, as the reader of dialogues reads it: slips, refusals told apart.

Evidence of the hybrid and of the gated TalkPlay; in neither paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from segue.data.catalogue import Catalogue
from segue.data.request import Request
from segue.dialogues.wording import ARTIST, TITLE
from segue.kit.arrays import Floats
from segue.understanding.rules import reader_of
from segue.understanding.text import clean, key

FADES = 0.7
"""What a name counts relative to one that was said a turn later."""
KEPT = 20_000
"""Utterances whose names are kept."""
NAMED = ("named_artist", "named_title", "named_before", "unwanted")
OFFERED = ("offered_artist", "offered_title")


class Said(NamedTuple):
    """What one utterance names, each name as its rows: artists and albums, titles, and what is refused."""

    artists: list[list[int]]
    titles: list[list[int]]
    refused: list[list[int]]


class Named:
    """Which tracks are named, or refused by name, in what is said; one for a catalogue (see `named_in`)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.reader = catalogue, reader_of(catalogue)
        self._read: dict[str, Said] = {}

    def score(self, name: str, requests: Sequence[Request]) -> Floats:
        """One of `NAMED` or `OFFERED` for every track, float32 (n_requests, n_tracks), 0 to 1.

        `named_artist` and `named_title` are of the current utterance, `named_before` of the earlier ones,
        `unwanted` is what any of them refuses by name; what is older counts less (`FADES`).
        `offered_artist` and `offered_title` are what the answer before the current utterance names and has
        not played ("Shall I add some Poison?").
        """
        scores = np.zeros((len(requests), len(self.catalogue)), np.float32)
        for row, request in zip(scores, requests, strict=True):
            if name in OFFERED:
                row[self._offered(name, request)] = 1.0
                continue
            for age, text in enumerate(reversed(request.said)):
                rows = _flat(_counting(name, self.read(text), age))
                row[rows] = np.maximum(row[rows], FADES**age)
        return scores

    def _offered(self, name: str, request: Request) -> list[int]:
        """The rows of the names in the last answer, but for names of which something has played."""
        answer = next((t.content for t in reversed(request.messages) if t.role == "assistant"), "")
        # A simulated answer has markers for what it plays, and offers nothing.
        if not answer or TITLE in answer or ARTIST in answer:
            return []
        said = self.read(answer)
        names = said.artists if name == "offered_artist" else said.titles
        played = set(self.reader.index.rows_of([*request.accepted, *request.rejected]))
        return _flat([rows for rows in names if played.isdisjoint(rows)])

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
        said = Said([], [], [])
        for mention in reading.names:
            if mention.kind == "title":
                rows, wanted = index.rows_of(mention.values), said.titles
            else:
                # A composer is several albums.
                table = index.artists if mention.kind == "artist" else index.albums
                rows, wanted = [r for v in mention.values for r in table.get(key(v))], said.artists
            (said.refused if mention.start in reading.refused else wanted).append(rows)
        return said


def _flat(names: list[list[int]]) -> list[int]:
    return [row for rows in names for row in rows]


def _counting(name: str, said: Said, age: int) -> list[list[int]]:
    """The names that an utterance of so many turns ago says of one of `NAMED`."""
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
