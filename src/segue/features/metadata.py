"""The metadata modality: "title by artist from album (year)", encoded as text. Source: TalkPlay 2.1."""

from __future__ import annotations

from typing import Any

from segue.data.catalogue import Catalogue
from segue.encoders.column import encode_column
from segue.encoders.text import Encoder, TextEncoder
from segue.kit.workspace import Workspace


def compute(workspace: Workspace, *, refit: bool = False, encoder: Encoder | None = None) -> str:
    """Make the metadata feature; returns one line that says what was done.

    Args:
        workspace: where.
        refit: encode every text again.
        encoder: the default `TextEncoder` if None.
    """
    tracks = Catalogue.load(workspace).tracks
    texts = [metadata_text(row) for row in tracks.iter_rows(named=True)]
    return encode_column(workspace, "metadata", texts, encoder or TextEncoder(), refit=refit)


def metadata_text(row: dict[str, Any]) -> str:
    """A track's metadata as a line of text; a missing album or year is left out."""
    album = f" from {row['album']}" if row.get("album") else ""
    year = f" ({row['year']})" if row.get("year") else ""
    return f"{row['title']} by {row['artist']}{album}{year}"
