"""What goes wrong, and the clear answer to it: nothing is lost or widened, nobody foreign gets in."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from typing import Any

import httpx2
import polars as pl
import pytest
import uvicorn
from fastapi.testclient import TestClient
from sqlalchemy import event

from asking import WHOLE, begin, wrong
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.serving import state
from segue.serving.answer import Answer
from segue.serving.app import create_app
from segue.serving.chat import Conversation
from segue.serving.opening import open_conversation
from segue.serving.routes.conversations import Message, _events
from segue.serving.run import ReadyServer
from segue.serving.service import Service

# ---------------------------------------------------------------------- the database


def test_a_locked_database_costs_no_turn(served: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "WAIT_S", 0.05)
    twin, service = open_conversation(served), Service(served)
    with TestClient(create_app(service), base_url="http://localhost") as client:
        where = begin(client)
        client.post(where, json={"text": "something wild"}, headers=WHOLE)
        twin.ask("something wild")
        other = sqlite3.connect(served.root / "serving" / "state.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused = client.post(where, json={"text": "no guitar"}, headers=WHOLE)
        assert "locked" in wrong(refused, 503)["what"]
        streamed = client.post(where, json={"text": "no guitar"}).text
        assert "event: error" in streamed
        assert "event: done" not in streamed
        other.execute("ROLLBACK")
        found = client.post(where, json={"text": "another one"}, headers=WHOLE).json()
    assert found["turn"] == 2
    assert [c["track_id"] for c in found["cards"]] == [p.track_id for p in twin.ask("another one").tracks]


def test_a_full_disk_is_said_and_nothing_is_half_kept(service: Service) -> None:
    """SQLite is allowed no more pages than it has: its answer is that of a full disk."""

    def full(connection: Any, record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")

    with TestClient(create_app(service), base_url="http://localhost") as client:
        where = begin(client)
        client.post(where, json={"text": "something wild"}, headers=WHOLE)
        event.listen(service.store.engine, "connect", full)
        service.store.engine.dispose()
        long = "wild " * 1900
        assert "full" in wrong(client.post(where, json={"text": long}, headers=WHOLE), 503)["what"]
        event.remove(service.store.engine, "connect", full)
        service.store.engine.dispose()
        kept = client.get(where.removesuffix("/messages")).json()
        assert [a["said"] for a in kept["answers"]] == ["something wild"]
        assert client.post(where, json={"text": "more"}, headers=WHOLE).json()["turn"] == 2


def test_an_address_of_no_database_is_one_line(served: Workspace) -> None:
    with pytest.raises(SegueError, match="cannot be opened") as caught:
        Service(served, {"database": "sqlite:////nowhere/at/all.sqlite"})
    assert "\n" not in str(caught.value)
    with pytest.raises(SegueError) as caught:
        Service(served, {"database": "postgresql+psycopg://me:geheim@127.0.0.1:1/x"})
    assert "geheim" not in str(caught.value)


def test_a_database_of_another_version_is_told(served: Workspace) -> None:
    Service(served).close()
    other = sqlite3.connect(served.root / "serving" / "state.sqlite")
    other.execute("ALTER TABLE turns DROP COLUMN folded")
    other.close()
    with pytest.raises(SegueError, match=r"another version of segue \(it lacks turns.folded\)"):
        Service(served)


# ---------------------------------------------------------------------- killed, gone, missing, stale


def test_killed_in_the_middle_of_an_answer_no_finished_turn_is_lost(served: Workspace) -> None:
    slow = (
        "import sys, time\n"
        "from segue.serving import chat\n"
        "reply = chat.Conversation.reply\n"
        "def slowly(self, words, *more):\n"
        "    answer = reply(self, words, *more)\n"
        "    time.sleep(60 if 'slowly' in words else 0)\n"
        "    return answer\n"
        "chat.Conversation.reply = slowly\n"
        "from segue.cli import main\n"
        "sys.argv = ['segue', 'serve', sys.argv[1], '--port', '0']\n"
        "main()\n"
    )
    command = [sys.executable, "-c", slow, str(served.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[-1].rstrip("/")
            conversation = httpx2.post(f"{url}/v1/conversations").json()["id"]
            where = f"{url}/v1/conversations/{conversation}/messages"
            said = httpx2.post(where, json={"text": "something wild"}, headers=WHOLE).json()
            with httpx2.stream("POST", where, json={"text": "slowly now"}, timeout=20) as stream:
                assert "event: state" in next(stream.iter_text())
                server.send_signal(signal.SIGKILL)
        except httpx2.TransportError:
            pass
        finally:
            server.kill()
    with TestClient(create_app(served), base_url="http://localhost") as client:
        kept = client.get(f"/v1/conversations/{conversation}").json()
        assert kept["answers"] == [said]
        again = client.post(
            f"/v1/conversations/{conversation}/messages", json={"text": "more"}, headers=WHOLE
        )
        assert again.json()["turn"] == 2


def test_a_client_that_goes_finds_its_answer_later(service: Service) -> None:
    row = service.talks.begin()

    async def leave() -> None:
        stream = _events(service, row.id, Message(text="something wild"))
        assert "event: state" in await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    assert [t.said for t in service.store.turns(row.id)] == ["something wild"]


def test_told_to_stop_it_finishes_its_answer(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    reply, ready = Conversation.reply, threading.Event()

    def slowly(*given: Any) -> Answer:
        time.sleep(0.5)
        return reply(*given)

    monkeypatch.setattr(Conversation, "reply", slowly)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1/conversations"
        config = uvicorn.Config(create_app(service), log_config=None, timeout_graceful_shutdown=9)
        server = ReadyServer(config, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert ready.wait(20)
        where = f"{url}/{httpx2.post(url).json()['id']}/messages"
        with httpx2.stream("POST", where, json={"text": "something wild"}, timeout=20) as stream:
            text = stream.iter_text()
            assert "event: state" in next(text)
            server.should_exit = True
            assert "event: done" in "".join(text)
        thread.join(20)
        assert not thread.is_alive()


def test_models_that_are_gone_or_stale(served: Workspace) -> None:
    lists = pl.read_parquet(served.catalogue / "playlists.parquet")
    lists.head(9).write_parquet(served.catalogue / "playlists.parquet")
    with TestClient(create_app(served), base_url="http://localhost") as client:
        models = client.get("/v1/models").json()["data"]
        assert [(m["id"], m["stale"]) for m in models] == [("bm25", False), ("popularity", True)]
        old = client.post("/v1/conversations", json={"model": "popularity"}).json()["id"]
        client.post(f"/v1/conversations/{old}/messages", json={"text": "wild"}, headers=WHOLE)
        shutil.rmtree(served.model("popularity"))
    with TestClient(create_app(served), base_url="http://localhost") as client:
        assert client.get(f"/v1/conversations/{old}").json()["turns"] == 1, "it can be read"
        refused = client.post(f"/v1/conversations/{old}/messages", json={"text": "more"}, headers=WHOLE)
        assert "popularity" in wrong(refused, 404)["what"]
        wrong(client.post("/v1/conversations", json={"model": "popularity"}), 404)
        shutil.rmtree(served.model("bm25"))
        assert client.post(begin(client), json={"text": "wild"}, headers=WHOLE).status_code == 200
    with pytest.raises(SegueError, match="no model is fitted"):
        create_app(served)


# ---------------------------------------------------------------------- too much


def test_too_much_of_anything_is_refused(client: TestClient) -> None:
    where = begin(client)
    assert "10000" in wrong(client.post(where, json={"text": "x" * 1_000_000}), 422)["what"]
    wrong(client.post(where, content=b"x" * 5_000_000, headers={"content-type": "application/json"}), 413)
    wrong(client.post(where, content=(b"x" * 100_000 for _ in range(50))), 413)
    wrong(client.post("/v1/recommend", json={"messages": [], "k": 10**9}), 422)
    wrong(client.get("/v1/similar", params={"track_id": "t0", "k": 10**30}), 422)
    body = {"messages": [{"role": "user", "content": "everything"}], "k": 1000}
    assert len(client.post("/v1/recommend", json=body).json()["tracks"]) == 24, "no more than there are"


def test_ten_thousand_ids_to_exclude(client: TestClient) -> None:
    exclude = [f"x{n}" for n in range(10_000)] + [f"t{n}" for n in range(20)]
    body = {"messages": [{"role": "user", "content": "something wild"}], "k": 24, "exclude": exclude}
    found = client.post("/v1/recommend", json=body).json()["tracks"]
    assert 0 < len(found) <= 4
    assert not {t["track_id"] for t in found} & set(exclude)
