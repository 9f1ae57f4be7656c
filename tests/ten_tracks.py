"""Ten tracks whose facts are known, a reader over them, and what it makes of words."""

from __future__ import annotations

from typing import Any

import polars as pl

from segue.data.library import Library
from segue.understanding.rules import Rules, reader_of
from segue.understanding.state import DialogueState

ROWS: list[tuple[str, str, int, list[str]]] = [
    ("Under Pressure", "Queen & David Bowie", 1981, ["rock", "epic", "vocals"]),
    ("Bohemian Rhapsody", "Queen", 1975, ["rock", "epic", "vocals", "piano"]),
    ("Heroes", "David Bowie", 1977, ["rock", "vocals"]),
    ("No Scrubs", "TLC", 1999, ["r&b", "vocals"]),
    ("Low Rider", "War", 1975, ["funk", "saxophone", "vocals"]),
    ("So What", "Miles Davis", 1959, ["jazz", "calm", "trumpet", "saxophone"]),
    ("Master of Puppets", "Metallica", 1986, ["metal", "angry", "fast tempo", "electric guitar"]),
    ("One", "Metallica", 1988, ["metal", "electric guitar"]),
    ("Last Dance", "Donna Summer", 1978, ["disco", "party", "vocals"]),
    ("Autobahn", "Kraftwerk", 1974, ["electronic", "synthesizer"]),
]

SECONDS = [248.0, 354.0, 371.0, 214.0, 191.0, 562.0, 515.0, 447.0, 179.6, None]


def built_in() -> Rules:
    """The built-in reader over the ten tracks."""
    title, artist, year, tags = zip(*ROWS, strict=True)
    ids = [t.casefold().replace(" ", "-") for t in title]
    columns: dict[str, Any] = {"track_id": ids, "title": title, "artist": artist, "year": year, "tags": tags}
    columns["duration_s"] = SECONDS
    return reader_of(Library.of(pl.DataFrame(columns, strict=False)).catalogue)


def reader_over(rows: list[tuple[str, str, str | None, list[str]]], year: int) -> Rules:
    """The built-in reader over rows of title, artist, album and tags, all of one year; ids count from 0."""
    title, artist, album, tags = zip(*rows, strict=True)
    ids = [str(n) for n in range(len(rows))]
    columns: dict[str, Any] = {
        "track_id": ids,
        "title": title,
        "artist": artist,
        "album": album,
        "tags": tags,
    }
    columns |= {"tags": tags, "year": [year] * len(rows)}
    return reader_of(Library.of(pl.DataFrame(columns, strict=False)).catalogue)


def after(reader: Rules, *said: str, played: tuple[str, ...] = ("so-what",)) -> DialogueState:
    """The state after utterances, with the same tracks played before each."""
    state = DialogueState()
    for words in said:
        state = reader.step(words, state, played)
    return state


def wishes(state: DialogueState) -> set[str]:
    """The wishes as "kind word", the refused ones with a "no"."""
    return {f"{w.kind} {w}" for w in state.wishes}
