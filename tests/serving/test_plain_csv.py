"""Talking to tracks of which only titles, artists and some years are known, as a plain CSV has them."""

import polars as pl
import pytest

from segue.data.library import Library
from segue.models.retrieval.bm25 import BM25
from segue.serving.chat import Conversation

ROWS = [
    ("Hey Jude", "The Beatles", 1968),
    ("One", "U2", 1991),
    ("Africa", "Toto", 1982),
    ("Untitled", "", None),
]
ROWS += [("solo trumpet", "sorohanro", None), ("Imagine", "John Lennon", 1971)]


@pytest.fixture
def talk() -> Conversation:
    title, artist, year = zip(*ROWS, strict=True)
    ids = [f"t{i}" for i in range(len(ROWS))]
    tracks = pl.DataFrame({"track_id": ids, "title": title, "artist": artist, "year": year}, strict=False)
    return Conversation(BM25.fit(Library.of(tracks)))


@pytest.mark.parametrize("words", ["faster", "calmer please", "happier"])
def test_a_comparison_of_what_nobody_knows_is_told(talk: Conversation, words: str) -> None:
    talk.ask("play Africa")
    answer = talk.ask(words)
    assert f"What is {words.removesuffix(' please')} is not known here." in answer.sentence
    assert answer.tracks


def test_a_comparison_of_what_is_known_is_told_as_such(talk: Conversation) -> None:
    talk.ask("play Africa")
    answer = talk.ask("something older")
    assert "not known" not in answer.sentence
    assert "It is older than “Africa”." in answer.sentence


def test_a_word_that_is_a_title_alone(talk: Conversation) -> None:
    answer = talk.ask("something with trumpet")
    assert answer.tracks[0].row["title"] == "solo trumpet"
    assert "marked as trumpet, but that is in the title." in answer.sentence.replace("“", "").replace("”", "")


def test_genres_that_nobody_knows(talk: Conversation) -> None:
    said = talk.ask("what genres do you have?").sentence
    assert said == "There are 6 tracks here from 1968 to 1991; what genres they are is not known."


def test_what_no_track_tells_is_not_denied() -> None:
    tracks = pl.DataFrame(
        {"track_id": ["a", "b"], "title": ["Hello", "Creep"], "artist": ["Adele", "Radiohead"]}
    )
    talk = Conversation(BM25.fit(Library.of(tracks)))
    assert talk.ask("something from the 90s").sentence.startswith("When music is from is not known here.")
    assert "In what language songs are is not known here." in talk.ask("in French").sentence
