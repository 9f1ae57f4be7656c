"""The conversation protocol: at every request of a dialogue, rank the whole catalogue. Source: TalkPlay 4, 5.

Each request is given the true dialogue before it (what was really played and how it was received) and the
current words. Tracks played earlier are not ranked, unless a model is asked with them allowed again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.data.catalogue import Catalogue, Split
from segue.data.library import Library
from segue.data.request import Request
from segue.dialogues.format import Moment, moments
from segue.evaluation.rows import batches, scored, with_chance
from segue.kit import metrics
from segue.kit.errors import SegueError
from segue.kit.workspace import stable_fraction
from segue.models.recommender import Recommender, filter_mask, top_rows

AGAIN = "{} (again allowed)"
SCHEMA: dict[str, Any] = {
    "model": pl.String,
    "dialogue_id": pl.String,
    "turn": pl.Int32,
    "targets": pl.List(pl.String),
    "n_targets": pl.Int32,
    "n_cold": pl.Int32,
    "cold": pl.Boolean,
    "n_ranked": pl.Int32,
    "n_dislikes": pl.Int32,
    **{metric.name: pl.Float64 for metric in metrics.METRICS},
    "dislikes_top10": pl.Float64,
    "top10": pl.List(pl.String),
    "seconds": pl.Float64,
}


def evaluate(
    library: Library,
    models: Mapping[str, Recommender],
    *,
    split: Split = "test",
    max_dialogues: int | None = 300,
    seed: int = 0,
    again_allowed: Collection[str] = (),
    batch_size: int = 16,
) -> pl.DataFrame:
    """One row for each model and request, with the columns of `SCHEMA`; the row `chance` is always there.

    `rank` is the expected rank of the best target, `rr` one over it, `mrr` the mean of one over the rank; all
    of `segue.kit.metrics.METRICS` are there. `cold` says that every target is a cold track, `n_cold` how many
    are. `dislikes_top10` is the expected number of disliked tracks in the top 10, null where no dislike is
    known. `top10` may be shorter than 10. `seconds` is the scoring time of the batch over its requests.

    Args:
        max_dialogues: how many of them at most, chosen by a stable hash of their ids.
        again_allowed: names of models that get one more row, in which played tracks are ranked too.
        batch_size: requests to score at once; those of a dialogue follow one another.

    Raises:
        SegueError: no dialogue of the split can be measured, or a model's scores do not fit the catalogue.
    """
    catalogue = library.catalogue
    asked = chosen(catalogue, split, max_dialogues, seed)
    if not asked:
        raise SegueError(
            f"no {split} dialogue with a request to measure", library.where, "run `segue dialogues`"
        )
    unknown = sorted(set(again_allowed) - models.keys())
    if unknown:
        cure = f"models: {', '.join(models) or 'none'}"
        raise SegueError(f"no model {unknown[0]!r} to ask with played tracks allowed", cure=cure)
    found = []
    for name, model in with_chance(models, catalogue, seed).items():
        found.append(_measured(name, model, catalogue, asked, batch_size))
        if name in again_allowed:
            found.append(_measured(AGAIN.format(name), model, catalogue, asked, batch_size, again=True))
    return pl.concat(found)


def chosen(catalogue: Catalogue, split: Split, limit: int | None, seed: int) -> list[Moment]:
    """The moments of the chosen dialogues, each with at least one target, in the order of the catalogue."""
    dialogues = catalogue.dialogues_of(split)
    askable = [found for d in dialogues if (found := _rankable(catalogue, moments(d)))]
    # By a hash of the id: a catalogue that has grown keeps its sample.
    order = sorted(range(len(askable)), key=lambda i: (stable_fraction(askable[i][0].dialogue_id, seed), i))
    # Back in the catalogue's order, whole dialogues: what a model keeps from turn to turn then serves.
    return [moment for i in sorted(order[:limit]) for moment in askable[i]]


def _rankable(catalogue: Catalogue, found: Sequence[Moment]) -> list[Moment]:
    """The moments with only those targets and dislikes that can be ranked; without any target left out."""
    kept = []
    for moment in found:
        barred = moment.request.exclude
        targets = tuple(t for t in moment.targets if t in catalogue.rows and t not in barred)
        dislikes = tuple(t for t in moment.dislikes if t in catalogue.rows and t not in barred)
        if targets:
            kept.append(replace(moment, targets=targets, dislikes=dislikes))
    return kept


def _measured(
    name: str,
    model: Recommender,
    catalogue: Catalogue,
    asked: Sequence[Moment],
    batch_size: int,
    *,
    again: bool = False,
) -> pl.DataFrame:
    """One model over all moments, a batch at a time in dialogue order; `again`: played tracks are ranked."""
    found, places = [], []
    for batch in batches(asked, name, batch_size):
        requests = [replace(m.request, exclude=frozenset()) if again else m.request for m in batch]
        scores, seconds = scored(name, model, requests, len(catalogue))
        for moment, request, line in zip(batch, requests, scores, strict=True):
            mask = allowed(catalogue, request)
            places.append(metrics.places(line, mask, [catalogue.rows[t] for t in moment.targets]))
            known = _facts(catalogue, moment, line, mask, model.tie_order)
            found.append({"model": name, **known, "seconds": seconds})
    measured = metrics.measure_each(places)
    facts = {name: kind for name, kind in SCHEMA.items() if name not in measured}
    return pl.DataFrame(found, schema=facts).with_columns(**measured).select(*SCHEMA)


def allowed(catalogue: Catalogue, request: Request) -> NDArray[np.bool_]:
    """Shape (n_tracks,): the tracks that are ranked, by the protocol's own rule, the same for every model."""
    mask = filter_mask(catalogue.tracks, request.where)
    mask[[catalogue.rows[i] for i in request.exclude if i in catalogue.rows]] = False
    return mask


def _facts(
    catalogue: Catalogue,
    moment: Moment,
    scores: NDArray[Any],
    mask: NDArray[np.bool_],
    tie_order: NDArray[Any],
) -> dict[str, Any]:
    """What is known of one ranking at one moment beside the metrics of its targets."""
    rows = [catalogue.rows[t] for t in moment.targets]
    disliked = metrics.places(scores, mask, [catalogue.rows[t] for t in moment.dislikes])
    n_cold = int(catalogue.cold[rows].sum())
    masked = np.where(mask, scores, -np.inf)
    top = top_rows(masked, min(10, len(masked)), tie_order)
    return {
        "dialogue_id": moment.dialogue_id,
        "turn": moment.turn,
        "targets": list(moment.targets),
        "n_targets": len(rows),
        "n_cold": n_cold,
        "cold": n_cold == len(rows),
        "n_ranked": int(mask.sum()),
        "n_dislikes": len(moment.dislikes),
        "dislikes_top10": float(metrics.in_top(disliked, 10).sum()) if moment.dislikes else None,
        "top10": [str(i) for i in catalogue.ids[top[masked[top] > -np.inf]]],
    }
