"""Playlists as M3U8, JSPF and CSV, and back: by id, by file, by MusicBrainz id, or by artist and title."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from segue.data.account import Account
from segue.data.catalogue import Catalogue
from segue.kit.errors import SegueError
from segue.sources.folder.names import from_names
from segue.sources.folder.playlist_files import Entry, Recordings, entries_of
from segue.sources.reading import delimited
from segue.sources.reading.text import decode
from segue.understanding.text import fold

URN = "urn:segue:track:"
"""Before a track's id where a list names it."""
RECORDING = "https://musicbrainz.org/recording/"
MOST_ENTRIES = 100_000


def m3u8(name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """A list as M3U8: files by their paths, other tracks by their ids."""
    lines = ["#EXTM3U", f"#PLAYLIST:{_line(name)}"]
    for row in rows:
        seconds = round(row.get("duration_s") or -1)
        lines.append(f"#EXTINF:{seconds},{_line(row.get('artist'))} - {_line(row.get('title'))}")
        lines.append(_line(row.get("audio_path")) or URN + quote(str(row["track_id"]), safe=""))
    return "\n".join(lines) + "\n"


def jspf(name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """A list as JSPF (https://www.xspf.org/jspf), as ListenBrainz takes it."""
    tracks = []
    for row in rows:
        one: dict[str, Any] = {"title": row.get("title") or "", "creator": row.get("artist") or ""}
        one |= {"album": row["album"]} if row.get("album") else {}
        one |= {"duration": round(1000 * row["duration_s"])} if row.get("duration_s") else {}
        one["identifier"] = [RECORDING + row["mbid"]] if row.get("mbid") else []
        one["identifier"].append(URN + quote(str(row["track_id"]), safe=""))
        one |= {"location": ["file://" + quote(row["audio_path"])]} if row.get("audio_path") else {}
        tracks.append(one)
    return json.dumps({"playlist": {"title": name, "track": tracks}}, ensure_ascii=False, indent=1) + "\n"


def csv_text(name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """A list as CSV with the columns track_id, artist, title, album, year."""
    columns, text = ("track_id", "artist", "title", "album", "year"), io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(c) if row.get(c) is not None else "" for c in columns])
    return text.getvalue()


FORMATS: dict[str, tuple[Callable[[str, Iterable[Mapping[str, Any]]], str], str]] = {
    "m3u8": (m3u8, "audio/x-mpegurl"),
    "jspf": (jspf, "application/jspf+json"),
    "csv": (csv_text, "text/csv"),
}
"""Format -> who writes it, and its media type."""


class Finder:
    """Finds the tracks of a catalogue that the entries of a list mean."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def read(self, raw: bytes | str) -> tuple[str, list[str], list[str]]:
        """The name of a list, "" where it has none, the tracks that are here, and the entries that are not.

        Raises:
            SegueError: it is no list, or too long.
        """
        text = decode(raw) if isinstance(raw, bytes) else raw.removeprefix("\ufeff")
        try:
            name, entries = parse(text)
        except (ValueError, RecursionError) as error:
            what = f"no playlist that can be read ({str(error).splitlines()[0][:200]})"
            raise SegueError(what, "", "M3U, PLS, XSPF, JSPF and CSV can be") from None
        if len(entries) > MOST_ENTRIES:
            raise SegueError(f"{len(entries):,} entries are too many", "", f"at most {MOST_ENTRIES:,}")
        found = [(entry, self.track(entry)) for entry in entries]
        return name, [t for _, t in found if t is not None], [str(e) for e, t in found if t is None]

    def track(self, entry: Entry) -> str | None:
        """The track that an entry means, None where it is not here."""
        for place in entry.places:
            plain = unquote(place.removeprefix(URN)) if place.startswith(URN) else place
            if plain in self.catalogue.rows:
                return plain
            one = self._recordings.find(place, "/") or self._by_mbid.get(place.rpartition("/")[2].casefold())
            if one:
                return one
        if entry.title:
            return self._by_name.get((fold(entry.artist), fold(entry.title)))
        return next(filter(None, map(self._by_path, entry.places)), None)

    def _by_path(self, place: str) -> str | None:
        """The track that a file elsewhere is, by the names of the file and its folders."""
        parts = [part for part in re.split(r"[\\/]+", unquote(place)) if part]
        named = [from_names(parts[-depth:]) for depth in (3, 2, 1) if parts]
        keys = ((fold(one.artist), fold(one.title)) for one in named if one.artist)
        return next((self._by_name[key] for key in keys if key in self._by_name), None)

    @cached_property
    def _recordings(self) -> Recordings:
        pairs = self.catalogue.tracks.select("audio_path", "track_id").drop_nulls()
        return Recordings({str(p): str(i) for p, i in pairs.iter_rows() if p})

    @cached_property
    def _by_mbid(self) -> dict[str, str]:
        pairs = self.catalogue.tracks.select("mbid", "track_id").drop_nulls()
        return {str(m).casefold(): str(i) for m, i in pairs.iter_rows() if m}

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], str]:
        rows = self.catalogue.tracks.select("artist", "title", "track_id").reverse().iter_rows()
        return {(fold(a or ""), fold(t or "")): str(i) for a, t, i in rows}


def parse(text: str) -> tuple[str, list[Entry]]:
    """The name of a list and its entries; raises `ValueError` where it is none of the known kinds."""
    first = text.lstrip().split("\n", 1)[0].strip().casefold()
    cells = {c.strip(' "') for c in re.split(r"[,;\t|]", first)}
    if not first.startswith(("#", "[", "{", "<")) and cells & {"track_id", "title", "artist"}:
        return "", _of_csv(text)
    name, entries = entries_of(text, {"{": ".jspf", "<": ".xspf"}.get(first[:1], ".m3u8"))
    return name or "", entries


def _of_csv(text: str) -> list[Entry]:
    """Entries of a table with track_id, or artist and title."""
    try:
        frame = delimited.read(text, "", "playlists", {"track_id", "artist", "title"}, Account()).frame
    except SegueError as error:
        raise ValueError(str(error)) from None
    names = {delimited.key(c): c for c in frame.columns}

    def column(*keys: str) -> Sequence[str]:
        found = next((names[k] for k in keys if k in names), None)
        return frame[found].fill_null("").to_list() if found else [""] * frame.height

    rows = zip(column("trackid", "track_id"), column("artist"), column("title"), strict=True)
    return [Entry((i,) if i else (), a, t) for i, a, t in rows if i or t]


def _line(value: Any) -> str:
    """A text in one line."""
    return " ".join(str(value or "").split())
