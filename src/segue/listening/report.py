"""What a listening log holds, counted, and the report of it: steps, statistics, split, completion ratios."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segue.data.catalogue import SPLITS
from segue.kit.tables import markdown
from segue.kit.workspace import Workspace, whole_directory
from segue.listening.completion import BASES, STATES

COMPLETION, SPLIT = "completion.png", "split.png"
BINS = 20
PERIODS = 60
COLOURS = {"train": "tab:blue", "validation": "tab:orange", "test": "tab:red"}


def statistics(events: pl.DataFrame, tracks: pl.DataFrame) -> dict[str, Any]:
    """The counts of E4SRec spec 4.2.

    Args:
        events: user_id, session_id, track_id, played_at.
        tracks: track_id, title, artist; the names are those of the tracks that occur.
    """
    sessions = events.group_by("user_id", "session_id").agg(
        minutes=(pl.col("played_at").max() - pl.col("played_at").min()).dt.total_microseconds() / 6e7,
        plays=pl.len(),
    )
    played = events.select(pl.col("track_id").unique().cast(pl.String)).join(tracks, on="track_id")
    n_names = played["title"].str.to_lowercase().n_unique()
    n_listeners = events["user_id"].n_unique()
    return {
        "listeners": n_listeners,
        "plays": events.height,
        "sessions": sessions.height,
        "session_counters": sessions["session_id"].n_unique(),
        "tracks": played.height,
        "track_names": n_names,
        "artist_names": played["artist"].n_unique(),
        "plays_per_session": sessions["plays"].mean(),
        "session_minutes_mean": sessions["minutes"].mean(),
        "session_minutes_median": sessions["minutes"].median(),
        "density": events.height / (n_listeners * played.height),
        "density_by_name": events.height / (n_listeners * n_names),
        "first": events["played_at"].min(),
        "last": events["played_at"].max(),
    }


def split_counts(events: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Plays and listeners of each split: split -> {"plays", "listeners"}; zeros where there are none."""
    found = events.group_by("split").agg(pl.len(), pl.col("user_id").n_unique())
    rows = {str(split): {"plays": n, "listeners": users} for split, n, users in found.iter_rows()}
    return {split: rows.get(split, {"plays": 0, "listeners": 0}) for split in SPLITS}


def completion_counts(events: pl.DataFrame, published: pl.Series) -> dict[str, Any]:
    """How the completion ratios are spread, ours and the published.

    Args:
        events: completion, state, basis.
        published: of `published_completion_ratio`, with nulls.
    """

    def spread(values: pl.Series) -> dict[str, Any]:
        known = values.drop_nulls()
        return {
            "plays": len(values),
            "known": len(known),
            "under_half": int((known < 0.5).sum()),
            "mean": known.mean(),
            "median": known.median(),
        }

    texts = (events[name].cast(pl.String) for name in ("state", "basis"))
    n_state, n_basis = (dict(values.value_counts().iter_rows()) for values in texts)
    return {
        "ours": spread(events["completion"]),
        "published": spread(published),
        "states": {state: n_state.get(state, 0) for state in STATES},
        "bases": {basis: n_basis[basis] for basis in BASES if basis in n_basis},
    }


def plain(card: dict[str, Any]) -> dict[str, Any]:
    """The card as JSON has it: times as text."""
    value: dict[str, Any] = json.loads(json.dumps(card, default=lambda time: time.isoformat()))
    return value


def lines(card: dict[str, Any]) -> list[str]:
    """The card in a few lines of plain text."""
    s, states = card["statistics"], card["completion"]["states"]
    known = 1 - states["unknown"] / sum(states.values())
    return [
        f"sessions: {s['plays']:,} plays, {s['listeners']:,} listeners, {s['sessions']:,} sessions, "
        f"{s['tracks']:,} tracks",
        card["steps"][-1]["name"]
        + ": "
        + ", ".join(f"{k} {v['plays']:,} of {v['listeners']:,} listeners" for k, v in card["splits"].items()),
        f"completion ratio: known for {known:.1%} of plays, full {states['full']:,}, "
        f"partial {states['partial']:,}",
    ]


def write(workspace: Workspace, card: dict[str, Any], events: pl.DataFrame, published: pl.Series) -> Path:
    """Write `reports/listening/` (report.md and two figures); returns the path of report.md."""
    text = [
        "# Listening log",
        "",
        *_steps(card),
        *_statistics(card["statistics"]),
        *_splits(card),
        *_completion(card["completion"]),
        "## Options",
        "",
        *[f"- {name}: {value}" for name, value in card["options"].items()],
    ]
    with whole_directory(workspace.report("listening")) as folder:
        (folder / "report.md").write_text("\n".join(text).rstrip() + "\n", "utf-8")
        _draw_completion(events["completion"], published, folder / COMPLETION)
        _draw_split(events, card["cuts"], folder / SPLIT)
    return workspace.report("listening") / "report.md"


def _steps(card: dict[str, Any]) -> list[str]:
    """What each step left and dropped."""
    rows, before = [["step", "plays left", "dropped", "listeners", "tracks", "sessions"]], None
    for step in card["steps"]:
        dropped = "" if before is None else f"{before - step['plays']:,}"
        sessions = "" if step["sessions"] is None else f"{step['sessions']:,}"
        counts = (f"{step[name]:,}" for name in ("listeners", "tracks"))
        rows.append([step["name"], f"{step['plays']:,}", dropped, *counts, sessions])
        before = step["plays"]
    reasons = [f"- {reason}: {n:,}" for reason, n in card["dropped"].items()]
    return ["## Steps", "", *markdown(rows), *reasons, *([""] if reasons else [])]


def _statistics(s: dict[str, Any]) -> list[str]:
    """The counts, and beside them what was published under the same name."""
    rows = [
        ("quantity", "value", "remark"),
        ("listeners", f"{s['listeners']:,}", ""),
        ("plays", f"{s['plays']:,}", ""),
        ("sessions", f"{s['sessions']:,}", "one for each listener and number"),
        ("different session numbers", f"{s['session_counters']:,}", "published once as sessions (7,073)"),
        ("tracks", f"{s['tracks']:,}", "by id"),
        ("different track names", f"{s['track_names']:,}", "lower case; published as tracks (295,957)"),
        ("different artist names", f"{s['artist_names']:,}", ""),
        ("plays a session", f"{s['plays_per_session']:.2f}", "mean"),
        ("minutes a session, mean", f"{s['session_minutes_mean']:.2f}", "from first to last play"),
        ("minutes a session, median", f"{s['session_minutes_median']:.2f}", ""),
        ("density", f"{s['density']:.4%}", "plays / (listeners x tracks)"),
        ("density by name", f"{s['density_by_name']:.4%}", "by names; published as sparsity (0.0175)"),
        ("first play", f"{s['first']:%Y-%m-%d %H:%M:%S}", "UTC"),
        ("last play", f"{s['last']:%Y-%m-%d %H:%M:%S}", "UTC"),
    ]
    return ["## Statistics", "", "Before the split, which may drop some listeners.", "", *markdown(rows)]


def _splits(card: dict[str, Any]) -> list[str]:
    """Plays and listeners of each split, and the cuts."""
    rows = [[k, f"{v['plays']:,}", f"{v['listeners']:,}"] for k, v in card["splits"].items()]
    cuts = [f"- {name} from {time:%Y-%m-%d %H:%M:%S} UTC" for name, time in card["cuts"].items()]
    table = markdown([["split", "plays", "listeners"], *rows])
    return ["## Split", "", *table, *cuts, *([""] if cuts else []), f"![Plays over time]({SPLIT})", ""]


def _completion(c: dict[str, Any]) -> list[str]:
    """How the completion ratios are spread, ours beside the published way."""
    rows = [["", "plays", "known", "under 0.5", "mean", "median"]]
    for name, row in (("ours", c["ours"]), ("published way", c["published"])):
        known = f"{row['known']:,} ({_share(row['known'], row['plays'])})"
        low = f"{row['under_half']:,} ({_share(row['under_half'], row['known'])})"
        rows.append([name, f"{row['plays']:,}", known, low, *(_number(row[m]) for m in ("mean", "median"))])
    total = c["ours"]["plays"]
    shares = [[name, f"{n:,}", _share(n, total)] for name, n in [*c["states"].items(), *c["bases"].items()]]
    return [
        "## Completion ratio",
        "",
        "Ours: from the raw stream. Published way, for comparison: from the plays left after repeats were "
        "dropped and sessions cut to ten.",
        "",
        *markdown(rows),
        *markdown([["state or basis", "plays", "share"], *shares]),
        f"![Completion ratio]({COMPLETION})",
        "",
    ]


def _share(part: int, whole: int) -> str:
    """A share in per cent."""
    return f"{part / whole:.1%}" if whole else "-"


def _number(value: float | None) -> str:
    """A number, or a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"


def _draw_completion(ours: pl.Series, published: pl.Series, target: Path) -> None:
    """Histograms of both ratios, as shares of the plays where each is known."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for values, label in ((ours, "from the raw stream"), (published, "as published")):
        known = values.drop_nulls().to_numpy()
        # Shares, not counts: of the published ratio far fewer are known.
        weights = np.full(len(known), 1 / max(len(known), 1))
        axes.hist(known, BINS, range=(0, 1), weights=weights, histtype="step", linewidth=1.8, label=label)
    axes.axvline(0.5, color="grey", linewidth=0.8, linestyle=":")
    axes.set(xlabel="completion ratio", ylabel="share of plays where it is known", xlim=(0, 1))
    axes.legend(loc="upper left")
    figure.savefig(target, dpi=110)


def _draw_split(events: pl.DataFrame, cuts: dict[str, Any], target: Path) -> None:
    """Plays over time, stacked by split, with the cuts."""
    from matplotlib.figure import Figure

    seconds = events["played_at"].dt.epoch("us").to_numpy() / 1e6
    # A second more, for a histogram of plays of one moment has no width.
    edges = np.linspace(seconds.min(), max(seconds.max(), seconds.min() + 1), PERIODS + 1)
    days = edges.astype("datetime64[s]")
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    base = np.zeros(PERIODS)
    for split in SPLITS:
        counts = np.histogram(seconds[(events["split"] == split).to_numpy()], edges)[0]
        axes.stairs(base + counts, days, baseline=base, fill=True, color=COLOURS[split], label=split)
        base = base + counts
    for name, time in cuts.items():
        axes.axvline(time, color=COLOURS[name], linestyle="--", linewidth=1)
    axes.set(xlabel="time (UTC)", ylabel="plays")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    figure.autofmt_xdate()
    figure.savefig(target, dpi=110)
