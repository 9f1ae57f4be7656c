"""The command `segue`: one verb a stage. Each verb is a function; its flags are the function's arguments."""

import logging
import os
import sys
from typing import NoReturn

import cyclopts
from rich.console import Console
from rich.logging import RichHandler

from segue import __version__
from segue.cli.building import build, demo
from segue.cli.console import printable, show
from segue.cli.experiment import experiment
from segue.cli.exporting import export
from segue.cli.features import features, rate, tokens
from segue.cli.importing import import_, synthesise
from segue.cli.measuring import evaluate
from segue.cli.mistakes import told
from segue.cli.models import fit, train
from segue.cli.preparing import dialogues, sessions
from segue.cli.sending import send
from segue.cli.serving import chat, mcp, serve
from segue.cli.status import status
from segue.cli.survey import survey
from segue.kit.errors import SegueError, of_system

app = cyclopts.App(
    name="segue",
    version=__version__,
    help="Talk to a music catalogue.",
    help_format="plaintext",
    # Ctrl-C is told by `segue.cli.main`, with how to go on.
    suppress_keyboard_interrupt=False,
)
app.command(import_, name="import")
for verb in (
    build,
    demo,
    synthesise,
    sessions,
    dialogues,
    features,
    tokens,
    rate,
    train,
    fit,
    evaluate,
    export,
    chat,
    serve,
    mcp,
    send,
    survey,
    experiment,
    status,
):
    app.command(verb)


@app.command
def doctor() -> None:
    """Say what is installed, which models, devices and extras are found, and what to do about the rest."""
    # Not at the top: it loads torch, and `segue --help` would wait for that.
    from segue.cli.doctor import report

    show(report())


def run() -> None:
    """Run the command line; a user's error is one line and exit code 2."""
    handler = RichHandler(console=Console(stderr=True), show_path=False, show_time=False, show_level=False)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler])
    # The libraries' own bars say nothing that ours do not.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        # Cyclopts would print a box of several lines and end by itself with another code than ours.
        app(sys.argv[1:], exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        stop(told(error, app), 2)
    except SegueError as error:
        stop(str(error), 2)
    except OSError as error:
        stop(str(of_system(error)), 2)


def stop(message: str, code: int) -> NoReturn:
    """One line on stderr, and the end."""
    print(f"segue: {printable(' '.join(message.split()))}", file=sys.stderr)
    sys.exit(code)
