"""The demo library: real songs (`data/tracks.csv`) and simulated listeners, so that it can be shipped.

The songs are facts; not one playlist or play is. What is planted here, a model should find again: genres,
eras, moods, tempo and favourite artists of each listener, and a law of popularity within each genre.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from segue.data.catalogue import Tables
from segue.kit.errors import SegueError
from segue.sources.demo.songs import songs

Floats = np.ndarray[Any, np.dtype[np.float64]]
Rows = np.ndarray[Any, np.dtype[np.int64]]

PLAYLISTS, LENGTHS = 10, (8, 20)
"""Playlists of a listener, and the least and greatest number of tracks in one."""
SESSIONS, SESSION_LENGTHS = 13, (6, 15)
NOISE = 0.1
"""Share of slots that are filled by any track of the library."""
ASSUMED_SECONDS = 210.0
"""How long a full play is taken to last: durations are not among the facts we have."""
START, DAYS = datetime(2022, 1, 1, tzinfo=UTC), 3 * 365
POPULARITY = 0.8
"""Exponent of the Zipf law of popularity within a genre."""
NEW, SINCE, NOVELTY = 0.03, datetime(2024, 7, 1, tzinfo=UTC), 1.0
"""Share of tracks that are new: no playlist made before that day has one, no play is of one; in newer ones
their weight is greater by so much. The oldest four fifths of the playlists, for training, are older."""


class Occasion(NamedTuple):
    """What a playlist is for, and the moods and tempo that suit it."""

    name: str
    moods: tuple[str, ...]
    tempo: str


OCCASIONS = (
    Occasion("workout", ("energetic", "rebellious", "angry"), "fast"),
    Occasion("party", ("party", "groovy", "happy"), "fast"),
    Occasion("housework", ("groovy", "playful", "happy"), "fast"),
    Occasion("road trip", ("uplifting", "energetic", "nostalgic"), "medium"),
    Occasion("good morning", ("happy", "uplifting", "hopeful"), "medium"),
    Occasion("late night", ("dark", "mysterious", "dreamy"), "medium"),
    Occasion("rainy Sunday", ("melancholic", "calm", "intimate"), "slow"),
    Occasion("dinner", ("romantic", "intimate", "relaxing"), "slow"),
    Occasion("study", ("calm", "dreamy", "relaxing"), "slow"),
    Occasion("heartbreak", ("sad", "melancholic", "romantic"), "slow"),
)


class Theme(NamedTuple):
    """What a playlist is about: its title, and how much it adds to each track's weight, shape (n_tracks,)."""

    title: str
    boost: Floats


@dataclass
class Library:
    """The songs as arrays; row = place in `tracks`."""

    tracks: pl.DataFrame
    new: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    """Rows of the tracks that are new (`NEW`)."""

    def without_new(self, weight: Floats) -> Floats:
        """The weights, with no chance for what is new."""
        found = weight.copy()
        found[self.new] = -np.inf
        return found

    @cached_property
    def genres(self) -> dict[str, Floats]:
        """For each main genre, in order of the alphabet, 1 for its tracks."""
        names = self.tracks["genre"]
        return {name: (names == name).to_numpy().astype(np.float64) for name in sorted(set(names))}

    @cached_property
    def artist(self) -> np.ndarray[Any, np.dtype[np.object_]]:
        """Artist of each track."""
        return self.tracks["artist"].to_numpy().astype(object)

    @cached_property
    def year(self) -> Floats:
        """Year of each track."""
        return self.tracks["year"].to_numpy().astype(np.float64)

    @cached_property
    def tags(self) -> dict[str, Floats]:
        """For each tag, 1 for the tracks that carry it."""
        found: dict[str, Floats] = {}
        for row, tags in enumerate(self.tracks["tags"]):
            for tag in tags:
                found.setdefault(tag, np.zeros(self.tracks.height))[row] = 1.0
        return found

    def tag(self, name: str) -> Floats:
        """1 for the tracks that carry the tag; all 0 for a tag that none carries."""
        return self.tags.get(name, np.zeros(self.tracks.height))


class Listener(NamedTuple):
    """One listener's planted taste; `weight` is the log of how likely each track is chosen, (n_tracks,)."""

    genres: tuple[str, ...]
    year: float
    artists: tuple[str, ...]
    weight: Floats


def read(path: Path | None = None, *, seed: int = 0, listeners: int = 300) -> Tables:
    """The songs, with ten playlists and about 135 plays of each simulated listener; there is no path to give.

    Tracks carry, beside the known columns, `genre` (the main one), `moods`, `instruments` and `tempo`;
    `tags` holds all of them. Playlists carry `user_id`. A listener depends on the seed and the own number
    alone, so more listeners leave the first ones as they were.

    Raises:
        SegueError: fewer than one listener.
    """
    if listeners < 1:
        raise SegueError("the demo needs at least one listener", cure="use --listeners 300")
    library = Library(songs())
    rng = np.random.default_rng([seed, 0])
    popularity = _popularity(library, rng)
    library.new = rng.choice(len(popularity), size=round(NEW * len(popularity)), replace=False)
    playlists: list[dict[str, Any]] = []
    plays: list[dict[str, Any]] = []
    for number in range(1, listeners + 1):
        rng = np.random.default_rng([seed, number])
        person = listener(library, popularity, rng)
        name = f"listener-{number:03d}"
        playlists += _playlists(library, person, name, rng)
        plays += _plays(library, person, name, rng)
    return Tables(library.tracks, pl.DataFrame(playlists), pl.DataFrame(plays))


def listener(library: Library, popularity: Floats, rng: np.random.Generator) -> Listener:
    """A listener with a taste: two or three genres, an era, three moods, a tempo, favourite artists."""
    genres = rng.choice(list(library.genres), size=int(rng.integers(2, 4)), replace=False).tolist()
    inside = sum(library.genres[genre] for genre in genres) > 0
    year = float(rng.choice(library.year[inside]))
    moods = rng.choice(sorted({m for o in OCCASIONS for m in o.moods}), size=3, replace=False)
    tempo = rng.choice(["slow", "medium", "fast"])
    weight = popularity - 0.5 * ((library.year - year) / 15.0) ** 2
    for genre, liking in zip(genres, (4.5, 4.0, 3.5), strict=False):
        weight = weight + liking * library.genres[genre] + 0.5 * library.tag(genre)
    weight += 0.6 * sum(library.tag(str(mood)) for mood in moods)
    weight += 0.4 * library.tag(f"{tempo} tempo")
    known = sorted(set(library.artist[inside]))
    artists = rng.choice(known, size=min(5, len(known)), replace=False).tolist()
    weight += 1.5 * np.isin(library.artist, artists)
    return Listener(tuple(genres), year, tuple(artists), weight)


def theme(library: Library, person: Listener, rng: np.random.Generator) -> Theme:
    """A theme within the listener's taste: around an artist, or any of a decade, an occasion and a genre."""
    if rng.random() < 0.15:
        artist = rng.choice(person.artists)
        own = library.artist == artist
        near = np.abs(library.year - library.year[own].mean()) <= 8
        genre = library.tracks["genre"][int(np.argmax(own))]
        like = library.genres[genre] * near
        return Theme(f"{artist} and friends", 9.0 * own + 2.5 * like)
    parts: list[str] = []
    boost = np.zeros(library.tracks.height)
    if rng.random() < 0.35:
        decade = int(np.clip(rng.normal(person.year, 8), 1950, 2025)) // 10 * 10
        parts.append(f"{decade % 100:02d}s" if decade < 2000 else f"{decade}s")
        boost += 2.5 * (library.year // 10 * 10 == decade)
    if rng.random() < 0.6:
        occasion = OCCASIONS[int(rng.integers(len(OCCASIONS)))]
        parts.append(occasion.name)
        boost += 1.2 * sum(library.tag(m) for m in occasion.moods) + library.tag(f"{occasion.tempo} tempo")
    if rng.random() < 0.6 or not parts:
        genre = str(rng.choice(person.genres))
        parts.append(genre)
        boost += 2.5 * library.genres[genre]
    return Theme(" ".join(parts), boost)


def draw(weight: Floats, n: int, rng: np.random.Generator) -> Rows:
    """n different rows, each chosen in proportion to exp(weight), a tenth of them at random.

    A weight of minus infinity is never chosen.
    """
    order = np.argsort(-(weight + rng.gumbel(size=len(weight))), kind="stable").astype(np.int64)
    rows = order[:n].copy()
    noisy = np.flatnonzero(rng.random(n) < NOISE)
    rest = order[n : np.isfinite(weight).sum()]
    rows[noisy] = rng.choice(rest, size=len(noisy), replace=False)
    return rows


def _popularity(library: Library, rng: np.random.Generator) -> Floats:
    """Log of popularity, a Zipf law over a random order of each genre's tracks, shape (n_tracks,)."""
    found = np.zeros(library.tracks.height)
    for genre in library.genres:
        rows = rng.permutation(np.flatnonzero(library.genres[genre]))
        found[rows] = -POPULARITY * np.log(1 + np.arange(len(rows)))
    return found


def _playlists(
    library: Library, person: Listener, user: str, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """The rows of a listener's playlists."""
    rows = []
    ids = library.tracks["track_id"]
    for number in range(PLAYLISTS):
        title, boost = theme(library, person, rng)
        made = START + timedelta(seconds=int(rng.integers(DAYS * 86_400)))
        weight = person.weight + boost
        weight[library.new] += NOVELTY
        weight = weight if made >= SINCE else library.without_new(weight)
        chosen = draw(weight, int(rng.integers(LENGTHS[0], LENGTHS[1] + 1)), rng)
        playlist = f"demo-{user[9:]}-{number:02d}"
        head = {"playlist_id": playlist, "title": title, "created_at": made, "user_id": user}
        rows += [head | {"position": n, "track_id": ids[int(row)]} for n, row in enumerate(chosen)]
    return rows


def _plays(library: Library, person: Listener, user: str, rng: np.random.Generator) -> list[dict[str, Any]]:
    """The rows of a listener's plays: sessions on different days, each with a theme of its own.

    Sessions are drawn anew rather than replayed from playlists, so that plays give no playlist away. The
    more a track is to the listener's taste, the likelier it is heard to its end; others are skipped early.
    """
    rows = []
    ids = library.tracks["track_id"]
    taste = np.argsort(np.argsort(person.weight)) / len(person.weight)
    for day in np.sort(rng.choice(DAYS, size=SESSIONS, replace=False)):
        chosen = draw(
            library.without_new(person.weight + theme(library, person, rng).boost),
            int(rng.integers(SESSION_LENGTHS[0], SESSION_LENGTHS[1] + 1)),
            rng,
        )
        now = START + timedelta(days=int(day), hours=float(rng.uniform(7, 20)))
        whole = rng.random(len(chosen)) < 0.2 + 0.7 * taste[chosen] ** 2
        heard = np.where(whole, 1.0, np.clip(rng.beta(1.2, 3.0, size=len(chosen)), 0.02, 0.95))
        for row, share in zip(chosen, heard, strict=True):
            seconds = round(ASSUMED_SECONDS * float(share), 1)
            at = now.replace(microsecond=0)
            rows.append({"user_id": user, "track_id": ids[int(row)], "played_at": at, "played_s": seconds})
            now += timedelta(seconds=seconds + 1)
    return rows
