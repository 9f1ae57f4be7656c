"""Import of ListenBrainz: the export of one's own listens, or files of its dumps, as JSON lines.

Source: the ListenBrainz documentation of its JSON format (a listen is `listened_at`, `track_metadata` with
names, `additional_info` and `mbid_mapping`).
"""

from __future__ import annotations

import json
import lzma
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.progress import track as progress

from segue.data.catalogue import Tables
from segue.data.names import name_id, tables_of
from segue.kit.errors import SegueError

PATTERNS = ("*.listens", "*.jsonl", "*.json")
NEVER = ("feedback*", "pinned*", "user.json", "*playlist*")
"""Other files of an export, that hold no listens."""
MOST_BYTES = 1 << 20
"""Bytes of one listen; a longer line is no listen."""
CURE = "give the export's zip, or a folder or file of JSON lines (.listens, .jsonl)"


def read(path: Path, *, user: str = "me") -> Tables:
    """Tracks, and plays of one listener or of many.

    The track id is the MBID of the recording as ListenBrainz mapped it, else as the player sent it, else
    `names.name_id` of artist and title. `duration_s` is the track's where a listen says it. How long was
    listened is not said. Dumps packed with zstandard must be unpacked first; `.tar`, `.tar.gz`, `.tar.xz`
    are read as they are.

    Dropped and counted: lines that are no JSON, and listens without a time, an artist or a title.

    Args:
        path: the export's zip, a tar of a dump, a folder (searched with its subfolders), or one file.
        user: the listener's id where a listen names none, as in an export.

    Raises:
        SegueError: no such file, no listens in it, or packed in a way that cannot be read.
    """
    if not user.strip():
        raise SegueError("the listener's id is blank", cure="use --user me")
    console = Console(stderr=True)
    lines = progress(_lines(path), "Reading listens", total=None, console=console, transient=True)
    return tables_of((_listen(line, user) for line in lines), str(path))


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of all files of listens that are not blank."""
    try:
        for stream in _streams(path):
            with stream:
                while line := stream.readline(MOST_BYTES):
                    if line.strip():
                        yield line
    except (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, EOFError, OSError, RuntimeError) as error:
        raise SegueError(f"cannot be read ({error})", str(path), "download it again") from None


def _streams(path: Path) -> Iterator[IO[bytes]]:
    """The files of listens, opened when it is their turn."""
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file() and _is_listens(file.name)]
        _check_some(files, path)
        yield from (file.open("rb") for file in files)
    elif not path.is_file():
        raise SegueError("no such file or folder", str(path), "check the path")
    elif path.suffix == ".zst":
        raise SegueError("packed with zstandard", str(path), "unpack it first (unzstd) and give the .tar")
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if _is_listens(name)]
            _check_some(names, path)
            yield from (archive.open(name) for name in names)
    elif tarfile.is_tarfile(path):
        with tarfile.open(path) as tar:
            for entry in tar:  # nothing is written to the disk
                stream = tar.extractfile(entry) if entry.isfile() and _is_listens(entry.name) else None
                if stream is not None:
                    yield stream
    else:
        yield path.open("rb")


def _is_listens(name: str) -> bool:
    """Whether a file of this name holds listens."""
    last = name.rsplit("/", 1)[-1]
    is_other = any(fnmatchcase(last, pattern) for pattern in NEVER)
    return not is_other and any(fnmatchcase(last, pattern) for pattern in PATTERNS)


def _check_some(found: list[Any], path: Path) -> None:
    """Raise where nothing was found."""
    if not found:
        raise SegueError("no listens here", str(path), CURE)


def _listen(line: bytes, user: str) -> dict[str, Any] | str:
    """A listen as a row of ours, or why it is dropped."""
    try:
        record = json.loads(line)
        song = record["track_metadata"]
        artist, title = str(song["artist_name"] or "").strip(), str(song["track_name"] or "").strip()
        more, mapped = song.get("additional_info") or {}, song.get("mbid_mapping") or {}
        named = str(record.get("user_name") or user)
        mbid = mapped.get("recording_mbid") or more.get("recording_mbid")
        album, isrc = song.get("release_name"), more.get("isrc")
    except (ValueError, RecursionError):
        return "line that is no JSON"
    except (KeyError, TypeError, AttributeError):
        return "line that is no listen"
    if not artist or not title:
        return "listen without artist or title"
    try:
        played_at = datetime.fromtimestamp(float(record["listened_at"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return "listen without a time"
    return {
        "user_id": named,
        "track_id": str(mbid) if mbid else name_id(artist, title),
        "title": title,
        "artist": artist,
        "album": str(album) if album else None,
        "duration_s": _duration(more),
        "isrc": isrc if isinstance(isrc, str) and isrc else None,
        "mbid": str(mbid) if mbid else None,
        "played_at": played_at,
    }


def _duration(more: dict[str, Any]) -> float | None:
    """The track's length in seconds where the player said one that can be."""
    for key, unit in (("duration_ms", 1000.0), ("duration", 1.0)):
        try:
            seconds = float(more[key]) / unit
        except (KeyError, TypeError, ValueError):
            continue
        if 0 < seconds < 86_400:
            return seconds
    return None
