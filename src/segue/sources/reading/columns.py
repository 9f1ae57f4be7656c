"""Columns that a table of the user's own lacks: ids made where there are none, and what may be meant."""

import shlex
from pathlib import Path

import polars as pl

from segue.data.account import Account
from segue.data.catalogue import REQUIRED, TRACKS
from segue.data.names import name_ids
from segue.kit.errors import SegueError
from segue.sources.reading import lists
from segue.sources.reading.cells import texts
from segue.sources.reading.delimited import LINE, key

ID_LIKE = ("id", "uri", "url", "key", "code")
"""How the names of columns end that may tell tracks apart."""
LIKELY = {
    "track_id": ("id", "trackuri", "uri", "songid", "spotifyid"),
    "title": ("name", "trackname", "tracktitle", "song", "songname", "songtitle", "track"),
    "artist": ("artists", "artistname", "artistnames", "performer", "by", "band", "singer", "composer"),
    "user_id": ("user", "userid", "username", "listener", "listenerid"),
    "played_at": ("timestamp", "ts", "time", "date", "datetime", "listenedat", "endtime", "utctime"),
    "playlist_id": ("playlist", "pid", "playlistname", "list", "name", "id"),
}
"""What others call our columns, the likeliest first, as `key` writes them."""


def with_ids(frame: pl.DataFrame, name: str, account: Account) -> pl.DataFrame:
    """Tracks with an id made of artist and title in every row, where no column may be one of ids."""
    if name != "tracks" or "track_id" in frame.columns or not {"title", "artist"} <= {*frame.columns}:
        return frame
    if _own_ids(frame):
        return frame
    account.note("no column of ids: each track's is made of its artist and title")
    artist, title = (texts(lists.plain(frame[c])).fill_null("") for c in ("artist", "title"))
    return frame.with_columns(name_ids(artist, title).set((artist + title) == "", None).alias("track_id"))


def no_column(name: str, missing: list[str], frame: pl.DataFrame, path: Path) -> SegueError:
    """What is said where columns are missing, with the flags for those that may be meant."""
    have = [c for c in frame.columns if c != LINE]
    keys = {key(c): c for c in reversed(have)}
    guess = {ours: next((keys[k] for k in LIKELY[ours] if k in keys), "NAME") for ours in missing}
    if guess.get("track_id") == "NAME" and name == "tracks":
        # Without one of ids, ids are made; see `with_ids`.
        guess |= {"track_id": own} if (own := _own_ids(frame)) else {}
        guess.pop("" if own or len(guess) == 1 else "track_id", None)
    flags = " ".join(shlex.quote(f"--columns.{ours}={theirs}") for ours, theirs in guess.items())
    cure = f"rename the column or map it with --columns: {flags}"
    if name == "plays":
        cure += "; is it a history of Last.fm, ListenBrainz or Spotify, use `segue import lastfm_export`, "
        cure += "`listenbrainz`, `spotify_history`"
    meant = (other for other, needed in REQUIRED.items() if {*needed} - {"position"} <= {*have})
    if other := next(meant, ""):
        cure = f"it may be one of {other}: --table {other}; else {cure}"
    what = f"the {name} table has no column {', '.join(missing)} (it has: {', '.join(have) or 'none'})"
    return SegueError(what, str(path), cure)


def _own_ids(frame: pl.DataFrame) -> str:
    """The first column of the user's own that is called as one of ids is; "" where there is none."""
    own = (c for c in frame.columns if c not in TRACKS and c != LINE)
    return next((c for c in own if key(c).endswith(ID_LIKE)), "")
