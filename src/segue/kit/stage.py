"""A stage: something made of inputs, in one folder, whose card says of what it was made.

What was made of other inputs than are there now is stale. A stage's card has the entry `made`: the stage, the
hashes of its inputs by name, and the version that made it. When it was made is the time of the card's file:
an entry that said so would make two runs of one thing differ.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from segue.kit.workspace import write_json

State = Literal["done", "stale", "missing", "unfinished"]
CARD = "card.json"


@dataclass
class Made:
    """What a stage is being made of; take it before the work begins, and `record` it at its end.

    Args:
        inputs: name of an input -> its hash; "" for one that is not there.
    """

    stage: str
    inputs: Mapping[str, str]

    def record(self, folder: Path) -> None:
        """Write the entry `made` into the card of a folder, which may still be under its temporary name."""
        entry = {"stage": self.stage, "inputs": dict(self.inputs), "version": _version()}
        write_json(folder / CARD, read(folder) | {"made": entry})

    def still_holds(self, folder: Path) -> None:
        """Take over these inputs for what is there: it was looked at and is what they give."""
        card = read(folder)
        if card and card.get("made", {}).get("inputs") != dict(self.inputs):
            entry = card.get("made", {"stage": self.stage, "version": _version()})
            # The version stays that which made it: nothing was made now.
            write_json(folder / CARD, card | {"made": entry | {"inputs": dict(self.inputs)}})


@dataclass(frozen=True)
class Status:
    """How a stage stands: `because` names the inputs that changed, or the work folder of one unfinished."""

    name: str
    state: State
    because: tuple[str, ...] = ()
    at: datetime | None = None
    """When it was made."""
    size: int = 0
    """Bytes of its folder."""


def read(folder: Path) -> dict[str, Any]:
    """The card of a folder; empty where there is none that can be read."""
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def status(name: str, folder: Path, inputs: Mapping[str, str], work: Path | None = None) -> Status:
    """How a stage stands whose inputs have these hashes now.

    Args:
        inputs: name -> hash now, of the inputs that its card tells of.
        work: where an interrupted run of it would have left its work.
    """
    card = read(folder)
    begun = (work.name,) if work is not None and work.exists() else ()
    if not card:
        return Status(name, "unfinished" if begun else "missing", begun)
    made = card.get("made", {})
    before = made.get("inputs", {})
    # An input that the card knows but nobody can name now says nothing.
    changed = tuple(sorted(n for n in before if n in inputs and before[n] != inputs[n]))
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    state: State = "stale" if changed else "unfinished" if begun else "done"
    at = datetime.fromtimestamp((folder / CARD).stat().st_mtime, UTC)
    return Status(name, state, changed or begun, at, size)


def _version() -> str:
    try:
        return version("segue")
    except PackageNotFoundError:
        return ""
