"""JSON in any shape: an array, indented or not, a value a line, values one behind the other, cut, damaged."""

import json
import re
from collections.abc import Iterator
from typing import IO, Any

from segue.data.account import Account
from segue.kit.errors import SegueError
from segue.sources.reading.text import decode, decode_line, whole_value

Record = tuple[str, Any]
"""A value, and its place: `file:line` or `file[number]`."""

NO_JSON = "line that is no JSON"
DAMAGED = "damaged part of a JSON file"
HEAD = 1 << 16
MOST_LINE = 1 << 26
"""Bytes of one line."""
MOST_WHOLE = 1 << 31
"""Bytes of a file that is read whole: a bomb is not unpacked."""
MOST_DAMAGED = 1000
"""Damaged parts of a file after which it is given up."""
_NEXT = re.compile(r"\n\s*(?=[{\[])|\}\s*,?\s*(?=\{)")
_GAP = re.compile(r"[\s,\[\]]*")
_decoder = json.JSONDecoder()


def records(stream: IO[bytes], where: str, table: str, account: Account) -> Iterator[Record]:
    """The values of a file: the elements of its arrays, or the values themselves.

    A file with a value a line is read line by line; any other is read whole. What is no JSON is left out of
    the table and counted; bytes that are no text and halves of characters are replaced and counted.

    Raises:
        SegueError: a file that must be read whole is too large.
    """
    head = stream.read(HEAD)
    if _is_lines(head):
        yield from _lines(head, stream, where, table, account)
    else:
        raw = head + stream.read(MOST_WHOLE)
        if len(raw) > MOST_WHOLE:
            raise SegueError(
                f"unpacks to more than {MOST_WHOLE:,} bytes", where, "write it with a value a line"
            )
        yield from _whole(decode(raw, where, account), where, table, account)


def _is_lines(head: bytes) -> bool:
    """Whether a file that begins so has an object in each line, and is no array."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in head or text.lstrip().startswith(b"["):
        return False
    lines = text.split(b"\n")
    whole = lines if len(head) < HEAD else lines[:-1]
    for line in [line for line in whole if line.strip()][:5]:
        if line.lstrip().startswith(b"{"):
            try:
                return isinstance(json.loads(line), dict)
            except (ValueError, RecursionError):
                continue
    return False


def _lines(head: bytes, stream: IO[bytes], where: str, table: str, account: Account) -> Iterator[Record]:
    """The values of a file that has one in each line."""
    complete, _, begun = head.rpartition(b"\n")
    first = complete.split(b"\n") if complete else []
    number = 0
    for number, line in enumerate(first, 1):
        yield from _line(line, f"{where}:{number}", table, account)
    rest = begun + (stream.readline(MOST_LINE) if len(head) == HEAD and not head.endswith(b"\n") else b"")
    while rest or (rest := stream.readline(MOST_LINE)):
        number += 1
        yield from _line(rest, f"{where}:{number}", table, account)
        rest = b""


def _line(line: bytes, place: str, table: str, account: Account) -> Iterator[Record]:
    """The values of one line: one, or several where it is an array."""
    if not line.strip():
        return
    text = decode_line(line, place, account)
    try:
        value = _loads(text, place, account)
    except (ValueError, RecursionError):
        try:  # a line of an array that has one element a line
            value = _loads(text.strip().lstrip("[,").rstrip("],"), place, account)
        except (ValueError, RecursionError):
            account.came[table] += 1
            account.leave(table, NO_JSON, examples=[f"{place}: {text.strip()[:30]}"])
            return
    for element in value if isinstance(value, list) else [value]:
        yield place, element


def _loads(text: str, place: str, account: Account) -> Any:
    """The value of a JSON text, its halves of characters replaced."""
    value = json.loads(text)
    return whole_value(value, place, account) if "\\ud" in text or "\\uD" in text else value


def _whole(text: str, where: str, table: str, account: Account) -> Iterator[Record]:
    """The values of a file that is read whole."""
    try:
        value = _loads(text, where, account)
    except (ValueError, RecursionError):
        yield from _parts(text, where, table, account)
        return
    if isinstance(value, list):
        yield from ((f"{where}[{n}]", element) for n, element in enumerate(value, 1))
    else:
        yield where, value


def _parts(text: str, where: str, table: str, account: Account) -> Iterator[Record]:
    """The values that stand one behind the other, or are left of a damaged array."""
    at, n, n_damaged = 0, 0, 0
    is_halved = "\\ud" in text or "\\uD" in text
    while (at := _gap(text, at)) < len(text):
        try:
            value, at = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            account.came[table] += 1
            place = f"{where}:{text.count(chr(10), 0, at) + 1}"
            account.leave(table, DAMAGED, examples=[f"{place}: {text[at : at + 30]}"])
            following = _NEXT.search(text, at + 1)
            n_damaged += 1
            if following is None or n_damaged >= MOST_DAMAGED:
                return
            at = following.end()
            continue
        for element in value if isinstance(value, list) else [value]:
            n += 1
            place = f"{where}[{n}]"
            yield place, whole_value(element, place, account) if is_halved else element


def _gap(text: str, at: int) -> int:
    """Where the next value begins."""
    found = _GAP.match(text, at)
    return found.end() if found else at
