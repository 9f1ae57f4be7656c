"""What listeners did at the server, as dialogues and plays to learn from."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from segue.cli.importing import import_
from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.retrieval.bm25 import BM25
from segue.serving.service import Service
from segue.serving.state import FeedbackRow, of_workspace
from segue.sources import feedback


@pytest.fixture
def used(workspace: Workspace) -> Workspace:
    """A workspace at whose server somebody was."""
    BM25.fit(Library.open(workspace)).save(workspace.model("bm25"))
    service = Service(workspace)
    talk = service.talks.begin().id
    first = service.talks.say(talk, "play Amber")["cards"][0]["track_id"]
    service.talks.judge(talk, first, "dislike")
    service.talks.say(talk, "something gentle")
    silent = service.talks.begin().id
    service.talks.say(silent, "hello")
    with service.store.session() as session:
        session.add(FeedbackRow(user="ada", track_id="t3", kind="play", played_s=12.5))
        session.add(FeedbackRow(track_id="t4", kind="play"))
        session.add(FeedbackRow(user="ada", track_id="t5", kind="like"))
        session.add(FeedbackRow(track_id="gone", kind="play"))
    service.close()
    return workspace


def test_conversations_and_plays_are_learnt_from(used: Workspace) -> None:
    before = Catalogue.load(used)
    import_("feedback", used.root)
    after = Catalogue.load(used)
    (dialogue,) = [d for d in after.dialogues if d not in before.dialogues]
    roles = [t.role for t in dialogue.turns]
    assert roles == ["user", "music", "assistant", "user", "music", "assistant"]
    assert dialogue.turns[0].content == "play Amber"
    music = [t for t in dialogue.turns if t.role == "music"]
    assert music[0].content == "t0"
    assert [t.liked for t in music] == [False, True]
    assert not dialogue.simulated
    plays = after.plays.select("user_id", "track_id", "played_s").sort("track_id").rows()
    assert plays == [("ada", "t3", 12.5), ("me", "t4", None)]
    assert after.tracks.equals(before.tracks)
    import_("feedback", used.root)
    assert len(Catalogue.load(used).dialogues) == len(after.dialogues)
    assert Catalogue.load(used).plays.height == 2


def test_what_is_left_out_is_told(used: Workspace) -> None:
    found = feedback.read(used.root)
    assert dict(found.dropped) == {"conversation without music": 1, "opinion outside a conversation": 1}


def test_a_database_by_url(served: Workspace, database: str | None) -> None:
    url = database or of_workspace(served.root)
    service = Service(served, {"database": url})
    service.talks.say(service.talks.begin().id, "play Amber")
    with service.store.session() as session:
        session.add(FeedbackRow(track_id="t4", kind="play", played_s=3.0))
    service.close()
    found = feedback.read(Path("any"), url=url)
    assert [t.content for t in found.dialogues[0].turns][:2] == ["play Amber", "t0"]
    assert found.plays is not None
    assert found.plays["played_s"].to_list() == [3.0]


def test_what_is_no_state(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no state of a server"):
        feedback.read(tmp_path)
    other = tmp_path / "other.sqlite"
    create_engine(f"sqlite:///{other}").connect().close()
    with pytest.raises(SegueError, match="cannot be read as segue's state"):
        feedback.read(other)
    with pytest.raises(SegueError, match="no workspace"):
        import_("listenbrainz", other)
