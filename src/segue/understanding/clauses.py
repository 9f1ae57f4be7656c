"""The clauses of an utterance: the last one, and a question behind what it is about."""

from __future__ import annotations

import re

from segue.understanding.text import said_plainly

_OF_THAT = re.compile(
    r"^\W*(?:and |so |ok )?(the (?:(?:one|song|track) before|(?:first|last|second|third|previous)"
    r"(?: (?:one|song|track))?(?: of (?:the|those|these|them)(?: \w+)?)?))(?: (?:this|that)(?: one)?)?"
    r"\W+(is|was) (?:that|it|this) (?!called\b)(.*?)\W*$",
    re.IGNORECASE,
)
"""A question behind the track that it is about: "the one before, was that from the seventies?"."""


def asked_first(text: str) -> str:
    """A text with the question first: "was that from the seventies, the one before?"."""
    return _OF_THAT.sub(r"\2 that \3, \1?", text)


def last_said(text: str) -> str:
    """The folded words behind the last mark: "that's the one I know! Play it"."""
    return said_plainly(re.split(r"[.!?;]+\s+", text.strip())[-1])
