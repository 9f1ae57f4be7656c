"""Completion: P(a listener plays this track to its end | history, track, time), as a recommender.

A small network over what was known before the play (`evidence`), learnt from plays whose seconds are exact
and calibrated by isotonic regression on later ones. It ranks tracks by that probability.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import Field, PositiveInt
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from segue.data.catalogue import SPLITS
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.kit.tables import aligned
from segue.kit.workspace import read_card, write_json
from segue.learning.budget import Budget
from segue.learning.run import Run
from segue.models.completion import measure
from segue.models.completion.evidence import (
    NAMES,
    SIMPLE,
    TIMED,
    Counts,
    Doubles,
    Heard,
    Tracks,
    before,
    now,
)
from segue.models.heard import of_request
from segue.models.trained import Trained


class Settings(Budget):
    """How the network learns; 800 steps where no budget is given."""

    unless_told: ClassVar[dict[str, float]] = {"steps": 800}
    peak: ClassVar[float] = 3e-3

    hidden: PositiveInt = 64
    plays_a_step: PositiveInt = 4096
    aside: float = Field(0.15, gt=0, lt=0.5)
    """The newest part of the training plays, which calibrates and is not learnt from."""
    untimed: float = Field(0.3, ge=0, le=1)
    """How often the time is hidden in training: a request does not always have one."""


class Network(nn.Module):
    """Logits (n,) of the numbers (n, n_numbers), which it standardises; linear, and a hidden layer beside."""

    def __init__(self, n_numbers: int, hidden: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(n_numbers), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(n_numbers), requires_grad=False)
        self.plain = nn.Linear(n_numbers, 1)
        self.inner, self.outer = nn.Linear(n_numbers, hidden), nn.Linear(hidden, 1)
        # The hidden layer begins without effect, beside a linear model that has the answer nearly right.
        nn.init.zeros_(self.outer.weight)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        x = ((x - self.shift) / self.scale).clamp(-5, 5)
        found: Tensor = self.plain(x) + self.outer(F.silu(self.inner(x)))
        return found[:, 0]


class Completion(Trained):
    """How likely a listener plays each track to its end.

    Args:
        knots: of the calibration, logits and probabilities, float32 (2, n_knots).
    """

    name = "completion"
    verb = "fit"
    settings_type = Settings
    reads = ("log", "features")

    def __init__(
        self,
        library: Library,
        network: Network,
        knots: Floats,
        counts: Counts,
        settings: Settings,
        card: dict[str, Any],
    ) -> None:
        super().__init__(library.catalogue)
        self.library, self.network, self.knots, self.counts = library, network.train(False), knots, counts
        self.settings, self.card, self.tracks = settings, card, Tracks.of(library)

    @classmethod
    def _learn(cls, library: Library, settings: Settings, work: Path) -> Self:
        """Trained on exact training plays; the card has what it reaches on the plays of the test."""
        return cls.of_plays(library, Heard.of(library), settings, work)

    @classmethod
    def of_plays(cls, library: Library, heard: Heard, settings: Settings, work: Path) -> Self:
        """Trained on those of some plays that are for training.

        Raises:
            SegueError: too few to learn and calibrate.
        """
        tracks = Tracks.of(library)
        training = heard.split == SPLITS.index("train")
        cut = np.quantile(heard.time[training], 1 - settings.aside) if training.any() else 0
        learnt = training & (heard.time <= cut)
        # Calibrated on plays that come after those learnt from, as the requests will.
        later = (training & ~learnt) | (heard.split == SPLITS.index("validation"))
        if min(learnt.sum(), later.sum()) < 50 or heard.full[learnt].all() or not heard.full[learnt].any():
            cure = "it needs some hundred plays, of tracks left early among them"
            raise SegueError("too few exact plays to learn completion from", library.where, cure)
        x = before(heard, tracks, float(heard.full[learnt].mean()))
        network = _trained(x[learnt], heard.full[learnt], settings, work, library)
        counts = Counts.of(heard.row[training], heard.full[training], tracks)
        knots = _calibrated(_logits(network, x[later]), heard.full[later])
        model = cls(library, network, knots, counts, settings, {"settings": settings.model_dump()})
        test = heard.split == SPLITS.index("test")
        if test.any():
            p = model.of_numbers(x[test])
            model.card["test"] = figures(p, x[test], heard.full[test])
            model.card["calibration"] = measure.calibration(p, heard.full[test])
        return model

    @property
    def lines(self) -> list[str]:
        """What it reaches on the plays of the test, beside the baselines; empty where there are none."""
        rows = [["", "AUC", "calibration error", "Brier"]]
        for name, row in self.card.get("test", {}).items():
            rows.append([name, *(f"{row[n]:.4f}" for n in ("auc", "calibration_error", "brier"))])
        return aligned(rows) if len(rows) > 1 else []

    def of_numbers(self, x: Floats) -> Doubles:
        """Calibrated probabilities (n,) of numbers (n, len(NAMES))."""
        return np.interp(_logits(self.network, x), *self.knots.astype(np.float64))

    def probabilities(self, request: Request, at: datetime | None = None) -> Doubles:
        """P(to its end) of every track of the catalogue after a request's plays, float64 (n_tracks,).

        Args:
            request: its history, then the tracks of its dialogue (of which no completion is known).
            at: when the next track plays (UTC), where that is known.
        """
        heard = of_request(self.catalogue, request)
        moment = None
        if at is not None:
            angle = 2 * np.pi * (at.hour + at.minute / 60) / 24
            # The pause since the last play is not known of a request: it goes straight on.
            moment = np.array([np.sin(angle), np.cos(angle), at.weekday() >= 5, np.log1p(200) / 10])
        return self.of_history(heard.rows, heard.completion, moment)

    def of_history(
        self, rows: NDArray[np.int64], ratios: Floats, moment: NDArray[Any] | None = None
    ) -> Doubles:
        """The same after plays of rows, (n,), with their completion ratios; `moment` as `now` takes it."""
        return self.of_numbers(now(rows, ratios, self.tracks, self.counts, moment))

    def score(self, requests: Sequence[Request]) -> Floats:
        """The probabilities, float32 (n_requests, n_tracks)."""
        found = [self.probabilities(r) for r in requests]
        return np.array(found, np.float32).reshape(len(requests), len(self.catalogue))

    def likely(self, request: Request, least: float = 0.5) -> Bools:
        """Which tracks are heard to their end with at least this probability, bool (n_tracks,): a filter."""
        return np.asarray(self.probabilities(request) >= least)

    def _save(self, directory: Path) -> None:
        tensors = {n: p.detach().contiguous() for n, p in self.network.state_dict().items()}
        tensors |= {"knots": torch.from_numpy(self.knots)}
        for name in ("track_full", "track_all", "artist_full", "artist_all"):
            tensors[f"counts/{name}"] = torch.from_numpy(getattr(self.counts, name).astype(np.float32))
        save_file(tensors, directory / "model.safetensors")
        if curve := self.card.get("calibration"):
            measure.draw(curve, self.card["test"]["model"], directory / "calibration.png")
        write_json(directory / "card.json", self.card | {"mean": self.counts.mean, "numbers": list(NAMES)})

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        card = read_card(directory, cls.made_by())
        settings, tensors = Settings(**card["settings"]), load_file(directory / "model.safetensors")
        kept = {n: t.numpy().astype(float) for n, t in tensors.items() if n.startswith("counts/")}
        tracks = Tracks.of(library)
        sizes = len(tracks.artist), int(tracks.artist.max(initial=0)) + 1
        # Tracks and artists that came after training have no plays.
        grown = {
            n.removeprefix("counts/"): np.pad(c, (0, max(0, sizes["artist" in n] - len(c))))
            for n, c in kept.items()
        }
        network = Network(len(NAMES), settings.hidden)
        network.load_state_dict({n: t for n, t in tensors.items() if n in network.state_dict()})
        counts = Counts(**grown, mean=float(card["mean"]))
        return cls(library, network, tensors["knots"].numpy(), counts, settings, card)


def _trained(x: Floats, full: Bools, settings: Settings, work: Path, library: Library) -> Network:
    """The network trained on numbers (n, k) of plays and whether each was full (n,)."""
    torch.manual_seed(settings.seed)
    network = Network(x.shape[1], settings.hidden)
    network.shift.copy_(torch.from_numpy(x.mean(0)))
    network.scale.copy_(torch.from_numpy(np.where(x.std(0) > 1e-6, x.std(0), 1)))
    numbers, wanted = torch.from_numpy(x), torch.from_numpy(full.astype(np.float32))

    def step_loss(step: int) -> tuple[Tensor, dict[str, float]]:
        generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
        some = torch.randint(len(x), (min(settings.plays_a_step, len(x)),), generator=generator)
        batch = numbers[some].clone()
        hidden = torch.rand(len(some), generator=generator) < settings.untimed
        batch[hidden, TIMED] = 0
        loss = F.binary_cross_entropy_with_logits(network(batch).float(), wanted[some])
        return loss, {"tokens": len(some)}

    # Counts and logits in bfloat16 would lose what tells them apart, and the network is tiny.
    settings = settings.model_copy(update={"bf16": False})
    Run(network, settings, work, [library.log.digest()], title="fitting completion").go(step_loss)
    return network


@torch.no_grad()
def _logits(network: Network, x: Floats) -> Doubles:
    return np.asarray(network(torch.from_numpy(x)).double().numpy())


def _calibrated(logits: Doubles, full: Bools) -> Floats:
    """The knots of an isotonic regression from logits to shares, never quite 0 or 1."""
    from sklearn.isotonic import IsotonicRegression

    edge = 1 / (len(full) + 2)
    fitted = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip").fit(logits, full)
    return np.stack([fitted.X_thresholds_, fitted.y_thresholds_]).astype(np.float32)


def simple(x: Floats) -> dict[str, Doubles]:
    """The baselines (n,): means of listener, track and recent plays, and the mean of their logits."""
    columns = {name: x[:, NAMES.index(name)].astype(np.float64) for name in SIMPLE}
    found = {name: 1 / (1 + np.exp(-c)) for name, c in columns.items()}
    return found | {"blend": 1 / (1 + np.exp(-np.mean(list(columns.values()), axis=0)))}


def figures(p: Doubles, x: Floats, full: Bools) -> dict[str, dict[str, float]]:
    """AUC, calibration error and Brier score of the model and of the baselines."""
    return {
        name: {
            "auc": measure.auc(values, full),
            "calibration_error": measure.calibration_error(values, full),
            "brier": measure.brier(values, full),
        }
        for name, values in ({"model": p} | simple(x)).items()
    }
