"""Genres of ID3 tags: numbers of the common list, several in one field, and texts behind them."""

import os
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import BinaryIO

GENRES = tuple((files("segue.sources.folder") / "genres.txt").read_text("utf-8").splitlines())
"""The numbered genres of ID3v1 with Winamp's additions, 0 to 191. (tinytag's own table lacks 139.)"""
SPECIAL = {"RX": "Remix", "CR": "Cover"}
REFERENCE = re.compile(r"\((\d{1,3}|RX|CR)\)")
ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
MOST_BYTES = 1 << 24
"""Bytes of the largest ID3 tag that is looked at: pictures are among them."""


def genres_of_text(text: str) -> list[str]:
    """The genres of a TCON field: `(9)(138)Viking Metal`, `17`, `Rock`, several with zeros between them."""
    found = []
    for piece in text.split("\x00"):
        rest = piece.strip()
        while match := REFERENCE.match(rest):
            found.append(_numbered(match[1]))
            rest = rest[match.end() :].strip()
        if rest.startswith("(("):
            rest = rest[1:]  # an escaped parenthesis
        found.append(_numbered(rest) if re.fullmatch(r"\d{1,3}|RX|CR", rest) else rest)
    return [genre for genre in dict.fromkeys(found) if genre]


def _numbered(code: str) -> str:
    """The genre of a number or code; "" for none."""
    if code in SPECIAL:
        return SPECIAL[code]
    return GENRES[int(code)] if int(code) < len(GENRES) else ""


def id3_genres(file: BinaryIO) -> list[str] | None:
    """The genres of a file's ID3 tags, of version 2 before those of version 1; None where it has neither.

    The file's position is moved.
    """
    found = [genre for text in _tcon(file) for genre in genres_of_text(text)]
    if found:
        return list(dict.fromkeys(found))
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 128))
    last = file.read(128)
    if len(last) == 128 and last.startswith(b"TAG"):
        return [GENRES[last[127]]] if last[127] < len(GENRES) else []
    return None


def _tcon(file: BinaryIO) -> Iterator[str]:
    """The texts of the genre frames of an ID3v2 tag at the start of a file, as far as it is whole."""
    file.seek(0)
    head = file.read(10)
    if len(head) < 10 or not head.startswith(b"ID3") or head[3] not in (2, 3, 4):
        return
    version, flags, size = head[3], head[5], _synchsafe(head[6:10])
    data = file.read(min(size, MOST_BYTES))
    if flags & 0x80 and version < 4:
        data = data.replace(b"\xff\x00", b"\xff")
    place = 0
    if flags & 0x40 and version > 2 and len(data) >= 4:  # an extended header
        place = _synchsafe(data[:4]) if version == 4 else int.from_bytes(data[:4], "big") + 4
    n_name, n_head = (3, 6) if version == 2 else (4, 10)
    while place + n_head <= len(data) and data[place : place + 1].isalnum():
        name, raw = (
            data[place : place + n_name],
            data[place + n_name : place + n_name + (3 if version == 2 else 4)],
        )
        length = _synchsafe(raw) if version == 4 else int.from_bytes(raw, "big")
        body = data[place + n_head : place + n_head + length]
        if version == 4:
            body = _frame_body(body, data[place + 9])
        if name in (b"TCON", b"TCO") and body and body[0] < len(ENCODINGS):
            yield body[1:].decode(ENCODINGS[body[0]], "replace").rstrip("\x00")
        place += n_head + length


def _frame_body(body: bytes, flags: int) -> bytes:
    """The content of a frame of version 2.4, without what its flags put into it."""
    if flags & 0x01:
        body = body[4:]
    return body.replace(b"\xff\x00", b"\xff") if flags & 0x02 else body


def _synchsafe(raw: bytes) -> int:
    """A number of seven bits a byte."""
    number = 0
    for byte in raw:
        number = number << 7 | byte & 0x7F
    return number
