"""The verb that runs whole studies of a paper."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import App, Parameter
from rich.console import Console

from segue.cli.console import show
from segue.data.library import Library
from segue.experiments.e4srec.settings import Study as E4SRecSettings
from segue.experiments.talkplay.settings import Study
from segue.kit.settings import Settings

if TYPE_CHECKING:
    from segue.experiments.study import Paper

S = TypeVar("S", bound=Settings)
OfTalkPlay = Annotated[Study | None, Parameter(name="*")]
OfE4SRec = Annotated[E4SRecSettings | None, Parameter(name="*")]

experiment = App(name="experiment", help="Run the whole study of a paper on one workspace.")


@experiment.command
def talkplay(workspace: Path, *, only: list[str] | None = None, settings: OfTalkPlay = None) -> None:
    """The study of TalkPlay: its tables, figure 2, ablations, replies. Interrupted, the same command goes on.

    Rows that were measured before, with the same settings on the same workspace, are kept; one that fails
    says why and the others finish. Writes reports/experiment-talkplay.

    Parameters
    ----------
    only
        Tables ("table 2", "table 3", "table 4", "ablations") or rows to run; all by default.
    """
    from segue.experiments.talkplay.study import TalkPlayStudy

    _run(TalkPlayStudy(), workspace, settings or Study(), only)


@experiment.command
def e4srec(workspace: Path, *, only: list[str] | None = None, settings: OfE4SRec = None) -> None:
    """The study of E4SRec: zero-shot, as published, modalities, fusions, completion, ID encoders, backbones.

    Every cell three times (seeds). Interrupted, the same command goes on; what was measured is kept, a cell
    that fails says why. Writes reports/experiment-e4srec.

    Parameters
    ----------
    only
        Tables ("zero-shot", "published", "baselines", "modalities", "fusions", "completion", "encoders",
        "backbones") or rows to run; all by default.
    """
    from segue.experiments.e4srec.study import E4SRecStudy

    _run(E4SRecStudy(), workspace, settings or E4SRecSettings(), only)


def _run(paper: Paper[S], workspace: Path, settings: S, only: list[str] | None) -> None:
    """Run a study, tell of its rows on stderr, show its tables; what was typed goes into the report."""
    from segue.experiments.study import study

    console = Console(stderr=True, highlight=False)

    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    command = " ".join(["segue", *sys.argv[1:]])
    show(study(paper, Library.open(workspace), settings, say, only=only or (), command=command))
    show([f"report: {workspace / 'reports' / f'experiment-{paper.name}' / 'report.md'}"])
