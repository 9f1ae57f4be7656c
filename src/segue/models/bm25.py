"""BM25: the words of the dialogue against the words of the tracks."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import bm25s
import numpy as np
import Stemmer
from scipy import sparse

from segue.catalogue import Catalogue
from segue.models.recommender import Floats, Recommender, Request
from segue.workspace import Workspace, write_json

_WORD = re.compile(r"\w+")
_stem: Callable[[list[str]], list[str]] = Stemmer.Stemmer("english").stemWords


def words(text: str) -> list[str]:
    """The words of a text in any script: case folded, accents stripped, no stemming."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))


def decayed(texts: Sequence[str], decay: float) -> list[tuple[str, float]]:
    """Each text with its weight, oldest first: 1 for the last, `decay` for the one before, and so on."""
    return [(text, decay**age) for age, text in zip(range(len(texts))[::-1], texts, strict=True)]


def word_rarity(texts: Iterable[str]) -> dict[str, float]:
    """Word -> how seldom listeners say it, in (0, 1]: words of every second request count for little.

    idf of the words of `texts` over the idf of a word said once. A word that is never said is not listed;
    it counts 1.
    """
    counts = [set(_stem(words(text))) for text in texts]
    frequency = Counter(word for said in counts for word in said)
    top = np.log1p(len(counts))
    return {word: float(np.log((1 + len(counts)) / n) / top) for word, n in frequency.items()}


class BM25(Recommender):
    """BM25 of the tracks' texts for what the listener said, earlier words counting less.

    The index is a plain function of the catalogue, so it is built again on loading: a track added after
    `fit` is found at once. Source: TalkPlay appendix D (the text of a track).
    """

    name = "bm25"

    def __init__(
        self, catalogue: Catalogue, decay: float = 0.4, accepted: float = 0.0, rarity: dict[str, float] | None = None
    ) -> None:
        super().__init__(catalogue)
        self.decay, self.accepted, self.rarity = decay, accepted, rarity or {}

    @classmethod
    def fit(cls, workspace: Workspace, *, seed: int = 0, decay: float = 0.4, accepted: float = 0.0) -> Self:
        """The index and the rarity of the listeners' words in the training dialogues.

        Args:
            workspace: where the catalogue is.
            seed: changes nothing.
            decay: weight of an utterance relative to the one after it; 0 is the current one alone.
            accepted: weight of the text of the last accepted track; 0 leaves it out.
        """
        catalogue = Catalogue.load(workspace)
        dialogues = catalogue.dialogues_of("train")
        rarity = word_rarity(t.content for d in dialogues for t in d.turns if t.role == "user")
        return cls(catalogue, decay, accepted, rarity)

    @cached_property
    def _index(self) -> tuple[dict[str, int], Any]:
        """Vocabulary (stem -> row) and the BM25 weights, sparse (n_stems, n_tracks)."""
        texts = [_stem(words(text)) for text in self.catalogue.texts]
        index = bm25s.BM25()
        index.index(texts, show_progress=False)
        parts = (index.scores["data"], index.scores["indices"], index.scores["indptr"])
        vocabulary = {str(k): v for k, v in index.vocab_dict.items()}
        return vocabulary, sparse.csr_array(parts, shape=(len(parts[2]) - 1, len(texts)))

    def score_texts(self, queries: Sequence[Sequence[tuple[str, float]]]) -> Floats:
        """Scores, float32 (n_queries, n_tracks), of queries that are texts with weights."""
        vocabulary, weights = self._index
        rows, columns, values = [], [], []
        for row, query in enumerate(queries):
            for text, weight in query:
                for stem in _stem(words(text)):
                    if stem in vocabulary:
                        rows.append(row)
                        columns.append(vocabulary[stem])
                        values.append(weight * self.rarity.get(stem, 1.0))
        shape = (len(queries), weights.shape[0])
        bag = sparse.csr_array((np.array(values, np.float32), (rows, columns)), shape=shape)
        return np.asarray((bag @ weights).toarray(), np.float32)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores of the words said (and of accepted tracks, where asked for), float32 (n_requests, n_tracks)."""
        return self.score_texts([self._query(request) for request in requests])

    def _query(self, request: Request) -> list[tuple[str, float]]:
        query = decayed(request.said, self.decay)
        known = [self.catalogue.rows[i] for i in request.accepted if i in self.catalogue.rows]
        if self.accepted and known:
            query.append((self.catalogue.texts[known[-1]], self.accepted))
        return query

    def _save(self, directory: Path) -> None:
        config = {"decay": self.decay, "accepted": self.accepted, "rarity": self.rarity}
        write_json(directory / "config.json", config)

    @classmethod
    def _load(cls, directory: Path, workspace: Workspace) -> Self:
        config = json.loads((directory / "config.json").read_text("utf-8"))
        return cls(Catalogue.load(workspace), **config)
