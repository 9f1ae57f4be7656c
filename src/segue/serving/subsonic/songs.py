"""Songs as the protocol writes them, and the methods that find them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from segue.serving.errors import NotHereError
from segue.serving.service import Service
from segue.serving.subsonic.protocol import Call
from segue.understanding.state import Wish


def song(service: Service, row: Mapping[str, Any]) -> dict[str, Any]:
    """A track as the protocol's `Child`; what is not known is left out."""
    shape = service.shaper.track(row)
    tags, artist = shape["tags"], shape["artist"]
    known = {
        "album": shape["album"],
        "artist": artist,
        "displayArtist": artist,
        "artistId": f"ar-{artist}" if artist else None,
        "year": shape["year"],
        "genre": tags[0] if tags else None,
        "genres": [{"name": tag} for tag in tags],
        "duration": round(shape["duration_s"]) if shape["duration_s"] else None,
        "coverArt": shape["track_id"] if shape["has_audio"] else None,
        "musicBrainzId": row.get("mbid"),
        "isrc": [row["isrc"]] if row.get("isrc") else None,
    }
    head = {"id": shape["track_id"], "isDir": False, "isVideo": False, "type": "music", "mediaType": "song"}
    return head | {"title": shape["title"]} | {k: v for k, v in known.items() if v not in (None, [])}


LONGEST_WAY = 100
"""Songs of a way: each step looks at every track."""


def of(service: Service, track_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Tracks by id; those that the catalogue does not know are left out."""
    return [song(service, row) for row in service.browse.rows(track_ids)]


def similar(call: Call, default: int) -> list[tuple[dict[str, Any], float]]:
    """Songs like a song, or like an artist's best known one, with their likeness."""
    key, service = call.one("id"), call.service
    if key.startswith("ar-") and key not in service.library.catalogue.rows:
        index = service.browse.index
        rows = np.flatnonzero(index.meets(Wish("artist", "", values=(key.removeprefix("ar-"),))))
        if not len(rows):
            raise NotHereError("no such artist")
        key = str(service.library.catalogue.ids[rows[np.argmax(index.known[rows])]])
    found = service.browse.similar(key, call.number("count", default))
    return [(song(service, p.row), p.score or 0.0) for p in found]


def sonic(call: Call) -> dict[str, Any]:
    """Songs that sound like one; by all that is known, with likeness -1, where nobody listened to it."""
    service, key, count = call.service, call.one("id"), call.number("count", 10)
    audio = service.library.has("audio") and key in service.library.catalogue.rows
    if audio and service.library.feature("audio").present[service.library.catalogue.rows[key]]:
        found = service.browse.similar(key, count, "audio")
        pairs = [(song(service, p.row), max(0.0, min(1.0, p.score or 0.0))) for p in found]
    else:
        pairs = [(s, -1.0) for s, _ in similar(call, 10)]
    return {"sonicMatch": [{"entry": s, "similarity": likeness} for s, likeness in pairs]}


def search(call: Call, key: str = "searchResult3") -> dict[str, Any]:
    """Songs whose names have all words; an empty query is every song, page by page."""
    query = call.one("query", "").strip('"')
    _, rows = call.service.browse.tracks(
        query, "", call.number("songCount", 20), call.number("songOffset", 0)
    )
    found = [song(call.service, row) for row in rows]
    return {key: {"song": found} if found else {}}


def get_song(call: Call) -> dict[str, Any]:
    """One song."""
    return {"song": song(call.service, call.service.browse.row(call.one("id")))}


def similar_songs(call: Call, key: str) -> dict[str, Any]:
    """Songs like a song, or like an artist's best known one."""
    return {key: {"song": [s for s, _ in similar(call, 50)]}}


def path(call: Call) -> dict[str, Any]:
    """A way from one song to another in small steps."""
    browse, count = call.service.browse, call.number("count", 25)
    start, goal = (browse.row_number(call.one(name)) for name in ("startSongId", "endSongId"))
    artists = browse.catalogue.tracks["artist"].to_list()
    rows = browse.likeness.way(
        start, goal, min(max(2, count), LONGEST_WAY), np.ones(len(artists), bool), artists
    )
    found = [song(call.service, browse.catalogue.tracks.row(r, named=True)) for r in rows]
    return {"sonicMatch": [{"entry": s, "similarity": -1.0} for s in found]}


def folders(call: Call) -> dict[str, Any]:
    """One folder: the catalogue."""
    return {"musicFolders": {"musicFolder": [{"id": 1, "name": call.service.browse.facts["name"]}]}}
