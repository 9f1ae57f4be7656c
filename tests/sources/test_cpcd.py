"""CPCD: one record of the data's form becomes the turns, tracks and playlist that it means."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from segue.data.catalogue import Catalogue, Turn
from segue.importing import add as importing
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources import cpcd


def track(name: str, *artists: str) -> dict[str, Any]:
    return {"track_titles": name, "track_artists": list(artists), "track_release_titles": f"{name} LP"}


def turn(query: str, reply: str, likes: list[str], dislikes: list[str]) -> dict[str, Any]:
    return {
        "user_query": query,
        "system_response": reply,
        "search_queries": [],
        "search_results": [],
        "liked_results": likes,
        "disliked_results": dislikes,
    }


def record(name: str = "d1") -> dict[str, Any]:
    turns = [
        turn("something to dance to", "Any artist?", [], []),
        turn("by Ana", "Here you are.", ["b", "a"], ["c"]),
        turn("more", "", ["c", "a", "ghost"], ["ghost", "ghoul"]),
    ]
    tracks = {"a": track("A", "Ana"), "b": track("B", "Ana", "Beto"), "c": track("C", "Caro")}
    return {"id": name, "turns": turns, "tracks": tracks, "goal_playlist": ["a", "b"]}


def write(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    return path


def test_turns_tracks_and_playlist(tmp_path: Path) -> None:
    found = cpcd.read(write(tmp_path / "x.jsonl", record()))
    assert found.dialogues[0].turns == (
        Turn("user", "something to dance to"),
        Turn("assistant", "Any artist?"),
        Turn("user", "by Ana"),
        Turn("music", "b", True),
        Turn("music", "a", True),
        Turn("music", "c", False),
        Turn("assistant", "Here you are."),
        Turn("user", "more"),
        Turn("music", "c", True),
        Turn("music", "a", True),
    )
    assert found.tracks.rows() == [
        ("a", "A", "Ana", "A LP"),
        ("b", "B", "Ana, Beto", "B LP"),
        ("c", "C", "Caro", "C LP"),
    ]
    assert found.playlists is not None
    assert found.playlists.select("playlist_id", "track_id").rows() == [("cpcd-d1", i) for i in "bac"]
    assert found.dropped == {"like of unknown track": 1, "dislike of unknown track": 2}


def test_a_folder_and_duplicate_dialogues(tmp_path: Path) -> None:
    write(tmp_path / "1.jsonl", record("d1"))
    write(tmp_path / "2.jsonl", record("d1"), record("d2"))
    found = cpcd.read(tmp_path)
    assert [d.dialogue_id for d in found.dialogues] == ["d1", "d2"]
    assert found.dropped["duplicate dialogue id"] == 1
    assert found.tracks.height == 3


def test_a_playlist_has_the_split_of_its_dialogue(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", *[record(f"d{n}") for n in range(200)])
    workspace = Workspace(tmp_path / "w")
    importing.add(workspace, cpcd.read(path), validation=cpcd.VALIDATION, test=cpcd.TEST)
    catalogue = Catalogue.load(workspace)
    of_playlist = dict(catalogue.playlists.select("dialogue_id", "split").unique().rows())
    assert of_playlist == {d.dialogue_id: d.split for d in catalogue.dialogues}
    assert set(of_playlist.values()) == {"train", "validation", "test"}


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no such file"):
        cpcd.read(tmp_path / "none.jsonl")
    with pytest.raises(SegueError, match=r"no \.jsonl file"):
        cpcd.read(tmp_path)
    (tmp_path / "e").write_text("", "utf-8")
    with pytest.raises(SegueError, match="empty"):
        cpcd.read(tmp_path / "e")
    (tmp_path / "n").write_text(json.dumps(record()) + "\n{nonsense\n", "utf-8")
    assert cpcd.read(tmp_path / "n").dropped["line that is no JSON"] == 1
    for wrong in ({"id": "x"}, [1], {"id": "x", "tracks": {}, "turns": [{"user_query": "?"}]}):
        with pytest.raises(SegueError, match=r"w\.jsonl:1: not a CPCD dialogue|w\.jsonl\[1\]: not a"):
            cpcd.read(write(tmp_path / "w.jsonl", wrong))


@pytest.mark.skipif("SEGUE_DATA" not in os.environ, reason="needs the real data")
def test_the_real_file_has_a_hundred_test_dialogues(tmp_path: Path) -> None:
    tables = cpcd.read(Path(os.environ["SEGUE_DATA"]) / "cpcd")
    workspace = Workspace(tmp_path / "w")
    report = importing.add(workspace, tables, validation=cpcd.VALIDATION, test=cpcd.TEST)
    assert report.totals["tracks"] == 5799
    assert sum(report.splits["dialogues"].values()) == 293
    assert report.splits["dialogues"]["test"] >= 100
    assert not report.dropped
