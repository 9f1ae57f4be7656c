"""Music tokens: codes written as words of an LLM's vocabulary. Source: TalkPlay 2.1, 2.2.

A track is `<start_of_music><|playlist-59|><|semantic-361|><|metadata-7|><end_of_music>`. Each modality has
one token a code and one for "missing" (`<|playlist-none|>`). Two markers, `<|title|>` and `<|artist|>`, stand
for the recommended track's own title and artist in a sentence, so that a sentence cannot misname it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from segue.kit.arrays import Floats

START, END = "<start_of_music>", "<end_of_music>"
TITLE, ARTIST = "<|title|>", "<|artist|>"
SPECIAL = (START, END, TITLE, ARTIST)

Ints = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Vocabulary:
    """The music tokens of a set of codebooks and their ids in an extended LLM.

    Args:
        first: id of the first music token, that is the LLM's own number of tokens.
    """

    modalities: tuple[str, ...]
    sizes: tuple[int, ...]
    first: int

    @cached_property
    def tokens(self) -> list[str]:
        """All added tokens in order of id: the special ones, then modality by modality, "none" last."""
        words = list(SPECIAL)
        for modality, size in zip(self.modalities, self.sizes, strict=True):
            words += [f"<|{modality}-{code}|>" for code in range(size)] + [f"<|{modality}-none|>"]
        return words

    def __len__(self) -> int:
        return len(SPECIAL) + sum(self.sizes) + len(self.sizes)

    @cached_property
    def offsets(self) -> Ints:
        """Shape (n_modalities,): id of each modality's code 0."""
        # One more than clusters: each modality ends with its "none".
        steps = np.cumsum([0] + [size + 1 for size in self.sizes[:-1]])
        return self.first + len(SPECIAL) + steps.astype(np.int64)

    def special(self, token: str) -> int:
        """The id of one of `SPECIAL`."""
        return self.first + SPECIAL.index(token)

    def full_codes(self, codes: np.ndarray[Any, Any]) -> Ints:
        """Codes (..., n_modalities) with "missing" (-1) as the last code of its modality, int64."""
        sizes = np.asarray(self.sizes, dtype=np.int64)
        return np.where(codes < 0, sizes, codes).astype(np.int64)

    def ids(self, codes: np.ndarray[Any, Any]) -> Ints:
        """Token ids of codes (..., n_modalities); -1 is the modality's "none" token."""
        return self.full_codes(codes) + self.offsets

    def none_id(self, level: int) -> int:
        """The id of one modality's "none" token."""
        return int(self.offsets[level]) + self.sizes[level]

    def shares(self, codes: Ints) -> list[Floats]:
        """Per modality (n_clusters,), the share of each cluster among the tracks that have the modality.

        Args:
            codes: full codes (n_tracks, n_modalities).
        """
        counts = [np.bincount(codes[:, m], minlength=n + 1)[:n] for m, n in enumerate(self.sizes)]
        return [np.asarray(c / max(c.sum(), 1), dtype=np.float32) for c in counts]
