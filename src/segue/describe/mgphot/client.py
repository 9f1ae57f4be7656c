"""Asking a language model behind an OpenAI-compatible URL, patiently and within bounds.

Busy servers (429, 5xx, no connection, no answer in time) are asked again after a growing pause, or after the
one they ask for. An answer that cannot be used is given back with the reason. The key comes from the
environment, goes into one header, and is blotted out of every message.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx

from segue.describe.mgphot.prompt import AnswerError, Message, json_schema, read_answer
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError

log = logging.getLogger(__name__)

FORMATS: tuple[dict[str, Any], ...] = (
    {
        "type": "json_schema",
        "json_schema": {"name": "ratings", "strict": True, "schema": json_schema()},
    },
    {"type": "json_object"},
    {},
)
"""Ways of asking for JSON, strictest first; a server that refuses one gets the next."""
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
        timeout: seconds until an answer must come.
        tries: of one request, where the server is busy or away.
        repairs: how often an answer that cannot be used is given back.
        pause: seconds before the second try, then twice as long each time, each with a random part.
    """

    timeout: float = 120.0
    tries: int = 6
    repairs: int = 2
    pause: float = 1.0


@dataclass(frozen=True)
class Rater:
    """One way of rating.

    Args:
        model: its name on the server.
        temperature: not sent if None (some models accept only their own).
        seed: not sent if None.
    """

    model: str
    temperature: float | None = 0.0
    seed: int | None = None

    @property
    def name(self) -> str:
        """The model, and what else was asked for."""
        parts = [self.model]
        parts += [] if self.temperature is None else [f"temperature {self.temperature:g}"]
        parts += [] if self.seed is None else [f"seed {self.seed}"]
        return ", ".join(parts)


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


@dataclass(frozen=True)
class Answer:
    """What came of one question: values (58,), or None and why."""

    values: Floats | None
    usage: Usage
    failed: str = ""


class StoppedError(SegueError):
    """Nothing that is asked of this server can succeed: a wrong key, URL or model."""


class _FailedError(Exception):
    """This question has no answer; others may."""


@dataclass
class Client:
    """Asks one server; safe to share between threads.

    Args:
        url: of the API ("https://host/v1") or of its chat completions.
        limits: how patient to be.
        stopping: once it is set, nothing is asked again.

    Raises:
        SegueError: not an http(s) URL, one with a password in it, or a key that cannot be one.
    """

    url: str
    limits: Limits = field(default_factory=Limits)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.endpoint = endpoint_of(self.url)
        host = self.endpoint.host
        self.key = key_for(host)
        if self.key and self.endpoint.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
            log.warning("the key goes to %s unencrypted: https would protect it", host)
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        self.http = httpx.Client(timeout=self.limits.timeout, headers=headers, follow_redirects=False)
        self.format = 0
        """The strictest of `FORMATS` that the server has not refused."""

    def close(self) -> None:
        """Close its connections."""
        self.http.close()

    def ask(self, messages: list[Message], rater: Rater) -> Answer:
        """Ask until there is a usable answer or patience is at an end.

        Raises:
            StoppedError: the server refuses us altogether.
        """
        usage = Usage()
        turns = list(messages)
        reason = ""
        for _ in range(1 + self.limits.repairs):
            try:
                text = self._text(self._post(turns, rater), usage)
            except _FailedError as failure:
                return Answer(None, usage, str(failure))
            try:
                return Answer(read_answer(text), usage)
            except AnswerError as problem:
                reason = self._blot(str(problem))
            repair = f"That answer cannot be used: {reason}. Send the whole JSON object again, and only it."
            turns = [*messages, {"role": "assistant", "content": text[:2000]}]
            turns.append({"role": "user", "content": repair})
        return Answer(None, usage, f"no usable answer: {reason}")

    def _post(self, messages: list[Message], rater: Rater) -> Any:
        """The server's JSON, asked for in the strictest format that it takes."""
        body: dict[str, Any] = {"model": rater.model, "messages": messages}
        asked = {"temperature": rater.temperature, "seed": rater.seed}
        body |= {name: value for name, value in asked.items() if value is not None}
        for number in range(self.format, len(FORMATS)):
            wanted = FORMATS[number]
            response = self._send(body | ({"response_format": wanted} if wanted else {}))
            if response.status_code not in REFUSES_FORMAT:
                break
        if response.status_code in (401, 403, 404, 405) or response.is_redirect:
            cure = "check --url, --model and the key in SEGUE_API_KEY"
            raise StoppedError(f"the server refuses ({self._words(response)})", self._place, cure)
        if not response.is_success:
            raise _FailedError(self._words(response))
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
                response = self.http.post(self.endpoint, json=body)
                if response.status_code < 500 and response.status_code not in BUSY:
                    return response
                if response.status_code == 501:
                    return response
                reason, asked_for = self._words(response), retry_after(response)
            except httpx.HTTPError as error:
                reason = self._blot(f"{type(error).__name__}: {error}")
            if asked_for is not None and asked_for > LONGEST_WAIT:
                cure = "run the same command again then; what was answered is kept"
                raise StoppedError(
                    f"the server asks to wait {asked_for:.0f} seconds ({reason})", self._place, cure
                )
            if not last:
                growing = self.limits.pause * 2**attempt * random.uniform(0.5, 1.0)
                if self.stopping.wait(min(LONGEST_WAIT, max(growing, asked_for or 0.0))):
                    raise _FailedError("stopped")
        raise _FailedError(f"{reason}, {self.limits.tries} times")

    def _text(self, value: Any, usage: Usage) -> str:
        """The words of a response, "" where it has none; its tokens are counted."""
        counts = value.get("usage") if isinstance(value, dict) else None
        counts = counts if isinstance(counts, dict) else {}
        usage.add(Usage(_count(counts, "prompt_tokens"), _count(counts, "completion_tokens"), 1))
        try:
            text = value["choices"][0]["message"]["content"]
        except (TypeError, KeyError, IndexError):
            return ""
        return text if isinstance(text, str) else ""

    @property
    def _place(self) -> str:
        """The URL for messages, without its query."""
        return str(self.endpoint.copy_with(query=None))

    def _words(self, response: httpx.Response) -> str:
        """A response's status and the beginning of what it says."""
        said = " ".join(self._blot(response.text[: 20 * SHOWN]).split())[:SHOWN]
        return f"{response.status_code} {said}".strip()

    def _blot(self, text: str) -> str:
        """The text without the key."""
        return text.replace(self.key, "***") if self.key else text


def endpoint_of(url: str) -> httpx.URL:
    """Where to post.

    Raises:
        SegueError: not an http(s) URL, or one with a password in it.
    """
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
