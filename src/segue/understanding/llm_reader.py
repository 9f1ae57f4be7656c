"""The second reader: a language model behind an OpenAI-compatible URL, held to schema and vocabulary.

Its answer is put into the form in which the built-in reader takes an utterance apart; names are linked to the
catalogue, wishes made, and carried from turn to turn by the same code. Where there is no answer that can be
used, the built-in reading of the turn counts, and the state's note says why.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from segue.data.catalogue import Catalogue
from segue.kit.completions import FailedError, Limits, Server, StoppedError, formats
from segue.kit.errors import SegueError
from segue.understanding.carry import meets
from segue.understanding.llm_answer import Said, UnusableError, messages, read, schema, system
from segue.understanding.llm_utterance import Utterance
from segue.understanding.rules import Rules, reader_of
from segue.understanding.state import DialogueState, Reader
from segue.understanding.text import clean, tokens

log = logging.getLogger(__name__)

SECONDS = 20.0
"""How long a listener waits for a reading."""
REST = 60.0
"""Seconds in which a server that was away or refused is not asked again."""
LARGEST = 200_000
"""Bytes of an answer."""


class LLMReader(Reader):
    """Reads utterances over one catalogue through a language model; the contract of `Rules`.

    Args:
        catalogue: what is talked about.
        url: of the API ("https://host/v1"); the key comes from `SEGUE_API_KEY`.
        model: the model's name there; "" leaves it to the server.
        seconds: until a whole reading must be there.

    Raises:
        SegueError: not an http(s) URL, one with a password in it, or a key that cannot be one.
    """

    def __init__(self, catalogue: Catalogue, url: str, model: str = "", seconds: float = SECONDS) -> None:
        self.rules: Rules = reader_of(catalogue)
        limits = Limits(timeout=seconds, tries=1, total=seconds, largest=LARGEST)
        self.server = Server(url, formats("reading", schema()), limits)
        self.model, self.seconds = model, seconds
        self.told = system(self.rules.index)
        self.temperature: float | None = 0.0
        self.rests = 0.0
        """Until when (monotonic seconds) the server is not asked."""

    @property
    def name(self) -> str:
        """Who reads, for the state: the model, or its server where it has no name."""
        return f"{self.model or 'a model'} at {self.server.endpoint.host}"

    def step(self, words: str, before: DialogueState, played: Sequence[str]) -> DialogueState:
        """What one more utterance makes of a state; never raises (see `Rules.step`)."""
        built_in = self.rules.step(words, before, played)
        text = clean(words)
        if not text or built_in.act == "edit":
            return built_in  # The answer's form knows no lists that are edited.
        try:
            said = read(self._ask(text, before, len(played)))
            return self._state(said, text, before, played, built_in)
        except UnusableError as problem:
            reason = str(problem)
        except FailedError as problem:
            reason = self._away(problem.plain)
        except StoppedError:
            self.rests = time.monotonic() + REST
            reason = "it refuses us; check its URL, the model's name and the key in SEGUE_API_KEY"
        except (ValueError, LookupError, TypeError, ArithmeticError, SegueError) as problem:
            log.debug("a reading failed", exc_info=problem)
            reason = f"its answer made no sense ({type(problem).__name__})"
        return replace(built_in, note=f"{self.name} did not read this: {reason}")

    # ------------------------------------------------------------------ asking

    def _ask(self, text: str, before: DialogueState, played: int) -> str:
        """The model's words, there in time or not at all."""
        if time.monotonic() < self.rests:
            raise UnusableError("it was away a moment ago")
        body: dict[str, Any] = {"messages": messages(self.told, text, before, played)}
        answers: queue.Queue[str | Exception] = queue.Queue()

        def work() -> None:
            try:
                answers.put(self._complete(body))
            except Exception as problem:  # whatever it is, the chat goes on
                answers.put(problem)

        # A thread of its own: names that do not resolve and drops of a header hold up no listener.
        threading.Thread(target=work, daemon=True).start()
        try:
            answer = answers.get(timeout=self.seconds)
        except queue.Empty:
            raise FailedError("no answer", "ReadTimeout") from None
        if isinstance(answer, (FailedError, StoppedError)):
            raise answer
        if isinstance(answer, Exception):
            raise UnusableError(f"it cannot be asked ({type(answer).__name__})")
        return answer

    def _away(self, reason: str) -> str:
        """Why there was no answer; a server that is away or stalls is left alone for a while."""
        if reason.endswith(("Timeout", "ConnectError", "seconds")):
            self.rests = time.monotonic() + REST
        return f"no answer in {self.seconds:g} seconds" if reason.endswith("Timeout") else reason

    def _complete(self, body: dict[str, Any]) -> str:
        """The model's words; a model that takes no temperature is asked without one."""
        asked = body | ({"model": self.model} if self.model else {})
        if self.temperature is not None:
            try:
                return self.server.complete(asked | {"temperature": self.temperature})
            except FailedError as problem:
                if problem.plain != "HTTP 400":
                    raise
        words = self.server.complete(asked)
        self.temperature = None
        return words

    # ------------------------------------------------------------------ from the answer to the state

    def _state(
        self, said: Said, text: str, before: DialogueState, played: Sequence[str], built_in: DialogueState
    ) -> DialogueState:
        """The state that an answer makes, by the built-in reader's own code."""
        turn = Utterance(self.rules, said, tokens(text))
        back = turn.taken_back()
        lifted = tuple(h for h in before.wishes if any(meets(w, h) for w in back))
        held = replace(before, wishes=tuple(w for w in before.wishes if w not in lifted))
        reading = turn.reading()
        state = self.rules.understood(reading, held, played)
        if lifted:
            act = state.act if any(w.turn == state.turn for w in state.wishes) else "take back"
            state = replace(state, act=act, lifted=(*lifted, *state.lifted))
        last = tuple(played[-1:])
        if said.act == "refuse" and last and state.asks_music:
            state = replace(state, act="refuse", rejected=last)
        if said.act == "question" and said.asked and state.act == "question":
            state = replace(state, asked=said.asked)
        if said.like == "played" and last and state.asks_music and not state.like:
            state = replace(state, like=self.rules.which(said.track, list(played)))
        # What is asked of retrieval: the words, or, where they refuse something, only what they want.
        wanted = turn.wanted_words() if reading.refused or back else built_in.said
        return replace(state, said=wanted, reader=self.name)
