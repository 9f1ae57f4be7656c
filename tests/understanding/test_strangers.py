"""Well-known artists who are not here, beside those whose names are like theirs."""

from __future__ import annotations

import pytest

from segue.understanding.rules import Rules
from ten_tracks import after, reader_over, wishes

ROWS: list[tuple[str, str, str, list[str]]] = [
    ("Old Man", "Neil Young", "Harvest", ["folk"]),
    ("Piano Man", "Billy Joel", "Piano Man", ["rock"]),
    ("Smooth Operator", "Sade", "Diamond Life", ["soul"]),
    ("Volare", "Dean Martin", "This Is Dean Martin!", ["pop", "calm"]),
    ("In the City", "The Jam", "In the City", ["punk"]),
    ("Alison", "Elvis Costello & The Attractions", "My Aim Is True", ["rock"]),
]


@pytest.fixture(scope="module")
def reader() -> Rules:
    """A reader over names that are near to those of others."""
    return reader_over(ROWS, 1980)


@pytest.mark.parametrize(
    ("words", "wished", "unknown"),
    [
        ("Neil Diamond", set(), "Neil Diamond"),
        ("got any billy idol?", set(), "billy idol"),
        ("slade", set(), "slade"),
        ("mum wants Ricky Martin", set(), "Ricky Martin"),
        ("Stormzy", set(), "Stormzy"),
        ("girls aloud", set(), "girls aloud"),
        ("play Snow Patrol", set(), "Snow Patrol"),
        ("pearl jam songs please", set(), "pearl jam"),
        ("who is lizzo", set(), "lizzo"),
        ("purple rain, neil young", {"artist Neil Young"}, "purple rain"),
        ("put on walking on sunshine", set(), "walking on sunshine"),
        ("livin on a prayer", set(), "livin on a prayer"),
        ("play the song from Dirty Dancing", set(), "Dirty Dancing"),
        ("no, the one from Dirty Dancing then", set(), "Dirty Dancing"),
        ("the song from my wedding", {"occasion a wedding"}, ""),
        ("we are in the purple rain, something calm", {"mood calm", "occasion rather a rainy day"}, ""),
        ("piano man", {"title Piano Man"}, ""),
        ("hozier - take me to church", set(), "take me to church hozier"),
        ("a muse for my writing, calm", {"mood calm", "occasion concentrating"}, ""),
        ("sade - cherish the day", {"artist Sade"}, "cherish the day"),
        ("no cranberries either i bet", set(), "cranberries"),
        ("no sade here please", {"artist no Sade"}, ""),
        ("neil diamond or neil young", {"artist Neil Young"}, "neil diamond"),
        ("no neil diamond", set(), ""),
        ("neil young", {"artist Neil Young"}, ""),
        ("some sade", {"artist Sade"}, ""),
        ("elvis costello", {"artist Elvis Costello"}, ""),
        ("wet wet wet outside, something calm", {"mood calm"}, ""),
        ("a simple plan for the day: soul", {"genre soul"}, ""),
        ("it is all a blur, something calm", {"mood calm"}, ""),
    ],
)
def test_who_is_not_here(reader: Rules, words: str, wished: set[str], unknown: str) -> None:
    state = after(reader, words, played=())
    assert wishes(state) == wished
    assert " ".join(state.unknown) == unknown


def test_how_many_of_whom_nothing_is_here(reader: Rules) -> None:
    state = after(reader, "how many tom waits songs do you have", played=())
    assert (state.asked, state.unknown) == ("how many", ("tom waits",))
