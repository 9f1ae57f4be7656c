"""Varied lists against the same by hand."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segue.models.variety import HEAD, Variety


def test_variety_counts_better_tracks_of_the_same_artist_but_one() -> None:
    generator = np.random.default_rng(0)
    artists = [str(a) for a in generator.integers(0, 6, 50)]
    scores = generator.normal(size=50).astype(np.float32)
    wanted = [
        max(sum(a == other and s < better for other, better in zip(artists, scores, strict=True)) - 1, 0)
        for a, s in zip(artists, scores, strict=True)
    ]
    assert Variety(artists).repeats(scores).tolist() == wanted
    duets = Variety(["Queen", "Queen, David Bowie", None, None, "", "queen"])
    assert duets.repeats(np.array([1, 2, 3, 2, 1, 3], np.float32)).tolist() == [1, 0, 0, 0, 0, 0]


@given(seed=st.integers(0, 1000), loss=st.sampled_from([0.0, 0.3, 4, 1e6]), spread=st.sampled_from([0.1, 10]))
def test_only_the_first_ten_are_varied(seed: int, loss: float, spread: float) -> None:
    generator = np.random.default_rng(seed)
    artists = [str(a) for a in generator.integers(0, 5, 40)]
    scores = (spread * generator.normal(size=40)).astype(np.float32)
    allowed = generator.random(40) < generator.random()
    left = sorted(np.flatnonzero(allowed), key=lambda row: -scores[row])
    better = {row: sum(artists[o] == artists[row] for o in left[:n]) for n, row in enumerate(left)}
    paid = {row: scores[row] - np.float32(loss) * np.float32(max(better[row] - 1, 0)) for row in left}
    head = sorted(left, key=lambda row: -paid[row])[:HEAD]
    wanted = [*head, *(row for row in left if row not in head)]
    found = Variety(artists).vary(scores, allowed, loss)
    assert all(found[a] > found[b] for a, b in pairwise(wanted))
    behind = [row for row in range(40) if row not in head]
    assert found[behind].tolist() == scores[behind].tolist()
    assert all(found[row] >= paid[row] for row in head)
