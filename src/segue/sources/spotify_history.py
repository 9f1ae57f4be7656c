"""Import of a Spotify streaming history as Spotify hands it out: the plain account data or the extended one.

Both are JSON lists of plays, known by what is in them and not by their names. The extended one
(`Streaming_History_Audio_*.json`, before 2022 `endsong*.json`) has track ids and times to the second; the
plain one (`StreamingHistory*.json`) has names alone and times to the minute. Where both are there, the plain
one counts for the time that the extended one does not reach. Nothing but track, time and seconds heard is
kept: no address, device or country.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from segue.data.account import Account
from segue.data.catalogue import Tables
from segue.data.names import name_id
from segue.sources.reading.cells import DAY
from segue.sources.reading.files import stem
from segue.sources.reading.logs import Row, listener, read_log, words
from segue.sources.reading.times import moment

CURE = (
    "give the folder or zip that Spotify sent, with Streaming_History_Audio_*.json or StreamingHistory*.json"
)


def read(path: Path, *, user: str = "me") -> Tables:
    """Tracks, and plays of one listener with the seconds heard.

    Spotify notes when a play ended; `played_at` is when it began, by the seconds heard. The track id is the
    track's URI; in the plain account data, which has none, the URI that the extended history gives the same
    artist and title, else `names.name_id` of these.

    Left out and counted: podcasts, audiobooks and videos, plays without a track, a time or a length, plays
    of no time at all, and plays of the account data that the extended history covers.

    Args:
        path: the folder (searched with its subfolders), the zip, or one JSON file.

    Raises:
        SegueError: no such file, or none of a history in it.
    """
    return _History(listener(user)).read(path)


class _History:
    """What is known of the extended history when the plain one is read."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.ids: dict[str, str] = {}
        """`name_id` of artist and title -> URI."""
        self.first: datetime | None = None
        self.last: datetime | None = None

    def read(self, path: Path) -> Tables:
        """The tables of all files, the extended ones first."""
        account = Account()
        # The plain files last: they need the ids and the span of the extended ones.
        return read_log(
            path,
            lambda name: stem(name).endswith(".json"),
            self.rows,
            account,
            CURE,
            last=lambda head: b'"endTime"' in head,
        )

    def rows(self, record: Any, where: str) -> Iterator[Row]:
        """A play as a row of ours, or why it is left out."""
        if isinstance(record, dict) and "ts" in record:
            row = _extended(record, "video" in stem(where))
            if not isinstance(row, str):
                self._note(row, record)
        elif isinstance(record, dict) and "endTime" in record:
            row = self._plain(record)
        else:
            row = "record that is no play"
        yield row if isinstance(row, str) else row | {"user_id": self.user}

    def _note(self, row: dict[str, Any], record: dict[str, Any]) -> None:
        """Remember the id of a track and the time of its play."""
        self.ids[name_id(row["artist"], row["title"])] = row["track_id"]
        ended = row["played_at"] + timedelta(seconds=row["played_s"])
        self.first = ended if self.first is None else min(self.first, ended)
        self.last = ended if self.last is None else max(self.last, ended)

    def _plain(self, record: dict[str, Any]) -> Row:
        """A play of the plain account data, or why it is left out."""
        title, artist = words(record.get("trackName")), words(record.get("artistName"))
        if record.get("podcastName") or record.get("episodeName"):
            return "play of a podcast"
        if record.get("audiobookName") or record.get("chapterName"):
            return "play of an audiobook"
        if not title or not artist:
            return "play without a track"
        ended = moment(record.get("endTime"))
        minute = timedelta(minutes=1)  # to which its times are cut
        if ended and self.first and self.last and self.first - minute <= ended <= self.last:
            return "play of the account data in the time of the extended history"
        made = name_id(artist, title)
        return _row(
            self.ids.get(made, made), title, artist, "", record.get("endTime"), record.get("msPlayed")
        )


def _extended(record: dict[str, Any], is_video: bool) -> Row:
    """A play of the extended history, or why it is left out."""
    uri, title = words(record.get("spotify_track_uri")), words(record.get("master_metadata_track_name"))
    artist, album = (words(record.get(f"master_metadata_album_{c}_name")) for c in ("artist", "album"))
    if not uri or not title:
        other = any(record.get(c) for c in ("episode_name", "spotify_episode_uri"))
        book = any(value for c, value in record.items() if c.startswith("audiobook"))
        return "play of a podcast" if other else "play of an audiobook" if book else "play without a track"
    if is_video:
        return "play of a video"
    return _row(uri, title, artist, album, record["ts"], record.get("ms_played"))


def _row(track_id: str, title: str, artist: str, album: str, ended: Any, milliseconds: Any) -> Row:
    """The play as a row of ours, or why it is left out."""
    try:
        heard = float(milliseconds) / 1000
    except (TypeError, ValueError):
        return "play without a length"
    # JSON's NaN passes `float`, and no comparison with it holds.
    if isinstance(milliseconds, bool) or heard != heard:
        return "play without a length"
    if not 0 < heard <= DAY:
        return "play of no time or of more than a day"
    end = moment(ended)
    if end is None:
        return "play without a time from 1990 to tomorrow"
    return {
        "track_id": track_id,
        "title": title,
        "artist": artist,
        "album": album or None,
        "played_at": end - timedelta(seconds=heard),
        "played_s": heard,
    }
