"""Import of playlists in the LME format of Cornell (yes_small, yes_big, yes_complete).

Source: Chen, Moore, Turnbull, Joachims, "Playlist Prediction via Metric Embedding", KDD 2012, and the README
of its data. Line 1 of a playlists file holds the songs' ids at their source, line 2 their counts, every
further line a playlist of integer ids.
"""

from pathlib import Path

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import Split, Tables
from segue.data.names import content_id
from segue.kit.errors import SegueError
from segue.sources.reading.text import decode
from segue.sources.tables import SCHEMAS

HEADER_LINES = 2


def read(path: Path) -> Tables:
    """Tracks with tags, and playlists; `test.txt` comes with the split `test`.

    The track id is the song's id at its source (line 1 of `train.txt`, or of the file given where there is
    no `train.txt` beside it), as it is the same in every data set of the family; the integer id where the
    source ids are not unique or not as many as the songs. The choice looks at `train.txt` alone, so that
    `train.txt` and `test.txt` always agree. Playlist ids are `lme-` and a hash of the tracks, so the same
    playlist is the same in every copy of the data; one that stands there twice counts once, in the test part.

    Args:
        path: the folder of `train.txt` and `test.txt` (one may be missing), or one playlists file; with
            `song_hash.txt`, and where there are tags `tags.txt` and `tag_hash.txt`, beside it.

    Raises:
        SegueError: a file is missing, empty or not of this form.
    """
    files = _files(path)
    folder = files[0].resolve().parent
    account = Account()
    songs = _songs(folder / "song_hash.txt", account)
    head = folder / "train.txt" if (folder / "train.txt").exists() else files[0]
    ids = _track_ids(head, len(songs), account)
    tracks = pl.DataFrame(
        {
            "track_id": ids,
            "title": [title for title, _ in songs],
            "artist": [artist for _, artist in songs],
            "tags": _tags(folder, len(songs), account),
        },
        schema={c: SCHEMAS["tracks"][c] for c in ("track_id", "title", "artist", "tags")},
    )
    taken: set[str] = set()
    # The test first: a playlist that stands in both parts must not be trained on.
    files.sort(key=lambda file: file.stem != "test")
    playlists = pl.concat([_playlists(file, ids, taken, account) for file in files])
    return Tables(tracks, playlists, dropped=+account)


def _files(path: Path) -> list[Path]:
    """The playlists files."""
    if not path.is_dir():
        return [path]
    files = [path / name for name in ("train.txt", "test.txt") if (path / name).exists()]
    if not files:
        raise SegueError("no train.txt here", str(path), "give the folder of an LME data set")
    return files


def _lines(path: Path, account: Account) -> list[str]:
    """The lines of a text file in any encoding; only a newline ends a line."""
    try:
        text = decode(path.read_bytes(), path.name, account).replace("\r\n", "\n")
    except OSError:
        raise SegueError("no such file", str(path), "an LME data set has it beside train.txt") from None
    if not text.strip():
        raise SegueError("the file is empty", str(path), "download it again")
    return text.removesuffix("\n").split("\n")


def _unescape(text: str) -> str:
    r"""Text without the escape that the data puts before a slash (`w\/` for `w/`); `-` alone is nothing."""
    text = text.replace("\\/", "/").strip()
    return "" if text == "-" else text


def _songs(path: Path, account: Account) -> list[tuple[str, str]]:
    """Title and artist of every song, by integer id."""
    songs = []
    for number, line in enumerate(_lines(path, account)):
        parts = line.split("\t")
        if len(parts) != 3 or parts[0].strip() != str(number):
            cure = "each line must be ID, title and artist with tabs between, ids from 0 on"
            raise SegueError(f"not a song ({line[:60]!r})", f"{path}:{number + 1}", cure)
        songs.append((_unescape(parts[1]), _unescape(parts[2])))
    return songs


def _track_ids(path: Path, n_songs: int, account: Account) -> list[str]:
    """The id of every song: the source's where they are good, the integer otherwise."""
    ids = _lines(path, account)[0].split()
    good = len(ids) == n_songs and len(set(ids)) == n_songs
    return ids if good else [str(n) for n in range(n_songs)]


def _tags(folder: Path, n_songs: int, account: Account) -> list[list[str] | None]:
    """The tags of every song, `None` where it has none."""
    if not (folder / "tags.txt").exists():
        return [None] * n_songs
    names = {}
    for number, line in enumerate(_lines(folder / "tag_hash.txt", account), 1):
        tag, comma, name = line.partition(",")
        if not comma:
            cure = "each line must be ID, name"
            raise SegueError(f"not a tag ({line[:60]!r})", f"{folder / 'tag_hash.txt'}:{number}", cure)
        names[tag.strip()] = _unescape(name)
    path = folder / "tags.txt"
    lines = _lines(path, account)
    if len(lines) != n_songs:
        raise SegueError(f"{len(lines)} lines for {n_songs} songs", str(path), "download it again")
    try:
        return [None if line.strip() == "#" else [names[t] for t in line.split()] for line in lines]
    except KeyError as error:
        raise SegueError(f"tag {error} is not in tag_hash.txt", str(path), "download both again") from None


def _playlists(path: Path, ids: list[str], taken: set[str], account: Account) -> pl.DataFrame:
    """The playlists of one file but those `taken` (which grows); of one track, and twice, is counted."""
    split: Split | None = "test" if path.stem == "test" else None
    rows: list[tuple[str, int, str, Split | None]] = []
    wrong: SegueError | None = None
    for number, line in enumerate(_lines(path, account)[HEADER_LINES:], HEADER_LINES + 1):
        place, songs = f"{path.name}:{number}", line.split()
        account.came["playlists"] += len(songs)
        if not all(song.isdecimal() and song.isascii() and len(song) < 10 for song in songs):
            cure = "from line 3 on, each line must be integer ids"
            wrong = wrong or SegueError(f"not a playlist ({line[:30]!r})", f"{path}:{number}", cure)
            reason = "line that is no playlist of integer ids"
            account.leave("playlists", reason, len(songs), [f"{place}: {line}"], shown=1)
            continue
        known = [ids[int(s)] for s in songs if int(s) < len(ids)]
        account.leave("playlists", "playlist entry with unknown track", len(songs) - len(known), [place])
        if len(known) < 2:
            account.leave("playlists", "playlist of fewer than two tracks", len(known), [place], shown=1)
            continue
        playlist_id = f"lme-{content_id(*known)}"
        if playlist_id in taken:
            account.leave("playlists", "playlist that stands there twice", len(known), [place], shown=1)
            continue
        taken.add(playlist_id)
        rows += [(playlist_id, n, track, split) for n, track in enumerate(known)]
    if wrong and not rows:
        raise wrong
    columns = ("playlist_id", "position", "track_id", "split")
    return pl.DataFrame(rows, schema={c: SCHEMAS["playlists"][c] for c in columns}, orient="row")
