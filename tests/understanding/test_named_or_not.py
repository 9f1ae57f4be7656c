"""What stands beside a name or an album tells whether it is one; unknown names that open an utterance."""

from __future__ import annotations

import pytest

from segue.understanding.rules import Rules
from ten_tracks import after, reader_over, wishes

ROWS: list[tuple[str, str, str, list[str]]] = [
    ("In the City", "The Jam", "In the City", ["punk"]),
    ("Going Underground", "The Jam", "Sound Affects", ["punk"]),
    ("Don't Stop Me Now", "Queen", "Jazz", ["rock"]),
    ("Radio Ga Ga", "Queen", "The Works", ["rock"]),
    ("Ladies First", "Queen Latifah", "All Hail the Queen", ["hip-hop"]),
    ("So What", "Miles Davis", "Kind of Blue", ["jazz"]),
    ("On & On", "Erykah Badu", "Baduizm", ["soul"]),
    ("Jamming", "Bob Marley", "Exodus", ["reggae", "party"]),
]


@pytest.fixture(scope="module")
def reader() -> Rules:
    """A reader over names that are hidden in longer ones."""
    return reader_over(ROWS, 1980)


@pytest.mark.parametrize(
    ("words", "wished", "unknown"),
    [
        ("got any Pearl Jam", set(), ("Pearl Jam",)),
        ("something by The Jam", {"artist The Jam"}, ()),
        ("anything by Jam", {"artist The Jam"}, ()),
        ("kylie minogue cant get you out of my head", set(), ("kylie minogue",)),
        ("helo ther can you play jazz", {"genre jazz"}, ()),
        ("okey dokey lets have some soul", {"genre soul"}, ()),
        ("heyyy yooo whats up play me a tune", set(), ()),
        ("i want queen but not queen latifah lol", {"artist Queen", "artist no Queen Latifah"}, ()),
        ("dont stop me now obvs", {"title Don't Stop Me Now"}, ()),
        ("anything off Kind of Blue", {"album Kind of Blue"}, ()),
        ("songs from Baduizm", {"album Baduizm"}, ()),
        ("Jamming", {"title Jamming"}, ()),
        ("party", {"mood party"}, ()),
    ],
)
def test_what_is_a_name(reader: Rules, words: str, wished: set[str], unknown: tuple[str, ...]) -> None:
    state = after(reader, words, played=())
    assert wishes(state) == wished
    assert state.unknown == unknown


def test_an_album_takes_the_place_of_the_artist_before(reader: Rules) -> None:
    assert wishes(after(reader, "some erykah badu", "anything off Kind of Blue", played=("6",))) == {
        "album Kind of Blue"
    }


@pytest.mark.parametrize(
    ("words", "asked"),
    [("by who", "who"), ("what mood would you say it is", "mood"), ("whats the vibe of this", "mood"),
     ("what mood are you in", ""), ("something in the mood of this", ""), ("whatever mood", "")],
)  # fmt: skip
def test_what_is_asked_of_what_plays(reader: Rules, words: str, asked: str) -> None:
    assert after(reader, "play so what", words, played=("5",)).asked == asked


@pytest.mark.parametrize(
    ("words", "compared"),
    [("something less well known", "less known"), ("more widely known please", "better known")],
)
def test_how_well_known(reader: Rules, words: str, compared: str) -> None:
    assert {c.dimension for c in after(reader, "play so what", words, played=("5",)).comparisons} == {
        compared
    }


@pytest.mark.parametrize(
    ("words", "wished"),
    [
        (
            "I should very much like to hear Erykah Badu, if you happen to have any of her records",
            "Erykah Badu",
        ),
        ("we should like some Miles Davis", "Miles Davis"),
    ],
)
def test_should_like_is_would_like(reader: Rules, words: str, wished: str) -> None:
    assert wishes(after(reader, words, played=())) == {f"artist {wished}"}


def test_it_should_sound_like_somebody(reader: Rules) -> None:
    assert after(reader, "it should sound like The Jam", played=()).like


def test_a_word_that_is_no_english_is_of_the_title_that_has_it(reader: Rules) -> None:
    assert after(reader, "the underground thing", played=()).unknown == ()
    state = after(reader, "the jamming thing", played=())
    assert state.unknown == ()


@pytest.mark.parametrize("words", ["bpm?", "and the artist is?", "who recorded this?", "are you sure?"])
def test_short_questions_play_nothing(reader: Rules, words: str) -> None:
    state = after(reader, "play so what", words, played=("5",))
    assert (state.act, state.about) == ("question", ("5",))


def test_what_was_asked_about_is_asked_about_again(reader: Rules) -> None:
    state = after(reader, "who sang on & on?", "what year", played=())
    assert (state.asked, state.about) == ("year", ("6",))
    assert after(reader, "who sang on & on?", "when was so what released?", played=()).about != ("6",)


def test_the_one_by_whom_nothing_else_is_here_plays_again(reader: Rules) -> None:
    state = after(reader, "some jazz", "play the one by miles davis", played=("5",))
    assert (state.act, state.about) == ("repeat", ("5",))
    assert after(reader, "punk", "play the one by the jam", played=("0",)).act == "recommend"


@pytest.mark.parametrize(
    ("words", "act"),
    [
        ("build a bridge between The Jam and Miles Davis", "way"),
        ("The Jam → Miles Davis, 5", "way"),
        ("a mix between The Jam and Miles Davis", "blend"),
    ],
)
def test_ways_and_blends(reader: Rules, words: str, act: str) -> None:
    assert after(reader, words, played=()).act == act


def test_never_ever_refuses(reader: Rules) -> None:
    assert wishes(after(reader, "never ever play Queen in this house", played=())) == {"artist no Queen"}


def test_drawls_are_no_titles(reader: Rules) -> None:
    assert after(reader, "sumthin by miles davis", played=()).unknown == ()
