"""What a request has heard, with what is known of each play and of the moment it is asked."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.data.catalogue import Catalogue
from segue.data.log import Log
from segue.data.request import History, Request

HOUR = 3600 * 10**6


class Heard(NamedTuple):
    """Plays, oldest first.

    Args:
        rows: int64 (n,), rows of the catalogue.
        completion: float32 (n,), NaN where unknown.
        last: when the last play began, and `at` when the next one is asked for: microseconds since 1970, None
            where it is not known.
    """

    rows: NDArray[np.int64]
    completion: NDArray[np.float32]
    last: int | None = None
    at: int | None = None

    @property
    def pause(self) -> float | None:
        """Hours since the last play began."""
        return None if self.last is None or self.at is None else max(0.0, (self.at - self.last) / HOUR)

    @property
    def hour(self) -> int | None:
        """The hour of the day (UTC), 0 to 23."""
        return None if self.at is None else self.at // HOUR % 24


def of_request(catalogue: Catalogue, request: Request, most: int | None = None) -> Heard:
    """The plays, at most the last `most` of them, and accepted tracks that the catalogue knows."""
    history, times = request.history if most is None else request.history[-most:], None
    if isinstance(history, History):
        ids, ratios, times = history.ids.tolist(), history.completion.tolist(), history.times
    else:
        ids = [p.track_id for p in history]
        ratios = [np.nan if p.completion is None else p.completion for p in history]
    music = [t.content for t in request.messages if t.role == "music" and t.liked is not False]
    rows = catalogue.rows
    # Of tracks of a dialogue nobody knows how far they were heard.
    pairs = zip([*ids, *music], [*ratios, *[np.nan] * len(music)], strict=True)
    found = [(rows[i], ratio) for i, ratio in pairs if i in rows]
    last = int(times[-1]) if times is not None and len(times) else None
    completion = np.array([ratio for _, ratio in found], np.float32)
    return Heard(np.array([row for row, _ in found], np.int64), completion, last, request.at)


def of_event(log: Log, event: int, start: int) -> Heard:
    """What was heard before an event of a log whose listener's plays start at `start`."""
    last, at = (None, None) if log.times is None else (int(log.times[event - 1]), int(log.times[event]))
    return Heard(log.rows[start:event], log.completion[start:event], last, at)
