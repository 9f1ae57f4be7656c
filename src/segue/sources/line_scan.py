"""One pass over the bytes of a log in the LastFM-1K layout, compiled: lines to numbers, texts once each.

In each line stand the listener, the time and the song (four columns) with tabs between. The listener and the
song become codes: a song played a thousand times is cut into its columns, decoded and hashed once.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

NO_COLUMNS, NO_TIME = -(2**62), -(2**62) + 1
"""In the place of a time: the line has another number of columns; its second column is no time."""
TAB, NEWLINE = 9, 10
SONG_TABS = 3
"""Tabs behind the one that ends the time."""
TIME_LENGTH = 20
ONES, ALL = np.uint64(0x0101010101010101), np.uint64(0xFFFFFFFFFFFFFFFF)
LOW, FACTOR = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0xFF51AFD7ED558CCD)
NEWLINES, ALL_TABS = np.uint64(NEWLINE) * ONES, np.uint64(TAB) * ONES
_EMPTY = -1
BLOCK = 1 << 23
"""Bytes read at once."""
FEWEST = 1 << 25
"""Bytes that are worth a thread of their own."""


@dataclass(frozen=True)
class Lines:
    """The lines of a file in its order, as numbers; `texts[user]` and `texts[song]` are what stands there."""

    users: NDArray[np.int32]
    times: NDArray[np.int64]
    """Seconds since 1970, or NO_COLUMNS (then user and song mean nothing) or NO_TIME."""
    songs: NDArray[np.int32]
    texts: list[str]


def read_lines(file: Path, block: int = BLOCK) -> Lines:
    """The lines of a file, read in blocks by as many threads as there are processors.

    The same text has another code in each thread's part of the file.

    Raises:
        OSError: the file cannot be read.
        UnicodeDecodeError: a text is not UTF-8.
        ValueError: a line is longer than a block.
    """
    size = file.stat().st_size
    n = max(1, min(os.cpu_count() or 1, size // FEWEST))
    cuts = [_line_start(file, size * part // n) for part in range(n)] + [size]
    with ThreadPoolExecutor(n) as pool:
        parts = list(pool.map(lambda p: _read_part(file, *p, block), zip(cuts, cuts[1:], strict=False)))
    known = np.cumsum([0, *(len(part.texts) for part in parts)]).astype(np.int32)
    return Lines(
        np.concatenate([part.users + before for part, before in zip(parts, known, strict=False)]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.songs + before for part, before in zip(parts, known, strict=False)]),
        [text for part in parts for text in part.texts],
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
    slots, hashes = np.full(1 << 17, _EMPTY, dtype=np.int32), np.zeros(1 << 16, dtype=np.uint64)
    most = block // 32  # lines are longer on average; where they are not, a block is read in several goes
    starts, ends = np.empty((2, 2 * most), dtype=np.int64)
    found: list[Lines] = []
    texts: list[bytes] = []
    with file.open("rb") as stream:
        while begin < end:
            stream.seek(begin)
            size = stream.readinto(memoryview(content)[: min(block, end - begin)])  # type: ignore[attr-defined]
            content[size] = NEWLINE
            known, is_last = len(texts), begin + size == end
            users, times, songs = np.empty(most, np.int32), np.empty(most, np.int64), np.empty(most, np.int32)
            outputs = (users, times, songs, starts, ends)
            n, used, now_known = scan(content, words, size, is_last, slots, hashes, known, *outputs)
            new = range(now_known - known)
            texts += [content[starts[row] : ends[row]].tobytes() for row in new]
            found.append(Lines(users[:n].copy(), times[:n].copy(), songs[:n].copy(), []))
            begin += used
            if 2 * (now_known + 2) >= len(slots):
                slots, hashes = _grown(hashes[:now_known])
            elif used == 0:
                raise ValueError(f"a line is longer than {block:,} bytes")
    columns = [np.concatenate([getattr(part, name) for part in found]) for name in ("users", "times", "songs")]
    return Lines(*columns, b"\n".join(texts).decode().split("\n") if texts else [])


def _grown(hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
    """A table of the same texts with four times the room."""
    size = 1 << (8 * len(hashes) - 1).bit_length()
    slots, room = np.full(size, _EMPTY, dtype=np.int32), np.zeros(size // 2, dtype=np.uint64)
    insert(hashes, slots, room)
    return slots, room


@njit(cache=True, nogil=True)
def scan(
    block: NDArray[np.uint8],
    words: NDArray[np.uint64],
    size: int,
    is_last: bool,
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    n_texts: int,
    users: NDArray[np.int32],
    times: NDArray[np.int64],
    songs: NDArray[np.int32],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> Any:
    """Scan lines from the start of the block until its end, or until an output or the table is full.

    Texts are told apart by a hash of 64 bits: of two million, two are confused once in ten million logs.

    Args:
        block: lines from the start of one, uint8, with a newline behind `size` and 15 bytes more.
        words: the same memory, uint64.
        size: bytes of the block that count.
        is_last: whether the file, or this part of it, ends here, so that a line may end without a newline.
        slots: the table of texts, int32, a power of two long, -1 where free; filled further.
        hashes: the hash of each text, uint64; filled further.
        n_texts: how many texts are known.
        users: out, the text of each line's listener.
        times: out, seconds since 1970, or NO_COLUMNS or NO_TIME.
        songs: out, the text of each line's song.
        starts: out, where in the block each new text begins.
        ends: out, where it ends.

    Returns:
        How many lines were read, how many bytes these are, and how many texts are known now.
    """
    n, at, known = 0, 0, n_texts
    last_user, last_hash = np.int64(-1), np.uint64(0)
    while at < size and n < len(times) and 2 * (known + 2) <= len(slots):
        first, user_hash = _first(block, at)
        second = _second(block, first + 1) if block[first] == TAB else first
        end, tabs, song_hash = second, 0, np.uint64(0)
        if block[second] == TAB:
            end, tabs, song_hash = _rest(words, second + 1)
        if end == size and not is_last:
            break
        users[n], songs[n] = 0, 0
        times[n] = NO_COLUMNS
        if tabs == SONG_TABS:
            times[n] = seconds(block, first + 1, second)
            if last_user < 0 or user_hash != last_hash:
                last_user, last_hash = _code(user_hash, slots, hashes, known), user_hash
                if last_user == known:
                    starts[known - n_texts], ends[known - n_texts] = at, first
                    known += 1
            song = _code(song_hash, slots, hashes, known)
            if song == known:
                starts[known - n_texts], ends[known - n_texts] = second + 1, end
                known += 1
            users[n], songs[n] = last_user, song
        n += 1
        at = end + 1
    return n, at, known


@njit(cache=True, nogil=True)
def _first(block: NDArray[np.uint8], start: int) -> Any:
    """Where the next tab or newline is, and a hash of the bytes up to there."""
    at, value = start, np.uint64(0xCBF29CE484222325)
    while block[at] != TAB and block[at] != NEWLINE:
        value = (value ^ np.uint64(block[at])) * np.uint64(0x100000001B3)
        at += 1
    return at, value ^ (value >> np.uint64(32))


@njit(cache=True, nogil=True)
def _second(block: NDArray[np.uint8], start: int) -> Any:
    """Where the next tab or newline is."""
    at = start
    while block[at] != TAB and block[at] != NEWLINE:
        at += 1
    return at


@njit(cache=True, nogil=True)
def _rest(words: NDArray[np.uint64], start: int) -> Any:
    """Where the line ends, how many tabs stand before that, and a hash of the bytes up to there.

    It looks at eight bytes at a time: a byte of `x` is 0 where a byte of the word is the one sought, and
    `(x & LOW) + LOW | x | LOW` has the highest bit of a byte unset just there. It is one function because
    numba does not inline small ones here, which is seven times slower.
    """
    tabs, value, n = np.uint64(0), np.uint64(0), 0
    shift = np.uint64((start & 7) << 3)
    back = (np.uint64(64) - shift) & np.uint64(63)
    keep = np.uint64(0) if shift == 0 else ALL
    at = np.uint64(start >> 3)
    following = words[at]
    while True:
        current = following
        at += np.uint64(1)
        following = words[at]
        word = (current >> shift) | ((following << back) & keep)
        x = word ^ NEWLINES
        line_ends = ((((x & LOW) + LOW) | x | LOW) ^ ALL) >> np.uint64(7)
        x = word ^ ALL_TABS
        tab_marks = ((((x & LOW) + LOW) | x | LOW) ^ ALL) >> np.uint64(7)
        if line_ends != np.uint64(0):
            before = (line_ends & ((line_ends ^ ALL) + np.uint64(1))) - np.uint64(1)
            total = tabs + (((tab_marks & before) * ONES) >> np.uint64(56))
            length = n + np.int64(((before & ONES) * ONES) >> np.uint64(56))
            last = (value ^ (word & before)) * FACTOR
            return start + length, np.int64(total), (last ^ (last >> np.uint64(32))) + np.uint64(length)
        tabs += (tab_marks * ONES) >> np.uint64(56)
        value = (value ^ word) * FACTOR
        value ^= value >> np.uint64(32)
        n += 8


@njit(cache=True, nogil=True)
def insert(values: NDArray[np.uint64], slots: NDArray[np.int32], hashes: NDArray[np.uint64]) -> None:
    """Put hashes into an empty table, the first as text 0."""
    for known in range(len(values)):
        _code(values[known], slots, hashes, known)


@njit(cache=True, nogil=True)
def seconds(block: NDArray[np.uint8], start: int, end: int) -> Any:
    """The time `2009-05-04T23:08:57Z` at the place, in seconds since 1970; NO_TIME where there is none."""
    if end - start != TIME_LENGTH:
        return NO_TIME
    for place, sign in ((4, 45), (7, 45), (10, 84), (13, 58), (16, 58), (19, 90)):
        if block[start + place] != sign:
            return NO_TIME
    for place in (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18):
        if block[start + place] < 48 or block[start + place] > 57:
            return NO_TIME
    year = 100 * _two(block, start) + _two(block, start + 2)
    month, day = _two(block, start + 5), _two(block, start + 8)
    hour, minute, second = _two(block, start + 11), _two(block, start + 14), _two(block, start + 17)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if month < 1 or month > 12 or hour > 23 or minute > 59 or second > 59:
        return NO_TIME
    longest = 30 + (month + month // 8) % 2
    if month == 2:
        longest = 29 if leap else 28
    if day < 1 or day > longest:
        return NO_TIME
    # Years that begin in March put the leap day at their end.
    since_march, of_year = (month + 9) % 12, year - (month < 3)
    days = 365 * of_year + of_year // 4 - of_year // 100 + of_year // 400 + (153 * since_march + 2) // 5
    return (days + day - 719_469) * 86_400 + hour * 3_600 + minute * 60 + second


@njit(cache=True, nogil=True)
def _two(block: NDArray[np.uint8], start: int) -> Any:
    """The number of two digits at a place."""
    return 10 * (np.int64(block[start]) - 48) + np.int64(block[start + 1]) - 48


@njit(cache=True, nogil=True)
def _code(value: Any, slots: NDArray[np.int32], hashes: NDArray[np.uint64], known: int) -> Any:
    """The text that has this hash; `known`, now in the table, where none had it."""
    mask = np.uint64(len(slots) - 1)
    slot = value & mask
    while slots[slot] != _EMPTY:
        if hashes[slots[slot]] == value:
            return np.int64(slots[slot])
        slot = (slot + np.uint64(1)) & mask
    slots[slot] = known
    hashes[known] = value
    return np.int64(known)
