# ruff: noqa: E501
"""What is said of a list in words that no pattern knows, names by ear, and ways by their ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segue.understanding.list_loose import loosely
from segue.understanding.rewording import reworded
from segue.understanding.rewording_ways import way_in_full
from segue.understanding.rules import Rules
from segue.understanding.state import Comparison, DialogueState
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
        ("i only want that last one", "keep only the last one"),
        ("just play me the middle one", "play the middle one"),
        ("shift the opener to the close", "move number 1 to the end"),
        ("i dont like so much the last put other in the place", "swap the last one"),
        ("ok now sort it so it gets faster and faster", "slowest first"),
        ("now line em up slow to fast so they can warm up", "slowest first"),
        ("and remind me the leader on track one", "who is number 1"),
        ("whatevers at the bottom can go", "drop the last one"),
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
        ("start me at Queen and bring me down to TLC, 8 songs", "from Queen to TLC, 8 songs"),
        ("In four: Queen to TLC", "from Queen to TLC in four"),
        ("six songs: Queen at one end, TLC at the other", "six songs: from Queen to TLC"),
        ("swap the first and the last", "swap the first and the last"),
        ("five songs that turn into something", "five songs that turn into something"),
        ("play it first and then that", "play it first and then that"),
    ],
)
def test_a_way_by_its_ends(said: str, way: str) -> None:
    assert way_in_full(said) == way


@pytest.mark.parametrize(
    ("words", "kept", "n"),
    [
        ("better make that two, I can't get up off this sofa", 2, 2),
        ("lovely. make it four, would you", 3, 4),
        ("bin the 3rd, it clears my floors every time. something else in that slot", 2, 3),
        ("The song on place two I do not like, please delete it.", 2, 2),
        ("This is too long. I want only two of them.", 2, 2),
        ("under pressure goes at the top, obviously", 3, 3),
        ("the one called Heroes I don't want in it", 2, 2),
        ("too many! two will do", 2, 2),
        ("two would be even nicer dear", 2, 2),
        ("And now backwards.", 3, 3),
        ("put heroes at the front", 3, 3),
    ],
)
def test_one_clause_of_several_edits(reader: Rules, words: str, kept: int, n: int) -> None:
    state = reader.step(words, replace(DialogueState(), count=3, turn=1), IDS)
    assert (state.act, len(state.about), state.count) == ("edit", kept, n)


@pytest.mark.parametrize(
    "words",
    [
        "jazz, make it five songs",
        "same year, but not one of those three",
        "that's the one i know! play it",
        "play no. 2",
        "forget the list. one song by Queen",
    ],
)
def test_a_clause_beside_a_wish_edits_nothing(reader: Rules, words: str) -> None:
    state = reader.step(words, replace(DialogueState(), count=3, turn=1), IDS)
    assert not (state.act == "edit" and set(state.about) <= set(IDS) and state.about)


@pytest.mark.parametrize(
    ("words", "asked", "about"),
    [
        ("The second I don't recall at all. When did it come out?", "year", IDS[1:2]),
        ("how many of these r from before 1980?? my dad says all of em", "how many such", IDS[1:]),
        ("who does track 2 again? sound man's asking", "who", IDS[1:2]),
        ("which album does the second cut come from?", "album", IDS[1:2]),
    ],
)
def test_a_question_beside_a_story(reader: Rules, words: str, asked: str, about: tuple[str, ...]) -> None:
    state = reader.step(words, replace(DialogueState(), count=3, turn=1), IDS)
    assert (state.act, state.asked, state.about) == ("question", asked, about)


@pytest.mark.parametrize(
    ("said", "then", "ends"),
    [
        (
            "from Queen to Metallica in four",
            "That goes too quick. Make nine of it.",
            (9, "Queen", "Metallica"),
        ),
        ("from Queen to Metallica in four", "too long, I've only got room for 3", (3, "Queen", "Metallica")),
        ("from Queen to Metallica in four", "make the finisher Kraftwerk", (4, "Queen", "Kraftwerk")),
        ("from Queen to Metallica in four", "can it be done in three?", (3, "Queen", "Metallica")),
    ],
)
def test_a_way_again(reader: Rules, said: str, then: str, ends: tuple[int, str, str]) -> None:
    shown = ("bohemian-rhapsody", "heroes", "low-rider", "master-of-puppets")
    state = reader.step(then, replace(after(reader, said), listed=shown), shown)
    artists = [reader.catalogue.tracks["artist"][reader.catalogue.rows[e[0]]] for e in state.ends]
    assert (state.act, state.count, artists[0].split(" &")[0], artists[-1]) == ("way", *ends)


def test_two_names_and_to_are_a_way(reader: Rules) -> None:
    assert after(reader, "oh well, Queen to Metallica then", played=()).act == "way"
    assert after(reader, "blend a path from Queen to Metallica", played=()).act == "way"
    assert after(reader, "a blend of Queen and Metallica", played=()).act == "blend"
    assert after(reader, "three rock songs from the seventies, dark as a crypt", played=()).act == "recommend"
    assert after(reader, "now take me from those to Kraftwerk in five", played=("so-what",)).act == "way"


def test_it_is_what_was_put_in_just_now(reader: Rules) -> None:
    listed = replace(DialogueState(), count=3, turn=1)
    put = reader.step("add a metal one", listed, IDS)
    shown = (*IDS, "one")
    first = reader.step("now shove it up the top", put, shown)
    assert (first.act, first.about) == ("edit", ("one", *IDS))
    ordered = reader.step("and put them oldest first", put, shown)
    assert (ordered.act, ordered.about[0]) == ("edit", "bohemian-rhapsody")


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
        ("how many of these r french", "how many of these are french"),
        ("omg 2 depressing, happier pls", "omg too depressing, happier pls"),
        ("2 slow songs", "2 slow songs"),
        ("just 2 sad ones from the 80s", "just 2 sad ones from the 80s"),
        ("from the 80s 2 slow ones", "from the 80s 2 slow ones"),
        ("take me to something from the 80s", "take me to something from the 80s"),
        ("how do i get to Enya from Queen in 5", "how do i get from Queen to Enya in 5"),
        ("it's a no from me", "it's a no from me"),
        ("that's a no", "that's a no"),
        ("get me from bob marley 2 kendrick lamar", "take me from bob marley to kendrick lamar"),
        ("i want to go from folk until metal in 6 musics", "i want to go from folk to metal in 6 songs"),
        ("disco is a no", "no disco"),
        ("a friend recommended Florbex Tandoori, play me them", "play Florbex Tandoori"),
        ("again pls she's crying", "again please"),
        ("a song that is older than Heroes", "something older than Heroes"),
        ("which came first, Heroes or One?", "which is older, Heroes or One?"),
    ],
)  # fmt: skip
def test_other_words_for_it(said: str, plain: str) -> None:
    assert reworded(said).strip() == plain


def test_older_than_a_title_asks_for_another(reader: Rules) -> None:
    state = after(reader, "I'd like a song that is older than Bohemian Rhapsody", played=())
    assert [c.dimension for c in state.comparisons] == ["older"]
    assert wishes(state) == {"artist no Queen"}


def test_the_older_of_two_that_were_asked_about(reader: Rules) -> None:
    state = after(reader, "which is older, Heroes or Last Dance?", "play the older one", played=())
    assert (state.act, state.about) == ("repeat", ("heroes",))


def test_sadder_is_sad_where_something_sad_is_near(reader: Rules) -> None:
    calmer = reader.index.wholly(Comparison("calmer", ("master-of-puppets",)))
    assert [str(i) for i in reader.catalogue.ids[calmer.nonzero()[0]]] == ["so-what"]
    assert not reader.index.wholly(Comparison("older", ("heroes",))).any()
