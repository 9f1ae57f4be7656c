"""The data card of an exported data set: where it is from, what it holds, how it is opened."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from segue.kit.tables import markdown

FIELDS = {
    "track_id": "the track's id",
    "title": "title (of a track, or of a playlist)",
    "artist": "artist",
    "album": "album",
    "year": "year of release",
    "duration_s": "length in seconds",
    "tags": "genres, moods, instruments as the source gives them",
    "lyrics": "words",
    "audio_path": "where the recording was on the machine of the export",
    "isrc": "international recording code",
    "mbid": "MusicBrainz id",
    "user_id": "listener",
    "played_at": "when it was played, UTC",
    "played_s": "seconds of it that were heard",
    "playlist_id": "playlist",
    "position": "place in the playlist, from 0",
    "created_at": "when the playlist was made, UTC",
    "split": "train, validation or test",
    "workspace_row": "place in the workspace's table, which the import puts back",
    "dialogue_id": "dialogue; `sim-...` was simulated, `sim-llm-...` by a language model",
    "turns": "turns of role (user, music, assistant), content (words, of music a track id), liked",
    "vector": "the feature's vector, float32; null where the track has none",
    "kind": "playlist or dialogue",
    "id": "its id",
    "score": "how sure its finder is",
    "tag": "tag that segue found itself",
    "session": "session over all listeners",
    "ratio": "share of the track that was heard",
}
UNKNOWN = "not said: find it out before you give these data on"


def card(
    name: str,
    folder: Path,
    parts: Mapping[str, Mapping[str, str]],
    origin: str,
    licence: str,
    left_out: Sequence[str],
) -> str:
    """The README.md of a data set in the Hub's form.

    Args:
        parts: part -> split -> file in the folder.
    """
    counts = {
        part: {split: pq.read_metadata(folder / file).num_rows for split, file in files.items()}
        for part, files in parts.items()
    }
    text = [*_head(name, parts, counts, licence), f"# {name}", ""]
    text += ["Written by `segue export dataset`; `segue import dataset FOLDER WORKSPACE` brings it back.", ""]
    text += ["## Origin and licence", ""]
    text += [f"- Origin: {origin or UNKNOWN}", f"- Licence: {licence or UNKNOWN}"]
    if left_out:
        text.append(f"- Left out of the tracks: {', '.join(left_out)}")
    text += ["", "## Counts", ""]
    rows = [[part, split, f"{n:,}"] for part, told in counts.items() for split, n in told.items()]
    text += markdown([["part", "split", "rows"], *rows])
    text += ["## Fields", ""]
    for part, files in parts.items():
        schema = pl.read_parquet_schema(folder / next(iter(files.values())))
        text += [f"### {part}", ""]
        about = [[c, _kind(t), FIELDS.get(c, "as the source has it")] for c, t in schema.items()]
        text += markdown([["field", "type", "what it is"], *about])
    first = next(iter(parts))
    text += ["## Opening it", "", "```python", "from datasets import load_dataset", ""]
    text += [f'load_dataset("PATH", "{first}")', "```", ""]
    text += ["or with any reader of Parquet: `polars.read_parquet`, `pandas.read_parquet`.", ""]
    return "\n".join(text)


def _head(
    name: str, parts: Mapping[str, Mapping[str, str]], counts: Mapping[str, Mapping[str, int]], licence: str
) -> list[str]:
    """The entries that the Hub reads; a part without rows has no configuration, for nothing can load it."""
    known = licence.strip().lower().replace(" ", "-")
    text = [
        "---",
        f"license: {known if known.isascii() and known else 'unknown'}",
        f"pretty_name: {json.dumps(name)}",
        "tags:",
    ]
    text += ["- music", "- recommendation", "- conversation", "configs:"]
    for part, files in parts.items():
        filled = {split: file for split, file in files.items() if counts[part][split]}
        if filled:
            text += [f"- config_name: {part}", "  data_files:"]
            for split, file in filled.items():
                text += [f"  - split: {split}", f"    path: {file}"]
            text += ["  default: true"] if part == "tracks" else []
    return [*text, "---", ""]


def _kind(kind: pl.DataType) -> str:
    """A type in few words."""
    return str(kind).replace("String", "text").split("(Struct")[0]


def _rows(file: Path) -> int:
    return int(pq.read_metadata(file).num_rows)
