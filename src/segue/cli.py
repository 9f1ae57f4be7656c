"""The command `segue`: one verb a stage. Each verb is a function; its flags are the function's arguments."""

from __future__ import annotations

import errno
import logging
import os
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.logging import RichHandler

from segue import __version__
from segue.catalogue import Catalogue, Tables
from segue.cli_features import features, rate
from segue.cli_learn import evaluate, fit, train
from segue.console import console, show
from segue.errors import SegueError
from segue.workspace import Workspace

app = cyclopts.App(
    name="segue",
    version=__version__,
    help="Talk to a music catalogue.",
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)
for verb in (features, rate, train, fit, evaluate):
    app.command(verb)
SourceName = Literal[
    "folder", "cpcd", "lme", "mpd", "tables", "lastfm1k", "spotify_history", "listenbrainz", "demo"
]
TableName = Literal["tracks", "plays", "playlists", "dialogues"]


@app.command(name="import")
def import_(
    source: SourceName,
    from_: Path,
    workspace: Path,
    *,
    split: Literal["auto", "train", "validation", "test"] = "auto",
    validation: float | None = None,
    test: float | None = None,
    table: TableName = "tracks",
    columns: Annotated[
        dict[str, str] | None, Parameter(help="our column = theirs: --columns.title=Song")
    ] = None,
    merge: bool = False,
    latest: date = date(2009, 6, 30),
    user: str = "me",
    also: list[Path] | None = None,
    texts: bool = False,
    albums: bool = True,
    keep_both: bool = False,
) -> None:
    """Bring tracks, playlists, plays and dialogues into a workspace, or add to one.

    Where the workspace has codebooks already, new tracks get features and codes from them at once.

    Parameters
    ----------
    source
        The format: folder (a folder of music), cpcd (dialogues), lme (Cornell playlists), mpd (Million
        Playlist slices), tables (your own CSV, Parquet or JSON lines), lastfm1k (LastFM-1K's two files),
        spotify_history (the streaming history that Spotify sends you), listenbrainz (an export, or dump
        lines), demo (the embedded library; FROM is ignored: any word).
    from_
        A file or folder.
    workspace
        The workspace's folder; made if it is not there.
    split
        What the imported playlists and dialogues are for; "test" is never trained on. "auto" splits by
        date where there is one, by a stable hash of the id elsewhere.
    validation
        Share of the playlists and dialogues kept for validation under "auto".
    test
        Share kept for test under "auto".
    table
        Which table a single file is (source tables).
    columns
        How your columns are called (source tables).
    merge
        Tracks of the same artist and title are one, whatever their ids (source lastfm1k).
    latest
        Later plays come from wrong clocks and are dropped (source lastfm1k).
    user
        The listener's id where the files name none (spotify_history, listenbrainz).
    also
        A further folder; repeat it for several (source folder).
    texts
        Plain texts without a recording are tracks too (source folder).
    albums
        Albums are playlists (source folder).
    keep_both
        An MP3 and a FLAC of one recording are two tracks (source folder).
    """
    from segue.sources import (
        cpcd,
        demo,
        folder,
        importing,
        lastfm1k,
        listenbrainz,
        lme,
        mpd,
        spotify_history,
        tables,
    )

    target = Workspace(workspace)
    found: Tables
    if source == "folder":
        memory = target.root / "folder" / "seen.parquet"
        options = {"texts": texts, "albums": albums, "keep_both": keep_both}
        found = folder.read([from_, *(also or [])], memory=memory, **options)
    elif source == "tables":
        found = tables.read(from_, table, columns)
    elif source == "demo":
        found = demo.read()
    elif source == "lastfm1k":
        found = lastfm1k.read(from_, latest=latest, merge=merge)
    elif source == "spotify_history":
        found = spotify_history.read(from_, user=user)
    elif source == "listenbrainz":
        found = listenbrainz.read(from_, user=user)
    else:
        found = {"cpcd": cpcd.read, "lme": lme.read, "mpd": mpd.read}[source](from_)
    shares = (cpcd.VALIDATION, cpcd.TEST) if source == "cpcd" else (0.1, 0.1)
    report = importing.add(
        target,
        found,
        split=split,
        validation=shares[0] if validation is None else validation,
        test=shares[1] if test is None else test,
        update=source == "folder",
    )
    show(report.lines)
    if isinstance(found, folder.FolderTables):
        folder.write_report(found, target)
        show(found.lines)
    if (target.tokens / "card.json").exists():
        features(workspace)
        tokens(workspace)


@app.command
def synthesise(
    folder: Path, *, listeners: int = 200, tracks: int = 5000, plays: int = 200_000, seed: int = 0
) -> None:
    """Write a made-up listening log in the layout of LastFM-1K, with exact plays and content beside it.

    Parameters
    ----------
    folder
        Where; `segue import lastfm1k FOLDER WORKSPACE` reads it.
    """
    from segue.sources import synthetic

    synthetic.generate(folder, listeners=listeners, tracks=tracks, plays=plays, seed=seed)
    show([f"written: {folder}"])


@app.command
def sessions(
    workspace: Path,
    *,
    preset: Literal["default", "published", "all"] = "default",
    set_: Annotated[
        dict[str, str] | None, Parameter(name="--set", help="any option: --set.gap-s=1800")
    ] = None,
) -> None:
    """Make sessions, completion ratios and splits of the plays; the options are in docs/listening.md.

    Parameters
    ----------
    preset
        default: the published filters without truncation. published: ten plays a session. all: keep every
        play.
    """
    from segue.listening.options import SessionOptions
    from segue.listening.sessions import make_sessions

    changes = {name.replace("-", "_"): value for name, value in (set_ or {}).items()}
    options = SessionOptions.preset(preset, **changes)
    show(make_sessions(Workspace(workspace, must_exist=True), options))


@app.command
def tokens(workspace: Path, *, clusters: int | None = None, seed: int = 0, refit: bool = False) -> None:
    """Quantise the features: k-means per modality, codes for every track.

    Parameters
    ----------
    clusters
        Clusters per modality; by default a rule of the catalogue's size, at most 1,024.
    refit
        Make the codebooks anew (trained models then need training again).
    """
    from segue.tokens.quantise import tokenise
    from segue.tokens.report import write_report

    target = Workspace(workspace, must_exist=True)
    show([tokenise(target, clusters=clusters, seed=seed, refit=refit)])
    show([f"report: {write_report(target, seed=seed)}"])


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
        ("6/7 fit", lambda: fit(workspace, seed=seed)),
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
        train(workspace, minutes=minutes, seed=seed)


def evaluate_some(workspace: Path, max_dialogues: int, seed: int) -> None:
    """Evaluate where there is anything to evaluate on: a library of albums alone has no dialogue to test."""
    if Catalogue.load(Workspace(workspace)).dialogues_of("test"):
        evaluate(workspace, max_dialogues=max_dialogues, seed=seed)
    else:
        show(
            ["nothing to measure on: no playlist or dialogue was kept for the test (albums are for training)"]
        )


@app.command
def doctor() -> None:
    """Say what is installed, which models, devices and extras are found, and what to do about the rest."""
    from segue.doctor import report

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
