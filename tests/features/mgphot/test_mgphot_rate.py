"""Rating against a real server on this machine: what is asked, kept, compared, asked again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mgphot_rating import Make, expected, rated, settings, tracks
from mgphot_server import Reply, completion, good, ratings, serving, song
from segue.data import store
from segue.describe.mgphot import values
from segue.describe.mgphot.agreement import agreement, consensus, krippendorff
from segue.describe.mgphot.client import Rater
from segue.describe.mgphot.plan import estimate, journal_of
from segue.describe.mgphot.prompt import OWN_EXAMPLES, track_message
from segue.describe.mgphot.rate import rate
from segue.describe.mgphot.schema import DIM, NAMES
from segue.features.mgphot import compute
from segue.kit.asking import Prices
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


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
