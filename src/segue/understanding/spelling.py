"""The names of a catalogue by what their spellings share, and those that words are close to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import NamedTuple

import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, DamerauLevenshtein

from segue.data.catalogue import Catalogue
from segue.understanding import context, titles_spoken, work_titles
from segue.understanding.composers import composer_of, composers
from segue.understanding.composers import named as named_here
from segue.understanding.everyday import common, english, everyday, given, is_everyday, nicknames, proper
from segue.understanding.index import Index
from segue.understanding.keys import (
    Fuzzy,
    Rows,
    aliases,
    credits,
    first_names,
    holding_any,
    initials,
    keys_of,
)
from segue.understanding.no_music import THINGS
from segue.understanding.state import Kind
from segue.understanding.text import SMALL, Token, fold, key, sound
from segue.understanding.vocabulary import Concept, concepts
from segue.understanding.work_parts import parts_of

ASIDE = re.compile(r"\s*[(\[{].*|\s+-\s.*|(?<=\w)/.*")
BEHIND = re.compile(r"^.*: (?:[IVX]+\. )?")
"""What stands before the part of a title that is said: "Turandot: Nessun dorma"."""
MAY_BE_ASIDE = r"[(\[{/]|\s-\s"
SHORT = 6
"""Letters from which a word may be a slip of one that is short for an artist."""
SOUNDED = 8
"""Letters from which a name may be one more slip away where it sounds the same."""
CLOSE = 84.0
"""Similarity, of 100, from which a name that is spelt differently is meant."""
BY_EAR = 60.0
"""The same of a name that sounds the same."""
BY_EAR_IN_ALL = 3
"""Letters of the sound of several words above which it tells a name."""
MOST_BY_EAR = 100_000
"""Artists of a catalogue above which none is looked for by sound alone."""
PART = 3
"""Words of a long title that stand for it where no other title has them: "sugar plum fairy"."""
MOST_IN_PART = 30_000
"""Tracks of a catalogue above which a title is only known whole: all titles are searched for each part."""


class Mention(NamedTuple):
    """A name found in tokens [start, end): its kind, as the catalogue writes it, and what carries it."""

    start: int
    end: int
    kind: Kind
    name: str
    values: tuple[str, ...]
    exact: bool = True


@cache
def _words_for(name: str) -> frozenset[str]:
    """The single words for a kind of music that are no things."""
    return frozenset(p[0] for p, c in concepts().items() if c.name == name and len(p) == 1) - THINGS


def rows_by_title(catalogue: Catalogue) -> Rows:
    """The rows of a catalogue by the keys of their titles, in full and as they are said."""
    rows = pl.arange(len(catalogue), eager=True)
    titles = catalogue.tracks["title"].fill_null("")
    asides = titles.str.contains(MAY_BE_ASIDE)
    bare = pl.Series([ASIDE.sub("", t) for t in titles.filter(asides)], dtype=pl.String)
    # One word behind a colon is not said for the whole: "III. Fast".
    parts = titles.str.contains(r": (?:[IVX]+\. \S+|\S*[^IVX. ]\S*) \S")
    behind = pl.Series([BEHIND.sub("", t) for t in titles.filter(parts)], dtype=pl.String)
    front, at = titles_spoken.numbered(titles)
    works, of_works = work_titles.called(catalogue, parts_of(catalogue))
    said = [keys_of(titles), keys_of(bare), keys_of(behind), front, works]
    places = [rows, rows.filter(asides), rows.filter(parts), rows.gather(at), of_works.cast(rows.dtype)]
    return Rows(pl.concat(said), pl.concat(places))


class Spellings:
    """The names of a catalogue, by what their spellings share."""

    def __init__(self, catalogue: Catalogue, index: Index, by_title: Rows) -> None:
        tracks = catalogue.tracks
        self.catalogue, self.index = catalogue, index
        named = named_here(catalogue)
        # The spelling of a field of its own goes before one in a joint credit, the last before the first.
        whole = named.filter(pl.col("artist") == pl.col("name"))
        self.artist: dict[str, str] = dict(zip(named["key"].reverse(), named["name"].reverse(), strict=True))
        self.artist.update(zip(whole["key"], whole["name"], strict=True))
        self.alone = frozenset(named["key"])
        self.title, titles = by_title, tracks["title"].fill_null("")
        self.short = titles_spoken.short_titles(titles)
        self.albums = index.albums
        self.composers = composers(tracks["album"].drop_nulls().unique().to_list())
        self.alias = aliases(named, self.index.artists, self.artist)
        self.first = first_names(named, self.index.artists)
        self.initials = initials(named, self.index.artists, self.artist)
        self.keys = {
            "artist": Fuzzy(pl.Series(list(self.artist), dtype=pl.String), 3),
            "title": Fuzzy(self.title.keys, 4),
            "album": Fuzzy(self.albums.keys, 5),
        }
        # After the slips: of a nickname there are none.
        for nick, name in nicknames():
            if key(name) in self.artist:
                self.artist.setdefault(key(nick), self.artist[key(name)])
            elif key(name) in self.title:
                self.short.setdefault(key(nick), key(name))

    def with_part(self, part: str) -> str:
        """The key of the one title, whoever plays it, that has these words in a row and more; "" for none."""
        rows = self.title.holding(part) if len(self.catalogue) <= MOST_IN_PART else []
        titles = self.catalogue.tracks["title"]
        keys = {key(titles[row]) for row in rows}
        return next(iter(keys)) if len(keys) == 1 and part not in keys else ""

    def title_key(self, words: Sequence[str]) -> str:
        """The key of the title that words are, said in full or as it is written; else their own."""
        k = key(" ".join(words))
        if k in self.title or k in self.artist:
            return k
        whole = titles_spoken.in_full(words) if any(w in titles_spoken.LONG for w in words) else k
        return whole if whole in self.title else self.short.get(whole, k)

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

    def title_of(self, track: str) -> str:
        """The title of a track, as it is written."""
        return str(self.catalogue.tracks["title"][self.catalogue.rows[track]] or "")

    def by(self, track: str) -> set[str]:
        """The keys of the artists of a track."""
        artist = self.catalogue.tracks["artist"][self.catalogue.rows[track]] or ""
        wrote = composer_of(self.catalogue, self.catalogue.rows[track])
        return {key(n) for n in credits(artist, self.alone)} | ({key(wrote)} if wrote else set())

    def joint(self, artists: Sequence[str]) -> str:
        """The artist field that credits all of several artists, "" for none."""
        wanted = {key(a) for a in artists}
        fields = self.catalogue.tracks["artist"].drop_nulls().unique(maintain_order=True)
        return next((f for f in fields if wanted <= {key(c) for c in credits(f, self.alone)}), "")

    def pieces(self, concept: Concept) -> tuple[str, ...]:
        """The ids of the tracks that a kind of piece has given a title: "Waltz for Debby" is a waltz."""
        words = _words_for(concept.name) if concept.kind == "genre" else frozenset()
        rows = sorted({row for word in words for row in self._kinds_in_titles.get(word, ())})
        return tuple(self.catalogue.ids[row] for row in rows)

    @cached_property
    def _kinds_in_titles(self) -> dict[str, list[int]]:
        """Words for a genre -> the rows in whose titles they stand."""
        said = {p[0] for p, c in concepts().items() if len(p) == 1 and c.kind == "genre"}
        said = {w for w in said if len(w) > 3 and w.isascii() and w.isalpha()}
        titles = self.catalogue.tracks["title"].fill_null("")
        found: dict[str, list[int]] = {}
        at = holding_any(titles, said)  # Few titles have one.
        for row, title in zip(at, titles.gather(at), strict=True):
            for word in said & {*fold(title).split()}:
                found.setdefault(word, []).append(row)
        return found

    def works_of(self, artist: str) -> tuple[dict[str, list[str]], set[str]]:
        """The ids of an artist's tracks by the keys of their titles, and the keys of the albums."""
        tracks = self.catalogue.tracks
        titles: dict[str, list[str]] = {}
        albums: set[str] = set()
        for row in self.index.artists.get(key(artist)):
            title, album = tracks["title"][row] or "", tracks["album"][row] or ""
            for k in {key(title), key(ASIDE.sub("", title))} - {""}:
                titles.setdefault(k, []).append(self.catalogue.ids[row])
            albums.add(key(album))
        return titles, albums - {""}

    def near(
        self, said: Sequence[Token], start: int, end: int, kinds: Sequence[str]
    ) -> tuple[float, Mention] | None:
        """The name that the tokens [start, end) most likely misspell, with its likeness of 100."""
        k = key(" ".join(t.word for t in said[start:end]))
        if len(k) < 4:
            return None
        plain = sum(t.word in common() for t in said[start:end])
        if end - start == 1 and said[start].word in proper():
            return None  # "Chopin" is no slip of Chapin.
        if end - start == 1 and is_everyday([said[start].word]) and not context.said_as(said, start, end):
            return None
        alone = end - start == 1 and context.ends(said, end) and context.asks_whom(said, start)
        best: tuple[float, Mention] | None = None
        words = [t.word for t in said[start:end]]
        inside = {key(" ".join(part)) for part in (words[1:], words[:-1])}
        for kind in kinds:
            for name, score, _ in process.extract(
                k, self.keys[kind].within(k, max(1, len(k) // 5)), scorer=fuzz.ratio, limit=3, score_cutoff=72
            ):
                edits = DamerauLevenshtein.distance(k, name)
                sounds = sound(k) == sound(name) and len(k) >= 5
                likeness = max(score, 100 * (1 - edits / max(len(k), len(name)))) + (10 if sounds else 0)
                likeness -= 5 * plain
                least = CLOSE - 2 if len(k) >= 9 else 80 if len(k) >= 5 else 85 if alone else 92
                if k[0] != name[0] and not sounds:
                    likeness -= 6
                if name in inside and not sounds:
                    continue  # "Finally he's asleep" is no slip of "Finally".
                if likeness >= least and (best is None or likeness > best[0]):
                    found = self.written(kind, name)
                    values = self.tracks_of(name) if kind == "title" else (found,)
                    best = likeness, Mention(start, end, kind, found, values, exact=False)  # type: ignore[arg-type]
        if best is None and alone and len(k) >= SHORT and (whose := self._short_like(k)):
            best = CLOSE, Mention(start, end, "artist", whose, (whose,), exact=False)
        asked = start > 0 and context.asks_whom(said, start) and said[start].word not in english()
        several = sum(w not in SMALL for w in words) > 1 and not {*words} <= everyday() | english()
        told = alone or asked or (several and len(sound(k)) > BY_EAR_IN_ALL)
        if best is None and told and "artist" in kinds and (heard := self._heard_as(k)):
            whose = self.artist[heard]
            best = CLOSE, Mention(start, end, "artist", whose, (whose,), exact=False)
        return best

    def _heard_as(self, k: str) -> str:
        """The key of the one artist whose name sounds as one does that is spelt by ear: "beyonsay"."""
        name = self._sounds.get(sound(k), "") if len(k) >= SHORT else ""
        return name if name and fuzz.ratio(k, name) >= BY_EAR else ""

    @cached_property
    def _sounds(self) -> dict[str, str]:
        """Sounds of three letters and more -> the key of the one artist whose name has it."""
        if len(self.artist) > MOST_BY_EAR:
            return {}
        sounds = [(sound(k), k) for k in self.artist if len(k) >= SHORT - 1 and k.isascii()]
        twice = Counter(s for s, _ in sounds)
        return {s: k for s, k in sounds if twice[s] == 1 and len(s) >= 3}

    def _sounding(self, kind: str, k: str, slips: int) -> tuple[str, int, int] | None:
        """The key of a name that sounds as this one does: "billy jean"."""
        keys = self.keys[kind].within(k, slips)
        near = process.extract(k, keys, scorer=OSA.distance, score_cutoff=slips, limit=3)
        return next(((n[0], int(n[1]), 0) for n in near if n[0][0] == k[0] and sound(n[0]) == sound(k)), None)

    def like(
        self, said: Sequence[Token], start: int, end: int, *, plain: bool, led: bool
    ) -> Iterator[tuple[int, Mention]]:
        """The artist and the title that the tokens [start, end) are but for a slip or two, and how many.

        Args:
            said, start, end: the tokens, and which of them.
            plain: whether all of them are words that somebody may mean.
            led: whether they are all that is asked for.
        """
        k = key(" ".join(t.word for t in said[start:end]))
        for kind, least, twice in (("artist", 6 + plain, 11), ("title", 6 if led else 8 + plain, 13)):
            if len(k) < least:
                continue
            slips = 1 + (not plain and len(k) >= twice) + (not plain and len(k) >= 20)
            near = process.extractOne(
                k, self.keys[kind].within(k, slips), scorer=OSA.distance, score_cutoff=slips
            )
            if near is None and len(k) >= SOUNDED and any(t.word not in everyday() for t in said[start:end]):
                by_ear = self._heard_as(k) if kind == "artist" else ""
                near = (by_ear, slips + 1, 0) if by_ear else self._sounding(kind, k, slips + 1)
            # "Sad songs" are no slip of a title "Sad Song".
            if near and near[1] and not (plain and f"{near[0]}s" == k):
                name = self.written(kind, near[0])
                values = self.tracks_of(near[0]) if kind == "title" else (name,)
                yield int(near[1]), Mention(start, end, kind, name, values, exact=False)  # type: ignore[arg-type]

    def _short_like(self, k: str) -> str:
        """The artist for whom the one word is short that another sounds like: "kendrik", "coltraine"."""
        near = process.extract(
            k, [w for w in self.alias if w[0] == k[0]], scorer=OSA.distance, score_cutoff=2
        )
        if not near and len(self.alias) <= MOST_BY_EAR // 4:
            heard = [w for w in self.alias if w[0] == k[0] and sound(w) == sound(k)]
            near = [(w, 3, 0) for w in heard if fuzz.ratio(k, w) >= BY_EAR]
        # A slip of one letter in a long word changes its sound at most there.
        near = [n for n in near if sound(n[0]) == sound(k) or (n[1] == 1 and len(k) > SHORT)]
        return self.artist[self.alias[near[0][0]]] if near and near[0][0] not in given() else ""
