"""The study of E4SRec on one workspace: every cell, then the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from segue.data import stages
from segue.data.library import Library
from segue.evaluation.next_track import evaluate
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.rows import CHANCE
from segue.experiments.e4srec import page
from segue.experiments.e4srec.settings import Study
from segue.experiments.e4srec.table import TABLES, base, rows_of
from segue.experiments.lab import Lab
from segue.experiments.rows import Row, chosen, measured
from segue.kit.workspace import hash_of
from segue.models.recommender import Recommender

READS = ("log", "features")
NAME = "experiment-e4srec"


def e4srec_study(
    library: Library,
    settings: Study,
    say: Callable[[str], None],
    *,
    only: Sequence[str] = (),
    command: str = "",
) -> list[str]:
    """Run the study; the lines of its tables. What was measured before is kept; a cell that fails says why.

    Args:
        library: of a workspace with a listening log and test plays.
        settings: budgets.
        say: told of every cell.
        only: names of tables, or of rows, where not all are wanted.
        command: what was typed, for the page.

    Raises:
        SegueError: nothing is called what `only` says, or no cell at all could be measured.
        KeyboardInterrupt: what was measured is kept, and a training goes on where it was.
    """
    workspace = library.workspace
    folder = workspace.root / "experiments" / "e4srec"
    lab = Lab(library, settings, folder)
    published = {table.name for table in TABLES if table.published}
    inputs = stages.inputs(workspace, READS)

    def protocol(row: Row) -> Protocol:
        if row.table in published:
            return Protocol.as_published(seed=settings.seed)
        return Protocol(max_requests=settings.max_requests, seed=settings.seed)

    def identity(row: Row) -> str:
        told = {name: getattr(settings, name) for name in row.reads}
        return hash_of(row.table, row.name, told, settings.seed, protocol(row).words, inputs)

    def measure(row: Row, model: Recommender) -> pl.DataFrame:
        return evaluate(library, {row.name: model}, protocol=protocol(row))

    rows = chosen(rows_of(lab), only, base)
    found, outcomes = measured(rows, folder / "rows", identity, measure, say)
    own = pl.col("model") != CHANCE
    results = {table: pl.concat([r.filter(own) for r in parts.values()]) for table, parts in found.items()}
    return page.write(workspace.report(NAME), results, outcomes, command=command, seed=settings.seed)
