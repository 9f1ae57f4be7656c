"""The protocol of OpenSubsonic: parameters, who may ask, answers as JSON and XML, errors.

Source: the documentation of OpenSubsonic (opensubsonic.netlify.app).
"""

import hashlib
import hmac
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.responses import JSONResponse
from starlette.responses import Response

from segue import __version__
from segue.kit.errors import SegueError
from segue.serving.service import Service

VERSION = "1.16.1"
XMLNS = "http://subsonic.org/restapi"
FAILED, MISSING, DENIED, BAD_KEY, NOT_FOUND = 0, 10, 40, 44, 70
"""Error codes of the protocol."""
MOST = 500
"""Songs of one answer."""


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
        """A parameter's value; raises `SubsonicError` where it is missing and has no default."""
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


def allow(call: Call) -> None:
    """Let those in who know the server's token, as password or as key; everybody where it has none."""
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
