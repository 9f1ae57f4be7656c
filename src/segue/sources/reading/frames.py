"""Tables of JSON records and of Parquet files, with a place for every row."""

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from segue.data.account import Account
from segue.kit.errors import SegueError
from segue.sources.reading.delimited import LINE, MOST_COLUMNS, distinct, key
from segue.sources.reading.records import Record

Scalar = (str, int, float, bool)


def read_parquet(raw: bytes, where: str, name: str, account: Account) -> pl.DataFrame:
    """The table of a Parquet file; the LINE of a row is its number.

    Raises:
        SegueError: it is none, or broken.
    """
    try:
        frame = pl.read_parquet(io.BytesIO(raw))
    except (pl.exceptions.PolarsError, OSError, BaseException) as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise SegueError(
            f"cannot be read ({reason})", where, "it must be a Parquet file; write it again"
        ) from None
    account.came[name] += frame.height
    frame.columns = distinct(frame.columns)
    return frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias(LINE))


def frame_of(
    found: Iterable[Record], where: str, name: str, wanted: set[str], account: Account
) -> pl.DataFrame:
    """The table of JSON objects, a row each; the LINE of a row is its line or number.

    Raises:
        SegueError: there is none, a wanted column holds objects, or there are too many columns.
    """
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    names: dict[str, None] = {}
    ours = {key(c) for c in wanted}
    for number, (place, value) in enumerate(_opened(found, ours), 1):
        account.came[name] += 1
        if not isinstance(value, dict):
            account.leave(
                name, f"value of {name} that is no JSON object", examples=[f"{place}: {str(value)[:30]}"]
            )
            continue
        row: dict[str, Any] = {}
        for column, cell in value.items():
            row.setdefault(column.strip() or "column", cell)
        rows.append(row)
        line = place.rpartition(":")[2]
        lines.append(int(line) if line.isdigit() else number)
        names.update(dict.fromkeys(row))
        if len(names) > MOST_COLUMNS:
            raise SegueError(f"more than {MOST_COLUMNS} columns", where, "choose those that are wanted")
    if not rows:
        reasons = "; ".join(account.lines) or "it has none"
        raise SegueError(f"cannot be read as JSON objects ({reasons})", where, "write an object a line")
    columns = [_column(c, [row.get(c) for row in rows], key(c) in ours, where) for c in names]
    return pl.DataFrame([*columns, pl.Series(LINE, lines, dtype=pl.UInt32)])


def _opened(found: Iterable[Record], ours: set[str]) -> Iterator[Record]:
    """The records; those within an object that is none itself, or is a table by columns, one by one."""
    for place, value in found:
        if isinstance(value, dict) and not ours & {key(c) for c in value}:
            inner = [v for v in value.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
            if len(inner) == 1:
                yield from ((f"{place}[{n}]", row) for n, row in enumerate(inner[0], 1))
                continue
        columns = list(value.values()) if isinstance(value, dict) else []
        lengths = {len(c) if isinstance(c, list) else -1 for c in columns}
        if len(columns) > 1 and len(lengths) == 1 and lengths != {-1} and "title" in ours:
            rows = (dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True))
            yield from ((f"{place}[{n}]", row) for n, row in enumerate(rows, 1))
            continue
        if len(columns) > 1 and all(isinstance(c, dict) and c.keys() == columns[0].keys() for c in columns):
            rows = ({c: value[c][k] for c in value} for k in columns[0])  # as pandas writes a data frame
            yield from ((f"{place}[{n}]", row) for n, row in enumerate(rows, 1))
            continue
        yield place, value


def _column(name: str, values: list[Any], wanted: bool, where: str) -> pl.Series:
    """A column of JSON values: as numbers, texts or lists where all are, else as texts."""
    kinds = {type(v) for v in values if v is not None}
    if dict in kinds and wanted:
        what = f"column {name} holds objects, not texts or numbers"
        raise SegueError(what, where, f"write the name alone into {name}, and import again")
    if kinds <= {int} and all(v is None or abs(v) < 2**63 for v in values):
        return pl.Series(name, values, dtype=pl.Int64 if kinds else pl.String)
    # Larger integers are ids, and a float would be another one.
    if kinds <= {int, float} and all(abs(v) < 2**53 for v in values if isinstance(v, int)):
        return pl.Series(name, [None if v is None else _float(v) for v in values], dtype=pl.Float64)
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {list} and all(
        v is None or all(isinstance(x, Scalar) or x is None for x in v) for v in values
    ):
        texts = [None if v is None else [None if x is None else _text(x) for x in v] for v in values]
        return pl.Series(name, texts, dtype=pl.List(pl.String))
    if wanted and any(isinstance(v, list) and any(isinstance(x, (dict, list)) for x in v) for v in values):
        raise SegueError(f"column {name} holds lists of objects", where, f"write the names alone into {name}")
    return pl.Series(name, [None if v is None else _text(v) for v in values], dtype=pl.String)


def _float(number: float) -> float:
    """A number as a float, endless where it is too large for one."""
    try:
        return float(number)
    except OverflowError:
        return float("inf")


def _text(value: Any) -> str:
    """A JSON value as a text: whole floats without their point, lists and objects as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)
