"""What somebody says who talks to it as to a friend: asides, excuses, versions, lists that grow."""

from __future__ import annotations

import pytest

from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from ten_tracks import after, wishes

IDS = ("bohemian-rhapsody", "so-what", "last-dance")


@pytest.mark.parametrize(
    ("words", "wished"),
    [
        ("jazz, but spare us the metal", {"genre jazz", "genre no metal"}),
        ("keep that metal away from me", {"genre no metal"}),
        ("keep metal off the menu", {"genre no metal"}),
        ("i don't really care for anything made after 1985", {"year nothing after 1985"}),
        (
            "rock, but spare me donna summer, the kraftwerk and metallica",
            {"genre rock", "artist no Donna Summer", "artist no Kraftwerk", "artist no Metallica"},
        ),
        (
            "a queen song, any of them except bohemian rhapsody, everyone plays it",
            {"artist Queen", "title no Bohemian Rhapsody"},
        ),
        ("jazz that hasn't got any piano in it", {"genre jazz", "instrument no piano"}),
        ("who doesn't like queen? not me, play them", {"artist Queen"}),
        ("my son was born in 1975, play something that came out that year", {"year 1975"}),
        ("oh come on. queen", {"artist Queen"}),
        ("what's the newest stuff in here, like 1986 or later?", {"year 1986 or later"}),
        ("anything with a piano in it", {"instrument piano"}),
        ("is there anything with a piano in it?", {"instrument piano"}),
    ],
)
def test_a_wish_in_passing(reader: Rules, words: str, wished: set[str]) -> None:
    assert wishes(after(reader, words, played=())) == wished


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("my cousin has a band called the Soggy Lettuces, have you got them", "Soggy Lettuces"),
        ("something by Queen Kitchen Collective", "Queen Kitchen Collective"),
        ("play the kinks", "kinks"),
        ("play me whisky in the jar by queen", "whisky in the jar"),
    ],
)
def test_who_is_meant_and_not_here(reader: Rules, words: str, unknown: str) -> None:
    state = after(reader, words, played=())
    assert state.unknown == (unknown,)
    assert "artist Queen" not in wishes(state) or "queen" in words


@pytest.mark.parametrize(
    ("words", "n"),
    [
        ("that was clever. and now Queen to Metallica, six steps", 6),
        ("right, queen to metallica in three, my students won't believe it", 3),
        ("and in three from queen to metallica", 3),
        ("start with Queen, finish with Metallica, 6 in all", 6),
        ("fly me from Queen to Metallica, six numbers", 6),
        ("I'm planning an evening that starts with Queen and ends with Metallica, five pieces in all", 5),
    ],
)
def test_a_way_told_in_passing(reader: Rules, words: str, n: int) -> None:
    state = after(reader, words, played=())
    assert (state.act, state.count) == ("way", n)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("and this one is called...?", "title"),
        ("what's the song called, i want to write it down", "title"),
        ("what yr", "year"),
        ("is this my own music you're playing from?", "library"),
        ("found this app on the bus, no idea how it works", "help"),
    ],
)
def test_a_question_in_passing(reader: Rules, words: str, asked: str) -> None:
    state = after(reader, words)
    assert (state.act, state.asked) == ("question", asked)


@pytest.mark.parametrize(
    ("words", "places", "wished"),
    [
        ("add a metal one", (3,), "metal"),
        ("put a metal one in", (3,), "metal"),
        ("add some metal", (3, 4), "metal"),
        ("stick a metal song on the end", (3,), "metal"),
        ("add a metal song at the start", (0,), "metal"),
        ("second one's rubbish, swap it for some metal", (1,), "metal"),
        ("the second one bores me, swap it for some metal", (1,), "metal"),
    ],
)
def test_a_list_grows(reader: Rules, words: str, places: tuple[int, ...], wished: str) -> None:
    state = reader.step(words, DialogueState(count=3, turn=1), list(IDS))
    assert (state.act, state.places) == ("edit", places)
    assert wished in {w.words for w in state.required}


def test_a_mood_stays_where_another_genre_takes_the_place(reader: Rules) -> None:
    said = ("calm rock", "make it jazz instead of rock")
    assert {"mood calm", "genre jazz"} <= wishes(after(reader, *said, played=()))
    assert "mood calm" not in wishes(after(reader, "calm music", "now something fast", played=()))


def test_what_was_excepted_stays_refused(reader: Rules) -> None:
    state = after(reader, "songs by metallica, not master of puppets", "not that one either")
    assert {"artist Metallica", "title no Master of Puppets"} <= wishes(state)
