import numpy as np
import pytest

from segue.data import store
from segue.encoders import column
from segue.encoders.column import encode_column, text_hash
from segue.encoders.text import TextEncoder, resolve
from segue.features import metadata, semantic
from segue.features.compute import compute_all
from segue.kit.errors import SegueError
from segue.kit.workspace import read_card
from segue.testing.hash_encoder import HashEncoder, vector_of


def ids(n: int) -> list[str]:
    return [f"t{i}" for i in range(n)]


def test_each_track_gets_the_vector_of_its_text_and_equal_texts_are_encoded_once(make_workspace):
    workspace, encoder = make_workspace(ids(5)), HashEncoder()
    texts = ["rock", None, "pop", "rock", ""]
    encode_column(workspace, "semantic", texts, encoder)
    feature = store.load(workspace, "semantic")
    assert sorted(encoder.seen) == ["pop", "rock"]
    assert feature.present.tolist() == [True, False, True, True, False]
    for row, text in enumerate(texts):
        if text:
            np.testing.assert_array_equal(feature.matrix[row], vector_of(text))


def test_unchanged_texts_are_skipped_and_say_so(make_workspace):
    workspace = make_workspace(ids(2))
    encode_column(workspace, "semantic", ["a", "b"], HashEncoder())
    again = HashEncoder()
    assert "unchanged" in encode_column(workspace, "semantic", ["a", "b"], again)
    assert again.seen == []
    encode_column(workspace, "semantic", ["a", "b"], again, refit=True)
    assert sorted(again.seen) == ["a", "b"]


def test_a_grown_catalogue_costs_its_new_texts_only_and_equals_a_run_from_scratch(make_workspace):
    texts = [f"text {i}" for i in range(9)]
    workspace = make_workspace(ids(6))
    encode_column(workspace, "metadata", texts[:6], HashEncoder())
    workspace = make_workspace(ids(9))
    changed = ["something else", *texts[1:]]
    encoder = HashEncoder()
    message = encode_column(workspace, "metadata", changed, encoder)
    grown = store.load(workspace, "metadata")
    assert sorted(encoder.seen) == ["something else", *texts[6:]]
    assert "4 texts encoded, 5 reused" in message
    encode_column(workspace, "metadata", changed, HashEncoder(), refit=True)
    np.testing.assert_array_equal(grown.matrix, store.load(workspace, "metadata").matrix)


def test_another_encoder_reuses_nothing(make_workspace):
    workspace = make_workspace(ids(2))
    encode_column(workspace, "metadata", ["a", "b"], HashEncoder())
    other = HashEncoder("other")
    encode_column(workspace, "metadata", ["a", "b"], other)
    assert sorted(other.seen) == ["a", "b"]
    assert read_card(workspace.feature("metadata"), "")["space"] == "other"


def test_an_interrupted_run_goes_on_and_gives_the_same_matrix(make_workspace, monkeypatch):
    monkeypatch.setattr(column, "BLOCK", 4)
    texts = [f"text {i}" for i in range(10)]
    workspace = make_workspace(ids(10))
    with pytest.raises(KeyboardInterrupt):
        encode_column(workspace, "metadata", texts, HashEncoder(fail_after=2))
    assert store.available(workspace) == ()
    resumed = HashEncoder()
    encode_column(workspace, "metadata", texts, resumed)
    assert resumed.seen == texts[8:]
    np.testing.assert_array_equal(
        store.load(workspace, "metadata").matrix, np.array([vector_of(t) for t in texts])
    )
    assert [p.name for p in workspace.feature("metadata").parent.iterdir()] == ["metadata"]


def test_blocks_of_another_encoder_are_not_taken_up(make_workspace, monkeypatch):
    monkeypatch.setattr(column, "BLOCK", 2)
    workspace = make_workspace(ids(4))
    with pytest.raises(KeyboardInterrupt):
        encode_column(workspace, "metadata", list("abcd"), HashEncoder(fail_after=1))
    other = HashEncoder("other")
    encode_column(workspace, "metadata", list("abcd"), other)
    assert other.seen == list("abcd")
    assert [p.name for p in workspace.feature("metadata").parent.iterdir()] == ["metadata"]


def test_metadata_and_tags_become_the_texts_they_should(make_workspace):
    workspace = make_workspace(
        [
            {
                "track_id": "1",
                "title": "So What",
                "artist": "Miles Davis",
                "album": "Kind of Blue",
                "year": 1959,
            },
            {"track_id": "2", "title": "Öl", "artist": "愛", "tags": ["folk", "slow"]},
        ]
    )
    encoder = HashEncoder()
    metadata.compute(workspace, encoder=encoder)
    assert encoder.seen == ["So What by Miles Davis from Kind of Blue (1959)", "Öl by 愛"]
    encoder = HashEncoder()
    semantic.compute(workspace, encoder=encoder)
    assert encoder.seen == ["folk, slow"]
    assert store.load(workspace, "semantic").present.tolist() == [False, True]


def test_all_features_say_which_could_not_be_made(make_workspace):
    workspace = make_workspace(ids(3))
    messages = compute_all(workspace, encoder=HashEncoder())
    assert [m.partition(":")[0] for m in messages] == ["playlist", "semantic", "metadata"]
    assert "skipped, no training" in messages[0]
    assert "no track has tags" in messages[1]
    assert store.available(workspace) == ("metadata",)
    with pytest.raises(SegueError, match="no modality 'smell'"):
        compute_all(workspace, ["smell"])


def test_no_text_hashes_to_the_mark_of_no_text():
    assert text_hash("a") != text_hash("b")
    assert 0 not in {text_hash(str(i)) for i in range(100)}


def test_a_path_comes_before_a_wheel_and_a_wheel_before_the_hub(tmp_path, monkeypatch):
    assert (tmp_path / resolve("all-MiniLM-L6-v2") / "model.safetensors").exists()
    assert resolve("someone/their-model") == "someone/their-model"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "all-MiniLM-L6-v2").mkdir()
    assert resolve("all-MiniLM-L6-v2") == "all-MiniLM-L6-v2"


def test_a_folder_without_a_model_is_one_clear_error(tmp_path):
    with pytest.raises(SegueError, match=f"{tmp_path}: no text model"):
        TextEncoder(str(tmp_path)).encode(["a"])


@pytest.fixture(scope="module")
def minilm() -> TextEncoder:
    return TextEncoder(batch_size=2)


def test_the_real_model_gives_unit_vectors_in_order_and_knows_what_is_alike(minilm):
    texts = [
        "heavy metal guitar",
        "",
        "quiet piano lullaby for children",
        "loud distorted rock riffs",
        "愛の歌",
    ]
    vectors = minilm.encode([*texts, texts[0]])
    assert vectors.shape == (6, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(vectors[0], vectors[5])
    assert vectors[0] @ vectors[3] > vectors[0] @ vectors[2] + 0.1
    assert minilm.encode([]).shape == (0, 384)


def test_the_real_model_equals_the_library_used_plainly(minilm):
    texts = ["So What by Miles Davis", "a", "Blue in Green " * 100]
    plain = minilm.model.encode(texts, normalize_embeddings=True)
    slow = TextEncoder(precision="float32")
    np.testing.assert_allclose(slow.encode(texts), plain, atol=1e-5)
    assert (minilm.encode(texts) * plain).sum(axis=1).min() > 0.999


def test_other_weights_under_the_same_name_are_another_encoder(minilm, tmp_path):
    assert minilm.identity == TextEncoder().identity
    copy = tmp_path / "all-MiniLM-L6-v2"
    copy.mkdir()
    (copy / "model.safetensors").write_bytes(b"other")
    assert TextEncoder(str(copy)).identity != minilm.identity
