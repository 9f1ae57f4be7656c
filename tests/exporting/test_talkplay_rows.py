"""TalkPlayData rows, out and in."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from command import refused, works
from segue.data.catalogue import Catalogue, Dialogue, Turn
from segue.kit.workspace import Workspace
from segue.sources import talkplay


def test_rows_come_back_as_they_were(workspace: Workspace, tmp_path: Path) -> None:
    tables = Catalogue.load(workspace)
    ids = tables.ids.tolist()
    turns = (
        Turn("user", "hi"),
        Turn("music", ids[1], False),
        Turn("user", "no"),
        Turn("music", ids[1], True),
    )
    quiet = (Turn("user", "hm"), Turn("assistant", "?"), Turn("music", ids[2]))
    tables.dialogues = [Dialogue("both", turns, "test"), Dialogue("quiet", quiet, "train")]
    tables.save(workspace)
    works("export", "talkplay", workspace.root, tmp_path / "out")
    works("import", "talkplay", tmp_path / "out", tmp_path / "back")
    back = Catalogue.load(Workspace(tmp_path / "back"))
    assert sorted(back.dialogues, key=lambda d: d.dialogue_id) == tables.dialogues
    kept = ["track_id", "title", "artist", "album", "year", "tags"]
    assert back.tracks.select(kept).equals(tables.tracks.select(kept))
    row = pl.read_parquet(tmp_path / "out" / "data" / "test-00000-of-00001.parquet").row(0, named=True)
    assert [t["turn_number"] for t in row["conversations"]] == [1, 1, 2, 2]
    assert row["rejected"] == [1]
    from datasets import load_dataset

    opened = load_dataset(str(tmp_path / "out"), "default", cache_dir=str(tmp_path / "cache"))
    assert opened["test"]["session_id"][:] == ["both"]


def test_forms_that_are_published(tmp_path: Path) -> None:
    tmp_path = tmp_path / "rows"
    tmp_path.mkdir()
    music = {"track_id": "b", "title": "Bee", "artist": "Hive", "tag_list": ["pop"]}
    talk = [{"role": "user", "content": "x"}, {"role": "music", "content": music}, {"role": "thought"}]
    track = {"track_id": "a", "track_name": ["Ay"], "artist_name": ["One", "Two"], "album_name": ["LP"]}
    track |= {"tag_list": ["rock"], "release_date": "1999-01-02", "duration": 61_000}
    (tmp_path / "tracks.json").write_text(json.dumps([track]))
    lines = [json.dumps({"session_id": 7, "conversations": talk}), "{half", json.dumps({"what": 1})]
    (tmp_path / "test.jsonl").write_text("\n".join([*lines, json.dumps({"conversations": talk[:1]})]))
    (tmp_path / "one.json").write_text(json.dumps([talk[0], {"role": "music", "content": "a"}]))
    found = talkplay.read(tmp_path)
    assert [(d.dialogue_id, d.split, len(d.turns)) for d in found.dialogues] == [
        ("one-1", "train", 2),
        ("7", "test", 2),
    ]
    assert found.tracks.to_dicts()[-1] | {"lyrics": 0, "isrc": 0} == {
        "track_id": "a",
        "title": "Ay",
        "artist": "One, Two",
        "album": "LP",
        "tags": ["rock"],
        "year": 1999,
        "duration_s": 61.0,
        "isrc": 0,
        "lyrics": 0,
    }
    assert found.tracks["track_id"].to_list() == ["b", "a"]
    assert found.dropped["line that is not JSON"] == 1
    assert found.dropped["row that is neither a dialogue nor a track"] == 1
    assert found.dropped["dialogue without a track"] == 1
    assert found.dropped["dialogue turn without role or content"] == 1


def test_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[1, 2]")
    assert "no dialogue" in refused("import", "talkplay", tmp_path / "x.json", tmp_path / "w")
    (tmp_path / "x.parquet").write_bytes(b"no")
    assert "cannot be read" in refused("import", "talkplay", tmp_path / "x.parquet", tmp_path / "w")
