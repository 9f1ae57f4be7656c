"""The methods by name: likeness, search, playlists, what was heard and liked, recordings and covers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from starlette.responses import FileResponse, Response

from segue.serving.service import Service
from segue.serving.state import FeedbackRow, PlaylistRow, now
from segue.serving.subsonic import songs
from segue.serving.subsonic.protocol import FAILED, Call, SubsonicError

OPINIONS = ("like", "dislike", "not_artist", "clear")


def extensions(call: Call) -> dict[str, Any]:
    """What of OpenSubsonic is there beside the old protocol."""
    names = ("formPost", "apiKeyAuthentication", "sonicSimilarity")
    return {"openSubsonicExtensions": [{"name": name, "versions": [1]} for name in names]}


def user(call: Call) -> dict[str, Any]:
    """Who asks, and what they may."""
    may = dict.fromkeys(("scrobblingEnabled", "streamRole", "downloadRole", "playlistRole"), True)
    not_ = ("adminRole", "settingsRole", "uploadRole", "coverArtRole", "commentRole", "podcastRole")
    more = ("jukeboxRole", "shareRole", "videoConversionRole")
    return {"user": {"username": call.one("u", "me")} | may | dict.fromkeys((*not_, *more), False)}


# ---------------------------------------------------------------------- playlists


def playlist(service: Service, row: PlaylistRow, *, whole: bool = True) -> dict[str, Any]:
    """A playlist as the protocol writes it, with its songs or without."""
    entries = songs.of(service, row.track_ids)
    head = {
        "id": row.id,
        "name": row.name,
        "songCount": len(entries),
        "duration": sum(e.get("duration", 0) for e in entries),
        "created": row.created_at,
        "changed": row.updated_at,
        "public": False,
    }
    return head | ({"entry": entries} if whole else {})


def playlists(call: Call) -> dict[str, Any]:
    """All playlists, without their songs."""
    rows = call.service.playlists.every()
    return {"playlists": {"playlist": [playlist(call.service, row, whole=False) for row in rows]}}


def get_playlist(call: Call) -> dict[str, Any]:
    """One playlist with its songs."""
    return {"playlist": playlist(call.service, call.service.playlists.read(call.one("id")))}


def create_playlist(call: Call) -> dict[str, Any]:
    """A new playlist, or other songs for one that is there."""
    ids, kept = call.all("songId"), call.service.playlists
    if "playlistId" in call.given:
        row = kept.change(call.one("playlistId"), call.one("name", "") or None, ids)
    else:
        row = kept.make(call.one("name"), ids)
    return {"playlist": playlist(call.service, row)}


def update_playlist(call: Call) -> dict[str, Any]:
    """Another name; songs taken out by their places, then songs added at the end."""
    kept = call.service.playlists
    row = kept.read(call.one("playlistId"))
    out = {int(n) for n in call.all("songIndexToRemove") if n.isascii() and n.isdigit() and len(n) < 9}
    ids = [i for n, i in enumerate(row.track_ids) if n not in out] + call.all("songIdToAdd")
    kept.change(row.id, call.one("name", "") or None, ids)
    return {}


def delete_playlist(call: Call) -> dict[str, Any]:
    """Delete a playlist."""
    call.service.playlists.delete(call.one("id"))
    return {}


# ---------------------------------------------------------------------- what was heard and liked


def scrobble(call: Call) -> dict[str, Any]:
    """Songs were played: kept as plays, to learn from."""
    if call.one("submission", "true") == "false":
        return {}
    for place, track_id in enumerate(call.all("id")):
        times = call.all("time")
        _keep(call, track_id, "play", _moment(times[place]) if place < len(times) else now())
    return {}


def star(call: Call) -> dict[str, Any]:
    """Songs are liked."""
    for track_id in call.all("id"):
        _keep(call, track_id, "like", now())
    return {}


def unstar(call: Call) -> dict[str, Any]:
    """Songs are liked no more."""
    for track_id in call.all("id"):
        _keep(call, track_id, "clear", now())
    return {}


def starred(call: Call) -> dict[str, Any]:
    """Songs that the user likes, the last liked first."""
    wanted = (
        select(FeedbackRow.track_id, FeedbackRow.kind)
        .where(FeedbackRow.user == call.one("u", ""), FeedbackRow.kind.in_(OPINIONS))
        .order_by(FeedbackRow.id)
    )
    liked: dict[str, str] = {}
    with call.service.store.session() as session:
        for track_id, kind in session.execute(wanted):
            liked.pop(track_id, None)
            liked[track_id] = kind
    ids = [i for i, kind in reversed(liked.items()) if kind == "like"]
    return {"starred2": {"song": songs.of(call.service, ids)} if ids else {}}


def _keep(call: Call, track_id: str, kind: str, at: str) -> None:
    call.service.browse.row(track_id)
    with call.service.store.session() as session:
        session.add(FeedbackRow(user=call.one("u", ""), track_id=track_id, kind=kind, at=at))


def _moment(milliseconds: str) -> str:
    """A time of the protocol as the database keeps it."""
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError, OSError):
        raise SubsonicError(FAILED, "time is no time") from None


# ---------------------------------------------------------------------- files


def stream(call: Call) -> Response:
    """The recording of a song as it is, whatever format is wished for."""
    path, kind = call.service.media.file(call.one("id"))
    return FileResponse(path, media_type=kind)


def cover(call: Call) -> Response:
    """The picture that a recording holds."""
    found = call.service.media.covers(call.one("id"))
    return Response(found.data, media_type=found.kind)


METHODS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "ping": lambda call: {},
    "getLicense": lambda call: {"license": {"valid": True}},
    "getOpenSubsonicExtensions": extensions,
    "getMusicFolders": songs.folders,
    "getUser": user,
    "getSong": songs.get_song,
    "search2": lambda call: songs.search(call, "searchResult2"),
    "search3": songs.search,
    "getSimilarSongs": lambda call: songs.similar_songs(call, "similarSongs"),
    "getSimilarSongs2": lambda call: songs.similar_songs(call, "similarSongs2"),
    "getSonicSimilarTracks": songs.sonic,
    "findSonicPath": songs.path,
    "getPlaylists": playlists,
    "getPlaylist": get_playlist,
    "createPlaylist": create_playlist,
    "updatePlaylist": update_playlist,
    "deletePlaylist": delete_playlist,
    "scrobble": scrobble,
    "star": star,
    "unstar": unstar,
    "getStarred2": starred,
}
FILES: dict[str, Callable[[Call], Response]] = {"stream": stream, "download": stream, "getCoverArt": cover}
"""Methods that answer with a file."""
