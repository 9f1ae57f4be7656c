"""Import of a folder of music: recordings with their tags, song texts, playlists and albums.

What was seen is remembered, so that a second look reads only what is new or changed, and a track keeps its
id when its file is moved or retagged.
"""

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import TRACKS, Tables
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.kit.workspace import Workspace, whole_directory
from segue.sources.folder import playlist_files
from segue.sources.folder import playlists as folder_playlists
from segue.sources.folder import scan as folder_scan
from segue.sources.folder import texts as folder_texts
from segue.sources.folder.content import UnreadableError, read_content
from segue.sources.folder.names import from_names
from segue.sources.folder.same import Track, give_ids, group
from segue.sources.folder.scan import Found, Seen, Walk
from segue.sources.folder.tags import clean, read_tags

COLUMNS: dict[str, Any] = TRACKS | {"lyrics_source": pl.String, "track_no": pl.Int32}
SAVE_EVERY_S = 60.0
"""Seconds of reading after which the memory is written, so that a long first look can be interrupted."""
SHOWN = 20
"""Files that were left out and are named in the report's lines; the table names all."""


@dataclass
class FolderTables(Tables):
    """The tables of a folder, and what became of every file."""

    files: pl.DataFrame = field(default_factory=pl.DataFrame)
    """path, status, track_id, reason."""
    counts: dict[str, int] = field(default_factory=dict)
    """What the walk found new, changed, moved, gone."""

    @property
    def lines(self) -> list[str]:
        """What the walk found, as lines of plain text."""
        counts = [f"{name} {n:,}" for name, n in self.counts.items() if n]
        bad = self.files.filter(pl.col("reason").is_not_null())
        lines = ["files: " + ", ".join(counts)]
        lines += [f"{path}: {reason}" for path, reason in bad.head(SHOWN).select("path", "reason").rows()]
        if bad.height > SHOWN:
            lines.append(f"and {bad.height - SHOWN:,} more: reports/folder/files.parquet names all")
        if self.counts.get("tracks gone"):
            lines.append("Tracks that are gone stay in the catalogue: features and codes go by its rows.")
        return lines


def read(
    folders: Path | Sequence[Path],
    *,
    also: Sequence[Path] = (),
    memory: Path | None = None,
    texts: bool = False,
    albums: bool = True,
    keep_both: bool = False,
) -> FolderTables:
    """Every track below the folders; add them with `importing.add(..., update=True)`.

    Recordings are MP3, FLAC, Ogg, Opus, M4A, MP4, WAV, AIFF, WMA. Dropped and counted: files that cannot
    be read, copies, further forms of one recording, texts that are no lyrics or have no recording,
    playlist entries from elsewhere.

    Args:
        folders: one or several; hidden files and folders in them are passed over.
        memory: file of what was seen, read and written; without one every file is read anew, and an id
            changes when a file without it gets a MusicBrainz id.
        texts: plain texts without a recording are tracks, named by their file names.
        keep_both: several forms of one recording (an MP3 and a FLAC) are tracks of their own.

    Raises:
        SegueError: no such folder, nothing in it that can be read, the memory is broken, or tinytag or av
            are not installed.
    """
    roots = [*([folders] if isinstance(folders, Path) else folders), *also]
    walk = folder_scan.walk(roots)
    old = folder_scan.load(memory)
    counts: Counter[str] = Counter()
    seen = _look(walk, old, memory, counts)
    recordings = [one for one in seen.values() if one.status != "unreadable"]
    tracks = group(recordings, keep_both=keep_both)
    give_ids(tracks, old)
    _set_statuses(tracks)
    dropped = _dropped(seen.values(), walk)
    songs, lyrics = folder_texts.read(
        walk.files, old, {t.best.track_id or "" for t in tracks}, dropped, texts
    )
    rows = [_row(track, lyrics) for track in tracks] + [song.row for song in songs]
    if not rows:
        raise SegueError(_nothing(seen.values(), walk), ", ".join(map(str, roots)), "check the folder")
    known = [(file, seen[file.path]) for file in walk.files if file.path in seen]
    track_of = {path: one.track_id for path, one in seen.items() if one.track_id}
    lists = playlist_files.lists((f for f in walk.files if f.kind == "list"), track_of, dropped)
    lists = (folder_playlists.albums(known) if albums else []) + lists
    now = seen | {song.seen.path: song.seen for song in songs}
    gone, elsewhere = _not_here(old, now, {row["track_id"] for row in rows}, roots)
    folder_scan.save(memory, chain(now.values(), gone, elsewhere))
    counts["tracks gone"] = len({one.track_id for one in gone})
    return FolderTables(
        pl.DataFrame(rows, schema=COLUMNS),
        folder_playlists.table(lists),
        dropped=+dropped,
        files=_files(seen.values(), gone, walk),
        counts={"recordings": len(seen), **counts, "song texts that are tracks": len(songs), **walk.counts},
    )


def write_report(found: FolderTables, workspace: Workspace) -> Path:
    """Write `reports/folder` whole or not at all (`report.md`, `files.parquet`: a row a file); its folder."""
    target = workspace.report("folder")
    with whole_directory(target) as folder:
        found.files.write_parquet(folder / "files.parquet")
        body = "\n".join(f"- {line}" for line in found.lines)
        (folder / "report.md").write_text(f"# Folder\n\n{body}\n", "utf-8")
    return target


def _look(walk: Walk, old: Mapping[str, Seen], memory: Path | None, counts: Counter[str]) -> dict[str, Seen]:
    """Every recording by path: as remembered where size and time are unchanged, else read."""
    files = [file for file in walk.files if file.kind == "recording"]
    seen: dict[str, Seen] = {}
    todo = []
    for file in files:
        before = old.get(file.path)
        if before is not None and (before.size, before.mtime_ns) == (file.size, file.mtime_ns):
            seen[file.path] = replace(before)
        else:
            todo.append(file)
    counts["unchanged"] = len(seen)
    here = {file.path for file in files}
    lost = {one.content for path, one in old.items() if path not in here and one.content}
    saved = time.monotonic()
    try:
        for file in watched(todo, "Reading recordings", hidden=not todo):
            before = old.get(file.path)
            one = seen[file.path] = _read(file, before)
            what = "moved" if one.content and one.content in lost else "new"
            counts[what if before is None or before.status == "gone" else "changed"] += 1
            if time.monotonic() - saved > SAVE_EVERY_S:
                _keep(memory, old, seen)
                saved = time.monotonic()
    except BaseException:
        _keep(memory, old, seen)
        raise
    return {file.path: seen[file.path] for file in files}


def _keep(memory: Path | None, old: Mapping[str, Seen], seen: Mapping[str, Seen]) -> None:
    """Write what was read before ids were given, and what was not looked at yet."""
    unseen = [one for path, one in old.items() if path not in seen]
    # A changed file as it was: its id hangs on the old row.
    folder_scan.save(memory, chain(unseen, (old.get(path, one) for path, one in seen.items())))


def _read(file: Found, before: Seen | None) -> Seen:
    """One recording, its gaps filled from its names; one that broke keeps what it was known by."""
    one = Seen(path=file.path, size=file.size, mtime_ns=file.mtime_ns, status="track")
    if before is not None:
        one = replace(one, content=before.content, track_id=before.track_id)
    try:
        content = read_content(file.path, file.suffix)
        tags = read_tags(file.path)
    except UnreadableError as error:
        return replace(one, status="unreadable", reason=str(error))
    except OSError as error:
        return replace(one, status="unreadable", reason=folder_scan.why(error))
    named = from_names(file.parts)
    values = vars(tags) | {"content": content.hash, "is_cut": content.is_cut}
    values["duration_s"] = content.duration_s
    if tags.title is None:
        values["title"] = clean(named.title)
        for name in ("album", "year", "track_no", "disc_no"):
            values[name] = values[name] or getattr(named, name)
        values["album"] = clean(values["album"])
    values["artist"] = tags.artist or tags.album_artist or clean(named.artist)
    values["reason"] = "cut short: there is less audio than its header says" if content.is_cut else None
    return replace(one, **values)


def _set_statuses(tracks: list[Track]) -> None:
    """Say of every file whether it is the track, a copy of it, or another form."""
    for track in tracks:
        contents: set[str | None] = set()
        for one in track.files:
            other = "same audio" if one.content in contents else "same recording"
            one.status = other if contents else "track"
            contents.add(one.content)


def _dropped(seen: Any, walk: Walk) -> Account:
    """Reason -> how many recordings were left out."""
    names = {
        "unreadable": "recording that cannot be read",
        "same audio": "recording with the same audio as another",
        "same recording": "further form of one recording",
    }
    found = Account(names[one.status] for one in seen if one.status in names)
    found["recording that cannot be read"] += len(walk.left)
    return found


def _row(track: Track, lyrics: Mapping[str, folder_texts.Words]) -> dict[str, Any]:
    """A track's row: the best file's, its gaps filled from the others; words of the first that has some."""
    best = track.best
    row: dict[str, Any] = {c: getattr(best, c, None) for c in COLUMNS}
    for one in track.files[1:]:
        row |= {c: getattr(one, c, None) for c in COLUMNS if row[c] in (None, []) and c != "audio_path"}
    row |= {"audio_path": best.path, "lyrics_source": "tag" if row["lyrics"] else None}
    tags = list(row["tags"])
    if row["lyrics"] and folder_texts.is_instrumental(row["lyrics"]):
        row |= {"lyrics": None, "lyrics_source": None}
        tags.append("instrumental")
    for words in (lyrics[one.path] for one in track.files if one.path in lyrics):
        tags += words.tags
        if not row["lyrics"] and words.text:
            row |= {"lyrics": words.text, "lyrics_source": words.source}
    return row | {"tags": list(dict.fromkeys(tags)), "title": best.title or "", "artist": row["artist"] or ""}


def _not_here(
    old: Mapping[str, Seen], now: Mapping[str, Seen], ids: set[str], roots: Sequence[Path]
) -> tuple[list[Seen], list[Seen]]:
    """What is remembered and was not found: tracks that are gone, and files of other folders.

    A file that is gone while its track is still there was moved, or was a copy: it is forgotten.
    """
    tops = tuple(os.path.join(os.path.abspath(root), "") for root in roots)
    missing = [one for path, one in old.items() if path not in now]
    below = [one for one in missing if one.path.startswith(tops)]
    gone = [replace(one, status="gone") for one in below if one.track_id and one.track_id not in ids]
    return gone, [one for one in missing if not one.path.startswith(tops)]


def _files(seen: Any, gone: Any, walk: Walk) -> pl.DataFrame:
    """A row a file: path (in printable form), status, track_id, reason."""
    rows = [(folder_scan.shown(one.path), one.status, one.track_id, one.reason) for one in seen]
    reason = "gone; its track stays in the catalogue"
    rows += [(folder_scan.shown(one.path), "gone", one.track_id, reason) for one in gone]
    rows += [(path, "unreadable", None, reason) for path, reason in walk.left]
    schema = dict.fromkeys(("path", "status", "track_id", "reason"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _nothing(seen: Any, walk: Walk) -> str:
    """Why there is no track."""
    bad = [(folder_scan.shown(one.path), one.reason) for one in seen] + walk.left
    if not bad:
        return "no recordings here"
    return f"no recording that can be read ({len(bad):,}; the first, {bad[0][0]}: {bad[0][1]})"
