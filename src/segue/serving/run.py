"""The server as a process: it listens, says where, and stops gracefully."""

import logging
import socket
import threading
from collections.abc import Callable
from typing import Literal

import uvicorn

from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.serving.app import create_app
from segue.serving.guard import JsonLines
from segue.serving.service import Service
from segue.serving.settings import ServeSettings

STOP_S = 10
"""Seconds that answers in progress have when the server is told to stop."""


def run(
    workspace: Workspace,
    settings: ServeSettings,
    *,
    host: str = "127.0.0.1",
    port: int = 8321,
    logs: Literal["text", "json"] = "text",
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve until the process is told to stop (SIGTERM, Ctrl-C); answers in progress are finished.

    Args:
        port: 0 for any that is free.
        ready: told the page's address when the server answers.

    Raises:
        SegueError: the port is taken, no model is fitted, or the database cannot be opened.
    """
    listening = _listen(host, port)
    try:
        service = Service(workspace, settings)
        app = create_app(service)
        _log(logs)
        threading.Thread(target=service.warm, daemon=True).start()
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_S,
            timeout_keep_alive=65,
            h11_max_incomplete_event_size=65536,
        )
        server = ReadyServer(config, lambda: ready(_address(host, listening, settings)))
        server.run(sockets=[listening])
    finally:
        listening.close()


class ReadyServer(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._ready()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, taken before anything slow is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Who asks while the models are opened waits, and is not turned away.
        listening.listen(256)
    except (OSError, OverflowError) as error:
        listening.close()
        what = f"cannot listen ({getattr(error, 'strerror', None) or error})"
        raise SegueError(what, f"{host}:{port}", "choose another --port or --host") from None
    return listening


def _address(host: str, listening: socket.socket, settings: ServeSettings) -> str:
    name = {"0.0.0.0": "localhost", "127.0.0.1": "localhost", "::": "localhost"}.get(host, host)
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{listening.getsockname()[1]}{settings.root_path}/"


def _log(logs: Literal["text", "json"]) -> None:
    """What happens goes to stderr: errors as text, or every request as a line of JSON."""
    logger = logging.getLogger("segue.serving")
    if logs == "json":
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
