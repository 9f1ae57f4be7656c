# ruff: noqa: E501
"""Several titles are a list, one of two is enough, and a title that is asked about is one; on ten tracks."""

from __future__ import annotations

import pytest

from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from segue.understanding.text import tokens
from ten_tracks import after, wishes


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        (
            "make me a list: bohemian rhapsody, low rider, autobahn",
            ["Bohemian Rhapsody", "Low Rider", "Autobahn"],
        ),
        ("queue up no scrubs then last dance", ["No Scrubs", "Last Dance"]),
        ("play Autobahn and Low Rider", ["Autobahn", "Low Rider"]),
        ("play bohemian rhapsody by queen and then no scrubs by tlc", ["Bohemian Rhapsody", "No Scrubs"]),
    ],
)
def test_titles_one_after_the_other_are_a_list(reader: Rules, words: str, titles: list[str]) -> None:
    state = after(reader, words)
    assert [p.wishes[0].words for p in state.parts] == titles
    assert state.count == len(titles)


@pytest.mark.parametrize(
    "words",
    ["play autobahn or low rider", "songs like autobahn and low rider", "from autobahn to low rider in four songs",
     "a mix of autobahn and low rider", "no autobahn and no low rider", "play autobahn"],
)  # fmt: skip
def test_titles_that_are_no_list(reader: Rules, words: str) -> None:
    assert after(reader, words).parts == ()


def test_one_of_two_titles_is_enough(reader: Rules) -> None:
    state = after(reader, "play autobahn or low rider")
    allowed = reader.index.allowed(state)
    assert {reader.catalogue.ids[i] for i in allowed.nonzero()[0]} == {"autobahn", "low-rider"}


@pytest.mark.parametrize(
    ("words", "asked", "track"),
    [
        ("what year is last dance", "year", "last-dance"), ("and what year was no scrubs from", "year", "no-scrubs"),
        ("how long is low rider", "length", "low-rider"), ("what year is it", "year", "so-what"),
        ("what year is this one from", "year", "so-what"), ("how long is it", "length", "so-what"),
    ],
)  # fmt: skip
def test_a_fact_of_a_title_is_asked_for(reader: Rules, words: str, asked: str, track: str) -> None:
    state = after(reader, words)
    assert (state.act, state.asked, state.about) == ("question", asked, (track,))


def test_which_of_two_that_played(reader: Rules) -> None:
    played = ("so-what", "heroes")
    for words in ("which of them is older", "which one of these is older?", "which of the two is older"):
        state = reader.step(words, DialogueState(), played)
        assert (state.act, state.about) == ("question", ("so-what",))


@pytest.mark.parametrize(
    ("before", "words", "held"),
    [
        ("no queen", "ok now give me 5 like that, no queen", {"artist no Queen"}),
        ("no jazz", "haha ok im over it, jazz is fine again, hit me with a jazz tune", {"genre jazz"}),
        ("no jazz", "jazz is ok now", set()),
        ("some funk", "i know nothing about jazz but i wanna try", {"genre jazz"}),
        ("rock from the 70s", "no newer, from after 1980", {"genre rock", "year after 1980"}),
        ("three rock songs", "add thunderstruck", {"genre rock"}),
    ],
)
def test_what_holds_then(reader: Rules, before: str, words: str, held: set[str]) -> None:
    assert wishes(after(reader, before, words)) == held


@pytest.mark.parametrize(
    ("words", "act"),
    [
        ("sorry, my boss walked in. you can go on, same song", "repeat"), ("same song again please", "repeat"),
        ("another version of the same song", "more"), ("u ok?", "social"), ("are you ok with jazz?", "recommend"),
    ],
)  # fmt: skip
def test_small_talk_and_the_same_song(reader: Rules, words: str, act: str) -> None:
    assert after(reader, "some rock", words).act == act


def test_the_names_of_a_list_are_told_again(reader: Rules) -> None:
    listed = DialogueState(count=2, listed=("so-what", "heroes"))
    for words in ("can you say the names again", "tell me the titles"):
        state = reader.step(words, listed, ("so-what", "heroes"))
        assert (state.asked, state.about) == ("list", ("so-what", "heroes"))
    assert reader.step("give me the songs again", listed, ("so-what", "heroes")).act != "question"


def test_what_is_added_and_not_here_is_told(reader: Rules) -> None:
    assert after(reader, "three rock songs", "add thunderstruck").unknown == ("thunderstruck",)


def test_a_short_word_is_no_slip_within_a_genre(reader: Rules) -> None:
    for words, name in (
        ("depressing ass music", ""),
        ("depressing bas music", ""),
        ("bosa nova", "bossa nova"),
    ):
        said = list(tokens(words))
        found = next(filter(None, (reader._pair(said, i, set()) for i in range(len(said)))), None)
        assert (found.concept.name if found else "") == name


def test_titles_of_a_list_are_wished_for_once(reader: Rules) -> None:
    state = after(reader, "play Autobahn and Low Rider", "some jazz")
    assert wishes(state) == {"genre jazz"}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("make it three, one per decade", [(1, "the 1950s"), (1, "the 1980s"), (1, "the 1990s")]),
        ("one song per decade", [(1, "the 1950s"), (1, "the 1970s"), (1, "the 1980s"), (1, "the 1990s")]),
        ("four songs, two from each decade", [(2, "the 1950s"), (2, "the 1990s")]),
    ],
)
def test_so_many_of_each_and_in_all(reader: Rules, words: str, parts: list[tuple[int, str]]) -> None:
    assert [(p.n, p.wishes[0].words) for p in after(reader, words).parts] == parts
