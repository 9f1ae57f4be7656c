"""Dense retrieval: the meaning of the dialogue against the meaning of the tracks' texts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from safetensors.numpy import load_file, save_file

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.encoders.text import TextEncoder
from segue.kit.arrays import Floats, unit
from segue.kit.settings import Settings
from segue.kit.workspace import read_json, write_json
from segue.models.recommender import Recommender
from segue.models.retrieval.bm25 import decayed


class DenseSettings(Settings):
    """Which encoder, and how what was said before counts."""

    encoder: str = "all-MiniLM-L6-v2"
    """Name or path of the text encoder."""
    decay: float = 0.2
    """Weight of an utterance relative to the one after it; 0 is the current one alone."""


class Dense(Recommender):
    """Cosine of a sentence encoder's vectors: what was said against each track's text, zero-shot.

    Source: TalkPlay appendix D (the text of a track; there with NV-Embed-v2).
    """

    name = "dense"
    reads = ("described",)
    settings_type = DenseSettings

    def __init__(
        self, catalogue: Catalogue, vectors: Floats, encoder: CachedEncoder, decay: float = 0.2
    ) -> None:
        super().__init__(catalogue)
        self.vectors, self.encoder, self.decay = vectors, encoder, decay

    @classmethod
    def _fit(cls, library: Library, settings: DenseSettings) -> Self:
        """The vectors of all tracks; nothing is trained."""
        catalogue, cached = library.catalogue, shared_encoder(settings.encoder)
        key = ("dense vectors", settings.encoder)
        vectors = library.once(key, lambda: cached.encode(catalogue.texts))
        return cls(catalogue, vectors, cached, settings.decay)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Cosines with what was said, float32 (n_requests, n_tracks); 0 where nothing was said."""
        return self.score_texts([decayed(request.said, self.decay) for request in requests])

    def score_texts(self, queries: Sequence[Sequence[tuple[str, float]]]) -> Floats:
        """Cosines, float32 (n_queries, n_tracks), with the weighted mean of each query's texts."""
        texts = list(dict.fromkeys(text for query in queries for text, _ in query))
        place = {text: n for n, text in enumerate(texts)}
        weights = np.zeros((len(queries), len(texts)), np.float32)
        for n, query in enumerate(queries):
            for text, weight in query:
                weights[n, place[text]] += weight
        if not texts:
            return np.zeros((len(queries), len(self.catalogue)), np.float32)
        return unit(weights @ self.encoder(texts)) @ self.vectors.T

    def _save(self, directory: Path) -> None:
        save_file({"tracks": self.vectors}, directory / "vectors.safetensors")
        write_json(directory / "config.json", {"encoder": self.encoder.name, "decay": self.decay})

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config = read_json(directory / "config.json")
        catalogue, encoder = library.catalogue, shared_encoder(config.pop("encoder"))
        vectors: Floats = load_file(directory / "vectors.safetensors")["tracks"]
        # Tracks that came after the fit are encoded now; the others' vectors are those that were saved.
        if len(vectors) < len(catalogue):
            vectors = np.concatenate([vectors, encoder.encode(catalogue.texts[len(vectors) :])])
        return cls(catalogue, vectors, encoder, **config)


class CachedEncoder:
    """A text encoder, loaded at its first use, that keeps the vectors of the texts it saw last."""

    def __init__(self, name: str, size: int = 20_000) -> None:
        self.name, self.size = name, size
        self._model: TextEncoder | None = None
        self._kept: OrderedDict[str, Floats] = OrderedDict()

    def encode(self, texts: list[str]) -> Floats:
        """Unit vectors, float32 (n_texts, dim), without the cache."""
        if self._model is None:
            self._model = TextEncoder(self.name)
        return np.asarray(self._model.encode(texts), np.float32)

    def __call__(self, texts: list[str]) -> Floats:
        """Unit vectors, float32 (n_texts, dim); only texts not kept are encoded, in one batch."""
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        # Taken out and put back at the end: what was asked last is forgotten last.
        found = {text: self._kept.pop(text) for text in dict.fromkeys(texts) if text in self._kept}
        if new:
            found |= dict(zip(new, self.encode(new), strict=True))
        self._kept |= found
        while len(self._kept) > self.size:
            self._kept.popitem(last=False)
        return np.stack([found[text] for text in texts])


def shared_encoder(name: str) -> CachedEncoder:
    """The encoder of this name, one for all recommenders: they are asked the same texts."""
    return _shared(name, TextEncoder)


@lru_cache(maxsize=4)
def _shared(name: str, _kind: object) -> CachedEncoder:
    return CachedEncoder(name)
