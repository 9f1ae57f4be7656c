"""The semantic modality: a track's tags (genre, mood, instrument), encoded as text. Source: TalkPlay 2.1."""

from __future__ import annotations

from segue.catalogue import Catalogue
from segue.features.store import logged
from segue.features.text import Encoder, TextEncoder, encode_column
from segue.workspace import Workspace


def compute(workspace: Workspace, *, refit: bool = False, encoder: Encoder | None = None) -> str:
    """Make the semantic feature; returns one line that says what was done.

    A track without tags has no vector. Nothing is written where no track has any.

    Args:
        workspace: where.
        refit: encode every text again.
        encoder: the default `TextEncoder` if None.
    """
    tags = Catalogue.load(workspace).tracks["tags"].to_list()
    texts = [", ".join(t for t in track_tags or [] if t) for track_tags in tags]
    if not any(texts):
        return logged("semantic: skipped, no track has tags")
    return encode_column(workspace, "semantic", texts, encoder or TextEncoder(), refit=refit)
