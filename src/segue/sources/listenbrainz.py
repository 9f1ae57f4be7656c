"""Import of ListenBrainz: one's own listens as exported today or before, dumps, or a user's listens by name.

Source: the ListenBrainz documentation of its JSON format (a listen is `listened_at`, `track_metadata` with
names, `additional_info` and `mbid_mapping`), and of its API (`/1/user/NAME/listens`).
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from segue.data.account import Account
from segue.data.catalogue import Tables
from segue.data.names import name_id
from segue.kit.errors import SegueError
from segue.kit.progress import bar
from segue.kit.workspace import write_json
from segue.sources.reading.cells import DAY
from segue.sources.reading.files import stem
from segue.sources.reading.logs import Row, listener, read_log, words
from segue.sources.reading.times import moment
from segue.sources.reading.web import Web

TOKEN = "SEGUE_LISTENBRAINZ_TOKEN"
RECORDING = "https://musicbrainz.org/recording/"
PLAYLIST = "https://musicbrainz.org/doc/jspf#playlist"
PAGE = 1000
"""Listens an answer: the most that the API gives."""
ENDINGS = (".listens", ".jsonl", ".ndjson", ".json")
OTHERS = ("feedback", "pinned", "user.json", "playlist")
"""How the names of an export's other files begin, which hold no listens."""
TIMES = ("listened_at", "timestamp", "ts")
CURE = "give the export's zip, or a folder or file of listens in JSON (an array, or a listen a line)"


def read(path: Path, *, user: str = "me", url: str | None = None) -> Tables:
    """Tracks, and plays of one listener or of many.

    All forms of an export are read, told by what is in them: an array, indented or not, an answer of the
    API, a listen a line; several in one folder or archive. The track id is the MBID of the recording as
    ListenBrainz mapped it, else as the player sent it, else `names.name_id` of artist and title.
    `duration_s` is the track's where a listen says it. How long was listened is not said.

    Left out and counted: what is no JSON or no listen, and listens without a time, an artist or a title.

    Args:
        path: the export's zip, a tar of a dump, a folder (searched with its subfolders), or one file.
            With `url`, the name of a user, whose listens are fetched.
        user: the listener's id where a listen names none, as in an export.
        url: of a server ("https://api.listenbrainz.org").

    Raises:
        SegueError: no such file, no listens in it, or packed in a way that cannot be read; the server is
            away, or knows no such user.
    """
    if url is not None:
        with tempfile.TemporaryDirectory() as folder:
            fetch(url, str(path), Path(folder))
            return read(Path(folder), user=str(path))
    name = listener(user)
    return read_log(path, _is_listens, lambda v, _: _listens(v, name), Account(), CURE)


def fetch(url: str, name: str, folder: Path) -> int:
    """Write a user's listens into a folder, an answer of the API a file, newest first; returns how many.

    A token, which no public listens need, comes from the environment (`SEGUE_LISTENBRAINZ_TOKEN`).
    """
    token, before, n = os.environ.get(TOKEN), 0, 0
    headers = {"Authorization": f"Token {token}"} if token else {}
    edge: list[Any] = []
    with (
        Web(url, headers, secret=bool(token)) as web,
        bar() as progress,
    ):
        task = progress.add_task("listens", total=None)
        while True:
            query = {"count": PAGE} | ({"max_ts": before} if before else {})
            listens = _page(web.get(f"1/user/{quote(name, safe='')}/listens", query))
            times = [x["listened_at"] for x in listens]
            # What is asked for is older than `max_ts`: the last second of a page is asked for again, whole.
            older = min(times) + (min(times) < max(times)) if times else 0
            if not times or (before and older >= before):
                return n
            # What the last page had of that second comes again, and is dropped here.
            fresh = [x for x in listens if x not in edge]
            write_json(folder / f"{n:09}.json", {"payload": {"user_id": name, "listens": fresh}})
            edge = [x for x in listens if x["listened_at"] == min(times)]
            n, before = n + len(fresh), older
            progress.update(task, description=f"listens: {n:,}")


def publish(url: str, name: str, tracks: Sequence[Mapping[str, Any]]) -> str:
    """Write a private playlist to ListenBrainz; returns its address there.

    Args:
        tracks: as JSPF has them, each with an `identifier` of MusicBrainz.

    Raises:
        SegueError: no token in `SEGUE_LISTENBRAINZ_TOKEN`, or the server is away or refuses.
    """
    token = os.environ.get(TOKEN)
    if not token:
        raise SegueError("no token for ListenBrainz", url, f"set the environment variable {TOKEN}")
    more = {PLAYLIST: {"public": False}}
    body = {"playlist": {"title": name, "extension": more, "track": list(tracks)}}
    with Web(url, {"Authorization": f"Token {token}"}, secret=True) as web:
        made = web.post("1/playlist/create", body)
    identity = made.get("playlist_mbid") if isinstance(made, dict) else None
    if not isinstance(identity, str):
        raise SegueError("the server does not say what it made", url, "look at your playlists there")
    return f"https://listenbrainz.org/playlist/{identity}"


def _page(answer: Any) -> list[dict[str, Any]]:
    """The listens of an answer that say when they were."""
    payload = answer.get("payload") if isinstance(answer, dict) else None
    listens = payload.get("listens") if isinstance(payload, dict) else None
    found = [x for x in listens if isinstance(x, dict)] if isinstance(listens, list) else []
    return [x for x in found if isinstance(x.get("listened_at"), int)]


def _is_listens(name: str) -> bool:
    """Whether a file of this name may hold listens."""
    return stem(name).endswith(ENDINGS) and not stem(name).startswith(OTHERS)


def _listens(value: Any, user: str) -> Iterator[Row]:
    """The listens of a JSON value: one, or those of an answer of the API."""
    if isinstance(value, dict) and isinstance(value.get("payload"), dict):
        value, user = value["payload"], str(value["payload"].get("user_id") or user)
    if isinstance(value, dict) and isinstance(value.get("listens"), list):
        for listen in value["listens"]:
            yield _listen(listen, user)
    elif isinstance(value, list):
        for listen in value:
            yield _listen(listen, user)
    else:
        yield _listen(value, user)


def _listen(record: Any, user: str) -> Row:
    """A listen as a row of ours, or why it is left out."""
    if not isinstance(record, dict):
        return "record that is no listen"
    song = record.get("track_metadata", record)  # some tools write the names beside the time
    if not isinstance(song, dict) or not {"artist_name", "track_name"} & set(song):
        return "record that is no listen"
    artist, title = words(song.get("artist_name")), words(song.get("track_name"))
    more, mapped = (
        v if isinstance(v := song.get(c), dict) else {} for c in ("additional_info", "mbid_mapping")
    )
    if not artist or not title:
        return "listen without artist or title"
    played_at = next((t for c in TIMES if (t := moment(record.get(c)))), None)
    if played_at is None:
        return "listen without a time from 1990 to tomorrow"
    # What ListenBrainz mapped is of the song; players often send that of another release.
    mbid = words(mapped.get("recording_mbid")) or words(more.get("recording_mbid"))
    return {
        "user_id": words(record.get("user_name")) or user,
        "track_id": mbid or name_id(artist, title),
        "title": title,
        "artist": artist,
        "album": words(song.get("release_name")) or None,
        "duration_s": _duration(more),
        "isrc": words(more.get("isrc")) or None,
        "mbid": mbid or None,
        "played_at": played_at,
    }


def _duration(more: dict[str, Any]) -> float | None:
    """The track's length in seconds where the player said one that can be."""
    for key, unit in (("duration_ms", 1000.0), ("duration", 1.0)):
        try:
            seconds = float(more[key]) / unit
        except (KeyError, TypeError, ValueError):
            continue
        if 0 < seconds < DAY:
            return seconds
    return None
