"""Two towers over vectors that stay as they are: what a dialogue asks, and what a track is, moved together.

The encoder is frozen, so every text is encoded once; what learns are small residual maps in front of the
cosine. Before training they are nothing and the scores are those of zero-shot retrieval. Source: TalkPlay
appendix D (in-batch contrastive pairs of a dialogue and a track; there the whole encoder learns).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveInt
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from segue.data.catalogue import Catalogue, Dialogue
from segue.data.request import Request
from segue.dialogues.format import Moment, moments
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.learning.batches import Epochs
from segue.learning.budget import Budget
from segue.learning.run import Run
from segue.learning.validation import Validation, spread
from segue.models.trained import Trained

NOW, BEFORE, ACCEPTED, REJECTED = range(4)
"""What is known of a request, a vector each: the last words, those before, tracks accepted and rejected."""
HELD = 600
"""Validation moments that are ranked at most."""
AT_ONCE = 256
DEEPEST = 200
"""Hard negatives come from so many of the best of zero-shot retrieval."""


class TowerSettings(Budget):
    """How the maps learn; 600 steps where no budget is given."""

    unless_told: ClassVar[dict[str, float]] = {"steps": 600}
    peak: ClassVar[float] = 1e-3

    weight_decay: float = Field(default=0.1, ge=0)
    batch: PositiveInt = 64
    """Pairs of a dialogue and a track a step; each one's track stands against all others'."""
    negatives: PositiveInt = 16
    """Hard negatives of each pair: what zero-shot retrieval puts high and the listener did not take."""
    moments: PositiveInt = 4000
    """Moments that are learnt from at most; all of real dialogues come first."""
    drop: float = Field(default=0.2, ge=0, lt=1)
    """How much of the vectors is hidden in training."""
    decay: NonNegativeFloat = 0.2
    """Weight of an utterance relative to the one after it."""


class Towers(nn.Module):
    """Residual maps of the four vectors of a request and of a track, and the sharpness of the softmax.

    Args:
        before: what earlier words count before training.
    """

    def __init__(self, dim: int, before: float) -> None:
        super().__init__()
        # Zeros: training begins at zero-shot retrieval and can only leave it for something better.
        self.query = nn.Parameter(torch.zeros(4, dim, dim))
        self.track = nn.Parameter(torch.zeros(dim, dim))
        self.start: Tensor
        self.register_buffer("start", torch.tensor([1.0, before, 0.0, 0.0]))
        # As a logarithm, so that it stays positive: cosines times e^3 = 20 to begin with.
        self.sharpness = nn.Parameter(torch.tensor(3.0))

    def asked(self, parts: Tensor) -> Tensor:
        """Unit vectors (n, dim) of requests' parts (n, 4, dim)."""
        moved = torch.einsum("npd,pde->ne", parts, self.query)
        return F.normalize((parts * self.start[:, None]).sum(1) + moved, dim=-1)

    def tracks(self, vectors: Tensor) -> Tensor:
        """Unit vectors (..., dim) of tracks'."""
        return F.normalize(vectors + vectors @ self.track, dim=-1)


@dataclass(frozen=True)
class Side:
    """What does not learn: vectors of tracks, how words become vectors, and what earlier words count.

    Args:
        vectors: float32 (n_tracks, dim) at unit length.
        present: bool (n_tracks,), the tracks that have one.
        encode: unit vectors of texts, float32 (n, dim).
    """

    catalogue: Catalogue
    vectors: Floats
    present: Bools
    encode: Callable[[list[str]], Floats]
    decay: float

    def parts(self, requests: Sequence[Request]) -> Floats:
        """The four vectors of each request, float32 (n, 4, dim); zeros for what there is nothing of."""
        rows = self.catalogue.rows
        found = np.zeros((len(requests), 4, self.vectors.shape[1]), np.float32)
        texts = list(dict.fromkeys(text for r in requests for text in r.said))
        of = dict(zip(texts, self.encode(texts), strict=True)) if texts else {}
        for line, request in zip(found, requests, strict=True):
            said = [of[text] for text in request.said]
            if said:
                line[NOW] = said[-1]
                for age, vector in enumerate(said[-2::-1]):
                    line[BEFORE] += self.decay**age * vector
            for place, ids in ((ACCEPTED, request.accepted[-20:]), (REJECTED, request.rejected[-20:])):
                known = [rows[i] for i in ids if i in rows]
                if known:
                    line[place] = self.vectors[known].mean(axis=0)
        return found


@torch.no_grad()
def score(towers: Towers, side: Side, requests: Sequence[Request]) -> Floats:
    """Cosines, float32 (n_requests, n_tracks); -1, below all else, for tracks without a vector."""
    if not requests:
        return np.zeros((0, len(side.vectors)), np.float32)
    asked = towers.asked(torch.from_numpy(side.parts(requests)))
    found = np.empty((len(requests), len(side.vectors)), np.float32)
    # In pieces: moved vectors of a million tracks at once would be memory twice.
    for start in range(0, len(side.vectors), 1 << 16):
        tracks = towers.tracks(torch.from_numpy(side.vectors[start : start + (1 << 16)]))
        found[:, start : start + len(tracks)] = (asked @ tracks.T).numpy()
    found[:, ~side.present] = -1
    return found


@dataclass(frozen=True)
class Pairs:
    """Moments as tensors: parts (n, 4, dim), rows of their targets, and hard negatives int64 (n, k)."""

    parts: Tensor
    targets: list[NDArray[np.int64]]
    hard: NDArray[np.int64]
    weights: Floats

    def __len__(self) -> int:
        return len(self.targets)


def pairs(side: Side, dialogues: Sequence[Dialogue], most: int, settings: TowerSettings, seed: int) -> Pairs:
    """At most so many moments, those of people first, with what zero-shot takes for their targets."""
    order = np.random.default_rng(seed).permutation(len(dialogues))
    kept: list[tuple[Moment, bool]] = []
    # False before True, and stable: people first, each kind in the drawn order.
    for n in sorted(order, key=lambda n: dialogues[n].simulated):
        if len(kept) >= most:
            break
        found = [m for m in moments(dialogues[n]) if len(_rows(side, m))]
        kept += [(m, dialogues[n].simulated) for m in found]
    if not kept:
        return Pairs(torch.zeros(0), [], np.zeros((0, 0), np.int64), np.zeros(0, np.float32))
    zero, generator = Towers(side.vectors.shape[1], settings.decay), np.random.default_rng([seed, 1])
    parts, hard = [], []
    for start in range(0, len(kept), AT_ONCE):
        batch = [m for m, _ in kept[start : start + AT_ONCE]]
        parts.append(torch.from_numpy(side.parts([m.request for m in batch])))
        scores = score(zero, side, [m.request for m in batch])
        for line, moment in zip(scores, batch, strict=True):
            hard.append(_hard(side, line, moment, settings.negatives, generator))
    targets = [_rows(side, m) for m, _ in kept]
    # Templates are many and alike; what people said counts three times.
    weights = np.array([1.0 if simulated else 3.0 for _, simulated in kept], np.float32)
    return Pairs(torch.cat(parts), targets, np.stack(hard), weights)


def _rows(side: Side, moment: Moment) -> NDArray[np.int64]:
    """Rows of the targets that can be ranked."""
    rows = side.catalogue.rows
    found = [rows[t] for t in moment.targets if t in rows and t not in moment.request.exclude]
    return np.array([r for r in found if side.present[r]], np.int64)


def _hard(
    side: Side, scores: Floats, moment: Moment, k: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """k tracks that stand high and are no targets, the disliked ones first; repeated where they are few."""
    rows = side.catalogue.rows
    # Below the -1 of tracks without a vector, and no cosine.
    scores[[rows[i] for i in (*moment.targets, *moment.request.exclude) if i in rows]] = -2
    depth = min(DEEPEST, len(scores) - 1)
    best = np.argpartition(-scores, depth)[: depth + 1]
    best = best[scores[best] > -1]
    disliked = [rows[i] for i in moment.dislikes if i in rows][:k]
    pool = best if len(best) else np.arange(len(scores))
    more = generator.choice(pool, k - len(disliked), replace=len(pool) < k)
    return np.concatenate([np.array(disliked, np.int64), more])


def learn(side: Side, settings: TowerSettings, work: Path, title: str) -> Towers:
    """Maps trained on the training dialogues, those that ranked validation dialogues best.

    Raises:
        SegueError: no training dialogue has a track with a vector.
    """
    catalogue = side.catalogue
    found = pairs(side, catalogue.dialogues_of("train"), settings.moments, settings, settings.seed)
    if not len(found):
        raise SegueError("no training dialogue to learn from", cure="run `segue dialogues` first")
    held = pairs(side, catalogue.dialogues_of("validation"), HELD, settings, settings.seed)
    torch.manual_seed(settings.seed)
    towers = Towers(side.vectors.shape[1], settings.decay)
    vectors = torch.from_numpy(side.vectors)
    chances = found.weights / found.weights.sum()
    size = min(settings.batch, len(found))

    def plan(epoch: int) -> list[NDArray[np.int64]]:
        generator = np.random.default_rng([settings.seed, epoch])
        drawn = generator.choice(len(found), (max(1, len(found) // size), size), p=chances)
        return list(drawn)

    epochs = Epochs(plan)

    def step_loss(step: int) -> tuple[Tensor, dict[str, float]]:
        chosen = epochs.at(step)
        generator = np.random.default_rng([settings.seed, 2, step])
        right = np.array([generator.choice(found.targets[n]) for n in chosen])
        parts = F.dropout(found.parts[torch.from_numpy(chosen)], settings.drop)
        asked = towers.asked(parts)
        candidates = np.concatenate([right, found.hard[chosen].ravel()])
        logits = towers.sharpness.exp() * (asked @ towers.tracks(vectors[torch.from_numpy(candidates)]).T)
        # Another pair's track may be a target of this one too: then it is no negative.
        also = np.stack([np.isin(candidates, found.targets[n]) for n in chosen])
        also[np.arange(len(chosen)), np.arange(len(chosen))] = False
        # Hard negatives of other pairs stand for the catalogue like the pairs' own tracks.
        logits = logits.masked_fill(torch.from_numpy(also), -torch.inf)
        return F.cross_entropy(logits, torch.arange(len(chosen))), {"tokens": float(len(chosen))}

    check = (
        Validation(towers, lambda: _ranks(towers, vectors, held), spread(10), 10, work) if len(held) else None
    )
    run = Run(towers, settings, work, [len(found), title], per_epoch=epochs.per_epoch, title=title)
    run.go(step_loss, check)
    return towers


class Moved(Trained):
    """Cosine of what a dialogue asks and what a track is, in a space moved by training dialogues.

    Source: TalkPlay appendix D.
    """

    def __init__(self, side: Side, towers: Towers) -> None:
        super().__init__(side.catalogue)
        self.side, self.towers = side, towers.eval()

    def score(self, requests: Sequence[Request]) -> Floats:
        """Cosines, float32 (n_requests, n_tracks); -1 for tracks without a vector."""
        return score(self.towers, self.side, requests)

    def _save(self, directory: Path) -> None:
        tensors = {name: t.contiguous() for name, t in self.towers.state_dict().items()}
        save_file(tensors, directory / "model.safetensors")


def read_towers(directory: Path, side: Side) -> Towers:
    """What `Moved` has saved."""
    towers = Towers(side.vectors.shape[1], side.decay)
    towers.load_state_dict(load_file(directory / "model.safetensors"))
    return towers


def _ranks(towers: Towers, vectors: Tensor, held: Pairs) -> NDArray[np.int64]:
    """The rank of the best target of each pair that was held back."""
    tracks = towers.tracks(vectors).T
    places = []
    for start in range(0, len(held), AT_ONCE):
        scores = (towers.asked(held.parts[start : start + AT_ONCE]) @ tracks).numpy()
        for line, right in zip(scores, held.targets[start : start + AT_ONCE], strict=True):
            places.append(int((line >= line[right].max()).sum()))
    return np.array(places, np.int64)
