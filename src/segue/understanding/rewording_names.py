"""What is said of a name beside it, said as it mostly is: "Drive, which is by The Cars" is by them."""

from __future__ import annotations

import re
from functools import cache

from segue.understanding.everyday import famous
from segue.understanding.text import key

_ENOUGH = re.compile(
    r",? *\b(?:funnily|oddly|strangely|curiously|weirdly|ironically|surprisingly|amusingly|annoyingly)"
    r" enough\b,?",
    re.IGNORECASE,
)
"""What only says that something is odd, and that nothing is too much."""
_WHICH_BY = re.compile(
    r"(?<=[\w'’\"”]),? +(?:[-–—] +)?(?:which(?:['’]?s| is| was)|(?<=, )(?:it|that)(?:['’]?s| is| was))"
    r"(?: (?:also|of course|actually|obviously|originally|really))*"
    r" (?:(?:sung|done|recorded|performed|made|played) )?by (?=\w)",
    re.IGNORECASE,
)
"""Whose a title is, in a clause of its own."""
_STOP_BY = re.compile(
    r"^((?:(?!\b(?:no|not|without|dont|stop)\b|['’]t\b)[\w'’ !&-]){2,50})[.,;]+ +(?:[-–—] +)?by "
    r"(?!(?:the (?:way|time|book)|then|now|far|chance|all|any|mistake|request|which|myself|tomorrow)\b)",
    re.IGNORECASE,
)
"""Whose a title is, behind a mark: "War. by Edwin Starr"."""
_HEARD_THEM = re.compile(
    r"(?<=[\w'’])(?:,|;| [-–—])+ *(?:because |cause |cos |as |since )?I(?:['’]?ve| have)?"
    r" (?:just |already |only )*(?:heard|had)"
    r" (?:them|it|him|her|that|this|those|all of (?:them|it)|enough of (?:them|it|him|her))\b[^,;!?]*$",
    re.IGNORECASE,
)
"""Why somebody is not wanted: "no Adele, I've heard her in every shop"."""
_NOT_ASIDE = re.compile(r"(\b(?:not|no|without)\b[\w'’ ]{2,40}?) - ", re.IGNORECASE)
"""What is refused before a dash."""
_PUT_ON = re.compile(
    r"^(?P<led>(?:(?:please|ok|okay|and|now|can you|could you|will you|just) )*)"
    r"(?:put|stick|pop|whack|bung|chuck|slap|throw)(?: me)? "
    r"(?:(?:a (?:bit|little|touch|spot|drop) of|some) )?"
    r"(?!(?:it|that|this|them|those|these|the (?:first|second|third|last|other|previous|next|one|same)"
    r"|some(?:thing)?|any(?:thing)?|a|an|on|in|me|us|back|number|\d+|one|another|more)\b)"
    r"(?P<what>[\w'’&-]+(?: [\w'’&-]+){0,4}) on(?P<end>(?:,? (?:please|pls|now|then|next))*\W*)$",
    re.IGNORECASE,
)
"""What is put on, named before the "on"."""
_HIT_ME = re.compile(
    r"^(?P<led>(?:(?:please|ok|okay|right|and|now|go on|then|so|well|can you|could you|will you|just),? )*)"
    r"(?:(?:hit|treat|bless) (?:me|us) (?:with|to)|(?:let['’]?s|let us) (?:be )?(?:have|having)"
    r"|(?:can|could|will|would) (?:you|u) (?:find|get|dig out)(?: (?:me|us))?) "
    r"(?!(?:it|that|this|them|some|any|something|anything|a|an|another|more|one|two|your"
    r"|the (?:same|next|other))\b)"
    r"(?P<what>[^.!?;]+?)(?: for (?:me|us))?(?P<end>(?:,? (?:please|pls|now|then|next))*\W*)$",
    re.IGNORECASE,
)
"""Who is to be hit with a song."""
_DASHED = re.compile(
    r"^\W*(?P<who>[\w'’.&/ ]{2,30}?) +[-–—] +"
    r"(?P<what>(?!(?:the one|something|anything|more|by|no|not|i|but|and)\b)[\w'’.&() ]{2,40}?)\W*$"
)
_THEN = re.compile(
    r"^((?:(?!\b(?:first|no|not|make|it|that|this|them|one|go|do|add|put|keep|give|take|\d+)\b)"
    r"[\w'’&]+ ?){1,3})"
    r" then *[,:;–—-]+ +(?=\w)",
    re.IGNORECASE,
)
"""A wish that gives way to another, and then what of it: "beatles then, let it be" is no list of two."""
_KISS = re.compile(r"(?<=[\w!?.]) +[xX]{1,4}\W*$")
_BEFORE_X = frozenset(
    "by play hear band artist group called the and or of like malcolm some any more another no not is "
    "generation model racer film brand project formula vitamin factor".split()
)
"""Words behind which an x is a name or part of one."""


def beside(text: str) -> str:
    """A text in which what is told of a name in a clause of its own stands right behind it, and no kiss."""
    text = _DASHED.sub(_by_whom, text)
    text = _NOT_ASIDE.sub(r"\1, ", _HEARD_THEM.sub("", text))
    text = _STOP_BY.sub(r"\1 by ", _WHICH_BY.sub(" by ", _ENOUGH.sub("", text)))
    text = _THEN.sub(r"\1, ", _HIT_ME.sub(r"\g<led>play \g<what>\g<end>", text))
    return _PUT_ON.sub(r"\g<led>play \g<what>\g<end>", unkissed(text))


def _by_whom(match: re.Match[str]) -> str:
    """A title behind its well-known artist and a dash: "pearl jam - alive" is "alive by pearl jam"."""
    who, what = (key(match[part]) in _well_known() for part in ("who", "what"))
    return f"{match['what']} by {match['who']}" if who and not what else match[0]


@cache
def _well_known() -> frozenset[str]:
    return frozenset(map(key, famous()))


def unkissed(text: str) -> str:
    """A text without the kisses behind it: "now Whitney x", but not "play X"."""
    bare = _KISS.sub("", text)
    words = re.findall(r"\w+", bare.casefold())
    return bare if words and words[-1] not in _BEFORE_X else text
