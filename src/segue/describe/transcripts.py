"""The transcripts of a workspace: which tracks need one, what the gates say, the table they are kept in."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Unpack

import polars as pl

from segue.data import store
from segue.describe.gates import ENGLISH_ONLY, Gates, joined, judge
from segue.encoders.whisper import TranscribeWork, segments_of
from segue.kit.workspace import Workspace, whole_file
from segue.passes.journal import Row, content_keys
from segue.passes.local import Reading, go_through, rows_of

NAME = "lyrics-whisper"
STATUSES = ("accepted", "no lyrics", "unsure", "error")
"""What can become of a recording: lyrics; nothing sung; something sung, but not understood; not readable."""
SCHEMA = pl.Schema(
    {
        "track_id": pl.String,
        "text": pl.String,
        "language": pl.String,
        "status": pl.String,
        "reason": pl.String,
        "n_words": pl.Int32,
        "share_bad_segments": pl.Float64,
        "seconds": pl.Float64,
        "model": pl.String,
    }
)


@dataclass(frozen=True)
class Transcript:
    """What became of one recording; `text` is None unless `status` is "accepted"."""

    text: str | None
    language: str | None
    status: str
    reason: str
    n_words: int = 0
    share_bad_segments: float = 0.0
    seconds: float | None = None


def path_of(workspace: Workspace) -> Path:
    """Where the table is."""
    return workspace.descriptions / f"{NAME}.parquet"


def accepted(workspace: Workspace) -> dict[str, tuple[str, str | None]]:
    """Track id -> (text, language) of the transcripts that the gates accepted; empty where none were made."""
    if not path_of(workspace).exists():
        return {}
    table = pl.read_parquet(path_of(workspace), columns=["track_id", "text", "language"]).drop_nulls("text")
    return {track: (text, language) for track, text, language in table.iter_rows()}


def update(
    workspace: Workspace, paths: Mapping[str, Path], work: TranscribeWork, **how: Unpack[Reading]
) -> str:
    """Transcribe recordings, judge them and write the table; returns one line that says what came of it.

    A recording that this model has heard before is not heard again, but judged again.

    Args:
        paths: track id -> recording, of the tracks that bring no words of their own.
    """
    if not paths:
        return store.logged("lyrics: no recording needs a transcript")
    # The audio feature's journal: each file's content is looked at once for both.
    journal = workspace.root / "features" / ".audio-journal.sqlite"
    unread: dict[Path, str] = {}
    key_of = content_keys(sorted(set(paths.values())), journal, unread, title="lyrics: looking at files")
    files = {key: path for path, key in key_of.items()}
    outcome = go_through(journal, files, work, title="lyrics: listening", **how)
    found = {key: transcript(row) for key, row in rows_of(journal, work, files, outcome.passing)}
    table = {
        track: found[key_of[path]] if path in key_of else Transcript(None, None, "error", unread[path])
        for track, path in paths.items()
    }
    _write(workspace, table, work.model)
    counts = Counter(t.status for t in table.values())
    said = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES if counts[status])
    return store.logged(f"lyrics: of {len(table):,} recordings ({outcome.n_read:,} heard now) {said}")


def transcript(row: Row) -> Transcript:
    """The transcript of a row of `TranscribeWork`, after the gates."""
    if row.error:
        return Transcript(None, None, "error", row.error)
    gates = ENGLISH_ONLY if row.facts["english_only"] else Gates()
    segments, seconds = segments_of(row), float(row.facts["seconds"])
    verdict = judge(segments, seconds, gates)
    text = joined(segments) if verdict.status == "accepted" else None
    # An English-only model says "en" of everything: that is worth something only where it was understood.
    language = row.facts["language"] if text or not row.facts["english_only"] else None
    return Transcript(
        text, language, verdict.status, verdict.reason, verdict.n_words, verdict.share_bad, seconds
    )


def _write(workspace: Workspace, table: Mapping[str, Transcript], model: str) -> None:
    """Write the table; a file that would stay as it is is left alone, so nothing after it runs again."""
    rows = [{"track_id": track, **asdict(t), "model": model} for track, t in table.items()]
    new = pl.DataFrame(rows, schema=SCHEMA)
    target = path_of(workspace)
    if target.exists() and pl.read_parquet(target).equals(new):
        return
    with whole_file(target) as temporary:
        new.write_parquet(temporary)
