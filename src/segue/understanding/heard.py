"""References to what the listener has played: "what I played a lot last summer", "something new for me"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

How = Literal["played", "often", "skipped", "forgotten"]
SEASONS = ("spring", "summer", "autumn", "winter")
MONTHS = tuple(
    "january february march april may june july august september october november december".split()
)
DAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
PARTS = {"morning": (5, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (20, 28)}
"""Parts of a day: first and last hour; a night ends at four."""
SPANS = ("week", "weekend", "month", "year")
_NAMED = "|".join((*SEASONS, "fall", *SPANS, *MONTHS, *DAYS))
_PARTS, _YEAR = "|".join(PARTS), r"(?:19|20)\d\d"
WHEN = (
    rf"(?P<when>(?:last|this|past) (?:{_NAMED}|{_PARTS})|yesterday(?: (?:{_PARTS}))?|today|tonight"
    rf"|earlier today|lately|recently|these days|the other day|{_YEAR}|(?:{'|'.join(MONTHS)})(?: {_YEAR})?"
    rf"|(?:the )?(?:{'|'.join(SEASONS)}|fall) (?:of )?{_YEAR}"
    r"|(?:a|one|two|three|four|five|ten|\d+) years? ago"
    rf"|(?:in the )?(?:mornings|evenings|afternoons)|at night)"
)
OFTEN = (
    r"(?:a lot|lots|the most|most(?: often)?|often|so much|too much|all the time|over and over|on repeat"
    r"|constantly|heavily|every day|non ?stop|most of the time)"
)
WHAT = (
    r"(?:(?:the |any |some |of |those |these |my |all )*(?:what(?:ever)?|songs?|tracks?|music|stuff|things?"
    r"|ones?|tunes?|something|anything|nothing|everything|artists?|bands?|those|all)(?: that| which)?"
    r"|that|which)"
)
NO = (
    r"(?:(?:but |and )?(?:not|nothing|no|none of|without|except(?: for)?|anything but|avoid|skip|never"
    r"|leave out|dont play|do not play|other than))"
)
MORE = (
    r"(?:(?:some |play |give me )*more (?:of|like)"
    r"|(?:(?:something|anything|music|songs?|stuff) )?(?:like|similar to))"
)
VERB = (
    r"(?:played|play|playing|heard|hear|hearing|listened to|listen to|listening to|had on|put on|had|loved"
    r"|love|was into|enjoyed)\b"
)
FILL = (
    r"(?:(?:have|had|ve|was|used to|always|usually|often|already|just|been|really|mostly|kept|keep|never) )*"
)
SKIP = r"(?:always|usually|often|mostly|constantly|keep|kept|tend to|normally|regularly|just|have|ve) "
_ME = r"(?:i|ive|id)"
SKIPPED = re.compile(
    rf"(?P<no>{NO} )?(?:{WHAT} )?{_ME} (?:{SKIP})*(?:skip|skipped|skipping|turn off|turned off)\b"
)
NEW = re.compile(
    rf"(?:{WHAT} )?(?:thats |that is |thats all )?(?:completely |totally |all |brand |really )*"
    r"(?:new|unknown|unfamiliar) (?:to|for) me\b"
    rf"|{WHAT} {_ME} (?:have |ve )?(?:never|havent|have not|not)(?: ever| yet)* "
    r"(?:heard|listened to|played|known)(?: (?:before|yet|of|so far|already))*\b"
    r"(?! (?:in|for) (?:a|ages|years|months|weeks))"
    rf"|{WHAT} i (?:dont|do not) (?:already )?know(?: (?:yet|already))?\b"
    rf"|{NO} {WHAT}? ?{_ME} (?:have |ve )?(?:already )(?:know|played|heard|listened to)\b"
    rf"|{NO} {WHAT}? ?i know(?: already)?\b"
    r"|\b(?:let me|help me|i want to|id like to|make me) discover (?:something|new|some)\w*(?: new)?"
)
LOST = re.compile(
    rf"{WHAT} {_ME} (?:have |ve )?(?:havent|have not|not|didnt|did not)(?: really)? "
    r"(?:heard|listened to|played|play|hear) (?:in|for) "
    r"(?:a (?:long )?(?:while|time)|ages|years|months|weeks|so long)\b"
    r"|\b(?:forgotten|long lost) (?:favou?rites?|songs?|tracks?)(?: of mine)?\b"
)
PLAYED = re.compile(
    rf"(?:(?P<no>{NO}) |(?P<more>{MORE}) )?(?P<what>{WHAT} )?{_ME} {FILL}{VERB}(?: (?P<often>{OFTEN}))?"
    rf"(?: (?:back |on |in |from |during |of )*{WHEN})?(?: (?P<more_often>{OFTEN}))?(?: before| already)?"
)
MINE = re.compile(
    rf"(?:(?P<no>{NO}) |(?P<more>{MORE}) )?my "
    rf"(?:(?:old |all time )*favou?rites?|most (?:played|listened)(?: to)?|top)"
    rf"(?: (?:songs?|tracks?|music|ones|tunes))?(?: (?:of|from|in|during) {WHEN})?\b"
)


@dataclass(frozen=True)
class Heard:
    """A reference to the listener's plays.

    Args:
        how: what is meant: anything played, what was played often, is skipped, or not played for long.
        when: the time in words, folded; "" for all of it.
    """

    how: How
    when: str = ""

    def __str__(self) -> str:
        """The reference as it can be said to the listener."""
        said = {"often": "what you played a lot", "skipped": "what you skip"}
        said |= {"played": "what you played", "forgotten": "what you have not played for long"}
        return said[self.how] + (f" {self.when}" if self.when else "")


class Reference(NamedTuple):
    """A reference in an utterance: its words [start, end), whether it is refused, or only what likes are
    wanted of."""

    start: int
    end: int
    heard: Heard
    refused: bool = False
    like: bool = False


_COUNTED = ("songs", "tracks", "tunes", "ones")
"""How many of them is said before them, and not part of the reference."""


def references(line: str) -> list[Reference]:
    """The references to the listener's plays in a folded line of words; none over another."""
    found: list[Reference] = []
    for pattern in (LOST, NEW, SKIPPED, MINE, PLAYED):
        for match in pattern.finditer(line):
            start = line.count(" ", 0, match.start())
            end = start + match[0].strip().count(" ") + 1
            reference = _reference(pattern, match, start, end)
            if reference and not any(start < r.end and r.start < end for r in found):
                found.append(reference)
    return sorted(found, key=lambda r: r.start)


def _reference(pattern: re.Pattern[str], match: re.Match[str], start: int, end: int) -> Reference | None:
    """What a match says; None where it speaks of no play."""
    parts = match.groupdict()
    if match[0].split()[0] in _COUNTED:
        start += 1
    if pattern is LOST:
        return Reference(start, end, Heard("forgotten"))
    if pattern is NEW:
        return Reference(start, end, Heard("played"), refused=True)
    if pattern is SKIPPED:
        # "Songs I skip" alone asks for nothing.
        return Reference(start, end, Heard("skipped"), refused=True) if parts["no"] else None
    no, more, when = (bool(parts["no"]), bool(parts["more"]), parts["when"] or "")
    if pattern is PLAYED and not (parts["what"] or no or more):
        return None
    often = pattern is MINE or bool(parts["often"] or parts["more_often"])
    no = no or (parts.get("what") or "").split()[:1] == ["nothing"]
    return Reference(start, end, Heard("often" if often else "played", when), no, more and not no)
