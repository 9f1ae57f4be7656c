"""What the next-track evaluation asks: which plays are targets, and which tracks stand against each.

The defaults are the ones to report. What the multimodal E4SRec paper did (E4SRec spec 4.3, 10.3, 10.4) is
`Protocol.as_published`, to show what it does to the numbers.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray
from pydantic import model_validator

from segue.data.catalogue import SPLITS, Split
from segue.data.log import Log
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.kit.settings import Settings
from segue.kit.workspace import stable_fraction

Rows = NDArray[np.int64]
MAX_REQUESTS = 20_000


class Protocol(Settings):
    """The choices of one evaluation; a `SegueError` tells of those that do not go together."""

    max_requests: int | None = MAX_REQUESTS
    """How many plays at most, chosen by a stable hash. This and what follows is of next-track."""
    max_targets: int | None = None
    """How many of them a listener at most, chosen by the same hash."""
    candidates: Literal["all", "uniform", "popular"] = "all"
    """What stands against the target: all tracks, or a sample, uniform or in proportion to training plays.
    Ranks among a sample need not order models as full ranks do (Krichene and Rendle 2020)."""
    n_sampled: Annotated[int, Parameter(name="--sampled")] = 199
    """How large the sample is."""
    never_played: bool = False
    """The sample holds no track that the listener plays at any time, the future included, as published:
    whoever knows what the listener has played then knows half the answer. By default only the target is
    left out."""
    duplicated: bool = False
    """The published slip, to show what it does: the target is listed twice and the copy that counts stands
    behind the other, so that every rank is one too large."""
    filter_history: bool = False
    """Tracks of the history are not ranked, and plays that repeat one are not asked."""
    first_only: bool = False
    """Only the first target of each listener, as published."""
    seed: int = 0
    """Of the choice of dialogues or plays, of the sample, and of the chance row."""

    @model_validator(mode="after")
    def _refused(self) -> Self:
        """Refuse what cannot be."""
        if self.candidates == "all" and self.never_played:
            cure = "sample candidates, or filter the history"
            raise SegueError("all tracks are ranked, so none can be left out as never played", cure=cure)
        for name in ("n_sampled", "max_targets", "max_requests"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise SegueError(f"{name} is {value}", cure="it must be at least 1")
        return self

    @classmethod
    def as_published(cls, *, duplicated: bool = False, seed: int = 0) -> Self:
        """The first play after the cut among 199 uniform tracks that the listener never plays."""
        sample = {"candidates": "uniform", "never_played": True, "first_only": True}
        return cls.model_validate(sample | {"duplicated": duplicated, "seed": seed})

    @property
    def words(self) -> str:
        """The protocol as one line for a report."""
        sampled = {"uniform": "drawn evenly", "popular": "drawn in proportion to training plays"}
        if self.candidates == "all":
            parts = ["every track of the catalogue is ranked"]
        else:
            parts = [f"the target among {self.n_sampled} tracks {sampled[self.candidates]}"]
        parts += ["none of which the listener ever plays, the future included"] * self.never_played
        parts += ["the target listed twice, the copy behind counts (published slip)"] * self.duplicated
        parts.append(
            "tracks of the history are not ranked and repeats not asked"
            if self.filter_history
            else "tracks of the history may come back"
        )
        parts.append("the first target of each listener" if self.first_only else "every play with a history")
        parts += [f"at most {self.max_targets} targets a listener"] * (self.max_targets is not None)
        if self.max_requests is not None:
            parts.append(f"at most {self.max_requests:,} in all")
        return "; ".join(parts)


def choose(log: Log, split: Split, protocol: Protocol, repeats: NDArray[np.bool_]) -> Rows:
    """Indices of the events to ask, in the log's order, int64 (n,).

    Args:
        repeats: bool (n_events,), whether the listener had played the event's track before.
    """
    events = log.targets(split, first_only=protocol.first_only)
    if protocol.filter_history:
        events = events[~repeats[events]]
    if protocol.max_targets is None and (protocol.max_requests or len(events)) >= len(events):
        return events
    owners = log.owner[events]
    places = events - log.starts[owners]
    keys = np.array(
        [
            stable_fraction(f"{log.users[owner]}/{place}", protocol.seed)
            for owner, place in zip(owners.tolist(), places.tolist(), strict=True)
        ]
    )
    order = np.lexsort((keys, owners))
    # How many of a listener's events come before it in the order of the hash.
    turn = np.arange(len(order)) - np.searchsorted(owners[order], owners[order])
    kept = order if protocol.max_targets is None else order[turn < protocol.max_targets]
    kept = kept[np.argsort(keys[kept], kind="stable")][: protocol.max_requests]
    return np.asarray(events[np.sort(kept)])


def repeated(log: Log) -> NDArray[np.bool_]:
    """For every event whether its listener had played its track before, bool (n_events,)."""
    # One number for a listener and a track, so that `unique` finds first plays.
    pairs = log.owner * np.int64(len(log.ids)) + log.rows
    _, first, which = np.unique(pairs, return_index=True, return_inverse=True)
    return np.asarray(first[which] < np.arange(len(log)))


def training_plays(log: Log) -> Rows:
    """How often each track is played in the training part, int64 (n_tracks,)."""
    train = log.rows[log.splits == SPLITS.index("train")]
    return np.bincount(train, minlength=len(log.ids)).astype(np.int64)


def draw_candidates(log: Log, events: Rows, plays: Rows, protocol: Protocol) -> Rows | None:
    """The ranked rows of every request, int64 (n, 1 + n_sampled), the target first; None where all are.

    A row -1 means that there was no further track to draw. The draw depends on the seed and the event alone,
    so all models get the same, whichever other events are asked.
    """
    if protocol.candidates == "all":
        return None
    weights = plays if protocol.candidates == "popular" else np.ones_like(plays)
    owners = log.owner[events]
    drawn = np.full((len(events), 1 + protocol.n_sampled), -1, np.int64)
    drawn[:, 0] = log.rows[events]
    sampler = Sampler(weights)
    asked: Sequence[int] = range(len(events))
    for i in watched(asked, "candidates"):
        barred = drawn[i, :1]
        if protocol.never_played:
            barred = log.rows[log.starts[owners[i]] : log.starts[owners[i] + 1]]
        found = sampler.draw(protocol.n_sampled, barred, np.random.default_rng([protocol.seed, events[i]]))
        drawn[i, 1 : 1 + len(found)] = found
    return drawn


class Sampler:
    """Draws distinct rows, one after the other, each in proportion to its weight among those left.

    Args:
        weights: shape (n_tracks,), not negative; a row of weight 0 is never drawn.
    """

    def __init__(self, weights: Rows) -> None:
        self.weights = weights.astype(np.float64)
        self.cumulative = np.cumsum(self.weights)
        self.taken = np.zeros(len(weights), bool)

    def draw(self, n: int, barred: Rows, generator: np.random.Generator) -> Rows:
        """At most n distinct rows, none of them barred; fewer where there are no more."""
        self.taken[barred] = True
        found = self._fast(n, generator)
        if len(found) < n:
            self.taken[found] = True
            found = np.concatenate([found, self._rest(n - len(found), generator)])
        # The mask is of the catalogue's size, and is cleaned rather than made anew for every request.
        self.taken[barred] = self.taken[found] = False
        return found

    def _fast(self, n: int, generator: np.random.Generator) -> Rows:
        """The first n of twice as many draws with replacement, those that are taken or not new left out."""
        total = self.cumulative[-1]
        if not total:
            return np.empty(0, np.int64)
        # Twice as many as wanted, because duplicates and barred ones are thrown away: mostly it is enough.
        hits = np.searchsorted(self.cumulative, generator.random(2 * n) * total, side="right")
        hits = hits[~self.taken[hits]]
        firsts = np.unique(hits, return_index=True)[1]
        return np.asarray(hits[np.sort(firsts)][:n])

    def _rest(self, n: int, generator: np.random.Generator) -> Rows:
        """n rows of those left: the earliest of waiting times whose rates are the weights."""
        left = np.flatnonzero(~self.taken & (self.weights > 0))
        # The shortest of exponential waits come in proportion to the weights, each once (Efraimidis and
        # Spirakis).
        waits = generator.exponential(size=len(left)) / self.weights[left]
        return np.asarray(left[np.argsort(waits)][:n])
