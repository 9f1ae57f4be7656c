"""Times as people write them: ISO 8601 in all its forms, unix times of any unit, dates in words.

A number is a time only where it can be one: seconds, milli-, micro- or nanoseconds since 1970 that lie
between 1990 and tomorrow (no number lies there in two units), or the digits of a date (20171101). Anything
else, an Excel day number or a year, is no time.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No player kept a log before; what is dated earlier comes from a clock that was not set."""
KIND = pl.Datetime("us", "UTC")
UNITS = (1.0, 1e3, 1e6, 1e9)
REASON = "that is no time from 1990 to tomorrow"
FORMS = (
    "%d %b %Y %H:%M",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y %I:%M %p",
    "%d %b %Y",
    "%d %B %Y %H:%M",
    "%d %B %Y",
    "%b %d %Y %H:%M",
    "%b %d %Y %I:%M %p",
    "%b %d %Y",
    "%B %d %Y %H:%M",
    "%B %d %Y %I:%M %p",
    "%B %d %Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%Y:%m:%d %H:%M:%S",
)
SLASHED = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "")
_ISO_FORMS = (
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M%#z",
    "%Y-%m-%dT%H:%M",
)
_WORD_FORMS = ("%d %b %Y, %H:%M", "%d %b %Y %H:%M")
_SLASHES = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b *(.*)")


def latest() -> datetime:
    """Tomorrow: what is dated later comes from a clock that was wrong."""
    return datetime.now(UTC) + timedelta(days=1)


def moment(value: Any, *, day_first: bool | None = None) -> datetime | None:
    """The time that a value is, in UTC, where no zone is given in UTC; None where it is none.

    Args:
        day_first: how 04/05/2010 is meant; None takes only those that can be meant one way.
    """
    if isinstance(value, datetime):
        found: datetime | None = value
    elif isinstance(value, bool) or value is None:
        return None
    elif isinstance(value, (int, float)):
        found = _of_number(value)
    else:
        found = _of_text(str(value).strip(), day_first)
    if found is None:
        return None
    try:
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None
    return found if EARLIEST <= found <= latest() else None


def moments(column: pl.Series) -> pl.Series:
    """A column of texts, numbers or times as UTC microseconds; null where a value is no time."""
    kind = column.dtype
    if isinstance(kind, pl.Datetime) or kind == pl.Date:
        zone = kind.time_zone if isinstance(kind, pl.Datetime) else None
        times = column.cast(pl.Datetime("us", zone), strict=False)
        times = times.dt.convert_time_zone("UTC") if zone else times.dt.replace_time_zone("UTC")
    elif kind == pl.String:
        times = _of_texts(column)
    elif kind.is_numeric():
        times = _of_numbers(column)
    else:
        times = pl.Series(column.name, [None] * len(column), dtype=KIND)
    return times.set(~times.is_between(EARLIEST, latest()), None).alias(column.name)


def _of_number(number: float) -> datetime | None:
    """The time of a unix time in any unit, or of the digits of a date."""
    if not math.isfinite(number):
        return None
    first, last = EARLIEST.timestamp(), latest().timestamp()
    for unit in UNITS:
        if first <= number / unit <= last:
            return datetime.fromtimestamp(number / unit, UTC)
    return _of_digits(str(int(number))) if number == int(number) else None


def _of_digits(digits: str) -> datetime | None:
    """The time of 20171101, 201711011200 or 20171101120000."""
    form = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(len(digits))
    return _parsed(digits, form) if form else None


def _of_text(text: str, day_first: bool | None) -> datetime | None:
    """The time that a text says."""
    if not text or len(text) > 60:
        return None
    try:
        return _of_number(float(text))
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    plain = re.sub(r"^[A-Za-z]{3,9}, ", "", text).replace(",", " ").replace(" at ", " ")
    plain = re.sub(r"\s*(UTC|GMT|[+-]00:?00|Z)$", "", " ".join(plain.split()))
    if slashed := _SLASHES.fullmatch(plain):
        return _of_slashes(slashed, day_first)
    return next((found for form in FORMS if (found := _parsed(plain, form))), None)


def _of_slashes(parts: re.Match[str], day_first: bool | None) -> datetime | None:
    """The time of 31/05/2017 or 05/31/2017, with an hour behind it or without."""
    a, b, year, hour = int(parts[1]), int(parts[2]), parts[3], parts[4]
    if a != b and a <= 12 and b <= 12 and day_first is None:
        return None
    is_day_first = a > 12 or (b <= 12 and bool(day_first))
    day, month = (a, b) if is_day_first else (b, a)
    text = f"{year}-{month}-{day} {hour}".strip()
    return next((found for form in SLASHED if (found := _parsed(text, f"%Y-%m-%d {form}".strip()))), None)


def _parsed(text: str, form: str) -> datetime | None:
    """The time of a text in a form, None where it is of another."""
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def _of_numbers(column: pl.Series) -> pl.Series:
    """The times of numbers, null where a number is none."""
    numbers = column.cast(pl.Float64, strict=False)
    first, last = EARLIEST.timestamp(), latest().timestamp()
    frame = pl.DataFrame({"n": numbers, "whole": column.cast(pl.Int64, strict=False)})
    micros = pl.lit(None, dtype=pl.Int64)
    for unit in UNITS:
        fits = (pl.col("n") / unit).is_between(first, last)
        # Whole numbers stay whole: a float of nanoseconds has not all digits.
        exact = pl.col("whole") * int(1e6 / unit) if unit <= 1e6 else pl.col("whole") // int(unit / 1e6)
        scaled = (
            pl.when(pl.col("n") == pl.col("whole"))
            .then(exact)
            .otherwise((pl.col("n") * (1e6 / unit)).cast(pl.Int64, strict=False))
        )
        micros = pl.when(fits).then(scaled).otherwise(micros)
    times = frame.select(micros.cast(KIND)).to_series()
    rest = times.is_null() & numbers.is_not_null() & numbers.is_finite()
    if not rest.any():
        return times
    digits = numbers.filter(rest).unique()
    read = {n: moment(n) for n in digits if 1e7 <= n < 1e14}
    return times.zip_with(~rest, numbers.replace_strict(read, default=None, return_dtype=KIND))


def _of_texts(column: pl.Series) -> pl.Series:
    """The times of texts: the usual forms a column at a time, the rest one by one."""
    text = column.str.strip_chars()
    number = text.str.contains(r"^[+-]?[\d.]+([eE]\+?\d+)?$")
    whole = text.cast(pl.Int64, strict=False)
    amount = text.set(~number, None).cast(pl.Float64, strict=False)
    times = _of_numbers(whole) if whole.null_count() == amount.null_count() else _of_numbers(amount)
    iso = text.str.replace(" ", "T", literal=True).str.replace(r"[Zz]$", "+00:00")
    for forms, source in ((_ISO_FORMS, iso), (_WORD_FORMS, text)):
        for form in forms:
            todo = times.is_null() & ~number & (text != "")
            if not todo.any():
                return times
            read = source.str.to_datetime(form, strict=False, time_unit="us")
            read = (
                read.dt.convert_time_zone("UTC") if form.endswith("%#z") else read.dt.replace_time_zone("UTC")
            )
            times = times.zip_with(~todo, read)
    todo = (times.is_null() & ~number & (text != "")).fill_null(False)
    rest = text.filter(todo).unique()
    if not len(rest):
        return times
    order = _day_first(rest)
    read_one = {t: moment(t, day_first=order) for t in rest}
    return times.zip_with(~todo, text.replace_strict(read_one, default=None, return_dtype=KIND))


def _day_first(texts: pl.Series) -> bool | None:
    """How the slashed dates of a column are meant, where one of them tells; None where none does, or both."""
    parts = [m for t in texts if (m := _SLASHES.match(t))]
    day, month = any(int(m[1]) > 12 for m in parts), any(int(m[2]) > 12 for m in parts)
    return None if day == month else day
