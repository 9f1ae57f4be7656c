"""Conversations with the models of a workspace; what is expensive is opened once and shared."""

import threading
from collections import OrderedDict

from segue.data import stages
from segue.data.library import Library
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.recommender import Recommender, is_fitted
from segue.models.registry import TABLE, load
from segue.serving.chat import Conversation
from segue.serving.errors import NotHereError
from segue.serving.listener import MODELS, Listener
from segue.serving.sentences import Composer
from segue.understanding.state import Reader

BEST_FIRST = (
    "hybrid", "talkplay_gated", "talkplay", "bm25", "dense", "neighbours", *MODELS, "popularity"
)  # fmt: skip
LISTENERS = 100
"""Listeners that are kept ready."""
WIDTH = 8
"""Beams in a conversation, which asks for one track at a time and wants it soon."""


def answering(library: Library) -> list[str]:
    """The fitted models that hold conversations, the one that answers by default first.

    Raises:
        SegueError: none is fitted.
    """
    others = [line.name for line in TABLE if "conversation" in line.tasks and line.name not in BEST_FIRST]
    found = [name for name in (*BEST_FIRST, *others) if is_fitted(library, name)]
    if not found:
        raise SegueError("no model is fitted yet", library.where, "run `segue train` and `segue fit`")
    return found


def recommender_of(library: Library, name: str) -> Recommender:
    """A model made ready for conversations."""
    recommender = load(library, name)
    for part in (recommender, *getattr(recommender, "parts", {}).values()):
        if hasattr(part, "width"):  # TalkPlay: to import it brings torch, which few of the others need
            part.width = WIDTH
    return recommender


def reader_of_url(library: Library, url: str | None, model: str = "") -> Reader | None:
    """The language model behind a URL as a reader; None for the built-in one."""
    if url is None:
        return None
    from segue.understanding.llm_reader import LLMReader

    return LLMReader(library.catalogue, url, model)


def open_conversation(
    workspace: Workspace,
    name: str | None = None,
    url: str | None = None,
    model: str = "",
    listener: str | None = None,
) -> Conversation:
    """A conversation with one model, or with the best that is fitted.

    Args:
        url: of the language model's server that reads what is said; the built-in reader without.
        listener: the name, among the plays, of who talks.

    Raises:
        SegueError: the model is not fitted, or none is; the URL is none; the listener is not known.
    """
    library = Library.open(workspace)
    recommender = recommender_of(library, name or answering(library)[0])
    who = Listener.of(library, listener) if listener is not None else None
    return Conversation(recommender, library, reader_of_url(library, url, model), who)


class Models:
    """The models of a workspace that hold conversations, each opened when it is first asked for.

    Args:
        default: the model that answers where none is named; the best that is fitted without.

    Raises:
        SegueError: none is fitted, or the default is not.
    """

    def __init__(self, library: Library, default: str | None = None, reader: Reader | None = None) -> None:
        self.library, self.reader = library, reader
        self.lock = threading.Lock()
        """Whoever asks a model holds it: models keep what they computed for the next turn."""
        names = answering(library)
        self.default = default or names[0]
        self._fresh: dict[str, Conversation] = {}
        self._listeners: OrderedDict[str, Listener] = OrderedDict()
        self._first = Conversation(recommender_of(library, self.default), library, reader)
        self._fresh[self.default] = self._first
        self.stale = {name: bool(stages.stale(library.workspace, f"models/{name}")) for name in self.names()}

    def names(self) -> list[str]:
        """The models that can be asked now, the default first."""
        try:
            fitted = answering(self.library)
        except SegueError:
            fitted = []
        return list(dict.fromkeys([self.default, *(n for n in fitted), *self._fresh]))

    def talk(self, name: str | None = None, listener: str = "") -> Conversation:
        """A conversation with a model in which nothing was said; as a listener where one is named.

        Raises:
            NotHereError: there is no such model, or no such listener among the plays.
            SegueError: it cannot be opened.
        """
        name = name or self.default
        if name not in self._fresh:
            if name not in self.names():
                raise NotHereError(f"no model {name[:60]!r}", "", f"models: {', '.join(self.names())}")
            with self.lock:
                other = self._first.again()
                other.recommender = recommender_of(self.library, name)
                self._fresh[name] = other
        talk = self._fresh[name].again()
        if listener:
            talk.listener = self._listener(listener)
            talk.composer = Composer(talk.index, talk.listener)
        return talk

    def _listener(self, user_id: str) -> Listener:
        """A listener, with what ranks by a history opened once for all; nobody else's name is told."""
        with self.lock:
            if user_id not in self._listeners:
                taste = next((who.taste for who in self._listeners.values()), None)
                try:
                    self._listeners[user_id] = Listener.of(self.library, user_id, taste)
                except SegueError:
                    cure = "use the name that the plays have, or import plays"
                    raise NotHereError(f"no plays of a listener {user_id[:60]!r}", "", cure) from None
            self._listeners.move_to_end(user_id)
            while len(self._listeners) > LISTENERS:
                self._listeners.popitem(last=False)
            return self._listeners[user_id]
