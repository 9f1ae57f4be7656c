"""The checkerboard: a small catalogue with a planted pattern that everything that learns must find."""

from typing import Any

import numpy as np
import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Dialogue, Split, Turn, conform, empty

# fmt: off
TITLES = [
    "Amber", "Basil", "Cedar", "Dahlia", "Ember", "Fennel", "Garnet", "Hazel",
    "Indigo", "Juniper", "Kestrel", "Lichen", "Marble", "Nectar", "Opal", "Poppy",
    "Quartz", "Raven", "Saffron", "Topaz", "Umber", "Violet", "Walnut", "Yarrow",
]
# fmt: on
INSTRUMENTS = ("piano", "guitar")
MOODS = ("gentle", "wild")


def community(row: int) -> int:
    """Community of a row of the checkerboard: rows alternate."""
    return row % 2


def checkerboard() -> Catalogue:
    """24 tracks of two communities that never meet in a playlist; each community has its instrument.

    Rows alternate between the communities, and pairs of rows between two moods that cut across them. In a
    dialogue a track is asked for by title, then another by mood alone: what comes is of the same community.
    """
    n = len(TITLES)
    tracks = pl.DataFrame(
        {
            "track_id": [f"t{row}" for row in range(n)],
            "title": TITLES,
            "artist": [f"{INSTRUMENTS[community(row)].title()} Band {row // 8}" for row in range(n)],
            "year": [1990 + row for row in range(n)],
            "tags": [[INSTRUMENTS[community(row)], MOODS[row // 2 % 2]] for row in range(n)],
        }
    )
    generator = np.random.default_rng(0)
    playlists = [
        (f"p{number}", place, f"t{2 * chosen + number % 2}", "train")
        for number in range(60)
        for place, chosen in enumerate(generator.choice(n // 2, 6, replace=False))
    ]
    schema: dict[str, Any] = {
        name: PLAYLISTS[name] for name in ("playlist_id", "position", "track_id", "split")
    }
    table = pl.DataFrame(playlists, schema=schema, orient="row")
    splits: list[tuple[Split, int]] = [("train", 20), ("validation", 40), ("test", 40)]
    dialogues = [_dialogue(split, number, generator) for split, size in splits for number in range(size)]
    return Catalogue(
        conform("tracks", tracks, TRACKS), empty(PLAYS), conform("playlists", table, PLAYLISTS), dialogues
    )


def _dialogue(split: Split, number: int, generator: np.random.Generator) -> Dialogue:
    """One dialogue of two requests."""
    side, mood = int(generator.integers(2)), int(generator.integers(2))
    first = 2 * int(generator.integers(len(TITLES) // 2)) + side
    fitting = [r for r in range(len(TITLES)) if community(r) == side and r // 2 % 2 == mood and r != first]
    turns = (
        Turn("user", f"please play {TITLES[first]}"),
        Turn("music", f"t{first}", True),
        Turn("assistant", "here it is"),
        Turn("user", f"please play something {MOODS[mood]}"),
        Turn("music", f"t{generator.choice(fitting)}", True),
    )
    return Dialogue(f"{split}-{number}", turns, split)
