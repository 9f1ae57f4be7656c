"""The study of TalkPlay on the checkerboard: whole, twice the same, its readings and variants."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from command import segue, works
from segue.data.catalogue import Catalogue, Turn
from segue.data.library import Library
from segue.data.request import Request
from segue.experiments.lab import Lab
from segue.experiments.talkplay import replies, variants
from segue.experiments.talkplay.decoding import Readings, Reweighted, schemes
from segue.experiments.talkplay.settings import Study
from segue.experiments.talkplay.table import talkplay
from segue.features import metadata, semantic
from segue.kit.errors import SegueError
from segue.kit.words import distinct2
from segue.kit.workspace import Workspace
from segue.models.counting.popularity import Popularity
from segue.models.talkplay.reply import Names
from segue.testing.checkerboard import checkerboard
from segue.testing.contract import TALK
from segue.testing.hash_encoder import HashEncoder
from segue.testing.tiny_llm import save_tiny
from segue.tokens.quantise import tokenise

BUDGET = [
    *("--steps", "2", "--gated-steps", "2", "--sequential-steps", "2", "--tuned-steps", "2"),
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
    talkplays = ("talkplay (by probability)", "talkplay + priors")
    systems = ("bm25", "clap (zero-shot)", "tiger (playlists)", *talkplays, "hybrid")
    only = [word for name in (*systems, "without playlist", "table 3") for word in ("--only", name)]
    asked = ["experiment", "talkplay", ready.root, "--size", size, *BUDGET, *only]
    out = works(*asked)
    assert "Table 2" in out
    assert "against overlap, quadratic" in out
    assert out.count("failed") == out.count("failed: clap") == 1
    report = ready.report("experiment-talkplay")
    first = pl.read_parquet(report / "metrics.parquet")
    assert {"figure2.png", "report.md", "per_request.parquet"} <= {p.name for p in report.iterdir()}
    assert "Figure 2" in (report / "report.md").read_text()
    again = segue(*asked)
    assert again.err.count("kept") == 16
    assert again.err.count("[17/17]") == 1
    shutil.rmtree(ready.root / "experiments")
    works(*asked[: -len(only)], "--only", "table 3")
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


FACTS = {"title": "Amber", "artist": "Piano Band 0", "year": 1990, "tags": ["piano", "gentle"]}


@pytest.mark.parametrize(
    ("said", "names_track", "names_no_other", "no_fact_wrong"),
    [
        ("Here is Amber by Piano Band 0.", True, True, True),
        ("Here is a gentle one from 1990.", False, True, True),
        ("Amber, like “Basil” by Guitar Band 0.", True, False, False),
        ("Amber, a wild guitar song from 1975.", True, True, False),
    ],
)
def test_what_holds_of_a_sentence(
    said: str, names_track: bool, names_no_other: bool, no_fact_wrong: bool
) -> None:
    found = replies.measured(said, FACTS, Names(checkerboard()))
    assert found["names_track"] == names_track
    assert found["names_no_other"] == names_no_other
    assert found["no_fact_wrong"] == no_fact_wrong


def test_distinct_pairs_of_words() -> None:
    assert distinct2(["a b c", "a b d"]) == 3 / 4
    assert distinct2([""]) == 0


class Fixed:
    """Says the same of every track."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def say(self, request: Request, track_id: str) -> str:
        return f"Try {self.catalogue.tracks['title'][self.catalogue.rows[track_id]]} now."


def test_replies_are_measured_and_graded_twice(ready: Workspace) -> None:
    catalogue = Library.open(ready).catalogue
    found = replies.asked_of(catalogue, 6, 0)
    assert len({m.dialogue_id for m in found}) == 6
    grades = iter([{"relevance": g} for g in (3.0, 3.0, 1.0, 2.0) * 3])
    system = replies.System(Popularity.fit(Library.open(ready)), Fixed(catalogue))
    table = replies.replies_of(catalogue, system, found, lambda asked: next(grades))
    assert table["names_track"].all()
    assert table["repeated"].to_list() == [False] + [True] * 5
    cells = replies.table_of({"fixed": table}, 0)
    assert cells[0][-2:] == ["judge relevance", "same twice"]
    assert cells[1][-2:] == ["2.25", "0.50"]
    real = replies.replies_of(catalogue, replies.System(None, None), found, None)
    assert set(real["track_id"]) == {m.targets[0] for m in found}


@pytest.mark.parametrize("text", ["", "five", '{"relevance": 3}', '{"relevance": 9, "naturalness": 1}'])
def test_a_judge_without_grades_is_told_so(text: str) -> None:
    with pytest.raises(SegueError, match="no grades"):
        replies.grades_in(text)


def test_a_judges_grades_are_found_among_its_words() -> None:
    assert replies.grades_in('Sure: {"relevance": 4, "naturalness": 2}.') == {
        "relevance": 4,
        "naturalness": 2,
    }


def test_the_replies_of_the_study(ready: Workspace, tokens_template: Path) -> None:
    lm = tokens_template.parent / "lm"
    asked = ["--size", lm, "--writer", lm, *BUDGET, "--replies", "3", "--only", "replies"]
    out = works("experiment", "talkplay", ready.root, *asked)
    assert "bm25, then an LLM" in out
    assert "failed" not in out
    assert pl.read_parquet(ready.report("experiment-talkplay") / "replies.parquet").height == 12
