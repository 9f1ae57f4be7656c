"""The catalogue: four tables (tracks, plays, playlists, dialogues), validated on the way in.

Ids are the user's own strings. Row numbers (the order of `tracks.parquet`) stay inside the program, and
the order is append-only: importing again adds rows at the end, so every feature and code keeps its row.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from segue.data import descriptions
from segue.data.account import Account
from segue.data.turned import turned
from segue.kit.errors import SegueError, readable
from segue.kit.workspace import Workspace, whole_directory

Split = Literal["train", "validation", "test"]
Role = Literal["user", "music", "assistant"]
SIMULATED = descriptions.SIMULATED
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

TRACKS = {
    "track_id": pl.String,
    "title": pl.String,
    "artist": pl.String,
    "album": pl.String,
    "year": pl.Int32,
    "duration_s": pl.Float64,
    "tags": pl.List(pl.String),
    "lyrics": pl.String,
    "audio_path": pl.String,
    "isrc": pl.String,
    "mbid": pl.String,
}
PLAYS = {
    "user_id": pl.String,
    "track_id": pl.String,
    "played_at": pl.Datetime("us", "UTC"),
    "played_s": pl.Float64,
}
PLAYLISTS = {
    "playlist_id": pl.String,
    "position": pl.Int32,
    "track_id": pl.String,
    "title": pl.String,
    "created_at": pl.Datetime("us", "UTC"),
    "split": pl.String,
}
REQUIRED = {
    "tracks": ("track_id", "title", "artist"),
    "plays": ("user_id", "track_id", "played_at"),
    "playlists": ("playlist_id", "position", "track_id"),
}


@dataclass(frozen=True)
class Turn:
    """One turn of a dialogue; a music turn's content is a track id, `liked` says how it was received."""

    role: Role
    content: str
    liked: bool | None = None


@dataclass(frozen=True)
class Dialogue:
    """A dialogue: turns in order, selected by role and never by position."""

    dialogue_id: str
    turns: tuple[Turn, ...]
    split: Split = "train"

    @property
    def simulated(self) -> bool:
        """Whether it was made from a playlist or a track, not by people."""
        return self.dialogue_id.startswith(descriptions.SIMULATED)

    def to_json(self) -> str:
        """The dialogue as one JSON line."""
        turns = [
            {"role": t.role, "content": t.content} | ({} if t.liked is None else {"liked": t.liked})
            for t in self.turns
        ]
        value = {"dialogue_id": self.dialogue_id, "split": self.split, "turns": turns}
        return json.dumps(value, ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str, where: str = "") -> Dialogue:
        """The dialogue of one JSON line.

        Raises:
            SegueError: the line is not JSON, or a turn has an unknown role or no content.
        """
        try:
            value = json.loads(line)
            turns = tuple(Turn(t["role"], str(t["content"]), t.get("liked")) for t in value["turns"])
            dialogue = cls(str(value["dialogue_id"]), turns, value.get("split", "train"))
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            cure = "each line needs dialogue_id and turns of {role, content}"
            why = f"no {error.args[0]} in it" if isinstance(error, KeyError) else str(error)
            raise SegueError(f"not a dialogue ({why})", where, cure) from None
        bad = next((t.role for t in turns if t.role not in ("user", "music", "assistant")), None)
        if bad is not None:
            raise SegueError(f"unknown role {bad!r}", where, "roles are user, music, assistant")
        if dialogue.split not in SPLITS:
            raise SegueError(f"unknown split {dialogue.split!r}", where, f"splits are {', '.join(SPLITS)}")
        return dialogue


@dataclass
class Tables:
    """What a source yields: tables that may still miss optional columns, and what it dropped and why."""

    tracks: pl.DataFrame
    playlists: pl.DataFrame | None = None
    plays: pl.DataFrame | None = None
    dialogues: list[Dialogue] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Account)
    """What was left out; an `Account` also says how many rows came."""


@dataclass
class Catalogue:
    """The four tables of a workspace, in memory."""

    tracks: pl.DataFrame
    plays: pl.DataFrame
    playlists: pl.DataFrame
    dialogues: list[Dialogue]
    events: Path | None = None
    """The plays as `segue sessions` has split them, where it has."""

    def __len__(self) -> int:
        return self.tracks.height

    @cached_property
    def ids(self) -> np.ndarray[Any, np.dtype[np.object_]]:
        """Track ids, shape (n_tracks,), in catalogue order."""
        return self.tracks["track_id"].to_numpy().astype(object)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Track id -> row."""
        return {track_id: row for row, track_id in enumerate(self.ids)}

    @cached_property
    def texts(self) -> list[str]:
        """One line of text a track (see `track_text`). Source: TalkPlay appendix D."""
        return [track_text(row) for row in self.tracks.iter_rows(named=True)]

    def dialogues_of(self, split: Split) -> list[Dialogue]:
        """The dialogues of one split."""
        return [d for d in self.dialogues if d.split == split]

    def playlists_of(self, split: Split) -> list[list[str]]:
        """The playlists of one split as lists of track ids in order of position."""
        table = self.playlists.filter(pl.col("split") == split).sort("playlist_id", "position")
        grouped = table.group_by("playlist_id", maintain_order=True).agg("track_id")
        return grouped["track_id"].to_list()

    @cached_property
    def training_plays(self) -> pl.DataFrame:
        """How often a track was played in training: track_id, len; in all plays until they are split."""
        split = pl.scan_parquet(self.events).filter(split="train") if self.events else self.plays.lazy()
        return split.group_by("track_id").len().collect()

    @cached_property
    def cold(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Shape (n_tracks,): True where no training playlist, play or real training dialogue has the track.

        Simulated dialogues do not count: they may ask for any track of the catalogue by its name or tags.
        """
        warm = set(self.playlists.filter(pl.col("split") == "train")["track_id"].unique())
        warm.update(self.training_plays["track_id"])
        real = [d for d in self.dialogues_of("train") if not d.simulated]
        # Rejected ones, too: the listener has heard them, and the model has read it.
        warm.update(t.content for d in real for t in d.turns if t.role == "music")
        return np.array([track_id not in warm for track_id in self.ids], dtype=bool)

    @classmethod
    def load(cls, workspace: Workspace, *, described: bool = True) -> Catalogue:
        """The catalogue of a workspace.

        Args:
            described: with the tags, captions and lyrics that segue found itself (`segue.data.descriptions`),
                and with names as they are said; without it is what was imported, and may be saved.

        Raises:
            SegueError: it is not there, or a table cannot be read.
        """
        folder = Workspace(workspace.root, must_exist=True).catalogue
        events = workspace.listening / "events.parquet"
        with readable(folder, "import into a new workspace", UnicodeDecodeError, pl.exceptions.PolarsError):
            tables = [pl.read_parquet(folder / f"{n}.parquet") for n in ("tracks", "plays", "playlists")]
            # Not splitlines: a message may hold other line ends (U+2028), which JSON leaves as they are.
            lines = (folder / "dialogues.jsonl").read_text("utf-8").removesuffix("\n").split("\n")
        dialogues = [
            Dialogue.from_json(line, f"dialogues.jsonl:{n}") for n, line in enumerate(lines, 1) if line
        ]
        tracks = turned(descriptions.described(tables[0], workspace)) if described else tables[0]
        return cls(tracks, tables[1], tables[2], dialogues, events if events.exists() else None)

    def save(self, workspace: Workspace) -> None:
        """Write the four tables, whole or not at all."""
        with whole_directory(workspace.catalogue) as folder:
            self.tracks.write_parquet(folder / "tracks.parquet")
            self.plays.write_parquet(folder / "plays.parquet")
            self.playlists.write_parquet(folder / "playlists.parquet")
            text = "".join(d.to_json() + "\n" for d in self.dialogues)
            (folder / "dialogues.jsonl").write_text(text, "utf-8")


def track_text(row: dict[str, Any]) -> str:
    """One track as a line of text, missing fields left out. Source: TalkPlay appendix D."""
    parts = [str(row["title"]), "by", str(row["artist"])]
    if row.get("album"):
        parts += ["from", str(row["album"])]
    parts += row.get("tags") or []
    if row.get("caption"):
        parts.append(str(row["caption"]))
    if row.get("year"):
        parts.append(str(row["year"]))
    return " ".join(parts)


def empty(schema: dict[str, Any]) -> pl.DataFrame:
    """A table without rows."""
    return pl.DataFrame(schema=schema)


def conform(name: str, table: pl.DataFrame, schema: dict[str, Any], where: str = "") -> pl.DataFrame:
    """The table with every column of the schema, cast; unknown columns are kept behind them.

    Raises:
        SegueError: a required column is missing, or a value cannot be cast.
    """
    missing = [c for c in REQUIRED[name] if c not in table.columns]
    if missing:
        have = ", ".join(table.columns) or "none"
        raise SegueError(
            f"the {name} table has no column {', '.join(missing)} (it has: {have})",
            where,
            "rename the column or map it with --columns",
        )
    try:
        known = [
            (_cast(c, t, table.schema[c]) if c in table.columns else pl.lit(None, dtype=t).alias(c))
            for c, t in schema.items()
        ]
        return table.select(*known, *[c for c in table.columns if c not in schema])
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        cure = "" if where else "read it with `polars.read_csv(FILE, try_parse_dates=True)`"
        raise SegueError(f"the {name} table has a value of the wrong kind ({reason})", where, cure) from None


def _cast(column: str, kind: Any, given: Any) -> pl.Expr:
    """A column as a kind: a text in the place of a list is split."""
    if given == pl.String and isinstance(kind, pl.List):
        member = pl.element().str.strip_chars()
        return split(pl.col(column)).list.eval(member.filter(member != ""))
    return pl.col(column).cast(kind)


def split(text: pl.Expr) -> pl.Expr:
    """A text of tags as a list: split on the strongest separator that it has."""
    return (
        pl.when(text.str.contains(";", literal=True))
        .then(text.str.split(";"))
        .when(text.str.contains("|", literal=True))
        .then(text.str.split("|"))
        .otherwise(text.str.split(","))
    )


def known_tracks_only(dialogues: Iterable[Dialogue], known: set[str], account: Account) -> list[Dialogue]:
    """The dialogues without music turns of unknown tracks; the turns and dialogues left out are counted."""
    kept = []
    for dialogue in dialogues:
        turns = tuple(t for t in dialogue.turns if t.role != "music" or t.content in known)
        unknown = [t.content for t in dialogue.turns if t.role == "music" and t.content not in known]
        account.add("dialogue turn with unknown track", len(unknown), unknown)
        if any(t.role == "music" for t in turns):
            kept.append(Dialogue(dialogue.dialogue_id, turns, dialogue.split))
        else:
            account.leave("dialogues", "dialogue without a known track", examples=[dialogue.dialogue_id])
    return kept
