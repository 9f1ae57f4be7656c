import json

import numpy as np
import polars as pl
import pytest

import segue.tokens.kmeans as kmeans
from segue.data.codes import Tokens
from segue.kit.errors import SegueError
from segue.tokens.kmeans import assign, fit_centroids
from segue.tokens.quantise import default_clusters, tokenise
from segue.tokens.report import effective, shared_tuples, write_report
from segue.tokens.vectors import normalise


def blobs(n: int, k: int, dim: int = 8, seed: int = 0):
    """n points around k far-apart directions, and which direction each belongs to."""
    rng = np.random.default_rng(seed)
    centres = np.eye(dim)[:k]
    labels = np.arange(n) % k
    points = centres[labels] * rng.uniform(0.5, 3, (n, 1)) + rng.normal(0, 0.02, (n, dim))
    return points.astype(np.float32), labels


def same_partition(a, b) -> bool:
    pairs = len(set(zip(list(a), list(b), strict=True)))
    return pairs == len(set(a)) == len(set(b))


def nearest_by_brute_force(vectors, centroids):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.argmin(((unit[:, None] - centroids[None]) ** 2).sum(-1), axis=1)


def test_clusters_grow_with_the_catalogue_up_to_the_papers_number():
    counts = [0, 1, 400, 1_000, 5_799, 17_400, 1_714_772]
    assert [default_clusters(n) for n in counts] == [16, 16, 16, 32, 256, 1024, 1024]


def test_planted_clusters_are_recovered_whatever_the_length_of_the_vectors():
    points, labels = blobs(400, 8)
    assert same_partition(assign(points, fit_centroids(points, 8, seed=0)), labels)


def test_no_more_clusters_than_distinct_vectors_and_none_empty():
    points = np.repeat(np.eye(5, dtype=np.float32), 30, axis=0)
    for clusters in (3, 5, 64):
        centroids = fit_centroids(points, clusters, seed=0)
        codes = assign(points, centroids)
        assert len(centroids) <= min(clusters, 5)
        assert set(codes.tolist()) == set(range(len(centroids)))
    assert same_partition(codes, np.repeat(np.arange(5), 30))


def test_assignment_equals_brute_force_across_chunks(monkeypatch):
    monkeypatch.setattr(kmeans, "CHUNK", 7 * 9)
    rng = np.random.default_rng(1)
    vectors, centroids = rng.normal(size=(50, 6)), rng.normal(size=(9, 6))
    vectors, centroids = vectors.astype(np.float32), centroids.astype(np.float32)
    np.testing.assert_array_equal(assign(vectors, centroids), nearest_by_brute_force(vectors, centroids))
    assert assign(vectors[:0], centroids).shape == (0,)


def test_a_missing_modality_is_minus_one_and_takes_no_part_in_the_fit(make_tokens_workspace):
    points, labels = blobs(120, 4)
    present = np.arange(120) % 3 != 0
    absent = points.copy()
    absent[~present] = 1e6
    workspace = make_tokens_workspace(120, metadata=points, playlist=(absent, present))
    tokenise(workspace, clusters=4)
    tokens = Tokens.load(workspace)
    assert tokens.modalities == ("playlist", "metadata")
    assert tokens.codes.dtype == np.int16
    assert (tokens.codes[~present, 0] == -1).all()
    assert (tokens.codes[:, 1] >= 0).all()
    assert same_partition(tokens.codes[present, 0], labels[present])
    assert tokens.sizes == {"playlist": 4, "metadata": 4}


def test_the_same_seed_gives_the_same_tokens_and_a_second_run_is_skipped(make_tokens_workspace):
    points = np.random.default_rng(0).normal(size=(200, 6))
    workspace = make_tokens_workspace(200, audio=points)
    assert "fitted (audio 16)" in tokenise(workspace)
    first = Tokens.load(workspace)
    assert "unchanged" in tokenise(workspace)
    assert "unchanged" in tokenise(workspace, seed=1)
    assert "fitted" in tokenise(workspace, refit=True)
    np.testing.assert_array_equal(first.codes, Tokens.load(workspace).codes)
    tokenise(workspace, seed=1, refit=True)
    assert not np.array_equal(first.codes, Tokens.load(workspace).codes)


def test_another_number_of_clusters_fits_anew_and_none_keeps_the_stored(make_tokens_workspace):
    points = np.random.default_rng(0).normal(size=(200, 6))
    workspace = make_tokens_workspace(200, audio=points)
    tokenise(workspace)
    assert "fitted (audio 30)" in tokenise(workspace, clusters=30)
    assert "unchanged" in tokenise(workspace)
    assert "unchanged" in tokenise(workspace, clusters=30)
    assert "fitted (audio 16)" in tokenise(workspace, refit=True)


def test_new_tracks_get_the_nearest_stored_centroid_and_old_codes_stay(make_tokens_workspace):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(300, 6)).astype(np.float32)
    tokenise(make_tokens_workspace(250, audio=points[:250]), clusters=20)
    workspace = make_tokens_workspace(300, audio=points)
    with pytest.raises(SegueError, match="segue tokens"):
        Tokens.load(workspace)
    before = (workspace.tokens / "codebooks.safetensors").read_bytes()
    old = pl.read_parquet(workspace.tokens / "codes.parquet")["audio"].to_numpy()
    assert "assigned to the stored" in tokenise(workspace)
    tokens = Tokens.load(workspace)
    assert (workspace.tokens / "codebooks.safetensors").read_bytes() == before
    np.testing.assert_array_equal(tokens.codes[:250, 0], old)
    expected = nearest_by_brute_force(points[250:], tokens.centroids["audio"])
    np.testing.assert_array_equal(tokens.codes[250:, 0], expected)
    assert tokens.sizes == {"audio": 20}


def test_a_modality_that_comes_or_goes_or_another_encoder_needs_a_refit(make_tokens_workspace):
    points, _ = blobs(60, 4)
    tokenise(make_tokens_workspace(60, audio=points))
    workspace = make_tokens_workspace(60, lyrics=points)
    with pytest.raises(SegueError, match=r"lyrics new.*--refit"):
        tokenise(workspace)
    tokenise(workspace, refit=True)
    assert Tokens.load(workspace).modalities == ("lyrics", "audio")
    (workspace.feature("lyrics") / "card.json").unlink()
    with pytest.raises(SegueError, match="lyrics gone"):
        tokenise(workspace)
    workspace = make_tokens_workspace(60, encoder="other", audio=points, lyrics=points)
    with pytest.raises(SegueError, match="audio, lyrics made by another encoder"):
        tokenise(workspace)


def test_a_modality_that_no_track_has_is_left_out(make_tokens_workspace):
    points, _ = blobs(30, 3)
    nothing = (np.zeros((30, 4)), np.zeros(30, dtype=bool))
    workspace = make_tokens_workspace(30, audio=points, playlist=nothing)
    tokenise(workspace)
    assert Tokens.load(workspace).modalities == ("audio",)


def test_without_features_or_with_an_impossible_number(make_tokens_workspace):
    workspace = make_tokens_workspace(3)
    with pytest.raises(SegueError, match="segue features"):
        tokenise(workspace)
    with pytest.raises(SegueError, match="from 1 to 32,767"):
        tokenise(workspace, clusters=0)
    with pytest.raises(SegueError, match="segue tokens"):
        Tokens.load(workspace)


@pytest.fixture
def damaged(make_tokens_workspace):
    points, _ = blobs(60, 4)
    workspace = make_tokens_workspace(60, audio=points)
    tokenise(workspace, clusters=4)
    return workspace


def test_a_cut_codebook_file(damaged):
    path = damaged.tokens / "codebooks.safetensors"
    path.write_bytes(path.read_bytes()[:50])
    for load in (Tokens.load, tokenise):
        with pytest.raises(SegueError, match=r"codebooks\.safetensors: cannot be read.*segue tokens --refit"):
            load(damaged)
    tokenise(damaged, refit=True)
    Tokens.load(damaged)


def test_a_codebook_of_the_wrong_shape_or_missing(damaged):
    from safetensors.numpy import save_file

    path = damaged.tokens / "codebooks.safetensors"
    bad = [{"audio": np.zeros(3, np.float32)}, {"lyrics": np.zeros((3, 3), np.float32)}]
    for tensors in (*bad, {"audio": np.full((4, 8), np.nan, np.float32)}):
        save_file(tensors, path)
        with pytest.raises(SegueError, match="codebook"):
            Tokens.load(damaged)


def test_codes_out_of_range_or_of_other_tracks_or_unreadable(damaged):
    path = damaged.tokens / "codes.parquet"
    table = pl.read_parquet(path)
    for code in (4, -2):
        table.with_columns(pl.lit(code, dtype=pl.Int16).alias("audio")).write_parquet(path)
        with pytest.raises(SegueError, match="outside -1 to 3"):
            Tokens.load(damaged)
    table.reverse().write_parquet(path)
    with pytest.raises(SegueError, match="not the catalogue's"):
        Tokens.load(damaged)
    table.drop("audio").write_parquet(path)
    with pytest.raises(SegueError, match=r"codes\.parquet: cannot be read"):
        Tokens.load(damaged)
    path.write_bytes(b"PAR1")
    with pytest.raises(SegueError, match=r"codes\.parquet: cannot be read"):
        Tokens.load(damaged)


def test_a_card_without_its_entries(damaged):
    path = damaged.tokens / "card.json"
    card = json.loads(path.read_text())
    del card["spaces"]
    path.write_text(json.dumps(card))
    with pytest.raises(SegueError, match="lacks spaces"):
        tokenise(damaged)


def test_normalised_vectors_have_length_one_and_zeros_stay():
    np.testing.assert_allclose(normalise(np.array([[3, 4], [0, 0]], np.float32)), [[0.6, 0.8], [0, 0]])


def test_closed_forms_of_the_report():
    assert effective(np.array([5, 5, 5, 5, 0])) == pytest.approx(4)
    assert effective(np.array([9])) == pytest.approx(1)
    codes = np.array([[1, 2], [1, 2], [1, 3], [-1, 2], [1, 2], [0, 0], [-1, 2]], dtype=np.int16)
    assert shared_tuples(codes) == {1: 2, 2: 1, 3: 1}


def test_the_report_says_what_the_tokens_are(make_tokens_workspace):
    points, _ = blobs(40, 4)
    half = np.arange(40) < 20
    workspace = make_tokens_workspace(40, audio=points, lyrics=(points, half))
    tokenise(workspace, clusters=4)
    path = write_report(workspace)
    text = path.read_text("utf-8")
    assert "| lyrics | 20 (50.0%) | 4 | 4 | 5 | 5 | 5 |" in text
    assert "| audio | 40 (100.0%) | 4 | 4 | 10 | 10 | 10 |" in text
    assert "8 different tuples; 40 tracks (100.0%) share theirs" in text
    assert r"Title \| " in text
    assert (path.parent / "sizes.png").stat().st_size > 5_000
    assert json.loads((path.parent / "card.json").read_text())["tracks_per_tuple"] == {"5": 8}
