"""What can be said to `segue import`, and to `segue build` of its first step."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from segue.importing.splits import SplitChoice
from segue.kit.settings import Flags


class Reading(Flags):
    """How a source is read, of which each takes what it knows, and what becomes of what it yields."""

    split: SplitChoice = "auto"
    """What the imported playlists and dialogues are for; "test" is never trained on. "auto" splits by date
    where there is one, by a stable hash of the id elsewhere."""
    validation: float | None = None
    """Share of the playlists and dialogues kept for validation under "auto"."""
    test: float | None = None
    """Share kept for test under "auto"."""
    table: Literal["tracks", "plays", "playlists", "dialogues"] = "tracks"
    """Which table a single file is (source tables)."""
    columns: Annotated[
        dict[str, str] | None, Parameter(help="our column = theirs: --columns.title=Song (source tables)")
    ] = None
    merge: bool = False
    """Tracks of the same artist and title are one, whatever their ids (source lastfm1k)."""
    latest: date = date(2009, 6, 30)
    """Later plays come from wrong clocks and are dropped (source lastfm1k)."""
    user: str | None = None
    """The listener's id where the files name none (spotify_history, listenbrainz, lastfm_export); "me" unless
    plays of "me" are there that may be somebody else's."""
    url: str | None = None
    """A server to import from: a Subsonic server (the password comes from SEGUE_SUBSONIC_PASSWORD), or
    https://api.listenbrainz.org."""
    also: Annotated[tuple[Path, ...], Parameter(show_default=False)] = ()
    """A further folder; repeat it for several (source folder)."""
    texts: bool = False
    """Plain texts without a recording are tracks too (source folder)."""
    albums: bool = True
    """Albums are playlists (source folder)."""
    keep_both: bool = False
    """An MP3 and a FLAC of one recording are two tracks (source folder)."""


class Options(Reading):
    """The same for an import alone, which can be tried first."""

    check: bool = False
    """Only say what would be imported and what left out, with examples; write nothing."""
