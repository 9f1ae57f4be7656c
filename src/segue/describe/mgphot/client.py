"""Asking a language model for ratings: an answer that cannot be used is given back with the reason."""

from dataclasses import dataclass
from typing import Any

from segue.describe.mgphot.prompt import AnswerError, json_schema, read_answer
from segue.kit.arrays import Floats
from segue.kit.completions import FailedError, Message, Server, Usage, formats

FORMATS = formats("ratings", json_schema())


@dataclass(frozen=True)
class Rater:
    """One way of rating."""

    model: str
    temperature: float | None = 0.0
    seed: int | None = None

    @property
    def name(self) -> str:
        """The model, and what else was asked for."""
        parts = [self.model]
        parts += [] if self.temperature is None else [f"temperature {self.temperature:g}"]
        parts += [] if self.seed is None else [f"seed {self.seed}"]
        return ", ".join(parts)


@dataclass(frozen=True)
class Answer:
    """What came of one question: values (58,), or None and why."""

    values: Floats | None
    usage: Usage
    failed: str = ""


class Client(Server):
    """Asks one server for ratings; safe to share between threads."""

    def ask(self, messages: list[Message], rater: Rater) -> Answer:
        """Ask until there is a usable answer or patience is at an end.

        Raises:
            StoppedError: the server refuses us altogether.
        """
        usage = Usage()
        asked = {"temperature": rater.temperature, "seed": rater.seed}
        body: dict[str, Any] = {"model": rater.model}
        body |= {name: value for name, value in asked.items() if value is not None}
        turns = list(messages)
        reason = ""
        for _ in range(1 + self.limits.repairs):
            try:
                text = self.complete(body | {"messages": turns}, usage)
            except FailedError as failure:
                return Answer(None, usage, str(failure))
            try:
                return Answer(read_answer(text), usage)
            except AnswerError as problem:
                reason = self._blot(str(problem))
            repair = f"That answer cannot be used: {reason}. Send the whole JSON object again, and only it."
            turns = [*messages, {"role": "assistant", "content": text[:2000]}]
            turns.append({"role": "user", "content": repair})
        return Answer(None, usage, f"no usable answer: {reason}")
