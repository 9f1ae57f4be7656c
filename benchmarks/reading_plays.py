"""Claim: LastFM-1K read at least 8 times as fast as by pandas, at most 2.5 times a bare read by polars.

Each reader runs in a process of its own, so that its peak memory (ru_maxrss) is its own, and reads a made-up
log of at least three million lines with broken ones among them, first once as a warm-up, then `--repeats`
times; the readers take turns. Times are wall clock, the median is reported. pandas does what a user would
write to get the same result: quoting off, lines with too many columns skipped, bad times and blank names
dropped, plays in the future dropped, ids for tracks and artists without MBID, sorted by listener and time,
one row a track with its commonest names. Bare polars reads the six columns and parses the time, nothing
else: it is a bound, not a peer. pandas is no dependency of segue:

    pip install pandas
    python benchmarks/reading_plays.py [--plays 3500000] [--repeats 3] [--seed 0] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from segue.sources.lastfm1k import EVENTS_FILE

COLUMNS = ["user_id", "played_at", "artist_id", "artist", "mbid", "title"]
LATEST = "2009-07-01"
Counts = Callable[[], dict[str, int]]
"""Counts what was read, when the clock has stopped."""


def ours(folder: Path) -> Counts:
    """What segue reads."""
    from segue.sources import lastfm1k

    found = lastfm1k.read(folder)
    plays = found.plays
    assert plays is not None
    return lambda: counts(plays.height, plays["user_id"].n_unique(), found.tracks.height)


def with_pandas(folder: Path) -> Counts:
    """The same by pandas."""
    import pandas as pd

    from segue.data.names import name_id

    plays = pd.read_csv(
        folder / EVENTS_FILE,
        sep="\t",
        names=COLUMNS,
        header=None,
        quoting=3,
        on_bad_lines="skip",
        dtype=str,
        keep_default_na=False,
        na_values=[""],
    )
    plays = plays.dropna(subset=["user_id", "artist", "title"])
    plays["played_at"] = pd.to_datetime(
        plays["played_at"], format="%Y-%m-%dT%H:%M:%SZ", errors="coerce", utc=True
    )
    plays = plays.dropna(subset=["played_at"])
    plays = plays[plays["played_at"] < pd.Timestamp(LATEST, tz="UTC")]
    plays["track_id"] = plays["mbid"]
    for column, names in (("track_id", ["artist", "title"]), ("artist_id", ["artist"])):
        blank = plays[column].isna()
        pairs = plays.loc[blank, names].drop_duplicates()
        pairs["made"] = [name_id(*row) for row in pairs.itertuples(index=False)]
        plays.loc[blank, column] = (
            plays.loc[blank, names].merge(pairs, on=names, how="left")["made"].to_numpy()
        )
    plays = plays[::-1].sort_values(["user_id", "played_at"], kind="stable")
    sizes = plays.groupby(["track_id", "artist", "title"], sort=False).size().reset_index(name="plays")
    tracks = sizes.sort_values("plays", ascending=False, kind="stable").drop_duplicates("track_id")
    plays = plays[["user_id", "track_id", "played_at"]]
    return lambda: counts(len(plays), plays["user_id"].nunique(), len(tracks))


def bare_polars(folder: Path) -> Counts:
    """The six columns and the time parsed; broken lines and all."""
    import polars as pl

    plays = pl.scan_csv(
        folder / EVENTS_FILE,
        separator="\t",
        has_header=False,
        quote_char=None,
        schema=dict.fromkeys(COLUMNS, pl.String),
        truncate_ragged_lines=True,
    )
    form = "%Y-%m-%dT%H:%M:%SZ"
    times = pl.col("played_at").str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
    found = plays.with_columns(times).collect()
    return lambda: counts(found.height, 0, 0)


READERS: dict[str, Callable[[Path], Counts]] = {
    "pandas": with_pandas,
    "polars": bare_polars,
    "segue": ours,
}


def counts(plays: int, listeners: int, tracks: int) -> dict[str, int]:
    """What was read, to be compared."""
    return {"plays": plays, "listeners": listeners, "tracks": tracks}


def serve(name: str, folder: Path) -> None:
    """Read once for every line that comes in; answer with seconds, peak bytes and counts."""
    for _ in sys.stdin:
        start = time.perf_counter()
        found = READERS[name](folder)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "peak": peak, "counts": found()}), flush=True)
        del found  # or the next reading's peak would hold this one


def measure(folder: Path, repeats: int) -> dict[str, list[dict[str, Any]]]:
    """What each reader answers, warm-up left out."""
    command = [sys.executable, __file__, "--folder", str(folder), "--serve"]
    workers = {
        name: subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in READERS
    }
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in READERS}
    for turn in range(repeats + 1):
        for name, worker in workers.items():
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write("read\n")
            worker.stdin.flush()
            answer = worker.stdout.readline()
            if not answer:
                sys.exit(f"{name} failed")
            if turn:
                answers[name].append(json.loads(answer))
    for worker in workers.values():
        worker.communicate()
    return answers


def report(answers: dict[str, list[dict[str, Any]]]) -> None:
    """Print every reader, check that the results are equal, and the ratios last."""
    seconds = {}
    for name, rows in answers.items():
        times = [row["seconds"] for row in rows]
        seconds[name] = statistics.median(times)
        spread = f"{min(times):.2f}-{max(times):.2f}"
        peak = max(row["peak"] for row in rows) / 1e9
        print(f"{name}: {seconds[name]:.2f} s ({spread}), peak {peak:.2f} GB, {rows[0]['counts']}")
    assert answers["pandas"][0]["counts"] == answers["segue"][0]["counts"], "not the same result"
    print("pandas and segue: equal counts of plays, listeners and tracks")
    print(f"ratio (pandas / segue): {seconds['pandas'] / seconds['segue']:.1f}")
    print(f"ratio (segue / bare polars): {seconds['segue'] / seconds['polars']:.2f}")


def main() -> None:
    """Make the log, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--plays", type=int, default=3_500_000, help="about 7 in 8 of them become lines")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="a log that is there already")
    parser.add_argument("--serve", choices=READERS, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.serve:
        serve(a.serve, a.folder)
        return
    try:
        import pandas  # noqa: F401
    except ImportError:
        sys.exit("pandas is not here: pip install pandas")
    with tempfile.TemporaryDirectory() as place:
        folder = a.folder or Path(place) / "log"
        if a.folder is None:
            from segue.sources.synthetic import importer as synthetic

            synthetic.generate(folder, listeners=1000, tracks=200_000, plays=a.plays, seed=a.seed)
            print(f"made up {a.plays:,} plays, seed {a.seed}")
        with (folder / EVENTS_FILE).open("rb") as file:
            print(f"{sum(1 for _ in file):,} lines")
        report(measure(folder, a.repeats))


if __name__ == "__main__":
    main()
