"""What both protocols do with the models they measure: the chance row, and scores that fit and are timed."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from segue.data.catalogue import Catalogue
from segue.data.request import Request
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.models.counting.chance import Chance
from segue.models.recommender import Recommender

CHANCE = "chance"
T = TypeVar("T")


def with_chance(models: Mapping[str, Recommender], catalogue: Catalogue, seed: int) -> dict[str, Recommender]:
    """The models in their order, chance last; raises `SegueError` where another model is called chance."""
    chance = models.get(CHANCE, Chance(catalogue, seed))
    if not isinstance(chance, Chance):
        raise SegueError(f"the name {CHANCE!r} is taken by the chance row", cure="rename the model")
    return {name: model for name, model in models.items() if name != CHANCE} | {CHANCE: chance}


def batches(asked: Sequence[T], name: str, size: int = 16) -> Iterator[Sequence[T]]:
    """The requests so many at once in their order, with progress under a model's name."""
    for start in watched(range(0, len(asked), size), name, stays=True):
        yield asked[start : start + size]


def scored(
    name: str, model: Recommender, requests: Sequence[Request], n_tracks: int
) -> tuple[NDArray[Any], float]:
    """The scores of a batch, shape (n_requests, n_tracks), and the seconds of each request.

    Raises:
        SegueError: the scores belong to another catalogue or are not numbers.
    """
    began = time.perf_counter()
    scores = np.asarray(model.score(requests))
    seconds = (time.perf_counter() - began) / len(requests)
    shape = (len(requests), n_tracks)
    cure = f"run `segue fit {name.split()[0].split('.seed')[0]}` again"
    if scores.shape != shape:
        raise SegueError(f"model {name!r} gave scores of shape {scores.shape}, not {shape}", cure=cure)
    if np.isnan(scores.max()):  # NaN is the greatest, and this needs no array of its own
        raise SegueError(f"model {name!r} gave scores that are not numbers", cure=cure)
    return scores, seconds
