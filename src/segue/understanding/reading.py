"""One utterance, taken apart."""

from __future__ import annotations

from dataclasses import dataclass, field

from segue.understanding.facts import Fact
from segue.understanding.heard import Reference
from segue.understanding.missing_famous import Stranger
from segue.understanding.spelling import Mention
from segue.understanding.text import Token


@dataclass
class Reading:
    """One utterance, taken apart.

    Args:
        said, line: its tokens, and its folded words, in which `_` stands for what names and facts explain.
        names, facts, heard: the names, the words of music, and the plays that are spoken of.
        unknown: names that are not here.
        refused, compared, idle: places of tokens that are refused, that compare, that mean no music.
        spared: places of tokens that a refusal leaves alone ("no rap except Eminem").
        foreign: whether it was said in another language than English.
        strangers: the well-known artists and titles that are named and are not here.
    """

    said: list[Token]
    line: str
    names: list[Mention] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    compared: set[int] = field(default_factory=set)
    heard: list[Reference] = field(default_factory=list)
    idle: set[int] = field(default_factory=set)
    spared: set[int] = field(default_factory=set)
    foreign: bool = False
    strangers: list[Stranger] = field(default_factory=list)

    @property
    def lone(self) -> bool:
        """Whether nothing is named: no name, no fact, nothing that the listener played."""
        return not (self.names or self.facts or self.heard)

    def known(self, names: list[Mention]) -> list[Mention]:
        """Names that stand nowhere in well-known ones that are not here."""
        return [m for m in names if not any(m.start < s.end and m.end > s.start for s in self.strangers)]

    def taken(self) -> set[int]:
        """The tokens that names and facts explain."""
        spans = [(m.start, m.end) for m in self.names] + [(f.start, f.end) for f in self.facts]
        spans += [(r.start, r.end) for r in self.heard] + [(s.start, s.end) for s in self.strangers]
        return {i for start, end in spans for i in range(start, end)} | self.compared
