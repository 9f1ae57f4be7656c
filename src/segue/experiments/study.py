"""The study of a paper on one workspace: every row, then the tables."""

import platform
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import polars as pl

from segue.data import stages
from segue.data.library import Library
from segue.experiments.lab import Lab
from segue.experiments.rows import Outcome, Row, Say, base, chosen, collected, run
from segue.kit.settings import Settings
from segue.kit.tables import aligned, markdown, versions
from segue.kit.workspace import hash_of, whole_directory

S = TypeVar("S", bound=Settings)
Parts = dict[str, pl.DataFrame]
"""Row -> its results."""


@dataclass(frozen=True)
class Table:
    """A table of a study: its name, its title, and the row that the others are compared with."""

    name: str
    title: str
    against: str = ""


class Shown(NamedTuple):
    """What a table shows: its cells, header first, how much was asked, lines below it."""

    cells: list[list[str]]
    asked: str
    below: Sequence[str] = ()


class Paper(ABC, Generic[S]):
    """What is of one paper only; a subclass is its study."""

    name: ClassVar[str]
    """Of its folders."""
    title: ClassVar[str]
    reads: ClassVar[tuple[str, ...]]
    """What of the workspace the figures depend on (`stages.inputs`)."""
    tables: ClassVar[Sequence[Table]]
    notes: ClassVar[str]
    """At the end of the page."""

    @abstractmethod
    def rows(self, lab: Lab[S]) -> list[Row]:
        """All rows, in the order in which they are made."""

    @abstractmethod
    def asked(self, row: Row, settings: S) -> Any:
        """What a row is asked: besides its settings, all that its figures depend on."""

    @abstractmethod
    def measure(self, library: Library, settings: S, row: Row, model: Any) -> pl.DataFrame:
        """The results of a row."""

    @abstractmethod
    def shown(self, table: Table, parts: Parts, told: Mapping[str, Outcome], seed: int) -> Shown:
        """What a table shows of the results of its rows, and of what came of each."""

    @abstractmethod
    def beside(self, folder: Path, found: Mapping[str, Parts], seed: int) -> list[str]:
        """Write what else is in the report's folder; lines for the page's end."""


def study(
    paper: Paper[S],
    library: Library,
    settings: S,
    say: Say,
    *,
    only: Sequence[str] = (),
    command: str = "",
) -> list[str]:
    """Run a study; the lines of its tables. What was measured before is kept; a row that fails says why.

    Args:
        only: names of tables, or of rows, where not all are wanted.

    Raises:
        SegueError: nothing is called what `only` says, or no row at all could be measured.
        KeyboardInterrupt: what was measured is kept, and a training goes on where it was.
    """
    workspace = library.workspace
    folder = workspace.root / "experiments" / paper.name
    rows = chosen(paper.rows(Lab(library, settings, folder)), only)
    inputs = stages.inputs(workspace, paper.reads)

    def identity(row: Row) -> str:
        told = {name: getattr(settings, name) for name in row.reads}
        return hash_of(row.table, row.name, told, settings.seed, paper.asked(row, settings), inputs)

    def measure(row: Row, model: Any) -> pl.DataFrame:
        return paper.measure(library, settings, row, model)

    done = run(rows, folder / "rows", identity, measure, say)
    found, outcomes = collected(done, folder / "rows")
    with whole_directory(workspace.report(f"experiment-{paper.name}")) as report:
        return _write(paper, report, found, outcomes, command, settings.seed)


def _write(
    paper: Paper[S],
    folder: Path,
    found: Mapping[str, Parts],
    outcomes: Mapping[tuple[str, str], Outcome],
    command: str,
    seed: int,
) -> list[str]:
    """Write the page and what stands beside it; the lines for a terminal."""
    text = [f"# The study of {paper.title}\n\n- Command: `{command}`"]
    text += [f"- Python {platform.python_version()}, {', '.join(versions())}\n"]
    lines: list[str] = []
    for table in paper.tables:
        told = {row: outcome for (name, row), outcome in outcomes.items() if name == table.name}
        # Tables of which nothing was asked (`--only`) are not on the page.
        if not told:
            continue
        parts = found.get(table.name)
        shown = paper.shown(table, parts, told, seed) if parts else Shown([], "No row could be measured.")
        failed = {base(row): outcome.failed for row, outcome in told.items() if outcome.failed}
        below = [*shown.below, *(f"failed: {row}: {why}" for row, why in failed.items())]
        lines += ["", table.title, *aligned(shown.cells), *below]
        text += [f"## {table.title}\n", f"{shown.asked}\n", *markdown(shown.cells)]
        text += [*(f"- {line}" for line in below), ""]
    text += [*paper.beside(folder, found, seed), paper.notes]
    (folder / "report.md").write_text("\n".join(text) + "\n", "utf-8")
    return lines


def write_each(file: Path, tables: Mapping[str, pl.DataFrame], column: str = "table") -> None:
    """Write results by request as one table that says whose they are; without the seconds, so that a second
    run gives the same bytes."""
    kept = [found.select(pl.lit(name).alias(column), pl.all()) for name, found in tables.items()]
    if kept:
        pl.concat(kept, how="diagonal").drop("seconds", strict=False).write_parquet(file)
