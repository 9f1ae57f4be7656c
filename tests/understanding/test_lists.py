# ruff: noqa: E501
"""After a list: what asks for another list, for one track, for an answer; on ten known tracks."""

from __future__ import annotations

import pytest

from segue.understanding.rules import Rules
from ten_tracks import after

ASKED = "four songs"


@pytest.mark.parametrize(
    "words",
    [
        "something sadder", "older please", "nah older stuff", "a bit more rock", "too fast, calm it down", "some jazz instead",
        "what about the 80s", "maybe something from the 70s", "less gloomy", "no, happier",
    ],
)  # fmt: skip
def test_a_wish_after_a_list_asks_for_another_list(reader: Rules, words: str) -> None:
    assert after(reader, ASKED, words).count == 4


@pytest.mark.parametrize(
    "words",
    [
        "one sad song", "a sadder one", "play Bohemian Rhapsody", "play some jazz", "something by Queen", "something else", "next",
        "the oldest of all you have", "skip", "just a single rock track", "play the second one",
    ],
)  # fmt: skip
def test_who_asks_for_one_track_after_a_list_hears_one(reader: Rules, words: str) -> None:
    assert after(reader, ASKED, words).count == 1
