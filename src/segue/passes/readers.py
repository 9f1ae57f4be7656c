"""Open recordings: mono samples at the file's own rate, from libsndfile or else from FFmpeg.

libsndfile reads WAV, FLAC, Ogg, Opus, MP3 and AIFF; what it does not know goes to FFmpeg, which is told the
container by the file's suffix and gets an open file, never a name. So no file, whatever it claims to be, can
make FFmpeg open another file or an address (playlists such as HLS can otherwise).
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from segue.kit.arrays import Floats
from segue.kit.errors import SegueError, needed

CONTAINERS = {
    suffix: demuxer
    for demuxer, suffixes in {
        "mp3": ".mp3 .mp2", "mp4": ".m4a .m4b .mp4 .mov .3gp", "aac": ".aac", "asf": ".wma .asf",
        "matroska": ".webm .mka .mkv", "ogg": ".ogg .oga .opus .spx", "flac": ".flac", "wav": ".wav",
        "w64": ".w64", "aiff": ".aif .aiff .aifc", "caf": ".caf", "ape": ".ape", "wv": ".wv", "tta": ".tta",
        "ac3": ".ac3", "amr": ".amr", "au": ".au",
    }.items()
    for suffix in suffixes.split()
}  # fmt: skip
"""The FFmpeg demuxer of each suffix that is tried."""
STEP_S = 0.5
"""Seconds decoded at a time; at most so much is lost before the place where a file is broken."""


class AudioError(Exception):
    """A recording that cannot be read, and why, in plain words.

    Args:
        reason: without the file's name and without a full stop.
        passing: the reason lies outside the file (no permission, gone), so another try may succeed.
    """

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        self.reason, self.passing = reason, passing
        super().__init__(reason)


@dataclass
class Source:
    """Mono samples at the file's own rate, and how many the file's header promises (0: it does not say).

    Raises:
        AudioError: no music has such a rate.
    """

    rate: int
    promised: int
    blocks: Iterator[Floats]

    def __post_init__(self) -> None:
        if not 1000 <= self.rate <= 1_536_000:
            raise AudioError(f"a sample rate of {self.rate:,} Hz")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The open file; only regular files, so that a pipe or a device never blocks the pass.

    Raises:
        AudioError: it is not there, is empty, is no file, or may not be read.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise AudioError("a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file")
        if not found.st_size:
            raise AudioError("an empty file (zero bytes)")
        file = path.open("rb", buffering=0)
    except (OSError, ValueError) as error:
        raise unreachable(error) from None
    with file:
        yield file


def unreachable(error: Exception) -> AudioError:
    """Why a file could not be opened or read from."""
    code = getattr(error, "errno", None)
    known = {errno.EACCES: "no permission to read it", errno.ENOENT: "not there, or not any more"}
    text = os.strerror(code) if isinstance(code, int) else str(error)
    return AudioError(known.get(code or 0, text), passing=True)


def source_of(path: Path, file: IO[bytes], notes: list[str]) -> Source:
    """The file's samples by libsndfile, by FFmpeg where that does not know the format."""
    try:
        import soundfile
        import soxr  # noqa: F401
    except (ImportError, OSError):
        raise SegueError("no library to read audio with", cure="pip install 'segue[audio]'") from None
    length_known = _says_length(file)
    file.seek(0)
    try:
        sound = soundfile.SoundFile(file.fileno(), closefd=False)
    except soundfile.LibsndfileError:
        file.seek(0)
        return _from_ffmpeg(file, path.suffix.lower(), notes)
    trusted = (sound.format != "MP3" or length_known) and 0 < sound.frames < 2**48
    blocks = _with_rescue(sound, file, notes) if sound.format == "MP3" else _from_soundfile(sound)
    return Source(sound.samplerate, sound.frames if trusted else 0, blocks)


def _says_length(file: IO[bytes]) -> bool:
    """Whether an MP3 says how long it is: a Xing, Info or VBRI header in its first frame, behind the tag.

    Without one, libsndfile guesses from the first frame's bit rate, and is far off where that varies.
    """
    head = file.read(10)
    tag = sum((byte & 127) << 7 * (3 - i) for i, byte in enumerate(head[6:10])) + 10
    file.seek(tag if head[:3] == b"ID3" else 0)
    first = file.read(4096)
    return any(name in first for name in (b"Xing", b"Info", b"VBRI"))


def _from_soundfile(sound: Any) -> Iterator[Floats]:
    """Mono samples of an opened `SoundFile`."""
    import soundfile

    # After each read, soundfile seeks to where it already is if it can; in an MP3 that spoils what follows.
    sound.seekable = lambda: False
    size = max(1, min(round(STEP_S * sound.samplerate), 2**22 // sound.channels))
    with sound:
        while True:
            try:
                block = sound.read(size, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise AudioError(error.error_string.removeprefix("Error :").strip().rstrip(".")) from None
            if not len(block):
                return
            yield _mono(block.T)


def _with_rescue(sound: Any, file: IO[bytes], notes: list[str]) -> Iterator[Floats]:
    """Mono samples of an MP3; what lies behind a broken place, where libsndfile gives up, by FFmpeg."""
    n, rate = 0, sound.samplerate
    try:
        for block in _from_soundfile(sound):
            yield block
            n += len(block)
    except AudioError as error:
        if not n:
            raise
        file.seek(0)
        place = more = 0
        for block in _from_ffmpeg(file, ".mp3", []).blocks:
            rest = block[max(0, n - place) :]
            place += len(block)
            more += len(rest)
            if len(rest):
                yield rest
        if more < rate:  # padding, no music
            raise error from None
        notes.append(f"a broken place at {n / rate:.0f} s left out")


def _mono(block: Floats) -> Floats:
    """The mean of the channels (channels, n)."""
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is refused later, by name
        return np.ascontiguousarray(block[0]) if len(block) == 1 else block.mean(axis=0, dtype=np.float32)


def _from_ffmpeg(file: IO[bytes], suffix: str, notes: list[str]) -> Source:
    """The first audio stream as FFmpeg reads it."""
    demuxer = CONTAINERS.get(suffix)
    if demuxer is None:
        raise AudioError("not audio")
    with needed(f"no library to read {suffix} files with", "audio"):
        import av
    try:
        # The whitelist is a second lock: nothing besides the open file is ever asked for.
        lock = {"protocol_whitelist": "none"}
        container = av.open(file, format=demuxer, options=lock, metadata_errors="ignore")
    except (av.FFmpegError, OSError, ValueError):
        raise AudioError(f"not audio, or broken from the start ({demuxer} expected)") from None
    track = next((t for t in container.streams.audio if t.rate), None)
    if track is None:
        container.close()
        raise AudioError("holds no audio")
    seconds = float(track.duration * track.time_base) if track.duration and track.time_base else 0.0
    return Source(track.rate, round(seconds * track.rate), _ffmpeg_blocks(container, track, notes))


def _ffmpeg_blocks(container: Any, track: Any, notes: list[str]) -> Iterator[Floats]:
    """Mono samples of an opened container; packets that cannot be decoded are left out and counted."""
    import av

    floats = av.AudioResampler(format="fltp", rate=track.rate)
    broken = 0
    with container:
        try:
            for packet in container.demux(track):
                try:
                    frames = packet.decode()
                except av.error.InvalidDataError:
                    broken += 1
                    continue
                for part in (part for frame in frames for part in floats.resample(frame)):
                    yield _mono(np.asarray(part.to_ndarray(), dtype=np.float32))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise AudioError(getattr(error, "strerror", None) or str(error)) from None
    if broken:
        notes.append(f"{broken:,} broken places left out")
