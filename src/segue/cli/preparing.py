"""The verbs between the data and the models: sessions of plays, dialogues from playlists."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from segue.cli.console import agreed, show
from segue.dialogues.llm_options import Options
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.listening.options import SessionOptions


def sessions(
    workspace: Path,
    *,
    preset: Literal["default", "published", "all"] = "default",
    options: Annotated[SessionOptions | None, Parameter(name="*")] = None,
) -> None:
    """Make sessions, completion ratios and splits of the plays; the options are in docs/listening.md.

    Parameters
    ----------
    preset
        default: the published filters without truncation. published: ten plays a session. all: keep every
        play.
    """
    from segue.listening.sessions import make_sessions

    # Only what was typed changes the preset.
    changes = options.model_dump(exclude_unset=True) if options else {}
    show(make_sessions(Workspace(workspace, must_exist=True), SessionOptions.preset(preset, **changes)))


def dialogues(
    workspace: Path,
    *,
    generator: Literal["templates", "llm"] = "templates",
    seed: int = 0,
    per_playlist: int | None = None,
    max_dialogues: int | None = None,
    requests: int | None = None,
    options: Annotated[Options | None, Parameter(name="*")] = None,
    dry_run: bool = False,
    yes: bool = False,
) -> None:
    """Make dialogues from the workspace's playlists, each split from its own; see docs/dialogues.md.

    Parameters
    ----------
    generator
        templates: offline, in seconds. llm: a language model behind --url writes them; says before what it
        will cost, goes on where it was stopped, and asks nothing twice.
    per_playlist
        Dialogues a playlist; by default one, of templates more where there are few training playlists.
    max_dialogues
        At most so many a split.
    requests
        So many single requests for tracks of the catalogue besides, for training (templates); by default
        three a track.
    dry_run
        Say what it would cost, and ask nothing (llm).
    yes
        Do not ask whether to go on (llm).
    """
    target = Workspace(workspace, must_exist=True)
    if generator == "llm":
        copies = 1 if per_playlist is None else per_playlist
        _written(target, options or Options(), seed, copies, max_dialogues, dry_run=dry_run, yes=yes)
        return
    if options is not None and options.model_fields_set:
        named = f"--{min(options.model_fields_set).replace('_', '-')}"
        raise SegueError(f"{named} is for a language model", cure="say --generator llm")
    from segue.dialogues.simulate import default_amounts, make

    copies, asked = default_amounts(target)
    made = make(
        target,
        seed=seed,
        per_playlist=copies if per_playlist is None else per_playlist,
        max_dialogues=max_dialogues,
        catalogue_requests=asked if requests is None else requests,
    )
    counts = ", ".join(f"{name} {n:,}" for name, n in made.counts.items())
    show([f"dialogues: {counts}" + (" (unchanged)" if made.skipped else "")])


def _written(
    target: Workspace,
    options: Options,
    seed: int,
    per_playlist: int,
    max_dialogues: int | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Dialogues by a language model."""
    from segue.dialogues.llm_generate import generate
    from segue.dialogues.llm_plan import answers_of, estimate, plan_of
    from segue.kit.completions import endpoint_of

    plan = plan_of(target, options, seed=seed, per_playlist=per_playlist, max_dialogues=max_dialogues)
    answers = answers_of(target, options)
    show(estimate(plan, answers))
    if dry_run:
        return
    # On this machine it costs nothing, and a budget is a yes that was given before.
    local = endpoint_of(options.url).host in ("localhost", "127.0.0.1", "::1")
    bounded = {options.budget_calls, options.budget_tokens, options.budget_money} != {None}
    if plan.missing(answers) and not (yes or local or bounded or agreed()):
        cure = "say --yes, or give a budget, where nobody can be asked"
        raise SegueError("not asked", options.url, cure)
    show(generate(target, plan))
