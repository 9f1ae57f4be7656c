"""What a server of ratings may do wrong, and keys and addresses, against a real one on this machine."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mgphot_rating import HALF, QUICK, Make, expected, rated, settings, tracks
from mgphot_server import Reply, completion, good, serving, song
from segue.describe.mgphot.plan import journal_of
from segue.describe.mgphot.prompt import track_message
from segue.describe.mgphot.rate import rate
from segue.describe.mgphot.schema import NAMES
from segue.kit.asking import STOP_AFTER, Prices
from segue.kit.completions import endpoint_of, key_for
from segue.kit.errors import SegueError

KEY = "sk-secret-0123456789"


class Moody:
    """Gives each song its replies in turn, then answers well."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.asked = replies, dict[str, int]()

    def __call__(self, body: dict[str, Any]) -> Reply:
        number = self.asked.get(song(body), 0)
        self.asked[song(body)] = number + 1
        return self.replies[number] if number < len(self.replies) else good(body)


BAD = {
    "busy": [(429, "slow down", {"Retry-After": "0"}), (429, "slow down", {})],
    "broken": [(500, "oops", {}), (503, "", {})],
    "malformed": [completion('{"Tempo": 3, '), completion("Sorry, no.")],
    "wrong keys": [completion({"Speed": 3}), completion(dict.fromkeys(NAMES[1:], 1))],
    "out of range": [completion(HALF | {"Tempo": 6}), completion(HALF | {"Tempo": 0.73})],
    "not a completion": [(200, "[]", {}), (200, "<html>", {})],
    "refusal": [(200, json.dumps({"choices": [{"message": {"content": None}}]}), {}), completion("")],
}


@pytest.mark.parametrize("replies", BAD.values(), ids=BAD)
def test_what_goes_wrong_twice_is_mended(make_workspace: Make, replies: list[Reply]) -> None:
    workspace = make_workspace(tracks(2))
    with serving(Moody(*replies)) as server:
        lines = rate(workspace, settings(server.url))
    assert len(server.bodies) == 6
    assert "without an answer" not in lines[0]
    assert np.array_equal(rated(workspace)["t1"], expected(tracks(2)[1]), equal_nan=True)


def test_a_bad_answer_is_given_back_with_the_reason(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(1))
    with serving(Moody(completion(HALF | {"Tempo": 6}))) as server:
        lines = rate(workspace, settings(server.url, prices=Prices(1000.0, 5000.0)))
    said = server.bodies[1]["messages"][-2:]
    assert said[0]["role"] == "assistant"
    assert "Tempo is 6: only 0, 0.5, 1, ... 5 or null" in said[1]["content"]
    # What could not be used is paid for as well.
    assert (
        lines[0] == "asked 1 questions in 2 requests, 2,000 tokens in and 800 out, 6.00 at the given prices"
    )


def test_what_stays_wrong_is_told_and_asked_again_next_time(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(3))

    def reply(body: dict[str, Any]) -> Reply:
        return completion("no idea") if "Song 1" in song(body) else good(body)

    with serving(reply) as server:
        lines = rate(workspace, settings(server.url))
        assert "1 without an answer: no usable answer: there is no complete JSON object in it" in lines[0]
        assert set(rated(workspace)) == {"t0", "t2"}
        before = len(server.bodies)
        assert before == 2 + 1 + QUICK.repairs
        server.reply = good
        rate(workspace, settings(server.url))
        assert server.songs[before:] == [track_message(tracks(3)[1])]
    assert set(rated(workspace)) == {"t0", "t1", "t2"}


def test_a_server_that_takes_no_schema_is_asked_more_loosely(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(4))

    def reply(body: dict[str, Any]) -> Reply:
        return (400, "no response_format here", {}) if "response_format" in body else good(body)

    with serving(reply) as server:
        rate(workspace, settings(server.url, workers=1))
    asked = [body.get("response_format", {}).get("type") for body in server.bodies]
    assert asked == ["json_schema", "json_object", None, None, None, None]  # it is not tried again


def test_one_refused_song_does_not_loosen_the_others(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(3))

    def reply(body: dict[str, Any]) -> Reply:
        return (400, "too long", {}) if "Song 0" in song(body) else good(body)

    with serving(reply) as server:
        lines = rate(workspace, settings(server.url, workers=1))
    assert "1 without an answer: 400 too long" in lines[0]
    assert [b["response_format"]["type"] for b in server.bodies[3:]] == ["json_schema"] * 2


def test_slow_answers_are_asked_for_again(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(1))
    asked: list[str] = []

    def reply(body: dict[str, Any]) -> Reply:
        asked.append(song(body))
        time.sleep(0.0 if len(asked) > 1 else 0.5)
        return good(body)

    with serving(reply) as server:
        rate(workspace, settings(server.url, limits=replace(QUICK, timeout=0.2)))
    assert len(asked) == 2
    assert set(rated(workspace)) == {"t0"}


def test_a_server_that_asks_for_too_long_a_wait_ends_the_run(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(30))
    with (
        serving(lambda body: (429, "quota", {"Retry-After": "3600"})) as server,
        pytest.raises(SegueError, match="asks to wait 3600 seconds"),
    ):
        rate(workspace, settings(server.url))
    assert len(server.bodies) < 30


@pytest.mark.parametrize("status", [401, 403, 404, 307])
def test_a_server_that_refuses_us_ends_the_run(make_workspace: Make, status: int) -> None:
    """A redirect too: the key must not follow to wherever it points."""
    workspace = make_workspace(tracks(30))
    with (
        serving(lambda body: (status, "no", {"Location": "http://127.0.0.1:9/"})) as server,
        pytest.raises(SegueError, match=f"the server refuses .{status} no"),
    ):
        rate(workspace, settings(server.url))
    assert len(server.bodies) < 30


def test_a_run_without_any_answer_ends_early(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(40))
    with (
        serving(lambda body: completion("no")) as server,
        pytest.raises(SegueError, match=r"10 questions in a row without an answer .no usable answer"),
    ):
        rate(workspace, settings(server.url, workers=2))
    assert len(server.bodies) < (STOP_AFTER + 10) * 3


def test_a_run_in_which_all_fails_is_an_error(make_workspace: Make) -> None:
    with (
        serving(lambda body: completion("no")) as server,
        pytest.raises(SegueError, match="any of 2 questions"),
    ):
        rate(make_workspace(tracks(2)), settings(server.url))


def test_nobody_at_the_address(make_workspace: Make) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(SegueError, match=r"in a row without an answer .ConnectError"):
            rate(make_workspace(tracks(20)), settings(url))


def test_the_key_is_sent_and_told_to_nobody(
    make_workspace: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that repeats the key in everything it says."""
    monkeypatch.setenv("SEGUE_API_KEY", KEY)
    caplog.set_level("DEBUG")
    workspace = make_workspace(tracks(30))

    def reply(body: dict[str, Any]) -> Reply:
        if song(body).endswith("Song 1"):
            return completion(HALF | {"Tempo": f"Bearer {KEY}"})
        return (401, f"bad key {KEY}", {}) if "Song 29" in song(body) else good(body)

    with serving(reply) as server, pytest.raises(SegueError) as stopped:
        rate(workspace, settings(server.url, workers=1))
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert "bad key ***" in str(stopped.value)
    assert KEY not in caplog.text
    files = [path for path in workspace.root.rglob("*") if path.is_file()]
    assert journal_of(workspace) in files
    assert all(KEY.encode() not in path.read_bytes() for path in files)


def test_whose_key_goes_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    monkeypatch.delenv("SEGUE_API_KEY", raising=False)
    hosts = ("api.openai.com", "localhost", "openai.com.evil.org", "notopenai.com")
    assert [key_for(host) for host in hosts] == ["theirs", "", "", ""]
    monkeypatch.setenv("SEGUE_API_KEY", KEY + "\n")
    assert {key_for(host) for host in hosts} == {KEY}
    monkeypatch.setenv("SEGUE_API_KEY", "two words")
    with pytest.raises(SegueError, match="characters that no key has") as error:
        key_for("localhost")
    assert "two words" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://host/v1", "https://host/v1/chat/completions"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1/chat/completions"),
        ("http://h/v1/chat/completions", "http://h/v1/chat/completions"),
        ("https://h/x?api-version=1", "https://h/x/chat/completions?api-version=1"),
    ],
)
def test_the_address_is_completed(url: str, endpoint: str) -> None:
    assert str(endpoint_of(url)) == endpoint


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "ftp://h/v1", "localhost:8000", "https://u:pw@h/v1"]
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(SegueError) as error:
        endpoint_of(url)
    assert "pw" not in str(error.value)
