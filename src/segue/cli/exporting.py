"""The verbs that give data away: export dataset, talkplay, trec."""

from pathlib import Path
from typing import Literal

from cyclopts import App

from segue.cli.console import show
from segue.kit.workspace import Workspace

export = App(name="export", help="Write a workspace's data for other programs.")


@export.command
def dataset(
    workspace: Path, folder: Path, *, origin: str = "", licence: str = "", leave_out: list[str] | None = None
) -> None:
    """Write tracks, plays, playlists, dialogues, splits and features as Parquet with a data card.

    `segue import dataset FOLDER WORKSPACE` brings it back bit for bit.

    Parameters
    ----------
    origin
        Where the data come from, for the card.
    licence
        Their licence, best as the Hub calls it: cc-by-4.0.
    leave_out
        A column of the tracks that is not given on (lyrics, audio_path); repeat it for several.
    """
    from segue.exporting.dataset import write

    given = leave_out or []
    show(write(Workspace(workspace), folder, origin=origin, licence=licence, leave_out=given))
    show([f"written: {folder}; README.md there is the data card"])


@export.command
def talkplay(workspace: Path, folder: Path) -> None:
    """Write the dialogues as rows of TalkPlayData (user, music, assistant), and the tracks beside them."""
    from segue.exporting.talkplay import write

    show([*write(Workspace(workspace), folder), f"written: {folder}"])


@export.command
def trec(
    workspace: Path,
    folder: Path,
    *,
    split: Literal["validation", "test"] = "test",
    model: list[str] | None = None,
    max_dialogues: int | None = 300,
    seed: int = 0,
    depth: int = 10_000,
) -> None:
    """Write the rankings of every fitted model as TREC runs, and the accepted tracks as qrels.

    Parameters
    ----------
    model
        Which; all that are there by default.
    max_dialogues
        How many dialogues at most, the same as `segue evaluate` takes.
    depth
        Tracks a request.
    """
    from segue.data.library import Library
    from segue.evaluation import trec as files
    from segue.kit.tables import aligned
    from segue.models.registry import load_all

    library = Library.open(workspace)
    models = load_all(library, "conversation", model)
    table = files.write(
        library, models, folder, split=split, max_dialogues=max_dialogues, seed=seed, depth=depth
    )
    show([*aligned(table), f"written: {folder}"])
