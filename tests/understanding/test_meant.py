# ruff: noqa: E501
"""What is said in short of what was said before, names of others, and small talk that asks for nothing."""

from __future__ import annotations

import polars as pl
import pytest

from segue.data.library import Library
from segue.understanding.not_words import NOT
from segue.understanding.rules import Rules, reader_of
from segue.understanding.state import DialogueState
from ten_tracks import after, wishes

ROWS = [
    ("Creep", "Radiohead", 1992, ["rock", "sad"], None),
    ("Creep", "TLC", 1994, ["r&b"], None),
    ("Hound Dog", "Elvis Presley", 1956, ["rock"], None),
    ("Hound Dog", "Big Mama Thornton", 1953, ["r&b", "jump blues"], None),
    ("Going Down", "Freddie King", 1971, ["blues", "electric blues"], None),
    ("Death Letter", "Son House", 1965, ["blues", "delta blues", "dark"], None),
    ("Here Comes the Sun", "The Beatles", 1969, ["rock", "happy"], "Abbey Road"),
    ("Yesterday", "The Beatles", 1965, ["pop", "sad"], "Help!"),
    ("Let It Go", "Idina Menzel", 2013, ["soundtrack", "musical"], "Frozen"),
    ("He's a Pirate", "Klaus Badelt", 2003, ["soundtrack", "film score"], "Pirates of the Caribbean: One"),
    ("Islands in the Stream", "Kenny Rogers and Dolly Parton", 1983, ["country"], None),
    ("Jolene", "Dolly Parton", 1973, ["country", "sad"], "Jolene"),
    ("The Gambler", "Kenny Rogers", 1978, ["country"], None),
    ("Waltz for Debby", "Bill Evans Trio", 1962, ["jazz", "calm"], None),
    ("Don't Know Why", "Norah Jones", 2002, ["jazz", "relaxing"], None),
    ("More Bounce to the Ounce", "Zapp", 1980, ["funk"], None),
    ("Someone Like You", "Adele", 2011, ["pop", "sad"], "21"),
    ("Don't Stop Me Now", "Queen", 1978, ["rock", "happy"], "Jazz"),
    ("Turandot: Nessun dorma", "Luciano Pavarotti", 1973, ["opera"], None),
    ("Counterpoint: III. Fast", "Pat Metheny", 1989, ["classical"], None),
    ("Dancing Queen", "ABBA", 1976, ["pop", "happy"], None),
]


@pytest.fixture(scope="module")
def some() -> Rules:
    """A reader over tracks of which some have a title, a film or an artist in common."""
    title, artist, year, tags, album = zip(*ROWS, strict=True)
    ids = [f"{t} {a}" for t, a in zip(title, artist, strict=True)]
    columns = {"track_id": ids, "title": title, "artist": artist, "year": year, "tags": tags, "album": album}
    return reader_of(Library.of(pl.DataFrame(columns)).catalogue)


@pytest.mark.parametrize(
    ("words", "track"),
    [
        ("no, the other creep", "Creep TLC"), ("the other version", "Creep TLC"),
        ("hound dog, the original", "Hound Dog Big Mama Thornton"), ("the frozen song", "Let It Go Idina Menzel"),
        ("the music of the film with the pirates", "He's a Pirate Klaus Badelt"), ("song from frozen", "Let It Go Idina Menzel"),
        ("play queen don't stop me now", "Don't Stop Me Now Queen"), ("Nessun Dorma", "Turandot: Nessun dorma Luciano Pavarotti"),
    ],
)  # fmt: skip
def test_a_title_is_meant(some: Rules, words: str, track: str) -> None:
    state = after(some, words, played=("Creep Radiohead",))
    assert [w.values for w in state.wishes] == [(track,)]


@pytest.mark.parametrize("words", ["the sad song", "the rock song", "the same song", "a song of the pirates"])
def test_a_song_of_a_kind_is_of_no_film(some: Rules, words: str) -> None:
    assert not any(w.kind == "title" for w in after(some, words, played=("Creep TLC",)).wishes)


def test_one_word_behind_a_colon_is_no_title(some: Rules) -> None:
    assert not any(w.kind == "title" for w in after(some, "something fast by adele").wishes)


def test_whose_version_it_is(some: Rules) -> None:
    state = after(some, "and elvis's", played=("Hound Dog Big Mama Thornton",))
    assert [w.values for w in state.wishes] == [("Hound Dog Elvis Presley",)]
    assert wishes(after(some, "the one about the sun", played=("Yesterday The Beatles",))) == {
        "title Here Comes the Sun"
    }


def test_a_kind_of_the_kind_that_is_wished(some: Rules) -> None:
    assert wishes(after(some, "delta blues", "now electric")) == {"genre electric blues"}
    assert wishes(after(some, "delta blues", "now dark")) == {"genre delta blues", "mood dark"}
    assert after(some, "delta blues", "cool").act == "social"


def test_of_a_list_the_one_that_was_asked_about(some: Rules) -> None:
    shown = ("Creep TLC", "Jolene Dolly Parton", "Going Down Freddie King")
    asked = some.step("what's the second one called", DialogueState(count=3), shown)
    lost = some.step("lose it, the rest is fine", asked, shown)
    assert (lost.act, lost.about) == ("edit", (shown[0], shown[2]))
    assert some.step("play just that one", asked, shown).about == shown[1:2]
    assert some.step("lose it", DialogueState(count=3), shown).about == shown  # Nobody knows which.


def test_two_together_and_one_alone(some: Rules) -> None:
    assert wishes(after(some, "the duet of kenny rogers and dolly")) == {
        "artist Kenny Rogers and Dolly Parton"
    }
    assert "or" in str(after(some, "kenny rogers and dolly").wishes[0]).split()


def test_a_waltz_is_what_is_called_so(some: Rules) -> None:
    state = after(some, "a waltz?")
    assert ([w.values for w in state.wishes], state.unknown) == (
        [("Waltz for Debby Bill Evans Trio",)],
        ("waltz",),
    )


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("play some Frank Zappa", "Frank Zappa"), ("tom jones", "tom jones"), ("play hello by adele", "hello"),
        ("levitating by adele", "levitating"), ("do you know the skyrim theme", "skyrim"),
    ],
)  # fmt: skip
def test_names_of_others_are_not_here(some: Rules, words: str, unknown: str) -> None:
    assert after(some, words).unknown == (unknown,)


@pytest.mark.parametrize(
    "words", ["nora jones", "adele", "something sad by adele", "pop by adele", "more by adele"]
)
def test_names_that_are_here_are_known(some: Rules, words: str) -> None:
    assert not after(some, words).unknown


@pytest.mark.parametrize(
    ("words", "act"),
    [
        ("omg perfect ty", "social"), ("i'm over her now lol thanks", "social"), ("mmh good night", "social"),
        ("cheers, that did the trick", "social"), ("another one, thanks", "more"), ("not this one thanks", "refuse"),
        ("older thanks", "recommend"), ("some adele thanks", "recommend"),
    ],
)  # fmt: skip
def test_thanks_ask_for_nothing_by_themselves(some: Rules, words: str, act: str) -> None:
    assert after(some, words, played=("Jolene Dolly Parton",)).act == act


def test_every_spelling_of_a_refusal_refuses(reader: Rules) -> None:
    assert {("cannot", "abide"), ("can", "not", "abide"), ("will", "not", "listen", "to")} <= {*NOT}
    assert wishes(after(reader, "I cannot stomach metal, some jazz")) == {"genre no metal", "genre jazz"}


def test_who_is_asked_after_praise_and_of_whom(some: Rules) -> None:
    state = after(some, "that's more like it. who's the fellow singing?", played=("Creep TLC",))
    assert (state.act, state.asked) == ("question", "who")
    state = after(some, "what do you have by her?", played=("Someone Like You Adele",))
    assert (state.asked, [w.words for w in state.topic]) == ("works", ["Adele"])
    state = after(some, "what is it called, someone like you", "something like that", played=())
    assert state.like == ("Someone Like You Adele",)


def test_now_something_else_is_of_nobody_before(some: Rules) -> None:
    assert wishes(after(some, "play adele", "now something happy")) == {"mood happy"}
    assert wishes(after(some, "play adele", "something sad")) == {"artist Adele", "mood sad"}
    assert wishes(after(some, "play adele", "now something sad by her", played=("Someone Like You Adele",))) == {
        "artist Adele", "mood sad",
    }  # fmt: skip


def test_darker_is_sadder_and_dark(some: Rules) -> None:
    state = after(some, "darker", played=("Jolene Dolly Parton",))
    assert (wishes(state), [c.dimension for c in state.comparisons]) == ({"mood dark"}, ["sadder"])


def test_what_is_taken_back_is_only_what_is_named(some: Rules) -> None:
    state = after(some, "piano, no jazz", "no country", "never mind the jazz, jazz is fine")
    assert [str(w) for w in state.lifted] == ["no jazz"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("elvis may come back", {"genre rock", "artist no ABBA"}), ("the boss", set()),
        ("no need to stick to rock", {"artist no ABBA", "artist no Elvis Presley"}),
    ],
)  # fmt: skip
def test_what_may_come_back_and_need_not_be(some: Rules, words: str, expected: set[str]) -> None:
    assert expected <= wishes(after(some, "rock, no elvis and no abba", words))


def test_small_talk_and_what_stays(some: Rules) -> None:
    for words in (
        "hey hey, how's it going",
        "aww sweet, that's lovely",
        "fine, leave it on",
        "don't touch it",
    ):
        assert after(some, words).act == "social", words
    assert after(some, "again!", played=("Creep TLC",)).act == "repeat"
    assert after(some, "keep it going", played=("Creep TLC",)).act == "more"


def test_who_is_named_twice_is_refused(some: Rules) -> None:
    assert wishes(after(some, "not jolene, everyone plays jolene")) == {"title no Jolene"}


def test_initials_end_nothing_and_unknown_names_are_told(some: Rules) -> None:
    assert after(some, "have you heard of Fontaines D.C.?").asked == "here"
    assert after(some, "and C. Tangana").unknown == ("C Tangana",)
    assert not any(t.begins for t in some.take_apart("Mary J. Blige").said[1:])


def test_is_it_the_original_is_not_known(some: Rules) -> None:
    assert after(some, "Is that the original singer?", played=("Creep TLC",)).asked == "other"


def test_two_years_later_is_that_year(some: Rules) -> None:
    state = after(some, "two years later", played=("Creep Radiohead",))
    assert [w.years for w in state.wishes] == [(1994, 1994)]


@pytest.mark.parametrize(
    ("words", "said", "dimension"),
    [("it is not enough quick", "", "faster"), ("not loud enough", "", "louder"), ("bit more beat", "", "louder"),
     ("not slow enough", "", "slower"), ("not old enough", "", "older"), ("not so fast", "", "slower")],
)  # fmt: skip
def test_what_is_not_enough_is_compared(some: Rules, words: str, said: str, dimension: str) -> None:
    state = after(some, words, played=("Creep TLC",))
    assert [c.dimension for c in state.comparisons] == [dimension]


@pytest.mark.parametrize(("words", "genre"), [("bosa nova", "bossa nova"), ("hip hopp", "hip-hop")])
def test_two_words_with_a_slip_are_a_genre(some: Rules, words: str, genre: str) -> None:
    assert [f.concept.name for f in some.take_apart(words).facts] == [genre]


def test_life_goes_on(some: Rules) -> None:
    assert wishes(after(some, "exam tomorrow", "exam went great!!")) == {"mood happy"}
    assert wishes(after(some, "we lost. something for that")) == {"mood sad"}
    assert not after(some, "neighbours complain, quieter", played=("Creep TLC",)).unknown
    assert wishes(after(some, "soul, but if I hear jazz one more time I'll scream")) >= {"genre no jazz"}
    assert after(some, "something of the years 60").wishes[0].years == (1960, 1969)


def test_what_was_better_is_put_back_on(some: Rules) -> None:
    shown = ("Creep TLC", "Jolene Dolly Parton")
    state = after(some, "the one before this was better, put it back on", played=shown)
    assert (state.act, state.about) == ("repeat", shown[:1])
