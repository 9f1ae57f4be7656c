"""A language model's server made up for tests: it says what it is told, and remembers what it was asked."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from segue.describe.mgphot.schema import NAMES

Reply = tuple[int, str, dict[str, str]]
"""Status, body, headers."""


def ratings(text: str, rater: str = "") -> dict[str, float | None]:
    """What the made-up model thinks of a track: the same for the same facts, a few of it null."""
    digest = hashlib.blake2b(f"{rater}{text}".encode(), digest_size=58).digest()
    return {name: None if b > 250 else b % 11 / 2 for name, b in zip(NAMES, digest, strict=True)}


def completion(content: Any, prompt_tokens: int = 1000, completion_tokens: int = 400) -> Reply:
    """A usual response with some content."""
    text = content if isinstance(content, str) else json.dumps(content)
    body = {
        "choices": [{"message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens},
    }
    return 200, json.dumps(body), {}


def good(body: dict[str, Any]) -> Reply:
    """What it says when nothing is wrong: ratings of the song of the last turn."""
    return completion(ratings(song(body), f"{body['model']} {body.get('seed')}"))


def song(body: dict[str, Any]) -> str:
    """The facts of the song that a request is about (the examples before it are two)."""
    return str(body["messages"][5]["content"])


@dataclass
class FakeServer:
    """A server on this machine.

    Args:
        reply: body of the request -> what to say.
        delay: seconds before each answer.
    """

    reply: Callable[[dict[str, Any]], Reply] = good
    delay: float = 0.0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def songs(self) -> list[str]:
        """The songs that were asked about, in order."""
        return [song(body) for body in self.bodies]


@contextmanager
def serving(reply: Callable[[dict[str, Any]], Reply] = good, delay: float = 0.0) -> Iterator[FakeServer]:
    """A running server."""
    fake = FakeServer(reply, delay)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                fake.bodies.append(body)
                fake.headers.append(dict(self.headers))
            time.sleep(fake.delay)
            status, text, headers = (
                fake.reply(body) if self.path.endswith("/chat/completions") else (404, "", {})
            )
            try:
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(text.encode()))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())
            except OSError:
                pass  # who asked has gone

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
