"""Which batch a step gets: every epoch is planned anew, and step n is the same in every run with the seed."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class Epochs(Generic[T]):
    """The plans of the epochs one behind the other, each made when it is reached.

    Args:
        plan: number of an epoch -> its batches, in the order of the steps.
    """

    def __init__(self, plan: Callable[[int], Sequence[T]]) -> None:
        # This epoch and, at its end, the next: a plan may be as long as the data.
        self.plan = lru_cache(maxsize=2)(plan)
        self.starts = [0]

    @property
    def per_epoch(self) -> int:
        """The number of batches of the first epoch."""
        return len(self.plan(0))

    def at(self, step: int) -> T:
        """The batch of a step."""
        # A run that is resumed walks through the lengths of all epochs before it.
        while step >= self.starts[-1]:
            self.starts.append(self.starts[-1] + len(self.plan(len(self.starts) - 1)))
        epoch = bisect_right(self.starts, step) - 1
        return self.plan(epoch)[step - self.starts[epoch]]


def cut_where_full(order: NDArray[Any], filled: NDArray[Any], room: int) -> list[NDArray[Any]]:
    """`order` in pieces: a new one begins where what was filled so far (n,) passes a multiple of `room`."""
    return np.split(order, np.flatnonzero(np.diff(filled // room)) + 1)
