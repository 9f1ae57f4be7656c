"""A Subsonic server (Navidrome, Gonic, LMS, Ampache ...): its library read, playlists written to it.

Source: the documentation of OpenSubsonic (opensubsonic.netlify.app), of `search3`, `getAlbumList2`,
`getAlbum`, `getPlaylists`, `getPlaylist`, `getStarred2`, `createPlaylist` and `updatePlaylist`.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import PLAYLISTS, TRACKS, Tables
from segue.kit.errors import SegueError
from segue.kit.progress import bar
from segue.sources.reading.times import moment
from segue.sources.reading.web import Web

PASSWORD = "SEGUE_SUBSONIC_PASSWORD"
"""The environment variable that holds the password: one on the command line is seen by all."""
PAGE = 500
AT_ONCE = 100
"""Songs of a playlist that fit into one URL."""
DENIED = (40, 41, 42, 43, 44, 50)
"""Error codes of Subsonic that speak of who asks."""


class Subsonic:
    """Asks a Subsonic server as one of its users; the password leaves only salted and hashed."""

    def __init__(self, web: Web, user: str, password: str) -> None:
        self.web, self.user, self._password = web, user, password

    @classmethod
    def open(cls, url: str, user: str) -> Self:
        """A server by URL, with the password of the environment.

        Raises:
            SegueError: no password there, or no URL.
        """
        password = os.environ.get(PASSWORD)
        if not password:
            raise SegueError(f"no password for {user!r}", url, f"set the environment variable {PASSWORD}")
        return cls(Web(url, secret=True), user, password)

    def ask(self, method: str, *, missing: bool = False, **query: Any) -> dict[str, Any]:
        """The answer of one method; an empty one for what is not there, where it may be missing.

        Raises:
            SegueError: the server is away, or says that it failed.
        """
        # MD5 is what the protocol demands; a salt for each request keeps an answer from being replayed.
        salt = secrets.token_hex(8)
        token = hashlib.md5((self._password + salt).encode(), usedforsecurity=False).hexdigest()
        who = {"u": self.user, "t": token, "s": salt, "v": "1.16.1", "c": "segue", "f": "json"}
        value = self.web.get(f"rest/{method}", who | query)
        found = value.get("subsonic-response") if isinstance(value, dict) else None
        where = f"{self.web.url}/rest/{method}"
        if not isinstance(found, dict):
            raise SegueError("no answer of a Subsonic server", where, "check --url")
        if found.get("status") != "ok":
            error = found.get("error") or {}
            # "Not there" is an answer, "not allowed" never.
            if missing and error.get("code") not in DENIED:
                return {}
            cure = f"check the user's name and {PASSWORD}" if error.get("code") in DENIED else ""
            raise SegueError(f"{error.get('message') or 'it failed'} ({error.get('code')})", where, cure)
        return found

    def songs(self) -> Iterator[list[dict[str, Any]]]:
        """All songs, page by page: by an empty search, as OpenSubsonic has it, else album by album."""
        n = 0
        for page in _pages(lambda offset: self._search("", PAGE, offset)):
            n += len(page)
            yield page
        for albums in _pages(self._albums) if not n else ():
            for album in albums:
                yield _list(self.ask("getAlbum", id=album["id"]).get("album"), "song")

    def _search(self, words: str, count: int, offset: int) -> list[dict[str, Any]]:
        none: dict[str, Any] = {"artistCount": 0, "albumCount": 0}
        found = self.ask("search3", query=words, songCount=count, songOffset=offset, **none)
        return _list(found.get("searchResult3"), "song")

    def _albums(self, offset: int) -> list[dict[str, Any]]:
        found = self.ask("getAlbumList2", type="alphabeticalByName", size=PAGE, offset=offset)
        return _list(found.get("albumList2"), "album")

    def song(self, track_id: str) -> dict[str, Any] | None:
        """A song by its id, None where there is none."""
        found = self.ask("getSong", missing=True, id=track_id).get("song")
        return found if isinstance(found, dict) else None

    def search(self, words: str) -> list[dict[str, Any]]:
        """Songs that the server finds for words."""
        return self._search(words, AT_ONCE, 0)

    def playlists(self) -> Iterator[dict[str, Any]]:
        """All playlists of the user with their songs (`entry`), then what is starred as one more."""
        for one in _list(self.ask("getPlaylists").get("playlists"), "playlist"):
            found = self.ask("getPlaylist", id=one["id"]).get("playlist")
            if isinstance(found, dict):
                yield found
        starred = _list(self.ask("getStarred2").get("starred2"), "song")
        if starred:
            yield {"id": "starred", "name": "Starred", "entry": starred}

    def write_playlist(self, name: str, track_ids: Sequence[str]) -> str:
        """Write a playlist, in place of the user's own of the same name; returns its id."""
        lists = _list(self.ask("getPlaylists").get("playlists"), "playlist")
        # Others' shared playlists are listed, too, and must not be written over.
        mine = [p for p in lists if p.get("name") == name and p.get("owner", self.user) == self.user]
        target = {"playlistId": mine[0]["id"]} if mine else {"name": name}
        made = self.ask("createPlaylist", **target, songId=list(track_ids[:AT_ONCE])).get("playlist")
        if isinstance(made, dict):
            identity = str(made["id"])
        else:  # older servers do not say what they made
            lists = _list(self.ask("getPlaylists").get("playlists"), "playlist")
            identity = next(str(p["id"]) for p in reversed(lists) if p.get("name") == name)
        for start in range(AT_ONCE, len(track_ids), AT_ONCE):
            more = list(track_ids[start : start + AT_ONCE])
            self.ask("updatePlaylist", playlistId=identity, songIdToAdd=more)
        return identity


def read(path: Path, *, url: str | None = None) -> Tables:
    """Tracks and playlists of a server, with its own ids, so that playlists can be written back to it.

    Args:
        path: the user's name at the server.

    Raises:
        SegueError: no URL or password, the server is away or refuses, or it has no songs.
    """
    if url is None:
        raise SegueError("no server", cure="segue import subsonic USER WORKSPACE --url https://host")
    server, account = Subsonic.open(url, str(path)), Account()
    rows: dict[str, dict[str, Any]] = {}
    with server.web, bar() as progress:
        task = progress.add_task("songs", total=None)
        for page in server.songs():
            _keep(page, rows, account)
            progress.update(task, description=f"songs: {len(rows):,}")
        entries = []
        for one in server.playlists():
            entries += _entries(one)
            progress.update(task, description=f"playlist: {one.get('name')}")
    if not rows:
        raise SegueError("the server has no songs", url, "has it scanned its folder?")
    columns: dict[str, Any] = {c: TRACKS[c] for c in next(iter(rows.values()))}
    schema: dict[str, Any] = {c: t for c, t in PLAYLISTS.items() if c != "split"}
    lists = pl.DataFrame(entries, schema=schema, orient="row")
    return Tables(pl.DataFrame(list(rows.values()), schema=columns), lists, dropped=account)


def _keep(page: Sequence[dict[str, Any]], rows: dict[str, dict[str, Any]], account: Account) -> None:
    """Add the songs of a page to the rows by id."""
    for song in page:
        account.came["tracks"] += 1
        if not song.get("id") or not song.get("title") or song.get("isVideo"):
            account.leave("tracks", "song without id or title, or a video")
        elif str(song["id"]) in rows:
            account.leave("tracks", "song that came twice", examples=[song["id"]])
        else:
            rows[str(song["id"])] = _row(song)


def _row(song: dict[str, Any]) -> dict[str, Any]:
    """A song as a row of tracks."""
    genres = [g["name"] for g in _list(song, "genres") if g.get("name")]
    tags = genres or ([str(song["genre"])] if song.get("genre") else [])
    moods = song.get("moods")
    isrc = song.get("isrc")
    year, duration = song.get("year"), song.get("duration")
    return {
        "track_id": str(song["id"]),
        "title": str(song["title"]),
        "artist": str(song.get("displayArtist") or song.get("artist") or ""),
        "album": str(song["album"]) if song.get("album") else None,
        "year": year if isinstance(year, int) and 1000 < year < 3000 else None,
        "duration_s": float(duration) if isinstance(duration, (int, float)) and duration > 0 else None,
        "tags": [*tags, *(str(m) for m in moods)] if isinstance(moods, list) else tags,
        "isrc": str(isrc[0]) if isinstance(isrc, list) and isrc else isrc if isinstance(isrc, str) else None,
        "mbid": str(song["musicBrainzId"]) if song.get("musicBrainzId") else None,
    }


def _entries(playlist: dict[str, Any]) -> list[tuple[Any, ...]]:
    """A playlist as rows of the table."""
    made = moment(playlist.get("created"))
    songs = [str(s["id"]) for s in _list(playlist, "entry") if s.get("id")]
    identity, name = f"subsonic-{playlist['id']}", str(playlist.get("name") or "")
    return [(identity, place, song, name, made) for place, song in enumerate(songs)]


def _pages(ask: Callable[[int], list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """Page after page, each asked for by its offset; a server that knows none would send one for ever."""
    offset, before = 0, list[dict[str, Any]]()
    while (page := ask(offset)) and page != before:
        yield page
        offset, before = offset + len(page), page


def _list(value: Any, key: str) -> list[dict[str, Any]]:
    """The list of objects under a key; empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return [v for v in found if isinstance(v, dict)] if isinstance(found, list) else []
