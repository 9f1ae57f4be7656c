"""The words of a text, as retrieval and the guard of sentences count them."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words of a text in any script: case folded, accents stripped, no stemming."""
    # Case first: some capitals fold to letters with marks, which the decomposition then takes off.
    folded = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))


def distinct2(texts: Sequence[str]) -> float:
    """The share of different ones among all pairs of neighbouring words; 0 where there is none."""
    pairs = [pair for text in texts for pair in pairwise(words(text))]
    return len(set(pairs)) / len(pairs) if pairs else 0.0
