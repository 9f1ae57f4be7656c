"""The verbs that bring data into a workspace: import, and a made-up listening log to try it on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from segue.cli.console import show
from segue.cli.features import features, tokens
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

if TYPE_CHECKING:
    from segue.data.catalogue import Tables

TableName = Literal["tracks", "plays", "playlists", "dialogues"]


def import_(
    source: str,
    from_: Path,
    workspace: Path | None = None,
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
    user: str | None = None,
    url: str | None = None,
    also: list[Path] | None = None,
    texts: bool = False,
    albums: bool = True,
    keep_both: bool = False,
    check: bool = False,
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
        The listener's id where the files name none (spotify_history, listenbrainz, lastfm_export); "me"
        unless plays of "me" are there that may be somebody else's.
    url
        A server to import from: a Subsonic server (the password comes from SEGUE_SUBSONIC_PASSWORD), or
        https://api.listenbrainz.org.
    also
        A further folder; repeat it for several (source folder).
    texts
        Plain texts without a recording are tracks too (source folder).
    albums
        Albums are playlists (source folder).
    keep_both
        An MP3 and a FLAC of one recording are two tracks (source folder).
    check
        Only say what would be imported and what left out, with examples; write nothing.
    """
    from segue.importing import add as importing
    from segue.importing import whose
    from segue.sources import registry

    line = registry.source(source)
    target = Workspace(workspace or _own(line.name, from_))
    # Only a new workspace can get the same bytes; into one that has tracks they are merged as of any source.
    if line.name == "dataset" and not target.catalogue.exists() and not check:
        from segue.importing.restore import restore

        show(restore(from_, target))
        return
    options: dict[str, Any] = {
        "table": table,
        "columns": columns,
        "latest": latest,
        "merge": merge,
        "url": url,
    }
    options |= {"texts": texts, "albums": albums, "keep_both": keep_both, "also": also or []}
    options["user"] = whose.ASSUMED if user is None else user
    # What a folder held is remembered for the next import; a check leaves no trace.
    options["memory"] = None if check else target.root / "folder" / "seen.parquet"
    found = registry.read(source, from_, options)
    # A name that was given is taken at its word.
    if user is None:
        whose.check(target, found, str(from_))
    report = importing.add(
        target,
        found,
        split=split,
        validation=line.shares[0] if validation is None else validation,
        test=line.shares[1] if test is None else test,
        update=line.name == "folder",
        check=check,
    )
    show(report.lines)
    if check:
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
