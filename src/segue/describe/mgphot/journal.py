"""Every answer, kept the moment it comes: a file of JSON lines that survives being killed at any moment."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from segue.describe.mgphot.client import Answer, Rater
from segue.describe.mgphot.prompt import Prompt
from segue.describe.mgphot.schema import DIM, TOP
from segue.kit.arrays import Floats
from segue.kit.completions import Usage
from segue.kit.errors import SegueError
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


class Journal:
    """The answers so far; open it with `with` to add to it.

    Args:
        path: of the file; need not exist.
        prompt: whose usage is remembered.

    Raises:
        SegueError: the file holds something else.
    """

    def __init__(self, path: Path, prompt: Prompt) -> None:
        self.path, self.prompt = path, prompt
        self.answers: dict[str, Floats] = {}
        self.usage: defaultdict[str, Usage] = defaultdict(Usage)
        """What answers to this prompt took, by model."""
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._whole = 0
        self._read()

    def _read(self) -> None:
        """Take in every whole line; a last one without its end was being written when the run was killed."""
        self._whole = 0
        self.usage.clear()
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    self._take(json.loads(line))
                except (ValueError, KeyError, TypeError):
                    cure = "mend or delete that line"
                    raise SegueError("not a journal of ratings", f"{self.path}:{number}", cure) from None
                self._whole += len(line)

    def _take(self, entry: dict[str, Any]) -> None:
        if entry["ratings"] is not None:
            halves = [np.nan if r is None else float(r) for r in entry["ratings"]]
            if len(halves) != DIM:
                raise ValueError("not as many ratings as attributes")
            self.answers[entry["key"]] = np.array(halves, np.float32) / np.float32(TOP)
        if entry["prompt"] == self.prompt.identity:
            asked, answered = entry["tokens"]
            self.usage[entry["model"]].add(Usage(asked, answered, entry["requests"]))

    def __enter__(self) -> Journal:
        """Open it for adding.

        Raises:
            SegueError: another run is adding to it.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            cure = "wait for it: two at once would pay twice"
            raise SegueError("another run is rating this workspace", str(self.path), cure) from None
        self._read()  # again: a run that has just ended may have added to it
        self._file.truncate(self._whole)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        if self._file is not None:
            self._file.close()

    def add(self, asked: Question, answer: Answer) -> None:
        """Keep an answer, or that there was none; it is on the disk when this returns."""
        if self._file is None:
            raise ValueError("the journal is not open")
        values, usage = answer.values, answer.usage
        ratings = None if values is None else [_rating(v) for v in values.tolist()]
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
        line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._whole += len(line)
            self._take(entry)


def _rating(value: float) -> float | None:
    """A value in [0, 1] as a rating 0-5, None for NaN."""
    return None if np.isnan(value) else round(value * TOP, 2)
