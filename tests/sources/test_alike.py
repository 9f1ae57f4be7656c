"""Playlists that are nearly the same never stand in two splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from segue.data.catalogue import Catalogue, Tables
from segue.importing import add as importing
from segue.importing.alike import groups
from segue.kit.workspace import Workspace


def table(lists: dict[str, list[int]]) -> pl.DataFrame:
    rows = [(name, place, str(track)) for name, ids in lists.items() for place, track in enumerate(ids)]
    return pl.DataFrame(rows, schema=["playlist_id", "position", "track_id"], orient="row")


def by_hand(lists: dict[str, list[int]]) -> set[frozenset[str]]:
    """Groups of nearly equal lists, every pair compared."""
    group = {name: {name} for name in lists}
    for a in lists:
        for b in lists:
            one, other = set(lists[a]), set(lists[b])
            share, least = len(one & other) / len(one | other), min(len(one), len(other))
            if (share == 1 and least > 2) or (share >= 0.7 and least >= 4):
                merged = group[a] | group[b]
                for name in merged:
                    group[name] = merged
    return {frozenset(g) for g in group.values() if len(g) > 1}


def test_the_groups_are_those_of_every_pair_compared() -> None:
    random = np.random.default_rng(0)
    lists = {f"p{n}": random.choice(400, random.integers(2, 15), replace=False).tolist() for n in range(150)}
    for n in range(0, 60, 2):
        copy = list(lists[f"p{n}"])
        copy[0] = int(random.integers(400))
        lists[f"copy{n}"] = copy[::-1] if n % 4 else lists[f"p{n}"]
    found = groups(table(lists)).group_by("group").agg("playlist_id")
    assert {frozenset(g) for g in found["playlist_id"]} == by_hand(lists)


def test_no_near_copy_leaks_from_training_to_the_test(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    lists = {f"p{n}": random.choice(500, 8, replace=False).tolist() for n in range(200)}
    lists |= {f"copy-{name}": [*ids[:-1], 499 - n] for n, (name, ids) in enumerate(lists.items())}
    tracks = pl.DataFrame({"track_id": [str(n) for n in range(500)]}).with_columns(
        title="track_id", artist="track_id"
    )
    workspace = Workspace(tmp_path / "w")
    report = importing.add(workspace, Tables(tracks, table(lists)), validation=0.2, test=0.3)
    split = dict(
        Catalogue.load(workspace).playlists.unique("playlist_id").select("playlist_id", "split").iter_rows()
    )
    assert all(split[name] == split[f"copy-{name}"] for name in lists if not name.startswith("copy"))
    assert min(report.splits["playlists"].values()) > 40
    later = {f"later-{name}": ids for name, ids in list(lists.items())[:50]}
    importing.add(workspace, Tables(tracks, table(later)), validation=0.2, test=0.3)
    split = dict(
        Catalogue.load(workspace).playlists.unique("playlist_id").select("playlist_id", "split").iter_rows()
    )
    assert all(split[name] == split[name.removeprefix("later-")] for name in later)
