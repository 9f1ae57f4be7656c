"""The walk through folders of music, and the memory of what was seen there."""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.catalogue import TRACKS
from segue.kit.errors import SegueError, readable
from segue.kit.workspace import whole_file
from segue.sources.folder.content import FORMATS
from segue.sources.folder.tags import FileTags

TEXTS = {".lrc": "lrc", ".txt": "txt", ".cho": "chordpro", ".chopro": "chordpro", ".chordpro": "chordpro"}
LISTS = dict.fromkeys((".m3u", ".m3u8", ".pls", ".xspf", ".jspf", ".wpl", ".zpl", ".asx", ".wax"), "list")
KINDS = dict.fromkeys(FORMATS, "recording") | TEXTS | LISTS


@dataclass(frozen=True)
class Found:
    """One file of the walk."""

    path: str
    """Absolute, as it was walked to."""
    parts: tuple[str, ...]
    """The folders below the one that was given, and the file's name."""
    kind: str
    """recording, lrc, txt, chordpro, list."""
    size: int
    mtime_ns: int

    @property
    def suffix(self) -> str:
        """The ending of the name, in small letters."""
        return os.path.splitext(self.path)[1].lower()


@dataclass
class Walk:
    """What a walk found, in order."""

    files: list[Found] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    """Path (in printable form) and reason of what could not be used."""
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class Seen(FileTags):
    """What is remembered of one file: where, when, what it sounds like, its track, its tags."""

    path: str = ""
    size: int = 0
    mtime_ns: int = 0
    content: str | None = None
    track_id: str | None = None
    status: str = ""
    """track, same audio, same recording, unreadable, text, gone."""
    reason: str | None = None
    is_cut: bool = False


SCHEMA: dict[str, Any] = {
    "path": pl.String,
    "size": pl.Int64,
    "mtime_ns": pl.Int64,
    "content": pl.String,
    "status": pl.String,
    "reason": pl.String,
    "is_cut": pl.Boolean,
    **{name: kind for name, kind in TRACKS.items() if name != "audio_path"},
    "album_artist": pl.String,
    "track_no": pl.Int32,
    "disc_no": pl.Int32,
    "is_lossless": pl.Boolean,
    "bitrate": pl.Float64,
}


def walk(folders: Sequence[Path]) -> Walk:
    """Every recording, song text and playlist below the folders, sorted by name, folder by folder.

    Hidden files and folders are passed over. Links are followed, and each real folder is entered once,
    before any link to it. A name that is not UTF-8 cannot stand in a table: it is told, not used.

    Raises:
        SegueError: one of them is no folder or cannot be entered.
    """
    found = Walk()
    entered: set[tuple[int, int]] = set()
    links: list[tuple[str, tuple[str, ...]]] = []
    for folder in folders:
        root = os.path.abspath(folder)
        if os.path.isfile(root):
            cure = "give the folder that it is in; a table of tracks comes in by `segue import tables`"
            raise SegueError("a file, not a folder", str(folder), cure)
        if not os.path.isdir(root):
            raise SegueError("no such folder", str(folder), "give the folder that your music is in")
        if not os.access(root, os.R_OK | os.X_OK):
            raise SegueError("no permission to read it", str(folder), "run as its owner, or change its mode")
        _enter(root, (), found, entered, links)
    while links:
        path, parts = links.pop(0)
        _enter(path, parts, found, entered, links)
    return found


def _enter(
    top: str,
    below: tuple[str, ...],
    found: Walk,
    entered: set[tuple[int, int]],
    links: list[tuple[str, tuple[str, ...]]],
) -> None:
    """Walk one folder with its real subfolders; linked ones are noted in `links` for later."""
    todo = [(top, below)]
    while todo:
        folder, parts = todo.pop()
        try:
            about = os.stat(folder)
            if (about.st_dev, about.st_ino) in entered:
                found.counts["folder reached twice"] += 1
                continue
            entered.add((about.st_dev, about.st_ino))
            with os.scandir(folder) as entries:
                names = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            found.left.append((shown(folder), why(error)))
            continue
        inner: list[tuple[str, tuple[str, ...]]] = []
        for entry in names:
            if entry.name.startswith("."):
                found.counts["hidden file or folder"] += 1
            elif _is_folder(entry):
                (links if entry.is_symlink() else inner).append((entry.path, (*parts, entry.name)))
            else:
                _note(entry, (*parts, entry.name), found)
        todo += reversed(inner)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder or a link to one; a link to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _note(entry: os.DirEntry[str], parts: tuple[str, ...], found: Walk) -> None:
    """Add one file to the walk where it is of a kind that is read."""
    kind = KINDS.get(os.path.splitext(entry.name)[1].lower())
    if kind is None:
        found.counts["file of another kind"] += 1
        return
    try:
        entry.path.encode()
        about = entry.stat()
    except UnicodeEncodeError:
        found.left.append((shown(entry.path), "the name is not UTF-8: rename it"))
    except OSError as error:
        found.left.append((shown(entry.path), "link to nothing" if entry.is_symlink() else why(error)))
    else:
        if stat.S_ISREG(about.st_mode):
            found.files.append(Found(entry.path, parts, kind, about.st_size, about.st_mtime_ns))
        else:
            found.left.append((shown(entry.path), "not a file"))


def shown(path: str) -> str:
    """A path on one line, in characters that any table holds."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return text.replace("\n", "\\n").replace("\r", "\\r")


def why(error: OSError) -> str:
    """An operating system's error in small letters: "permission denied"."""
    return (error.strerror or str(error)).lower()


def load(memory: Path | None) -> dict[str, Seen]:
    """Path -> what is remembered; empty where there is no memory yet.

    Raises:
        SegueError: the file is there and is no memory.
    """
    if memory is None or not memory.exists():
        return {}
    cure = "delete it: every file is then read again, and ids not taken from the audio may change"
    with readable(memory, cure, pl.exceptions.PolarsError):
        table = pl.read_parquet(memory).select(pl.col(c).cast(kind) for c, kind in SCHEMA.items())
    return {row["path"]: Seen(**row | {"tags": row["tags"] or []}) for row in table.iter_rows(named=True)}


def save(memory: Path | None, seen: Iterable[Seen]) -> None:
    """Write the memory, whole or not at all."""
    if memory is None:
        return
    columns: dict[str, list[Any]] = {c: [] for c in SCHEMA}
    for one in sorted(seen, key=lambda s: s.path):
        for column in SCHEMA:
            columns[column].append(getattr(one, column))
    with whole_file(memory) as temporary:
        pl.DataFrame(columns, schema=SCHEMA).write_parquet(temporary)
