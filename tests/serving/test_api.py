"""The REST API: conversations streamed and whole, tracks, likeness; answers as in Python."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient

from segue.data.library import Library
from segue.kit.workspace import Workspace
from segue.models.counting.popularity import Popularity
from segue.serving.app import create_app
from segue.serving.browse import Browse
from segue.serving.chat import Conversation
from segue.serving.opening import open_conversation
from segue.serving.service import Service

SAID = ("something wild with guitar", "no guitar please", "another one", "five gentle tracks", "thanks")


def begin(client: TestClient, **body: Any) -> str:
    """A new conversation's id."""
    return str(client.post("/v1/conversations", json=body).json()["id"])


def say(client: TestClient, conversation: str, text: str = "", **more: Any) -> dict[str, Any]:
    """The whole answer to something said."""
    where = f"/v1/conversations/{conversation}/messages"
    answer = client.post(where, json={"text": text, **more}, headers={"accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def events(text: str) -> list[tuple[str, Any]]:
    """The server-sent events of a stream."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_the_same_answers_as_in_python(client: TestClient, served: Workspace) -> None:
    talk, conversation = open_conversation(served), begin(client)
    for words in SAID:
        expected, found = talk.ask(words), say(client, conversation, words)
        assert [c["track_id"] for c in found["cards"]] == [p.track_id for p in expected.tracks]
        assert found["sentence"] == expected.sentence
        assert found["state"]["text"] == str(expected.state)


def test_a_dialogue_given_whole_is_answered_as_one_that_was_held(client: TestClient) -> None:
    conversation, messages = begin(client), list[dict[str, Any]]()
    for words in SAID[:4]:
        held = say(client, conversation, words)
        messages.append({"role": "user", "content": words})
        given = client.post("/v1/recommend", json={"messages": messages}).json()
        assert [c["track_id"] for c in given["tracks"]] == [c["track_id"] for c in held["cards"]]
        assert given["answer"]["sentence"] == held["sentence"]
        messages += [{"role": "music", "content": c["track_id"]} for c in held["cards"]]
        messages.append({"role": "assistant", "content": held["sentence"]})


def test_a_stream_is_state_cards_words_and_the_whole(client: TestClient) -> None:
    conversation = begin(client)
    answer = client.post(f"/v1/conversations/{conversation}/messages", json={"text": "three wild tracks"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = events(answer.text)
    names = [name for name, _ in found]
    assert names[0] == "state"
    assert names.count("card") == 3
    assert names[-1] == "done"
    done = found[-1][1]
    assert "".join(v["text"] for n, v in found if n == "word") == done["sentence"]
    assert [v for n, v in found if n == "card"] == done["cards"]
    kept = client.get(f"/v1/conversations/{conversation}").json()
    assert kept["answers"] == [done]
    assert kept["title"] == "three wild tracks"


def test_conversations_are_found_renamed_and_deleted(client: TestClient) -> None:
    first, second = begin(client), begin(client)
    say(client, first, "something wild")
    say(client, second, "gentle piano")
    heads = client.get("/v1/conversations").json()["conversations"]
    assert [h["id"] for h in heads] == [second, first]
    found = client.get("/v1/conversations", params={"query": "PIANO"}).json()["conversations"]
    assert [h["id"] for h in found] == [second]
    assert client.patch(f"/v1/conversations/{first}", json={"title": "For the road"}).json()["title"] == (
        "For the road"
    )
    assert client.delete(f"/v1/conversations/{first}").status_code == 204
    gone = client.get(f"/v1/conversations/{first}")
    assert gone.status_code == 404
    assert gone.json()["error"]["what"].startswith("no conversation")


def test_a_restart_goes_on_where_it_was(service: Service, served: Workspace) -> None:
    """A second server over the same database answers as the first would have."""
    twin = open_conversation(served)
    with TestClient(create_app(service), base_url="http://localhost") as client:
        conversation = begin(client)
        for words in SAID[:2]:
            say(client, conversation, words)
            twin.ask(words)
    with TestClient(create_app(served), base_url="http://localhost") as client:
        found = say(client, conversation, SAID[2])
    assert [c["track_id"] for c in found["cards"]] == [p.track_id for p in twin.ask(SAID[2]).tracks]
    assert found["turn"] == 3


def test_feedback_and_forgetting_hold(client: TestClient) -> None:
    conversation = begin(client)
    first = say(client, conversation, "something wild")["cards"][0]
    judged = client.post(
        f"/v1/conversations/{conversation}/feedback",
        json={"track_id": first["track_id"], "kind": "not_artist"},
    ).json()
    assert judged["avoided"] == [first["artist"]]
    for _ in range(4):
        assert say(client, conversation, "another one")["cards"][0]["artist"] != first["artist"]
    refused = next(w for w in judged["state"]["wishes"] if w["role"] == "refused")
    where = f"/v1/conversations/{conversation}/forget"
    state = client.post(where, json={"wish": refused["id"]}).json()["state"]
    assert refused["id"] not in [w["id"] for w in state["wishes"]]
    assert client.post(where, json={"wish": refused["id"]}).status_code == 404


@pytest.mark.parametrize("kind", ["start", "like"])
def test_a_track_that_is_pointed_at(client: TestClient, kind: str) -> None:
    found = say(client, begin(client), **{kind: "t4"})
    ids = [c["track_id"] for c in found["cards"]]
    assert ids == ["t4"] if kind == "start" else (ids and "t4" not in ids)
    assert "Ember" in found["said"]


def test_filters_hold_until_they_are_lifted(client: TestClient) -> None:
    conversation = begin(client)
    years = {"year": [2000, None]}
    assert say(client, conversation, "something wild", where=years)["cards"][0]["year"] >= 2000
    assert say(client, conversation, "another one")["cards"][0]["year"] >= 2000
    assert client.get(f"/v1/conversations/{conversation}").json()["where"] == {
        "year": {"min": 2000, "max": None}
    }
    say(client, conversation, "another one", where={})
    assert client.get(f"/v1/conversations/{conversation}").json()["where"] == {}


def test_the_catalogue(client: TestClient) -> None:
    assert client.get("/v1/tracks", params={"query": "amb"}).json()["tracks"][0]["title"] == "Amber"
    found = client.get("/v1/tracks", params={"tag": "piano", "limit": 5}).json()
    assert found["total"] == 12
    assert len(found["tracks"]) == 5
    assert client.get("/v1/tracks/t3").json()["title"] == "Dahlia"
    assert client.get("/v1/tracks/nope").status_code == 404
    alike = client.get("/v1/similar", params={"track_id": "t0", "modality": "playlist", "k": 11}).json()
    assert {int(t["track_id"][1:]) % 2 for t in alike["tracks"]} == {0}, "company is of one community"
    facts = client.get("/v1/facts").json()
    assert (facts["tracks"], facts["years"]) == (24, [1990, 2013])
    assert {t["tag"] for t in facts["tags"]} == {"piano", "guitar", "gentle", "wild"}
    names = [m["id"] for m in client.get("/v1/models").json()["data"]]
    assert names == ["bm25", "popularity"]


def test_what_is_called_just_so_comes_first() -> None:
    titles = ["Dancing Queen", "Queen of Clubs", "Don't Stop Me Now", "Queen"]
    artists = ["ABBA", "KC", "Queen", "Perfume Genius"]
    tracks = pl.DataFrame({"track_id": list("abcd"), "title": titles, "artist": artists})
    library = Library.of(tracks)
    browse = Browse(library, Conversation(Popularity.fit(library), library))
    total, found = browse.tracks("  QUEEN ")
    assert total == 4
    assert {t["track_id"] for t in found[:2]} == {"c", "d"}
    assert browse.tracks("queen (", limit=9)[0] == 0


@pytest.mark.parametrize(
    ("body", "headers", "status", "said"),
    [
        (b'{"text": "\\ud800 piano"}', {}, 200, "piano"),  # half an emoji, as a cut string has it
        (b'{"text": "\\u0000 piano"}', {}, 200, "piano"),
        (b'{"text": "piano"}', {"content-type": "text/plain"}, 422, "send `content-type: application/json`"),
        (b"[" * 100_000, {}, 400, "see /openapi.json for what is expected"),
        (b'{"text": "piano", "where": {"year": [2000, 1990]}}', {}, 400, "write 1990 before 2000"),
        (b'{"text": "piano", "where": {"year": {"min": 3, "max": 2}}}', {}, 400, "nothing is from 3 to 2"),
    ],
)
def test_odd_messages(
    client: TestClient, body: bytes, headers: dict[str, str], status: int, said: str
) -> None:
    where = f"/v1/conversations/{begin(client)}/messages"
    sent = {"content-type": "application/json", "accept": "application/json"} | headers
    answer = client.post(where, content=body, headers=sent)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


def test_a_title_of_a_conversation_is_what_was_said(client: TestClient) -> None:
    conversation = begin(client)
    say(client, conversation, " \n\t ")
    say(client, conversation, "  piano\nplease ")
    assert client.get("/v1/conversations").json()["conversations"][0]["title"] == "piano please"
    assert client.head("/").status_code == 200


def test_every_example_finds_music(client: TestClient) -> None:
    examples = client.get("/v1/examples").json()["examples"]
    assert len(examples) >= 3
    for example in examples:
        assert say(client, begin(client), example["text"])["cards"], example


def test_a_history_alone_is_enough(client: TestClient) -> None:
    found = client.post("/v1/recommend", json={"history": ["t0", "t2", "gone"], "k": 3}).json()
    assert len(found["tracks"]) == 3
    assert client.post("/v1/recommend", json={}).status_code == 400


def test_models_side_by_side(client: TestClient) -> None:
    body = {"messages": [{"role": "user", "content": "something wild"}], "k": 2}
    answers = client.post("/v1/compare", json=body).json()["answers"]
    assert [(a["model"], len(a["answer"]["cards"])) for a in answers] == [("bm25", 2), ("popularity", 2)]
    body["models"] = ["popularity", "nobody"]
    answers = client.post("/v1/compare", json=body).json()["answers"]
    assert "cure" in answers[1]["error"]
