"""Keys of a catalogue's names, made column by column: a million names in seconds."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from functools import cached_property

import numpy as np
import polars as pl

from segue.data.catalogue import Catalogue
from segue.understanding.everyday import common, everyday, given
from segue.understanding.text import SMALL, STYLED, fold, key

GUEST = re.compile(r"\s*[(\[]?\b(?:feat|ft|featuring)\b\.?\s*", re.IGNORECASE)
JOINT = re.compile(r"\s*[,;]\s*|\s+(?:[/&+]|and|with|x|vs\.?|y|et|und)\s+", re.IGNORECASE)
MAY_BE_JOINT = r"(?i)[,;/&+)\]]|\b(?:and|with|x|vs|y|et|und|feat|ft|featuring)\b"
MANY = 20_000
"""Names from which a slip of the finger is looked for among those that begin alike only."""
PARTICLES = frozenset("de del della di da du des van von der den la le el al bin ter ten".split())
"""Small words with which last names begin."""
KEPT = 500
"""Blocks of keys of one front and length that are kept as text."""
_QUIET = tuple(sorted(w for w in SMALL if w.isalnum()))
_LATIN = {c: fold(c) for c in map(chr, range(0xC0, 0x250)) if c.islower() and fold(c).isascii()}
"""Latin letters that are no letter with a mark: "ø", "ß"."""


def keys_of(names: pl.Series) -> pl.Series:
    """`key` of each name; "" for null and for a name of no letters."""
    names = names.fill_null("")
    odd = _beyond(names)
    bare = names.gather(odd).str.normalize("NFKD").str.replace_all(r"[\p{Mn}’´]", "").str.to_lowercase()
    bare = bare.str.replace_many(_LATIN)
    keys = _plain(names.clone().scatter(odd, bare))
    # What is left is more than Latin letters with marks.
    odder = odd.gather(_beyond(bare))
    odd_keys = pl.Series([key(name) for name in names.gather(odder)], dtype=pl.String)
    return keys.scatter(odder, odd_keys).rename("key")


def holding_any(names: pl.Series, words: Iterable[str]) -> pl.Series:
    """The places of the names that hold any of the words (in ASCII), whatever their case and accents."""
    sought, odd = sorted(words), _beyond(names)
    found = names.str.contains_any(sought, ascii_case_insensitive=True)
    bare = names.gather(odd).str.normalize("NFKD").str.replace_all(r"\p{Mn}", "")
    return found.scatter(odd, bare.str.contains_any(sought, ascii_case_insensitive=True)).arg_true()


def quick(pattern: str) -> str:
    """A pattern for polars to which any letter beyond ASCII ends a word: finds no less, in less time."""
    return pattern.replace(r"\b", r"(?-u:\b)")


def _beyond(names: pl.Series) -> pl.Series:
    """The places of the names that are not ASCII."""
    return (names.str.len_bytes() != names.str.len_chars()).arg_true()


def _plain(names: pl.Series) -> pl.Series:
    """`key` of names in ASCII."""
    words = names.str.to_lowercase().str.replace_all("['`]", "")
    marked = words.str.contains_any(["$", "!"]).arg_true()
    styled = words.gather(marked)
    for pattern, letters in STYLED:
        styled = styled.str.replace_all(pattern, letters.replace("\\1", "${1}").replace("\\2", "${2}"))
    words = words.scatter(marked, styled).str.replace_all("[^a-z0-9]+", " ")
    plain = words.str.replace_all(" ", "", literal=True)
    some = (" " + words + " ").str.contains_any([f" {w} " for w in _QUIET])
    # Initials keep all their letters (see `key`).
    at = (some & ~words.str.contains(r"^ ?(?:[a-z0-9] )*[a-z0-9]? ?$")).arg_true()
    short = words.gather(at).str.replace_all(rf"\b(?:{'|'.join(_QUIET)})\b", "").str.replace_all(" ", "")
    plain = plain.scatter(
        at, pl.select(pl.when(short == "").then(plain.gather(at)).otherwise(short)).to_series()
    )
    return plain


def credited(catalogue: Catalogue) -> pl.DataFrame:
    """The names that each artist field credits, with their keys.

    Returns:
        Columns row (of the first track of the field), artist, name, key; a row for each name of a field.
    """
    kept: dict[str, pl.DataFrame] = catalogue.__dict__
    if "_credited" not in kept:
        fields = catalogue.tracks.select("artist").with_row_index("row").filter(pl.col("artist") != "")
        fields = fields.unique("artist", keep="first", maintain_order=True)
        fields = fields.with_columns(keys_of(fields["artist"]), name=pl.col("artist"))
        joint = fields.filter(pl.col("artist").str.contains(MAY_BE_JOINT))
        alone = set(fields["key"]) | _with_others(joint["artist"])
        several = [sorted(credits(a, alone) - {a}) for a in joint["artist"]]
        more = (
            joint.with_columns(name=pl.Series(several, dtype=pl.List(pl.String)))
            .explode("name")
            .drop_nulls("name")
        )
        more = more.with_columns(keys_of(more["name"]))
        columns = ["row", "artist", "name", "key"]
        table = pl.concat([fields.select(columns), more.select(columns)]).filter(pl.col("key") != "")
        kept["_credited"] = table.sort("row", maintain_order=True)
    return kept["_credited"]


def _with_others(joint: Iterable[str]) -> set[str]:
    """The keys of those who are credited with one and with another: "T-Pain, Akon", "Twista, T-Pain"."""
    beside: dict[str, set[str]] = {}
    found = set()
    for field in joint:
        parts = {key(part) for part in JOINT.split(field)}
        for part in parts:
            if part in beside:
                beside[part] &= parts
                found |= {part} if beside[part] == {part} else set()
            else:
                beside[part] = set(parts)
    return found


def credits(artist: str, alone: Container[str]) -> set[str]:
    """The artist field itself, and each artist of a joint credit.

    Args:
        artist: the field.
        alone: keys of artists that are credited alone somewhere: "Queen & David Bowie" is two, "Simon &
            Garfunkel" and "Earth, Wind & Fire" are one.
    """
    found = {artist}
    for name in GUEST.split(artist):
        found.add(name.strip(" )]"))
        found |= {p for p in JOINT.split(name) if len(p.split()) > 1 or key(p) in alone}
    return {name for name in found if name.strip()}


class Rows:
    """Rows by key: a million keys in two arrays and one table of places."""

    def __init__(self, keys: pl.Series, rows: pl.Series) -> None:
        table = pl.DataFrame({"key": keys, "row": rows}).filter(pl.col("key") != "")
        groups = table.group_by("key", maintain_order=True).agg("row")
        self.keys, lengths = groups["key"], groups["row"].list.len().to_numpy()
        self.rows = groups["row"].explode().to_numpy().astype(np.int32)
        self.ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        self.place: dict[str, int] = dict(zip(self.keys.to_list(), range(len(self.keys)), strict=True))

    @cached_property
    def _ordered(self) -> pl.Series:
        return self.keys.sort()

    def __contains__(self, k: object) -> bool:
        """Whether anything has this key."""
        return k in self.place

    def get(self, k: str, otherwise: Sequence[int] = ()) -> list[int]:
        """The rows of a key, ascending."""
        at = self.place.get(k)
        return (
            list(otherwise)
            if at is None
            else sorted(set(self.rows[self.ends[at] : self.ends[at + 1]].tolist()))
        )

    def count(self, k: str) -> int:
        """How many rows a key has."""
        at = self.place.get(k)
        return 0 if at is None else int(self.ends[at + 1] - self.ends[at])

    def holding(self, part: str) -> list[int]:
        """The rows of all keys that hold a text."""
        found = self.keys.str.contains(part, literal=True).arg_true().to_list()
        return [int(r) for at in found for r in self.rows[self.ends[at] : self.ends[at + 1]]]

    def starting(self, front: str, most: int = 2) -> list[str]:
        """The first keys that begin so."""
        at = bisect_left(self._ordered, front)
        return [k for k in self._ordered.slice(at, most) if k.startswith(front)]


class Fuzzy:
    """Keys to look for slips in: all of a small catalogue, of a large one those of like front and length."""

    def __init__(self, keys: pl.Series, shortest: int) -> None:
        table = keys.to_frame("key").filter(pl.col("key").str.len_chars() > shortest)
        if table.height > MANY:
            table = table.with_columns(
                front=pl.col("key").str.slice(0, 2).cast(pl.Categorical), n=pl.col("key").str.len_chars()
            )
            table = table.sort(pl.col("front").to_physical(), "n").with_columns(
                pl.col("front").cast(pl.String)
            )
            ends = table.with_row_index("at").group_by("front", "n").agg(pl.col("at").min())
            self.first = {(f, n): at for f, n, at in ends.iter_rows()}
            self.fronts = dict(table.group_by("front").agg(pl.col("n").unique().sort()).iter_rows())
            self.front_end = dict(
                table.with_row_index("at").group_by("front").agg(pl.col("at").max() + 1).iter_rows()
            )
        self.blocks: dict[tuple[str, int], list[str]] = {}
        self.keys = table["key"] if table.height > MANY else table["key"].to_list()

    def within(self, k: str, slips: int) -> list[str]:
        """The keys that may be a number of slips from one: of a large catalogue, those of its front."""
        if isinstance(self.keys, list):
            return self.keys
        lengths = range(len(k) - slips, len(k) + slips + 1)
        return [found for n in lengths for found in self._block(k[:2], n)]

    def _block(self, front: str, length: int) -> list[str]:
        """The keys of a front and a length; those asked for lately are kept as text."""
        if (front, length) not in self.first:
            return []
        if (front, length) not in self.blocks:
            if len(self.blocks) > KEPT:
                self.blocks.clear()
            start = self.first[front, length]
            after = next((n for n in self.fronts[front] if n > length), None)
            end = self.front_end[front] if after is None else self.first[front, after]
            self.blocks[front, length] = list(self.keys[start:end])
        return self.blocks[front, length]


def aliases(named: pl.DataFrame, artists: Rows, whole: Container[str]) -> dict[str, str]:
    """Single words that name one artist: "bowie", "coltrane" where there is but one.

    Args:
        named: as `credited` gives it.
        artists: rows by the key of an artist.
        whole: keys that are an artist's name as they are.
    """
    one = named.select("name", "key").unique(maintain_order=True)
    odd = one["name"].str.len_bytes() != one["name"].str.len_chars()
    folded = one["name"].str.to_lowercase().str.replace_all("['`]", "")
    folded = folded.scatter(
        odd.arg_true(), pl.Series([fold(n) for n in one["name"].filter(odd)], dtype=pl.String)
    )
    words = folded.str.replace_all("-", " ", literal=True).str.split(" ")
    parts = one.select("key", word=words).explode("word")
    parts = parts.with_columns(pl.col("word").str.strip_chars(".,")).unique(maintain_order=True)
    parts = parts.filter((pl.col("word").str.len_chars() >= 4) & ~pl.col("word").is_in(list(common())))
    # "2015" is a year, not "midnight nye 2015".
    parts = parts.filter(~pl.col("word").str.contains(r"^\d+$"))
    groups = parts.group_by("word", maintain_order=True).agg("key")
    found = {}
    for word, keys in zip(groups["word"].to_list(), groups["key"].to_list(), strict=True):
        shortest = min(keys, key=len)
        # All of them hold the shortest: "marley" is Bob Marley with and without his band.
        if all(shortest in k for k in keys):
            found[key(word)] = shortest
        elif len(word) >= 5 or _far_ahead([artists.count(k) for k in keys if k.endswith(word)], word):
            end, count = key(word), artists.count
            # A surname goes before a first name, but for one of far more tracks, "Miles", or one of everyday.
            stands = str.startswith if word in given() else str.endswith
            found[end] = max(keys, key=lambda k: (count(k) + 2 * stands(k, end), stands(k, end), -len(k)))
    for k, name in zip(one["key"], folded, strict=True):
        *_, particle, last = ("", "", *str(name).split())
        if particle in PARTICLES and len(particle + last) > 4:
            found.setdefault(particle + last, k)  # "Du Pré", "von Karajan", "Del Rey".
    return {w: k for w, k in found.items() if w not in whole}


def _far_ahead(counts: Sequence[int], word: str) -> bool:
    """Whether one of several artists of a short last name has nearly all their tracks: Bach."""
    return word not in everyday() | given() and max(counts, default=0) >= max(5, 0.8 * sum(counts))


def first_names(named: pl.DataFrame, artists: Rows) -> dict[str, str]:
    """First names of people -> the key of the artist with it who has most tracks here."""
    first = pl.col("name").str.to_lowercase().str.extract(r"^([a-z]+) \S")
    people = named.select("key", first=first).filter(pl.col("first").is_in(list(given())))
    found: dict[str, str] = {}
    for k, name in people.unique(maintain_order=True).iter_rows():
        if artists.count(k) > artists.count(found.get(name, "")):
            found[name] = k
    return found


def initials(named: pl.DataFrame, artists: Rows, whole: Container[str]) -> dict[str, str]:
    """Three first letters or more -> the key of the one artist of such words: "srv", "jlh".

    Args:
        named, artists, whole: as for `aliases`.
    """
    found: dict[str, str] = {}
    several = set[str]()
    for k, letters in _first_letters(named).iter_rows():
        if letters in everyday() or letters in whole or not letters.isalpha():
            continue
        if artists.count(k) >= artists.count(found.get(letters, "")):
            several |= {letters} if letters in found and not found[letters].startswith(k[:6]) else set()
            found[letters] = k
    return {letters: k for letters, k in found.items() if letters not in several}


def _first_letters(named: pl.DataFrame) -> pl.DataFrame:
    """The keys of names of three words and more, and the first letters of the words."""
    long = named.select("key", "name").filter(pl.col("name").str.count_matches(r"\s") >= 2)
    long = long.unique(maintain_order=True)
    first = long["name"].str.replace(rf"(?is){GUEST.pattern}.*$", "")
    first = first.str.replace(rf"(?is)(?:{JOINT.pattern}).*$", "")
    odd = first.str.contains(r"[^\x00-\x7f]|[$!]")
    folded = first.str.to_lowercase().str.replace_all("['`]", "")
    folded = folded.scatter(odd.arg_true(), pl.Series([fold(n) for n in first.filter(odd)], dtype=pl.String))
    words = folded.str.extract_all(r"\S+").list.eval(pl.element().filter(~pl.element().is_in(_NO_INITIAL)))
    letters = words.list.eval(pl.element().str.head(1)).list.join("")
    least = words.list.eval(pl.element().str.len_chars()).list.min()
    table = pl.DataFrame({"key": long["key"], "letters": letters})
    return table.filter((words.list.len() >= 3) & (least >= 2))


_NO_INITIAL = ("the", "of", "and", "in", "a")
