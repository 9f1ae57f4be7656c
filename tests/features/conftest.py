"""A made-up catalogue."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Dialogue, conform, empty
from segue.kit.workspace import Workspace


@pytest.fixture
def make_workspace(tmp_path: Path) -> Callable[..., Workspace]:
    """Writes a catalogue of given tracks (dicts or ids), training or other playlists, and dialogues."""

    def make(
        tracks: Sequence[dict[str, Any] | str],
        playlists: Sequence[Sequence[str]] = (),
        dialogues: Sequence[Dialogue] = (),
        splits: Sequence[str] = (),
    ) -> Workspace:
        rows = [t if isinstance(t, dict) else {"track_id": t} for t in tracks]
        rows = [{"title": f"Title {r['track_id']}", "artist": "Artist"} | r for r in rows]
        lines = [
            {"playlist_id": f"p{n:04d}", "position": i, "track_id": t, "split": s}
            for n, (ids, s) in enumerate(zip(playlists, splits or ["train"] * len(playlists), strict=True))
            for i, t in enumerate(ids)
        ]
        table = conform("tracks", pl.DataFrame(rows, infer_schema_length=None), TRACKS)
        lists = conform("playlists", pl.DataFrame(lines), PLAYLISTS) if lines else empty(PLAYLISTS)
        workspace = Workspace(tmp_path / "music")
        Catalogue(table, empty(PLAYS), lists, list(dialogues)).save(workspace)
        return workspace

    return make
