"""Import of a Spotify streaming history as Spotify hands it out: the plain account data or the extended one.

Both are JSON files of plays. The extended one (`Streaming_History_Audio_*.json`, before 2022
`endsong_*.json`) has track ids and times to the second; the plain one (`StreamingHistory_music_*.json`,
before `StreamingHistory*.json`) has names alone and times to the minute. Where both are there, the extended
one is read. Nothing but track, time and seconds heard is kept: no address, device or country.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from rich.console import Console
from rich.progress import track as progress

from segue.data.catalogue import Tables
from segue.data.names import name_id, tables_of
from segue.kit.errors import SegueError

EXTENDED = ("Streaming_History_Audio_*.json", "endsong_*.json")
PLAIN = ("StreamingHistory_music_*.json", "StreamingHistory*.json")
MOST_BYTES = 256 * 1024 * 1024
"""Bytes of one file inside a zip: Spotify's have 12 MB; a bomb is not unpacked."""
CURE = f"give the folder or zip that Spotify sent, with {EXTENDED[0]} or {PLAIN[0]}"


def read(path: Path, *, user: str = "me") -> Tables:
    """Tracks, and plays of one listener with the seconds heard.

    Spotify notes when a play ended; `played_at` is when it began, by the seconds heard. The track id is the
    track's URI, or `names.name_id` of artist and title in the plain account data.

    Dropped and counted: podcasts, audiobooks and videos, plays without a track, a time or a length, and plays
    of no time at all.

    Args:
        path: the folder (searched with its subfolders), the zip, or one JSON file.
        user: the listener's id.

    Raises:
        SegueError: no such file, none of a history in it, or one that is not of this form.
    """
    if not user.strip():
        raise SegueError("the listener's id is blank", cure="use --user me")
    return tables_of(_plays(path, _names(path), user), str(path))


def _plays(path: Path, names: list[str], user: str) -> Iterator[dict[str, Any] | str]:
    """Every play as a row of ours, or why it is dropped."""
    contents = _contents(path, names)
    console = Console(stderr=True)
    files = progress(contents, "Reading history", total=len(names), console=console, transient=True)
    for where, content in files:
        for record in _records(where, content):
            row = _extended(record) if "ts" in record else _plain(record)
            yield row if isinstance(row, str) else row | {"user_id": user}


def _names(path: Path) -> list[str]:
    """The names of the history's files, extended ones where there are any."""
    if path.is_dir():
        names = [file.relative_to(path).as_posix() for file in path.rglob("*.json")]
    elif not path.is_file():
        raise SegueError("no such file or folder", str(path), "check the path")
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    else:
        return [""]
    for patterns in (EXTENDED, PLAIN):
        found = [n for n in names if any(fnmatchcase(PurePosixPath(n).name, p) for p in patterns)]
        if found:
            return sorted(found)
    raise SegueError("no streaming history here", str(path), CURE)


def _contents(path: Path, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Where each file lies, and what is in it, read when it is its turn."""
    if path.is_dir() or not zipfile.is_zipfile(path):
        for name in names:
            file = path / name if name else path
            yield str(file), file.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        for name in names:
            yield f"{path}/{name}", _member(archive, name, f"{path}/{name}")


def _member(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    """The content of one file of a zip.

    Raises:
        SegueError: it is broken, encrypted, or unpacks to more than MOST_BYTES.
    """
    try:
        with archive.open(name) as stream:
            content = stream.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise SegueError(f"broken ({error})", where, "download the zip again") from None
    if len(content) > MOST_BYTES:
        raise SegueError(
            f"unpacks to more than {MOST_BYTES:,} bytes", where, "unpack the zip and give the folder"
        )
    return content


def _records(where: str, content: bytes) -> list[dict[str, Any]]:
    """The plays of one file."""
    cure = f"it must be a JSON list of plays; {CURE}"
    try:
        records = json.loads(content)
    except (ValueError, RecursionError) as error:  # also of bytes that are no UTF-8
        raise SegueError(f"not JSON ({error})", where, cure) from None
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise SegueError("not a streaming history", where, cure)
    if records and not {"ts", "endTime"} & set(records[0]):
        raise SegueError("not a streaming history (no ts, no endTime)", where, cure)
    return records


def _extended(record: dict[str, Any]) -> dict[str, Any] | str:
    """A play of the extended history, or why it is dropped."""
    uri, title = record.get("spotify_track_uri"), record.get("master_metadata_track_name")
    artist, album = (record.get(f"master_metadata_album_{c}_name") for c in ("artist", "album"))
    if not uri or not title:
        other = any(record.get(c) for c in ("episode_name", "spotify_episode_uri"))
        book = any(value for c, value in record.items() if c.startswith("audiobook"))
        return "play of a podcast" if other else "play of an audiobook" if book else "play without a track"
    return _row(str(uri), title, artist, album, record["ts"], "%Y-%m-%dT%H:%M:%SZ", record.get("ms_played"))


def _plain(record: dict[str, Any]) -> dict[str, Any] | str:
    """A play of the plain account data, or why it is dropped."""
    title, artist = record.get("trackName"), record.get("artistName")
    if record.get("podcastName") or record.get("episodeName"):
        return "play of a podcast"
    if not title or not artist:
        return "play without a track"
    track_id = name_id(str(artist), str(title))
    ended = record.get("endTime")
    return _row(track_id, title, artist, None, ended, "%Y-%m-%d %H:%M", record.get("msPlayed"))


def _row(
    track_id: str, title: Any, artist: Any, album: Any, ended: Any, form: str, milliseconds: Any
) -> dict[str, Any] | str:
    """The play as a row of ours, or why it is dropped."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, (int, float)):
        return "play without a length"
    if not 0 < milliseconds < 1e9:  # NaN is neither
        return "play of no time or of more than days"
    try:
        begun = datetime.strptime(ended, form).replace(tzinfo=UTC) - timedelta(milliseconds=milliseconds)
    except (ValueError, TypeError, OverflowError):
        return "play without a time"
    return {
        "track_id": track_id,
        "title": str(title),
        "artist": str(artist or ""),
        "album": None if not album else str(album),
        "played_at": begun,
        "played_s": milliseconds / 1000,
    }
