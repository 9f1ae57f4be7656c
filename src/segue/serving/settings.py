"""What a server can be told."""

from __future__ import annotations

from pydantic import field_validator

from segue.kit.settings import Settings


class ServeSettings(Settings):
    """Of `segue serve`."""

    model: str | None = None
    """Which recommender answers; the best that is fitted where none is named."""
    reader: str | None = None
    """URL of an OpenAI-compatible API whose language model reads what is said; the built-in reader
    without."""
    reader_model: str = ""
    """The language model's name there."""
    database: str | None = None
    """URL of SQLAlchemy; WORKSPACE/serving/state.sqlite without."""
    root_path: str = ""
    """The path under which a proxy shows the server ("/music")."""
    hosts: tuple[str, ...] = ()
    """Names under which the server may be asked, beside localhost and addresses; "*" for any."""
    token: str | None = None
    """What every request must bring (Authorization: Bearer, or the page opened once with ?token=)."""
    limit: int = 1200
    """Requests a minute from one address; 0 for no limit."""
    max_text: int = 10_000
    """Characters of a message."""
    max_body: int = 4_000_000
    """Bytes of a request."""
    music: tuple[str, ...] = ()
    """Folders whose recordings may be played; those where the catalogue's recordings lie without."""

    @field_validator("root_path")
    @classmethod
    def _begins_with_a_slash(cls, path: str) -> str:
        return f"/{path.strip('/')}" if path.strip("/") else ""
