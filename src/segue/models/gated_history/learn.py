"""Learning gated evidence: parts on the earlier plays, the gate on the later ones, then the parts on all."""

from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, PositiveInt

from segue.data.catalogue import SPLITS
from segue.data.library import Library
from segue.data.log import Log
from segue.kit.arrays import Floats
from segue.kit.progress import watched
from segue.models.counting.sessions import Sessions
from segue.models.gated_history import content
from segue.models.gated_history.evidence import Evidence, by_hour, groups_of
from segue.models.gated_history.finish import counted_anew, learn_completion
from segue.models.gated_history.folds import earlier, fold
from segue.models.gated_history.gate import OWN_NUMBERS, Gate, Moments, learn_gate, numbers
from segue.models.gated_history.network import ContentSASRecNet
from segue.models.heard import of_event
from segue.models.sequential import learn as sequential

BATCH = 32
DEPTH = 50
"""The best tracks of each piece of evidence that stand against a target."""
LARGE = 20_000
"""Tracks from which on the sequence model learns by the sampled softmax instead of the full one."""
RANDOM = 100
"""And so many others, which stand for all the rest."""


class Settings(sequential.Settings):
    """How the sequence model is trained, and the gate; 25 epochs where no budget is given."""

    unless_told: ClassVar[dict[str, float]] = {"epochs": 25}

    refit: float = Field(0.3, gt=0, le=1)
    """The part of the budget for learning once more, from all training plays."""
    hide: float = Field(0.2, ge=0, lt=1)
    """Share of the tracks with content whose ID a step does not see."""
    content: bool = True
    """Whether what is known of tracks besides their plays is read at all: content features, artist, codes."""
    completion: bool = False
    """Whether P(heard to its end) is evidence, where the log says in seconds what was heard."""
    moments: PositiveInt = 6000
    """Plays at most that the gate learns from."""
    hidden: PositiveInt = 32
    """Width of the gate's hidden layer."""


class Fitted(NamedTuple):
    """What was learnt: the evidence, its gate, the directions of content, facts for the card."""

    evidence: Evidence
    gate: Gate
    bases: dict[str, Floats]
    facts: dict[str, Any]


def learn(library: Library, settings: Settings, work: Path) -> Fitted:
    """Fit everything on the training plays. Interrupted, the same call goes on.

    Raises:
        SegueError: there is nothing to learn from.
    """
    features = content.features_of(library) if settings.content else {}
    bases = content.bases(features)
    features = {m: f for m, f in features.items() if m in bases}
    vectors = content.table(features, bases, len(library))
    log, times = fold(library)
    before = log.part("train")
    known = np.bincount(before.rows, minlength=len(library))
    network = make_network(settings, known, vectors)
    facts = _train(network, log, settings, work / "earlier")
    groups = groups_of(library) if settings.content else {}
    ends = None
    if settings.completion:
        later = log.splits == SPLITS.index("validation")
        ends = learn_completion(library, later, settings.seed, work / "earlier-ends")
    evidence = Evidence.of_sessions(
        library, earlier(log, times), by_hour(before), features, groups, network, ends
    )
    moments = collect(evidence, log, settings)
    gate = empty_gate(settings, evidence, moments.numbers.shape[1])
    facts |= learn_gate(gate, moments, settings.seed) | {"gate_moments": len(moments.numbers)}
    sessions = Sessions.of_library(library)
    # Goes on from what it has learnt, now with the newest plays, too.
    more = make_network(settings, sessions.counts(), vectors)
    more.load_state_dict(network.state_dict())
    network = more
    facts |= {f"refit_{n}": v for n, v in _train(network, library.log, _less(settings), work / "all").items()}
    if ends is not None:
        ends = counted_anew(library, ends)
    evidence = Evidence.of_sessions(
        library, sessions, by_hour(library.log.part("train")), features, groups, network, ends
    )
    return Fitted(evidence, gate, bases, {"evidence": evidence.names} | facts)


def make_network(settings: Settings, counts: NDArray[Any], vectors: Floats) -> ContentSASRecNet:
    """An untrained network over tracks with these training plays and contents."""
    torch.manual_seed(settings.seed)
    s = settings
    known, table = torch.from_numpy(counts > 0), torch.from_numpy(vectors)
    return ContentSASRecNet(known, table, s.length, s.dim, s.dropout, s.blocks, s.heads)


def empty_gate(settings: Settings, evidence: Evidence, n_numbers: int) -> Gate:
    """A gate that has learnt nothing."""
    torch.manual_seed(settings.seed)
    return Gate(
        torch.from_numpy(evidence.dense), evidence.played, n_numbers, settings.dim, settings.hidden, 0.1
    )


def _train(network: ContentSASRecNet, log: Log, settings: Settings, work: Path) -> dict[str, Any]:
    """Train the network in place; facts."""

    def redraw(step: int) -> None:
        network.redraw(settings.hide, torch.Generator().manual_seed(settings.seed * 7_000_003 + step))

    plain = sequential.Settings.model_validate(
        {name: getattr(settings, name) for name in sequential.Settings.model_fields}
        | (_budget(settings) or dict(settings.unless_told))
        | ({"loss": "sampled"} if settings.loss == "softmax" and network.n_tracks > LARGE else {})
    )
    return sequential.train_network(network, log, plain, work, "sasrec", redraw)


def _budget(settings: Settings) -> dict[str, float]:
    """The budget that was told, by the name of its setting; empty where none was."""
    told = {name: getattr(settings, name) for name in ("minutes", "steps", "epochs")}
    return {name: amount for name, amount in told.items() if amount is not None}


def _less(settings: Settings) -> Settings:
    """The settings of the refit: a part of the budget, half the rate."""
    (name, amount), *_ = (_budget(settings) or settings.unless_told).items()
    less = amount * settings.refit
    changed = {name: max(1, round(less)) if name == "steps" else less, "lr": settings.rate / 2}
    return settings.model_copy(update=changed)


def collect(evidence: Evidence, log: Log, settings: Settings) -> Moments:
    """Plays of the later part with the candidates that the evidence of the earlier part finds for them."""
    events = log.targets("validation")
    rng = np.random.default_rng(settings.seed)
    if len(events) > settings.moments:
        events = np.sort(rng.choice(events, settings.moments, replace=False))
    begins = log.starts[np.searchsorted(log.starts, events, side="right") - 1]
    shares, stands, facts, states, sizes = [], [], [], [], [0]
    for start in watched(range(0, len(events), BATCH), "evidence"):
        batch = slice(start, start + BATCH)
        plays = [of_event(log, e, b) for b, e in zip(begins[batch], events[batch], strict=True)]
        found, state = evidence.shares(plays)
        facts.append(numbers(plays, found, evidence.counts))
        states.append(state)
        for n, target in enumerate(log.rows[events[batch]].tolist()):
            rows, weight = candidates(found[:, n], target, rng)
            shares.append(np.ascontiguousarray(found[:, n, rows].T))
            stands.append(weight)
            sizes.append(len(rows))
    width = len(evidence.names)
    n = OWN_NUMBERS + 3 * width
    return Moments(
        np.concatenate([np.zeros((0, width), np.float32), *shares]),
        np.concatenate([np.zeros(0, np.float32), *stands]),
        np.concatenate([np.zeros((0, n), np.float32), *facts]),
        np.concatenate([np.zeros((0, settings.dim), np.float32), *states]),
        np.cumsum(sizes).astype(np.int64),
    )


def candidates(
    shares: Floats, target: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rows that stand against a target, itself the first, and the log of how many tracks each stands for.

    The best of every kind, and random ones, which stand for all the others.
    """
    n_tracks = shares.shape[1]
    depth = min(DEPTH, n_tracks)
    best = np.argpartition(-shares, depth - 1, axis=1)[:, :depth]
    chosen = np.zeros(n_tracks, bool)
    # Of sparse evidence fewer than DEPTH tracks have any: zeros are not "the best".
    chosen[best[np.take_along_axis(shares, best, axis=1) > 0]] = True
    chosen[target] = False
    found = np.flatnonzero(chosen)
    chosen[target] = True
    rest = np.flatnonzero(~chosen)
    drawn = rng.choice(rest, min(RANDOM, len(rest)), replace=False)
    weight = np.zeros(1 + len(found) + len(drawn), np.float32)
    # The softmax over candidates then estimates that over the catalogue.
    weight[1 + len(found) :] = np.log(max(len(rest), 1) / max(len(drawn), 1))
    return np.concatenate([[target], found, drawn]), weight
