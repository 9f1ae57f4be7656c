"""A small workspace with a planted pattern, shared by the tests of everything that learns."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # before anything imports a hub's client: no test asks one

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Dialogue, Split, Turn, conform, empty
from segue.encoders.text import TextEncoder
from segue.features import playlist
from segue.kit.workspace import Workspace

# fmt: off
TITLES = [
    "Amber", "Basil", "Cedar", "Dahlia", "Ember", "Fennel", "Garnet", "Hazel",
    "Indigo", "Juniper", "Kestrel", "Lichen", "Marble", "Nectar", "Opal", "Poppy",
    "Quartz", "Raven", "Saffron", "Topaz", "Umber", "Violet", "Walnut", "Yarrow",
]
# fmt: on
INSTRUMENTS = ("piano", "guitar")
MOODS = ("gentle", "wild")


def community(row: int) -> int:
    """Community of a row of the checkerboard: rows alternate."""
    return row % 2


def checkerboard() -> Catalogue:
    """24 tracks of two communities that never meet in a playlist; each community has its instrument.

    Rows alternate between the communities, and pairs of rows between two moods that cut across them. In a
    dialogue a track is asked for by title, then another by mood alone: what comes is of the same community.
    """
    n = len(TITLES)
    tracks = pl.DataFrame(
        {
            "track_id": [f"t{row}" for row in range(n)],
            "title": TITLES,
            "artist": [f"{INSTRUMENTS[community(row)].title()} Band {row // 8}" for row in range(n)],
            "year": [1990 + row for row in range(n)],
            "tags": [[INSTRUMENTS[community(row)], MOODS[row // 2 % 2]] for row in range(n)],
        }
    )
    generator = np.random.default_rng(0)
    playlists = [
        (f"p{number}", place, f"t{2 * chosen + number % 2}", "train")
        for number in range(60)
        for place, chosen in enumerate(generator.choice(n // 2, 6, replace=False))
    ]
    schema = {name: PLAYLISTS[name] for name in ("playlist_id", "position", "track_id", "split")}
    table = pl.DataFrame(playlists, schema=schema, orient="row")
    splits: list[tuple[Split, int]] = [("train", 20), ("validation", 40), ("test", 40)]
    dialogues = [_dialogue(split, number, generator) for split, size in splits for number in range(size)]
    return Catalogue(
        conform("tracks", tracks, TRACKS), empty(PLAYS), conform("playlists", table, PLAYLISTS), dialogues
    )


def _dialogue(split: Split, number: int, generator: np.random.Generator) -> Dialogue:
    """One dialogue of two requests."""
    side, mood = int(generator.integers(2)), int(generator.integers(2))
    first = 2 * int(generator.integers(len(TITLES) // 2)) + side
    fitting = [r for r in range(len(TITLES)) if community(r) == side and r // 2 % 2 == mood and r != first]
    turns = (
        Turn("user", f"please play {TITLES[first]}"),
        Turn("music", f"t{first}", True),
        Turn("assistant", "here it is"),
        Turn("user", f"please play something {MOODS[mood]}"),
        Turn("music", f"t{generator.choice(fitting)}", True),
    )
    return Dialogue(f"{split}-{number}", turns, split)


@pytest.fixture(scope="session")
def checkerboard_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkerboard on disk with its playlist feature; to be copied, never written to."""
    workspace = Workspace(tmp_path_factory.mktemp("checkerboard"))
    checkerboard().save(workspace)
    playlist.compute(workspace)
    return workspace.root


@pytest.fixture
def workspace(checkerboard_template: Path, tmp_path: Path) -> Workspace:
    """A fresh copy of the checkerboard's workspace."""
    return Workspace(shutil.copytree(checkerboard_template, tmp_path / "music"))


@pytest.fixture(scope="session")
def text_encoder() -> TextEncoder:
    """The default text encoder, loaded once for all tests."""
    return TextEncoder()


@pytest.fixture
def one_encoder(text_encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch) -> TextEncoder:
    """Every dense recommender made meanwhile uses the one encoder."""
    monkeypatch.setattr("segue.models.retrieval.dense.TextEncoder", lambda name: text_encoder)
    return text_encoder
