"""Conversations that last: every finished turn is in the database before anybody is told that it is done."""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from sqlalchemy import delete, select

from segue.data.catalogue import Turn
from segue.serving import pointing
from segue.serving.chat import Conversation
from segue.serving.errors import NotHereError
from segue.serving.filters import filters_of
from segue.serving.metrics import Metrics
from segue.serving.opening import Models
from segue.serving.record import restore, snapshot
from segue.serving.shapes import AnswerShape, Shaper, StateShape, state_shape, wish_id
from segue.serving.state import ConversationRow, FeedbackRow, Store, TurnRow, found, now
from segue.understanding.state import DialogueState, Wish
from segue.understanding.text import fold

LIVE = 500
"""Conversations that are held in memory; the others are read from the database when they go on."""
TITLE = 60


@dataclass
class _Live:
    """A conversation in memory, and who may change it."""

    talk: Conversation | None
    lock: threading.Lock
    version: str = ""
    """When the database's was changed of which this is a copy: another server may share the database."""


class Talks:
    """The conversations of a server."""

    def __init__(self, models: Models, store: Store, shaper: Shaper, metrics: Metrics) -> None:
        self.models, self.store, self.shaper, self.metrics = models, store, shaper, metrics
        self._live: OrderedDict[str, _Live] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, model: str | None = None, listener: str = "") -> ConversationRow:
        """A new conversation; as a listener whose plays are known, where one is named.

        Raises:
            NotHereError: there is no such model, or no such listener.
        """
        # Made once for its errors: a conversation that nobody can answer is not begun.
        self.models.talk(model, listener)
        row = ConversationRow(id=uuid.uuid4().hex, title="", created_at=now(), turns=0)
        row.model, row.listener = model or self.models.default, listener
        row.updated_at = row.created_at
        with self.store.session() as session:
            session.add(row)
        return row

    def find(self, query: str = "", limit: int = 200) -> list[ConversationRow]:
        """Conversations, the latest first; those in whose title or messages `query` stands."""
        with self.store.session() as session:
            wanted = select(ConversationRow).where(ConversationRow.turns > 0)
            if query:
                # Folded here and not in the database: SQLite knows no other capitals than A to Z.
                key = fold(query)
                said = select(TurnRow.conversation_id).where(TurnRow.folded.contains(key, autoescape=True))
                titled = ConversationRow.folded.contains(key, autoescape=True)
                wanted = wanted.where(titled | ConversationRow.id.in_(said))
            return list(session.scalars(wanted.order_by(ConversationRow.updated_at.desc()).limit(limit)))

    def rename(self, conversation_id: str, title: str) -> ConversationRow:
        """Give a conversation a title; raises `NotHereError` where there is none of this id."""
        with self.store.session() as session:
            row = found(session, ConversationRow, conversation_id, "conversation")
            row.title, row.folded, row.updated_at = title, fold(title), now()
        return row

    def forget_all(self, conversation_id: str) -> None:
        """Delete a conversation; raises `NotHereError` where there is none of this id."""
        with self.store.session() as session:
            row = found(session, ConversationRow, conversation_id, "conversation")
            session.execute(delete(TurnRow).where(TurnRow.conversation_id == conversation_id))
            session.delete(row)
        with self._lock:
            self._live.pop(conversation_id, None)

    def say(
        self,
        conversation_id: str,
        words: str,
        *,
        where: dict[str, Any] | None = None,
        start: str | None = None,
        like: str | None = None,
        heard: Callable[[DialogueState], None] | None = None,
    ) -> AnswerShape:
        """Say something in a conversation; the answer is kept when this returns.

        Args:
            where: filters from now on (`filters_of`); None leaves them, an empty one lifts them.
            heard: told how it was understood, before the answer is there.

        Raises:
            NotHereError: no such conversation or track.
            BusyError: the database did not take it; the conversation is as it was.
        """
        began = perf_counter()
        with self._held(conversation_id) as (live, talk):
            if where is not None:
                talk.where = filters_of(where, talk.catalogue)
            said, state = pointing.understood(talk, words, start, like)
            if heard is not None:
                heard(state)
            with self.models.lock:
                answer = talk.reply(said, state)
            with self.store.session() as session:
                row = found(session, ConversationRow, conversation_id, "conversation")
                shape = self.shaper.answer(answer, row.turns + 1, said, perf_counter() - began)
                kept: dict[str, Any] = {"said": said, "folded": fold(said), "answer": dict(shape)}
                session.add(TurnRow(conversation_id=row.id, number=row.turns + 1, **kept))
                row.turns, row.updated_at, row.snapshot = row.turns + 1, now(), snapshot(talk)
                row.title = row.title or " ".join(said.split())[:TITLE]
                row.folded = row.folded or fold(row.title)
            live.version = row.updated_at
        self.metrics.answer(talk.recommender.name, shape["seconds"])
        return shape

    def judge(self, conversation_id: str, track_id: str, kind: str) -> tuple[list[str], StateShape]:
        """Like, dislike, "not this artist" or none of it for a track; returns avoided artists and the state.

        Raises:
            NotHereError: no such conversation or track.
        """
        with self._held(conversation_id) as (live, talk):
            row = pointing.row_of(talk, track_id)
            artist = str(talk.catalogue.tracks["artist"][row] or "")
            talk.turns = [
                replace(t, liked=kind in ("like", "clear")) if _is(t, track_id) else t for t in talk.turns
            ]
            if kind in ("dislike", "not_artist"):
                talk.excluded.add(track_id)
            else:
                talk.excluded.discard(track_id)
            if kind == "not_artist" and artist:
                talk.refuse_artist(artist)
            if kind == "clear":
                gone = Wish("artist", artist, "refused", (artist,))
                kept = tuple(w for w in talk.state.wishes if not (w.refused and w.same(gone)))
                talk.state = replace(talk.state, wishes=kept)
            more = FeedbackRow(conversation_id=conversation_id, track_id=track_id, kind=kind, at=now())
            self._keep(conversation_id, live, more)
            return talk.avoided, state_shape(talk.state)

    def forget(self, conversation_id: str, wish: str) -> StateShape:
        """Take a wish back; returns the state without it.

        Raises:
            NotHereError: no such conversation, or no such wish in it.
        """
        with self._held(conversation_id) as (live, talk):
            one = next((w for w in talk.state.wishes if wish_id(w) == wish), None)
            if one is None:
                raise NotHereError("no such wish holds here", "", "the state of the last answer lists them")
            talk.state = talk.state.without(one)
            self._keep(conversation_id, live)
            return state_shape(talk.state)

    def restored(self, row: ConversationRow, to_read: bool = False) -> Conversation:
        """A conversation as the database has it; only `to_read` it, its model may be gone."""
        gone = to_read and row.model not in self.models.names()
        talk = self.models.talk(None if gone else row.model, "" if to_read else row.listener)
        return restore(talk, row.snapshot) if row.snapshot else talk

    # ------------------------------------------------------------------ in memory and in the database

    def _keep(self, conversation_id: str, live: _Live, *more: FeedbackRow) -> None:
        assert live.talk is not None, "it is held"
        with self.store.session() as session:
            row = found(session, ConversationRow, conversation_id, "conversation")
            row.snapshot, row.updated_at = snapshot(live.talk), now()
            session.add_all(more)
        live.version = row.updated_at

    @contextmanager
    def _held(self, conversation_id: str) -> Iterator[tuple[_Live, Conversation]]:
        """A conversation that nobody else changes; where anything fails it is read anew the next time."""
        with self._lock:
            live = self._live.setdefault(conversation_id, _Live(None, threading.Lock()))
            self._live.move_to_end(conversation_id)
            while len(self._live) > LIVE:
                self._live.popitem(last=False)
        with live.lock:
            try:
                row = self.store.conversation(conversation_id)
                # Another process has gone on with it: the database is right, what is in memory old.
                if live.talk is None or live.version != row.updated_at:
                    live.talk, live.version = self.restored(row), row.updated_at
                yield live, live.talk
            except BaseException:
                # Half changed in memory, unchanged in the database: read again the next time.
                live.talk = None
                raise


def _is(turn: Turn, track_id: str) -> bool:
    return turn.role == "music" and turn.content == track_id
