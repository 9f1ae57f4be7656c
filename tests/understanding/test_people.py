# ruff: noqa: E501
"""What people write of themselves, of others and beside the point, as it is meant."""

from __future__ import annotations

from datetime import date

import pytest

from segue.understanding import years_of_life
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from ten_tracks import after, wishes

NOW = date.today().year


@pytest.mark.parametrize(
    ("words", "years"),
    [
        ("songs older than me im born 1962", (None, 1961)), ("music of my twenties i was born in 58", (1978, 1987)),
        ("what did they play when i was in high school born 1980", (1993, 1999)), ("the year i was born 1985", (1985, 1985)),
        ("newer than my son he is 20", (NOW - 19, None)), ("hits from when i was 16 im 40 now", (NOW - 25, NOW - 23)),
        ("her teenage years she was born in 1944", (1957, 1963)), ("before i was born i am 30", (None, NOW - 31)),
        ("from the decade before i was born im from 1985", (1975, 1984)),
    ],
)  # fmt: skip
def test_times_are_told_by_a_life(words: str, years: tuple[int | None, int | None]) -> None:
    assert [t.years for t in years_of_life.find(words) if t.words] == [years]


@pytest.mark.parametrize(
    "words", ["im 20 and love rock", "my twenties were wild", "born in the usa", "20 songs"]
)
def test_a_life_alone_says_no_time(words: str) -> None:
    assert not [t for t in years_of_life.find(words) if t.words]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("who doesnt like queen, play queen", {"artist Queen"}), ("can't get enough of queen", {"artist Queen"}),
        ("nothing beats metallica", {"artist Metallica"}), ("i never get tired of metallica", {"artist Metallica"}),
        ("i dont like this one, another metallica", {"artist Metallica"}),
        ("no the jazz guy, miles davis", {"artist Miles Davis"}), ("sorry i meant metallica", {"artist Metallica"}),
        ("songs to vacuum to", {"occasion housework"}), ("music to jog to", {"occasion a workout"}),
        ("i cant concentrate with lyrics", {"voice instrumental"}),
        ("cowboys in a western movie", {"occasion the Wild West"}), ("rock we won't fight over", {"genre rock"}),
    ],
)  # fmt: skip
def test_what_is_meant(reader: Rules, words: str, expected: set[str]) -> None:
    assert wishes(after(reader, words)) == expected


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("play Wall of Voodoo please", "Wall of Voodoo"), ('now "Your Song"', "Your Song"), ("Genesis specifically", "Genesis"),
        ("my friend has a band The Sleepy Otters", "Sleepy Otters"), ("play Queen Innuendo again", "Innuendo"),
    ],
)  # fmt: skip
def test_names_that_are_not_here_are_whole(reader: Rules, words: str, unknown: str) -> None:
    assert after(reader, words).unknown == (unknown,)


def test_a_quoted_title_is_one(reader: Rules) -> None:
    assert wishes(after(reader, 'play "One"')) == {"title One"}


def test_moods_wait_for_a_genre(reader: Rules) -> None:
    assert wishes(after(reader, "something angry", "metal")) == {"mood angry", "genre metal"}
    assert wishes(after(reader, "angry metal", "jazz")) == {"genre jazz"}


def test_them_and_a_name_are_both(reader: Rules) -> None:
    state = after(reader, "play heroes", "him and queen", played=("heroes",))
    assert wishes(state) == {"artist Queen", "artist David Bowie"}


def test_the_utmost_of_what_was_counted(reader: Rules) -> None:
    state = after(reader, "how many songs by metallica are there", "the newest of them")
    assert (wishes(state), state.comparisons[0].dimension) == ({"artist Metallica"}, "newer")


@pytest.mark.parametrize("words", ["eight rock songs for my three kids", "with three kids, eight rock songs"])
def test_of_two_numbers_the_one_of_songs_counts(reader: Rules, words: str) -> None:
    assert after(reader, words).count == 8


def test_nothing_is_repeated_where_nothing_has_played(reader: Rules) -> None:
    state = after(reader, "play again the song of before", played=())
    assert (state.act, state.about) == ("question", ())


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("need 4 first dance options for a wedding", 4), ("a list with like 8 chill beats", 8), ("a 6 song playlist", 6),
        ("two sad songs and two happy songs", 4), ("three rock songs from the 70s and three newer ones", 6),
        ("my grandma is 80, she loves songs", 1),
    ],
)  # fmt: skip
def test_how_many_as_people_say_it(reader: Rules, words: str, count: int) -> None:
    assert after(reader, words).count == count


@pytest.mark.parametrize(
    "words", ["which songs of queen do you have", "what do you have by queen", "list the albums by queen"]
)
def test_what_there_is_of_somebody_is_a_question(reader: Rules, words: str) -> None:
    state = after(reader, words)
    assert (state.act, state.asked, [w.words for w in state.topic]) == ("question", "works", ["Queen"])


def test_a_list_is_asked_which_of_it_are_so(reader: Rules) -> None:
    shown = ("bohemian-rhapsody", "so-what", "heroes")
    state = reader.step("which of these are by queen", DialogueState(count=3), shown)
    assert (state.asked, state.about) == ("such", shown[:1])


@pytest.mark.parametrize(
    ("words", "kept", "places"),
    [("half that", (0, 1), ()), ("end on something calm", (0, 1, 2), (3,)), ("start with some rock", (0, 1, 2), (0,)),
     ("put One in", (0, 1, 2), (3,)), ("fill it up to five with metal", (0, 1, 2), (3, 4))],
)  # fmt: skip
def test_a_list_grows_and_shrinks(
    reader: Rules, words: str, kept: tuple[int, ...], places: tuple[int, ...]
) -> None:
    shown = ("bohemian-rhapsody", "so-what", "heroes")
    state = reader.step(words, DialogueState(count=3), shown)
    assert (state.act, state.about, state.places) == ("edit", tuple(shown[i] for i in kept), places)
