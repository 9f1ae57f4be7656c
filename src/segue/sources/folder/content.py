"""What a recording sounds like in one number: a hash of its coded audio, without tags and pictures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segue.kit.errors import needed

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

FORMATS = {
    ".mp3": "mp3",
    ".flac": "flac",
    ".ogg": "ogg",
    ".oga": "ogg",
    ".opus": "ogg",
    ".m4a": "mp4",
    ".mp4": "mp4",
    ".wav": "wav",
    ".aif": "aiff",
    ".aiff": "aiff",
    ".aifc": "aiff",
    ".wma": "asf",
}
"""The endings of recordings -> the form of the file."""
MAGIC = (
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"RIFF", "wav"),
    (b"FORM", "aiff"),
    (b"\x30\x26\xb2\x75", "asf"),
)
SHORT_BY = 1.0
"""Seconds that the audio may be shorter than its header says before the file counts as cut short."""
LEAST_BYTES = 10
"""Bytes a second that audio takes at least; less means that the file's clock is broken."""


class UnreadableError(Exception):
    """A recording that cannot be used; the text says why."""


@dataclass(frozen=True)
class Content:
    """The coded audio of one file."""

    hash: str
    duration_s: float | None
    is_cut: bool
    """Whether there is less audio than the header says."""


def read_content(path: str, suffix: str) -> Content:
    """Hash the coded audio of one file: equal for two files that differ in tags, pictures and padding alone.

    The file is read once, packet by packet; nothing is decoded. The form is told by the first bytes, else
    by the name's ending, and never guessed beyond these: a playlist named .mp3 is not opened as one.

    Args:
        suffix: the ending of its name, in small letters.

    Raises:
        UnreadableError: it is no recording, or nothing of it can be read; the reason.
        SegueError: av is not installed.
        OSError: the file cannot be opened.
    """
    with needed("av, which reads audio files, is not installed", "audio"):
        import av
        from av.error import FFmpegError
    with open(path, "rb") as file:
        head = file.read(12)
    if not head:
        raise UnreadableError("empty file")
    form = _format(head, suffix)
    try:
        with av.open(path, format=form, metadata_errors="replace") as container:
            if not container.streams.audio:
                raise UnreadableError("no audio in it")
            stream = container.streams.audio[0]
            if stream.codec_context is None:  # a codec that nobody knows
                raise UnreadableError("no audio in it that can be decoded")
            digest, n_bytes, heard = _packets(stream, container)
            unit = stream.time_base
            stated = float(stream.duration * unit) if stream.duration and unit else None
    except (FFmpegError, ValueError) as error:
        raise UnreadableError(_reason(error, suffix)) from None
    if not n_bytes:
        raise UnreadableError("no audio in it")
    # The clock of some Ogg files is broken, and no Ogg file says how long it should be.
    is_sane = heard > 0 and n_bytes / heard > LEAST_BYTES
    is_cut = stated is not None and form != "ogg" and is_sane and heard < stated - SHORT_BY
    return Content(digest, heard if is_sane else None, is_cut)


def _packets(stream: AudioStream, container: InputContainer) -> tuple[str, int, float]:
    """Hash, bytes and seconds of a stream's packets, as far as they can be read."""
    from av.error import FFmpegError

    digest = hashlib.blake2b(digest_size=8)
    digest.update(f"{stream.codec_context.name}\n{stream.sample_rate}\n".encode())
    n_bytes = end = 0
    begin: int | None = None
    try:
        for packet in container.demux(stream):
            if packet.size:
                digest.update(packet)
                n_bytes += packet.size
            if packet.pts is not None:
                begin = packet.pts if begin is None else begin
                end = max(end, packet.pts + (packet.duration or 0))
    except FFmpegError:
        if not n_bytes:
            raise
    heard = (end - max(begin or 0, 0)) * stream.time_base if stream.time_base else 0
    return digest.hexdigest(), n_bytes, float(heard)


def _format(head: bytes, suffix: str) -> str:
    """The form of a file by its first bytes, else by its name."""
    if head[4:8] == b"ftyp":
        return "mp4"
    return next((form for magic, form in MAGIC if head.startswith(magic)), FORMATS[suffix])


def _reason(error: Exception, suffix: str) -> str:
    """The error in plain words."""
    text = getattr(error, "strerror", None) or str(error)
    if "Invalid data" in text or isinstance(error, EOFError):
        return f"not audio, or cut short, or broken from its start ({suffix[1:]})"
    return f"cannot be read ({text})"
