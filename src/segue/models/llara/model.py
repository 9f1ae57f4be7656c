"""LLaRA behind the contract: a track's score is the log-probability of its title after the hybrid prompt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from safetensors.torch import load_file

from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.errors import SegueError
from segue.features.store import Feature
from segue.language import load_causal_lm, load_tokenizer
from segue.models.dense import unit
from segue.models.llara.decode import Titles, score_titles
from segue.models.llara.learn import Settings, titles_of, train, write
from segue.models.llara.network import HybridSession, Projector, Writer, soft_start
from segue.models.log_lm import EXACT, Rows, check_room, put_below
from segue.models.recommender import Recommender
from segue.models.talkplay.decode import fitting_threads
from segue.request import Request
from segue.tokens.vocabulary import Vocabulary
from segue.workspace import Workspace, read_card

CLOSENESS = 1e-3
"""Weight of the closeness that orders tracks of one title: small enough to leave titles in their order."""


class LLaRA(Recommender):
    """A trained LLaRA over a workspace's catalogue.

    Args:
        catalogue: may have tracks more than there are ID embeddings: those are read as text alone.
        model: a causal LM with the markers in its vocabulary.
        tokenizer: its tokenizer.
        projector: from ID embeddings to soft tokens.
        ids: ID embeddings (n, dim) of the first n tracks and which of them have one.
        card: of the training.
    """

    name: ClassVar[str] = "llara"
    made_by: ClassVar[str] = "train --model llara"

    def __init__(
        self,
        catalogue: Catalogue,
        model: Any,
        tokenizer: Any,
        projector: Projector,
        ids: Feature,
        card: dict[str, Any],
    ) -> None:
        super().__init__(catalogue)
        self.model, self.tokenizer, self.card = model.eval(), tokenizer, card
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

    def score(self, requests: Sequence[Request]) -> Floats:
        """Log-probabilities, float32 (n, n_tracks): exact for the titles that beams reached, below them else.

        Tracks of one title share its probability evenly and are ordered by the cosine of their ID embedding
        and the mean one of what was heard.

        Raises:
            SegueError: a prompt does not fit the backbone.
        """
        if not requests:
            return np.zeros((0, len(self.catalogue)), np.float32)
        with fitting_threads(self.model):
            return np.stack([self._score(request) for request in requests])

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
    def fit(cls, workspace: Workspace, *, seed: int = 0, **settings: Any) -> Self:
        """Train shortly (`tiny`, 300 steps, the playlist feature) or as `settings` say."""
        short: dict[str, Any] = {"size": "tiny", "steps": 300, "ids": "playlist"} if not settings else {}
        directory = train(workspace, Settings(seed=seed, **(short | settings)))
        return cls.load(directory, workspace)

    def _save(self, directory: Path) -> None:
        write(
            directory,
            self.model,
            self.tokenizer,
            self.projector,
            self.vectors,
            self.present,
            self.catalogue,
            self.card,
        )

    @classmethod
    def _load(cls, directory: Path, workspace: Workspace) -> Self:
        card = read_card(directory, cls.made_by)
        catalogue = Catalogue.load(workspace)
        known = json.loads((directory / "track_ids.json").read_text("utf-8"))
        if known != catalogue.ids[: len(known)].tolist():
            cure = f"run `segue {cls.made_by}` again"
            raise SegueError("was trained on another catalogue", str(directory), cure)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        tensors = load_file(directory / "projector.safetensors")
        ids = Feature(tensors.pop("vectors").numpy(), tensors.pop("present").numpy())
        width, dim = tensors["layers.0.weight"].shape
        projector = Projector(dim, width, 1.0)
        projector.load_state_dict(tensors)
        model = load_causal_lm(str(directory)).to(device)
        tokenizer = load_tokenizer(str(directory))
        return cls(catalogue, model, tokenizer, projector.to(device), ids, card)
