# ruff: noqa: E501
"""Lists that are edited and tempi in beats a minute, as they are said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segue.understanding import beats, list_edits
from segue.understanding.relax import possible
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState

LIST = ("a", "b", "c", "d")
IDS = ("under-pressure", "bohemian-rhapsody", "heroes")
"""Of 1981, 1975 and 1977."""


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
    edit = list_edits.find(words, LIST)
    assert edit is not None
    assert (edit.kept, edit.places, edit.rest) == (tuple(kept), places, rest)
    assert edit.replaced == tuple(LIST[i] for i in places if i < len(LIST))


@pytest.mark.parametrize(
    "words",
    ["replace number 9", "play the second one", "no drums", "without vocals", "some jazz", "five songs",
     "change the mood", "drop the bass", "only jazz", "add a saxophone", "a different one", "one more"],
)  # fmt: skip
def test_what_edits_no_list(words: str) -> None:
    assert list_edits.find(words, LIST) is None


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


SHOWN = ("so-what", "under-pressure", "master-of-puppets", "bohemian-rhapsody", "last-dance")
"""Of 1959, 1981, 1986, 1975 and 1978."""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("drop the oldest", SHOWN[1:]), ("lose the rock ones please", (SHOWN[0], SHOWN[2], SHOWN[4])),
        ("remove everything by queen", (SHOWN[0], SHOWN[2], SHOWN[4])), ("the fast ones can go", (*SHOWN[:2], *SHOWN[3:])),
        ("get rid of the two newest", (SHOWN[0], *SHOWN[3:])), ("take out the country ones", SHOWN),
        ("only the rock ones", (SHOWN[1], SHOWN[3])), ("just keep the 70s songs", SHOWN[3:]),
        ("oldest first", (SHOWN[0], SHOWN[3], SHOWN[4], SHOWN[1], SHOWN[2])), ("the other way round", SHOWN[::-1]),
        ("put the newest ones first", (SHOWN[2], SHOWN[1], SHOWN[4], SHOWN[3], SHOWN[0])), ("one less queen", (*SHOWN[:3], SHOWN[4])),
        ("trim it down to three", SHOWN[:3]), ("put the rock ones at the end", (SHOWN[0], SHOWN[2], SHOWN[4], SHOWN[1], SHOWN[3])),
        ("half as many would be plenty", SHOWN[:3]), ("make them go from old to new", (SHOWN[0], SHOWN[3], SHOWN[4], SHOWN[1], SHOWN[2])),
        ("the newest ones last", (SHOWN[0], SHOWN[3], SHOWN[4], SHOWN[1], SHOWN[2])), ("without the last two", SHOWN[:3]), ("four instead of five", SHOWN[:4]),
        ("get shot of number 1", SHOWN[1:]), ("keep the second half", SHOWN[3:]), ("put the two newest ones first", (SHOWN[1], SHOWN[2], SHOWN[0], *SHOWN[3:])),
        ("sort by how old they are", (SHOWN[0], SHOWN[3], SHOWN[4], SHOWN[1], SHOWN[2])), ("make the metal one the opener", (SHOWN[2], *SHOWN[:2], *SHOWN[3:])),
        ("one fewer, please", SHOWN[:4]), ("two less", SHOWN[:3]), ("take away two", SHOWN[:3]), ("less, say 3", SHOWN[:3]), ("cut it in half", SHOWN[:3]),
        ("only the rock ones stay", (SHOWN[1], SHOWN[3])), ("by year", (SHOWN[0], SHOWN[3], SHOWN[4], SHOWN[1], SHOWN[2])), ("newest up top.", (SHOWN[2], SHOWN[1], SHOWN[4], SHOWN[3], SHOWN[0])),
        ("Last Dance to the very start", (SHOWN[4], *SHOWN[:4])), ("under pressure should close", (SHOWN[0], *SHOWN[2:], SHOWN[1])), ("metallica opens", (SHOWN[2], *SHOWN[:2], *SHOWN[3:])),
        ("let it be So What last", (*SHOWN[1:], SHOWN[0])), ("rm so what", SHOWN[1:]), ("w/o So What", SHOWN[1:]), ("leave last dance out", SHOWN[:4]),
        ("number four out, number one out", (SHOWN[1], SHOWN[2], SHOWN[4])), ("drop the rock ones, keep the rest", (SHOWN[0], SHOWN[2], SHOWN[4])),
        ("one less. and the newest ones last", (SHOWN[0], SHOWN[3], SHOWN[1], SHOWN[2])), ("drop the second. oldest first", (SHOWN[0], SHOWN[3], SHOWN[4], SHOWN[2])),
        ("swap the first two", (SHOWN[1], SHOWN[0], *SHOWN[2:])), ("switch the last two around please", (*SHOWN[:3], SHOWN[4], SHOWN[3])),
        ("start old and work up to now", (SHOWN[0], SHOWN[3], SHOWN[4], SHOWN[1], SHOWN[2])),
        ("sort them by year", (SHOWN[0], SHOWN[3], SHOWN[4], SHOWN[1], SHOWN[2])), ("the last two can go", SHOWN[:3]),
    ],
)  # fmt: skip
def test_a_list_is_changed_by_what_its_tracks_are(
    reader: Rules, words: str, expected: tuple[str, ...]
) -> None:
    state = reader.step(words, DialogueState(count=5), SHOWN)
    assert (state.act, state.about, state.places) == ("edit", expected, ())


@pytest.mark.parametrize(
    ("words", "order", "places"),
    [
        ("move the last one to number two", "04123", ()), ("put so what before the third", "10234", ()),
        ("shift the second one after the fourth", "02314", ()), ("move queen & david bowie to the middle", "02134", ()),
        ("put something by metallica after the second", "01234", (2,)),
        ("can we have some jazz somewhere in the middle", "01234", (3,)), ("another one as number two please", "01234", (1,)),
    ],
)  # fmt: skip
def test_a_place_within_a_list(reader: Rules, words: str, order: str, places: tuple[int, ...]) -> None:
    state = reader.step(words, DialogueState(count=5), SHOWN)
    assert (state.act, state.about, state.places) == ("edit", tuple(SHOWN[int(i)] for i in order), places)


@pytest.mark.parametrize(
    ("words", "kept", "places"),
    [("swap the oldest for something by metallica", SHOWN[1:], (0,)), ("electronic first", SHOWN, (0,)), ("the third is too old, swap it", (*SHOWN[:2], *SHOWN[3:]), (2,)),
     ("the last two are a bit slow, change them", SHOWN[:3], (3, 4)), ("one more to close, one that everybody knows", SHOWN, (5,)), ("add some david bowie", SHOWN, (5,)),
     ("replace the rock songs with jazz", (SHOWN[0], SHOWN[2], SHOWN[4]), (1, 3)),
     ("might the first be replaced with something by metallica?", SHOWN[1:], (0,)), ("sub the last for some queen", SHOWN[:4], (4,)),
     ("the third one's overplayed, something else there", (*SHOWN[:2], *SHOWN[3:]), (2,)), ("make it six then, the drive is long", SHOWN, (5,)), ("extend to seven", SHOWN, (5, 6)),
     ("heroes last", SHOWN, (5,)), ("heroes as well", SHOWN, (5,)), ("plus heroes", SHOWN, (5,)), ("put heroes behind them", SHOWN, (5,)), ("two more on top of that", SHOWN, (5, 6)),
     ("it needs more david bowie", SHOWN, (5,)), ("can it end on something from the nineties", SHOWN, (5,)), ("make two of them newer", (SHOWN[1], SHOWN[2], SHOWN[4]), (0, 3)), ("too many rock ones", (SHOWN[0], *SHOWN[1:3], SHOWN[4]), (3,)),
     ("too many old ones, make half of them newer", SHOWN[1:3], (0, 3, 4))],
)  # fmt: skip
def test_places_of_a_list_are_filled_anew(
    reader: Rules, words: str, kept: tuple[str, ...], places: tuple[int, ...]
) -> None:
    state = reader.step(words, DialogueState(count=5), SHOWN)
    assert (state.act, state.about, state.places) == ("edit", kept, places)


@pytest.mark.parametrize(
    "words", ["drop the bass", "some rock", "older", "play the rock one", "shuffle dance"]
)
def test_what_changes_no_list(reader: Rules, words: str) -> None:
    assert reader.step(words, DialogueState(), SHOWN).act != "edit"


@pytest.mark.parametrize(
    ("words", "asked", "about"),
    [("which one came out first?", "year", SHOWN[0]), ("which artist is on at four", "who", SHOWN[3]), ("title of the opening one?", "title", SHOWN[0]), ("what are we starting with?", "title", SHOWN[0]), ("which comes first now", "title", SHOWN[0]),
     ("what's sandwiched in the middle", "who", SHOWN[2]), ("what's before the third?", "who", SHOWN[1]), ("and who comes after so what", "who", SHOWN[1]), ("what's in the middle?", "who", SHOWN[2]),
     ("what year is number 3 from", "year", SHOWN[2]), ("who sings the fourth one", "who", SHOWN[3]),
     ("which one is the oldest?", "year", SHOWN[0]), ("and what year's the last one?", "year", SHOWN[4]), ("what's the 5th one called", "title", SHOWN[4])],
)  # fmt: skip
def test_questions_of_a_list(reader: Rules, words: str, asked: str, about: str) -> None:
    state = reader.step(words, DialogueState(count=5), SHOWN)
    assert (state.act, state.asked, state.about) == ("question", asked, (about,))


@pytest.mark.parametrize(
    ("words", "count"),
    [("make it all calmer", 5), ("older", 5), ("from the 70s", 5), ("more", 5), ("another one", 1), ("some jazz", 5), ("play some jazz", 1), ("play queen", 1)],
)  # fmt: skip
def test_a_list_that_is_refined_stays_one(reader: Rules, words: str, count: int) -> None:
    assert reader.step(words, DialogueState(count=5), SHOWN).count == count


def test_what_is_asked_for_now_goes_last(reader: Rules) -> None:
    state = DialogueState()
    for words in ("rock with piano", "something with a saxophone"):
        state = possible(reader.index, reader.step(words, state, ("heroes",)), np.ones(10, bool))[0]
    assert {w.words for w in state.wishes} == {"saxophone"}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("two jazz ones then two metal ones", ((2, {"jazz"}), (2, {"metal"}))),
        ("one each by Queen and Metallica", ((1, {"Queen"}), (1, {"Metallica"}))),
        ("3 jazz and 3 rock please", ((3, {"jazz"}), (3, {"rock"}))),
        ("six songs: two jazz, four from the 70s", ((2, {"jazz"}), (4, {"the 1970s"}))),
        ("four 70s songs, two rock and two disco", ((2, {"rock"}), (2, {"disco"}))),
        ("three Queen songs and one Miles Davis", ((3, {"Queen"}), (1, {"Miles Davis"}))),
        ("3 rock, 2 metal, 1 jazz", ((3, {"rock"}), (2, {"metal"}), (1, {"jazz"}))),
        ("five jazz songs", ()), ("number two and number three", ()), ("two jazz songs from the 70s", ()),
    ],
)  # fmt: skip
def test_a_list_in_parts(reader: Rules, words: str, parts: tuple[tuple[int, set[str]], ...]) -> None:
    state = reader.step(words, DialogueState(), ())
    assert tuple((p.n, {w.words for w in p.wishes}) for p in state.parts) == parts
    assert not parts or state.count == sum(n for n, _ in parts)
    if parts:
        again = reader.step("same again but one each", state, SHOWN)
        assert [p.n for p in again.parts] == [1] * len(parts)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("lose the middle one", (*SHOWN[:2], *SHOWN[3:])), ("start with the newest", (SHOWN[2], *SHOWN[:2], *SHOWN[3:])),
        ("alternate them", (SHOWN[0], SHOWN[3], SHOWN[1], SHOWN[4], SHOWN[2])),
    ],
)  # fmt: skip
def test_more_of_what_is_done_to_a_list(reader: Rules, words: str, expected: tuple[str, ...]) -> None:
    state = reader.step(words, DialogueState(count=5), SHOWN)
    assert (state.act, state.about, state.places) == ("edit", expected, ())


def test_a_list_is_asked_as_a_whole(reader: Rules) -> None:
    state = reader.step("whats the average year of these", DialogueState(count=5), SHOWN)
    assert (state.asked, state.about) == ("average year", SHOWN)
    state = reader.step("how many are queen", DialogueState(count=5), SHOWN)
    assert (state.asked, state.about) == ("how many such", (SHOWN[1], SHOWN[3]))
    assert reader.step("how many queen songs do you have", DialogueState(count=5), SHOWN).asked == "how many"
    assert (
        reader.step("all the metallica you've got, oldest first", DialogueState(count=5), SHOWN).act
        == "recommend"
    )


def test_which_of_two_that_are_named(reader: Rules) -> None:
    state = reader.step("which is older, Bohemian Rhapsody or Under Pressure?", DialogueState(), ())
    assert (state.act, state.asked, state.about) == ("question", "which of two", ("bohemian-rhapsody",))
    assert [(c.dimension, c.tracks) for c in state.comparisons] == [("older", ("under-pressure",))]


def test_what_was_put_in_goes_again(reader: Rules) -> None:
    state = reader.step("add heroes", DialogueState(count=5), SHOWN)
    assert (
        reader.step("no, take it off again", replace(state, undone=SHOWN), (*SHOWN, "heroes")).about == SHOWN
    )


def test_what_was_taken_out_comes_back(reader: Rules) -> None:
    state = reader.step("drop the second", DialogueState(count=5), SHOWN)
    for words in (
        "hmm no give it back",
        "wait i liked it, bring back what you just cut",
        "no wait the five was better",
    ):
        assert reader.step(words, state, state.about).about == SHOWN
    swapped = reader.step("replace it with some metallica", state, state.about)
    assert (swapped.act, swapped.places) == ("edit", (1,))
    filled = reader.step("one by metallica in its place", state, state.about)
    assert (filled.act, filled.places) == ("edit", (1,))


@pytest.mark.parametrize(
    ("words", "count"),
    [("a handful of rock", 5), ("Queen playlist", 10), ("a mix of Queen and David Bowie, six songs", 6), ("make a list: So What, Heroes, Last Dance", 3),
     ("all the queen you've got", 30), ("every Queen song u have", 30), ("queen songs, all of them", 30), ("a rock playlist without queen", 10),
     ("rock, gimme like 6", 6), ("jazz x3", 3), ("queen, but seven in a row", 7), ("six rock songs, three by queen at least", 6)],
)  # fmt: skip
def test_how_many_are_asked_for(reader: Rules, words: str, count: int) -> None:
    assert reader.step(words, DialogueState(), ()).count == count


def test_a_question_goes_on_about_what_was_asked_about(reader: Rules) -> None:
    state = reader.step("what's number three called?", DialogueState(count=5), SHOWN)
    assert reader.step("and who's that by?", state, SHOWN).about == (SHOWN[2],)
    assert reader.step("who is this?", state, SHOWN).about == (SHOWN[4],)
    assert reader.step("a trio of jazz songs", DialogueState(), ()).count == 3


@pytest.mark.parametrize("verb", ["kill", "pull", "axe", "strike", "get rid of", "cross out", "zap"])
def test_many_verbs_take_out_of_a_list(reader: Rules, verb: str) -> None:
    state = DialogueState(listed=IDS[:3], count=3, turn=1)
    found = reader.step(f"{verb} the second", state, list(IDS[:3]))
    assert (found.act, found.about) == ("edit", (IDS[0], IDS[2]))


@pytest.mark.parametrize(
    ("words", "which"),
    [
        ("the older of the two again", 1), ("and now the other", 0), ("the one before was better", 0),
        ("I liked the previous one better", 0), ("play the newest of those", 0),
    ],
)  # fmt: skip
def test_one_of_two_that_played(reader: Rules, words: str, which: int) -> None:
    # Of 1981 and of 1975.
    state = DialogueState(listed=IDS[:2], count=2, turn=1)
    found = reader.step(words, state, list(IDS[:2]))
    assert (found.act, found.about) == ("repeat", (IDS[which],))


def test_a_number_behind_a_comma_is_how_many(reader: Rules) -> None:
    assert reader.step("songs for a wedding, ten", DialogueState(), ()).count == 10
    assert reader.step("songs for a party of ten", DialogueState(), ()).count == 1
    assert reader.step("songs by maroon 5", DialogueState(), ()).count == 1


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("remind me who this is", "who"), ("and the singer?", "who"), ("the record?", "album"),
        ("is that a sax i hear?", "instruments"), ("which genres do you cover", "library"),
        ("what is your oldest track", "year"), ("what's the most popular Queen song", "who"),
    ],
)  # fmt: skip
def test_short_questions(reader: Rules, words: str, asked: str) -> None:
    found = reader.step(words, DialogueState(turn=1), list(IDS[:1]))
    assert (found.act, found.asked) == ("question", asked)


def test_all_of_a_kind(reader: Rules) -> None:
    state = reader.step("play me every Metallica track you have", DialogueState(), ())
    assert (state.count, [w.words for w in state.required]) == (30, ["Metallica"])


def test_nothing_is_told_of_somebody_who_is_not_here(reader: Rules) -> None:
    found = reader.step("what is the most popular song by the Florbix", DialogueState(turn=1), list(IDS[:1]))
    assert found.act != "question"
    assert "Florbix" in " ".join(found.unknown)


def test_forgetting_a_wish_edits_no_list(reader: Rules) -> None:
    state = reader.step("three songs from the 70s", DialogueState(), ())
    found = reader.step("forget the seventies", replace(state, listed=IDS[:3]), list(IDS[:3]))
    assert not [w for w in found.wishes if w.kind == "year"]


def test_what_is_said_after_a_question(reader: Rules) -> None:
    played = list(IDS)
    asked = reader.step("what did you play first?", DialogueState(turn=1), played)
    assert reader.step("go back to that", asked, played).about == (IDS[0],)
    heard = reader.step("is that a trumpet I hear?", DialogueState(turn=1), played)
    oldest = reader.step("what's your oldest rock track?", heard, played)
    assert (oldest.act, oldest.about) == ("question", ("bohemian-rhapsody",))


def test_more_like_that_is_no_rejection(reader: Rules) -> None:
    found = reader.step("who else do you have like that", DialogueState(turn=1), list(IDS))
    assert (found.act == "refuse", found.rejected) == (False, ())
    assert found.like == (IDS[2],)
    assert reader.step("five like that", DialogueState(turn=1), list(IDS)).count == 5


def test_your_oldest_is_none_of_the_list(reader: Rules) -> None:
    state = DialogueState(listed=IDS, count=3, turn=1)
    assert reader.step("what's the oldest of them?", state, list(IDS)).about == (IDS[1],)
    assert reader.step("what's your oldest track?", state, list(IDS)).about == ("so-what",)


@pytest.mark.parametrize(
    "words",
    ["i don't like the second one, swap it for some metallica", "the second one's not for me, change it to metallica"],
)  # fmt: skip
def test_a_track_gives_its_place_in_one_breath(reader: Rules, words: str) -> None:
    state = reader.step(words, DialogueState(count=3, turn=1), list(IDS))
    assert (state.act, state.about, state.places) == ("edit", (IDS[0], IDS[2]), (1,))
    assert [w.words for w in state.required] == ["Metallica"]


def test_who_is_put_in_and_is_not_here_is_told(reader: Rules) -> None:
    state = reader.step("drop the last and add Tina Turner", DialogueState(count=3, turn=1), list(IDS))
    assert (state.act, state.about, state.unknown) == ("edit", IDS[:2], ("Tina Turner",))
    fewer = reader.step("just two darling", DialogueState(count=3, turn=1), list(IDS))
    assert (fewer.act, fewer.about, fewer.unknown) == ("edit", IDS[:2], ())


@pytest.mark.parametrize(("words", "first"), [("3 rock songs from old to new", "older"), ("4 rock songs going from slow to fast", "slower")])  # fmt: skip
def test_a_list_of_a_kind_goes_from_one_end_to_the_other(reader: Rules, words: str, first: str) -> None:
    state = reader.step(words, DialogueState(), ())
    assert (state.act, state.order, [w.words for w in state.required]) == ("recommend", first, ["rock"])
