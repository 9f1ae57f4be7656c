"""Import of the Million Playlist Dataset: a folder or zip of `mpd.slice.*.json`, read one slice at a time.

Source: Chen, Lamere, Schedl, Zamani, "RecSys Challenge 2018: Automatic Music Playlist Continuation".
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import Tables
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.sources.reading.files import files, guarded
from segue.sources.reading.records import records
from segue.sources.reading.times import REASON, moment
from segue.sources.tables import SCHEMAS

PATTERN = "mpd.slice.*.json"
_TRACK_COLUMNS = ("track_id", "title", "artist", "album", "duration_s")
_PLAYLIST_COLUMNS = ("playlist_id", "position", "track_id", "title", "created_at")


def read(path: Path) -> Tables:
    """Tracks, each once, and playlists with their names, dated by their last change (UTC).

    The track id is the `track_uri`, the playlist id `mpd-{pid}`. Every slice becomes tables at once, so
    that never more than one lies in memory as Python objects. What is no playlist, or an entry without a
    track, is left out and counted.

    Args:
        path: the folder (searched with its subfolders) or the zip of the slices.

    Raises:
        SegueError: no slice there, or nothing of this form in any.
    """
    if path.is_file() and not zipfile.is_zipfile(path):
        raise SegueError("neither a folder nor a zip", str(path), f"give the folder or zip of {PATTERN}")
    seen: set[str] = set()
    account = Account()
    parts = []
    slices = files(path, lambda name: PurePosixPath(name).match(PATTERN), account)
    for name, stream in watched(slices, "Reading slices"):
        found = list(guarded(_playlists(stream, name, account), name, account))
        if found:
            parts.append(_tables(found, seen, name, account))
        else:
            account.barren.setdefault(name, "no playlist in it")
    if not parts and not account.barren:
        raise SegueError(f"no {PATTERN} here", str(path), "give the folder or zip of the slices")
    if all(playlists.is_empty() for _, playlists in parts):
        cure = "a slice is {playlists: [{pid, name, modified_at, tracks}]}"
        why = "; ".join(f"{name}: {why}" for name, why in list(account.barren.items())[:3])
        why = why or "; ".join(account.lines[:3])
        raise SegueError(f"not an MPD slice ({why})", str(path), cure)
    return Tables(pl.concat([t for t, _ in parts]), pl.concat([p for _, p in parts]), dropped=+account)


def _playlists(stream: IO[bytes], name: str, account: Account) -> Iterator[dict[str, Any]]:
    """The playlists of one slice; a slice that is cut or damaged gives those that are whole."""
    for place, value in records(stream, name, "playlists", account):
        inner = value.get("playlists") if isinstance(value, dict) else None
        for playlist in inner if isinstance(inner, list) else [value]:
            if isinstance(playlist, dict) and "pid" in playlist and isinstance(playlist.get("tracks"), list):
                yield playlist
            else:
                account.add("part of a slice that is no playlist", 1, [place])


def _tables(
    playlists: list[dict[str, Any]], seen: set[str], name: str, account: Account
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tracks of one slice that are not yet `seen` (which grows), and its playlists."""
    tracks: list[tuple[Any, ...]] = []
    entries: list[tuple[Any, ...]] = []
    for playlist in playlists:
        playlist_id, title = f"mpd-{playlist['pid']}", _text(playlist.get("name"))
        created = _microseconds(playlist.get("modified_at"), f"{name}: {playlist_id}", account)
        for place, entry in enumerate(playlist["tracks"]):
            account.came["playlists"] += 1
            track_id = _text(entry.get("track_uri")) if isinstance(entry, dict) else None
            if not track_id:
                account.leave(
                    "playlists", "playlist entry without a track", examples=[f"{name}: {playlist_id}"]
                )
                continue
            position = entry.get("pos")
            is_place = isinstance(position, int) and 0 <= position < 2**31
            entries.append((playlist_id, position if is_place else place, track_id, title, created))
            if track_id in seen:
                continue
            seen.add(track_id)
            length = entry.get("duration_ms")
            duration = length / 1000 if isinstance(length, (int, float)) and 0 < length < 1e9 else None
            names = (_text(entry.get(c)) for c in ("track_name", "artist_name", "album_name"))
            tracks.append((track_id, *names, duration))
    schema = {c: SCHEMAS["playlists"][c] for c in _PLAYLIST_COLUMNS} | {"created_at": pl.Int64}
    frame = pl.DataFrame(entries, schema=schema, orient="row")
    return (
        pl.DataFrame(tracks, schema={c: SCHEMAS["tracks"][c] for c in _TRACK_COLUMNS}, orient="row"),
        frame.with_columns(pl.col("created_at").cast(SCHEMAS["playlists"]["created_at"])),
    )


def _microseconds(modified: Any, place: str, account: Account) -> int | None:
    """When a playlist was changed, None where that is no time."""
    found = moment(modified)
    if found is None and modified is not None:
        account.add(f"created_at {REASON}", 1, [f"{place}: {modified!r}"])
    return None if found is None else int(found.timestamp() * 1_000_000)


def _text(value: Any) -> str | None:
    """A text, None where there is none."""
    return value if isinstance(value, str) and value.strip() else None
