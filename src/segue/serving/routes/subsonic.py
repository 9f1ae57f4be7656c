"""`/rest/...`: the part of OpenSubsonic that music players ask for: likeness, search, playlists, sound.

Source: the documentation of OpenSubsonic (opensubsonic.netlify.app). Answers are XML, JSON with `f=json`.
"""

from __future__ import annotations

import hashlib
import hmac
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from segue import __version__
from segue.kit.errors import SegueError
from segue.serving.errors import NotHereError
from segue.serving.routes.common import Asked
from segue.serving.service import Service
from segue.understanding.state import Wish

VERSION = "1.16.1"
XMLNS = "http://subsonic.org/restapi"
FAILED, MISSING, DENIED, BAD_KEY, NOT_FOUND = 0, 10, 40, 44, 70
"""Error codes of the protocol."""
MOST = 500
"""Songs of one answer."""
router = APIRouter(include_in_schema=False)


class SubsonicError(SegueError):
    """An error with a code of the protocol."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(what)
        self.code = code


@dataclass
class Call:
    """A request of the protocol: its method's parameters, each a list of values."""

    service: Service
    given: Mapping[str, list[str]]

    def one(self, name: str, default: str | None = None) -> str:
        """A parameter's value.

        Raises:
            SubsonicError: it is missing and has no default.
        """
        values = self.given.get(name)
        if values:
            return values[0]
        if default is None:
            raise SubsonicError(MISSING, f"Required parameter is missing: {name}")
        return default

    def number(self, name: str, default: int) -> int:
        """A parameter as a number from 0 to `MOST`, an offset to a billion."""
        text = self.one(name, str(default))
        if not (text.isascii() and text.isdigit()):
            raise SubsonicError(FAILED, f"{name} is not a number")
        return min(int(text[:9]), 10**9 if "ffset" in name else MOST)

    def all(self, name: str) -> list[str]:
        """All values of a parameter."""
        return self.given.get(name, [])


async def given(request: Request) -> dict[str, list[str]]:
    """The parameters of the query and of a posted form."""
    found = {name: request.query_params.getlist(name) for name in request.query_params}
    if request.method == "POST":
        form = await request.form(max_fields=20_000)
        for name in form:
            found.setdefault(name, []).extend(v for v in form.getlist(name) if isinstance(v, str))
    return found


@router.api_route("/rest/{method}", methods=["GET", "POST"], response_model=None)
def answer(service: Asked, method: str, given: Annotated[dict[str, list[str]], Depends(given)]) -> Response:
    """One method of the protocol; an error is an answer too, with status 200, as it is there."""
    call, name = Call(service, given), method.removesuffix(".view")
    as_json = given.get("f", ["xml"])[0] == "json"
    try:
        if name not in METHODS and name not in FILES:
            raise SubsonicError(FAILED, f"no method {name[:40]}")
        if name != "getOpenSubsonicExtensions":
            allow(call)
        if name in FILES:
            return FILES[name](call)
        return said(METHODS[name](call), as_json)
    except SegueError as error:
        code = error.code if isinstance(error, SubsonicError) else FAILED
        code = NOT_FOUND if isinstance(error, NotHereError) else code
        return said({"error": {"code": code, "message": str(error)}}, as_json, "failed")


def allow(call: Call) -> None:
    """Let those in who know the server's token, as password or as key; everybody where it has none.

    Raises:
        SubsonicError: they do not.
    """
    token = call.service.settings.token
    if token is None:
        return
    if "apiKey" in call.given:
        if hmac.compare_digest(call.one("apiKey").encode(), token.encode()):
            return
        raise SubsonicError(BAD_KEY, "Invalid API key")
    if "t" in call.given:
        salted = hashlib.md5((token + call.one("s")).encode(), usedforsecurity=False).hexdigest()
        known = hmac.compare_digest(salted.encode(), call.one("t").encode())
    else:
        plain = call.one("p")
        hexed = "enc:" + token.encode().hex()
        known = hmac.compare_digest(plain.encode(), (hexed if plain.startswith("enc:") else token).encode())
    if not known:
        raise SubsonicError(DENIED, "Wrong username or password")


def said(value: Mapping[str, Any], as_json: bool, status: str = "ok") -> Response:
    """An answer in its envelope."""
    head = {"status": status, "version": VERSION, "type": "segue", "serverVersion": __version__}
    whole = head | {"openSubsonic": True} | dict(value)
    if as_json:
        return JSONResponse({"subsonic-response": whole})
    text = ET.tostring(_element("subsonic-response", {"xmlns": XMLNS} | whole), "utf-8", xml_declaration=True)
    return Response(text, media_type="application/xml")


def _element(name: str, value: Mapping[str, Any]) -> ET.Element:
    """JSON as the protocol writes it in XML: plain values are attributes, objects and lists are children."""
    found = ET.Element(name)
    for key, part in value.items():
        for one in part if isinstance(part, list) else [part]:
            if isinstance(one, Mapping):
                found.append(_element(key, one))
            elif isinstance(part, list):
                ET.SubElement(found, key).text = _text(one)
            else:
                found.set(key, _text(one))
    return found


def _text(value: Any) -> str:
    """A value as XML may hold it: without the control characters that it may not."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "".join(c for c in text if c >= " " or c in "\t\n\r")


# ---------------------------------------------------------------------- songs


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


def songs(service: Service, track_ids: Sequence[str]) -> list[dict[str, Any]]:
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


def extensions(call: Call) -> dict[str, Any]:
    """What of OpenSubsonic is there beside the old protocol."""
    names = ("formPost", "apiKeyAuthentication", "sonicSimilarity")
    return {"openSubsonicExtensions": [{"name": name, "versions": [1]} for name in names]}


def folders(call: Call) -> dict[str, Any]:
    """One folder: the catalogue."""
    return {"musicFolders": {"musicFolder": [{"id": 1, "name": call.service.browse.facts["name"]}]}}


METHODS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "ping": lambda call: {},
    "getLicense": lambda call: {"license": {"valid": True}},
    "getOpenSubsonicExtensions": extensions,
    "getMusicFolders": folders,
    "getSong": lambda call: {"song": song(call.service, call.service.browse.row(call.one("id")))},
    "search2": lambda call: search(call, "searchResult2"),
    "search3": search,
    "getSimilarSongs": lambda call: {"similarSongs": {"song": [s for s, _ in similar(call, 50)]}},
    "getSimilarSongs2": lambda call: {"similarSongs2": {"song": [s for s, _ in similar(call, 50)]}},
    "getSonicSimilarTracks": sonic,
}
FILES: dict[str, Callable[[Call], Response]] = {}
"""Methods that answer with a file."""
