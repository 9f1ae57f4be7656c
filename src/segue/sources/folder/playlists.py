"""Playlists of a folder of music: its albums, and the table of them and of its playlist files."""

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from segue.data.catalogue import PLAYLISTS
from segue.data.names import name_id
from segue.sources.folder.names import DISC
from segue.sources.folder.scan import Found, Seen

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


def table(playlists: Iterable[Playlist]) -> pl.DataFrame:
    """The playlists as the catalogue's table."""
    rows = [
        (p.playlist_id, place, track, p.title, p.split)
        for p in playlists
        for place, track in enumerate(p.track_ids)
    ]
    schema: Any = {c: kind for c, kind in PLAYLISTS.items() if c != "created_at"}
    return pl.DataFrame(rows, schema=schema, orient="row")
