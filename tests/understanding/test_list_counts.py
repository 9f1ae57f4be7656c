"""One of each kind, half and twice as many, the other way round, the older of two that were counted."""

from __future__ import annotations

import pytest

from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from ten_tracks import after

FOUR = ("so-what", "autobahn", "low-rider", "no-scrubs")


def edited(reader: Rules, words: str) -> DialogueState:
    state = reader.step("four songs", DialogueState(), ())
    return reader.step(words, state, FOUR)


@pytest.mark.parametrize(
    "words",
    [
        "three songs, each from a different decade",
        "three songs, one from each decade",
        "three, all from different decades",
    ],
)
def test_one_of_each(reader: Rules, words: str) -> None:
    state = after(reader, words, played=())
    assert state.count == 3
    assert len({p.wishes[0].words for p in state.parts}) == 3


@pytest.mark.parametrize("words", ["something from a different decade", "three songs from the seventies"])
def test_what_is_not_one_of_each(reader: Rules, words: str) -> None:
    assert after(reader, words).parts == ()


@pytest.mark.parametrize(
    ("words", "kept", "new"),
    [
        ("only half as many", FOUR[:2], 0),
        ("half of that please", FOUR[:2], 0),
        ("twice as many please", FOUR, 4),
        ("double the number", FOUR, 4),
        ("now the same trip backwards", FOUR[::-1], 0),
        ("and the reverse of that", FOUR[::-1], 0),
        ("second one out", (FOUR[0], *FOUR[2:]), 0),
        ("add two more", FOUR, 2),
        ("and now all of it the other way round", FOUR[::-1], 0),
    ],
)
def test_how_a_list_changes(reader: Rules, words: str, kept: tuple[str, ...], new: int) -> None:
    state = edited(reader, words)
    assert state.about == kept
    assert len(state.places) == new


def test_one_of_two_that_were_counted(reader: Rules) -> None:
    state = after(
        reader, "how many metallica songs have you got", "which is the older of the two?", played=()
    )
    assert state.act == "question"
    assert [c.dimension for c in state.comparisons] == ["older"] or state.about == ("master-of-puppets",)


@pytest.mark.parametrize(
    ("words", "unknown"), [("hast du was von den Ärzten?", True), ("was von den 80ern", False)]
)
def test_behind_an_article_stands_a_name(reader: Rules, words: str, unknown: bool) -> None:
    assert bool(after(reader, words, played=()).unknown) is unknown


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("make me five for the commute", 5),
        ("five for dinner with the in-laws", 5),
        ("Five for Fighting please", 1),
        ("five for the road", 5),
        ("ok put together 6 for the bath", 6),
        ("need some tunes for a bbq, maybe a dozen, no rap", 12),
        ("some tunes like a few years ago", 1),
        ("knock up four to dance to", 4),
        ("do us two by metallica", 2),
        ("pick me eight", 8),
        ("four to go with dinner please", 4),
        ("one for the road", 1),
        ("four to the floor", 1),
        ("make me two times happier", 1),
        ("two for the price of one", 1),
    ],
)
def test_how_many_without_a_word_for_songs(reader: Rules, words: str, count: int) -> None:
    assert after(reader, words, played=()).count == count
