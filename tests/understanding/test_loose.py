# ruff: noqa: E501
"""What is said of a list in words that no pattern knows, names by ear, and ways by their ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segue.understanding.list_loose import loosely
from segue.understanding.rewording import reworded
from segue.understanding.rewording_ways import way_in_full
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from ten_tracks import after, wishes

IDS = ("under-pressure", "bohemian-rhapsody", "heroes")


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("actually strike the second", "drop number 2"),
        ("lovely but the second is rather gloomy for nine year olds take it out please", "drop number 2"),
        ("the one at the top is dull out with it", "drop number 1"),
        ("number two can stay but im not having number three", "drop number 3"),
        ("number one is wrong for this something else in its place", "swap number 1"),
        ("yeah nah track 4 isnt it", "swap number 4"),
        ("the first one doesnt belong here", "swap number 1"),
        ("everything is fine except the third", "swap number 3"),
        ("remind me what the fourth is called", "what is number 4 called"),
        ("from what year is the top one", "what year is number 1 from"),
        ("whats the 3rd one called again", "what is number 3 called"),
        ("whos the one in the middle number 3", "who is number 3"),
        ("when did the closing one come out", "what year is the last one from"),
        ("thanks now run through them from newest back to oldest", "newest first"),
        ("from the latest backwards", "newest first"),
        ("nah all from different artists", "no repeated artists"),
        ("tack one more onto that", "add one more"),
        # Not of the list, or nothing that is done.
        ("play the second one", "play number 2"),
        ("something like the third", ""),
        ("the second one again", ""),
        ("the last two were great", ""),
        ("that was the first time i danced", ""),
        ("songs from the last decade", ""),
        ("some jazz", ""),
        ("when did the last but one come out", ""),
        ("swap the first and the last", ""),
    ],
)
def test_a_place_and_one_thing_are_enough(line: str, plain: str) -> None:
    assert loosely(line) == plain


def test_a_list_is_edited_and_asked_in_other_words(reader: Rules) -> None:
    listed = replace(DialogueState(), count=3, turn=1)
    dropped = reader.step("no, the third one has got to go", listed, IDS)
    assert (dropped.act, dropped.about) == ("edit", IDS[:2])
    told = reader.step("remind me what the second is called", listed, IDS)
    assert (told.act, told.asked, told.about) == ("question", "title", IDS[1:2])
    # After one track the same words are of no list.
    assert reader.step("strike the second", DialogueState(), IDS[:1]).act != "edit"


@pytest.mark.parametrize(
    ("said", "way"),
    [
        ("gospel slowly turning into house, six songs", "from gospel to house, six songs"),
        ("ease me out of Queen and over to TLC in 5 songs", "ease me from Queen to TLC in 5 songs"),
        ("Jolene goes first, Enter Sandman goes last, 5 songs", "from Jolene to Enter Sandman, 5 songs"),
        ("start with adele, five songs later i want to be at Queen", "from adele to Queen in five songs"),
        ("a bridge of seven songs between Queen and TLC", "from Queen to TLC of seven songs"),
        ("swap the first and the last", "swap the first and the last"),
        ("play it first and then that", "play it first and then that"),
    ],
)
def test_a_way_by_its_ends(said: str, way: str) -> None:
    assert way_in_full(said) == way


def test_two_names_and_to_are_a_way(reader: Rules) -> None:
    assert after(reader, "oh well, Queen to Metallica then", played=()).act == "way"
    assert after(reader, "blend a path from Queen to Metallica", played=()).act == "way"
    assert after(reader, "a blend of Queen and Metallica", played=()).act == "blend"


def test_a_list_that_opens_with_a_title(reader: Rules) -> None:
    state = after(reader, "three rock songs, open with So What", played=())
    assert [(p.n, [w.words for w in p.wishes]) for p in state.parts] == [(1, ["So What"]), (2, ["rock"])]
    state = after(reader, "three rock songs and let So What close it", played=())
    assert [(p.n, [w.words for w in p.wishes]) for p in state.parts] == [(2, ["rock"]), (1, ["So What"])]
    assert not after(reader, "three quiet songs and then i sleep", played=()).parts


@pytest.mark.parametrize(
    ("words", "wished"),
    [
        ("play deyvid bowee", {"artist David Bowie"}),
        ("something by craftwork", {"artist Kraftwerk"}),
        ("play donna sumer", {"artist Donna Summer"}),
        ("jazz please, but no war, queen or metallica", {"genre jazz", "artist no War", "artist no Queen", "artist no Metallica"}),
        ("jazz without war or tlc", {"genre jazz", "artist no War", "artist no TLC"}),
        ("a calm jazz song, no war", {"mood calm", "genre jazz"}),
    ],
)  # fmt: skip
def test_names_by_ear_and_in_a_row(reader: Rules, words: str, wished: set[str]) -> None:
    assert wishes(after(reader, words, played=())) == wished


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("Of these, is there anything from the seventies? how many?", "is there anything from the seventies of these?"),
        ("May I ask what this piece is called?", "what is this piece called?"),
        ("no Black Coffee either?", "do you have Black Coffee?"),
        ("blues in the place of jazz", "blues instead of jazz"),
        ("one more from the year Heroes came out", "one more from the same year as Heroes"),
        ("pearl jam - alive", "alive by pearl jam"),
        ("can i get purple rain", "play purple rain"),
        ("all my spanish ones in a row", "all my spanish songs"),
    ],
)  # fmt: skip
def test_other_words_for_it(said: str, plain: str) -> None:
    assert reworded(said).strip() == plain


def test_sadder_is_sad_where_something_sad_is_near(reader: Rules) -> None:
    from segue.understanding.state import Comparison

    calmer = reader.index.wholly(Comparison("calmer", ("master-of-puppets",)))
    assert [str(i) for i in reader.catalogue.ids[calmer.nonzero()[0]]] == ["so-what"]
    assert not reader.index.wholly(Comparison("older", ("heroes",))).any()
