"""What is here and what has played, told in a sentence."""

from collections.abc import Sequence
from typing import Any

from segue.serving.phrases import LANGUAGES
from segue.serving.wording import listed
from segue.understanding.index import Index
from segue.understanding.lengths import clock
from segue.understanding.vocabulary import in_words, kind_of

SHOWN = 10
"""Titles that are told at most."""


def library(index: Index) -> str:
    """How many tracks there are, from when, and of which genres most."""
    years = index.year[index.year == index.year]
    since = f" from {int(years.min())} to {int(years.max())}" if len(years) else ""
    tags = sorted((-len(rows), index.spoken[tag]) for tag, rows in index.tags.items())
    most = [in_words(name) for _, name in tags if kind_of(name) == "genre"]
    told = f"; the most are {listed(most[:6])}" if most else "; what genres they are is not known"
    codes = index.codes.drop_nulls().value_counts(sort=True)[index.codes.name].to_list()
    sung = [LANGUAGES[c] for c in codes if c in LANGUAGES][:6]
    words = f" Those with words are in {listed(sung)}." if sung else ""
    return f"There are {len(index.catalogue):,} tracks here{since}{told}.{words}"


def heard(index: Index, played: list[str]) -> str:
    """All that has played, the last ones where that is much."""
    rows = [index.catalogue.tracks.row(r, named=True) for r in index.rows_of(dict.fromkeys(played))]
    before = f"{len(rows) - SHOWN} more, then " if len(rows) > SHOWN else ""
    return f"So far: {before}{'; '.join(map(title, rows[-SHOWN:]))}." if rows else "Nothing has played yet."


def artists(index: Index) -> str:
    """How many artists there are, and those of whom most is here."""
    counts = index.catalogue.tracks["artist"].drop_nulls().value_counts(sort=True).rows()
    names = [f"{name} ({n})" if n > 1 else str(name) for name, n in counts[:SHOWN]]
    if len(counts) <= SHOWN:
        return f"Here are {listed(names)}." if names else "Nothing here has a name."
    return f"{len(counts):,} artists are here; most is by {listed(names)}."


def most_of(index: Index) -> str:
    """Whose tracks are here most."""
    counts = index.catalogue.tracks["artist"].drop_nulls().value_counts(sort=True).head(3).rows()
    return (
        f"Most is here by {listed([f'{name} ({n})' for name, n in counts])}."
        if counts
        else "Nothing here has a name."
    )


def previous(index: Index, played: list[str]) -> str:
    """The last two that played."""
    rows = index.rows_of(played[-2:])
    if not rows:
        return "Nothing has played yet."
    tracks = index.catalogue.tracks
    names = [f"“{tracks['title'][r]}” by {tracks['artist'][r]}" for r in rows]
    return f"The last was {names[-1]}, " + (f"before it {names[0]}." if len(names) > 1 else "the first here.")


def lasting(index: Index, tracks: Sequence[str]) -> str:
    """How long the tracks of a list last together."""
    seconds = index.seconds[index.rows_of(tracks)]
    known = seconds[seconds == seconds]
    if not len(known):
        return "How long these last is not known here."
    rest = f"; of {len(seconds) - len(known)} it is not known" if len(known) < len(seconds) else ""
    return f"Together {len(known)} of them last {clock(float(known.sum()))}{rest}."


def placed(index: Index, tracks: Sequence[str], shown: Sequence[str]) -> str:
    """Where in a list some of its tracks stand."""
    names = (title(index.catalogue.tracks.row(r, named=True)) for r in index.rows_of(tracks))
    told = [f"{n} is number {list(shown).index(t) + 1}" for t, n in zip(tracks, names, strict=True)]
    return f"{listed(told)} of the {len(shown)}."


def title(row: dict[str, Any]) -> str:
    """A track by its title and who plays it."""
    return f"“{row['title']}”" + (f" by {row['artist']}" if row["artist"] else "")
