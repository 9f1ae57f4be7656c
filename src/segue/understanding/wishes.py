"""The wishes of an utterance: what it says of facts and names, held against what the catalogue has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segue.understanding import acts, beats, context, lengths, polarity
from segue.understanding.facts import OLD_SCHOOL, Fact
from segue.understanding.index import SWEARING, Index, tags_here
from segue.understanding.merged import any_time, as_felt, either, once, played_by, sparing
from segue.understanding.reading import Reading
from segue.understanding.scales import MEASURED
from segue.understanding.state import DialogueState, Role, Wish
from segue.understanding.story import told
from segue.understanding.text import fold, key
from segue.understanding.themes import Themes
from segue.understanding.untold import NO_BEATS, NO_LANGUAGES, NO_LENGTHS, NO_SWEARING, NO_YEARS
from segue.understanding.vocabulary import FOREIGN, Concept, concepts, family, split, stands_for, wider
from segue.understanding.work_parts import parts_of

SWEARS = ("gangsta rap", "g-funk", "trap", "drill", "horrorcore", "hardcore hip hop", "nu metal", "rap metal")
"""Tags of what is likely to swear, where nothing tells."""
EXPLICIT = ("explicit", "explicit lyrics", "parental advisory", "explicit content")
"""Tags of tracks that swear."""
_LINKS = (["with"], ["by"], ["from"], ["in"], ["and"])
"""Words behind a "maybe" that is of what follows."""
_TONGUES = frozenset(
    "finnish norwegian danish icelandic hungarian romanian serbian croatian bulgarian czech slovak slovenian "
    "estonian latvian lithuanian ukrainian welsh swahili zulu yoruba hausa amharic thai vietnamese tamil "
    "punjabi bengali urdu tagalog malay indonesian catalan basque breton flemish frisian".split()
)
"""Languages that count as of a wider region here."""


class Wishes(Themes):
    """Makes wishes of names and facts."""

    def wishes(self, reading: Reading, turn: int) -> list[Wish]:
        """The wishes of an utterance, and what of it is not here put among the unknown."""
        if reading.spared:
            return self._but(reading, turn)
        found = self.themes(reading, turn)
        for fact in reading.facts:
            told = self._of_fact(reading, fact, turn)
            found += [w for w in told if w.kind == "length" or w not in found]
        for reference in (r for r in reading.heard if not r.like):
            role: Role = "refused" if reference.refused else "required"
            found.append(Wish("listening", str(reference.heard), role, turn=turn, heard=reference.heard))
        found = as_felt(once(any_time(found)))
        if acts.LIKED.search(" ".join(t.word for t in reading.said)):
            found = either(found)  # Who likes soul, disco and jazz hears any of them.
        if " or " in f" {reading.line} " or " oder " in reading.line or " ou " in reading.line:
            found = either(found, ("genre", "country", "language", "mood", "instrument"))
            return [*found, *self._unsworn(reading, turn), *either(self._named(reading, turn), ("title",))]
        return [*found, *self._unsworn(reading, turn), *self._named(reading, turn)]

    def _but(self, reading: Reading, turn: int) -> list[Wish]:
        """The wishes of an utterance in which a refusal leaves something alone."""
        alone, rest = (
            replace(
                reading,
                spared=set(),
                names=[m for m in reading.names if (m.start in reading.spared) == spared],
                facts=[f for f in reading.facts if (f.start in reading.spared) == spared],
                refused=set() if spared else reading.refused,
                heard=[] if spared else reading.heard,
            )
            for spared in (True, False)
        )
        but = tuple(self.wishes(alone, turn))
        return [sparing(w, but) if w.refused and but else w for w in self.wishes(rest, turn)]

    def _of_fact(self, reading: Reading, fact: Fact, turn: int) -> list[Wish]:
        """The wishes of what was said in one place; none where nothing here is such."""
        role: Role = "refused" if fact.start in reading.refused and not _says_no(fact) else "required"
        concept, when = fact.concept, fact.years
        beside = fact.start in told(reading)
        if beside and (role == "refused" or concept.name == "children"):
            return []  # Who has had a day with them wants no music for them: "no coffee left".
        if role == "required" and (beside or self._hedged(reading, fact.start)):
            role = "preferred"
        if role == "refused" and concept.name == "a broken heart":
            concept = concepts()["sad",]  # "Nothing that makes me cry."
        if concept.kind == "tempo" and when:
            return self._paced(reading, fact, role, turn)
        if concept.kind == "length":
            return self._lasting(reading, fact, role, turn)
        if concept.kind == "year" and when:
            if role == "refused" and when == (None, 1975):
                role, when, concept = "required", (1990, None), Concept("year", "no older than 1990", ())
            if role == "required" and not self.index.meets(Wish("year", "", years=when)).any():
                known = np.isfinite(self.index.era).any()
                reading.unknown.append(f"music from {concept.name}" if known else NO_YEARS)
                return []
        if concept.name.startswith(OLD_SCHOOL) and (whole_of := family(concept.values)):
            # "Old school rap": rap of before 2000.
            early = Wish("year", "no later than 1999", role, years=(None, 1999), turn=turn)
            whole = self._of_fact(reading, fact._replace(concept=concepts()[tuple(split(whole_of))]), turn)
            return [*whole, early] if whole and self.index.meets(early).any() and role != "refused" else whole
        if role != "refused" and (sounds := self._sounding(concept)):
            mood, genre = (fact._replace(concept=self.phrases[p]) for p in sounds)
            return [*self._of_fact(reading, mood, turn), *self._of_fact(reading, genre, turn)]
        if concept.kind not in ("year", "voice", "language", "country", "occasion"):
            marked = self._marked(reading, concept, role)
            if marked is None:
                return []
            concept = marked
        if concept.kind == "occasion":
            # What listeners tagged for the occasion itself goes before the moods that suit it.
            said = " ".join(t.word for t in reading.said[fact.start : fact.end])
            own = tags_here(self.index, (said, concept.name.removeprefix("a ")))
            concept = concept._replace(values=tuple(dict.fromkeys((*own, *concept.values))))
        wish = Wish(concept.kind, concept.name, role, concept.values, when, turn)
        return [] if role != "refused" and self._absent(reading, wish, fact) else [wish]

    def _sounding(self, concept: Concept) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """A mood and a genre where a sub-genre that is not here is called by both: "dark metal".

        A tag of another genre does, too, where tracks have both: "minimal techno".
        """
        mood, *rest = split(concept.name)
        told = self.phrases.get((mood,)), concepts().get(tuple(rest))
        if not (family(concept.values) and rest) or tags_here(self.index, concept.values) or None in told:
            return None
        kinds = [c.kind for c in told if c]
        both = np.logical_and.reduce([self.index.having(c.values[:1]) for c in told if c]).any()
        whole = kinds == ["mood", "genre"] or (kinds == ["genre", "genre"] and both)
        whole = whole and split(family(concept.values)) == rest
        return ((mood,), tuple(rest)) if whole else None

    def _marked(self, reading: Reading, concept: Concept, role: Role) -> Concept | None:
        """A concept with the tags of it that are here, or the nearest one that is here."""
        here = tags_here(self.index, concept.values)
        turned = " ".join(reversed(concept.name.split(" ")))
        if not here and turned != concept.name and (here := tags_here(self.index, (turned,))):
            concept = concept._replace(name=turned)  # "Pop country".
        in_full = f"{concept.name} {family(concept.values)}"
        if not here and (here := tags_here(self.index, (in_full,))):
            concept = concept._replace(name=in_full)  # "Thrash" is thrash metal.
        if not here and (here := tags_here(self.index, (concept.name.removesuffix(" music"),))):
            concept = concept._replace(name=here[0])  # "Christian music".
        if role == "refused":
            return concept._replace(values=here)
        if not here and (whole := concepts().get(tuple(split(concept.name.removesuffix(" hits"))))):
            concept = whole  # "Dance hits" are dance music.
            here = tags_here(self.index, concept.values)
        if not here and concept.kind == "tempo" and (rows := parts_of(self.catalogue).at_pace(concept.name)):
            return Concept("track", concept.name, tuple(str(self.catalogue.ids[r]) for r in rows))
        if (not here or stands_for(concept, here)) and (titled := self.names.pieces(concept)):
            reading.unknown.append(concept.name)  # No tag says "waltz", but titles do.
            return Concept("track", concept.name, titled)
        part_of = (c.name for c in wider(concept) if tags_here(self.index, c.values))
        if not here and (whole_of := family(concept.values) or next(part_of, "")):
            # "Djent" where nothing is marked so: that is said, and the nearest plays.
            reading.unknown.append(concept.name)
            concept = concepts()[tuple(split(whole_of))]
            here = tags_here(self.index, concept.values)
            return concept._replace(values=here) if here else None
        if here and stands_for(concept, here):
            # A waltz where nothing is marked so, but classical music is.
            reading.unknown.append(concept.name)
            return Concept(concept.kind, here[0], here)
        if not here:
            reading.unknown.append(f"{concept.name} music" if concept.kind == "mood" else concept.name)
            return None
        return concept._replace(values=here)

    def _absent(self, reading: Reading, wish: Wish, fact: Fact) -> bool:
        """Whether nothing here is in a language or from a country; it is then among the unknown."""
        if wish.kind not in ("language", "country") or self.index.meets(wish).any():
            reading.unknown += _of_no_song(reading, fact, self.index) if wish.kind == "country" else []
            return False
        untold = wish.kind == "language" and self.index.codes.is_null().all()
        if untold and wish.words == "English":
            return True  # Nothing says in which language anything is: most likely in this one.
        if untold and not self.index.having(FOREIGN).any():
            reading.unknown.append(NO_LANGUAGES)
        else:
            told = f"{wish.words} songs" if wish.kind == "language" else f"music from {wish.words}"
            word = reading.said[fact.end - 1]
            if fact.start and reading.said[fact.start - 1].word == "in" and word.word != fold(wish.words):
                told = f"songs in {word.written}"  # "Sung in Polish."
            reading.unknown.append(told)
        return True

    def _lasting(self, reading: Reading, fact: Fact, role: Role, turn: int) -> list[Wish]:
        """The wish that a length is; none where no track here is known to last so long."""
        wish = Wish("length", fact.concept.name, role, years=fact.years, turn=turn)
        if role == "refused" and fact.years and (other := lengths.opposite(fact.years)):
            # What is of unknown length is not known to be no long one.
            wish = replace(wish, role="required", years=other[0], words=other[1])
        if wish.role == "required" and not self.index.meets(wish).any():
            reading.unknown.append(NO_LENGTHS if not self.lasts else f"tracks {wish.words}")
            return []
        return [wish]

    def _paced(self, reading: Reading, fact: Fact, role: Role, turn: int) -> list[Wish]:
        """The wish that beats a minute are; of the tag of tempo that is nearest where none were counted."""
        wish = Wish("tempo", fact.concept.name, role, years=fact.years, turn=turn)
        if self.index.counted and (role == "refused" or self.index.meets(wish).any()):
            return [wish]
        reading.unknown.append(f"tracks of {wish.words}" if self.index.counted else NO_BEATS)
        tags = tags_here(self.index, beats.tags(fact.years or (None, None)))
        if self.index.counted or not tags or role == "refused":
            return []
        return [replace(wish, years=None, words=tags[0].removesuffix(MEASURED), values=tags)]

    def _unsworn(self, reading: Reading, turn: int) -> list[Wish]:
        """The wish for no swearing, where anything tells which tracks swear."""
        if not acts.CLEAN.search(reading.line):
            return []
        tags = tags_here(self.index, EXPLICIT)
        if not tags and "explicit" not in self.catalogue.tracks.columns:
            reading.unknown.append(NO_SWEARING)
            tags = tags_here(self.index, SWEARS)
        return [Wish("words", SWEARING, "refused", tags, turn=turn)]

    @property
    def lasts(self) -> bool:
        """Whether it is known of any track how long it lasts."""
        return not bool(np.isnan(self.index.seconds).all())

    def _hedged(self, reading: Reading, place: int) -> bool:
        """Whether a fact is only hoped for."""
        begins = next((i for i in range(place, 0, -1) if reading.said[i].begins), 0)
        words = [t.word for t in reading.said[max(begins, place - 3) : place]]
        if words == ["a", "bit", "of"] and place > 3 and reading.said[place - 4].word == "with":
            return False  # "Something with a bit of bossa".
        after = [t.word for t in reading.said[place + 1 : place + 3] if not t.begins]
        ahead = after[:1] == ["maybe"] and after[1:] not in _LINKS  # "Folky, maybe with a fiddle".
        return ahead or any(polarity.starts(words, i, polarity.MAYBE) for i in range(len(words)))

    def _named(self, reading: Reading, turn: int) -> list[Wish]:
        """The wishes that are names; a title with its artist is one wish."""
        found: list[Wish] = []
        artists = [m for m in reading.names if m.kind == "artist" and m.start not in reading.refused]
        keys = {key(v) for m in artists for v in m.values}
        titled = False
        for mention in reading.names:
            role: Role = "refused" if mention.start in reading.refused else "required"
            alike = role == "refused" and acts.UNLIKE.search(reading.line) is not None
            values = mention.values
            if mention.kind == "title":
                theirs = tuple(v for v in values if self.names.by(v) & keys)
                if keys and not theirs and (not mention.exact or fold(mention.name) in context.NEVER):
                    continue
                values = theirs or values
                titled = titled or (role == "required" and bool(theirs))
            found.append(
                Wish(
                    mention.kind, mention.name, role, values, None, turn, mention.kind == "title", alike=alike
                )
            )
        # "Not September, everyone plays September."
        off = {w.values for w in found if w.refused}
        found = [w for w in found if w.refused or w.values not in off]
        wanted = [w for w in found if w.kind == "artist" and not w.refused]
        joint = self.names.joint([w.words for w in wanted]) if acts.DUET.search(reading.line) else ""
        if len(wanted) > 1 and joint:
            found = [replace(wanted[0], words=joint, values=(joint,)), *(w for w in found if w not in wanted)]
            reading.unknown = [u for u in reading.unknown if not acts.DUET.match(u)]
        elif len(wanted) > 1 and not played_by(self.index, wanted, reading.line):
            values = tuple(dict.fromkeys(v for w in wanted for v in w.values))
            one = replace(wanted[0], words=" or ".join(values), values=values)
            found = [one, *(w for w in found if w not in wanted)]
        if titled:
            found = [w for w in found if not (w.kind == "artist" and w.role == "required")]
        return found

    def turned(self, line: str, new: list[Wish]) -> bool:
        """Whether a name is wished for as nothing of it here is: "ABBA but metal" is music like ABBA's."""
        said = acts.TURNED.search(line) is not None
        return said and not self.index.allowed(DialogueState(wishes=tuple(new))).any()


def _says_no(fact: Fact) -> bool:
    """Whether a "not" is part of the fact itself: "nothing older than 2015", "not too slow"."""
    return (fact.concept.name == "medium" and fact.end - fact.start == 3) or (
        fact.years is not None
        and (fact.concept.name.endswith("or later") or fact.concept.name.startswith("no "))
    )


def _of_no_song(reading: Reading, fact: Fact, index: Index) -> list[str]:
    """What is not here where a song "in Finnish" is asked for, and only the region is marked anywhere."""
    said, place = reading.said, fact.end - 1
    word = said[place].word
    asked = place and said[place - 1].word == "in" and fact.start == place and word in _TONGUES
    told = asked and not index.having((word,)).any()
    return [f"songs in {said[place].written}"] if told else []
