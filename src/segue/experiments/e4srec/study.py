"""The study of E4SRec on one workspace: its cells and how each is asked."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from segue.data.library import Library
from segue.evaluation.next_track import evaluate
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.rows import CHANCE
from segue.experiments.e4srec import page
from segue.experiments.e4srec.settings import Study
from segue.experiments.e4srec.table import TABLES, base, rows_of
from segue.experiments.rows import Row
from segue.experiments.study import Outcomes, Paper, Results
from segue.models.recommender import Recommender


def _protocol(row: Row, settings: Study) -> Protocol:
    """How the rows of a table are asked."""
    if row.table in {table.name for table in TABLES if table.published}:
        return Protocol.as_published(seed=settings.seed)
    return Protocol(max_requests=settings.max_requests, seed=settings.seed)


def _asked(row: Row, settings: Study) -> str:
    return _protocol(row, settings).words


def _measure(library: Library, settings: Study, row: Row, model: Recommender) -> pl.DataFrame:
    return evaluate(library, {row.name: model}, protocol=_protocol(row, settings))


def _write(folder: Path, found: Results, outcomes: Outcomes, *, command: str, seed: int) -> list[str]:
    """The page; each row was measured with a chance row of its own, of which none is shown."""
    own = pl.col("model") != CHANCE
    results = {table: pl.concat([r.filter(own) for r in parts.values()]) for table, parts in found.items()}
    return page.write(folder, results, outcomes, command=command, seed=seed)


E4SREC = Paper("e4srec", ("log", "features"), rows_of, _asked, _measure, _write, base)
