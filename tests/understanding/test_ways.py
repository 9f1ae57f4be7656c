# ruff: noqa: E501
"""Ways: how they are asked for, and what is asked of one that was shown; on ten known tracks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segue.understanding.guide import Likeness, route
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from ten_tracks import after

WAY = ("bohemian-rhapsody", "heroes", "low-rider", "master-of-puppets")
"""A way from Queen to Metallica."""


def stops(reader: Rules, state: DialogueState) -> list[str]:
    """The artist of the first track of each stop of a way."""
    rows = [reader.catalogue.rows[e[0]] for e in state.ends]
    return [reader.catalogue.tracks["artist"][row].split(" &")[0] for row in rows]


def on_the_way(reader: Rules, words: str) -> DialogueState:
    """The state after words that are said where a way from Queen to Metallica was shown."""
    way = replace(after(reader, "from Queen to Metallica in four"), listed=WAY)
    return reader.step(words, way, WAY)


@pytest.mark.parametrize(
    ("words", "n"),
    [
        ("hop from Queen over to Metallica in six, the kids are choosing", 6), ("five stops between Queen and Metallica", 5),
        ("connect Queen and Metallica with seven songs", 7), ("Queen through to Metallica, I give you 6", 6), ("Queen all the way to Metallica in 4", 4),
        ("start with Queen, end with Metallica, two in between", 4), ("start on Bohemian Rhapsody and finish on Master of Puppets, 6 songs", 6),
        ("ease us out of Queen and into Metallica, say 8 tunes", 8),
        ("queen to metallica in six pls", 6), ("Queen to Metallica, take 7 songs over it", 7), ("queen to metallica. as few songs as you can", 3),
        ("Queen first, then 2 others, then Metallica to finish", 4), ("start with Queen and wind up at Metallica. three stops between", 5),
    ],
)  # fmt: skip
def test_a_way_is_asked_for(reader: Rules, words: str, n: int) -> None:
    state = after(reader, words)
    assert (state.act, state.count, stops(reader, state)) == ("way", n, ["Queen", "Metallica"])


@pytest.mark.parametrize(
    "words",
    ["ease us out of disco into metal", "build up from calm to angry, 6 of them", "from funk to jazz"],
)
def test_a_way_between_kinds_of_music(reader: Rules, words: str) -> None:
    state = after(reader, words)
    assert (state.act, len(state.ends)) == ("way", 2)


@pytest.mark.parametrize(
    ("words", "artists"),
    [
        ("from Queen to Metallica via TLC in five", ["Queen", "TLC", "Metallica"]), ("from Queen by way of TLC to Metallica", ["Queen", "TLC", "Metallica"]),
        ("from Queen to Metallica", ["Queen", "Metallica"]), ("from Queen over TLC to Metallica, please", ["Queen", "TLC", "Metallica"]),
        ("Queen to Metallica via TLC, would be a laugh", ["Queen", "TLC", "Metallica"]), ("from Queen over to Metallica", ["Queen", "Metallica"]),
    ],
)  # fmt: skip
def test_a_way_over_a_third(reader: Rules, words: str, artists: list[str]) -> None:
    assert stops(reader, after(reader, words)) == artists


@pytest.mark.parametrize(
    "words",
    ["take it out of the list and move One to the end", "something between Queen and Metallica", "Queen, then Metallica", "play it through to the end", "the road to Metallica",
     "dance to Queen in 5 minutes", "something to cook to, 5 songs", "two sad ones first, then 2 others, then Queen", "add 2 songs to the list, 5 in all"],
)  # fmt: skip
def test_what_is_no_way(reader: Rules, words: str) -> None:
    state = after(reader, words)
    assert state.act != "way" or state.count == 2


@pytest.mark.parametrize(
    ("words", "n"),
    [
        ("too bumpy. take seven steps for it", 7), ("do it in three", 3), ("use eight songs", 8), ("a longer way please", 6), ("fewer steps", 2),
        ("too much. three.", 3), ("only a single song in the middle", 3), ("same trip in five", 5), ("one longer", 5), ("one stop less", 3),
        ("once more, but with exactly 7 songs", 7), ("nothing in between", 2), ("make it smoother", 6), ("too abrupt", 6), ("could you halve it?", 2), ("twice as many", 8), ("make that ten", 10),
    ],
)  # fmt: skip
def test_the_same_way_in_more_or_fewer_steps(reader: Rules, words: str, n: int) -> None:
    state = on_the_way(reader, words)
    assert (state.act, state.count, stops(reader, state)) == ("way", n, ["Queen", "Metallica"])


@pytest.mark.parametrize(
    "words",
    ["a totally different way there?", "another route", "other songs in between", "keep the ends and change what is between", "same ends, other steps", "swap what's in the middle",
     "Lovely. And is there another road that gets there?", "any other way to get from one to the other?"],
)  # fmt: skip
def test_other_steps_between_the_same_ends(reader: Rules, words: str) -> None:
    state = on_the_way(reader, words)
    assert (state.act, state.ends, state.places) == ("way", ((WAY[0],), (WAY[-1],)), (1, 2))


@pytest.mark.parametrize(
    "words",
    ["can TLC be somewhere on that road", "go via TLC", "with a stop at TLC", "put some TLC in the middle"],
)
def test_the_same_way_over_somebody(reader: Rules, words: str) -> None:
    state = on_the_way(reader, words)
    assert (state.act, state.count, stops(reader, state)) == ("way", 4, ["Queen", "TLC", "Metallica"])


@pytest.mark.parametrize(
    "words",
    [
        "can u go backwards",
        "and the way back",
        "there and back again",
        "back the way we came",
        "the other way",
        "other direction",
        "swap the ends over",
        "turn it upside down",
        "and back again",
    ],
)
def test_the_way_back(reader: Rules, words: str) -> None:
    state = on_the_way(reader, words)
    assert (state.act, state.about) == ("edit", WAY[::-1])


@pytest.mark.parametrize(
    "words",
    [
        "something by TLC",
        "play Low Rider",
        "drop the second",
        "another one",
        "something calmer",
        "songs about the road",
    ],
)
def test_what_takes_no_way_again(reader: Rules, words: str) -> None:
    assert on_the_way(reader, words).act != "way"


def test_the_middle_of_any_list_gives_way(reader: Rules) -> None:
    state = reader.step("keep the first and last, change the rest", DialogueState(count=4, listed=WAY), WAY)
    assert (state.act, state.about, state.places) == ("edit", (WAY[0], WAY[-1]), (1, 2))


def test_a_route_stops_at_all_its_ends(reader: Rules) -> None:
    likeness = Likeness(reader.index)
    free = np.ones(len(reader.catalogue.rows), bool)
    state = DialogueState(act="way", ends=(("bohemian-rhapsody",), ("no-scrubs",), ("one",)), count=6)
    found = route(likeness, reader.index, state, free)
    assert (found[0], found[-1], len(set(found))) == ("bohemian-rhapsody", "one", 6)
    assert "no-scrubs" in found[1:-1]


@pytest.mark.parametrize(
    ("words", "years"),
    [
        ("walk me from 1960 to 1999 in four", [(1960, 1969), (1970, 1979), (1980, 1989), (1990, 1999)]), ("take us through the 70s, two songs", [(1970, 1974), (1975, 1979)]),
        ("the history of rock from the 70s to the 80s in two songs", [(1970, 1979), (1980, 1989)]), ("four songs from 1960 to 1999", []),
        ("from the seventies to the eighties, 2 songs, only rock", [(1970, 1979), (1980, 1989)]), ("rock of the 70s to rock of the 80s, new to old, 2", [(1980, 1989), (1970, 1979)]),
        ("walk me through the decades, one song each, from the seventies up to the eighties", [(1970, 1979), (1980, 1989)]), ("the best band through the decades", []),
    ],
)  # fmt: skip
def test_a_walk_through_the_years(reader: Rules, words: str, years: list[tuple[int, int]]) -> None:
    assert [w.years for p in after(reader, words).parts for w in p.wishes if w.kind == "year"] == years


def test_what_is_said_before_from_is_no_end(reader: Rules) -> None:
    state = after(reader, "make the rock party go from jazz to metal in four")
    assert stops(reader, state) == ["Miles Davis", "Metallica"]
    assert [str(w) for w in after(reader, "from jazz to metal, 5, no Queen").wishes] == ["no Queen"]


def test_an_end_is_all_that_is_said_of_it(reader: Rules) -> None:
    state = after(reader, "from rock of 1977 to angry metal in four")
    assert state.ends == (("heroes",), ("master-of-puppets",))


@pytest.mark.parametrize(
    ("words", "wished"),
    [
        ("from Queen to Metallica in four, only rock", ["rock"]), ("Queen to Metallica, 5, but nothing from the 80s on the way", ["nothing from the 1980s"]),
        ("from Queen to Metallica in four", []),
    ],
)  # fmt: skip
def test_what_holds_all_along_a_way(reader: Rules, words: str, wished: list[str]) -> None:
    assert [str(w) for w in after(reader, words).wishes] == wished


@pytest.mark.parametrize(
    ("words", "artists"),
    [
        ("start somewhere else: TLC", ["TLC", "Metallica"]), ("no no start from jazz instead", ["Miles Davis", "Metallica"]), ("and end at Kraftwerk", ["Queen", "Kraftwerk"]),
        ("finish on something calm", ["Queen", "Miles Davis"]), ("a different start: TLC", ["TLC", "Metallica"]), ("to Kraftwerk then", ["Queen", "Kraftwerk"]),
        ("but from TLC instead", ["TLC", "Metallica"]), ("start with TLC and end with War, five in all", ["TLC", "War"]),
    ],
)  # fmt: skip
def test_another_start_or_end(reader: Rules, words: str, artists: list[str]) -> None:
    state = on_the_way(reader, words)
    assert (state.act, stops(reader, state)) == ("way", artists)


def test_more_steps_between_those_that_are_there(reader: Rules) -> None:
    more = on_the_way(reader, "add two more in between")
    assert (more.act, more.count, more.ends) == ("way", 6, tuple((t,) for t in WAY))


def test_a_way_to_somebody_else_than_who_is_not_here(reader: Rules) -> None:
    half = replace(after(reader, "from Queen to Oasis in four"), listed=WAY[:2], count=2)
    assert half.act == "recommend"
    state = reader.step("to Metallica then", half, WAY[:2])
    assert (state.act, stops(reader, state)) == ("way", ["Queen", "Metallica"])


def test_a_way_between_two_that_were_spoken_of(reader: Rules) -> None:
    before = after(reader, "Something like Kraftwerk but as loud as Metallica")
    state = reader.step("and now a way between those two, 5 songs", before, ("so-what", "one"))
    assert (state.act, state.count, stops(reader, state)) == ("way", 5, ["Kraftwerk", "Metallica"])
    state = reader.step("build a bridge between them in 6 songs", DialogueState(), ("so-what", "one"))
    assert (state.act, state.count, state.ends) == ("way", 6, (("so-what",), ("one",)))


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("What does it finish on?", 3), ("perfect. what's it open with again?", 0), ("who does it end with", 3), ("which one closes it", 3), ("what comes second on it?", 1),
        ("and the one in the centre is...?", 1), ("who's in second place", 1), ("what's the opener", 0),
    ],
)  # fmt: skip
def test_what_stands_where_on_a_way(reader: Rules, words: str, place: int) -> None:
    state = on_the_way(reader, words)
    assert (state.act, state.about) == ("question", (WAY[place],))


@pytest.mark.parametrize(
    "words",
    ["My mum's Queen and my lad's Metallica, one thing they'd both put up with", "I like Queen and she likes Metallica. one song for the both of us", "metal with jazz in it"],
)  # fmt: skip
def test_what_two_could_agree_on(reader: Rules, words: str) -> None:
    assert after(reader, words).act == "blend"


@pytest.mark.parametrize(
    "words", ["play Queen and Metallica, both of them", "something with a guitar in it", "we both like Queen"]
)
def test_what_is_no_blend(reader: Rules, words: str) -> None:
    assert after(reader, words).act != "blend"
