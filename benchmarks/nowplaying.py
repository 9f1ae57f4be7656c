"""Claim: simple next-track recommenders reach what is published for session kNN and sequential rules on
nowplaying, and session kNN alone is better than both at once (P@20 >= 22.5 and MRR@20 >= 8.6).

DATA_DIR holds `all_train_seq.txt` and `test.txt` of GCE-GNN's nowplaying (pickled lists of numbers, read
with an unpickler that refuses everything but lists and numbers). The training sessions become playlists of a
workspace in a temporary directory; every prefix of `test.txt` is asked as a request, nothing filtered, and
its target ranked among all tracks. P@20 is the share of targets in the top 20, MRR@20 the mean of 1 / rank
there, both in percent; equal scores count as the middle of their ranks.

    python benchmarks/nowplaying.py DATA_DIR [--validate] [--limit N] [--seed 0]

`--validate` asks the newest tenth of the training sessions instead, after training on the others: what the
default settings were chosen on. Order in the file is order in time.
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.data.library import Library
from segue.data.request import History, Request
from segue.kit.metrics import chance, expected_rank, hit
from segue.kit.workspace import Workspace
from segue.models.counting.blend import Blend
from segue.models.counting.item_neighbours import ItemNeighbours
from segue.models.counting.markov import Markov
from segue.models.counting.own_plays import LastTrack, OwnPlays
from segue.models.counting.personal import Personal, WithPersonal
from segue.models.counting.popularity import Popularity
from segue.models.counting.rules import PUBLISHED, SequentialRules
from segue.models.counting.session_knn import SessionKNN
from segue.models.recommender import Recommender

K, BATCH = 20, 32
PAPERS = {
    "SR-GNN": (18.9, 7.5),
    "session kNN": (22.5, 7.1),
    "decayed sequential rules": (19.5, 8.6),
    "GCE-GNN": (22.4, 8.4),
}
"""P@20 and MRR@20 as published for this split."""
Prefixes = list[tuple[list[int], int]]


class Plain(pickle.Unpickler):
    """Reads numbers, strings, lists, tuples and dicts; anything with a name is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse."""
        raise pickle.UnpicklingError(f"{module}.{name} in a file that should hold lists of numbers")


def read(path: Path) -> Any:
    """What the file holds."""
    with path.open("rb") as file:
        return Plain(file).load()


def data(folder: Path, validate: bool) -> tuple[list[list[int]], Prefixes, int]:
    """Training sessions, prefixes with their targets, and the number of tracks, which count from 1."""
    train = read(folder / "all_train_seq.txt")
    n_tracks = max(max(session) for session in train)
    if not validate:
        prefixes, targets = read(folder / "test.txt")
        return train, list(zip(prefixes, targets, strict=True)), n_tracks
    cut = round(0.9 * len(train))
    known = {track for session in train[:cut] for track in session}
    newest = [[track for track in session if track in known] for session in train[cut:]]
    asked = [(session[:i], session[i]) for session in newest for i in range(1, len(session))]
    return train[:cut], asked, n_tracks


def build(root: Path, sessions: list[list[int]], n_tracks: int) -> Workspace:
    """A workspace whose playlists are the sessions, a minute apart."""
    ids = [str(track) for track in range(1, n_tracks + 1)]
    tracks = pl.DataFrame({"track_id": ids, "title": ids, "artist": ["unknown"] * n_tracks})
    start = datetime(2000, 1, 1, tzinfo=UTC)
    lists = pl.DataFrame(
        {
            "playlist_id": [f"{n:07}" for n in range(len(sessions))],
            "created_at": [start + timedelta(minutes=n) for n in range(len(sessions))],
            "track_id": [[str(track) for track in session] for session in sessions],
            "position": [list(range(len(session))) for session in sessions],
            "split": ["train"] * len(sessions),
        }
    ).explode("track_id", "position")
    workspace = Workspace(root)
    Catalogue(
        conform("tracks", tracks, TRACKS), empty(PLAYS), conform("playlists", lists, PLAYLISTS), []
    ).save(workspace)
    return workspace


def measure(model: Recommender, requests: list[Request], targets: NDArray[np.int64]) -> tuple[float, float]:
    """P@20 and MRR@20 in percent."""
    above, tied = np.empty(len(targets), np.int64), np.empty(len(targets), np.int64)
    for start in range(0, len(requests), BATCH):
        batch = slice(start, start + BATCH)
        scores = model.score(requests[batch])
        wanted = scores[np.arange(len(scores)), targets[batch]][:, None]
        above[batch] = np.count_nonzero(scores > wanted, axis=1)
        tied[batch] = np.count_nonzero(scores == wanted, axis=1)
    rank = expected_rank(above, tied)
    return 100 * float(hit(above, tied, 1, K).mean()), 100 * float(np.where(rank <= K, 1 / rank, 0).mean())


def models(seed: int) -> dict[str, Callable[[Workspace], Recommender]]:
    """What is measured: row of the table -> how it is fitted."""
    return {
        "popularity": lambda w: Popularity.fit(Library.open(w)),
        "own plays": lambda w: OwnPlays.fit(Library.open(w)),
        "last track": lambda w: LastTrack.fit(Library.open(w)),
        "Markov": lambda w: Markov.fit(Library.open(w)),
        "item neighbours": lambda w: ItemNeighbours.fit(Library.open(w)),
        "sequential rules, as published": lambda w: SequentialRules.fit(Library.open(w), PUBLISHED),
        "sequential rules": lambda w: SequentialRules.fit(Library.open(w)),
        "session kNN": lambda w: SessionKNN.fit(Library.open(w)),
        "session kNN + personal": lambda w: WithPersonal.fit(Library.open(w), Personal(weight=1.0)),
        "blend": lambda w: Blend.fit(Library.open(w), {"seed": seed}),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DATA_DIR")
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--limit", type=int, help="ask only so many prefixes, drawn at random")
    parser.add_argument("--only", help="only rows whose name has this in it")
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    sessions, asked, n_tracks = data(a.folder, a.validate)
    if a.limit is not None and a.limit < len(asked):
        drawn = np.random.default_rng(a.seed).choice(len(asked), a.limit, replace=False)
        asked = [asked[i] for i in drawn]
    print(f"{len(sessions):,} training sessions, {len(asked):,} prefixes, {n_tracks:,} tracks, seed {a.seed}")
    requests = []
    for prefix, _ in asked:
        ids = np.array([str(track) for track in prefix], object)
        requests.append(Request(history=History(ids, np.full(len(ids), np.nan, np.float32))))
    targets = np.array([target - 1 for _, target in asked])
    print(f"{'':32}{'P@20':>7}{'MRR@20':>8}{'fit s':>8}{'score s':>9}  (seconds of CPU, one thread)")
    even = chance(n_tracks)
    top = sum(1 / rank for rank in range(1, K + 1)) / n_tracks
    print(f"{'chance':32}{100 * K / n_tracks:7.2f}{100 * top:8.2f}", f"(mean rank {even['rank']:,.0f})")
    with tempfile.TemporaryDirectory() as root:
        workspace = build(Path(root) / "nowplaying", sessions, n_tracks)
        for name, fit in models(a.seed).items():
            if a.only and a.only not in name:
                continue
            start = time.process_time()
            model = fit(workspace)
            middle = time.process_time()
            p, mrr = measure(model, requests, targets)
            end = time.process_time()
            print(f"{name:32}{p:7.2f}{mrr:8.2f}{middle - start:8.1f}{end - middle:9.1f}", flush=True)
            if isinstance(model, Blend):
                print("  weights:", ", ".join(f"{n} {w:.3f}" for n, w in model.weights.items()))
    for name, (p, mrr) in PAPERS.items():
        print(f"{'published: ' + name:32}{p:7.1f}{mrr:8.1f}")


if __name__ == "__main__":
    main()
