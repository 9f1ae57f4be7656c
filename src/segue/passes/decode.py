"""Recordings into samples: any file, mono, at the wanted rate, a block at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from segue.kit.arrays import Floats
from segue.passes.readers import AudioError, Source, opened, source_of

__all__ = ["AudioError", "duration", "stream"]

LEAST_S = 1.0
"""A file that breaks off earlier than this is an error; later, what was read counts."""
LOUDEST = 100.0
"""Samples beyond this are no audio: full scale is 1."""


def stream(
    path: Path,
    rate: int,
    *,
    block_s: float = 10.0,
    start_s: float = 0.0,
    stop_s: float | None = None,
    notes: list[str] | None = None,
) -> Iterator[Floats]:
    """The samples of a recording: the mean of its channels, resampled; memory does not grow with the file.

    A file that breaks off after `LEAST_S` or has broken places inside gives what can be decoded, and says
    so in `notes`.

    Args:
        start_s: where to begin; everything before is decoded and dropped, so the place is exact.
        stop_s: where to end; the file's end if None.
        notes: gets a line for everything that was wrong with a file that could be read nevertheless.

    Yields:
        float32 (block_s * rate,), the last one shorter, never empty; all finite.

    Raises:
        AudioError: when it is iterated: the file cannot be opened, holds no audio or none that can be
            decoded, breaks off at once, or holds a sample that is no number or far beyond full scale.
        SegueError: the libraries that read audio are not installed.
    """
    notes = [] if notes is None else notes
    with opened(path) as file:
        source = source_of(path, file, notes)
        kept = _between(_checked(source, notes), round(start_s * source.rate), stop_s, source.rate)
        size = max(1, round(block_s * rate))
        yield from _regrouped(_resampled(kept, source.rate, rate), size)


def duration(path: Path) -> float:
    """The length of a recording in seconds, from its header where that can be trusted, else by decoding."""
    notes: list[str] = []
    with opened(path) as file:
        source = source_of(path, file, notes)
        if source.promised:
            return source.promised / source.rate
        return sum(len(block) for block in _checked(source, notes)) / source.rate


def _checked(source: Source, notes: list[str]) -> Iterator[Floats]:
    """The samples, each of them a number within reason."""
    n = 0
    for block in _until_break(source, notes):
        peak = float(np.abs(block).max(initial=0.0))
        # One NaN is enough: it goes through every spectrum and mean, and ends as a vector of NaN.
        if not np.isfinite(peak):
            raise AudioError(f"a sample that is not a number (NaN or infinite) after {n / source.rate:.1f} s")
        if peak > LOUDEST:
            raise AudioError(f"samples up to {peak:g}, where full scale is 1")
        n += len(block)
        yield block
    if not n:
        raise AudioError("holds no samples that can be decoded")
    # Encoders pad and headers round: only a gap of a second and more says that something is missing.
    if not notes and n < min(0.98 * source.promised, source.promised - source.rate):
        notes.append(f"breaks off at {n / source.rate:.0f} s of {source.promised / source.rate:.0f} s")


def _until_break(source: Source, notes: list[str]) -> Iterator[Floats]:
    """The samples as they are; where decoding fails after `LEAST_S`, they end with a note."""
    n = 0
    try:
        for block in source.blocks:
            yield block
            n += len(block)
    except AudioError as error:
        if n < LEAST_S * source.rate:
            raise AudioError(f"breaks off after {n / source.rate:.1f} s ({error.reason})") from None
        notes.append(f"breaks off at {n / source.rate:.0f} s ({error.reason})")


def _between(blocks: Iterator[Floats], start: int, stop_s: float | None, rate: int) -> Iterator[Floats]:
    """The samples from frame `start` to second `stop_s`."""
    stop = None if stop_s is None else round(stop_s * rate)
    place = 0
    for block in blocks:
        kept = block[max(0, start - place) : None if stop is None else max(0, stop - place)]
        place += len(block)
        if len(kept):
            yield kept
        if stop is not None and place >= stop:
            return


def _resampled(blocks: Iterator[Floats], source: int, target: int) -> Iterator[Floats]:
    """The samples at another rate, equal to those of resampling the whole signal at once."""
    if source == target:
        yield from blocks
        return
    import soxr

    # A stream keeps its filter's state between blocks: block by block alone would click at every edge.
    resampler = soxr.ResampleStream(source, target, 1, dtype="float32")
    for block in blocks:
        yield resampler.resample_chunk(block)
    yield resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True)


def _regrouped(blocks: Iterator[Floats], size: int) -> Iterator[Floats]:
    """The samples in blocks of `size`, the last one shorter."""
    held: list[Floats] = []
    n_held = 0
    for block in blocks:
        held.append(block)
        n_held += len(block)
        if n_held >= size:
            joined = np.concatenate(held)
            whole = n_held - n_held % size
            yield from (joined[i : i + size] for i in range(0, whole, size))
            # Joined only when a block is full, or a file of tiny packets would be copied over and over.
            held, n_held = [joined[whole:]], n_held - whole
    if n_held:
        yield np.concatenate(held)
