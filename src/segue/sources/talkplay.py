"""Import of TalkPlayData rows: dialogues of user, music and assistant, and the tracks beside them.

A row has `conversations` (or `turns`, `messages`, `dialogue`), a list of {role, content} in order; music
turns hold a track id, or an object with one and what is known of the track. Rows with `track_id` and no
dialogue are tracks. Source: TalkPlay 3, appendix B; the columns are those of the published TalkPlayData sets.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import Dialogue, Split, Tables, Turn
from segue.kit.errors import SegueError, readable
from segue.sources.tables import SCHEMAS

TALKS = ("conversations", "conversation", "turns", "messages", "dialogue")
IDS = ("session_id", "dialogue_id", "conversation_id", "playlist_id", "id")
COLUMNS = {
    "title": ("track_name", "title", "name"),
    "artist": ("artist_name", "artist", "artists"),
    "album": ("album_name", "album"),
    "tags": ("tag_list", "tags"),
    "year": ("year", "release_date"),
    "duration_s": ("duration_s",),
    "isrc": ("isrc", "ISRC"),
    "lyrics": ("lyrics",),
}
"""Our column -> what it may be called there."""
SPLIT_NAMES: dict[str, Split] = {
    "train": "train",
    "dev": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
ENDINGS = (".parquet", ".jsonl", ".ndjson", ".json")


def read(path: Path) -> Tables:
    """The dialogues and tracks of a file, or of all files of a folder.

    The split of a dialogue is told by its row, else by the name of its file or folder ("test-0.parquet"). A
    music turn is liked unless the row's `rejected` names its place among the turns; where a row has no
    `rejected`, nothing is known of that.

    Args:
        path: Parquet, JSON lines or a JSON list; or a folder of these.

    Raises:
        SegueError: no such file, or neither a dialogue nor a track in any.
    """
    files = sorted(f for f in path.rglob("*") if f.suffix in ENDINGS) if path.is_dir() else [path]
    account, tracks, talks = Account(), dict[str, dict[str, Any]](), list[Dialogue]()
    for file in files:
        for number, row in enumerate(_rows(file, account), 1):
            where = f"{file.name}:{number}"
            turns = next((v for name in TALKS if isinstance(v := row.get(name), list)), None)
            if turns is None and row.get("track_id"):
                tracks[str(row["track_id"])] = _track(row)
            elif turns is None:
                account.add("row that is neither a dialogue nor a track", examples=[where])
            else:
                account.came["dialogues"] += 1
                _add(row, turns, file, number, where, talks, tracks, account)
    if not talks and not tracks:
        cure = "give Parquet or JSON with rows of `conversations`, a list of {role, content}"
        raise SegueError("no dialogue of user, music and assistant here", str(path), cure)
    schema = {c: SCHEMAS["tracks"][c] for c in ("track_id", *COLUMNS)}
    table = pl.DataFrame(list(tracks.values()), schema=schema)
    return Tables(table, dialogues=talks, dropped=account)


def _add(
    row: Mapping[str, Any],
    told: list[Any],
    file: Path,
    number: int,
    where: str,
    talks: list[Dialogue],
    tracks: dict[str, dict[str, Any]],
    account: Account,
) -> None:
    """The dialogue of one row; what cannot be used is counted."""
    rejected = row.get("rejected")
    turns = []
    for place, turn in enumerate(told):
        role = turn.get("role") if isinstance(turn, dict) else None
        content = turn.get("content") if isinstance(turn, dict) else None
        if role == "music" and isinstance(content, dict) and content.get("track_id"):
            tracks.setdefault(str(content["track_id"]), _track(content))
            content = content["track_id"]
        if role not in ("user", "music", "assistant") or not isinstance(content, str) or not content.strip():
            account.add("dialogue turn without role or content", examples=[where])
            continue
        liked = None if role != "music" or rejected is None else place not in rejected
        turns.append(Turn(role, content, liked))
    if not any(t.role == "music" for t in turns):
        account.leave("dialogues", "dialogue without a track", examples=[where])
        return
    told_id = next((str(row[name]) for name in IDS if row.get(name)), f"{file.stem}-{number}")
    talks.append(Dialogue(told_id, tuple(turns), _split(row, file)))


def _split(row: Mapping[str, Any], file: Path) -> Split:
    """What the row says, else the name of the file."""
    named = (str(row.get("split") or ""), file.stem, file.parent.name)
    words = (re.split(r"[^a-z]", name.lower())[0] for name in named)
    return next((SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES), "train")


def _track(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of our tracks; names given as lists are joined."""
    found: dict[str, Any] = {"track_id": str(row["track_id"])}
    for ours, names in COLUMNS.items():
        value = next((v for n in names if (v := row.get(n)) not in (None, "", [])), None)
        if ours == "tags":
            value = [str(v) for v in value] if isinstance(value, list) else None
        elif ours == "year":
            year = re.match(r"\d{4}", str(value or ""))
            value = int(year.group()) if year else None
        elif ours == "duration_s":
            value = float(value) if isinstance(value, (int, float)) else _seconds(row.get("duration"))
        elif value is not None:
            value = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        found[ours] = value
    return found


def _seconds(milliseconds: object) -> float | None:
    """The published sets give milliseconds."""
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) and milliseconds > 0 else None


def _rows(file: Path, account: Account) -> Iterator[dict[str, Any]]:
    """The rows of one file; lines that are no JSON objects are counted."""
    cure = "it is cut off or no such file; export or download it again"
    with readable(file, cure, UnicodeDecodeError, pl.exceptions.PolarsError):
        if file.suffix == ".parquet":
            yield from pl.read_parquet(file).iter_rows(named=True)
            return
        text = file.read_text("utf-8-sig")
    try:
        whole = json.loads(text)
        values = whole if isinstance(whole, list) else [whole]
        if values and all(isinstance(v, dict) and "role" in v for v in values):
            values = [{"turns": values}]  # the file is one dialogue, as the prompt of the paper asks for
    except ValueError:
        values = []
        for number, line in enumerate(filter(str.strip, text.split("\n")), 1):
            try:
                values.append(json.loads(line))
            except ValueError:
                account.add("line that is not JSON", examples=[f"{file.name}:{number}"])
    for value in values:
        if isinstance(value, list):
            value = {"turns": value}
        if isinstance(value, dict):
            yield value
        else:
            account.add("row that is neither a dialogue nor a track", examples=[file.name])
