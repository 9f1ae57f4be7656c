"""A server on a port of its own, for clients that speak to nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from segue.serving.app import create_app
from segue.serving.service import Service


@dataclass
class Live:
    """A server that listens."""

    service: Service
    port: int

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def live(root: Path, settings: Mapping[str, Any] | None = None) -> Iterator[Live]:
    """A workspace served in a thread."""
    service = Service(root, {"limit": 0} | dict(settings or {}))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(service), log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield Live(service, listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
