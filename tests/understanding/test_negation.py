# ruff: noqa: E501
"""What is not wanted, in the many ways in which people say so."""

from __future__ import annotations

from datetime import date

import pytest

from segue.understanding import years
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from segue.understanding.text import said_plainly
from ten_tracks import after, reader_over, wishes


def refusals(reader: Rules, *said: str) -> set[str]:
    """What is refused at the end of a dialogue."""
    return {w.words for w in after(reader, *said).refused}


def test_who_is_out_is_refused(reader: Rules) -> None:
    assert {"artist no Queen"} <= wishes(after(reader, "rock", "Queen is out too"))
    assert {"artist no Metallica"} <= wishes(
        after(reader, "rock", "no Queen please", "Metallica are banned as well")
    )


@pytest.mark.parametrize(
    "words",
    [
        "ixnay on the jazz", "go easy on the jazz", "I'm over jazz", "hold the jazz", "I loathe jazz", "stay away from jazz",
        "jazz isn't for me", "jazz is not my thing", "jazz gives me a headache", "jazz gets on my nerves", "leave the jazz out", "leave that jazz lot out", "the jazz can stay in the cupboard",
        "keep the jazz out of it", "jazz is off limits", "jazz does nothing for me", "jazz sucks", "jazz music leaves me cold",
        "could you not play any more jazz?", "please don't give me any more jazz", "I've had it with jazz", 
        "too much jazz", "jazz? no.", "jazz, no thanks", "all genres but jazz", "non-jazz", "I refuse to listen to jazz",
        "anything bar jazz", "cannae thole jazz", "don't you dare play jazz", "she has vetoed jazz", "take the jazz away",
        "keep jazz away from me", "if it's jazz I'm out", "if I hear one more jazz song I'll scream", "not jazz please, everything is jazz today",
        "stop with the jazz already", "jazz can stay out", "she hated jazz", "I don't want to hear jazz",
        "please don't put me jazz", "I don't have strength for jazz", "no need of jazz", "we are bored from jazz", "jazz I don't want today",
        "jazz no dey enter my ear", "jazz doesn't suit me", "jazz is too heavy for me", "jazz not allowed here", "stop giving me jazz", "let jazz not be", "jazz should not be",
        "no jazz again o", "jazz no more please", "my ears refuse jazz", "khalas with the jazz", "jazz except, please",
    ],
)  # fmt: skip
def test_many_ways_say_no(reader: Rules, words: str) -> None:
    assert wishes(after(reader, words)) == {"genre no jazz"}


@pytest.mark.parametrize(
    "words", ["I wouldn't say no to jazz", "I'm not averse to some jazz", "nothing wrong with jazz", "nothing except jazz", "never too much jazz", "nothin but jazz", "jazz is out of this world",
        "one more jazz song", "keep the jazz coming", "take me away with jazz",
        "jazz wouldn't be bad", "can't get enough jazz", "no need to rush, jazz", "don't make me wait, jazz"]
)  # fmt: skip
def test_not_all_that_sounds_like_no_is_one(reader: Rules, words: str) -> None:
    assert wishes(after(reader, words)) == {"genre jazz"}


def test_a_refusal_points_back_at_a_name(reader: Rules) -> None:
    for words in (
        "Queen are everywhere, anybody but them",
        "Metallica all day at home, so not them",
        "Nina Simone I like, but no more of her",
    ):
        assert any(w.kind == "artist" for w in after(reader, words).refused), words
    assert not after(reader, "Queen, nobody but them").refused


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ("no jazz, metal or punk", {"jazz", "metal", "punk"}), ("no jazz, metal and punk please", {"jazz", "metal", "punk"}),
        ("no more Queen, Metallica or Miles Davis!!", {"Queen", "Metallica", "Miles Davis"}),
        ("no vocals, jazz or metal please", {"vocals"}), ("no jazz, metal please", {"jazz"}),
        ("leave out the guitar, piano and drums", {"guitar", "piano", "drums"}),
    ],
)  # fmt: skip
def test_a_list_is_refused_as_a_whole(reader: Rules, words: str, refused: set[str]) -> None:
    assert refusals(reader, words) == refused


@pytest.mark.parametrize(
    "more",
    [
        "and the metal too",
        "or metal either",
        "same goes for metal",
        "ditto metal",
        "or metal for that matter",
    ],
)
def test_what_is_refused_as_well(reader: Rules, more: str) -> None:
    assert refusals(reader, "no jazz", more) == {"jazz", "metal"}
    assert "metal" not in refusals(reader, "some jazz", more)


@pytest.mark.parametrize("words", ["not too slow but not too fast either", "not too fast, not too slow"])
def test_neither_slow_nor_fast_is_medium(reader: Rules, words: str) -> None:
    assert "medium" not in refusals(reader, words)


def test_another_decade_is_not_that_one(reader: Rules) -> None:
    state = after(reader, "some 70s rock", "another decade please")
    assert "year the 1970s" not in wishes(state)
    assert "the 1970s" in {w.words for w in state.refused}


@pytest.mark.parametrize(
    ("words", "dimension"), [("not slower", "faster"), ("nothing louder", "calmer"), ("no older than that", "newer"), ("no, slower", "slower")]
)  # fmt: skip
def test_a_comparison_that_is_not_wanted(reader: Rules, words: str, dimension: str) -> None:
    state = after(reader, "some rock", words, played=("heroes",))
    assert [c.dimension for c in state.comparisons] == [dimension]


def test_a_title_that_is_not_here_may_begin_with_no(reader: Rules) -> None:
    state = after(reader, "No Surprises by Queen")
    assert (wishes(state), state.unknown) == ({"artist Queen"}, ("No Surprises",))
    assert refusals(reader, "no songs by Queen") == {"Queen"}


def test_that_again_is_not_played_where_it_is_not_wanted(reader: Rules) -> None:
    for words in (
        "don't play that again",
        "another by them, not that again",
        "I never want to hear this again",
    ):
        assert after(reader, "play bohemian rhapsody", words, played=("bohemian-rhapsody",)).act != "repeat"


@pytest.mark.parametrize(
    ("words", "found"),
    [("'68 or '69, psychedelic", [(1968, 1968), (1969, 1969)]), ("'77 punk", [(1977, 1977)]), ("from 68 or 69", [(1968, 1969)]), ("a tune from '85", [(1985, 1985)]), ("'39", [])],
)  # fmt: skip
def test_years_with_an_apostrophe(words: str, found: list[tuple[int, int]]) -> None:
    assert [t.years for t in years.find(said_plainly(words))] == found


def test_a_hyphen_ends_what_a_prefix_reaches(reader: Rules) -> None:
    assert wishes(after(reader, "non-metal rock")) == {"genre no metal", "genre rock"}
    assert wishes(after(reader, "non-vocal jazz")) == {"voice instrumental", "genre jazz"}


@pytest.mark.parametrize(
    "words", ["not older than twenty years", "from the last 20 years", "nothing older than 20 years", "less than twenty years old"]
)  # fmt: skip
def test_how_old_music_may_be(words: str) -> None:
    assert [t.years for t in years.find(words)] == [(date.today().year - 20, None)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("metal. Queen excluded", {"genre metal", "artist no Queen"}),
        ("metal, jazz excluded", {"genre no metal", "genre no jazz"}),
        ("Queen-free rock please", {"genre rock", "artist no Queen"}),
        ("guitar-free rock", {"genre rock", "instrument no guitar"}),
        ("anything except jazz, metal and funk music", {"genre no jazz", "genre no metal", "genre no funk"}),
        ("jazz, singers distract me", {"genre jazz", "voice no vocals"}),
        ("opera puts me off", {"genre no opera"}),
        ("all the metal bar Metallica", {"genre metal", "artist no Metallica"}),
        ("nothing past 1985", {"year no later than 1985"}),
    ],
)
def test_what_a_refusal_reaches(reader: Rules, words: str, found: set[str]) -> None:
    assert wishes(after(reader, words)) == found


@pytest.mark.parametrize("words", ["without it please", "no wait, I meant without", "actually without"])
def test_without_turns_round_what_was_said_last(reader: Rules, words: str) -> None:
    assert wishes(after(reader, "rock", "with piano", words)) == {"genre rock", "instrument no piano"}


def test_nothing_of_everyday_is_a_slip_of_a_name(reader: Rules) -> None:
    # "Here's" is one letter from "Heroes".
    assert not wishes(after(reader, "here's the thing"))


def test_who_is_named_first_and_then_left_out(reader: Rules) -> None:
    assert refusals(reader, "my ex loved Metallica so skip them forever, rock please") == {"Metallica"}


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ("any song but Bohemian Rhapsody please", {"title no Bohemian Rhapsody"}),
        ("mi waan hear likkle rock but nutten from Queen", {"artist no Queen"}),
        ("this piano no sweet me. remove am", {"instrument no piano"}),
        ("bar Queen and bar Metallica, I should have said", {"artist no Queen", "artist no Metallica"}),
        ("keep the piano but leave the jazz", {"genre no jazz"}),
        ("no piano from the 70s, give me the 80s", {"instrument no piano", "year nothing from the 1970s"}),
    ],
)
def test_refusals_in_the_english_of_the_world(reader: Rules, words: str, refused: set[str]) -> None:
    state = after(reader, words)
    assert {f"{w.kind} {w}" for w in state.wishes if w.refused} == refused


@pytest.mark.parametrize("words", ["Bar Italia please", "any song but slower", "keep the piano"])
def test_what_only_looks_like_a_refusal(reader: Rules, words: str) -> None:
    assert not any(w.refused for w in after(reader, words).wishes)


def test_a_song_is_sung_though_its_tags_leave_the_singer_out() -> None:
    rows: list[tuple[str, str, str | None, list[str]]] = [
        ("Loud", "The Ones", None, ["rock", "electric guitar", "drums"]),
        ("Waves", "The Twos", None, ["rock", "post-rock", "electric guitar"]),
        ("Groove", "The Threes", None, ["funk", "rock", "instrumental"]),
        ("Hum", "The Fours", None, ["rock", "vocals"]),
        ("Ha", "The Fives", None, ["pop", "vocals"]),
    ]
    reader = reader_over(rows, 1999)
    state = reader.step("no vocals", DialogueState(), ())
    assert [rows[int(i)][0] for i in reader.catalogue.ids[reader.index.allowed(state)]] == ["Waves", "Groove"]
    pop = reader.step("pop without vocals", DialogueState(), ())
    assert not reader.index.allowed(pop).any()  # The only one is sung.
    loud = reader.step("electric guitar and no vocals, play The Ones", DialogueState(), ())
    assert [rows[int(i)][0] for i in reader.catalogue.ids[reader.index.allowed(loud)]] == ["Loud"]
    unmarked = reader_over(
        [r for r in rows if "vocals" not in r[3]], 1999
    )  # Who sings is left out of all tags.
    assert unmarked.index.allowed(unmarked.step("no vocals", DialogueState(), ())).all()


def test_like_a_title_of_nobody() -> None:
    rows: list[tuple[str, str, str | None, list[str]]] = [
        ("Blue Danube", "", None, ["classical"]), ("Far Away", "The Twos", None, ["rock"]),
    ]  # fmt: skip
    state = reader_over(rows, 1999).step("something like Blue Danube", DialogueState(), ())
    assert (state.like, [w for w in state.wishes if not w.values]) == (("0",), [])
