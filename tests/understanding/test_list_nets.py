"""What is said of a list in any words: it is put in, asked for, counted or left alone, and never a guess."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from ten_tracks import after, wishes

IDS = ("under-pressure", "bohemian-rhapsody", "heroes", "no-scrubs")
LISTED = replace(DialogueState(), count=4, turn=1)


@pytest.mark.parametrize(
    ("words", "artist", "place"),
    [
        ("well stick Metallica at the very top so", "Metallica", 0),
        ("closer should be Metallica tho", "Metallica", 4),
        ("Kraftwerk must be among them, or it is no list", "Kraftwerk", 4),
        ("he says it must end on Donna Summer instead of TLC", "Donna Summer", 4),
        ("I want it to start on Metallica", "Metallica", 0),
        ("and the Miles Davis one as well, I like him", "Miles Davis", 4),
        ("oi and kick it off with metallica", "Metallica", 0),
    ],
)
def test_who_is_named_with_a_place_is_put_in(reader: Rules, words: str, artist: str, place: int) -> None:
    state = reader.step(words, LISTED, IDS)
    assert (state.act, state.about, state.places) == ("edit", IDS, (place,))
    assert f"artist {artist}" in wishes(state)


@pytest.mark.parametrize(
    "words", ["play Metallica", "now something by Kraftwerk", "not so much Metallica on it"]
)
def test_who_is_named_without_one_plays(reader: Rules, words: str) -> None:
    state = reader.step(words, LISTED, IDS)
    assert not (state.act == "edit" and state.places)


def test_who_is_asked_for_is_looked_up(reader: Rules) -> None:
    state = reader.step("is there any Queen in there love?", LISTED, IDS)
    assert (state.act, state.asked, state.about) == ("question", "such", IDS[:2])


@pytest.mark.parametrize(
    ("words", "n"),
    [
        ("three altogether will suffice", 3),
        ("I require only the first two.", 2),
        ("actually no more than 3, she's old", 3),
        ("trim to 2", 2),
        ("can it be three?", 3),
        ("half of that will do us", 2),
        ("drop items 1 and 2", 2),
        ("drop any two from the middle", 2),
    ],
)
def test_how_many_it_shall_be(reader: Rules, words: str, n: int) -> None:
    state = reader.step(words, LISTED, IDS)
    assert (state.act, state.count) == ("edit", n)


def test_the_middle_two_go(reader: Rules) -> None:
    assert reader.step("drop any two from the middle", LISTED, IDS).about == (IDS[0], IDS[3])


@pytest.mark.parametrize("words", ["stretch the same climb somehow", "hm, and this goes where it ends?"])
def test_what_is_not_understood_leaves_the_list(reader: Rules, words: str) -> None:
    state = reader.step(words, LISTED, IDS)
    assert (state.act, state.about, state.places) == ("edit", IDS, ())
    assert state.vague


@pytest.mark.parametrize(
    ("words", "asked", "about"),
    [
        ("who is it that opens now?", "who", IDS[:1]),
        ("whos that on three", "who", IDS[2:3]),
        ("On the second place, what do we have?", "title", IDS[1:2]),
        ("And the piece right in the middle, the third: what is its name?", "title", IDS[2:3]),
    ],
)
def test_what_stands_where(reader: Rules, words: str, asked: str, about: tuple[str, ...]) -> None:
    state = reader.step(words, LISTED, IDS)
    assert (state.act, state.asked, state.about) == ("question", asked, about)


def test_backwards_in_any_words(reader: Rules) -> None:
    for words in ("now I wish to hear it backwards", "can you flip it so the last is first"):
        assert reader.step(words, LISTED, IDS).about == IDS[::-1]


def test_those_of_whom_one_thing_is_said_go(reader: Rules) -> None:
    state = reader.step("TLC have cancelled so that one is not required", LISTED, IDS)
    assert (state.act, state.about) == ("edit", IDS[:3])


@pytest.mark.parametrize(
    ("words", "n"),
    [
        ("everything you have by Queen, as one list please", 30),
        ("list whatever you've got from Metallica", 30),
        ("every Queen track you own", 30),
        ("My grandson put this here. Give me all the Queen songs", 30),
        ("six with no words for the ride home", 6),
        ("top 10 rock, max 1 track per artist", 10),
        ("I like everything by Queen", 1),
        ("everything but metal", 1),
    ],
)
def test_how_many_are_asked_for(reader: Rules, words: str, n: int) -> None:
    assert reader.step(words, DialogueState(), ()).count == n


def test_one_opens_a_list_of_others(reader: Rules) -> None:
    state = reader.step("three rock songs, start with Donna Summer", DialogueState(), ())
    assert [p.n for p in state.parts] == [1, 2]
    assert [w.words for p in state.parts for w in p.wishes] == ["Donna Summer", "rock"]


def test_the_latest_is_the_newest_and_then_the_newest_but_one(reader: Rules) -> None:
    for words in ("latest rock song", "the most recent rock", "the newest rock"):
        state = reader.step(words, DialogueState(), ())
        assert [(c.dimension, c.tracks) for c in state.comparisons] == [("newer", ())]
        more = reader.step("more", state, ("under-pressure",))
        assert [c.dimension for c in more.comparisons] == ["newer"]
    assert not reader.step("rock from 1985 at the latest", DialogueState(), ()).comparisons


def test_what_holds_of_a_way(reader: Rules) -> None:
    shown = ("bohemian-rhapsody", "heroes", "low-rider", "master-of-puppets")
    way = replace(after(reader, "from Queen to Metallica in four"), listed=shown)
    for words, wish in (
        ("no jazz on the way pls", "genre no jazz"),
        ("constraint: nothing after 1990", "year no later than 1990"),
        ("no TLC on the way there", "artist no TLC"),
    ):
        state = reader.step(words, way, shown)
        assert (state.act, state.ends) == ("way", way.ends)
        assert wish in wishes(state)


def test_a_kind_named_before_a_climb_holds_of_all(reader: Rules) -> None:
    state = reader.step("six rock songs. start slow as molasses and work up to fast", DialogueState(), ())
    assert "genre rock" in wishes(state)


def test_a_way_between_titles_of_everyday_words(reader: Rules) -> None:
    state = reader.step("from so what to no scrubs in 4", DialogueState(), ())
    assert (state.act, state.ends) == ("way", (("so-what",), ("no-scrubs",)))


def test_half_of_each(reader: Rules) -> None:
    assert reader.step("half Queen half Metallica, four songs", DialogueState(), ()).parts


@pytest.mark.parametrize("words", ["no, Queen was fine", "nah, Queen were ok", "Queen was fine"])
def test_who_was_fine_is_taken_back(reader: Rules, words: str) -> None:
    state = after(reader, "play Queen", "no Queen please", words)
    assert (state.act, wishes(state)) == ("take back", set())


def test_a_slip_of_something_is_no_title(reader: Rules) -> None:
    state = reader.step("somethng by Metallica", DialogueState(), ())
    assert (state.unknown, wishes(state)) == ((), {"artist Metallica"})


def test_the_latest_of_another_is_not_of_who_was_counted(reader: Rules) -> None:
    state = after(reader, "how many songs by Metallica have you got?", "the latest by Queen")
    assert wishes(state) == {"artist Queen"}


def test_a_slip_of_a_first_name_is_no_other(reader: Rules) -> None:
    assert reader.step("a bit of Milles Davis", DialogueState(), ()).unknown == ()


def test_a_title_written_large_is_missed_though_it_greets(reader: Rules) -> None:
    assert reader.step("play Halo", DialogueState(), ()).unknown == ("Halo",)
