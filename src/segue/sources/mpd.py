"""Import of the Million Playlist Dataset: a folder or zip of `mpd.slice.*.json`, read one slice at a time.

Source: Chen, Lamere, Schedl, Zamani, "RecSys Challenge 2018: Automatic Music Playlist Continuation".
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.progress import track as progress

from segue.data.catalogue import Tables
from segue.kit.errors import SegueError
from segue.sources.tables import SCHEMAS

PATTERN = "mpd.slice.*.json"
_TRACK_COLUMNS = ("track_id", "title", "artist", "album", "duration_s")
_PLAYLIST_COLUMNS = ("playlist_id", "position", "track_id", "title", "created_at")


def read(path: Path) -> Tables:
    """Tracks, each once, and playlists with their names, dated by their last change (UTC).

    The track id is the `track_uri`, the playlist id `mpd-{pid}`. Every slice becomes tables at once, so
    that never more than one lies in memory as Python objects.

    Args:
        path: the folder (searched with its subfolders) or the zip of the slices.

    Raises:
        SegueError: no slice there, or one is not of this form.
    """
    names = _names(path)
    seen: set[str] = set()
    parts = []
    console = Console(stderr=True)
    slices = progress(
        _texts(path, names), "Reading slices", total=len(names), console=console, transient=True
    )
    for name, text in slices:
        where = f"{path}/{name}"
        try:
            parts.append(_tables(json.loads(text)["playlists"], seen))
        except (ValueError, pl.exceptions.PolarsError) as error:
            raise SegueError(f"not JSON ({error})", where, "download the slice again") from None
        except (KeyError, TypeError, AttributeError) as error:
            cure = "a slice is {playlists: [{pid, name, modified_at, tracks}]}"
            raise SegueError(f"not an MPD slice ({error!r})", where, cure) from None
    return Tables(pl.concat([t for t, _ in parts]), pl.concat([p for _, p in parts]))


def _names(path: Path) -> list[str]:
    """The names of the slices in the folder or zip, in order of their first playlist."""
    if path.is_dir():
        names = [str(f.relative_to(path)) for f in path.rglob(PATTERN)]
    elif not path.is_file():
        raise SegueError("no such file or folder", str(path), "check the path")
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if Path(n).match(PATTERN)]
    else:
        raise SegueError("neither a folder nor a zip", str(path), f"give the folder or zip of {PATTERN}")
    if not names:
        raise SegueError(f"no {PATTERN} here", str(path), "give the folder or zip of the slices")
    return sorted(names, key=_first_playlist)


def _first_playlist(name: str) -> tuple[int, str]:
    """The sort key of `mpd.slice.FROM-TO.json`."""
    start = Path(name).name.removeprefix("mpd.slice.").split("-")[0]
    return (int(start) if start.isdigit() else -1), name


def _texts(path: Path, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each slice, read when it is its turn."""
    if path.is_dir():
        for name in names:
            yield name, (path / name).read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        for name in names:
            try:
                yield name, archive.read(name)
            except (zipfile.BadZipFile, OSError) as error:
                raise SegueError(f"broken ({error})", f"{path}/{name}", "download the zip again") from None


def _tables(playlists: list[dict[str, Any]], seen: set[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tracks of one slice that are not yet `seen` (which grows), and its playlists."""
    tracks: list[tuple[Any, ...]] = []
    entries: list[tuple[Any, ...]] = []
    for playlist in playlists:
        playlist_id, title = f"mpd-{playlist['pid']}", playlist.get("name")
        modified = playlist.get("modified_at")
        microseconds = None if modified is None else int(modified) * 1_000_000
        for entry in playlist["tracks"]:
            track_id = entry["track_uri"]
            entries.append((playlist_id, entry["pos"], track_id, title, microseconds))
            if track_id in seen:
                continue
            seen.add(track_id)
            milliseconds = entry.get("duration_ms")
            duration = None if milliseconds is None else milliseconds / 1000
            album = entry.get("album_name")
            tracks.append((track_id, entry["track_name"], entry["artist_name"], album, duration))
    schema = {c: SCHEMAS["playlists"][c] for c in _PLAYLIST_COLUMNS} | {"created_at": pl.Int64}
    frame = pl.DataFrame(entries, schema=schema, orient="row")
    return (
        pl.DataFrame(tracks, schema={c: SCHEMAS["tracks"][c] for c in _TRACK_COLUMNS}, orient="row"),
        frame.with_columns(pl.col("created_at").cast(SCHEMAS["playlists"]["created_at"])),
    )
