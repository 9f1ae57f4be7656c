"""The contract of audio encoders: a stream of blocks in, one vector a recording out.

A recording is never in memory whole: it comes as blocks of mono float32 samples at the encoder's own rate,
and every encoder pools as it goes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from segue.kit.arrays import Floats


@dataclass(frozen=True)
class Encoded:
    """What an encoder makes of one recording.

    Args:
        vector: float32 (dim,), finite.
        tags: what the encoder itself says of the recording, tag -> probability; empty where it says nothing.
    """

    vector: Floats
    tags: dict[str, float] = field(default_factory=dict)


class AudioEncoder(Protocol):
    """What turns a recording into a vector."""

    @property
    def identity(self) -> str:
        """A name that differs wherever the vectors would."""

    @property
    def rate(self) -> int:
        """The sample rate it wants, in Hz."""

    @property
    def dim(self) -> int:
        """The length of its vectors."""

    def encode(self, blocks: Iterator[Floats]) -> Encoded:
        """The vector of one recording.

        Args:
            blocks: mono float32 samples (n,) in [-1, 1] at `rate`, any lengths, in order; finite.

        Raises:
            SegueError: there is no sample at all.
        """


def windows(blocks: Iterator[Floats], size: int, *, least: int = 1) -> Iterator[tuple[Floats, int]]:
    """Cut a stream of blocks into windows without overlap; memory holds one window and one block.

    Args:
        least: a last window with fewer samples is dropped, unless it is the only one.

    Yields:
        float32 (size,), the last one filled up with zeros, and how many of its samples are real.
    """
    held, n_held, first = [], 0, True
    for block in blocks:
        held.append(block)
        n_held += len(block)
        while n_held >= size:
            joined = np.concatenate(held)
            yield joined[:size], size
            held, n_held, first = [joined[size:]], n_held - size, False
    if n_held and (first or n_held >= least):
        rest = np.concatenate(held)
        yield np.pad(rest, (0, size - n_held)), n_held
