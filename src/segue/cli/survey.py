"""The verbs of the survey: create and report."""

from pathlib import Path
from typing import Literal

import cyclopts

from segue.cli.console import show
from segue.cli.serving import serving_extra
from segue.data.library import Library
from segue.kit.workspace import Workspace

survey = cyclopts.App(name="survey", help="Let people compare two systems, and count what they say.")


@survey.command
def create(
    workspace: Path,
    *,
    systems: tuple[str, str] = ("hybrid", "truth"),
    scenarios: int = 20,
    raters: int = 3,
    each: int | None = None,
    title: str = "Which music answers better?",
    split: Literal["validation", "test"] = "test",
    database: str | None = None,
    url: str = "http://127.0.0.1:8321",
    seed: int = 0,
) -> None:
    """Draw scenarios from test dialogues, let two systems answer them, and print a link for each rater.

    Raters see the dialogue, two tracks and two sentences; `segue serve` shows the pages.

    Parameters
    ----------
    systems
        Two names of fitted models, or "truth" for what the dialogue itself says; the report speaks from the
        side of the first.
    each
        So many scenarios a rater; all by default.
    title
        What raters read above it.
    database
        URL of the state database; by default the workspace's own.
    url
        Where the server will be reached, for the links.
    """
    with serving_extra():
        from segue.serving.state import Store, of_workspace
        from segue.serving.survey.create import draw
        from segue.serving.survey.store import Surveys

    target = Workspace(workspace, must_exist=True)
    drawn = draw(Library.open(target), systems, scenarios, split=split, seed=seed)
    about = {
        "split": split,
        "seed": seed,
        "scenarios": len(drawn.scenarios),
        "left out": dict(drawn.left_out),
    }
    names = [f"rater {n}" for n in range(1, raters + 1)]
    surveys = Surveys(Store(database or of_workspace(target.root)))
    made, tokens = surveys.create(title, systems, drawn.scenarios, names, each=each, about=about, seed=seed)
    show([f"survey {made}: {len(drawn.scenarios)} scenarios, {' : '.join(systems)}"])
    show([f"  not asked: {n} moments, {reason}" for reason, n in drawn.left_out.items()])
    show([f"{name}: {url.rstrip('/')}/survey/{token}" for name, token in tokens.items()])


@survey.command
def report(workspace: Path, *, only: str | None = None, database: str | None = None) -> None:
    """Count wins, ties and losses with intervals and agreement; write reports/survey.

    Parameters
    ----------
    only
        The id of one survey; all that were answered by default.
    database
        URL of the state database; by default the workspace's own.
    """
    with serving_extra():
        from segue.serving.state import Store, of_workspace
        from segue.serving.survey.report import write
        from segue.serving.survey.store import Surveys

    target = Workspace(workspace, must_exist=True)
    lines = write(Surveys(Store(database or of_workspace(target.root))), target.report("survey"), only)
    show([*lines, f"report: {target.report('survey') / 'report.md'}"])
