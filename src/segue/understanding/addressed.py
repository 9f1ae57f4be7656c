"""Who is spoken to or asks, and politeness at the end: "two more, mate", "my aunt asks ...", "if you can"."""

from __future__ import annotations

import re

_WHOM = (
    "mate|matey|pal|hun|hon|bruv|bruh|bro|fam|yaar|darlin|darling|sweetie|sweetheart|buddy|bud|dude|lads|chaps"
    "|folks|maam|ma'am|my (?:friend|love|dear|good man)|good sir|kind sir"
)
_BEFORE = "".join(
    rf"(?<!\b{w})" for w in "my oh play hear the a an by of like for to and with our your".split()
)
_TO_WHOM = re.compile(rf"(?<=\w){_BEFORE},? (?:{_WHOM})(?=\W*$)", re.IGNORECASE)
"""Whom one speaks to, last of all; "my darling" is no such one."""
_IF_POSSIBLE = re.compile(
    r"(?:(?<=\w), (?:would|will|could|can) (?:you|ya|u)|(?<=\w),? if "
    r"(?:(?:that|it)(?:['’]?s| is| isn['’]?t)? )?(?:at all |not )?"
    r"(?:possible|ok|okay|all ?right|allowed|too much trouble|(?:you|one) (?:can|could|may|would|please|like)"
    r"))(?=\W*$)",
    re.IGNORECASE,
)
_WHO_ASKS = re.compile(
    r"^(?:and |so )?(?:(?:my|the|our) [\w-]+(?: [\w-]+)?|he|she|they) "
    r"(?:asks?|is asking|are asking|wants? to know|wonders?)(?: if| whether)?:? "
    r"(?=(?:is|are|was|who|what|which|when|where|how|did|does|do)\b)",
    re.IGNORECASE,
)
"""Who asks: "my aunt asks is this classical"."""


def unaddressed(text: str) -> str:
    """A text without those words, where anything else is said."""
    return _WHO_ASKS.sub("", _TO_WHOM.sub("", _IF_POSSIBLE.sub("", text)))
