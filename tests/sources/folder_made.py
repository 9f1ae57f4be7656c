"""Small recordings with hand-built tags, for the tests of the source `folder`."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import av
import numpy as np
import soundfile
from av.audio.stream import AudioStream

from segue.data.catalogue import Catalogue
from segue.importing import add as importing
from segue.kit.workspace import Workspace
from segue.sources.folder import importer as folder

RATE = 16_000


def noise(seed: int, seconds: float = 0.3) -> np.ndarray:
    """A little noise, another for every seed, shape (n,)."""
    values = np.random.default_rng(seed).standard_normal(int(RATE * seconds))
    return (0.1 * values).astype(np.float32)


def audio(form: str, seed: int = 0, seconds: float = 0.3) -> bytes:
    """The bytes of an untagged recording: mp3, flac, ogg, wav, aiff."""
    buffer = io.BytesIO()
    soundfile.write(buffer, noise(seed, seconds), RATE, format=form.upper())
    return buffer.getvalue()


def id3(frames: dict[str, str], mbid: str | None = None) -> bytes:
    """An ID3v2.4 header in UTF-8; `TXXX:name` is a field of one's own, several values have zeros between."""
    body = b""
    for name, value in frames.items():
        data = value.encode("utf-8", "surrogatepass")
        if name.startswith("TXXX:"):
            data = name[5:].encode() + b"\x00" + data
        lead = b"\x03eng\x00" if name == "USLT" else b"\x03"
        body += _frame(name[:4].encode(), lead + data)
    if mbid:
        body += _frame(b"UFID", b"http://musicbrainz.org\x00" + mbid.encode())
    return b"ID3\x04\x00\x00" + _synchsafe(len(body)) + body


def flac(audio_bytes: bytes, comments: list[tuple[str, str]]) -> bytes:
    """A FLAC with Vorbis comments behind its STREAMINFO, in place of what soundfile wrote there."""
    end = 4 + 4 + int.from_bytes(audio_bytes[5:8], "big")
    rest, is_last = end, bool(audio_bytes[4] & 0x80)
    while not is_last:
        is_last = bool(audio_bytes[rest] & 0x80)
        rest += 4 + int.from_bytes(audio_bytes[rest + 1 : rest + 4], "big")
    block = struct.pack("<I", 4) + b"test" + struct.pack("<I", len(comments))
    for name, value in comments:
        data = f"{name}={value}".encode()
        block += struct.pack("<I", len(data)) + data
    head = b"fLaC\x00" + audio_bytes[5:end]
    return head + b"\x84" + len(block).to_bytes(3, "big") + block + audio_bytes[rest:]


def encoded(path: Path, codec: str, seed: int, metadata: dict[str, str], rate: int = 48_000) -> None:
    """Write a recording with av (m4a: aac, opus: libopus) and its tags."""
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata)
        stream = container.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, AudioStream)
        values = np.random.default_rng(seed).standard_normal((1, rate)).astype(np.float32) / 10
        frame = av.AudioFrame.from_ndarray(values, format="fltp", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format, "mono", rate, stream.codec_context.frame_size or 1024)
        for ready in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))


def retag(source: Path, target: Path, metadata: dict[str, str]) -> None:
    """The same coded audio in a new file with other tags."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        new.metadata.update(metadata)
        stream = new.add_stream_from_template(old.streams.audio[0])
        stream.metadata.update(metadata)
        for packet in old.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)


def tagged(
    path: Path, seed: int, title: str, artist: str = "Band", mbid: str | None = None, **more: str
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(id3({"TIT2": title, "TPE1": artist, **more}, mbid) + audio("mp3", seed))


def scan(music: Path, **options: object) -> folder.FolderTables:
    """Read the folder and add it to the workspace beside it, with its memory."""
    workspace = Workspace(music.parent / "w")
    memory = workspace.root / "folder" / "seen.parquet"
    found = folder.read(music, memory=memory, **options)  # type: ignore[arg-type]
    importing.add(workspace, found, update=True)
    return found


def catalogue(music: Path) -> Catalogue:
    return Catalogue.load(Workspace(music.parent / "w"))


def by_title(music: Path) -> dict[str, dict[str, object]]:
    return {row["title"]: row for row in catalogue(music).tracks.iter_rows(named=True)}


def _frame(name: bytes, data: bytes) -> bytes:
    return name + _synchsafe(len(data)) + b"\x00\x00" + data


def _synchsafe(n: int) -> bytes:
    return bytes((n >> shift) & 0x7F for shift in (21, 14, 7, 0))
