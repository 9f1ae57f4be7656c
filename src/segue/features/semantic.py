"""The semantic modality: a track's tags and caption, encoded as text. Source: TalkPlay 2.1.

Tags are the owner's and those that segue found itself: what a tagger heard, tempo and key.
"""

from typing import Any

from segue.encoders.column import encode_words
from segue.encoders.text import Encoder
from segue.kit.workspace import Workspace


def compute(workspace: Workspace, *, refit: bool = False, encoder: Encoder | None = None) -> str:
    """Make the semantic feature; one line that says what was done. The arguments: see `encode_words`.

    A track without tags and caption has no vector. Nothing is written where no track has any.
    """
    without = "no track has tags"
    return encode_words(workspace, "semantic", semantic_text, encoder, refit=refit, nothing=without)


def semantic_text(row: dict[str, Any]) -> str:
    """A track's tags, then its caption, as a line of text; "" where it has neither."""
    return ", ".join(t for t in [*(row.get("tags") or []), row.get("caption")] if t)
