"""One trained TalkPlay read with other weights: tables 3 and 4 without training anew. Source: TalkPlay 5."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from segue.data.codes import Codes
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.llm.session import fitting_threads
from segue.models.talkplay.model import TalkPlay
from segue.models.unsaved import Unsaved
from segue.tokens.lookup import Lookup

MOST_BYTES = 256 << 20
"""What is kept of one model's readings of requests: all weights are tried on the same ones."""


class Readings:
    """What a TalkPlay says after each request, kept while all weights are tried on it."""

    def __init__(self, model: TalkPlay) -> None:
        self.model = model
        self._kept: OrderedDict[tuple[object, ...], np.ndarray[Any, Any]] = OrderedDict()

    def tuple_of(self, request: Request) -> Codes:
        """The sampled tuple, int16 (n_modalities,)."""
        found: Codes = self._once(("tuple", request.messages), lambda: self.model.sampled(request))
        return found

    def levels(self, request: Request) -> Floats:
        """The log-probabilities of every track's codes, float32 (n_modalities, n_tracks)."""
        key = ("levels", request.messages, request.exclude)
        found: Floats = self._once(key, lambda: self.model.levels(request))
        return found

    def _once(self, key: tuple[object, ...], make: Callable[[], np.ndarray[Any, Any]]) -> Any:
        if key not in self._kept:
            with fitting_threads(self.model.model):
                self._kept[key] = make()
            if sum(a.nbytes for a in self._kept.values()) > MOST_BYTES:
                self._kept.popitem(last=False)
        return self._kept[key]


class Reweighted(Unsaved):
    """TalkPlay with weights of its own on the modalities.

    Args:
        weights: (n_modalities,) in the order of generation; 0 leaves one out.
        published: weighted overlap with one sampled tuple, else the weighted sum of log-probabilities.
    """

    name = "talkplay_reweighted"

    def __init__(self, readings: Readings, weights: Sequence[float], *, published: bool) -> None:
        super().__init__(readings.model.catalogue)
        self.readings, self.weights, self.published = readings, np.asarray(weights, np.float32), published
        self.lookup = Lookup(readings.model.tokens.codes, self.weights) if published else None

    def score(self, requests: Sequence[Request]) -> Floats:
        """Weighted overlaps, or weighted log-probabilities, float32 (n_requests, n_tracks)."""
        scores = [self._score(request) for request in requests]
        return np.array(scores, np.float32).reshape(len(requests), len(self.catalogue))

    def _score(self, request: Request) -> Floats:
        model = self.readings.model
        if self.lookup is None:
            return model.finished(request, self.weights @ self.readings.levels(request))
        return self.lookup.scores(self.readings.tuple_of(request))


def schemes(n: int) -> dict[str, list[float]]:
    """The weightings of table 3 for n modalities in the order of generation: 5 to 1, 25 to 1 where n = 5."""
    up = [float(i) for i in range(1, n + 1)]
    return {
        "uniform": [1.0] * n,
        "linear rising": up,
        "quadratic rising": [i * i for i in up],
        "linear": up[::-1],
        "quadratic": [i * i for i in up[::-1]],
    }
