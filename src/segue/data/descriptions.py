"""What segue itself found out about tracks, in words: tags by source, captions, transcribed lyrics.

Each finder writes one file of `WORKSPACE/descriptions/`, whole; the imported catalogue stays as it was. Who
loads the catalogue sees both together, what the owner says first.
"""

from pathlib import Path

import polars as pl

from segue.kit.errors import readable
from segue.kit.workspace import Workspace, hash_of, whole_file

SOURCES = ("tempo-key", "musicnn", "clap", "mgphot")
"""Who finds tags, in the order in which they stand behind the owner's."""
SIMULATED = "sim-"
"""How the ids of simulated dialogues begin."""
OWN = "own"
"""The source of the tags that were imported."""
TAGS = pl.Schema({"track_id": pl.String, "tag": pl.String, "score": pl.Float32})
COLUMNS = {
    "lyrics-language": pl.Schema({"track_id": pl.String, "language": pl.String}),
    "tempo-key": pl.Schema({"track_id": pl.String, "tempo": pl.Float64}),
}
"""Files whose last column stands beside the tracks', under its name in COLUMN_NAMES."""
COLUMN_NAMES = {"language": "language", "tempo": "bpm"}
LYRICS = pl.Schema({"track_id": pl.String, "text": pl.String})


def write_tags(workspace: Workspace, source: str, table: pl.DataFrame) -> Path:
    """Write the tags that one source found, best first within a track: track_id, tag, score."""
    target = workspace.descriptions / f"tags-{source}.parquet"
    with whole_file(target) as temporary:
        table.select(pl.col(name).cast(kind) for name, kind in TAGS.items()).write_parquet(temporary)
    return target


def state(workspace: Workspace) -> str:
    """A hash of all that is described; changes where what `described` adds may change."""
    files = sorted(workspace.descriptions.glob("*.parquet"))
    # With the names: two files that change places are another state.
    return hash_of(*[part for path in files for part in (path.name, path)])


def described(tracks: pl.DataFrame, workspace: Workspace) -> pl.DataFrame:
    """The tracks with found tags behind their own, found lyrics where they have none, and captions.

    Columns changed: `tags`, `lyrics`. Columns added, where there is anything to add: `tag_sources` (a list
    beside `tags`: "own" or the finder of each), `caption`, `language` (of the words), `bpm`.
    """
    tables = {name: _read(workspace, f"tags-{name}", TAGS) for name in SOURCES}
    found = [t.with_columns(source=pl.lit(name)) for name, t in tables.items() if t is not None]
    if found:
        tracks = _with_tags(tracks, pl.concat(found))
    lyrics = _read(workspace, "lyrics-whisper", LYRICS)
    if lyrics is not None:
        tracks = _filled(tracks, lyrics.drop_nulls("text"), "lyrics")
    for file, schema in COLUMNS.items():
        if (table := _read(workspace, file, schema)) is not None:
            column = schema.names()[-1]
            given = table.select("track_id", found=column).unique("track_id", keep="first")
            name = COLUMN_NAMES[column]
            own = [name] if name in tracks.columns else []
            tracks = _beside(tracks, given).with_columns(pl.coalesce(*own, "found").alias(name)).drop("found")
    captions = _read(workspace, "tags-caption", TAGS)
    if captions is not None:
        tracks = _filled(tracks, captions.select("track_id", text="tag"), "caption")
    return tracks


def _with_tags(tracks: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Own tags, then found ones; a tag that differs in case only is the same and said once."""
    own = tracks.select("track_id", tag="tags").explode("tag").drop_nulls().with_columns(source=pl.lit(OWN))
    every = pl.concat([own, found.select("track_id", "tag", "source")])
    same = every.with_columns(folded=pl.col("tag").str.to_lowercase())
    # The owner's tags come first, so theirs is the spelling that stays.
    once = same.unique(["track_id", "folded"], keep="first", maintain_order=True)
    lists = once.group_by("track_id", maintain_order=True).agg(
        pl.col("tag").alias("tags"), pl.col("source").alias("tag_sources")
    )
    names = [c for c in tracks.columns if c != "tag_sources"]
    rest = tracks.drop("tags", "tag_sources", strict=False)
    return _beside(rest, lists).select(*names, "tag_sources")


def _filled(tracks: pl.DataFrame, found: pl.DataFrame, column: str) -> pl.DataFrame:
    """A column of texts, filled where it is null."""
    texts = found.select("track_id", found="text").unique("track_id", keep="first")
    own = pl.col(column) if column in tracks.columns else pl.lit(None, dtype=pl.String)
    return _beside(tracks, texts).with_columns(pl.coalesce(own, "found").alias(column)).drop("found")


def _beside(tracks: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """The columns of a table beside the tracks', in catalogue order."""
    return tracks.join(table, on="track_id", how="left", maintain_order="left")


def _read(workspace: Workspace, name: str, schema: pl.Schema) -> pl.DataFrame | None:
    """One file's columns; None where it is not there."""
    path = workspace.descriptions / f"{name}.parquet"
    if not path.exists():
        return None
    with readable(path, "delete it and run `segue features`", pl.exceptions.PolarsError):
        return pl.read_parquet(path, columns=schema.names()).select(
            pl.col(n).cast(t) for n, t in schema.items()
        )
