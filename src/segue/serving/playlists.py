"""Playlists that the server keeps: made by hand or from answers, extended, exported, imported."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import select

from segue.kit.errors import SegueError
from segue.models.recommender import top_rows
from segue.serving.answer import Played
from segue.serving.browse import Browse
from segue.serving.playlist_formats import FORMATS, Finder
from segue.serving.state import PlaylistRow, Store, found, now

UNNAMED = "Playlist"
MOST_TRACKS = 10_000


class Imported(NamedTuple):
    """A playlist that was read, and the entries that are not in the catalogue."""

    row: PlaylistRow
    missing: list[str]


class Playlists:
    """The playlists of a server."""

    def __init__(self, browse: Browse, store: Store) -> None:
        self.browse, self.store = browse, store
        self.finder = Finder(browse.catalogue)

    def every(self) -> Sequence[PlaylistRow]:
        """All of them, the latest first."""
        with self.store.session() as session:
            return session.scalars(select(PlaylistRow).order_by(PlaylistRow.updated_at.desc())).all()

    def read(self, playlist_id: str) -> PlaylistRow:
        """One of them; raises `NotHereError` where there is none of this id."""
        with self.store.session() as session:
            return found(session, PlaylistRow, playlist_id, "playlist")

    def make(self, name: str, track_ids: Sequence[str]) -> PlaylistRow:
        """A new playlist.

        Raises:
            SegueError: it is too long.
            NotHereError: a track is not here.
        """
        ids = self._checked(track_ids)
        row = PlaylistRow(id=uuid.uuid4().hex, name=name.strip() or UNNAMED, track_ids=ids, created_at=now())
        row.updated_at = row.created_at
        with self.store.session() as session:
            session.add(row)
        return row

    def change(
        self, playlist_id: str, name: str | None = None, track_ids: Sequence[str] | None = None
    ) -> PlaylistRow:
        """Give a playlist another name, or other tracks.

        Raises:
            NotHereError: there is none of this id, or a track is not here.
        """
        ids = None if track_ids is None else self._checked(track_ids)
        with self.store.session() as session:
            row = found(session, PlaylistRow, playlist_id, "playlist")
            row.name = row.name if name is None else name.strip() or UNNAMED
            row.track_ids = row.track_ids if ids is None else ids
            row.updated_at = now()
        return row

    def delete(self, playlist_id: str) -> None:
        """Delete a playlist; raises `NotHereError` where there is none of this id."""
        with self.store.session() as session:
            session.delete(found(session, PlaylistRow, playlist_id, "playlist"))

    def more(self, track_ids: Sequence[str], k: int = 5) -> list[Played]:
        """Tracks that go with a playlist: most like its last and its middle; artists take turns.

        Raises:
            SegueError: it has no track that is here.
        """
        rows = self.browse.index.rows_of(track_ids)
        if not rows:
            raise SegueError("an empty playlist cannot be extended", "", "put a track into it first")
        scores = self.browse.likeness.to(rows[-1:]) + self.browse.likeness.to(rows[-50:])
        scores = np.where(np.isin(np.arange(len(scores)), rows), -np.inf, scores).astype(np.float32)
        tracks, ids = self.browse.catalogue.tracks, self.browse.catalogue.ids
        order = top_rows(scores, min(len(scores), 2 * k), self.browse.tie_order)
        order = order[np.isfinite(scores[order])]
        artists = [tracks["artist"][int(r)] for r in order]
        first = sorted(range(len(order)), key=lambda n: (artists[:n].count(artists[n]), n))
        source = f"likeness to {tracks['title'][rows[-1]]} and the tracks before it"
        return [
            Played(
                str(ids[order[n]]),
                tracks.row(int(order[n]), named=True),
                came_from=(source,),
                score=float(scores[order[n]]),
            )
            for n in first[:k]
        ]

    def export(self, playlist_id: str, form: str) -> tuple[str, str, str]:
        """A playlist as text, its media type, and a name for its file.

        Raises:
            NotHereError: there is none of this id.
            SegueError: no such format.
        """
        if form not in FORMATS:
            raise SegueError(f"no format {form[:20]!r}", "format", f"formats: {', '.join(FORMATS)}")
        row, (write, kind) = self.read(playlist_id), FORMATS[form]
        plain = "".join(c if c.isalnum() or c in " -_" else "_" for c in row.name)[:80].strip() or UNNAMED
        return write(row.name, self.browse.rows(row.track_ids)), kind, f"{plain}.{form}"

    def take(self, raw: bytes | str, name: str = "") -> Imported:
        """Read a playlist file into a new playlist; what is not in the catalogue is told.

        Raises:
            SegueError: it is no list that can be read, or nothing of it is here.
        """
        said, ids, missing = self.finder.read(raw)
        if not ids:
            few = "; ".join(missing[:3])
            raise SegueError("no entry of the list is in this catalogue", "", f"it has: {few}" if few else "")
        return Imported(self.make(name or said, ids), missing)

    def _checked(self, track_ids: Sequence[str]) -> list[str]:
        if len(track_ids) > MOST_TRACKS:
            raise SegueError(f"{len(track_ids):,} tracks are too many", "", f"at most {MOST_TRACKS:,}")
        for track_id in track_ids:
            self.browse.row_number(track_id)
        return list(track_ids)
