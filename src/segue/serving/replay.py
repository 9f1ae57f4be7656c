"""Dialogues that a client sends whole each time: what the listener said is said again, from the beginning.

Only the listener's own words count. What a client says was answered is not believed: answers follow from the
words, so nothing in a message can change what was played or widen what is returned.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from segue.kit.errors import SegueError
from segue.serving.chat import Conversation
from segue.serving.record import restore, snapshot
from segue.serving.service import NOTHING, Given, Recommended, Service

KEPT = 500
"""Dialogues whose state is held, so that one more message costs one more answer."""
MOST_KEPT = 20_000_000
"""Characters of all that was said in them, and of the ids that they exclude."""
LONGEST = 200
"""Messages of a listener in one dialogue."""


def replay_of(service: Service) -> Replay:
    """The one replay of a service, shared by its doors."""
    return service.library.once(Replay, lambda: Replay(service))


class Replay:
    """Answers dialogues from the listener's words alone; the same words get the same answer."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._kept: OrderedDict[str, tuple[int, dict[str, Any]]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def answer(self, said: Sequence[str], given: Given = NOTHING) -> Recommended:
        """The answer to the last thing said.

        Args:
            given: what holds beside them, from the first word on.

        Raises:
            NotHereError: no such model, or no such listener.
            SegueError: nothing or too much was said, or a filter is none.
        """
        if not said or len(said) > LONGEST:
            what = "nothing was said" if not said else f"more than {LONGEST} messages of a listener"
            raise SegueError(
                what, "messages", "begin a new dialogue" if said else "send what the listener says"
            )
        most = self.service.settings.max_text
        if any(len(words) > most for words in said):
            raise SegueError(
                f"a message of more than {most:,} characters", "messages", "say it in fewer words"
            )
        model = given.model or self.service.models.default
        began, start, talk = perf_counter(), 0, self.service.models.talk(model, given.listener)
        given.limit(talk)
        asked = [model, given.listener, sorted(given.exclude), given.where, given.n_tracks]
        keys = _keys(json.dumps(asked, default=str, sort_keys=True), said)
        for n in range(len(said) - 1, 0, -1):
            if (kept := self._found(keys[n - 1])) is not None:
                talk, start = restore(talk, kept), n
                break
        for words in said[start:]:
            state = talk.hear(words)
            with self.service.models.lock:
                answer = talk.reply(words, state, given.n_tracks)
        self._keep(keys[-1], talk, sum(map(len, said)) + sum(map(len, given.exclude)))
        return Recommended(model, answer, said[-1], answer.state.turn, perf_counter() - began)

    def _found(self, key: str) -> dict[str, Any] | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][1]

    def _keep(self, key: str, talk: Conversation, size: int) -> None:
        """Hold a dialogue's state; the oldest go where there are too many, or they are too large together."""
        with self._lock:
            self._size += size - self._kept.pop(key, (0, {}))[0]
            self._kept[key] = (size, snapshot(talk))
            while len(self._kept) > KEPT or self._size > MOST_KEPT:
                self._size -= self._kept.popitem(last=False)[1][0]


def _keys(asked: str, said: Sequence[str]) -> list[str]:
    """A key for each beginning of a dialogue."""
    digest, keys = hashlib.sha256(asked.encode()), list[str]()
    for words in said:
        digest.update(json.dumps(words).encode())
        keys.append(digest.hexdigest())
    return keys
