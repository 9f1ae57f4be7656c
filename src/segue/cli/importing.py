"""The verbs that bring data into a workspace: import, and a made-up listening log to try it on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from segue.cli.console import show
from segue.cli.features import features, tokens
from segue.importing.options import Options
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

if TYPE_CHECKING:
    from segue.data.catalogue import Tables


def import_(
    source: str,
    from_: Path,
    workspace: Path | None = None,
    *,
    options: Annotated[Options | None, Parameter(name="*")] = None,
) -> None:
    """Bring tracks, playlists, plays and dialogues into a workspace, or add to one.

    Where the workspace has codebooks already, new tracks get features and codes from them at once.

    Parameters
    ----------
    source
        The format: folder (a folder of music), tables (your own CSV, Parquet or JSON lines),
        spotify_history, listenbrainz, lastfm_export, lastfm1k, cpcd, lme, mpd, subsonic,
        talkplay (rows of TalkPlayData), dataset (what `segue export dataset` wrote: into a new workspace it
        comes back bit for bit), feedback (what listeners did at `segue serve`), demo (the embedded library;
        FROM is ignored: any word). See docs/sources.md.
    from_
        A file or folder; with --url, the name of a user there.
    workspace
        The workspace's folder; made if it is not there. Without it, feedback goes to the one it is of.
    """
    from segue.importing import add as importing
    from segue.importing import whose
    from segue.sources import registry

    line, told = registry.source(source), options or Options()
    line.check_told(told.model_fields_set)
    target = Workspace(workspace or _own(line.name, from_))
    # Only a new workspace can get the same bytes; into one that has tracks they are merged as of any source.
    if line.name == "dataset" and not target.catalogue.exists() and not told.check:
        from segue.importing.restore import restore

        show(restore(from_, target))
        return
    # What a folder held is remembered for the next import; a check leaves no trace.
    memory = None if told.check else target.root / "folder" / "seen.parquet"
    user = whose.ASSUMED if told.user is None else told.user
    found = registry.read(source, from_, told.model_dump() | {"user": user, "memory": memory})
    # A name that was given is taken at its word.
    if told.user is None:
        whose.check(target, found, str(from_))
    report = importing.add(
        target,
        found,
        split=told.split,
        validation=line.shares[0] if told.validation is None else told.validation,
        test=line.shares[1] if told.test is None else told.test,
        update=line.name == "folder",
        check=told.check,
    )
    show(report.lines)
    if told.check:
        show(["nothing was written (--check)"])
    else:
        _follow(target, found)


def _follow(target: Workspace, found: Tables) -> None:
    """What comes after an import: the report of a folder, and features and codes for the new tracks."""
    from segue.sources.folder import importer as folder

    if isinstance(found, folder.FolderTables):
        folder.write_report(found, target)
        show(found.lines)
    # Before there are codebooks the user makes features when all sources are in.
    if (target.tokens / "card.json").exists():
        features(target.root)
        tokens(target.root)


def _own(source: str, from_: Path) -> Path:
    """The workspace that an import without one goes to: feedback knows where it is of."""
    if source != "feedback":
        cure = f"write segue import {source} FROM WORKSPACE"
        raise SegueError("no workspace to import into", cure=cure)
    return from_


def synthesise(
    folder: Path, *, listeners: int = 200, tracks: int = 5000, plays: int = 200_000, seed: int = 0
) -> None:
    """Write a made-up listening log in the layout of LastFM-1K, with exact plays and content beside it.

    Parameters
    ----------
    folder
        Where; `segue import lastfm1k FOLDER WORKSPACE` reads it.
    """
    from segue.sources.synthetic import importer as synthetic

    synthetic.generate(folder, listeners=listeners, tracks=tracks, plays=plays, seed=seed)
    show([f"written: {folder}"])
