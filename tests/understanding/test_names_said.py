"""Names as people type them: with a slip, with marks, and a title beside the artist whose it is."""

from __future__ import annotations

import polars as pl
import pytest

from segue.data.library import Library
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState

TRACKS = (
    ("Superstition", "Stevie Wonder"), ("Dog House Boogie", "Seasick Steve"), ("Piano Man", "Billy Joel"),
    ("War", "Edwin Starr"), ("Low Rider", "War"), ("Kiss", "Prince"), ("Insomnia", "Faithless"),
    ("Respect", "Aretha Franklin"), ("Mrs. Robinson", "Simon & Garfunkel"), ("So What", "P!nk"),
    ("So What", "Miles Davis"), ("One", "Metallica"), ("She Bangs the Drums", "The Stone Roses"),
    ("Slow Jamz", "Twista"), ("Vienna", "Ultravox"), ("Last Dance", "Donna Summer"),
    ("We're Not Gonna Take It", "Twisted Sister"), ("Africa", "Toto"),
    ("I Want It That Way", "Backstreet Boys"),
    ("Boogie Wonderland", "Earth, Wind & Fire"), ("Goodbye Pork Pie Hat", "Charles Mingus"),
    ("Hit the Road Jack", "Ray Charles"),
)  # fmt: skip


@pytest.fixture(scope="module")
def rules() -> Rules:
    """A reader over the tracks, which have no tags."""
    titles, artists = zip(*TRACKS, strict=True)
    ids = [f"{t} {a}" for t, a in TRACKS]
    return Rules(Library.of(pl.DataFrame({"track_id": ids, "title": titles, "artist": artists})).catalogue)


def wished(rules: Rules, said: str) -> list[tuple[str, str]]:
    """Kind and words of the wishes that are names."""
    state = rules.step(said, DialogueState(), ())
    return [(w.kind, w.words) for w in state.wishes if w.kind in ("artist", "title", "album")]


@pytest.mark.parametrize(
    ("said", "artist"),
    [
        # A part of the name means something else, or is short for another artist.
        ("anything by steve wonder?", "Stevie Wonder"),
        ("no more steve wonder", "Stevie Wonder"),
        ("charles mongus", "Charles Mingus"),
        ("put on some twisted siter", "Twisted Sister"),
        ("play some p!nk", "P!nk"),
        ("play some pink", "P!nk"),
        ("more teh stone roses", "The Stone Roses"),
    ],
)
def test_artist_with_a_slip(rules: Rules, said: str, artist: str) -> None:
    assert wished(rules, said) == [("artist", artist)]


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("piano mna", "Piano Man"),
        ("do you have she bangs tge drums", "She Bangs the Drums"),
        ("put on boogie wonderrland please", "Boogie Wonderland"),
        ("i want to hear lat dance", "Last Dance"),
        ("do you have mrs. robinson", "Mrs. Robinson"),
        ("the song insomnia", "Insomnia"),
        ("play vienna", "Vienna"),
        ("play africa", "Africa"),
        ("the song called one", "One"),
    ],
)
def test_title(rules: Rules, said: str, title: str) -> None:
    assert wished(rules, said) == [("title", title)]


@pytest.mark.parametrize(
    ("said", "title", "artist"),
    [
        ("Aretha Franklin's Respect", "Respect", "Aretha Franklin"),
        ("play backstreet boys's i want it that way", "I Want It That Way", "Backstreet Boys"),
        ("war, edwin starr", "War", "Edwin Starr"),
        ("kiss - prince", "Kiss", "Prince"),
        ("insomnia faithless", "Insomnia", "Faithless"),
        ("so what by miles davis", "So What", "Miles Davis"),
        ("so what (p!nk)", "So What", "P!nk"),
        ("last dance - donna summer", "Last Dance", "Donna Summer"),
        ("metallica's one", "One", "Metallica"),
        ("hitt the road jack by ray charles", "Hit the Road Jack", "Ray Charles"),
    ],
)
def test_title_beside_its_artist(rules: Rules, said: str, title: str, artist: str) -> None:
    state = rules.step(said, DialogueState(), ())
    assert [w.values for w in state.wishes] == [(f"{title} {artist}",)]


@pytest.mark.parametrize(
    ("said", "wishes"),
    [
        ("a playlist of slow jams", []),
        ("another metallica one", [("artist", "Metallica")]),
        ("my sister's birthday", []),
        ("no more war", []),
    ],
)
def test_what_is_no_slip(rules: Rules, said: str, wishes: list[tuple[str, str]]) -> None:
    found = [w for w in wished(rules, said) if w[0] == "title" or w in wishes]
    assert [w for w in found if w[0] == "title"] == []


TALKED = (
    ("Thank You", "Dido"),
    ("Can I", "Drake"),
    ("Amazing", "Kanye West"),
    ("No Worries", "Lil Wayne"),
    ("IVE", "IVE"),
)


@pytest.mark.parametrize(
    ("said", "titles"),
    [
        ("thank you", []),
        ("Thank you! Amazing.", []),
        ("Can I get something else?", []),
        ("all good, no worries", []),
        ("I've heard enough", []),
        ("thank you by dido", ["Thank You"]),
        ("play amazing", ["Amazing"]),
        ("the song can i", ["Can I"]),
    ],
)
def test_talk_is_no_title(said: str, titles: list[str]) -> None:
    # A large library has a song for everything that people say in between.
    names, artists = zip(*TALKED, strict=True)
    tracks = pl.DataFrame({"track_id": names, "title": names, "artist": artists})
    rules = Rules(Library.of(tracks).catalogue)
    assert [words for _, words in wished(rules, said)] == titles


@pytest.mark.parametrize(
    ("said", "artists"),
    [
        ("some T-Pain", ["T-Pain"]),
        ("jay-z and eminem", ["Jay-Z", "Eminem"]),
        ("earth wind and fire", ["Earth, Wind & Fire"]),
        ("simon and garfunkel", ["Simon & Garfunkel"]),
    ],
)
def test_who_is_only_in_joint_credits(said: str, artists: list[str]) -> None:
    credits = (
        "T-Pain, Akon",
        "Twista, T-Pain",
        "Jay-Z, Eminem",
        "Jay-Z, Rihanna",
        "Eminem, Dido",
        "Simon & Garfunkel",
    )
    credits += ("Earth, Wind & Fire", "Earth, Wind & Fire, The Emotions")
    ids = [str(i) for i in range(len(credits))]
    tracks = pl.DataFrame({"track_id": ids, "title": [f"Song {i}" for i in ids], "artist": credits})
    rules = Rules(Library.of(tracks).catalogue)
    state = rules.step(said, DialogueState(), ())
    assert [v for w in state.wishes for v in w.values] == artists


@pytest.mark.parametrize("said", ["hit the road jack by ray", "hit the road jack by charls"])
def test_the_artist_of_a_title_by_one_name(rules: Rules, said: str) -> None:
    state = rules.step(said, DialogueState(), ())
    assert [w.values for w in state.wishes] == [("Hit the Road Jack Ray Charles",)]


def test_one_of_several_artists_is_refused(rules: Rules) -> None:
    state = rules.step("stevie wonder, aretha franklin and prince", DialogueState(), ())
    state = rules.step("no more prince", state, ("Kiss Prince",))
    wanted, refused = ([w.values for w in state.wishes if w.refused is r] for r in (False, True))
    assert sorted(v for values in wanted for v in values) == ["Aretha Franklin", "Stevie Wonder"]
    assert refused == [("Prince",)]


@pytest.mark.parametrize(
    ("said", "missed"),
    [
        ("play hey jude", ["hey jude"]),
        ("gimme gimme gimme by prince", ["gimme gimme gimme"]),
        ("ok waterloo then", ["waterloo"]),
        ("play at random", []),
        ("early stuff by prince", []),
        ("play some more by prince", []),
        ("whatever you want by prince", []),
    ],
)
def test_titles_of_everyday_words_that_are_not_here(rules: Rules, said: str, missed: list[str]) -> None:
    assert list(rules.step(said, DialogueState(), ()).unknown) == missed


def test_a_title_is_refused_whatever_its_words_mean(rules: Rules) -> None:
    state = rules.step("play insomnia by faithless", DialogueState(), ())
    state = rules.step("not insomnia", state, ("Insomnia Faithless",))
    assert [(w.kind, w.values) for w in state.wishes if w.refused] == [("title", ("Insomnia Faithless",))]
