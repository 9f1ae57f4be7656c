"""The verbs that bring data into a workspace: import, and a made-up listening log to try it on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from segue.cli.console import show
from segue.cli.features import features, tokens
from segue.data.catalogue import Tables
from segue.kit.workspace import Workspace

SourceName = Literal[
    "folder",
    "cpcd",
    "lme",
    "mpd",
    "tables",
    "lastfm1k",
    "spotify_history",
    "listenbrainz",
    "lastfm_export",
    "demo",
]
TableName = Literal["tracks", "plays", "playlists", "dialogues"]


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
    check: bool = False,
) -> None:
    """Bring tracks, playlists, plays and dialogues into a workspace, or add to one.

    Where the workspace has codebooks already, new tracks get features and codes from them at once.

    Parameters
    ----------
    source
        The format: folder (a folder of music), cpcd (dialogues), lme (Cornell playlists), mpd (Million
        Playlist slices), tables (your own CSV, Parquet or JSON lines), lastfm1k (LastFM-1K's two files),
        spotify_history (the streaming history that Spotify sends you), listenbrainz (an export, or dump
        lines), lastfm_export (Last.fm histories as lastfm.ghan.nl, lastfm-to-csv and lastfm-backup write
        them), demo (the embedded library; FROM is ignored: any word).
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
        The listener's id where the files name none (spotify_history, listenbrainz, lastfm_export).
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
    from segue.sources import cpcd, lastfm1k, lastfm_export, listenbrainz, lme, mpd, spotify_history, tables
    from segue.sources.demo import importer as demo
    from segue.sources.folder import importer as folder

    target = Workspace(workspace)
    found: Tables
    if source == "folder":
        memory = None if check else target.root / "folder" / "seen.parquet"
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
    elif source == "lastfm_export":
        found = lastfm_export.read(from_, user=user)
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
        check=check,
    )
    show(report.lines)
    if check:
        show(["nothing was written (--check)"])
        return
    if isinstance(found, folder.FolderTables):
        folder.write_report(found, target)
        show(found.lines)
    if (target.tokens / "card.json").exists():
        features(workspace)
        tokens(workspace)


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
