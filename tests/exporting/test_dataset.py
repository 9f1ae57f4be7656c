"""A data set for the Hub: other programs open it, and segue gets its own bytes back."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from command import refused, works
from segue.data import store
from segue.data.catalogue import Catalogue, Dialogue, Turn
from segue.kit.workspace import Workspace

ODD = Dialogue("odd  ones", (Turn("user", 'line\u2028two "quoted"'), Turn("music", "t3", False)), "test")


@pytest.fixture
def music(workspace: Workspace) -> Workspace:
    """The checkerboard with its splits mixed, an odd dialogue, found tags, a feature with holes."""
    tables = Catalogue.load(workspace)
    mixed = pl.col("playlist_id").hash(1) % 3
    split = pl.when(mixed == 0).then(pl.lit("test")).when(mixed == 1).then(pl.lit("validation"))
    tables.playlists = tables.playlists.with_columns(split=split.otherwise(pl.lit("train")))
    ids = tables.ids.tolist()
    tables.dialogues = [ODD, *tables.dialogues, Dialogue("last", (Turn("music", ids[0]),), "train")]
    tables.save(workspace)
    rng = np.random.default_rng(0)
    present = rng.random(len(ids)) < 0.6
    matrix = np.where(present[:, None], rng.normal(size=(len(ids), 5)), 0).astype(np.float32)
    rest = {"seen": np.arange(3, dtype=np.int64)}
    feature = store.Feature(matrix, present)
    store.save(workspace, "lyrics", feature, encoder="made up", input_hash="1", tensors=rest)
    found = pl.DataFrame({"track_id": ids[:2], "tag": ["slow", "fast"], "score": [0.5, 0.25]})
    workspace.descriptions.mkdir()
    found.write_parquet(workspace.descriptions / "tags-tempo-key.parquet")
    return workspace


def sums(root: Path) -> dict[str, str]:
    """File of the catalogue, features and descriptions -> the hash of its bytes."""
    files = [f for part in ("catalogue", "features", "descriptions") for f in (root / part).rglob("*")]
    return {
        str(f.relative_to(root)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()
    }


def test_what_was_written_comes_back_bit_for_bit(music: Workspace, tmp_path: Path) -> None:
    works("export", "dataset", music.root, tmp_path / "out", "--licence", "CC-BY-4.0", "--origin", "made up")
    told = works("import", "dataset", tmp_path / "out", tmp_path / "back")
    assert sums(tmp_path / "back") == sums(music.root)
    assert len(sums(music.root)) >= 9
    assert "not the bytes" not in told
    works("export", "dataset", tmp_path / "back", tmp_path / "again", "--licence", "CC-BY-4.0")
    for file in (tmp_path / "out").rglob("*.parquet"):
        assert file.read_bytes() == (tmp_path / "again" / file.relative_to(tmp_path / "out")).read_bytes()


def test_it_opens_in_datasets_polars_and_pandas(
    music: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datasets import get_dataset_config_names, load_dataset

    out = tmp_path / "out"
    works("export", "dataset", music.root, out, "--licence", "cc-by-4.0")
    tables = Catalogue.load(music, described=False)
    names = get_dataset_config_names(str(out))
    assert {"tracks", "playlists", "dialogues", "splits", "features-lyrics"} <= set(names)
    opened = {n: load_dataset(str(out), n, cache_dir=str(tmp_path / "cache")) for n in names}
    assert load_dataset(str(out), cache_dir=str(tmp_path / "cache"))["train"]["track_id"][:] == list(
        tables.ids
    )
    by_split = {s: sum(d.split == s for d in tables.dialogues) for s in ("train", "validation", "test")}
    assert {s: d.num_rows for s, d in opened["dialogues"].items()} == {s: n for s, n in by_split.items() if n}
    odd = next(d for d in opened["dialogues"]["test"] if d["dialogue_id"] == ODD.dialogue_id)
    assert [t["content"] for t in odd["turns"]] == [t.content for t in ODD.turns]
    assert [t["liked"] for t in odd["turns"]] == [None, False]
    feature = store.load(music, "lyrics")
    vectors = opened["features-lyrics"]["train"]["vector"]
    assert [v is not None for v in vectors] == feature.present.tolist()
    files = list(out.rglob("*.parquet"))
    for file in files:
        assert len(pd.read_parquet(file)) == pl.read_parquet(file).height
    found = pd.read_parquet(out / "features" / "lyrics" / "train.parquet")["vector"].dropna()
    assert np.array_equal(np.stack(list(found)), feature.matrix[feature.present])
    splits = pl.read_parquet(out / "splits" / "train.parquet")
    assert splits.filter(kind="playlist").height == tables.playlists["playlist_id"].n_unique()


def test_the_card_says_what_is_there(music: Workspace, tmp_path: Path) -> None:
    works("export", "dataset", music.root, tmp_path / "out")
    page = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "license: unknown" in page
    assert page.count("not said") == 2
    for column in ("track_id", "artist", "turns", "vector", "score"):
        assert f"| {column} |" in page
    assert f"| tracks | train | {len(Catalogue.load(music))} |" in page


def test_columns_left_out_and_changed_tables_are_told(music: Workspace, tmp_path: Path) -> None:
    out, back = tmp_path / "out", tmp_path / "back"
    works("export", "dataset", music.root, out, "--leave-out", "tags")
    assert "tags" not in pl.read_parquet_schema(out / "tracks" / "train.parquet")
    told = works("import", "dataset", out, back)
    assert "tracks.parquet: not the bytes" in told
    assert Catalogue.load(Workspace(back), described=False).tracks["tags"].null_count() == 24
    # Tracks in another order: the vectors follow their ids.
    tracks = pl.read_parquet(out / "tracks" / "train.parquet")
    tracks.reverse().write_parquet(out / "tracks" / "train.parquet")
    shutil.rmtree(back)
    works("import", "dataset", out, back)
    turned, straight = store.load(Workspace(back), "lyrics"), store.load(music, "lyrics")
    assert np.array_equal(turned.present, straight.present[::-1])
    assert np.array_equal(turned.matrix, straight.matrix[::-1])
    # Into a workspace that has a catalogue it is added like any other source.
    told = works("import", "dataset", out, music.root)
    assert "known already" in told


def test_what_is_refused(music: Workspace, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear")
    assert "something else" in refused("export", "dataset", music.root, tmp_path / "mine")
    assert (tmp_path / "mine" / "diary.txt").exists()
    assert "could be left out" in refused(
        "export", "dataset", music.root, tmp_path / "o", "--leave-out", "title"
    )
    assert "no catalogue" in refused("export", "dataset", tmp_path / "nowhere", tmp_path / "o")
    assert "not a data set of segue" in refused("import", "dataset", tmp_path / "mine", tmp_path / "w")
    works("export", "dataset", music.root, tmp_path / "out")
    card = tmp_path / "out" / "features" / "lyrics" / "card.json"
    card.write_text(card.read_text().replace('"dim": 5', '"dim": 4'))
    assert "lyrics: cannot be read" in refused("import", "dataset", tmp_path / "out", tmp_path / "w")
    assert not (tmp_path / "w" / "catalogue").exists()
    (tmp_path / "out" / "playlists" / "train.parquet").write_bytes(b"PAR1")
    assert "cannot be read" in refused("import", "dataset", tmp_path / "out", tmp_path / "w")
    assert not (tmp_path / "w" / "catalogue").exists()
