"""The clauses of an utterance: the last one, and a question behind what it is about."""

from __future__ import annotations

import re

from segue.understanding.asked_late import in_order
from segue.understanding.small_talk import kinds
from segue.understanding.text import said_plainly

_OF_THAT = re.compile(
    r"^\W*(?:and |so |ok )?(the (?:(?:one|song|track) before|(?:first|last|second|third|previous)"
    r"(?: (?:one|song|track))?(?: of (?:the|those|these|them)(?: \w+)?)?))(?: (?:this|that)(?: one)?)?"
    r"\W+(is|was) (?:that|it|this) (?!called\b)(.*?)\W*$",
    re.IGNORECASE,
)
"""A question behind the track that it is about: "the one before, was that from the seventies?"."""


_PRAISE = "good|great|nice|lovely|better|best|fun|brilliant|amazing|awful|bad|cool|beautiful|ok|okay|enough"
_TAGGED = re.compile(
    r"^\W*(?:and |so |but |oh |wait )?(?:(it|this|that)(?: one| song| track)?(?:['’]?s| is| was)"
    r"|(the one before|the last one|the first one)(?:['’]?s| is| was))"
    rf" (?!.*\b(?:{_PRAISE})\b)"
    r"([\w' -]+?),? (?:isn|wasn|ain)['’]?t (?:it|that|he|she)\W*$",
    re.IGNORECASE,
)
"""What is asked by its end: "the one before was disco, wasn't it?"."""
_FACT = r"title|name|year|decade|date|album|record|artist|singer|band|group|composer|genre|tempo|key|language"
_TELL = re.compile(
    rf"^\W*(?:(?:and|so|oh|sorry|please|wait|can you|could you|would you|will you),? )*"
    rf"(?:remind|tell|give) (?:me|us)(?: again)?(?: of| about)? (?=(?:the|its|their|his|her) (?:{_FACT})\b)",
    re.IGNORECASE,
)
"""What only stands before what is asked: "remind me of the title?"."""
_YOU_SAID = re.compile(
    rf"\bwhat did (?:you|u) say (?:that )?((?:the|its|their|his|her) (?:{_FACT})) (is|was)\b", re.IGNORECASE
)


def asked_first(text: str) -> str:
    """A text with the question first: "was that from the seventies, the one before?"."""
    text = in_order(_YOU_SAID.sub(r"what \2 \1", _TELL.sub("", text)))
    text = _TAGGED.sub(lambda m: f"was {m[1] or 'that'} {m[3]}{f', {m[2]}' if m[2] else ''}?", text)
    return _OF_THAT.sub(r"\2 that \3, \1?", text)


def last_said(text: str) -> str:
    """The folded words behind the last mark: "that's the one I know! Play it"."""
    return said_plainly(re.split(r"[.!?;]+\s+", text.strip())[-1])


def clauses(text: str) -> list[str]:
    """What stands between the marks of a text."""
    return [c for c in re.split(r"[.!?;,]+\s+", text.strip()) if c]


def behind_talk(text: str) -> str:
    """A text without the clauses of small talk with which it begins: "grand. restart it please"."""
    said = clauses(text)
    while len(said) > 1 and kinds(said_plainly(said[0])):
        said.pop(0)
    return ", ".join(said)
