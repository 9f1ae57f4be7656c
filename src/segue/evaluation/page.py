"""What a report's page is made of: what was asked, the parts of one task alone, and rows of a table."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import polars as pl

from segue.data.catalogue import Split
from segue.data.library import Library
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.rows import CHANCE
from segue.evaluation.summary import Task, over_seeds
from segue.kit.bootstrap import Interval
from segue.kit.tables import with_interval


@dataclass(frozen=True)
class Page(ABC):
    """What a report says of one task alone; the fields are as in `report.write`."""

    notes: ClassVar[str]
    """On the overall table."""

    task: Task
    library: Library
    results: pl.DataFrame
    split: Split
    seed: int
    protocol: Protocol
    pairs: Sequence[tuple[str, str]]
    published: pl.DataFrame | None

    @property
    def requests(self) -> pl.DataFrame:
        """One row a request: those of the chance row."""
        return self.results.filter(pl.col("model") == CHANCE)

    @abstractmethod
    def facts(self) -> list[str]:
        """Lines on what was measured."""

    @abstractmethod
    def parts(self, table: pl.DataFrame) -> list[str]:
        """The section on parts of the requests, of `all_summaries`."""

    @abstractmethod
    def sample(self, row: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[str, list[str], set[str]]:
        """Of a request's row and the titles: heading, lines before the models' answers, target ids."""

    def checks(self) -> list[str]:
        """Lines after the overall table."""
        return []

    def more(self) -> list[str]:
        """Sections after the comparisons."""
        return []

    def beside(self, folder: Path) -> None:
        """Write further pages into the report's folder."""
        return


def header(task: Task) -> list[str]:
    """The columns of the overall table."""
    titles = [f"{task.label(m)} [95 %]" if m in task.with_interval else task.label(m) for m in task.shown]
    return ["model", *titles, "ms/request"]


def cells(task: Task, table: pl.DataFrame) -> list[list[str]]:
    """The rows of a summary as text under `header`."""
    rows = []
    for row in table.iter_rows(named=True):
        shown = [cell(row, m) if m in task.with_interval else number(row[m]) for m in task.shown]
        rows.append([row["model"], *shown, f"{row['ms']:.2f}"])
    return rows


def seed_cells(task: Task, table: pl.DataFrame) -> list[list[str]]:
    """A row for each model of several seeds: mean and standard deviation over them."""
    return [
        [row["model"], *(f"{number(row[m])} sd {number(row[f'{m}_sd'])}" for m in task.shown), ""]
        for row in over_seeds(task, table).iter_rows(named=True)
    ]


def cell(row: Mapping[str, Any], metric: str) -> str:
    """One metric of a summary with its interval."""
    return with_interval(Interval(row[metric], row[f"{metric}_low"], row[f"{metric}_high"]), ".4f")


def number(value: float) -> str:
    """Four places, "-" for what is not known anywhere."""
    # NaN: what was not measured.
    return "-" if value != value else f"{value:.4f}"
