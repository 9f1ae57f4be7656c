"""A workspace's dialogues as the rows of TalkPlayData: user, music, assistant, and the tracks beside them."""

from pathlib import Path
from typing import Any

import polars as pl

from segue.data.catalogue import SPLITS, Catalogue, Dialogue
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, whole_directory

TURN = pl.Struct({"turn_number": pl.Int32, "role": pl.String, "content": pl.String})
ROW: dict[str, Any] = {"session_id": pl.String, "conversations": pl.List(TURN), "rejected": pl.List(pl.Int32)}
ENTRY = "  - split: {0}\n    path: data/{0}-*.parquet\n"
CARD = """---
configs:
- config_name: default
  data_files:
{entries}- config_name: tracks
  data_files:
  - split: all_tracks
    path: tracks/all_tracks-*.parquet
---
# Dialogues as TalkPlayData rows

{counts}

- `session_id`: the dialogue.
- `conversations`: turns in order, each with `turn_number` (from 1, a listener's request begins one), `role`
  (user, music, assistant) and `content` (words; of music a track id).
- `rejected`: the places in `conversations`, from 0, of the tracks that were turned down; null where it is not
  known of any.
- tracks: `track_id`, `track_name`, `artist_name`, `album_name` (lists), `tag_list`, `release_date`,
  `duration` (milliseconds).

`segue import talkplay FOLDER WORKSPACE` reads it.
"""


def write(workspace: Workspace, folder: Path) -> list[str]:
    """Write `data/SPLIT-00000-of-00001.parquet` and `tracks/`; returns how many dialogues of each split.

    Raises:
        SegueError: no catalogue, no dialogue, or the folder holds something else.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "tracks").exists():
        raise SegueError("there is something else in this folder", str(folder), "name a new folder")
    catalogue = Catalogue.load(Workspace(workspace.root, must_exist=True), described=False)
    if not catalogue.dialogues:
        raise SegueError("there are no dialogues", str(workspace.root), "run `segue dialogues`")
    counts: dict[str, int] = {}
    with whole_directory(folder) as new:
        (new / "data").mkdir()
        (new / "tracks").mkdir()
        for split in SPLITS:
            rows = [row(d) for d in catalogue.dialogues_of(split)]
            if rows:
                counts[split] = len(rows)
                table = pl.DataFrame(rows, schema=ROW)
                table.write_parquet(new / "data" / f"{split}-00000-of-00001.parquet")
        _tracks(catalogue.tracks).write_parquet(new / "tracks" / "all_tracks-00000-of-00001.parquet")
        told = ", ".join(f"{split} {n:,}" for split, n in counts.items())
        entries = "".join(ENTRY.format(split) for split in counts)
        (new / "README.md").write_text(CARD.format(entries=entries, counts=f"Dialogues: {told}."), "utf-8")
    return [f"dialogues: {told}", f"tracks: {len(catalogue):,}"]


def row(dialogue: Dialogue) -> dict[str, Any]:
    """One dialogue as a published row."""
    turns, number = [], 0
    for turn in dialogue.turns:
        # A dialogue that begins with music begins with turn 1 all the same.
        number += turn.role == "user" or not number
        turns.append({"turn_number": number, "role": turn.role, "content": turn.content})
    known = any(t.liked is not None for t in dialogue.turns)
    rejected = [i for i, t in enumerate(dialogue.turns) if t.liked is False]
    return {
        "session_id": dialogue.dialogue_id,
        "conversations": turns,
        "rejected": rejected if known else None,
    }


def _tracks(tracks: pl.DataFrame) -> pl.DataFrame:
    """The tracks under the published names."""
    one = [
        pl.when(pl.col(c).is_not_null()).then(pl.concat_list(c)).alias(f"{name}_name")
        for c, name in (("title", "track"), ("artist", "artist"), ("album", "album"))
    ]
    length = (pl.col("duration_s") * 1000).round().cast(pl.Int64)
    date = pl.col("year").cast(pl.String)
    named: list[Any] = [
        pl.col("tags").alias("tag_list"),
        date.alias("release_date"),
        length.alias("duration"),
        "isrc",
    ]
    return tracks.select("track_id", *one, *named)
