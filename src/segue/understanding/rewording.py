"""What is said in other words, put as it is mostly said, before it is read: "hm. all but Metallica, mate"."""

from __future__ import annotations

import re

from segue.understanding import context
from segue.understanding.acts import TABLE
from segue.understanding.everyday import common, everyday
from segue.understanding.news import with_news
from segue.understanding.rewording_names import beside
from segue.understanding.rewording_questions import asked_first
from segue.understanding.rewording_ways import way_in_full
from segue.understanding.vocabulary import concepts, split, subgenres
from segue.understanding.years_spoken import dated

_IS = re.compile(rf"(?<=\w)['’]s(?= (?:{'|'.join(context.JUDGED)})\b)", re.IGNORECASE)
"""The end of a name that is one thing or another: "Queen's fine"."""
_ASKED_IS = re.compile(
    r"\b(?:((?:what|which|how) (?:year|album|record|genre|language|band|artist|singer|song|track|tempo|key"
    r"|one|old|long|fast))['’]?|(year|album|record|genre|language|band|artist|singer|song|track|tempo|key|one)['’])s"
    r"(?= (?:the|this|that|it|number|song|track|no|he|she|they|from|on)\b)",
    re.IGNORECASE,
)
"""What is asked for and then of what: "what album's that off"."""
_BESIDE_WHO = re.compile(
    r"(?:^\W*|(?<=[.,;!?] ))(?:and|so|but|ok|okay|oh|hey|well|yo|wait|right)[, ]+(?=who)", re.IGNORECASE
)
"""What stands before a question, and would make a name of it: "and who" is no band."""
_TAG = re.compile(
    r"^\W*(?!(?:who|what|which|when|where|how|why|and|so)\b)([\w' -]{2,30}?),? "
    r"(is|was) (it|this|that)\W*\?\W*$",
    re.IGNORECASE,
)
"""A question that comes after what it asks: "instrumental, is it?"."""
_GROUPS = {"pair": "two", "duo": "two", "trio": "three", "quartet": "four"}
_ARE = re.compile(r"\b(who|what|where)['’]re\b", re.IGNORECASE)
_WHEN = re.compile(r"\bwhen['’]?s\b(?! the last time)", re.IGNORECASE)
_THEM = re.compile(
    r"\b(of|all|both|play|got|put|drop|swap|keep|give me|add|loved?|hear|make|mix|shuffle|sort|reverse|turn"
    r"|cut|read|list|name|skip|want|need|move|order|lose|have|take) ['’]?em\b",
    re.IGNORECASE,
)
"""How "them" is said for short: "five of em"; in Portuguese it is another word."""
_GROUP = re.compile(
    rf"\ba ({'|'.join(_GROUPS)}) of (?=.*\b(?:songs|tracks|tunes|ones|numbers)\b)", re.IGNORECASE
)
_FINALLY = re.compile(
    r"(?:^|(?<=[.,;!] ))(?:and )?(?:finally|lastly),? (?=(?:one|an?|something|some|play|can|could|the)\b)",
    re.IGNORECASE,
)
"""What only says that it is the last wish, and is no title."""
_SHOULD_LIKE = re.compile(
    r"\b(i|we|she|he|they)(?: should|'d|d)(?: (?:very much|dearly|rather|quite|also|so|really))* like\b",
    re.IGNORECASE,
)
"""How "I would like" is said, too: "I should very much like to hear Ella Fitzgerald" is like nobody."""
_EVER = re.compile(r"\bnever(?: ,?ever)+\b", re.IGNORECASE)
_SMILEY = re.compile(
    r"(?:(?<=\s)|^)(?:[:;=8][-'^]?[)(\]\[DPpOo3*/|]+|<+3+|[xX]D+|\^[_.]*\^|\\o/|[)(]{1,3})(?=\s|$)"
)
"""Faces and hearts in letters, which are no words."""
_GREETED = re.compile(r"^\W*(morning|evening|afternoon)\s*(?:!+\s*$|[,!]+\s+(?=\w))", re.IGNORECASE)
_HALF_DOZEN = re.compile(r"\b(?:a )?half (?:a )?dozen\b", re.IGNORECASE)


_ENDINGS = {"new": "newer", "old": "older", "quick": "faster", "young": "newer"}
_ENDINGS |= dict.fromkeys("ancient antique aged".split(), "older")
_ENDINGS |= dict.fromkeys("actual fresh updated".split(), "newer")
_ENDINGS |= dict.fromkeys("rapid swift quickly rapidly".split(), "faster") | {"slowly": "slower"}
_ENDINGS |= dict.fromkeys("tranquil tranquilo calmly silent softly".split(), "calmer")
_ENDINGS |= dict.fromkeys("agitated powerful strong potent noisy".split(), "louder")
_ENDINGS |= dict.fromkeys("animated joyous".split(), "happier")


def _longer(match: re.Match[str]) -> str:
    """ "More new" and "more slow" in one word."""
    return _ENDINGS.get(match[2].casefold(), f"{match[2]}er".replace("eer", "er"))


def _longest(match: re.Match[str]) -> str:
    """ "The most new" and "the more old one" in one word."""
    return f"{match[1]} {_longer(match)[:-1]}st"


_MORE = re.compile(
    rf"\b(more) ({'|'.join(_ENDINGS)}|slow|fast|loud|soft|hard|short|long)\b(?! (?:songs?|music|stuff|ones?"
    r"|tracks?|school|skool|waves?|tunes?|albums?|artists?))",
    re.IGNORECASE,
)
_MOST = re.compile(
    rf"\b(the) (?:most|more(?= \w+ (?:ones?|songs?|tracks?|of)\b)) ({'|'.join(_ENDINGS)}|slow|fast|loud"
    r"|soft|hard|short|long|calm|quiet)\b(?! (?:rock|pop|jazz|core|house|wave|school|soul|metal|it|you))",
    re.IGNORECASE,
)
_PLAINLY = [
    (re.compile(said, re.IGNORECASE), plain)
    for said, plain in [*TABLE["SAID_PLAINLY"], *TABLE["SAID_ABROAD"]]
]
"""What is said in other words, and how it is read."""


def reworded(text: str) -> str:
    """A text with "is" where it is only an s, and "half a dozen" as six."""
    text = _MORE.sub(_longer, _MOST.sub(_longest, _SLASHED.sub(_either, text)))
    for said, plain in _PLAINLY:
        text = said.sub(plain, text)
    text = _IS_NO.sub(_not_such, _DRAWN.sub(_shortened, text))
    text = with_news(_middling(_unaddressed(_in_full(text))))
    text = beside(_GREETED.sub(r"good \1, ", _SMILEY.sub(" ", text)))
    text = dated(_ARE.sub(r"\1 are", _FINALLY.sub("", text)))
    text = _THEM.sub(r"\1 them", _WHEN.sub("when is", text))
    text = _SHOULD_LIKE.sub(r"\1 would like", asked_first(text))
    text = _EVER.sub("never", way_in_full(text))
    text = _GROUP.sub(lambda m: f"{_GROUPS[m[1].casefold()]} ", text)
    text = _TAG.sub(r"\2 \3 \1?", _BESIDE_WHO.sub("", text))
    return _HALF_DOZEN.sub("six", _ASKED_IS.sub(r"\1\2 is", _IS.sub(" is", text)))


_DRAWN = re.compile(r"\b(?!i+\b)[a-z]*([a-z])\1\1[a-z]*\b", re.IGNORECASE)


def _shortened(match: re.Match[str]) -> str:
    """A word that is drawn out, as it is spelt: "yesss", "sooo good", "goood"."""
    spelt = (re.sub(r"(.)\1\1+", letters, match[0], flags=re.IGNORECASE) for letters in (r"\1\1", r"\1"))
    return next((word for word in spelt if word.casefold() in _WORDS), match[0])


_WORDS = common() | everyday() | frozenset("yes no so please yeah nice more love".split())
_IS_NO = re.compile(
    r"^\W*(?:no+|nah|nope|ugh|eww?|wrong|wait|hey|but)\W+(?:(?:no|but|wait) )?(?:this|that|it)(?: one| song)?"
    r"(?:['’]?s| is)(?: (?:just|actually|literally|more|basically|still))?"
    r" ([\w-]+(?: [\w-]+)?)[.,;!]+ (?=\w)",
    re.IGNORECASE,
)


def _not_such(match: re.Match[str]) -> str:
    """What plays, and should not: "nah that's classical, like sad rap" is "not classical, like sad rap"."""
    known = (subgenres() | concepts()).get(tuple(split(match[1])))
    such = known is not None and known.kind in ("genre", "instrument", "country", "language")
    return f"not {match[1]}, " if such else match[0]


_SLASHED = re.compile(r"(?<![\w/])[\w&'-]+(?:/[\w&'-]+)+(?![\w/])")


def _either(match: re.Match[str]) -> str:
    """Genres with a slash between them, any of which will do: "folk/country"; "pop/rock" is one."""
    parts = match[0].split("/")
    known = subgenres() | concepts()
    genres = [c for p in parts if (c := known.get(tuple(split(p)))) and c.kind == "genre"]
    one = match[0].casefold() in ("pop/rock", "singer/songwriter", "new/wave", "death/doom")
    return match[0] if one or len(genres) < len(parts) else " or ".join(parts)


_ALL_OF = re.compile(
    r"\b(?:all|every)(?: of)?(?: the| your)? (?!of\b|songs\b|the\b)([\w' -]+?)"
    r"(?: (?:songs?|tracks?|stuff|music|tunes?))?"
    r" (?:that )?(?:you|u)(?:['’]?ve)? (?:have|got|have got|own)\b",
    re.IGNORECASE,
)
_ALL_OF_THEM = re.compile(
    r"^(?:the )?([\w' -]+?) (?:songs|tracks|tunes|ones|stuff|music)\W+all of (?:them|it|em|those)\b",
    re.IGNORECASE,
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
    r"\b((?:all|none|(?:any|every|no)(?:thing|one|body)?|each|whatever|whoever)\b[^,.;]*?) bar "
    r"(?!(?:music|songs?|jazz|piano|tunes?|room|night|and|or|vibes?|playlist)\b)",
    re.IGNORECASE,
)
"""What says "except": "all the metal bar Metallica"."""


def _in_full(text: str) -> str:
    """A text in which all of something is "all the X songs", without what only sounds like a wish."""
    text = _AGED.sub(r"\1 \2th birthday", text)
    text = _TO_SLEEP.sub(r"\1 asleep", text)
    text = _IS_OUT.sub(lambda m: f"{m[1] or m[2]} out", text)
    text = _BAR.sub(r"\1 except ", text)
    text = _SOUND.sub("", text)
    text = _LOT.sub(r"\1forget all that, ", text)
    text = _AS_RELEASED.sub("oldest first", _GO.sub("", text))
    return _QUICK.sub("", _ALL_OF_THEM.sub(r"all the \1 songs", _ALL_OF.sub(r"all the \1 songs", text)))


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


def _unaddressed(text: str) -> str:
    """A text without those words, where anything else is said."""
    return _WHO_ASKS.sub("", _TO_WHOM.sub("", _IF_POSSIBLE.sub("", text)))


_VERY = r"(?: (?:too|so|very|that|really))?"
_MIDDLING = re.compile(
    rf"\b(?:not|neither|nor|nothing){_VERY} (?:slow|fast|quick)(?:,? (?:and|or|but|nor|yet)|,)"
    rf"(?: (?:not|nor|neither))?{_VERY} (?:fast|slow|quick)(?: either)?\b",
    re.IGNORECASE,
)


_NOTHING_NOT = re.compile(
    r"\b(?:nothing|no (?:songs?|music|tracks?)|(?:don['’]?t|do not|never) (?:play|give|want|like)(?: me)?"
    r" anything) (?:that|which)(?: ?['’]?s| is| are)? ?(?:n['’]?t|not) ",
    re.IGNORECASE,
)
_IF_NOT = re.compile(
    r"\bif (?:it|they|that)(?:['’]?s| is| are)? ?(?:n['’]?t|not) ([\w'’& -]{2,30}?),?"
    r" (?:then )?(?:i (?:don['’]?t|do not)"
    r" (?:want|need|care|like)|forget|skip|i['’]?m not|don['’]?t|spare me|leave)\b.*$",
    re.IGNORECASE,
)
_NOT_SUNG_IN = re.compile(
    r"\b(no|not|without|nothing|none)((?: more| any| sung)?) (?:singing|singers?|vocals|voices|lyrics|words"
    r"|sung) in (?=[a-z]+)",
    re.IGNORECASE,
)


def _middling(text: str) -> str:
    """A text in which what is neither slow nor fast is of a medium tempo, and what is not not jazz is jazz.

    "No singing in English" is no English, whoever sings.
    """
    text = _IF_NOT.sub(r"only \1", _NOTHING_NOT.sub("only ", text))
    return _NOT_SUNG_IN.sub(r"\1\2 songs in ", _MIDDLING.sub("medium tempo", text))
