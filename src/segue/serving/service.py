"""What all doors of a server ask: one object that answers the page, programs and agents alike."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from segue.data.catalogue import Turn
from segue.data.library import Library
from segue.data.request import Play
from segue.kit.errors import SegueError
from segue.kit.settings import make
from segue.kit.workspace import Workspace
from segue.serving import pointing
from segue.serving.answer import Answer
from segue.serving.browse import Browse
from segue.serving.chat import Conversation
from segue.serving.filters import filters_of
from segue.serving.map import Maps
from segue.serving.media import Media
from segue.serving.metrics import Metrics
from segue.serving.opening import Models, reader_of_url
from segue.serving.playlists import Playlists
from segue.serving.settings import ServeSettings
from segue.serving.shapes import AnswerShape, CardShape, Shaper, TrackShape
from segue.serving.state import Store, of_workspace
from segue.serving.talks import Talks

MOST = 1000
"""Tracks of one answer."""


class Given(NamedTuple):
    """What holds beside the words of a dialogue that is sent whole.

    Args:
        exclude: ids of tracks that must not come back.
        k: tracks of an answer; as many as the words ask for without.
        model: which answers; the default without.
        listener: whose plays count beside the words.
    """

    exclude: Sequence[str] = ()
    where: Mapping[str, Any] | None = None
    k: int | None = None
    model: str | None = None
    listener: str = ""

    @property
    def n_tracks(self) -> int | None:
        """How many tracks an answer has."""
        return None if self.k is None else max(1, min(self.k, MOST))

    def limit(self, talk: Conversation) -> None:
        """Let a conversation play nothing else; raises `SegueError` where a filter is none."""
        talk.where, talk.excluded = filters_of(dict(self.where or {}), talk.catalogue), set(self.exclude)


NOTHING = Given()


class Recommended(NamedTuple):
    """An answer outside a conversation, the model it is of, and how long it took, seconds."""

    model: str
    answer: Answer
    said: str
    turn: int
    seconds: float


class Service:
    """A workspace opened for asking; safe to ask from several threads.

    Raises:
        SegueError: no model is fitted, or the database cannot be opened.
    """

    def __init__(
        self, workspace: Workspace | Path | str, settings: ServeSettings | Mapping[str, Any] | None = None
    ) -> None:
        self.settings = make(ServeSettings, settings)
        self.library = Library.open(workspace)
        reader = reader_of_url(self.library, self.settings.reader, self.settings.reader_model)
        self.models = Models(self.library, self.settings.model, reader)
        self.browse = Browse(self.library, self.models.talk())
        self.shaper = Shaper(self.browse.tokens, self.settings.root_path)
        self.store = Store(self.settings.database or of_workspace(self.library.workspace.root))
        self.metrics = Metrics()
        self.metrics.tracks.set(len(self.library))
        self.media = Media(self.library.catalogue.tracks, self.settings.music)
        self.maps = Maps(self.library, self.browse.index)
        self.playlists = Playlists(self.browse, self.store)
        self.talks = Talks(self.models, self.store, self.shaper, self.metrics)

    def recommend(
        self, messages: Sequence[Turn], given: Given = NOTHING, *, history: Sequence[str] = ()
    ) -> Recommended:
        """The answer to a dialogue that is given whole: its last turn of the user is answered.

        Where nobody said anything, it is more like what was heard last.

        Args:
            messages: the dialogue; turns of music are track ids.
            given: what holds beside it; the plays of its listener are the history where none is given.
            history: ids of tracks that were heard before it, oldest first.

        Raises:
            NotHereError: no such model, or no such listener.
            SegueError: nobody said anything, or a filter is none.
        """
        asked = next((n for n in range(len(messages) - 1, -1, -1) if messages[n].role == "user"), None)
        began, talk = perf_counter(), self.models.talk(given.model, given.listener)
        given.limit(talk)
        talk.history = tuple(Play(i) for i in history if i in talk.catalogue.rows)
        talk.resume(messages[:asked] if asked is not None else messages)
        if asked is not None:
            words, state = messages[asked].content, talk.hear(messages[asked].content)
        elif heard := [*(p.track_id for p in talk.history), *talk.played]:
            words, state = pointing.like(heard[-1], talk)
        else:
            raise SegueError("nothing was asked", "messages", "give a message of the role user, or a history")
        with self.models.lock:
            answer = talk.reply(words, state, given.n_tracks)
        return Recommended(
            given.model or self.models.default, answer, words, answer.state.turn, perf_counter() - began
        )

    def answer_shape(self, found: Recommended) -> AnswerShape:
        """An answer outside a conversation as JSON."""
        return self.shaper.answer(found.answer, found.turn, found.said, found.seconds)

    def similar(self, track_id: str, k: int = 10, modality: str | None = None) -> list[CardShape]:
        """The tracks most like one, as JSON; see `Browse.similar`."""
        return self.shaper.cards(self.browse.similar(track_id, min(k, MOST), modality))

    def track(self, track_id: str) -> TrackShape:
        """A track as JSON; raises `NotHereError` where there is none of this id."""
        return self.shaper.track(self.browse.row(track_id))

    def tracks(
        self, query: str = "", tag: str = "", limit: int = 50, offset: int = 0
    ) -> tuple[int, list[TrackShape]]:
        """How many tracks a search finds, and some of them as JSON; see `Browse.tracks`."""
        total, rows = self.browse.tracks(query, tag, limit, offset)
        return total, [self.shaper.track(row) for row in rows]

    def warm(self) -> None:
        """Ask something once: what is loaded at a first answer is there before the first listener comes."""
        talk = self.models.talk()
        words = next((e["text"] for e in self.browse.examples), "music")
        with self.models.lock:
            talk.ask(words)
        self.browse.tracks("a", limit=1)

    def close(self) -> None:
        """Give the database back."""
        self.store.close()
