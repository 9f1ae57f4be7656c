"""Spotify's streaming history: both forms, what is counted out, and nothing personal kept."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from segue.data.catalogue import Catalogue
from segue.data.names import name_id
from segue.importing import add as importing
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources import reading, spotify_history
from segue.sources.reading import records as _records  # noqa: F401


def extended(ts: str, ms: Any, title: str | None = "Song", **more: Any) -> dict[str, Any]:
    return {
        "ts": ts,
        "username": "secret",
        "platform": "iOS",
        "ms_played": ms,
        "conn_country": "PE",
        "ip_addr": "10.1.2.3",
        "master_metadata_track_name": title,
        "master_metadata_album_artist_name": "Band",
        "master_metadata_album_album_name": "LP",
        "spotify_track_uri": None if title is None else f"spotify:track:{title}",
        "episode_name": None,
        "skipped": None,
    } | more


def plain(end: str, ms: Any, title: str = "Song", artist: str = "Band") -> dict[str, Any]:
    return {"endTime": end, "artistName": artist, "trackName": title, "msPlayed": ms}


def write(path: Path, records: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    return path


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type, misc]


def test_extended(tmp_path: Path) -> None:
    write(
        tmp_path / "My Data" / "Streaming_History_Audio_2020_1.json",
        [extended("2020-01-01T10:05:00Z", 185_500), extended("2020-01-01T10:01:54Z", 60_000, "夜の海")],
    )
    write(tmp_path / "My Data" / "endsong_0.json", [extended("2019-12-31T23:59:00Z", 1000)])
    write(tmp_path / "My Data" / "Streaming_History_Video_2020.json", [extended("2020-01-01T10:05:00Z", 5)])
    write(tmp_path / "StreamingHistory_music_0.json", [plain("2020-01-01 10:05", 185_500)])
    found = spotify_history.read(tmp_path)
    assert found.plays is not None
    assert found.plays.columns == ["user_id", "track_id", "played_at", "played_s"]
    assert found.plays.rows() == [
        ("me", "spotify:track:Song", utc(2019, 12, 31, 23, 58, 59), 1.0),
        ("me", "spotify:track:夜の海", utc(2020, 1, 1, 10, 0, 54), 60.0),
        ("me", "spotify:track:Song", utc(2020, 1, 1, 10, 1, 54, 500_000), 185.5),
    ]
    assert sorted(found.tracks.rows()) == [
        ("spotify:track:Song", "Song", "Band", "LP"),
        ("spotify:track:夜の海", "夜の海", "Band", "LP"),
    ]
    text = str(found.tracks.rows()) + str(found.plays.rows())
    assert not any(word in text for word in ("secret", "10.1.2.3", "PE", "iOS"))


def test_plain_and_the_user(tmp_path: Path) -> None:
    file = write(tmp_path / "StreamingHistory0.json", [plain("2020-01-01 10:05", 120_000, 'a "b"')])
    for path in (tmp_path, file):
        found = spotify_history.read(path, user="anna")
        assert found.plays is not None
        track = name_id("Band", 'a "b"')
        assert found.plays.rows() == [("anna", track, utc(2020, 1, 1, 10, 3), 120.0)]
        assert found.tracks.rows() == [(track, 'a "b"', "Band", None)]
    with pytest.raises(SegueError, match="id is blank"):
        spotify_history.read(file, user=" ")


def test_what_is_left_out(tmp_path: Path) -> None:
    end = "2020-01-01T10:00:00Z"
    records = [
        extended(end, 1000),
        extended(end, 1000, None, episode_name="Talk", spotify_episode_uri="spotify:episode:1"),
        extended(end, 1000, None, audiobook_title="Book"),
        extended(end, 1000, None),
        extended(end, 0),
        extended(end, -5),
        extended(end, float("nan")),
        extended(end, "1000"),
        extended(end, None),
        extended("yesterday", 1000),
        extended("0001-01-01T00:00:00Z", 1000),
    ]
    found = spotify_history.read(write(tmp_path / "endsong_1.json", records))
    assert found.plays is not None
    assert found.plays.height == 2, "a length in quotation marks is one"
    assert found.dropped == {
        "play of a podcast": 1,
        "play of an audiobook": 1,
        "play without a track": 1,
        "play of no time or of more than a day": 2,
        "play without a length": 2,
        "play without a time from 1990 to tomorrow": 2,
    }


def test_a_zip_gives_the_same_and_writes_nothing(tmp_path: Path) -> None:
    records = [extended("2020-01-01T10:00:00Z", 1000 + n, f"s{n % 3}") for n in range(10)]
    file = write(tmp_path / "folder" / "Streaming_History_Audio_x.json", records)
    with zipfile.ZipFile(tmp_path / "my.zip", "w") as archive:
        archive.write(file, "../../outside/Streaming_History_Audio_x.json")
    before = set(tmp_path.parent.rglob("*"))
    one, two = (spotify_history.read(tmp_path / name) for name in ("folder", "my.zip"))
    assert set(tmp_path.parent.rglob("*")) == before
    assert one.tracks.equals(two.tracks)
    assert one.plays is not None
    assert two.plays is not None
    assert one.plays.equals(two.plays)
    report = importing.add(Workspace(tmp_path / "w"), one)
    assert report.new["plays"] == 10
    assert Catalogue.load(Workspace(tmp_path / "w")).plays["played_s"].null_count() == 0


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "my.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("endsong_0.json", " " * 100_000 + "[]")
    monkeypatch.setattr(reading.records, "MOST_WHOLE", 10_000)
    with pytest.raises(SegueError, match="unpacks to more than 10,000 bytes"):
        spotify_history.read(tmp_path / "my.zip")


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no such file or folder"):
        spotify_history.read(tmp_path / "none")
    with pytest.raises(SegueError, match="no file of plays here"):
        spotify_history.read(tmp_path)
    file = tmp_path / "endsong_0.json"
    for content, message in (
        (b"", "no record in it"),
        (b"\xff\xfe[]", "part that is no JSON"),
        (b"[" * 100_000, "no record in it"),
        (b"{}", "record that is no play"),
        (b"[1]", "record that is no play"),
        (b'[{"a": 1}]', "record that is no play"),
        (b"[]", "no record in it"),
    ):
        file.write_bytes(content)
        with pytest.raises(SegueError, match=message):
            spotify_history.read(tmp_path)
    with zipfile.ZipFile(tmp_path / "broken.zip", "w") as archive:
        archive.writestr("endsong_0.json", json.dumps([extended("2020-01-01T10:00:00Z", 1)] * 50))
    data = bytearray((tmp_path / "broken.zip").read_bytes())
    data[60:90] = b"x" * 30
    (tmp_path / "broken.zip").write_bytes(data)
    with pytest.raises(SegueError, match="broken"):
        spotify_history.read(tmp_path / "broken.zip")


def test_account_data_count_where_the_extended_history_does_not_reach(tmp_path: Path) -> None:
    write(
        tmp_path / "any name.json",
        [extended("2020-01-01T10:00:30Z", 1000, "a"), extended("2020-01-02T10:00:00Z", 1000)],
    )
    name, artist = (extended("x", 1, "a")[f"master_metadata_{c}_name"] for c in ("track", "album_artist"))
    play = {"artistName": artist, "trackName": name, "msPlayed": 1000}
    write(
        tmp_path / "a.json",
        [play | {"endTime": t} for t in ("2020-01-01 10:00", "2020-01-01 12:00", "2020-02-01 12:00")],
    )
    found = spotify_history.read(tmp_path)
    assert found.plays is not None
    assert found.plays.height == 3
    assert found.plays["track_id"].to_list()[-1] == found.plays["track_id"].to_list()[0], "one song, one id"
    assert found.dropped == {"play of the account data in the time of the extended history": 2}
