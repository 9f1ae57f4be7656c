"""How much a listener's history adds to their words, and the words to the history.

    python benchmarks/history_and_words.py WORKSPACE [--model hybrid] [--taste blend] [--most 400]

Plays of the test part (`segue sessions`) are what listeners want; what they say of each is simulated from its
facts (`dialogues.simulator`, no requests by title), once as it is and once with "new to me" or "that I have
played before" (told), as is true. The history is all that was played before. The weight of the history is the
best of a grid on validation plays, by MRR over the whole catalogue; intervals are over listeners.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from segue.data.catalogue import Turn
from segue.data.library import Library
from segue.data.request import History, Request
from segue.dialogues.facts import WORDS, Dice
from segue.dialogues.simulator import Simulator, choose
from segue.dialogues.wording import request as say
from segue.kit.arrays import Floats
from segue.kit.workspace import Workspace, stable_fraction
from segue.models.recommender import Recommender
from segue.models.registry import load
from segue.serving.listener import standard

Array = np.ndarray[Any, Any]
WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0)
KINDS = {k: w for k, w in WORDS["requests"]["people"]["first"].items() if k not in ("title", "title_artist")}


class Moment(NamedTuple):
    """What somebody wants, says and has played."""

    target: int
    listener: int
    kind: str
    words: str
    history: History
    repeat: bool


def moments(library: Library, split: Any, most: int, seed: int = 0) -> list[Moment]:
    """Plays of a split with simulated words, chosen by a stable hash."""
    log, simulator = library.log, Simulator(library.catalogue, seed)
    events = sorted(log.targets(split), key=lambda e: stable_fraction(str(e), seed))[:most]
    found = []
    for event in events:
        row, history = int(log.rows[event]), log.history(int(event))
        facts = simulator.facts[str(library.catalogue.ids[row])]
        dice = Dice(seed, "play", str(event))
        kind = choose(KINDS, facts, None, dice)
        words = say(kind, facts, None, dice)
        listener = int(log.owner[event])
        repeat = bool(np.isin(row, log.rows[log.starts[listener] : event]))
        found.append(Moment(row, listener, kind, words, history, repeat))
    return found


def scores(model: Recommender, requests: Sequence[Request], size: int = 32) -> Floats:
    """Scores of all requests, in batches, each row by `serving.listener.standard`, as chat adds them up."""
    parts = [model.score(requests[i : i + size]) for i in range(0, len(requests), size)]
    return np.stack([standard(row) for row in np.concatenate(parts)])


def reciprocal(found: Floats, targets: Array, masks: Array | None = None) -> Array:
    """1 / expected rank of each target."""
    if masks is not None:
        found = np.where(masks, found, -np.inf)
    right = found[np.arange(len(found)), targets][:, None]
    above, tied = (found > right).sum(1), (found == right).sum(1)
    return 1 / (above + (tied + 1) / 2)


def ask(model: Recommender, taste: Recommender, chosen: Sequence[Moment]) -> dict[str, Floats]:
    """What the words, the history, and the model with the history in its request say."""
    said = [(Turn("user", m.words),) for m in chosen]
    return {
        "words": scores(model, [Request(words) for words in said]),
        "history": scores(taste, [Request((), m.history) for m in chosen]),
        "inside": scores(model, [Request(words, m.history) for words, m in zip(said, chosen, strict=True)]),
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--model", default="hybrid")
    parser.add_argument("--taste", default="blend")
    parser.add_argument("--most", type=int, default=400)
    args = parser.parse_args()
    library = Library.open(Workspace(args.workspace, must_exist=True))
    model, taste = load(library, args.model), load(library, args.taste)

    tuning = moments(library, "validation", args.most)
    found, goal = ask(model, taste, tuning), np.array([m.target for m in tuning])
    print(f"validation, {len(tuning)} plays; MRR by the weight of the history")
    by_weight = {}
    for base in ("words", "inside"):
        by = {w: float(reciprocal(found[base] + w * found["history"], goal).mean()) for w in WEIGHTS}
        print(f"  {base}: " + ", ".join(f"{w:g}: {m:.4f}" for w, m in by.items()))
        by_weight[base] = by
    best = max(WEIGHTS, key=lambda w: by_weight["words"][w])

    test = moments(library, "test", args.most)
    found, goal = ask(model, taste, test), np.array([m.target for m in test])
    found["both"] = found["words"] + best * found["history"]
    found["chance"] = np.zeros_like(goal[:, None] + found["words"])
    owner, repeat = np.array([m.listener for m in test]), np.array([m.repeat for m in test])
    heard = np.stack([np.isin(library.catalogue.ids, m.history.ids) for m in test])
    told = heard == repeat[:, None]
    print(
        f"test, {len(test)} plays of {len(set(owner))} listeners, {repeat.mean():.0%} again; weight {best:g}",
    )
    results = {n: reciprocal(s, goal) for n, s in found.items()}
    results |= {f"{n}, told": reciprocal(s, goal, told) for n, s in found.items()}
    for name, value in results.items():
        low, high = interval(value, owner)
        parts = " | ".join(f"{value[part].mean():.4f}" for part in (~repeat, repeat))
        print(f"| {name} | {value.mean():.4f} [{low:.4f}, {high:.4f}] | {parts} |")
    pairs = [("both", "words"), ("both", "history"), ("both", "inside"), ("both, told", "both")]
    for a, b in [*pairs, ("both, told", "words, told"), ("words, told", "words")]:
        gain = results[a] - results[b]
        low, high = interval(gain, owner)
        new = gain[~repeat].mean()
        print(f"{a} - {b}: {gain.mean():+.4f} [{low:+.4f}, {high:+.4f}]; on new tracks {new:+.4f}")
    for kind in sorted({m.kind for m in test}):
        of = np.array([m.kind == kind for m in test])
        parts = ", ".join(f"{n} {results[n][of].mean():.3f}" for n in ("words", "history", "both"))
        print(f"  {kind} (n={of.sum()}): {parts}")


def interval(values: Array, owner: Array) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean over listeners."""
    _, codes = np.unique(owner, return_inverse=True)
    sums, sizes = np.bincount(codes, values), np.bincount(codes)
    draws = np.random.default_rng(0).integers(len(sums), size=(2000, len(sums)))
    means = sums[draws].sum(1) / sizes[draws].sum(1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


if __name__ == "__main__":
    main()
