"""The verbs that run all others, build and demo: what is stale is made again, the rest is kept."""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from segue.cli.console import console, show
from segue.cli.features import features, tokens
from segue.cli.importing import import_
from segue.cli.measuring import evaluate
from segue.cli.models import fit_models, train_model
from segue.cli.preparing import dialogues
from segue.data import stages
from segue.data.library import Library
from segue.evaluation.next_track_protocol import Protocol
from segue.features.options import Options
from segue.importing.options import Options as Importing
from segue.importing.options import Reading
from segue.kit.workspace import Workspace

MOMENTS_A_STEP = 4
"""Moments that are read for each step of training; a step takes 32 of them."""


def build(
    source: str,
    from_: Path,
    workspace: Path,
    *,
    steps: int = 1500,
    max_dialogues: int = 300,
    seed: int = 0,
    reading: Annotated[Reading | None, Parameter(name="*")] = None,
) -> None:
    """Run every stage from a source to a report: import, features, tokens, dialogues, train, fit, evaluate.

    Run again, it makes what is missing, unfinished or stale (`segue status`), and keeps the rest.

    Parameters
    ----------
    source
        As in `segue import`.
    from_
        As in `segue import`.
    workspace
        As in `segue import`.
    steps
        How long to train the gated TalkPlay: in steps, so that the same seed gives the same table.
    max_dialogues
        How many test dialogues to measure at most.
    """
    # One for training and fitting: tracks are encoded, and utterances read, once.
    opened = cache(lambda: Library.open(workspace))
    # Handed on is only what was said: an import refuses what its source does not know.
    read = Importing(**reading.model_dump(exclude_unset=True)) if reading else Importing()
    parts: tuple[tuple[str, Callable[[], None]], ...] = (
        ("1/7 import", lambda: import_(source, from_, workspace, options=read)),
        ("2/7 features", lambda: _features(workspace)),
        ("3/7 tokens", lambda: _tokens(workspace, seed)),
        ("4/7 dialogues", lambda: dialogues(workspace, seed=seed)),
        ("5/7 train", lambda: _train(opened(), steps, seed)),
        ("6/7 fit", lambda: _fit(opened(), seed)),
        ("7/7 evaluate", lambda: _evaluate(workspace, max_dialogues, seed)),
    )
    start = time.monotonic()
    for title, part in parts:
        console.rule(f"{title}  ({time.monotonic() - start:.0f} s)", align="left")
        part()
    console.rule(f"done in {time.monotonic() - start:.0f} s", align="left")
    show([f"Now talk to it:          segue chat {workspace}"])


def demo(workspace: Path = Path("demo-music"), *, steps: int = 300, seed: int = 0) -> None:
    """Run everything once on the embedded library: songs are facts, listeners are simulated.

    Parameters
    ----------
    workspace
        Where; finished stages are kept when it is run again.
    steps
        How long to train.
    """
    build("demo", Path("-"), workspace, steps=steps, max_dialogues=64, seed=seed)
    show(["Your own tracks:         segue import tables tracks.csv my-music   (see README)"])


def _states(workspace: Path) -> dict[str, str]:
    """Stage -> its state; a stage whose card does not say of what it was made is not known to be stale."""
    return {found.name: found.state for found in stages.statuses(Workspace(workspace))}


def _kept(workspace: Path, name: str) -> bool:
    """Whether a stage is done; says so."""
    done = _states(workspace).get(name) == "done"
    if done:
        show([f"{name.partition('/')[2]}: made of what is there now, kept"])
    return done


def _features(workspace: Path) -> None:
    """The features; that of playlist company anew where the playlists have changed."""
    # The only feature that playlists change; the others look at each track and keep what is as it was.
    if _states(workspace).get("features/playlist") == "stale":
        features(workspace, modality=["playlist"], options=Options(refit=True))
    features(workspace)


def _tokens(workspace: Path, seed: int) -> None:
    """The tokens; codebooks anew where the features are of another space than they were fitted to."""
    from segue.tokens.quantise import spaces_changed

    tokens(workspace, seed=seed, refit=spaces_changed(Workspace(workspace)))


def _train(library: Library, steps: int, seed: int) -> None:
    if not _kept(library.workspace.root, "models/talkplay_gated"):
        settings = {"steps": steps, "moments": MOMENTS_A_STEP * steps, "seed": seed}
        train_model(library, "talkplay_gated", None, settings)


def _fit(library: Library, seed: int) -> None:
    # The hybrid last: it learns how to weigh those before it.
    names = ["popularity", "bm25", "dense", "neighbours", "hybrid"]
    if wanted := [name for name in names if not _kept(library.workspace.root, f"models/{name}")]:
        fit_models(library, "conversation", wanted, seed)


def _evaluate(workspace: Path, max_dialogues: int, seed: int) -> None:
    """Evaluate where there is anything to evaluate on: a library of albums alone has no dialogue to test."""
    if not Library.open(workspace).catalogue.dialogues_of("test"):
        show(
            ["nothing to measure on: no playlist or dialogue was kept for the test (albums are for training)"]
        )
    elif not _kept(workspace, "reports/conversation"):
        evaluate(workspace, max_dialogues=max_dialogues, protocol=Protocol(seed=seed))
