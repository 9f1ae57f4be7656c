"""Values by track on disk: what was rated and what was loaded, each whole, with facts about how."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from segue.data import store
from segue.describe.mgphot.schema import DIM
from segue.kit.arrays import Floats
from segue.kit.errors import readable
from segue.kit.workspace import Workspace, whole_file

Source = Literal["loaded", "rated"]
META = "segue"


@dataclass(frozen=True)
class Values:
    """Attributes of some tracks.

    Args:
        matrix: float32 (n, 58) in [0, 1], NaN where unknown.
    """

    track_ids: Sequence[str]
    matrix: Floats
    facts: dict[str, Any] = field(default_factory=dict)

    def over(self, rows: dict[str, int], n_tracks: int) -> Floats:
        """The matrix over a whole catalogue, (n_tracks, 58), NaN for other tracks."""
        found = np.full((n_tracks, DIM), np.nan, np.float32)
        kept = [(rows[t], i) for i, t in enumerate(self.track_ids) if t in rows]
        if kept:
            to, of = np.array(kept).T
            found[to] = self.matrix[of]
        return found


def path_of(workspace: Workspace, source: Source) -> Path:
    """The file of one source."""
    return workspace.descriptions / f"mgphot-{source}.parquet"


def write(workspace: Workspace, source: Source, values: Values) -> None:
    """Write the values of one source, whole or not at all."""
    table = pl.DataFrame(
        {"track_id": list(values.track_ids), "values": values.matrix},
        schema={"track_id": pl.String, "values": pl.Array(pl.Float32, DIM)},
    )
    with whole_file(path_of(workspace, source)) as temporary:
        table.write_parquet(temporary, metadata={META: json.dumps(values.facts, sort_keys=True)})


def read(workspace: Workspace, source: Source) -> Values | None:
    """The values of one source; None where there are none; raises `SegueError` where they cannot be read."""
    path = path_of(workspace, source)
    if not path.exists():
        return None
    cure = "delete it, and rate or load again: ratings that were paid for are in mgphot-answers.jsonl"
    with readable(path, cure, ValueError, KeyError, pl.exceptions.PolarsError):
        table = pl.read_parquet(path)
        facts = json.loads(pl.read_parquet_metadata(path)[META])
        matrix = table["values"].to_numpy().astype(np.float32, copy=False).reshape(-1, DIM)
        return Values(table["track_id"].to_list(), matrix, facts)


def known_values(workspace: Workspace) -> Floats:
    """The values of the mgphot feature, (n_tracks, 58), NaN where unknown."""
    feature, _, tensors = store.load_any(workspace, "mgphot")
    # A feature made elsewhere may not say what it knows: then all of each row.
    known = tensors.get("known", np.ones_like(feature.matrix)).astype(bool) & feature.present[:, None]
    found: Floats = np.where(known, feature.matrix, np.nan).astype(np.float32)
    return found
