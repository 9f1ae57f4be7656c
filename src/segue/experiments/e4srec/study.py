"""The study of E4SRec on one workspace: its cells and how each is asked."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from segue.data.library import Library
from segue.evaluation.next_track import evaluate
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.rows import CHANCE
from segue.experiments import study
from segue.experiments.e4srec import page
from segue.experiments.e4srec.settings import Study
from segue.experiments.e4srec.table import TABLES, Table, rows_of
from segue.experiments.lab import Lab
from segue.experiments.rows import Outcome, Row
from segue.experiments.study import Paper, Parts, Shown, write_each
from segue.models.recommender import Recommender


class E4SRecStudy(Paper[Study]):
    """Tables 5 to 12 of the paper, as published and as corrected."""

    name = "e4srec"
    title = "E4SRec"
    reads = ("log", "features")
    tables = TABLES
    notes = page.NOTES

    def rows(self, lab: Lab[Study]) -> list[Row]:
        """Every cell, one for each seed."""
        return rows_of(lab)

    def asked(self, row: Row, settings: Study) -> str:
        """The protocol in words."""
        return _protocol(row, settings).words

    def measure(self, library: Library, settings: Study, row: Row, model: Recommender) -> pl.DataFrame:
        """A row a target."""
        return evaluate(library, {row.name: model}, protocol=_protocol(row, settings))

    def shown(self, table: study.Table, parts: Parts, told: Mapping[str, Outcome], seed: int) -> Shown:
        """The cells with their seeds together; of untrained ones how far they are from chance."""
        assert isinstance(table, Table)
        found, first = _together(parts), next(iter(parts.values())).filter(pl.col("model") == CHANCE)
        asked = f"{first.height} test plays of {first['user_id'].n_unique()} listeners."
        below = page.chance_lines(found) if table.name == "zero-shot" else []
        return Shown(page.rows_of(table, found, told, seed), asked, below)

    def beside(self, folder: Path, found: Mapping[str, Parts], seed: int) -> list[str]:
        """Every target's result."""
        write_each(folder / "per_request.parquet", {t: _together(parts) for t, parts in found.items()})
        return []


def _protocol(row: Row, settings: Study) -> Protocol:
    """How the rows of a table are asked."""
    if row.table in {table.name for table in TABLES if table.published}:
        return Protocol.as_published(seed=settings.seed)
    return Protocol(max_requests=settings.max_requests, seed=settings.seed)


def _together(parts: Parts) -> pl.DataFrame:
    """Each row was measured with a chance row of its own, of which none is shown."""
    return pl.concat([results.filter(pl.col("model") != CHANCE) for results in parts.values()])
