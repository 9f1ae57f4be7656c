"""What somebody tells of their day, as what music is wanted for: "my dog died today" is sad news."""

from __future__ import annotations

import re

from segue.understanding.acts import TABLE
from segue.understanding.text import said_plainly

_TOLD = [(re.compile(said), occasion) for said, occasion in TABLE["NEWS"]]
"""Clauses that are news, and the occasion of words.toml that they are."""
_SAYS = re.compile(
    r"^(?:(?:so|well|oh|ugh|god|hi|hey|hello|sorry|and|but|man|dear|honestly|ok|yeah|you know) )*"
)


def _occasion(clause: str) -> str:
    """The occasion of which a clause tells, "" for none."""
    line = _SAYS.sub("", said_plainly(clause))
    return next((occasion for pattern, occasion in _TOLD if pattern.fullmatch(line)), "")


def with_news(text: str) -> str:
    """A text in which news are what music is for: "my dog died. something slow" is for sad news."""
    clauses = [c for c in re.split(r"(?<=[.!?,;])\s+|\s+-\s+", text.strip()) if c]
    told = [_occasion(c) for c in clauses]
    occasion = next(filter(None, told), "")
    if not occasion:
        return text
    rest = " ".join(c for c, of in zip(clauses, told, strict=True) if not of).strip(" .,;!?-")
    return f"{rest or 'something'} for {occasion}"
