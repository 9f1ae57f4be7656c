"""Names and ids of the made-up log: artists, titles, MBIDs, listeners, and lines that are broken."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.data.names import name_id

# fmt: off
COLOURS = [
    "Amber", "Ashen", "Blue", "Brass", "Bright", "Copper", "Crimson", "Dusty", "Faded", "Glass", "Golden",
    "Green", "Grey", "Hollow", "Ivory", "Jade", "Pale", "Quiet", "Rusty", "Silver", "Sudden", "Violet",
    "White", "Wild",
]
THINGS = [
    "Anchors", "Bridges", "Canyons", "Deserts", "Engines", "Feathers", "Gardens", "Harbours", "Islands",
    "Kites", "Lanterns", "Mirrors", "Needles", "Orchards", "Pianos", "Quarries", "Rivers", "Shadows",
    "Towers", "Umbrellas", "Valleys", "Windows", "Yards", "Zeppelins",
]
FOREIGN = [
    "夜の海", "青い鳥", "Тихий дом", "Белый снег", "قمر", "نجوم", "Θάλασσα", "바람", "गीत", "Ægir",
]
# fmt: on
NO_MBID, NO_ARTIST_MBID = 0.12, 0.08
"""Share of tracks and of artists without an id, as in LastFM-1K."""
QUOTED, FOREIGN_ARTISTS, TWICE = 0.02, 0.06, 0.01
"""Shares of titles with quotation marks, of artists in another script, of songs under a second id."""


@dataclass(frozen=True)
class Names:
    """What the tracks are called, one entry a track, and the listeners' ids and profiles."""

    users: pl.Series
    ids: pl.Series
    """Track ids as `lastfm1k.read` makes them."""
    mbids: pl.Series
    """Blank where the track has none."""
    titles: pl.Series
    artists: pl.Series
    artist_ids: pl.Series
    """Blank where the artist has none."""
    profiles: str
    """The text of the profile file."""


def names_of(artist: NDArray[np.int64], listeners: int, quirks: bool, rng: np.random.Generator) -> Names:
    """Names for tracks of the given artists (int64, (n_tracks,), tracks of an artist stand together)."""
    n, n_artists = len(artist), int(artist.max()) + 1
    odd = quirks * 1.0
    mbids = np.where(rng.random(n) < odd * NO_MBID, "", _uuids(n, rng))
    artist_ids = np.where(rng.random(n_artists) < odd * NO_ARTIST_MBID, "", _uuids(n_artists, rng))
    foreign = rng.random(n_artists) < odd * FOREIGN_ARTISTS
    artists = np.array([_artist(row, bool(foreign[row])) for row in range(n_artists)], dtype=object)
    first = np.searchsorted(artist, artist)
    place = np.arange(n) - first
    titles = [
        _title(int(a) * 7 + int(k), int(k), bool(foreign[a])) for a, k in zip(artist, place, strict=True)
    ]
    for row in np.flatnonzero(rng.random(n) < odd * QUOTED):
        titles[row] = f'"{titles[row]}"' if row % 2 else f'{titles[row]} (7" Mix)'
    again = (rng.random(n) < odd * TWICE) & (place > 0) & (mbids != "") & (np.roll(mbids, 1) != "")
    for row in np.flatnonzero(again):
        titles[row] = titles[row - 1]
    names = artists[artist].tolist()
    ids = [m or name_id(a, t) for m, a, t in zip(mbids.tolist(), names, titles, strict=True)]
    users = [f"user_{number:06d}" for number in range(1, listeners + 1)]
    return Names(
        users=pl.Series(users),
        ids=pl.Series(ids),
        mbids=pl.Series(mbids.tolist()),
        titles=pl.Series(titles),
        artists=pl.Series(names),
        artist_ids=pl.Series(artist_ids[artist].tolist()),
        profiles=_profiles(users, rng),
    )


def broken_lines(user: str) -> list[str]:
    """Lines that no reader can use: too few and too many columns, no time, no artist, no title."""
    time = "2009-01-01T00:00:00Z"
    return [
        f"{user}\t{time}\t\tCut Off",
        f"{user}\t{time}\t\tOne\t\tToo\tMany",
        f"{user}\tyesterday\t\tNo\t\tTime",
        f"{user}\t{time}\t\t\t\tNo Artist",
        f"{user}\t{time}\t\tNo Title\t\t",
    ]


def _uuids(n: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """Random ids of the form of an MBID, (n,)."""
    text = rng.bytes(16 * n).hex()
    parts = (text[at : at + 32] for at in range(0, 32 * n, 32))
    return np.array([f"{x[:8]}-{x[8:12]}-{x[12:16]}-{x[16:20]}-{x[20:]}" for x in parts], dtype=object)


def _artist(number: int, foreign: bool) -> str:
    """A name that no other number has."""
    if foreign:
        return f"{FOREIGN[number % len(FOREIGN)]} {number}"
    name = f"The {COLOURS[number % 24]} {THINGS[number // 24 % 24]}"
    return name if number < 576 else f"{name} {number // 576 + 1}"


def _title(number: int, place: int, foreign: bool) -> str:
    """A title that no other track of the artist has (of 576 in a row)."""
    if foreign:
        return f"{FOREIGN[number % len(FOREIGN)]} {place + 1}"
    return f"{THINGS[number % 24]} of {COLOURS[number // 24 % 24]}"


def _profiles(users: list[str], rng: np.random.Generator) -> str:
    """The profile file: a header and a line a listener, with gaps as in LastFM-1K."""
    lines = ["#id\tgender\tage\tcountry\tregistered"]
    for user in users:
        gender, age = rng.choice(["m", "f", ""]), rng.choice(["", "19", "24", "31", "45"])
        country = rng.choice(["", "Japan", "Peru", "United States", "Finland"])
        lines.append(f"{user}\t{gender}\t{age}\t{country}\tFeb {rng.integers(1, 29)}, 2005")
    return "\n".join(lines) + "\n"
