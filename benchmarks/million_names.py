"""A million made-up tracks: how long the reader takes to open, how much it holds, how long a turn takes.

python benchmarks/million_names.py [N]
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState

TAGS = ("rock", "pop", "jazz", "calm", "happy", "piano", "slow tempo", "energetic", "metal", "vocals", "sad")
SAID = (
    "something calm and jazzy with piano", "no more {artist}", "play {title}", "play {slip}",
    "anything but metal",     "songs like {title} by {artist}", "play Zxqvbn Orchestra", "80s pop please",
    "a slow song for a rainy evening",
    "looking for some dark synthwave like carpenter brut and gost for a night drive",
)  # fmt: skip


def made_up(n: int, seed: int = 1) -> Catalogue:
    """A catalogue of n tracks by n / 10 artists, names of made-up syllables, one in ten beyond ASCII."""
    draw = np.random.default_rng(seed)
    parts = [a + b for a in "bcdfglmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il", "on")]
    words = np.array([x + y + z for x in parts for y in parts[::5] for z in ("", "n", "s", "ta", "ro")])
    words = np.array([w.replace("e", "é") if i % 12 == 0 else w for i, w in enumerate(words)])
    words = np.array([w.replace("o", "ø") if i % 30 == 0 else w for i, w in enumerate(words)])

    def names(count: int, most: int) -> pl.Series:
        picks = [words[draw.integers(len(words), size=count)] for _ in range(most)]
        use = draw.integers(1, most + 1, size=count)
        frame = pl.DataFrame({str(i): pl.Series(p) for i, p in enumerate(picks)}).with_columns(
            use=pl.Series(use)
        )
        kept = [pl.when(pl.col("use") > i).then(pl.col(str(i))) for i in range(most)]
        return frame.select(
            pl.concat_str(kept, separator=" ", ignore_nulls=True).str.to_titlecase()
        ).to_series()

    artists, albums = names(max(1, n // 10), 3), names(max(1, n // 5), 4)
    tags = pl.Series(TAGS).gather(draw.integers(len(TAGS), size=2 * n)).to_frame("t")
    tags = (
        tags.with_columns(row=pl.arange(2 * n, eager=True) // 2).group_by("row", maintain_order=True).agg("t")
    )
    tracks = pl.DataFrame(
        {
            "track_id": pl.arange(n, eager=True).cast(pl.String), "title": names(n, 4),
            "artist": artists.gather(draw.integers(len(artists), size=n)),
            "album": albums.gather(draw.integers(len(albums), size=n)),
            "year": pl.Series(draw.integers(1950, 2024, size=n), dtype=pl.Int32), "tags": tags["t"],
        }
    )  # fmt: skip
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in TRACKS.items() if name not in tracks]
    plays, lists = pl.DataFrame(schema=PLAYS), pl.DataFrame(schema=PLAYLISTS)
    return Catalogue(tracks.with_columns(missing), plays, lists, [])


def held() -> float:
    """Megabytes that this process holds now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def main() -> None:
    """Measure."""
    n = int(next((a for a in sys.argv[1:] if a.isdigit()), 1_000_000))
    catalogue = made_up(n)
    _ = catalogue.rows, catalogue.ids
    before, peak, begun = held(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    reader = Rules(catalogue)
    print(
        f"{n:,} tracks: opened in {time.perf_counter() - begun:.1f} s,"
        f" {held() - before:.0f} MB more than the tables,"
        f" peak {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024:.0f} MB above theirs"
    )
    took = []
    for row in range(0, 20):
        track = catalogue.tracks.row(row * (n // 20), named=True)
        title, artist = track["title"], track["artist"]
        slip = title[: len(title) // 2] + title[len(title) // 2 + 1 :]
        for said in SAID:
            words = said.format(title=title, artist=artist, slip=slip)
            begun = time.perf_counter()
            reader.step(words, DialogueState(), ["1"])
            took.append((1000 * (time.perf_counter() - begun), words))
    took.sort()
    print(f"a turn: median {took[len(took) // 2][0]:.1f} ms, p95 {took[len(took) * 95 // 100][0]:.1f} ms")
    for ms, words in took[-5:]:
        print(f"  {ms:.0f} ms: {words}")


if __name__ == "__main__":
    main()
