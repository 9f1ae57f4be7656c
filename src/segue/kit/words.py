"""The words of a text, as retrieval and the guard of sentences count them."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words of a text in any script: case folded, accents stripped, no stemming."""
    # Case first: some capitals fold to letters with marks, which the decomposition then takes off.
    folded = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))
