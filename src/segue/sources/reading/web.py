"""A server's JSON: asked for patiently, read up to a size, its faults told in one line."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2 as httpx

from segue.kit.errors import SegueError

log = logging.getLogger(__name__)

TRIES = 6
LONGEST_WAIT = 60.0
"""Seconds between two tries, whatever the server asks for."""
LARGEST = 100_000_000
"""Bytes of an answer."""
LOCAL = ("localhost", "127.0.0.1", "::1")
Query = Mapping[str, Any]


class Web:
    """Asks one server; a busy one (429, 5xx, away) again after a growing pause, or the one it asks for.

    Args:
        headers: sent with every request; a secret in them is never shown.
        secret: whether requests carry one: then it is said where they go unencrypted.

    Raises:
        SegueError: not an http(s) URL, or one with a password in it.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        secret: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SegueError("not an http or https URL", url, "write --url https://host")
        if parts.username or parts.password:
            raise SegueError("a password does not belong into a URL", parts.hostname, "use the environment")
        if secret and parts.scheme == "http" and parts.hostname not in LOCAL:
            log.warning("the password goes to %s unencrypted: https would protect it", parts.hostname)
        self.url, self.sleep = url.rstrip("/"), sleep
        self.http = httpx.Client(headers=dict(headers or {}), timeout=60, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str, query: Query) -> Any:
        """The JSON at a path; raises `SegueError` where the server is away, refuses, or sends no JSON."""
        return self._json("GET", path, params=query)

    def post(self, path: str, body: Any) -> Any:
        """The JSON that comes back to JSON; raises what `get` raises."""
        return self._json("POST", path, json=body)

    def _json(self, method: str, path: str, **what: Any) -> Any:
        where, why, pause = f"{self.url}/{path.lstrip('/')}", "", 1.0
        for attempt in range(TRIES):
            try:
                with self.http.stream(method, where, **what) as answer:
                    status, content = answer.status_code, self._read(answer)
                    headers = answer.headers
            except httpx.HTTPError as error:
                status, why, headers, content = 0, type(error).__name__, httpx.Headers(), b""
            if 200 <= status < 300:
                return _parsed(content, where)
            if status:
                why = f"HTTP {status}" + _words(content)
            if status and status != 429 and status < 500:
                cure = "check the user's name and the password" if status in (401, 403) else "check the URL"
                raise SegueError(why, where, cure)
            if attempt + 1 < TRIES:
                asked = headers.get("retry-after") or headers.get("x-ratelimit-reset-in") or ""
                self.sleep(min(LONGEST_WAIT, float(asked) if asked.isdigit() else pause))
                pause *= 2
        raise SegueError(f"no answer after {TRIES} tries ({why})", where, "is the server running?")

    @staticmethod
    def _read(answer: httpx.Response) -> bytes:
        content = bytearray()
        for part in answer.iter_bytes():
            content += part
            if len(content) > LARGEST:
                raise SegueError("the answer does not end", str(answer.url.copy_with(query=None)))
        return bytes(content)


def _parsed(content: bytes, where: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise SegueError("the answer is no JSON", where, "check the URL") from None


def _words(content: bytes) -> str:
    """What a server says of its refusal, cut short, on one line."""
    try:
        value = json.loads(content)
    except ValueError:
        return ""
    text = value.get("error") or value.get("message") if isinstance(value, dict) else None
    return f": {' '.join(str(text).split())[:200]}" if text else ""
