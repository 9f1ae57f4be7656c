"""Every feature in one call: what the command `segue features` runs."""

import importlib.util
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import get_args

from segue.data.catalogue import Catalogue
from segue.data.store import logged
from segue.encoders.text import Encoder, TextEncoder
from segue.features import metadata, playlist, semantic
from segue.features.options import Options
from segue.kit.device import best_device
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.passes.local import Reading

COMPUTABLE = ("audio", "tempo-key", "lyrics", "mgphot", "playlist", "semantic", "metadata")
"""What can be made, in the order in which one uses the other: what is heard becomes words, words vectors."""
HEARD = ("audio", "tempo-key")
"""What needs recordings."""
AUDIO_LIBRARIES = ("av", "faster_whisper", "librosa", "soundfile", "soxr")


def compute_all(
    workspace: Workspace,
    modalities: Sequence[str] | None = None,
    options: Options | None = None,
    encoder: Encoder | None = None,
) -> list[str]:
    """Make the features of some modalities; returns lines that say what was done.

    Args:
        modalities: which of `COMPUTABLE`; all that the workspace has something for if None.

    Raises:
        SegueError: an unknown modality, or what a modality needs is missing.
    """
    unknown = next((m for m in modalities or () if m not in COMPUTABLE), None)
    if unknown is not None:
        raise SegueError(f"no modality {unknown!r}", cure=f"modalities: {', '.join(COMPUTABLE)}")
    makers = _Makers(workspace, modalities or (), options or Options(), encoder)
    lines: list[str] = []
    wanted = modalities
    if wanted is None:
        wanted, lines = _possible(workspace, makers.options)
    for name in COMPUTABLE:
        if name in wanted:
            lines += makers.of[name]()
    return lines


def _possible(workspace: Workspace, options: Options) -> tuple[list[str], list[str]]:
    """The modalities that the workspace has something for, and what to say of those left out."""
    from segue.describe.mgphot import values

    tracks = Catalogue.load(workspace).tracks
    n_recordings = tracks.height - tracks["audio_path"].null_count()
    n_words = tracks.height - tracks["lyrics"].null_count()
    missing = [name for name in AUDIO_LIBRARIES if importlib.util.find_spec(name) is None]
    wanted, said = ["playlist", "semantic", "metadata"], []
    if n_recordings and missing:
        cure = f"{', '.join(missing)} not installed: pip install 'segue[audio]'"
        said.append(logged(f"audio: skipped, {n_recordings:,} tracks have a recording, but {cure}"))
    elif n_recordings:
        wanted += HEARD
    # What is sung can be written down from recordings.
    if n_words or (n_recordings and not missing):
        wanted.append("lyrics")
    if options.ratings or any(
        values.path_of(workspace, source).exists() for source in get_args(values.Source)
    ):
        wanted.append("mgphot")
    return wanted, said


class Listening(Reading):
    """The same by a network."""

    device: str


class _Makers:
    """One function a modality; the text encoder is loaded once for all."""

    def __init__(
        self, workspace: Workspace, modalities: Sequence[str], options: Options, encoder: Encoder | None
    ) -> None:
        self.workspace, self.options, self._given = workspace, options, encoder
        # One name, and what it names depends on what is encoded.
        self.of_sound = options.encoder if list(modalities) == ["audio"] else None
        if options.encoder and "audio" in modalities and not self.of_sound:
            cure = "call it for `--modality audio` and for the others apart"
            raise SegueError("one --encoder for recordings and for texts", options.encoder, cure)
        # Beside a GPU further processes only wait for it.
        workers = options.workers or (1 if best_device().type == "cuda" else os.cpu_count() or 1)
        self.reading: Reading = {"workers": workers, "engine": options.engine, "refit": options.refit}
        self.listening: Listening = {**self.reading, "device": options.device}
        self.of: dict[str, Callable[[], list[str]]] = {
            "audio": self.audio,
            "tempo-key": self.tempo_key,
            "lyrics": self.lyrics,
            "playlist": lambda: [playlist.compute(workspace, refit=options.refit)],
            "semantic": self.semantic,
            "metadata": self.metadata,
            "mgphot": self.mgphot,
        }

    @cached_property
    def encoder(self) -> Encoder:
        """The text encoder."""
        o = self.options
        named = TextEncoder(o.encoder, trust_remote_code=o.trust_remote_code) if o.encoder else None
        return self._given or named or TextEncoder()

    def audio(self) -> list[str]:
        """What recordings sound like; a CLAP says tags too."""
        from segue.describe import audio_tags
        from segue.features import audio as compute

        o, encoder = self.options, self.of_sound or "musicnn"
        trust = o.trust_remote_code
        lines = [compute.compute(self.workspace, encoder=encoder, trust_remote_code=trust, **self.listening)]
        kind, _, place = encoder.partition(":")
        # It has read texts too, so any tag can be asked of it; the others have their own tags or none.
        if kind == "clap":
            lines.append(audio_tags.compute(self.workspace, place=place, device=o.device))
        return lines

    def tempo_key(self) -> list[str]:
        """Tempo and key of recordings, in words."""
        from segue.describe import tempo_key

        return [tempo_key.compute(self.workspace, **self.reading)]

    def lyrics(self) -> list[str]:
        """What is sung."""
        from segue.features import lyrics as compute

        o = self.options
        return [
            compute.compute(
                self.workspace,
                encoder=self.encoder,
                transcribe=o.transcribe,
                model=o.whisper,
                **self.listening,
            )
        ]

    def semantic(self) -> list[str]:
        """Tags and captions."""
        from segue.describe import audio_tags

        lines = [audio_tags.captions(self.workspace, self.options.captions)] if self.options.captions else []
        return [*lines, semantic.compute(self.workspace, refit=self.options.refit, encoder=self.encoder)]

    def metadata(self) -> list[str]:
        """Title, artist, album, year."""
        return [metadata.compute(self.workspace, refit=self.options.refit, encoder=self.encoder)]

    def mgphot(self) -> list[str]:
        """The 58 attributes."""
        from segue.features import mgphot as compute

        o = self.options
        return compute.compute(
            self.workspace, ratings=o.ratings, predict_from=o.predict_from, encoder=self.encoder
        )
