"""Tempo and key of every recording: as numbers, and as words that tags and dialogues use."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segue.data.catalogue import Catalogue
from segue.data.descriptions import TAGS, write_tags
from segue.data.store import logged
from segue.describe.key import key_of
from segue.describe.tempo import RATE, tempo_of
from segue.describe.tempo_key_figure import save_figure
from segue.encoders.audio.encoder import windows
from segue.kit.arrays import Floats
from segue.kit.errors import needed
from segue.kit.workspace import Workspace, whole_file
from segue.passes.decode import AudioError, duration, stream
from segue.passes.journal import content_keys
from segue.passes.local import Engine, Row, go_through, rows_of

SOURCE = "tempo-key"
STRETCH_S = 90.0
"""Seconds that are listened to, from the middle of a recording: its ends are often unlike the rest."""
SILENCE = 10 ** (-60 / 20)
"""A stretch whose samples all stay below this (-60 dB of full scale) is silent."""
MODERATE_BPM, FAST_BPM, VERY_FAST_BPM = 76.0, 120.0, 168.0
"""Where andante, allegro and presto begin, by the usual marks of a metronome."""


@dataclass(frozen=True)
class Described:
    """Tempo and key of a recording.

    Args:
        tempo: beats a minute; None where there is no regular beat.
        key: such as "C major" or "F# minor"; None where there is none to hear.
    """

    tempo: float | None
    tempo_confidence: float
    key: str | None
    key_confidence: float
    tuning_cents: float
    seconds: float


def describe(blocks: Iterator[Floats]) -> Described:
    """Tempo and key of a stretch of music; reads no more than `STRETCH_S` seconds of it.

    Args:
        blocks: mono float32 samples (n,) in [-1, 1] at 22,050 Hz, any lengths, in order; finite.
    """
    window, n = next(windows(blocks, round(STRETCH_S * RATE)), (np.zeros(0, dtype=np.float32), 0))
    signal, seconds = window[:n], round(n / RATE, 3)
    if np.abs(signal).max(initial=0.0) < SILENCE:
        return Described(None, 0.0, None, 0.0, 0.0, seconds)
    with needed("librosa is not installed", "audio"):
        tempo, key = tempo_of(signal), key_of(signal)
    bpm = None if tempo.bpm is None else round(tempo.bpm, 2)
    sure = round(tempo.confidence, 3), round(key.confidence, 3)
    return Described(bpm, sure[0], key.name, sure[1], key.tuning_cents, seconds)


def tempo_words(bpm: float | None) -> list[str]:
    """A tempo in words, such as ["fast tempo"]; empty where there is none.

    The number stays in `descriptions/tempo-key.parquet`: as a tag it would be one of a kind for nearly every
    track, and tell encoders of text nothing.
    """
    if bpm is None:
        return []
    steps = ((VERY_FAST_BPM, "very fast"), (FAST_BPM, "fast"), (MODERATE_BPM, "moderate"), (0.0, "slow"))
    return [next(f"{word} tempo" for least, word in steps if bpm >= least)]


def key_words(key: str | None) -> list[str]:
    """A key in words, such as ["A minor", "minor key"]; empty where there is none."""
    return [] if key is None else [key, f"{key.split()[1]} key"]


@dataclass(frozen=True)
class TempoKeyWork:
    """One recording into its tempo and key, from its middle; what the pass does to each file."""

    version: int = 1

    @property
    def identity(self) -> str:
        """Another one for every change of what is found."""
        return f"tempo-key-{self.version}"

    def __call__(self, path: Path) -> Row:
        """The row of one recording: the fields of `Described` as facts."""
        try:
            start = max(0.0, (duration(path) - STRETCH_S) / 2)
            found = describe(stream(path, RATE, start_s=start, stop_s=start + STRETCH_S))
        except AudioError as error:
            return Row(error=error.reason, passing=error.passing)
        return Row(facts=asdict(found))


def compute(workspace: Workspace, *, workers: int = 1, engine: Engine = "local", refit: bool = False) -> str:
    """Find tempo and key of the tracks that have a recording; returns one line that says what was done.

    Writes descriptions/tags-tempo-key.parquet (words), descriptions/tempo-key.parquet (numbers, one row a
    recording that could be read) and reports/audio/tempo-key.png. What was found before is kept in the
    journal of the audio pass.
    """
    tracks = Catalogue.load(workspace).tracks.filter(pl.col("audio_path").is_not_null())
    paths = {i: Path(p) for i, p in tracks.select("track_id", "audio_path").iter_rows() if p}
    if not paths:
        return logged("tempo and key: skipped, no track has a recording")
    journal = workspace.root / "features" / ".audio-journal.sqlite"
    work = TempoKeyWork()
    keys = content_keys(sorted(set(paths.values())), journal, {})
    files = {keys[path]: path for path in paths.values() if path in keys}
    outcome = go_through(
        journal, files, work, workers=workers, engine=engine, title="tempo and key", refit=refit
    )
    rows = dict(rows_of(journal, work, files, outcome.passing))
    of_track = {i: rows[keys[path]] for i, path in paths.items() if path in keys}
    table = _table({i: row.facts for i, row in of_track.items() if not row.error})
    _write(workspace, table)
    return logged(
        f"tempo and key: of {len(paths):,} recordings {table['tempo'].count():,} have a tempo, "
        f"{table['key'].count():,} a key; {len(paths) - table.height:,} could not be read"
    )


def _table(facts: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """The numbers: track_id and the fields of `Described`, one row a recording that could be read."""
    kinds = {f.name: pl.String if f.name == "key" else pl.Float64 for f in fields(Described)}
    rows = [(track_id, *(found[name] for name in kinds)) for track_id, found in facts.items()]
    return pl.DataFrame(rows, schema={"track_id": pl.String, **kinds}, orient="row")


def _write(workspace: Workspace, table: pl.DataFrame) -> None:
    """The numbers, the words and the picture."""
    with whole_file(workspace.descriptions / f"{SOURCE}.parquet") as temporary:
        table.write_parquet(temporary)
    write_tags(workspace, SOURCE, tags_of(table))
    with whole_file(workspace.report("audio") / f"{SOURCE}.png") as temporary:
        save_figure(table, temporary)


def tags_of(table: pl.DataFrame) -> pl.DataFrame:
    """The words of each track with the confidence as score: track_id, tag, score."""
    lines = []
    for row in table.iter_rows(named=True):
        lines += [(row["track_id"], word, row["tempo_confidence"]) for word in tempo_words(row["tempo"])]
        lines += [(row["track_id"], word, row["key_confidence"]) for word in key_words(row["key"])]
    return pl.DataFrame(lines, schema=TAGS, orient="row")
