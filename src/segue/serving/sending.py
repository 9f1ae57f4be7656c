"""A playlist of the server, sent to another: a Subsonic server, or ListenBrainz."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from segue.data.catalogue import Catalogue
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.serving.playlist_formats import Finder
from segue.serving.state import PlaylistRow, Store
from segue.sources import listenbrainz
from segue.sources.subsonic import Subsonic
from segue.understanding.text import fold

MBID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Sent(NamedTuple):
    """Where a playlist is now, how many tracks went, and those that the other server does not know."""

    where: str
    n: int
    missing: list[str]


def chosen(store: Store, catalogue: Catalogue, which: str) -> tuple[str, list[str]]:
    """The name and the tracks of a playlist: of a file, or one that was kept, by its id or name.

    Raises:
        SegueError: there is none, or there are several of the name.
    """
    file = Path(which)
    if file.is_file():
        name, ids, _ = Finder(catalogue).read(file.read_bytes())
        return name or file.stem, ids
    with store.session() as session:
        rows = [r for r in session.query(PlaylistRow).all() if which in (r.id, r.name)]
    if len(rows) != 1:
        what = "no playlist" if not rows else f"{len(rows)} playlists"
        raise SegueError(f"{what} {which!r}", cure="give the id that /v1/playlists tells, or a file")
    return rows[0].name, list(rows[0].track_ids)


def to_subsonic(server: Subsonic, name: str, rows: Sequence[Mapping[str, Any]]) -> Sent:
    """Write tracks to a Subsonic server as a playlist, in place of the user's own of that name.

    A track is the server's own where its id is (the library was imported from there), else the song of the
    same title and artist.

    Raises:
        SegueError: the server is away, refuses, or knows no track of it.
    """
    known = {
        str(row["track_id"]): _song(server, row) for row in watched(rows, "looking for the tracks there")
    }
    ids = [found for row in rows if (found := known[str(row["track_id"])]) is not None]
    missing = [_name(row) for row in rows if known[str(row["track_id"])] is None]
    if not ids:
        raise SegueError("the server knows none of these tracks", server.web.url, "is it the right library?")
    return Sent(f"playlist {server.write_playlist(name, ids)}", len(ids), missing)


def to_listenbrainz(url: str, name: str, rows: Sequence[Mapping[str, Any]]) -> Sent:
    """Write tracks to ListenBrainz as a playlist of JSPF; those without a MusicBrainz id stay behind.

    Raises:
        SegueError: no token, the server is away or refuses, or no track has an id.
    """
    with_id = [row for row in rows if MBID.fullmatch(str(row.get("mbid") or "").lower())]
    if not with_id:
        raise SegueError("no track has a MusicBrainz id", "", "ListenBrainz knows tracks by nothing else")
    tracks = [
        {
            "title": r["title"],
            "creator": r["artist"],
            "identifier": [listenbrainz.RECORDING + r["mbid"].lower()],
        }
        for r in with_id
    ]
    made = listenbrainz.publish(url, name, tracks)
    return Sent(made, len(with_id), [_name(row) for row in rows if row not in with_id])


def _song(server: Subsonic, row: Mapping[str, Any]) -> str | None:
    """The server's id of a track, None where it has no such song."""
    title, artist = fold(str(row["title"] or "")), fold(str(row["artist"] or ""))

    def same(song: Mapping[str, Any]) -> bool:
        names = (song.get("artist"), song.get("displayArtist"))
        return fold(str(song.get("title"))) == title and artist in [fold(str(n)) for n in names if n]

    own = server.song(str(row["track_id"]))
    if own is not None and same(own):
        return str(own["id"])
    return next((str(s["id"]) for s in server.search(str(row["title"])) if same(s)), None)


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['artist'] or 'unknown artist'} - {row['title'] or row['track_id']}"
