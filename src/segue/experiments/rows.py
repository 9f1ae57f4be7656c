"""Running the rows of a study one by one: each is measured once, a failed one says why, the others go on."""

import json
import logging
import shutil
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from segue.kit.errors import SegueError
from segue.kit.memory import peak_mb, reset_peak
from segue.kit.workspace import hash_of, read_json, whole_directory, write_json

logger = logging.getLogger(__name__)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Args:
        make: the recommender, or whatever is measured.
        reads: names of the settings that it depends on beside the seed and the requests.
        cost: how long it takes, in any unit that all rows share: for the remaining time.
    """

    name: str
    make: Callable[[], Any]
    table: str
    reads: tuple[str, ...] = ()
    cost: float = 1.0

    @property
    def folder(self) -> str:
        """A name for its folder."""
        # With a hash, as names that differ in signs alone would share a folder.
        plain = "".join(c if c.isalnum() else "-" for c in self.name)
        return f"{plain}-{hash_of(self.table, self.name)[:6]}"


@dataclass(frozen=True)
class Outcome:
    """What came of a row: seconds to make and to measure it, the peak of memory, and why it failed."""

    identity: str
    making_s: float = 0.0
    measuring_s: float = 0.0
    peak_mb: float = 0.0
    failed: str = ""


def read(folder: Path) -> Outcome | None:
    """What a row's folder says; None where there is none."""
    path = folder / "row.json"
    try:
        return Outcome(**read_json(path))
    except (OSError, json.JSONDecodeError, TypeError):
        return None


def run(
    rows: Sequence[Row],
    folder: Path,
    identity: Callable[[Row], str],
    measure: Callable[[Row, Any], pl.DataFrame],
    say: Say,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[tuple[Row, Outcome]]:
    """Each row and what came of it, in order; what was measured before is not measured again.

    Args:
        identity: of a row: all that its figures depend on.
        say: told of every row before and after it, with the time that remains.
    """
    spent, done_cost, left = 0.0, 0.0, sum(row.cost for row in rows)
    for number, row in enumerate(rows, start=1):
        target, wanted = folder / row.folder, identity(row)
        left -= row.cost
        known = read(target)
        head = f"[{number}/{len(rows)}] {row.table}: {row.name}"
        # A row that failed is tried again: what it lacked may be there by now.
        if known is not None and known.identity == wanted and not known.failed:
            say(f"{head}: measured before, kept")
            yield row, known
            continue
        say(f"{head} ...")
        began = clock()
        outcome = _one(row, target, wanted, measure, clock)
        # Only rows that ran tell how long a unit of cost takes: kept ones took no time.
        spent, done_cost = spent + clock() - began, done_cost + row.cost
        how = f"failed: {outcome.failed}" if outcome.failed else f"{clock() - began:.0f} s"
        say(f"{head}: {how}; about {max(0.0, spent / done_cost * left / 60):.1f} min left")
        yield row, outcome


def base(name: str) -> str:
    """A row's name without its seed, where it is made several times."""
    return name.split(".seed")[0]


def chosen(rows: list[Row], only: Sequence[str]) -> list[Row]:
    """The rows that are wanted: all, or those of tables and of names.

    Raises:
        SegueError: nothing has one of these names.
    """
    names = {row.table for row in rows} | {base(row.name) for row in rows}
    if unknown := [name for name in only if name not in names]:
        there = ", ".join(f'"{name}"' for name in sorted(names))
        raise SegueError(f"no table or row {unknown[0]!r}", cure=f"there are: {there}")
    return [row for row in rows if not only or row.table in only or base(row.name) in only]


def collected(
    done: Iterable[tuple[Row, Outcome]], folder: Path
) -> tuple[dict[str, dict[str, pl.DataFrame]], dict[tuple[str, str], Outcome]]:
    """The results by table and row, and what came of every row by table and name, as `run` makes them.

    Raises:
        SegueError: no row at all could be measured.
    """
    found: dict[str, dict[str, pl.DataFrame]] = {}
    outcomes: dict[tuple[str, str], Outcome] = {}
    for row, outcome in done:
        outcomes[row.table, row.name] = outcome
        if not outcome.failed:
            results = pl.read_parquet(folder / row.folder / "results.parquet")
            found.setdefault(row.table, {})[row.name] = results
    if not found:
        reasons = json.dumps({name: o.failed for (_, name), o in outcomes.items()}, ensure_ascii=False)
        raise SegueError(f"no row could be measured: {reasons}", str(folder))
    return found, outcomes


def _one(
    row: Row,
    target: Path,
    identity: str,
    measure: Callable[[Row, Any], pl.DataFrame],
    clock: Callable[[], float],
) -> Outcome:
    """Make and measure one row, and keep what came of it."""
    # Or the peak of a larger row before would be taken for this one's.
    reset_peak()
    start = clock()
    try:
        model = row.make()
        made = clock()
        results = measure(row, model)
        facts: dict[str, Any] = {"making_s": made - start, "measuring_s": clock() - made}
        outcome = Outcome(identity, **facts, peak_mb=peak_mb())
    except Exception as error:  # One row must not take the others with it.
        logger.debug("%s", traceback.format_exc())
        results, outcome = None, Outcome(identity, failed=_reason(error), peak_mb=peak_mb())
    shutil.rmtree(target, ignore_errors=True)
    with whole_directory(target) as temporary:
        if results is not None:
            results.write_parquet(temporary / "results.parquet")
        write_json(temporary / "row.json", asdict(outcome))
    return outcome


def _reason(error: Exception) -> str:
    """Why, in one line."""
    if isinstance(error, SegueError):
        return " ".join(str(error).split())
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:300]
