"""The audio modality: what a track's recording sounds like. Source: TalkPlay 2.1, multimodal E4SRec 5.1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segue.data import stages, store
from segue.data.catalogue import Catalogue
from segue.data.descriptions import TAGS, write_tags
from segue.encoders.audio.handcrafted import standardised
from segue.encoders.audio.work import TABLE, AudioWork, best, load_encoder
from segue.kit.arrays import Bools, Floats
from segue.kit.workspace import Workspace, hash_of, read_card, whole_file
from segue.passes.journal import Row, content_keys
from segue.passes.local import Engine, Outcome, go_through, rows_of

__all__ = ["TABLE", "AudioWork", "compute", "load_encoder"]

LEAST_PROBABILITY, MOST_TAGS = 0.2, 8
"""Which tags of an encoder become tags of the track."""


def compute(
    workspace: Workspace,
    *,
    encoder: str = "musicnn",
    device: str = "",
    workers: int = 1,
    threads: int = 1,
    engine: Engine = "local",
    refit: bool = False,
    trust_remote_code: bool = False,
) -> str:
    """Make the audio feature of the tracks that have a recording; returns one line that says what was done.

    A recording that was read before is not read again, wherever it is now, and a run that was killed goes on
    where it was. Writes features/audio, reports/audio/files.parquet (what became of each file) and, where the
    encoder names tags, descriptions/tags-ENCODER.parquet.

    Args:
        threads: torch threads of each; another number may change the last bits of the vectors.
    """
    work = AudioWork(encoder, device, trust_remote_code, threads)
    journal = workspace.root / "features" / ".audio-journal.sqlite"
    recordings = _Recordings.of(workspace, journal)
    if not recordings.paths:
        return store.logged("audio: skipped, no track has a recording")
    keys = [recordings.keys.get(row, "") for row in range(len(recordings.ids))]
    input_hash = hash_of("audio", work.identity, keys)
    if not refit and _unchanged(workspace, input_hash):
        # The catalogue may have been written again alike: else `segue status` would say stale.
        stages.holds(workspace, "features/audio")
        return store.logged("audio: unchanged, skipped")
    files = {key: recordings.paths[row] for row, key in recordings.keys.items()}
    outcome = go_through(journal, files, work, workers=workers, engine=engine, title="audio", refit=refit)
    found = _gather(journal, work, recordings, outcome.passing)
    _write_report(workspace, recordings, found)
    # Where nothing could be read, an earlier feature stays.
    if found.present.any():
        facts = {"n_recordings": len(recordings.paths), "n_to_try_again": len(outcome.passing)}
        _save(workspace, work, found, facts, input_hash, refit)
        _write_tags(workspace, encoder.partition(":")[0], recordings.ids, found)
    return store.logged(_said(workspace, found, outcome, len(files)))


def _save(
    workspace: Workspace, work: AudioWork, found: _Found, facts: dict[str, int], input_hash: str, refit: bool
) -> None:
    """Keep the feature, with what became of the files on its card."""
    facts |= {f"n_{status.replace(' ', '_')}": n for status, n in sorted(found.counts.items())}
    feature, tensors, space = _scaled(workspace, work, found, refit)
    store.save(
        workspace,
        "audio",
        feature,
        encoder=work.identity,
        input_hash=input_hash,
        space=space,
        tensors=tensors,
        facts=facts,
    )


def _scaled(
    workspace: Workspace, work: AudioWork, found: _Found, refit: bool
) -> tuple[store.Feature, dict[str, Floats], str]:
    """The feature, arrays to keep beside it, and the space of its vectors.

    Handcrafted vectors mix units (Hz, decibels, shares), so each dimension is scaled over the catalogue; the
    scale is kept for tracks that come later, so that their codebooks hold.
    """
    if not getattr(work.loaded, "needs_scale", False):
        return store.Feature(found.matrix, found.present), {}, work.identity
    kept: dict[str, np.ndarray[Any, Any]] = {}
    if not refit and (workspace.feature("audio") / "card.json").exists():
        _, card, tensors = store.load_any(workspace, "audio")
        kept = tensors if card.get("encoder") == work.identity else {}
    matrix, scale = standardised(found.matrix, found.present, kept)
    space = f"{work.identity}/scale-{hash_of(*(scale[n].tobytes().hex() for n in sorted(scale)))}"
    return store.Feature(matrix, found.present), scale, space


@dataclass(frozen=True)
class _Recordings:
    """The recordings of a catalogue.

    Args:
        paths: row -> file, of the tracks that have one.
        keys: row -> key of the content, of those that can be read.
        unread: row -> why not, of the others.
    """

    ids: list[str]
    paths: dict[int, Path]
    keys: dict[int, str]
    unread: dict[int, str]

    @classmethod
    def of(cls, workspace: Workspace, journal: Path) -> _Recordings:
        """Those of a workspace; reads each file that is new or has changed, to know its content."""
        tracks = Catalogue.load(workspace).tracks
        paths = {row: Path(path) for row, path in enumerate(tracks["audio_path"].to_list()) if path}
        errors: dict[Path, str] = {}
        keys = content_keys(sorted(set(paths.values())), journal, errors, title="audio: looking for changes")
        return cls(
            tracks["track_id"].to_list(),
            paths,
            {row: keys[path] for row, path in paths.items() if path in keys},
            {row: errors[path] for row, path in paths.items() if path in errors},
        )


@dataclass
class _Found:
    """What the pass gave: the feature, and by row what became of each file and the encoder's tags.

    Args:
        matrix: float32 (n_tracks, dim).
        present: bool (n_tracks,).
        fates: row -> seconds, status, reason.
        tags: row -> tag -> probability.
    """

    matrix: Floats
    present: Bools
    fates: dict[int, tuple[float | None, str, str]] = field(default_factory=dict)
    tags: dict[int, dict[str, float]] = field(default_factory=dict)

    def add(self, row: int, result: Row) -> None:
        """Take in what the file of one track gave."""
        facts = result.facts
        reason = result.error or facts.get("note", "")
        self.fates[row] = (facts.get("seconds"), facts.get("status", "error"), reason)
        if not result.error:
            self.matrix[row], self.present[row] = result.arrays["vector"], True
            self.tags[row] = facts["tags"]

    @property
    def counts(self) -> Counter[str]:
        """How many recordings have each status."""
        return Counter(status for _, status, _ in self.fates.values())


def _unchanged(workspace: Workspace, input_hash: str) -> bool:
    """Whether the feature is there, made of the same, and nothing is to be tried again."""
    folder = workspace.feature("audio")
    if not (folder / "card.json").exists():
        return False
    card = read_card(folder, "features --modality audio")
    return card.get("input_hash") == input_hash and not card.get("n_to_try_again")


def _gather(journal: Path, work: AudioWork, recordings: _Recordings, passing: Mapping[str, Row]) -> _Found:
    """The rows of the pass by track; they come from the journal one at a time."""
    tracks: dict[str, list[int]] = {}
    for row, key in recordings.keys.items():
        tracks.setdefault(key, []).append(row)
    n = len(recordings.ids)
    found = _Found(np.zeros((n, work.loaded.dim), dtype=np.float32), np.zeros(n, dtype=bool))
    for row, reason in recordings.unread.items():
        found.fates[row] = (None, "error", reason)
    for key, result in rows_of(journal, work, tracks, passing):
        for row in tracks[key]:
            found.add(row, result)
    return found


def _write_report(workspace: Workspace, recordings: _Recordings, found: _Found) -> None:
    """What became of each file, in catalogue order."""
    schema = {"seconds": pl.Float64, "status": pl.String, "reason": pl.String}
    rows = sorted(found.fates)
    names = {
        "track_id": [recordings.ids[row] for row in rows],
        "path": [str(recordings.paths[row]) for row in rows],
    }
    table = pl.DataFrame([found.fates[row] for row in rows], schema=schema, orient="row")
    with whole_file(workspace.report("audio") / "files.parquet") as temporary:
        pl.DataFrame(names).hstack(table).write_parquet(temporary)


def _write_tags(workspace: Workspace, source: str, ids: list[str], found: _Found) -> None:
    """The most probable tags of each track, where the encoder names any."""
    lines = [
        (ids[row], tag, p)
        for row in sorted(found.tags)
        for tag, p in best(found.tags[row], MOST_TAGS)
        if p >= LEAST_PROBABILITY
    ]
    if any(found.tags.values()):
        write_tags(workspace, source, pl.DataFrame(lines, schema=TAGS, orient="row"))


def _said(workspace: Workspace, found: _Found, outcome: Outcome, n_files: int) -> str:
    """The line that says what was done."""
    counts = found.counts
    usable = counts["ok"] + counts["partial"]
    done = f"{outcome.n_read:,} files read, {n_files - outcome.n_read:,} known"
    if not usable:
        text = f"audio: skipped, none of {len(found.fates):,} recordings could be used; {done}"
    else:
        text = (
            f"audio: {usable:,} of {len(found.present):,} tracks have a recording that could be used; {done}"
        )
    words = {"partial": "read in part", "silent": "silent", "too short": "too short", "error": "failed"}
    wrong = ", ".join(f"{counts[status]:,} {word}" for status, word in words.items() if counts[status])
    return f"{text}; {wrong} (report: {workspace.report('audio') / 'files.parquet'})" if wrong else text
