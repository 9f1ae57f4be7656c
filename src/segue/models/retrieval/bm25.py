"""BM25: the words of the dialogue against the words of the tracks."""

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import bm25s
import numpy as np
import Stemmer
from bm25s.stopwords import STOPWORDS_EN
from scipy import sparse

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.settings import Settings
from segue.kit.words import words
from segue.kit.workspace import read_json, write_json
from segue.models.recommender import Recommender

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG
STOP_WORD = 0.1
"""The most that a stop word counts: where few listeners were heard, "and" looks rare."""
ENOUGH_REAL = 10
"""So many dialogues of people are enough to count their words alone; below, simulated ones count, too."""
_stem_words: Callable[[list[str]], list[str]] = Stemmer.Stemmer("english").stemWords
_STOPPED = frozenset(_stem_words(list(STOPWORDS_EN)))


def stems(text: str) -> list[str]:
    """The English stems of the words of a text, one a word."""
    return _stem_words(words(text))


def decayed(texts: Sequence[str], decay: float) -> list[tuple[str, float]]:
    """Each text with its weight, oldest first: 1 for the last, `decay` for the one before, and so on."""
    return [(text, decay**age) for age, text in zip(range(len(texts))[::-1], texts, strict=True)]


def word_rarity(texts: Iterable[str]) -> dict[str, float]:
    """Stem -> how seldom listeners say it, in (0, 1]: "playlist" or "please" count for next to nothing.

    The squared idf of a stem among the texts, 1 for a stem said once, at most `STOP_WORD` for an English stop
    word. A stem that is not listed counts 1.
    """
    counts = [set(stems(text)) for text in texts]
    frequency = Counter(stem for said in counts for stem in said)
    top = math.log1p(len(counts))
    found = {stem: (math.log((1 + len(counts)) / n) / top) ** 2 for stem, n in frequency.items()}
    return found | {stem: min(found.get(stem, 1.0), STOP_WORD) for stem in _STOPPED}


class BM25Settings(Settings):
    """How what was said before counts."""

    decay: float = 0.4
    """Weight of an utterance relative to the one after it; 0 is the current one alone."""


class BM25(Recommender):
    """BM25 of the tracks' texts for what the listener said: earlier and commonly said words count less.

    The index is a plain function of the catalogue, so it is built again on loading: a track added after
    `fit` is found at once. Source: TalkPlay appendix D (the text of a track).

    Args:
        rarity: weight of each stem in a query, 1 where it is not listed (see `word_rarity`).
    """

    name = "bm25"
    reads = ("dialogues",)
    settings_type = BM25Settings

    def __init__(
        self,
        catalogue: Catalogue,
        decay: float = 0.4,
        rarity: dict[str, float] | None = None,
        texts: Sequence[str] | None = None,
    ) -> None:
        super().__init__(catalogue)
        self.decay, self.rarity = decay, rarity or {}
        self.texts = catalogue.texts if texts is None else texts

    @classmethod
    def _fit(cls, library: Library, settings: BM25Settings) -> Self:
        """The index, and the rarity of the listeners' words in the training dialogues."""
        dialogues = library.catalogue.dialogues_of("train")
        real = [d for d in dialogues if not d.simulated]
        # Templates say little of how people talk: a few real dialogues beat thousands of simulated ones.
        heard = real if len(real) >= ENOUGH_REAL else dialogues
        said = (t.content for d in heard for t in d.turns if t.role == "user")
        return cls(library.catalogue, settings.decay, word_rarity(said))

    @cached_property
    def _index(self) -> tuple[dict[str, int], Any]:
        """Vocabulary (stem -> row) and the BM25 weights, sparse (n_stems, n_tracks)."""
        texts = [stems(text) for text in self.texts]
        index = bm25s.BM25()
        index.index(texts, show_progress=False)
        parts = (index.scores["data"], index.scores["indices"], index.scores["indptr"])
        # As one sparse matrix: a batch of weighted queries is then one product. The library numbers stems in
        # the order of a set, another one in every process: sums taken in that order differ in the last digit.
        weights = sparse.csr_array(parts, shape=(len(parts[2]) - 1, len(texts)))
        known = sorted(stem for stem in index.vocab_dict if stem)
        places = [index.vocab_dict[stem] for stem in known]
        return {stem: row for row, stem in enumerate(known)}, weights[places]

    def score_texts(self, queries: Sequence[Sequence[tuple[str, float]]]) -> Floats:
        """Scores, float32 (n_queries, n_tracks), of queries that are texts with weights.

        A track that shares nothing but stop words with a query that has other words scores 0.
        """
        vocabulary, weights = self._index
        rows, columns, values = [], [], []
        stopped, says_more = [], np.zeros((len(queries), 1), bool)
        for row, query in enumerate(queries):
            for text, weight in query:
                for stem in stems(text):
                    says_more[row] |= stem not in _STOPPED
                    if stem in vocabulary:
                        rows.append(row)
                        columns.append(vocabulary[stem])
                        values.append(weight * self.rarity.get(stem, 1.0))
                        stopped.append(stem in _STOPPED)
        places, shape = (rows, columns), (len(queries), weights.shape[0])
        given = np.array(values, np.float32)
        bag = sparse.csr_array((given, places), shape=shape)
        telling = sparse.csr_array((np.where(stopped, 0, given), places), shape=shape)
        scores = np.asarray((bag @ weights).toarray(), np.float32)
        only_stop_words = (telling @ weights).toarray() <= 0
        return np.where(says_more & only_stop_words, np.float32(0), scores)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores of the words said, float32 (n_requests, n_tracks); 0 without a shared word."""
        return self.score_texts([decayed(request.said, self.decay) for request in requests])

    def _save(self, directory: Path) -> None:
        write_json(directory / "config.json", {"decay": self.decay, "rarity": self.rarity})

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config = read_json(directory / "config.json")
        return cls(library.catalogue, **config)
