"""Semantic ids: a residual-quantised autoencoder of the tracks' vectors, and ids that no two tracks share.

Source: LC-Rec 3.1 (Zheng et al., ICDE 2024): 4 levels, codes of 32 dimensions, beta 0.25, and on the last
level an assignment that is uniform (Sinkhorn) so that tracks do not collide. What of collisions remains is
removed by the exact form of that assignment problem.
"""

import math
from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import faiss
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from torch import Tensor, nn

from segue.kit.arrays import Floats, digest
from segue.learning.budget import Budget
from segue.learning.run import Run

Codes = NDArray[np.int16]
DIM = 32
"""Dimensions of a code. Source: LC-Rec 4.1.4."""
BETA = 0.25
"""Weight of the commitment loss. Source: LC-Rec 3.1."""
BATCH = 256
CHUNK = 16_384
"""Tracks coded at a time."""


def default_codes(n: int) -> int:
    """Codes a level for n tracks: the power of two nearest to their square root, from 4 to 256.

    256 is the paper's number (LC-Rec 4.1.4); in a small catalogue each would stand for too few tracks.
    """
    return 1 << min(8, max(2, round(math.log2(max(n, 1)) / 2)))


class RQVAE(nn.Module):
    """Encoder, one codebook a level, decoder."""

    def __init__(self, dim: int, levels: int, codes: int) -> None:
        super().__init__()
        sizes = [dim, 256, 128, DIM]
        self.encoder, self.decoder = _layers(sizes), _layers(sizes[::-1])
        self.codebooks = nn.Parameter(torch.zeros(levels, codes, DIM))
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(()))

    def encode(self, vectors: Tensor) -> Tensor:
        """Latent vectors (n, 32) of vectors (n, dim)."""
        latent: Tensor = self.encoder((vectors - self.mean) / self.scale)
        return latent

    def codes(self, latent: Tensor, *, even: bool = False) -> tuple[Tensor, Tensor]:
        """Codes int64 (n, levels), and what each level was to quantise, (levels, n, 32).

        With `even` the last level's codes are used about equally often.
        """
        rest, codes, rests = latent, [], []
        for level, book in enumerate(self.codebooks):
            distances = torch.cdist(rest, book) ** 2
            if even and level == len(self.codebooks) - 1:
                code = sinkhorn(distances).argmax(-1)
            else:
                code = distances.argmin(-1)
            codes.append(code)
            rests.append(rest)
            rest = rest - book[code]
        return torch.stack(codes, -1), torch.stack(rests)

    def quantised(self, codes: Tensor) -> Tensor:
        """The sum (n, 32) of the code vectors of codes (n, levels)."""
        levels = torch.arange(codes.shape[1], device=codes.device)
        return self.codebooks[levels, codes].sum(1)

    def decode(self, latent: Tensor) -> Tensor:
        """Vectors (n, dim) from latent vectors (n, 32)."""
        vectors: Tensor = self.decoder(latent) * self.scale + self.mean
        return vectors

    def loss(self, vectors: Tensor, *, quantise: bool = True) -> Tensor:
        """The loss of vectors (n, dim); a plain autoencoder's without `quantise`."""
        latent = self.encode(vectors)
        wanted = (vectors - self.mean) / self.scale
        if not quantise:
            return F.mse_loss(self.decoder(latent), wanted)
        codes, _ = self.codes(latent.detach(), even=True)
        # The codes are chosen without gradient; each level then pulls code and encoder together.
        rest, loss = latent, torch.zeros((), device=latent.device)
        for level, book in enumerate(self.codebooks):
            chosen = book[codes[:, level]]
            loss = loss + F.mse_loss(chosen, rest.detach()) + BETA * F.mse_loss(rest, chosen.detach())
            rest = rest - chosen.detach()
        straight = latent + (self.quantised(codes) - latent).detach()
        return loss + F.mse_loss(self.decoder(straight), wanted)


def _layers(sizes: list[int]) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@torch.no_grad()
def sinkhorn(distances: Tensor, epsilon: float = 0.05, rounds: int = 20) -> Tensor:
    """Soft assignment (n, n_codes) of least cost in which every row and about every code has an equal share.

    Args:
        distances: (n, n_codes); `epsilon` is in units of their mean.
    """
    nearness = distances.min(-1, keepdim=True).values - distances
    plan = (nearness / (epsilon * distances.mean().clamp(min=1e-9))).exp()
    for _ in range(rounds):
        plan = plan / plan.sum(0, keepdim=True).clamp(min=1e-30)
        plan = plan / plan.sum(1, keepdim=True).clamp(min=1e-30)
    return plan


class Steady(Budget):
    """A rate that stays: codes that move late still need encoder and decoder to follow them."""

    def factor(self, done: float) -> float:
        """What the rate is multiplied by: one, always."""
        return 1.0


def fit_rqvae(
    vectors: Floats, levels: int, codes: int, steps: int, seed: int, work: Path | None = None
) -> RQVAE:
    """An RQ-VAE of vectors (n, dim).

    A plain autoencoder for a fifth of the steps; then the codebooks start from k-means of what each level has
    to quantise, and every hundred steps a code that no track uses moves to a random rest of its level.

    Args:
        work: where an interrupted training goes on; None: it begins anew.
    """
    if work is None:
        with TemporaryDirectory() as folder:
            return fit_rqvae(vectors, levels, codes, steps, seed, Path(folder))
    torch.manual_seed(seed)
    data = torch.from_numpy(vectors)
    model = RQVAE(data.shape[1], levels, codes)
    model.mean.copy_(data.mean(0))
    model.scale.copy_((data - model.mean).std().clamp(min=1e-6))
    warm = steps // 5

    def step_loss(step: int) -> tuple[Tensor, dict[str, float]]:
        generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
        if step == warm:
            _start_codebooks(model, data, generator, seed)
        elif warm < step < steps - 100 and step % 100 == 0:
            _revive_unused(model, data, generator)
        batch = data[torch.randint(len(data), (min(BATCH, len(data)),), generator=generator)]
        return model.loss(batch, quantise=step >= warm), {"tokens": len(batch)}

    budget = Steady(steps=steps, lr=2e-3, weight_decay=1e-4, clip=1e9, bf16=False, seed=seed)
    Run(model, budget, work, [levels, codes, digest(vectors)], title="semantic ids").go(step_loss)
    return model


@torch.no_grad()
def _revive_unused(model: RQVAE, data: Tensor, generator: torch.Generator) -> None:
    """Move the codes that no track of a sample uses."""
    sample = data[torch.randperm(len(data), generator=generator)[:CHUNK]]
    found, rests = model.codes(model.encode(sample), even=True)
    n_codes = model.codebooks.shape[1]
    revive(model, torch.stack([torch.bincount(c, minlength=n_codes) for c in found.T]), rests, generator)


@torch.no_grad()
def _start_codebooks(model: RQVAE, data: Tensor, generator: torch.Generator, seed: int) -> None:
    """Codebooks from k-means, level by level, of the rests of a sample."""
    sample = data[torch.randperm(len(data), generator=generator)[:8192]]
    rest = model.encode(sample)
    codes = model.codebooks.shape[1]
    for level in range(len(model.codebooks)):
        kmeans = faiss.Kmeans(DIM, min(codes, len(rest)), niter=15, seed=seed, min_points_per_centroid=1)
        kmeans.train(np.ascontiguousarray(rest.numpy()))
        centroids = torch.from_numpy(np.asarray(kmeans.centroids))
        # With fewer tracks than codes the others start at random tracks' rests.
        more = rest[torch.randint(len(rest), (codes - len(centroids),), generator=generator)]
        model.codebooks[level] = torch.cat([centroids, more])
        rest = rest - model.codebooks[level][torch.cdist(rest, model.codebooks[level]).argmin(-1)]


@torch.no_grad()
def revive(model: RQVAE, used: Tensor, rests: Tensor, generator: torch.Generator) -> int:
    """Move every code that `used` (levels, codes) counts zero times to a random rest; returns how many."""
    for level, book in enumerate(model.codebooks):
        dead = (used[level] == 0).nonzero()[:, 0]
        book[dead] = rests[level][torch.randint(rests.shape[1], (len(dead),), generator=generator)]
    return int((used == 0).sum())


class Ids(NamedTuple):
    """Codes int16 (n, levels), the number of codes of each level, and the share of tracks that collided."""

    codes: Codes
    sizes: tuple[int, ...]
    collided: float


@torch.no_grad()
def nearest_codes(model: RQVAE, vectors: Floats) -> tuple[Codes, Floats]:
    """The nearest codes int16 (n, levels) of vectors (n, dim), and the rests (n, 32) of the last level."""
    found = [model.codes(model.encode(part)) for part in torch.split(torch.from_numpy(vectors), CHUNK)]
    if not found:
        return np.zeros((0, len(model.codebooks)), np.int16), np.zeros((0, DIM), np.float32)
    codes, rests = torch.cat([c for c, _ in found]), torch.cat([r[-1] for _, r in found])
    return codes.numpy().astype(np.int16), rests.numpy()


def distinct_ids(model: RQVAE, vectors: Floats) -> Ids:
    """Ids of vectors (n, dim), no two alike.

    Tracks that share all codes but the last, and of which two share that as well, get their last codes anew:
    different ones, with the least sum of distances (the assignment problem, to which Sinkhorn's tends).
    Where they are more than a level has codes, further codes without a vector of their own tell them apart.
    """
    codes, rests = nearest_codes(model, vectors)
    book = model.codebooks[-1].detach().numpy()
    n_codes = len(book)
    _, group = np.unique(codes[:, :-1], axis=0, return_inverse=True)
    order = np.argsort(group.ravel(), kind="stable")
    whole = Counter(map(bytes, codes))
    collided = sum(count for count in whole.values() if count > 1)
    last = n_codes
    for members in np.split(order, np.flatnonzero(np.diff(group.ravel()[order])) + 1):
        if len(np.unique(codes[members, -1])) == len(members):
            continue
        chosen, code = linear_sum_assignment(cdist(rests[members], book, "sqeuclidean"))
        left = np.setdiff1d(np.arange(len(members)), chosen)
        codes[members[chosen], -1] = code
        codes[members[left], -1] = n_codes + np.arange(len(left))
        last = max(last, n_codes + len(left))
    sizes = (n_codes,) * (codes.shape[1] - 1) + (last,)
    return Ids(codes, sizes, collided / max(len(codes), 1))


def ids_beside(model: RQVAE, vectors: Floats, taken: Codes) -> Codes:
    """Ids of tracks that came later: the nearest ones that are not taken, int16 (n, levels).

    One whose first codes leave no last code free shares the id of another track.
    """
    codes, rests = nearest_codes(model, vectors)
    book = model.codebooks[-1].detach().numpy()
    used: dict[Any, set[int]] = {}
    for code in taken:
        used.setdefault(bytes(code[:-1]), set()).add(int(code[-1]))
    for code, rest in zip(codes, rests, strict=True):
        there = used.setdefault(bytes(code[:-1]), set())
        near = np.argsort(((book - rest) ** 2).sum(-1), kind="stable")
        code[-1] = next((c for c in near if c not in there), near[0])
        there.add(int(code[-1]))
    return codes
