"""The study of TalkPlay on one workspace: every row, then the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from segue.data import stages
from segue.data.library import Library
from segue.evaluation.conversation import evaluate
from segue.evaluation.rows import CHANCE
from segue.experiments.lab import Lab
from segue.experiments.rows import Row, chosen, measured
from segue.experiments.talkplay import page, replies
from segue.experiments.talkplay.judge import judge_at
from segue.experiments.talkplay.settings import Study
from segue.experiments.talkplay.table import REPLIES, TABLES, rows_of
from segue.kit.workspace import hash_of

READS = ("described", "dialogues", "playlists", "log", "tokens", "features")
NAME = "experiment-talkplay"


def talkplay_study(
    library: Library,
    settings: Study,
    say: Callable[[str], None],
    *,
    only: Sequence[str] = (),
    command: str = "",
) -> list[str]:
    """Run the study; the lines of its tables. What was measured before is kept; a row that fails says why.

    Args:
        library: of a workspace with dialogues.
        settings: budgets.
        say: told of every row.
        only: names of tables, or of rows, where not all are wanted.
        command: what was typed, for the page.

    Raises:
        SegueError: nothing is called what `only` says, or no row at all could be measured.
        KeyboardInterrupt: what was measured is kept, and a training goes on where it was.
    """
    workspace = library.workspace
    folder = workspace.root / "experiments" / "talkplay"
    rows = chosen(rows_of(Lab(library, settings, folder)), only)
    inputs = stages.inputs(workspace, READS)

    def identity(row: Row) -> str:
        told = {name: getattr(settings, name) for name in row.reads}
        return hash_of(row.table, row.name, told, settings.seed, _dialogues(row, settings), inputs)

    def measure(row: Row, model: Any) -> pl.DataFrame:
        return _measured(library, settings, row, model)

    found, outcomes = measured(rows, folder / "rows", identity, measure, say)
    said = found.pop(REPLIES, {})
    results = {table: _with_one_chance(list(parts.values())) for table, parts in found.items()}
    told = page.Told(results, outcomes, said)
    return page.write(workspace.report(NAME), told, command=command, seed=settings.seed)


def _dialogues(row: Row, settings: Study) -> int:
    """How many test dialogues a row is asked at most."""
    retrained = {table.name for table in TABLES if table.retrained}
    return settings.variant_dialogues if row.table in retrained else settings.max_dialogues


def _measured(library: Library, settings: Study, row: Row, model: Any) -> pl.DataFrame:
    """The results of a row: its rankings, or its replies."""
    if row.table != REPLIES:
        most = _dialogues(row, settings)
        return evaluate(library, {row.name: model}, max_dialogues=most, seed=settings.seed)
    judge = judge_at(settings.judge, settings.judge_model) if settings.judge else None
    found = replies.asked_of(library.catalogue, settings.replies, settings.seed)
    return replies.replies_of(library.catalogue, model, found, judge)


def _with_one_chance(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The results of a table's rows, each measured alone, and the chance row once, at the end."""
    chance = pl.col("model") == CHANCE
    return pl.concat([*(part.filter(~chance) for part in parts), parts[0].filter(chance)])
