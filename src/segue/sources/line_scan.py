"""The lines of a log in the LastFM-1K layout as numbers, and each text once.

In each line stand the listener, the time and the song (four columns) with tabs between. The listener and the
song become codes: a song played a thousand times is decoded, cut into its columns and hashed once.
"""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.sources.byte_scan import NEWLINE, NO_COLUMNS, NO_TIME, grown, scan

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
    texts = pl.concat([part.texts for part in parts])
    distinct = texts.unique(maintain_order=True)
    code_of = pl.DataFrame({"text": distinct}).with_row_index("code")
    codes = texts.to_frame("text").join(code_of, on="text", how="left", maintain_order="left")["code"]
    code, before = (
        codes.to_numpy().astype(np.int32),
        itertools.accumulate((len(p.texts) for p in parts), initial=0),
    )
    moved = [
        (code[start : start + len(part.texts)], part) for start, part in zip(before, parts, strict=False)
    ]
    return Lines(
        np.concatenate([new[part.users] for new, part in moved]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([new[part.songs] for new, part in moved]),
        distinct,
    )


def _line_start(file: Path, place: int) -> int:
    """Where the first line begins that begins at the place or behind it."""
    if place == 0:
        return 0
    with file.open("rb") as stream:
        stream.seek(place - 1)
        stream.readline()
        return stream.tell()


def _read_part(file: Path, begin: int, end: int, block: int) -> Lines:
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
    return Lines(
        np.concatenate([users for users, _, _ in found]),
        np.concatenate([times for _, times, _ in found]),
        np.concatenate([songs for _, _, songs in found]),
        # A text more, so that there is always one, and the 0 of a line without columns is its code.
        pl.scan_lines(b"".join([*texts, b"\n"]), name="text").collect()["text"],
    )
