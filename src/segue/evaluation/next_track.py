"""The next-track protocol: after every play of the test part, where did the model rank what came next?

A request is a listener's history up to a play, the target is that play. Every track of the catalogue is
ranked unless `Protocol` says otherwise. What is kept of a ranking is two counts, from which every metric
follows in closed form (`segue.evaluation.tasks.with_metrics`), and its top 10.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.data.catalogue import Catalogue, Split
from segue.data.library import Library
from segue.data.log import Log
from segue.data.modalities import CONTENT
from segue.data.request import Request
from segue.evaluation.next_track_protocol import (
    Protocol,
    Rows,
    choose,
    draw_candidates,
    repeated,
    training_plays,
)
from segue.evaluation.rows import scored, with_chance
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.models.recommender import Recommender, top_rows

TOP = 10
SCORES_AT_ONCE = 1 << 22
SCHEMA: dict[str, Any] = {
    "model": pl.String,
    "user_id": pl.String,
    "position": pl.Int64,
    "target": pl.String,
    "above": pl.Int64,
    "tied": pl.Int64,
    "n_ranked": pl.Int64,
    "repeat": pl.Boolean,
    "cold": pl.Boolean,
    "content": pl.Boolean,
    "modalities": pl.List(pl.String),
    "decile": pl.Int8,
    "top10": pl.List(pl.String),
    "seconds": pl.Float64,
}


class Asked(NamedTuple):
    """The requests, the same for every model.

    `events` are indices into the log, int64 (n,); `candidates` the rows ranked at each, int64 (n, m), the
    target first and -1 for nothing, or None where all tracks are.
    """

    log: Log
    events: Rows
    candidates: Rows | None


class Counts(NamedTuple):
    """Of n rankings: tracks above and tied with the target, tracks ranked (n,), the best rows (n, 10), -1."""

    above: Rows
    tied: Rows
    n_ranked: Rows
    top: Rows


def evaluate(
    library: Library,
    models: Mapping[str, Recommender],
    *,
    split: Split = "test",
    protocol: Protocol | None = None,
    batch_size: int | None = None,
) -> pl.DataFrame:
    """One row for each model and target, with the columns of `SCHEMA`; the row `chance` is always there.

    `position` counts the listener's plays from 0. `above` and `tied` count ranked tracks with a higher score
    than the target's and with the same (itself included), among `n_ranked`. `repeat`: the target is in the
    history. `cold`: nobody plays it in the training part. `content`: it has a vector of a modality of
    `CONTENT`, in `modalities`. `decile`: of its training plays among the tracks that have any, 10 the most
    played tenth, 0 for cold. `seconds`: the scoring time of the batch over its requests.

    Args:
        protocol: the choices; full ranking of every test play by default, at most 20,000.
        batch_size: requests to score at once, in the log's order; by default what fits 4 million scores.

    Raises:
        SegueError: no play of the split can be asked, or a model's scores do not fit the catalogue.
    """
    protocol = protocol or Protocol()
    catalogue, log = library.catalogue, library.log
    repeats = repeated(log)
    events = choose(log, split, protocol, repeats)
    if not len(events):
        cure = "take another split, or import more plays"
        raise SegueError(f"no {split} play with one before it to measure", library.where, cure)
    plays = training_plays(log)
    asked = Asked(log, events, draw_candidates(log, events, plays, protocol))
    facts = _facts(library, asked, plays, repeats)
    # By the size of the scores: of a million tracks four requests are at once in memory.
    size = batch_size or min(256, max(1, SCORES_AT_ONCE // len(catalogue)))
    parts = []
    for name, model in with_chance(models, catalogue, protocol.seed).items():
        counts, seconds = _measure(name, model, asked, protocol, size)
        # The second copy stands before the target and is one track more.
        columns = {f: getattr(counts, f) + protocol.duplicated for f in ("above", "n_ranked")}
        found = pl.DataFrame({**columns, "tied": counts.tied, "seconds": seconds})
        found = found.with_columns(model=pl.lit(name), top10=_top_ids(catalogue, counts.top))
        parts.append(pl.concat([facts, found], how="horizontal"))
    return pl.concat(part.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()) for part in parts)


def _facts(library: Library, asked: Asked, plays: Rows, repeats: Bools) -> pl.DataFrame:
    """What is known of each target before any model is asked, one row a request."""
    log, events, _ = asked
    owners, rows = log.owner[events], log.rows[events]
    has = {name: library.feature(name).present[rows] for name in CONTENT if library.has(name)}
    matrix = np.stack([*has.values(), np.zeros(len(events), bool)])
    modalities = [[name for name, there in zip(has, column, strict=False) if there] for column in matrix.T]
    return pl.DataFrame(
        {
            "user_id": pl.Series(log.users, dtype=pl.String).gather(owners),
            "position": events - log.starts[owners],
            "target": pl.Series(log.ids[rows].tolist(), dtype=pl.String),
            "repeat": repeats[events],
            "cold": plays[rows] == 0,
            "content": matrix.any(axis=0),
            "modalities": pl.Series(modalities, dtype=pl.List(pl.String)),
            "decile": deciles(plays)[rows],
        }
    )


def deciles(plays: Rows) -> NDArray[np.int8]:
    """The decile of each track by its plays, int8 (n_tracks,): 10 the most played tenth, 0 without plays.

    Tracks with as many plays share the decile of their mean place, so a decile can be empty.
    """
    warm = plays > 0
    place = pl.Series(plays[warm]).rank("average").to_numpy()
    found = np.zeros(len(plays), np.int8)
    found[warm] = np.ceil(10 * place / max(1, len(place)))
    return found


def _measure(
    name: str, model: Recommender, asked: Asked, protocol: Protocol, size: int
) -> tuple[Counts, Floats]:
    """One model at every request, a batch at a time in the log's order, and the seconds of each."""
    log, events, candidates = asked
    owners = log.owner[events]
    found, seconds = [], []
    starts = range(0, len(events), size)
    for start in watched(starts, name, stays=True):
        batch = events[start : start + size]
        requests = [_request(log, event, protocol) for event in batch]
        scores, each = scored(name, model, requests, len(log.ids))
        seconds += [each] * len(batch)
        if protocol.filter_history:
            heard = zip(log.starts[owners[start : start + size]], batch, strict=True)
            scores = without(scores, [log.rows[first:event] for first, event in heard])
        if candidates is None:
            found.append(count(scores, log.rows[batch], model.tie_order))
        else:
            found.append(count_sampled(scores, candidates[start : start + size], model.tie_order))
    return Counts(*(np.concatenate(parts) for parts in zip(*found, strict=True))), np.array(seconds)


def _request(log: Log, event: int, protocol: Protocol) -> Request:
    """What a model is asked at one event."""
    history = log.history(event)
    exclude = frozenset(history.ids if protocol.filter_history else ())
    return Request(history=history, exclude=exclude, at=None if log.times is None else int(log.times[event]))


def without(scores: NDArray[Any], barred: Sequence[Rows]) -> NDArray[Any]:
    """A copy of the scores with NaN (not ranked) at the barred rows of each request."""
    scores = scores.astype(np.float64 if scores.dtype == np.float64 else np.float32)  # a copy
    for line, rows in zip(scores, barred, strict=True):
        # NaN, not -inf: a model may score -inf itself, and such a track is ranked.
        line[rows] = np.nan
    return scores


def count(scores: NDArray[Any], targets: Rows, tie_order: NDArray[Any]) -> Counts:
    """The counts of rankings of the whole catalogue.

    Args:
        scores: shape (n, n_tracks), NaN where a track is not ranked; the target's is a number.
        targets: rows, (n,).
        tie_order: shape (n_tracks,), which of equal scores stands first in the top 10.
    """
    wanted = scores[np.arange(len(scores)), targets][:, None]
    # A comparison with NaN is false, so tracks that are not ranked are in no count.
    above, tied = np.count_nonzero(scores > wanted, axis=1), np.count_nonzero(scores == wanted, axis=1)
    ranked, n_ranked = scores, np.full(len(scores), scores.shape[1])
    # One pass without an array of its own; nearly always there is nothing to leave out.
    if np.isnan(scores.max()):
        out = np.isnan(scores)
        ranked, n_ranked = np.where(out, -np.inf, scores), np.count_nonzero(~out, axis=1)
    top = np.full((len(scores), TOP), -1, np.int64)
    for line, best in zip(ranked, top, strict=True):
        rows = top_rows(line, min(TOP, len(line)), tie_order)
        rows = rows[line[rows] > -np.inf]
        best[: len(rows)] = rows
    return Counts(above, tied, n_ranked, top)


def count_sampled(scores: NDArray[Any], candidates: Rows, tie_order: NDArray[Any]) -> Counts:
    """The counts of rankings of some rows each, int64 (n, m), the target first, -1 for nothing."""
    chosen = np.where(candidates >= 0, np.take_along_axis(scores, candidates, axis=1), np.nan)
    wanted = chosen[:, :1]
    above, tied = np.count_nonzero(chosen > wanted, axis=1), np.count_nonzero(chosen == wanted, axis=1)
    # NaN sorts last, and what is scored -inf is not shown.
    order = np.lexsort((tie_order[candidates], -chosen), axis=1)[:, :TOP]
    top = np.take_along_axis(candidates, order, axis=1)
    shown = np.take_along_axis(chosen, order, axis=1) > -np.inf
    return Counts(above, tied, np.count_nonzero(candidates >= 0, axis=1), np.where(shown, top, -1))


def _top_ids(catalogue: Catalogue, top: Rows) -> pl.Series:
    """The ids of the rows (n, k), -1 left out, one list a request."""
    ids = pl.Series([*catalogue.ids.tolist(), None], dtype=pl.String)
    flat = ids.gather(np.where(top < 0, len(catalogue), top).ravel())
    return flat.reshape(top.shape).arr.to_list().list.drop_nulls()
