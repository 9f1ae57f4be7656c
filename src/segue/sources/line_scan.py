"""The lines of a log in the LastFM-1K layout as numbers, and each text once.

In each line stand the listener, the time and the song (four columns) with tabs between. The listener and the
song become codes: a song played a thousand times is decoded, cut into its columns and hashed once.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.sources.byte_scan import NEWLINE, NO_COLUMNS, NO_TIME, codes_of, grown, scan

__all__ = ["NO_COLUMNS", "NO_TIME", "Lines", "read_lines"]

BLOCK = 1 << 23
"""Bytes read at once."""
FEWEST = 1 << 26
"""Bytes that are worth a thread of their own."""
MOST_THREADS = 4


@dataclass(frozen=True)
class Lines:
    """The lines of a file in its order, as numbers; `texts[user]` and `texts[song]` are what stands there."""

    users: NDArray[np.int32]
    times: NDArray[np.int64]
    """Seconds since 1970, or NO_COLUMNS (then user and song mean nothing) or NO_TIME."""
    songs: NDArray[np.int32]
    texts: pl.Series


class _Part(NamedTuple):
    """The lines of a part of the file, as `Lines`, with the hash of each text."""

    users: NDArray[np.int32]
    times: NDArray[np.int64]
    songs: NDArray[np.int32]
    texts: pl.Series
    hashes: NDArray[np.uint64]
    table: NDArray[np.uint64]
    """See `byte_scan.scan`."""


def read_lines(file: Path, block: int = BLOCK) -> Lines:
    """The lines of a file, read in blocks by as many threads as there are processors.

    Raises:
        OSError: the file cannot be read.
        polars.exceptions.ComputeError: a text is not UTF-8.
        ValueError: a line is longer than a block.
    """
    size = file.stat().st_size
    n = max(1, min(os.cpu_count() or 1, MOST_THREADS, size // FEWEST))
    cuts = [_line_start(file, size * part // n) for part in range(n)] + [size]
    with ThreadPoolExecutor(n) as pool:
        parts = list(pool.map(lambda p: _read_part(file, p[0], p[1], block), itertools.pairwise(cuts)))
    codes, texts = _merged(parts)
    ends = list(itertools.accumulate(len(part.times) for part in parts))
    found = Lines(
        np.empty(ends[-1], np.int32), np.empty(ends[-1], np.int64), np.empty(ends[-1], np.int32), texts
    )

    def put(code: NDArray[np.int32], part: _Part, end: int) -> None:
        here = slice(end - len(part.times), end)
        found.times[here] = part.times
        np.take(code, part.users, out=found.users[here])
        np.take(code, part.songs, out=found.songs[here])

    with ThreadPoolExecutor(n) as pool:
        list(pool.map(put, codes, parts, ends))
    return found


def _merged(parts: Sequence[_Part]) -> tuple[list[NDArray[np.int32]], pl.Series]:
    """For each part the new code of each of its texts, and every text once in the order of the new codes."""
    known, table, fresh = len(parts[0].hashes), parts[0].table, []
    codes = [np.arange(known, dtype=np.int32)]
    for part in parts[1:]:
        while 2 * (known + len(part.hashes) + 2) > len(table):
            table = grown(table)
        codes.append(codes_of(part.hashes, table, known))
        new = codes[-1] >= known
        fresh.append(part.texts.filter(pl.Series(new)))
        known += int(new.sum())
    # A text more, so that there is always one, and the 0 of a line without columns is its code.
    last = pl.Series("text", [""])
    codes = [np.append(code, np.int32(known)) for code in codes]
    return codes, pl.concat([parts[0].texts, *fresh, last])


def _line_start(file: Path, place: int) -> int:
    """Where the first line begins that begins at the place or behind it."""
    if place == 0:
        return 0
    with file.open("rb") as stream:
        stream.seek(place - 1)
        stream.readline()
        return stream.tell()


def _read_part(file: Path, begin: int, end: int, block: int) -> _Part:
    """The lines that lie between two places in the file."""
    words = np.zeros(block // 8 + 2, dtype=np.uint64)
    content = words.view(np.uint8)
    table = np.zeros((1 << 17, 2), dtype=np.uint64)
    most = block // 32  # lines are longer on average; where they are not, a block is read in several goes
    users, times, songs = np.empty(most, np.int32), np.empty(most, np.int64), np.empty(most, np.int32)
    fresh = np.empty(block + 16, dtype=np.uint8)
    found: list[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]] = []
    texts: list[bytes] = []
    known = 0
    with file.open("rb") as stream:
        while begin < end:
            stream.seek(begin)
            size = stream.readinto(memoryview(content.data)[: min(block, end - begin)])
            content[size] = NEWLINE
            is_last = begin + size == end
            n, used, known, filled = scan(
                content, words, size, is_last, table, known, users, times, songs, fresh
            )
            texts.append(fresh[:filled].tobytes())
            found.append((users[:n].copy(), times[:n].copy(), songs[:n].copy()))
            begin += used
            if 2 * (known + 2) > len(table):
                table = grown(table)
            elif used == 0:
                raise ValueError(f"a line is longer than {block:,} bytes")
    hashes = np.empty(known, np.uint64)
    used = table[:, 1] != 0
    hashes[table[used, 1].astype(np.int64) - 1] = table[used, 0]
    lines = pl.scan_lines(b"".join([*texts, b"\n"]), name="text").collect()["text"]
    return _Part(
        np.concatenate([users for users, _, _ in found]),
        np.concatenate([times for _, times, _ in found]),
        np.concatenate([songs for _, _, songs in found]),
        lines.head(known),
        hashes,
        table,
    )
