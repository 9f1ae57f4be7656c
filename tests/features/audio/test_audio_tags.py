import json

import numpy as np
import polars as pl
import pytest
import torch
from transformers import AutoTokenizer

from segue.data import store
from segue.data.catalogue import Catalogue
from segue.describe.audio_tags import captions, compute, frequent_tags, scores, zero_shot_tags
from segue.encoders.audio.clap import ClapText
from segue.encoders.audio.hub import load_hub_encoder
from segue.kit.errors import SegueError
from tiny_hub_models import save_clap

TAGS = ["rock", "jazz", "piano", "calm"]


class Towers:
    """A text tower with a vector of its own for each tag."""

    def __init__(self):
        self.seen = []

    def vectors(self, texts):
        self.seen = list(texts)
        return np.eye(len(TAGS), 8, dtype=np.float32)[
            [next(i for i, t in enumerate(TAGS) if t in s) for s in texts]
        ]


def planted(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of tracks that each sound like one tag, before a background in which all sound like rock."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, len(TAGS), n)
    vectors = np.eye(len(TAGS), 8)[labels] + 2 * np.eye(len(TAGS), 8)[0] + rng.normal(scale=0.1, size=(n, 8))
    return vectors.astype(np.float32), labels


def read_tags(workspace, source):
    return pl.read_parquet(workspace.root / "descriptions" / f"tags-{source}.parquet")


def test_cosines_of_sentences_with_the_tag_in_them():
    vectors, _ = planted(5)
    tower = Towers()
    found = zero_shot_tags(vectors, TAGS, tower, template="some {} music")
    assert tower.seen == [f"some {t} music" for t in TAGS]
    by_hand = [[v[i] / np.sqrt((v**2).sum()) for i in range(len(TAGS))] for v in vectors]
    np.testing.assert_allclose(found, by_hand, rtol=1e-5)


def test_with_many_tracks_a_tag_that_fits_all_of_them_says_nothing():
    vectors, labels = planted(300)
    cosines = zero_shot_tags(vectors, TAGS, Towers())
    assert (cosines.argmax(axis=1) == 0).all()
    fit = scores(cosines)
    assert (fit.argmax(axis=1) == labels).mean() > 0.99
    assert ((fit > 0) & (fit < 1)).all()
    few = scores(cosines[:4])
    np.testing.assert_allclose(few.sum(axis=1), 1, rtol=1e-5)
    assert (few.argmax(axis=1) == 0).all()


def test_scores_of_a_constant_tag_are_finite():
    cosines = np.zeros((50, 2), dtype=np.float32)
    np.testing.assert_allclose(scores(cosines), 0.5)


def test_the_text_tower_equals_the_librarys_own(tmp_path):
    model = save_clap(tmp_path)
    texts = ["this is a rock song", "calm", "loud piano guitar song song"]
    inputs = AutoTokenizer.from_pretrained(tmp_path)(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        expected = model.get_text_features(**inputs).pooler_output.numpy()
    found = ClapText(str(tmp_path), device="cpu", batch_size=2).vectors(texts)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)


def test_tags_are_written_for_tracks_with_a_recording(make_workspace, tmp_path):
    save_clap(tmp_path / "model")
    encoder = load_hub_encoder("clap", str(tmp_path / "model"), device="cpu")
    tracks = [{"track_id": "a", "tags": ["jazz", "calm"]}, {"track_id": "b", "tags": ["jazz"]}, "c"]
    workspace = make_workspace(tracks)
    rng = np.random.default_rng(0)
    sounds = [rng.normal(scale=0.1, size=48_000).astype(np.float32) for _ in range(2)]
    vectors = [encoder.encode(iter([s])).vector for s in sounds]
    matrix = np.stack([*vectors, np.zeros(encoder.dim, np.float32)])
    feature = store.Feature(matrix, np.array([True, True, False]))
    store.save(workspace, "audio", feature, encoder=f"{encoder.identity}/decoder-1", input_hash="x")
    message = compute(workspace, TAGS, place=str(tmp_path / "model"), device="cpu", per_track=2)
    assert message == "tags: 4 by CLAP for 2 tracks, from 4 words"
    table = read_tags(workspace, "clap")
    assert table.schema == {"track_id": pl.String, "tag": pl.String, "score": pl.Float32}
    expected = scores(zero_shot_tags(matrix[:2], TAGS, ClapText(str(tmp_path / "model"), device="cpu")))
    for track, row in zip("ab", expected, strict=True):
        mine = table.filter(track_id=track)
        assert mine["tag"].to_list() == [TAGS[i] for i in np.argsort(-row)[:2]]
        np.testing.assert_allclose(mine["score"], np.sort(row)[::-1][:2], rtol=1e-6)
    compute(workspace, place=str(tmp_path / "model"), device="cpu")
    assert set(read_tags(workspace, "clap")["tag"]) == {"jazz", "calm"}
    assert frequent_tags(Catalogue.load(workspace, described=False), 1) == ["jazz"]
    assert Catalogue.load(workspace).tracks["tags"].to_list()[1] == ["jazz", "calm"]


def test_only_vectors_of_the_same_clap_will_do(make_workspace, tmp_path):
    save_clap(tmp_path / "model")
    workspace = make_workspace(["a"])
    with pytest.raises(SegueError, match="not made yet"):
        compute(workspace, TAGS)
    feature = store.Feature(np.ones((1, 24), np.float32), np.array([True]))
    for encoder in ("musicnn:MTT", "clap:laion/larger_clap_music_and_speech|max", "clap:model@0"):
        store.save(workspace, "audio", feature, encoder=encoder, input_hash="x")
        for place in ("", str(tmp_path / "model")):
            with pytest.raises(SegueError, match="--encoder clap"):
                compute(workspace, TAGS, place=place)
    store.save(workspace, "audio", feature, encoder="clap:laion/larger_clap_music_and_speech", input_hash="x")
    with pytest.raises(SegueError, match="vocabulary"):
        compute(workspace)


LINES = [
    {"track_id": "1", "caption": " A calm piano piece, über 喜 "},
    {"track_id": "2", "caption": 'Loud, with "quotes"\nand a line'},
    {"track_id": "1", "caption": "Another"},
    {"track_id": "9", "caption": "nobody's"},
    {"track_id": "2", "caption": ""},
]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_captions_of_any_file_become_tags(suffix, make_workspace, tmp_path):
    file, table = tmp_path / f"captions.{suffix}", pl.DataFrame(LINES)
    {"jsonl": table.write_ndjson, "csv": table.write_csv, "parquet": table.write_parquet}[suffix](file)
    workspace = make_workspace(["1", "2", "3"])
    assert captions(workspace, file) == "captions: 3 for 2 tracks; 2 lines are of no track or empty"
    expected = [("1", "A calm piano piece, über 喜"), ("2", LINES[1]["caption"]), ("1", "Another")]
    assert read_tags(workspace, "caption").rows() == [(t, c, 1.0) for t, c in expected]


def test_captions_find_their_track_by_path(make_workspace, tmp_path):
    (tmp_path / "sound").mkdir()
    a, b = tmp_path / "sound" / "a.mp3", tmp_path / "sound" / "b.mp3"
    workspace = make_workspace(
        [{"track_id": "x", "audio_path": str(a)}, {"track_id": "y", "audio_path": str(b)}]
    )
    file = tmp_path / "captions.jsonl"
    lines = [{"audio_path": str(b), "caption": "two"}, {"audio_path": "sound/a.mp3", "caption": "one"}]
    file.write_text("\n".join(json.dumps(x) for x in [*lines, {"audio_path": None, "caption": "none"}]))
    assert captions(workspace, file) == "captions: 2 for 2 tracks; 1 lines are of no track or empty"
    assert read_tags(workspace, "caption").rows() == [("y", "two", 1.0), ("x", "one", 1.0)]


def test_caption_files_that_will_not_do_are_told(make_workspace, tmp_path):
    workspace = make_workspace(["1"])
    broken = {
        "a.txt": ("x", "not a kind"),
        "b.jsonl": ("{no json", "cannot be read"),
        "c.csv": ("track_id,text\n1,x\n", "lacks columns"),
        "d.csv": ("track_id,caption\n7,x\n", "no caption is of a track"),
    }
    for name, (text, reason) in broken.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(SegueError, match=reason):
            captions(workspace, tmp_path / name)
    with pytest.raises(SegueError, match="cannot be read"):
        captions(workspace, tmp_path / "nowhere.csv")
