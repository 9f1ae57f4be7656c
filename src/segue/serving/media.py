"""Recordings and covers: only files of the catalogue, and only inside the library's folders."""

import os
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from segue.serving.errors import NotHereError

TYPES = {
    ".mp3": "audio/mpeg", ".flac": "audio/flac", ".ogg": "audio/ogg", ".oga": "audio/ogg",
    ".opus": "audio/ogg", ".m4a": "audio/mp4", ".m4b": "audio/mp4", ".mp4": "audio/mp4",
    ".aac": "audio/aac", ".wav": "audio/wav", ".aif": "audio/aiff", ".aiff": "audio/aiff",
    ".wma": "audio/x-ms-wma",
}  # fmt: skip
IMAGES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n": "image/png",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
MOST_COVER = 20_000_000
"""Bytes of a picture."""


class Cover(NamedTuple):
    """A picture and its media type."""

    data: bytes
    kind: str


class Media:
    """The recordings of a catalogue that may leave the machine.

    Args:
        folders: whose recordings may; those in which the catalogue says that recordings lie without.
    """

    def __init__(self, tracks: pl.DataFrame, folders: Iterable[str] = ()) -> None:
        self._tracks, self._given = tracks, tuple(folders)
        self.covers = lru_cache(maxsize=64)(self._cover)

    @cached_property
    def _paths(self) -> dict[str, str]:
        pairs = self._tracks.select("track_id", "audio_path").drop_nulls()
        return {str(i): str(p) for i, p in pairs.iter_rows() if p}

    @cached_property
    def _folders(self) -> tuple[str, ...]:
        """Real paths of the folders; those of the catalogue hold only what lies right in them."""
        if self._given:
            return tuple(os.path.realpath(f) for f in self._given)
        return tuple({os.path.realpath(os.path.dirname(p)) for p in self._paths.values()})

    def file(self, track_id: str) -> tuple[Path, str]:
        """The file of a track and its media type.

        A link out of the library's folders, or a file that is no recording, is not served whatever the
        catalogue says.

        Raises:
            NotHereError: the track has no recording, or none that may be served.
        """
        path = self._paths.get(track_id)
        if path is None:
            raise NotHereError("this track has no recording here", "", "tracks with has_audio have one")
        # Resolved before it is compared: a link inside a folder may lead out of it.
        real = os.path.realpath(path)
        kind = TYPES.get(os.path.splitext(real)[1].casefold())
        if kind is None or not self._inside(real):
            cure = "start `segue serve` with --music FOLDER if it may be played"
            raise NotHereError("the recording lies outside the library's folders", "", cure)
        if not os.path.isfile(real):
            raise NotHereError("the recording is gone", "", "import the folder again")
        return Path(real), kind

    def _inside(self, real: str) -> bool:
        if self._given:
            return any(os.path.commonpath([real, folder]) == folder for folder in self._folders)
        return os.path.dirname(real) in self._folders

    def _cover(self, track_id: str) -> Cover:
        """The picture that a recording holds; `covers` remembers the last ones."""
        from tinytag import TinyTag, TinyTagException

        path, _ = self.file(track_id)
        try:
            image = TinyTag.get(path, image=True).images.any
        except (TinyTagException, OSError, ValueError):
            image = None
        data = image.data if image is not None else b""
        kind = next((k for magic, k in IMAGES.items() if data.startswith(magic)), None)
        # Told by its first bytes: what a tag claims to be a picture may be a page with a script.
        if kind is None or len(data) > MOST_COVER:
            raise NotHereError("the recording holds no picture", "", "")
        return Cover(data, kind)
