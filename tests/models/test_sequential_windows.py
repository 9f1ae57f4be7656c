"""Windows and batches: every play a target exactly once, whatever the cuts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.kit.errors import SegueError
from segue.models.sequential.windows import Batches, pad, windows
from sequences import log_of


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 23), min_size=1, max_size=6), st.integers(1, 9), st.integers(0, 5))
def test_every_play_but_the_first_is_a_target_once(sizes: list[int], length: int, seed: int) -> None:
    log = log_of([list(range(size)) for size in sizes], 30, held_out=0)
    for rng in (None, np.random.default_rng(seed)):
        found = windows(log, length, rng)
        targets = [e for a, b in zip(found.starts, found.stops, strict=True) for e in range(a + 1, b)]
        firsts = set(log.starts[:-1].tolist())
        assert sorted(targets) == [e for e in range(len(log)) if e not in firsts]
        assert (found.stops - found.starts <= length + 1).all()
        assert (log.owner[found.starts] == log.owner[found.stops - 1]).all()


def test_the_published_window_is_the_last_one_alone() -> None:
    found = windows(
        log_of([range(10), range(3)], 10, held_out=0), 4, np.random.default_rng(0), last_only=True
    )
    assert found.starts.tolist() == [5, 10]
    assert found.stops.tolist() == [10, 13]


def test_cuts_move_from_epoch_to_epoch() -> None:
    log = log_of([range(100)], 100, held_out=0)
    found = {tuple(windows(log, 10, np.random.default_rng(seed)).starts) for seed in range(20)}
    assert len(found) > 5


def test_batches_hold_every_window_of_an_epoch_padded_behind() -> None:
    log = log_of([[n] * size for n, size in enumerate((2, 3, 9, 4, 2, 7))], 6, held_out=0)
    batches = Batches(log, 5, 12, seed=0)
    found = []
    for step in range(batches.per_epoch):
        rows, sizes = batches(step)
        for line, size in zip(rows, sizes, strict=True):
            assert (line[:size] >= 0).all()
            assert (line[size:] == -1).all()
            found.append((line[0], size - 1))
    per_listener = {n: sum(s for m, s in found if m == n) for n in range(6)}
    assert per_listener == {0: 1, 1: 2, 2: 8, 3: 3, 4: 1, 5: 6}


def test_a_batch_depends_on_its_number_alone() -> None:
    log = log_of([range(30), range(20)], 30, held_out=0)
    one, two = Batches(log, 6, 20, seed=3), Batches(log, 6, 20, seed=3)
    one(7)
    np.testing.assert_array_equal(one(2)[0], two(2)[0])


def test_nothing_to_learn_is_said() -> None:
    with pytest.raises(SegueError, match="two plays"):
        Batches(log_of([[1], [2]], 3, held_out=0), 5, 10, seed=0)


def test_pad_of_nothing() -> None:
    rows, sizes = pad([np.array([], int)])
    assert rows.tolist() == [[-1]]
    assert sizes.tolist() == [0]
