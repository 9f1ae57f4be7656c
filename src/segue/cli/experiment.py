"""The verb that runs whole studies of a paper."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from segue.cli.console import show
from segue.data.library import Library
from segue.experiments.talkplay.settings import Study

experiment = App(name="experiment", help="Run the whole study of a paper on one workspace.")


@experiment.command
def talkplay(
    workspace: Path,
    *,
    only: list[str] | None = None,
    settings: Annotated[Study | None, Parameter(name="*")] = None,
) -> None:
    """The study of TalkPlay: its tables, figure 2, ablations, replies. Interrupted, the same command goes on.

    Rows that were measured before, with the same settings on the same workspace, are kept; one that fails
    says why and the others finish. Writes reports/experiment-talkplay.

    Parameters
    ----------
    only
        Tables ("table 2", "table 3", "table 4", "ablations") or rows to run; all by default.
    """
    from segue.experiments.talkplay.study import talkplay_study

    console = Console(stderr=True, highlight=False)
    command = " ".join(["segue", *sys.argv[1:]])
    library = Library.open(workspace)
    show(
        talkplay_study(
            library,
            settings or Study(),
            lambda line: console.print(line, markup=False, soft_wrap=True),
            only=only or (),
            command=command,
        )
    )
    show([f"report: {workspace / 'reports' / 'experiment-talkplay' / 'report.md'}"])
