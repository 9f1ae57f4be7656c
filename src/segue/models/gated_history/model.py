"""Gated evidence over histories behind the recommenders' contract."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from segue.data.library import Library
from segue.data.modalities import CONTENT
from segue.data.request import Request
from segue.data.store import Feature
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.workspace import read_card, write_json
from segue.models.completion.model import Completion
from segue.models.counting.base import Listening
from segue.models.gated_history import content
from segue.models.gated_history.evidence import PARTS, Evidence, groups_of, spaces_of
from segue.models.gated_history.gate import numbers
from segue.models.gated_history.learn import Fitted, Settings, empty_gate, learn, make_network
from segue.models.heard import Heard, of_request
from segue.models.trained import Trained

BATCH = 32


class GatedHistory(Trained):
    """The state of a history decides, play by play, how much each piece of evidence counts.

    Evidence: own plays as base-level activation, what used to follow, session kNN, rules, neighbours,
    transitions, popularity, artists and codes, content, and a SASRec over ID and content. Its weights are
    learnt on training plays that the evidence had not seen (`folds`), then the evidence is fitted on all.

    Args:
        library: as it is now; tracks that came after the fit are known by their content and artist.
    """

    name = "gated_history"
    settings_type = Settings
    reads = ("log", "features")

    def __init__(self, library: Library, fitted: Fitted, settings: Settings) -> None:
        super().__init__(library.catalogue)
        self.fitted, self.settings = fitted, settings
        self.unknown = fitted.evidence.unknown

    @classmethod
    def _learn(cls, library: Library, settings: Settings, work: Path) -> Self:
        """Trained on the training plays."""
        return cls(library, learn(library, settings, work), settings)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores, float32 (n_requests, n_tracks); comparable within a request only."""
        return self.score_heard([of_request(self.catalogue, request) for request in requests])

    def score_heard(self, heard: Sequence[Heard]) -> Floats:
        """The same after plays by rows of the catalogue."""
        scores = np.empty((len(heard), len(self.catalogue)), np.float32)
        for start in range(0, len(heard), BATCH):
            plays = heard[start : start + BATCH]
            shares, states = self.fitted.evidence.shares(plays)
            facts = numbers(plays, shares, self.fitted.evidence.counts)
            found = self.fitted.gate.score(shares, facts, states)
            found[:, self.unknown] = found.min(axis=1, keepdims=True) - 1
            scores[start : start + len(plays)] = found
        return scores

    def embeddings(self) -> Feature:
        """The tracks' fused vectors in its sequence model, float32 (n_tracks, dim)."""
        network = self.fitted.evidence.network
        return Feature(network.table.detach().numpy(), network.scored.numpy())

    def _save(self, directory: Path) -> None:
        evidence, gate = self.fitted.evidence, self.fitted.gate
        for name, part in evidence.parts.items():
            part.save(directory / name)
        if evidence.completion is not None:
            evidence.completion.save(directory / "completion")
        network = {f"network/{n}": t.contiguous() for n, t in evidence.network.state_dict().items()}
        gates = {f"gate/{n}": t.contiguous() for n, t in gate.state_dict().items()}
        bases = {f"basis/{m}": torch.from_numpy(b).contiguous() for m, b in self.fitted.bases.items()}
        counts = {"counts": torch.from_numpy(evidence.counts.copy())}
        save_file(network | gates | bases | counts, directory / "model.safetensors")
        config = {"settings": self.settings.model_dump(), "groups": list(evidence.groups)}
        write_json(directory / "config.json", config)
        write_json(directory / "card.json", {"settings": self.settings.model_dump()} | self.fitted.facts)

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config = json.loads((directory / "config.json").read_text("utf-8"))
        settings = Settings(**config["settings"])
        tensors = load_file(directory / "model.safetensors")
        # In the order of the fit: the file has its own, and the network's columns would change places.
        bases = {m: tensors[f"basis/{m}"].numpy() for m in CONTENT if f"basis/{m}" in tensors}
        known = tensors["counts"].numpy()
        counts = np.pad(known, ((0, 0), (0, len(library) - known.shape[1])))
        features = {m: f for m, f in content.features_of(library).items() if m in bases}
        network = make_network(settings, counts[0], content.table(features, bases, len(library)))
        state = {n[8:]: t for n, t in tensors.items() if n.startswith("network/")}
        # New tracks stand before the padding, the last row.
        ids, more = state["embedding.weight"], len(library) - known.shape[1]
        state["embedding.weight"] = torch.cat([ids[:-1], torch.zeros(more, ids.shape[1]), ids[-1:]])
        network.load_state_dict(state)
        parts: dict[str, Listening[Any]] = {k.name: k.load(directory / k.name, library) for k in PARTS}
        groups = {n: g for n, g in groups_of(library).items() if n in config["groups"]}
        there = (directory / "completion" / "card.json").exists()
        ends = Completion.load(directory / "completion", library) if there else None
        evidence = Evidence(parts, counts, groups, spaces_of(features), network.train(False), ends)
        gate = empty_gate(settings, evidence, tensors["gate/mean"].shape[0])
        try:
            gate.load_state_dict({n[5:]: t for n, t in tensors.items() if n.startswith("gate/")})
        except RuntimeError:  # other evidence than this code has
            cure = "segue train gated-history"
            raise SegueError("was trained by another version of segue", str(directory), cure) from None
        facts = read_card(directory, cls.made_by())
        return cls(library, Fitted(evidence, gate.train(False), bases, facts), settings)
