"""What can be said to `segue features`."""

from pathlib import Path
from typing import Literal

from segue.kit.settings import Flags


class Options(Flags):
    """How features are made."""

    encoder: str | None = None
    """With `--modality audio` of recordings: musicnn (default; musicnn:MTT), mfcc, librosa, or clap, mert,
    music2vec, encodec, musicfm, each also as KIND:PATH_OR_HUB_NAME. Else of texts, by path, installed wheel,
    hub name or short name (mpnet, bge-m3, sentence-t5, nv-embed-v2)."""
    workers: int | None = None
    """Processes that read recordings; one a core by default, one where there is a GPU."""
    engine: Literal["local", "ray"] = "local"
    """"ray" spreads the recordings over a Ray cluster."""
    device: str = ""
    """Torch device of the audio encoder and of Whisper."""
    transcribe: bool = True
    """Listen to recordings that have no words (`--no-transcribe` does not)."""
    whisper: str = ""
    """The model that listens, by path or hub name (large-v3-turbo); a tiny English one by default."""
    captions: Path | None = None
    """What a captioning model wrote: a table with track_id or audio_path, and caption (semantic)."""
    ratings: Path | None = None
    """The published MGPHot annotations, a TSV file (mgphot)."""
    predict_from: tuple[Literal["audio", "lyrics", "playlist", "text"], ...] | None = None
    """Predict the MGPHot values of unrated tracks from these vectors; as last time by default."""
    trust_remote_code: bool = False
    """Let a model from the hub bring its own code."""
    refit: bool = False
    """Compute anew although nothing changed."""
