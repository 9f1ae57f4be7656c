"""Which plays are for training, validation and test: by time for all listeners, or each listener's last."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from segue.data.catalogue import SPLITS
from segue.listening.options import Others, SessionOptions, SplitRule

SPLIT = pl.Enum(SPLITS)
CUT_AT = 0.9
"""Where the cuts are: the 90th percentile. Source: E4SRec spec 4.3."""
FEW = 20
"""Listeners below whom "auto" divides each one's plays."""
MIN_PLAYS = 3
"""Plays of a listener of whom leave-one-out holds out two."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Cuts(NamedTuple):
    """Plays before `validation` are for training, from `test` on for the test, those between for either."""

    validation: datetime
    test: datetime


def percentile(times: pl.Series, share: float = CUT_AT) -> datetime:
    """The time at a share of the times, between two of them linearly, rounded down to a microsecond.

    This is the default of pandas and numpy: with n times in order, the place `share * (n - 1)`.
    """
    micros = times.dt.epoch("us").sort()
    place = share * (len(micros) - 1)
    low = int(place)
    first, second = micros[low], micros[min(low + 1, len(micros) - 1)]
    # Only the difference is a float: of a whole time it would not hold every microsecond.
    return EPOCH + timedelta(microseconds=first + int((second - first) * (place - low)))


def temporal_cuts(times: pl.Series) -> Cuts:
    """The test cut at 90 % of the times, the validation cut at 90 % of those before it.

    Where nothing is before the test cut (all at one time) both cuts are the same.
    Source: E4SRec spec 4.3; Abbattista et al. 2024.
    """
    test = percentile(times)
    before = times.filter(times < test)
    return Cuts(percentile(before) if len(before) else test, test)


def validation_listeners(users: pl.Series, share: float, seed: int) -> pl.Series:
    """A random `share` of the listeners, the same for the same ids and seed, in order of id."""
    # `unique` has no order of its own, and the choice must be the same tomorrow.
    ids = users.unique().sort()
    chosen = np.random.default_rng(seed).choice(len(ids), round(share * len(ids)), replace=False)
    return ids.gather(np.sort(chosen).tolist())


def temporal(
    events: pl.DataFrame,
    cuts: Cuts,
    *,
    validation_users: float = 0.1,
    min_events: int | None = 5,
    others: Others = "train",
    seed: int = 42,
) -> tuple[pl.DataFrame, Counter[str]]:
    """The events with a column `split`, and how many listeners and plays were treated otherwise, by reason.

    Validation listeners' plays between the cuts are for validation; those of all others for training.
    A listener with fewer than `min_events` plays, or without a play for training or one for the test, cannot
    be tested (see `SessionOptions.others`); under "train" such a listener holds nothing out.

    Args:
        events: has user_id and played_at.
        validation_users: share of the listeners who hold out validation plays.
        min_events: plays a listener needs to be tested.
        others: what happens with listeners who cannot be tested.
    """
    chosen = validation_listeners(events["user_id"], validation_users, seed)
    time = pl.col("played_at")
    between = (time >= cuts.validation) & pl.col("user_id").is_in(chosen.implode())
    by_time = pl.when(time >= cuts.test).then(pl.lit("test")).when(between).then(pl.lit("validation"))
    events = events.with_columns(by_time.otherwise(pl.lit("train")).cast(SPLIT).alias("split"))
    reasons = _why_not_tested(events, min_events or 0)
    if others == "keep" or reasons.is_empty():
        return events, Counter()
    counts = Counter({f"listener with {why}": n for why, n in reasons["why"].value_counts().iter_rows()})
    untested = pl.col("user_id").is_in(reasons["user_id"].implode())
    if others == "drop":
        kept = events.filter(~untested)
        counts["play of a listener who cannot be tested"] = events.height - kept.height
    else:
        kept = events.filter(~untested | (time < cuts.test)).with_columns(
            split=pl.when(untested).then(pl.lit("train", SPLIT)).otherwise("split")
        )
        counts["play after the test cut of a listener who cannot be tested"] = events.height - kept.height
    return kept, +counts


def _why_not_tested(events: pl.DataFrame, min_events: int) -> pl.DataFrame:
    """The listeners who cannot be tested (user_id) and the first reason (why)."""
    n_train, n_test = ((pl.col("split") == s).sum() for s in ("train", "test"))
    why = (
        pl.when(pl.len() < min_events)
        .then(pl.lit(f"fewer than {min_events} plays"))
        .when(n_train == 0)
        .then(pl.lit("no play for training"))
        .when(n_test == 0)
        .then(pl.lit("no play for the test"))
    )
    return events.group_by("user_id").agg(why=why).drop_nulls("why")


def leave_one_out(events: pl.DataFrame) -> pl.DataFrame:
    """The events with a column `split`: each listener's last play for the test, the one before to validate.

    Listeners with fewer than three plays are for training as a whole. Plays of one moment keep their order.
    """
    place = pl.int_range(pl.len()).over("user_id")
    left = pl.when(pl.len().over("user_id") >= MIN_PLAYS).then(pl.len().over("user_id") - place)
    split = pl.when(left == 1).then(pl.lit("test")).when(left == 2).then(pl.lit("validation"))
    return events.with_columns(split.otherwise(pl.lit("train")).cast(SPLIT).alias("split"))


def rule_of(options: SessionOptions, n_listeners: int) -> tuple[SplitRule, str]:
    """The rule that divides the plays of so many listeners, and why where the options leave it open."""
    if options.split != "auto":
        return options.split, ""
    if options.count_on_train_only or n_listeners >= FEW:
        return "temporal", f"one cut in time for all, as there are {n_listeners:,} listeners"
    few = "one listener" if n_listeners == 1 else f"{n_listeners} listeners"
    return "within", f"each listener's own last plays: of {few} one cut could leave some without a test"


def within(
    events: pl.DataFrame, *, min_events: int | None = 5, others: Others = "train"
) -> tuple[pl.DataFrame, Counter[str]]:
    """As `temporal`, but cut at the same shares of each listener's own plays: all of them have a test.

    A listener with fewer than `min_events` plays holds nothing out, or is dropped where `others` is "drop".
    Plays of one listener can be later than another's test play.
    """
    place, n = pl.int_range(pl.len()).over("user_id"), pl.len().over("user_id")
    test, validation = (n * CUT_AT).floor(), (n * CUT_AT * CUT_AT).floor()
    by_place = pl.when(place >= test).then(pl.lit("test")).when(place >= validation)
    split = by_place.then(pl.lit("validation")).otherwise(pl.lit("train")).cast(SPLIT)
    # Of a single play nothing would be left to learn from.
    short = n < max(min_events or 0, 2)
    if others == "drop":
        kept = events.with_columns(split=split).filter(~short)
        return kept, +Counter({"play of a listener who cannot be tested": events.height - kept.height})
    split = pl.when(short).then(pl.lit("train", SPLIT)).otherwise(split)
    n_short = events.filter(short)["user_id"].n_unique()
    counts = Counter({"listener with too few plays to hold any out": n_short})
    return events.with_columns(split=split), +counts


def training_ends(events: pl.DataFrame, cuts: Cuts | None) -> pl.DataFrame:
    """When each listener's training ends: user_id, end (null: never).

    In a temporal split at the cut that holds for the listener, else at the first play held out.
    """
    held = pl.col("played_at").filter(pl.col("split") != "train").min()
    if cuts is not None:
        validates = (pl.col("split") == "validation").any()
        held = pl.when(validates).then(pl.lit(cuts.validation)).otherwise(pl.lit(cuts.test))
    return events.group_by("user_id").agg(end=held.cast(pl.Datetime("us", "UTC")))


def in_training(plays: pl.DataFrame, events: pl.DataFrame, cuts: Cuts | None) -> pl.Series:
    """Which plays, sorted by listener and time, are over before their listener's training ends (bool).

    A play is over when the next one of the listener begins. Listeners of whom `events` has none hold
    nothing out, but what comes after the test cut is not for training either.
    """
    ends = plays.select("user_id").join(
        training_ends(events, cuts), on="user_id", how="left", maintain_order="left"
    )
    end = ends["end"].fill_null(cuts.test) if cuts is not None else ends["end"]
    following = pl.col("played_at").shift(-1)
    same = pl.col("user_id") == pl.col("user_id").shift(-1)
    over = pl.when(same).then(following).otherwise("played_at")
    known = plays.with_columns(end=end).select(inside=pl.col("end").is_null() | (over < pl.col("end")))
    return known["inside"]
