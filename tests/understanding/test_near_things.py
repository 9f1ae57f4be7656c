"""What is only near to what was asked is told as that; what is let go still draws."""

from __future__ import annotations

import polars as pl
import pytest

from segue.data.library import Library
from segue.understanding.relax import in_order, possible
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState


def _rules(*tags: str) -> Rules:
    """The reader over a track for each of some tags, divided by commas."""
    rows = [
        {
            "track_id": f"t{n}",
            "title": f"Song {n}",
            "artist": f"Artist {n}",
            "tags": said.split(", "),
            "year": 1980 + 15 * (n == 2),
        }
        for n, said in enumerate(tags)
    ]
    return Rules(Library.of(pl.DataFrame(rows)).catalogue)


@pytest.mark.parametrize(
    ("said", "words"),
    [("some kora", "harp"), ("hardstyle please", "trance"), ("death metal", "extreme metal")],
)
def test_what_is_not_here_is_told_and_what_is_near_plays(said: str, words: str) -> None:
    state = _rules("harp", "trance", "doom metal").step(said, DialogueState(), [])
    assert [w.words for w in state.wishes] == [words]
    assert state.unknown == (said.removeprefix("some ").removesuffix(" please"),)


def test_what_is_here_is_asked_for_alone() -> None:
    rules = _rules("eurodance", "trance", "electronic")
    state = rules.step("eurodance", DialogueState(), [])
    assert rules.index.allowed(state).tolist() == [True, False, False]
    assert not state.unknown


def test_a_refusal_of_a_thing_spares_what_it_is_near_to() -> None:
    rules = _rules("death metal", "metal", "jazz")
    assert rules.index.allowed(rules.step("no death metal", DialogueState(), [])).tolist() == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("dark metal", ["dark", "metal"]),
        ("pop country", ["country pop"]),
        ("something thrash", ["thrash metal"]),
        ("happy hardcore", []),
    ],
)
def test_a_kind_that_is_not_here_by_its_words(said: str, words: list[str]) -> None:
    state = _rules("dark, metal", "country pop", "thrash metal", "happy, techno", "hardcore").step(
        said, DialogueState(), []
    )
    assert [w.words for w in state.wishes] == words


def test_a_name_that_speaks_is_a_listener() -> None:
    rules = Rules(
        Library.of(
            pl.DataFrame([{"track_id": "a", "title": "Layla", "artist": "Derek and the Dominos"}])
        ).catalogue
    )
    for said in ("no jazz, Derek complains", "no jazz, Derek says it makes him tired"):
        state = rules.step(said, DialogueState(), [])
        assert not state.unknown
        assert not any(w.kind == "artist" for w in state.wishes)


def test_what_could_have_stayed_is_not_let_go() -> None:
    rules = _rules("sad, pop", "happy, pop", "sad, rock")
    state = rules.step("sad pop from the 90s", DialogueState(), [])
    kept, gone = possible(rules.index, state, rules.index.allowed(DialogueState()))
    assert [w.words for w in kept.required] == ["sad", "pop"]
    assert [str(w) for w in gone] == ["the 1990s"]


def test_the_utmost_comes_in_order() -> None:
    rows = [
        {"track_id": f"t{y}", "title": "A", "artist": f"B {y}", "year": y, "tags": ["jazz"]}
        for y in (1990, 1970, 1980)
    ]
    rules = Rules(Library.of(pl.DataFrame(rows)).catalogue)
    free = rules.index.allowed(DialogueState())
    for said, order in (
        ("three jazz songs, newest first", [1990, 1980, 1970]),
        ("the three oldest", [1970, 1980, 1990]),
    ):
        state = possible(rules.index, rules.step(said, DialogueState(), []), free)[0]
        assert in_order(rules.index, state, ["t1990", "t1970", "t1980"]) == [f"t{y}" for y in order]


def test_a_tag_of_no_other_kind_is_refused() -> None:
    rules = _rules("rock, C minor", "rock, D minor")
    assert rules.index.allowed(rules.step("no C minor", DialogueState(), [])).tolist() == [False, True]
    assert rules.index.allowed(rules.step("something in C minor", DialogueState(), [])).tolist() == [
        True,
        False,
    ]
