"""Rows of a study: measured once, failing alone, with the time that remains."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from segue.data.catalogue import Catalogue
from segue.experiments.rows import Row, run
from segue.kit.errors import SegueError
from segue.kit.memory import peak_mb, reset_peak
from segue.models.counting.chance import Chance
from segue.models.recommender import Recommender
from segue.testing.checkerboard import checkerboard


class Bench:
    """Three rows that count how often they are made; the second one fails while `broken`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.broken, self.made, self.said = folder, True, [], []  # type: ignore[var-annotated]
        self.catalogue: Catalogue = checkerboard()
        self.now = 0.0
        self.rows = [Row(name, self._make(name), "a table", cost=cost) for name, cost in self.costs.items()]

    costs = {"one": 1.0, "two": 1.0, "three": 4.0}  # noqa: RUF012

    def _make(self, name: str) -> Callable[[], Recommender]:
        def make() -> Recommender:
            self.made.append(name)
            self.now += 60
            if name == "two" and self.broken:
                raise SegueError("no audio here", "somewhere", "import some")
            if name == "three" and self.broken is None:
                raise KeyboardInterrupt
            return Chance(self.catalogue)

        return make

    def go(self, version: str = "1") -> dict[str, str]:
        self.made.clear()
        self.said.clear()
        measure = lambda row, model: pl.DataFrame({"row": [row.name]})  # noqa: E731
        identity = lambda row: row.name + version  # noqa: E731
        found = run(self.rows, self.folder, identity, measure, self.said.append, clock=lambda: self.now)
        return {row.name: outcome.failed for row, outcome in found}


def test_a_row_that_fails_says_why_and_the_others_finish(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    failed = bench.go()
    assert failed == {"one": "", "two": failed["two"], "three": ""}
    assert "no audio here" in failed["two"]
    assert "\n" not in failed["two"]
    assert pl.read_parquet(tmp_path / bench.rows[2].folder / "results.parquet")["row"].to_list() == ["three"]


def test_what_was_measured_is_kept_and_only_the_rest_made(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.go()
    bench.broken = False
    assert set(bench.go().values()) == {""}
    assert bench.made == ["two"]
    assert bench.go()
    assert bench.made == []
    assert bench.go("2")
    assert bench.made == ["one", "two", "three"]


def test_interrupted_it_goes_on_with_the_row_it_was_at(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.broken = None
    with pytest.raises(KeyboardInterrupt):
        bench.go()
    bench.broken = False
    bench.go()
    assert bench.made == ["three"]


def test_the_time_that_remains_follows_from_the_costs(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.go()
    assert [line.rpartition("about ")[2] for line in bench.said if "left" in line] == [
        "5.0 min left",
        "4.0 min left",
        "0.0 min left",
    ]


def test_the_peak_of_memory_is_counted_anew() -> None:
    reset_peak()
    before = peak_mb()
    with mmap.mmap(-1, 200_000_000) as held:  # goes back to the system at once, unlike the heap
        for start in range(0, len(held), 4096):
            held[start] = 1
        assert peak_mb() > before + 150
    reset_peak()
    assert peak_mb() < before + 150
