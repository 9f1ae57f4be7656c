"""Asking a language model behind an OpenAI-compatible URL, patiently and within bounds.

Busy servers (429, 5xx, no connection, no answer in time) are asked again after a growing pause, or after the
one they ask for. What they send is read up to a size and a time. The key comes from the environment, goes
into one header, and is blotted out of every message.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx

from segue.kit.errors import SegueError

log = logging.getLogger(__name__)

Message = dict[str, str]
"""One turn of a prompt: its role and its content."""


def formats(name: str, schema: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Ways of asking for JSON, strictest first; a server that refuses one gets the next."""
    strict = {"name": name, "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": strict}, {"type": "json_object"}, {}


REFUSES_FORMAT = (400, 415, 422, 501)
BUSY = (408, 409, 425, 429)
"""Besides all from 500 on."""
LONGEST_WAIT = 120.0
"""Seconds between two tries; a server that asks for more is left for another day."""
SHOWN = 300
"""Characters of a server's own words in an error."""


@dataclass(frozen=True)
class Limits:
    """How patient to be.

    Args:
        timeout: seconds until an answer must come, and between two parts of it.
        tries: of one request, where the server is busy or away.
        repairs: how often an answer that cannot be used is given back.
        pause: seconds before the second try, then twice as long each time, each with a random part.
        total: seconds until the whole of an answer must be there; None for as long as parts of it come.
        largest: bytes that are read of an answer; no longer one is an answer.
    """

    timeout: float = 120.0
    tries: int = 6
    repairs: int = 2
    pause: float = 1.0
    total: float | None = None
    largest: int = 4_000_000


@dataclass
class Usage:
    """Tokens as the server counted them, over every answer, also those that were of no use."""

    prompt: int = 0
    answer: int = 0
    requests: int = 0

    def add(self, other: Usage) -> None:
        """Count another's too."""
        self.prompt += other.prompt
        self.answer += other.answer
        self.requests += other.requests


class StoppedError(SegueError):
    """Nothing that is asked of this server can succeed: a wrong key, URL or model."""


class FailedError(Exception):
    """This question has no answer; others may.

    Args:
        reason: why, with the server's own words.
        plain: why, without them: for where what a server says must not be shown.
    """

    def __init__(self, reason: str, plain: str = "") -> None:
        super().__init__(reason)
        self.plain = plain or reason


@dataclass
class Server:
    """Asks one server; safe to share between threads.

    Args:
        url: of the API ("https://host/v1") or of its chat completions.
        formats: ways of asking for JSON (see `formats`).

    Raises:
        SegueError: not an http(s) URL, one with a password in it, or a key that cannot be one.
    """

    url: str
    formats: Sequence[dict[str, Any]] = ({},)
    limits: Limits = field(default_factory=Limits)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.endpoint = endpoint_of(self.url)
        host = self.endpoint.host
        self.key = key_for(host)
        if self.key and self.endpoint.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
            log.warning("the key goes to %s unencrypted: https would protect it", host)
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        # A redirect would carry the key to another host.
        self.http = httpx.Client(timeout=self.limits.timeout, headers=headers, follow_redirects=False)
        self.format = 0
        """The strictest of `formats` that the server has not refused."""

    def close(self) -> None:
        """Close its connections."""
        self.http.close()

    def complete(
        self,
        body: dict[str, Any],
        usage: Usage | None = None,
        formats: Sequence[dict[str, Any]] | None = None,
    ) -> str:
        """The words of the answer to one request, "" where it has none.

        Args:
            body: the model's name on the server, the messages, and what else is asked of it.
            formats: ways of asking for JSON, where this request has its own; as many as all others have.

        Raises:
            StoppedError: the server refuses us altogether.
            FailedError: it has no answer to this.
        """
        return _text(self._post(body, formats or self.formats), usage if usage is not None else Usage())

    def _post(self, body: dict[str, Any], formats: Sequence[dict[str, Any]]) -> Any:
        """The server's JSON, asked for in the strictest format that it takes."""
        for number in range(self.format, len(formats)):
            wanted = formats[number]
            response = self._send(body | ({"response_format": wanted} if wanted else {}))
            if response.status_code not in REFUSES_FORMAT:
                break
        if response.status_code in (401, 403, 404, 405) or response.is_redirect:
            cure = "check its URL, the model's name and the key in SEGUE_API_KEY"
            raise StoppedError(f"the server refuses ({self._words(response)})", self._place, cure)
        if not response.is_success:
            raise FailedError(self._words(response), f"HTTP {response.status_code}")
        # Kept only now that it has worked: the request itself may have been what was wrong.
        self.format = max(self.format, number)
        try:
            return response.json()
        except (ValueError, RecursionError):
            return None

    def _send(self, body: dict[str, Any]) -> httpx.Response:
        """One request, repeated while the server is busy or away."""
        for attempt in range(self.limits.tries):
            last = attempt + 1 == self.limits.tries
            asked_for: float | None = None
            try:
                response = self._read(body)
                busy = response.status_code in BUSY or response.status_code >= 500
                if not busy or response.status_code == 501:
                    return response
                reason, asked_for = self._words(response), retry_after(response)
                plain = f"HTTP {response.status_code}"
            except httpx.HTTPError as error:
                reason, plain = self._blot(f"{type(error).__name__}: {error}"), type(error).__name__
            if asked_for is not None and asked_for > LONGEST_WAIT:
                cure = "run the same command again then; what was answered is kept"
                raise StoppedError(
                    f"the server asks to wait {asked_for:.0f} seconds ({reason})", self._place, cure
                )
            if not last:
                # At random, so that threads refused together do not come back together.
                growing = self.limits.pause * 2**attempt * random.uniform(0.5, 1.0)
                if self.stopping.wait(min(LONGEST_WAIT, max(growing, asked_for or 0.0))):
                    raise FailedError("stopped")
        raise FailedError(f"{reason}, {self.limits.tries} times", plain)

    def _read(self, body: dict[str, Any]) -> httpx.Response:
        """One answer, read whole."""
        until = time.monotonic() + (self.limits.total or float("inf"))
        parts, size = [], 0
        with self.http.stream("POST", self.endpoint, json=body) as response:
            for part in response.iter_bytes():
                parts.append(part)
                size += len(part)
                if size > self.limits.largest:
                    raise FailedError(f"an answer of more than {self.limits.largest:,} bytes")
                if time.monotonic() > until:
                    raise FailedError(f"no whole answer in {self.limits.total:g} seconds")
        # Not Content-Encoding: what was read is decoded already, and would be decoded again.
        kept = ("Content-Type", "Location", "Retry-After")
        headers = {name: response.headers[name] for name in kept if name in response.headers}
        return httpx.Response(response.status_code, headers=headers, content=b"".join(parts))

    @property
    def _place(self) -> str:
        """The URL for messages, without its query."""
        return str(self.endpoint.copy_with(query=None))

    def _words(self, response: httpx.Response) -> str:
        """A response's status and the beginning of what it says."""
        # Blotted before it is cut: half a key at the edge would not be known for one.
        said = " ".join(self._blot(response.text[: 20 * SHOWN]).split())[:SHOWN]
        return f"{response.status_code} {said}".strip()

    def _blot(self, text: str) -> str:
        """The text without the key."""
        return text.replace(self.key, "***") if self.key else text


def endpoint_of(url: str) -> httpx.URL:
    """Where to post; raises `SegueError` for what is no http(s) URL, or has a password in it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        cure = "give a URL such as https://host/v1 or http://localhost:8000/v1"
        raise SegueError("not an http or https URL", url.partition("?")[0].rpartition("@")[2], cure)
    if parts.username or parts.password:
        cure = "put the key into the environment variable SEGUE_API_KEY"
        raise SegueError("the URL has a name or password in it", parts.hostname, cure)
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return httpx.URL(url).copy_with(path=f"{path}/chat/completions", fragment=None)


def key_for(host: str) -> str:
    """The key for a server, from the environment; "" where there is none.

    `SEGUE_API_KEY` goes to whatever server is named, `OPENAI_API_KEY` to OpenAI alone.

    Raises:
        SegueError: it has characters that a header cannot have.
    """
    key = os.environ.get("SEGUE_API_KEY", "")
    if not key and (host == "openai.com" or host.endswith(".openai.com")):
        key = os.environ.get("OPENAI_API_KEY", "")
    key = key.strip()
    # Or httpx would show the whole header, and the key in it, in its error.
    if not all("!" <= c <= "~" for c in key):
        raise SegueError("the key in SEGUE_API_KEY or OPENAI_API_KEY has characters that no key has")
    return key


def retry_after(response: httpx.Response) -> float | None:
    """The seconds a server asks to wait, given as a number or a date; None where it does not say."""
    said = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _count(counts: dict[str, Any], name: str) -> int:
    """A count of tokens; 0 where the server says none, or nonsense."""
    value = counts.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _text(value: Any, usage: Usage) -> str:
    """The words of a response, "" where it has none; its tokens are counted."""
    counts = value.get("usage") if isinstance(value, dict) else None
    counts = counts if isinstance(counts, dict) else {}
    usage.add(Usage(_count(counts, "prompt_tokens"), _count(counts, "completion_tokens"), 1))
    try:
        text = value["choices"][0]["message"]["content"]
    except (TypeError, KeyError, IndexError):
        return ""
    return text if isinstance(text, str) else ""
