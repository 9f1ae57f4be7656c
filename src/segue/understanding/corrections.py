"""What an utterance lets go or sets right before it wishes for something else: "forget soul, two sambas"."""

from __future__ import annotations

import re
from dataclasses import replace

from segue.understanding import acts
from segue.understanding.carry import meets
from segue.understanding.meant import Meant
from segue.understanding.state import NAMES, DialogueState, Wish
from segue.understanding.text import fold, key, said_plainly
from segue.understanding.turns import bare

_OPENS = (
    r"^\W*(?:(?:ok|okay|no|nah|oh|actually|well|hmm*|right|then|please|and|but|so|lets|let[’']s|let us|sorry"
    r"|you know what|on second thoughts?|in fact)\W+)*"
)
_NO_AND_NO = re.compile(
    r"(\b(?:not|no|nothing|without|none|\w+n['’]?t)\b.*?),? i (?:mean|meant)"
    r" (?=(?:no|not|nothing|without)\b(?![,.;!]))",
    re.IGNORECASE,
)
"""What is refused in other words: "not electronic, I mean no techno"."""
_VERB = (
    r"(?P<verb>forget(?: about)?|scrap|screw|sod|ditch|drop(?! (?:me|us)\b)|bin|cancel|scratch|ignore"
    r"|never ?mind(?: about)?|nvm|to hell with)"
)
_WHAT = (
    r" (?:(?:the|all|my|that|this) )?(?P<what>\w[\w&'’/ -]{1,40}?)"
    r"(?: (?:too|also|then|now|please|as well|either|altogether|after all|thing"
    r"|stuff|music|songs?|bit|idea))*"
)
_REST = (
    r"(?:\s*[,.;:!?–—]+\s*|\s+-+\s+|\s+(?=(?:(?:and|then|just|but) )?(?:keep|leave|give|gimme|play|put on"
    r"|lets|let[’']s"
    r"|i want|i[’']d|make it|try|how about|what about|go for|show me|can (?:i|we|you)|hit me|have)\b))"
    r"(?P<rest>\S.*)$"
)
_PUNCT = r"\s*[,.;:!?–—]+\s*"
TAKEN_BACK = re.compile(
    rf"^.{{3,}}?{_PUNCT}(?:(?:oh|ah|no|actually|ok|hm+|well),? )*"
    rf"(?:never ?mind|nvm|forget (?:it|that)|scratch that)"
    rf"{_PUNCT}(?P<rest>\w.*)$",
    re.IGNORECASE,
)
"""What is said instead of what was begun: "four songs by women? never mind, four by Aretha"."""
SWAPS = re.compile(
    _OPENS
    + r"(?P<verb>swap|change|replace|switch|trade)"
    + _WHAT
    + r" (?:for|with|to|into|by) (?P<rest>\S.*)$",
    re.IGNORECASE,
)
"""A wish that another takes the place of: "swap the 80s for the 2010s"."""
OF_A_LIST = frozenset("drop scrap ditch bin cancel swap change replace switch trade".split())
"""Words that a list is edited with."""
LETS_GO = re.compile(_OPENS + _VERB + _WHAT + _REST, re.IGNORECASE)
"""What is let go, and what is wished instead of it."""


class Instead(Meant):
    """Takes out of an utterance, and of what held before, what the utterance itself takes back."""

    def let_go(self, text: str, before: DialogueState) -> tuple[str, DialogueState, tuple[Wish, ...]]:
        """What else is said, the state before without what is let go, and what that was.

        What was not wished, and is let go, is not wanted: "forget soul, two sambas" is "no soul. Two sambas".
        """
        if back := TAKEN_BACK.match(text):
            text = back["rest"]
        match = LETS_GO.match(text) or SWAPS.match(text)
        listed = match and before.count > 1 and match["verb"].casefold() in OF_A_LIST
        if (
            not match
            or listed
            or not bare(said_plainly(match["rest"]))
            or self._is_name(text, match.start("verb"))
        ):
            return text, before, ()
        reading = self.take_apart(match["what"])
        told = self.wishes(reading, 0)
        if not told or reading.unknown or any(w.refused or w.kind in ("title", "track") for w in told):
            return text, before, ()
        gone = tuple(w for w in before.wishes if any(meets(t, w) for t in told))
        if gone:
            kept = tuple(w for w in before.wishes if w not in gone)
            return match["rest"], replace(before, wishes=kept), gone
        off = match["verb"].casefold().startswith(("never", "nvm"))
        off = off or match.re is SWAPS
        return (match["rest"] if off else f"no {match['what']}. {match['rest']}"), before, ()

    def _is_name(self, text: str, start: int) -> bool:
        """Whether what begins at a place is a title or an artist: "Forget You", "Drop It Like It's Hot"."""
        words = said_plainly(text[start:]).split()
        heads = (key(" ".join(words[:n])) for n in range(2, min(9, len(words)) + 1))
        return any(k in self.names.title or k in self.names.artist for k in heads)

    def set_right(self, text: str, before: DialogueState) -> tuple[str, DialogueState]:
        """What is meant where it is set right in the same breath, and the state before without what was not.

        "60s, with a saxophone", then "I meant a trumpet": the time stays.
        """
        text, of_before = setting_right(text, before)
        if not of_before:
            return text, before
        kinds = {_group(w) for w in self.wishes(self.take_apart(text), 0)}
        latest = [w for w in before.wishes if w.turn == before.turn]
        off = [w for w in latest if _group(w) in kinds] or latest
        return text, replace(before, wishes=tuple(w for w in before.wishes if w not in off))


def setting_right(text: str, before: DialogueState) -> tuple[str, bool]:
    """What is meant where it is corrected in the same breath, and whether that is of the turn before."""
    text = _NO_AND_NO.sub(r"\1, ", text)
    said = " ".join(fold(re.sub(r"[,?!.]+ ", " ", text)).split())
    for match in filter(None, (p.match(said) for p in acts.CORRECTED)):
        # "Piano", then "sorry, I meant guitar": no piano.
        return match["rest"], said[: match.start("rest")].endswith(("i mean ", "i meant "))
    latest = [w for w in before.wishes if w.turn == before.turn]
    also = acts.ALSO.match(said)
    if also and latest and all(w.refused for w in latest):
        # "No jazz", then "and the blues too".
        return f"without {also['also'] or also['same']}", False
    return text, False


def _group(wish: Wish) -> str:
    """The kind of a wish, the same of all names."""
    return "name" if wish.kind in (*NAMES, "title", "track") else wish.kind
