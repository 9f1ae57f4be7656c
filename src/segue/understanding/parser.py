"""An utterance taken apart: names, facts and times, what stands under a "not", what is not here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from segue.understanding import acts, called, context, facts, no_music, polarity
from segue.understanding.facts import Fact
from segue.understanding.heard import references
from segue.understanding.leanings import leaning
from segue.understanding.missing import Missing
from segue.understanding.missing_famous import Stranger, strangers
from segue.understanding.reading import Reading
from segue.understanding.refused_behind import disowned
from segue.understanding.spelling import Mention
from segue.understanding.state import SOFT
from segue.understanding.text import Token, key, places, tokens
from segue.understanding.titles import beside_artists
from segue.understanding.tongues import Said, language, put, unblanked, words_of
from segue.understanding.untold import untold
from segue.understanding.works import Works
from segue.understanding.years import OLDEN, RECENT

_PARTITIVE = ("de", "du", "des")
_SUCH = frozenset("songs music tunes tracks stuff carols ones".split())
"""Words behind a kind of music: "play christmas songs"."""
_BOTH = frozenset(("darker", "moodier", "sunnier"))
SLIP = 88.0
"""Likeness, of 100, from which an utterance in another language is a slip of a title."""


_ASKS_FOR = context.PLAYS | frozenset(
    "give me us i want can you could hear put on please now the ok and".split()
)
"""English words before a title in another language."""


class Parser(Missing):
    """Finds the names and facts of one catalogue in what is said."""

    @cached_property
    def works(self) -> Works:
        """The works of the catalogue."""
        return Works(self.catalogue, self.index)

    def in_english(self, text: str) -> Said:
        """An utterance in another language with what is no name, time or word for music in English."""
        plain = unblanked(text)
        said = tokens(plain)
        kept = context.written_large(said)
        kept |= {i for s in strangers(self.names, said) for i in range(s.start, s.end)}
        kept |= {
            i for f in facts.times(said, set(), set()) if not _more_so(said, f) for i in range(f.start, f.end)
        }
        if not (tongue := language(said, self.phrases, self.names.artist, kept)):
            return Said(plain, "ja" if plain != text else "")
        name_key = key(" ".join(t.word for t in said))
        if len(said) > 1 and (name_key in self.names.artist or name_key in self.names.title):
            return Said(plain, "")  # "A-ha", "Mas que nada".
        begin = next((i for i, t in enumerate(said) if t.word not in _ASKS_FOR), 0)
        if len(said) - begin > 1 and key(" ".join(t.word for t in said[begin:])) in self.names.title:
            return Said(plain, "")  # "Give me Keine Lust".
        first = int(said[0].word in context.PLAYS)
        near = self.names.near(said, first, len(said), ("title",)) if 1 < len(said) - first < 7 else None
        if near and near[0] >= SLIP:
            return Said(plain, "")  # "Kein Lust" is a slip of "Keine Lust".
        for name in self.names.find(said, self.vocabulary):
            span = range(name.start, name.end)
            # "Je veux du jazz" begins a wish, "Ne me quitte pas" and "play je veux" do not.
            whole = context.ends(said, name.end) and (
                not name.start or said[name.start - 1].word in context.PLAYS
            )
            known = {w for i in span if (w := said[i].word) in words_of(tongue) or (w,) in self.phrases}
            said_all = len(known) == len({said[i].word for i in span})
            # "De la soul, s'il te plaît" is soul.
            opens = said[name.start].word in _PARTITIVE and not whole
            if not said_all or whole or (len(span) > 2 and not opens):
                kept |= set(span)
        if not (tongue := language(said, self.phrases, self.names.artist, kept)):
            return Said(plain, "")
        kept |= context.in_phrases(said, self.vocabulary)
        return Said(put(said, tongue, kept), tongue)

    def take_apart(self, text: str, *, compare: bool = False, foreign: bool = False) -> Reading:
        """Names, facts, years, what is refused and what is unknown in an utterance.

        Args:
            text: the utterance.
            compare: whether there is a track that "slower" and the like could speak of.
            foreign: whether it was said in another language: what is not understood is no name by itself.
        """
        said = tokens(text)
        reading = Reading(said, " ".join(t.word for t in said), foreign=foreign)
        reading.strangers = strangers(self.names, said, self.vocabulary)
        # "Forget the drive" speaks of a wish, not of the title.
        spoken = places(reading.line, (acts.FORGETS,))
        self._find_names(reading, spoken, compare)
        hidden = self._find_facts(reading, spoken, compare)
        self._leave_out(reading)
        self.mend(reading)
        self.misspelt(reading)
        self.by_its_artist(reading)
        reading.names = reading.known(beside_artists(self.names, said, reading.names))
        _drop_titles(reading)
        named = _of_names(reading)
        reading.facts = [f for f in reading.facts if not named & set(range(f.start, f.end))]
        loose = set(self.loose(reading))
        reading.names = [m for m in reading.names if not called.of_a_longer(said, m.start, m.end, loose)]
        self._mask(reading, hidden)
        blent = places(reading.line, (acts.BLEND,))
        # "If Queen and ABBA had a baby" asks for nothing for children.
        reading.facts = [
            f
            for f in reading.facts
            if not self._of_a_film(reading, f)
            and not (f.start in blent and f.concept.kind in ("occasion", "instrument"))
        ]
        # "Forget the guitar": taken back where it was wished, and not wanted where it only plays.
        reading.refused = (
            polarity.refused(said, reading.taken(), _of_names(reading), _kinds(reading)) | spoken
        )
        of_a_shade = _of_a_shade(reading)
        reading.facts = [f for f in reading.facts if f not in of_a_shade]
        for match in acts.POOR.finditer(reading.line):
            group = "who" if match["who"] else "too"
            first = reading.line.count(" ", 0, match.start(group))
            reading.refused |= set(range(first, first + match[group].count("_")))
        reading.spared = polarity.exceptions(said, reading.refused, reading.taken())
        self.miss(reading)
        self.miss_quoted(reading, text)
        if more := untold(reading.line, self.index):
            reading.unknown = more  # "Released on Blue Note" asks for nobody.
        self._mask(reading, hidden)
        return reading

    def _find_names(self, reading: Reading, spoken: set[int], compare: bool) -> None:
        """The names that are written right, and the plays that are spoken of."""
        said = reading.said
        # "Play Jamming" is no music to jam to, "play Vienna" none from Austria.
        plain = {
            (b.word,)
            for i, (a, b) in enumerate(pairwise(said))
            if a.word in context.PLAYS and not {t.word for t in said[i + 2 : i + 3]} & _SUCH
        } & self.places
        # "I'd like Paranoid" asks for no dark mood.
        plain |= {
            (b.word,)
            for i, (a, b) in enumerate(pairwise(said))
            if a.word in _BEFORE_LARGE and b.written.istitle() and not b.begins and self._mood(b.word)
            and (context.ends(said, i + 2) or said[i + 2].word in _SUCH_A_TITLE)
        }  # fmt: skip
        if len(said) == 1:  # "Jamming" alone is the title, "Funky" no title.
            plain |= {(said[0].word,)} & self.places
        names = self.names.find(said, self.vocabulary - plain if plain else self.vocabulary)
        # "Inte så hårt" compares, and is not Beth Hart.
        than = places(reading.line, acts.COMPARE.values()) if compare else set()
        reading.heard = references(reading.line)
        over = reading.taken()
        reading.names = [
            m
            for m in names
            if not (m.start in spoken and self._fact(said, m))
            and not {m.start - 1, m.start} <= than
            and not over & set(range(m.start, m.end))
        ]
        reading.names = reading.known(beside_artists(self.names, said, reading.names))
        works, lacking = self.works.find(said, reading.names)
        reading.names = sorted([*(m for m in reading.names if not _over(m, works)), *works])
        reading.strangers = [s for s in reading.strangers if not _over(s, works)]
        reading.unknown += lacking

    def _find_facts(self, reading: Reading, spoken: set[int], compare: bool) -> set[int]:
        """Finds the facts, times and comparisons; returns the tokens that are hidden from acts."""
        said, inside = reading.said, reading.taken()
        # A name says nothing but itself: "Not Like Us" is like nobody.
        genres = context.in_phrases(said, self.vocabulary)
        times = facts.times(said, inside, genres)
        hidden = inside | {i for f in times if f.concept.kind == "length" for i in range(f.start, f.end)}
        reading.line = " ".join("_" if i in hidden else t.word for i, t in enumerate(said))
        if compare or reading.names:
            timed = {i for f in times for i in range(f.start, f.end) if f.end - f.start > 1}
            reading.compared = places(reading.line, acts.COMPARE.values()) - timed
            # "Darker" asks for what is sadder and dark.
            reading.compared -= {i for i, t in enumerate(said) if t.word in _BOTH}
        reading.compared |= places(reading.line, [*acts.MOST.values(), acts.THIS_ARTIST, acts.AN_ARTIST])
        reading.facts = facts.times(said, reading.taken(), genres)
        reading.facts += leaning(said, facts.tagged(said, self.phrases, reading.taken()), self.phrases)
        reading.facts += facts.placed(said, self.scenes, reading.taken())
        named = [(i, self.phrases.get((said[i].word,))) for i in sorted(spoken - reading.taken())]
        reading.facts += [Fact(i, i + 1, concept) for i, concept in named if concept]
        return hidden

    @staticmethod
    def _leave_out(reading: Reading) -> None:
        """Leaves out names and facts that are only spoken of, or mean no music."""
        said, spared = reading.said, polarity.spared(reading.said)
        reading.names = [m for m in reading.names if m.start not in spared and not _in_passing(said, m)]
        when = {
            i
            for f in reading.facts
            for n in (1, 2)
            if f.start >= n
            and facts.timed(_words(said, f.start - n, f.end)) == n
            and f.concept.kind == "genre"
            for i in range(f.start - n, f.start)
        }
        reading.idle = no_music.in_idioms(said) | when
        reading.idle |= places(reading.line, _ASIDES) | disowned(said, reading.taken(), _kinds(reading))[1]
        none = [f for f in reading.facts if no_music.of_no_music(said, f) or called.of_a_player(said, f)]
        void = [*none, *(f for f in reading.facts if f.start in spared)]
        # What means no music there is no slip of it either.
        reading.idle |= {i for f in void for i in range(f.start, f.end)}
        reading.facts = [f for f in reading.facts if not set(range(f.start, f.end)) <= reading.idle]

    @staticmethod
    def _mask(reading: Reading, hidden: set[int]) -> None:
        """Hides the names from what is read as an act."""
        hidden |= _of_names(reading)
        reading.line = " ".join("_" if i in hidden else t.word for i, t in enumerate(reading.said))

    def _mood(self, word: str) -> bool:
        """Whether a word stands for a mood, and is a title."""
        concept = self.phrases.get((word,))
        return concept is not None and concept.kind == "mood" and word in self.names.title

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
        if fact.concept.name == "gaming" and reading.said[fact.start].word in _GAMES:
            ahead = reading.said[fact.end].word if fact.end < len(reading.said) else ""
            pointed = fact.start > 0 and reading.said[fact.start - 1].word in context.POINTS
            return pointed and ahead in context.FILMS | {"music", "theme", "song"}  # "The minecraft music."
        if fact.concept.name not in ("soundtrack", "film score") or not fact.start:
            return False
        before = fact.start - 1
        named = any(m.start <= before < m.end for m in reading.names)
        return named or before in self.loose(reading) or reading.said[before].word in context.POINTS


_BEFORE_LARGE = frozenset("like play hear want than of".split())
_SUCH_A_TITLE = frozenset("without but minus only just though".split())
"""Words before a title that is written large, and behind one."""


def _over(mention: Mention | Stranger, others: Sequence[Mention]) -> bool:
    """Whether a name stands over others."""
    return any(mention.start < m.end and mention.end > m.start for m in others)


def _words(said: Sequence[Token], start: int, end: int) -> list[str]:
    return [t.word for t in said[start:end]]


def _in_passing(said: Sequence[Token], mention: Mention) -> bool:
    """Whether the word of a longer name is part of a phrase: the trouble of "too much trouble"."""
    part = mention.end - mention.start == 1 and key(said[mention.start].word) != key(mention.name)
    return part and mention.start in no_music.in_idioms(said)


def _of_a_shade(reading: Reading) -> list[Fact]:
    """The facts that are refused of what is wanted in another word: "sad but not depressing"."""
    said = reading.said
    found = list[Fact]()
    for fact in (f for f in reading.facts if f.start in reading.refused and f.concept.kind in SOFT):
        wanted = (f for f in reading.facts if f.start < fact.start and f.start not in reading.refused)
        found += [
            fact for f in wanted if f.concept == fact.concept and said[f.start].word != said[fact.start].word
        ]
    return found


def _drop_titles(reading: Reading) -> None:
    """Takes a title that is not here off the names: "vogue by madonna" asks for nothing by En Vogue."""
    artists = {m.start for m in reading.names if m.kind == "artist"}
    reading.names = [
        m
        for m in reading.names
        if m.kind != "artist"
        or key(m.name) == key(reading.said[m.start].word)
        or not called.by_another(reading.said, m.start, m.end, artists)
    ]


def _kinds(reading: Reading) -> dict[int, str]:
    """Token -> of which kind what it means is."""
    kinds: dict[int, str] = {i: f.concept.kind for f in reading.facts for i in range(f.start, f.end)}
    return kinds | {i: m.kind for m in reading.names for i in range(m.start, m.end)}


def _of_names(reading: Reading) -> set[int]:
    spans = [(m.start, m.end) for m in reading.names] + [(s.start, s.end) for s in reading.strangers]
    return {i for start, end in spans for i in range(start, end)}


_GAMES = frozenset(("minecraft", "pathfinder"))
_ASIDES = (acts.CLEAN, acts.GREETING, acts.LIFT["everything"])
"""Words of these are looked for in no title."""


def _more_so(said: Sequence[Token], fact: facts.Fact) -> bool:
    """Whether a word for what is old or new is compared: "plus vieux"."""
    vague = fact.concept.name in (RECENT, OLDEN)
    return vague and fact.start > 0 and said[fact.start - 1].word in _MORE


_MORE = frozenset("plus moins mas menos piu meno mais meer minder mer mera bardziej mniej daha".split())
