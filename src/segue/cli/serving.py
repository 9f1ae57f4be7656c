"""The verbs that answer: chat in the terminal, a server for everybody, tools for agents."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from segue.cli.console import show
from segue.cli.status import tell_stale
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.serving.settings import Answering, Keeping, ServeSettings


@contextmanager
def serving_extra() -> Iterator[None]:
    """Imports of what comes with the extra `serve`; the error says how it is installed."""
    try:
        yield
    except ImportError as error:
        cure = "install the extra: pip install 'segue[serve]'"
        raise SegueError(f"this needs {error.name or error}", "", cure) from None


def _opened(workspace: Path, model: str | None) -> Workspace:
    """The workspace; warns where what will answer is stale."""
    target = Workspace(workspace, must_exist=True)
    # Without a name the best that is there answers (serving/opening.py): one of these, where it was made.
    names = (model,) if model else ("hybrid", "talkplay", "talkplay_gated")
    tell_stale(target, *(f"models/{name}" for name in names))
    return target


def chat(
    workspace: Path,
    *,
    listener: str | None = None,
    settings: Annotated[Answering | None, Parameter(name="*")] = None,
) -> None:
    """Talk to the catalogue.

    Parameters
    ----------
    listener
        Talk as this listener (a user_id of the plays): "something new for me", "what I played a lot last
        summer".
    """
    from segue.serving.terminal import run

    told = settings or Answering()
    run(_opened(workspace, told.model), told, listener)


def mcp(workspace: Path, *, settings: Annotated[Keeping | None, Parameter(name="*")] = None) -> None:
    """Offer the catalogue to agents as tools of the Model Context Protocol, over stdin and stdout.

    The tools are search, recommend, similar and make_playlist. `segue serve` offers the same at /mcp.
    """
    with serving_extra():
        from segue.serving.mcp_server import build
        from segue.serving.service import Service
    told = settings or Keeping()
    service = Service(_opened(workspace, told.model), told.model_dump())
    try:
        build(service).run("stdio")
    finally:
        service.close()


def serve(
    workspace: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8321,
    logs: Literal["text", "json"] = "text",
    settings: Annotated[ServeSettings | None, Parameter(name="*")] = None,
) -> None:
    """Serve the page, the REST API and the other doors of a workspace.

    Parameters
    ----------
    host
        The address to listen on; 0.0.0.0 for all of this machine's.
    port
        The port to listen on; 0 for any that is free.
    logs
        text, or json for a line of JSON a request, on stderr.
    """
    with serving_extra():
        from segue.serving.run import run
    told = settings or ServeSettings()
    # A token on the command line stands in the list of processes, where everybody on the machine reads it.
    told = told.model_copy(update={"token": told.token or os.environ.get("SEGUE_TOKEN") or None})
    target = _opened(workspace, told.model)
    run(target, told, host=host, port=port, logs=logs, ready=lambda url: show([f"segue is at {url}"]))
