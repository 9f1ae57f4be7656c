"""The metadata modality: "title by artist from album (year)", encoded as text. Source: TalkPlay 2.1."""

from typing import Any

from segue.encoders.column import encode_words
from segue.encoders.text import Encoder
from segue.kit.workspace import Workspace


def compute(workspace: Workspace, *, refit: bool = False, encoder: Encoder | None = None) -> str:
    """Make the metadata feature; one line that says what was done. The arguments: see `encode_words`."""
    return encode_words(workspace, "metadata", metadata_text, encoder, refit=refit)


def metadata_text(row: dict[str, Any]) -> str:
    """A track's metadata as a line of text; a missing album or year is left out."""
    album = f" from {row['album']}" if row.get("album") else ""
    year = f" ({row['year']})" if row.get("year") else ""
    return f"{row['title']} by {row['artist']}{album}{year}"
