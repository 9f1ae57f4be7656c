"""Fusion: what each strategy may depend on, as corrected and as published."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from segue.models.e4srec.fusion import KINDS, Fusion, Kind, make_fusion

SIZES = {"id": 6, "audio": 5, "lyrics": 7}
N = 9
STRATEGIES = list(KINDS)


def made(kind: Kind, published: bool = False, sizes: dict[str, int] = SIZES) -> Fusion:
    """A fusion whose every parameter is random, also those that begin at zero."""
    torch.manual_seed(1)
    fusion = make_fusion(kind, sizes, 8, published)
    with torch.no_grad():
        for parameter in fusion.parameters():
            parameter.normal_()
    return fusion.eval()


def vectors(sizes: dict[str, int] = SIZES, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {m: torch.randn(N, size, generator=generator) for m, size in sizes.items()}


def presence(**which: bool) -> dict[str, Tensor]:
    return {m: torch.full((N,), which.get(m, True)) for m in SIZES}


def same(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("kind", STRATEGIES)
def test_masked_content_leaves_a_function_of_the_id_alone(kind: Kind) -> None:
    fusion, none = made(kind), presence(audio=False, lyrics=False)
    given, other = vectors(), vectors(seed=5) | {"id": vectors()["id"]}
    other["audio"][:] = torch.nan
    found = fusion(given, none)
    assert same(found, fusion(other, none))
    other["id"] = vectors(seed=7)["id"]
    assert not same(found, fusion(other, none))


@pytest.mark.parametrize("kind", STRATEGIES)
def test_zero_coverage_is_the_model_of_the_id_alone(kind: Kind) -> None:
    whole, alone = made(kind), made(kind, sizes={"id": SIZES["id"]})
    own = dict(whole.state_dict())
    alone.load_state_dict({n: own[n][:1] if n == "weights" else own[n] for n in alone.state_dict()})
    found = whole(vectors(), presence(audio=False, lyrics=False))
    wanted = alone({"id": vectors()["id"]}, {"id": presence()["id"]})
    # Concatenated, what follows the ID is the same for all: a constant that the projection's bias takes up.
    assert same(found[:, : wanted.shape[1]], wanted)
    rest = found[:, wanted.shape[1] :]
    assert same(rest, rest[:1].expand_as(rest))


@pytest.mark.parametrize("kind", STRATEGIES)
@pytest.mark.parametrize("published", [False, True])
def test_permuted_content_changes_the_result(kind: Kind, published: bool) -> None:
    fusion, given = made(kind, published), vectors()
    permuted = given | {"audio": given["audio"].roll(1, dims=0)}
    assert not same(fusion(given, presence()), fusion(permuted, presence()))


@pytest.mark.parametrize("kind", STRATEGIES)
def test_one_missing_modality_is_not_looked_at(kind: Kind) -> None:
    fusion, given = made(kind), vectors()
    wild = given | {"audio": given["audio"] * torch.nan}
    there = presence(audio=False)
    found = fusion(given, there)
    assert torch.isfinite(found).all()
    assert same(found, fusion(wild, there))
    other = given | {"lyrics": vectors(seed=3)["lyrics"]}
    assert not same(found, fusion(other, there))


@pytest.mark.parametrize("kind", STRATEGIES)
def test_a_track_without_an_id_is_told_by_its_content(kind: Kind) -> None:
    fusion, there = made(kind), presence(id=False)
    found = fusion(vectors(), there)
    assert same(found, fusion(vectors() | {"id": vectors(seed=9)["id"]}, there))
    assert not same(found[:1], found[1:2])
    nothing = fusion(vectors(), presence(id=False, audio=False, lyrics=False))
    assert torch.isfinite(nothing).all()


def test_published_cross_attention_over_one_content_ignores_the_id() -> None:
    sizes = {"id": 6, "audio": 5}
    there = {m: torch.ones(N, dtype=torch.bool) for m in sizes}
    other = vectors(sizes) | {"id": vectors(sizes, 4)["id"]}
    published, corrected = made("cross_attention", True, sizes), made("cross_attention", False, sizes)
    assert same(published(vectors(sizes), there), published(other, there))
    assert not same(corrected(vectors(sizes), there), corrected(other, there))


def test_published_film_has_no_one_and_treats_missing_as_zeros() -> None:
    fusion = made("film", True)
    for layer in fusion.modulate.children():
        torch.nn.init.zeros_(layer.bias)
    assert not fusion(vectors(), presence(audio=False, lyrics=False)).any()
    corrected = made("film")
    base = corrected.base(vectors()["id"])
    assert same(corrected(vectors(), presence(audio=False, lyrics=False)), base)


def test_published_concat_is_the_vectors_side_by_side() -> None:
    given = vectors()
    found = made("concat", True)(given, presence(lyrics=False))
    assert same(found, torch.cat([given["id"], given["audio"], torch.zeros(N, 7)], dim=1))


def test_weighted_sum_by_hand() -> None:
    fusion, given = made("weighted"), vectors()
    there = presence(lyrics=False)
    units = [torch.nn.functional.normalize(fusion.project[m](given[m])) for m in ("id", "audio")]
    shares = np.exp(fusion.weights.detach().numpy()[:2])
    shares /= shares.sum()
    assert same(fusion(given, there), float(shares[0]) * units[0] + float(shares[1]) * units[1])


@pytest.mark.parametrize("kind", STRATEGIES)
def test_gradient_reaches_every_parameter(kind: Kind) -> None:
    fusion = made(kind)
    there = {m: torch.rand(N, generator=torch.Generator().manual_seed(n)) < 0.6 for n, m in enumerate(SIZES)}
    there["id"][0] = there["audio"][0] = there["lyrics"][0] = False
    fusion(vectors(), there).square().sum().backward()
    for name, parameter in fusion.named_parameters():
        if name == "attend.in_proj_bias":  # its middle third, the bias of the keys, cancels in the softmax
            continue
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
