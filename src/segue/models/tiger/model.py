"""TIGER behind the contract: trained on the log or playlists, every track scored by a beam over its trie."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, PositiveInt
from safetensors.torch import load_file, save_file

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.device import best_device
from segue.kit.workspace import read_json, write_json
from segue.learning.budget import Budget
from segue.learning.run import Run
from segue.learning.validation import Validation, held_out, rank_of, spread
from segue.llm.beams import Beams, level_scores
from segue.models.sequential.windows import Batches
from segue.models.tiger.ids import Ids, ids_of, residual_ids, vectors_of
from segue.models.tiger.network import TigerNet
from segue.models.trained import Trained
from segue.tokens.trie import Trie

N_VALIDATION = 300
"""Validation plays that are ranked at most: each needs a beam."""


class Settings(Budget):
    """How TIGER is built and trained; 30 epochs where no budget is given. Source: TIGER 4.1."""

    unless_told: ClassVar[dict[str, float]] = {"epochs": 30}
    peak: ClassVar[float] = 1e-3

    levels: PositiveInt = 3
    """Codes of an id, beside the one that tells equals apart."""
    clusters: PositiveInt = 256
    """K of each level; cut to a quarter of the tracks."""
    dim: PositiveInt = 128
    heads: PositiveInt = 4
    encoder_blocks: PositiveInt = 2
    decoder_blocks: PositiveInt = 2
    dropout: float = Field(0.1, ge=0, lt=1)
    length: PositiveInt = 50
    """Plays that it looks back on."""
    plays_a_step: PositiveInt = 1024
    width: PositiveInt = 32
    """Beams."""
    repeats: Literal["allow", "filter"] = "allow"
    """`filter` puts what was heard below all else, here and in validation."""


class Tiger(Trained):
    """Writes the semantic id of the next track, code by code, inside the trie of the ids that exist.

    Source: Rajput et al. 2023 (arXiv 2305.05065).
    """

    name = "tiger"
    settings_type = Settings
    reads = ("log", "features")

    def __init__(self, catalogue: Catalogue, network: TigerNet, ids: Ids, settings: Settings) -> None:
        super().__init__(catalogue)
        self.network, self.ids, self.settings = network.eval(), ids, settings
        self.trie = Trie(ids.codes)

    @classmethod
    def _learn(cls, library: Library, settings: Settings, work: Path) -> Self:
        vectors, present = vectors_of(library)
        clusters = max(2, min(settings.clusters, len(library) // 4))
        ids = residual_ids(vectors, present, settings.levels, clusters, settings.seed)
        return cls.of(library, ids, settings, work)

    @classmethod
    def of(cls, library: Library, ids: Ids, settings: Settings, work: Path) -> Self:
        """TIGER over ids that are known already, trained on the library's log."""
        log = library.log
        batches = Batches(log.part("train"), settings.length, settings.plays_a_step, settings.seed)
        network = make_network(ids, settings).to(device := best_device())
        model = cls(library.catalogue, network, ids, settings)

        def step_loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
            loss, n = network.loss(torch.from_numpy(batches(step)[0]).to(device))
            return loss, {"tokens": float(n)}

        events, starts = held_out(log, N_VALIDATION)

        def ranks() -> NDArray[np.int64]:
            spans = zip(starts, events, strict=True)
            histories = [log.rows[max(s, e - settings.length) : e] for s, e in spans]
            logits = model.score_rows(histories)
            if settings.repeats == "filter":
                for line, history, event in zip(logits, histories, events, strict=True):
                    line[np.setdiff1d(history, log.rows[event])] = -np.inf
            return rank_of(logits, logits[np.arange(len(events)), log.rows[events]])

        check = Validation(network, ranks, spread(8), 8, work) if len(events) else None
        data = [log.digest(), ids.codes.tolist()[:100], ids.sizes]
        run = Run(network, settings, work, data, per_epoch=batches.per_epoch, title="training tiger")
        run.go(step_loss, check)
        network.cpu().eval()
        return model

    def score(self, requests: Sequence[Request]) -> Floats:
        """Log-probabilities of every track's id, float32 (n_requests, n_tracks)."""
        histories = [self.heard(request, self.settings.length) for request in requests]
        scores = self.score_rows(histories)
        if self.settings.repeats == "filter":
            for line, history in zip(scores, histories, strict=True):
                line[history] = line.min() - 1
        return scores

    @torch.no_grad()
    def score_rows(self, histories: Sequence[NDArray[np.int64]]) -> Floats:
        """The same after histories of rows, oldest first."""
        found = np.zeros((len(histories), len(self.catalogue)), np.float32)
        for line, history in zip(found, histories, strict=True):
            rows = torch.from_numpy(history[None].astype(np.int64)).to(self.network.start.device)
            beams = self._search(self.network.encode(rows)[0])
            line[:] = level_scores(beams, self.trie, self.ids.codes).sum(axis=0)
        return found

    def _search(self, memory: torch.Tensor) -> Beams:
        """The best ids that exist, and the log-probabilities under each beam of every level."""

        def after(written: NDArray[np.int64]) -> Floats:
            codes = torch.from_numpy(written).to(memory.device)
            found: Floats = self.network.log_probs(memory, codes).cpu().numpy()
            return found

        logs = [after(np.zeros((1, 0), np.int64))]
        steps = [self.trie.start(logs[0][0], self.settings.width)]
        written = steps[0].codes[:, None]
        for level in range(1, self.trie.n_levels):
            logs.append(after(written))
            steps.append(self.trie.step(level, steps[-1], logs[-1], self.settings.width))
            written = np.concatenate([written[steps[-1].parents], steps[-1].codes[:, None]], axis=1)
        return Beams(steps, logs)

    def _save(self, directory: Path) -> None:
        tensors = {name: t.contiguous() for name, t in self.network.state_dict().items()}
        tensors["ids.codes"] = torch.from_numpy(self.ids.codes)
        tensors["ids.centroids"] = torch.from_numpy(self.ids.centroids)
        save_file(tensors, directory / "model.safetensors")
        config = {"settings": self.settings.model_dump(), "sizes": self.ids.sizes}
        write_json(directory / "config.json", config)

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config = read_json(directory / "config.json")
        settings, sizes = Settings(**config["settings"]), tuple(config["sizes"])
        tensors = load_file(directory / "model.safetensors")
        codes, centroids = tensors.pop("ids.codes").numpy(), tensors.pop("ids.centroids").numpy()
        ids = Ids(codes, centroids, sizes)
        if len(codes) < len(library):
            ids = Ids(np.concatenate([codes, _beside(ids, library)]), centroids, sizes)
        network = make_network(ids, settings)
        network.load_state_dict(tensors)
        return cls(library.catalogue, network, ids, settings)


def make_network(ids: Ids, settings: Settings) -> TigerNet:
    """An untrained network."""
    torch.manual_seed(settings.seed)
    s = settings
    blocks = (s.encoder_blocks, s.decoder_blocks)
    return TigerNet(torch.from_numpy(ids.codes), ids.sizes, s.length, s.dim, s.heads, s.dropout, *blocks)


def _beside(ids: Ids, library: Library) -> NDArray[np.int64]:
    """Ids of the tracks that came after training: the nearest codes, the last one shared where it is full."""
    known = len(ids.codes)
    if ids.centroids.size and any(library.has(name) for name in ("metadata", "semantic")):
        vectors, present = vectors_of(library)
        found = ids_of(ids.centroids, vectors[known:], present[known:], most=ids.sizes[-1])
        return found.codes
    return np.tile(np.array(ids.sizes, np.int64) - 1, (len(library) - known, 1))
