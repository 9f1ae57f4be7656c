"""The RQ-VAE on vectors with planted clusters, and ids that no two tracks share."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from segue.models.lcrec.rqvae import (
    DIM,
    RQVAE,
    default_codes,
    distinct_ids,
    fit_rqvae,
    ids_beside,
    nearest_codes,
    revive,
    sinkhorn,
)

Array = np.ndarray[Any, Any]


def planted(n: int = 600, seed: int = 0) -> tuple[Array, Array]:
    """Vectors float32 (n, 24) of 6 clusters with 4 small ones in each; both labels, (n, 2)."""
    rng = np.random.default_rng(seed)
    outer, inner = rng.normal(size=(6, 24)), 0.3 * rng.normal(size=(6, 4, 24))
    label = np.stack([rng.integers(6, size=n), rng.integers(4, size=n)], axis=1)
    noise = 0.03 * rng.normal(size=(n, 24))
    vectors = outer[label[:, 0]] + inner[label[:, 0], label[:, 1]] + noise
    return vectors.astype(np.float32), label


@pytest.fixture(scope="module")
def model() -> RQVAE:
    return fit_rqvae(planted()[0], levels=3, codes=8, steps=300, seed=0)


@torch.no_grad()
def unexplained(model: RQVAE, vectors: Array, levels: int) -> float:
    """The part of the variance that so many levels of codes do not explain."""
    codes = torch.from_numpy(nearest_codes(model, vectors)[0].astype(np.int64))[:, :levels]
    found = model.decode(model.quantised(codes)).numpy()
    return float(((vectors - found) ** 2).sum() / ((vectors - vectors.mean(0)) ** 2).sum())


def test_planted_clusters_are_told_apart_and_rebuilt(model: RQVAE) -> None:
    vectors, label = planted()
    codes, _ = nearest_codes(model, vectors)
    of_code = [label[codes[:, 0] == code, 0] for code in np.unique(codes[:, 0])]
    # Every first code is of one large cluster, whatever its number.
    assert sum(np.bincount(found).max() for found in of_code) / len(label) > 0.97
    assert unexplained(model, vectors, 3) < 0.1


def test_each_level_adds_to_the_one_before(model: RQVAE) -> None:
    vectors, _ = planted()
    rest = [unexplained(model, vectors, levels) for levels in (1, 2, 3)]
    assert rest[0] > 1.3 * rest[1] > 1.3 * rest[2]


def test_vectors_that_were_not_trained_on_are_coded_alike(model: RQVAE) -> None:
    vectors, _ = planted()
    codes, _ = nearest_codes(model, vectors)
    moved, _ = nearest_codes(model, vectors + np.float32(1e-4))
    assert (codes == moved).mean() > 0.97


def test_no_two_tracks_share_an_id(model: RQVAE) -> None:
    vectors, _ = planted()
    nearest, _ = nearest_codes(model, vectors)
    found = distinct_ids(model, vectors)
    assert len(np.unique(found.codes, axis=0)) == len(vectors)
    assert found.collided == pytest.approx(np.mean([(nearest == code).all(1).sum() > 1 for code in nearest]))
    # The first levels mean what they meant.
    assert (found.codes[:, :-1] == nearest[:, :-1]).all()
    assert (found.codes < np.array(found.sizes)).all()
    assert found.sizes[:2] == (8, 8)


def test_more_alike_tracks_than_codes_get_further_codes(model: RQVAE) -> None:
    vectors = np.repeat(planted(2)[0], 11, axis=0)
    found = distinct_ids(model, vectors)
    assert len(np.unique(found.codes, axis=0)) == 22
    assert found.collided == 1
    assert found.sizes[-1] == 8 + 3


def test_the_last_codes_have_the_least_sum_of_distances() -> None:
    torch.manual_seed(0)
    model = RQVAE(5, 2, 4)
    with torch.no_grad():
        model.codebooks[1] = torch.randn(4, DIM)
    vectors = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    found = distinct_ids(model, np.concatenate([vectors[:1], vectors[:3]]))
    rests = nearest_codes(model, np.concatenate([vectors[:1], vectors[:3]]))[1]
    cost = ((rests[:, None] - model.codebooks[1].detach().numpy()[None]) ** 2).sum(-1)
    best = min(sum(cost[i, c] for i, c in enumerate(p)) for p in itertools.permutations(range(4)))
    assert sum(cost[i, c] for i, c in enumerate(found.codes[:, 1])) == pytest.approx(best, rel=1e-5)


def test_later_tracks_take_ids_that_are_free(model: RQVAE) -> None:
    vectors, _ = planted()
    taken = distinct_ids(model, vectors[:40]).codes
    later = ids_beside(model, vectors[:5], taken)
    assert (later[:, :-1] == taken[:5, :-1]).all()
    everything = np.concatenate([taken, later])
    assert len(np.unique(everything, axis=0)) == 45
    # With every last code taken, one is shared.
    full = np.array([[*taken[0, :-1], code] for code in range(8)], np.int16)
    assert bytes(ids_beside(model, vectors[:1], full)[0]) in set(map(bytes, full))
    assert ids_beside(model, vectors[:0], taken).shape == (0, 3)


def test_sinkhorn_uses_every_code_about_equally_often() -> None:
    distances = torch.rand(64, 8, generator=torch.Generator().manual_seed(0)) + torch.arange(8) / 4
    plan = sinkhorn(distances)
    assert torch.allclose(plan.sum(1), torch.ones(64), atol=1e-5)
    assert torch.allclose(plan.sum(0), torch.full((8,), 8.0), rtol=0.1)
    nearest = torch.bincount(distances.argmin(1), minlength=8)
    assert torch.bincount(plan.argmax(1), minlength=8).float().std() < nearest.float().std() / 3
    # Where that is all the same, it is the nearest code.
    near = torch.eye(8).repeat(8, 1)
    assert (sinkhorn(1 - near).argmax(1) == near.argmax(1)).all()


def test_codes_that_are_not_used_move_to_where_tracks_are() -> None:
    model = RQVAE(4, 2, 3)
    with torch.no_grad():
        model.codebooks += 100
    rests = torch.randn(2, 10, DIM)
    used = torch.tensor([[5.0, 0, 0], [1, 2, 3]])
    assert revive(model, used, rests, torch.Generator().manual_seed(0)) == 2
    moved = model.codebooks.detach()
    assert (moved[1] == 100).all()
    assert (moved[0, 0] == 100).all()
    for code in (1, 2):
        assert (moved[0, code] == rests[0]).all(1).any()


def test_gradients_reach_encoder_decoder_and_every_used_code(model: RQVAE) -> None:
    vectors = torch.from_numpy(planted()[0][:64])
    model.zero_grad()
    codes, _ = model.codes(model.encode(vectors).detach(), even=True)
    model.loss(vectors).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name
    grad = model.codebooks.grad
    for level in range(3):
        used = torch.unique(codes[:, level])
        assert (grad[level][used].abs().sum(1) > 0).all()
    model.zero_grad()


def test_the_same_seed_gives_the_same_codes() -> None:
    vectors = planted(60)[0]
    runs = [nearest_codes(fit_rqvae(vectors, 2, 4, 40, seed), vectors)[0] for seed in (1, 1, 2)]
    assert (runs[0] == runs[1]).all()
    assert (runs[0] != runs[2]).any()


def test_few_tracks_alike_tracks_and_one_track_are_no_trouble() -> None:
    for vectors in (planted(3)[0], np.ones((7, 4), np.float32), np.ones((1, 4), np.float32)):
        found = distinct_ids(fit_rqvae(vectors, 2, 8, 20, 0), vectors)
        assert len(np.unique(found.codes, axis=0)) == len(vectors)


def test_the_number_of_codes_follows_the_number_of_tracks() -> None:
    assert [default_codes(n) for n in (1, 24, 3_400, 12_000, 300_000)] == [4, 4, 64, 128, 256]
