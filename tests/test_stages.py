"""What was made of what: one input changes, and just what follows from it is stale and is made again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from segue.data import stages
from segue.data.catalogue import Catalogue, Dialogue, Turn
from segue.data.descriptions import write_tags
from segue.data.library import Library
from segue.dialogues import simulate
from segue.features import metadata, playlist, semantic
from segue.kit import stage
from segue.kit.workspace import Workspace
from segue.listening.options import SessionOptions
from segue.listening.sessions import make_sessions
from segue.models.counting.markov import Markov
from segue.models.counting.popularity import Popularity
from segue.models.retrieval.bm25 import BM25
from segue.models.retrieval.content import ContentSimilarity
from segue.models.sequential.learn import Settings
from segue.models.sequential.model import SASRec
from segue.testing.hash_encoder import HashEncoder
from segue.tokens.quantise import tokenise

MODELS = (Popularity, BM25, Markov, ContentSimilarity)


def make(workspace: Workspace) -> None:
    """Every stage from features to models, as the verbs make them; what is current is skipped."""
    state = {found.name: found.state for found in stages.statuses(workspace)}
    if workspace.listening.exists() or Catalogue.load(workspace).plays.height:
        make_sessions(workspace, SessionOptions.preset("all"))
    playlist.compute(workspace, refit=state["features/playlist"] == "stale")
    semantic.compute(workspace, encoder=HashEncoder())
    metadata.compute(workspace, encoder=HashEncoder())
    tokenise(workspace, refit=state["features/playlist"] == "stale")
    simulate.make(workspace, per_playlist=1, catalogue_requests=5)
    for kind in MODELS:
        if state.get(f"models/{kind.name}") != "done":
            kind.fit(Library.open(workspace)).save(workspace.model(kind.name))
    if state.get("models/sasrec") != "done":
        SASRec.train(Library.open(workspace), Settings(steps=3, dim=8))


@pytest.fixture(scope="module")
def made(checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stages") / "music"
    shutil.copytree(checkerboard_template, root)
    workspace = Workspace(root)
    catalogue = Catalogue.load(workspace)
    ids = catalogue.tracks["track_id"].to_list()
    plays = pl.DataFrame({"user_id": ["u", "v"] * 12, "track_id": ids}).with_columns(
        played_at=pl.datetime(2020, 1, 1, time_zone="UTC") + pl.duration(minutes=pl.int_range(24)),
        played_s=pl.lit(None, pl.Float64),
    )
    catalogue.plays = plays.select(catalogue.plays.columns).cast(dict(catalogue.plays.schema))
    catalogue.save(workspace)
    make(workspace)
    return root


def stale(workspace: Workspace) -> set[str]:
    return {found.name for found in stages.statuses(workspace) if found.state == "stale"}


def changed(workspace: Workspace, change: Callable[[Catalogue], None]) -> None:
    catalogue = Catalogue.load(workspace, described=False)
    change(catalogue)
    catalogue.save(workspace)


def retitle(catalogue: Catalogue) -> None:
    catalogue.tracks = catalogue.tracks.with_columns(title=pl.col("title") + "!")


def more_playlists(catalogue: Catalogue) -> None:
    rows = catalogue.playlists.filter(playlist_id=catalogue.playlists["playlist_id"][0])
    catalogue.playlists = pl.concat([catalogue.playlists, rows.with_columns(playlist_id=pl.lit("new"))])


def more_plays(catalogue: Catalogue) -> None:
    later = catalogue.plays.with_columns(pl.col("played_at") + pl.duration(days=1))
    catalogue.plays = pl.concat([catalogue.plays, later])


def more_dialogues(catalogue: Catalogue) -> None:
    turns = (Turn("user", "hi"), Turn("music", "t0", True), Turn("user", "more"), Turn("music", "t2", True))
    catalogue.dialogues.append(Dialogue("people", turns, "train"))


def more_tags(workspace: Workspace) -> None:
    write_tags(workspace, "musicnn", pl.DataFrame({"track_id": ["t0"], "tag": ["loud"], "score": [0.9]}))


OF_TEXT = {"features/semantic", "features/metadata", "dialogues"}
CHANGES: dict[str, tuple[Callable[[Workspace], None], set[str]]] = {
    "a track is renamed": (lambda w: changed(w, retitle), OF_TEXT | {"sessions"}),
    "a playlist comes": (
        lambda w: changed(w, more_playlists),
        {"features/playlist", "dialogues", "models/popularity"},
    ),
    "a dialogue of people comes": (
        lambda w: changed(w, more_dialogues),
        {"features/playlist", "dialogues", "models/popularity", "models/bm25"},
    ),
    "plays come": (lambda w: changed(w, more_plays), {"sessions"}),
    "a tag is heard": (more_tags, OF_TEXT),
    "another encoder": (
        lambda w: [semantic.compute(w, encoder=HashEncoder("other"), refit=True), None][1],
        {"tokens", "models/content_similarity"},
    ),
    "nothing": (lambda w: changed(w, lambda catalogue: None), set()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_follows_is_stale_and_is_made_again(made: Path, tmp_path: Path, name: str) -> None:
    workspace = Workspace(shutil.copytree(made, tmp_path / "music"))
    assert stale(workspace) == set()
    change, wanted = CHANGES[name]
    change(workspace)
    assert stale(workspace) == wanted
    before = {found.name: found.at for found in stages.statuses(workspace)}
    if name != "another encoder":
        make(workspace)
        make(workspace)  # a model that reads what was only now made
        assert stale(workspace) == set()
        after = {found.name: found.at for found in stages.statuses(workspace)}
        untouched = {
            "a tag is heard": {"models/sasrec", "features/playlist"},
            "plays come": {"features/playlist", "tokens"},
        }
        assert all(before[n] == after[n] for n in untouched.get(name, set()))


def test_what_is_stale_says_because_of_what(made: Path, tmp_path: Path) -> None:
    workspace = Workspace(shutil.copytree(made, tmp_path / "music"))
    changed(workspace, more_playlists)
    assert stages.stale(workspace, "models/popularity", "models/bm25", "models/none") == [
        "models/popularity is stale: playlists changed since it was made"
    ]


def test_missing_and_unfinished(made: Path, tmp_path: Path) -> None:
    workspace = Workspace(shutil.copytree(made, tmp_path / "music"))
    shutil.rmtree(workspace.model("sasrec"))
    shutil.rmtree(workspace.tokens)
    workspace.training("sasrec").mkdir()
    state = {found.name: found.state for found in stages.statuses(workspace)}
    assert (state["models/sasrec"], state["tokens"], state["features/audio"]) == (
        "unfinished",
        "missing",
        "missing",
    )


def test_a_card_says_of_what_and_by_what_it_was_made(made: Path) -> None:
    told = stage.read(Workspace(made).model("popularity"))["made"]
    assert set(told["inputs"]) == {"log", "playlists", "dialogues"}
    assert told["version"]
