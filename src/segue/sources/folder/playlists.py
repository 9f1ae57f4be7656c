"""Playlists of a folder of music: its playlist files, and its albums."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from segue.data import song_texts
from segue.data.catalogue import PLAYLISTS
from segue.data.names import name_id
from segue.sources.folder.names import DISC
from segue.sources.folder.scan import Found, Seen
from segue.sources.folder.tags import clean

NAME = re.compile(r"#PLAYLIST:\s*(.+)", re.IGNORECASE)
PLS_ENTRY = re.compile(r"File(\d+)\s*=\s*(.+)", re.IGNORECASE)
NO_NUMBER = 10_000
"""A track without a number comes behind the numbered ones of its album."""


@dataclass(frozen=True)
class Playlist:
    """One playlist of track ids."""

    playlist_id: str
    title: str | None
    track_ids: tuple[str, ...]
    split: str | None


def albums(files: Iterable[tuple[Found, Seen]]) -> list[Playlist]:
    """The albums of at least two tracks, by disc and number: files of one folder with one album tag.

    Folders of discs (`CD 1`, `CD 2`) are one folder. The id is made of the album's name and its first
    track, so that it stays when the folder is moved. Albums are for training.
    """
    groups: dict[tuple[str, str], list[tuple[int, int, str, str]]] = defaultdict(list)
    for found, seen in files:
        if seen.album and seen.track_id:
            folder = os.path.dirname(found.path)
            while DISC.fullmatch(os.path.basename(folder)):
                folder = os.path.dirname(folder)
            place = (seen.disc_no or 1, seen.track_no or NO_NUMBER)
            groups[folder, seen.album.casefold()].append((*place, seen.track_id, seen.album))
    made: dict[str, Playlist] = {}
    for entries in groups.values():
        entries.sort(key=lambda entry: entry[:2])
        ids, title = tuple(dict.fromkeys(entry[2] for entry in entries)), entries[0][3]
        if len(ids) > 1:
            name = f"album-{name_id(title, ids[0])}"
            made.setdefault(name, Playlist(name, title, ids, "train"))
    return list(made.values())


def lists(files: Iterable[Found], track_of: Mapping[str, str], dropped: Counter[str]) -> list[Playlist]:
    """The playlist files (M3U, M3U8, PLS), of those entries that are recordings of this walk.

    Args:
        files: the playlist files.
        track_of: path of every recording that was walked to -> its track.
        dropped: counts entries that are no recording of this walk, and files that cannot be read.
    """
    known = {_plain(path): track for path, track in track_of.items()}
    made = []
    for file in files:
        try:
            text = song_texts.read_text(Path(file.path))
        except OSError:
            text = None
        if text is None:
            dropped["playlist file that cannot be read"] += 1
            continue
        tracks = [_track(entry, file, known) for entry in _entries(text, file.suffix)]
        ids = tuple(track for track in tracks if track is not None)
        dropped["playlist entry that is no recording of these folders"] += len(tracks) - len(ids)
        found = NAME.search(text)
        title = clean(found[1]) if found else None
        stem = os.path.splitext(file.parts[-1])[0]
        made.append(Playlist(f"list-{name_id(*file.parts)}", title or clean(stem), ids, None))
    return made


def table(playlists: Iterable[Playlist]) -> pl.DataFrame:
    """The playlists as the catalogue's table."""
    rows = [
        (p.playlist_id, place, track, p.title, p.split)
        for p in playlists
        for place, track in enumerate(p.track_ids)
    ]
    schema: Any = {c: kind for c, kind in PLAYLISTS.items() if c != "created_at"}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _entries(text: str, suffix: str) -> list[str]:
    """The entries of a playlist file in order."""
    lines = [line.strip() for line in text.splitlines()]
    if suffix != ".pls":
        return [line for line in lines if line and not line.startswith("#")]
    found = [match for line in lines if (match := PLS_ENTRY.fullmatch(line))]
    return [match[2].strip() for match in sorted(found, key=lambda match: int(match[1]))]


def _track(entry: str, file: Found, known: Mapping[str, str]) -> str | None:
    """The track of an entry; it is only looked up among the walked files, nothing is opened."""
    if entry.lower().startswith("file://"):
        entry = unquote(re.sub(r"^file://(?:localhost)?", "", entry, flags=re.IGNORECASE))
    folder = os.path.dirname(file.path)
    for spelling in (entry, entry.replace("\\", "/")):
        track = known.get(_plain(os.path.normpath(os.path.join(folder, spelling))))
        if track is not None:
            return track
    return None


def _plain(path: str) -> str:
    """A path in one spelling of its accents: systems differ in how they write them."""
    return unicodedata.normalize("NFC", path)
