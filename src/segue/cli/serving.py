"""The verb `serve`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from segue.cli.console import show
from segue.cli.status import tell_stale
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


def serve(
    workspace: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8321,
    model: str | None = None,
    reader: str | None = None,
    reader_model: str = "",
    database: str | None = None,
    root_path: str = "",
    hosts: list[str] | None = None,
    token: str | None = None,
    limit: int = 1200,
    music: list[Path] | None = None,
    logs: Literal["text", "json"] = "text",
) -> None:
    """Serve the page, the REST API and the other doors of a workspace.

    Parameters
    ----------
    host
        The address to listen on; 0.0.0.0 for all of this machine's.
    port
        The port to listen on; 0 for any that is free.
    model
        Which recommender answers; the best that is fitted where none is named.
    reader
        URL of an OpenAI-compatible API whose language model reads what is said. The key comes from
        SEGUE_API_KEY.
    reader_model
        The language model's name there.
    database
        Where conversations, feedback and playlists are kept: a URL of SQLAlchemy
        ("postgresql+psycopg://user:password@host/name"); WORKSPACE/serving/state.sqlite without.
    root_path
        The path under which a proxy shows the server ("/music").
    hosts
        Names under which the server may be asked, beside localhost and addresses; "*" for any.
    token
        What every request must bring (SEGUE_TOKEN is one, too); open the page once with ?token=TOKEN.
    limit
        Requests a minute from one address; 0 for no limit.
    music
        Folders whose recordings may be played; those in which the catalogue's recordings lie without.
    logs
        text, or json for a line of JSON a request, on stderr.
    """
    try:
        from segue.serving.run import run
        from segue.serving.settings import ServeSettings
    except ImportError as error:
        cure = "install the extra: pip install 'segue[serve]'"
        raise SegueError(f"serving needs {error.name or error}", "", cure) from None
    target = Workspace(workspace, must_exist=True)
    settings = ServeSettings(
        model=model,
        reader=reader,
        reader_model=reader_model,
        database=database,
        root_path=root_path,
        hosts=tuple(hosts or ()),
        token=token or os.environ.get("SEGUE_TOKEN") or None,
        limit=limit,
        music=tuple(map(str, music or ())),
    )
    names = (model,) if model else ("hybrid", "talkplay", "talkplay_gated")
    tell_stale(target, *(f"models/{name}" for name in names))
    run(target, settings, host=host, port=port, logs=logs, ready=lambda url: show([f"segue is at {url}"]))
