"""Weights out of a TensorFlow checkpoint, without TensorFlow and without pickle.

A checkpoint is two files. `.index` is a sorted table: blocks of entries whose keys drop the prefix that they
share with the key before, an index block that points at them, and a footer that points at the index block.
Each entry names a tensor and holds a small protobuf: type, shape, where it begins in `.data-00000-of-00001`,
its length and its checksum. The data file is raw little-endian numbers. Every number read here is checked
against the file before it is used, and every block and tensor against its CRC-32C.
"""

import math
import struct
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from segue.kit.arrays import Floats
from segue.kit.errors import SegueError

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
FOOTER, TRAILER = 48, 5
FLOAT32 = 1
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class Entry(NamedTuple):
    """Where one tensor is in the data file, and its checksum."""

    shape: tuple[int, ...]
    offset: int
    size: int
    checksum: int


def read_checkpoint(index: Path, names: Collection[str] | None = None) -> dict[str, Floats]:
    """Float32 tensors of a checkpoint, by name.

    Args:
        index: the `.index` file; the data file lies beside it.
        names: the tensors to read; all float32 ones if None. Other types are passed over.

    Raises:
        SegueError: a file or a tensor is missing, or is not what a checkpoint holds.
    """
    data_file = index.with_name(index.name.removesuffix(".index") + ".data-00000-of-00001")
    try:
        entries = _entries(index.read_bytes())
        missing = sorted(set(names or ()) - entries.keys())
        if missing:
            raise ValueError(f"no tensor {missing[0]}")
        data = data_file.read_bytes()
        return {name: _tensor(data, name, entries[name]) for name in (entries if names is None else names)}
    except OSError as error:
        raise SegueError(
            f"no checkpoint to read ({error.strerror})", str(error.filename), "reinstall it"
        ) from None
    except (ValueError, IndexError, struct.error) as error:
        raise SegueError(f"not a whole TensorFlow checkpoint ({error})", str(index), "reinstall it") from None


def _tensor(data: bytes, name: str, entry: Entry) -> Floats:
    """One tensor out of the data file."""
    raw = data[entry.offset : entry.offset + entry.size]
    if len(raw) != entry.size or math.prod(entry.shape) * 4 != entry.size:
        raise ValueError(f"{name} does not fit its file")
    if checksum(raw) != entry.checksum:
        raise ValueError(f"the checksum of {name} is wrong")
    return np.frombuffer(raw, dtype="<f4").astype(np.float32).reshape(entry.shape)


def _entries(table: bytes) -> dict[str, Entry]:
    """The float32 tensors that an index file lists."""
    footer = table[-FOOTER:]
    if len(footer) < FOOTER or not footer.endswith(MAGIC):
        raise ValueError("the index does not end as one")
    place, handle = 0, []
    for _ in range(4):  # the places of a block of extras, which is empty, and of the index block
        value, place = _varint(footer, place)
        handle.append(value)
    found: dict[str, Entry] = {}
    for _, where in _block(table, handle[2], handle[3]):
        offset, after = _varint(where, 0)
        for key, entry in _block(table, offset, _varint(where, after)[0]):
            message = dict(_fields(entry))
            if key == b"":
                # Of the whole: the number of data files, and which end of a number is first.
                if message.get(1, 1) != 1 or message.get(2, 0) != 0:
                    raise ValueError("only little-endian checkpoints with one data file are read")
            elif message.get(1) == FLOAT32:
                found[key.decode()] = _entry(message)
    return found


def _entry(message: dict[int, int | bytes]) -> Entry:
    """The entry of one tensor from its protobuf; numbers that are zero are left out of it."""
    shape, offset, size, check = (message.get(field, 0) for field in (2, 4, 5, 6))
    if isinstance(offset, bytes) or isinstance(size, bytes) or isinstance(check, bytes) or 7 in message:
        raise ValueError("an entry is not one of a whole tensor")
    sizes = [dict(_fields(part)).get(1, 0) for field, part in _fields(shape or b"") if field == 2]
    return Entry(tuple(s for s in sizes if not isinstance(s, bytes)), offset, size, check)


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of one block."""
    block, trailer = table[offset : offset + size], table[offset + size : offset + size + TRAILER]
    compression, check = struct.unpack("<BI", trailer)
    if compression:
        raise ValueError("compressed blocks are not read")
    if checksum(block + trailer[:1]) != check:
        raise ValueError("the checksum of a block is wrong")
    (n_restarts,) = struct.unpack("<I", block[-4:])
    end, place, key = size - 4 * (n_restarts + 1), 0, b""
    while place < end:
        shared, place = _varint(block, place)
        own, place = _varint(block, place)
        length, place = _varint(block, place)
        if shared > len(key) or place + own + length > end:
            raise ValueError("an entry is longer than its block")
        key = key[:shared] + block[place : place + own]
        yield key, block[place + own : place + own + length]
        place += own + length


def _fields(message: int | bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: its number, and a number or bytes."""
    if isinstance(message, int):
        raise ValueError("a number where a message belongs")
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        field, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, place = _varint(message, place)
            yield field, value
            continue
        length = {FIXED64: 8, FIXED32: 4}.get(kind, 0)
        if kind == BYTES:
            length, place = _varint(message, place)
        elif not length:
            raise ValueError("an unknown kind of field")
        raw, place = message[place : place + length], place + length
        if len(raw) != length:
            raise ValueError("a field is cut off")
        yield field, raw if kind == BYTES else int.from_bytes(raw, "little")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number is too long")


def checksum(data: bytes) -> int:
    """The CRC-32C of bytes, rotated and shifted as the format stores it."""
    table, crc = _crc_table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _crc_table() -> list[int]:
    """The remainder of each byte under the Castagnoli polynomial, lowest bit first."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table
