"""Lists in cells: real ones (Parquet, JSON), and those that programs write into texts (`['a', 'b']`)."""

import ast
import json
import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from segue.data.catalogue import split
from segue.kit.errors import SegueError

_LOOKS_LIKE_LIST = r"(?s)^[\[({].*[\])}]$|^set\(\)$"
_WRITTEN = r"""(?s)^[\[(]\s*(?:u?'.*'|".*")\s*,?\s*[\])]$|^\[?\s*\{\s*(?:'.*'|".*")\s*:.*\}\s*\]?$"""
"""A list or object of texts in quotation marks: `[untitled]` is a title, not a list."""
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_NUMPY = re.compile(r"""\[\s*(?:(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*)+\]""", re.DOTALL)
MOST = 100_000
"""Characters of a list in a cell."""


def plain(column: pl.Series, where: str = "") -> pl.Series:
    """A column of texts, numbers, times or lists of these, whatever the file calls its type.

    Raises:
        SegueError: it holds objects, or lists of objects or of lists.
    """
    kind = column.dtype
    if isinstance(kind, pl.Array):
        column, kind = column.arr.to_list(), pl.List(kind.inner)
    inner = kind.inner if isinstance(kind, pl.List) else kind
    if isinstance(inner, (pl.Struct, pl.List, pl.Array)) or inner == pl.Object:
        what = f"column {column.name} holds objects, not texts or numbers"
        raise SegueError(what, where, f"write the name alone into {column.name}, and import again")
    target: Any = pl.String if isinstance(inner, (pl.Categorical, pl.Enum)) else None
    target = pl.Float64 if isinstance(inner, pl.Decimal) else target
    if inner == pl.Binary:
        if isinstance(kind, pl.List):
            return column.list.eval(pl.element().cast(pl.String, strict=False))
        return pl.Series(
            column.name,
            [None if v is None else v.decode("utf-8", "replace") for v in column],
            dtype=pl.String,
        )
    if target is not None:
        return column.cast(pl.List(target) if isinstance(kind, pl.List) else target, strict=False)
    if inner == pl.Null:
        return column.cast(pl.List(pl.String) if isinstance(kind, pl.List) else pl.String)
    return column


def lists(column: pl.Series, absent: Sequence[str] = ()) -> pl.Series:
    """A column of lists of texts, without blank and `absent` ones; null where there is none.

    A text is a list as a program wrote it (`['a', 'b']`, `["a"]`, `{a,b}`), or is split on its strongest
    separator: `;`, else `|`, else `,`.
    """
    if isinstance(column.dtype, pl.List):
        found = column.cast(pl.List(pl.String), strict=False)
    else:
        text = column.cast(pl.String, strict=False).str.strip_chars()
        written = text.str.contains(_LOOKS_LIKE_LIST).fill_null(False)
        read = {t: list_of(t, column.name, loose=True) for t in text.filter(written).unique()}
        found = pl.select(split(pl.lit(text))).to_series()
        if read:
            parsed = pl.Series([read.get(t) for t in text], dtype=pl.List(pl.String))
            found = parsed.zip_with(parsed.is_not_null(), found)
    clean = pl.element().str.strip_chars()
    found = found.list.eval(
        clean.filter((clean != "") & clean.is_not_null() & ~clean.str.to_lowercase().is_in(list(absent)))
    )
    return found.set(found.list.len() == 0, None).alias(column.name)


def joined(column: pl.Series) -> pl.Series:
    """A column of texts with the lists among them (`['Queen', 'David Bowie']`) joined with commas."""
    written = column.str.contains(_WRITTEN).fill_null(False)
    if not written.any():
        return column
    read = {t: ", ".join(v) for t in column.filter(written).unique() if (v := list_of(t, column.name))}
    return column.replace(read) if read else column


def list_of(text: str, column: str, *, loose: bool = False) -> list[str] | None:
    """The list that a text writes, in JSON or as Python prints it; None where it is none.

    Args:
        loose: also of what has no quotation marks (`{rock,pop}`, `[1, 2]`), as in a column of tags.

    Raises:
        SegueError: it is a list of objects.
    """
    if len(text) > MOST:
        return None
    if _NUMPY.fullmatch(text):  # without commas, as numpy prints: Python would run the words together
        return [a or b for a, b in _QUOTED.findall(text)]
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict) for v in value)):
            what = f"column {column} holds objects, not texts ({text[:40]})"
            raise SegueError(what, cure=f"write the name alone into {column}, and import again")
        if isinstance(value, (list, tuple, set, frozenset)):
            parts = [v for v in value if v is not None]
            if loose or all(isinstance(v, str) for v in parts):
                return (
                    sorted(map(str, parts))
                    if isinstance(value, (set, frozenset))
                    else [str(v) for v in parts]
                )
        return None
    if loose and text[0] in "[{(" and text[1:-1].strip():
        separator = ";" if ";" in text else ","
        return [part.strip().strip("\"'") for part in text[1:-1].split(separator)]
    return [] if loose and text == "set()" else None
