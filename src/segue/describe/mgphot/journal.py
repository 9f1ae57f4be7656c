"""Every rating, kept the moment it comes."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segue.describe.mgphot.client import Answer, Rater
from segue.describe.mgphot.prompt import Prompt
from segue.describe.mgphot.schema import DIM, TOP
from segue.kit.arrays import Floats
from segue.kit.completions import Usage
from segue.kit.journal import Lines
from segue.kit.workspace import hash_of


@dataclass(frozen=True)
class Question:
    """One track asked of one rater; equal keys have equal answers."""

    key: str
    track_id: str
    rater: Rater
    text: str


def question(prompt: Prompt, rater: Rater, track_id: str, text: str) -> Question:
    """A question under the hash of everything the answer depends on, so that others are kept apart."""
    key = hash_of(prompt.identity, rater.model, rater.temperature, rater.seed, text)
    return Question(key, track_id, rater, text)


class Journal(Lines):
    """The answers so far; open it with `with` to add to it."""

    def __init__(self, path: Path, prompt: Prompt) -> None:
        self.prompt = prompt
        self.answers: dict[str, Floats] = {}
        self.usage: defaultdict[str, Usage] = defaultdict(Usage)
        """What answers to this prompt took, by model."""
        super().__init__(path, self._rated, "a journal of ratings")

    def _rated(self, entry: dict[str, Any]) -> None:
        if entry["ratings"] is not None:
            halves = [np.nan if r is None else float(r) for r in entry["ratings"]]
            if len(halves) != DIM:
                raise ValueError("not as many ratings as attributes")
            self.answers[entry["key"]] = np.array(halves, np.float32) / np.float32(TOP)
        if entry["prompt"] == self.prompt.identity:
            asked, answered = entry["tokens"]
            self.usage[entry["model"]].add(Usage(asked, answered, entry["requests"]))

    def keep(self, asked: Question, answer: Answer) -> None:
        """Keep an answer, or that there was none; it is on the disk when this returns."""
        values, usage = answer.values, answer.usage
        halves = None if values is None else values.tolist()
        ratings = halves and [None if np.isnan(v) else round(v * TOP, 2) for v in halves]
        entry = {
            "key": asked.key,
            "track_id": asked.track_id,
            "model": asked.rater.model,
            "temperature": asked.rater.temperature,
            "seed": asked.rater.seed,
            "prompt": self.prompt.identity,
            "ratings": ratings,
            "failed": answer.failed,
            "tokens": [usage.prompt, usage.answer],
            "requests": usage.requests,
        }
        self.add(entry)
