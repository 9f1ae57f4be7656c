"""The worlds of `listening_gate.py`: where a listening log comes from, and how its test is divided off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from experiment_worlds import _save_content, exact
from nowplaying import data
from replication_sets import prepare
from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Tables, conform, empty
from segue.features import metadata, semantic
from segue.importing import add as importing
from segue.kit.workspace import Workspace
from segue.listening.options import SessionOptions
from segue.listening.sessions import make_sessions
from segue.sources import lastfm1k, lme
from segue.sources.synthetic import importer as synthetic


def household(folder: Path, seed: int) -> Workspace:
    """Six synthetic listeners of one catalogue, whose logs are of different years, each with a test."""
    source, workspace = folder / f"lastfm1k-household-{seed}", Workspace(folder / f"household-{seed}")
    if not (source / "content.parquet").exists():
        synthetic.generate(source, listeners=6, tracks=4000, plays=72_000, seed=seed, quirks=False)
    if not workspace.catalogue.exists():
        plays = pl.read_csv(source / "exact_plays.csv", schema_overrides={"track_id": pl.String})
        years = 2 * (pl.col("user_id").rank("dense").cast(pl.Int64) - 1)
        time = pl.col("played_at").str.to_datetime(time_zone="UTC", time_unit="us")
        plays = plays.with_columns(played_at=time + pl.duration(days=365 * years))
        tracks = pl.read_csv(source / "durations.csv", schema_overrides={"track_id": pl.String})
        tracks = tracks.join(lastfm1k.read(source).tracks, on="track_id", how="left", maintain_order="left")
        importing.add(workspace, Tables(tracks=tracks, plays=plays))
    make_sessions(workspace, SessionOptions.preset("all", min_events=5, others="train"))
    if not (workspace.feature("audio") / "card.json").exists():
        _save_content(workspace, source / "content.parquet")
    return workspace


def playlists(path: Path, folder: Path) -> Workspace:
    """Radio playlists of Cornell's LME as sessions; content is what titles, artists and tags say."""
    workspace = Workspace(folder / path.name)
    if not workspace.catalogue.exists():
        importing.add(workspace, lme.read(path))
    return with_words(workspace)


def with_words(workspace: Workspace) -> Workspace:
    """The workspace with the content that its words are: metadata, and tags where it has some."""
    metadata.compute(workspace)
    semantic.compute(workspace)
    return workspace


def sessions(path: Path, folder: Path) -> Workspace:
    """nowplaying: training sessions as playlists a minute apart, then the test's sessions."""
    workspace = Workspace(folder / "nowplaying")
    if workspace.catalogue.exists():
        return workspace
    train, prefixes, n_tracks = data(path, False)
    test: list[list[int]] = []
    for prefix, target in prefixes:
        # The file has each session's prefixes from the longest to the shortest.
        whole = [*prefix, target]
        if not (test and len(whole) < len(test[-1]) and test[-1][: len(whole)] == whole):
            test.append(whole)
    found, start = [*train, *test], datetime(2000, 1, 1, tzinfo=UTC)
    ids = [str(track) for track in range(1, n_tracks + 1)]
    lists = pl.DataFrame(
        {
            "playlist_id": [f"{n:07}" for n in range(len(found))],
            "created_at": [start + timedelta(minutes=n) for n in range(len(found))],
            "track_id": [[str(track) for track in session] for session in found],
            "position": [list(range(len(session))) for session in found],
            "split": ["train"] * len(train) + ["test"] * len(test),
        }
    ).explode("track_id", "position")
    tracks = pl.DataFrame({"track_id": ids, "title": ids, "artist": ["unknown"] * n_tracks})
    tables = conform("tracks", tracks, TRACKS), empty(PLAYS), conform("playlists", lists, PLAYLISTS), []
    Catalogue(*tables).save(workspace)
    return workspace


FILTERED = {"filter_history": True}
WORLDS: dict[str, Callable[[Path, Path, int], tuple[Workspace, dict[str, bool]]]] = {
    "synthetic": lambda path, folder, seed: (exact(folder, (400, 4000, 160_000), seed).workspace, {}),
    "household": lambda path, folder, seed: (household(folder, seed), {}),
    "nyphil": lambda path, folder, seed: (with_words(prepare("nyphil", path, folder / "nyphil")), {}),
    "yes": lambda path, folder, seed: (playlists(path, folder), {}),
    "nowplaying": lambda path, folder, seed: (sessions(path, folder), {}),
    "beauty": lambda path, folder, seed: (prepare("beauty", path, folder / "beauty"), FILTERED),
    "ml-1m": lambda path, folder, seed: (prepare("ml-1m", path, folder / "ml-1m"), FILTERED),
}
"""World -> its workspace and the choices of its protocol, from the data's path, a folder and a seed."""
