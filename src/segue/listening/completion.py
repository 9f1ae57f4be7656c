"""The completion ratio: which share of a track was heard before the listener went on.

From the raw stream of a listener, before anything is dropped from it: the time to the next play of any track.
Source: E4SRec spec 5.5 (how it was published, and how it should be computed).
"""

import polars as pl

from segue.listening.options import PUBLISHED_TRUNCATION

STATES = ("full", "partial", "unknown")
BASES = (
    "seconds",
    "gap",
    "seconds, estimated length",
    "gap, estimated length",
    "no next play",
    "pause",
    "next play in the same second",
    "no length",
)
"""What a ratio rests on: exact seconds or the gap to the next play; or why it is unknown."""
STATE, BASIS = pl.Enum(STATES), pl.Enum(BASES)
SECONDS_SHARE = 0.9
"""Exact seconds do not exceed a track's length: its estimate is near their upper end, not in the middle."""


def gaps(plays: pl.DataFrame) -> pl.Series:
    """Seconds from each play to the listener's next, Float64, null for the last.

    Args:
        plays: user_id and played_at, sorted by listener and time.
    """
    wait = (pl.col("played_at").shift(-1) - pl.col("played_at")).dt.total_microseconds() / 1e6
    same = pl.col("user_id") == pl.col("user_id").shift(-1)
    return plays.select(gap=pl.when(same).then(wait))["gap"]


def track_lengths(
    plays: pl.DataFrame,
    durations: pl.DataFrame,
    training: pl.Series,
    *,
    gap_s: float,
    min_observations: int = 5,
) -> pl.DataFrame:
    """The length of each track in seconds: given, else estimated from the training plays, else null.

    The estimate is the median gap to the next play, of gaps above 0 and up to `gap_s`; where enough plays say
    exactly how long they lasted, the 90th percentile of that.

    Args:
        plays: user_id, track_id, played_at and, where known, played_s; sorted by listener and time.
        durations: track_id and duration_s; zero, negative and NaN are unknown.
        training: bool (n_plays,), which plays may be learnt from.
        gap_s: a longer gap is a pause.
        min_observations: an estimate needs so many of them.

    Returns:
        track_id, length_s (Float64) and estimated (bool), a row for each row of `durations`.
    """
    gap, seconds = pl.col("gap"), _seconds(plays)
    seen = (
        plays.select("track_id", seconds.alias("seconds"))
        .with_columns(gaps(plays).alias("gap"))
        # A length that was learnt from held-out plays would tell of them.
        .filter(training)
        .group_by("track_id")
        .agg(
            gap.filter((gap > 0) & (gap <= gap_s)).median().alias("by_gap"),
            gap.filter((gap > 0) & (gap <= gap_s)).len().alias("n_gaps"),
            pl.col("seconds").quantile(SECONDS_SHARE).alias("by_seconds"),
            pl.col("seconds").count().alias("n_seconds"),
        )
    )
    by_seconds = pl.when((pl.col("n_seconds") >= min_observations) & (pl.col("by_seconds") > 0))
    by_gap = pl.when(pl.col("n_gaps") >= min_observations)
    estimate = pl.coalesce(by_seconds.then("by_seconds"), by_gap.then("by_gap"))
    given = pl.when(_is_length("duration_s")).then("duration_s")
    return durations.join(seen, on="track_id", how="left", maintain_order="left").select(
        "track_id",
        pl.coalesce(given, estimate).alias("length_s"),
        (given.is_null() & estimate.is_not_null()).alias("estimated"),
    )


def completion_ratio(
    plays: pl.DataFrame, lengths: pl.DataFrame, *, gap_s: float = 1200.0, full_at: float = 0.9
) -> pl.DataFrame:
    """The completion ratio of every play: min(1, seconds heard / length of the track).

    Seconds heard are `played_s` where the source knows it, else the gap to the listener's next play of any
    track if that is above 0 (nobody hears two tracks in one second: such times were filled in) and at most
    `gap_s`. Without either, or without a length, the ratio is null.

    Args:
        plays: user_id, track_id, played_at and, where known, played_s: **all** of each listener's plays,
            sorted by listener and time.
        lengths: track_id, length_s and, where it was estimated, `estimated` (see `track_lengths`).
        full_at: a ratio from here on is full.

    Returns:
        A row for each play: gap_s (raw, Float32), completion (Float32), state (one of `STATES`) and basis
        (one of `BASES`).
    """
    if "estimated" not in lengths.columns:
        lengths = lengths.with_columns(estimated=pl.lit(False))
    # Joined in the order of the plays: all that follows goes by place.
    known = plays.select("track_id").join(lengths, on="track_id", how="left", maintain_order="left")
    exact = plays.select(_seconds(plays).alias("seconds"))["seconds"]
    known = known.with_columns(gaps(plays).alias("gap"), exact).with_columns(
        heard=pl.coalesce("seconds", pl.when((pl.col("gap") > 0) & (pl.col("gap") <= gap_s)).then("gap"))
    )
    ratio = pl.when(_is_length("length_s")).then((pl.col("heard") / pl.col("length_s")).clip(0, 1))
    state = (
        pl.when(pl.col("completion").is_null())
        .then(pl.lit("unknown"))
        .when(pl.col("completion") >= full_at)
        .then(pl.lit("full"))
        .otherwise(pl.lit("partial"))
    )
    return (
        known.select(pl.col("gap").cast(pl.Float32).alias("gap_s"), completion=ratio, basis=_basis())
        .with_columns(state.cast(STATE).alias("state"))
        .select("gap_s", pl.col("completion").cast(pl.Float32), "state", "basis")
    )


def _basis() -> pl.Expr:
    """What the ratio rests on, from the columns seconds, gap, heard, length_s and estimated."""
    source = pl.when(pl.col("seconds").is_not_null()).then(pl.lit("seconds")).otherwise(pl.lit("gap"))
    rest = pl.when("estimated").then(pl.lit(", estimated length")).otherwise(pl.lit(""))
    basis = (
        pl.when(pl.col("heard").is_null() & pl.col("gap").is_null())
        .then(pl.lit("no next play"))
        .when(pl.col("heard").is_null())
        .then(
            pl.when(pl.col("gap") > 0).then(pl.lit("pause")).otherwise(pl.lit("next play in the same second"))
        )
        .when(~_is_length("length_s"))
        .then(pl.lit("no length"))
        .otherwise(source + rest)
    )
    return basis.cast(BASIS)


def published_completion_ratio(
    events: pl.DataFrame, lengths: pl.DataFrame, *, truncate: int | None = PUBLISHED_TRUNCATION
) -> pl.Series:
    """The ratio as it was published, for comparison only: Float32, one value for each play left, with nulls.

    The gap is that to the next play that is *left* in the session after repeats were dropped and the session
    cut to its first plays, so that the last one never has a value and a dropped repeat makes it too long.

    Args:
        events: user_id, session_id, track_id and played_at, sorted by listener and time.
        lengths: track_id and length_s.
        truncate: plays of a session that are left.
    """
    session = ["user_id", "session_id"]
    left = events.select(*session, "track_id", "played_at").unique(
        [*session, "track_id"], keep="first", maintain_order=True
    )
    if truncate:
        left = left.filter(pl.int_range(pl.len()).over(session) < truncate)
    same = (pl.col("user_id") == pl.col("user_id").shift(-1)) & (
        pl.col("session_id") == pl.col("session_id").shift(-1)
    )
    wait = (pl.col("played_at").shift(-1) - pl.col("played_at")).dt.total_microseconds() / 1e6
    ratio = pl.when(same & _is_length("length_s")).then((wait / pl.col("length_s")).clip(0, 1))
    known = left.join(lengths, on="track_id", how="left", maintain_order="left")
    return known.select(completion=ratio.cast(pl.Float32))["completion"]


def _is_length(column: str) -> pl.Expr:
    """Where a column holds a positive, finite number; False for null."""
    return ((pl.col(column) > 0) & pl.col(column).is_finite()).fill_null(False)


def _seconds(plays: pl.DataFrame) -> pl.Expr:
    """The exact seconds heard, null where there are none or they make no sense."""
    if "played_s" not in plays.columns:
        return pl.lit(None, pl.Float64)
    return pl.when((pl.col("played_s") >= 0) & pl.col("played_s").is_finite()).then("played_s")
