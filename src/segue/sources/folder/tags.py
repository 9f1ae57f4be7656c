"""The tags of one recording, read with tinytag, cleaned."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from segue.data import song_texts
from segue.data.names import folded, unescaped
from segue.kit.errors import needed
from segue.sources.folder.genres import id3_genres

if TYPE_CHECKING:
    from tinytag import TinyTag

LONGEST = 1_000
"""Characters that a title, a name or a tag may have; what is longer is cut."""
YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?:\d{4})?(?!\d)")
BREAK = r"(?:^|$|[,;/&+|]|\band\b|\bund\b|\by\b|\bet\b|\bx\b|\b(?:feat|ft|featuring|with|vs)\b\.?|[()\[\]])"
"""Where one artist's name ends and another's begins."""
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
YEAR_FIELDS = ("originaldate", "originalyear", "original year", "tdor", "tory", "year", "date")
RECORDING_FIELDS = ("musicbrainz_trackid", "musicbrainz track id", "musicbrainz/track id", "ufid")
"""Where taggers write the MusicBrainz id of the recording (and not of its place on a release)."""
TAG_FIELDS = ("genre", "mood", "tmoo", "style")
NO_TAGS = {"", "unknown", "other", "none", "misc", "undefined", "genre", "no genre", "unclassifiable"}


@dataclass
class FileTags:
    """What a recording's tags say; None or empty for what they do not."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    year: int | None = None
    duration_s: float | None = None
    tags: list[str] = field(default_factory=list)
    lyrics: str | None = None
    isrc: str | None = None
    mbid: str | None = None
    track_no: int | None = None
    disc_no: int | None = None
    is_lossless: bool = False
    bitrate: float | None = None


def read_tags(path: str) -> FileTags:
    """The tags of one file; empty where they cannot be read.

    Args:
        path: of the file; where its name's ending is wrong, its first bytes decide what it is.

    Raises:
        SegueError: tinytag is not installed.
        OSError: the file cannot be opened.
    """
    with needed("tinytag, which reads tags, is not installed", "audio"):
        from tinytag import TinyTag, TinyTagException
    with open(path, "rb") as file:
        for named in (path, None):
            file.seek(0)
            try:
                tag = TinyTag.get(named, file_obj=file)
            except (TinyTagException, ValueError, LookupError, TypeError, OverflowError):
                continue  # a broken tag, on which tinytag itself may fall
            return _file_tags(tag, id3_genres(file))
        return FileTags()


def clean(text: str | None) -> str | None:
    """A name as one line: NFC, no control characters, lone surrogates or byte order marks; None if blank."""
    if text is None:
        return None
    if not text.isprintable():
        marks = ((unicodedata.category(c), c) for c in text)
        text = "".join(" " if kind in ("Cc", "Zl", "Zp") else c for kind, c in marks if kind != "Cs")
        text = text.replace("\ufeff", "")
    return unicodedata.normalize("NFC", re.sub(" +", " ", text).strip())[:LONGEST].strip() or None


def split_genres(values: Iterable[str]) -> list[str]:
    """Genres as tags: split on `;`, `/`, `,`, `|` and zeros, numbers and non-words left out, each once."""
    found: dict[str, str] = {}
    for value in values:
        for piece in re.split(r"[;/,|\x00]", value):
            tag = unescaped(clean(piece) or "").removeprefix("& ")
            if tag.casefold() not in NO_TAGS and not re.fullmatch(r"\(?\d+\)?", tag):
                found.setdefault(tag.casefold(), tag)
    return list(found.values())


def year_of(values: Iterable[str]) -> int | None:
    """The year of the first date that has one, whatever its form (2011-11-22, 22.11.2011, 20111122)."""
    for value in values:
        if found := YEAR.search(value):
            return int(found[1])
    return None


def joined(values: Iterable[str]) -> str | None:
    """Several artists as one text, with commas; a name that stands in the text already is not added."""
    text = ""
    for value in values:
        for name in value.split("\x00"):
            tidy = clean(name)
            if tidy and not re.search(rf"{BREAK}\s*{re.escape(folded(tidy))}\s*{BREAK}", folded(text)):
                text = f"{text}, {tidy}" if text else tidy
    return text[:LONGEST] or None


def _file_tags(tag: TinyTag, genres: list[str] | None) -> FileTags:
    """Ours of tinytag's; genres from ID3 tags as they stand there, as tinytag keeps one of several."""
    isrc = re.sub(r"[^A-Z0-9]", "", (_values(tag, "isrc") or [""])[0].upper())
    mbid = next((m for f in RECORDING_FIELDS for v in _values(tag, f) if (m := UUID.search(v))), None)
    lyrics = [v for name in tag.other for v in tag.other[name] if "lyrics" in name.lower()]
    years = (v for f in YEAR_FIELDS for v in _values(tag, f))
    return FileTags(
        title=next((t for v in _values(tag, "title") if (t := clean(v))), None),
        artist=joined(_values(tag, "artist")),
        album=next((t for v in _values(tag, "album") if (t := clean(v))), None),
        album_artist=joined(_values(tag, "albumartist")),
        year=year_of(years),
        duration_s=tag.duration if tag.duration and 0 < tag.duration < 1e6 else None,
        tags=split_genres(
            v
            for f in TAG_FIELDS
            for v in (genres if f == "genre" and genres is not None else _values(tag, f))
        ),
        lyrics=next((t for v in lyrics if (t := song_texts.plain(v))), None),
        isrc=isrc if ISRC.fullmatch(isrc) else None,
        mbid=mbid[0].lower() if mbid else None,
        track_no=_number(tag.track),
        disc_no=_number(tag.disc),
        is_lossless=bool(tag.is_lossless),
        bitrate=tag.bitrate,
    )


def _number(value: int | None) -> int | None:
    """A track's or disc's number where it is one; 0 is none."""
    return value if value and 0 < value < 10_000 else None


def _values(tag: TinyTag, name: str) -> list[str]:
    """Every value of a field: the first, and the further ones that tinytag keeps apart."""
    first = getattr(tag, name, None) if name.isidentifier() else None
    values = [] if first is None else [str(first)]
    return values + [str(v) for key in (name, f"_{name}") for v in tag.other.get(key, [])]
