"""The command `segue`: one verb a stage. Each verb is a function; its flags are the function's arguments."""

from __future__ import annotations

import errno
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.logging import RichHandler

from segue import __version__
from segue.cli.console import console, show
from segue.cli.features import features, rate, tokens
from segue.cli.importing import SourceName, import_, synthesise
from segue.cli.measuring import evaluate
from segue.cli.models import fit, fit_all, train, train_talkplay
from segue.data.library import Library
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.listening.options import SessionOptions

app = cyclopts.App(
    name="segue",
    version=__version__,
    help="Talk to a music catalogue.",
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)
app.command(import_, name="import")
for verb in (synthesise, features, tokens, rate, train, fit, evaluate):
    app.command(verb)


@app.command
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

    changes = options.model_dump(exclude_unset=True) if options else {}
    show(make_sessions(Workspace(workspace, must_exist=True), SessionOptions.preset(preset, **changes)))


@app.command
def dialogues(
    workspace: Path,
    *,
    seed: int = 0,
    per_playlist: int | None = None,
    max_dialogues: int | None = None,
    requests: int | None = None,
) -> None:
    """Simulate dialogues from the workspace's playlists, each split from its own.

    Parameters
    ----------
    per_playlist
        Dialogues a playlist; by default one, more where there are few training playlists.
    max_dialogues
        At most so many a split.
    requests
        So many single requests for tracks of the catalogue besides, for training; by default three a track.
    """
    from segue.dialogues.simulate import default_amounts, make

    target = Workspace(workspace, must_exist=True)
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


@app.command
def chat(workspace: Path, *, model: str | None = None) -> None:
    """Talk to the catalogue.

    Parameters
    ----------
    model
        Which recommender answers; the hybrid where it is fitted, else TalkPlay. "talkplay-published" decodes
        as the paper does.
    """
    from segue.serving.terminal import run

    run(Workspace(workspace, must_exist=True), model)


@app.command
def build(
    source: SourceName,
    from_: Path,
    workspace: Path,
    *,
    minutes: float = 5.0,
    max_dialogues: int = 300,
    also: list[Path] | None = None,
    seed: int = 0,
) -> None:
    """Run every stage from a source to a report: import, features, tokens, dialogues, train, fit, evaluate.

    Finished stages are kept when it is run again.

    Parameters
    ----------
    source
        As in `segue import`.
    from_
        As in `segue import`.
    workspace
        As in `segue import`.
    minutes
        How long to train TalkPlay (size tiny).
    max_dialogues
        How many test dialogues to measure at most.
    also
        As in `segue import`.
    """
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("1/7 import", lambda: import_(source, from_, workspace, also=also)),
        ("2/7 features", lambda: features(workspace)),
        ("3/7 tokens", lambda: tokens(workspace, seed=seed)),
        ("4/7 dialogues", lambda: dialogues(workspace, seed=seed)),
        ("5/7 train", lambda: train_once(workspace, minutes, seed)),
        ("6/7 fit", lambda: fit_all(workspace, seed=seed)),
        ("7/7 evaluate", lambda: evaluate_some(workspace, max_dialogues, seed)),
    )
    start = time.monotonic()
    for title, step in steps:
        console.rule(f"{title}  ({time.monotonic() - start:.0f} s)", align="left")
        step()
    console.rule(f"done in {time.monotonic() - start:.0f} s", align="left")
    show([f"Now talk to it:          segue chat {workspace}"])


@app.command
def demo(workspace: Path = Path("demo-music"), *, minutes: float = 2.5, seed: int = 0) -> None:
    """Run everything once on the embedded library: songs are facts, listeners are simulated.

    Parameters
    ----------
    workspace
        Where; finished stages are kept when it is run again.
    minutes
        How long to train.
    """
    build("demo", Path("-"), workspace, minutes=minutes, max_dialogues=64, seed=seed)
    show(["Your own tracks:         segue import tables tracks.csv my-music   (see README)"])


def train_once(workspace: Path, minutes: float, seed: int) -> None:
    """Train unless a model with this workspace's codebooks is there."""
    from segue.models.talkplay.learn import is_current

    if is_current(Workspace(workspace)):
        show(["talkplay: trained before, kept"])
    else:
        train_talkplay(workspace, minutes=minutes, seed=seed)


def evaluate_some(workspace: Path, max_dialogues: int, seed: int) -> None:
    """Evaluate where there is anything to evaluate on: a library of albums alone has no dialogue to test."""
    if Library.open(workspace).catalogue.dialogues_of("test"):
        evaluate(workspace, max_dialogues=max_dialogues, seed=seed)
    else:
        show(
            ["nothing to measure on: no playlist or dialogue was kept for the test (albums are for training)"]
        )


@app.command
def doctor() -> None:
    """Say what is installed, which models, devices and extras are found, and what to do about the rest."""
    from segue.cli.doctor import report

    show(report())


def main() -> None:
    """Run the command line; a user's error is one line and exit code 2, Ctrl-C is 130."""
    handler = RichHandler(console=Console(stderr=True), show_path=False, show_time=False, show_level=False)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler])
    # The libraries' own bars say nothing that ours do not.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        app(sys.argv[1:], exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        stop(f"{error}; `segue --help` and `segue VERB --help` list what there is", 2)
    except SegueError as error:
        stop(str(error), 2)
    except OSError as error:
        full = error.errno == errno.ENOSPC
        cure = "; free some and run the same command again, it goes on where it stopped" if full else ""
        stop(f"{error}{cure}", 2)
    except KeyboardInterrupt:
        stop("stopped; the same command goes on where it stopped", 130)


def stop(message: str, code: int) -> NoReturn:
    """One line on stderr, and the end."""
    print(f"segue: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
