"""The compiled pass over the bytes of lines in the LastFM-1K layout; see `line_scan`."""

from __future__ import annotations

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


@njit(cache=True, nogil=True)
def scan(
    block: NDArray[np.uint8],
    words: NDArray[np.uint64],
    size: int,
    is_last: bool,
    table: NDArray[np.uint64],
    n_texts: int,
    users: NDArray[np.int32],
    times: NDArray[np.int64],
    songs: NDArray[np.int32],
    fresh: NDArray[np.uint8],
) -> Any:
    """Scan lines from the start of the block until its end, or until an output or the table is full.

    Texts are told apart by a hash of 64 bits: of two million, two are confused once in ten million logs.

    Args:
        block: lines from the start of one, uint8, with a newline behind `size` and 15 bytes more.
        words: the same memory, uint64.
        size: bytes of the block that count.
        is_last: whether the file, or this part of it, ends here, so that a line may end without a newline.
        table: of texts, uint64, a power of two long: hash, and code + 1 or 0 where free; filled further.
        n_texts: how many texts are known.
        users: out, the text of each line's listener.
        times: out, seconds since 1970, or NO_COLUMNS or NO_TIME.
        songs: out, the text of each line's song.
        fresh: out, the new texts, each with a newline behind it.

    Returns:
        How many lines were read, how many bytes these are, how many texts are known now, and how many bytes
        of `fresh` are theirs.
    """
    n, at, known, filled = 0, 0, n_texts, 0
    last_user, last_at, last_end = np.int64(-1), 0, 0
    while at < size and n < len(times) and 2 * (known + 2) <= len(table):
        first = _as_before(block, at, last_at, last_end)
        is_last_user = first > at
        if not is_last_user:
            first = _column_end(block, at)
        when, second = NO_TIME, first
        if block[first] == TAB:
            second = first + 1 + TIME_LENGTH
            when = seconds(block, first + 1) if second < size and block[second] == TAB else NO_TIME
            if when == NO_TIME:
                second = _column_end(block, first + 1)
        end, tabs, song_hash = second, 0, np.uint64(0)
        if block[second] == TAB:
            end, tabs, song_hash = _rest(words, second + 1)
        if end == size and not is_last:
            break
        users[n], songs[n] = 0, 0
        times[n] = NO_COLUMNS
        if tabs == SONG_TABS:
            times[n] = when
            if not is_last_user or last_user < 0:
                last_user, last_at, last_end = _code(_hash(block, at, first), table, known), at, first
                if last_user == known:
                    filled = _kept(block, at, first, fresh, filled)
                    known += 1
            song = _code(song_hash, table, known)
            if song == known:
                filled = _kept(block, second + 1, end, fresh, filled)
                known += 1
            users[n], songs[n] = last_user, song
        n += 1
        at = end + 1
    return n, at, known, filled


@njit(cache=True, nogil=True)
def _kept(block: NDArray[np.uint8], start: int, end: int, fresh: NDArray[np.uint8], filled: int) -> Any:
    """Copy a text behind those that are there; where the next one goes."""
    for place in range(start, end):
        fresh[filled] = block[place]
        filled += 1
    fresh[filled] = NEWLINE
    return filled + 1


@njit(cache=True, nogil=True)
def _as_before(block: NDArray[np.uint8], at: int, start: int, end: int) -> Any:
    """Where the first column ends that is equal to an earlier one and a tab; `at` where it is another."""
    length = end - start
    for place in range(length):
        if block[at + place] != block[start + place]:
            return at
    return at + length if block[at + length] == TAB else at


@njit(cache=True, nogil=True)
def _column_end(block: NDArray[np.uint8], start: int) -> Any:
    """Where the next tab or newline is."""
    at = start
    while block[at] != TAB and block[at] != NEWLINE:
        at += 1
    return at


@njit(cache=True, nogil=True)
def _hash(block: NDArray[np.uint8], start: int, end: int) -> Any:
    """A hash of the bytes from start to end (FNV-1a)."""
    value = np.uint64(0xCBF29CE484222325)
    for place in range(start, end):
        value = (value ^ np.uint64(block[place])) * np.uint64(0x100000001B3)
    return value ^ (value >> np.uint64(32))


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
def grown(table: NDArray[np.uint64]) -> Any:
    """The same table with four times the room."""
    larger = np.zeros((4 * len(table), 2), dtype=np.uint64)
    for slot in range(len(table)):
        if table[slot, 1] != 0:
            _code(table[slot, 0], larger, int(table[slot, 1]) - 1)
    return larger


@njit(cache=True, nogil=True)
def seconds(block: NDArray[np.uint8], start: int) -> Any:
    """The time `2009-05-04T23:08:57Z` at a place, in seconds since 1970; NO_TIME where there is none."""
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
def _code(value: Any, table: NDArray[np.uint64], known: int) -> Any:
    """The text that has this hash; `known`, now in the table, where none had it."""
    mask = np.uint64(len(table) - 1)
    slot = value & mask
    while table[slot, 1] != 0:
        if table[slot, 0] == value:
            return np.int64(table[slot, 1]) - 1
        slot = (slot + np.uint64(1)) & mask
    table[slot, 0] = value
    table[slot, 1] = np.uint64(known + 1)
    return np.int64(known)


@njit(cache=True, nogil=True)
def codes_of(hashes: NDArray[np.uint64], table: NDArray[np.uint64], known: int) -> Any:
    """The code of each hash, int32: the table's; new ones get codes from `known` on and are kept in it."""
    codes = np.empty(len(hashes), np.int32)
    for place in range(len(hashes)):
        code = _code(hashes[place], table, known)
        known += code == known
        codes[place] = code
    return codes


@njit(cache=True, nogil=True)
def backwards(whose: NDArray[np.int64], times: NDArray[np.int64], n_listeners: int) -> Any:
    """The lines of each listener, the last line first, in one pass (a counting sort).

    Args:
        whose: the listener of each line, from 0 to below `n_listeners`.
        times: of each line.
        n_listeners: how many there are.

    Returns:
        Line numbers by listener, int64 (n_lines,); where each listener's end there; and which listeners'
        times never fall in this order.
    """
    ends = np.zeros(n_listeners, np.int64)
    for who in whose:
        ends[who] += 1
    ends[:] = np.cumsum(ends)
    place, earlier = ends.copy(), np.full(n_listeners, np.iinfo(np.int64).max)
    rises, lines = np.ones(n_listeners, np.bool_), np.empty(len(whose), np.int64)
    for line in range(len(whose)):
        who = whose[line]
        place[who] -= 1
        lines[place[who]] = line
        if times[line] > earlier[who]:
            rises[who] = False
        earlier[who] = times[line]
    return lines, ends, rises


@njit(cache=True, nogil=True)
def usable_lines(
    times: NDArray[np.int64],
    users: NDArray[np.int32],
    songs: NDArray[np.int32],
    end: int,
    no_song: NDArray[np.bool_],
    nobody: NDArray[np.bool_],
) -> Any:
    """Which lines have a time before `end`, a song and a listener, and how often each text is their song."""
    good, counts = np.empty(len(times), np.bool_), np.zeros(len(no_song), np.int64)
    for line in range(len(times)):
        fine = NO_TIME < times[line] < end and not no_song[songs[line]] and not nobody[users[line]]
        good[line] = fine
        counts[songs[line]] += fine
    return good, counts


@njit(cache=True, nogil=True)
def kept_lines(
    lines: NDArray[np.int64], good: NDArray[np.bool_], users: NDArray[np.int32], rank: NDArray[np.int64]
) -> Any:
    """The good ones of the lines, in their order, and the rank of the listener of each."""
    kept, who, n = np.empty(len(lines), np.int64), np.empty(len(lines), np.int64), 0
    for line in lines:
        if good[line]:
            kept[n], who[n] = line, rank[users[line]]
            n += 1
    return kept[:n], who[:n]
