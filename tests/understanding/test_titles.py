"""Titles that are said in part, or by what they are about."""

from __future__ import annotations

import polars as pl
import pytest

from segue.data.library import Library
from segue.understanding.rules import Rules, reader_of
from segue.understanding.state import DialogueState

TRACKS = {
    "track_id": list("abcde"),
    "title": [
        "P. I. Tchaikovsky: Dance of the Sugar Plum Fairy", "Symphony No. 5 in C Minor: I. Allegro con brio",
        "Big Yellow Taxi", "Both Sides, Now", "Please Wake Me Up Gently My Love",
    ],
    "artist": ["Kevin MacLeod", "Vienna Philharmonic", "Joni Mitchell", "Joni Mitchell", "The Crooners"],
    "tags": [["classical"], ["classical", "symphony"], ["folk"], ["folk", "calm"], ["pop", "calm"]],
}  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Rules:
    """The built-in reader over five tracks."""
    return reader_of(Library.of(pl.DataFrame(TRACKS)).catalogue)


@pytest.mark.parametrize(
    ("words", "track"),
    [
        ("play the sugar plum fairy dance", "a"), ("dance of the sugar plum fairy please", "a"),
        ("put on that joni mitchell song about the taxi", "c"),
        ("joni mitchell's one about a taxi", "c"),
    ],
)  # fmt: skip
def test_a_part_stands_for_a_title(reader: Rules, words: str, track: str) -> None:
    state = reader.step(words, DialogueState(), ())
    assert [w.values for w in state.required if w.kind == "title"] == [(track,)]
    assert not state.refused


@pytest.mark.parametrize(
    "words",
    [
        "wake me up gently",
        "a joni mitchell song about love",
        "a joni mitchell song about id",
        "sugar and spice",
    ],
)
def test_words_of_everyday_are_no_part_of_a_title(reader: Rules, words: str) -> None:
    assert not [w for w in reader.step(words, DialogueState(), ()).wishes if w.kind == "title"]


def test_the_number_of_a_work_refuses_nothing(reader: Rules) -> None:
    assert not reader.step("play symphony no. 5", DialogueState(), ()).refused
