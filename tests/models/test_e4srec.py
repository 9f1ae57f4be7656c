"""E4SRec behind the contract, trained with a tiny random language model on the checkerboard."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

from segue.data import store
from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.data.library import Library
from segue.data.request import Play, Request
from segue.data.store import Feature
from segue.features import metadata
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.e4srec.model import E4SRec
from segue.models.e4srec.settings import Settings
from segue.testing.contract import PLAYED, REQUESTS, RecommenderContract
from segue.testing.hash_encoder import HashEncoder
from segue.testing.tiny_llm import save_tiny

FAST: dict[str, Any] = {
    "frame": "short", "tokens_a_step": 300, "lr": 5e-3, "gain": 1.0, "bf16": False, "seed": 1,
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny(tmp_path_factory.mktemp("lm") / "tiny"))


@pytest.fixture(scope="module")
def wide(lm: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same with layers wide enough for its 32 dimensions: it learns in a fraction of the steps."""
    model = AutoModelForCausalLM.from_pretrained(lm)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.mul_(3 if "embed" in name else 6)
    folder = tmp_path_factory.mktemp("wide")
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(lm).save_pretrained(folder)
    return str(folder)


def template(source: Path, root: Path, lm: str, **settings: Any) -> Path:
    """The checkerboard with a metadata feature and a trained model; to be copied, never written to."""
    workspace = Workspace(shutil.copytree(source, root / "music"))
    metadata.compute(workspace, encoder=HashEncoder())
    catalogue = Catalogue.load(workspace)
    later = pl.col("playlist_id").is_in([f"p{n}" for n in range(12)])
    split = pl.when(later).then(pl.lit("validation")).otherwise("split").alias("split")
    catalogue.playlists = catalogue.playlists.with_columns(split)
    catalogue.save(workspace)
    E4SRec.train(
        Library.open(workspace), Settings(**({"size": lm, "steps": 50, "validation": 20} | FAST | settings))
    )
    return workspace.root


@pytest.fixture(scope="module")
def tied(checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory, lm: str) -> Path:
    return template(checkerboard_template, tmp_path_factory.mktemp("tied"), lm)


@pytest.fixture(scope="module")
def free(checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory, lm: str) -> Path:
    more = {"head": "free", "fusion": "film", "tuning": "full", "completion": "embedding", "checks": 1}
    return template(checkerboard_template, tmp_path_factory.mktemp("free"), lm, **more)


class Trained(RecommenderContract):
    """What both heads must do."""

    informed_by = (PLAYED,)
    tolerance = 1e-4

    def make(self, workspace: Workspace) -> E4SRec:
        return E4SRec.load(workspace.model("e4srec"), Library.open(workspace))


class TestTied(Trained):
    @pytest.fixture
    def workspace(self, tied: Path, tmp_path: Path) -> Workspace:
        return Workspace(shutil.copytree(tied, tmp_path / "music"))

    def test_only_what_was_trained_is_saved(self, model: Any, workspace: Workspace) -> None:
        folder = workspace.model("e4srec")
        assert not (folder / "backbone").exists()
        with safe_open(folder / "model.safetensors", "pt") as file:
            names = list(file.keys())
        own = {n for n in names if not n.startswith(("input/", "present/"))}
        assert own == {n for n, p in model.built.network.named_parameters() if p.requires_grad}
        assert not any("base_layer" in n or "embed_tokens" in n for n in own)
        assert {n for n in names if n.startswith("input/")} == {"input/id"}

    def test_rows_follow_their_tracks_in_another_order(self, model: Any, workspace: Workspace) -> None:
        """The catalogue turned around: every track keeps its score."""
        wanted = dict(zip(model.catalogue.ids, model.score([PLAYED])[0], strict=True))
        catalogue = Catalogue.load(workspace)
        catalogue.tracks = catalogue.tracks.reverse()
        catalogue.save(workspace)
        feature, card, _ = store.load_any(workspace, "metadata")
        turned = Feature(feature.matrix[::-1].copy(), feature.present[::-1].copy())
        store.save(
            workspace, "metadata", turned, encoder=card["encoder"], input_hash="2", space=card["space"]
        )
        again = self.make(workspace)
        found = dict(zip(again.catalogue.ids, again.score([PLAYED])[0], strict=True))
        assert found == pytest.approx(wanted, abs=1e-4)

    def test_another_list_of_tracks_is_refused(self, workspace: Workspace) -> None:
        path = workspace.model("e4srec") / "tracks.parquet"
        pl.read_parquet(path).reverse().write_parquet(path)
        with pytest.raises(SegueError, match="list of tracks"):
            self.make(workspace)

    def test_another_backbone_is_refused(self, workspace: Workspace, tmp_path: Path) -> None:
        path = workspace.model("e4srec") / "card.json"
        card = json.loads(path.read_text())
        card["settings"]["size"] = str(save_tiny(tmp_path / "other", seed=7))
        path.write_text(json.dumps(card))
        with pytest.raises(SegueError, match="another"):
            self.make(workspace)

    def test_another_encoder_is_refused(self, workspace: Workspace) -> None:
        metadata.compute(workspace, encoder=HashEncoder("another"), refit=True)
        with pytest.raises(SegueError, match="metadata vectors"):
            self.make(workspace)

    def test_a_damaged_file_is_an_error_of_the_user(self, workspace: Workspace) -> None:
        (workspace.model("e4srec") / "model.safetensors").write_bytes(b"nothing")
        with pytest.raises(SegueError, match="cannot be read"):
            self.make(workspace)

    def test_validation_kept_the_best(self, model: Any, workspace: Workspace) -> None:
        assert model.card["validation_ndcg10"] > 0.3
        assert (workspace.model("e4srec") / "metrics.jsonl").exists()
        assert not (workspace.root / "models" / ".e4srec-training").exists()

    def test_filtered_repeats_come_last(self, model: Any) -> None:
        model.built.network.settings = model.settings = model.settings.model_copy(
            update={"repeats": "filter", "length": 2}
        )
        scores = model.score([PLAYED])[0]
        assert {*np.argsort(scores)[:3].tolist()} == {0, 4, 6}


class TestFree(Trained):
    @pytest.fixture
    def workspace(self, free: Path, tmp_path: Path) -> Workspace:
        return Workspace(shutil.copytree(free, tmp_path / "music"))

    def test_a_track_that_came_later_comes_last(self, model: Any, workspace: Workspace) -> None:
        catalogue = Catalogue.load(workspace)
        new = pl.DataFrame({"track_id": ["new"], "title": ["Zircon"], "artist": ["A"]})
        catalogue.tracks = pl.concat([catalogue.tracks, conform("tracks", new, TRACKS)])
        catalogue.save(workspace)
        scores = self.make(workspace).score([PLAYED])[0]
        assert scores.argmin() == 24
        np.testing.assert_allclose(scores[:24], model.score([PLAYED])[0], atol=1e-4)

    def test_full_tuning_saves_the_backbone(self, workspace: Workspace) -> None:
        assert (workspace.model("e4srec") / "backbone" / "config.json").exists()


def heard_or_not(root: Path) -> Workspace:
    """Listeners of two plays: what comes second is even where the first was heard out, else odd."""
    rng = np.random.default_rng(0)
    workspace = Workspace(root)
    rows = [{"track_id": f"t{n}", "title": f"S{n}", "artist": "B"} for n in range(20)]
    tracks = conform("tracks", pl.DataFrame(rows), TRACKS)
    Catalogue(tracks, empty(PLAYS), empty(PLAYLISTS), []).save(workspace)
    events = []
    for number in range(100):
        out = number % 2 == 0
        second = 2 * int(rng.integers(10)) + (not out)
        events += [
            (f"u{number:03}", 1, f"t{rng.integers(3)}", 1.0 if out else 0.1, "train"),
            (f"u{number:03}", 1, f"t{second}", None, "train"),
        ]
    names = ["user_id", "session_id", "track_id", "completion", "split"]
    folder = workspace.root / "listening"
    folder.mkdir()
    pl.DataFrame(events, schema=names, orient="row").write_parquet(folder / "events.parquet")
    (folder / "card.json").write_text("{}")
    store.save(
        workspace, "playlist", Feature(np.eye(20, dtype=np.float32), np.ones(20, bool)), **MADE
    )  # fmt: skip
    return workspace


def test_completion_is_learnt_where_it_tells(tmp_path: Path, wide: str) -> None:
    more = {"size": wide, "steps": 80, "completion": "embedding", "gain": 4.0}
    model = E4SRec.fit(Library.open(heard_or_not(tmp_path / "music")), FAST | more)
    out, not_out = model.score([Request(history=(Play("t1", ratio),)) for ratio in (1.0, 0.1)])
    assert out[::2].mean() > out[1::2].mean() + 1
    assert not_out[1::2].mean() > not_out[::2].mean() + 1


def test_same_seed_same_numbers_and_another_seed_others(workspace: Workspace, lm: str) -> None:
    def made(seed: int) -> Any:
        return E4SRec.fit(Library.open(workspace), FAST | {"size": lm, "steps": 3, "seed": seed}).score(
            REQUESTS
        )

    first = made(1)
    np.testing.assert_array_equal(first, made(1))
    assert not np.allclose(first, made(2))


def test_an_interrupted_training_goes_on_to_the_same_scores(
    workspace: Workspace, lm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(**(FAST | {"size": lm, "steps": 6}))
    wanted = E4SRec.load(E4SRec.train(Library.open(workspace), settings), Library.open(workspace)).score(
        REQUESTS
    )

    from segue.models.e4srec.learn import Objective

    whole = Objective.__call__

    def stopped(self: Any, step: int) -> Any:
        if step == 4:
            raise KeyboardInterrupt
        return whole(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Objective, "__call__", stopped)
        with pytest.raises(KeyboardInterrupt):
            E4SRec.train(Library.open(workspace), settings)
    steps: list[int] = []
    monkeypatch.setattr(Objective, "__call__", lambda self, step: (steps.append(step), whole(self, step))[1])
    found = E4SRec.load(E4SRec.train(Library.open(workspace), settings), Library.open(workspace)).score(
        REQUESTS
    )
    assert steps == [4, 5]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def planted(root: Path, n_tracks: int = 200) -> Workspace:
    """Tracks of two kinds that never meet in a playlist; the content says which, and no ID of the last 40."""
    rng = np.random.default_rng(0)
    workspace = Workspace(root)
    rows = [{"track_id": f"t{n}", "title": f"S{n}", "artist": "B"} for n in range(n_tracks)]
    lists = [
        (f"p{number}", place, f"t{2 * row + number % 2}", "train")
        for number in range(120)
        for place, row in enumerate(rng.choice((n_tracks - 40) // 2, 6, replace=False))
    ]
    schema = {name: PLAYLISTS[name] for name in ("playlist_id", "position", "track_id", "split")}
    table = conform("playlists", pl.DataFrame(lists, schema=schema, orient="row"), PLAYLISTS)
    Catalogue(conform("tracks", pl.DataFrame(rows), TRACKS), empty(PLAYS), table, []).save(workspace)
    kind = np.arange(n_tracks) % 2
    audio = rng.normal(size=(n_tracks, 6)).astype(np.float32) + 2 * np.where(kind, 1, -1)[:, None]
    ids = rng.normal(size=(n_tracks, 8)).astype(np.float32)
    known = np.arange(n_tracks) < n_tracks - 40
    store.save(workspace, "audio", Feature(audio.astype(np.float32), np.ones(n_tracks, bool)), **MADE)
    store.save(workspace, "playlist", Feature(ids, known), **MADE)
    return workspace


MADE = {"encoder": "made-up", "input_hash": "1"}


@pytest.mark.parametrize("fusion", ["concat", "film"])
def test_a_tied_head_ranks_cold_tracks_by_their_content(tmp_path: Path, lm: str, fusion: str) -> None:
    workspace = planted(tmp_path / "music")
    model = E4SRec.fit(
        Library.open(workspace), FAST | {"size": lm, "steps": 60, "fusion": fusion, "fusion_dim": 16}
    )
    history = tuple(Play(f"t{row}") for row in (0, 20, 44, 62))
    cold = model.score([Request(history=history)])[0, -40:]
    assert np.mean(cold[::2][:, None] > cold[1::2][None]) > 0.8


@pytest.mark.parametrize("fusion", ["concat", "cross_attention"])
def test_untrained_as_published_is_chance(tmp_path: Path, lm: str, fusion: str) -> None:
    """The published zero-shot: random projection, fusion and head rank at random, whatever was planted."""
    workspace = planted(tmp_path / "music")
    settings = Settings(size=lm, frame="short", fusion=fusion, fusion_dim=16, seed=3)
    model = E4SRec.zero_shot(Library.open(workspace), settings).untrained(seed=3)
    assert model.settings.as_published
    rng = np.random.default_rng(1)
    kinds = rng.integers(2, size=300)
    histories = 2 * rng.integers(80, size=(300, 4)) + kinds[:, None]
    targets = 2 * rng.integers(80, size=300) + kinds
    scores = model.score([Request(history=tuple(Play(f"t{r}") for r in h)) for h in histories])
    rank = (scores > scores[np.arange(300), targets][:, None]).sum(axis=1)
    hits, chance = np.mean(rank < 20), 20 / 200
    assert abs(hits - chance) < 3 * np.sqrt(chance * (1 - chance) / 300)
    percentile = (rank + 0.5) / 200
    assert abs(percentile.mean() - 0.5) < 3 * np.sqrt(1 / 12 / 300)
    # Another seed draws other numbers, the same seed the same.
    some = [Request(history=(Play("t1"),))]
    np.testing.assert_array_equal(model.untrained(seed=3).score(some), model.score(some))
    assert not np.allclose(model.untrained(seed=4).score(some), model.score(some))


def test_too_long_a_prompt_is_an_error_not_a_cut(workspace: Workspace, lm: str) -> None:
    with pytest.raises(SegueError, match=r"\d+ more than the 30 that fit"):
        E4SRec.fit(
            Library.open(workspace), FAST | {"size": lm, "steps": 2, "max_tokens": 30, "frame": "alpaca"}
        )


def test_what_is_missing_is_said(workspace: Workspace, lm: str) -> None:
    for more, said in (
        ({"modalities": "id,lyrics"}, "lyrics"),
        ({"attributes": True}, "mgphot"),
        ({"ids": "gru4rec"}, "gru4rec"),
    ):
        with pytest.raises(SegueError, match=said):
            E4SRec.fit(Library.open(workspace), FAST | {"size": lm, "steps": 2} | more)
