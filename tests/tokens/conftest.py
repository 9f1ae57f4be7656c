"""A workspace with made-up features."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segue.data import store
from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.kit.workspace import Workspace


@pytest.fixture
def make_tokens_workspace(tmp_path: Path) -> Callable[..., Workspace]:
    """Writes a catalogue of n tracks and a feature for each keyword: a matrix, or (matrix, present)."""

    def make(n: int, *, encoder: str = "made-up", **features: Any) -> Workspace:
        workspace = Workspace(tmp_path / "music")
        rows = [{"track_id": f"t{i}", "title": f"Title | {i}", "artist": "A*rtist"} for i in range(n)]
        tracks = conform("tracks", pl.DataFrame(rows), TRACKS)
        Catalogue(tracks, empty(PLAYS), empty(PLAYLISTS), []).save(workspace)
        for modality, value in features.items():
            matrix, present = value if isinstance(value, tuple) else (value, np.ones(n, dtype=bool))
            feature = store.Feature(np.asarray(matrix, dtype=np.float32), present)
            hash_of_inputs = str(hash(feature.matrix.tobytes() + present.tobytes()))
            store.save(workspace, modality, feature, encoder=encoder, input_hash=hash_of_inputs)
        return workspace

    return make
