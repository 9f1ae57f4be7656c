"""Song texts of a folder: words beside recordings, and texts that are tracks of their own."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.data import song_texts
from segue.data.names import name_id
from segue.data.song_texts import Song, is_instrumental
from segue.sources.folder.names import from_names
from segue.sources.folder.scan import Found, Seen
from segue.sources.folder.tags import clean

__all__ = ["SongTrack", "Words", "is_instrumental", "read"]
ORDER = ("lrc", "txt", "chordpro")
"""Which of several texts beside one recording is taken."""


@dataclass(frozen=True)
class Words:
    """The words beside a recording, and what else the text says of it."""

    text: str | None
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class SongTrack:
    """A text that is a track."""

    row: dict[str, Any]
    seen: Seen


def read(
    files: Iterable[Found],
    memory: Mapping[str, Seen],
    used: set[str],
    dropped: Counter[str],
    texts: bool,
) -> tuple[list[SongTrack], dict[str, Words]]:
    """Songs without a recording, and path of a recording -> the words beside it.

    A text belongs to the recordings of its folder whose names differ from its own in the ending alone. A
    ChordPro song without one is a track; a plain text is only if `texts`, and is counted else.
    """
    files = list(files)
    recordings: dict[str, list[str]] = {}
    for file in files:
        if file.kind == "recording":
            recordings.setdefault(_stem(file), []).append(file.path)
    words: dict[str, Words] = {}
    songs: list[SongTrack] = []
    ids = set(used)
    for file in sorted((f for f in files if f.kind in ORDER), key=lambda f: ORDER.index(f.kind)):
        song = _song(file, dropped)
        beside = recordings.get(_stem(file), [])
        if song is None:
            continue
        for path in beside:
            _add(words, path, song, file.kind)
        if beside:
            continue
        if file.kind != "chordpro" and not texts:
            dropped["lyrics without a recording"] += 1
            continue
        track = _track(song, file, memory)
        if track.row["track_id"] in ids:
            dropped["song text of the same title and artist as another"] += 1
        else:
            ids.add(track.row["track_id"])
            songs.append(track)
    return songs, words


def _stem(file: Found) -> str:
    """What a text and its recording share."""
    return unicodedata.normalize("NFC", os.path.splitext(file.path)[0]).casefold()


def _song(file: Found, dropped: Counter[str]) -> Song | None:
    """The text of a file as a song; None, counted, where it is none."""
    try:
        text = song_texts.read_text(Path(file.path))
    except OSError:
        dropped["song text that cannot be read"] += 1
        return None
    if text is not None and file.kind == "chordpro":
        return song_texts.chordpro(text)
    lyrics = song_texts.plain(text) if text is not None else None
    if lyrics is not None and is_instrumental(lyrics):
        return Song(None, None, None, None, ("instrumental",), None)
    if lyrics is None or (file.kind == "txt" and not song_texts.looks_like_lyrics(lyrics)):
        dropped["text that is no lyrics"] += 1
        return None
    return Song(None, None, None, None, (), lyrics)


def _add(words: dict[str, Words], path: str, song: Song, source: str) -> None:
    """Add a song's words to a recording; the first text with words gives them, all give tags."""
    before = words.get(path)
    tags = (*(before.tags if before else ()), *song.tags)
    has_words = before is not None and before.text is not None
    words[path] = Words(
        before.text if has_words and before else song.lyrics,
        before.source if has_words and before else source,
        tuple(dict.fromkeys(tags)),
    )


def _track(song: Song, file: Found, memory: Mapping[str, Seen]) -> SongTrack:
    """A song as a track: its id is the one that this file had before, else made of artist and title."""
    named = from_names(file.parts) if song.title is None else None
    title = clean(song.title or (named.title if named else None)) or file.parts[-1]
    artist = clean(song.artist or (named.artist if named else None)) or ""
    before = memory.get(file.path)
    known = before.track_id if before is not None and before.status == "text" else None
    track_id = known or f"song-{name_id(artist, title)}"
    row = {
        "track_id": track_id,
        "title": title,
        "artist": artist,
        "album": clean(song.album),
        "year": song.year,
        "tags": list(song.tags),
        "lyrics": song.lyrics,
        "lyrics_source": file.kind if song.lyrics else None,
    }
    seen = Seen(
        path=file.path, size=file.size, mtime_ns=file.mtime_ns, status="text", track_id=track_id, title=title
    )
    return SongTrack(row, seen)
