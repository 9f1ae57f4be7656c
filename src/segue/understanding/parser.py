"""An utterance taken apart: names, facts and times, what stands under a "not", what is not here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from segue.understanding import acts, context, facts, polarity
from segue.understanding.everyday import common, everyday
from segue.understanding.facts import THINGS, Fact
from segue.understanding.heard import references
from segue.understanding.names import Mention
from segue.understanding.reading import Reading
from segue.understanding.slips import Slips
from segue.understanding.text import Token, key, other_script, places, tokens
from segue.understanding.vocabulary import scenes


class Parser(Slips):
    """Finds the names and facts of one catalogue in what is said."""

    def take_apart(self, text: str, *, compare: bool = False) -> Reading:
        """Names, facts, years, what is refused and what is unknown in an utterance.

        Args:
            text: the utterance.
            compare: whether there is a track that "slower" and the like could speak of.
        """
        said = tokens(text)
        reading = Reading(said, " ".join(t.word for t in said))
        # "Play Jamming" is no music to jam to.
        plain = {(b.word,) for a, b in pairwise(said) if a.word in context.PLAYS} & self.occasions
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
        reading.facts += facts.placed(said, scenes(), reading.taken())
        named = [(i, self.phrases.get((said[i].word,))) for i in sorted(spoken - reading.taken())]
        reading.facts += [Fact(i, i + 1, concept) for i, concept in named if concept]
        spared = polarity.spared(said)
        reading.names = [m for m in reading.names if m.start not in spared]
        old = [f.start for f in reading.facts if f.concept.name.startswith(facts.OLD_SCHOOL)]
        reading.idle = facts.in_idioms(said) | {i - n for i in old for n in (1, 2)}
        reading.idle |= places(reading.line, _ASIDES)
        void = [f for f in reading.facts if facts.of_no_music(said, f) or f.start in spared]
        # What means no music there is no slip of it either.
        reading.idle |= {i for f in void for i in range(f.start, f.end)}
        reading.facts = [f for f in reading.facts if not set(range(f.start, f.end)) <= reading.idle]
        self.misspelt_title(reading)
        self.misspelt(reading)
        self.by_its_artist(reading)
        loose = set(self.loose(reading))
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
        for match in acts.POOR.finditer(reading.line):
            group = "who" if match["who"] else "too"
            first = reading.line.count(" ", 0, match.start(group))
            reading.refused |= set(range(first, first + match[group].count("_")))
        self._unknown(reading)
        hidden |= {i for m in reading.names for i in range(m.start, m.end)}
        reading.line = " ".join("_" if i in hidden else t.word for i, t in enumerate(said))
        return reading

    def _fact(self, said: Sequence[Token], mention: Mention) -> bool:
        """Whether the words of a name are a word of music, too."""
        return tuple(t.word for t in said[mention.start : mention.end] if t.word != "the") in self.phrases

    def _of_a_film(self, reading: Reading, fact: Fact) -> bool:
        """Whether "soundtrack" says where something is from ("the Mulan soundtrack") and not what is wanted."""
        if reading.said[fact.start].word in context.SHOWN:
            # "The song from the new Batman trailer", but "for a trailer".
            words = [t.word for t in reading.said[max(0, fact.start - 6) : fact.start]]
            last = next((w for w in reversed(words) if w in context.PLACED), "")
            return last in context.SOURCES
        if fact.concept.name not in ("soundtrack", "film score") or not fact.start:
            return False
        before = fact.start - 1
        named = any(m.start <= before < m.end for m in reading.names)
        return named or before in self.loose(reading) or reading.said[before].word in context.POINTS

    def _unknown(self, reading: Reading) -> None:
        """Names that were asked for and are not here."""
        said, taken = reading.said, reading.taken()
        idle = places(reading.line, _IDLE)
        german = len(context.GERMAN & {t.word for t in said}) > ({"du"} <= {t.word for t in said})
        for i in self.loose(reading):
            capital = said[i].written[:1].isupper()
            # "The soul of it" is nobody's name, and no genre that is not here.
            if (
                i in taken | reading.idle
                or (i in idle and not capital)
                or other_script(said[i].word)
                or said[i].word in THINGS
                or said[i].word in acts.COUNT_WORDS
                or (i == 0 and is_slip(said[i].word))
            ):
                continue
            start, end = i, i + 1
            while start and not said[start].begins and start - 1 not in taken and _part(said[start - 1]):
                start -= 1
            while end < len(said) and not said[end].begins and end not in taken and _part(said[end]):
                end += 1
            if start > 1 and [t.word for t in said[start - 2 : start]] == ["by", "the"]:
                start -= any(t.word not in everyday() for t in said[start:end])
            cue = said[start - 1].word if start else ""
            goes_on = end < len(said) and not said[end].begins
            plain = end - start == 1 and not capital and said[i].word in everyday()
            if plain and (goes_on or cue not in context.ASKED):
                continue  # "Some company while I cook", "she is visiting, something ...".
            if (
                end - start > 3
                and cue not in context.ASKED
                and said[start:end] == [t for t in said[start:end] if t.written.islower()]
            ):
                continue  # No name has so many words in small letters: it is a language that is not read.
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


def is_slip(word: str) -> bool:
    """Whether a word is a slip of one that asks: "paly", "somthing", "giv"."""
    return len(word) > 3 and process.extractOne(word, ASKING, scorer=OSA.distance, score_cutoff=1) is not None


ASKING = (
    "play",
    "please",
    "something",
    "another",
    "listen",
    "could",
    "would",
    "want",
    "give",
    "more",
    "hear",
)


def _part(token: Token) -> bool:
    """Whether a token may belong to an unknown name."""
    return token.word not in common() or (token.written[:1].isupper() and token.word not in context.FILLER)


_ASIDES = (acts.CLEAN, acts.GREETING, acts.LIFT["everything"])
"""Words of these are looked for in no title."""
_IDLE = (
    acts.COUNT,
    acts.BLEND,
    acts.SAY,
    acts.MORE,
    acts.REPEAT,
    acts.REFUSE,
    acts.LIFT["length"],
    *acts.QUESTIONS.values(),
)
"""Words of these ask for no name."""
