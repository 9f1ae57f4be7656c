"""The model behind `synthetic`: tracks, tastes, sessions and plays, all as arrays."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

START = int(datetime(2005, 2, 14, tzinfo=UTC).timestamp())
END = int(datetime(2009, 5, 1, tzinfo=UTC).timestamp())
"""Seconds; the last session begins before END, well before the day from which on plays are in the future."""
GENRES, ALBUM, ALBUMS_AN_ARTIST = 12, 8, 3
FEWEST_TRACKS = GENRES * ALBUM * ALBUMS_AN_ARTIST
LATE_ALBUMS = 0.3
"""Share of the albums that come out while the log runs; the others were there before."""
LISTENER_GENRES = (2, 4)
LIKED_ARTISTS = 0.85
"""Share of the artists of a liked genre that the listener likes."""
EXPLORING, STRAYING = 0.1, 0.06
"""Share of sessions in a genre not liked, and of the plays of any session that leave its genre."""
FOLLOW, REPEAT, NOVEL = 0.25, 0.6, 0.1
"""Chance that a play follows the album; that another repeats; that a first play is of a new album."""
SKIP_LIKED, SKIP_DISLIKED = 0.05, 0.7
LEFT = 0.9
"""Chance that a repeat of something not liked, or what follows it, becomes something new."""
ZIPF_ARTIST, ZIPF_TRACK = 0.7, 0.5
"""Exponents by which popularity falls with the rank of the artist, and of the track."""
SESSION = 12
"""Mean plays of a session (at least one; geometric)."""
BREAK = 1_800
"""Seconds that lie between two sessions at least."""
CONTENT_DIM = 16


@dataclass(frozen=True)
class Music:
    """The made-up tracks as arrays, one entry a track; an album's tracks stand together."""

    genre: Ints
    artist: Ints
    released: Ints
    """Seconds since 1970; `START` where it was there before."""
    weight: Reals
    duration: Ints
    """Whole seconds."""


@dataclass(frozen=True)
class Plays:
    """All plays, sorted by listener and time."""

    listener: Ints
    track: Ints
    started: Ints
    """Seconds since 1970."""
    played: Ints
    """Seconds heard."""


def make_music(n: int, rng: np.random.Generator) -> Music:
    """Tracks of artists of genres, on albums that came out before or while the log runs."""
    album = np.arange(n) // ALBUM
    n_albums = int(album[-1]) + 1
    artist_of = np.arange(n_albums) // ALBUMS_AN_ARTIST
    n_artists = int(artist_of[-1]) + 1
    genre_of = rng.permutation(np.arange(n_artists) % GENRES)
    released = np.where(rng.random(n_albums) < LATE_ALBUMS, rng.integers(START, END, n_albums), START)
    # An album each genre was there before, or there would be nothing to begin with.
    released[np.unique(genre_of[artist_of], return_index=True)[1]] = START
    rank_artist, rank_track = rng.permutation(n_artists) + 1.0, rng.permutation(n) + 1.0
    artist = artist_of[album]
    weight = rank_artist[artist] ** -ZIPF_ARTIST * rank_track**-ZIPF_TRACK
    duration = np.clip(rng.lognormal(np.log(220), 0.35, n), 60, 1200).astype(np.int64)
    return Music(genre_of[artist], artist, released[album], weight, duration)


def make_plays(music: Music, listeners: int, n: int, rng: np.random.Generator) -> Plays:
    """All plays of all listeners."""
    listener = _activity(listeners, n, rng)
    first = np.flatnonzero(np.diff(listener, prepend=-1))
    begins = rng.random(n) < 1 / SESSION
    begins[first] = True
    session = np.cumsum(begins) - 1
    owner = listener[begins]
    taste = _tastes(listeners, rng)
    opened = _session_starts(owner, rng)
    genre = _genres(taste, owner, rng)[session]
    genre = np.where(rng.random(n) < STRAYING, rng.integers(0, GENRES, n), genre)
    track = _tracks(music, taste, listener, genre, opened[session], begins, rng)

    liked = _likes(taste, listener, music.genre[track], music.artist[track])
    skipped = rng.random(n) < np.where(liked, SKIP_LIKED, SKIP_DISLIKED)
    length = music.duration[track]
    heard = np.where(skipped, np.maximum(2, length * rng.beta(1, 2.2, n)), length).astype(np.int64)
    pause = np.where(skipped, 1, rng.integers(1, 6, n))
    return Plays(listener, track, _clock(opened, owner, session, heard + pause), heard)


def _activity(listeners: int, n: int, rng: np.random.Generator) -> Ints:
    """The listener of each play, (n,), sorted; each has at least one."""
    busy = np.minimum(rng.lognormal(0, 0.8, listeners), 4.0)
    counts = rng.multinomial(n - listeners, busy / busy.sum()) + 1
    return np.repeat(np.arange(listeners), counts)


def _tastes(listeners: int, rng: np.random.Generator) -> Reals:
    """How much of each genre every listener likes, (listeners, GENRES), rows sum to 1, most entries 0."""
    order = np.argsort(rng.random((listeners, GENRES)), axis=1)
    ranks = np.argsort(order, axis=1)
    liked = rng.integers(LISTENER_GENRES[0], LISTENER_GENRES[1] + 1, listeners)
    taste = np.where(ranks < liked[:, None], 0.5**ranks, 0.0)
    return np.asarray(taste / taste.sum(axis=1, keepdims=True))


def _session_starts(owner: Ints, rng: np.random.Generator) -> Ints:
    """A wished time for each session's start, sorted within a listener; listeners join at different times."""
    joined = START + rng.random(int(owner[-1]) + 1) * (END - START) / 2
    wished = joined[owner] + rng.random(len(owner)) * (END - joined[owner])
    return wished[np.lexsort((wished, owner))].astype(np.int64)


def _genres(taste: Reals, owner: Ints, rng: np.random.Generator) -> Ints:
    """The genre of each session, (n_sessions,): mostly one that its listener likes."""
    chosen = (np.cumsum(taste, axis=1)[owner] < rng.random(len(owner))[:, None]).sum(axis=1)
    chosen = np.minimum(chosen, GENRES - 1)
    return np.where(rng.random(len(owner)) < EXPLORING, rng.integers(0, GENRES, len(owner)), chosen)


def _tracks(
    music: Music,
    taste: Reals,
    listener: Ints,
    genre: Ints,
    opened: Ints,
    begins: Flags,
    rng: np.random.Generator,
) -> Ints:
    """The track of each play, (n,).

    Every play has a fresh track drawn for it; those that follow or repeat point to the play before or to
    an earlier one instead, and the pointers are resolved for all at once by doubling.
    """
    n = len(listener)
    fresh = _fresh(music, genre, opened, rng)
    kind = rng.random(n)
    # Within a listener and genre, in order of time, the j-th play repeats any of those before it.
    group = listener * GENRES + genre
    order = np.argsort(group, kind="stable")
    start = np.flatnonzero(np.diff(group[order], prepend=-1))
    place = np.arange(n) - np.repeat(start, np.diff(np.append(start, n)))
    earlier = np.empty(n, dtype=np.int64)
    earlier[order] = order[np.arange(n) - place + (rng.random(n) * place).astype(np.int64)]
    own = np.arange(n)
    same_genre = np.append(False, genre[1:] == genre[:-1]) & ~begins
    follows = (kind < FOLLOW) & same_genre
    repeats = ~follows & (rng.random(n) < REPEAT / (1 - FOLLOW)) & (earlier != own)
    parent = np.where(follows, own - 1, np.where(repeats, earlier, own))

    track = _resolved(parent, follows, fresh, len(music.genre))
    # A listener stays with and comes back to what was liked: most else becomes something new.
    liked = _likes(taste, listener, music.genre[track], music.artist[track])
    parent = np.where(~liked & (rng.random(n) < LEFT), own, parent)
    return _resolved(parent, follows & (parent != own), fresh, len(music.genre))


def _resolved(parent: Ints, follows: Flags, fresh: Ints, n_tracks: int) -> Ints:
    """The track at the root of each play's chain of parents, moved on by one for each play that follows."""
    steps = follows.astype(np.int64)
    while True:
        grand = parent[parent]
        if np.array_equal(grand, parent):
            break
        steps += steps[parent]  # of a root 0
        parent = grand
    root = fresh[parent]
    base = root // ALBUM * ALBUM
    return np.asarray(base + (root - base + steps) % np.minimum(ALBUM, n_tracks - base))


def _fresh(music: Music, genre: Ints, now: Ints, rng: np.random.Generator) -> Ints:
    """A track of each play's genre that is out by now: by popularity, or one of the newest."""
    n = len(genre)
    chosen = np.empty(n, dtype=np.int64)
    u, novel = rng.random(n), rng.random(n) < NOVEL
    for number in range(GENRES):
        rows = np.flatnonzero(music.genre == number)
        rows = rows[np.argsort(music.released[rows], kind="stable")]
        total = np.cumsum(music.weight[rows])
        mine = np.flatnonzero(genre == number)
        out = np.searchsorted(music.released[rows], now[mine], side="right")
        popular = np.searchsorted(total, u[mine] * total[out - 1], side="right")
        newest = out - 1 - (u[mine] * np.ceil(0.05 * out)).astype(np.int64)
        chosen[mine] = rows[np.where(novel[mine], newest, np.minimum(popular, out - 1))]
    return chosen


def _likes(taste: Reals, listener: Ints, genre: Ints, artist: Ints) -> Flags:
    """Whether the listener likes the artist: a genre to the taste, and a coin that is thrown once."""
    mixed = (listener + 1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= (artist + 1).astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    coin = (mixed >> np.uint64(40)).astype(np.float64) / 2**24
    return np.asarray((taste[listener, genre] > 0) & (coin < LIKED_ARTISTS))


def _clock(opened: Ints, owner: Ints, session: Ints, spent: Ints) -> Ints:
    """When each play starts: sessions as wished, but never before the listener's last one is over."""
    until = np.cumsum(spent) - spent
    first = np.flatnonzero(np.diff(session, prepend=-1))
    before = until[first] + BREAK * np.arange(len(first))  # time that all earlier sessions take
    # Where sessions overlap they queue up: a running maximum, kept apart for each listener by its offset.
    apart = owner << 40
    queued = np.maximum.accumulate(opened - before + apart) - apart + before
    return np.asarray(queued[session] + until - until[first][session])


def content(music: Music, rng: np.random.Generator) -> NDArray[np.float32]:
    """A vector a track, float32 (n_tracks, CONTENT_DIM): its genre's and artist's centre and noise."""
    genres = rng.normal(size=(GENRES, CONTENT_DIM))
    artists = 0.5 * rng.normal(size=(int(music.artist.max()) + 1, CONTENT_DIM))
    noise = 0.5 * rng.normal(size=(len(music.genre), CONTENT_DIM))
    return np.asarray(genres[music.genre] + artists[music.artist] + noise, dtype=np.float32)
