"""What the audio pass does to one recording: decode it, see whether there is anything in it, encode it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from segue.encoders.audio.encoder import AudioEncoder
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.threads import torch_threads
from segue.passes.decode import AudioError, stream
from segue.passes.local import Row

Make = Callable[[str, str, bool], AudioEncoder]
DECODER = "1"
"""To be counted up where decoding changes the samples, so that earlier rows no longer hold."""
SILENCE = 10 ** (-60 / 20)
"""A recording whose samples all stay below this (-60 dB of full scale) is silent."""
MOST_TAGS = 20
"""How many of an encoder's tags a row keeps."""
SHORTEST_S = 0.1
"""A recording shorter than this says nothing."""
STATUSES = ("ok", "partial", "silent", "too short", "error")
"""What can become of a recording: read whole, read in part, or not used and why."""


def _musicnn(place: str, device: str, trust: bool) -> AudioEncoder:
    from segue.encoders.audio.musicnn import Musicnn

    return Musicnn(place or "MTT", device=device or "cpu")  # type: ignore[arg-type]  # it checks


def _handcrafted(name: str) -> Make:
    def make(place: str, device: str, trust: bool) -> AudioEncoder:
        from segue.encoders.audio import handcrafted

        found: AudioEncoder = getattr(handcrafted, name)()
        return found

    return make


def _hub(kind: Any) -> Make:
    def make(place: str, device: str, trust: bool) -> AudioEncoder:
        from segue.encoders.audio.hub import load_hub_encoder

        return load_hub_encoder(kind, place, device=device, trust_remote_code=trust)

    return make


TABLE: dict[str, Make] = {
    "musicnn": _musicnn,
    **{kind: _hub(kind) for kind in ("clap", "mert", "music2vec", "encodec", "musicfm")},
    "mfcc": _handcrafted("Mfcc"),
    "librosa": _handcrafted("Librosa63"),
}
"""Every audio encoder: name -> what makes it of a place, a device, and whether foreign code may run."""


def load_encoder(name: str = "musicnn", *, device: str = "", trust_remote_code: bool = False) -> AudioEncoder:
    """The encoder of a name of `TABLE`.

    Args:
        name: "musicnn" ("musicnn:MTT", or "musicnn:MSD"); "clap", "mert", "music2vec", "encodec", "musicfm"
            with the paper's checkpoint, or "clap:PLACE" with a folder or a name on the hub; "mfcc" or
            "librosa".
        device: torch device; if empty the CPU for musicnn, the GPU where there is one for those of the hub.

    Raises:
        SegueError: no encoder has the name, or it is not installed.
    """
    kind, _, place = name.partition(":")
    if kind not in TABLE:
        raise SegueError(f"no audio encoder {name!r}", cure=f"encoders: {', '.join(TABLE)}")
    return TABLE[kind](place, device, trust_remote_code)


@cache
def _encoder(name: str, device: str, trust_remote_code: bool) -> AudioEncoder:
    """The encoder, once a process."""
    return load_encoder(name, device=device, trust_remote_code=trust_remote_code)


@dataclass(frozen=True)
class AudioWork:
    """One recording into one vector: what the pass does to each file.

    Args:
        threads: torch threads. Their number changes the last bits of a sum, so it is fixed, not what the
            machine has or the workers leave: the same rows come from any number of workers.
    """

    encoder: str = "musicnn"
    device: str = ""
    trust_remote_code: bool = False
    threads: int = 1

    @property
    def loaded(self) -> AudioEncoder:
        """The encoder, loaded once a process."""
        return _encoder(self.encoder, self.device, self.trust_remote_code)

    @property
    def identity(self) -> str:
        """The encoder's, and the version of the decoder."""
        return f"{self.loaded.identity}/decoder-{DECODER}"

    def __call__(self, path: Path) -> Row:
        """The row of one recording: array `vector`; facts `status`, `seconds`, `note`, `tags`.

        The status is one of `STATUSES`; a silent or very short recording is a row with an error, as a broken
        one is.
        """
        encoder = self.loaded
        notes: list[str] = []
        meter = _Meter()
        try:
            blocks = stream(path, encoder.rate, notes=notes)
            first = next(blocks, np.zeros(0, dtype=np.float32))
            if len(first) < SHORTEST_S * encoder.rate:
                return _refused("too short", f"{len(first) / encoder.rate:.2f} s", len(first) / encoder.rate)
            with torch_threads(self.threads):
                encoded = encoder.encode(meter.through(chain([first], blocks)))
        except AudioError as error:
            return Row(facts={"status": "error"}, error=error.reason, passing=error.passing)
        seconds = meter.n / encoder.rate
        if meter.peak < SILENCE:
            level = f"{20 * np.log10(meter.peak):.0f} dB" if meter.peak else "nothing but zeros"
            return _refused("silent", level, seconds)
        if not np.isfinite(encoded.vector).all():
            return Row(facts={"status": "error"}, error="the encoder gave values that are not finite")
        facts = {
            "status": "partial" if notes else "ok",
            "seconds": round(seconds, 3),
            "note": "; ".join(notes),
            "tags": {tag: round(p, 4) for tag, p in best(encoded.tags, MOST_TAGS)},
        }
        return Row({"vector": np.asarray(encoded.vector, dtype=np.float32)}, facts)


def _refused(status: str, detail: str, seconds: float) -> Row:
    """The row of a recording that could be read and says nothing."""
    return Row(facts={"status": status, "seconds": round(seconds, 3)}, error=f"{status} ({detail})")


@dataclass
class _Meter:
    """Watches samples go by: how many, and the largest."""

    n: int = 0
    peak: float = 0.0

    def through(self, blocks: Iterator[Floats]) -> Iterator[Floats]:
        """The blocks as they are."""
        for block in blocks:
            self.n += len(block)
            self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
            yield block


def best(tags: Mapping[str, float], n: int) -> list[tuple[str, float]]:
    """The n most probable tags, the most probable first; equal ones in order of the alphabet."""
    return sorted(tags.items(), key=lambda item: (-item[1], item[0]))[:n]
