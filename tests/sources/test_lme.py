"""LME: a small data set in the form of the README comes out as its tracks, tags and playlists."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from segue.importing import add as importing
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources import lme

FILES = {
    "song_hash.txt": "0\tTime (w\\/ Bo)\tAna\n1\tB\tBeto\n2\t-\t-\n",
    "tag_hash.txt": "0, rock\n1, favorites\n2, a, b\n",
    "tags.txt": "0 1\n#\n2\n",
    "train.txt": "901 902 903 \n3 2 1 \n0 1 2 \n1 \n\n0 0 7 \n",
    "test.txt": "903 902 901 \n1 1 0 \n1 0 \n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def lme_id(*tracks: str) -> str:
    return "lme-" + hashlib.blake2b("\t".join(tracks).encode(), digest_size=8).hexdigest()


def test_tracks_tags_playlists_and_splits(folder: Path) -> None:
    found = lme.read(folder)
    assert found.tracks.rows() == [
        ("901", "Time (w/ Bo)", "Ana", ["rock", "favorites"]),
        ("902", "B", "Beto", None),
        ("903", "", "", ["a, b"]),
    ]
    assert found.playlists is not None
    assert found.playlists.rows() == [
        (lme_id("902", "901"), 0, "902", "test"),
        (lme_id("902", "901"), 1, "901", "test"),
        (lme_id("901", "902", "903"), 0, "901", None),
        (lme_id("901", "902", "903"), 1, "902", None),
        (lme_id("901", "902", "903"), 2, "903", None),
        (lme_id("901", "901"), 0, "901", None),
        (lme_id("901", "901"), 1, "901", None),
    ]
    assert found.dropped == {
        "playlist of fewer than two tracks": 2,
        "playlist entry with unknown track": 1,
    }


def test_a_playlist_that_stands_there_twice_is_one_and_of_the_test(folder: Path) -> None:
    """In both files it would tell the test what was trained on."""
    (folder / "train.txt").write_text("901 902 903 \n1 1 1 \n0 1 2 \n0 1 2 \n1 0 \n", "utf-8")
    found = lme.read(folder)
    assert found.playlists is not None
    heads = found.playlists.unique("playlist_id").sort("playlist_id").select("playlist_id", "split").rows()
    assert heads == sorted([(lme_id("902", "901"), "test"), (lme_id("901", "902", "903"), None)])
    assert found.dropped["playlist that stands there twice"] == 2


def test_another_set_of_one_name_keeps_its_playlists(folder: Path, tmp_path: Path) -> None:
    """The ids hold what is in a playlist, so a second folder `set` hides nothing of the first."""
    other = shutil.copytree(folder, tmp_path / "elsewhere" / "set")
    (other / "train.txt").write_text("901 902 903 \n1 1 1 \n2 1 0 \n0 1 2 \n", "utf-8")
    workspace = Workspace(tmp_path / "w")
    first = importing.add(workspace, lme.read(folder))
    second = importing.add(workspace, lme.read(other))
    assert (first.new["playlists"], second.new["playlists"]) == (3, 1)
    assert any("already" in line or "known" in line for line in second.lines)


def test_one_file_has_the_ids_of_the_folder(folder: Path) -> None:
    whole, test = lme.read(folder), lme.read(folder / "test.txt")
    assert test.tracks.equals(whole.tracks), "the header of train.txt holds, whichever file is read"
    assert test.playlists is not None
    assert test.playlists["split"].unique().to_list() == ["test"]


@pytest.mark.parametrize("header", ["901 901 903", "901 902", ""])
def test_integer_ids_where_the_source_ids_are_no_good(folder: Path, header: str) -> None:
    (folder / "train.txt").write_text(f"{header} \n1 1 0 \n0 1 \n", "utf-8")
    found = lme.read(folder)
    assert found.tracks["track_id"].to_list() == ["0", "1", "2"]
    assert found.playlists is not None
    assert found.playlists["track_id"].to_list() == ["1", "0", "0", "1"]


def test_tags_may_be_missing(folder: Path) -> None:
    (folder / "tags.txt").unlink()
    (folder / "tag_hash.txt").unlink()
    assert lme.read(folder).tracks["tags"].null_count() == 3


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("song_hash.txt", None, r"song_hash\.txt: no such file"),
        ("tag_hash.txt", None, r"tag_hash\.txt: no such file"),
        ("train.txt", "", "empty"),
        ("song_hash.txt", "0\tno artist\n", r"song_hash\.txt:1: not a song"),
        ("song_hash.txt", "5\tA\tB\n", "not a song"),
        ("tag_hash.txt", "0 rock\n", r"tag_hash\.txt:1: not a tag"),
        ("tags.txt", "0\n", "1 lines for 3 songs"),
        ("tags.txt", "0\n9\n#\n", "tag '9' is not in"),
        ("train.txt", "901 902 903\n1 1 1\n0 one\n", r"train\.txt:3: not a playlist"),
    ],
)
def test_bad_input(folder: Path, name: str, text: str | None, message: str) -> None:
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text, "utf-8")
    with pytest.raises(SegueError, match=message):
        lme.read(folder)


def test_missing_folder_and_file(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match=r"no train\.txt"):
        lme.read(tmp_path)
    with pytest.raises(SegueError, match="no such file"):
        lme.read(tmp_path / "none.txt")


@pytest.mark.skipif("SEGUE_DATA" not in os.environ, reason="needs the real data")
@pytest.mark.parametrize(("name", "n_tracks"), [("yes_small", 3168), ("yes_big", 9775)])
def test_the_real_sets_have_the_songs_of_their_readme(name: str, n_tracks: int) -> None:
    found = lme.read(Path(os.environ["SEGUE_DATA"]) / "cornell" / name)
    assert found.tracks["track_id"].n_unique() == n_tracks
    assert found.playlists is not None
    assert set(found.playlists["track_id"]) <= set(found.tracks["track_id"])
