"""Names that are said: the titles and artists of the catalogue found in what the listener says."""

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from segue.kit.arrays import Floats
from segue.kit.words import words
from segue.models.retrieval.bm25 import stems

_BETWEEN_ARTISTS = re.compile(r"\s*(?:[,;/&+]|\b(?:and|feat|ft|featuring|with|x|vs)\b\.?)\s*", re.IGNORECASE)
_BEHIND_THE_FIRST = re.compile(r"\s*[,;/].*|\s+(?:feat|ft|featuring|with|x|vs)\b.*", re.IGNORECASE)
_ASIDE = re.compile(r"\s*[(\[{].*|\s+-\s.*")
DECADES = {1950: "fifties", 1960: "sixties", 1970: "seventies", 1980: "eighties", 1990: "nineties"}
LONGEST = 10
"""Words of the longest name that is looked for."""


def artist_keys(artist: str) -> set[str]:
    """The keys of an artist field: the whole, and each artist of a joint credit."""
    return {key for part in (artist, *_BETWEEN_ARTISTS.split(artist)) if (key := _key(words(part)))}


def lead_name(artist: str) -> str:
    """The artist whom a joint credit names first; "&" may stand in one band's name."""
    return _BEHIND_THE_FIRST.sub("", artist) or artist


def lead_keys(artist: str) -> set[str]:
    """The keys of the artist whom a joint credit names first."""
    return artist_keys(lead_name(artist))


def title_keys(title: str) -> set[str]:
    """The keys of a title: the whole, and without what stands in brackets or behind a dash."""
    return {key for part in (title, _ASIDE.sub("", title)) if (key := _key(words(part)))}


def fact_keys(tags: Sequence[str] | None, year: int | None) -> set[str]:
    """The keys of what a track is: its tags, its year and its decade ("80s", "1980s", "eighties")."""
    keys = {_key(words(tag)) for tag in tags or ()} - {""}
    if year:  # 0 is how many write that they do not know
        decade = year // 10 * 10
        keys |= {str(year), f"{decade}s", f"{decade % 100:02d}s"}
        keys |= {DECADES[decade]} if decade in DECADES else set()
    return keys


def _key(name: Sequence[str]) -> str:
    """The words joined, so that "One Republic" names OneRepublic, without a "the" in front."""
    return "".join(name[1:] if len(name) > 1 and name[0] == "the" else name)


class Mentions:
    """Which tracks are named by a text.

    Args:
        names: the keys of each track's name, in catalogue order.
        rarity: how seldom each stem is said (see `bm25.word_rarity`): "Hello" is a title, and a greeting.
        add: whether several names said of one track add up (facts), or the weightiest counts (a title).
    """

    def __init__(self, names: Sequence[set[str]], rarity: dict[str, float], *, add: bool = False) -> None:
        self.names, self.rarity, self.add = names, rarity, add
        self.rows: dict[str, list[int]] = defaultdict(list)
        for row, keys in enumerate(names):
            for key in keys:
                self.rows[key].append(row)

    def score_texts(self, queries: Sequence[Sequence[tuple[str, float]]]) -> Floats:
        """Scores, float32 (n_queries, n_tracks): the weight of what is named, 0 without a name."""
        scores = np.zeros((len(queries), len(self.names)), np.float32)
        for row, query in zip(scores, queries, strict=True):
            for text, weight in query:
                for key, value in self.said(text).items():
                    rows = self.rows[key]
                    if self.add:
                        row[rows] += weight * value
                    else:
                        # The weightiest name: a title said twice is not said louder.
                        row[rows] = np.maximum(row[rows], weight * value)
        return scores

    def said(self, text: str) -> dict[str, float]:
        """The keys that a text says, each with the summed rarity of its words."""
        tokens = words(text)
        values = [self.rarity.get(stem, 1.0) for stem in stems(text)]
        found: dict[str, float] = {}
        for start in range(len(tokens)):
            # Every run of words, since names are joined without blanks and cannot be looked up word by
            # word.
            for end in range(start + 1, min(start + LONGEST, len(tokens)) + 1):
                key = "".join(tokens[start:end])
                if key in self.rows:
                    found[key] = max(found.get(key, 0.0), sum(values[start:end]))
        return found

    def shared(self, rows: Sequence[Sequence[int]], decay: float) -> Floats:
        """How often tracks share a name with given rows, log(1 + n), float32 (n_lists, n_tracks)."""
        counts = np.zeros((len(rows), len(self.names)), np.float32)
        for count, given in zip(counts, rows, strict=True):
            for age, row in enumerate(reversed(given)):
                for key in self.names[row]:
                    count[self.rows[key]] += decay**age
        return np.log1p(counts)
