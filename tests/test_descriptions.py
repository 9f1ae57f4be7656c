"""What segue found out in words, beside what the owner says."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from segue.data import descriptions
from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.dialogues import simulate
from segue.features import semantic
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three tracks: with tags and lyrics, with tags, with nothing."""
    tracks = pl.DataFrame(
        {
            "track_id": ["a", "b", "c"],
            "title": ["A", "B", "C"],
            "artist": ["x", "y", "z"],
            "tags": [["Piano", "calm"], ["rock"], None],
            "lyrics": ["la la", None, None],
        }
    )
    found = Catalogue(conform("tracks", tracks, TRACKS), empty(PLAYS), empty(PLAYLISTS), [])
    found.save(Workspace(tmp_path))
    return Workspace(tmp_path)


def write(workspace: Workspace, source: str, *rows: tuple[str, str, float]) -> None:
    descriptions.write_tags(workspace, source, pl.DataFrame(rows, descriptions.TAGS, orient="row"))


def test_own_tags_come_first_and_each_tag_is_said_once(workspace: Workspace) -> None:
    write(workspace, "musicnn", ("a", "piano", 0.9), ("a", "classical", 0.8), ("c", "techno", 0.7))
    write(workspace, "tempo-key", ("a", "A minor", 1.0), ("gone", "fast", 1.0))
    tracks = Catalogue.load(workspace).tracks
    assert tracks["track_id"].to_list() == ["a", "b", "c"]
    assert tracks["tags"].to_list() == [["Piano", "calm", "A minor", "classical"], ["rock"], ["techno"]]
    sources = [["own", "own", "tempo-key", "musicnn"], ["own"], ["musicnn"]]
    assert tracks["tag_sources"].to_list() == sources


def test_what_was_imported_stays_as_it_was(workspace: Workspace) -> None:
    before = (workspace.catalogue / "tracks.parquet").read_bytes()
    write(workspace, "musicnn", ("c", "techno", 0.7))
    assert Catalogue.load(workspace, described=False).tracks["tags"].to_list()[2] is None
    simulate.make(workspace, catalogue_requests=5)
    assert (workspace.catalogue / "tracks.parquet").read_bytes() == before


def test_new_descriptions_make_new_dialogues(workspace: Workspace) -> None:
    assert not simulate.make(workspace, catalogue_requests=5).skipped
    assert simulate.make(workspace, catalogue_requests=5).skipped
    write(workspace, "musicnn", ("c", "techno", 0.7))
    assert not simulate.make(workspace, catalogue_requests=5).skipped


def test_found_lyrics_fill_only_what_is_missing(workspace: Workspace) -> None:
    table = pl.DataFrame({"track_id": ["a", "b", "c"], "text": ["other", "words", None]})
    workspace.descriptions.mkdir()
    table.write_parquet(workspace.descriptions / "lyrics-whisper.parquet")
    assert Catalogue.load(workspace).tracks["lyrics"].to_list() == ["la la", "words", None]


def test_a_caption_is_part_of_what_is_said_of_a_track(workspace: Workspace) -> None:
    write(workspace, "caption", ("b", "a loud song with drums", 1.0))
    catalogue = Catalogue.load(workspace)
    assert catalogue.texts == ["A by x Piano calm", "B by y rock a loud song with drums", "C by z"]
    rows = catalogue.tracks.iter_rows(named=True)
    said = [semantic.semantic_text(row) for row in rows]
    assert said == [
        "Piano, calm",
        "rock, a loud song with drums",
        "",
    ]


def test_a_file_that_is_not_a_table_is_one_clear_line(workspace: Workspace) -> None:
    workspace.descriptions.mkdir()
    (workspace.descriptions / "tags-musicnn.parquet").write_text("nonsense")
    with pytest.raises(SegueError, match=r"tags-musicnn\.parquet"):
        Catalogue.load(workspace)
