"""Playlists: kept, reordered, extended, and read again from every format they are exported to."""

from __future__ import annotations

import json

import polars as pl
import pytest
from fastapi.testclient import TestClient

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.kit.errors import SegueError
from segue.serving.playlist_formats import FORMATS, RECORDING, Finder
from segue.serving.service import Service

MBID = "8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"


def catalogue() -> Catalogue:
    """Four tracks with names that are hard on formats, two of them files."""
    columns = {
        "track_id": ["a/1", "b,2", "c", "d"],
        "title": ["One, two", 'He said "no"', "Ünïcode ☂", "=1+1"],
        "artist": ["A; B", "Multi\nline", "Ça", ""],
        "audio_path": ["/music/A/one.mp3", None, "/music/Ç/ü.flac", None],
        "duration_s": [61.5, None, 10.0, None],
        "mbid": [None, None, None, MBID],
    }
    tracks = conform("tracks", pl.DataFrame(columns), TRACKS)
    return Catalogue(tracks, empty(PLAYS), empty(PLAYLISTS), [])


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_exported_is_read_again(form: str) -> None:
    here = catalogue()
    rows = list(here.tracks.reverse().iter_rows(named=True))
    name, ids, missing = Finder(here).read(FORMATS[form][0]("Für  später", rows).encode())
    assert ids == [r["track_id"] for r in rows]
    assert missing == []
    assert form == "csv" or " ".join(name.split()) == "Für später"


@pytest.mark.parametrize(
    ("text", "expected", "missing"),
    [
        ("#EXTM3U\n#EXTINF:3,ca - unicode ☂\n/other/place.mp3\nnope.mp3\n", ["c"], ["nope.mp3"]),
        ("../A/one.mp3\r\n", ["a/1"], []),
        ("[playlist]\nFile1=x.mp3\nTitle1=A; B - One, two\nNumberOfEntries=1\n", ["a/1"], []),
        ("artist;title\nÇa;Ünïcode ☂\nNobody;Nothing\n", ["c"], ["Nobody - Nothing"]),
        ("<playlist><trackList><track><location>file:///music/A/one.mp3</location></track></trackList>"
         "</playlist>", ["a/1"], []),
        ('<?xml version="1.0" encoding="UTF-8"?><playlist xmlns="http://xspf.org/ns/0/"><trackList><track><creator>'
         "Ça</creator><title>Ünïcode ☂</title></track><track><title>Gone</title></track></trackList>"
         "</playlist>",
         ["c"], ["Gone"]),
        ("C:\\Music\\Ça\\Somewhere\\03 Ünïcode ☂.mp3\r\nD:\\Ça - Ünïcode ☂.flac\r\nE:\\Ça\\Gone.mp3\r\n",
         ["c", "c"], ["E:\\Ça\\Gone.mp3"]),
        (json.dumps({"playlist": {"track": [{"identifier": f"{RECORDING}{MBID}"}, 3]}}),
         ["d"], []),
    ],
)  # fmt: skip
def test_lists_that_others_wrote(text: str, expected: list[str], missing: list[str]) -> None:
    _, ids, left = Finder(catalogue()).read(text)
    assert (ids, left) == (expected, missing)


@pytest.mark.parametrize("text", ["{", '{"playlist": {"track": 3}}', "{}", "<a", "<!DOCTYPE x><a/>"])
def test_what_is_no_list_is_told(text: str) -> None:
    with pytest.raises(SegueError, match="no playlist"):
        Finder(catalogue()).read(text)


def test_a_playlist_is_kept_changed_extended_and_deleted(client: TestClient) -> None:
    made = client.post("/v1/playlists", json={"name": "Evening", "track_ids": ["t0", "t2", "t4"]}).json()
    where = f"/v1/playlists/{made['id']}"
    assert [t["title"] for t in made["tracks"]] == ["Amber", "Cedar", "Ember"]
    assert client.put(where, json={"track_ids": ["t4", "t0", "t2"]}).json()["name"] == "Evening"
    assert client.get(where).json()["track_ids"] == ["t4", "t0", "t2"]
    more = client.post(f"{where}/extend", json={"k": 4}).json()["tracks"]
    assert len(more) == 4
    assert not {t["track_id"] for t in more} & {"t0", "t2", "t4"}
    assert {int(t["track_id"][1:]) % 2 for t in more} == {0}, "of the community of the list"
    assert client.put(where, json={"track_ids": ["nope"]}).status_code == 404
    assert [p["name"] for p in client.get("/v1/playlists").json()["playlists"]] == ["Evening"]
    assert client.delete(where).status_code == 204
    assert client.get(where).status_code == 404


def test_a_file_goes_out_and_comes_in(client: TestClient) -> None:
    made = client.post("/v1/playlists", json={"name": "A/B ☂", "track_ids": ["t3", "t1"]}).json()
    out = client.get(f"/v1/playlists/{made['id']}/export", params={"format": "jspf"})
    assert "A_B" in out.headers["content-disposition"]
    back = client.post(
        "/v1/playlists/import", files={"file": ("x.jspf", out.content)}, data={"name": "again"}
    )
    assert back.status_code == 201
    assert (back.json()["name"], back.json()["track_ids"]) == ("again", ["t3", "t1"])
    text = out.text.replace("urn:segue:track:t1", "urn:segue:track:gone").replace("Basil", "Nobody")
    back = client.post("/v1/playlists/import", json={"text": text}).json()
    assert (back["name"], back["track_ids"], back["missing"]) == ("A/B ☂", ["t3"], ["Guitar Band 0 - Nobody"])
    nothing = client.post("/v1/playlists/import", json={"text": "nope.mp3"})
    assert nothing.status_code == 400
    assert "nope.mp3" in nothing.json()["error"]["cure"]


def test_the_map(client: TestClient) -> None:
    found = client.get("/v1/map").json()
    assert found["modality"] == "playlist"
    assert len(found["ids"]) == len(found["x"]) == len(found["group"]) == 24
    assert all(0 <= v <= 1 for v in found["x"] + found["y"])
    apart = [
        [x for x, i in zip(found["x"], found["ids"], strict=True) if int(i[1:]) % 2 == s] for s in (0, 1)
    ]
    assert max(apart[0]) < min(apart[1]) or max(apart[1]) < min(apart[0]), "the communities lie apart"
    assert client.get("/v1/map", params={"modality": "audio"}).status_code == 404
    assert client.get("/v1/map").json() == found


def test_the_map_of_a_large_catalogue_shows_the_best_known(
    service: Service, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segue.serving.map.MOST_POINTS", 10)
    known = service.browse.index.known
    drawn = [service.library.catalogue.rows[i] for i in client.get("/v1/map").json()["ids"]]
    assert len(drawn) == 10
    assert min(known[drawn]) >= sorted(known, reverse=True)[9]
