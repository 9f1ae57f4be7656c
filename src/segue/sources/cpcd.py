"""Import of the Conversational Playlist Curation Dataset: people building playlists with a human assistant.

Source: Chaganty et al., "Beyond Single Items: Exploring User Preferences in Item Sets with the
Conversational Playlist Curation Dataset", SIGIR 2023.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import Dialogue, Tables, Turn
from segue.kit.errors import SegueError
from segue.sources.reading.files import files, guarded
from segue.sources.reading.records import Record, records
from segue.sources.tables import SCHEMAS

VALIDATION = 0.15
"""Share of the dialogues for validation: the set is small, and a hundred test dialogues are wanted."""
TEST = 0.4
"""Share of the dialogues for the test."""


def read(path: Path) -> Tables:
    """Tracks, dialogues, and one playlist a dialogue (the liked tracks in order).

    A turn of the data becomes the user's words, the liked tracks, the disliked tracks, the assistant's
    words (left out where empty). The playlists carry a column `dialogue_id`, by which the import gives
    them the split of their dialogue: what is liked in a test dialogue never enters training. Records that
    are no dialogue are left out and counted.

    Args:
        path: a `.jsonl` file, or a folder of them.

    Raises:
        SegueError: no file there, or no CPCD dialogue in it.
    """
    found: dict[str, dict[str, Any]] = {}
    tracks: dict[str, dict[str, Any]] = {}
    account = Account()
    wrong: SegueError | None = None
    for where, record in _values(path, account):
        account.came["dialogues"] += 1
        try:
            dialogue_id = str(record["id"])
            own = {i: _track(i, track) for i, track in record["tracks"].items()}
            _dialogue(dialogue_id, record, own, Account())
        except (KeyError, TypeError, AttributeError) as error:
            cure = "each line needs id, turns (with user_query, liked_results, ...) and tracks"
            wrong = wrong or SegueError(f"not a CPCD dialogue ({error!r})", where, cure)
            account.leave("dialogues", "record that is no CPCD dialogue", examples=[f"{where}: {error!r}"])
            continue
        tracks = own | tracks
        if dialogue_id in found:
            account.leave("dialogues", "duplicate dialogue id", examples=[f"{where}: {dialogue_id}"])
        found.setdefault(dialogue_id, record)
    if not found:
        why = "; ".join(account.lines[:3]) or "it is empty"
        raise wrong or SegueError(f"no dialogues ({why})", str(path), "write one JSON dialogue a line")
    dialogues = [_dialogue(i, record, tracks, account) for i, record in found.items()]
    frame = pl.DataFrame(list(tracks.values()), schema={c: SCHEMAS["tracks"][c] for c in _COLUMNS})
    return Tables(frame, _playlists(dialogues), None, dialogues, +account)


_COLUMNS = ("track_id", "title", "artist", "album")


def _values(path: Path, account: Account) -> Iterator[Record]:
    """The JSON values of all files."""
    for file in _files(path):
        if not file.is_file():
            raise SegueError("no such file", str(file), "check the path")
        for where, stream in files(file, lambda name: True, account):
            yield from guarded(records(stream, where, "dialogues", account), where, account)


def _files(path: Path) -> list[Path]:
    """The dialogue files."""
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("*.jsonl"))
    if not files:
        raise SegueError("no .jsonl file here", str(path), "give the folder of cpcd_v1.dialogs.jsonl")
    return files


def _track(track_id: str, track: dict[str, Any]) -> dict[str, Any]:
    """One entry of `tracks` as a row of ours."""
    artists = track["track_artists"]
    artist = artists if isinstance(artists, str) else ", ".join(map(str, artists))
    title, album = track["track_titles"], track.get("track_release_titles")
    return {
        "track_id": track_id,
        "title": None if title is None else str(title),
        "artist": artist,
        "album": None if album is None else str(album),
    }


def _dialogue(dialogue_id: str, record: dict[str, Any], known: dict[str, Any], account: Account) -> Dialogue:
    """One record as a dialogue of ours."""
    turns: list[Turn] = []
    for turn in record["turns"]:
        turns.append(Turn("user", str(turn["user_query"])))
        for liked, name in ((True, "liked_results"), (False, "disliked_results")):
            ids = [str(i) for i in turn[name]]
            turns += [Turn("music", i, liked) for i in ids if i in known]
            reason = "like of unknown track" if liked else "dislike of unknown track"
            unknown = [i for i in ids if i not in known]
            account.add(reason, len(unknown), unknown)
        if reply := str(turn["system_response"] or "").strip():
            turns.append(Turn("assistant", reply))
    return Dialogue(dialogue_id, tuple(turns))


def _playlists(dialogues: list[Dialogue]) -> pl.DataFrame:
    """The liked tracks of each dialogue, each once, as a playlist."""
    rows = []
    for dialogue in dialogues:
        liked = dict.fromkeys(t.content for t in dialogue.turns if t.role == "music" and t.liked)
        name = f"cpcd-{dialogue.dialogue_id}"
        rows += [(name, n, track_id, dialogue.dialogue_id) for n, track_id in enumerate(liked)]
    schema = {c: SCHEMAS["playlists"][c] for c in ("playlist_id", "position", "track_id")} | {
        "dialogue_id": pl.String
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
