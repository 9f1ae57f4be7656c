"""Every feature in one call: what the command `segue features` runs."""

from __future__ import annotations

from collections.abc import Sequence

from segue.errors import SegueError
from segue.features import metadata, playlist, semantic
from segue.features.text import Encoder, TextEncoder
from segue.workspace import Workspace

COMPUTABLE = ("playlist", "semantic", "metadata")
"""The modalities that the tables alone are enough for."""


def compute_all(
    workspace: Workspace,
    modalities: Sequence[str] | None = None,
    *,
    refit: bool = False,
    encoder: Encoder | None = None,
) -> list[str]:
    """Make the features of some modalities; returns one line for each that says what was done.

    Args:
        workspace: where.
        modalities: which; all of `COMPUTABLE` if None.
        refit: make them anew.
        encoder: of the text modalities, loaded once for all; the default `TextEncoder` if None.

    Raises:
        SegueError: an unknown modality.
    """
    wanted = COMPUTABLE if modalities is None else tuple(modalities)
    unknown = next((m for m in wanted if m not in COMPUTABLE), None)
    if unknown is not None:
        raise SegueError(f"no modality {unknown!r}", cure=f"modalities: {', '.join(COMPUTABLE)}")
    encoder = encoder or TextEncoder()
    computers = {
        "playlist": lambda: playlist.compute(workspace, refit=refit),
        "semantic": lambda: semantic.compute(workspace, refit=refit, encoder=encoder),
        "metadata": lambda: metadata.compute(workspace, refit=refit, encoder=encoder),
    }
    return [computers[m]() for m in wanted]
