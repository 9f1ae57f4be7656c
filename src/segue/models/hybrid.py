"""Hybrid: the scores of the other recommenders added up, with weights fitted on validation dialogues.

Every component says two things of a track: how far its score stands out (z, softly cut) and how near the top
it is (sharpness / (rank + sharpness)). A multinomial logit over the catalogue finds what each is worth, once
in general and once more for requests that have no accepted or rejected track yet. There is no published
source for this combination; reciprocal ranks are Cormack et al., SIGIR 2009.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize

from segue.data.library import Library
from segue.data.request import Request
from segue.dialogues.format import Moment, moments
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.kit.settings import Settings
from segue.kit.workspace import write_json
from segue.models.components import TRAINED, components
from segue.models.recommender import Recommender, fitted, is_fitted
from segue.models.retrieval.bm25 import BM25
from segue.models.retrieval.dense import Dense
from segue.models.retrieval.neighbours import Neighbours
from segue.models.variety import Variety

Doubles = np.ndarray[Any, np.dtype[np.float64]]

PRIOR = {
    "bm25": 1.0,
    "bm25_now": 1.0,
    "dense_now": 1.0,
    "named_artist": 1.0,
    "lead_now": 0.3,
    "named_title": 1.0,
    "facts_now": 0.5,
    "lyrics_now": 0.5,
    "named_before": 0.0,
    "unwanted": 0.0,
    "offered_artist": 0.0,
    "offered_title": 0.0,
    "same_artist": 0.0,
    "company": 0.5,
    "content": 0.5,
    "talkplay": 1.0,
    "talkplay_gated": 1.0,
    "popularity": 0.1,
}
"""What the rank of each component is worth before anything is fitted: plain reciprocal-rank fusion."""
UNFITTED = PRIOR | {"bm25": 2.2, "bm25_now": 1.6, "dense_now": 1.3, "content": 0.3, "talkplay": 0.4}
"""The same where there are too few dialogues to fit on: about what human dialogues (CPCD) gave. A library
without dialogues has taught TalkPlay little, and what is said has to count."""
MEANINGS = ("z", "rank", "z_first", "rank_first")
"""The weights of a component; `_first` is added where no track was accepted or rejected yet."""
SHARPNESS = 20.0
DEEPEST = 500
"""Ranks behind this one all count as nothing."""
FEWEST = 30
"""Moments below which nothing is fitted."""
AT_MOST = 500
VARIETY = 4.0
"""What a track loses in the first ten for each better one of its artist but one, where dialogues say what
was disliked."""
BATCH = 16
PULL = 2.0
"""Strength of the pull to the prior: as a Gaussian prior of variance 1 / (2 x 2) on every weight."""


class Hybrid(Recommender):
    """Lexical, dense, co-occurrence, content and TalkPlay scores in one ranking.

    Args:
        parts: the recommenders to fuse: bm25, dense, neighbours, and those of `TRAINED` that are there.
        weights: component -> the four weights of `MEANINGS`.
        variety: what a track loses in the first ten for each better one of its artist but one.
    """

    name = "hybrid"
    reads = ("described", "features", "log", "playlists", "dialogues")
    uses = TRAINED

    def __init__(
        self,
        parts: dict[str, Recommender],
        weights: dict[str, list[float]] | None = None,
        variety: float = 0.0,
    ) -> None:
        super().__init__(next(iter(parts.values())).catalogue)
        self.parts, self.components = parts, components(parts)
        self.weights = weights or {name: [0.0, UNFITTED[name], 0.0, 0.0] for name in self.components}
        self.variety, self.artists = variety, Variety(self.catalogue.tracks["artist"].to_list())
        self.n_moments = 0

    @classmethod
    def _fit(cls, library: Library, settings: Settings) -> Self:
        """The recommenders fitted in the workspace (or now), and weights from its validation dialogues.

        With fewer than 30 moments to fit on it is reciprocal-rank fusion with fixed weights (`UNFITTED`).
        """
        parts = {
            name: fitted(kind, library)
            if is_fitted(library, name)
            else kind.fit(library, {"seed": settings.seed})
            for name, kind in _parts(library).items()
        }
        return cls.of(parts, settings.seed)

    @classmethod
    def of(cls, parts: dict[str, Recommender], seed: int = 0) -> Self:
        """The hybrid of these recommenders, with weights from the validation dialogues of their catalogue."""
        model = cls(parts)
        dialogues = model.catalogue.dialogues_of("validation")
        # In a drawn order, because the cap takes the first: imports put like dialogues beside each other.
        order = np.random.default_rng(seed).permutation(len(dialogues))
        # Whole dialogues: what a model keeps from turn to turn then serves.
        found = [m for i in order for m in moments(dialogues[i])][:AT_MOST]
        if len(found) >= FEWEST:
            model.fit_weights(found, seed)
        return model

    def score(self, requests: Sequence[Request]) -> Floats:
        """Log-odds up to a constant for each request, float32 (n_requests, n_tracks)."""
        total = np.zeros((len(requests), len(self.catalogue)), np.float32)
        first = is_first(requests)
        for name, weights in self.weights.items():
            z, rank = evidence(self.components[name](requests))
            on_z, on_rank, first_z, first_rank = weights
            total += (on_z + first_z * first)[:, None] * z + (on_rank + first_rank * first)[:, None] * rank
        for row, request in enumerate(requests):
            total[row] = self.artists.vary(total[row], self.allowed(request), self.variety)
        return total

    def fit_weights(self, found: Sequence[Moment], seed: int = 0) -> None:
        """Fit the weights so that the targets of these moments are likely among the tracks allowed."""
        generator = np.random.default_rng(seed)
        starts = watched(range(0, len(found), BATCH), "hybrid weights")
        lists = [pair for start in starts for pair in self._examples(found[start : start + BATCH], generator)]
        prior = np.array([[0.0, PRIOR[name], 0.0, 0.0] for name in self.components]).ravel()
        # The loss is a mean over lists: divided, the pull weighs as one prior however many there are.
        fitted = fit_logit(lists, prior, PULL / len(lists)).reshape(-1, len(MEANINGS))
        self.weights = {name: w.tolist() for name, w in zip(self.components, fitted, strict=True)}
        self.n_moments = len(found)
        # What people dislike answers the same words as what they like: only fewer alike bring fewer.
        self.variety = VARIETY if any(m.dislikes for m in found) else 0.0

    def _examples(
        self, found: Sequence[Moment], generator: np.random.Generator
    ) -> Iterator[tuple[Doubles, Bools]]:
        """For each moment, evidence (n_candidates, n_weights) and which candidates are targets.

        Candidates: the best 200 of each component, 200 others, the targets. The rest, which no component
        puts forward, would hardly change the sum over the catalogue.
        """
        rows, requests = self.catalogue.rows, [m.request for m in found]
        table = np.stack([np.stack(evidence(part(requests))) for part in self.components.values()])
        first = is_first(requests)
        for n, moment in enumerate(found):
            targets = np.array([rows[i] for i in moment.targets if i in rows], int)
            z = table[:, 0, n]
            best = np.argpartition(-z, min(200, z.shape[1] - 1), axis=1)[:, :200]
            others = generator.integers(z.shape[1], size=200)
            chosen = np.unique(np.concatenate([best.ravel(), others, targets]))
            # Only what may be recommended competes, as it does when the weights are used.
            chosen = chosen[self.allowed(moment.request)[chosen]]
            features = table[:, :, n, chosen].transpose(2, 0, 1)
            features = np.concatenate([features, features * first[n]], axis=2)
            yield features.reshape(len(chosen), -1).astype(np.float64), np.isin(chosen, targets)

    def _save(self, directory: Path) -> None:
        for name, part in self.parts.items():
            if name not in TRAINED:
                part.save(directory / name)
        table = {name: dict(zip(MEANINGS, w, strict=True)) for name, w in self.weights.items()}
        write_json(directory / "weights.json", table)
        card = {"recommender": self.name, "n_moments": self.n_moments, "weights": table}
        card["variety"] = self.variety
        write_json(directory / "card.json", card | {"parts": list(self.parts)})

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        table = json.loads((directory / "weights.json").read_text("utf-8"))
        variety = float(json.loads((directory / "card.json").read_text("utf-8")).get("variety", 0))
        weights = {name: [float(w[meaning]) for meaning in MEANINGS] for name, w in table.items()}
        parts: dict[str, Recommender] = {}
        for name, kind in _parts(library).items():
            if name not in TRAINED:
                parts[name] = kind.load(directory / name, library)
            # A TalkPlay that was trained after the fit has no weight here, and need not be loaded.
            elif name in weights:
                parts[name] = fitted(kind, library)
        model = cls(parts, weights, variety)
        if missing := sorted(weights.keys() - model.components.keys()):
            trained = set(missing) & set(TRAINED)
            cure = (
                "make it again, or run `segue fit hybrid` without it"
                if trained
                else "run `segue fit hybrid` again"
            )
            raise SegueError(
                f"was fitted with {', '.join(missing)}, which is not there", str(directory), cure
            )
        return model


def _parts(library: Library) -> dict[str, type[Recommender]]:
    """The recommenders that can be fused; TalkPlay where one is trained."""
    parts: dict[str, type[Recommender]] = {"bm25": BM25, "dense": Dense, "neighbours": Neighbours}
    if is_fitted(library, "talkplay"):
        from segue.models.talkplay.model import TalkPlay

        parts["talkplay"] = TalkPlay
    if is_fitted(library, "talkplay_gated"):
        from segue.models.talkplay.gated.model import GatedTalkPlay

        parts["talkplay_gated"] = GatedTalkPlay
    return parts


def is_first(requests: Sequence[Request]) -> Floats:
    """Shape (n_requests,): 1 where no track was accepted or rejected yet."""
    return np.array([not (r.accepted or r.rejected) for r in requests], np.float32)


def evidence(scores: Floats) -> tuple[Floats, Floats]:
    """z (softly cut at 4) and reciprocal rank of scores, both (n_requests, n_tracks).

    A row of equal scores says nothing and gives zeros; equal scores share the best of their ranks.
    """
    spread = scores.std(axis=1, keepdims=True)
    # Divided by infinity a row without spread becomes zeros.
    z = (scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 1e-6, spread, np.inf)
    rank = np.zeros_like(scores)
    for given, out in zip(scores, rank, strict=True):
        depth = min(DEEPEST, len(given))
        # Strictly above: where thousands tie at the edge, none of them is ranked.
        above = given > np.partition(given, -depth)[-depth]
        best = given[above]
        rank_of = 1 + len(best) - np.searchsorted(np.sort(best), best, side="right")
        out[above] = SHARPNESS / (SHARPNESS + rank_of)
    return np.asarray(4 * np.tanh(z / 4), np.float32), rank


def fit_logit(lists: Sequence[tuple[Doubles, Bools]], prior: Doubles, pull: float) -> Doubles:
    """The weights (n,) that make the targets of the lists likely, pulled to the prior.

    Maximises the mean over lists of log(sum of the targets' softmax) - pull x |weights - prior|^2.

    Args:
        lists: for each, features (n_candidates, n) and which candidates are targets (n_candidates,).
    """

    # Later turns have nothing but zeros in what first turns add: half of the work.
    there = [(features, features.any(axis=0), targets) for features, targets in lists]
    used = [(np.ascontiguousarray(features[:, said]), said, targets) for features, said, targets in there]

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        away = weights - prior
        value, slope = pull * float(away @ away), 2 * pull * away
        for features, said, targets in used:
            logits = features @ weights[said]
            chance = np.exp(logits - logits.max())
            chance /= chance.sum()
            # A target far behind would underflow to 0, whose logarithm is no number.
            hit = max(float(chance[targets].sum()), 1e-300)
            value -= np.log(hit) / len(lists)
            slope[said] += (chance @ features - chance[targets] @ features[targets] / hit) / len(lists)
        return value, slope

    return np.asarray(minimize(loss, prior, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x)
