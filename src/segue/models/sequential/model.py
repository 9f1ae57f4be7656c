"""SASRec, BERT4Rec and GRU4Rec behind the contract, and as sources of ID embeddings."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from segue.data.catalogue import Catalogue
from segue.data.log import Log
from segue.data.request import Request
from segue.data.store import Feature
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, whole_directory, write_json
from segue.models.recommender import Recommender
from segue.models.sequential.learn import Kind, Settings, learn, make_network, score_rows
from segue.models.sequential.networks import Network

BATCH = 256


class Sequential(Recommender):
    """A network over the last plays of a request; tracks that it never met in training come last.

    A request without a known play gets the popularity of the training plays.
    """

    kind: ClassVar[Kind]

    def __init__(
        self, catalogue: Catalogue, network: Network, settings: Settings, counts: np.ndarray[Any, Any]
    ) -> None:
        super().__init__(catalogue)
        self.network, self.settings, self.counts = network, settings, counts

    @classmethod
    def fit(cls, workspace: Workspace, *, seed: int = 0, settings: Settings | None = None) -> Self:
        """Trained on the training plays of the workspace, in memory only; see `train`."""
        with tempfile.TemporaryDirectory() as folder:
            chosen = settings or Settings.model_validate({"seed": seed})
            return cls._learn(workspace, chosen, Path(folder))[0]

    @classmethod
    def train(cls, workspace: Workspace, settings: Settings, name: str = "") -> Path:
        """Train and save under `name` (the kind's by default); returns the model's directory.

        Interrupted, the same call goes on at its last checkpoint.

        Raises:
            SegueError: no listening log, or nothing in it to learn from.
        """
        directory = workspace.model(name or cls.name)
        work = directory.parent / f".{directory.name}-training"
        model, facts = cls._learn(workspace, settings, work)
        with whole_directory(directory) as folder:
            model._save(folder)
            write_json(
                folder / "card.json", {"recommender": cls.name, "settings": settings.model_dump()} | facts
            )
            shutil.copy(work / "metrics.jsonl", folder / "metrics.jsonl")
        shutil.rmtree(work)
        return directory

    @classmethod
    def _learn(cls, workspace: Workspace, settings: Settings, work: Path) -> tuple[Self, dict[str, Any]]:
        catalogue = Catalogue.load(workspace)
        log = Log.load(workspace, catalogue)
        network, facts = learn(cls.kind, log, settings, work)
        counts = np.bincount(log.part("train").rows, minlength=len(catalogue))
        return cls(catalogue, network, settings, counts), facts

    @property
    def met(self) -> Bools:
        """Shape (n_tracks,): the tracks with a training play."""
        return self.counts > 0

    def embeddings(self) -> Feature:
        """The tracks' vectors, float32 (n_tracks, dim); present where a track had a training play."""
        vectors = np.zeros((len(self.catalogue), self.settings.dim), np.float32)
        vectors[: self.network.n_tracks] = self.network.table.detach().numpy()
        return Feature(vectors, self.met)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores, float32 (n_requests, n_tracks); comparable within a request only."""
        scores = np.empty((len(requests), len(self.catalogue)), np.float32)
        for start in range(0, len(requests), BATCH):
            batch = requests[start : start + BATCH]
            self._score(batch, scores[start : start + len(batch)])
        return scores

    def _score(self, requests: Sequence[Request], scores: Floats) -> None:
        known = self.network.n_tracks
        histories = [self.heard(request, self.settings.length) for request in requests]
        # A track that came after training is in the history, but not in the network.
        histories = [history[history < known] for history in histories]
        scores[:, :known] = score_rows(self.network, histories)
        scores[:, known:] = 0
        empty = [n for n, history in enumerate(histories) if not len(history)]
        scores[empty] = np.log1p(self.counts)
        lowest = scores.min(axis=1, keepdims=True)
        scores[:, ~self.met] = lowest - 1
        if self.settings.repeats == "filter":
            for line, request in zip(scores, requests, strict=True):
                line[self.heard(request)] = lowest.min() - 2

    def _save(self, directory: Path) -> None:
        tensors = {name: t.contiguous() for name, t in self.network.state_dict().items()}
        tensors["counts"] = torch.from_numpy(self.counts[: self.network.n_tracks].copy())
        save_file(tensors, directory / "model.safetensors")
        write_json(directory / "config.json", self.settings.model_dump())
        # Which track each row is: a catalogue that was made anew must not shift the vectors.
        ids = [str(i) for i in self.catalogue.ids[: self.network.n_tracks]]
        (directory / "track_ids.json").write_text(json.dumps(ids), "utf-8")

    @classmethod
    def _load(cls, directory: Path, workspace: Workspace) -> Self:
        catalogue = Catalogue.load(workspace)
        ids = json.loads((directory / "track_ids.json").read_text("utf-8"))
        if ids != catalogue.ids[: len(ids)].tolist():
            cure = f"run `segue train --model {cls.name}` again"
            raise SegueError("was trained on another catalogue", str(directory), cure)
        settings = Settings(**json.loads((directory / "config.json").read_text("utf-8")))
        tensors = load_file(directory / "model.safetensors")
        counts = np.zeros(len(catalogue), np.int64)
        counts[: len(ids)] = tensors.pop("counts").numpy()
        network = make_network(cls.kind, settings, len(ids))
        network.load_state_dict(tensors)
        return cls(catalogue, network.train(False), settings, counts)


class SASRec(Sequential):
    """Self-attention over the past plays. Source: Kang and McAuley 2018; spec section 6."""

    name = kind = "sasrec"
    made_by = "train --model sasrec"


class BERT4Rec(Sequential):
    """Masked plays read from both sides. Source: Sun et al. 2019."""

    name = kind = "bert4rec"
    made_by = "train --model bert4rec"


class GRU4Rec(Sequential):
    """A recurrent network. Source: Hidasi et al. 2016."""

    name = kind = "gru4rec"
    made_by = "train --model gru4rec"
