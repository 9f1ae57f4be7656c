# ruff: noqa: E501
"""After a list: what asks for another list, for one track, for an answer; on ten known tracks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segue.serving.questions import reply
from segue.understanding.carry import held_again
from segue.understanding.relax import in_order
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from ten_tracks import after, wishes

ASKED = "four songs"


@pytest.mark.parametrize(
    "words",
    [
        "something sadder", "older please", "nah older stuff", "a bit more rock", "too fast, calm it down", "some jazz instead",
        "what about the 80s", "maybe something from the 70s", "less gloomy", "no, happier",
    ],
)  # fmt: skip
def test_a_wish_after_a_list_asks_for_another_list(reader: Rules, words: str) -> None:
    assert after(reader, ASKED, words).count == 4


@pytest.mark.parametrize(
    "words",
    [
        "one sad song", "a sadder one", "play Bohemian Rhapsody", "play some jazz", "something by Queen", "something else", "next",
        "the oldest of all you have", "skip", "just a single rock track", "play the second one",
    ],
)  # fmt: skip
def test_who_asks_for_one_track_after_a_list_hears_one(reader: Rules, words: str) -> None:
    assert after(reader, ASKED, words).count == 1


@pytest.mark.parametrize(("words", "at"), [("the first two again", (0, 1)), ("the second and the fourth again please", (1, 3)), ("all again", (0, 1, 2, 3, 4))])  # fmt: skip
def test_some_of_a_list_again(reader: Rules, words: str, at: tuple[int, ...]) -> None:
    state = on(reader, words)
    assert (state.act, state.about, state.count) == ("repeat", tuple(SHOWN[i] for i in at), len(at))


@pytest.mark.parametrize(("words", "said"), [
    ("where is War on the list", "“Low Rider” by War is number 4 of the 5."), ("which number is So What?", "“So What” by Miles Davis is number 1 of the 5."),
    ("where is metallica on the list", "None of them, as far as is known here."),
])  # fmt: skip
def test_where_something_stands(reader: Rules, words: str, said: str) -> None:
    assert reply(reader.index, on(reader, words), list(SHOWN)) == said


def test_a_list_plays_when_it_shall(reader: Rules) -> None:
    assert on(reader, "perfect, play it").about == SHOWN
    one = DialogueState(act="question", count=5, listed=SHOWN, about=SHOWN[1:2], asked="who")
    assert on(reader, "play it", one).about == SHOWN[1:2]


def test_the_first_of_somebodys_works(reader: Rules) -> None:
    state = after(reader, "what do you have by Metallica?", "play the first one", played=())
    assert [w.values for w in state.wishes] == [("master-of-puppets",)]


def test_what_was_it_called_that_was_such(reader: Rules) -> None:
    state = after(reader, "play so what", "what was the disco one called?", played=("last-dance", "so-what"))
    assert (state.asked, state.about) == ("title", ("last-dance",))


def test_one_of_a_list_is_what_another_shall_be_like(reader: Rules) -> None:
    state = on(reader, "something like the first but newer")
    assert (state.count, state.like, [c.tracks for c in state.comparisons]) == (1, SHOWN[:1], [SHOWN[:1]])


SHOWN = ("so-what", "under-pressure", "bohemian-rhapsody", "low-rider", "last-dance")
"""Of 1959, 1981, 1975, 1975 and 1978; by Miles Davis, Queen & David Bowie, Queen, War and Donna Summer."""


def on(reader: Rules, words: str, before: DialogueState | None = None) -> DialogueState:
    """The state after words that are said where a list of five was shown."""
    return reader.step(words, before or DialogueState(count=5, listed=SHOWN), SHOWN)


@pytest.mark.parametrize(
    ("words", "places", "n"),
    [
        ("could we have some metal in it?", (5,), 6), ("can you get a bit of Metallica in there please", (5,), 6),
        ("something by Kraftwerk in there maybe", (5,), 6), ("one more by Metallica to close", (5,), 6),
        ("one more at the beginning, something electronic", (0,), 6), ("the jazz one should be by Metallica", (0,), 5),
        ("could the one from the fifties be by TLC?", (0,), 5), ("take the first out and put metal there instead", (0,), 5),
        ("more metal in it", (2, 3, 4), 5), ("fill it up with metal", (5, 6), 7), ("the list is too short, make it seven", (5, 6), 7),
        ("a longer list, like seven", (5, 6), 7), ("make it six and drop the jazz", (4, 5), 6),
        ("add Metallica at the end", (5,), 6), ("drop the last and add Kraftwerk at the end", (4,), 5),
    ],
)  # fmt: skip
def test_where_others_come_in_a_list(reader: Rules, words: str, places: tuple[int, ...], n: int) -> None:
    state = on(reader, words)
    assert (state.act, state.places, state.count) == ("edit", places, n)


@pytest.mark.parametrize(
    ("words", "order"),
    [
        ("put them in order of year", "02341"), ("alphabetical by artist", "40213"), ("sort them alphabetically by title", "24301"),
        ("turn it round", "43210"), ("start with Low Rider and end with So What", "31240"), ("start with Queen", "10234"),
        ("end with Bohemian Rhapsody", "01342"), ("drop the first and the last", "123"), ("the second and fourth are played to death, lose them", "024"),
        ("swap 1 and 2 and drop the last one", "1023"), ("only the ones from the seventies", "234"), ("take away the jazz stuff", "1234"),
        ("five is too many, make it two", "01"),
    ],
)  # fmt: skip
def test_a_list_in_another_order_or_with_fewer(reader: Rules, words: str, order: str) -> None:
    state = on(reader, words)
    assert (state.act, state.places) == ("edit", ())
    assert sorted(state.about) == sorted(SHOWN[int(i)] for i in order)
    assert state.about == tuple(SHOWN[int(i)] for i in order) or "drop the first" in words


def test_nobody_comes_twice_in_a_row(reader: Rules) -> None:
    played = ("one", "master-of-puppets", "so-what")
    state = reader.step("no two of the same in a row", DialogueState(count=3, listed=played), played)
    assert state.about == ("one", "so-what", "master-of-puppets")


@pytest.mark.parametrize(
    "words",
    ["I like the piano in it", "something sadder in it", "the first list was better", "one more", "more jazz", "something with piano in it"],
)  # fmt: skip
def test_what_puts_nothing_into_a_list(reader: Rules, words: str) -> None:
    assert on(reader, words).act != "edit"


@pytest.mark.parametrize(
    "words",
    ["ok back to the playlist", "go back to my list", "the whole list again", "and now the list again please", "back to the five", "play the set from before"],
)  # fmt: skip
def test_a_list_comes_back(reader: Rules, words: str) -> None:
    state = reader.step(words, DialogueState(listed=SHOWN), (*SHOWN, "heroes"))
    assert (state.act, state.about) == ("repeat", SHOWN)


@pytest.mark.parametrize(
    "words", ["back to the first one", "the last song again", "another list", "a list of five rock songs"]
)
def test_what_brings_no_list_back(reader: Rules, words: str) -> None:
    assert reader.step(words, DialogueState(listed=SHOWN), (*SHOWN, "heroes")).about != SHOWN


@pytest.mark.parametrize(
    ("words", "asked", "about"),
    [
        ("are they all from the seventies?", "all such", "234"), ("is everything rock", "all such", "12"), ("any from the 50s?", "such", "0"),
        ("how many of those are rock", "how many such", "12"), ("do u have metallica in there?", "such", ""), ("who are the artists", "list", "01234"),
        ("what are the years of these", "list", "01234"), ("from which films are they?", "list", "01234"),
    ],
)  # fmt: skip
def test_questions_about_a_list(reader: Rules, words: str, asked: str, about: str) -> None:
    state = on(reader, words)
    assert (state.act, state.asked, state.about) == ("question", asked, tuple(SHOWN[int(i)] for i in about))
    assert reply(reader.index, state, list(SHOWN)).endswith(".")


@pytest.mark.parametrize(
    ("words", "asked", "about"),
    [
        ("can you tell me the year of number 3", "year", 2), ("and the composer of the first?", "who", 0), ("what's the second one about", "other", 1),
        ("why is the last one in there?", "why", 4),
    ],
)  # fmt: skip
def test_questions_about_one_of_a_list(reader: Rules, words: str, asked: str, about: int) -> None:
    state = on(reader, words)
    assert (state.act, state.asked, state.about) == ("question", asked, (SHOWN[about],))


def test_who_was_asked_about_is_put_in(reader: Rules) -> None:
    asked = on(reader, "do you have Metallica in there?")
    state = on(reader, "put them in then", replace(asked, listed=SHOWN))
    assert (state.act, state.places) == ("edit", (5,))
    assert any(w.values == ("Metallica",) for w in state.wishes)


def test_whose_songs_are_here_is_asked_of_who_was_put_in(reader: Rules) -> None:
    put = on(reader, "add Metallica to the list")
    state = reader.step("which songs of theirs do you have?", replace(put, listed=SHOWN), SHOWN)
    assert (state.asked, [w.values for w in state.topic]) == ("works", [("Metallica",)])


def test_if_there_is_none_one_is_added(reader: Rules) -> None:
    asked = on(reader, "is one by Metallica among them?")
    assert on(reader, "if not, add one", replace(asked, listed=SHOWN)).places == (5,)
    there = on(reader, "is one by War among them?")
    assert on(reader, "if not, add one", replace(there, listed=SHOWN)).act != "edit" or there.about


def test_slow_and_fast_by_turns(reader: Rules) -> None:
    state = on(reader, "rock, jazz, rock, jazz. 4 songs", DialogueState())
    assert [p.n for p in state.parts] == [1, 1, 1, 1]
    assert state.parts[0].wishes == state.parts[2].wishes != state.parts[1].wishes
    assert not on(reader, "rock and jazz, four songs", DialogueState()).parts


def test_finally_is_no_title_where_a_wish_follows(reader: Rules) -> None:
    assert wishes(after(reader, "Thanks. And finally one by Queen")) == {"artist Queen"}


def test_the_wishes_of_a_list_outlast_what_is_put_in(reader: Rules) -> None:
    before = on(reader, "five rock songs")
    put = on(reader, "add Metallica to the list", replace(before, listed=SHOWN))
    assert "genre rock" in wishes(held_again(put, before))
    assert "genre rock" not in wishes(held_again(on(reader, "no rock", before), before))


@pytest.mark.parametrize("words", ["ok i'll take it", "we'll go with these"])
def test_what_takes_a_list_asks_for_nothing(reader: Rules, words: str) -> None:
    assert on(reader, words).act == "social"


@pytest.mark.parametrize(
    ("words", "n"),
    [
        ("some rock please, 4", 4), ("dinner playlist. 8. jazz.", 8), ("rock for a run? like 5", 5), ("half rock half jazz, six songs", 6),
        ("one song from every decade, starting with the 60s", 3), ("rock for my son, he's 12", 1), ("something by Queen, 1975", 1),
        ("songs by blink, 182", 1), ("half Queen, half TLC", 1),
    ],
)  # fmt: skip
def test_a_number_by_itself_counts_tracks(reader: Rules, words: str, n: int) -> None:
    assert reader.step(words, DialogueState(), ()).count == n


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("two of them by Metallica please", (3, 4)), ("the rest can be metal", (2, 3, 4)), 
        ("something electronic in third place", (2,)), ("the jazz one is dull, give me another", (0,)), ("Metallica has to be in there", (5,)),
        ("let Metallica in after all", (5,)), ("now a metal song to kick it off", (0,)),
    ],
)  # fmt: skip
def test_some_of_a_list_gives_way(reader: Rules, words: str, places: tuple[int, ...]) -> None:
    state = on(reader, words)
    assert (state.act, state.places) == ("edit", places)


@pytest.mark.parametrize(
    ("words", "order"),
    [("the second one up front", "10234"), ("put Queen first", "12034"), ("1 and 3 the other way about", "21034"), ("and Miles Davis out", "1234")],
)  # fmt: skip
def test_one_of_a_list_moves(reader: Rules, words: str, order: str) -> None:
    state = on(reader, words)
    assert (state.act, state.about, state.places) == ("edit", tuple(SHOWN[int(i)] for i in order), ())


@pytest.mark.parametrize("words", ["turn it off", "I'm out", "let it play", "two of them again", "chill out"])
def test_what_changes_nothing_in_a_list(reader: Rules, words: str) -> None:
    assert on(reader, words).act != "edit"


def test_what_some_of_a_list_are_is_no_wish_for_it(reader: Rules) -> None:
    state = on(reader, "two of those are rock, aren't they, take the rock out")
    assert (state.act, state.places) != ("edit", (3, 4))


@pytest.mark.parametrize(
    ("words", "order"),
    [
        ("only keep the first 3", "012"), ("only keep the last two", "34"), ("just the last 2", "34"), ("keep 1 and 3", "02"), ("keep the second and the third", "12"),
        ("only keep 2", "01"), ("the jazz one last", "12340"), ("rock first tho", "12034"), ("put the Rhapsody last", "01342"),
    ],
)  # fmt: skip
def test_what_stays_and_what_comes_first(reader: Rules, words: str, order: str) -> None:
    state = on(reader, words)
    assert (state.act, state.about, state.places) == ("edit", tuple(SHOWN[int(i)] for i in order), ())


@pytest.mark.parametrize(
    "words",
    [
        "ladies first",
        "what came first",
        "just two more",
        "keep it up",
        "play the first",
        "keep playing Queen",
    ],
)
def test_what_keeps_and_moves_nothing(reader: Rules, words: str) -> None:
    state = on(reader, words)
    # What is not understood leaves the list as it is.
    assert state.act != "edit" or state.places or (state.vague and state.about == SHOWN)


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("2 more by Metallica on the end", (5, 6)), ("tack on two more", (5, 6)), ("another two at the end", (5, 6)), ("two metal songs at the start", (0, 1)),
        ("put 2 more on", (5, 6)),
    ],
)  # fmt: skip
def test_more_at_an_end(reader: Rules, words: str, places: tuple[int, ...]) -> None:
    state = on(reader, words)
    assert (state.act, state.places) == ("edit", places)


@pytest.mark.parametrize(
    "words", ["two rock songs", "put on two songs", "three slow ones for the end of the evening"]
)
def test_what_is_another_list(reader: Rules, words: str) -> None:
    assert on(reader, words).act != "edit"


@pytest.mark.parametrize(
    ("words", "asked", "about"),
    [
        ("title of the 3rd?", "title", 2), ("name the second", "title", 1), ("the last one's name?", "title", 4), ("when's number four from?", "year", 3),
        ("album of the 3rd", "album", 2), ("who's second", "who", 1), ("artist on number 2", "who", 1),
    ],
)  # fmt: skip
def test_short_questions_about_one_of_a_list(reader: Rules, words: str, asked: str, about: int) -> None:
    state = on(reader, words)
    assert (state.act, state.asked, state.about) == ("question", asked, (SHOWN[about],))


def test_the_whole_list_is_counted_and_plays_again(reader: Rules) -> None:
    assert on(reader, "and how many's that?").asked == "list"
    assert on(reader, "play em again").about == SHOWN
    assert on(reader, "play something by them again").about != SHOWN


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        ("four metal songs, then Queen to finish", [4, 1]), ("start with TLC, then three metal songs", [1, 3]), ("three metal songs and a Queen one to close", [3, 1]),
        ("one rock song, one jazz, one disco, in a row", [1, 1, 1]), ("two metal songs, then stop", []), ("5 songs: Queen first, then TLC, the rest is up to you", []), ("play two metal songs and finish", []),
    ],
)  # fmt: skip
def test_one_more_of_another_kind(reader: Rules, words: str, counts: list[int]) -> None:
    assert [p.n for p in reader.step(words, DialogueState(), ()).parts] == counts


@pytest.mark.parametrize(
    ("words", "n"),
    [
        ("all the rock songs", 30), ("every Queen song you have", 30), ("all songs by Queen", 30), ("three slow dances", 3), ("4 metal for the car", 4),
        ("rock songs, 5 of em", 5), ("all the songs are too slow", 1), ("a rock song", 1),
    ],
)  # fmt: skip
def test_how_many_in_other_words(reader: Rules, words: str, n: int) -> None:
    assert reader.step(words, DialogueState(), ()).count == n


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("replace everything but the first", (1, 2, 3, 4)), ("change all except 2 and 4", (0, 2, 4)), ("something by Metallica for the last", (4,)),
        ("something electronic as the third", (2,)), ("the second is wrong, give me another", (1,)), ("two metal ones to finish", (5, 6)),
        ("two more to open", (0, 1)),
    ],
)  # fmt: skip
def test_others_come_where_a_place_is_said(reader: Rules, words: str, places: tuple[int, ...]) -> None:
    state = on(reader, words)
    assert (state.act, state.places) == ("edit", places)


@pytest.mark.parametrize(
    ("words", "order"),
    [
        ("drop all but the last two", "34"), ("first three only", "012"), ("just numbers 2 and 4", "13"), ("the two oldest can go", "134"), ("end on the jazz one", "12340"),
        ("put the queen song first", "12034"),
    ],
)  # fmt: skip
def test_places_that_stay_go_or_move(reader: Rules, words: str, order: str) -> None:
    state = on(reader, words)
    assert (state.act, state.about, state.places) == ("edit", tuple(SHOWN[int(i)] for i in order), ())


@pytest.mark.parametrize("words", ["who's left", "name them all", "titles please", "what are they called"])
def test_a_list_is_read_out(reader: Rules, words: str) -> None:
    assert on(reader, words).asked == "list"


@pytest.mark.parametrize(
    ("words", "asked", "about"),
    [
        ("is the first one instrumental?", "voice", 0),
        ("was number 4 a hit", "other", 3),
        ("reveal number 3", "title", 2),
    ],
)
def test_what_is_asked_of_one_by_its_place(reader: Rules, words: str, asked: str, about: int) -> None:
    state = on(reader, words)
    assert (state.act, state.asked, state.about) == ("question", asked, (SHOWN[about],))


def test_another_takes_the_place_of_one_of_its_part(reader: Rules) -> None:
    before = reader.step("one per decade", DialogueState(), ())
    shown = ("so-what", "low-rider", "one", "no-scrubs")
    state = reader.step("swap number 2", replace(before, listed=shown), shown)
    assert "year the 1970s" in wishes(state)


def test_one_per_decade_from_a_decade_on(reader: Rules) -> None:
    assert [p.n for p in reader.step("one per decade from the 70s", DialogueState(), ()).parts] == [1, 1, 1]


@pytest.mark.parametrize(
    ("words", "order"),
    [
        ("4 songs newest to oldest", "newer"), ("five rock songs in order of year", "older"), ("five songs, chronologically", "older"),
        ("five songs sorted by tempo", "slower"), ("five rock songs", ""), ("five new songs", ""), ("songs by Queen", ""),
    ],
)  # fmt: skip
def test_a_new_list_in_an_order(reader: Rules, words: str, order: str) -> None:
    assert reader.step(words, DialogueState(), ()).order == order


def test_the_tracks_of_a_new_list_come_in_its_order(reader: Rules) -> None:
    state = reader.step("five songs newest to oldest", DialogueState(), ())
    ids = in_order(reader.index, state, ["under-pressure", "so-what", "last-dance"])
    years = [reader.catalogue.tracks["year"][reader.catalogue.rows[i]] for i in ids]
    assert years == sorted(years, reverse=True)
    assert len(ids) == 3


def test_who_is_added_is_read_whole(reader: Rules) -> None:
    assert {w.words for w in on(reader, "add Kraftwerk at the end").wishes} >= {"Kraftwerk"}
    assert on(reader, "add Tina Turner at the end").unknown == ("Tina Turner",)
