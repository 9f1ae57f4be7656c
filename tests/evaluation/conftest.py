"""A hand-made workspace with dialogues whose right answers are known, and recommenders that know them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Dialogue, Turn, conform, empty
from segue.data.request import Request
from segue.dialogues.format import moments
from segue.kit.arrays import Floats
from segue.kit.workspace import Workspace
from segue.models.unsaved import Unsaved

N_TRACKS = 40
N_DIALOGUES = 12
Rule = Callable[[Catalogue, Request], np.ndarray[Any, Any]]


class ByRule(Unsaved):
    """Scores by a function of the catalogue and the request; remembers what it was asked."""

    name: ClassVar[str] = "by-rule"

    def __init__(self, catalogue: Catalogue, rule: Rule) -> None:
        super().__init__(catalogue)
        self.rule = rule
        self.asked: list[tuple[Request, ...]] = []

    def score(self, requests: Sequence[Request]) -> Floats:
        self.asked.append(tuple(requests))
        return np.stack([self.rule(self.catalogue, r) for r in requests]).astype(np.float32)


def dialogue(number: int) -> Dialogue:
    """Three requests: one target; a dislike and two targets; one cold target and one warm."""
    base = 3 * number
    warm = [f"t{(base + i) % 30}" for i in range(5)]
    cold = f"t{30 + number % 10}"
    turns = (
        Turn("user", f"wish {number}.1"),
        Turn("music", warm[0], True),
        Turn("assistant", "there"),
        Turn("user", f"wish {number}.2"),
        Turn("music", warm[1], False),
        Turn("music", warm[2], True),
        Turn("music", warm[3], True),
        Turn("user", f"wish {number}.3"),
        Turn("music", cold, True),
        *([Turn("music", warm[4], True)] if number % 2 else []),
    )
    return Dialogue(f"d{number}", turns, "test")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """40 tracks, of which t30 to t39 are cold; 12 test dialogues of three requests."""
    ids = [f"t{i}" for i in range(N_TRACKS)]
    tracks = conform(
        "tracks",
        pl.DataFrame({"track_id": ids, "title": [f"Title {i}" for i in ids], "artist": ["Someone"] * 40}),
        TRACKS,
    )
    playlists = conform(
        "playlists",
        pl.DataFrame(
            {"playlist_id": ["p"] * 30, "position": range(30), "track_id": ids[:30], "split": ["train"] * 30}
        ),
        PLAYLISTS,
    )
    made = Workspace(tmp_path / "music")
    Catalogue(tracks, empty(PLAYS), playlists, [dialogue(n) for n in range(N_DIALOGUES)]).save(made)
    return made


@pytest.fixture
def answers(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    """The current words of a request -> its targets."""
    found = [m for d in Catalogue.load(workspace).dialogues for m in moments(d)]
    return {m.request.said[-1]: m.targets for m in found}


@pytest.fixture
def by_rule(workspace: Workspace) -> Callable[[Rule], ByRule]:
    """Makes a recommender of the workspace from a rule."""
    catalogue = Catalogue.load(workspace)
    return lambda rule: ByRule(catalogue, rule)


@pytest.fixture
def oracle(by_rule: Callable[[Rule], ByRule], answers: dict[str, tuple[str, ...]]) -> ByRule:
    """Puts the targets first."""
    return by_rule(lambda c, r: np.isin(c.ids.astype(str), answers[r.said[-1]]))


@pytest.fixture
def anti_oracle(by_rule: Callable[[Rule], ByRule], answers: dict[str, tuple[str, ...]]) -> ByRule:
    """Puts the targets last."""
    return by_rule(lambda c, r: ~np.isin(c.ids.astype(str), answers[r.said[-1]]))


@pytest.fixture
def played_first(by_rule: Callable[[Rule], ByRule], answers: dict[str, tuple[str, ...]]) -> ByRule:
    """Puts what the dialogue has played before the targets, and those before all else."""

    def rule(catalogue: Catalogue, request: Request) -> np.ndarray[Any, Any]:
        ids = catalogue.ids.astype(str)
        played = [t.content for t in request.messages if t.role == "music"]
        return 2.0 * np.isin(ids, played) + np.isin(ids, answers[request.said[-1]])

    return by_rule(rule)


@pytest.fixture
def noise(by_rule: Callable[[Rule], ByRule], answers: dict[str, tuple[str, ...]]) -> ByRule:
    """A middling model: the targets get a head start over random scores."""

    def rule(catalogue: Catalogue, request: Request) -> np.ndarray[Any, Any]:
        random = np.random.default_rng(len(request.messages) + sum(map(ord, request.said[-1])))
        return random.random(len(catalogue)) + 0.5 * np.isin(
            catalogue.ids.astype(str), answers[request.said[-1]]
        )

    return by_rule(rule)


@pytest.fixture
def constant(by_rule: Callable[[Rule], ByRule]) -> ByRule:
    """Gives every track the same score."""
    return by_rule(lambda c, r: np.zeros(len(c)))
