"""Dialogues from playlists, without a language model: a listener asks, a track plays, the assistant speaks.

The rules are TalkPlay's (section 3, appendix B): a dialogue starts with a request, plays one track a turn,
uses at least half of the playlist, and the listener accepts, rejects or changes direction. The words are
templates (`wording`), so thousands of dialogues take a second and every fact in them is true.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segue.data import descriptions, stages
from segue.data.catalogue import SPLITS, Catalogue, Dialogue, Split
from segue.dialogues.simulator import PREFIX, WEIGHTS, Simulator
from segue.dialogues.summary import report
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.kit.workspace import Workspace, hash_of, read_card, stable_fraction, whole_directory, write_json

log = logging.getLogger(__name__)
LLM = f"{PREFIX}llm-"
"""How the ids of dialogues that a language model wrote begin: simulated, and none of these templates'."""


@dataclass(frozen=True)
class Made:
    """What `make` did: dialogues per split (and "requests": how many of train ask for one track)."""

    counts: dict[str, int]
    skipped: bool
    """True where the same inputs had been simulated before, and nothing was written."""


def simulate(
    catalogue: Catalogue,
    playlists: Iterable[tuple[str, Sequence[str]]],
    *,
    seed: int,
    per_playlist: int = 1,
    max_turns: int = 8,
    split: Split,
) -> list[Dialogue]:
    """Dialogues made from playlists of (playlist id, track ids). Source: TalkPlay 3, appendix B.

    Each depends on the seed, its playlist and its copy number alone, not on the order of work.
    """
    simulator = Simulator(catalogue, seed)
    simulator.weights = WEIGHTS["people" if split == "train" else "plain"]
    return _simulated(simulator, list(playlists), per_playlist, max_turns, split)


def catalogue_requests(
    catalogue: Catalogue, n: int, seed: int, rows: Sequence[int] | None = None
) -> list[Dialogue]:
    """n training dialogues of one request each for a track drawn from the rows (all rows where None).

    Every row comes once before any comes twice. They teach what a track is called, also of cold tracks.
    """
    return _requests(Simulator(catalogue, seed), n, rows)


def make(
    workspace: Workspace,
    *,
    seed: int = 0,
    per_playlist: int = 1,
    max_dialogues: dict[str, int] | int | None = None,
    max_turns: int = 8,
    catalogue_requests: int = 0,
) -> Made:
    """Simulates dialogues from the workspace's playlists into its catalogue, and writes `reports/dialogues`.

    Each split's playlists make that split's dialogues; validation and test get none where real dialogues of
    that split are there. Simulated dialogues of an earlier run (ids that start with "sim-") are replaced, but
    for those that a language model wrote ("sim-llm-").

    Args:
        max_dialogues: at most so many dialogues from playlists, for each split or by split.
        catalogue_requests: so many training dialogues more that ask for one track of the catalogue.

    Raises:
        SegueError: no catalogue there, or a number is out of range.
    """
    if per_playlist < 1 or max_turns < 1 or catalogue_requests < 0:
        raise SegueError("per_playlist and max_turns must be 1 or more, catalogue_requests 0 or more")
    settings = [seed, per_playlist, max_dialogues, max_turns, catalogue_requests]
    catalogue = Catalogue.load(workspace)
    found = _finished(workspace, settings)
    if found is not None:
        stages.holds(workspace, "dialogues")
        log.info("dialogues: nothing changed, kept the %d simulated before", sum(found.values()))
        return Made(found, skipped=True)
    real = [d for d in catalogue.dialogues if not d.simulated]
    others = [d for d in catalogue.dialogues if d.dialogue_id.startswith(LLM)]
    simulator = Simulator(catalogue, seed)
    made: dict[str, list[Dialogue]] = {}
    tallies: dict[str, Counter[str]] = {}
    for split in SPLITS:
        simulator.tally = tallies[split] = Counter()
        simulator.weights = WEIGHTS["people" if split == "train" else "plain"]
        wanted = split == "train" or not any(d.split == split for d in real)
        cap = max_dialogues.get(split) if isinstance(max_dialogues, dict) else max_dialogues
        playlists = playlists_of(catalogue, split, seed) if wanted else []
        playlists = playlists if cap is None else playlists[: -(-cap // per_playlist)]
        made[split] = _simulated(simulator, playlists, per_playlist, max_turns, split)[:cap]
    simulator.tally = tallies["requests"] = Counter()
    simulator.weights = WEIGHTS["people"]
    made["requests"] = _requests(simulator, catalogue_requests, None)
    _keep(workspace, real + others + [d for dialogues in made.values() for d in dialogues])
    counts = {name: len(dialogues) for name, dialogues in made.items()}
    names = {i: f"{f.title} by {f.artist}" for i, f in simulator.facts.items()}
    card = {"counts": counts, "seed": seed, "inputs": _inputs(workspace, settings)}
    _write_report(workspace, report(made, tallies, names), card)
    return Made(counts, skipped=False)


def _keep(workspace: Workspace, dialogues: list[Dialogue]) -> None:
    """Write the catalogue with these dialogues."""
    # As imported: what segue found in words has its own folder, and must not become a track's own tags.
    imported = Catalogue.load(workspace, described=False)
    imported.dialogues = dialogues
    imported.save(workspace)


def _write_report(workspace: Workspace, page: str, card: dict[str, Any]) -> None:
    """Write `reports/dialogues`; its card, written last of all, says that the dialogues are done."""
    with whole_directory(workspace.report("dialogues")) as folder:
        (folder / "report.md").write_text(page, "utf-8")
        write_json(folder / "card.json", card)
        stages.made(workspace, "dialogues").record(folder)


def default_amounts(workspace: Workspace) -> tuple[int, int]:
    """Dialogues a playlist and single requests that suit a workspace.

    At least 3,000 training dialogues (but no more than 10 a playlist), and three requests a track (at most
    20,000).
    """
    catalogue = Catalogue.load(workspace)
    n_playlists = len(catalogue.playlists_of("train"))
    return max(1, min(10, -(-3000 // max(n_playlists, 1)))), min(3 * len(catalogue), 20_000)


def _simulated(
    simulator: Simulator,
    playlists: Sequence[tuple[str, Sequence[str]]],
    per_playlist: int,
    max_turns: int,
    split: Split,
) -> list[Dialogue]:
    """All dialogues of the playlists, copy by copy within a playlist."""
    few = len(playlists) * per_playlist < 4_000
    found = [
        simulator.dialogue(playlist_id, track_ids, copy, max_turns, split)
        for playlist_id, track_ids in watched(playlists, f"{split} dialogues", hidden=few, stays=True)
        for copy in range(per_playlist)
    ]
    return [d for d in found if d is not None]


def _requests(simulator: Simulator, n: int, rows: Sequence[int] | None) -> list[Dialogue]:
    """n single requests, every track once before any comes twice."""
    ids = np.array(list(simulator.facts), dtype=object)
    ids = ids if rows is None else ids[np.asarray(rows, dtype=np.int64)]
    if len(ids) == 0:
        return []
    order = sorted(range(len(ids)), key=lambda i: stable_fraction(str(ids[i]), simulator.seed))
    return [simulator.single(str(ids[order[i % len(ids)]]), i // len(ids)) for i in range(n)]


def playlists_of(catalogue: Catalogue, split: Split, seed: int) -> list[tuple[str, list[str]]]:
    """The playlists of one split in an order by hash, so that a cap takes a fair sample of them."""
    table = catalogue.playlists.filter(pl.col("split") == split).sort("playlist_id", "position")
    grouped = table.group_by("playlist_id", maintain_order=True).agg("track_id")
    rows = list(zip(grouped["playlist_id"].to_list(), grouped["track_id"].to_list(), strict=True))
    return sorted(rows, key=lambda row: stable_fraction(row[0], seed))


def _inputs(workspace: Workspace, settings: list[Any]) -> str:
    """A hash of all that the dialogues follow from, the dialogues as they are, and this code."""
    tables = [workspace.catalogue / f for f in ("tracks.parquet", "playlists.parquet", "dialogues.jsonl")]
    names = ("facts.py", "phrases.toml", "references.py", "simulate.py", "simulator.py", "wording.py")
    code = [Path(__file__).with_name(name) for name in names]
    return hash_of(*tables, *code, settings, descriptions.state(workspace))


def _finished(workspace: Workspace, settings: list[Any]) -> dict[str, int] | None:
    """The counts of an earlier run with the same inputs, whose dialogues are still there; else None."""
    try:
        card = read_card(workspace.report("dialogues"), "dialogues")
    except SegueError:
        return None
    return card["counts"] if card.get("inputs") == _inputs(workspace, settings) else None
