"""The listener's own plays: what was played most, and what was played last."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segue.kit.arrays import Floats
from segue.models.counting.base import CountingSettings, Listening, decayed


class OwnSettings(CountingSettings):
    """See `Settings`; popularity only orders what the listener never played."""

    backoff: float = 1e-6
    recency: float = 0.1
    """Added to a track's plays, divided by the plays since its latest one. Below 1 it only orders tracks that
    were played equally often.
    """


class OwnPlays(Listening[OwnSettings]):
    """How often the listener played each track in the request's history, recent plays first among equals."""

    name = "own_plays"
    settings_type = OwnSettings

    def evidence(self, plays: Sequence[NDArray[np.int64]]) -> Floats:
        """Plays of each track, the newer ones a little more."""
        n = len(self.catalogue)
        found = latest(plays, n)
        # A share of at most `recency` < 1, so that one more play always outweighs it.
        found *= np.float32(self.settings.recency)
        found += decayed(plays, 1.0, n).toarray()
        return found


class RecentSettings(OwnSettings):
    """See `OwnSettings`."""

    last: int | None = 50


class RecentPlays(OwnPlays):
    """`OwnPlays` over the last 50 plays alone."""

    name = "recent_plays"
    settings_type = RecentSettings


class LastSettings(CountingSettings):
    """See `Settings`; popularity only orders what the listener did not play lately."""

    last: int | None = 1000
    backoff: float = 1e-9


class LastTrack(Listening[LastSettings]):
    """The tracks of the history by how lately they were played: the last track first."""

    name = "last_track"
    settings_type = LastSettings

    def evidence(self, plays: Sequence[NDArray[np.int64]]) -> Floats:
        """1 / (plays since the track was last played, itself included)."""
        return latest(plays, len(self.catalogue))


def latest(plays: Sequence[NDArray[np.int64]], n_tracks: int) -> Floats:
    """1 / (plays since each track's latest play, itself included), 0 without; (n_requests, n_tracks)."""
    found = np.zeros((len(plays), n_tracks), np.float32)
    for row, played in zip(found, plays, strict=True):
        # Assignment to a repeated index keeps the last value: the latest play.
        row[played] = 1 / np.arange(len(played), 0, -1)
    return found
