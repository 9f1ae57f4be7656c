"""Talking to tracks that listeners tagged, as Last.fm has them: praise, decades, no years."""

import polars as pl
import pytest

from segue.data.library import Library
from segue.models.retrieval.bm25 import BM25
from segue.serving.chat import Conversation
from segue.understanding.vocabulary import is_opinion

ROWS = [
    ("Roxanne", "The Police", ["rock", "favorites", "80s", "seen live"]),
    ("Holiday", "Madonna", ["pop", "awesome", "80s", "cool"]),
    ("Creep", "Radiohead", ["rock", "my favorites", "90s"]),
    ("Layla", "Derek & The Dominos", ["rock", "1970s", "best songs ever", "love it"]),
    ("Born This Way", "Lady Gaga", ["pop", "80s", "10s", "nice"]),
    ("Fallin'", "Alicia Keys", ["soul", "love at first listen", "2000s"]),
    ("Who Is It", "Michael Jackson", ["pop", "90s", "uplifting"]),
    ("Behold", "Exalted Dirt", ["metal", "christmas"]),
    ("Let It Snow", "Dean Martin", ["jazz", "christmas"]),
]


@pytest.fixture
def talk() -> Conversation:
    title, artist, tags = zip(*ROWS, strict=True)
    ids = [f"t{i}" for i in range(len(ROWS))]
    tracks = pl.DataFrame({"track_id": ids, "title": title, "artist": artist, "tags": tags})
    return Conversation(BM25.fit(Library.of(tracks)))


def titles(talk: Conversation, words: str) -> list[str]:
    return [t.row["title"] for t in talk.ask(words).tracks]


def test_what_a_listener_thinks_is_no_music() -> None:
    praise = (
        "favorites",
        "seen live",
        "love at first listen",
        "top 40",
        "best songs ever",
        "cool",
        "my music",
    )
    music = ("love songs", "live", "cool jazz", "beautiful", "alternative", "top", "80s", "us", "good vibes")
    assert [t for t in praise if not is_opinion(t)] == []
    assert [t for t in music if is_opinion(t)] == ["top"]


@pytest.mark.parametrize("words", ["cool, next", "i want something nice", "awesome", "loved it, another"])
def test_praise_is_no_wish_where_it_is_a_tag(talk: Conversation, words: str) -> None:
    talk.ask("some rock")
    assert [str(w) for w in talk.ask(words).state.wishes] == ["rock"]


def test_praise_is_not_said_of_the_music(talk: Conversation) -> None:
    for _ in ROWS:
        said = talk.ask("something else").sentence
        assert not any(
            word in said for word in ("favorites", "awesome", "seen live", "best songs", "love it")
        )
    assert "tagged rock." in talk.ask("what genre is Creep?").sentence


def test_decades_that_only_tags_tell(talk: Conversation) -> None:
    answer = talk.ask("something from the 80s")
    assert answer.tracks[0].row["title"] in ("Roxanne", "Holiday")
    assert "from the 1980s" in answer.sentence
    # Two decades tell none.
    assert "its tags say" not in talk.ask("what year is Born This Way?").sentence


def test_before_and_after_by_decades(talk: Conversation) -> None:
    assert titles(talk, "rock from before 1980") == ["Layla"]
    assert titles(talk, "rock, nothing older than 1990") == ["Creep"]


def test_older_by_decades(talk: Conversation) -> None:
    talk.ask("play Creep")
    answer = talk.ask("something older, still rock")
    assert answer.tracks[0].row["title"] in ("Roxanne", "Layla")
    assert "It is older than “Creep”." in answer.sentence


def test_the_year_is_told_as_far_as_tags_tell_it(talk: Conversation) -> None:
    said = talk.ask("what year is Roxanne from?").sentence
    assert said == "The year of “Roxanne” is not known here; its tags say the 1980s."


def test_a_feast_is_what_is_tagged_so(talk: Conversation) -> None:
    assert titles(talk, "christmas songs, but no metal") == ["Let It Snow"]
    # "Uplifting" suits a feast only where nothing is of it.
    assert titles(talk, "pop for christmas") != ["Who Is It"]


def test_a_feast_goes_before_a_genre_of_before(talk: Conversation) -> None:
    talk.ask("some soul")
    answer = talk.ask("a christmas song")
    assert answer.tracks[0].row["title"] in ("Behold", "Let It Snow")
    assert "I let go of “soul”" in answer.sentence


def test_a_question_is_no_title(talk: Conversation) -> None:
    talk.ask("play Creep")
    assert talk.ask("who is it?").sentence == "That is “Creep” by Radiohead."
    assert titles(talk, "play who is it") == ["Who Is It"]


def test_which_is_older_by_decades(talk: Conversation) -> None:
    said = talk.ask("which is older, Roxanne or Creep?").sentence
    assert said.startswith("It is “Roxanne”")
    assert "None" not in said
