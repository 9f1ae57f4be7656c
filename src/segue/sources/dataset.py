"""Import of a data set that `segue export dataset` wrote."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, SPLITS, TRACKS, Catalogue, Dialogue, Tables, conform
from segue.kit.errors import SegueError, readable
from segue.kit.workspace import read_json

NOTES = "workspace.json"
COPIED = ("descriptions/*.parquet", "mgphot/*.parquet", "listening/events.parquet", "listening/card.json")
"""Files of a workspace that are carried as they are."""
ROW = "workspace_row"
"""The column that keeps the order of what is divided by split."""
SCHEMAS: dict[str, dict[str, Any]] = {"tracks": TRACKS, "plays": PLAYS, "playlists": PLAYLISTS}


def read(path: Path) -> Tables:
    """The tables of a data set, to be added to what a workspace has."""
    found = catalogue_of(path)
    return Tables(found.tracks, found.playlists, found.plays, found.dialogues)


def catalogue_of(folder: Path) -> Catalogue:
    """The four tables of a data set.

    Raises:
        SegueError: not a data set of segue, or a table that cannot be read.
    """
    notes_of(folder)
    cure = "it is cut off or no such file; export or download it again"
    with readable(folder, cure, pl.exceptions.PolarsError):
        tables = {name: _table(folder, name, schema) for name, schema in SCHEMAS.items()}
        told = _parts(folder, "dialogues")
        dialogues = [Dialogue.from_json(_line(row)) for row in told.iter_rows(named=True)]
    return Catalogue(tables["tracks"], tables["plays"], tables["playlists"], dialogues)


def _table(folder: Path, name: str, schema: dict[str, Any]) -> pl.DataFrame:
    """One of the catalogue's tables, with the columns that it had, those that it must have in any case."""
    table = _parts(folder, name).drop(ROW, strict=False)
    kinds = table.schema
    return table if all(kinds.get(c) == t for c, t in schema.items()) else conform(name, table, schema)


def _parts(folder: Path, name: str) -> pl.DataFrame:
    """The files of a table behind one another, in the order of the rows where they have a number."""
    files = [f for s in SPLITS if (f := folder / name / f"{s}.parquet").exists()]
    if not files:
        raise SegueError(f"no {name} in this data set", str(folder))
    table = pl.concat([pl.read_parquet(f) for f in files], how="diagonal_relaxed")
    return table.sort(ROW) if ROW in table.columns else table


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps({k: row[k] for k in ("dialogue_id", "split", "turns")})


def notes_of(folder: Path) -> dict[str, Any]:
    """What Parquet does not keep: the hashes of the tables, what was left out.

    Raises:
        SegueError: not a data set of segue.
    """
    try:
        found = read_json(folder / NOTES)
        assert isinstance(found["catalogue"], dict)
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        cure = "`segue export dataset WORKSPACE FOLDER` writes one; other tables: `segue import tables`"
        raise SegueError(f"not a data set of segue (no {NOTES})", str(folder), cure) from None
    return dict(found)
