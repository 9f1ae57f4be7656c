"""The semantic modality: a track's tags and caption, encoded as text. Source: TalkPlay 2.1.

Tags are the owner's and those that segue found itself: what a tagger heard, tempo and key.
"""

from __future__ import annotations

from typing import Any

from segue.data.catalogue import Catalogue
from segue.data.store import logged
from segue.encoders.column import encode_column
from segue.encoders.text import Encoder, TextEncoder
from segue.kit.workspace import Workspace


def compute(workspace: Workspace, *, refit: bool = False, encoder: Encoder | None = None) -> str:
    """Make the semantic feature; returns one line that says what was done.

    A track without tags and caption has no vector. Nothing is written where no track has any.

    Args:
        workspace: where.
        refit: encode every text again.
        encoder: the default `TextEncoder` if None.
    """
    tracks = Catalogue.load(workspace).tracks
    texts = [semantic_text(row) for row in tracks.iter_rows(named=True)]
    if not any(texts):
        return logged("semantic: skipped, no track has tags")
    return encode_column(workspace, "semantic", texts, encoder or TextEncoder(), refit=refit)


def semantic_text(row: dict[str, Any]) -> str:
    """A track's tags, then its caption, as a line of text; "" where it has neither."""
    return ", ".join(t for t in [*(row.get("tags") or []), row.get("caption")] if t)
