"""What stands for other words: "every Daft Punk song you have", "bar Metallica", "hm. Rammstein then?"."""

from __future__ import annotations

import re

_ALL_OF = re.compile(
    r"\b(?:all|every)(?: of)?(?: the| your)? (?!of\b|songs\b|the\b)([\w' -]+?)"
    r"(?: (?:songs?|tracks?|stuff|music|tunes?))?"
    r" (?:that )?(?:you|u)(?:['’]?ve)? (?:have|got|have got|own)\b",
    re.IGNORECASE,
)
_ALL_OF_THEM = re.compile(
    r"^([\w' -]+ (?:songs|tracks|tunes))\W+all of (?:them|it|em|those)\b", re.IGNORECASE
)
"""All that is here: "every Daft Punk song you have", "Beatles songs, all of them"."""
_AS_RELEASED = re.compile(
    r"\bin (?:the )?order (?:(?:in which )?they "
    r"(?:came out|were (?:released|made|recorded)|appeared)|of release)\b",
    re.IGNORECASE,
)
_GO = re.compile(r"(?<=[.,;!] )(?:just )?go (?:wild|crazy|nuts|mad)\b", re.IGNORECASE)
_QUICK = re.compile(r"\bquick (?=(?:play ?)?list\b|mix\b|question\b|one\b|set\b)", re.IGNORECASE)


_LOT = re.compile(
    r"^(\W*(?:(?:ok|okay|no|nah|actually|right|well),? )*)"
    r"(?:bin|scrap|drop|ditch|clear|delete|lose|dump|chuck|scratch) "
    r"(?:the lot|it all|everything|them all|all of (?:it|them)|the (?:whole |entire )?(?:list|thing)"
    r"|(?:it|this|that)(?=[,.;:]+ (?:i|we|give|make|play|just|let)\b))"
    r"(?:[,.;:]+ | )(?!(?:but|except|apart|by|from|with|in|that|other|save)\b)(?:and |then |now )*(?=\w)",
    re.IGNORECASE,
)
"""A list that is given up for another: "bin the lot and give me five reggae ones"."""


_AGED = re.compile(
    r"\b((?:my|his|her|our|their|your)(?: \w+){0,2}?(?: \w+['’]?s)?|\w+['’]s) ([1-9][05]|18|21)(?:th|st)\b"
    r"(?! (?:century|song|track|one|anniversary|birthday|of|floor|time|place|party|century|wedding))",
    re.IGNORECASE,
)
"""A birthday that is told by its number: "songs for my mum's 60th"."""


_TO_SLEEP = re.compile(
    r"\b((?:put|putting|get|getting|rock|rocking|sing|singing|lull|lulling|send|sending|help|helping)\b"
    r"[^,.;!?]*?) to (?:sleep|bed)\b",
    re.IGNORECASE,
)
"""What is no way from one thing to another: "for putting the baby to sleep"."""


_IS_OUT = re.compile(
    r"^(.+? (?:is|are)|.+['’]s) out(?:,? (?:too|as well|also|now))*,? (?:sorry|please|then|i'm afraid)\W*$"
    r"|^(.+? (?:is|are)|.+['’]s) out,? (?:too|as well|also)\W*$",
    re.IGNORECASE,
)
"""What is only polite behind "is out": "Queen is out too, sorry"."""


_SOUND = re.compile(r"^\W*(?:h+m+|u+h*m+|uh+|er+m*|a+h+|o+h+|o+oh+|aw+)[.,!…]+\s+(?=\w)", re.IGNORECASE)
"""A sound before what is said, and its stop: "hm. Rammstein then?"."""


_BAR = re.compile(
    r"\b((?:all|any|every|each|anything|everything|everyone|nothing|none)\b[^,.;]*?) bar "
    r"(?!(?:music|songs?|jazz|piano|tunes?|room|night|and|or|vibes?|playlist)\b)",
    re.IGNORECASE,
)
"""What says "except": "all the metal bar Metallica"."""


def in_full(text: str) -> str:
    """A text in which all of something is "all the X songs", without what only sounds like a wish."""
    text = _AGED.sub(r"\1 \2th birthday", text)
    text = _TO_SLEEP.sub(r"\1 asleep", text)
    text = _IS_OUT.sub(lambda m: f"{m[1] or m[2]} out", text)
    text = _BAR.sub(r"\1 except ", text)
    text = _SOUND.sub("", text)
    text = _LOT.sub(r"\1forget all that, ", text)
    text = _AS_RELEASED.sub("oldest first", _GO.sub("", text))
    return _QUICK.sub("", _ALL_OF_THEM.sub(r"all the \1", _ALL_OF.sub(r"all the \1 songs", text)))
