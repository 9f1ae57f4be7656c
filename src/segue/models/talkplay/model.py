"""TalkPlay behind the recommenders' contract: train on dialogues, rank by probability or as published."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch

from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.errors import SegueError
from segue.features.store import load as load_feature
from segue.language import load_causal_lm, load_tokenizer
from segue.models.recommender import Recommender
from segue.models.talkplay.decode import Session, sample_tuple, score_tracks, search
from segue.models.talkplay.learn import Settings, codebooks_hash, fresh_model, save_model, train
from segue.models.talkplay.reply import Names, sentence
from segue.models.talkplay.sequence import Encoder
from segue.request import Request
from segue.tokens.lookup import WEIGHTS, overlap_scores
from segue.tokens.quantise import Tokens
from segue.tokens.trie import Trie
from segue.tokens.vocabulary import Vocabulary
from segue.workspace import Workspace, read_card

Decoding = Literal["probability", "published"]


class TalkPlay(Recommender):
    """A trained TalkPlay model over a workspace's catalogue.

    Args:
        model: an extended causal LM.
        tokenizer: its tokenizer, with the music tokens.
        vocabulary: which token is which code.
        tokens: the catalogue's codes.
        decoding: `probability` (beam over the trie, every track scored) or `published` (one sampled tuple,
            then weighted overlap). Source: TalkPlay 2.4.
        width: beams.
        similarity: how much the likeness to the expected vector counts, which also orders tracks that share
            a whole tuple.
    """

    name: ClassVar[str] = "talkplay"

    def __init__(
        self,
        catalogue: Catalogue,
        model: Any,
        tokenizer: Any,
        vocabulary: Vocabulary,
        tokens: Tokens,
        *,
        vectors: dict[str, Floats] | None = None,
        decoding: Decoding = "probability",
        width: int = 32,
        similarity: float = 1.0,
        context: int = 1024,
        card: dict[str, Any] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(catalogue)
        self.model, self.tokenizer, self.vocabulary = model.eval(), tokenizer, vocabulary
        self.tokens, self.decoding, self.width = tokens, decoding, width
        self.similarity, self.vectors, self.seed, self.context = similarity, vectors or {}, seed, context
        self.card = card or {}
        self.codes = vocabulary.full_codes(tokens.codes)
        self.trie = Trie(self.codes)
        self.encoder = Encoder(tokenizer, vocabulary, tokens.codes, catalogue.rows, context)
        self.session = Session(model)
        self.names: Names | None = None

    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores (n, n_tracks): log-probabilities, or weighted overlaps under `published`."""
        one = self._by_probability if self.decoding == "probability" else self._as_published
        return (
            np.stack([one(r) for r in requests]) if requests else np.zeros((0, len(self.codes)), np.float32)
        )

    def _by_probability(self, request: Request) -> Floats:
        self.session.read(self.encoder.prompt(request.messages))
        allowed = self.allowed(request)
        if not allowed.any():
            return np.zeros(len(self.codes), dtype=np.float32)
        beams = search(self.session, self.vocabulary, self.trie, self.width, allowed)
        weights = np.ones(len(self.vocabulary.sizes), dtype=np.float32)
        scores, mixtures = score_tracks(beams, self.trie, self.codes, weights)
        found: Floats = scores + self.similarity * self._likeness(mixtures)
        return found

    def _likeness(self, mixtures: list[Floats]) -> Floats:
        """Sum over modalities of the cosine (in [-1, 1]) between a track and the expected centroid."""
        total = np.zeros(len(self.codes), dtype=np.float32)
        for modality, mixture in zip(self.vocabulary.modalities, mixtures, strict=False):
            if modality in self.vectors:
                expected = mixture[:-1].astype(np.float32) @ self.tokens.centroids[modality]
                total += self.vectors[modality] @ (expected / (np.linalg.norm(expected) + 1e-9))
        return total

    def _as_published(self, request: Request) -> Floats:
        self.session.read(self.encoder.prompt(request.messages))
        generator = torch.Generator().manual_seed(self.seed + len(self.session.ids))
        codes = np.array(sample_tuple(self.session, self.vocabulary, generator))
        weights = [WEIGHTS[m] for m in self.vocabulary.modalities]
        # "none" is a code of its own to the model, and no overlap to the lookup.
        codes[codes == np.asarray(self.vocabulary.sizes)] = -2
        return overlap_scores(self.tokens.codes, codes, weights).astype(np.float32)

    def published(self) -> TalkPlay:
        """The same model, recommending as published."""
        other = copy.copy(self)
        other.decoding = "published"
        return other

    def untrained(self) -> TalkPlay:
        """The same vocabulary and trie over the model as it was before training."""
        other, settings = copy.copy(self), self.card["settings"]
        start = fresh_model(settings["size"], self.tokens, self.catalogue, settings["seed"], settings["init"])
        other.model, other.session = start.model.eval(), Session(start.model)
        return other

    def say(self, request: Request, track_id: str) -> str:
        """A sentence about a track as the answer to a request; it names no other track."""
        if self.names is None:
            self.names = Names(self.catalogue)
        prompt = self.encoder.prompt(request.messages)
        row = self.catalogue.rows[track_id]
        return sentence(self.session, self.encoder, self.names, self.catalogue, prompt, row, self.seed)

    def reply(self, request: Request, k: int = 1) -> Iterator[list[str] | str]:
        """A stream: first the ids of the tracks, best first, then the sentence about the first of them."""
        ids = [i for i in self.recommend([request], k).ids[0] if i is not None]
        yield ids
        if ids:
            yield self.say(request, ids[0])

    @classmethod
    def fit(cls, workspace: Workspace, *, seed: int = 0, **settings: Any) -> Self:
        """Train on the workspace's training dialogues; see `learn.Settings` for what can be set."""
        directory = train(workspace, Settings(seed=seed, **settings))
        return cls._load(directory, workspace)

    def _save(self, directory: Path) -> None:
        save_model(directory, self.model, self.tokenizer, self.card)

    @classmethod
    def _load(cls, directory: Path, workspace: Workspace) -> Self:
        card = read_card(directory, "train")
        tokens = Tokens.load(workspace)
        if card["codebooks"] != codebooks_hash(workspace):
            cure = "run `segue train` again, or restore the codebooks"
            raise SegueError("trained with other codebooks than the workspace has now", str(directory), cure)
        model, tokenizer = load_causal_lm(str(directory)), load_tokenizer(str(directory))
        vocabulary = Vocabulary(tuple(card["modalities"]), tuple(card["sizes"]), card["first"])
        vectors = {m: unit_vectors(workspace, m) for m in vocabulary.modalities}
        context = card["settings"]["context"]
        return cls(
            Catalogue.load(workspace),
            model,
            tokenizer,
            vocabulary,
            tokens,
            vectors=vectors,
            context=context,
            card=card,
        )


def unit_vectors(workspace: Workspace, modality: str) -> Floats:
    """A feature's vectors (n_tracks, dim) at length one; zero where the track has none."""
    feature = load_feature(workspace, modality)
    norms = np.linalg.norm(feature.matrix, axis=1, keepdims=True)
    unit: Floats = feature.matrix / np.maximum(norms, 1e-9) * feature.present[:, None]
    return unit.astype(np.float32)
