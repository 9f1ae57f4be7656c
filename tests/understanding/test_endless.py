# ruff: noqa: E501
"""Words that are said over and over: read in a moment, where a pattern could try all ways to part them."""

from __future__ import annotations

import signal
from types import FrameType

import pytest

from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState

SHOWN = ("so-what", "under-pressure", "master-of-puppets", "bohemian-rhapsody", "last-dance")
PATIENCE = 30
"""Seconds; each takes less than one, and took hours."""


def too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError("still reading")


@pytest.mark.parametrize(
    "words",
    ["the first one", "then put all", "and drop is", "end and older?", "add and", "me, start", "ok no please", "second third",
     "from the second to", "put it before the first after", "all the songs you have", "not without but no"],
)  # fmt: skip
def test_words_without_end_are_read_in_a_moment(reader: Rules, words: str) -> None:
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(PATIENCE)
    try:
        state = reader.step(f"{words} " * 200, DialogueState(count=5), SHOWN)
        assert reader.step(f"{words} " * 200, DialogueState(), ()).turn == state.turn == 1
    finally:
        signal.alarm(0)
