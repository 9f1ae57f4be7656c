"""The published annotations: reading the TSV strictly, and finding its songs in a catalogue.

The files (Zenodo 15372063) may not be redistributed, whole or in part: nothing of them ships here, and what
is made of them stays in the user's workspace.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.data.catalogue import Catalogue
from segue.describe.mgphot import values
from segue.describe.mgphot.prompt import Example
from segue.describe.mgphot.schema import ATTRIBUTES, DIM, NAMES, TOP, applicable
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError, readable
from segue.kit.workspace import Workspace, hash_of

COLUMNS = {
    "artist": ("artist",),
    "title": ("title",),
    "values": ("gene_values", "values"),
}
"""What is read -> what its column may be called."""
PUBLISHED_EXAMPLES = (("Simon & Garfunkel", "Mrs. Robinson"), ("Metallica", "Master Of Puppets"))
"""The songs that the published prompt showed. Source: E4SRec specification 5.3."""

Key = tuple[str, str]


@dataclass(frozen=True)
class Annotations:
    """Songs with the musicologists' values.

    Args:
        matrix: float32 (n, 58) in [0, 1]; NaN for the voice where there is none.
    """

    artists: Sequence[str]
    titles: Sequence[str]
    matrix: Floats


@dataclass(frozen=True)
class Matched:
    """Which tracks of a catalogue are which songs.

    Args:
        track_ids: the tracks that are one of the songs; several may be the same.
        ambiguous: tracks that could be songs with different values; they get none.
    """

    track_ids: list[str]
    songs: list[int]
    unmatched: int
    ambiguous: int


def load(workspace: Workspace, path: Path) -> str:
    """Take the values of the published TSV for the tracks of a catalogue; one line that says what was found.

    Raises:
        SegueError: the file is not what it should be, or none of its songs is in the catalogue.
    """
    catalogue = Catalogue.load(workspace, described=False)
    songs = read_tsv(path)
    found = match(songs, catalogue)
    if not found.track_ids:
        cure = "songs are found by artist and title: check that the catalogue has both"
        raise SegueError(f"none of its {len(songs.titles):,} songs is in the catalogue", str(path), cure)
    facts = {"file": path.name, "hash": hash_of(path), "songs": len(songs.titles)}
    loaded = values.Values(found.track_ids, songs.matrix[found.songs], facts)
    values.write(workspace, "loaded", loaded)
    return (
        f"{len(found.track_ids):,} of {len(catalogue):,} tracks are one of {len(songs.titles):,} annotated "
        f"songs; {found.unmatched:,} are not, {found.ambiguous:,} could be several"
    )


def read_tsv(path: Path) -> Annotations:
    """The songs of a TSV with a header and columns for artist, title and a list of 58 numbers.

    Raises:
        SegueError: a column is missing, or a row does not have 58 numbers from 0 to 1; says which line.
    """
    artists, titles, rows = [], [], []
    with _tsv(path, "give the TSV of gene values") as reader:
        named = _columns(reader.fieldnames or (), path)
        for row in reader:
            where = f"{path}:{reader.line_num}"
            artist, title = ((row[named[c]] or "").strip() for c in ("artist", "title"))
            if not artist or not title:
                raise SegueError("a song without artist or title", where)
            artists.append(artist)
            titles.append(title)
            rows.append(_numbers(row[named["values"]] or "", where))
    if not rows:
        raise SegueError("no song in it", str(path), "give the TSV of gene values")
    return Annotations(artists, titles, applicable(np.array(rows, np.float32)))


@contextmanager
def _tsv(path: Path, cure: str) -> Iterator[csv.DictReader[str]]:
    """The rows of a file with a header and tabs."""
    with (
        readable(path, cure, UnicodeDecodeError, csv.Error),
        path.open(encoding="utf-8-sig", newline="") as file,
    ):
        yield csv.DictReader(file, delimiter="\t")


def check_definitions(path: Path) -> None:
    """See that a TSV of gene definitions names our attributes in our order.

    Raises:
        SegueError: it does not, or cannot be read: values would stand in the wrong columns.
    """
    with _tsv(path, "give the TSV of genes") as rows:
        names = [(row.get("name") or "").strip() for row in rows]
    if names != list(NAMES):
        wrong = next((n for n, ours in zip(names, NAMES, strict=False) if n != ours), "")
        what = f"has {len(names)} attributes, not {DIM}" if len(names) != DIM else f"has {wrong!r} elsewhere"
        raise SegueError(what, str(path), "give the definitions that belong to MGPHot as published in 2025")


def _columns(header: Sequence[str], path: Path) -> dict[str, str]:
    """What is read -> its column in the file."""
    folded = {name.strip().casefold(): name for name in header}
    found = {c: next((folded[n] for n in names if n in folded), None) for c, names in COLUMNS.items()}
    missing = [COLUMNS[c][0] for c, name in found.items() if name is None]
    if missing:
        has = ", ".join(header) or "none"
        cure = "give the TSV of gene values with its header"
        raise SegueError(f"no column {', '.join(missing)} (it has: {has})", str(path), cure)
    return {c: name for c, name in found.items() if name is not None}


def _numbers(text: str, where: str) -> list[float]:
    """The 58 values of one row."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or any(type(v) not in (int, float) for v in found):
        raise SegueError("the values are not a list of numbers", where)
    if len(found) != DIM:
        raise SegueError(f"{len(found)} values instead of {DIM}", where)
    for attribute, value in zip(ATTRIBUTES, found, strict=True):
        # The steps of half a point out of five; also refuses NaN.
        if not (0 <= value <= 1 and abs(2 * TOP * value - round(2 * TOP * value)) < 1e-6):
            raise SegueError(f"{attribute.name} is {value}, not one of 0, 0.1, ... 1", where)
    return [float(v) for v in found]


def match(songs: Annotations, catalogue: Catalogue) -> Matched:
    """Which tracks are which songs, by normalised artist and title.

    A song that stands there twice with the same values is one song. Where the same names stand for different
    values, the spelling decides if it can; a track it cannot decide for is left out.
    """
    by_key: defaultdict[Key, list[int]] = defaultdict(list)
    for row, names in enumerate(zip(songs.artists, songs.titles, strict=True)):
        by_key[key_of(*names)].append(row)
    track_ids, chosen, unmatched, ambiguous = [], [], 0, 0
    for track_id, artist, title in catalogue.tracks.select("track_id", "artist", "title").iter_rows():
        rows = by_key.get(key_of(artist or "", title or ""), [])
        spelled = [r for r in rows if (songs.artists[r], songs.titles[r]) == (artist, title)]
        rows = spelled or rows
        if not rows:
            unmatched += 1
        elif not all(np.array_equal(songs.matrix[r], songs.matrix[rows[0]], equal_nan=True) for r in rows):
            ambiguous += 1
        else:
            track_ids.append(track_id)
            chosen.append(rows[0])
    return Matched(track_ids, chosen, unmatched, ambiguous)


_GUEST = re.compile(r"\s*[(\[]?\b(?:feat|ft|featuring)\b\.?\s.*", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*[(\[{][^)\]}]*[)\]}]")
_EDITION = re.compile(r"\s+-\s+(?=.*\b(?:remaster|edit|version|mono|stereo|single|bonus)).*", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:live|remix|mix|rmx|acoustic|unplugged|instrumental|karaoke|demo|cover|tribute|orchestral)\b",
    re.IGNORECASE,
)
"""Words of a version that sounds otherwise than the song: they stay part of the title."""


def key_of(artist: str, title: str) -> Key:
    """Artist and title without case, accents, punctuation, guests, a leading "the", and notes in brackets."""
    without = _BRACKETS.sub(lambda note: note[0] if _OTHER.search(note[0]) else " ", title)
    without = _EDITION.sub(lambda note: note[0] if _OTHER.search(note[0]) else "", without)
    plain = _plain(_GUEST.sub("", without)) or _plain(title)
    who = _plain(_GUEST.sub("", artist)) or _plain(artist)
    return who.removeprefix("the "), plain


def _plain(text: str) -> str:
    """Words without case, accents (of Latin, Greek, Cyrillic) and punctuation; "&" is "and"."""
    folded = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    kept = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f'\u2019]", "", folded))
    letters = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in kept)
    return " ".join("".join(letters).split())


def examples_of(path: Path) -> tuple[Example, ...]:
    """The two songs of the published prompt with their values in the TSV.

    Raises:
        SegueError: one of them is not in it.
    """
    songs = read_tsv(path)
    rows = {key_of(a, t): r for r, (a, t) in enumerate(zip(songs.artists, songs.titles, strict=True))}
    found = []
    for artist, title in PUBLISHED_EXAMPLES:
        row = rows.get(key_of(artist, title))
        if row is None:
            cure = "leave --examples out: two songs of our own are shown then"
            raise SegueError(f"no {title!r} by {artist}", str(path), cure)
        found.append(Example(artist, title, songs.matrix[row]))
    return tuple(found)
