"""A way from one to the other in other words: an arrow, a bridge, steps between two."""

from __future__ import annotations

import re

_ARROW = re.compile(r"^\s*(?:from )?(.+?)\s*(?:→|➡|⟶|-+>|=>)\s*(.+)$", re.IGNORECASE)
"""A way that is drawn: "Bowie → Beyoncé in five"."""
_BRIDGE = re.compile(
    r"\b(?:(?:build|make|draw|find|lay|take)(?: me| us)? )?(?:a |the )?(?:(?:musical|smooth|gentle|nice) )?"
    r"(?:bridge|path|journey|route|road|way) between (.+?) and (.+)$",
    re.IGNORECASE,
)
_STEPS_BETWEEN = re.compile(
    r"\b(\w+ (?:\w+ )?(?:steps?|stops?|hops?|stages?|stepping stones)) (?:between|to get from)"
    r" (.+?) (?:and|to) ([^,.;!?]+)",
    re.IGNORECASE,
)
_OUT_OF = re.compile(
    r"\b(ease|move|take|get|lead|bring|guide|slide|glide|drift|walk|slip|shift|steer|coax|wean|go|fade|morph)"
    r"( me| us| things)?(?: (?:gently|slowly|gradually|softly|smoothly))? (?:out of|away from|off)"
    r" ((?:[\w'’&-]+ ){1,4}?)(?:and )?(?:over |on )?(into|to|towards|onto) (.+)$",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"^(\W*(?:(?:ok|please|now|can|could|would|you|i|want|to|lets|let['’]s) )*)(?:connect|link|join|bridge)"
    r"(?: up)? (.+?) (?:with|to|and) ([^,.;!?]+)",
    re.IGNORECASE,
)
_THROUGH = re.compile(
    r"^\W*(?!(?:play|hear|listen|go|get|skip|keep|i|we|it|let|lets|move|take|put|jump|walk|hop|carry|from|read"
    r"|this|that|these)\b)((?:[\w'’&.-]+ ){1,5}?)(?:all the way |right |straight )?(?:through|all the way)"
    r" to ((?!(?:the|its) end\b)\S.*)$",
    re.IGNORECASE,
)


def way_in_full(text: str) -> str:
    """A text with a way as "from X to Y": "five steps between X and Y", "ease us out of X into Y"."""
    text = _BRIDGE.sub(r"from \1 to \2", _ARROW.sub(r"from \1 to \2", text))
    text = _THROUGH.sub(r"from \1to \2", text)
    text = _STEPS_BETWEEN.sub(r"from \2 to \3 in \1", text)
    text = _JOINED.sub(r"\1take me from \2 to \3", text)
    return _OUT_OF.sub(r"\1\2 from \3\4 \5", text)
