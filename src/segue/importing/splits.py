"""Which split of a workspace's data the playlists and dialogues of an import go into."""

from dataclasses import replace
from typing import Any, Literal

import polars as pl

from segue.data.catalogue import SPLITS, Dialogue, Split
from segue.kit.errors import SegueError
from segue.kit.workspace import stable_fraction

SplitChoice = Literal["auto", "train", "validation", "test"]


def check_shares(split: str, validation: float, test: float) -> None:
    """Raise where the split or the shares make no sense."""
    if split not in ("auto", *SPLITS):
        raise SegueError(f"unknown split {split!r}", cure=f"use auto, {', '.join(SPLITS)}")
    # Said so that it also holds of what is no number.
    if not (validation >= 0 and test >= 0 and validation + test < 1):
        shares = f"validation {validation} and test {test} leave nothing to train on, or are no shares"
        raise SegueError(shares, cure="give shares in [0, 1) whose sum is below 1")


def split_of(key: str, validation: float, test: float) -> Split:
    """The split of one playlist or dialogue by a stable hash of its id."""
    x = stable_fraction(key, 0)
    return "test" if x < test else "validation" if x < test + validation else "train"


def split_table(table: pl.DataFrame, validation: float, test: float) -> pl.DataFrame:
    """The playlists with their `split` filled where it is null.

    Chronological where every playlist carries a date (the newest are the test, those before them the
    validation), by stable hash of the playlist id otherwise. Source: TalkPlay 3.2 (chronological).
    """
    todo = table.filter(pl.col("split").is_null())
    heads = todo.group_by("playlist_id").agg(pl.col("created_at").min()).sort("created_at", "playlist_id")
    ids = heads["playlist_id"].to_list()
    if ids and heads["created_at"].null_count() == 0:
        n = len(ids)
        n_test, n_validation = round(n * test), round(n * validation)
        names = ["train"] * (n - n_test - n_validation) + ["validation"] * n_validation + ["test"] * n_test
    else:
        names = [split_of(i, validation, test) for i in ids]
    found = pl.DataFrame(
        {"playlist_id": ids, "found": names}, schema={"playlist_id": pl.String, "found": pl.String}
    )
    return (
        table.join(found, on="playlist_id", how="left", maintain_order="left")
        .with_columns(split=pl.coalesce("split", "found"))
        .drop("found")
    )


def split_dialogues(
    dialogues: list[Dialogue], split: SplitChoice, validation: float, test: float
) -> list[Dialogue]:
    """The dialogues with their splits; "train" may mean unmarked, so it is divided (see `add`)."""
    if split != "auto":
        return [replace(d, split=split) for d in dialogues]
    validation, test = _shares_left({d.split for d in dialogues}, validation, test)
    return [
        d if d.split != "train" else replace(d, split=split_of(d.dialogue_id, validation, test))
        for d in dialogues
    ]


def split_playlists(
    table: pl.DataFrame,
    split: SplitChoice,
    validation: float,
    test: float,
    split_by_dialogue: dict[str, Split],
) -> pl.DataFrame:
    """The playlists with their splits (see `add`)."""
    if split != "auto":
        return table.with_columns(split=pl.lit(split, dtype=pl.String))
    left = _shares_left(set(table["split"].drop_nulls().unique()), validation, test)
    if "dialogue_id" in table.columns:
        ids = table["dialogue_id"].drop_nulls().cast(pl.String).unique().to_list()
        # A dialogue that was dropped gives the split that it would have had.
        found = {i: split_by_dialogue.get(i) or split_of(i, validation, test) for i in ids}
        follows = pl.col("dialogue_id").cast(pl.String).replace_strict(found, default=None)
        table = table.with_columns(split=pl.coalesce("split", follows.cast(pl.String)))
    return split_table(table, *left)


def in_old_splits(new: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """The playlists in the splits that they had before, where they were there before."""
    before = old.group_by("playlist_id").agg(before=pl.col("split").first())
    both = new.join(before, on="playlist_id", how="left", maintain_order="left")
    return both.with_columns(split=pl.coalesce("before", "split")).drop("before")


def _shares_left(marked: set[Any], validation: float, test: float) -> tuple[float, float]:
    """The shares to divide off, none of a split that the source marks itself."""
    return (0.0 if "validation" in marked else validation), (0.0 if "test" in marked else test)
