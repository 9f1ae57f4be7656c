"""The lyrics modality: a track's own words, else those heard. TalkPlay 2.1, multimodal E4SRec 5.2."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from segue.data import descriptions, store
from segue.data.catalogue import Catalogue
from segue.data.song_texts import is_instrumental, plain
from segue.describe import transcripts
from segue.encoders.column import encode_column, text_hash
from segue.encoders.language import language_of
from segue.encoders.long_text import whole
from segue.encoders.text import Encoder, TextEncoder
from segue.encoders.whisper import DEFAULT, TranscribeWork
from segue.kit.workspace import Workspace, whole_file
from segue.passes.local import Engine

LANGUAGES = "lyrics-language"


def compute(
    workspace: Workspace,
    *,
    encoder: Encoder | None = None,
    transcribe: bool = True,
    model: str = "",
    device: str = "",
    workers: int = 1,
    engine: Engine = "local",
    refit: bool = False,
) -> str:
    """Make the lyrics feature; returns one line that says what was done.

    The words are the track's own (from tags, sidecars or tables) and, where it has none but a recording,
    those that Whisper hears in it and the gates accept. Long words are embedded whole (see `WholeText`).
    Writes features/lyrics, descriptions/lyrics-whisper.parquet (what became of each recording) and
    descriptions/lyrics-language.parquet.

    Args:
        transcribe: listen to recordings; without it earlier transcripts are used as they are.
        model: of Whisper, see `TranscribeWork`; the one from its wheel if empty.
    """
    tracks = Catalogue.load(workspace, described=False).tracks
    # Words that only say "instrumental" are none.
    own = [plain(text) if text and not is_instrumental(text) else None for text in tracks["lyrics"]]
    if transcribe:
        work = TranscribeWork(model or DEFAULT, device)
        paths = _silent_ones(tracks, own)
        transcripts.update(workspace, paths, work, workers=workers, engine=engine, refit=refit)
    heard = transcripts.accepted(workspace)
    ids = tracks["track_id"].to_list()
    texts = [words or heard.get(track, ("", None))[0] for track, words in zip(ids, own, strict=True)]
    if not any(texts):
        return store.logged("lyrics: skipped, no track has words")
    _write_languages(workspace, ids, own, texts, {track: language for track, (_, language) in heard.items()})
    said = encode_column(workspace, "lyrics", texts, whole(encoder or TextEncoder()), refit=refit)
    n_heard = sum(bool(text) and not words for text, words in zip(texts, own, strict=True))
    return f"{said}; words of {n_heard:,} tracks were transcribed"


def _silent_ones(tracks: pl.DataFrame, own: Sequence[str | None]) -> dict[str, Path]:
    """Track id -> recording of the tracks that have one and say nothing of their words themselves."""
    columns = zip(tracks["track_id"], tracks["audio_path"], tracks["lyrics"], own, strict=True)
    return {
        track: Path(path)
        for track, path, raw, words in columns
        if path and not words and not (raw and is_instrumental(raw))
    }


def _write_languages(
    workspace: Workspace,
    ids: Sequence[str],
    own: Sequence[str | None],
    texts: Sequence[str],
    heard: dict[str, str | None],
) -> None:
    """Write the language of every track's words: told from the text, or what Whisper says where it listened.

    A text that was looked at before is not looked at again.
    """
    target = workspace.descriptions / f"{LANGUAGES}.parquet"
    known: dict[int, tuple[str | None, float]] = {}
    if target.exists():
        earlier = pl.read_parquet(target).filter(source=descriptions.OWN)
        known = {h: (code, p) for h, code, p in earlier.select("text_hash", "language", "probability").rows()}
    rows = []
    for track, words, text in zip(ids, own, texts, strict=True):
        if not text:
            continue
        key = text_hash(text)
        if words:
            code, probability = known.get(key) or language_of(text)
        else:
            code, probability = heard[track], 1.0
        rows.append((track, code, probability, descriptions.OWN if words else "whisper", key))
    names = {"track_id": pl.String, "language": pl.String, "probability": pl.Float64}
    schema = pl.Schema({**names, "source": pl.String, "text_hash": pl.Int64})
    with whole_file(target) as temporary:
        pl.DataFrame(rows, schema=schema, orient="row").write_parquet(temporary)
