"""The stages of a workspace in one table, what each is made of, and how they stand."""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from segue.data import descriptions
from segue.data.modalities import FEATURES
from segue.kit import stage
from segue.kit.stage import Made, Status
from segue.kit.workspace import Workspace, hash_of, write_json


class Stage(NamedTuple):
    """A line of the table: a stage's name, its folder in the workspace, what it is made of."""

    name: str
    folder: str
    reads: tuple[str, ...]
    verb: str
    work: str = ""
    """Where an interrupted run leaves its work, "" where it leaves none."""


TABLE = (
    Stage("sessions", "listening", ("tracks", "plays"), "sessions"),
    Stage("features/audio", "features/audio", ("tracks",), "features"),
    Stage("features/lyrics", "features/lyrics", ("tracks",), "features"),
    Stage("features/mgphot", "features/mgphot", ("tracks", "ratings"), "features"),
    Stage("features/playlist", "features/playlist", ("playlists", "own dialogues"), "features"),
    Stage("features/semantic", "features/semantic", ("described",), "features"),
    Stage("features/metadata", "features/metadata", ("described",), "features"),
    Stage("tokens", "tokens", ("features",), "tokens"),
    Stage("dialogues", "reports/dialogues", ("described", "playlists", "own dialogues"), "dialogues"),
)
"""In the order in which they are made; models and reports follow, by what their cards say."""


def made(workspace: Workspace, name: str, reads: Iterable[str] | None = None) -> Made:
    """What a stage is being made of now; for a model or report give what it `reads`."""
    if reads is None:
        reads = next((line.reads for line in TABLE if line.name == name), ("tracks",))
    return Made(name, inputs(workspace, reads))


def holds(workspace: Workspace, name: str) -> None:
    """A stage was looked at and is what its inputs of now give, though they may have changed since."""
    folder = next((line.folder for line in TABLE if line.name == name), name)
    made(workspace, name).still_holds(workspace.root / folder)


def record_report(workspace: Workspace, folder: Path, name: str, rows: Iterable[str], *more: str) -> None:
    """Write the card of a report that is being made: the models that its rows are of, and what was asked."""
    models = sorted({row.split(" ")[0] for row in rows} - {"chance"})
    reads = [f"model {m}" for m in models if (workspace.model(m) / stage.CARD).exists()]
    write_json(folder / stage.CARD, {"report": name, "rows": list(rows)})
    made(workspace, f"reports/{name}", (*reads, *more)).record(folder)


def inputs(workspace: Workspace, names: Iterable[str]) -> dict[str, str]:
    """Name of an input -> its hash now, "" where it is not there.

    Names: the tables `tracks`, `plays`, `playlists`, `dialogues`; `described` (tracks with what was found in
    words), `own dialogues` (not the simulated ones), `ratings` (of MGPHot), `log` (the plays in sessions,
    else the playlists), `features` (all), `feature NAME`, `tokens`, `codebooks`, `model NAME`.
    """
    return {name: _now(workspace, name) for name in names}


def _now(workspace: Workspace, name: str) -> str:
    kind, _, rest = name.partition(" ")
    if kind == "feature":
        return str(stage.read(workspace.feature(rest)).get("input_hash", ""))
    if kind == "model":
        return _file(workspace.model(rest) / stage.CARD)
    # Only those that are there: one that is made later makes the tokens stale, one that never was does not.
    if name == "features":
        found = {m: _now(workspace, f"feature {m}") for m in FEATURES}
        return hash_of({m: h for m, h in found.items() if h}) if any(found.values()) else ""
    if name == "tokens":
        return _file(workspace.tokens / "codes.parquet")
    if name == "codebooks":
        return _file(workspace.tokens / "codebooks.safetensors")
    if name == "described":
        return hash_of(_file(workspace.catalogue / "tracks.parquet"), descriptions.state(workspace))
    if name == "ratings":
        return hash_of([_file(f) for f in sorted(workspace.root.glob("mgphot/*.parquet"))])
    if name == "log":
        events = _file(workspace.listening / "events.parquet")
        return events or hash_of(_now(workspace, "plays"), _now(workspace, "playlists"))
    if name == "own dialogues":
        return _file(workspace.catalogue / "dialogues.jsonl", _own_dialogues)
    suffix = "jsonl" if name == "dialogues" else "parquet"
    return _file(workspace.catalogue / f"{name}.{suffix}")


def _file(path: Path, hashed: Callable[[Path], str] = hash_of) -> str:
    """The hash of a file, "" where there is none; unchanged files are hashed once a process."""
    try:
        found = path.stat()
    except OSError:
        return ""
    # Size and time are part of the key, so that a file that changed is hashed again.
    return _once(hashed, path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=256)
def _once(hashed: Callable[[Path], str], path: Path, size: int, mtime_ns: int) -> str:
    return hashed(path)


def _own_dialogues(path: Path) -> str:
    """The hash of the dialogues that were not simulated."""
    lines = path.read_text("utf-8").split("\n")
    return hash_of(
        [n for n in lines if n and not json.loads(n)["dialogue_id"].startswith(descriptions.SIMULATED)]
    )


def statuses(workspace: Workspace) -> list[Status]:
    """How every stage of a workspace stands, in the order in which they are made: tables, models, reports."""
    found = [_status(workspace, line.name, workspace.root / line.folder) for line in TABLE]
    for kind in ("models", "reports"):
        for folder in sorted((workspace.root / kind).glob("*")):
            if folder.name.startswith("."):
                name = folder.name.removeprefix(".").removesuffix("-training")
                if folder.name.endswith("-training") and not (folder.parent / name).exists():
                    found.append(Status(f"{kind}/{name}", "unfinished", (folder.name,)))
            elif folder.is_dir() and stage.read(folder) and f"{kind}/{folder.name}" != "reports/dialogues":
                found.append(_status(workspace, f"{kind}/{folder.name}", folder))
    return found


def _status(workspace: Workspace, name: str, folder: Path) -> Status:
    told: Mapping[str, str] = stage.read(folder).get("made", {}).get("inputs", {})
    work = folder.parent / f".{folder.name}-training"
    found = stage.status(name, folder, inputs(workspace, told), work)
    hidden = [*folder.parent.glob(f".{folder.name}.partial-*"), *folder.parent.glob(f".{folder.name}-work*")]
    if found.state in ("missing", "done") and hidden:
        return Status(name, "unfinished", tuple(h.name for h in hidden), found.at, found.size)
    return found


def stale(workspace: Workspace, *names: str) -> list[str]:
    """A line for each of these stages that is stale: what it is, and because of what."""
    folders = {line.name: line.folder for line in TABLE}
    chosen = [_status(workspace, n, workspace.root / folders.get(n, n)) for n in names]
    return [
        f"{found.name} is stale: {', '.join(found.because)} changed since it was made"
        for found in chosen
        if found.state == "stale"
    ]
