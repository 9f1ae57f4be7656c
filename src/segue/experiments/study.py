"""The study of a paper on one workspace: every row, then the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import polars as pl

from segue.data import stages
from segue.data.library import Library
from segue.experiments.lab import Lab
from segue.experiments.rows import Outcome, Row, Say, chosen, collected, run
from segue.kit.settings import Settings
from segue.kit.workspace import hash_of

S = TypeVar("S", bound=Settings)
Results = dict[str, dict[str, pl.DataFrame]]
"""Table -> row -> its results."""
Outcomes = dict[tuple[str, str], Outcome]
"""Table and row -> what came of it."""


class Write(Protocol):
    """Writes the report of a study; the lines of its tables."""

    def __call__(
        self, folder: Path, found: Results, outcomes: Outcomes, *, command: str, seed: int
    ) -> list[str]:
        """Write it into a folder, whole or not at all."""


@dataclass(frozen=True)
class Paper(Generic[S]):
    """What is of one paper only.

    Args:
        name: of its folders.
        reads: what of the workspace the figures depend on (`stages.inputs`).
        rows: all rows, in the order in which they are made.
        asked: what a row is asked: besides its settings, all that its figures depend on.
        measure: the results of a row.
        write: the report.
        base: what a row's name is without its seed.
    """

    name: str
    reads: tuple[str, ...]
    rows: Callable[[Lab[S]], list[Row]]
    asked: Callable[[Row, S], Any]
    measure: Callable[[Library, S, Row, Any], pl.DataFrame]
    write: Write
    base: Callable[[str], str] = str


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
        paper: whose study.
        library: of a workspace with what the paper reads.
        settings: budgets.
        say: told of every row.
        only: names of tables, or of rows, where not all are wanted.
        command: what was typed, for the page.

    Raises:
        SegueError: nothing is called what `only` says, or no row at all could be measured.
        KeyboardInterrupt: what was measured is kept, and a training goes on where it was.
    """
    workspace = library.workspace
    folder = workspace.root / "experiments" / paper.name
    rows = chosen(paper.rows(Lab(library, settings, folder)), only, paper.base)
    inputs = stages.inputs(workspace, paper.reads)

    def identity(row: Row) -> str:
        told = {name: getattr(settings, name) for name in row.reads}
        return hash_of(row.table, row.name, told, settings.seed, paper.asked(row, settings), inputs)

    def measure(row: Row, model: Any) -> pl.DataFrame:
        return paper.measure(library, settings, row, model)

    done = run(rows, folder / "rows", identity, measure, say)
    found, outcomes = collected(done, folder / "rows")
    report = workspace.report(f"experiment-{paper.name}")
    return paper.write(report, found, outcomes, command=command, seed=settings.seed)
