"""Every source in one table: to add one, write its file with `read(path) -> Tables` and its line here."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from segue.data.catalogue import Tables
from segue.kit.errors import SegueError


class Source(NamedTuple):
    """A line of the table."""

    name: str
    place: str
    """Module (below `segue.sources`) and function."""
    what: str
    shares: tuple[float, float] = (0.1, 0.1)
    """For validation and for the test, where nothing else is said."""

    @property
    def read(self) -> Callable[..., Tables]:
        """The function that reads it."""
        module, _, name = self.place.partition(":")
        found: Callable[..., Tables] = getattr(import_module(f"segue.sources.{module}"), name)
        return found

    def check_told(self, names: Iterable[str]) -> None:
        """Raise `SegueError` where an option is not of this source: it would be passed over."""
        known = {*inspect.signature(self.read).parameters, "split", "validation", "test", "check"}
        if strange := [name for name in sorted(names) if name not in known]:
            flags = ", ".join(f"--{name.replace('_', '-')}" for name in strange)
            cure = f"`segue import --help` says which source {flags} is for"
            raise SegueError(f"the source {self.name} knows no {flags}", cure=cure)


TABLE = (
    Source("folder", "folder.importer:read", "a folder of music"),
    Source("tables", "tables:read", "your own CSV, Parquet or JSON lines"),
    Source("spotify_history", "spotify_history:read", "the streaming history that Spotify sends you"),
    Source(
        "listenbrainz",
        "listenbrainz:read",
        "an export of ListenBrainz, lines of its dump, or a user by --url",
    ),
    Source("subsonic", "subsonic:read", "the library of a Subsonic server (Navidrome ...), by --url"),
    Source("lastfm_export", "lastfm_export:read", "Last.fm: ghan.nl, lastfm-to-csv, lastfm-backup"),
    Source("lastfm1k", "lastfm1k:read", "the two files of LastFM-1K"),
    Source("cpcd", "cpcd:read", "dialogues of the Conversational Playlist Curation Dataset", (0.15, 0.4)),
    Source("lme", "lme:read", "Cornell's playlists"),
    Source("mpd", "mpd:read", "slices of the Million Playlist Dataset"),
    Source("dataset", "dataset:read", "a data set that `segue export dataset` wrote"),
    Source("talkplay", "talkplay:read", "rows of TalkPlayData: user, music, assistant"),
    Source("feedback", "feedback:read", "what listeners did at segue's own server"),
    Source("demo", "demo.importer:read", "the embedded library; FROM is ignored: any word"),
)


def source(name: str) -> Source:
    """The line of a source, whose name may be written with hyphens.

    Raises:
        SegueError: there is none.
    """
    for line in TABLE:
        if line.name == name.replace("-", "_"):
            return line
    raise SegueError(f"no source {name!r}", cure=f"sources: {', '.join(line.name for line in TABLE)}")


def read(name: str, path: Path, options: Mapping[str, Any]) -> Tables:
    """What a source yields; of the options it gets those that it knows."""
    function = source(name).read
    known = inspect.signature(function).parameters
    return function(path, **{key: value for key, value in options.items() if key in known})
