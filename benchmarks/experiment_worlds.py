"""The workspaces of `published_experiment.py`: NYPhil, and a synthetic log, exact and as scrobbles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from replication_sets import prepare
from segue.data import store
from segue.data.catalogue import Tables
from segue.features import metadata
from segue.importing import add as importing
from segue.kit.workspace import Workspace, hash_of
from segue.listening.options import SessionOptions
from segue.listening.sessions import make_sessions
from segue.sources import lastfm1k
from segue.sources.synthetic import importer as synthetic


@dataclass(frozen=True)
class World:
    """A workspace with a listening log divided in time, and what its tracks are known by.

    Args:
        name: for titles.
        workspace: with its log and its content feature.
        content: the modality of the content.
        completion: what the completion ratios come from, "" where they mean nothing.
    """

    name: str
    workspace: Workspace
    content: str
    completion: str


def nyphil(path: Path, folder: Path) -> World:
    """NYPhil: content is what the title and the composer say. Its times are made up: no completion ratio."""
    workspace = prepare("nyphil", path, folder / "nyphil")
    metadata.compute(workspace)
    return World("NYPhil", workspace, "metadata", "")


def exact(folder: Path, size: tuple[int, int, int], seed: int) -> World:
    """The synthetic log with every play, early skips too, and the seconds heard of each."""

    def read(source: Path) -> Tables:
        tracks = pl.read_csv(source / "durations.csv", schema_overrides={"track_id": pl.String})
        names = lastfm1k.read(source).tracks
        plays = pl.read_csv(source / "exact_plays.csv", schema_overrides={"track_id": pl.String})
        times = pl.col("played_at").str.to_datetime(time_zone="UTC", time_unit="us")
        tracks = tracks.join(names, on="track_id", how="left", maintain_order="left")
        return Tables(tracks=tracks, plays=plays.with_columns(times))

    workspace = _synthetic(folder, "exact", size, seed, read)
    return World("synthetic, exact seconds", workspace, "audio", "the seconds heard, and given lengths")


def estimated(folder: Path, size: tuple[int, int, int], seed: int) -> World:
    """The same listening as Last.fm has it: no early skips, no lengths, the gap to the next play."""
    workspace = _synthetic(folder, "estimated", size, seed, lastfm1k.read)
    return World("synthetic, scrobbles", workspace, "audio", "gaps, and lengths estimated from gaps")


def _synthetic(
    folder: Path, name: str, size: tuple[int, int, int], seed: int, read: Callable[[Path], Tables]
) -> Workspace:
    """A workspace of the generated files, which are made where they are not there yet."""
    listeners, tracks, plays = size
    label = f"{listeners}-{tracks}-{plays}-{seed}"
    source = folder / f"lastfm1k-{label}"
    if not (source / "content.parquet").exists():
        synthetic.generate(source, listeners=listeners, tracks=tracks, plays=plays, seed=seed, quirks=False)
    workspace = Workspace(folder / f"{name}-{label}")
    if not workspace.catalogue.exists():
        importing.add(workspace, read(source))
    make_sessions(workspace, SessionOptions.preset("all", split="temporal", min_events=5, others="train"))
    if not (workspace.feature("audio") / "card.json").exists():
        _save_content(workspace, source / "content.parquet")
    return workspace


def _save_content(workspace: Workspace, path: Path) -> None:
    """The made-up content vectors as the feature that an audio encoder would have made."""
    ids = pl.read_parquet(workspace.catalogue / "tracks.parquet", columns=["track_id"])
    table = ids.join(pl.read_parquet(path), on="track_id", how="left", maintain_order="left")
    present = table["vector"].is_not_null().to_numpy()
    known = np.array(table["vector"].drop_nulls().to_list(), np.float32)
    matrix = np.zeros((len(table), known.shape[1]), np.float32)
    matrix[present] = known
    feature = store.Feature(matrix, present)
    store.save(workspace, "audio", feature, encoder="synthetic content", input_hash=hash_of(path))
