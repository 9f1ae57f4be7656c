"""Titles one after the other, of which one may be a word of its own: "Jolene, Africa, Hotel California"."""

from __future__ import annotations

import re

from segue.understanding.names import Names
from segue.understanding.text import said_plainly

_ASKED = re.compile(
    r"^\W*((?:(?:please|ok|can you|could you|now|and) )*"
    r"(?:play|queue(?: up)?|put on|i want|give me|add|plus"
    r"|(?:(?:make|create|build|give) (?:me )?)?(?:an? |the )?(?:play ?)?list(?: (?:with|of))?))\W+(?=\S)",
    re.IGNORECASE,
)
_END = re.compile(
    r"\s*(?:(?:on (?:it|there)|in it|in that order|please|one after the other)\W*)*$", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"\s*,\s*(?:and |then |& )?|\s*;\s*|\s+(?:and then|and|then|&|plus|followed by)\s+", re.IGNORECASE
)


def enumerated(text: str, names: Names) -> str:
    """A text with its titles in quotes, where it asks for two or more and nothing else; "" for another."""
    asked = _ASKED.match(text)
    if not asked:
        return ""
    rest = _END.sub("", text[asked.end() :])
    parts = [p for p in _BETWEEN.split(rest) if p]
    keys = [names.title_key(said_plainly(p).split()) for p in parts]
    whole = names.title_key(said_plainly(rest).split())
    if len(parts) < 2 or whole in names.title or not all(k and k in names.title for k in keys):
        return ""
    return f"{asked[1]} " + ", ".join(f'"{p}"' for p in parts)
