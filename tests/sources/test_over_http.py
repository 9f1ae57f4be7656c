"""Sources behind a URL: a ListenBrainz user by name, a Subsonic library; each against a stand-in server."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from json_server import Asked, json_server
from segue.kit.errors import SegueError
from segue.sources import listenbrainz, subsonic
from segue.sources.reading.web import Web

SONGS = [
    {
        "id": f"s{n}",
        "title": f"Song {n}",
        "artist": "Band",
        "displayArtist": "Band feat. Bo",
        "album": "LP",
        "year": 1990 + n,
        "duration": 200 + n,
        "genre": "Rock",
        "genres": [{"name": "Rock"}, {"name": "Pop"}],
        "musicBrainzId": f"mb{n}",
        "isrc": ["GB1"],
    }
    for n in range(7)
]


def listen(at: int, title: str) -> dict[str, Any]:
    return {"listened_at": at, "track_metadata": {"artist_name": "Band", "track_name": title}}


def test_all_listens_of_a_user_are_fetched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that end in the middle of a second, a server that is busy, a name that needs quoting."""
    start = 1_577_872_800
    listens = [listen(start + n // 3, f"t{n}") for n in range(10)][::-1]
    busy = iter([429, 503])

    def answer(asked: Asked) -> tuple[int, Any]:
        if (status := next(busy, 200)) != 200:
            return status, {"error": "busy"}
        if asked.path != "/1/user/anna%20b/listens":
            return 404, {"error": "Cannot find user"}
        before = int(asked.query.get("max_ts", ["9999999999"])[0])
        found = [x for x in listens if x["listened_at"] < before][: int(asked.query["count"][0])]
        return 200, {"payload": {"listens": found, "user_id": "anna b", "count": len(found)}}

    monkeypatch.setattr(listenbrainz, "PAGE", 4)
    with json_server(answer) as server:
        found = listenbrainz.read(Path("anna b"), url=server.url)
        with pytest.raises(SegueError, match="Cannot find user"):
            listenbrainz.read(Path("nobody"), url=server.url)
    assert found.plays is not None
    assert sorted(found.tracks["title"]) == [f"t{n}" for n in range(10)]
    assert found.plays.height == 10
    assert set(found.plays["user_id"]) == {"anna b"}


class Navidrome:
    """A Subsonic server with seven songs, a playlist and a star."""

    def __init__(self, *, empty_search: bool = True) -> None:
        self.empty_search = empty_search
        self.lists: dict[str, tuple[str, list[str]]] = {"p1": ("Evening", ["s1", "s3"])}

    def __call__(self, asked: Asked) -> tuple[int, Any]:
        query = {key: value[0] for key, value in asked.query.items()}
        token = hashlib.md5(("secret" + query["s"]).encode()).hexdigest()
        if (query["u"], query["t"]) != ("anna", token):
            return 200, self.said(
                status="failed", error={"code": 40, "message": "Wrong username or password"}
            )
        return 200, self.said(**getattr(self, asked.path.removeprefix("/rest/"))(query, asked.query))

    @staticmethod
    def said(status: str = "ok", **more: Any) -> dict[str, Any]:
        return {"subsonic-response": {"status": status, "version": "1.16.1"} | more}

    def search3(self, query: dict[str, str], _: Any) -> dict[str, Any]:
        start = int(query["songOffset"])
        songs = SONGS[start : start + int(query["songCount"])] if self.empty_search else []
        return {"searchResult3": {"song": songs} if songs else {}}

    def getAlbumList2(self, query: dict[str, str], _: Any) -> dict[str, Any]:  # noqa: N802
        return {"albumList2": {"album": [{"id": "a1"}] if query["offset"] == "0" else []}}

    def getAlbum(self, query: dict[str, str], _: Any) -> dict[str, Any]:  # noqa: N802
        return {"album": {"id": query["id"], "song": SONGS}}

    def getPlaylists(self, query: dict[str, str], _: Any) -> dict[str, Any]:  # noqa: N802
        return {
            "playlists": {
                "playlist": [{"id": i, "name": n, "owner": "anna"} for i, (n, _) in self.lists.items()]
            }
        }

    def getPlaylist(self, query: dict[str, str], _: Any) -> dict[str, Any]:  # noqa: N802
        name, ids = self.lists[query["id"]]
        return {"playlist": {"id": query["id"], "name": name, "entry": [s for s in SONGS if s["id"] in ids]}}

    def getStarred2(self, query: dict[str, str], _: Any) -> dict[str, Any]:  # noqa: N802
        return {"starred2": {"song": [SONGS[5]]}}

    def createPlaylist(self, query: dict[str, str], whole: dict[str, list[str]]) -> dict[str, Any]:  # noqa: N802
        identity = query.get("playlistId") or f"p{len(self.lists) + 1}"
        name = query.get("name") or self.lists[identity][0]
        self.lists[identity] = (name, whole.get("songId", []))
        return {"playlist": {"id": identity, "name": name}}

    def updatePlaylist(self, query: dict[str, str], whole: dict[str, list[str]]) -> dict[str, Any]:  # noqa: N802
        self.lists[query["playlistId"]][1].extend(whole["songIdToAdd"])
        return {}


@pytest.mark.parametrize("empty_search", [True, False])
def test_a_subsonic_library_is_read(monkeypatch: pytest.MonkeyPatch, empty_search: bool) -> None:
    monkeypatch.setattr(subsonic, "PAGE", 3)
    monkeypatch.setenv(subsonic.PASSWORD, "secret")
    with json_server(Navidrome(empty_search=empty_search)) as server:
        found = subsonic.read(Path("anna"), url=server.url)
        assert not any("secret" in str(asked) for asked in server.asked)
    assert found.tracks.row(0, named=True) == {
        "track_id": "s0",
        "title": "Song 0",
        "artist": "Band feat. Bo",
        "album": "LP",
        "year": 1990,
        "duration_s": 200.0,
        "tags": ["Rock", "Pop"],
        "isrc": "GB1",
        "mbid": "mb0",
    }
    assert found.tracks.height == 7
    assert found.playlists is not None
    entries = found.playlists.select("playlist_id", "position", "track_id").rows()
    assert entries == [("subsonic-p1", 0, "s1"), ("subsonic-p1", 1, "s3"), ("subsonic-starred", 0, "s5")]


def test_playlists_are_written_to_a_subsonic_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subsonic, "AT_ONCE", 2)
    monkeypatch.setenv(subsonic.PASSWORD, "secret")
    navidrome = Navidrome()
    with json_server(navidrome) as server:
        client = subsonic.Subsonic.open(server.url, "anna")
        made = client.write_playlist("Night", ["s5", "s1", "s0"])
        assert navidrome.lists[made] == ("Night", ["s5", "s1", "s0"])
        assert client.write_playlist("Night", ["s2"]) == made
        assert navidrome.lists[made] == ("Night", ["s2"])
        client.web.http.close()


def test_what_is_wrong_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(subsonic.PASSWORD, raising=False)
    with pytest.raises(SegueError, match=subsonic.PASSWORD):
        subsonic.read(Path("anna"), url="http://127.0.0.1:1")
    with pytest.raises(SegueError, match="no server"):
        subsonic.read(Path("anna"))
    monkeypatch.setenv(subsonic.PASSWORD, "wrong")
    with json_server(Navidrome()) as server, pytest.raises(SegueError, match="Wrong username") as told:
        subsonic.read(Path("anna"), url=server.url)
    assert "wrong" not in str(told.value).replace("Wrong", "")
    with pytest.raises(SegueError, match="does not belong into a URL"):
        Web("https://anna:pw@host")
    with json_server(lambda _: (200, b"<html>")) as server, pytest.raises(SegueError, match="no JSON"):
        Web(server.url).get("x", {})
    with pytest.raises(SegueError, match="no answer after"):
        Web("http://127.0.0.1:9", sleep=lambda _: None).get("x", {})
