"""Claim: a stage that is killed at any moment and run again gives the bytes of one that was not.

Each stage runs once to its end, for the bytes to come to; then, again and again, in a fresh copy of what
was there before it, it is killed (SIGKILL) at a random moment of the time that it takes and run a second
time. The files of the workspace must then be equal byte for byte; left out are the seconds in a training's
card, its log of steps, and the report of an import, which says what the second run added. Stages run in
forked processes over the checkerboard of `segue.testing`, so that a kill costs no imports.

    python benchmarks/kills.py [--kills 8] [--seed 0]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from segue.data.catalogue import Tables
from segue.data.library import Library
from segue.dialogues import simulate
from segue.evaluation import conversation, report
from segue.evaluation.tasks import CONVERSATION
from segue.features import metadata, playlist, semantic
from segue.importing.add import add
from segue.kit.workspace import Workspace
from segue.listening.options import SessionOptions
from segue.listening.sessions import make_sessions
from segue.models import registry
from segue.models.sequential.learn import Settings
from segue.models.sequential.model import SASRec
from segue.models.talkplay.learn import Settings as TalkPlaySettings
from segue.models.talkplay.model import TalkPlay
from segue.testing.checkerboard import checkerboard
from segue.testing.hash_encoder import HashEncoder
from segue.testing.tiny_llm import save_tiny
from segue.tokens.quantise import tokenise
from segue.tokens.report import write_report

Stage = Callable[[Workspace], object]
LEFT_OUT = ("metrics.jsonl", "loss.png")


def first_import(workspace: Workspace) -> None:
    """The checkerboard with plays, as a source would yield it."""
    made = checkerboard()
    ids = made.tracks["track_id"].to_list()
    plays = pl.DataFrame({"user_id": ["u", "v", "w"] * 8, "track_id": ids}).with_columns(
        played_at=pl.datetime(2020, 1, 1, time_zone="UTC") + pl.duration(minutes=pl.int_range(24))
    )
    add(workspace, Tables(made.tracks, made.playlists, plays, made.dialogues))


def second_import(workspace: Workspace) -> None:
    """A track and two playlists more."""
    tracks = pl.DataFrame({"track_id": ["new"], "title": ["Zircon"], "artist": ["A"]})
    lists = pl.DataFrame(
        {"playlist_id": ["x", "x", "y", "y"], "position": [0, 1, 0, 1], "track_id": ["t0", "new"] * 2}
    )
    add(workspace, Tables(tracks, lists))


def fit(name: str) -> Stage:
    """The stage that fits one recommender."""
    return lambda w: registry.entry(name).kind.fit(Library.open(w)).save(w.model(name))


def train_talkplay(workspace: Workspace) -> None:
    """A tiny language model over the dialogues, a checkpoint at every step."""
    settings = TalkPlaySettings(
        size=str(workspace.root.parent / "lm"), steps=8, tokens_a_step=200, context=256
    )
    TalkPlay.train(Library.open(workspace), settings)


def evaluate(workspace: Workspace) -> None:
    """The report on two models; how long scoring took is no part of it."""
    library = Library.open(workspace)
    models = {name: registry.load(library, name) for name in ("popularity", "bm25")}
    results = conversation.evaluate(library, models, max_dialogues=10).with_columns(seconds=pl.lit(0.0))
    report.write(CONVERSATION, library, results)


STAGES: dict[str, Stage] = {
    "import": first_import,
    "import again": second_import,
    "sessions": lambda w: make_sessions(w, SessionOptions.preset("all")),
    "features/playlist": lambda w: playlist.compute(w),
    "features/semantic": lambda w: semantic.compute(w, encoder=HashEncoder()),
    "features/metadata": lambda w: metadata.compute(w, encoder=HashEncoder()),
    "tokens": lambda w: (tokenise(w), write_report(w)),
    "dialogues": lambda w: simulate.make(w, per_playlist=2, catalogue_requests=50),
    "fit popularity": fit("popularity"),
    "fit bm25": fit("bm25"),
    "fit session_knn": fit("session_knn"),
    "fit blend": fit("blend"),
    "train sasrec": lambda w: SASRec.train(Library.open(w), Settings(steps=60, dim=16)),
    "train talkplay": train_talkplay,
    "evaluate": evaluate,
}


def start(stage: Stage, root: Path) -> int:
    """Run a stage in a process of its own; its id."""
    pid = os.fork()
    if pid:
        return pid
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        stage(Workspace(root))
        os._exit(0)
    except BaseException:
        os._exit(1)


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a workspace that a stage is asked for."""
    found = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if (
            path.is_file()
            and path.name not in LEFT_OUT
            and not any(p.startswith(".") for p in relative.parts)
            and relative.parts[:2] != ("reports", "import")
        ):
            data = path.read_bytes()
            if path.name == "card.json":
                data = json.dumps({k: v for k, v in json.loads(data).items() if k != "seconds"}).encode()
            found[str(relative)] = data
    return found


def main() -> None:
    """Kill every stage many times."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=8, help="of each stage")
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    logging.disable(logging.WARNING)
    rng = random.Random(a.seed)
    equal = total = 0
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        save_tiny(base / "lm")
        before = base / "before"
        before.mkdir()
        for name, stage in STAGES.items():
            whole = Path(shutil.copytree(before, base / "whole"))
            began = time.monotonic()
            assert os.waitpid(start(stage, whole), 0)[1] == 0, f"{name} fails by itself"
            seconds, wanted = time.monotonic() - began, contents(whole)
            good = hit = 0
            for _ in range(a.kills):
                root = Path(shutil.copytree(before, base / "killed"))
                pid = start(stage, root)
                time.sleep(rng.random() * seconds)
                os.kill(pid, signal.SIGKILL)
                hit += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
                ended = os.waitpid(start(stage, root), 0)[1] == 0
                good += ended and contents(root) == wanted
                shutil.rmtree(root)
            shutil.rmtree(before)
            whole.rename(before)
            equal, total = equal + good, total + a.kills
            print(
                f"{name:20} {seconds:6.2f} s  killed while running {hit:3} of {a.kills}"
                f"  same bytes {good:3} of {a.kills}"
            )
    print(f"same bytes after a kill and a second run: {equal} of {total}")
    sys.exit(equal != total)


if __name__ == "__main__":
    main()
