"""Questions that come late: "it came out when?", "love her voice. year?", "beautiful, isn't it?"."""

from __future__ import annotations

import re

from segue.understanding import acts
from segue.understanding.small_talk import kinds
from segue.understanding.text import said_plainly

_DO_YOU_KNOW = re.compile(
    r",? (?:(?:do|would|might) (?:you|ya|u)(?: (?:happen to|even|actually))? (?:know|remember|recall)"
    r"(?: (?:that|it))?|any (?:idea|clue|chance you know)|(?:can|could) (?:you|ya|u) (?:tell|say)(?: me)?"
    r"|if (?:you|ya|u) (?:know|remember)|(?:you|ya|u) know|by any chance|out of (?:interest|curiosity)"
    r"|just (?:out of )?curious|i (?:was )?wonder(?:ing)?)\W*$",
    re.IGNORECASE,
)
"""What only asks whether it is known, behind a question: "off which album, do you know?"."""
_OF_WHICH = re.compile(
    r"^\W*(?:(?:and|so|ok|oh|but),? )*(?P<at>from|off|on|in|by|of) (?P<what>(?:which|what)"
    r" (?:album|record|lp|year|decade|band|artist|singer|group|film|movie|country|language|genre))"
    r"(?P<it> (?:is|was) (?:it|this|that)(?: one| song| track)?)?(?: from| off| on)?\W*$",
    re.IGNORECASE,
)
"""What is asked with its little word before it: "off which album?"."""
_LED = r"^\W*(?:(?:and|so|ok|oh|but|wait|sorry|hm+),? )*"
_IT = r"(?P<it>(?:it|this|that|the (?:song|track|tune|one))(?: one| song| track| tune)?|he|she|they)"
_IS = r"(?:['’]?s| is| was| were)?"
_WHEN_LAST = re.compile(
    rf"{_LED}{_IT}{_IS}(?: (?P<verb>came|comes|made|released|recorded|written|sung|published|born|out|from))+"
    r" (?:in )?(?:when|(?:what|which) year)\W*$",
    re.IGNORECASE,
)
"""When something came out, asked at the end."""
_BY_WHOM = re.compile(
    rf"{_LED}(?:{_IT}{_IS} )?(?P<verb>(?:(?:sung|made|played|performed|recorded|done|produced|composed"
    r"|written) )?)"
    r"by (?:who|whom|(?:what|which) (?:band|artist|singer|group))(?: (?:again|then|please))*\W*$",
    re.IGNORECASE,
)
_IS_WHO = re.compile(
    r"^\W*(?:(?:and|so|ok|oh|but|wait),? )*(?:it|this|that)(?:['’]?s| is| was) who(?: again| now| then)*\W*$",
    re.IGNORECASE,
)
_CALLED_WHAT = re.compile(
    rf"{_LED}{_IT}{_IS} (?:called|named) (?:what|how)(?: again)?\W*$"
    rf"|{_LED}(?:what|how) (?:do|does|would|did) (?:you|ya|they|we|people|one|u) call"
    r" (?:it|this|that)(?: (?:one|song|track|tune))?(?: again)?\W*$"
    rf"|{_LED}how(?: ?['’]?s| is) (?:it|this|that)(?: (?:one|song|track|tune))? (?:called|named)\W*$",
    re.IGNORECASE,
)
_FACT = re.compile(
    r"(?:^|(?<=[.!;,] ))(?:and |ok |so )*(title|name|artist|singer|band|album|composer|genre|language"
    r"|label|producer|writer|songwriter|tempo|key)"
    r"\s*\?+\s*$",
    re.IGNORECASE,
)
"""What is asked in one word."""
_GOT = re.compile(r"\b(?:wh?at?cha|whatya|wotcha|whad+ya|what['’]?ve (?:you|ya|u)) (?=got\b)", re.IGNORECASE)
"""How "what have you got" is said for short."""
_OPPOSITE = re.compile(
    r"^\W*(?:(?:ok|now|and|no|play|play me|give me|i want|lets have|let['’]s have),? )*"
    r"(?:the|its|something|something that is)(?: (?:complete|total|exact|very|polar))? opposite"
    r"(?: (?:of|to) (?:this|that|it))?"
    r"(?: (?:please|now|then))*\W*$",
    re.IGNORECASE,
)
"""What is as different as can be."""
_WHERE_S = re.compile(r"\b(where|why)['’]s\b", re.IGNORECASE)
_AND_WHO = re.compile(
    r"(?<=\w),? and (?=who(?:['’]?s| is| was| sings?| sang| plays?| made| wrote| did| does)\b)", re.IGNORECASE
)
"""What joins a question with one before it, and would make a name of it."""
_COUNTRY = re.compile(r"\b(is|was) this (?=country(?: music| song)?\W*$)", re.IGNORECASE)
"""A genre, and no country."""
_ELSEWHERE = re.compile(
    r"\b((?:from|in|of) (?:an?|some|any|yet)?(?: ?(?:other|another|different|totally|completely|entirely))+)"
    r" (countr(?:y|ies))\b"
    r"(?! (?:songs?|music|tracks?|singers?|bands?|artists?|albums?|stars?|playlist))",
    re.IGNORECASE,
)
"""Another land, and no genre: "from another country"."""
_HEARD = (
    "voice|voices|song|songs|tune|track|one|stuff|choice|pick|drums?|drumming|bass|bassline|guitars?|piano|sax|horns"
    "|strings|trumpet|solo|riff|groove|beat|melody|chorus|lyrics|words|sound|intro|singing|singer|playing|band|music"
    "|number|record|harmonies|vocals|harmonica|organ|synths?|fiddle|violin"
)
_LIKED = re.compile(
    r"^\W*(?:(?:oh|ooh+|ah|wow|ha|haha|lol|ok|yes|hm+|god|gosh|man),? )*(?:(?:(?:i|we) )?"
    r"(?:(?:really|just|do|absolutely|kinda) )*"
    r"(?:love|like|adore|dig) (?:how .+|(?:the|her|his|their|that|this|those|these) (?:\w+ )?"
    rf"(?:{_HEARD}))|(?:(?:what|such|thats|this is|thats) )?(?:an? )?(?:(?:so|very|really) )?(?:\w+ly )?"
    r"(?:nice|great|lovely|beautiful|gorgeous|cool|amazing|fantastic|brilliant|wonderful|superb|killer|wicked"
    r"|sick|good|catchy|haunting|sweet|stunning|epic|awesome|fab|funky|groovy|fun|smooth|what a|such a)"
    rf"(?: \w+)? (?:{_HEARD}))$",
)
"""What is liked of what plays."""
_TAG = re.compile(
    r",? (?:(?:isn|wasn|ain)['’]?t (?:it|that|this|she|he)(?: just| so| though)*|innit"
    r"|don['’]?t you think(?: so)?"
    r"|wouldn['’]?t you (?:say|agree|think)|(?<=, )(?:eh|huh)|(?:eh|huh|hey)(?=\?)"
    r"|(?<=, )(?:right|hey|no)(?=\?))\W*$",
    re.IGNORECASE,
)
"""What asks at the end whether one thinks so, too."""


def _in_order(text: str) -> str:
    """A text with the question first, and without the praise that stands before it."""
    text = _ELSEWHERE.sub(r"\1 land", text)
    text = _WHERE_S.sub(r"\1 is", _AND_WHO.sub(", ", _COUNTRY.sub(r"\1 it ", text)))
    text = _OPPOSITE.sub("something completely different", _GOT.sub("what have you ", text))
    text = _behind_praise(_untagged(text))
    text = _FACT.sub(r"the \1?", text)
    if (known := _DO_YOU_KNOW.search(text)) and acts.question(said_plainly(text[: known.start()])):
        text = f"{text[: known.start()]}?"
    if match := _OF_WHICH.match(text):
        return f"{match['what']} is {'that' if match['it'] else 'it'} {match['at'].casefold()}?"
    if match := _WHEN_LAST.match(text):
        return f"when was {match['it']} {'born' if match['verb'] == 'born' else 'released'}?"
    if match := _BY_WHOM.match(text):
        return f"who is {match['it'] or 'it'} {match['verb']}by?"
    if _IS_WHO.match(text):
        return "who is this?"
    return "what is this called?" if _CALLED_WHAT.match(text) else text


def _untagged(text: str) -> str:
    """A text without "isn't it" behind praise; behind anything else it asks: "sad, isn't it?"."""
    match = _TAG.search(text)
    told = text[: match.start()] if match else ""
    line = said_plainly(told)
    if not match or not line:
        return text
    if kinds(line) or _LIKED.match(line):
        return told
    if stated := _STATED.match(told):
        return f"is {stated['it']} {stated['what']}?"
    asks = "t " in match[0] and len(line.split()) < 3
    return f"is it {told}?" if asks and not line.startswith(_STARTS) else text


_STATED = re.compile(
    r"^\W*(?:(?:and|so|oh|but|wait),? )*(?P<it>it|this|that)(?: one| song| track)?"
    r"(?:['’]s| is| was) (?P<what>.+)$",
    re.IGNORECASE,
)
"""What is said of what plays."""
_STARTS = ("it ", "its ", "this ", "that ", "thats ", "he ", "she ", "they ", "is ", "was ")


_TOLD_OF_IT = re.compile(
    r"^\W*(?:(?:oh|ah|and),? )*(?:my|our|the|i|we|he|she|they|everyone|mum|dad)\b"
    r"(?!.*\b(?:play|want|put|give|something|like to|need)\b)"
    r".*\b(?:this|that|it)\b[^,;]*$",
    re.IGNORECASE,
)
"""What is told of what plays, before a question: "my neighbour hums this. What is it called?"."""


def _behind_praise(text: str) -> str:
    """The question behind praise: "great drums, year?" asks for the year."""
    said = re.split(r"(?<=[.!;,])\s+", text.strip())
    before, last = said[:-1], _FACT.sub(r"the \1?", said[-1])
    liked = before and all(kinds(line) or _LIKED.match(line) for line in map(said_plainly, before))
    told = len(before) == 1 and _TOLD_OF_IT.match(before[0]) and last.rstrip().endswith("?")
    return last if (liked or told) and acts.question(said_plainly(last)) else text


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
_FACTS = (
    r"title|name|year|decade|date|album|record|artist|singer|band|group|composer|genre|tempo|key|language"
)
_TELL = re.compile(
    rf"^\W*(?:(?:and|so|oh|sorry|please|wait|can you|could you|would you|will you),? )*"
    rf"(?:remind|tell|give) (?:me|us)(?: again)?(?: of| about)? (?=(?:the|its|their|his|her) (?:{_FACTS})\b)",
    re.IGNORECASE,
)
"""What only stands before what is asked: "remind me of the title?"."""
_YOU_SAID = re.compile(
    rf"\bwhat did (?:you|u) say (?:that )?((?:the|its|their|his|her) (?:{_FACTS})) (is|was)\b", re.IGNORECASE
)


def asked_first(text: str) -> str:
    """A text with the question first: "was that from the seventies, the one before?"."""
    text = _in_order(_YOU_SAID.sub(r"what \2 \1", _TELL.sub("", text)))
    text = _TAGGED.sub(lambda m: f"was {m[1] or 'that'} {m[3]}{f', {m[2]}' if m[2] else ''}?", text)
    return _OF_THAT.sub(r"\2 that \3, \1?", text)
