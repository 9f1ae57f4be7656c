"""The made-up log: the layout, the rules of what counts, and the structure that is to be found again."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segue.data.catalogue import Tables
from segue.kit.errors import SegueError
from segue.sources import lastfm1k
from segue.sources.synthetic import importer as synthetic
from segue.sources.synthetic.model import ALBUM

SIZE = {"listeners": 60, "tracks": 3000, "plays": 60_000}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made") / "log"
    synthetic.generate(place, **SIZE, seed=0)
    return place


@pytest.fixture(scope="module")
def read(folder: Path) -> Tables:
    return lastfm1k.read(folder)


@pytest.fixture(scope="module")
def exact(folder: Path) -> pl.DataFrame:
    durations = pl.read_csv(folder / "durations.csv")
    plays = pl.read_csv(folder / "exact_plays.csv", try_parse_dates=True)
    return plays.join(durations, on="track_id", how="left", maintain_order="left")


def test_same_seed_same_files(folder: Path, tmp_path: Path) -> None:
    synthetic.generate(tmp_path / "again", **SIZE, seed=0)
    synthetic.generate(tmp_path / "other", **SIZE, seed=1)
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
    assert (folder / "exact_plays.csv").read_bytes() != (tmp_path / "other" / "exact_plays.csv").read_bytes()


def test_the_files_fit_together(folder: Path, read: Tables, exact: pl.DataFrame) -> None:
    """Every play that counts by Last.fm's rule is in the events file, and no other."""
    assert exact.height == SIZE["plays"]
    assert exact["duration_s"].null_count() == 0
    assert exact["user_id"].n_unique() == SIZE["listeners"]
    counts = exact.filter(pl.col("played_s") >= pl.min_horizontal(pl.col("duration_s") / 2, 240))
    assert 0.75 < counts.height / exact.height < 0.95
    assert read.plays is not None
    keys = ["user_id", "track_id", "played_at"]
    one = read.plays.select(keys).with_columns(pl.col("played_at").dt.replace_time_zone(None).cast(pl.String))
    two = counts.select(keys).with_columns(pl.col("played_at").dt.replace_time_zone(None).cast(pl.String))
    assert one["played_at"].str.slice(0, 19).sort().equals(two["played_at"].str.slice(0, 19).sort())
    assert (
        one.select("user_id", "track_id")
        .sort(pl.all())
        .equals(two.select("user_id", "track_id").sort(pl.all()))
    )
    content = pl.read_parquet(folder / "content.parquet")
    assert set(content["track_id"]) == set(pl.read_csv(folder / "durations.csv")["track_id"])
    assert content["vector"].list.len().unique().to_list() == [16]
    assert content["track_id"].is_unique().all()


def test_the_quirks_are_there_and_only_when_wanted(folder: Path, read: Tables, tmp_path: Path) -> None:
    assert read.dropped == {
        "play in the future": 3,
        "line with another number of columns": 2,
        "line without a time": 1,
        "line with a blank artist": 1,
        "line with a blank title": 1,
    }
    tracks = read.tracks
    assert 0.05 < tracks["mbid"].null_count() / tracks.height < 0.2
    assert tracks["title"].str.contains('"').any()
    assert tracks["title"].str.contains("夜|青|Тих|Бел").any()
    assert tracks.select("title", "artist").is_duplicated().any(), "one song under two ids"
    synthetic.generate(tmp_path / "plain", **SIZE, seed=0, quirks=False)
    plain = lastfm1k.read(tmp_path / "plain")
    assert plain.dropped == Counter()
    assert plain.tracks["mbid"].null_count() == 0
    assert not plain.tracks.select("title", "artist").is_duplicated().any()
    text = (tmp_path / "plain" / lastfm1k.EVENTS_FILE).read_bytes()
    assert text.isascii()
    assert b'"' not in text


def test_newest_first_for_each_listener(tmp_path: Path) -> None:
    synthetic.generate(tmp_path / "log", **SIZE, seed=3, quirks=False)
    lines = (tmp_path / "log" / lastfm1k.EVENTS_FILE).read_text("utf-8").splitlines()
    heads = [line.split("\t")[:2] for line in lines]
    assert all(a[0] < b[0] or (a[0] == b[0] and a[1] > b[1]) for a, b in itertools.pairwise(heads))


def test_plays_follow_each_other_and_never_overlap(exact: pl.DataFrame) -> None:
    """A play ends before the next begins; after one that was cut short the next comes at once."""
    table = exact.with_columns(
        gap=pl.col("played_at").shift(-1).over("user_id").sub(pl.col("played_at")).dt.total_seconds()
    ).drop_nulls("gap")
    assert (table["gap"] > table["played_s"]).all()
    near = table.filter(pl.col("gap") < 1200)
    short = near.filter(pl.col("played_s") < pl.col("duration_s"))
    assert (short["gap"] - short["played_s"]).max() == 1
    assert 0.1 < short.height / near.height < 0.4
    assert (exact["played_s"] <= exact["duration_s"]).all()
    assert (exact["played_s"] > 0).all()


def test_most_plays_are_repeats_and_popularity_is_uneven(read: Tables) -> None:
    assert read.plays is not None
    different = read.plays.select("user_id", "track_id").n_unique()
    assert 0.5 < 1 - different / read.plays.height < 0.9
    counts = read.plays.group_by("track_id").len()["len"].sort(descending=True).to_numpy()
    assert counts[: len(counts) // 10].sum() > 0.3 * counts.sum()


def test_new_tracks_appear_until_the_end(read: Tables) -> None:
    assert read.plays is not None
    cut = read.plays["played_at"].quantile(0.9)
    before = read.plays.filter(pl.col("played_at") <= cut)["track_id"].unique()
    after = read.plays.filter(pl.col("played_at") > cut)["track_id"].unique()
    assert (~after.is_in(before.implode())).sum() > 0.03 * len(after)


def test_a_transition_says_more_than_popularity(folder: Path, exact: pl.DataFrame) -> None:
    """The track that follows on the album comes next far more often than any popular track does."""
    order = {t: n for n, t in enumerate(pl.read_csv(folder / "durations.csv")["track_id"])}
    rows = np.array([order[t] for t in exact["track_id"]])
    owner = exact["user_id"].to_numpy()
    follows = (rows[1:] - rows[:-1] == 1) & (rows[1:] // ALBUM == rows[:-1] // ALBUM)
    follows &= owner[1:] == owner[:-1]
    most_popular = np.bincount(rows).max() / len(rows)
    assert follows.mean() > 0.12 > 4 * most_popular


def test_content_tells_the_genres_that_listeners_keep_to(folder: Path, exact: pl.DataFrame) -> None:
    """Two tracks of one listener sound more alike than two of different listeners."""
    content = pl.read_parquet(folder / "content.parquet")
    vectors = np.stack(content["vector"].to_list())
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    row = {t: n for n, t in enumerate(content["track_id"])}
    rows = np.array([row[t] for t in exact["track_id"]])
    owner = exact["user_id"].rank("dense").to_numpy().astype(int)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, len(rows), (2, 400_000))
    alike = (vectors[rows[a]] * vectors[rows[b]]).sum(axis=1)
    same = (owner[a] == owner[b]) & (rows[a] != rows[b])
    assert alike[same].mean() > alike[owner[a] != owner[b]].mean() + 0.15


def test_what_was_skipped_is_seldom_played_again(exact: pl.DataFrame) -> None:
    table = exact.with_columns(
        early=pl.col("played_s") < pl.col("duration_s") / 2,
        last=pl.struct("user_id", "track_id").is_last_distinct(),
    )
    came_back = table.group_by("early").agg((~pl.col("last")).mean().alias("share"))
    share = dict(came_back.rows())
    assert share[True] < 0.7 * share[False]


def test_bad_numbers(tmp_path: Path) -> None:
    for listeners, tracks, plays in ((0, 1000, 10), (5, 10, 100), (5, 1000, 4)):
        with pytest.raises(SegueError, match="too little to make up a log"):
            synthetic.generate(tmp_path / "x", listeners=listeners, tracks=tracks, plays=plays, seed=0)
    with pytest.raises(SegueError, match="1 listeners have no time for 31000 plays"):
        synthetic.generate(tmp_path / "x", listeners=1, tracks=1000, plays=31_000, seed=0)
    assert not (tmp_path / "x").exists()
