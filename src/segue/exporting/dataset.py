"""A workspace's data as a data set of the Hub: Parquet in folders, a data card, and back bit for bit.

Tracks, plays, and what was found out in words or made of the plays are copied; playlists and dialogues become
one file a split, with a column `workspace_row` that keeps their order; a feature becomes `track_id` and
`vector`, null where the track has none. `workspace.json` keeps what Parquet does not.
"""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save_file

from segue.data import store
from segue.data.catalogue import REQUIRED, SPLITS, Catalogue, Dialogue, Turn
from segue.data.modalities import FEATURES
from segue.exporting.card import card
from segue.kit import stage
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, hash_of, whole_directory, write_json
from segue.sources.dataset import COPIED, NOTES, ROW

TURN = pl.Struct({"role": pl.String, "content": pl.String, "liked": pl.Boolean})
DIALOGUES: dict[str, Any] = {
    ROW: pl.Int64,
    "dialogue_id": pl.String,
    "split": pl.String,
    "turns": pl.List(TURN),
}


def write(
    workspace: Workspace,
    folder: Path,
    *,
    origin: str = "",
    licence: str = "",
    leave_out: Sequence[str] = (),
) -> list[str]:
    """Write the data set, whole or not at all; returns what it holds, a line a part.

    Args:
        folder: where; it is replaced where it is a data set of segue, and else must not be there.
        licence: their licence, best as the Hub calls it ("cc-by-4.0").
        leave_out: columns of the tracks that are not to be given on ("lyrics", "audio_path").

    Raises:
        SegueError: no catalogue, a column that the tracks have not, or the folder holds something else.
    """
    # Only what segue wrote itself is ever replaced.
    if folder.exists() and any(folder.iterdir()) and not (folder / NOTES).exists():
        raise SegueError("there is something else in this folder", str(folder), "name a new folder")
    catalogue = Catalogue.load(Workspace(workspace.root, must_exist=True), described=False)
    unknown = [c for c in leave_out if c not in catalogue.tracks.columns or c in REQUIRED["tracks"]]
    if unknown:
        raise SegueError(
            f"no column {unknown[0]!r} that could be left out of the tracks", str(workspace.root)
        )
    with whole_directory(folder) as new:
        parts = _tables(catalogue, workspace, new, leave_out)
        parts |= {
            f"features-{m}": _feature(workspace, m, new) for m in FEATURES if stage.read(workspace.feature(m))
        }
        for file in sorted(f for pattern in COPIED for f in workspace.root.glob(pattern)):
            target = new / file.relative_to(workspace.root)
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(file, target)
            if file.suffix == ".parquet":
                name = f"{file.parent.name}-{file.stem}"
                parts[name] = {"train": str(file.relative_to(workspace.root))}
        tables = ("tracks.parquet", "plays.parquet", "playlists.parquet", "dialogues.jsonl")
        # With these the import can say of each table whether it is what was exported, bit for bit.
        hashes = {name: hash_of(workspace.catalogue / name) for name in tables}
        write_json(new / NOTES, {"format": 1, "catalogue": hashes, "left_out": list(leave_out)})
        (new / "README.md").write_text(card(folder.name, new, parts, origin, licence, leave_out), "utf-8")
        rows = {n: sum(pq.read_metadata(new / p).num_rows for p in f.values()) for n, f in parts.items()}
    return [f"{name}: {n:,} rows" for name, n in rows.items()]


def dialogue_table(dialogues: Iterable[tuple[int, Dialogue]]) -> pl.DataFrame:
    """Dialogues with their row numbers as a table: workspace_row, dialogue_id, split, turns."""
    rows = [
        {ROW: row, "dialogue_id": d.dialogue_id, "split": d.split, "turns": [_plain(t) for t in d.turns]}
        for row, d in dialogues
    ]
    return pl.DataFrame(rows, schema=DIALOGUES)


def _plain(turn: Turn) -> dict[str, Any]:
    return {"role": turn.role, "content": turn.content, "liked": turn.liked}


def _tables(
    catalogue: Catalogue, workspace: Workspace, new: Path, leave_out: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Write the catalogue's tables and the splits; returns part -> split -> file."""
    for name in ("tracks", "plays"):
        (new / name).mkdir()
        shutil.copyfile(workspace.catalogue / f"{name}.parquet", new / name / "train.parquet")
    if leave_out:
        catalogue.tracks.drop(leave_out).write_parquet(new / "tracks" / "train.parquet")
    talks = dialogue_table(enumerate(catalogue.dialogues))
    lists = catalogue.playlists.with_row_index(ROW).cast({ROW: pl.Int64})
    lists = lists.select(*catalogue.playlists.columns, ROW)
    found = {"tracks": {"train": "tracks/train.parquet"}, "plays": {"train": "plays/train.parquet"}}
    for name, table in (("playlists", lists), ("dialogues", talks)):
        (new / name).mkdir()
        found[name] = {}
        for split in SPLITS:
            of_split = pl.col("split") == split
            # Without a split it is nobody's test.
            part = table.filter(of_split.fill_null(True) if split == "train" else of_split)
            # An empty table is written too, once: it carries the columns.
            if part.height or (split == "train" and table.is_empty()):
                part.write_parquet(new / name / f"{split}.parquet")
                found[name][split] = f"{name}/{split}.parquet"
    (new / "splits").mkdir()
    ids = (("playlist", lists, "playlist_id"), ("dialogue", talks, "dialogue_id"))
    kinds = [t.select(pl.lit(k).alias("kind"), pl.col(c).alias("id"), "split").unique() for k, t, c in ids]
    pl.concat(kinds).sort("kind", "id").write_parquet(new / "splits" / "train.parquet")
    found["splits"] = {"train": "splits/train.parquet"}
    return found


def _feature(workspace: Workspace, modality: str, new: Path) -> dict[str, str]:
    """Write a feature as track_id and vector, and beside it its card and other arrays."""
    feature, about, rest = store.load_any(workspace, modality)
    ids = pl.read_parquet(workspace.catalogue / "tracks.parquet", columns=["track_id"])["track_id"]
    n = len(feature.present)
    ends = np.concatenate(([0], np.cumsum(feature.present) * feature.matrix.shape[1])).astype(np.int64)
    values = pa.array(feature.matrix[feature.present].ravel())
    # Large: offsets of 32 bits end at four million tracks of 512 numbers.
    vectors = pa.LargeListArray.from_arrays(pa.array(ends), values, mask=pa.array(~feature.present))
    target = new / "features" / modality
    target.mkdir(parents=True)
    table = pa.table({"track_id": pa.array(ids.head(n).to_list(), pa.string()), "vector": vectors})
    pq.write_table(table, target / "train.parquet", compression="zstd", row_group_size=50_000)
    write_json(target / stage.CARD, about)
    if rest:
        save_file(rest, target / "rest.safetensors")
    return {"train": f"features/{modality}/train.parquet"}
