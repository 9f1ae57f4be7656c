"""What can be told to whatever answers: the terminal, agents, a server."""

from pydantic import field_validator

from segue.kit.settings import Flags


class Answering(Flags):
    """Who answers, and who reads what is said."""

    model: str | None = None
    """Which recommender answers; the hybrid where it is fitted, else TalkPlay. "talkplay-published" decodes
    as the paper does."""
    reader: str | None = None
    """URL of an OpenAI-compatible API ("http://localhost:8000/v1") whose language model reads what is said;
    the built-in reader where there is none, and where it fails. The key comes from SEGUE_API_KEY."""
    reader_model: str = ""
    """The language model's name there."""


class Keeping(Answering):
    """And where what is made is kept."""

    database: str | None = None
    """Where conversations, feedback and playlists are kept: a URL of SQLAlchemy
    ("postgresql+psycopg://user:password@host/name"); WORKSPACE/serving/state.sqlite without."""


class ServeSettings(Keeping):
    """Of `segue serve`."""

    root_path: str = ""
    """The path under which a proxy shows the server ("/music")."""
    hosts: tuple[str, ...] = ()
    """Names under which the server may be asked, beside localhost and addresses; "*" for any."""
    token: str | None = None
    """What every request must bring (SEGUE_TOKEN is one, too); open the page once with ?token=TOKEN."""
    limit: int = 1200
    """Requests a minute from one address; 0 for no limit."""
    max_text: int = 10_000
    """Characters of a message."""
    max_body: int = 4_000_000
    """Bytes of a request."""
    music: tuple[str, ...] = ()
    """Folders whose recordings may be played; those in which the catalogue's recordings lie without."""

    @field_validator("root_path")
    @classmethod
    def _begins_with_a_slash(cls, path: str) -> str:
        return f"/{path.strip('/')}" if path.strip("/") else ""
