"""An utterance taken apart: names, facts and times, what stands under a "not", what is not here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rapidfuzz import fuzz

from segue.data.catalogue import Catalogue
from segue.understanding import acts, context, facts, polarity, years
from segue.understanding.everyday import common, everyday
from segue.understanding.facts import THINGS, Fact
from segue.understanding.heard import Reference, references
from segue.understanding.index import Index
from segue.understanding.names import CLOSE, Mention, Names
from segue.understanding.text import Token, fold, key, places, tokens
from segue.understanding.vocabulary import Concept, concepts, of_tags, subgenres

SURE = 88.0
"""Likeness, of 100, from which a title is meant although a word in it means something else."""


@dataclass
class Reading:
    """One utterance, taken apart."""

    said: list[Token]
    line: str
    names: list[Mention] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    compared: set[int] = field(default_factory=set)
    heard: list[Reference] = field(default_factory=list)

    @property
    def lone(self) -> bool:
        """Whether nothing is named: no name, no fact, nothing that the listener played."""
        return not (self.names or self.facts or self.heard)

    def taken(self) -> set[int]:
        """The tokens that names and facts explain."""
        spans = [(m.start, m.end) for m in self.names] + [(f.start, f.end) for f in self.facts]
        spans += [(r.start, r.end) for r in self.heard]
        return {i for start, end in spans for i in range(start, end)} | self.compared


class Parser:
    """Finds the names and facts of one catalogue in what is said."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.index = catalogue, Index(catalogue)
        self.names = Names(catalogue, self.index)
        self.phrases = {**subgenres(), **of_tags(self.index.spoken.values()), **concepts()}
        self.vocabulary = set(self.phrases)
        self.singles = [p for (p, *more) in self.phrases if not more and len(p) > 3 and p.isascii()]
        # A word of four letters is one letter from too much.
        self.names_of_music = [s for s in self.singles if self.phrases[(s,)].name == s]
        self.singles += [w for w in years.WORDS if len(w) > 4]

    def take_apart(self, text: str, *, compare: bool = False) -> Reading:
        """Names, facts, years, what is refused and what is unknown in an utterance.

        Args:
            text: the utterance.
            compare: whether there is a track that "slower" and the like could speak of.
        """
        said = tokens(text)
        reading = Reading(said, " ".join(t.word for t in said))
        # "Play Jamming" is no music to jam to.
        plain = {(b.word,) for a, b in pairwise(said) if a.word in context.PLAYS and self._occasion(b.word)}
        reading.names = self.names.find(said, self.vocabulary - plain if plain else self.vocabulary)
        # "Forget the drive" speaks of a wish, not of the title.
        spoken = places(reading.line, (acts.FORGETS,))
        # "Inte så hårt" compares, and is not Beth Hart.
        than = places(reading.line, acts.COMPARE.values()) if compare else set()
        reading.names = [
            m
            for m in reading.names
            if not (m.start in spoken and self._fact(said, m)) and not {m.start - 1, m.start} <= than
        ]
        reading.heard = references(reading.line)
        over = {i for r in reading.heard for i in range(r.start, r.end)}
        reading.names = [m for m in reading.names if not over & set(range(m.start, m.end))]
        inside = reading.taken()
        # A name says nothing but itself: "Not Like Us" is like nobody.
        genres = context.in_phrases(said, self.vocabulary)
        times = facts.times(said, inside, genres)
        hidden = inside | {i for f in times if f.concept.kind == "length" for i in range(f.start, f.end)}
        reading.line = " ".join("_" if i in hidden else t.word for i, t in enumerate(said))
        if compare or reading.names:
            timed = {i for f in times for i in range(f.start, f.end) if f.end - f.start > 1}
            reading.compared = places(reading.line, acts.COMPARE.values()) - timed
        reading.compared |= places(reading.line, [*acts.MOST.values(), acts.THIS_ARTIST, acts.AN_ARTIST])
        reading.facts = facts.times(said, reading.taken(), genres)
        reading.facts += facts.tagged(said, self.phrases, reading.taken())
        named = [(i, self.phrases.get((said[i].word,))) for i in sorted(spoken - reading.taken())]
        reading.facts += [Fact(i, i + 1, concept) for i, concept in named if concept]
        spared = polarity.spared(said)
        reading.names = [m for m in reading.names if m.start not in spared]
        reading.facts = [
            f for f in reading.facts if not (facts.of_no_music(reading.said, f) or f.start in spared)
        ]
        self._misspelt_title(reading)
        self._misspelt(reading)
        self._by_its_artist(reading)
        loose = set(self._loose(reading))
        reading.names = [m for m in reading.names if not context.of_a_longer(said, m.start, m.end, loose)]
        hidden |= {i for m in reading.names for i in range(m.start, m.end)}
        reading.line = " ".join("_" if i in hidden else t.word for i, t in enumerate(said))
        blent = places(reading.line, (acts.BLEND,))
        reading.facts = [
            f
            for f in reading.facts
            # "If Queen and ABBA had a baby" asks for nothing for children.
            if not (
                self._of_a_film(reading, f)
                or (f.start in blent and f.concept.kind in ("occasion", "instrument"))
            )
        ]
        inside = {i for m in reading.names for i in range(m.start, m.end)}
        # "Forget the guitar": taken back where it was wished, and not wanted where it only plays.
        reading.refused = polarity.refused(said, reading.taken(), inside) | spoken
        self._unknown(reading)
        hidden |= {i for m in reading.names for i in range(m.start, m.end)}
        reading.line = " ".join("_" if i in hidden else t.word for i, t in enumerate(said))
        return reading

    def _occasion(self, word: str) -> bool:
        concept = self.phrases.get((word,))
        return concept is not None and concept.kind == "occasion"

    def _fact(self, said: Sequence[Token], mention: Mention) -> bool:
        """Whether the words of a name are a word of music, too."""
        return tuple(t.word for t in said[mention.start : mention.end] if t.word != "the") in self.phrases

    def _misspelt_title(self, reading: Reading) -> None:
        """A title asked for with a slip, although a word in it means something: "play dancing quen"."""
        said, free = reading.said, set(self._loose(reading))
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

    def _by_its_artist(self, reading: Reading) -> None:
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

    def _loose(self, reading: Reading) -> list[int]:
        """The tokens that nothing explains."""
        taken = reading.taken()
        return [
            i
            for i, t in enumerate(reading.said)
            if i not in taken and t.word not in common() and t.word.isalpha() and len(t.word) > 2
        ]

    def _of_a_film(self, reading: Reading, fact: Fact) -> bool:
        """Whether "soundtrack" says where something is from ("the Mulan soundtrack") and not what is wanted."""
        if fact.concept.name not in ("soundtrack", "film score") or not fact.start:
            return False
        before = fact.start - 1
        named = any(m.start <= before < m.end for m in reading.names)
        return named or before in self._loose(reading) or reading.said[before].word in context.POINTS

    def _misspelt(self, reading: Reading) -> None:
        """Explain tokens by the names and words that they are closest to."""
        said, tried = reading.said, set[int]()
        while loose := [i for i in self._loose(reading) if i not in tried][:6]:
            i, taken = loose[0], reading.taken()
            tried.add(i)
            if i + 1 < len(said) and said[i + 1].word in context.FILMS:
                continue  # "The Titanic soundtrack" is of a film, whatever sounds alike.
            best: tuple[float, Mention | Fact] | None = None
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
                    kinds = ("artist",) if only else ("artist", "title", "album")
                    found = self.names.near(said, start, end, kinds)
                    if found:
                        value = found[0] + 4 * (end - start - 1) + (3 if found[1].kind == "artist" else 0)
                        if best is None or value > best[0]:
                            best = value, found[1]
            singles = self.names_of_music if len(said[i].word) == 4 else self.singles
            word = facts.misspelt(said[i].word, self.phrases, singles)
            if word and (best is None or word[0] >= best[0]):
                meaning = word[1]
                if isinstance(meaning, Concept):
                    best = word[0], Fact(i, i + 1, meaning)
                else:
                    best = word[0], Fact(i, i + 1, Concept("year", f"the {meaning[0]}s", ()), meaning)
            if best and isinstance(best[1], Fact):
                reading.facts = sorted([*reading.facts, best[1]])
            elif best and isinstance(best[1], Mention):
                reading.names = sorted([*reading.names, best[1]])

    def _unknown(self, reading: Reading) -> None:
        """Names that were asked for and are not here."""
        said, taken = reading.said, reading.taken()
        idle = places(reading.line, _IDLE)
        german = len(context.GERMAN & {t.word for t in said}) > 0
        for i in self._loose(reading):
            capital = said[i].written[:1].isupper()
            # "The soul of it" is nobody's name, and no genre that is not here.
            if (
                i in taken
                or (i in idle and not capital)
                or other_script(said[i].word)
                or said[i].word in THINGS
            ):
                continue
            start, end = i, i + 1
            while start and not said[start].begins and start - 1 not in taken and _part(said[start - 1]):
                start -= 1
            while end < len(said) and not said[end].begins and end not in taken and _part(said[end]):
                end += 1
            cue = said[start - 1].word if start else ""
            goes_on = end < len(said) and not said[end].begins
            if goes_on and end - start == 1 and not capital and said[i].word in everyday():
                continue  # "Some company while I cook", "would have danced to".
            # The first word of a sentence is written large, and in German every noun.
            capital = capital and not (said[start].begins and end - start == 1)
            asked = cue in context.ASKED or (
                start == 0 and len(said) - end <= 2 and end - start <= 4 and len(said) <= 5
            )
            asked = asked or cue in context.BEFORE_ARTIST - context.VAGUE
            if (
                asked
                or (capital and not german and any(t.written[:1].islower() for t in said))
                or (capital and cue in context.BEFORE_ARTIST)
            ):
                absorbed = [
                    f for f in reading.facts if f.start == end and said[f.start].written[:1].isupper()
                ]
                if absorbed and capital:
                    reading.facts = [f for f in reading.facts if f not in absorbed]
                    end = absorbed[0].end
                name = " ".join(dict.fromkeys(t.written for t in said[start:end]))
                artist = self.names.artist.get(key(name))
                if artist:
                    # A name of everyday that is asked for, and is here after all.
                    reading.names = sorted([*reading.names, Mention(start, end, "artist", artist, (artist,))])
                elif name not in reading.unknown and i not in reading.refused:
                    reading.unknown.append(name)
            taken |= set(range(start, end))


def other_script(word: str) -> bool:
    """Whether a word is in another script than Latin: what it says is not guessed."""
    return not fold(word).isascii()


def _part(token: Token) -> bool:
    """Whether a token may belong to an unknown name."""
    return token.word not in common() or (token.written[:1].isupper() and token.word not in context.FILLER)


_IDLE = (
    acts.COUNT,
    acts.SAY,
    acts.MORE,
    acts.REPEAT,
    acts.REFUSE,
    acts.LIFT["length"],
    *acts.QUESTIONS.values(),
)
"""Words of these ask for no name."""
