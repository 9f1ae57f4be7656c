"""The verbs between the data and the models: sessions of plays, dialogues from playlists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from segue.cli.console import show
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

    changes = options.model_dump(exclude_unset=True) if options else {}
    show(make_sessions(Workspace(workspace, must_exist=True), SessionOptions.preset(preset, **changes)))


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
