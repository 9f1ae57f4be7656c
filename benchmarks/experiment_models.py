"""The models of `published_experiment.py`: untrained as published, trained ones, simple baselines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, get_args

from experiment_worlds import World
from replication_sets import trained_with
from segue.data.library import Library
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.counting.blend import Blend
from segue.models.counting.item_neighbours import ItemNeighbours
from segue.models.counting.markov import Markov
from segue.models.counting.own_plays import LastTrack, OwnPlays, OwnSettings
from segue.models.counting.personal import WithPersonal
from segue.models.counting.popularity import Popularity
from segue.models.counting.rules import SequentialRules
from segue.models.counting.session_knn import SessionKNN
from segue.models.e4srec.fusion import Kind as Fusion
from segue.models.e4srec.model import E4SRec
from segue.models.e4srec.settings import Settings as E4SRecSettings
from segue.models.lcrec.model import LCRec
from segue.models.llara.model import LLaRA
from segue.models.recommender import Recommender
from segue.models.retrieval.content import ContentSimilarity
from segue.models.sequential.learn import Settings as SequentialSettings
from segue.models.sequential.model import BERT4Rec, GRU4Rec, SASRec, Sequential
from segue.models.trained import Trained

ENCODERS: dict[Literal["sasrec", "bert4rec", "gru4rec"], type[Sequential]] = {
    "sasrec": SASRec,
    "bert4rec": BERT4Rec,
    "gru4rec": GRU4Rec,
}
PUBLISHED = {"as_published": True, "head": "free", "tuning": "frozen"}
"""What makes E4SRec the published one, with nothing trained."""
CONTENT_PAIRS = [
    ("e4srec-id-content", "e4srec-id"),
    ("e4srec-id", "sasrec"),
    ("e4srec-id-content", "sasrec"),
    ("sasrec", "own_plays"),
]


def completion_pairs(world: World) -> list[tuple[str, str]]:
    """The comparisons that show what the completion ratio adds; none where it means nothing."""
    pairs = [("e4srec-id-completion", "e4srec-id"), ("e4srec-id-content-completion", "e4srec-id-content")]
    return pairs if world.completion else []


@dataclass(frozen=True)
class Budgets:
    """What each model may spend, the backbone, the seeds of each E4SRec, the first seed.

    E4SRec counts in steps and the encoders in epochs, so that variants which are compared learn from the same
    plays whatever else the machine does; LLaRA and LC-Rec in minutes.
    """

    steps: int
    epochs: float
    minutes: float
    size: str
    seeds: int
    seed: int


@dataclass(frozen=True)
class Models:
    """The trained models of a world by name, in the order of the table; `slow` ones are asked less."""

    world: World
    budgets: Budgets
    trained: dict[str, Recommender]
    slow: dict[str, Recommender]

    @classmethod
    def make(cls, world: World, budgets: Budgets, without: tuple[str, ...], *, whole: bool) -> Models:
        """Trained, or read where they were trained before; not `whole`: what shows the completion ratio."""
        workspace = world.workspace
        encoders = {name: _encoder(workspace, name, budgets) for name in (ENCODERS if whole else ["sasrec"])}
        found = {"sasrec": encoders["sasrec"]} | _baselines(workspace, budgets.seed, whole=whole)
        if whole:
            found["sasrec-personal"] = WithPersonal(encoders["sasrec"])
        found |= encoders
        for seed in range(budgets.seeds):
            for name, settings in _variants(world, whole=whole).items():
                label = name if seed == 0 else f"{name}.seed{seed}"
                if name not in without:
                    found[label] = _e4srec(workspace, label, settings, budgets, budgets.seed + seed)
        slow = _slow(workspace, budgets, without) if whole else {}
        return cls(world, budgets, {n: m for n, m in found.items() if n not in without}, slow)

    def untrained(self, draws: int) -> Iterator[tuple[str, E4SRec]]:
        """Every configuration that was published as zero-shot, `draws` times each, one after the other.

        Each has a seed of its own: under one seed all would draw the same random head.
        """
        world = self.world
        fusions = [((), "concat"), *(((world.content,), fusion) for fusion in get_args(Fusion))]
        cells = product(range(draws), ENCODERS, fusions)
        for number, (draw, ids, (content, fusion)) in enumerate(cells):
            chosen = {"ids": ids, "modalities": ("id", *content), "fusion": fusion}
            more = {"size": self.budgets.size, "seed": self.budgets.seed + 1000 + number}
            settings = E4SRecSettings.model_validate(PUBLISHED | chosen | more)
            name = f"{ids}+{content[0]}, {fusion}" if content else f"{ids} alone"
            yield f"{name} ({draw})", E4SRec.zero_shot(Library.open(world.workspace), settings)


def _encoder(workspace: Workspace, name: Any, budgets: Budgets) -> Recommender:
    """A trained ID encoder under its own name, where E4SRec and LLaRA look for it."""
    kind = ENCODERS[name]
    chosen = {"epochs": budgets.epochs, "seed": budgets.seed}
    settings = SequentialSettings.model_validate(chosen)
    if not trained_with(workspace.model(name), settings.model_dump()):
        kind.train(Library.open(workspace), settings, name)
    return kind.load(workspace.model(name), Library.open(workspace))


def _baselines(workspace: Workspace, seed: int, *, whole: bool) -> dict[str, Recommender]:
    """What needs no training loop."""
    found: dict[str, Recommender] = {"popularity": Popularity.fit(Library.open(workspace))}
    found["own_plays"] = OwnPlays.fit(Library.open(workspace))
    if not whole:
        return found
    found["own_plays-50"] = OwnPlays.fit(Library.open(workspace), OwnSettings(last=50))
    for kind in (LastTrack, Markov, ItemNeighbours, SessionKNN, SequentialRules):
        found[kind.name] = kind.fit(Library.open(workspace))
    found["blend"] = Blend.fit(Library.open(workspace), {"seed": seed})
    found["content"] = ContentSimilarity.fit(Library.open(workspace))
    return found


def _variants(world: World, *, whole: bool) -> dict[str, dict[str, Any]]:
    """The forms of E4SRec by name: with and without content, with and without the completion ratio."""
    both = ("id", world.content)
    found: dict[str, dict[str, Any]] = {"e4srec-id": {"modalities": ("id",)}}
    if whole:
        found["e4srec-id-content"] = {"modalities": both}
    if world.completion:
        found["e4srec-id-completion"] = {"modalities": ("id",), "completion": "embedding"}
    if whole and world.completion:
        found["e4srec-id-content-completion"] = {"modalities": both, "completion": "embedding"}
    return found


def _e4srec(
    workspace: Workspace, name: str, settings: dict[str, Any], budgets: Budgets, seed: int
) -> Recommender:
    """A trained E4SRec over the vectors of the workspace's SASRec."""
    given = settings | {"size": budgets.size, "steps": budgets.steps, "ids": "sasrec"}
    wanted = E4SRecSettings.model_validate(given | {"seed": seed})
    directory = workspace.model(name)
    if not trained_with(directory, wanted.model_dump()):
        E4SRec.fit(Library.open(workspace), {"seed": seed, **given}).save(directory)
    return E4SRec.load(directory, Library.open(workspace))


def _slow(workspace: Workspace, budgets: Budgets, without: tuple[str, ...]) -> dict[str, Recommender]:
    """LLaRA and LC-Rec, as far as they are wanted and the workspace has what they need."""
    common: dict[str, Any] = {"size": budgets.size, "minutes": budgets.minutes, "seed": budgets.seed}
    kinds: dict[str, type[Trained]] = {"llara": LLaRA, "lcrec": LCRec}
    found: dict[str, Recommender] = {}
    for name, kind in kinds.items():
        if name in without:
            continue
        settings = kind.settings_type(**common)
        if not trained_with(workspace.model(name), settings.model_dump()):
            try:
                kind.train(Library.open(workspace), settings)
            except SegueError as error:  # LC-Rec learns its ids from text and playlists
                print(f"{name} is left out: {error}")
                continue
        found[name] = kind.load(workspace.model(name), Library.open(workspace))
    return found
