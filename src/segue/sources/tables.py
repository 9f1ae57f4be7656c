"""Import of the user's own tables: CSV, TSV, Parquet or JSON lines, a file a table, columns by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Dialogue, Tables, conform, empty
from segue.kit.errors import SegueError

TableName = Literal["tracks", "plays", "playlists", "dialogues"]
SCHEMAS: dict[str, dict[str, Any]] = {"tracks": TRACKS, "plays": PLAYS, "playlists": PLAYLISTS}
SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
ISO_FORMS = (
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M%#z",
    "%Y-%m-%dT%H:%M",
)
"""The forms of a time in a text file, most usual first; `T` may be a space and the zone `Z`."""
MILLISECONDS_FROM = 1e11
"""Unix times from here on (the year 5138 in seconds) are taken as milliseconds."""


def read(path: Path, table: TableName = "tracks", columns: dict[str, str] | None = None) -> Tables:
    """One table of a file, or every table of a folder.

    In a folder the files are named `tracks.*`, `plays.*`, `playlists.*`, `dialogues.jsonl`; any may be
    missing. Tags in one string are split on `;`, else on `|`, else on `,`. Times are ISO 8601 (UTC where
    no zone is given) or unix seconds. Playlists without a `position` column keep the order of the file.

    Args:
        path: a file, or a folder.
        table: which table a file holds; for a folder, the table that `columns` speaks of.
        columns: our column name -> the file's.

    Raises:
        SegueError: no file, an empty one, one that cannot be read, or one without the needed columns.
    """
    found = {table: path} if not path.is_dir() else _files_of(path)
    if columns and table not in found:
        raise SegueError(f"no {table} file to map the columns of", str(path), f"add {table}.csv")
    frames: dict[str, pl.DataFrame] = {}
    dialogues: list[Dialogue] = []
    for name, file in found.items():
        mapping = (columns or {}) if name == table else {}
        if name != "dialogues":
            frames[name] = read_table(file, name, mapping)
        elif mapping:
            raise SegueError("columns cannot be mapped in dialogues", str(file), "leave out --columns")
        else:
            dialogues = [Dialogue.from_json(line, where) for where, line in text_lines(file)]
    tracks = frames.get("tracks", empty(TRACKS))
    return Tables(tracks, frames.get("playlists"), frames.get("plays"), dialogues)


def read_table(path: Path, name: str, columns: dict[str, str]) -> pl.DataFrame:
    """One table file with our names and types for our columns, its other columns behind them.

    Raises:
        SegueError: see `read`.
    """
    frame = _rename(_read_file(path, name, columns), columns, path)
    for column, kind in SCHEMAS[name].items():
        if column not in frame.columns:
            continue
        if isinstance(kind, pl.Datetime):
            frame = frame.with_columns(_times(frame[column], path))
        elif kind == pl.List(pl.String) and frame.schema[column] == pl.String:
            frame = frame.with_columns(_split_tags(pl.col(column)).alias(column))
        elif column == "year" and frame.schema[column] == pl.String:
            year = pl.col(column).str.extract(r"^\s*(\d{4})(?:\D|$)")  # also of 1958.0 and 1958-03-31
            frame = frame.with_columns(pl.coalesce(year, column).alias(column))
    if name == "playlists":
        frame = _one_row_a_track(frame)
    return conform(name, frame, SCHEMAS[name], str(path))


def text_lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a UTF-8 text file that are not blank, each with its place as `file:line`.

    Raises:
        SegueError: no such file, nothing in it, or not UTF-8.
    """
    _check_file(path)
    with path.open("rb") as file:  # in binary only a newline ends a line, as JSON lines want it
        for number, raw in enumerate(file, 1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                raise SegueError(
                    f"not UTF-8 text ({error})", f"{path}:{number}", "save the file as UTF-8"
                ) from None
            if line:
                yield f"{path}:{number}", line


def json_lines(path: Path) -> Iterator[tuple[str, Any]]:
    """The values of a JSON-lines file, each with its place as `file:line`.

    Raises:
        SegueError: as `text_lines`, or a line is not JSON.
    """
    for where, line in text_lines(path):
        try:
            yield where, json.loads(line)
        except json.JSONDecodeError as error:
            raise SegueError(f"not JSON ({error})", where, "each line must be one JSON value") from None


def _files_of(folder: Path) -> dict[str, Path]:
    """Table name -> its file in the folder."""
    found: dict[str, Path] = {}
    for name in (*SCHEMAS, "dialogues"):
        suffixes = SUFFIXES if name in SCHEMAS else (".jsonl",)
        files = [folder / f"{name}{s}" for s in suffixes if (folder / f"{name}{s}").exists()]
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


def _read_file(path: Path, name: str, columns: dict[str, str]) -> pl.DataFrame:
    """The file as it is; our own columns of a text file stay text, so that the id 007 remains 007."""
    _check_file(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SegueError(f"unknown kind of file {suffix!r}", str(path), f"use one of {', '.join(SUFFIXES)}")
    try:
        if suffix == ".parquet":
            frame = pl.read_parquet(path)
        elif suffix in (".jsonl", ".ndjson"):
            frame = pl.read_ndjson(path, infer_schema_length=None)
        else:
            separator = "," if suffix == ".csv" else "\t"
            header = pl.read_csv(path, separator=separator, n_rows=0).columns
            wanted = {columns.get(c, c) for c in SCHEMAS[name]}
            text = {c: pl.String for c in header if c in wanted}
            frame = pl.read_csv(path, separator=separator, schema_overrides=text, infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SegueError(f"cannot be read ({reason})", str(path), f"it must be {suffix[1:]}, UTF-8") from None
    if frame.is_empty():
        raise SegueError("the table has no rows", str(path), "export it again")
    return frame


def _rename(frame: pl.DataFrame, columns: dict[str, str], path: Path) -> pl.DataFrame:
    """The frame with the mapped columns under our names; a column whose name is taken by one goes."""
    missing = [theirs for theirs in columns.values() if theirs not in frame.columns]
    if missing:
        have = ", ".join(frame.columns)
        raise SegueError(
            f"no column {', '.join(missing)} (it has: {have})", str(path), "mend --columns OURS=THEIRS"
        )
    taken = {*columns, *columns.values()}
    return frame.select(
        *[pl.col(theirs).alias(ours) for ours, theirs in columns.items()],
        *[c for c in frame.columns if c not in taken],
    )


def _split_tags(text: pl.Expr) -> pl.Expr:
    """A string of tags as a list: split on the strongest separator that it has."""
    parts = (
        pl.when(text.str.contains(";", literal=True))
        .then(text.str.split(";"))
        .when(text.str.contains("|", literal=True))
        .then(text.str.split("|"))
        .otherwise(text.str.split(","))
    )
    return parts.list.eval(pl.element().str.strip_chars())


def _times(column: pl.Series, path: Path) -> pl.Series:
    """A column of ISO 8601 texts, unix seconds or times as UTC microseconds.

    Raises:
        SegueError: a value is none of these.
    """
    if isinstance(column.dtype, (pl.Datetime, pl.Date)):
        return column.cast(pl.Datetime("us")) if column.dtype == pl.Date else column
    numbers = column.cast(pl.Float64, strict=False)
    seconds = pl.select(pl.when(numbers >= MILLISECONDS_FROM).then(numbers / 1000).otherwise(numbers))
    times = (seconds.to_series() * 1e6).cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if column.dtype == pl.String:
        text = column.str.strip_chars().str.replace(" ", "T", literal=True).str.replace(r"[Zz]$", "+00:00")
        for form in ISO_FORMS:
            if times.null_count() == column.null_count():
                break
            read = text.str.to_datetime(form, strict=False, time_unit="us")
            is_zoned = form.endswith("%#z")
            read = read.dt.convert_time_zone("UTC") if is_zoned else read.dt.replace_time_zone("UTC")
            times = times.zip_with(times.is_not_null(), read)
    bad = column.filter(times.is_null() & column.is_not_null())
    if len(bad):
        raise SegueError(
            f"{len(bad)} values of {column.name} are no times, the first is {bad[0]!r}",
            str(path),
            "use ISO 8601 (2017-11-01T12:00:00Z) or unix seconds",
        )
    return times.alias(column.name)


def _one_row_a_track(frame: pl.DataFrame) -> pl.DataFrame:
    """Playlists with one row a track, and positions in the order of the file where it has none."""
    if "track_id" in frame.columns and isinstance(frame.schema["track_id"], pl.List):
        frame = frame.explode("track_id")
    if "position" not in frame.columns and "playlist_id" in frame.columns:
        frame = frame.with_columns(position=pl.int_range(pl.len()).over("playlist_id"))
    return frame
