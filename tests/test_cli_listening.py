"""The listening-log half from the command line: a made-up log, from its files to the report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from command import refused, works
from segue.data.library import Library
from segue.models.registry import load, load_all

SESSIONS = tuple(f"--min-{name}" for name in ("plays-user=20", "plays-track=2", "session=3", "sessions=2"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 12 listeners in the layout of LastFM-1K."""
    folder = tmp_path_factory.mktemp("log")
    works("synthesise", folder, "--listeners", 12, "--tracks", 300, "--plays", 3000)
    return folder


@pytest.fixture(scope="module")
def made(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its workspace with sessions, baselines and a sequential model in two seeds."""
    workspace = tmp_path_factory.mktemp("made") / "music"
    out = works("import", "lastfm1k", files, workspace)
    assert "broken" in out or "line" in out  # the generator's quirks are counted
    works("sessions", workspace, *SESSIONS)
    works("fit", workspace, "--task", "next-track")
    for seed in (0, 1):
        works("train", "sasrec", workspace, "--seed", seed, "--epochs=2", "--dim=16")
    return workspace


def test_from_files_to_a_report(made: Path) -> None:
    out = works("evaluate", made, "--task", "next-track", "--max-requests", 60)
    for row in (
        "popularity",
        "own_plays",
        "session_knn",
        "sasrec",
        "sasrec.seed1",
        "sasrec (2 seeds)",
        "chance",
    ):
        assert f"\n{row}" in out or out.startswith(row), row
    folder = made / "reports" / "next-track"
    assert "own_plays" in (folder / "report.md").read_text("utf-8")
    per_request = pl.read_parquet(folder / "per_request.parquet")
    assert per_request["model"].n_unique() == 13 - 1  # no content features: no content_similarity


def test_options_reach_the_protocol(made: Path) -> None:
    asked = ("evaluate", made, "--task", "next-track", "--model", "popularity", "--max-requests", 60)
    works(*asked, "--candidates", "uniform", "--sampled", 20, "--duplicated", "--personal", 2)
    found = pl.read_parquet(made / "reports" / "next-track" / "per_request.parquet")
    assert set(found["model"].unique()) == {"popularity", "popularity + own plays", "chance"}
    assert found["n_ranked"].unique().to_list() == [22]
    assert found["above"].min() >= 1  # the copy that counts is never first


def test_sessions_again_are_skipped_and_say_so(made: Path) -> None:
    assert "unchanged" in works("sessions", made, *SESSIONS)


def test_every_model_opens_again(made: Path) -> None:
    found = load_all(Library.open(made), "next-track")
    assert {"sasrec", "sasrec.seed1", "blend"} <= found.keys()


def test_a_model_is_found_by_its_name_with_hyphens(made: Path) -> None:
    library = Library.open(made)
    assert type(load(library, "session-knn")) is type(load(library, "session_knn"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sessions", "--min-plays-user=many"), "--min-plays-user"),
        (("sessions", "--nonsense=1"), "nonsense"),
        (("sessions", "--min-plays-user=1000000"), "listener"),
        (("train", "--colour=red"), "colour"),
        (("fit", "--task", "next-track", "--model", "bm25"), "bm25"),
        (("evaluate", "--task", "next-track", "--model", "nothing"), "nothing"),
        (("evaluate", "--task", "next-track", "--model", "gru4rec"), "train gru4rec"),
        (("evaluate", "--task", "next-track", "--max-requests", 0), "max_requests"),
    ],
)
def test_bad_options_are_one_line(made: Path, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    workspace = shutil.copytree(made, tmp_path / "music")
    assert said in refused(arguments[0], workspace, *arguments[1:])
    assert json.loads((workspace / "listening" / "card.json").read_text())


@pytest.mark.parametrize(
    ("flag", "said"), [("--loss=hinge", "loss"), ("--adapters", "adapters"), ("--dims=3", "--dim")]
)
def test_settings_of_a_model_are_its_flags(made: Path, flag: str, said: str) -> None:
    assert said in refused("train", "sasrec", made, flag)


def test_plays_without_sessions_name_the_verb(files: Path, tmp_path: Path) -> None:
    works("import", "lastfm1k", files, tmp_path / "music")
    assert "segue sessions" in refused("fit", tmp_path / "music", "--task", "next-track")
