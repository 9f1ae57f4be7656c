"""Talking as a listener over HTTP: the terminal's answers, and a restart knows who talks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest
from fastapi.testclient import TestClient

from segue.data.catalogue import PLAYS, Catalogue, conform
from segue.kit.workspace import Workspace
from segue.serving.app import create_app
from segue.serving.opening import open_conversation
from segue.serving.service import Service

WORDS = "what I played a lot"
JSON = {"accept": "application/json"}


@pytest.fixture
def listened(served: Workspace) -> Workspace:
    """The small workspace, in which "ann" played its first track thrice and its second once."""
    catalogue = Catalogue.load(served)
    times = [datetime(2020, 5, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    rows = [("ann", str(catalogue.ids[t]), at, None) for t, at in zip((0, 0, 0, 1), times, strict=True)]
    plays = conform("plays", pl.DataFrame(rows, list(PLAYS), orient="row"), PLAYS)
    replace(catalogue, plays=plays).save(served)
    return served


@pytest.fixture
def client(listened: Workspace) -> Iterator[TestClient]:
    """A client of its server."""
    service = Service(listened)
    with TestClient(create_app(service), base_url="http://localhost") as found:
        yield found
    service.close()


def test_the_answers_are_those_of_the_terminal(client: TestClient, listened: Workspace) -> None:
    wanted = open_conversation(listened, listener="ann").ask(WORDS)
    begun = client.post("/v1/conversations", json={"listener": "ann"}).json()
    said = client.post(f"/v1/conversations/{begun['id']}/messages", json={"text": WORDS}, headers=JSON).json()
    whole = {"messages": [{"role": "user", "content": WORDS}], "listener": "ann"}
    recommended = client.post("/v1/recommend", json=whole).json()["answer"]
    asked = {"messages": whole["messages"], "segue": {"listener": "ann"}}
    chatted = client.post("/v1/chat/completions", json=asked).json()["segue"]
    first = str(Catalogue.load(listened).ids[0])
    assert wanted.track_id == first
    for answer in (said, recommended):
        assert [c["track_id"] for c in answer["cards"]] == [first]
        assert answer["sentence"] == wanted.sentence
    assert first in str(chatted)


def test_a_restart_knows_who_talks(client: TestClient, listened: Workspace) -> None:
    begun = client.post("/v1/conversations", json={"listener": "ann"}).json()
    service = Service(listened)
    with TestClient(create_app(service), base_url="http://localhost") as other:
        path = f"/v1/conversations/{begun['id']}"
        said = other.post(f"{path}/messages", json={"text": WORDS}, headers=JSON).json()
        assert other.get(path).json()["listener"] == "ann"
    service.close()
    assert [c["track_id"] for c in said["cards"]] == [str(Catalogue.load(listened).ids[0])]


def test_nobody_is_told_who_else_listens(client: TestClient) -> None:
    answer = client.post("/v1/conversations", json={"listener": "nobody"})
    assert answer.status_code == 404
    assert "nobody" in answer.text
    assert "ann" not in answer.text
