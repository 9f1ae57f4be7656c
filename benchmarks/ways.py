"""How small the steps of a way are: random tracks between two, the nearest to each point, and ours.

    python benchmarks/ways.py WORKSPACE [--pairs 300]

WORKSPACE is one with a catalogue (`segue demo`). Pairs of tracks are drawn at random, each with a way of 5,
6 or 8 tracks. A step is 1 less the likeness of two tracks next to each other; "forward" is the share of
steps that lead farther from the start than from the goal. The last line is how often our largest step is
smaller than that of the nearest tracks, with a 95 % interval (bootstrap over pairs).
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segue.kit.workspace import Workspace
from segue.serving.terminal import open_conversation
from segue.understanding.guide import Likeness


def nearest(
    likeness: Likeness, start: int, goal: int, n: int, _rng: np.random.Generator, artists: list[object]
) -> list[int]:
    """Each track the one most like the point of the line between the ends, an artist once."""
    found, away, near = [start], likeness.to([start]), likeness.to([goal])
    for k in range(1, n - 1):
        score = (1 - k / (n - 1)) * away + k / (n - 1) * near
        heard = {artists[r] for r in (*found, goal)}
        free = np.array([a not in heard for a in artists])
        found.append(int(np.argmax(np.where(free, score, -np.inf))))
    return [*found, goal]


def random(
    likeness: Likeness, start: int, goal: int, n: int, rng: np.random.Generator, _artists: list[object]
) -> list[int]:
    """Any tracks between the ends."""
    others = np.setdiff1d(np.arange(len(likeness.spaces[0])), [start, goal])
    return [start, *map(int, rng.choice(others, n - 2, replace=False)), goal]


def ours(
    likeness: Likeness, start: int, goal: int, n: int, _rng: np.random.Generator, artists: list[object]
) -> list[int]:
    """The product's way."""
    return likeness.way(start, goal, n, np.ones(len(artists), bool), artists)


def measured(likeness: Likeness, way: list[int]) -> tuple[float, float, float]:
    """The largest step, the mean one, and the share of steps that lead forward."""
    steps = [float(1 - likeness.to([a])[b]) for a, b in pairwise(way)]
    gone, left = 1 - likeness.to(way[:1])[way], 1 - likeness.to(way[-1:])[way]
    return max(steps), float(np.mean(steps)), float(np.mean(np.diff(gone - left) > 0))


def main() -> None:
    """Draw the pairs, walk, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--pairs", type=int, default=300)
    args = parser.parse_args()
    talk = open_conversation(Workspace(args.workspace))
    artists = talk.catalogue.tracks["artist"].to_list()
    rng = np.random.default_rng(0)
    pairs = [(*map(int, rng.choice(len(artists), 2, replace=False)), int(rng.choice([5, 6, 8])))
             for _ in range(args.pairs)]  # fmt: skip
    print(f"{args.pairs} ways over {len(artists)} tracks: largest step, mean step, forward")
    largest: list[NDArray[np.float64]] = []
    for name, walk in (("random", random), ("nearest", nearest), ("ours", ours)):
        begun = time.perf_counter()
        ways = [walk(talk.likeness, a, b, n, rng, artists) for a, b, n in pairs]
        took = (time.perf_counter() - begun) / len(pairs)
        told = np.array([measured(talk.likeness, way) for way in ways])
        largest.append(told[:, 0])
        figures = "  ".join(f"{x:.3f}" for x in told.mean(axis=0))
        print(f"{name:8s} {figures}   {1000 * took:.1f} ms a way")
    smaller = (largest[2] < largest[1]).astype(float)
    again = rng.choice(smaller, (2000, len(smaller))).mean(axis=1)
    low, high = np.quantile(again, (0.025, 0.975))
    print(f"our largest step is smaller in {smaller.mean():.1%} of them ({low:.1%} to {high:.1%})")


if __name__ == "__main__":
    main()
