"""What a recommender is asked: the dialogue so far, what was heard before, exclusions and filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from segue.data.catalogue import Turn
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError


@dataclass(frozen=True)
class Play:
    """A listen in a request's history; `completion` in [0, 1] where it is known."""

    track_id: str
    completion: float | None = None


class History(Sequence[Play]):
    """Plays as two arrays that are not copied: a listener's thousands of prefixes cost nothing.

    Args:
        ids: track ids, object (n,), oldest first.
        completion: float32 (n,), NaN where unknown.
        times: when each play began, microseconds since 1970, int64 (n,); None where it is not known.
    """

    def __init__(
        self,
        ids: NDArray[np.object_],
        completion: NDArray[np.float32],
        times: NDArray[np.int64] | None = None,
    ) -> None:
        self.ids, self.completion, self.times = ids, completion, times

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> Play: ...
    @overload
    def __getitem__(self, index: slice) -> History: ...
    def __getitem__(self, index: int | slice) -> Play | History:
        """One play, or the history of a slice, again without a copy."""
        if isinstance(index, slice):
            times = None if self.times is None else self.times[index]
            return History(self.ids[index], self.completion[index], times)
        known = float(self.completion[index])
        # NaN, the one number that differs from itself: not known.
        return Play(self.ids[index], None if known != known else known)


class Wanted(Protocol):
    """What a dialogue state means for the tracks of a catalogue: a mask, and evidence."""

    @property
    def allowed(self) -> Bools:
        """Shape (n_tracks,): tracks that have all that is required and nothing that is refused."""

    @property
    def preference(self) -> Floats:
        """Shape (n_tracks,): how far each track meets what is preferred, 0 for not at all."""


@dataclass(frozen=True)
class Request:
    """What a recommender is asked.

    Args:
        messages: the dialogue so far, oldest first, ending with what the listener just said.
        history: plays before the dialogue, oldest first.
        exclude: track ids that must not come back.
        where: filters on track columns: a value, a list of values (any of them), `{"min": a, "max": b}`
            or `{"not": value or list}`. Text compares without case; a list column matches by its members.
        wanted: what the words mean, where somebody has understood them.
        at: when it is asked, microseconds since 1970; None where that does not matter.
    """

    messages: tuple[Turn, ...] = ()
    history: Sequence[Play] = ()
    exclude: frozenset[str] = frozenset()
    where: dict[str, Any] = field(default_factory=dict)
    wanted: Wanted | None = None
    at: int | None = None

    def __post_init__(self) -> None:
        """Raise `SegueError` where texts stand for plays, turns or ids."""
        rights = {
            "messages": "segue.Turn('user', WORDS)",
            "history": "segue.Play(ID)",
            "exclude": "{ID, ...}",
        }
        for name, right in rights.items():
            value = getattr(self, name)
            if isinstance(value, str) or (name != "exclude" and len(value) and isinstance(value[0], str)):
                raise SegueError("a text where none can be", f"Request({name}=...)", f"give {right}")

    @property
    def accepted(self) -> list[str]:
        """Ids of the tracks played and not disliked, oldest first, history before dialogue."""
        music = [t.content for t in self.messages if t.role == "music" and t.liked is not False]
        return [p.track_id for p in self.history] + music

    @property
    def rejected(self) -> list[str]:
        """Ids of the tracks of the dialogue that were disliked, oldest first."""
        return [t.content for t in self.messages if t.role == "music" and t.liked is False]

    @property
    def said(self) -> list[str]:
        """What the listener said, oldest first; the last is the current request."""
        return [t.content for t in self.messages if t.role == "user"]
