# ruff: noqa: E501
"""Lists that are edited and tempi in beats a minute, as they are said."""

from __future__ import annotations

import pytest

from segue.understanding import beats, edits

LIST = ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("words", "kept", "places", "rest"),
    [
        ("replace number 2", "acd", (1,), ""), ("swap the third with something slower", "abd", (2,), "with something slower"),
        ("can you change the last one", "abc", (3,), "can you"), ("something else instead of the first", "bcd", (0,), ""),
        ("i dont like the 2nd song", "acd", (1,), ""), ("the first one is boring", "bcd", (0,), ""),
        ("tausch das zweite aus", "acd", (1,), "aus"), ("remplace la deuxieme", "acd", (1,), ""),
        ("replace 1 and 3", "bd", (0, 2), ""),
        ("drop the third one", "abd", (), ""), ("remove number 1 and number 4", "bc", (), ""), ("quita la tercera", "abd", (), ""),
        ("swap 1 and 3", "cbad", (), ""), ("move the last one to the top", "dabc", (), ""), ("put number 1 at the end", "bcda", (), ""),
        ("only the first two", "ab", (), ""), ("just 3", "abc", (), ""),
        ("add two more", "abcd", (4, 5), ""), ("add another song", "abcd", (4,), ""), ("add 1 by queen", "abcd", (4,), "by queen"),
        ("make it six", "abcd", (4, 5), ""), ("make it two", "ab", (), ""),
    ],
)  # fmt: skip
def test_an_edit_says_what_stays_and_where_others_come(
    words: str, kept: str, places: tuple[int, ...], rest: str
) -> None:
    edit = edits.find(words, LIST)
    assert edit is not None
    assert (edit.kept, edit.places, edit.rest) == (tuple(kept), places, rest)
    assert edit.replaced == tuple(LIST[i] for i in places if i < len(LIST))


@pytest.mark.parametrize(
    "words",
    ["replace number 9", "play the second one", "no drums", "without vocals", "some jazz", "five songs",
     "change the mood", "drop the bass", "only jazz", "add a saxophone", "a different one", "one more"],
)  # fmt: skip
def test_what_edits_no_list(words: str) -> None:
    assert edits.find(words, LIST) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("around 120 bpm", (113, 127)), ("170 bpm or more", (170, None)), ("170 plus bpm", (170, None)),
        ("over 140 bpm", (140, None)), ("under 90bpm", (None, 90)), ("between 100 and 110 bpm", (100, 110)),
        ("100 110 bpm", (100, 110)), ("a tempo of 80", (75, 85)), ("at least 130 beats per minute", (130, None)),
    ],
)  # fmt: skip
def test_beats_a_minute(words: str, expected: beats.Beats) -> None:
    assert [t.beats for t in beats.find(words)] == [expected]


@pytest.mark.parametrize(
    "words", ["songs of 1970", "120 songs", "under 3 minutes", "how many bpm", "99 luftballons"]
)
def test_other_numbers_are_no_tempo(words: str) -> None:
    assert beats.find(words) == []
