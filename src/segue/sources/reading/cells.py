"""Cells to values: each column of a table as what it should hold, with what cannot be that counted.

An empty cell is empty, in every column and every kind of file. Another word in a column of numbers, years or
times is left out and counted, with the first places where it stands.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import polars as pl

from segue.data.account import EXAMPLES, Account
from segue.kit.errors import SegueError
from segue.sources.reading import lists, times

Places = Callable[[int], str]
"""The place of a row of a table, as `file:line`."""

DAY = 86_400.0
FIRST_YEAR = 1850
MOST_SECONDS = 20_000
"""Lengths whose middle one is above this, five hours, are milliseconds."""
NOTHING = ("", "\\N")
"""What a text column holds for nothing; `\\N` is how MySQL and MusicBrainz write it."""
ABSENT = ("n/a", "nan", "none", "null", "<na>")
"""What programs write for nothing, where it stands alone in a list."""
_WORDLIKE = ("n/a", "na", "nan", "none", "null", "-", "--", "?", "unknown", "#n/a", "<na>", "nat", "\\n")
"""What stands in a column of numbers where there is none."""


def typed(
    frame: pl.DataFrame,
    kinds: dict[str, Any],
    account: Account,
    place: Places,
    *,
    table: str = "",
    milliseconds: frozenset[str] = frozenset(),
    decimal_comma: bool = False,
) -> pl.DataFrame:
    """The table with the columns of `kinds` as their types; what cannot be is null and counted.

    A play whose time is none is left out as a row.

    Args:
        kinds: column -> type; a column that the table lacks is passed over.
        milliseconds: columns of seconds whose name in the file says milliseconds.
        decimal_comma: whether `3,141` is a number between 3 and 4, as in files with semicolons.

    Raises:
        SegueError: a column of texts, numbers or times holds objects.
    """
    done: dict[str, pl.Series] = {}
    lost: pl.Series | None = None
    for name, kind in kinds.items():
        if name not in frame.columns:
            continue
        column = lists.plain(frame[name], place(0))
        if kind == pl.String:
            with _told_where(place):
                done[name] = texts(column, whole=name.endswith("_id"))
        elif isinstance(kind, pl.List):
            with _told_where(place):
                done[name] = lists.lists(column, ABSENT)
        else:
            values, reason = _measured(column, name, kind, account, name in milliseconds, decimal_comma)
            bad = _count(column, values, f"{name} {reason}", account, place)
            done[name] = values
            if name == "played_at" and bad.any():
                lost = bad
                account.rows.setdefault(table, Counter())[f"{name} {reason}"] += int(bad.sum())
    frame = frame.with_columns([values.alias(name) for name, values in done.items()])
    return frame if lost is None else frame.filter(~lost)


@contextmanager
def _told_where(place: Places) -> Iterator[None]:
    """Within it an error of a cell says of which file it is."""
    try:
        yield
    except SegueError as error:
        raise SegueError(error.what, error.where or place(0).rpartition(":")[0], error.cure) from None


def texts(column: pl.Series, *, whole: bool = False) -> pl.Series:
    """A column as texts without blanks around them; null where nothing is said.

    Lists are joined with commas, whole floats lose their point: as numbers always, as texts (`7.0`) where
    `whole` is said and every cell is a number, as in an id column that went through a program with gaps.
    """
    if isinstance(column.dtype, pl.List):
        column = column.cast(pl.List(pl.String)).list.join(", ")
    elif column.dtype.is_float():
        integers = column.cast(pl.Int64, strict=False)
        exact = (integers.cast(pl.Float64) == column) & (column.abs() < 2**63)
        column = integers.cast(pl.String).zip_with(
            exact.fill_null(False), column.set(~column.is_finite(), None).cast(pl.String)
        )
    elif column.dtype != pl.String:
        column = column.cast(pl.String, strict=False)
    column = column.str.strip_chars()
    column = column.set(column.is_in(NOTHING), None)
    if not whole:
        return lists.joined(column)
    points = column.str.contains(r"^-?\d+\.0+$")
    if points.any() and column.drop_nulls().str.contains(r"^-?\d+(\.0+)?$").all():
        column = column.str.replace(r"\.0+$", "")
    return column


def numbers(column: pl.Series, *, decimal_comma: bool = False) -> pl.Series:
    """A column as numbers, in the way of all its cells: `1,234.5`, `1.234,5`, `1 234`; null where none."""
    if column.dtype != pl.String:
        return _finite(column.cast(pl.Float64, strict=False))
    text = column.str.strip_chars()
    found = _finite(text.cast(pl.Float64, strict=False))
    rest = text.filter(found.is_null() & text.is_not_null() & text.str.contains(r"^[+-]?\d"))
    if not len(rest):
        return found
    text = text.str.replace_all(r"(\d)[\s'’\u{a0}\u{202f}]+(\d)", "${1}${2}")
    rest = rest.str.replace_all(r"(\d)[\s'’\u{a0}\u{202f}]+(\d)", "${1}${2}")
    commas = rest.filter(rest.str.contains(",", literal=True))
    if len(commas):
        thousands = commas.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$").all()
        both = commas.str.contains(r"\..*,").any()
        if both or not thousands or (decimal_comma and not commas.str.contains(r",.*[.,]").any()):
            grouped = text.str.contains(r"^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$")
            text = text.str.replace_all(".", "", literal=True).zip_with(grouped, text)
            text = text.str.replace(",", ".", literal=True)
            text = text.set(text.str.contains(",", literal=True), None)
        else:
            text = text.str.replace_all(",", "", literal=True)
    return _finite(text.cast(pl.Float64, strict=False))


def seconds(column: pl.Series, *, decimal_comma: bool = False) -> pl.Series:
    """A column of lengths in seconds: numbers, `3:45`, `1:02:03`, `225 s`, `225000 ms`; null where none."""
    if column.dtype == pl.Time:
        column = column.cast(pl.Duration("us"))
    if isinstance(column.dtype, pl.Duration):
        return column.dt.total_microseconds() / 1e6
    found = numbers(column, decimal_comma=decimal_comma)
    if column.dtype != pl.String or not (found.is_null() & column.is_not_null()).any():
        return found
    text = column.str.strip_chars().str.to_lowercase()
    parts = text.str.extract_groups(r"^(?:(\d+):)?(\d{1,3}):(\d{2}(?:[.,]\d+)?)$").struct.unnest()
    hours, minutes, rest = (
        parts[str(i)].str.replace(",", ".", literal=True).cast(pl.Float64) for i in (1, 2, 3)
    )
    clock = hours.fill_null(0) * 3600 + minutes * 60 + rest
    unit = text.str.extract_groups(
        r"^(\d+(?:\.\d+)?)\s*(ms|msec|milliseconds|s|sec|secs|seconds|min)\.?$"
    ).struct.unnest()
    factors = {"ms": 0.001, "msec": 0.001, "milliseconds": 0.001, "min": 60.0}
    with_unit = unit["1"].cast(pl.Float64) * unit["2"].replace_strict(
        factors, default=1.0, return_dtype=pl.Float64
    )
    return pl.select(pl.coalesce(found, clock, with_unit)).to_series().alias(column.name)


def years(column: pl.Series) -> pl.Series:
    """A column of years, or of dates of any form, of which the year is taken; null where none is said.

    A year before 1850 or after the next is none: 0 is how many write that they do not know.
    """
    if isinstance(column.dtype, (pl.Date, pl.Datetime)):
        found = column.dt.year()
    elif column.dtype == pl.String:
        text = column.str.strip_chars()
        first = text.str.extract(r"^(\d{4})(?:\d\d(?:\d\d)?)?(?:\D|$)")  # 1958, 1958.0, 195803, 1958-03-31
        inner = text.str.extract(r"(?:^|\D)((?:1[89]|20)\d\d)(?:\D|$)")  # 31 March 1958, c1958
        found = pl.select(pl.coalesce(first, inner)).to_series().cast(pl.Int32, strict=False)
    else:
        number = numbers(column)
        digits = number.cast(pl.Int64, strict=False)
        for unit, least in ((10_000, 10_000_000), (100, 100_000)):  # 19580331, 195803
            digits = (digits // unit).zip_with((digits >= least).fill_null(False), digits)
        found = digits.cast(pl.Int32, strict=False)
    found = found.cast(pl.Int32)
    return found.set(~found.is_between(FIRST_YEAR, date.today().year + 1), None).alias(column.name)


def guessed(column: pl.Series, account: Account, place: Places, *, decimal_comma: bool = False) -> pl.Series:
    """A column of the user's own as what it holds: numbers, yes and no, or texts; blanks are null.

    A column of numbers is one where all cells are numbers, but for words that say there is none, and for one
    in a hundred. Digits that begin with 0 (`007`) are text.
    """
    if column.dtype != pl.String:
        return _storable(column)
    text = column.str.strip_chars()
    text = text.set(text.is_in(NOTHING), None)
    said = text.drop_nulls()
    if not len(said) or said.str.contains(r"^[+-]?0\d").any():
        return text
    lower = said.str.to_lowercase()
    if lower.is_in(["true", "false"]).all():
        return text.str.to_lowercase() == "true"
    likely = said.filter(~lower.is_in(_WORDLIKE))
    found = numbers(likely.head(1000), decimal_comma=decimal_comma)
    if not len(found) or found.null_count() > len(found) / 50:
        return text
    values = numbers(text, decimal_comma=decimal_comma)
    n_words = int((values.is_null() & text.is_not_null() & ~text.str.to_lowercase().is_in(_WORDLIKE)).sum())
    if n_words * 100 > len(likely):
        return text
    _count(text, values, f"{column.name} that is no number", account, place)
    whole = values.cast(pl.Int64, strict=False)
    is_whole = (
        bool((whole.cast(pl.Float64) == values).all()) and not said.str.contains(".", literal=True).any()
    )
    return whole if is_whole else values


def _measured(
    column: pl.Series, name: str, kind: Any, account: Account, milliseconds: bool, decimal_comma: bool
) -> tuple[pl.Series, str]:
    """A column of times, years, lengths or numbers, and what a cell that is none is called."""
    if isinstance(kind, pl.Datetime):
        return times.moments(column), times.REASON
    if name == "year":
        return years(column), f"that is no year from {FIRST_YEAR} to the next"
    if kind == pl.Int32:
        values = numbers(column, decimal_comma=decimal_comma)
        return values.cast(pl.Int32, strict=False), "that is no number"
    values = seconds(column, decimal_comma=decimal_comma)
    middle = values.filter(values > 0).quantile(0.5, "lower") or 0.0
    if milliseconds or middle > MOST_SECONDS:
        if not milliseconds:
            account.note(f"{name} taken as milliseconds: its middle value is {middle:,.0f}")
        values = values / 1000
    can_be = (values >= 0 if name == "played_s" else values > 0) & (values <= DAY)
    return values.set(~can_be, None), "that is no length of up to a day"


def _finite(column: pl.Series) -> pl.Series:
    """Numbers without those that are none or endless."""
    return column.set(~column.is_finite(), None)


def _count(column: pl.Series, values: pl.Series, reason: str, account: Account, place: Places) -> pl.Series:
    """Which cells hold something but became null, which are counted."""
    bad = values.is_null() & column.is_not_null()
    if column.dtype == pl.String:
        bad &= (column.str.strip_chars() != "").fill_null(False)
    elif column.dtype.is_float():
        bad &= column.is_not_nan().fill_null(False)
    if bad.any():
        rows = bad.arg_true()
        examples = [f"{place(int(row))}: {str(column[int(row)])[:30]!r}" for row in rows.head(EXAMPLES)]
        account.add(reason, len(rows), examples)
    return bad


def _storable(column: pl.Series) -> pl.Series:
    """A column of the user's own in a type that goes with the same column of another file."""
    if isinstance(column.dtype, (pl.Categorical, pl.Enum)):
        return column.cast(pl.String)
    if isinstance(column.dtype, pl.Decimal):
        return column.cast(pl.Float64)
    if column.dtype == pl.Object:
        raise SegueError(f"column {column.name} holds something unknown", cure="leave it out")
    return column
