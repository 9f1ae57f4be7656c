"""Talking as a listener: what words say of their plays, looked up in the log; what is said of it is true."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from segue.data.catalogue import PLAYS, TRACKS, conform
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.models.counting.chance import Chance
from segue.models.counting.own_plays import OwnPlays
from segue.models.retrieval.bm25 import BM25
from segue.serving.chat import Conversation
from segue.serving.listener import Listener
from segue.understanding.heard import Heard, references
from segue.understanding.heard_times import window
from segue.understanding.text import tokens

NOW = datetime(2024, 9, 10, 20, 0, tzinfo=UTC)
TAGS = (["rock"], ["rock"], ["jazz", "calm"], ["jazz"], ["folk"], ["folk"], ["rock"], ["jazz"])


def library() -> Library:
    """Eight tracks; `ann` played 0 five times and 1 once in summer, skipped 2 thrice, had 3 on this morning,
    played 4 twice a year ago. 6 is another copy of 0. `bob` played 5."""
    titles = ["Alpha", "Beta", "Gamma", "Delta", "Omega", "Sigma", "Alpha", "Theta"]
    artists = ["Nora", "Nora", "Otto", "Otto", "Pia", "Pia", "Nora", "Quin"]
    columns = {"track_id": [f"t{i}" for i in range(8)], "title": titles, "artist": artists, "tags": TAGS}
    tracks = conform("tracks", pl.DataFrame(columns | {"duration_s": [200.0] * 8}), TRACKS)
    summer, morning = datetime(2024, 7, 1, 12, tzinfo=UTC), datetime(2024, 9, 10, 8, tzinfo=UTC)
    plays = [("ann", 4, NOW - timedelta(days=365 + i), 200.0) for i in range(2)]
    plays += [("ann", 0, summer + timedelta(days=i), 200.0) for i in range(5)]
    plays += [("ann", 1, summer + timedelta(days=9), 190.0), ("ann", 3, morning, 200.0)]
    plays += [("ann", 2, summer + timedelta(days=20 + i), 20.0) for i in range(3)]
    plays += [("bob", 5, morning, 200.0)]
    rows = [(u, f"t{t}", at, s) for u, t, at, s in plays]
    table = conform("plays", pl.DataFrame(rows, list(PLAYS), orient="row"), PLAYS)
    return Library.of(tracks, plays=table)


@pytest.fixture(scope="module")
def talk() -> Conversation:
    """A conversation as ann, by BM25, with her own plays as what she likes."""
    here = library()
    taste = OwnPlays.fit(here)
    who = Listener.of(here, "ann", now=NOW, zone=UTC)
    who.taste = taste
    return Conversation(BM25.fit(here), here, listener=who)


def rows(talk: Conversation, heard: Heard) -> list[int]:
    assert talk.listener is not None
    return np.flatnonzero(talk.listener.tracks(heard)).tolist()


@pytest.mark.parametrize(
    ("said", "how", "when", "refused", "like"),
    [
        ("something new for me", "played", "", True, False),
        ("slow jazz that I have never heard", "played", "", True, False),
        ("rock, but nothing I already know", "played", "", True, False),
        ("what I played a lot last summer", "often", "last summer", False, False),
        ("my favourites of 2008", "often", "2008", False, False),
        ("not what I always skip", "skipped", "", True, False),
        ("more of what I had on this morning", "played", "this morning", False, True),
        ("something like what I listened to last night", "played", "last night", False, True),
        ("three songs I haven't played in ages", "forgotten", "", False, False),
        ("nothing I played yesterday", "played", "yesterday", True, False),
    ],
)
def test_references(said: str, how: str, when: str, refused: bool, like: bool) -> None:
    found = references(" ".join(t.word for t in tokens(said)))
    assert [(r.heard.how, r.heard.when, r.refused, r.like) for r in found] == [(how, when, refused, like)]


@pytest.mark.parametrize(
    "said", ["some slow country please", "play it again", "not this one", "I don't know, play something"]
)
def test_other_words_speak_of_no_plays(said: str) -> None:
    assert references(" ".join(t.word for t in tokens(said))) == []


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("last summer", (2024, 6, 1, 0), (2024, 9, 1, 0)),
        ("this morning", (2024, 9, 10, 5), (2024, 9, 10, 12)),
        ("last night", (2024, 9, 9, 20), (2024, 9, 10, 4)),
        ("yesterday", (2024, 9, 9, 0), (2024, 9, 10, 0)),
        ("last week", (2024, 9, 2, 0), (2024, 9, 9, 0)),
        ("last winter", (2023, 12, 1, 0), (2024, 3, 1, 0)),
        ("march 2008", (2008, 3, 1, 0), (2008, 4, 1, 0)),
        ("last september", (2023, 9, 1, 0), (2023, 10, 1, 0)),
        ("two years ago", (2022, 1, 1, 0), (2023, 1, 1, 0)),
    ],
)
def test_times(said: str, start: Sequence[int], end: Sequence[int]) -> None:
    found = window(said, NOW.replace(tzinfo=None))
    assert found is not None
    assert (found.start, found.end) == (datetime(*start), datetime(*end))  # type: ignore[arg-type]


def test_what_words_mean_among_the_plays(talk: Conversation) -> None:
    assert rows(talk, Heard("played")) == [0, 1, 2, 3, 4, 6]  # 6 is a copy of 0
    assert rows(talk, Heard("often", "last summer")) == [0]
    assert rows(talk, Heard("skipped")) == [2]
    assert rows(talk, Heard("played", "this morning")) == [3]
    assert rows(talk, Heard("forgotten")) == [4]


def test_a_conversation_uses_them_and_says_what_is_true(talk: Conversation) -> None:
    talk = talk.again()
    answer = talk.ask("some jazz that is new to me")
    assert answer.track_id == "t7"
    assert answer.sentence.endswith("It is not among your plays.")
    answer = talk.ask("what I played a lot last summer")
    assert answer.track_id == "t0"
    assert "You played it 5 times from 1 June to 31 August 2024." in answer.sentence
    assert "what you played a lot from 1 June to 31 August 2024" in answer.why


def test_likes_of_a_time_are_by_the_tracks(talk: Conversation) -> None:
    talk = talk.again()
    answer = talk.ask("more of what I had on this morning")
    assert answer.state.like == ("t3",)
    assert "jazz" in answer.tracks[0].row["tags"]
    assert "likeness to what you played this morning" in answer.why


def test_what_is_always_skipped_does_not_play(talk: Conversation) -> None:
    talk = talk.again()
    found = [talk.ask(w).track_id for w in ("jazz, but not what I always skip", "another one")]
    assert "t2" not in found


def test_history_goes_into_every_request_and_into_the_ranking(talk: Conversation) -> None:
    request = talk.again().request("folk")
    assert [p.track_id for p in request.history][-1] == "t3"
    assert talk.again().ask("folk").track_id == "t4"  # ann's, where bob's would be as good by words
    plain = Conversation(talk.recommender, talk.library)
    assert len(plain.request("folk").history) == 0


def test_without_plays_it_says_so() -> None:
    here = library()
    plain = Conversation(BM25.fit(here), here)
    assert "No listening history here." in plain.ask("something new for me, folk").sentence
    with pytest.raises(SegueError, match="there are: ann, bob"):
        Listener.of(here, "carl")
    quiet = Listener.of(here, "bob", now=NOW, zone=UTC)
    answer = Conversation(BM25.fit(here), here, listener=quiet).ask("what I played yesterday")
    assert "let go of “what you played from" in answer.sentence or "on 9 September" in answer.sentence


def test_no_play_after_the_moment_counts() -> None:
    here = library()
    before = Listener.of(here, "ann", now=datetime(2024, 1, 1, tzinfo=UTC), zone=UTC)
    assert before.rows.tolist() == [4, 4]


class Odds(Chance):
    """Says of each track how likely it is heard to its end."""

    def score(self, requests: Sequence[Request]) -> Floats:
        """Tracks 5 and 7 hardly ever."""
        return np.array([[0.9, 0.9, 0.9, 0.9, 0.9, 0.1, 0.9, 0.2]] * len(requests), np.float32)


def test_what_would_be_skipped_does_not_play_where_completion_was_learnt() -> None:
    here = library()
    ann = Listener.of(here, "ann", now=NOW, zone=UTC, ends=Odds.fit(here))
    assert np.flatnonzero(ann.skipped).tolist() == [2, 5, 7]
    talk = Conversation(BM25.fit(here), here, listener=ann)
    assert [t.track_id for t in talk.ask("jazz, nothing I skip").tracks] == ["t3"]
    assert np.flatnonzero(Listener.of(here, "ann", now=NOW, zone=UTC).skipped).tolist() == [2]
