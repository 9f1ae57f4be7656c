"""Claim: 20,000 full rankings over 12,000 tracks are evaluated in under 60 s on two cores.

Ours is `next_track.evaluate` on a made-up workspace, through the recommenders' real contract, with a cheap
matrix model and the chance row that is always there, so twice as many rankings as are claimed; the models'
own scoring is taken off, all else counts: reading the log, building the histories, ranking, the top 10, the
metrics. The peer sorts every line of the same scores (`numpy.argsort`) and looks the target up in it, ties
broken by position, and computes the same metrics request by request; its time is ranking alone. Both must
give the same ranks wherever nothing ties, and the same means. Where ranx is installed (`--peers DIR` for an
environment of its own) it is timed too, on a sample, extrapolated. The warm-up is a run on few requests.

    python benchmarks/full_ranking.py [--requests 20000] [--tracks 12000] [--seed 0] [--peers DIR]
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.data.library import Library
from segue.data.log import EVENTS, Log
from segue.data.request import Request
from segue.evaluation import next_track
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.summary import summary
from segue.evaluation.tasks import NEXT_TRACK, with_metrics
from segue.kit.arrays import Floats
from segue.kit.metrics import CUTS, METRICS
from segue.kit.workspace import Workspace, write_json
from segue.models.recommender import Recommender

DIM, TEST_PLAYS, TRAIN_PLAYS = 64, 10, 40
RANX_SAMPLE = 200


class Matrix(Recommender):
    """The mean vector of the last ten plays times every track's vector."""

    name: ClassVar[str] = "matrix"

    def __init__(self, catalogue: Catalogue, seed: int = 0) -> None:
        super().__init__(catalogue)
        self.vectors = np.random.default_rng(seed).standard_normal((len(catalogue), DIM), np.float32)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores of every track, float32 (n_requests, n_tracks)."""
        centres = [self.vectors[self.heard(request, 10)].mean(axis=0) for request in requests]
        return np.stack(centres) @ self.vectors.T

    @classmethod
    def _fit(cls, library: Library, settings: Any) -> Self:
        return cls(library.catalogue)

    def _save(self, directory: Path) -> None:
        raise NotImplementedError

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        raise NotImplementedError


def make(root: Path, n_requests: int, n_tracks: int, seed: int) -> Workspace:
    """A workspace whose listeners have 40 plays of training and 10 of test each, by Zipf's law."""
    generator = np.random.default_rng(seed)
    n_listeners = math.ceil(n_requests / TEST_PLAYS)
    weight = 1 / np.arange(1, n_tracks + 1)
    per = TRAIN_PLAYS + TEST_PLAYS
    rows = generator.choice(n_tracks, n_listeners * per, p=weight / weight.sum())
    ids = np.array([f"t{i}" for i in range(n_tracks)], dtype=object)
    tracks = pl.DataFrame({"track_id": ids.tolist(), "title": ids.tolist(), "artist": ["a"] * n_tracks})
    events = pl.DataFrame(
        {
            "user_id": np.repeat([f"u{i:06}" for i in range(n_listeners)], per),
            "session_id": np.ones(len(rows), np.int32),
            "track_id": ids[rows].tolist(),
            "played_at": [datetime(2020, 1, 1, tzinfo=UTC)] * len(rows),
            "gap_s": np.zeros(len(rows), np.float32),
            "completion": np.ones(len(rows), np.float32),
            "state": ["full"] * len(rows),
            "split": (["train"] * TRAIN_PLAYS + ["test"] * TEST_PLAYS) * n_listeners,
        }
    ).cast(EVENTS)
    plays = conform("plays", events.select("user_id", "track_id", "played_at"), PLAYS)
    workspace = Workspace(root)
    Catalogue(conform("tracks", tracks, TRACKS), plays, empty(PLAYLISTS), []).save(workspace)
    (root / "listening").mkdir()
    events.write_parquet(root / "listening" / "events.parquet")
    write_json(root / "listening" / "card.json", {})
    return workspace


def by_sorting(line: Any, target: int) -> dict[str, float]:
    """The metrics of one request the usual way: sort all tracks, find the target's place."""
    rank = int(np.flatnonzero(np.argsort(-line) == target)[0]) + 1
    found = {"mrr": 1 / rank, "rr": 1 / rank, "rank": float(rank)}
    for k in CUTS:
        inside = rank <= k
        found |= {f"hit{k}": inside, f"ndcg{k}": inside / math.log2(rank + 1), f"mrr{k}": inside / rank}
    return found


def sort_all(model: Matrix, log: Log, events: Any) -> tuple[pl.DataFrame, float]:
    """The peer over all requests, in batches as ours; a row a request, and seconds without scoring."""
    found, seconds = [], 0.0
    for start in range(0, len(events), 256):
        batch = events[start : start + 256]
        scores = model.score([Request(history=log.history(event)) for event in batch])
        began = time.perf_counter()
        found += [by_sorting(line, row) for line, row in zip(scores, log.rows[batch], strict=True)]
        seconds += time.perf_counter() - began
    return pl.DataFrame(found).cast(dict.fromkeys((metric.name for metric in METRICS), pl.Float64)), seconds


def by_ranx(model: Matrix, log: Log, events: Any) -> float | None:
    """Seconds that ranx takes for a sample of the requests, scaled to all; None where it is not there."""
    try:
        from ranx import Qrels, Run, evaluate
    except ImportError:
        return None
    names = [f"{name}@{k}" for name in ("hit_rate", "ndcg", "mrr") for k in CUTS]
    times = []
    for sample in (events[:2], events[:RANX_SAMPLE]):  # the first compiles
        scores = model.score([Request(history=log.history(event)) for event in sample])
        began = time.perf_counter()
        qrels = Qrels({str(e): {log.ids[log.rows[e]]: 1} for e in sample})
        lines = [dict(zip(log.ids, line.tolist(), strict=True)) for line in scores]
        evaluate(qrels, Run(dict(zip(map(str, sample), lines, strict=True))), names)
        times.append(time.perf_counter() - began)
    return times[-1] * len(events) / RANX_SAMPLE


def main() -> None:
    """Measure and print the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--tracks", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", default="", help="a folder with ranx")
    a = parser.parse_args()
    sys.path.append(a.peers)
    print(f"{a.requests:,} requests x {a.tracks:,} tracks, seed {a.seed}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        workspace = make(Path(folder) / "music", a.requests, a.tracks, a.seed)
        library = Library.open(workspace)
        model = Matrix(library.catalogue, a.seed)
        next_track.evaluate(library, {"matrix": model}, protocol=Protocol(max_requests=300))
        began = time.perf_counter()
        protocol = Protocol(max_requests=a.requests)
        results = with_metrics(next_track.evaluate(library, {"matrix": model}, protocol=protocol))
        whole = time.perf_counter() - began
        log = Log.load(workspace, Catalogue.load(workspace))
    scoring = float(results["seconds"].sum())
    ours = results.filter(pl.col("model") == "matrix")
    events = log.targets("test")[: a.requests]
    began = time.perf_counter()
    summary(NEXT_TRACK, results)
    bootstrap = time.perf_counter() - began
    peer, sorting = sort_all(model, log, events)
    alone = (ours["tied"] == 1).to_numpy()
    np.testing.assert_array_equal(ours["rank"].to_numpy()[alone], peer["rank"].to_numpy()[alone])
    for name in (metric.name for metric in METRICS):
        np.testing.assert_allclose(ours[name].mean(), peer[name].mean(), rtol=1e-3)  # type: ignore[arg-type]
    print(f"equal ranks at the {alone.sum():,} requests without a tie; every mean within 0.1 %")
    shown = ", ".join(f"{name} {ours[name].mean():.5f}" for name in ("hit10", "ndcg10", "mrr"))
    print(f"  quality, both: {shown}")
    print(f"  ours: {whole - scoring:.2f} s for {results.height:,} rankings (with scoring {whole:.2f} s)")
    print(f"  ours, intervals of all metrics, 2,000 draws: {bootstrap:.2f} s more")
    print(f"  argsort of every request: {sorting:.2f} s for {len(events):,} rankings")
    ranx = by_ranx(model, log, events)
    print(f"  ranx, extrapolated: {ranx:.0f} s" if ranx else "  ranx: not installed")
    print(f"ratio (argsort / ours, which ranks twice as many): {sorting / (whole - scoring):.1f}")


if __name__ == "__main__":
    main()
