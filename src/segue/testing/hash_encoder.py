"""An encoder whose vector of a text is known beforehand."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from segue.encoders.column import text_hash

DIM = 12


def vector_of(text: str) -> Any:
    """The vector that `HashEncoder` gives a text: unit length, from the text alone."""
    vector = np.random.default_rng(abs(text_hash(text))).normal(size=DIM)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


class HashEncoder:
    """An encoder without a model; `seen` is every text it was given, `fail_after` calls end in an error."""

    def __init__(self, identity: str = "hash", fail_after: int | None = None) -> None:
        self.identity, self.fail_after = identity, fail_after
        self.seen: list[str] = []
        self.calls = 0

    def encode(self, texts: Sequence[str], *, progress: str = "") -> Any:
        if self.fail_after is not None and self.calls >= self.fail_after:
            # As Ctrl-C does in a long run: what was encoded before must be kept.
            raise KeyboardInterrupt
        self.calls += 1
        self.seen += texts
        return np.array([vector_of(t) for t in texts], dtype=np.float32).reshape(len(texts), DIM)
