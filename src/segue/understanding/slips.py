"""Slips of the finger: the names and words that tokens are closest to."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from segue.data.catalogue import Catalogue
from segue.understanding import context, facts, years
from segue.understanding.everyday import common, english
from segue.understanding.facts import Fact
from segue.understanding.index import Index
from segue.understanding.names import CLOSE, Mention, Names
from segue.understanding.reading import Reading
from segue.understanding.text import Token, key
from segue.understanding.vocabulary import Concept, concepts, of_tags, subgenres

FOREIGN = 92
"""Likeness, of 100, of a slip in what is no English."""
SURE = 88.0
"""Likeness, of 100, from which a title is meant although a word in it means something else."""


class Slips:
    """Explains what stands in no list as it is written."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.index = catalogue, Index(catalogue)
        self.names = Names(catalogue, self.index)
        self.phrases = {**subgenres(), **of_tags(self.index.spoken.values()), **concepts()}
        self.vocabulary = set(self.phrases)
        self.occasions = {p for p, concept in self.phrases.items() if concept.kind == "occasion"}
        self.singles = [p for (p, *more) in self.phrases if not more and len(p) > 3 and p.isascii()]
        # A word of four letters is one letter from too much.
        self.names_of_music = [s for s in self.singles if self.phrases[(s,)].name == s]
        self.singles += [w for w in years.WORDS if len(w) > 4]

    def misspelt_title(self, reading: Reading) -> None:
        """A title asked for with a slip, although a word in it means something: "play dancing quen"."""
        said, free = reading.said, set(self.loose(reading))
        named = {i for m in reading.names for i in range(m.start, m.end)}
        for start in range(len(said)):
            for end in range(min(len(said), start + 6), start + 1, -1):
                span = set(range(start, end))
                by = end < len(said) and said[end].word == "by"
                asked = by or (start > 0 and said[start - 1].word in context.ASKED)
                if not asked or not span & free or span & named or span <= free:
                    continue
                found = self.names.near(said, start, end, ("title",))
                if found and found[0] >= SURE:
                    reading.facts = [f for f in reading.facts if not span & set(range(f.start, f.end))]
                    reading.names = sorted([*reading.names, found[1]])
                    return

    def by_its_artist(self, reading: Reading) -> None:
        """The artist after a title and "by", with a slip: whoever plays a track of that title."""
        taken = reading.taken()
        for title in [m for m in reading.names if m.kind == "title"]:
            after = reading.said[title.end : title.end + 4]
            if len(after) < 2 or after[0].word != "by" or title.end + 1 in taken:
                continue
            start = title.end + 1
            artists = [self.catalogue.tracks["artist"][r] for r in self.index.rows_of(title.values)]
            for end in range(start + len(after) - 1, start, -1):
                said = key(" ".join(t.word for t in reading.said[start:end]))
                near = [a for a in artists if a and fuzz.ratio(said, key(a)) >= CLOSE]
                if near:
                    found = Mention(start, end, "artist", near[0], (near[0],), exact=False)
                    reading.names = sorted([*reading.names, found])
                    reading.facts = [f for f in reading.facts if not start <= f.start < end]
                    break

    def loose(self, reading: Reading) -> list[int]:
        """The tokens that nothing explains."""
        taken = reading.taken()
        return [
            i
            for i, t in enumerate(reading.said)
            if i not in taken | reading.idle
            and t.word not in common()
            and t.word.isalpha()
            and len(t.word) > 2
        ]

    def misspelt(self, reading: Reading) -> None:
        """Explain tokens by the names and words that they are closest to."""
        said, tried = reading.said, set[int]()
        # Words of another language look like slips of names: "la donna" is not Althea & Donna.
        known = sum(t.word in english() or t.word in context.FILLER for t in said)
        foreign = len(said) > 3 and 5 * known < 2 * len(said)
        least = FOREIGN if foreign else facts.MISSPELT
        while loose := [i for i in self.loose(reading) if i not in tried][:6]:
            i = loose[0]
            tried.add(i)
            if i + 1 < len(said) and said[i + 1].word in context.FILMS:
                continue  # "The Titanic soundtrack" is of a film, whatever sounds alike.
            name = self._nearest(said, i, reading.taken(), least if foreign else 0)
            singles = self.names_of_music if len(said[i].word) == 4 else self.singles
            word = facts.misspelt(said[i].word, self.phrases, singles, least)
            if word and (name is None or word[0] >= name[0]):
                meaning = word[1]
                if isinstance(meaning, Concept):
                    fact = Fact(i, i + 1, meaning)
                else:
                    fact = Fact(i, i + 1, Concept("year", f"the {meaning[0]}s", ()), meaning)
                reading.facts = sorted([*reading.facts, fact])
            elif name:
                reading.names = sorted([*reading.names, name[1]])

    def _nearest(
        self, said: Sequence[Token], i: int, taken: set[int], least: float
    ) -> tuple[float, Mention] | None:
        """The name that token `i`, alone or with those beside it, most likely misspells, and how likely.

        Args:
            said: the tokens.
            i: one that nothing explains.
            taken: those that something does.
            least: likeness that a slip of one word must have.
        """
        best: tuple[float, Mention] | None = None
        for start in range(max(0, i - 3), i + 1):
            for end in range(i + 1, min(len(said), i + 6) + 1):
                if taken & set(range(start, end)) or any(t.begins for t in said[start + 1 : end]):
                    continue
                if said[start].word in context.FILLER or said[end - 1].word in context.FILLER:
                    continue
                by = start > 0 and said[start - 1].word in context.BEFORE_ARTIST
                # One word is a slip of a title only where one is asked for, or it is all that is said.
                one = end - start == 1 and not context.said_as(said, start, end)
                one = one and not (start > 0 and said[start - 1].word in context.ASKED)
                only = one or (by and end - start < 3)
                found = self.names.near(
                    said, start, end, ("artist",) if only else ("artist", "title", "album")
                )
                if found and (found[0] >= least or end - start > 1):
                    value = found[0] + 4 * (end - start - 1) + (3 if found[1].kind == "artist" else 0)
                    if best is None or value > best[0]:
                        best = value, found[1]
        return best
