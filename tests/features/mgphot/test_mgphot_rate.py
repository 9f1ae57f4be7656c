"""Rating against a real server on this machine: what it may do wrong, what is kept, what is asked again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mgphot_server import Reply, completion, good, ratings, serving, song
from segue.data import store
from segue.describe.mgphot import values
from segue.describe.mgphot.agreement import agreement, consensus, krippendorff
from segue.describe.mgphot.client import Rater
from segue.describe.mgphot.plan import Settings, estimate, journal_of, raters_of
from segue.describe.mgphot.prompt import OWN_EXAMPLES, track_message
from segue.describe.mgphot.rate import rate
from segue.describe.mgphot.schema import DIM, NAMES, TOP
from segue.features.mgphot import compute
from segue.kit.asking import STOP_AFTER, Prices
from segue.kit.completions import Limits, endpoint_of, key_for
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

KEY = "sk-secret-0123456789"
QUICK = Limits(timeout=5, tries=3, repairs=2, pause=0.001)
Make = Callable[..., Workspace]


def tracks(n: int) -> list[dict[str, Any]]:
    return [{"track_id": f"t{i}", "title": f"Song {i}", "artist": f"Band {i % 3}"} for i in range(n)]


def settings(url: str, *models: str, **others: Any) -> Settings:
    raters = raters_of(models or ("m",))
    return Settings(**({"url": url, "raters": raters, "limits": QUICK} | others))


def expected(row: dict[str, Any], rater: str = "m None") -> np.ndarray:
    given = ratings(track_message(row), rater)
    return np.array([np.nan if given[n] is None else given[n] / TOP for n in NAMES], np.float32)


def rated(workspace: Workspace) -> dict[str, np.ndarray]:
    found = values.read(workspace, "rated")
    assert found is not None
    return dict(zip(found.track_ids, found.matrix, strict=True))


def test_every_track_gets_what_the_model_said(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(7))
    with serving() as server:
        lines = rate(workspace, settings(server.url, workers=3))
    found = rated(workspace)
    assert len(found) == 7
    for row in tracks(7):
        assert np.array_equal(found[row["track_id"]], expected(row), equal_nan=True)
    assert lines[0] == "asked 7 questions in 7 requests, 7,000 tokens in and 2,800 out"
    body = server.bodies[0]
    assert body["temperature"] == 0
    assert "seed" not in body
    assert body["response_format"]["type"] == "json_schema"
    assert body["messages"][1]["content"].startswith("artist: Franz Xaver Gruber")


def test_the_feature_and_the_tags_follow(make_workspace: Make) -> None:
    """Present rows are finite; what the model did not know is marked and has the mean of its column."""
    workspace = make_workspace(tracks(6))
    with serving() as server:
        rate(workspace, settings(server.url, track_ids=("t1", "t4", "t5")))
    assert "3 of 6 tracks (3 rated)" in compute(workspace)[-1]
    feature, card, tensors = store.load_any(workspace, "mgphot")
    assert feature.present.tolist() == [False, True, False, False, True, True]
    assert feature.matrix.shape == (6, DIM)
    assert feature.matrix[feature.present].min() >= 0
    assert feature.matrix.max() <= 1
    matrix = np.stack([expected(tracks(6)[i]) for i in (1, 4, 5)])
    assert np.array_equal(tensors["known"][feature.present].astype(bool), np.isfinite(matrix))
    assert np.allclose(
        feature.matrix[feature.present], np.where(np.isnan(matrix), np.nanmean(matrix, 0), matrix)
    )
    assert card["tracks"] == {"loaded": 0, "rated": 3, "predicted": 0}
    assert card["ratings"]["raters"] == ["m, temperature 0"]
    tags = pl.read_parquet(workspace.root / "descriptions" / "tags-mgphot.parquet")
    assert set(tags["track_id"]) <= {"t1", "t4", "t5"}
    assert (tags["score"] > 0.8).all()
    assert "unchanged, skipped" in compute(workspace)[-1]


def test_a_second_run_asks_only_what_is_missing(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(6))
    with serving() as server:
        rate(workspace, settings(server.url, limit=4))
        assert sorted(server.songs) == sorted(track_message(r) for r in tracks(4))
        plan = estimate(workspace, settings(server.url))
        assert (plan.tracks, plan.answered, plan.usage.requests, plan.measured) == (6, 4, 2, True)
        assert plan.usage.prompt == 2000
        rate(workspace, settings(server.url))
        assert len(server.bodies) == 6
        lines = rate(workspace, settings(server.url))
        assert lines[0] == "nothing to ask: every track is rated"
        assert len(server.bodies) == 6
        # Another model, prompt or temperature is another question.
        rate(workspace, settings(server.url, "other", limit=1))
        rate(workspace, settings(server.url, extras=("tags",), limit=1))
        rate(workspace, settings(server.url, raters=(Rater("m", 0.7, 3),), limit=1))
        assert len(server.bodies) == 9
        assert server.bodies[-1]["seed"] == 3
        rate(workspace, settings(server.url))
        assert len(server.bodies) == 9
    assert len(rated(workspace)) == 6


def test_tracks_that_read_the_same_are_asked_once(make_workspace: Make) -> None:
    twins = [{"track_id": t, "title": "Same", "artist": "Band"} for t in ("a", "b")]
    workspace = make_workspace(twins)
    with serving() as server:
        rate(workspace, settings(server.url))
    assert len(server.bodies) == 1
    found = rated(workspace)
    assert np.array_equal(found["a"], found["b"], equal_nan=True)


def test_a_rater_sees_the_tags_but_not_his_own(make_workspace: Make) -> None:
    """Tags that came of ratings would change the question, and so ask everything again."""
    workspace = make_workspace([row | {"tags": ["folk"]} for row in tracks(3)])
    with serving() as server:
        rate(workspace, settings(server.url, extras=("tags",)))
        compute(workspace)
        rate(workspace, settings(server.url, extras=("tags",)))
    assert len(server.bodies) == 3
    assert all(said.endswith("\ntags: folk") for said in server.songs)


class Moody:
    """Gives each song its replies in turn, then answers well."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.asked = replies, dict[str, int]()

    def __call__(self, body: dict[str, Any]) -> Reply:
        number = self.asked.get(song(body), 0)
        self.asked[song(body)] = number + 1
        return self.replies[number] if number < len(self.replies) else good(body)


HALF = dict.fromkeys(NAMES, 2.5)
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


def test_the_estimate_is_near_what_is_used(make_workspace: Make) -> None:
    """The made-up server counts a token for every 2.9 characters it reads and every 2.2 it writes."""
    workspace = make_workspace(tracks(5))

    def reply(body: dict[str, Any]) -> Reply:
        answer = json.dumps(ratings(song(body)))
        asked = sum(len(m["content"]) for m in body["messages"])
        return completion(answer, round(asked / 2.9), round(len(answer) / 2.2))

    with serving(reply) as server:
        given = settings(server.url, prices=Prices(2.0, 8.0))
        before = estimate(workspace, given)
        assert not server.bodies
        rate(workspace, given)
    assert not before.measured
    entries = [json.loads(line) for line in journal_of(workspace).read_text("utf-8").splitlines()]
    used = np.sum([e["tokens"] for e in entries], axis=0)
    assert before.usage.prompt == pytest.approx(used[0], rel=0.1)
    assert before.usage.answer == pytest.approx(used[1], rel=0.1)
    assert before.money == pytest.approx((2 * used[0] + 8 * used[1]) / 1e6, rel=0.1)
    assert "5 tracks: 5 requests (0 answered before), about " in str(before)


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


def test_several_raters_are_compared_and_agreed(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(8))
    with serving() as server:
        raters = (Rater("m", 0.0, 1), Rater("m", 0.0, 2), Rater("n"))
        lines = rate(workspace, settings(server.url, raters=raters))
        assert len(server.bodies) == 24
    assert "3 raters differ by 0." in lines[1]
    row = tracks(8)[5]
    three = np.stack([expected(row, name) for name in ("m 1", "m 2", "n None")])
    known = np.isfinite(three).sum(axis=0) >= 2
    assert np.allclose(rated(workspace)["t5"][known], np.nanmedian(three[:, known], axis=0))
    table = pl.read_parquet(workspace.report("mgphot") / "agreement.parquet")
    assert table["attribute"].to_list() == list(NAMES)


def test_agreement_is_by_hand_what_it_is() -> None:
    """Krippendorff's own example of interval data (four observers, twelve units): alpha = 0.849."""
    gap = np.nan
    observers = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, gap, gap, gap],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, gap, 3],
            [gap, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, gap],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, gap],
        ]
    )
    assert krippendorff(observers) == pytest.approx(0.849, abs=5e-4)
    assert krippendorff(observers) == pytest.approx(pairwise_alpha(observers))
    assert krippendorff(np.ones((2, 5))) != krippendorff(np.ones((2, 5)))  # NaN: nothing to disagree about
    three = np.full((3, 4, DIM), gap, np.float32)
    three[:, :2, 0] = [[0.2, 0.4], [0.4, 0.4], [0.9, gap]]
    row = agreement(three).row(0, named=True)
    assert row["tracks"] == 2
    assert row["difference"] == pytest.approx((0.2 + 0.7 + 0.5 + 0.0) / 4)
    agreed = consensus(three)
    assert agreed[0, 0] == pytest.approx(0.4)
    assert consensus(three, "mean")[0, 0] == pytest.approx(0.5)
    assert np.isnan(agreed[2:]).all()


def pairwise_alpha(values: np.ndarray) -> float:
    """Krippendorff's alpha as he writes it: over all pairs."""
    units = [u[np.isfinite(u)] for u in values.T if np.isfinite(u).sum() > 1]
    pooled = np.concatenate(units)
    within = sum((np.subtract.outer(u, u) ** 2).sum() / (len(u) - 1) for u in units) / len(pooled)
    return 1 - within / ((np.subtract.outer(pooled, pooled) ** 2).sum() / (len(pooled) * (len(pooled) - 1)))


def test_a_journal_torn_in_its_last_line_is_mended(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(3))
    with serving() as server:
        rate(workspace, settings(server.url, workers=1))
        journal = journal_of(workspace)
        whole = journal.read_bytes()
        journal.write_bytes(whole[:-40])
        rate(workspace, settings(server.url))
        assert len(server.bodies) == 4
    assert sorted(journal.read_bytes().splitlines()) == sorted(whole.splitlines())
    journal.write_bytes(b"garbage\n" + whole)
    with pytest.raises(SegueError, match=r"answers.jsonl:1: not a journal of ratings"):
        estimate(workspace, settings("http://localhost/v1"))


RUN = """
import sys
from segue.kit.completions import Limits
from segue.describe.mgphot.plan import Settings, raters_of
from segue.describe.mgphot.rate import rate
from segue.kit.workspace import Workspace
settings = Settings(sys.argv[2], raters_of(["m", "n"]), workers=3, limits=Limits(pause=0.001))
rate(Workspace(sys.argv[1]), settings)
"""


def test_killed_at_any_moment_it_goes_on_where_it_stopped(make_workspace: Make, tmp_path: Path) -> None:
    """What was kept when the run was killed is not asked again, and the end is the same to the byte."""
    workspace = make_workspace(tracks(30))
    journal = journal_of(workspace)
    with serving(delay=0.02) as server:
        for enough in (5, 25):
            command = [sys.executable, "-c", RUN, str(workspace.root), server.url]
            child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + 60
            while not (journal.exists() and journal.read_bytes().count(b"\n") >= enough):
                assert child.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.002)
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        kept = {(e["track_id"], e["model"]) for e in map(json.loads, journal.read_bytes().splitlines()[:-1])}
        assert 24 <= len(kept) < 60
        time.sleep(0.1)  # the last questions of the dead reach the server
        server.bodies.clear()
        server.delay = 0.0
        rate(workspace, settings(server.url, "m", "n", workers=3))
        asked = {(song(b).split("Song ")[1], b["model"]) for b in server.bodies}
        assert len(server.bodies) == len(asked) == 60 - journalled_before(journal, len(server.bodies))
        assert not asked & {(t.removeprefix("t"), m) for t, m in kept}
        compute(workspace)
        other = Workspace(tmp_path / "other")
        (other.root / "catalogue").mkdir(parents=True)
        for file in workspace.catalogue.iterdir():
            (other.catalogue / file.name).write_bytes(file.read_bytes())
        rate(other, settings(server.url, "m", "n"))
        compute(other)
    for name in ("features/mgphot/matrix.safetensors", "features/mgphot/card.json"):
        assert (workspace.root / name).read_bytes() == (other.root / name).read_bytes()
    for name in ("tags-mgphot", "mgphot-rated"):
        files = [w.root / "descriptions" / f"{name}.parquet" for w in (workspace, other)]
        assert files[0].read_bytes() == files[1].read_bytes()


def journalled_before(journal: Path, new: int) -> int:
    return journal.read_bytes().count(b"\n") - new


def test_two_runs_at_once_do_not_pay_twice(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(2))
    with serving() as server:

        def reply(body: dict[str, Any]) -> Reply:
            with pytest.raises(SegueError, match="another run is asking"):
                rate(workspace, settings(server.url))
            return good(body)

        server.reply = reply
        rate(workspace, settings(server.url, workers=1))
    assert len(server.bodies) == 2


def test_an_unknown_track_and_no_rater_are_told(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(2))
    with pytest.raises(SegueError, match="no track 'x'"):
        estimate(workspace, settings("http://h/v1", track_ids=("t0", "x")))
    with pytest.raises(SegueError, match="no rater"):
        estimate(workspace, settings("http://h/v1", raters=()))


def test_our_examples_are_named_in_the_facts(make_workspace: Make) -> None:
    workspace = make_workspace(tracks(1))
    with serving() as server:
        rate(workspace, settings(server.url))
    found = values.read(workspace, "rated")
    assert found is not None
    assert found.facts["examples"] == [[e.artist, e.title] for e in OWN_EXAMPLES]
