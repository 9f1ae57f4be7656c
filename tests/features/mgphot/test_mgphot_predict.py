"""Prediction from vectors: a planted line is found, noise is not believed, the rest stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from segue.data import store
from segue.describe.mgphot import values
from segue.describe.mgphot.predict import predict, vectors_of
from segue.describe.mgphot.schema import DIM
from segue.features.mgphot import PREDICTED, RATED, compute
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

Make = Callable[..., Workspace]
N, WIDTH, RATED_TRACKS = 300, 20, 120
LINEAR = 8
"""Attributes that follow from the vectors; the others are noise."""


def planted(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (N, WIDTH) on very different scales, and true values (N, 58)."""
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(N, WIDTH))
    weights = generator.normal(size=(WIDTH, LINEAR))
    truth = generator.random((N, DIM))
    line = vectors @ weights / np.sqrt(WIDTH)
    truth[:, :LINEAR] = np.clip(0.5 + 0.2 * line + generator.normal(0, 0.02, line.shape), 0, 1)
    scales = 10.0 ** generator.integers(-3, 4, WIDTH)
    return (vectors * scales + 5 * scales).astype(np.float32), truth.astype(np.float32)


def artists() -> list[str | None]:
    return [f"Band {i // 3}" if i % 7 else None for i in range(N)]


def test_a_planted_line_is_found_and_noise_is_not_believed() -> None:
    vectors, truth = planted()
    known = truth.copy()
    known[RATED_TRACKS:] = np.nan
    known[:20, 3] = np.nan  # another pattern of what is known
    known[50:, 4] = np.nan  # still enough
    known[49:, 5] = np.nan  # too few
    present = np.ones(N, bool)
    present[-1] = False
    found = predict(vectors, present, known, artists())
    good = [0, 1, 2, 3, 4, 6, 7]
    assert (found.rho[good] > 0.9).all()
    assert np.isnan(found.rho[5])
    assert np.nanmax(np.abs(found.rho[LINEAR:])) < 0.4
    new = slice(RATED_TRACKS, N - 1)
    assert np.abs(found.matrix[new][:, good] - truth[new][:, good]).mean() < 0.05
    assert np.isnan(found.matrix[-1]).all()
    assert np.isnan(found.matrix[:, found.rho < 0.2]).all()
    assert np.isnan(found.matrix[:, 5]).all()
    assert np.nanmin(found.matrix) >= 0
    assert np.nanmax(found.matrix) <= 1
    again = predict(vectors, present, known, artists())
    assert np.array_equal(again.matrix, found.matrix, equal_nan=True)


def test_what_is_of_the_artist_is_no_evidence() -> None:
    """Vectors that name the artist, and values that hang on the artist alone: nothing holds for a new one."""
    generator = np.random.default_rng(0)
    bands = np.repeat(np.arange(40), 5)
    vectors = np.eye(40, dtype=np.float32)[bands]
    known = generator.random((40, DIM)).astype(np.float32)[bands]
    found = predict(vectors, np.ones(200, bool), known, [f"Band {b}" for b in bands])
    assert np.nanmean(found.rho) < 0.1
    alone = predict(vectors, np.ones(200, bool), known, [None] * 200)
    assert np.nanmean(alone.rho) > 0.9


def test_a_constant_attribute_is_not_predicted() -> None:
    vectors, truth = planted()
    truth[:, 0] = 0.0
    found = predict(vectors, np.ones(N, bool), truth, artists())
    assert np.isnan(found.rho[0])
    assert np.isnan(found.matrix[:, 0]).all()


def test_too_few_ratings_are_told() -> None:
    vectors, truth = planted()
    truth[49:] = np.nan
    with pytest.raises(SegueError, match="49 rated tracks have a vector; 50 are needed"):
        predict(vectors, np.ones(N, bool), truth, artists())


def test_the_feature_has_predicted_rows_and_says_so(make_workspace: Make) -> None:
    rows: list[dict[str, Any]] = [
        {"track_id": f"t{i}", "artist": a or "", "title": f"Song {i}"} for i, a in enumerate(artists())
    ]
    workspace = make_workspace(rows)
    vectors, truth = planted()
    present = np.ones(N, bool)
    present[-1] = False
    store.save(workspace, "audio", store.Feature(vectors, present), encoder="x", input_hash="x")
    ids = [row["track_id"] for row in rows[:RATED_TRACKS]]
    values.write(workspace, "rated", values.Values(ids, truth[:RATED_TRACKS], {}))
    line = compute(workspace, predict_from=["audio"])[-1]
    assert "299 of 300 tracks (120 rated, 179 predicted)" in line
    feature, card, tensors = store.load_any(workspace, "mgphot")
    assert feature.present.tolist() == present.tolist()
    assert tensors["source"].tolist() == [RATED] * RATED_TRACKS + [PREDICTED] * 179 + [0]
    assert np.array_equal(feature.matrix[:RATED_TRACKS], truth[:RATED_TRACKS])
    assert card["predicted_from"] == ["audio"]
    assert card["tracks"] == {"loaded": 0, "rated": 120, "predicted": 179}
    assert card["cross_validated"]["Vocal Register"] > 0.9
    found = values.known_values(workspace)
    guessed = found[RATED_TRACKS:-1]
    assert np.isfinite(guessed[:, :LINEAR]).all()
    # What noise says nothing about is unknown, and the mean in the matrix.
    low = next(c for c in range(LINEAR, DIM) if np.isnan(guessed[:, c]).all())
    assert feature.matrix[200, low] == pytest.approx(truth[:RATED_TRACKS, low].mean(), abs=1e-5)
    # Asked for once, it is done again with what is new.
    assert "unchanged" in compute(workspace)[-1]
    assert "(120 rated)" in compute(workspace, predict_from=[])[-1]


def test_text_is_the_owners_own(make_workspace: Make) -> None:
    """Tags made of ratings must not come back as evidence."""
    workspace = make_workspace([{"track_id": "a", "title": "T", "artist": "A", "tags": ["folk"]}])
    values.write(workspace, "rated", values.Values(["a"], np.ones((1, DIM), np.float32), {}))
    compute(workspace)
    seen: list[str] = []

    class Encoder:
        identity = "seen"

        def encode(self, texts: list[str], *, progress: str = "") -> np.ndarray:
            seen.extend(texts)
            return np.ones((len(texts), 2), np.float32)

    vectors, present = vectors_of(workspace, ["text"], Encoder())
    assert seen == ["T by A folk"]
    assert vectors.shape == (1, 2)
    assert present.all()
    with pytest.raises(SegueError, match="nothing to predict from"):
        vectors_of(workspace, [])
    with pytest.raises(SegueError, match="not made yet"):
        vectors_of(workspace, ["audio"])
