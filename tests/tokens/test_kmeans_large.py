"""k-means over more vectors than memory holds: the same answers as in memory, a chunk at a time."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from segue.data import store
from segue.data.codes import Tokens
from segue.kit.errors import SegueError
from segue.tokens import kmeans
from segue.tokens.kmeans import assign, first_centroids, fit_centroids, inertia, lloyd
from segue.tokens.quantise import tokenise
from segue.tokens.vectors import Vectors, normalise, open_feature


def planted(n: int, k: int, dim: int = 16, seed: int = 0):
    """n unit vectors around k random directions, and which direction each belongs to."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    return normalise(normalise(rng.normal(size=(k, dim)))[labels] + rng.normal(0, 0.02, (n, dim))), labels


def on_disk(matrix, folder: Path, dtype=np.float16) -> np.memmap:
    matrix.astype(dtype).tofile(folder / "matrix")
    return np.memmap(folder / "matrix", dtype, "r", shape=matrix.shape)


def same_partition(a, b) -> bool:
    return len(set(zip(list(a), list(b), strict=True))) == len(set(a)) == len(set(b))


def test_lloyd_from_the_same_start_ends_where_scikit_learns_does():
    cluster = pytest.importorskip("sklearn.cluster")
    vectors = normalise(np.random.default_rng(0).normal(size=(2_000, 24)))
    first = first_centroids(vectors, 40, seed=3)
    peer = cluster.KMeans(40, init=first, n_init=1, max_iter=10, tol=0, algorithm="lloyd").fit(vectors)
    ours = lloyd(vectors, first, 10, gain=-1)
    assert inertia(vectors, ours) == pytest.approx(peer.inertia_, rel=1e-3)


def test_the_start_finds_planted_clusters_that_a_random_one_misses():
    vectors, labels = planted(600, 12)
    centres = np.stack([vectors[labels == label].mean(axis=0) for label in range(12)])
    found = [len(set(assign(first_centroids(vectors, 12, seed), centres))) for seed in range(20)]
    assert found == [12] * 20


def test_half_precision_on_disk_gives_what_the_same_numbers_in_memory_give(tmp_path):
    vectors, labels = planted(500, 8)
    mapped = on_disk(vectors, tmp_path)
    in_memory = fit_centroids(mapped.astype(np.float32), 8, seed=1)
    np.testing.assert_array_equal(fit_centroids(mapped, 8, seed=1), in_memory)
    np.testing.assert_array_equal(assign(mapped, in_memory), assign(mapped.astype(np.float32), in_memory))
    assert same_partition(assign(mapped, in_memory), labels)


def test_small_chunks_and_a_sample_before_all_rows_find_the_same_clusters(tmp_path, monkeypatch):
    vectors, labels = planted(800, 8)
    whole = inertia(vectors, fit_centroids(vectors, 8, seed=0))
    monkeypatch.setattr(kmeans, "CHUNK", 16 * 7)
    monkeypatch.setattr(kmeans, "SAMPLE_ROWS", 16)
    monkeypatch.setattr(kmeans, "START_ROWS", 16)
    centroids = fit_centroids(on_disk(vectors, tmp_path), 8, seed=0)
    assert same_partition(assign(vectors, centroids), labels)
    assert inertia(vectors, centroids) == pytest.approx(whole, rel=1e-3)


def test_the_seed_decides():
    vectors = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    one, again, other = (fit_centroids(vectors, 12, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_cluster_that_nothing_is_near_takes_half_of_a_large_one():
    vectors, _ = planted(400, 4)
    first = np.concatenate([vectors[:1]] * 3 + [np.full((1, 16), 9, dtype=np.float32)])
    assert set(assign(vectors, first).tolist()) == {0}
    centroids = lloyd(vectors, first, 20, gain=-1)
    assert set(assign(vectors, centroids).tolist()) == {0, 1, 2, 3}


def test_repeated_vectors_and_vectors_of_zeros():
    vectors = np.repeat(np.eye(10, dtype=np.float32), 100, axis=0)
    vectors[:50] = 0
    for clusters in (4, 10, 11, 200):
        centroids = fit_centroids(vectors, clusters, seed=0)
        assert len(centroids) <= min(clusters, 11)
        assert set(assign(vectors, centroids).tolist()) == set(range(len(centroids)))
    assert len(centroids) == 11
    assert len(fit_centroids(vectors[:1], 5, seed=0)) == 1


def test_of_two_centroids_as_near_the_lower_one():
    centroids = np.eye(3, dtype=np.float32)[[1, 0, 0, 2]]
    assert assign(np.eye(3, dtype=np.float32), centroids).tolist() == [1, 0, 3]


def test_only_the_rows_that_count_are_read(tmp_path):
    vectors, _ = planted(50, 5)
    vectors[1::2] = np.nan
    rows = np.arange(0, 50, 2)
    some = Vectors(on_disk(vectors, tmp_path, np.float32), rows)
    assert [len(chunk) for chunk in some.chunks(10)] == [10, 10, 5]
    np.testing.assert_array_equal(np.concatenate(list(some.chunks(10))), normalise(vectors[::2]))
    with pytest.raises(SegueError, match="not finite"):
        list(Vectors(vectors).chunks(10))


def test_a_sample_is_drawn_once_each_in_order(tmp_path):
    matrix = normalise(np.random.default_rng(0).normal(size=(100, 4)))
    drawn = Vectors(on_disk(matrix, tmp_path, np.float32), np.arange(50, 100)).sample(20, seed=1)
    places = [int(np.flatnonzero((normalise(matrix) == row).all(axis=1))[0]) for row in drawn.matrix]
    assert len(set(places)) == 20
    assert places == sorted(places)
    assert min(places) >= 50
    assert len(Vectors(matrix).sample(1_000, seed=1)) == 100


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells how memory is used")
def test_a_mapped_file_leaves_memory_chunk_by_chunk(tmp_path):
    def mapped_bytes() -> int:
        return 1024 * int(re.search(r"RssFile:\s+(\d+)", Path("/proc/self/status").read_text())[1])

    shape = (65_536, 256)  # 32 MB
    with (tmp_path / "matrix").open("wb") as file:
        file.truncate(2 * shape[0] * shape[1])
    matrix = np.memmap(tmp_path / "matrix", np.float16, "r", shape=shape)
    before, most = mapped_bytes(), 0
    for _ in Vectors(matrix).chunks(4_096):
        most = max(most, mapped_bytes())
    assert most - before < 8 << 20
    matrix.sum(dtype=np.float32)
    assert mapped_bytes() - before > 24 << 20  # the measure sees what is not given back


def test_what_was_changed_in_a_private_mapping_is_not_lost(tmp_path):
    on_disk(np.ones((10, 4)), tmp_path)
    matrix = np.memmap(tmp_path / "matrix", np.float16, "c", shape=(10, 4))
    matrix[3] = [3, 0, 0, 0]
    list(Vectors(matrix).chunks(2))
    assert matrix[3].tolist() == [3, 0, 0, 0]


def test_the_precision_of_others_is_left_alone():
    before = torch.get_float32_matmul_precision()
    lloyd(np.eye(4, dtype=np.float32), np.eye(4, dtype=np.float32)[:2], 2)
    assert torch.get_float32_matmul_precision() == before


def test_a_feature_on_disk_is_what_the_store_loads(make_tokens_workspace):
    rng = np.random.default_rng(0)
    matrix, present = rng.normal(size=(30, 5)), np.arange(30) % 4 > 0
    workspace = make_tokens_workspace(30, audio=(matrix, present), lyrics=matrix)
    for modality in ("audio", "lyrics"):
        vectors, found = open_feature(workspace, modality)
        whole = store.load(workspace, modality)
        np.testing.assert_array_equal(found, whole.present)
        chunks = np.concatenate(list(vectors.chunks(7)))
        np.testing.assert_array_equal(chunks, normalise(whole.matrix[whole.present]))
        assert isinstance(vectors.matrix, np.memmap)


def test_codes_do_not_depend_on_the_chunks(make_tokens_workspace, monkeypatch):
    matrix = np.random.default_rng(0).normal(size=(300, 8))
    workspace = make_tokens_workspace(300, audio=(matrix, np.arange(300) % 3 > 0))
    tokenise(workspace)
    codes = Tokens.load(workspace).codes
    monkeypatch.setattr(kmeans, "CHUNK", 16 * 11)
    tokenise(workspace, refit=True)
    assert same_partition(Tokens.load(workspace).codes[:, 0], codes[:, 0])


def test_damaged_features_are_told_in_one_line(make_tokens_workspace):
    workspace = make_tokens_workspace(20, audio=np.random.default_rng(0).normal(size=(20, 4)))
    path = workspace.feature("audio") / "matrix.safetensors"
    good = path.read_bytes()
    for size in (0, 5, 40, len(good) - 8):
        path.write_bytes(good[:size])
        with pytest.raises(SegueError, match=r"cannot be read.*segue features --modality audio"):
            tokenise(workspace)
    present = np.ones(20, dtype=bool)
    save_file({"matrix": np.zeros((20, 4), np.float16), "present": present}, path)
    with pytest.raises(SegueError, match="not a float32 matrix"):
        tokenise(workspace)
    save_file({"matrix": np.zeros((20, 3), np.float32), "present": present}, path)
    with pytest.raises(SegueError, match="does not match its card"):
        tokenise(workspace)
    save_file({"matrix": np.full((20, 4), np.nan, np.float32), "present": present}, path)
    with pytest.raises(SegueError, match="not finite"):
        tokenise(workspace)
    make_tokens_workspace(25)
    with pytest.raises(SegueError, match=r"20 rows, the catalogue 25 tracks"):
        tokenise(workspace)
