"""What is said of a list in words that were read as a wish of their own, or as nothing: the last nets."""

from __future__ import annotations

import re
from abc import ABC
from collections.abc import Sequence

from segue.understanding.acts import COUNT_WORDS, LOOSE
from segue.understanding.list_loose import loosely
from segue.understanding.list_talk import ListTalk, unchanged
from segue.understanding.reading import Reading
from segue.understanding.state import NAMES, DialogueState

_THERE = (
    r"\b(?:in (?:there|it|here)|on (?:it|there)|inside|among (?:them|these|those)"
    r"|(?:in|on|into|to) (?:the|this|that|my) (?:list|mix|set|playlist|lot)"
    r"|at the (?:very |absolute )?(?:top|end|start|beginning|bottom|front|back)"
    r"|(?:the |as )?(?:opener|closer|finale|conclusion)"
    r"|(?:open|close|end|start|finish|begin)(?:e?s)? the (?:programme|program|show|list|set|night|evening)"
    r"|(?:closing|opening|ending|starting|finishing) (?:it |things )?(?:out|off|up)"
    r"|(?:end|ending|finish|close|start|begin|open|kick(?:s)? (?:it |things )?off)(?:e?s)? (?:it |things )?"
    r"(?:on|with|at))\b|\b(?:first|last)$"
)
_IN_IT = re.compile(_THERE)
_TO_FRONT = re.compile(
    r"\b(?:top|start|starts|beginning|front|opener|open|opens|opening|starting|begin|begins|kicks?|first)\b"
)
_TO_END = re.compile(
    r"\b(?:end|ends|ending|bottom|back|closer|closing|conclusion|finale|finishing|finish|finishes|close|closes|last)\b"
)
_ASKS_IF = re.compile(r"^(?:(?:and|so|ok|oh|well|hey|wait) )*(?:is|are|any|did|have|has|do|does)\b")
_ASKS = re.compile(r"\b(?:who|whos|whose|what|whats|which|when)\b")
_NOT = re.compile(
    r"\b(?:dont|do not|(?<!^)not|no(?! list)|never|without|out|off|away|drop|lose|remove|bin|than|like)\b"
)
_PUTS = re.compile(r"\b(?:put|move|add|stick|play|make)\b")
_LONGEST = 14
"""Words of what speaks of the list and tells no story."""


class Nets(ListTalk, ABC):
    """Catches what speaks of the last list, once everything else has been tried."""

    def caught_of_list(
        self, reading: Reading, state: DialogueState, before: DialogueState, played: Sequence[str]
    ) -> DialogueState:
        """The state in which what was read as a wish of its own is done to the list that it speaks of.

        "Well, stick Wham at the very top so" and "closer should be Stevie Wonder" put somebody in, "is there
        any Wham in there, love?" asks, "three altogether will suffice" makes it three.
        """
        shown = tuple(played[-before.count :]) if before.count > 1 else ()
        said = self._named_there(reading, state) or self._numbered(reading, state) if shown else ""
        told = self.of_list(said, said, shown, before, played) if said else None
        return state if told is None or unchanged(told, shown) else told

    def _named_there(self, reading: Reading, state: DialogueState) -> str:
        """Somebody or a title that shall stand in the list, or that is asked for there; "" for none."""
        new = [w for w in state.wishes if w.turn == state.turn]
        named = [w for w in new if w.kind in NAMES and not w.refused]
        plain = state.act in ("recommend", "more") and state.count == 1 and not (state.unknown or state.parts)
        line = reading.line
        if (
            not plain
            or any(w not in named and not w.refused for w in new)
            or len(named) != 1
            or state.comparisons
            or not _IN_IT.search(line)
        ):
            return ""
        name = named[0].words
        if _ASKS_IF.match(line):
            if _PUTS.search(line):
                return f"{'start with' if _TO_FRONT.search(line) else 'end with'} {name}"
            return f"is there any {name} in it"
        if _NOT.search(line) or _ASKS.search(line):
            return ""
        if spots := [m for m in LOOSE["SPOT"].finditer(line) if m["nth"] not in ("last", "top", "opener")]:
            return f"replace {spots[0][0]} with {name}" if len(spots) == 1 and "instead" in line else ""
        front, end = _TO_FRONT.search(line), _TO_END.search(line)
        return f"start with {name}" if front and not end else f"end with {name}" if end else f"add {name}"

    def _numbered(self, reading: Reading, state: DialogueState) -> str:
        """The number of tracks that a list shall have, or the place that is asked for; "" for none."""
        words = reading.line.split()
        numbers = [w for w in words if w in COUNT_WORDS or (w.isdigit() and len(w) < 3)]
        if not state.vague or len(numbers) != 1 or len(words) > _LONGEST or numbers[0] in ("one", "a", "an"):
            return ""
        if _ASKS.search(reading.line):
            asked = LOOSE["ASKED_OF"].search(reading.line)
            return loosely(f"{asked[0] if asked else 'who'} is number {numbers[0]}")
        return f"make it {numbers[0]}"
