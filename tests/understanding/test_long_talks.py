# ruff: noqa: E501
"""Conversations of several turns: lists, questions, what is left alone, goodbyes; on ten known tracks."""

from __future__ import annotations

import numpy as np
import pytest

from segue.serving.questions import reply
from segue.serving.social import BYE, social
from segue.understanding.guide import Likeness
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState, Wish
from ten_tracks import after, wishes

SHOWN = ("so-what", "under-pressure", "master-of-puppets", "bohemian-rhapsody", "last-dance")
"""Of 1959, 1981, 1986, 1975 and 1978."""


@pytest.mark.parametrize(
    "words",
    [
        "ok play it. thanks, that's all for today", "bye now", "ta, see you tomorrow", "great stuff, good night", "that'll do me",
        "brilliant, you're a star. that'll do me", "thanks, that's us sorted!", "right, I'm off to bed", "that will be all, thank you",
        "that's everything I wanted, cheers", "see you next week", "gotta run", "all we need, thanks",
        "right I'm away, ta for the tunes", "alright that's plenty, thank you ever so much", "she'll love that. goodnight x", "champion. see you saturday",
    ],
)  # fmt: skip
def test_a_goodbye_plays_nothing(reader: Rules, words: str) -> None:
    assert after(reader, "some jazz", words).act == "social"
    assert social(words) in (BYE, "You are welcome. Say what you would like to hear next.")


@pytest.mark.parametrize(
    "words",
    ["one more and that's it", "one more song, then that's all", "that's great, play another. bye", "good night songs",
     "that's enough jazz", "something to sleep well", "thanks, that's all. oh wait, play Queen", "no that's all wrong", "everything"],
)  # fmt: skip
def test_what_asks_for_more_is_no_goodbye(reader: Rules, words: str) -> None:
    assert after(reader, "some jazz", words).act != "social"


@pytest.mark.parametrize(
    ("words", "off", "on"),
    [
        ("no rock except Queen", "heroes", "bohemian-rhapsody"), ("nothing with a voice apart from TLC", "heroes", "no-scrubs"),
        ("no 70s, other than David Bowie", "autobahn", "heroes"), ("I hate metal besides one by metallica", "", "so-what"),
    ],
)  # fmt: skip
def test_what_a_refusal_leaves_alone(reader: Rules, words: str, off: str, on: str) -> None:
    allowed = reader.index.allowed(after(reader, words))
    assert allowed[reader.catalogue.rows[on]]
    assert not off or not allowed[reader.catalogue.rows[off]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("everything except jazz", {"genre no jazz"}), ("rock except Queen", {"genre rock", "artist no Queen"}),
        ("nobody except Queen", {"artist Queen"}), ("no jazz, apart from that anything", {"genre no jazz"}),
    ],
)  # fmt: skip
def test_where_except_refuses(reader: Rules, words: str, expected: set[str]) -> None:
    assert wishes(after(reader, words)) == expected


@pytest.mark.parametrize(
    ("words", "kept", "places"),
    [
        ("not the 50s one, something newer", SHOWN[1:], (0,)), ("drop puppets", (*SHOWN[:2], *SHOWN[3:]), ()),
        ("the middle one is odd, replace it", (*SHOWN[:2], *SHOWN[3:]), (2,)), ("finish with number 2", (SHOWN[0], *SHOWN[2:], SHOWN[1]), ()),
        ("start with the third", (SHOWN[2], *SHOWN[:2], *SHOWN[3:]), ()), ("no two by the same artist", SHOWN, ()),
        ("can you get some Kraftwerk on there", SHOWN, (5,)), ("seven", SHOWN, (5, 6)), ("three will do", SHOWN[:3], ()),
        ("I don't care for the 50s one, give me a newer one", SHOWN[1:], (0,)), ("something louder in place of the first two", SHOWN[2:], (0, 1)),
        ("the oldest should come first", (SHOWN[0], SHOWN[3], SHOWN[4], SHOWN[1], SHOWN[2]), ()),
        ("is there any Kraftwerk in there? if not add one", SHOWN, (5,)), ("throw in a Kraftwerk one too", SHOWN, (5,)),
    ],
)  # fmt: skip
def test_more_ways_to_edit(reader: Rules, words: str, kept: tuple[str, ...], places: tuple[int, ...]) -> None:
    state = reader.step(words, DialogueState(count=5), SHOWN)
    assert (state.act, state.about, state.places) == ("edit", kept, places)


def test_the_track_that_was_asked_about_is_edited(reader: Rules) -> None:
    asked = reader.step("which is the oldest?", DialogueState(count=5, listed=SHOWN), SHOWN)
    assert asked.about == (SHOWN[0],)
    assert reader.step("drop it", asked, SHOWN).about == SHOWN[1:]
    assert reader.step("finish with that one then", asked, SHOWN).about == (*SHOWN[1:], SHOWN[0])
    assert reader.step("swap it for something by Metallica", asked, SHOWN).places == (0,)


@pytest.mark.parametrize(
    ("words", "asked", "about"),
    [
        ("how many of them have a voice?", "how many such", (SHOWN[1], SHOWN[3], SHOWN[4])), ("any jazz ones in there?", "such", SHOWN[:1]),
        ("is there any Kraftwerk in it?", "such", ()), ("read it back to me", "list", SHOWN), ("which was number four?", "title", SHOWN[3:4]), ("which one's the newest of those", "year", (SHOWN[2],)),
    ],
)  # fmt: skip
def test_questions_about_a_list(reader: Rules, words: str, asked: str, about: tuple[str, ...]) -> None:
    state = reader.step(words, DialogueState(count=5, listed=SHOWN), SHOWN)
    assert (state.act, state.asked, state.about) == ("question", asked, about)


def test_questions_that_compare(reader: Rules) -> None:
    played = ["so-what", "heroes"]
    said = [
        ("is it older than Autobahn?", "No: “Heroes” is from 1977, “Autobahn” is from 1974."),
        ("is this newer than the one before?", "Yes: “Heroes” is from 1977, “So What” is from 1959."),
        ("is it longer than No Scrubs?", "Yes: “Heroes” lasts 6:11, “No Scrubs” lasts 3:34."),
        ("who's this by and when?", "That is “Heroes” by David Bowie, from 1977."),
        ("is there a trumpet in it?", "“Heroes” is tagged with vocals."),
    ]
    for words, answer in said:
        state = reader.step(words, DialogueState(), played)
        assert state.act == "question", words
        assert reply(reader.index, state, played).startswith(answer), words


def test_what_is_most_of_all_and_what_comes_after(reader: Rules) -> None:
    state = after(reader, "what is the oldest song in the library?", "and the newest?")
    assert (state.act, state.about) == ("question", ("no-scrubs",))
    state = after(reader, "how many Queen songs are there?", "which is the earliest?")
    assert (state.act, state.about) == ("question", ("bohemian-rhapsody",))
    assert after(reader, "how many Queen songs are there?", "the earliest of them").act == "recommend"


def test_one_per_decade_and_in_turns(reader: Rules) -> None:
    state = after(reader, "one song per decade since the 70s")
    assert [p.wishes[0].years for p in state.parts] == [(1970, 1979), (1980, 1989), (1990, 1999)]
    assert {w.words for w in state.wishes} == {"the 1970s to the 1990s"}
    state = after(reader, "alternate Queen and Metallica, four in all")
    assert [p.wishes[0].words for p in state.parts] == ["Queen", "Metallica", "Queen", "Metallica"]
    assert not after(reader, "a song from the 70s").parts


def test_what_was_asked_for_is_let_go_and_not_refused(reader: Rules) -> None:
    assert wishes(after(reader, "something calm", "calmer", "forget the calm thing")) == set()
    assert wishes(after(reader, "70s rock", "scrap the 70s")) == {"genre rock"}
    assert wishes(after(reader, "forget the piano")) == {"instrument no piano"}
    assert after(reader, "some jazz", "never mind who sings").act != "question"
    assert not after(reader, "some jazz", "sorry, didn't mean that").wishes[1:]


def test_who_was_spoken_of_plays(reader: Rules) -> None:
    assert wishes(after(reader, "no Queen", "sorry, Queen is fine", "play them")) == {"artist Queen"}
    assert wishes(after(reader, "play them")) == {"artist Miles Davis"}


def test_the_better_known_tracks_say_what_an_artist_is() -> None:
    likeness = Likeness.__new__(Likeness)
    likeness.spaces = [np.eye(3, dtype=np.float32)]
    evenly, rather = likeness.to([0, 1]), likeness.to([0, 1], (), np.array([9, 1], np.float32))
    assert evenly[0] == evenly[1]
    assert rather[0] > rather[1] > rather[2]


def test_a_refusal_says_what_it_leaves_alone() -> None:
    wish = Wish("genre", "rock other than Queen", "refused", ("rock",), but=(Wish("artist", "Queen"),))
    assert str(wish) == "no rock other than Queen"


def test_a_way_is_asked_about_edited_and_taken_again(reader: Rules) -> None:
    way = after(reader, "from Queen to Metallica in four")
    assert (way.act, way.count) == ("way", 4)
    longer = reader.step("do it in six steps instead", way, SHOWN[:4])
    assert (longer.act, longer.count, longer.ends) == ("way", 6, way.ends)
    shorter = reader.step("three will do", way, SHOWN[:4])
    assert (shorter.act, shorter.count) == ("way", 3)
    back = reader.step("the other way round", way, SHOWN[:4])
    assert (back.act, back.ends) == ("edit", way.ends[::-1])
    later = reader.step("same idea, but only from the 70s", way, SHOWN[:4])
    assert (later.act, later.ends, wishes(later)) == ("way", way.ends, {"year the 1970s"})


def test_the_same_parts_of_another_kind(reader: Rules) -> None:
    state = after(reader, "one song per decade", "same again but all rock")
    assert len(state.parts) == 4
    assert "genre rock" in wishes(state)


def test_the_same_year_as_a_title_asks_for_another_track(reader: Rules) -> None:
    state = after(reader, "the same year as Bohemian Rhapsody")
    allowed = reader.index.allowed(state)
    assert [i for i in reader.catalogue.ids if allowed[reader.catalogue.rows[i]]] == ["low-rider"]
    assert wishes(after(reader, "Queen", "what else came out that year?", played=("low-rider",))) == {
        "year 1975"
    }


def test_how_much_more_there_is(reader: Rules) -> None:
    state = after(reader, "some Metallica", "how many more have you got?", played=("one",))
    assert reply(reader.index, state, ["one"]) == "There is 1 more track here by Metallica."
    state = after(reader, "some Metallica", "the rest of them then", played=("one",))
    assert (state.count, wishes(state)) == (30, {"artist Metallica"})
    state = after(reader, "which artist do you have most of?")
    assert reply(reader.index, state, []).startswith("Most is here by Metallica (2)")


def test_what_has_played_so_far(reader: Rules) -> None:
    played = ["one", "heroes", "so-what"]
    state = reader.step("what have we heard so far?", DialogueState(), played)
    told = "So far: “One” by Metallica; “Heroes” by David Bowie; “So What” by Miles Davis."
    assert reply(reader.index, state, played) == told


@pytest.mark.parametrize(
    ("words", "missed"),
    [("bad bytes", ("“bad bytes”",)), ("strange otters", ()), ("good morning", ()), ("bad", ()),
     ("sad songs", ()), ("long drive", ()), ("low riders", ())],
)  # fmt: skip
def test_plain_words_that_nothing_is_called(reader: Rules, words: str, missed: tuple[str, ...]) -> None:
    assert tuple(u for u in after(reader, words).unknown if u.startswith("“")) == missed


def test_an_edit_is_undone(reader: Rules) -> None:
    state = reader.step("drop the oldest", DialogueState(count=5, listed=SHOWN), SHOWN)
    assert state.about == SHOWN[1:]
    assert reader.step("hmm, undo that", state.going_on(DialogueState()), SHOWN[1:]).about == SHOWN
    assert reader.step("put it back", state, SHOWN[1:]).about == SHOWN
    assert reader.step("undo that", DialogueState(), SHOWN[:1]).act != "edit"


def test_nothing_too_slow_asks_for_nothing_slow(reader: Rules) -> None:
    for words, dimension in (
        ("nothing too slow", "faster"),
        ("not too loud", "calmer"),
        ("nothing louder", "calmer"),
    ):
        assert [c.dimension for c in after(reader, words).comparisons] in ([dimension], [])
    assert after(reader, "from the oldest to the newest").comparisons == ()


def test_a_refusal_goes_on_after_or(reader: Rules) -> None:
    assert wishes(after(reader, "no Queen. or anything by TLC")) == {"artist no Queen", "artist no TLC"}
    assert "genre rather jazz" in wishes(after(reader, "no Queen. or maybe some jazz"))
    assert "genre jazz" in wishes(after(reader, "no Queen. play some jazz"))


@pytest.mark.parametrize(
    ("words", "kept", "places"),
    [
        ("can the last be by Kraftwerk?", SHOWN[:4], (4,)), ("too many songs, three please", SHOWN[:3], ()), ("three of them are enough", SHOWN[:3], ()),
        ("double the list with similar things", SHOWN, (5, 6, 7, 8, 9)),
    ],
)  # fmt: skip
def test_still_more_ways_to_edit(
    reader: Rules, words: str, kept: tuple[str, ...], places: tuple[int, ...]
) -> None:
    state = reader.step(words, DialogueState(count=5), SHOWN)
    assert (state.act, state.about, state.places) == ("edit", kept, places)


@pytest.mark.parametrize(
    ("words", "about"),
    [("and the final one is?", SHOWN[4]), ("what comes second?", SHOWN[1]), ("the third is?", SHOWN[2])],
)
def test_places_that_are_asked_for(reader: Rules, words: str, about: str) -> None:
    state = reader.step(words, DialogueState(count=5, listed=SHOWN), SHOWN)
    assert (state.act, state.about) == ("question", (about,))


def test_back_to_who_played_before(reader: Rules) -> None:
    assert wishes(after(reader, "back to them", played=("one", "so-what"))) == {"artist Metallica"}
    state = after(reader, "how many others are there by them?", played=("so-what", "one"))
    assert reply(reader.index, state, ["so-what", "one"]) == "There is 1 more track here by Metallica."
    assert after(reader, "walk me from jazz to metal in six").count == 6


def test_back_to_somebody_who_has_not_played(reader: Rules) -> None:
    state = after(reader, "back to the nina one", played=("so-what", "one"))
    assert state.act in ("repeat", "recommend", "more")
