"""Recordings with ranges and covers: only those of the catalogue, and only inside the library's folders."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import polars as pl
import pytest
from fastapi.testclient import TestClient

from segue.kit.workspace import Workspace
from segue.serving.app import create_app

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def mp3(path: Path, picture: bytes = b"") -> Path:
    """A file that begins as an MP3 with a picture in its tag."""
    frame = b"\0image/png\0\x03\0" + picture
    apic = b"APIC" + len(frame).to_bytes(4, "big") + b"\0\0" + frame
    n = len(apic)
    size = bytes((n >> 7 * i) & 0x7F for i in (3, 2, 1, 0))
    path.write_bytes(b"ID3\x03\0\0" + size + apic + (b"\xff\xfb\x90\x64" + bytes(413)) * 20)
    return path


def wav(path: Path) -> Path:
    """A second of silence."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 8000, "NONE", ""))
        file.writeframes(bytes(16000))
    return path


@pytest.fixture
def music(served: Workspace, tmp_path: Path) -> Path:
    """A folder of recordings of the first tracks, one of them a link to outside."""
    folder, outside = tmp_path / "library", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    secret = wav(outside / "secret.wav")
    os.symlink(secret, folder / "link.wav")
    (folder / "notes.txt").write_text("private")
    paths = [
        str(wav(folder / "a song.wav")),
        str(mp3(folder / "b.mp3", PNG)),
        str(folder / "link.wav"),
        str(folder / "notes.txt"),
        str(folder / "gone.mp3"),
    ]
    file = served.catalogue / "tracks.parquet"
    tracks = pl.read_parquet(file)
    paths += [None] * (tracks.height - len(paths))  # type: ignore[list-item]
    tracks.with_columns(audio_path=pl.Series(paths, dtype=pl.String)).write_parquet(file)
    return folder


@pytest.fixture
def player(served: Workspace, music: Path) -> TestClient:
    """A client of the workspace with recordings."""
    return TestClient(create_app(served), base_url="http://localhost")


def test_a_recording_is_played_and_sought_in(player: TestClient) -> None:
    track = player.get("/v1/tracks/t0").json()
    assert track["has_audio"]
    whole = player.get(track["media"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert whole.headers["accept-ranges"] == "bytes"
    part = player.get(track["media"], headers={"range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    head = player.head(track["media"])
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole.content)))
    behind = player.get(track["media"], headers={"range": "bytes=99999999-"})
    assert behind.status_code == 416


def test_the_cover_that_a_recording_holds(player: TestClient) -> None:
    found = player.get("/v1/covers/t1")
    assert (found.status_code, found.headers["content-type"]) == (200, "image/png")
    assert found.content == PNG
    assert player.get("/v1/covers/t0").status_code == 404
    assert player.get("/v1/covers/t9").status_code == 404


@pytest.mark.parametrize(
    "track_id",
    ["t2", "t3", "t4", "t9", "../../outside/secret.wav", "..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd"],
)
def test_nothing_else_leaves_the_machine(player: TestClient, track_id: str) -> None:
    """A link out of the folder, another kind of file, one that is gone, none at all, paths for ids."""
    answer = player.get(f"/v1/media/{track_id}")
    assert answer.status_code == 404
    assert "private" not in answer.text


def test_folders_that_were_named_are_the_only_ones(served: Workspace, music: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    client = TestClient(create_app(served, {"music": (str(elsewhere),)}), base_url="http://localhost")
    assert client.get("/v1/media/t0").status_code == 404
    client = TestClient(create_app(served, {"music": (str(tmp_path),)}), base_url="http://localhost")
    assert client.get("/v1/media/t0").status_code == 200
    assert client.get("/v1/media/t2").status_code == 200, "the link stays in what was named"
