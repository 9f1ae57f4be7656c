"""What listeners did at segue's own server: conversations as dialogues to learn from, plays as plays."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import PLAYS, TRACKS, Dialogue, Tables, Turn, empty
from segue.kit.errors import SegueError, needed
from segue.sources.reading.times import moment

STATE = Path("serving") / "state.sqlite"
"""Where a workspace keeps it."""
TOLD = "listener, conversation_id, track_id, kind, played_s, at"
CURE = "give the workspace that was served, its state.sqlite, or --url of its database"


def read(path: Path, *, user: str = "me", url: str | None = None) -> Tables:
    """Dialogues and plays of a state database; tracks are those of the workspace they are imported into.

    A conversation in which music played becomes a dialogue `served-ID`: what was said, what played with
    whether it was liked (not refused, not marked down), what was answered. A play that the page's player
    told of becomes a play. Left out and counted: conversations without music, opinions outside conversations.

    Args:
        path: the workspace that was served, or its database file.
        user: the listener's id where a play names none.
        url: of a database of another kind ("postgresql+psycopg://...").

    Raises:
        SegueError: no such database, or none of segue's; SQLAlchemy is missing.
    """
    with needed("SQLAlchemy is missing", "serve"):
        from sqlalchemy import create_engine, text
        from sqlalchemy.exc import SQLAlchemyError
    file = path / STATE if path.is_dir() else path
    if url is None and not file.is_file():
        raise SegueError("no state of a server here", str(file), CURE)
    try:
        # By plain SQL, not by the server's classes: sources stand below serving.
        engine = create_engine(url or f"sqlite:///{file.resolve()}")
        with engine.connect() as connection:
            said = connection.execute(text("SELECT id, snapshot FROM conversations ORDER BY created_at, id"))
            talks = [tuple(row) for row in said]
            told = connection.execute(text(f"SELECT {TOLD} FROM feedback ORDER BY id"))
            opinions = [tuple(row) for row in told]
        engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        what = f"cannot be read as segue's state ({type(error).__name__})"
        raise SegueError(what, "--url" if url else str(file), CURE) from None
    account = Account()
    dialogues = [d for d in (_dialogue(identity, kept, account) for identity, kept in talks) if d is not None]
    return Tables(empty(TRACKS), None, _plays(opinions, user, account), dialogues, account)


def _dialogue(identity: str, snapshot: Any, account: Account) -> Dialogue | None:
    """A conversation as a dialogue; None where no music played, which is counted."""
    turns = _json(snapshot).get("turns") or []
    found = tuple(Turn(role, content, liked if role == "music" else None) for role, content, liked in turns)
    account.came["dialogues"] += 1
    if not any(t.role == "music" for t in found):
        account.leave("dialogues", "conversation without music", examples=[identity])
        return None
    return Dialogue(f"served-{identity}", found)


def _plays(opinions: list[tuple[Any, ...]], user: str, account: Account) -> pl.DataFrame:
    """The plays among what was told."""
    rows = []
    for listener, conversation, track_id, kind, played_s, at in opinions:
        if kind == "play":
            account.came["plays"] += 1
            rows.append((listener or user, track_id, moment(at), played_s))
        elif not conversation:
            account.add("opinion outside a conversation", examples=[f"{kind} {track_id}"])
    schema: dict[str, Any] = PLAYS
    return pl.DataFrame(rows, schema=schema, orient="row")


def _json(value: Any) -> dict[str, Any]:
    """A JSON column as drivers give it: read, or as text."""
    found = json.loads(value) if isinstance(value, str) else value
    return found if isinstance(found, dict) else {}
