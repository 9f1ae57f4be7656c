"""A data set of segue into a new workspace: the bytes that were exported."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
from safetensors.numpy import save_file

from segue.data import store
from segue.data.catalogue import Catalogue
from segue.data.modalities import FEATURES
from segue.kit import stage
from segue.kit.errors import SegueError, readable
from segue.kit.workspace import Workspace, hash_of, whole_directory, write_json
from segue.sources.dataset import COPIED, catalogue_of, notes_of


def restore(folder: Path, workspace: Workspace) -> list[str]:
    """Bring a data set into a workspace that has no catalogue yet: the same bytes; returns lines to show.

    Where a table was changed since, its values are taken and a line says so; features follow their track ids.

    Raises:
        SegueError: not a data set of segue, a part that cannot be read, or the workspace has a catalogue.
    """
    notes = notes_of(folder)
    if workspace.catalogue.exists():
        raise SegueError("there is a catalogue already", str(workspace.root), "name a new workspace")
    catalogue = catalogue_of(folder)
    for pattern in COPIED:
        for file in sorted(folder.glob(pattern)):
            target = workspace.root / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    features = [f.name for f in sorted((folder / "features").glob("*")) if f.name in FEATURES]
    for modality in features:
        _restore_feature(folder / "features" / modality, workspace, modality, catalogue)
    catalogue.save(workspace)
    changed = [n for n, h in notes["catalogue"].items() if h != hash_of(workspace.catalogue / n)]
    told = [f"{name}: not the bytes that were exported (changed, or columns left out)" for name in changed]
    counts = {
        "tracks": len(catalogue),
        "plays": catalogue.plays.height,
        "playlists": catalogue.playlists["playlist_id"].n_unique(),
        "dialogues": len(catalogue.dialogues),
    }
    amounts = ", ".join(f"{name} {n:,}" for name, n in counts.items())
    return [amounts, "features: " + (", ".join(features) or "none"), *told]


def _restore_feature(found: Path, workspace: Workspace, modality: str, catalogue: Catalogue) -> None:
    """Write a feature's vectors in the order of the catalogue, with the card that it had."""
    about = stage.read(found)
    with readable(found, "", KeyError, TypeError, ValueError, pl.exceptions.PolarsError):
        every = pl.read_parquet(found / "train.parquet")
        table = every.drop_nulls("vector")
        rows = np.array([catalogue.rows.get(i, -1) for i in table["track_id"]], dtype=np.int64)
        as_it_was = every["track_id"].to_list() == catalogue.ids[: every.height].tolist()
        n, dim = every.height if as_it_was else len(catalogue), int(about["dim"])
        values = table["vector"].explode().to_numpy().reshape(len(rows), dim).astype(np.float32)
    matrix, present = np.zeros((n, dim), np.float32), np.zeros(n, bool)
    matrix[rows[rows >= 0]] = values[rows >= 0]
    present[rows[rows >= 0]] = True
    rest = found / "rest.safetensors"
    # What is kept beside the vectors goes by rows: with other tracks it would be of others.
    more = store.read_tensors(rest, "export it again") if rest.exists() and as_it_was else {}
    with whole_directory(workspace.feature(modality)) as folder:
        save_file({"matrix": matrix, "present": present} | more, folder / "matrix.safetensors")
        write_json(folder / stage.CARD, about | {"n_tracks": n})
