"""Filters as the page, the doors and the terminal write them, as filters of a request."""

import re
from typing import Any

import polars as pl

from segue.data.catalogue import Catalogue
from segue.kit.errors import SegueError

SPREAD = re.compile(r"(-?\d+)\s*(?:-|–|to)\s*(-?\d+)")
DECADE = re.compile(r"(\d{3}0)s")
TEMPO = "bpm"
"""The column that tells beats a minute, where a recording was listened to."""


def filters_of(where: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """Filters on track columns.

    Args:
        where: column -> a value, a list of values, or a range as two numbers [from, to] with None for an
            open end. `tempo` as a range is beats a minute.

    Raises:
        SegueError: no such column, or a range that is none.
    """
    found: dict[str, Any] = {}
    for name, value in where.items():
        column = TEMPO if name == "tempo" and isinstance(value, (list, dict)) else name
        if value is None or value == "" or value == [] or value == [None, None]:
            continue
        if column not in catalogue.tracks.columns:
            cure = "`segue features` on recordings finds tempo" if name == "tempo" else ""
            columns = f"columns: {', '.join(catalogue.tracks.columns)}"
            raise SegueError(f"tracks have no {name[:60]!r} to filter by", "where", cure or columns)
        numeric = catalogue.tracks.schema[column].is_numeric()
        if numeric and isinstance(value, list) and len(value) == 2:
            found[column] = _range(name, *value)
        else:
            found[column] = _plain(name, value)
    return found


def _range(name: str, low: Any, high: Any) -> dict[str, Any]:
    for end in (low, high):
        # In Python True is an integer, and would be the year 1.
        if end is not None and (isinstance(end, bool) or not isinstance(end, (int, float))):
            raise SegueError(f"{name}: a range is two numbers", "where", "null leaves an end open")
    return _ordered(name, low, high)


def _ordered(name: str, low: Any, high: Any) -> dict[str, Any]:
    if low is not None and high is not None and low > high:
        raise SegueError(f"{name}: nothing is from {low} to {high}", "where", f"write {high} before {low}")
    return {"min": low, "max": high}


def _plain(name: str, value: Any) -> Any:
    """A value, a list of values, or a filter of the library as it is."""
    members = value if isinstance(value, list) else [value]
    if isinstance(value, dict):
        if not value.keys() <= {"min", "max", "not"}:
            raise SegueError(f"{name}: not a filter", "where", "write a value, a list or [from, to]")
        if "not" in value:
            return {"not": _plain(name, value["not"])}
        return _range(name, value.get("min"), value.get("max"))
    if not all(isinstance(m, (str, int, float, bool)) for m in members):
        raise SegueError(f"{name}: not a filter", "where", "write a value, a list or [from, to]")
    return value


def parse_filter(column: str, value: str, catalogue: Catalogue) -> dict[str, Any]:
    """One filter from what was typed: `1980-1989` and `1980s` are ranges, anything else a value.

    Raises:
        SegueError: the tracks have no such column, or it cannot hold the value.
    """
    if column not in catalogue.tracks.columns:
        names = ", ".join(catalogue.tracks.columns)
        raise SegueError(f"no track column {column!r}", cure=f"columns: {names}")
    if not value:
        raise SegueError(f"no value to filter {column} by", cure=f"write `/where {column} VALUE`")
    kind = catalogue.tracks.schema[column]
    if kind.is_numeric():
        return {column: _number(column, value)}
    if kind == pl.Boolean:
        return {column: value.casefold() in ("true", "yes", "1")}
    if kind not in (pl.String, pl.List(pl.String)):
        raise SegueError(f"cannot filter by {column}, it holds {kind}", cure="choose another column")
    return {column: value}


def _number(column: str, value: str) -> Any:
    """A number, or a range of numbers."""
    if spread := SPREAD.fullmatch(value):
        return _ordered(column, int(spread[1]), int(spread[2]))
    if decade := DECADE.fullmatch(value):
        return {"min": int(decade[1]), "max": int(decade[1]) + 9}
    try:
        return float(value)
    except ValueError:
        cure = "write a number or a range, as 1980-1989"
        raise SegueError(f"{column} is a number, {value!r} is not", cure=cure) from None
