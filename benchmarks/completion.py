"""Completion on a log with seconds: against simple means, over seeds; and as evidence in a ranking.

    python benchmarks/completion.py --folder OUT [--seeds 3] [--requests 1000]

The log is synthesised (400 listeners, 4,000 tracks, 160,000 plays) and split by time. The ranking is the
blend's log share plus w x the logit of completion, w by validation: NDCG@10 of what was heard out. At last
"nothing I skip" as `segue chat --listener` takes it, with and without what was learnt: how many of the test
plays that were left before half it keeps away, and how many that were heard out.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from experiment_worlds import exact
from history_and_words import interval
from segue.data.catalogue import SPLITS
from segue.data.library import Library
from segue.data.request import Request
from segue.learning.validation import held_out, ndcg10_each, rank_of
from segue.models.completion import measure
from segue.models.completion.evidence import FULL, Heard, Tracks, before
from segue.models.completion.model import Completion, simple
from segue.models.counting.blend import Blend
from segue.serving.listener import SKIPPED_AT, Listener

WEIGHTS = (0.0, 0.1, 0.2, 0.4, 0.8)


def order(library: Library, seeds: int) -> list[Completion]:
    """AUC and calibration error of every seed; the gain over the blend, its interval over listeners."""
    heard = Heard.of(library)
    test = heard.split == SPLITS.index("test")
    found = []
    for seed in range(seeds):
        model = Completion.fit(library, {"seed": seed})
        found.append(model)
        x = before(heard, Tracks.of(library), model.counts.mean)[test]
        full, user = heard.full[test], heard.user[test]
        p, blend = model.of_numbers(x), simple(x)["blend"]
        rng, gains, users = np.random.default_rng(0), [], np.unique(user)
        places = [np.flatnonzero(user == u) for u in users]
        for _ in range(300):
            some = np.concatenate([places[i] for i in rng.integers(len(users), size=len(users))])
            gains.append(measure.auc(p[some], full[some]) - measure.auc(blend[some], full[some]))
        low, high = np.quantile(gains, [0.025, 0.975])
        for name, row in (
            model.card["test"].items() if seed == 0 else [("model", model.card["test"]["model"])]
        ):
            print(f"seed {seed} {name}: " + ", ".join(f"{k} {v:.4f}" for k, v in row.items()))
        print(
            f"  AUC - blend's: [{low:+.4f}, {high:+.4f}], {len(full)} plays of {len(users)} listeners",
            flush=True,
        )
    return found


def rank(library: Library, model: Completion, most: int) -> None:
    """What completion adds to a ranking, where the next play was heard out."""
    log, blend = library.log, Blend.fit(library)

    def ask(split: Any) -> tuple[Any, Any, Any, Any]:
        events, _ = held_out(log, most, split)
        events = events[log.completion[events] >= FULL]
        requests = [Request(history=log.history(int(e))) for e in events]
        share = np.concatenate([blend.score(requests[i : i + 64]) for i in range(0, len(requests), 64)])
        p = model.score(requests)
        return np.log(share + 0.1 / share.shape[1]), np.log(p / (1 - p)), log.rows[events], log.owner[events]

    def figures(scores: Any, targets: Any) -> Any:
        return ndcg10_each(rank_of(scores, scores[np.arange(len(scores)), targets]))

    base, logit, targets, _ = ask("validation")
    by = {w: float(figures(base + w * logit, targets).mean()) for w in WEIGHTS}
    best = max(by, key=lambda w: by[w])
    print("validation NDCG@10 by weight: " + ", ".join(f"{w:g}: {v:.4f}" for w, v in by.items()))
    base, logit, targets, owner = ask("test")
    before_, after = figures(base, targets), figures(base + best * logit, targets)
    low, high = interval(after - before_, owner)
    print(f"test, {len(targets)} plays heard out: {before_.mean():.4f} -> {after.mean():.4f}, ", end="")
    print(f"weight {best:g}: {np.mean(after - before_):+.4f} [{low:+.4f}, {high:+.4f}]")


def keep_away(library: Library, model: Completion, most: int) -> None:
    """What the filter of the chat leaves out of the plays that came."""
    log = library.log
    events, _ = held_out(log, most, "test")
    found: dict[str, list[list[float]]] = {"skips": [], "skips and completion": []}
    for event in events.tolist():
        user = log.users[int(np.searchsorted(log.starts, event, side="right")) - 1]
        moment = datetime.fromtimestamp((int(library.times[event]) - 1) / 1e6, UTC)
        for name, ends in zip(found, (None, model), strict=True):
            who = Listener.of(library, user, taste=model, now=moment, zone=UTC, ends=ends)
            found[name].append([float(who.skipped[log.rows[event]]), float(who.skipped.mean())])
    left, full = log.completion[events] < SKIPPED_AT, log.completion[events] >= FULL
    for name, rows in found.items():
        away, share = np.array(rows, float).T
        print(
            f"{name}: of {left.sum()} plays left before half {away[left].mean():.3f} kept away, "
            f"of {full.sum()} heard out {away[full].mean():.3f}, of all tracks {share.mean():.3f}"
        )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=1000)
    args = parser.parse_args()
    library = Library.open(exact(args.folder, (400, 4000, 160_000), 0).workspace)
    models = order(library, args.seeds)
    rank(library, models[0], args.requests)
    keep_away(library, models[0], args.requests)


if __name__ == "__main__":
    main()
