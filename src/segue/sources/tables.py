"""Import of the user's own tables: CSV, TSV, Parquet or JSON, a file a table, columns by name."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import polars as pl

from segue.data.account import EXAMPLES, Account
from segue.data.catalogue import PLAYLISTS, PLAYS, REQUIRED, TRACKS, Dialogue, Tables, conform, empty
from segue.kit.errors import SegueError, readable
from segue.sources.folder.scan import LISTS
from segue.sources.reading import delimited
from segue.sources.reading.cells import guessed, typed
from segue.sources.reading.columns import no_column, with_ids
from segue.sources.reading.delimited import LINE
from segue.sources.reading.files import BROKEN, is_data, unpacked
from segue.sources.reading.frames import frame_of, read_parquet
from segue.sources.reading.lists import list_of
from segue.sources.reading.records import records
from segue.sources.reading.text import decode, decode_line

TableName = Literal["tracks", "plays", "playlists", "dialogues"]
SCHEMAS: dict[str, dict[str, Any]] = {"tracks": TRACKS, "plays": PLAYS, "playlists": PLAYLISTS}
SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".parquet", ".jsonl", ".ndjson", ".json")
PACKED = (".gz", ".zip", ".bz2", ".xz")
KEYS = ("track_id", "user_id", "played_at", "playlist_id")
"""Columns without which a row is nothing."""
NO_DIALOGUE = "line that is no dialogue"


def read(path: Path, table: TableName = "tracks", columns: dict[str, str] | None = None) -> Tables:
    """One table of a file, or every table of a folder.

    In a folder the files are named `tracks.*`, `plays.*`, `playlists.*`, `dialogues.jsonl`; any may be
    missing. What is in a file tells its form: separator, encoding, header, JSON or Parquet, packed or not.
    Cells that cannot be what their column holds are left out and counted (`reading.cells`). Playlists without
    a `position` keep the order of the file.

    Args:
        table: which table a file holds; for a folder, the table that `columns` speaks of.
        columns: our column name -> the file's.

    Raises:
        SegueError: no file, an empty one, one that cannot be read, or one without the needed columns.
    """
    found = {table: path} if not path.is_dir() else _files_of(path)
    if columns and table not in found:
        raise SegueError(f"no {table} file to map the columns of", str(path), f"add {table}.csv")
    account = Account()
    frames: dict[str, pl.DataFrame] = {}
    dialogues: list[Dialogue] = []
    for name, file in found.items():
        mapping = (columns or {}) if name == table else {}
        if name != "dialogues":
            frames[name] = read_table(file, name, mapping, account)
        elif mapping:
            raise SegueError("columns cannot be mapped in dialogues", str(file), "leave out --columns")
        else:
            dialogues = _dialogues(file, account)
    tracks = frames.get("tracks", empty(TRACKS))
    return Tables(tracks, frames.get("playlists"), frames.get("plays"), dialogues, account)


def read_table(path: Path, name: str, columns: dict[str, str], account: Account) -> pl.DataFrame:
    """One table file with our names and types for our columns, its other columns behind them."""
    wanted = {columns.get(c, c) for c in SCHEMAS[name]} | set(columns.values())
    frame, decimal_comma = rows_of_file(path, name, wanted, account)
    if frame.is_empty():
        raise SegueError("the table has no rows", str(path), "export it again")
    frame, theirs = _rename(frame, columns, SCHEMAS[name], path)

    def place(row: int) -> str:
        return f"{path.name}:{frame[LINE][row]}"

    if name == "playlists" and "track_id" in frame.columns:
        frame = _one_row_a_track(frame, account)
    milliseconds = frozenset(ours for ours, c in theirs.items() if "ms" in c.lower() or "milli" in c.lower())
    options: dict[str, Any] = {"table": name, "milliseconds": milliseconds, "decimal_comma": decimal_comma}
    frame = with_ids(frame, name, account)
    if missing := [c for c in REQUIRED[name] if c not in frame.columns and c != "position"]:
        raise no_column(name, missing, frame, path)
    frame = typed(frame, SCHEMAS[name], account, place, **options)
    frame = _complete(frame, name, path, account)
    own = [c for c in frame.columns if c not in SCHEMAS[name] and c != LINE]
    kept = [guessed(frame[c], account, place, decimal_comma=decimal_comma) for c in own]
    frame = frame.with_columns(kept).drop(LINE)
    if name == "playlists":
        frame = _with_positions(frame)
    return conform(name, frame, SCHEMAS[name], str(path))


def _complete(frame: pl.DataFrame, name: str, path: Path, account: Account) -> pl.DataFrame:
    """The rows that have what a row must have; the others are left out and counted with their lines."""
    keys = [c for c in REQUIRED[name] if c in KEYS and c in frame.columns]
    whole = frame.select(pl.all_horizontal(pl.col(keys).is_not_null())).to_series() if keys else None
    if whole is None or (frame.height and whole.all()):
        return frame
    lines = frame.filter(~whole)[LINE]
    examples = [f"{path.name}:{line}" for line in lines.head(EXAMPLES)]
    account.leave(name, f"row of {name} without {' or '.join(keys)}", len(lines), examples)
    if not whole.any():
        cure = f"every row needs {' and '.join(keys)}"
        cure += ", a time as 2021-03-04 18:30: 3/4/2021 may be April" if "played_at" in keys else ""
        raise SegueError(f"no row can be used ({'; '.join(account.lines[:3])})", str(path), cure)
    return frame.filter(whole)


def text_lines(path: Path, account: Account | None = None) -> Iterator[tuple[str, str]]:
    """The lines of a text file that are not blank, each with its place as `file:line`.

    Bytes that are not UTF-8 are replaced, and counted in the account.

    Raises:
        SegueError: no such file, or nothing in it.
    """
    _check_file(path)
    with path.open("rb") as file:  # in binary only a newline ends a line, as JSON lines want it
        for number, raw in enumerate(file, 1):
            line = decode_line(raw, f"{path.name}:{number}", account or Account()).strip()
            if line:
                yield f"{path}:{number}", line


def _dialogues(path: Path, account: Account) -> list[Dialogue]:
    """The dialogues of a file; what is none is left out and counted."""
    _check_file(path)
    dialogues, first = [], None
    with path.open("rb") as file:
        for place, value in records(unpacked(file), path.name, "dialogues", account):
            account.came["dialogues"] += 1
            try:
                dialogues.append(Dialogue.from_json(json.dumps(value), place))
            except SegueError as error:
                first = first or error
                account.leave("dialogues", NO_DIALOGUE, examples=[f"{place}: {error.what}"])
    if not dialogues:
        why = "; ".join(account.lines[:3]) or "it is empty"
        cure = "each line needs dialogue_id and turns of {role, content}"
        raise first or SegueError(f"not a dialogue ({why})", str(path), cure)
    return dialogues


def _files_of(folder: Path) -> dict[str, Path]:
    """Table name -> its file in the folder."""
    found: dict[str, Path] = {}
    here = sorted(f for f in folder.iterdir() if f.is_file() and is_data(f.name))
    for name in (*SCHEMAS, "dialogues"):
        suffixes = SUFFIXES if name in SCHEMAS else (".jsonl", ".ndjson", ".json")
        names = {f"{name}{s}{packed}" for s in suffixes for packed in ("", *PACKED)}
        files = [f for f in here if f.name.lower() in names]
        if len(files) > 1:
            both = " and ".join(f.name for f in files)
            raise SegueError(f"two files for one table ({both})", str(folder), "keep one of them")
        if files:
            found[name] = files[0]
    if not found:
        cure = "name them tracks.csv, plays.csv, playlists.csv, dialogues.jsonl"
        raise SegueError("no table files here", str(folder), cure)
    return found


def _check_file(path: Path) -> None:
    """Raise where there is no such file or nothing in it."""
    if not path.is_file():
        raise SegueError("no such file", str(path), "check the path")
    if path.stat().st_size == 0:
        raise SegueError("the file is empty", str(path), "export it again")


def _content(path: Path) -> bytes:
    """What is in a file, unpacked."""
    _check_file(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES + PACKED:
        cure = f"use one of {', '.join(SUFFIXES)}"
        cure = "save the sheet as CSV (UTF-8)" if suffix in (".xlsx", ".xls", ".ods", ".numbers") else cure
        if suffix in LISTS:
            cure = (
                "it is read with the music it names: `segue import folder`, or on the page of `segue serve`"
            )
        raise SegueError(f"unknown kind of file {suffix!r}", str(path), cure)
    with readable(path, "export or download it again", *BROKEN, gzip.BadGzipFile):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [n for n in archive.namelist() if is_data(n) and not n.endswith("/")]
                if any(n.startswith("xl/") for n in names):
                    raise SegueError("an Excel workbook", str(path), "save the sheet as CSV (UTF-8)")
                if len(names) != 1:
                    raise SegueError(
                        f"{len(names)} files in the zip", str(path), "unpack it and give the folder"
                    )
                return archive.read(names[0])
        raw = path.read_bytes()
        return unpacked(io.BytesIO(raw)).read() if raw[:2] in (b"\x1f\x8b", b"BZ", b"\xfd7") else raw


def rows_of_file(path: Path, name: str, wanted: set[str], account: Account) -> tuple[pl.DataFrame, bool]:
    """The rows of a file with their LINE, and whether a comma in a number is a decimal one."""
    raw = _content(path)
    if raw.startswith(b"PAR1") or ".parquet" in path.suffixes[-2:]:
        return read_parquet(raw, str(path), name, account), False
    head = raw[:256].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if (
        head[:1] == b"{"
        or head[:2] in (b"[{", b"[[", b"[\n", b"[\r", b"[ ", b"[]")
        or path.suffix.lower() in (".json", ".jsonl", ".ndjson")
    ):
        found = records(io.BytesIO(raw), path.name, name, account)
        return frame_of(found, str(path), name, wanted, account), False
    if (
        head[:5].lower() == b"<html"
        or head[:9].lower() == b"<!doctype"
        or head.startswith(b"\xd0\xcf\x11\xe0")
    ):
        raise SegueError("no table but a web page or a workbook", str(path), "export it as CSV")
    return delimited.read(decode(raw, path.name, account), path.name, name, wanted, account)


def _rename(
    frame: pl.DataFrame, columns: dict[str, str], schema: dict[str, Any], path: Path
) -> tuple[pl.DataFrame, dict[str, str]]:
    """The frame with our columns under our names, and how they are called in the file.

    A column is found by its name, else by its name without regard to case, blanks and punctuation. A column
    whose name is taken by a mapped one goes.
    """
    known = {delimited.key(c): c for c in reversed(frame.columns) if c != LINE}
    theirs = {
        ours: c if c in frame.columns else known.get(delimited.key(c), "") for ours, c in columns.items()
    }
    missing = [columns[ours] for ours, c in theirs.items() if not c]
    if missing:
        have = ", ".join(c for c in frame.columns if c != LINE)
        raise SegueError(
            f"no column {', '.join(missing)} (it has: {have})", str(path), "mend --columns OURS=THEIRS"
        )
    for ours in schema:
        found = ours if ours in frame.columns else known.get(delimited.key(ours))
        if ours not in theirs and found and found not in theirs.values():
            theirs[ours] = found
    taken = {*theirs, *theirs.values()}
    names = {
        c: [ours for ours, t in theirs.items() if t == c] or [c] * (c not in taken) for c in frame.columns
    }
    return frame.select(pl.col(c).alias(name) for c in frame.columns for name in names[c]), theirs


def _one_row_a_track(frame: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Playlists with one row a track, of lists of tracks, real or written as text (`["a", "b"]`)."""
    column = frame["track_id"]
    if column.dtype == pl.String and column.str.contains(r"^\s*\[.*\]\s*$").any():
        read = [None if t is None else list_of(t.strip(), "track_id", loose=True) for t in column]
        lists = [
            r if r is not None else None if t is None else [t] for r, t in zip(read, column, strict=True)
        ]
        frame = frame.with_columns(pl.Series("track_id", lists, dtype=pl.List(pl.String)))
    if isinstance(frame.schema["track_id"], pl.List):
        before = frame.height
        frame = frame.explode("track_id", empty_as_null=True)
        account.came["playlists"] += frame.height - before
    return frame


def _with_positions(frame: pl.DataFrame) -> pl.DataFrame:
    """Playlists with a position in every row: the order of the file where one of a list has none."""
    if "playlist_id" not in frame.columns:
        return frame
    order = pl.int_range(pl.len(), dtype=pl.Int32).over("playlist_id")
    if "position" not in frame.columns:
        return frame.with_columns(position=order)
    gaps = pl.col("position").is_null().any().over("playlist_id")
    return frame.with_columns(position=pl.when(gaps).then(order).otherwise("position"))
