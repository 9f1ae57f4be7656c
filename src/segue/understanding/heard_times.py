"""Times of a listening log as people say them: "last summer", "this morning", "two years ago"."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.kit.arrays import Bools
from segue.understanding.heard import DAYS, MONTHS, PARTS, SEASONS

NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
LATELY = {"lately": 30, "recently": 30, "these days": 30, "the other day": 7}
"""Days back that vague words mean."""
PAST = {"week": 7, "weekend": 7, "month": 30, "year": 365}
MORNING = 4
"""Hour at which a day ends for somebody who is awake."""


class Window(NamedTuple):
    """A time: from (included) and to (not), or hours of any day where `start` is None."""

    start: datetime | None
    end: datetime | None
    hours: tuple[int, int] | None = None

    def holds(self, times: NDArray[np.datetime64]) -> Bools:
        """Which of the local times (n,) lie inside, bool (n,)."""
        if self.hours is not None:
            hour = times.astype("datetime64[h]").astype(np.int64) % 24
            first, last = self.hours
            return np.asarray((hour >= first) & (hour < last) | (hour < last - 24))
        return np.asarray((times >= np.datetime64(self.start)) & (times < np.datetime64(self.end)))

    def __str__(self) -> str:
        """The time as it can be said: "from 1 June to 31 August 2008"."""
        if self.start is None or self.end is None:
            first, last = self.hours or (0, 24)
            return f"between {first}:00 and {last % 24}:00"
        last_day = (self.end - timedelta(seconds=1)).date()
        if self.end - self.start < timedelta(hours=23):
            hours = f"between {self.start.hour}:00 and {self.end.hour}:00"
            return f"on {_day(self.start)}, {hours}"
        if last_day == self.start.date():
            return f"on {_day(self.start)}"
        year = "" if last_day.year == self.start.year else f" {self.start.year}"
        return f"from {self.start.day} {self.start:%B}{year} to {last_day.day} {last_day:%B %Y}"


def window(said: str, now: datetime) -> Window | None:
    """The time that folded words mean at a moment, None where they mean none.

    Args:
        said: as `understanding.heard.WHEN` matches it. Summers are June to August.
        now: local, without a zone.
    """
    said = said.removeprefix("the ").removeprefix("in the ").replace("fall", "autumn")
    today = (now - timedelta(hours=MORNING)).replace(hour=0, minute=0, second=0, microsecond=0)
    if said in ("the other day", *LATELY) or f"the {said}" in LATELY:
        return Window(now - timedelta(days=LATELY.get(said) or LATELY[f"the {said}"]), _after(now))
    if said == "at night" or said.removesuffix("s") in PARTS:
        return Window(None, None, PARTS[said.split()[-1].removesuffix("s")])
    if ago := re.fullmatch(r"(\w+) years? ago", said):
        count = NUMBERS.get(ago[1]) or int(ago[1])
        return _year(now.year - count)
    if found := _of_day(said, today):
        return found
    year = re.search(r"(?:19|20)\d\d$", said)
    first, _, rest = said.partition(" ")
    name = rest if first in ("last", "this", "past") else said
    if year:
        name = said[: year.start()].removesuffix(" ").removesuffix(" of")
        return _year(int(year[0])) if not name else _period(name, int(year[0]))
    if first == "past" and name in PAST:
        return Window(now - timedelta(days=PAST[name]), _after(now))
    if name in ("week", "weekend", "month", "year"):
        return _calendar(name, first == "last", today)
    if name in DAYS:
        back = (today.weekday() - DAYS.index(name)) % 7
        day = today - timedelta(days=back or (7 if first == "last" else 0))
        return Window(day, day + timedelta(days=1))
    return _latest(name, first == "last", now)


def _of_day(said: str, today: datetime) -> Window | None:
    """ "Today", "this morning", "yesterday evening", "last night"."""
    if said in ("today", "earlier today"):
        return Window(today, today + timedelta(days=1, hours=MORNING))
    if said == "yesterday":
        return Window(today - timedelta(days=1), today)
    first, _, part = {"tonight": "this night"}.get(said, said).partition(" ")
    if part not in PARTS or first not in ("this", "last", "yesterday", "past"):
        return None
    day = today if first == "this" else today - timedelta(days=1)
    start, end = PARTS[part]
    return Window(day + timedelta(hours=start), day + timedelta(hours=end))


def _calendar(name: str, last: bool, today: datetime) -> Window:
    """The week, weekend, month or year of a day, or the one before."""
    if name == "year":
        return _year(today.year - last)
    if name == "month":
        months = today.year * 12 + today.month - 1 - last
        return _months(months, 1)
    monday = today - timedelta(days=today.weekday())
    if name == "week":
        start = monday - timedelta(days=7 * last)
        return Window(start, start + timedelta(days=7))
    saturday = monday + timedelta(days=5)
    if last or saturday > today:
        saturday -= timedelta(days=7)
    return Window(saturday, saturday + timedelta(days=2))


def _latest(name: str, last: bool, now: datetime) -> Window | None:
    """The latest month or season that has begun; "last": that is over."""
    for year in (now.year + 1, now.year, now.year - 1):
        found = _period(name, year)
        if found is None:
            return None
        start, end = found.start, found.end
        assert start is not None
        assert end is not None
        if start <= now and (not last or end <= now):
            return found
    return None


def _period(name: str, year: int) -> Window | None:
    """A month or season of a year; the winter of a year began in the December before."""
    if name in MONTHS:
        return _months(12 * year + MONTHS.index(name), 1)
    if name in SEASONS:
        return _months(12 * year + {"spring": 2, "summer": 5, "autumn": 8, "winter": -1}[name], 3)
    return None


def _months(first: int, count: int) -> Window:
    ends = [datetime(m // 12, m % 12 + 1, 1) for m in (first, first + count)]
    return Window(ends[0], ends[1])


def _year(year: int) -> Window:
    return Window(datetime(year, 1, 1), datetime(year + 1, 1, 1))


def _after(now: datetime) -> datetime:
    return now + timedelta(seconds=1)


def _day(day: datetime) -> str:
    return f"{day.day} {day:%B %Y}"
