"""Names that are said: artists, titles and albums as people type them, told apart from common words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from segue.understanding import called, context
from segue.understanding.context import AFTER, EDGE, JOINS, MUCH, NEVER, OPENERS
from segue.understanding.everyday import common, is_everyday, talk
from segue.understanding.names_short import Shortened, word_before
from segue.understanding.spelling import Mention
from segue.understanding.text import Token, fold, key, tokens

LONGEST = 9
"""Words of the longest name that is looked for, without a "the"."""

_NEGATED = frozenset("no not never nothing".split())


class Names(Shortened):
    """Finds the names of a catalogue in what is said."""

    def find(self, said: Sequence[Token], vocabulary: set[tuple[str, ...]]) -> list[Mention]:
        """The names that stand in the tokens exactly, longest first, none over another."""
        found: list[Mention] = []
        taken: set[int] = set()
        inside = context.in_phrases(said, vocabulary)
        for start, end in _spans(said):
            span = range(start, end)
            if taken & set(span) or (len(span) == 2 and self._parted(said, start)):
                continue
            if len(span) == 1 and start in inside and not (start and said[start - 1].word == "by"):
                continue
            mention = self._exact(said, start, end, vocabulary)
            if mention:
                found += self._each(said, mention) or [mention]
                taken |= set(span)
        return sorted([*found, *self._beside(said, taken, vocabulary, {key(m.name) for m in found})])

    def _each(self, said: Sequence[Token], joint: Mention) -> list[Mention]:
        """The artists of a joint credit of which each has more: "Jay-Z and Eminem" is not only their duet."""
        if joint.kind != "artist" or not (
            joins := [i for i in range(joint.start, joint.end) if said[i].word in JOINS]
        ):
            return []
        found = []
        for start, end in pairwise([joint.start - 1, *joins, joint.end]):
            k = key(" ".join(t.word for t in said[start + 1 : end]))
            name = self.artist.get(k, "")
            if not name or self.index.artists.count(key(name)) <= self.index.artists.count(key(joint.name)):
                return []
            found.append(Mention(start + 1, end, "artist", name, (name,)))
        return found

    def _parted(self, said: Sequence[Token], start: int) -> bool:
        """Whether two words stand in two clauses, and are no name with a mark in it: "Mrs. Robinson"."""
        if not said[start + 1].begins or said[start].word in context.TITLES:
            return False
        k = key(f"{said[start].word} {said[start + 1].word}")
        kind = "title" if k in self.title else "artist" if k in self.artist else ""
        return not kind or not any(t.begins for t in tokens(self.written(kind, k))[1:])

    def _beside(
        self, said: Sequence[Token], taken: set[int], vocabulary: set[tuple[str, ...]], named: set[str]
    ) -> list[Mention]:
        """Names of everyday words beside a name: "elvis presley love me", "rush, kansas or the doors".

        A title of one common word is one of an artist's who is `named`: "bowie heroes", but not "bowie now".
        """
        found: list[Mention] = []
        taken = set(taken)
        for length in range(min(LONGEST, len(said)), 0, -1):
            for start in range(len(said) - length + 1):
                end = start + length
                words = tuple(t.word for t in said[start:end])
                if taken & set(range(start, end)) or any(t.begins for t in said[start + 1 : end]):
                    continue
                if words[0] in EDGE - {"not", "no"} or words[-1] in EDGE or words == ("x",):
                    continue
                plain = words in vocabulary or (length == 1 and words[0] in common())
                theirs = start - 1 in taken and (length > 1 or words[0] not in NEVER)
                listed = key(" ".join(words)) in self.artist and (
                    called.refused_beside(said, start, end, taken) or called.way_to(said, start, end, taken)
                )
                if plain and not listed and not (theirs and self._theirs(" ".join(words), named)):
                    continue
                if listed:
                    name = self.artist[key(" ".join(words))]
                    found.append(Mention(start, end, "artist", name, (name,)))
                    taken |= set(range(start, end))
                    continue
                mention = self._at(said, start, end, taken)
                if mention:
                    found.append(mention)
                    taken |= set(range(start, end))
        return found

    def _theirs(self, title: str, artists: set[str]) -> bool:
        """Whether words are a title of one of the artists, or of nobody that is known."""
        tracks = self.tracks_of(key(title)) if artists else ()
        return any(not (by := self.by(track)) or by & artists for track in tracks)

    def _at(self, said: Sequence[Token], start: int, end: int, taken: set[int]) -> Mention | None:
        """The name that tokens are if a name stands beside them and nothing else follows."""
        front = start - 1 if start and said[start - 1].word == "the" else start
        joined = front and said[front - 1].word in JOINS and front - 2 in taken
        after = end < len(said) and not said[end].begins
        ahead = end + 1 + (end + 1 < len(said) and said[end + 1].word in JOINS)
        joined = joined or (after and said[end].word in JOINS and ahead in taken)
        beside = (front - 1 in taken and not said[front].begins) or joined or (after and end in taken)
        if after and not (said[end].word in AFTER | JOINS or end in taken):
            return None
        k = key(" ".join(t.word for t in said[start:end]))
        if not beside or (k not in self.artist and k not in self.title):
            return None
        if k in self.artist:
            return Mention(start, end, "artist", self.artist[k], (self.artist[k],))
        return Mention(start, end, "title", self.written("title", k), self.tracks_of(k))

    def _exact(
        self, said: Sequence[Token], start: int, end: int, vocabulary: set[tuple[str, ...]]
    ) -> Mention | None:
        words = [t.word for t in said[start:end]]
        if (
            len(words) > 1
            and (words[0] in EDGE or words[-1] in EDGE)
            and said[start].written != said[end - 1].written  # "A-ha" is one word.
            and self.title_key(words) not in self.title
        ):
            return None
        if len(words) == 2 and words[0] == "and" and words[1] in NEVER:
            return None  # "And one from Cuba" asks for no "One".
        k = self.title_key(words)
        if words == ["one"] and start and said[start - 1].word in ("the", "that", "this", "which"):
            return None  # "The one from the Messiah."
        if "and" in (words[0], words[-1]) and not self._has_and(words, k):
            return None  # "New wave and sad" asks for no "Wave", "and who is this" for no The Who.
        if words[0] in ("a", "an") and k in self.artist and fold(self.artist[k]).split()[0] != words[0]:
            return None  # "Sung by a lady" is not Lady A.
        if len(words) == 1 and context.contracted(said[start]) and "'" not in self.artist.get(k, "'"):
            return None  # "I've" is not the band IVE.
        if len(words) == 1 and context.has_the(self.artist.get(k, "")) and context.led_large(said, start):
            return None  # "Pearl Jam" is not The Jam.
        before = word_before(said, start)
        plain = all(w in common() or (w,) in vocabulary for w in words) or tuple(words) in vocabulary
        by = before in ("by", "von", "par") or before in ("artist", "band")
        if len(words) == 1 and k in self.artist and words[0] in common():
            # "The band who did that" is not The Who.
            by = by and ((start > 0 and said[start - 1].word == "the") or not context.has_the(self.artist[k]))
        tracks = self.index.artists.count(k)
        sure = context.said_as(said, start, end, tracks)
        odd = not plain and is_everyday(words) and not sure
        followed = end < len(said) and said[end].word == "by" and not said[end].begins
        if k in self.artist and called.an_artist(said, start, end):
            return Mention(start, end, "artist", self.artist[k], (self.artist[k],))
        if k in self.albums and called.off_an_album(said, start, end):
            name = self.written("album", k)
            return Mention(start, end, "album", name, (name,))
        if k in self.title and called.titled(said, start, end):
            # "The song called War" is no band.
            return Mention(start, end, "title", self.written("title", k), self.tracks_of(k))
        if k in self.artist and (
            not (plain or odd)
            or by
            or (followed and words[0] not in NEVER and (sure == 2 or tuple(words) not in vocabulary))
            or self._meant(said, start, end, sure, vocabulary)
            or self._stands_out(said, start, end, vocabulary, "artist")
        ):
            return Mention(start, end, "artist", self.artist[k], (self.artist[k],))
        if k in self.title and not by and (len(words) > 1 or len(k) > 2):
            found = self._title(said, start, end, vocabulary, plain or odd)
            if found:
                return found
        return self._in_part(said, start, end, vocabulary, plain, odd, sure)

    def _has_and(self, words: Sequence[str], k: str) -> bool:
        """Whether a name begins or ends with the "and" that some words do: "And I Love Her"."""
        kinds = [kind for kind, known in (("title", self.title), ("artist", self.artist)) if k in known]
        written = [fold(self.written(kind, k)).split() for kind in kinds]
        return any((w[0], w[-1]) == (words[0], words[-1]) for w in written if w)

    def _title(
        self, said: Sequence[Token], start: int, end: int, vocabulary: set[tuple[str, ...]], odd: bool
    ) -> Mention | None:
        """The title that tokens are, where one is meant; `odd`: they are words that are said without it."""
        words = [t.word for t in said[start:end]]
        k, before = self.title_key(words), word_before(said, start)
        follows = end < len(said) and said[end].word in ("by", "von", "par", "de")
        # "The one by Stevie Wonder" is no title.
        follows = follows and not (words[-1] in NEVER and (len(words) == 1 or words[0] in ("the", "this")))
        follows = follows or self._from_its_album(said, end, k)
        similar = context.likened(said, start)
        alike = (before == "like" or similar) and words[-1] not in NEVER
        spoken = tuple(words) in talk() and not (follows or context.asked(said, start))
        spoken = spoken and not _large(said, start, end)
        if len(words) == 1 and called.in_a_title(said, start):
            return None
        if (
            words[0] == "by"
            and start
            and {key(" ".join(words[1:]))} & (self.artist.keys() | self.alias.keys())
        ):
            return None  # "Waltzes by Strauss" asks for no "By Strauss".
        if not spoken and (
            follows
            or (alike and tuple(words) not in vocabulary and context.ends(said, end))
            or self._stands_out(said, start, end, vocabulary, "title")
            or (not odd and len(k) > 5)
            or len(words) > 4  # "They leave to You're the First, the Last, My Everything."
            or (len(words) > 3 and words[0] in _NEGATED)  # "No woman no cry, but live."
        ):
            return Mention(start, end, "title", self.written("title", k), self.tracks_of(k))
        return None

    def _meant(
        self, said: Sequence[Token], start: int, end: int, sure: int, vocabulary: set[tuple[str, ...]]
    ) -> bool:
        """Whether common words that are an artist's name stand where one does (see `said_as`)."""
        words = tuple(t.word for t in said[start:end])
        if words in vocabulary or (words[0] in NEVER and len(words) == 1):
            return False
        if len(words) > 1:
            return sure > 0
        name = self.artist[key(words[0])]
        if context.has_the(name) != (start > 0 and said[start - 1].word == "the"):
            return False  # "The war" is not War, "who" not The Who.
        many = self.index.artists.count(key(name)) >= MUCH
        refused = start > 0 and said[start - 1].word in ("no", "any", "without")
        # "A peace song, no war" wants none; "no queen" alone speaks of the band.
        refused = refused and not (start == 1 and context.ends(said, end))
        return sure == 2 or (sure == 1 and many and not refused)

    def _stands_out(
        self, said: Sequence[Token], start: int, end: int, vocabulary: set[tuple[str, ...]], kind: str
    ) -> bool:
        """Whether common words are meant as a name: written so, asked for so, or all that is said."""
        words = tuple(t.word for t in said[start:end])
        alone = end == len(said) or said[end].begins or said[end].word in AFTER
        first = start == 0 or said[start].begins
        asked = context.asked(said, start)
        similar = context.likened(said, start)
        if (
            start
            and len(words) > 1
            and said[start - 1].word in ("from", "to", "between", "via")
            and not similar
        ):
            # The ends of a way: "from Come Together to Let It Be".
            return any(t.word in ("from", "between") for t in said[:start])
        wanted = asked or similar or (start > 0 and said[start - 1].word == "like")
        if alone and wanted and len(words) > 1 and words[0] not in NEVER and words not in vocabulary:
            return True  # "Songs like old town road".
        if kind == "title" and alone and called.titled(said, start, end):
            return True
        if kind == "title" and len(words) > 1 and context.asked_about(said, start, end):
            return True
        capitals = all(t.written[:1].isupper() for t in said[start:end])
        if capitals and not first and called.end_of_way(said, start, end, alone=alone):
            return True  # "From Yesterday to Firestarter."
        if words in vocabulary and (len(words) == 1 or kind == "artist"):
            return kind == "artist" and capitals and not first
        told = capitals and start > 0 and said[0].written[:1].islower()  # "ok, Yesterday for her".
        if words in talk() and not asked and not told and not _large(said, start, end):
            return False
        opens = first and words[0] in OPENERS and end < len(said) and said[end].word != "by"
        if alone and (first or asked) and not (len(words) == 1 and (words[0] in NEVER or opens)):
            return True
        return context.named_large(said, start, end) and words[0] not in NEVER


def _large(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether each of several words is written large, and not all letters: "Let It Go"."""
    return end - start > 1 and all(t.written.istitle() for t in said[start:end])


def _spans(said: Sequence[Token]) -> list[tuple[int, int]]:
    """Where names may stand, longest first; a "the" makes none longer: "the juice wrld" is not Juice."""
    found = []
    for start in range(len(said)):
        small = said[start].word == "the"
        ends = range(start + 1, min(len(said), start + LONGEST + small) + 1)
        found += [(small + start - end, start, end) for end in ends]
    return [(start, end) for _, start, end in sorted(found)]
