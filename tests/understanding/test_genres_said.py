"""Genres as people write them on a forum, and words of genres that mean none."""

from __future__ import annotations

import pytest

from segue.understanding.rewording import reworded
from segue.understanding.rules import Rules


def _genres(reader: Rules, said: str) -> list[tuple[str, str]]:
    """The words of each genre that is said, and its name."""
    reading = reader.take_apart(said)
    genres = (f for f in reading.facts if f.concept.kind == "genre")
    return [(" ".join(t.word for t in reading.said[f.start : f.end]), f.concept.name) for f in genres]


@pytest.mark.parametrize(
    ("said", "genres"),
    [
        # In one word or in two.
        ("some psy trance", [("psy trance", "psy trance")]),
        ("vapor wave or synth wave", [("vapor wave", "vaporwave"), ("synth wave", "synthwave")]),
        ("indierock bands", [("indierock", "indie rock")]),
        ("death-core", [("death core", "deathcore")]),
        ("shoe gaze songs", [("shoe gaze", "shoegaze")]),
        ("d n b mixes", [("d n b", "drum and bass")]),
        # By the end of a coined name.
        ("scenecore", [("scenecore", "scenecore")]),
        ("solarpunk stuff", [("solarpunk", "solarpunk")]),
        ("something proggy or metalish", [("proggy", "progressive rock"), ("metalish", "metal")]),
        ("female rappers", [("rappers", "hip-hop")]),
        # A common word is a genre before those who play it.
        ("stoner bands", [("stoner", "stoner")]),
        ("my favorite brutal slam album", [("slam", "slam")]),
        ("southern gothic", [("southern gothic", "southern gothic")]),
        # Words that say when are no part of it.
        ("good classic rock", [("rock", "classic rock")]),
        ("contemporary jazz", [("jazz", "contemporary jazz")]),
        # An adjective that stands alone.
        ("jazzy songs like this", [("jazzy", "jazz")]),
        ("slow bluesy songs", []),
        ("something jazzy", []),
        ("jazzy hip hop songs", [("jazzy hip hop", "jazzy hip hop")]),
        ("electric r&b", [("r & b", "r&b"), ("electric", "electronic")]),
        ("electric melancholic songs", [("electric", "electronic")]),
        ("electric guitar songs", []),
        ("a heavy dose of soul", [("soul", "soul")]),
        ("a house playlist", [("house", "house")]),
    ],
)
def test_genres_of_a_forum(reader: Rules, said: str, genres: list[tuple[str, str]]) -> None:
    assert _genres(reader, said) == genres


@pytest.mark.parametrize(
    "said",
    [
        "any alternative to this app",
        "alternatives to this song",
        "an alternative version of this song",
        "songs that rock",
        "from a different country",
        "songs from my home country",
        "something to cure the blues",
        "songs that put me in a trance",
        "songs for march 2020",
        "from an indie game",
        "a space opera",
        "brandy and ashanti",
        "my dance teacher wants new songs",
        "do my dance",
        "songs about rock stars",
        "songs with the word jazz in them",
        "the microwave",
        "songs for a bookshop",
    ],
)
def test_words_that_are_no_genre(reader: Rules, said: str) -> None:
    assert _genres(reader, said) == []


@pytest.mark.parametrize(
    "said",
    [
        "alternative songs",
        "rock songs",
        "which country songs",
        "a dance song",
        "a dance party",
        "a song to rock out to",
        "a country song",
        "the blues",
    ],
)
def test_words_that_are_a_genre(reader: Rules, said: str) -> None:
    assert len(_genres(reader, said)) == 1


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("folk/country songs", "folk or country songs"),
        ("metal/punk/ska", "metal or punk or ska"),
        ("pop/rock", "pop/rock"),
        ("play AC/DC", "play AC/DC"),
    ],
)
def test_genres_with_a_slash_between_them(said: str, plain: str) -> None:
    assert reworded(said) == plain
