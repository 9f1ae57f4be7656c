"""Names that are said: artists, titles and albums as people type them, told apart from common words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import DamerauLevenshtein

from segue.data.catalogue import Catalogue
from segue.understanding.index import Index
from segue.understanding.keys import Fuzzy, Rows, credited, credits, keys_of
from segue.understanding.state import Kind
from segue.understanding.text import Token, fold, key

LONGEST = 9
"""Words of the longest name that is looked for."""
ASIDE = re.compile(r"\s*[(\[{].*|\s+-\s.*|(?<=\w)/.*")
MAY_BE_ASIDE = r"[(\[{/]|\s-\s"
BEFORE_ARTIST = frozenset(
    "by from of von par de di por like than except minus ban hate without is artist band singer cantado "
    "van door older newer similar to some any more another no".split()
)
CLOSE = 84.0
"""Similarity, of 100, from which a name that is spelt differently is meant."""


@cache
def common() -> frozenset[str]:
    """Words that are said without meaning a name."""
    return frozenset((files("segue.understanding") / "common.txt").read_text("utf-8").split())


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
        self.alias = self._aliases(named)
        self.keys = {
            "artist": Fuzzy(pl.Series(list(self.artist), dtype=pl.String), 3),
            "title": Fuzzy(self.title.keys, 4),
            "album": Fuzzy(self.albums.keys, 5),
        }

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

    def _aliases(self, named: pl.DataFrame) -> dict[str, str]:
        """Single words that name one artist: "bowie", "coltrane" where there is but one."""
        one = named.select("name", "key").unique(maintain_order=True)
        odd = one["name"].str.len_bytes() != one["name"].str.len_chars()
        folded = one["name"].str.to_lowercase().str.replace_all("['`]", "")
        folded = folded.scatter(
            odd.arg_true(), pl.Series([fold(n) for n in one["name"].filter(odd)], dtype=pl.String)
        )
        words = folded.str.replace_all("-", " ", literal=True).str.split(" ")
        parts = one.select("key", word=words).explode("word")
        parts = parts.with_columns(pl.col("word").str.strip_chars(".")).unique(maintain_order=True)
        parts = parts.filter((pl.col("word").str.len_chars() >= 4) & ~pl.col("word").is_in(list(common())))
        groups = parts.group_by("word", maintain_order=True).agg("key")
        found = {}
        for word, keys in zip(groups["word"].to_list(), groups["key"].to_list(), strict=True):
            shortest = min(keys, key=len)
            # All of them hold the shortest: "marley" is Bob Marley with and without his band.
            if all(shortest in k for k in keys):
                found[key(word)] = shortest
            elif len(word) >= 5:
                end, count = key(word), self.index.artists.count
                found[end] = max(keys, key=lambda k: (k.endswith(end), count(k), -len(k)))
        return {w: k for w, k in found.items() if w not in self.artist}

    def find(self, said: Sequence[Token], vocabulary: set[tuple[str, ...]]) -> list[Mention]:
        """The names that stand in the tokens exactly, longest first, none over another."""
        found: list[Mention] = []
        taken: set[int] = set()
        n = len(said)
        inside = _in_phrases(said, vocabulary)
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
        return sorted(found)

    def _exact(
        self, said: Sequence[Token], start: int, end: int, vocabulary: set[tuple[str, ...]]
    ) -> Mention | None:
        words = [t.word for t in said[start:end]]
        if (
            len(words) > 1
            and (words[0] in _EDGE or words[-1] in _EDGE)
            and key(" ".join(words)) not in self.title
        ):
            return None
        k = key(" ".join(words))
        before = said[start - 1].word if start else ""
        plain = all(w in common() or (w,) in vocabulary for w in words) or tuple(words) in vocabulary
        by = before in ("by", "von", "par") or before in ("artist", "band")
        if k in self.artist and (not plain or by or self._stands_out(said, start, end, vocabulary, "artist")):
            return Mention(start, end, "artist", self.artist[k], (self.artist[k],))
        if k in self.title and not by and (len(words) > 1 or len(k) > 2):
            follows = end < len(said) and said[end].word in ("by", "von", "par", "de")
            # "The one by Stevie Wonder" is no title.
            follows = follows and not (
                words[-1] in _NEVER and (len(words) == 1 or words[0] in ("the", "this"))
            )
            if (
                follows
                or self._stands_out(said, start, end, vocabulary, "title")
                or (not plain and len(k) > 5)
            ):
                return Mention(start, end, "title", self.written("title", k), self.tracks_of(k))
        if k in self.albums and (before in ("album", "off") or (not plain and len(words) > 1)):
            name = self.written("album", k)
            return Mention(start, end, "album", name, (name,))
        if len(words) == 1 and k in self.alias and not plain and not self._first_misspelt(said, start, end):
            name = self.artist[self.alias[k]]
            return Mention(start, end, "artist", name, (name,))
        if 2 <= len(words) <= 3 and not plain and len(k) >= 6:
            near = self.index.artists.starting(k)
            if len(near) == 1 and len(near[0]) - len(k) <= 5:
                return Mention(start, end, "artist", self.artist[near[0]], (self.artist[near[0]],))
        return None

    @staticmethod
    def _goes_on(said: Sequence[Token], end: int) -> bool:
        """Whether a word is the first of a name written large: "Purple Rain" is not Deep Purple."""
        mixed = any(t.written[:1].islower() for t in said)
        large = [t.written[:1].isupper() for t in said[end - 1 : end + 1]]
        return mixed and large == [True, True] and not said[end].begins

    def _first_misspelt(self, said: Sequence[Token], start: int, end: int) -> bool:
        """Whether a last name stands behind a misspelt first name: "micheal jackson" is not Joe Jackson."""
        before = said[start - 1] if start and not said[start].begins else None
        if before is None or before.word in common():
            return self._goes_on(said, end)
        return self.near(said, start - 1, end, ("artist",)) is not None

    def _stands_out(
        self, said: Sequence[Token], start: int, end: int, vocabulary: set[tuple[str, ...]], kind: str
    ) -> bool:
        """Whether common words are meant as a name: written so, asked for so, or all that is said."""
        words = tuple(t.word for t in said[start:end])
        alone = end == len(said) or said[end].begins or said[end].word in _AFTER
        first = start == 0 or said[start].begins
        asked = start > 0 and said[start - 1].word in _ASKS
        if start and len(words) > 1 and said[start - 1].word in ("from", "to", "between"):
            # The ends of a way: "from Come Together to Let It Be".
            return any(t.word in ("from", "between") for t in said[:start])
        if alone and len(words) > 1 and words[0] not in _NEVER and words not in vocabulary:
            # "Songs like old town road", "glass phantoms call my name".
            if (
                asked
                or (start > 0 and said[start - 1].word == "like")
                or [t.word for t in said[start - 2 : start]] == _SIMILAR
            ):
                return True
            if kind == "title" and any(
                key(" ".join(t.word for t in said[i:start])) in self.alone
                for i in range(max(0, start - 4), start)
            ):
                return True
        if words in vocabulary and (len(words) == 1 or kind == "artist"):
            capitals = [t.written[:1].isupper() for t in said[start:end]]
            return kind == "artist" and all(capitals) and not first
        if alone and (first or asked) and not (len(words) == 1 and words[0] in _NEVER):
            return True
        mixed = any(t.written[:1].islower() for t in said)
        capitals = [t.written[:1].isupper() for t in said[start:end]]
        return mixed and all(capitals) and not (first and len(words) == 1) and words[0] not in _NEVER

    def near(
        self, said: Sequence[Token], start: int, end: int, kinds: Sequence[str]
    ) -> tuple[float, Mention] | None:
        """The name that the tokens [start, end) most likely misspell, with its likeness of 100."""
        k = key(" ".join(t.word for t in said[start:end]))
        if len(k) < 4:
            return None
        plain = sum(t.word in common() for t in said[start:end])
        best: tuple[float, Mention] | None = None
        for kind in kinds:
            for name, score, _ in process.extract(
                k, self.keys[kind].like(k), scorer=fuzz.ratio, limit=3, score_cutoff=72
            ):
                edits = DamerauLevenshtein.distance(k, name)
                sounds = _sound(k) == _sound(name) and len(k) >= 5
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


def _in_phrases(said: Sequence[Token], vocabulary: set[tuple[str, ...]]) -> set[int]:
    """The tokens that are part of a longer word of music: "post" in "post punk" is no album."""
    words = [t.word for t in said]
    places = [(i, i + n) for n in (2, 3) for i in range(len(words) - n + 1)]
    return {i for a, b in places if tuple(words[a:b]) in vocabulary for i in range(a, b)}


def _sound(name: str) -> str:
    """A name as it sounds, roughly: one letter for letters that sound alike, no doubles, no silent vowels."""
    text = name
    for old, new in _ALIKE:
        text = text.replace(old, new)
    text = re.sub(r"(.)\1+", r"\1", text)
    return text[:1] + re.sub(r"[aeiouyh]", "", text[1:])


_ALIKE = (
    ("ph", "f"),
    ("ck", "k"),
    ("sch", "s"),
    ("c", "k"),
    ("q", "k"),
    ("z", "s"),
    ("tz", "s"),
    ("dt", "d"),
)
_SIMILAR = ["similar", "to"]
_EDGE = frozenset("the and a an by from of please some any to with in like no not but or".split())
_AFTER = frozenset("by from please pls plz now instead again next thanks bitte svp for then first".split())
_ASKS = frozenset(
    "play hear want then now song track spiel joue pon suona metti toca called titled on put album "
    "and queue".split()
)
_NEVER = frozenset(
    "no yes more again hello hi thanks one this that stop next love music song something hey ok jazz you "
    "me them".split()
)
