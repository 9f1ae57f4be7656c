# ruff: noqa: E501
"""What is said beside a wish: that what plays is a bit much, who sleeps, marks that are dictated, what it is called."""

from __future__ import annotations

import pytest

from segue.serving.wording import all_missing
from segue.understanding import acts, lengths
from segue.understanding.rewording import reworded
from segue.understanding.rules import Rules
from segue.understanding.untold import NO_KEYS, NO_LABELS
from segue.understanding.vocabulary import in_words, kind_of
from ten_tracks import after, wishes


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("That is rather gloomy. Something brighter, please", "that is too gloomy. Something brighter, please"),
        ("this is a bit loud. can i have strings?", "that is too loud. can i have strings?"), ("it was a little slow for me", "that is too slow for me"),
        ("it's a bit like Queen", "it's a bit like Queen"), ("it's a bit more relaxed", "it's a bit more relaxed"), ("it is a bit of jazz", "it is a bit of jazz"),
        ("that's a bit sad but I love it", "that's a bit sad but I love it"), ("it's so dark. more like this", "it's so dark. more like this"),
        ("kids finally asleep, something quiet", "everyone asleep, something quiet"), ("the kids are in bed at last, rock please", "everyone asleep, rock please"),
        ("my kids want to dance", "my kids want to dance"), ("I wonder if you might have some jazz", "do you have some jazz"), ("I wonder why", "I wonder why"),
        ("pop please full stop", "pop please."), ("jazz comma no trumpet period", "jazz, no trumpet."), ("music of the romantic period", "music of the romantic period"),
        ("techno, 6+ minutes", "techno, at least 6 minutes"), ("techno 6 minutes plus", "techno at least 6 minutes"),
        ("lol that's literally called Trap. another one but harder", "another one but harder"),
        ("who else plays sax in here?", "another artist with sax?"), ("who else sings like her", "who else sings like her"),
        ("this one has no singing I want folk", "not this one, with singing, I want folk"), ("jazz that has no singing", "jazz that has no singing"),
        ("the Spanish ones, all of them", "all the Spanish songs"), ("focus music, no lyrics, 2 hours", "focus music, no lyrics, 2 hours of it"), ("I slept only 2 hours", "I slept only 2 hours"),
        ("hard bop, no drum solos please", "hard bop please"), ("a long guitar solo", "a long guitar solo"),
        ("the jump from 4 to 5 is too hard", "replace number 5"), ("jump from 4 to 5", "jump from 4 to 5"),
        ("sorry my english not so good. please music sad", "please music sad"), ("english songs please", "english songs please"),
        ("ok computer play jazz", "play jazz"), ("ok computer by radiohead", "ok computer by radiohead"),
        ("Oh, that is charming. Another one.", "Another one."), ("that is cool jazz. more", "that is cool jazz. more"),
        ("yesss, sooo good", "yes, so good"), ("play Aaaah", "play Aaaah"), ("Rocky III", "Rocky III"), ("sad rap or smth", "sad rap "), ("Queen or something like that", "Queen or something like that"),
        ("nah thats classical. like sad rap", "not classical, like sad rap"), ("no that is fine, next", "no that is fine, next"), ("Bach if you have it", "Bach please"),
        ("8 tracks, jazz into disco", "8 tracks from jazz to disco"), ("five songs that turn into something", "five songs that turn into something"),
        ("shift that down", "shift that down"), ("a warm-up set", "a set"), ("a warm-up for the gym", "a warm-up for the gym"),
    ],
)  # fmt: skip
def test_remarks(said: str, plain: str) -> None:
    assert reworded(said) == plain


def test_a_maybe_is_of_its_own_clause(reader: Rules) -> None:
    assert wishes(after(reader, "a bit more acoustic maybe? guitar", played=())) >= {"instrument guitar"}
    jazz = wishes(after(reader, "something jazzy maybe with a woman singing", played=()))
    assert jazz == {"mood jazzy", "voice rather female vocals"}
    assert wishes(after(reader, "no metal i said jazz", played=())) == {"genre no metal", "genre jazz"}


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("which artists do i have", "artists"), ("list all artists", "artists"), ("who do you have", "artists"), ("whats in here then", "library"),
        ("what music do i have", "library"), ("who is the artist", "who"), ("a song with people who sing", ""), ("who sings this", "who"), ("the fourth one, who is it by", "who"),
        ("is this sung in english", "language"), ("is it sung", "voice"), ("yes who dis", "who"),
    ],
)  # fmt: skip
def test_what_is_here(said: str, asked: str) -> None:
    assert acts.question(said) == asked


def test_tags_that_are_written_together() -> None:
    said = {
        "acousticguitar": "acoustic guitar", "hiphop": "hip-hop", "deephouse": "deep house", "newage": "new age",
        "bebop": "bebop", "chillout": "chillout", "dancehall": "dancehall", "soundtrack": "soundtrack",
    }  # fmt: skip
    assert {tag: in_words(tag) for tag in said} == said
    assert [kind_of(t) for t in ("electricguitar", "popfolk", "dancehall")] == [
        "instrument",
        "genre",
        "genre",
    ]


def test_two_names_that_are_not_here() -> None:
    assert all_missing(("Sun Ra", "Miles Davis")) == ["No Sun Ra and no Miles Davis here."]
    assert all_missing(("jazz", "rock")) == ["Nothing here is marked as jazz or rock."]
    assert all_missing(("jazz", "Sun Ra")) == ["Nothing here is marked as jazz.", "No Sun Ra here."]


def test_kinds_that_somebody_likes(reader: Rules) -> None:
    assert wishes(after(reader, "my mum likes jazz, disco and rock", played=())) == {
        "genre jazz or disco or rock"
    }
    assert wishes(after(reader, "music to study, without the words", played=())) >= {"voice no vocals"}


def test_a_voice_is_one_wish(reader: Rules) -> None:
    assert wishes(after(reader, "jazz with a woman's voice", played=())) == {
        "genre jazz",
        "voice female vocals",
    }
    said = after(reader, "jazz that doesn't sound like disco", played=())
    assert wishes(said) == {"genre jazz", "genre no disco"}


@pytest.mark.parametrize(
    ("said", "unknown"),
    [
        ("anything that was released on Blue Note?", (NO_LABELS,)), ("songs released on Friday", ()), ("something by someone signed to Fontana", (NO_LABELS,)),
        ("jazz in a minor key", (NO_KEYS,)), ("a minor hit", ()),
    ],
)  # fmt: skip
def test_what_no_track_tells(reader: Rules, said: str, unknown: tuple[str, ...]) -> None:
    assert after(reader, said, played=()).unknown == unknown


def test_what_is_left_of_either(reader: Rules) -> None:
    assert wishes(after(reader, "jazz or disco", "no disco")) == {"genre jazz", "genre no disco"}
    assert wishes(after(reader, "jazz or disco or rock", "no disco")) == {
        "genre jazz or rock",
        "genre no disco",
    }
    assert wishes(after(reader, "jazz", "in a minor key")) == {"genre jazz"}


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("which songs have a saxophone", "works"), ("which ones are calm", "works"), ("what songs have you got", "library"),
        ("which songs are similar to this", ""), ("which ones have you heard", ""),
    ],
)  # fmt: skip
def test_which_have_it(reader: Rules, said: str, asked: str) -> None:
    state = after(reader, said, played=())
    assert (state.asked if state.act == "question" else "") == asked


def test_about_two_minutes() -> None:
    assert [f.words for f in lengths.find("a track of around two minutes upbeat")] == ["about 2 minutes"]
    assert not lengths.find("around 40 minutes of jazz")
    assert not lengths.find("about two minutes ago")
