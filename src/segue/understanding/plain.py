"""Plain words: those that nothing here is called ("bad bytes"), and slips of words that ask ("paly")."""

from __future__ import annotations

import re

import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from segue.understanding import acts
from segue.understanding.everyday import common, everyday
from segue.understanding.reading import Reading

_TOLD = frozenset(
    "bad big black blue brown cold dead dirty fat fresh gold golden great green grey happy hot little "
    "lonely long lost new old orange pink purple red silver strange sweet white wild yellow young".split()
)
"""Everyday words of which names begin: "Blue Monkeys"."""
_ACTS = (acts.MORE, acts.REPEAT, acts.REFUSE, acts.SOCIAL, acts.STILL, acts.BLEND, acts.WAY)


def words_of(tracks: pl.DataFrame) -> frozenset[str]:
    """The words of all titles, names and albums."""
    texts = tracks.select("title", "artist", "album").fill_null("")
    rows = texts.select(pl.concat_str(pl.all(), separator=" ").str.to_lowercase().str.extract_all(r"\w+"))
    return frozenset(rows.to_series().explode().drop_nulls().unique())


def called_nothing(reading: Reading, known: frozenset[str]) -> list[str]:
    """A whole utterance of two to four plain words of which no title, name or album is made, in quotes."""
    words = [t.word for t in reading.said]
    plain = all(w.isalpha() and len(w) > 2 and (w in _TOLD or w not in common()) for w in words)
    if not 2 <= len(words) <= 4 or not plain or words[-1] in _TOLD:
        return []
    if {words[-1], words[-1].removesuffix("s")} & known:
        return []
    patterns = (*_ACTS, *acts.COMPARE.values(), *acts.MOST.values(), *acts.LIFT.values())
    if acts.question(reading.line) or any(p.search(reading.line) for p in patterns):
        return []
    return [f"“{' '.join(t.written for t in reading.said)}”"]


def is_slip(word: str) -> bool:
    """Whether a word is a slip of one that asks: "paly", "somthing", "giv"."""
    return len(word) > 3 and process.extractOne(word, ASKING, scorer=OSA.distance, score_cutoff=1) is not None


def is_strange(word: str) -> bool:
    """Whether a word is neither English nor a slip or a drawl of it: "minogue", not "sumthing", "heyyy"."""
    if len(word) < 5 or _DRAWN.search(word):
        return False
    cutoff = 1 + (len(word) > 6)
    return process.extractOne(word, sorted(everyday()), scorer=OSA.distance, score_cutoff=cutoff) is None


_DRAWN = re.compile(r"(.)\1\1")
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
    "songs",
    "tracks",
    "music",
    "too",
)
