"""What the names of a file and its folders say of a track, where its tags do not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

NUMBERED = re.compile(r"(?:(\d)[-.])?(\d{1,3})(?:\s+[-.)_]\s*|[-.)_](?:\s+|(?!\d))|\s+)(?=\S)")
"""A track's number at the start of a name, perhaps behind the disc's: `07 - `, `7. `, `1-07 `."""
DISC = re.compile(r"(?:cd|dis[ck]|disque)\s*[-_#]?\s*(\d{1,2})\b.*", re.IGNORECASE)
YEAR = re.compile(r"[(\[]((?:19|20)\d\d)[)\]]|^((?:19|20)\d\d)\s*-\s*")


@dataclass(frozen=True)
class Named:
    """What names say; None for what they do not."""

    title: str
    artist: str | None = None
    album: str | None = None
    year: int | None = None
    track_no: int | None = None
    disc_no: int | None = None


def from_names(parts: Sequence[str]) -> Named:
    """What the path below the folder that was given says.

    The file: `NN - Title`, `Artist - Title`, `NN - Artist - Title`, `Artist - Album - NN - Title`. Its
    folders: `Artist - Album`, or `Artist/Album`; a single folder is the album of numbered files, else the
    artist of files that name none. Folders such as `CD 2` say the disc.

    Args:
        parts: the folders below the one that was given, and the file's name.
    """
    folders, disc = list(parts[:-1]), None
    while folders and (found := DISC.fullmatch(folders[-1].strip())):
        disc = disc or int(found[1])
        folders.pop()
    title, artist, album, number, own_disc = _from_file(PurePath(parts[-1]).stem)
    year = None
    if folders:
        folder_artist, folder_album, year = _from_folders([_spaced(name) for name in folders])
        if len(folders) == 1 and folder_artist is None and number is None:
            artist = artist or folder_album  # a folder of loose files: its name is the artist's, if anyone's
        else:
            artist, album = artist or folder_artist, album or folder_album
    return Named(title, artist, album, year, number, disc or own_disc)


def _from_file(stem: str) -> tuple[str, str | None, str | None, int | None, int | None]:
    """Title, artist, album, number, disc."""
    text = _spaced(stem)
    number, disc, rest = _number(text)
    pieces = [piece.strip() for piece in re.split(r"\s+[-\u2013\u2014]\s+", rest) if piece.strip()]
    if not pieces:
        return text, None, None, None, None
    if number is None and len(pieces) > 2:  # Artist - Album - 07 - Title, Artist - 07 - Title
        place = next((i for i, piece in enumerate(pieces[1:-1], 1) if re.fullmatch(r"\d{1,3}", piece)), None)
        if place is not None:
            album = pieces[1] if place > 1 else None
            return " - ".join(pieces[place + 1 :]), pieces[0], album, int(pieces[place]), None
    artist = pieces[0] if len(pieces) > 1 else None
    return " - ".join(pieces[1:]) or pieces[0], artist, None, number, disc


def _number(text: str) -> tuple[int | None, int | None, str]:
    """The number and the disc that a name begins with, and the rest of it."""
    found = NUMBERED.match(text)
    is_bare = found is not None and not re.search(r"[-.)_]", found[0]) and not found[0].startswith("0")
    if found is None or is_bare:  # "99 Luftballons" and "7 Rings" are titles, "07 Rings" is numbered
        return None, None, text
    return int(found[2]), int(found[1]) if found[1] else None, text[found.end() :]


def _from_folders(folders: list[str]) -> tuple[str | None, str, int | None]:
    """Artist, album, year."""
    name = folders[-1]
    found = YEAR.search(name)
    year = int(found[1] or found[2]) if found else None
    name = YEAR.sub("", name).strip(" -") or name
    artist, dash, album = name.partition(" - ")
    if dash and album.strip():
        return artist.strip(), album.strip(), year
    return (folders[-2] if len(folders) > 1 else None), name, year


def _spaced(name: str) -> str:
    """The name with blanks for underscores, where these stand for blanks."""
    return " ".join((name if " " in name else name.replace("_", " ")).split())
