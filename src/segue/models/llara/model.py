"""LLaRA behind the contract: a track's score is the log-probability of its title after the hybrid prompt."""

from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.data.store import Feature
from segue.kit.arrays import Floats, unit
from segue.kit.device import best_device
from segue.models.listening_lm import EXACT, LM, ListeningLM, Rows, check_room, put_below
from segue.models.llara.decode import Titles, score_titles
from segue.models.llara.learn import Settings, learn, titles_of
from segue.models.llara.network import HybridSession, Projector, Writer, soft_start
from segue.tokens.vocabulary import Vocabulary

CLOSENESS = 1e-3
"""Weight of the closeness that orders tracks of one title: small enough to leave titles in their order."""


class LLaRA(ListeningLM):
    """A trained LLaRA over a workspace's catalogue.

    Tracks of one title share its probability evenly and are ordered by the cosine of their ID embedding and
    the mean one of what was heard.

    Args:
        catalogue: may have tracks more than there are ID embeddings: those are read as text alone.
        ids: ID embeddings (n, dim) of the first n tracks and which of them have one.
    """

    name: ClassVar[str] = "llara"
    settings_type = Settings
    uses = ("sasrec",)

    def __init__(self, catalogue: Catalogue, lm: LM, projector: Projector, ids: Feature) -> None:
        super().__init__(catalogue, lm)
        self.projector, self.settings = projector.eval(), Settings(**lm.card["settings"])
        more = len(catalogue) - len(ids.present)
        self.vectors = np.pad(ids.matrix, ((0, more), (0, 0)))
        self.present = np.pad(ids.present, (0, more))
        self.directions = unit(np.where(self.present[:, None], self.vectors, 0))
        vocabulary = Vocabulary((), (), lm.card["first"])
        self.writer = Writer(
            lm.tokenizer, vocabulary, titles_of(catalogue, self.settings.artist), self.present
        )
        self.titles = Titles(self.writer.titles, self.writer.end)
        vectors = torch.from_numpy(self.vectors).to(next(projector.parameters()).device)
        self.session = HybridSession(lm.model, projector, vectors, soft_start(vocabulary))

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
    def _learn(cls, library: Library, settings: Settings, work: Path) -> Self:
        return cls(library.catalogue, *learn(library, settings, work))

    def _save(self, directory: Path) -> None:
        self.lm.save(directory)
        tensors = {name: t.cpu().contiguous() for name, t in self.projector.state_dict().items()}
        kept = {"vectors": torch.from_numpy(self.vectors), "present": torch.from_numpy(self.present)}
        save_file(tensors | kept, directory / "projector.safetensors")

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        lm = LM.load(directory, cls.made_by())
        tensors = load_file(directory / "projector.safetensors")
        ids = Feature(tensors.pop("vectors").numpy(), tensors.pop("present").numpy())
        width, dim = tensors["layers.0.weight"].shape
        projector = Projector(dim, width, 1.0)
        projector.load_state_dict(tensors)
        return cls(library.catalogue, lm, projector.to(best_device()), ids)
