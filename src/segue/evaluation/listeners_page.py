"""Next track by who is asked and when: history length, hour, and pages of single listeners to read."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from segue.data.library import Library
from segue.evaluation.page import number
from segue.evaluation.rows import CHANCE
from segue.evaluation.summary import compare, models_of
from segue.evaluation.tasks import NEXT_TRACK, with_metrics
from segue.kit.tables import markdown, with_interval

LENGTHS = ((0, 20), (20, 100), (100, 500), (500, None))
"""Plays of a history: from (included) and to (not)."""
HOURS = ((0, 6), (6, 12), (12, 18), (18, 24))
FEWEST = 20
"""Targets of a column at least; fewer say nothing."""
PAGES = 3
TARGETS = 5
TOP = 3


def times_of(library: Library, results: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """When each target was played, microseconds, int64 (n,); 0 where it is not known."""
    log = library.log
    starts = dict(zip(log.users, log.starts[:-1].tolist(), strict=True))
    events = results["user_id"].replace_strict(starts, return_dtype=pl.Int64).to_numpy() + results["position"]
    return np.asarray(library.times[np.asarray(events)], np.int64)


def sections(library: Library, results: pl.DataFrame, chosen: str, seed: int) -> list[str]:
    """NDCG@10 by the length of the history and by the hour (UTC), and what `chosen` gains on the others."""
    position = pl.col("position")
    lengths = {
        f"{low} to {high - 1} plays" if high else f"{low} plays and more": results.filter(
            (position >= low) & (position < (high or 1 << 62))
        )
        for low, high in LENGTHS
    }
    lines = _section("By length of the history", lengths, results, chosen, seed)
    times = times_of(library, results)
    # Times that are made up or missing all lie in one hour: then nothing is said by it.
    hours = pl.Series((times // 3_600_000_000 % 24).astype(np.int64))
    if (times > 0).all() and hours.n_unique() > 1:
        parts = {f"{a}:00 to {b}:00": results.filter((hours >= a) & (hours < b)) for a, b in HOURS}
        lines += _section("By hour of the day (UTC)", parts, results, chosen, seed)
    return lines


def _section(
    title: str, parts: Mapping[str, pl.DataFrame], results: pl.DataFrame, chosen: str, seed: int
) -> list[str]:
    """A table of NDCG@10, and one of paired differences to the chosen model."""
    names = models_of(results)
    parts = {name: part for name, part in parts.items() if part.height >= FEWEST * len(names)}
    if len(parts) < 2:
        return []
    header = [f"{name} (n={part.height // len(names)})" for name, part in parts.items()]
    means = {
        name: dict(with_metrics(part).group_by("model").agg(pl.col("ndcg10").mean()).iter_rows())
        for name, part in parts.items()
    }
    rows = [["model", *header], *([n, *(number(means[part][n]) for part in parts)] for n in names)]
    lines = [f"## {title}\n", "NDCG@10, micro.\n", *markdown(rows), ""]
    others = [n for n in names if n not in (chosen, CHANCE)]
    gains = [["gain of " + chosen + " [95 %] on", *header]]
    for other in others:
        found = [
            # Fewer draws than in the main tables: there are dozens of these intervals.
            compare(NEXT_TRACK, part, chosen, other, seed=seed, resamples=500)
            for part in parts.values()
        ]
        gains.append([other, *(with_interval(f, "+.4f") + "*" * f.excludes_zero for f in found)])
    return [*lines, *(markdown(gains) if others else []), ""]


def listeners(library: Library, results: pl.DataFrame) -> list[str]:
    """A page of three listeners, of a short, a middling and a long history: what they played, what was asked,
    what each model put first, and why it can have known."""
    tracks = library.catalogue.tracks.select("track_id", "title", "artist")
    titles = {i: f"{title} - {artist}" for i, title, artist in tracks.iter_rows()}
    known = results.group_by("user_id").agg(pl.col("position").max()).sort("position", "user_id")
    places = np.unique(np.linspace(0, known.height - 1, PAGES).round().astype(int)).tolist()
    lines = ["# Listeners\n", "Of a short, a middling and a long history. A target is in bold.\n"]
    for user in known["user_id"].gather(places):
        lines += _listener(library, results.filter(pl.col("user_id") == user), str(user), titles)
    return lines


def _listener(library: Library, part: pl.DataFrame, user: str, titles: Mapping[str, str]) -> list[str]:
    """One listener's section."""
    log = library.log
    start = int(log.starts[log.users.index(user)])
    asked = sorted(part["position"].unique())
    chosen = [asked[i] for i in np.unique(np.linspace(0, len(asked) - 1, TARGETS).round().astype(int))]
    before = log.history(start + int(asked[0])).ids
    most = pl.Series("t", before.tolist(), dtype=pl.String).value_counts(sort=True).head(5)
    lines = [f"## {user}\n", f"{len(before)} plays before the first target; {len(asked)} targets.\n"]
    lines += ["Played most: " + "; ".join(f"{titles[t]} ({n})" for t, n in most.iter_rows()) + "\n"]
    for position in chosen:
        rows = part.filter(pl.col("position") == position)
        heard = log.history(start + int(position)).ids.tolist()
        lines += _moment(heard, rows, titles)
    return lines


def _moment(heard: Sequence[str], rows: pl.DataFrame, titles: Mapping[str, str]) -> list[str]:
    """One target: what was known of it, what every model put first, at which place it stood."""
    first = rows.row(0, named=True)
    target, again = first["target"], [i for i, t in enumerate(heard) if t == first["target"]]
    known = f"played {len(again)} times before, last {len(heard) - again[-1]} plays ago" if again else "new"
    fame = "cold: nobody plays it in training" if first["cold"] else f"popularity decile {first['decile']}"
    content = f"; content: {', '.join(first['modalities'])}" if first["modalities"] else ""
    lines = [f"### After {len(heard)} plays\n"]
    lines += [f"Last: {'; '.join(titles[t] for t in heard[-3:])}\n"]
    lines += [f"Then: **{titles[target]}** ({known}; {fame}{content})\n"]
    table = [["model", "place of the target", *(f"{n + 1}." for n in range(TOP))]]
    for name, above, tied, top in rows.select("model", "above", "tied", "top10").iter_rows():
        if name == CHANCE:
            continue
        counts = {t: sum(h == t for h in heard) for t in top[:TOP]}
        shown = [
            (f"**{titles[t]}**" if t == target else titles[t])
            + (f" ({counts[t]}x)" if counts[t] else " (new)")
            for t in top[:TOP]
        ]
        shown += [""] * (TOP - len(shown))
        table.append([name, f"{above + (tied + 1) / 2:g}", *shown])
    return [*lines, *markdown(table), ""]
