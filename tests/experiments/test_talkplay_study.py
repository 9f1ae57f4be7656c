"""The study of TalkPlay on the checkerboard: whole, twice the same, its readings and variants."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from command import segue, works
from segue.data.catalogue import Turn
from segue.data.library import Library
from segue.data.request import Request
from segue.experiments.lab import Lab
from segue.experiments.talkplay import variants
from segue.experiments.talkplay.decoding import Readings, Reweighted, schemes
from segue.experiments.talkplay.settings import Study
from segue.experiments.talkplay.table import talkplay
from segue.features import metadata, semantic
from segue.kit.workspace import Workspace
from segue.testing.contract import TALK
from segue.testing.hash_encoder import HashEncoder
from segue.testing.tiny_llm import save_tiny
from segue.tokens.quantise import tokenise

BUDGET = [
    *("--steps", "2", "--gated-steps", "2", "--sequential-steps", "2"),
    *("--variant-steps", "1", "--max-dialogues", "4"),
]


@pytest.fixture(scope="module")
def tokens_template(checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkerboard with tokens; to be copied."""
    root = tmp_path_factory.mktemp("study") / "music"
    workspace = Workspace(shutil.copytree(checkerboard_template, root))
    encoder = HashEncoder()
    semantic.compute(workspace, encoder=encoder)
    metadata.compute(workspace, encoder=encoder)
    tokenise(workspace, clusters=6)
    save_tiny(root.parent / "lm")
    return root


@pytest.fixture
def ready(tokens_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A fresh copy, and no text encoder but hashes."""
    encoder = HashEncoder()
    monkeypatch.setattr("segue.models.retrieval.dense.TextEncoder", lambda name: encoder)
    return Workspace(shutil.copytree(tokens_template, tmp_path / "ready"))


def lab_of(workspace: Workspace, template: Path, **settings: int) -> Lab[Study]:
    study = Study(size=str(template.parent / "lm"), steps=2, **settings)
    return Lab(Library.open(workspace), study, workspace.root / "experiments" / "talkplay")


def test_the_command_runs_it_twice_the_same(ready: Workspace, tokens_template: Path) -> None:
    size = tokens_template.parent / "lm"
    only = [word for name in ("table 2", "table 3", "without playlist") for word in ("--only", name)]
    asked = ["experiment", "talkplay", ready.root, "--size", size, *BUDGET, *only]
    out = works(*asked)
    assert "Table 2" in out
    assert "against overlap, quadratic" in out
    assert "failed" not in out
    report = ready.report("experiment-talkplay")
    first = pl.read_parquet(report / "metrics.parquet")
    assert {"figure2.png", "report.md", "per_request.parquet"} <= {p.name for p in report.iterdir()}
    assert "Figure 2" in (report / "report.md").read_text()
    again = segue(*asked)
    assert again.err.count("kept") == again.err.count("/") >= 15
    shutil.rmtree(ready.root / "experiments")
    works(*asked[:-6], "--only", "table 3")
    second = pl.read_parquet(report / "metrics.parquet")
    assert second.equals(first.filter(pl.col("table") == "table 3"), null_equal=True)


def test_without_tokens_the_other_rows_finish(workspace: Workspace, ready: Workspace) -> None:
    asked = ["experiment", "talkplay", workspace.root, *BUDGET]
    result = segue(*asked, "--only", "bm25", "--only", "talkplay (by probability)")
    assert result.code == 0
    assert "failed: talkplay (by probability): " in result.out
    assert "segue tokens" in result.out
    assert "bm25" in result.out


def test_an_unknown_row_is_one_line(workspace: Workspace) -> None:
    result = segue("experiment", "talkplay", workspace.root, "--only", "table 9")
    assert result.code == 2
    assert "no table or row 'table 9'" in result.err


def test_weights_of_one_are_the_model_itself(ready: Workspace, tokens_template: Path) -> None:
    model = talkplay(lab_of(ready, tokens_template))
    requests = [TALK, Request(messages=(Turn("user", "something wild"),))]
    plain = Reweighted(Readings(model), [1.0, 1.0, 1.0], published=False)
    np.testing.assert_allclose(plain.score(requests), model.score(requests), atol=1e-4)
    overlap = Reweighted(Readings(model), [25.0, 16.0, 9.0], published=True)
    np.testing.assert_array_equal(overlap.score(requests), model.published().score(requests))


def test_the_schemes_of_table_3() -> None:
    assert schemes(5)["quadratic"] == [25, 16, 9, 4, 1]
    assert schemes(5)["linear rising"] == [1, 2, 3, 4, 5]


def test_residual_levels_come_closer_than_one(ready: Workspace) -> None:
    library = Library.open(ready)
    one = variants.clustered(library, 4, 0)
    two = variants.clustered(library, 4, 0, levels=2)
    assert two.modalities == tuple(n for m in one.modalities for n in (m, f"{m}.2"))
    np.testing.assert_array_equal(two.codes[:, ::2], one.codes)
    vectors = library.feature("metadata").matrix
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    at = one.modalities.index("metadata")
    coarse = one.centroids["metadata"][one.codes[:, at]]
    fine = coarse + two.centroids["metadata.2"][two.codes[:, 2 * at + 1]]
    assert ((vectors - fine) ** 2).sum() < ((vectors - coarse) ** 2).sum()


def test_variants_change_what_they_say_and_nothing_else(ready: Workspace) -> None:
    library = Library.open(ready)
    tokens = variants.ordered(library.tokens, [2, 0])
    seen = variants.seen_with(library, tokens=tokens)
    assert seen.tokens.modalities == (library.tokens.modalities[2], library.tokens.modalities[0])
    np.testing.assert_array_equal(seen.tokens.codes[:, 1], library.tokens.codes[:, 0])
    fewer = variants.fewer(seen, 5)
    assert len(fewer.catalogue.dialogues_of("train")) == 5
    assert fewer.tokens is tokens
    assert len(fewer.catalogue.dialogues_of("test")) == 40
    assert len(library.catalogue.dialogues_of("train")) == 20
    assert variants.playlists_as_log(library).log.users[0] == "p0"


def test_rejected_tracks_are_left_out_or_taken_as_accepted(ready: Workspace) -> None:
    library = Library.open(ready)
    turns = (Turn("user", "x"), Turn("music", "t1", False), Turn("user", "y"), Turn("music", "t2", True))
    first = library.catalogue.dialogues[0]
    library.catalogue.dialogues[0] = type(first)(first.dialogue_id, turns, "train")

    def heard(how: str) -> list[bool | None]:
        told = variants.rejected_as(library, how).catalogue.dialogues_of("train")
        return [
            t.liked for d in told if d.dialogue_id == first.dialogue_id for t in d.turns if t.role == "music"
        ]

    assert heard("nothing") == [True]
    assert heard("accepted") == [True, True]
