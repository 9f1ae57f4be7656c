"""Playlist files: M3U, PLS, XSPF, JSPF, WPL, ZPL and ASX, in any encoding, of entries written in any way."""

import json
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree

from segue.data.account import Account
from segue.data.names import content_id
from segue.sources.folder.playlists import Playlist
from segue.sources.folder.scan import Found
from segue.sources.folder.tags import clean
from segue.sources.reading.text import encoding_of

NAME = re.compile(r"#PLAYLIST:\s*(.+)", re.IGNORECASE)
INFO = re.compile(r"#EXTINF:\s*-?[\d.]*[^,]*,(.*)", re.IGNORECASE)
NUMBERED = re.compile(r"(Title|File)(\d+)\s*=\s*(.+)", re.IGNORECASE)
ADDRESS = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
MOST_BYTES = 1 << 26
PAGES = (
    "cp1252",
    "cp850",
    "cp437",
    "cp1250",
    "cp1251",
    "cp866",
    "cp932",
    "gb18030",
    "big5",
    "euc_kr",
    "cp1253",
)
"""Encodings of lists that are not Unicode; the one is taken in which most entries are found."""
XML_ENTRY = {".xspf": "location", ".wpl": "media", ".zpl": "media", ".asx": "ref", ".wax": "ref"}
LEFT = "playlist entry that is no recording of these folders"


class Entry(NamedTuple):
    """One line of a list: where it is said to be, and what it is said to be."""

    places: tuple[str, ...]
    artist: str = ""
    title: str = ""

    def __str__(self) -> str:
        """The entry as a person would name it."""
        named = " - ".join(filter(None, (self.artist, self.title)))
        return named or (self.places[-1] if self.places else "")


class Recordings:
    """The recordings of a walk by their paths: as they are, without case, and by their last parts."""

    def __init__(self, track_of: Mapping[str, str]) -> None:
        self.exact = {_plain(path): track for path, track in track_of.items()}
        self.without_case: dict[str, set[str]] = defaultdict(set)
        self.by_name: dict[str, list[tuple[list[str], str]]] = defaultdict(list)
        for path, track in self.exact.items():
            parts = path.casefold().split("/")
            self.without_case[path.casefold()].add(track)
            self.by_name[parts[-1]].append((parts, track))

    def find(self, entry: str, folder: str) -> str | None:
        """The track of an entry of a list in `folder`, None where it is none of the recordings.

        Nothing is opened. An entry is taken as it is written, else with its percent signs decoded, else with
        Windows' separators, else in another case, else by its last folders and its name, where these fit
        one recording alone.
        """
        if ADDRESS.match(entry):
            return None
        spellings = list(_spellings(entry))
        paths = [_plain(os.path.normpath(os.path.join(folder, spelling))) for spelling in spellings]
        for path in paths:
            if path in self.exact:
                return self.exact[path]
        for path in paths:
            if len(found := self.without_case.get(path.casefold(), ())) == 1:
                return next(iter(found))
        for spelling in spellings:
            if (track := self._by_last_parts(spelling)) is not None:
                return track
        return None

    def _by_last_parts(self, entry: str) -> str | None:
        """The track whose path shares most of its last parts with the entry's, if there is one such alone."""
        parts = [part for part in _plain(entry).casefold().split("/") if part not in ("", ".", "..")]
        best, found = 0, set()
        for path, track in self.by_name.get(parts[-1] if parts else "", ()):
            shared = 0
            while shared < min(len(parts), len(path)) and parts[-1 - shared] == path[-1 - shared]:
                shared += 1
            if shared > best:
                best, found = shared, {track}
            elif shared == best:
                found.add(track)
        return found.pop() if len(found) == 1 else None


def lists(files: Iterable[Found], track_of: Mapping[str, str], account: Account) -> list[Playlist]:
    """The playlist files, of those entries that are recordings of this walk; each list once.

    A list that stands there in several forms or under several names (the same tracks in the same order) is
    one. Its id is made of its place without the ending, so that it stays when the list is changed.

    Args:
        track_of: path of every recording that was walked to -> its track.
        account: takes entries that are no recording of this walk, and files that cannot be read.
    """
    known, made = Recordings(track_of), dict[str, Playlist]()
    there: set[tuple[str, ...]] = set()
    for file in files:
        try:
            title, ids, others = _best(Path(file.path), known)
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0] if str(error) else "empty"
            account.add("playlist file that cannot be read", 1, [f"{'/'.join(file.parts)}: {reason}"])
            continue
        account.add(LEFT, len(others), [f"{file.parts[-1]}: {entry}" for entry in others])
        stem = os.path.splitext(file.parts[-1])[0]
        if ids and ids in there:
            account.add("playlist that is there in another form", 1, ["/".join(file.parts)])
            continue
        there.add(ids)
        playlist_id = f"list-{content_id(*file.parts[:-1], stem)}"
        if playlist_id in made:  # of one name and another ending, with other tracks
            playlist_id = f"list-{content_id(*file.parts)}"
        made[playlist_id] = Playlist(playlist_id, clean(title) or clean(stem), ids, None)
    return list(made.values())


def _best(path: Path, known: Recordings) -> tuple[str | None, tuple[str, ...], list[str]]:
    """Title, tracks and further entries of a list, in the encoding in which most entries are found."""
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError(f"larger than {MOST_BYTES >> 20} MiB")
    folder, suffix = os.path.dirname(path), path.suffix.lower()
    encoding, start = encoding_of(raw)
    head = b"" if encoding.startswith(("utf-16", "utf-32")) else raw[:4096]
    if sum(byte < 32 and byte not in b"\0\t\n\r" for byte in head) > len(head) / 50:
        raise ValueError("no text")
    encodings = [encoding] if encoding.startswith("utf") else [encoding, *(p for p in PAGES if p != encoding)]
    best: tuple[str | None, tuple[str, ...], list[str]] | None = None
    for name in encodings:
        title, entries = entries_of(raw[start:].decode(name, "replace").replace("\0", ""), suffix)
        tracks = [next(filter(None, (known.find(p, folder) for p in e.places)), None) for e in entries]
        ids = tuple(track for track in tracks if track is not None)
        if best is None or len(ids) > len(best[1]):
            places = (e.places[-1] if e.places else str(e) for e in entries)
            best = title, ids, [p for p, track in zip(places, tracks, strict=True) if track is None]
        if not best[2]:
            break
    assert best is not None
    return best


def entries_of(text: str, suffix: str) -> tuple[str | None, list[Entry]]:
    """The title of a playlist file, where it has one, and its entries in order.

    Raises:
        ValueError: it is no list of its kind.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] == "<" or suffix in XML_ENTRY:
        return _of_xml(text, suffix)
    if suffix == ".jspf":
        return _of_jspf(text)
    # Not splitlines: a name may hold the rarer separators.
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", text)]
    if suffix == ".pls" or text.lstrip()[:10].lower() == "[playlist]":
        found = [match for line in lines if (match := NUMBERED.fullmatch(line))]
        titles = {match[2]: match[3].strip() for match in found if match[1].casefold() == "title"}
        files = sorted((m for m in found if m[1].casefold() == "file"), key=lambda match: int(match[2]))
        return None, [_said(match[3].strip(), titles.get(match[2], "")) for match in files]
    entries, said = list[Entry](), ""
    for line in lines:
        if match := INFO.match(line):
            said = match[1]
        elif line and not line.startswith("#"):
            entries.append(_said(line, said))
            said = ""
    named = NAME.search(text)
    return named[1].strip() if named else None, entries


def _said(place: str, said: str) -> Entry:
    """An entry with what stands beside it, "artist - title" or a title alone."""
    artist, dash, title = said.partition(" - ")
    return Entry((place,), artist if dash else "", title if dash else artist)


def _of_xml(text: str, suffix: str) -> tuple[str | None, list[Entry]]:
    """Title and entries of XSPF, of Windows' and Zune's SMIL, of ASX (whose names have any case)."""
    if "<!ENTITY" in text or "<!DOCTYPE" in text:
        raise ValueError("XML with a document type, which may hold anything")
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*<\?[^>]*\?>", "", text))
    except ElementTree.ParseError as error:
        raise ValueError(f"not XML ({error})") from None
    if _name(root) == "playlist":
        return _of_xspf(root)
    wanted = XML_ENTRY.get(suffix, "location")
    title, entries = None, []
    for element in root.iter():
        name = _name(element)
        values = {key.lower(): value for key, value in element.attrib.items()}
        if name == wanted or (name in ("location", "media", "ref") and suffix not in XML_ENTRY):
            entry = (element.text or "").strip() or values.get("src") or values.get("href") or ""
            entries += [Entry((entry.strip(),))] if entry.strip() else []
        elif name == "title" and title is None and not entries:
            title = (element.text or "").strip() or None
    return title, entries


def _name(element: ElementTree.Element) -> str:
    """An element's name without its space, in small letters."""
    return str(element.tag).rpartition("}")[2].lower()


def _of_xspf(root: ElementTree.Element) -> tuple[str | None, list[Entry]]:
    """Title and entries of an XSPF list: an entry may say where it is, what it is, or both."""
    entries = []
    for track in (element for element in root.iter() if _name(element) == "track"):
        said = defaultdict[str, list[str]](list)
        for child in track:
            said[_name(child)] += [text] if (text := (child.text or "").strip()) else []
        artist, title = ("".join(said[name][:1]) for name in ("creator", "title"))
        entry = Entry((*said["identifier"], *said["location"]), artist, title)
        entries += [entry] if entry.places or title else []
    titles = ((child.text or "").strip() for child in root if _name(child) == "title")
    return next(filter(None, titles), None), entries


def _of_jspf(text: str) -> tuple[str | None, list[Entry]]:
    """Title and entries of a JSPF list; what names a track or tells its place is a text or a list of them."""
    value: Any = json.loads(text)
    playlist = value.get("playlist", value) if isinstance(value, dict) else None
    tracks = playlist.get("track") if isinstance(playlist, dict) else None
    if not isinstance(playlist, dict) or not isinstance(tracks, list):
        raise ValueError("not JSPF: no list of tracks in it")
    entries = []
    for track in (track for track in tracks if isinstance(track, dict)):
        places = (p for k in ("identifier", "location") for p in _texts(track.get(k)))
        artist, title = ("".join(_texts(track.get(k))[:1]) for k in ("creator", "title"))
        entries.append(Entry(tuple(places), artist, title))
    return next(iter(_texts(playlist.get("title"))), None), entries


def _texts(value: Any) -> list[str]:
    members = value if isinstance(value, list) else [value]
    return [m for m in members if isinstance(m, str) and m]


def _spellings(entry: str) -> Iterator[str]:
    """What an entry may mean as a path, the likeliest first."""
    plain = re.sub(r"^file:(?://(?:localhost)?(?=/|[a-z]:))?", "", entry, flags=re.IGNORECASE)
    for text in dict.fromkeys((plain, unquote(plain))) if plain == entry else (unquote(plain), plain):
        yield text
        if "\\" in text:
            yield text.replace("\\", "/")


def _plain(path: str) -> str:
    """A path in one spelling of its accents: systems differ in how they write them."""
    return unicodedata.normalize("NFC", path)
