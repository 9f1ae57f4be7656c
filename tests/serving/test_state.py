"""The database: SQLite and, where `SEGUE_TEST_DATABASE` names one, a real PostgreSQL keep the same."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from segue.kit.workspace import Workspace
from segue.serving.app import create_app
from segue.serving.opening import open_conversation
from segue.serving.record import restore, snapshot
from segue.serving.service import Service


def test_everything_is_kept_over_a_restart(served: Workspace, database: str | None) -> None:
    settings, words = {"database": database}, ["something wild \0 “ü☂𝄞”", "no guitar", "another one"]
    twin = open_conversation(served)
    with TestClient(create_app(served, settings), base_url="http://localhost") as client:
        conversation = client.post("/v1/conversations").json()["id"]
        where = f"/v1/conversations/{conversation}/messages"
        first = [client.post(where, json={"text": w}, headers=WHOLE).json() for w in words[:2]]
        client.post("/v1/plays", json={"track_id": "t1", "played_s": 12.5, "user": "ü"})
        liked = client.post("/v1/feedback", json={"track_id": "t1", "kind": "like"})
        assert liked.json()["id"] == 2
        made = client.post("/v1/playlists", json={"name": "☂", "track_ids": ["t1"]}).json()["id"]
    with TestClient(create_app(served, settings), base_url="http://localhost") as client:
        assert client.get(f"/v1/conversations/{conversation}").json()["answers"] == first
        third = client.post(where, json={"text": words[2]}, headers=WHOLE).json()
        assert client.get("/v1/conversations", params={"query": "Ü☂"}).json()["conversations"]
        assert not client.get("/v1/conversations", params={"query": "100%"}).json()["conversations"]
        assert client.get(f"/v1/playlists/{made}").json()["name"] == "☂"
        assert client.delete(f"/v1/conversations/{conversation}").status_code == 204
        assert client.get("/v1/conversations").json()["conversations"] == []
    expected = [twin.ask(w.replace("\0", "")) for w in words]
    found = [*first, third]
    assert [a["sentence"] for a in found] == [e.sentence for e in expected]


def test_two_servers_share_a_database_and_lose_no_turn(served: Workspace, database: str | None) -> None:
    one, two = (Service(served, {"database": database}) for _ in range(2))
    row = one.talks.begin()
    one.talks.say(row.id, "something wild")
    assert two.talks.say(row.id, "no guitar")["turn"] == 2
    third = one.talks.say(row.id, "another one")
    assert third["turn"] == 3
    assert "no guitar" in [w["text"] for w in third["state"]["wishes"]], "what the other server heard holds"
    assert [t.said for t in two.store.turns(row.id)] == ["something wild", "no guitar", "another one"]
    one.close()
    two.close()


def test_a_conversation_goes_through_json_and_back(served: Workspace) -> None:
    import json

    talk = open_conversation(served)
    for words in (
        "something wild from the 90s",
        "no guitar",
        "older than that",
        "like Amber",
        "five of them",
    ):
        talk.ask(words)
    talk.excluded, talk.where = {"t1"}, {"year": {"min": 1990, "max": None}}
    kept: dict[str, Any] = json.loads(json.dumps(snapshot(talk)))
    again = restore(talk.again(), kept)
    assert (again.state, again.turns, again.heard) == (talk.state, talk.turns, talk.heard)
    assert again.ask("another one") == talk.ask("another one")


WHOLE = {"accept": "application/json"}
