"""Long texts into vectors whole: cut into chunks that the encoder can read, encoded, pooled.

Every text encoder stops reading somewhere (MiniLM after 256 tokens, MPNet after 384), most lyrics are longer,
and what is silently cut off is half a song. Source: the limits are multimodal E4SRec 5.2; pooling is ours.
"""

import re
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from segue.encoders.text import Encoder
from segue.kit.arrays import Floats

BORDERS = tuple(map(re.compile, (r"\n\s*\n", r"\n", r"(?<=[.!?…。！？])\s*", r"\s+")))
"""Where a text may be cut, the best place first: between verses, lines, sentences, words."""


@runtime_checkable
class Bounded(Encoder, Protocol):
    """An encoder that tells how much it reads."""

    @property
    def limit(self) -> int:
        """Tokens it reads of a text."""

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, nothing cut."""


class WholeText:
    """An encoder that reads texts of any length to their end.

    A text that fits is encoded as it is. A longer one is halved at the best border near its middle until
    every chunk fits; its vector is the mean of the chunks' vectors, weighted by their tokens, at unit length.
    """

    def __init__(self, encoder: Bounded) -> None:
        self.encoder = encoder

    @property
    def identity(self) -> str:
        """The encoder's, marked: vectors of long texts differ."""
        return f"{self.encoder.identity}/whole"

    def encode(self, texts: Sequence[str], *, progress: str = "") -> Floats:
        """Unit vectors, float32 (n_texts, dim)."""
        chunked = [self.chunks(text) for text in texts]
        flat = [chunk for chunks in chunked for chunk, _ in chunks]
        vectors = self.encoder.encode(flat, progress=progress)
        pooled = np.empty((len(texts), vectors.shape[1]), dtype=np.float32)
        start = 0
        for row, chunks in enumerate(chunked):
            part = vectors[start : start + len(chunks)]
            start += len(chunks)
            pooled[row] = part[0] if len(chunks) == 1 else pooled_vector(part, [n for _, n in chunks])
        return pooled

    def chunks(self, text: str) -> list[tuple[str, int]]:
        """The text in chunks that fit, with the tokens of each."""
        n_tokens = self.encoder.lengths([text])[0]
        halves = halved(text) if n_tokens > self.encoder.limit else []
        if not halves:
            return [(text, n_tokens)]
        return [chunk for half in halves for chunk in self.chunks(half)]


def pooled_vector(vectors: Floats, weights: Sequence[int]) -> Floats:
    """The weighted mean of unit vectors (n, dim), at unit length; (dim,)."""
    mean = np.average(vectors.astype(np.float64), axis=0, weights=weights)
    length = np.linalg.norm(mean)
    # Vectors that cancel each other out leave no direction; then the first one speaks.
    unit = mean / length if length > 1e-6 else vectors[0]
    return np.asarray(unit, dtype=np.float32)


def halved(text: str) -> list[str]:
    """The text in two at the best border in its middle half, nearest to the middle; [] for one character.

    Where there is no border in the middle half, between any two characters.
    """
    text = text.strip()
    if len(text) < 2:
        return []
    middle = len(text) / 2
    for border in BORDERS:
        places = [m.span() for m in border.finditer(text) if abs(m.start() - middle) <= len(text) / 4]
        places = [(a, b) for a, b in places if text[:a].strip() and text[b:].strip()]
        if places:
            a, b = min(places, key=lambda span: abs(span[0] - middle))
            return [text[:a].strip(), text[b:].strip()]
    return [text[: len(text) // 2], text[len(text) // 2 :]]


def whole(encoder: Encoder) -> Encoder:
    """The encoder so that it reads texts to their end; as it is where it does not tell how much it reads."""
    return WholeText(encoder) if isinstance(encoder, Bounded) else encoder
