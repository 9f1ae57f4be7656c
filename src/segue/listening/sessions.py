"""From plays to the listening log: filters, sessions, splits, completion ratios.

Source: E4SRec spec 4.1 (the recipe; also PISA's), 4.3 (splits) and 5.5 (completion ratio).
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from segue.data import stages
from segue.data.log import EVENTS
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, hash_of, read_card, whole_directory, write_json
from segue.listening import report
from segue.listening.completion import completion_ratio, published_completion_ratio, track_lengths
from segue.listening.options import SessionOptions
from segue.listening.splits import (
    Cuts,
    in_training,
    leave_one_out,
    rule_of,
    temporal,
    temporal_cuts,
    within,
)

# Part of the inputs: where a rule changes the log is made anew, though nobody counted a version up.
CODE = ("completion.py", "options.py", "report.py", "sessions.py", "splits.py")
SESSION = "session"
"""A session's number over all listeners; `session_id` counts per listener."""
MANY = 1_000_000
"""Plays from which on the work takes more than two seconds."""


@dataclass(frozen=True)
class Step:
    """What is left after a step; `sessions` where there are some yet."""

    name: str
    plays: int
    listeners: int
    tracks: int
    sessions: int | None


@dataclass(frozen=True)
class Made:
    """The listening log before it is written, and how it came about."""

    events: pl.DataFrame
    """The columns of `log.EVENTS`, `basis` of the ratio and `play`, the row in `plays.parquet`."""
    steps: list[Step]
    cuts: Cuts | None
    dropped: Counter[str]
    lengths: pl.DataFrame
    chosen: pl.DataFrame
    """The plays after all steps but the split, which may drop some more."""


def make_sessions(workspace: Workspace, options: SessionOptions | None = None) -> list[str]:
    """Makes the listening log of a workspace's plays: `listening/` and its report `reports/listening/`.

    Both are written whole or not at all; nothing is done where plays, durations and options are as before.
    Returns lines that say what is left and how it is split.

    Raises:
        SegueError: no plays, or a step leaves none (it says which).
    """
    options = options or SessionOptions()
    path = Workspace(workspace.root, must_exist=True).catalogue / "tracks.parquet"
    tracks = pl.read_parquet(path, columns=["track_id", "title", "artist", "duration_s"])
    inputs = _inputs(workspace, tracks, options)
    if (done := _finished(workspace, inputs)) is not None:
        # An import may have written the same plays again: without this `segue status` would say stale.
        stages.holds(workspace, "sessions")
        return [done[0] + " (unchanged)", *done[1:]]
    # Before the plays are read: what is imported meanwhile makes the log stale.
    begun = stages.made(workspace, "sessions")
    plays, dropped = read_plays(workspace, tracks)
    with _busy(plays.height):
        made = pipeline(plays, tracks, options)
        old_way = published_completion_ratio(made.events, made.lengths)
        card: dict[str, Any] = {
            "inputs": inputs,
            "options": options.model_dump(),
            "dropped": dict(dropped + made.dropped),
            "steps": [asdict(step) for step in made.steps],
            "cuts": made.cuts._asdict() if made.cuts else {},
            "statistics": report.statistics(made.chosen, tracks),
            "splits": report.split_counts(made.events),
            "completion": report.completion_counts(made.events, old_way),
        }
        card["lines"] = report.lines(card)
        with whole_directory(workspace.listening) as folder:
            kinds: dict[str, Any] = dict(EVENTS)
            ours = [pl.col(c).cast(kind) for c, kind in kinds.items()]
            events = made.events.lazy().select(*ours, pl.col("basis").cast(pl.String), "play")
            # In a stream, for the casts of 19 million plays at once would double the memory.
            events.sink_parquet(folder / "events.parquet")
            write_json(folder / "card.json", report.plain(card))
            begun.record(folder)
        report.write(workspace, card, made.events, old_way)
    return list(card["lines"])


def read_plays(workspace: Workspace, tracks: pl.DataFrame) -> tuple[pl.DataFrame, Counter[str]]:
    """The plays of a workspace by listener and time, those of one moment in the table's order.

    Ids become enumerations (four bytes a play instead of fifty), so that 19 million fit in memory.

    Returns:
        play (the row in `plays.parquet`), user_id, track_id, played_at, played_s; and what was dropped.

    Raises:
        SegueError: there are none.
    """
    path = workspace.catalogue / "plays.parquet"
    table = pl.scan_parquet(path)
    listeners = table.select(pl.col("user_id").unique()).collect(engine="streaming")["user_id"]
    kinds = {"user_id": pl.Enum(listeners.drop_nulls().sort()), "track_id": pl.Enum(tracks["track_id"])}
    plays = (
        table.with_row_index("play")
        .select("play", *[pl.col(c).cast(t, strict=False) for c, t in kinds.items()], "played_at", "played_s")
        .collect(engine="streaming")
    )
    if plays.is_empty():
        cure = "import some (`segue import lastfm1k ...`, `spotify_history`, `listenbrainz` or `tables`)"
        raise SegueError("there are no plays to make sessions of", str(workspace.root), cure)
    whole = plays.drop_nulls(["user_id", "track_id", "played_at"])
    dropped = Counter({"play without listener, time or known track": plays.height - whole.height})
    if whole.is_empty():
        raise SegueError("no play has a listener, a time and a known track", str(path), "import again")
    return whole.sort("user_id", "played_at", maintain_order=True), +dropped


def pipeline(plays: pl.DataFrame, tracks: pl.DataFrame, options: SessionOptions) -> Made:
    """The listening log of all plays.

    Args:
        tracks: track_id and duration_s.

    Raises:
        SegueError: a step leaves nothing, or nothing is left to train on.
    """
    if options.count_on_train_only and options.split not in ("auto", "temporal"):
        cure = "use --split temporal, or count all plays"
        raise SegueError("--count-on-train-only needs cuts in time", f"--split {options.split}", cure)
    # The limits have to know the cut before they have chosen the plays, so it is that of all plays.
    first_cuts = temporal_cuts(plays["played_at"]) if options.count_on_train_only else None
    steps = []
    before = first_cuts.validation if first_cuts else None
    for name, option, events in steps_of(plays, options, before):
        steps.append(_step(name, events))
        if events.is_empty():
            cure = f"lower --{option.replace('_', '-')} (it is {getattr(options, option)}), or keep all plays"
            raise SegueError(f"no play is left after this step: {name}", "sessions", cure + " (--preset all)")
    chosen, cuts, dropped = events, None, Counter[str]()
    rule, why = rule_of(options, events["user_id"].n_unique())
    if rule == "temporal":
        cuts = first_cuts or temporal_cuts(events["played_at"])
        names = ("validation_users", "min_events", "others", "seed")
        events, dropped = temporal(events, cuts, **{name: getattr(options, name) for name in names})
    elif rule == "within":
        events, dropped = within(events, min_events=options.min_events, others=options.others)
    else:
        events = leave_one_out(events)
    steps.append(_step(f"split: {rule}" + f" ({why})" * bool(why), events))
    if not (events["split"] == "train").any():
        cure = "use --split leave-one-out, or lower the limits"
        raise SegueError("no play is left to train on: none is before the cut in time", "sessions", cure)
    ratios, lengths = _ratios(plays, tracks, events, cuts, options)
    events = pl.concat([events, ratios[events["place"]]], how="horizontal")
    return Made(events, steps, cuts, dropped, lengths, chosen)


def _ratios(
    plays: pl.DataFrame,
    tracks: pl.DataFrame,
    events: pl.DataFrame,
    cuts: Cuts | None,
    options: SessionOptions,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The completion ratio of all plays, and the lengths of tracks, which the events' split bears on."""
    training = in_training(plays, events, cuts)
    durations = tracks.select(pl.col("track_id").cast(plays["track_id"].dtype), "duration_s")
    lengths = track_lengths(
        plays, durations, training, gap_s=options.gap_s, min_observations=options.min_observations
    )
    ratios = completion_ratio(plays, lengths, gap_s=options.gap_s, full_at=options.full_at)
    return ratios, lengths


def steps_of(
    plays: pl.DataFrame, options: SessionOptions, before: datetime | None = None
) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """The filters and sessions, step by step: its name, its option, and the plays left after it.

    The plays get `place` (the row in `plays`), `session` and `session_id`, counted from 1 per listener.

    Args:
        plays: user_id, track_id (an Enum), played_at, sorted by listener and time.
        before: the limits count only plays before this time.
    """
    counted = pl.lit(True) if before is None else pl.col("played_at") < before
    amount = pl.len() if before is None else counted.sum()
    events = plays.with_row_index("place")
    yield "all plays", "gap_s", events
    if n := options.min_plays_user:
        events = events.filter(amount.over("user_id") >= n)
        yield f"listeners with at least {n:,} plays", "min_plays_user", events
    if n := options.min_plays_track:
        events = events.filter(amount.over("track_id") >= n)
        yield f"tracks with at least {n:,} plays", "min_plays_track", events
    events = numbered(events, options.gap_s)
    yield f"sessions that a pause of more than {options.gap_s:g} s ends", "gap_s", events
    if options.drop_repeats:
        # One number is told apart in half the time of a pair.
        key = pl.col(SESSION).cast(pl.UInt64) * (1 << 32) + pl.col("track_id").to_physical()
        events = events.filter(key.is_first_distinct())
        yield "first play of each track in a session", "drop_repeats", events
    if n := options.min_session:
        events = events.filter(pl.len().over(SESSION) >= n)
        yield f"sessions of at least {n:,} plays", "min_session", events
    if n := options.truncate:
        events = events.filter(pl.int_range(pl.len()).over(SESSION) < n)
        yield f"first {n:,} plays of each session", "truncate", events
    if n := options.min_sessions:
        sessions = pl.col(SESSION).filter(counted) if before else pl.col(SESSION)
        events = events.filter(sessions.n_unique().over("user_id") >= n)
        yield f"listeners with at least {n:,} sessions", "min_sessions", events


def numbered(events: pl.DataFrame, gap_s: float) -> pl.DataFrame:
    """The events, sorted by listener and time, with `session` and `session_id`.

    A pause of exactly `gap_s` does not end a session, a longer one does. The number within a listener is
    that among all sessions, so that some are missing once short sessions are dropped.
    """
    other = pl.col("user_id") != pl.col("user_id").shift(1)
    pause = pl.col("played_at").diff().dt.total_microseconds() > gap_s * 1e6
    session = (other | pause).fill_null(True).cum_sum().cast(pl.UInt32)
    own = pl.col(SESSION) - pl.col(SESSION).first().over("user_id") + 1
    return events.with_columns(session.alias(SESSION)).with_columns(own.cast(pl.Int32).alias("session_id"))


def _step(name: str, events: pl.DataFrame) -> Step:
    """The counts after a step."""
    sessions = events[SESSION].n_unique() if SESSION in events.columns else None
    return Step(name, events.height, events["user_id"].n_unique(), events["track_id"].n_unique(), sessions)


def _inputs(workspace: Workspace, tracks: pl.DataFrame, options: SessionOptions) -> str:
    """A hash of all that the log follows from, this code included."""
    code = [Path(__file__).with_name(name) for name in CODE]
    texts = [tracks[c].to_list() for c in ("track_id", "title", "artist", "duration_s")]
    return hash_of(workspace.catalogue / "plays.parquet", *code, *texts, options.model_dump())


def _finished(workspace: Workspace, inputs: str) -> list[str] | None:
    """The lines of an earlier run with the same inputs whose report is there, else None."""
    try:
        card = read_card(workspace.listening, "sessions")
    except SegueError:
        return None
    there = (workspace.report("listening") / "report.md").exists()
    return list(card["lines"]) if there and card.get("inputs") == inputs else None


@contextmanager
def _busy(n_plays: int) -> Iterator[None]:
    """Shows that work goes on where it takes a while."""
    if n_plays < MANY:
        yield
        return
    with Console(stderr=True).status(f"sessions of {n_plays:,} plays"):
        yield
