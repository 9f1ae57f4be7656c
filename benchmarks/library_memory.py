"""Claim: nine next-track baselines hold one library: at most 1.5 times one that is loaded, and themselves.

A made-up log of a million plays (2,000 listeners, 20,000 tracks, Zipf's law, sessions of ten). Two processes,
each with everything imported and a small library of the same kind gone through before the first figure: one
opens the library (catalogue, log); the other fits the nine that need no features as `segue fit --task
next-track` does, keeps them all, and evaluates them together. Printed are the resident megabytes gained
after each step, the highest that the process ever had (`ru_maxrss`), and the models' own arrays, counted
without what they share with the library or with each other.

    python benchmarks/library_memory.py [--plays 1000000] [--tracks 20000] [--requests 2000] [--seed 0]
        [--folder KEPT]
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.data.library import Library
from segue.data.log import EVENTS
from segue.evaluation import next_track
from segue.evaluation.next_track_protocol import Protocol
from segue.kit.workspace import Workspace, write_json
from segue.models.recommender import Recommender
from segue.models.registry import TABLE

EACH, SESSION, NEWEST = 500, 10, 0.1
SMALL = 20_000
"""Plays of the library that is gone through first, so that no import or compilation is counted."""


def make(root: Path, n_plays: int, n_tracks: int, seed: int) -> Workspace:
    """A workspace of listeners with 500 plays each, the newest tenth of them for testing."""
    generator = np.random.default_rng(seed)
    n = n_plays // EACH * EACH
    weight = 1 / np.arange(1, n_tracks + 1)
    rows = generator.choice(n_tracks, n, p=weight / weight.sum())
    place = np.arange(n) % EACH
    ids = np.array([f"track-{i:07}" for i in range(n_tracks)])
    names = [f"Title {i}" for i in range(n_tracks)]
    artists = [f"Artist {i // 10}" for i in range(n_tracks)]
    tracks = pl.DataFrame({"track_id": ids, "title": names, "artist": artists})
    start = np.datetime64(datetime(2020, 1, 1), "us")
    minutes = place * 4 + place // SESSION * 600 + np.arange(n) // EACH
    columns = {
        "user_id": np.repeat([f"listener-{i:06}" for i in range(n // EACH)], EACH),
        "session_id": 1 + place // SESSION,
        "track_id": ids[rows],
        "played_at": pl.Series(start + minutes.astype("timedelta64[m]")).dt.replace_time_zone(str(UTC)),
        "gap_s": np.full(n, 240.0),
        "completion": generator.random(n),
        "state": np.where(generator.random(n) < 0.7, "full", "partial"),
        "split": np.where(place < EACH * (1 - NEWEST), "train", "test"),
    }
    events = pl.DataFrame(columns).cast(EVENTS)  # type: ignore[arg-type]
    plays = conform("plays", events.select("user_id", "track_id", "played_at"), PLAYS)
    workspace = Workspace(root)
    Catalogue(conform("tracks", tracks, TRACKS), plays, empty(PLAYLISTS), []).save(workspace)
    (root / "listening").mkdir()
    events.write_parquet(root / "listening" / "events.parquet")
    write_json(root / "listening" / "card.json", {})
    return workspace


def resident() -> float:
    """Megabytes of this process that are in memory, what it has given back left out."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def highest() -> float:
    """The most megabytes that this process ever had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def arrays(thing: Any, seen: set[int]) -> int:
    """Bytes of the arrays and tables reachable from a thing, each once; what is in `seen` does not count."""
    if id(thing) in seen or isinstance(thing, (str, int, float, type, Path, Workspace)):
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return arrays(thing.base, seen) if isinstance(thing.base, np.ndarray) else thing.nbytes
    if isinstance(thing, pl.DataFrame):
        return int(thing.estimated_size())
    if isinstance(thing, dict):
        return sum(arrays(value, seen) for value in thing.values())
    if isinstance(thing, (list, tuple, set, frozenset)):
        return sum(arrays(value, seen) for value in thing)
    return arrays(getattr(thing, "__dict__", {}), seen)


def opened(root: Path) -> Library:
    """A library whose catalogue and log are in memory."""
    library = Library.open(root)
    _ = library.log, library.catalogue.rows
    return library


def nine(library: Library, requests: int, seed: int, note: Any) -> dict[str, Recommender]:
    """The nine, fitted and evaluated; `note` is told after each step."""
    models: dict[str, Recommender] = {}
    for line in (e for e in TABLE if "next-track" in e.tasks and e.verb == "fit" and not e.named_only):
        if line.name != "content_similarity":
            models[line.name] = line.kind.fit(library)
            note(line.name)
    protocol = Protocol(max_requests=requests, seed=seed)
    results = next_track.evaluate(library, models, protocol=protocol)
    assert results.height == (len(models) + 1) * requests
    del results
    note("evaluate")
    return models


def side(a: argparse.Namespace) -> None:
    """One process's figures as JSON."""
    nine(opened(a.folder / "small"), 20, a.seed, lambda step: None)
    steps: dict[str, float] = {}
    tops: dict[str, float] = {}
    start = resident()
    began = time.perf_counter()

    def note(step: str) -> None:
        steps[step] = resident() - start
        tops[step] = highest() - start

    library = opened(a.folder / "large")
    note("library")
    own = 0
    if a.side == "nine":
        models = nine(library, a.requests, a.seed, note)
        seen: set[int] = set()
        arrays(library, seen)
        own = arrays(models, seen)
    facts = {"steps": steps, "tops": tops, "peak": highest() - start, "models": own / 1e6}
    print(json.dumps(facts | {"seconds": time.perf_counter() - began}))


def main() -> None:
    """Both processes, the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--plays", type=int, default=1_000_000)
    parser.add_argument("--tracks", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="keep the workspaces here")
    parser.add_argument("--side", choices=["library", "nine"])
    a = parser.parse_args()
    if a.side:
        return side(a)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = a.folder or Path(temporary)
        if not (folder / "large").exists():
            make(folder / "small", SMALL, 1000, a.seed)
            make(folder / "large", a.plays, a.tracks, a.seed)
        given = [f"--{name}={getattr(a, name)}" for name in ("plays", "tracks", "requests", "seed")]
        for name in ("library", "nine"):
            command = [sys.executable, __file__, *given, "--folder", str(folder), "--side", name]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found[name] = json.loads(done.stdout)
    one, all_ = found["library"], found["nine"]
    print(f"{a.plays:,} plays, {a.tracks:,} tracks, {a.requests:,} requests, seed {a.seed}")
    print(f"one library: {one['steps']['library']:,.0f} MB resident, {one['peak']:,.0f} MB at its peak")
    for step, megabytes in all_["steps"].items():
        print(f"  {step:16} {megabytes:7,.0f} MB, highest so far {all_['tops'][step]:7,.0f} MB")
    print(f"nine, fitted and evaluated: peak {all_['peak']:,.0f} MB, {all_['seconds']:.0f} s")
    print(f"the models' own arrays: {all_['models']:,.0f} MB")
    for what, gained, library in (
        ("resident", list(all_["steps"].values())[-1], one["steps"]["library"]),
        ("peak", all_["peak"], one["peak"]),
    ):
        print(f"ratio ({what} less the models / one library): {(gained - all_['models']) / library:.2f}")


if __name__ == "__main__":
    main()
