"""What was known before a play of whether it would be heard to its end: numbers from the past alone."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.data.library import Library
from segue.kit.arrays import Bools, Floats, unit
from segue.kit.errors import SegueError

Doubles = NDArray[np.float64]
SIMPLE = ("user", "track", "recent")
"""The evidence that can stand alone, in the first columns; their fixed blend is to be beaten."""
NAMES = (
    *SIMPLE, "artist", "own track", "own artist", "last", "taste", "user plays", "track plays",
    "artist plays", "own track plays", "own artist plays", "same artist", "length",
    "timed", "hour sin", "hour cos", "weekend", "gap",
)  # fmt: skip
TIMED = slice(NAMES.index("timed"), len(NAMES))
"""The columns that need a time: all zero where it is not known."""
PULL = {"user": 10.0, "track": 5.0, "artist": 10.0, "own": 2.0}
"""So many plays of the mean above it stand beside what was counted."""
FULL = 0.9
"""The share of a track from which on it counts as heard to its end."""
DECAY = 0.8
"""Weight of a play relative to the one after it, in `recent` and `taste`."""
LAST = 50
"""Plays of a history that `recent` and `taste` look at."""


@dataclass(frozen=True)
class Heard:
    """Plays with exact seconds, by listener and time; all that the numbers are counted from.

    Args:
        user: of each play, int64 (n,), rising.
        row: the track's row in the catalogue, int64 (n,).
        time: microseconds, int64 (n,).
        full: whether it was heard to its end, bool (n,).
        split: index into `SPLITS`, int8 (n,).
    """

    user: NDArray[np.int64]
    row: NDArray[np.int64]
    time: NDArray[np.int64]
    full: Bools
    split: NDArray[np.int8]
    users: list[str]

    @classmethod
    def of(cls, library: Library, among: Bools | None = None) -> Self:
        """The exact plays of a workspace's listening log.

        Args:
            among: bool (n_events,), the events of the log that may be looked at; all by default.

        Raises:
            SegueError: no play has the seconds heard, or `segue sessions` was not run.
        """
        log = library.log
        exact = _exact(library) if among is None else _exact(library) & among
        if not exact.any():
            cure = "import a source with seconds heard (Spotify's extended history), then `segue sessions`"
            raise SegueError("no play of the log says how long it was heard", library.where, cure)
        full = log.completion[exact] >= FULL
        user, rows = log.owner[exact], log.rows[exact]
        return cls(user, rows, library.times[exact], full, log.splits[exact], log.users)


def _exact(library: Library) -> Bools:
    """Which events of a library's log say in seconds how much was heard, bool (n_events,)."""
    if not library.in_workspace or library.catalogue.events is None:
        return ~np.isnan(library.log.completion)
    table = pl.scan_parquet(library.catalogue.events).select("basis", "state").collect()
    exact = table["basis"].cast(pl.String).str.starts_with("seconds").fill_null(False).to_numpy()
    return np.asarray(exact & (table["state"].cast(pl.String) != "unknown").to_numpy())


@dataclass(frozen=True)
class Tracks:
    """What is known of the catalogue's tracks: artist codes, log lengths, unit vectors of their content."""

    artist: NDArray[np.int64]
    length: Floats
    vectors: Floats

    @classmethod
    def of(cls, library: Library) -> Self:
        """Of a library; the vectors are those of its content features side by side, (n, 0) without any."""
        tracks = library.catalogue.tracks
        # In order of appearance: the artists of tracks that come later come last.
        artists = tracks.select(pl.col("artist").fill_null(""))
        met = artists.unique(maintain_order=True).with_row_index("code")
        codes = artists.join(met, on="artist", how="left", maintain_order="left")["code"].to_numpy()
        known = tracks["duration_s"].fill_null(float("nan")).to_numpy()
        length = np.log(np.where(known > 0, known, np.nan))
        middle = np.nanmean(length) if np.isfinite(length).any() else 0.0
        found = [library.feature(m) for m in ("audio", "metadata", "semantic") if library.has(m)]
        parts = [unit(np.where(f.present[:, None], f.matrix, 0).astype(np.float32)) for f in found]
        vectors = np.concatenate(parts, axis=1) if parts else np.zeros((len(tracks), 0), np.float32)
        return cls(codes.astype(np.int64), np.nan_to_num(length - middle).astype(np.float32), vectors)


@dataclass(frozen=True)
class Counts:
    """Of the training plays: full ones and all, for each track, and for each artist; and their share."""

    track_full: Doubles
    track_all: Doubles
    artist_full: Doubles
    artist_all: Doubles
    mean: float

    @classmethod
    def of(cls, row: NDArray[np.int64], full: Bools, tracks: Tracks) -> Self:
        """Counted over plays of rows (n,)."""
        n, m = len(tracks.artist), int(tracks.artist.max(initial=0)) + 1
        artist = tracks.artist[row]
        return cls(
            np.bincount(row, full, n).astype(float),
            np.bincount(row, minlength=n).astype(float),
            np.bincount(artist, full, m).astype(float),
            np.bincount(artist, minlength=m).astype(float),
            float(full.mean()) if len(full) else 0.5,
        )


def smooth(full: Any, n: Any, towards: Any, pull: float) -> Any:
    """(full + pull x towards) / (n + pull)."""
    return (full + pull * towards) / (n + pull)


def before(heard: Heard, tracks: Tracks, mean: float) -> Floats:
    """The numbers of `NAMES` at every play, float32 (n, len(NAMES)), each from plays before it alone.

    Args:
        mean: the share of full plays that everything is pulled to.
    """
    artist = tracks.artist[heard.row]
    table = pl.DataFrame({"u": heard.user, "r": heard.row, "a": artist, "t": heard.time, "y": heard.full})
    table = table.with_columns(pl.col("y").cast(pl.Float64)).with_row_index("at")

    def running(*keys: str) -> tuple[Doubles, Doubles]:
        """Full plays and plays with the same keys at an earlier time; plays of one moment count for none."""
        order = table.sort(*keys, "t", "at")
        same = pl.struct(*keys)
        cut = order.with_columns(
            f=(pl.col("y").cum_sum() - pl.col("y")).over(same),
            n=pl.int_range(pl.len()).over(same).cast(pl.Float64),
            # What happened at one moment has no order: none of it is the past of the other.
        ).with_columns(pl.col("f", "n").first().over(pl.struct(*keys, "t")))
        back = cut.sort("at")
        return back["f"].to_numpy(), back["n"].to_numpy()

    user, own, own_artist = running("u"), running("u", "r"), running("u", "a")
    track, by = running("r"), running("a")
    recent, last, taste = _of_streams(heard, tracks, mean)
    hours = heard.time / 3.6e9
    angle = 2 * np.pi * (hours % 24) / 24
    gap = np.diff(heard.time, prepend=0) / 1e6
    # A listener's first play: a pause of eleven days stands for "long ago".
    gap[np.diff(heard.user, prepend=-1) != 0] = 1e6
    moment = np.stack(
        [np.sin(angle), np.cos(angle), (hours // 24 + 3) % 7 >= 5, np.log1p(gap.clip(0)) / 10], 1
    )
    previous = np.concatenate([[-1], artist[:-1]])
    same = (previous == artist) & (np.diff(heard.user, prepend=-1) == 0)
    return _numbers(
        mean, user, track, by, own, own_artist, (recent, last, taste), same, tracks.length[heard.row], moment
    )


def now(
    rows: NDArray[np.int64],
    ratios: Floats,
    tracks: Tracks,
    counts: Counts,
    moment: NDArray[Any] | None = None,
) -> Floats:
    """The numbers of every track of the catalogue after a history, float32 (n_tracks, len(NAMES)).

    Args:
        rows: what was played, oldest first.
        ratios: the completion of each, NaN where it is not known.
        moment: sine and cosine of the hour, weekend, log gap; None where the time is not known.
    """
    known = ~np.isnan(ratios)
    rows, full = rows[known], ratios[known] >= FULL
    own = Counts.of(rows, full, tracks)
    n = len(tracks.artist)
    user = np.full(n, full.sum(), float), np.full(n, len(rows), float)
    weights = DECAY ** np.arange(min(len(rows), LAST))[::-1]
    recent = smooth(weights @ full[-LAST:], weights.sum(), counts.mean, 1.0) if len(rows) else counts.mean
    last = float(full[-1]) if len(rows) else counts.mean
    pull = (weights * (full[-LAST:] - counts.mean)) @ tracks.vectors[rows[-LAST:]]
    taste = tracks.vectors @ pull if len(rows) else np.zeros(n)
    same = tracks.artist == (tracks.artist[rows[-1]] if len(rows) else -1)
    a = tracks.artist
    return _numbers(
        counts.mean,
        user,
        (counts.track_full, counts.track_all),
        (counts.artist_full[a], counts.artist_all[a]),
        (own.track_full, own.track_all),
        (own.artist_full[a], own.artist_all[a]),
        (np.full(n, recent), np.full(n, last), taste),
        same,
        tracks.length,
        None if moment is None else np.tile(moment, (n, 1)),
    )


def _of_streams(heard: Heard, tracks: Tracks, mean: float) -> tuple[Doubles, Doubles, Doubles]:
    """Of the last plays of each listener: their mean, the last one, and the pull of their content."""
    n = len(heard.row)
    recent, last, taste = np.full(n, mean), np.full(n, mean), np.zeros(n)
    starts = np.flatnonzero(np.diff(heard.user, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], n], strict=True):
        y, vectors = heard.full[start:stop].astype(float), tracks.vectors[heard.row[start:stop]]
        # A decayed sum over the past, from one play to the next; what is older than LAST plays is as nothing.
        total = weight = 0.0
        pull = np.zeros(vectors.shape[1])
        for i in range(stop - start):
            if i:
                total, weight = total * DECAY + y[i - 1], weight * DECAY + 1
                pull = pull * DECAY + (y[i - 1] - mean) * vectors[i - 1]
                recent[start + i], last[start + i] = smooth(total, weight, mean, 1.0), y[i - 1]
                taste[start + i] = vectors[i] @ pull
    return recent, last, taste


def _numbers(
    mean: float,
    user: tuple[Any, Any],
    track: tuple[Any, Any],
    artist: tuple[Any, Any],
    own: tuple[Any, Any],
    own_artist: tuple[Any, Any],
    stream: tuple[Any, Any, Any],
    same: Any,
    length: Any,
    moment: Any,
) -> Floats:
    """The columns of `NAMES`: shares as logits, counts as logarithms."""
    by_user = smooth(*user, mean, PULL["user"])
    by_artist = smooth(*artist, mean, PULL["artist"])
    recent, last, taste = stream
    shares = [by_user, smooth(*track, by_artist, PULL["track"]), recent, by_artist]
    own_by = smooth(*own_artist, by_user, PULL["own"])
    shares += [smooth(*own, own_by, PULL["own"]), own_by]
    # As logits, since a linear model adds them; clipped, or a share of 0 would be infinite.
    columns = [np.log(s / (1 - s)) for s in (np.clip(s, 1e-3, 1 - 1e-3) for s in shares)]
    columns += [2 * last - 1, taste, *(np.log1p(c[1]) for c in (user, track, artist, own, own_artist))]
    columns += [same, length]
    n = len(columns[0])
    times = np.zeros((n, 5)) if moment is None else np.column_stack([np.ones(n), moment])
    return np.column_stack([*columns, times]).astype(np.float32)
