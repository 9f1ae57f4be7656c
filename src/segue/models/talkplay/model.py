"""TalkPlay behind the recommenders' contract: train on dialogues, rank by probability or as published."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch

from segue.data.catalogue import Catalogue
from segue.data.codes import Codes, Tokens
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats, unit
from segue.kit.errors import SegueError
from segue.kit.workspace import read_card
from segue.llm.beams import level_scores, sample_inside, sample_tuple, search
from segue.llm.bias import Bias
from segue.llm.load import load_tokenizer, save_model, shared_lm
from segue.llm.session import Session, fitting_threads
from segue.models.recommender import Recommendation
from segue.models.retrieval.dense import CachedEncoder, shared_encoder
from segue.models.talkplay.learn import Settings, codebooks_hash, fresh_model, learn
from segue.models.talkplay.priors import Priors
from segue.models.talkplay.reply import Names, sentence
from segue.models.talkplay.sequence import Encoder
from segue.models.trained import Trained
from segue.tokens.lookup import Lookup, Rows, weights_of
from segue.tokens.trie import Trie
from segue.tokens.vocabulary import Vocabulary

Decoding = Literal["probability", "published"]
CLOSENESS = 1e-3
"""Weight of the closeness that orders tracks of one tuple: small enough to leave tuples in their order."""


class TalkPlay(Trained):
    """A trained TalkPlay model over a workspace's catalogue.

    Args:
        decoding: `probability` (beam over the trie, every track scored) or `published` (one sampled tuple,
            then weighted overlap). Source: TalkPlay 2.4.
        ask: an encoder and the tracks' vectors (n_tracks, dim) in its space: tracks that share a whole
            tuple are ordered by their cosine with what was just said.
        priors: of every track after a dialogue, added to the logits of its codes under both decodings.
    """

    name: ClassVar[str] = "talkplay"
    settings_type = Settings
    reads = ("codebooks", "dialogues")

    def __init__(
        self,
        catalogue: Catalogue,
        model: Any,
        tokenizer: Any,
        vocabulary: Vocabulary,
        tokens: Tokens,
        *,
        ask: tuple[CachedEncoder, Floats] | None = None,
        decoding: Decoding = "probability",
        width: int = 32,
        context: int = 1024,
        card: dict[str, Any] | None = None,
        seed: int = 0,
        priors: Priors | None = None,
    ) -> None:
        super().__init__(catalogue)
        self.model, self.tokenizer, self.vocabulary = model.eval(), tokenizer, vocabulary
        self.tokens, self.decoding, self.width = tokens, decoding, width
        self.ask, self.seed, self.context = ask, seed, context
        self.card = card or {}
        self.codes = vocabulary.full_codes(tokens.codes)
        self.priors = priors
        self.trie = Trie(self.codes) if priors is None else priors.trie
        _, tuple_of, sizes = np.unique(self.codes, axis=0, return_inverse=True, return_counts=True)
        # The chance of a tuple is shared by the tracks that have it.
        self.crowd = np.log(sizes[tuple_of.ravel()]).astype(np.float32)
        self.shares = vocabulary.shares(self.codes)
        self.encoder = Encoder(tokenizer, vocabulary, tokens.codes, catalogue.rows, context)
        self.session = Session(model)
        self.names: Names | None = None
        self._asked: tuple[Request, tuple[Bias, Floats]] | None = None

    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores (n, n_tracks): log-probabilities, or weighted overlaps under `published`."""
        scores = np.zeros((len(requests), len(self.codes)), np.float32)
        with fitting_threads(self.model):
            for row, request in enumerate(requests):
                if self.decoding == "probability":
                    scores[row] = self.finished(request, self.levels(request).sum(axis=0))
                else:
                    lookup, order = self.lookup
                    scores[row, order] = lookup.scores(self.sampled(request))
        return scores

    def levels(self, request: Request) -> Floats:
        """The log-probability of every track's code of each modality, float32 (n_modalities, n_tracks)."""
        self.session.read(self.encoder.prompt(request.messages))
        allowed = self.allowed(request)
        if not allowed.any():
            return np.zeros(self.codes.shape[::-1], dtype=np.float32)
        bias, _ = self._prior(request)
        beams = search(self.session, self.vocabulary, self.trie, self.width, allowed, self.shares, bias)
        return level_scores(beams, self.trie, self.codes, bias)

    def _prior(self, request: Request) -> tuple[Bias | None, Floats]:
        """The prior of the trie's nodes, and of each track within its tuple, (n_tracks,): once a request.

        Without priors, who shares a tuple shares its chance, and the nearest to what was said come first.
        """
        if self.priors is None:
            return None, CLOSENESS * self._closeness(request) - self.crowd
        # `levels` and `finished` ask for the same request one after the other.
        if self._asked is None or self._asked[0] is not request:
            state = self.session.read(self.encoder.prompt(request.messages))
            self._asked = (request, self.priors.of(request, state, self.allowed(request)))
        return self._asked[1]

    def finished(self, request: Request, scores: Floats) -> Floats:
        """Scores of tracks from those of their tuples, (n_tracks,); who may not come is behind all others."""
        found = scores + self._prior(request)[1]
        there = np.isfinite(found)
        return np.asarray(np.where(there, found, found[there].min(initial=0) - 1), dtype=np.float32)

    def _closeness(self, request: Request) -> Floats:
        """Cosine (n_tracks,) of each track's metadata and what was just said: orders tracks of one tuple."""
        if self.ask is None or not request.said:
            return np.zeros(len(self.codes), dtype=np.float32)
        encoder, vectors = self.ask
        return np.asarray(vectors @ encoder([request.said[-1]])[0], dtype=np.float32)

    def sampled(self, request: Request) -> Codes:
        """The tuple int16 (n_modalities,) that the model writes, negative where it is no code."""
        self.session.read(self.encoder.prompt(request.messages))
        # By the dialogue's length, so that the same request draws the same, and the next turn another.
        generator = torch.Generator().manual_seed(self.seed + len(self.session.ids))
        bias, _ = self._prior(request) if self.priors else (None, None)
        if bias is None:
            codes = np.array(sample_tuple(self.session, self.vocabulary, generator))
        elif self.allowed(request).any():
            found = sample_inside(self.session, self.vocabulary, self.trie, bias, self.shares, generator)
            codes = np.array(found)
        else:
            codes = np.full(len(self.vocabulary.sizes), -2)
        # "none" is a code of its own to the model, and no overlap to the lookup.
        codes[codes == np.asarray(self.vocabulary.sizes)] = -2
        return codes.astype(np.int16)

    @cached_property
    def lookup(self) -> tuple[Lookup, Rows]:
        """The published lookup over the tracks in the order of ties, and the row of each of them."""
        # The lookup breaks ties by row: rows in the order of ties give the contract's rule.
        order = np.argsort(self.tie_order)
        return Lookup(self.tokens.codes[order], weights_of(self.vocabulary.modalities)), order

    def recommend(self, requests: Sequence[Request] | Request, k: int = 10) -> Recommendation:
        """The best k tracks; as published they are looked up, and most tracks are never scored."""
        if self.decoding == "probability":
            return super().recommend(requests, k)
        requests, k = [requests] if isinstance(requests, Request) else requests, min(k, len(self.catalogue))
        ids = np.full((len(requests), k), None, dtype=object)
        best = np.full((len(requests), k), -np.inf, dtype=np.float32)
        lookup, order = self.lookup
        with fitting_threads(self.model):
            for n, request in enumerate(requests):
                places, scores = lookup.top(self.sampled(request), k, self.allowed(request)[order])
                ids[n, : len(places)], best[n, : len(places)] = self.catalogue.ids[order[places]], scores
        return Recommendation(ids, best)

    def published(self) -> TalkPlay:
        """The same model, recommending as published."""
        other = copy.copy(self)
        other.decoding = "published"
        return other

    def untrained(self) -> TalkPlay:
        """The same vocabulary and trie over the model as it was before training."""
        other, settings = copy.copy(self), self.card["settings"]
        size, seed, init = (settings[name] for name in ("size", "seed", "init"))
        start = fresh_model(size, self.tokens, self.catalogue, seed, init, shared=True)
        other.model, other.session = start.model.eval(), Session(start.model)
        other.priors, other._asked = self.priors and self.priors.fresh(), None
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
    def _learn(cls, library: Library, settings: Settings, work: Path) -> Self:
        """Trained on the training dialogues. Source: TalkPlay 2.3."""
        model, start, card, priors = learn(library, settings, work)
        trained = cls._of(library, model, start.tokenizer, card, priors)
        if priors is not None:
            held = library.catalogue.dialogues_of("validation")
            priors.settle(lambda request: trained.score([request])[0], held, settings.seed)
        return trained

    def _save(self, directory: Path) -> None:
        save_model(directory, self.model, self.tokenizer, self.card)
        if self.priors is not None:
            self.priors.save(directory / "priors")

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        card = read_card(directory, "train talkplay")
        if card["codebooks"] != codebooks_hash(library.workspace):
            cure = "run `segue train talkplay` again, or restore the codebooks"
            raise SegueError("trained with other codebooks than the workspace has now", str(directory), cure)
        model, tokenizer = shared_lm(str(directory)), load_tokenizer(str(directory))
        priors = None
        if card["settings"].get("priors"):
            priors = Priors.load(directory / "priors", library, vocabulary_of(card))
        return cls._of(library, model, tokenizer, card, priors)

    @classmethod
    def _of(
        cls, library: Library, model: Any, tokenizer: Any, card: dict[str, Any], priors: Priors | None
    ) -> Self:
        """The recommender of a trained model over a library."""
        return cls(
            library.catalogue,
            model,
            tokenizer,
            vocabulary_of(card),
            library.tokens,
            ask=closeness_of(library),
            context=card["settings"]["context"],
            card=card,
            priors=priors,
        )


def vocabulary_of(card: dict[str, Any]) -> Vocabulary:
    """The vocabulary that a model's card describes."""
    return Vocabulary(tuple(card["modalities"]), tuple(card["sizes"]), card["first"])


def closeness_of(library: Library) -> tuple[CachedEncoder, Floats] | None:
    """The encoder of the metadata feature and its unit vectors (n_tracks, dim); None without the feature."""
    if not library.has("metadata"):
        return None
    name = str(library.card("metadata")["encoder"]).partition("@")[0]
    return shared_encoder(name), unit(library.feature("metadata").matrix)
