"""A folder of music from the command line: from files to something that can be asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from command import refused, segue, works
from segue.data import store
from segue.data.catalogue import Catalogue
from segue.kit.workspace import Workspace

RATE = 22_050


def cadence(path: Path, *roots: int) -> None:
    """Twelve seconds of major triads, one a second."""
    t = np.arange(RATE) / RATE
    chords = [
        sum(np.sin(2 * np.pi * 440 * 2 ** ((root + step - 69) / 12) * t) for step in (0, 4, 7))
        * np.exp(-3 * t)
        for root in roots
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.2 * np.tile(np.concatenate(chords), 3), RATE)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three recordings, one of them with words beside it, a song text, a broken file."""
    folder = tmp_path_factory.mktemp("music")
    cadence(folder / "Ada - Night Train.flac", 60, 65, 67, 60)
    cadence(folder / "Ada - Morning Bus.wav", 62, 67, 69, 62)
    cadence(folder / "Bert - Harbour.ogg", 57, 62, 64, 57)
    (folder / "Bert - Harbour.txt").write_text(
        "the lighthouse shines\n" * 3 + "all over the sea\n" * 12, "utf-8"
    )
    (folder / "carol.cho").write_text(
        "{title: Old Carol}\n{composer: Anon}\n{key: Bb}\n[Bb]Snow has fallen\n", "utf-8"
    )
    (folder / "broken.mp3").write_text("no music at all", "utf-8")
    return folder


@pytest.fixture(scope="module")
def made(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its workspace with features by the quick encoder."""
    workspace = tmp_path_factory.mktemp("made") / "library"
    out = works("import", "folder", music, workspace)
    assert "broken.mp3" in out
    assert "new: tracks 4" in out
    works("features", workspace, "--modality", "audio", "--encoder", "mfcc", "--workers", 1)
    works("features", workspace, "--modality", "tempo-key", "--workers", 1)
    works("features", workspace, "--modality", "lyrics", "--no-transcribe")
    works("features", workspace, "--modality", "semantic", "--modality", "metadata")
    return workspace


def test_each_modality_has_what_the_files_say(made: Path) -> None:
    workspace = Workspace(made)
    assert store.load(workspace, "audio").present.sum() == 3
    assert store.load(workspace, "lyrics").present.sum() == 2
    assert store.load(workspace, "metadata").present.sum() == 4
    tracks = Catalogue.load(workspace).tracks
    tags = {title: set(found or ()) for title, found in tracks.select("title", "tags").iter_rows()}
    assert tags["Night Train"] >= {"C major", "major key"}
    assert tags["Morning Bus"] >= {"D major"}
    assert tags["Old Carol"] >= {"Bb major"}


def test_what_was_found_is_not_written_into_the_catalogue(made: Path) -> None:
    imported = Catalogue.load(Workspace(made), described=False).tracks
    found = imported.filter(pl.col("title") == "Night Train")["tags"].to_list()[0]
    assert not found


def test_a_library_can_be_asked_for_what_was_heard_and_what_is_sung(made: Path) -> None:
    works("fit", made)
    out = works("chat", made, stdin="something in D major\n/quit\n")
    assert "Morning Bus" in out
    out = works("chat", made, stdin="a song about a lighthouse\n/quit\n")
    assert "Harbour" in out


def test_a_second_look_reads_nothing_and_features_are_kept(made: Path, music: Path) -> None:
    out = works("import", "folder", music, made)
    assert "unchanged" in out
    out = works("features", made, "--modality", "audio", "--encoder", "mfcc", "--workers", 1)
    assert "unchanged" in out


def test_what_cannot_be_is_one_line(made: Path, tmp_path: Path) -> None:
    assert "no such" in refused("import", "folder", tmp_path / "nowhere", tmp_path / "w")
    (tmp_path / "empty").mkdir()
    refused("import", "folder", tmp_path / "empty", tmp_path / "w")
    assert not (tmp_path / "w" / "catalogue").exists()
    assert "encoder" in refused("features", made, "--modality", "audio", "--encoder", "ears")
    assert "apart" in refused(
        "features", made, "--modality", "audio", "--modality", "semantic", "--encoder", "mfcc"
    )
    assert segue("features", made, "--modality", "smell").code == 2
    assert "cannot be read" in refused(
        "features", made, "--modality", "semantic", "--captions", tmp_path / "no.csv"
    )


def test_rating_says_what_it_costs_and_asks_nobody_unasked(made: Path) -> None:
    cost = works("rate", made, "--url", "http://127.0.0.1:9/v1", "--model", "m", "--price-in", 1, "--dry-run")
    assert "4 tracks: 4 requests" in cost
    assert "--yes" in refused("rate", made, "--url", "http://127.0.0.1:9/v1", "--model", "m")
