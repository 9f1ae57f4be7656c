"""LLaRA behind the contract: a track's score is the log-probability of its title after the hybrid prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from safetensors.torch import load_file

from segue.data import stages
from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.data.store import Feature
from segue.kit.arrays import Floats
from segue.kit.device import best_device
from segue.kit.stage import Made
from segue.kit.workspace import read_card
from segue.llm.load import load_tokenizer, shared_lm
from segue.models.listening_lm import EXACT, ListeningLM, Rows, check_room, put_below
from segue.models.llara.decode import Titles, score_titles
from segue.models.llara.learn import Settings, learn, titles_of, write
from segue.models.llara.network import HybridSession, Projector, Writer, soft_start
from segue.models.recommender import is_fitted
from segue.models.retrieval.dense import unit
from segue.tokens.vocabulary import Vocabulary

CLOSENESS = 1e-3
"""Weight of the closeness that orders tracks of one title: small enough to leave titles in their order."""


class LLaRA(ListeningLM):
    """A trained LLaRA over a workspace's catalogue.

    Tracks of one title share its probability evenly and are ordered by the cosine of their ID embedding and
    the mean one of what was heard.

    Args:
        catalogue: may have tracks more than there are ID embeddings: those are read as text alone.
        model: a causal LM with the markers in its vocabulary.
        tokenizer: its tokenizer.
        projector: from ID embeddings to soft tokens.
        ids: ID embeddings (n, dim) of the first n tracks and which of them have one.
        card: of the training.
    """

    name: ClassVar[str] = "llara"
    made_by: ClassVar[str] = "train llara"
    settings_type = Settings
    reads = ("log", "features")

    def __init__(
        self,
        catalogue: Catalogue,
        model: Any,
        tokenizer: Any,
        projector: Projector,
        ids: Feature,
        card: dict[str, Any],
    ) -> None:
        super().__init__(catalogue, model, tokenizer, card)
        self.projector, self.settings = projector.eval(), Settings(**card["settings"])
        more = len(catalogue) - len(ids.present)
        self.vectors = np.pad(ids.matrix, ((0, more), (0, 0)))
        self.present = np.pad(ids.present, (0, more))
        self.directions = unit(np.where(self.present[:, None], self.vectors, 0))
        vocabulary = Vocabulary((), (), card["first"])
        self.writer = Writer(tokenizer, vocabulary, titles_of(catalogue, self.settings.artist), self.present)
        self.titles = Titles(self.writer.titles, self.writer.end)
        vectors = torch.from_numpy(self.vectors).to(next(projector.parameters()).device)
        self.session = HybridSession(model, projector, vectors, soft_start(vocabulary))

    def _score(self, request: Request) -> Floats:
        rows = self.heard(request, self.settings.length)
        prompt = self.writer.prompt(rows)
        check_room(len(prompt) + self.titles.longest, self.model, self.settings.size)
        self.session.read(prompt)
        tracks = self.allowed(request)
        allowed = np.zeros(len(self.titles), bool)
        allowed[self.titles.of_track[tracks]] = True
        width = len(self.titles) if len(self.titles) <= EXACT else self.settings.width
        found = score_titles(self.session, self.titles, width, allowed if allowed.any() else None)
        of_track = self.titles.of_track
        scores = put_below(found.scores[of_track] - self.titles.crowd, found.whole[of_track])
        return np.asarray(scores + CLOSENESS * self._closeness(rows), np.float32)

    def _closeness(self, rows: Rows) -> Floats:
        """Cosine (n_tracks,) of each track's ID embedding and the mean of those heard; 0 without one."""
        centre = self.directions[rows].sum(axis=0, keepdims=True)
        return np.asarray((self.directions @ unit(centre).T)[:, 0], np.float32)

    @classmethod
    def made_of(cls, library: Library) -> Made | None:
        """Its own inputs, and the sequential model whose vectors it may take for IDs."""
        if not library.in_workspace:
            return None
        ids = ("model sasrec",) if is_fitted(library, "sasrec") else ()
        return stages.made(library.workspace, f"models/{cls.name}", (*cls.reads, *ids))

    @classmethod
    def _learn(cls, library: Library, settings: Settings, work: Path) -> Self:
        network, model, tokenizer, ids, card = learn(library, settings, work)
        return cls(library.catalogue, model, tokenizer, network.projector, ids, card)

    def _save(self, directory: Path) -> None:
        write(directory, self.model, self.tokenizer, self.projector, self.vectors, self.present, self.card)

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        card = read_card(directory, cls.made_by)
        tensors = load_file(directory / "projector.safetensors")
        ids = Feature(tensors.pop("vectors").numpy(), tensors.pop("present").numpy())
        width, dim = tensors["layers.0.weight"].shape
        projector = Projector(dim, width, 1.0)
        projector.load_state_dict(tensors)
        model = shared_lm(str(directory))
        tokenizer = load_tokenizer(str(directory))
        return cls(library.catalogue, model, tokenizer, projector.to(best_device()), ids, card)
