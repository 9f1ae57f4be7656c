"""A Whisper that hears what it is told."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

SONG = [
    "Down by the harbour the lanterns are burning",
    "Nobody answers the letters I send",
    "Seven grey horses run over the meadow",
    "Winter will carry me home in the end",
]


def heard(text: str, start: float = 0.0, log_prob: float = -0.3, no_speech: float = 0.1) -> Any:
    """A segment as faster-whisper gives it."""
    return SimpleNamespace(
        text=f" {text}",
        start=start,
        end=start + 2,
        avg_logprob=log_prob,
        no_speech_prob=no_speech,
        compression_ratio=1.4,
    )


class StandIn:
    """Gives each window's segments by what `hears` makes of its samples; keeps what it was called with."""

    def __init__(
        self, hears: Callable[[Any], Sequence[Any]], *, multilingual: bool = False, language: str = "en"
    ) -> None:
        self.hears, self.language = hears, language
        self.model = SimpleNamespace(is_multilingual=multilingual)
        self.calls: list[dict[str, Any]] = []

    def transcribe(self, samples: Any, **options: Any) -> tuple[Iterator[Any], Any]:
        self.calls.append({"n": len(samples), **options})
        found = list(self.hears(samples))
        voice_s = len(samples) / 16_000 if found else 0.0
        language = options["language"] or (self.language if found else "nn")
        info = SimpleNamespace(duration_after_vad=voice_s, language=language, language_probability=0.87654321)
        return iter(found), info


def write_tone(path: Path, seconds: float, loudness: float = 0.3, rate: int = 16_000) -> Path:
    """A recording that a stand-in can tell from others by its loudness."""
    import soundfile

    time = np.arange(round(seconds * rate)) / rate
    soundfile.write(path, (loudness * np.sin(2 * np.pi * 440 * time)).astype(np.float32), rate, "FLOAT")
    return path
