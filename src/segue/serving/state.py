"""What the server keeps: conversations, feedback and playlists, in any database that SQLAlchemy knows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    create_engine,
    event,
    inspect,
    select,
)
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from segue.kit.errors import SegueError
from segue.serving.errors import BusyError, NotHereError

WAIT_S = 5.0
"""Seconds that are waited for a lock of the database."""


def now() -> str:
    """The time, UTC, as ISO 8601 text: it sorts as it is read, in every database."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Base(DeclarativeBase):
    """Of every table."""


class ConversationRow(Base):
    """A conversation: its head, and all that it has become (`record.snapshot`)."""

    __tablename__ = "conversations"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(Text, default="")
    folded: Mapped[str] = mapped_column(Text, default="")
    """The title as it is searched for."""
    model: Mapped[str] = mapped_column(String(80))
    listener: Mapped[str] = mapped_column(String(500), default="")
    """Who talks, where it is one whose plays are known."""
    created_at: Mapped[str] = mapped_column(String(40), default=now)
    updated_at: Mapped[str] = mapped_column(String(40), default=now, index=True)
    turns: Mapped[int] = mapped_column(Integer, default=0)
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)


class TurnRow(Base):
    """One message and its answer, as JSON."""

    __tablename__ = "turns"
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    said: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text, default="")
    """What was said as it is searched for."""
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[str] = mapped_column(String(40), default=now)


class FeedbackRow(Base):
    """What somebody thought of a track, or that it was played; `conversation_id` where it was in one."""

    __tablename__ = "feedback"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    user: Mapped[str] = mapped_column("listener", String(200), default="")
    conversation_id: Mapped[str] = mapped_column(String(40), default="")
    track_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    played_s: Mapped[float | None] = mapped_column(Float, default=None)
    at: Mapped[str] = mapped_column(String(40), default=now)
    __table_args__ = (Index("feedback_at", "at"),)


class PlaylistRow(Base):
    """A playlist."""

    __tablename__ = "playlists"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    track_ids: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[str] = mapped_column(String(40), default=now)
    updated_at: Mapped[str] = mapped_column(String(40), default=now)


class Store:
    """The database.

    Args:
        url: of SQLAlchemy: "sqlite:///FILE", "postgresql+psycopg://USER@HOST/NAME".

    Raises:
        SegueError: it cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            if url.startswith("sqlite"):
                self.engine = create_engine(url, connect_args={"timeout": WAIT_S})
                event.listen(self.engine, "connect", _careful)
            else:  # A server may have closed idle connections.
                self.engine = create_engine(url, pool_pre_ping=True)
            Base.metadata.create_all(self.engine)
            lacking = _lacking(self.engine)
        except (SQLAlchemyError, ImportError, OSError) as error:
            what = f"the database cannot be opened ({_line(error)})"
            cure = "check the address and the rights, or free some space"
            raise SegueError(what, shown(url), cure) from None
        if lacking:
            what = f"the database is of another version of segue (it lacks {', '.join(lacking)})"
            raise SegueError(what, shown(url), "move it away, or give another --database")

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: kept as a whole where the block ends without error.

        Raises:
            BusyError: the database is locked, full, or gone.
        """
        try:
            # Rows are read after the transaction: expired ones would open another.
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except DBAPIError as error:
            what = f"the database did not take it ({_line(error)})"
            cure = "nothing was kept of this request: free the lock or some space and send it again"
            raise BusyError(what, "", cure) from None

    def conversation(self, conversation_id: str) -> ConversationRow:
        """One conversation; raises `NotHereError` where there is none of this id."""
        with self.session() as session:
            return found(session, ConversationRow, conversation_id, "conversation")

    def turns(self, conversation_id: str) -> Sequence[TurnRow]:
        """The turns of a conversation, oldest first."""
        with self.session() as session:
            wanted = (
                select(TurnRow).where(TurnRow.conversation_id == conversation_id).order_by(TurnRow.number)
            )
            return session.scalars(wanted).all()

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


T = TypeVar("T")


def found(session: Session, kind: type[T], key: str, name: str) -> T:
    """A row by its key; raises `NotHereError` where there is none."""
    row = session.get(kind, key)
    if row is None:
        raise NotHereError(f"no {name} {key[:60]!r}", "", f"{name}s are listed at /v1/{name}s")
    return row


def of_workspace(root: Path) -> str:
    """The address of a workspace's own database; its folder is made."""
    folder = root / "serving"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise SegueError(f"cannot be made ({error.strerror})", str(folder), "give a --database") from None
    return f"sqlite:///{folder.resolve() / 'state.sqlite'}"


def shown(url: str) -> str:
    """An address without its password."""
    from sqlalchemy.engine import make_url

    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return url.split("@")[-1]


def _lacking(engine: Engine) -> list[str]:
    """Columns that the tables of a database do not have."""
    there = inspect(engine)
    return [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name not in {c["name"] for c in there.get_columns(table.name)}
    ]


def _careful(connection: Any, record: object) -> None:
    """SQLite: readers do not wait for the writer, a finished turn survives a kill, and keys are kept."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _line(error: BaseException) -> str:
    """The first line of what a driver says."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).splitlines() or [type(cause).__name__])[0]
