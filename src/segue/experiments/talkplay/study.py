"""The study of TalkPlay on one workspace: its rows and how each is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.library import Library
from segue.evaluation.conversation import evaluate
from segue.evaluation.rows import CHANCE
from segue.experiments.rows import Row
from segue.experiments.study import Outcomes, Paper, Results
from segue.experiments.talkplay import page, replies
from segue.experiments.talkplay.judge import judge_at
from segue.experiments.talkplay.settings import Study
from segue.experiments.talkplay.table import REPLIES, TABLES, rows_of

READS = ("described", "dialogues", "playlists", "log", "tokens", "features")


def _dialogues(row: Row, settings: Study) -> int:
    """How many test dialogues a row is asked at most."""
    retrained = {table.name for table in TABLES if table.retrained}
    return settings.variant_dialogues if row.table in retrained else settings.max_dialogues


def _measure(library: Library, settings: Study, row: Row, model: Any) -> pl.DataFrame:
    """The results of a row: its rankings, or its replies."""
    if row.table != REPLIES:
        most = _dialogues(row, settings)
        return evaluate(library, {row.name: model}, max_dialogues=most, seed=settings.seed)
    judge = judge_at(settings.judge, settings.judge_model) if settings.judge else None
    found = replies.asked_of(library.catalogue, settings.replies, settings.seed)
    return replies.replies_of(library.catalogue, model, found, judge)


def _write(folder: Path, found: Results, outcomes: Outcomes, *, command: str, seed: int) -> list[str]:
    rankings = {table: _with_one_chance(list(p.values())) for table, p in found.items() if table != REPLIES}
    told = page.Told(rankings, outcomes, found.get(REPLIES, {}))
    return page.write(folder, told, command=command, seed=seed)


def _with_one_chance(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The results of a table's rows, each measured alone, and the chance row once, at the end."""
    chance = pl.col("model") == CHANCE
    return pl.concat([*(part.filter(~chance) for part in parts), parts[0].filter(chance)])


TALKPLAY = Paper("talkplay", READS, rows_of, _dialogues, _measure, _write)
