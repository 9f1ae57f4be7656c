"""The verb `mcp`: the catalogue as tools for agents, over standard input and output."""

from __future__ import annotations

from pathlib import Path

from segue.cli.status import tell_stale
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


def mcp(
    workspace: Path,
    *,
    model: str | None = None,
    reader: str | None = None,
    reader_model: str = "",
    database: str | None = None,
) -> None:
    """Offer the catalogue to agents as tools of the Model Context Protocol, over stdin and stdout.

    The tools are search, recommend, similar and make_playlist. `segue serve` offers the same at /mcp.

    Parameters
    ----------
    model
        Which recommender answers; the best that is fitted where none is named.
    reader
        URL of an OpenAI-compatible API whose language model reads what is said.
    reader_model
        The language model's name there.
    database
        Where playlists are kept: a URL of SQLAlchemy; WORKSPACE/serving/state.sqlite without.
    """
    try:
        from segue.serving.mcp_server import build
        from segue.serving.service import Service
    except ImportError as error:
        cure = "install the extra: pip install 'segue[serve]'"
        raise SegueError(f"this needs {error.name or error}", "", cure) from None
    target = Workspace(workspace, must_exist=True)
    names = (model,) if model else ("hybrid", "talkplay", "talkplay_gated")
    tell_stale(target, *(f"models/{name}" for name in names))
    settings = {"model": model, "reader": reader, "reader_model": reader_model, "database": database}
    service = Service(target, settings)
    try:
        build(service).run("stdio")
    finally:
        service.close()
