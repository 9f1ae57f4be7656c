"""Names that are said: artists, titles and albums as people type them, told apart from common words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import DamerauLevenshtein

from segue.data.catalogue import Catalogue
from segue.understanding import context
from segue.understanding.context import AFTER, ASKS, EDGE, JOINS, MUCH, NEVER, OPENERS
from segue.understanding.everyday import common, is_everyday, nicknames
from segue.understanding.index import Index
from segue.understanding.keys import Fuzzy, Rows, aliases, credited, credits, keys_of
from segue.understanding.state import Kind
from segue.understanding.text import Token, key, sound

LONGEST = 9
"""Words of the longest name that is looked for."""
ASIDE = re.compile(r"\s*[(\[{].*|\s+-\s.*|(?<=\w)/.*")
MAY_BE_ASIDE = r"[(\[{/]|\s-\s"
CLOSE = 84.0
"""Similarity, of 100, from which a name that is spelt differently is meant."""


class Mention(NamedTuple):
    """A name found in tokens [start, end): its kind, as the catalogue writes it, and what carries it."""

    start: int
    end: int
    kind: Kind
    name: str
    values: tuple[str, ...]
    exact: bool = True


class Names:
    """The names of a catalogue, by what their spellings share."""

    def __init__(self, catalogue: Catalogue, index: Index) -> None:
        tracks = catalogue.tracks
        self.catalogue, self.index = catalogue, index
        named = credited(catalogue)
        # The spelling of a field of its own goes before one in a joint credit, the last before the first.
        whole = named.filter(pl.col("artist") == pl.col("name"))
        self.artist: dict[str, str] = dict(zip(named["key"].reverse(), named["name"].reverse(), strict=True))
        self.artist.update(zip(whole["key"], whole["name"], strict=True))
        self.alone = frozenset(whole["key"])
        rows = pl.arange(len(catalogue), eager=True)
        titles = tracks["title"].fill_null("")
        asides = titles.str.contains(MAY_BE_ASIDE)
        bare = pl.Series([ASIDE.sub("", t) for t in titles.filter(asides)], dtype=pl.String)
        self.title = Rows(pl.concat([keys_of(titles), keys_of(bare)]), pl.concat([rows, rows.filter(asides)]))
        self.albums = index.albums
        self.alias = aliases(named, self.index.artists, self.artist)
        self.keys = {
            "artist": Fuzzy(pl.Series(list(self.artist), dtype=pl.String), 3),
            "title": Fuzzy(self.title.keys, 4),
            "album": Fuzzy(self.albums.keys, 5),
        }
        # After the slips: of a nickname there are none.
        for nick, name in nicknames():
            if key(name) in self.artist:
                self.artist.setdefault(key(nick), self.artist[key(name)])

    def tracks_of(self, k: str) -> tuple[str, ...]:
        """The ids of the tracks of a title's key."""
        return tuple(self.catalogue.ids[r] for r in self.title.get(k))

    def written(self, kind: str, k: str) -> str:
        """A name as the catalogue writes it."""
        if kind == "artist":
            return self.artist[k]
        row = (self.title if kind == "title" else self.albums).get(k)[0]
        name = str(self.catalogue.tracks[kind][row])
        return ASIDE.sub("", name) or name if kind == "title" else name

    def by(self, track: str) -> set[str]:
        """The keys of the artists of a track."""
        artist = self.catalogue.tracks["artist"][self.catalogue.rows[track]] or ""
        return {key(n) for n in credits(artist, self.alone)}

    def find(self, said: Sequence[Token], vocabulary: set[tuple[str, ...]]) -> list[Mention]:
        """The names that stand in the tokens exactly, longest first, none over another."""
        found: list[Mention] = []
        taken: set[int] = set()
        n = len(said)
        inside = context.in_phrases(said, vocabulary)
        for length in range(min(LONGEST, n), 0, -1):
            for start in range(n - length + 1):
                span = range(start, start + length)
                if taken & set(span) or any(said[i].begins for i in span[1:] if length <= 2):
                    continue
                if length == 1 and start in inside and not (start and said[start - 1].word == "by"):
                    continue
                mention = self._exact(said, start, start + length, vocabulary)
                if mention:
                    found.append(mention)
                    taken |= set(span)
        return sorted([*found, *self._beside(said, taken, vocabulary, {key(m.name) for m in found})])

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
                if plain and not (start - 1 in taken and self._theirs(" ".join(words), named)):
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
            and key(" ".join(words)) not in self.title
        ):
            return None
        k = key(" ".join(words))
        before = next((t.word for t in reversed(said[:start]) if t.word != "the"), "")
        plain = all(w in common() or (w,) in vocabulary for w in words) or tuple(words) in vocabulary
        by = before in ("by", "von", "par") or before in ("artist", "band")
        if len(words) == 1 and k in self.artist and words[0] in common():
            # "The band who did that" is not The Who.
            by = by and ((start > 0 and said[start - 1].word == "the") or not context.has_the(self.artist[k]))
        tracks = self.index.artists.count(k)
        sure = context.said_as(said, start, end, tracks)
        odd = not plain and is_everyday(words) and not sure
        followed = end < len(said) and said[end].word == "by" and not said[end].begins
        if k in self.artist and (
            not (plain or odd)
            or by
            or (followed and words[0] not in NEVER and (sure == 2 or tuple(words) not in vocabulary))
            or self._meant(said, start, end, sure, vocabulary)
            or self._stands_out(said, start, end, vocabulary, "artist")
        ):
            return Mention(start, end, "artist", self.artist[k], (self.artist[k],))
        if k in self.title and not by and (len(words) > 1 or len(k) > 2):
            follows = end < len(said) and said[end].word in ("by", "von", "par", "de")
            # "The one by Stevie Wonder" is no title.
            follows = follows and not (
                words[-1] in NEVER and (len(words) == 1 or words[0] in ("the", "this"))
            )
            similar = context.likened(said, start)
            alike = (before == "like" or similar) and words[-1] not in NEVER
            if (
                follows
                or (alike and tuple(words) not in vocabulary and context.ends(said, end))
                or self._stands_out(said, start, end, vocabulary, "title")
                or (not (plain or odd) and len(k) > 5)
            ):
                return Mention(start, end, "title", self.written("title", k), self.tracks_of(k))
        if k in self.albums and (before in ("album", "off") or (not plain and len(words) > 1)):
            name = self.written("album", k)
            return Mention(start, end, "album", name, (name,))
        if (
            len(words) == 1
            and k in self.alias
            and not (plain or odd)
            and (sure == 2 or not is_everyday(words))
            and not self._first_misspelt(said, start, end)
        ):
            name = self.artist[self.alias[k]]
            return Mention(start, end, "artist", name, (name,))
        if 2 <= len(words) <= 3 and not plain and len(k) >= 6:
            near = self.index.artists.starting(k)
            if len(near) == 1 and len(near[0]) - len(k) <= 5:
                return Mention(start, end, "artist", self.artist[near[0]], (self.artist[near[0]],))
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

    def _first_misspelt(self, said: Sequence[Token], start: int, end: int) -> bool:
        """Whether a last name stands behind a misspelt first name: "micheal jackson" is not Joe Jackson."""
        before = said[start - 1] if start and not said[start].begins else None
        if before is None or before.word in common():
            return context.goes_on(said, end)
        return self.near(said, start - 1, end, ("artist",)) is not None

    def _stands_out(
        self, said: Sequence[Token], start: int, end: int, vocabulary: set[tuple[str, ...]], kind: str
    ) -> bool:
        """Whether common words are meant as a name: written so, asked for so, or all that is said."""
        words = tuple(t.word for t in said[start:end])
        alone = end == len(said) or said[end].begins or said[end].word in AFTER
        first = start == 0 or said[start].begins
        asked = start > 0 and said[start - 1].word in ASKS
        similar = context.likened(said, start)
        if start and len(words) > 1 and said[start - 1].word in ("from", "to", "between") and not similar:
            # The ends of a way: "from Come Together to Let It Be".
            return any(t.word in ("from", "between") for t in said[:start])
        wanted = asked or similar or (start > 0 and said[start - 1].word == "like")
        if alone and wanted and len(words) > 1 and words[0] not in NEVER and words not in vocabulary:
            return True  # "Songs like old town road".
        if words in vocabulary and (len(words) == 1 or kind == "artist"):
            capitals = [t.written[:1].isupper() for t in said[start:end]]
            return kind == "artist" and all(capitals) and not first
        opens = first and words[0] in OPENERS and end < len(said) and said[end].word != "by"
        if alone and (first or asked) and not (len(words) == 1 and (words[0] in NEVER or opens)):
            return True
        mixed = any(t.written[:1].islower() for t in said)
        capitals = [t.written[:1].isupper() for t in said[start:end]]
        return mixed and all(capitals) and not (first and len(words) == 1) and words[0] not in NEVER

    def near(
        self, said: Sequence[Token], start: int, end: int, kinds: Sequence[str]
    ) -> tuple[float, Mention] | None:
        """The name that the tokens [start, end) most likely misspell, with its likeness of 100."""
        k = key(" ".join(t.word for t in said[start:end]))
        if len(k) < 4:
            return None
        plain = sum(t.word in common() for t in said[start:end])
        if end - start == 1 and is_everyday([said[start].word]) and not context.said_as(said, start, end):
            return None
        best: tuple[float, Mention] | None = None
        for kind in kinds:
            for name, score, _ in process.extract(
                k, self.keys[kind].like(k), scorer=fuzz.ratio, limit=3, score_cutoff=72
            ):
                edits = DamerauLevenshtein.distance(k, name)
                sounds = sound(k) == sound(name) and len(k) >= 5
                likeness = max(score, 100 * (1 - edits / max(len(k), len(name)))) + (10 if sounds else 0)
                likeness -= 5 * plain
                least = CLOSE - 2 if len(k) >= 9 else 80 if len(k) >= 5 else 92
                if k[0] != name[0] and not sounds:
                    likeness -= 6
                if likeness >= least and (best is None or likeness > best[0]):
                    found = self.written(kind, name)
                    values = self.tracks_of(name) if kind == "title" else (found,)
                    best = likeness, Mention(start, end, kind, found, values, exact=False)  # type: ignore[arg-type]
        return best
