"""Writes TensorFlow checkpoints for tests: the inverse of what is tested, written from the format."""

import struct
from pathlib import Path

import numpy as np

from segue.encoders.audio.checkpoint import checksum


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def entry(shape: tuple[int, ...], offset: int, raw: bytes) -> bytes:
    sizes = b"".join(field(2, field(1, size)) for size in shape)
    place = field(4, offset) if offset else b""
    check = varint(6 << 3 | 5) + struct.pack("<I", checksum(raw))
    return field(1, 1) + field(2, sizes) + place + field(5, len(raw)) + check


def block(entries: list[tuple[bytes, bytes]], compression: int = 0) -> bytes:
    out, before = bytearray(), b""
    for key, value in entries:
        shared = next((i for i, (a, b) in enumerate(zip(key, before, strict=False)) if a != b), None)
        shared = min(len(key), len(before)) if shared is None else shared
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    out += struct.pack("<II", 0, 1) + bytes([compression])
    return bytes(out) + struct.pack("<I", checksum(bytes(out)))


def write_bundle(
    folder: Path,
    tensors: dict[str, np.ndarray],
    *,
    prefix: str = "",
    entries_a_block: int = 6,
    header: bytes = b"\x08\x01\x1a\x02\x08\x01",
    compression: int = 0,
) -> Path:
    """Write a checkpoint; returns its index file."""
    folder.mkdir(parents=True, exist_ok=True)
    data, entries = b"", [(b"", header)]
    for name in sorted(tensors):
        raw = tensors[name].astype("<f4").tobytes()
        entries.append((name.encode(), entry(tensors[name].shape, len(data), raw)))
        data += raw
    table, handles = b"", []
    for start in range(0, len(entries), entries_a_block):
        part = entries[start : start + entries_a_block]
        made = block(part, compression)
        handles.append((part[-1][0], varint(len(table)) + varint(len(made) - 5)))
        table += made
    empty, pointers = block([]), block(handles)
    footer = varint(len(table)) + varint(len(empty) - 5)
    footer += varint(len(table) + len(empty)) + varint(len(pointers) - 5)
    table += empty + pointers + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
    index = folder / f"{prefix}.index"
    index.write_bytes(table)
    (folder / f"{prefix}.data-00000-of-00001").write_bytes(data)
    return index
