"""Playlists sent to other servers: what goes is what is known there, the rest is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from live import live

from json_server import Asked, json_server
from segue.cli.sending import send
from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.counting.popularity import Popularity
from segue.serving.service import Service
from segue.sources import listenbrainz, subsonic

MBID = "0f0c7bbd-5c62-4e4e-8c5b-5b5b5b5b5b5b"


@pytest.fixture
def evening(served: Workspace) -> Workspace:
    """A workspace with a playlist of three tracks, one of which has a MusicBrainz id."""
    catalogue = Catalogue.load(served)
    mbid = pl.when(pl.col("track_id") == "t1").then(pl.lit(MBID.upper()))
    catalogue.tracks = catalogue.tracks.with_columns(mbid=mbid)
    catalogue.save(served)
    service = Service(served)
    service.playlists.make("Evening", ["t0", "t1", "t2"])
    service.close()
    return served


def test_to_a_subsonic_server(
    evening: Workspace, served_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """The server is segue's own door over a library with other ids, in which one song is missing."""
    other = Workspace(shutil.copytree(served_template, tmp_path / "other"))
    catalogue = Catalogue.load(other)
    renamed = pl.when(pl.col("title") == "Cedar").then(pl.lit("Other")).otherwise(pl.col("title"))
    moved = pl.when(pl.col("track_id") == "t0").then(pl.lit("x0")).otherwise(pl.col("track_id"))
    catalogue.tracks = catalogue.tracks.with_columns(title=renamed, track_id=moved)
    catalogue.save(other)
    monkeypatch.setenv(subsonic.PASSWORD, "any")
    for model in ("bm25", "popularity"):
        shutil.rmtree(other.model(model))
    Popularity.fit(Library.open(other)).save(other.model("popularity"))
    with live(other.root) as there:
        send(evening.root, "Evening", to="subsonic", url=there.url, user="ada", name="Night")
        send(evening.root, "Evening", to="subsonic", url=there.url, user="ada", name="Night")
        (kept,) = there.service.playlists.every()
    assert (kept.name, kept.track_ids) == ("Night", ["x0", "t1"])
    told = capsys.readouterr().out
    assert "2 tracks sent" in told
    assert "not known there: Piano Band 0 - Cedar" in told


def test_to_listenbrainz(evening: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.headers.get("authorization", asked.headers.get("Authorization")) != "Token secret":
            return 401, {"error": "Invalid authorization token."}
        return 200, {"status": "ok", "playlist_mbid": "made"}

    with json_server(answer) as server:
        monkeypatch.delenv(listenbrainz.TOKEN, raising=False)
        with pytest.raises(SegueError, match=listenbrainz.TOKEN):
            send(evening.root, "Evening", to="listenbrainz", url=server.url)
        monkeypatch.setenv(listenbrainz.TOKEN, "wrong")
        with pytest.raises(SegueError, match="Invalid authorization"):
            send(evening.root, "Evening", to="listenbrainz", url=server.url)
        monkeypatch.setenv(listenbrainz.TOKEN, "secret")
        send(evening.root, "Evening", to="listenbrainz", url=server.url)
    assert server.asked[-1].path == "/1/playlist/create"
    sent = json.loads(server.asked[-1].body)["playlist"]
    assert sent["title"] == "Evening"
    assert [t["identifier"] for t in sent["track"]] == [[f"https://musicbrainz.org/recording/{MBID}"]]
    told = capsys.readouterr().out
    assert "1 tracks sent, https://listenbrainz.org/playlist/made" in told
    assert told.count("not known there") == 2


def test_a_file_and_what_is_no_playlist(
    evening: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(listenbrainz.TOKEN, "secret")
    file = tmp_path / "morning.m3u8"
    file.write_text("#EXTM3U\nurn:segue:track:t1\n", "utf-8")
    with json_server(lambda _: (200, {"playlist_mbid": "made"})) as server:
        send(evening.root, str(file), to="listenbrainz", url=server.url)
        assert json.loads(server.asked[-1].body)["playlist"]["title"] == "morning"
        with pytest.raises(SegueError, match="no playlist 'No such'"):
            send(evening.root, "No such", to="listenbrainz", url=server.url)
    with pytest.raises(SegueError, match="no server or user"):
        send(evening.root, "Evening", to="subsonic")
