"""SASRec, BERT4Rec and GRU4Rec behind the contract, and as sources of ID embeddings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.data.store import Feature
from segue.kit.arrays import Bools, Floats
from segue.kit.workspace import read_card, read_json, write_json
from segue.models.sequential.learn import Kind, Settings, learn, make_network, score_rows
from segue.models.sequential.networks import Network
from segue.models.trained import Trained

BATCH = 256


class Sequential(Trained):
    """A network over the last plays of a request; tracks that it never met in training come last.

    A request without a known play gets the popularity of the training plays.
    """

    kind: ClassVar[Kind]
    settings_type = Settings
    reads = ("log",)

    def __init__(
        self, catalogue: Catalogue, network: Network, settings: Settings, counts: np.ndarray[Any, Any]
    ) -> None:
        super().__init__(catalogue)
        self.network, self.settings, self.counts = network, settings, counts
        self.card: dict[str, Any] = {}

    @classmethod
    def _learn(cls, library: Library, settings: Settings, work: Path) -> Self:
        """Trained on the training plays."""
        network, facts = learn(cls.kind, library.log, settings, work)
        counts = np.bincount(library.log.part("train").rows, minlength=len(library))
        model = cls(library.catalogue, network, settings, counts)
        model.card = {"settings": settings.model_dump()} | facts
        return model

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
        lowest = spread_scores(scores, histories, self.counts)
        if self.settings.repeats == "filter":
            for line, request in zip(scores, requests, strict=True):
                line[self.heard(request)] = lowest - 2

    def _save(self, directory: Path) -> None:
        tensors = {name: t.contiguous() for name, t in self.network.state_dict().items()}
        tensors["counts"] = torch.from_numpy(self.counts[: self.network.n_tracks].copy())
        save_file(tensors, directory / "model.safetensors")
        write_json(directory / "config.json", self.settings.model_dump())
        write_json(directory / "card.json", self.card)

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        settings = Settings(**read_json(directory / "config.json"))
        tensors = load_file(directory / "model.safetensors")
        known = tensors.pop("counts").numpy()
        network = make_network(cls.kind, settings, len(known))
        network.load_state_dict(tensors)
        counts = np.pad(known, (0, len(library) - len(known)))
        model = cls(library.catalogue, network.train(False), settings, counts)
        model.card = read_card(directory, cls.made_by())
        return model


def spread_scores(scores: Floats, histories: Sequence[NDArray[np.int64]], counts: NDArray[np.int64]) -> float:
    """Put tracks without a training play last in scores (n, n_tracks), in place; an empty history gets
    popularity.

    Returns:
        The lowest score before that.
    """
    empty = [n for n, history in enumerate(histories) if not len(history)]
    scores[empty] = np.log1p(counts)
    lowest = scores.min(axis=1, keepdims=True)
    # They never were a target: a score of them is noise.
    scores[:, counts == 0] = lowest - 1
    return float(lowest.min())


class SASRec(Sequential):
    """Self-attention over the past plays. Source: Kang and McAuley 2018; spec section 6."""

    name = kind = "sasrec"


class BERT4Rec(Sequential):
    """Masked plays read from both sides. Source: Sun et al. 2019."""

    name = kind = "bert4rec"


class GRU4Rec(Sequential):
    """A recurrent network. Source: Hidasi et al. 2016."""

    name = kind = "gru4rec"


KINDS: dict[str, type[Sequential]] = {kind.name: kind for kind in (SASRec, BERT4Rec, GRU4Rec)}
