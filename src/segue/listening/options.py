"""The settings of `segue sessions`: every step of the published recipe, and how the plays are split."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError

from segue.kit.errors import SegueError
from segue.kit.settings import Settings

Limit = Annotated[int, Field(ge=0)] | None
Others = Literal["train", "drop", "keep"]
SplitRule = Literal["auto", "temporal", "within", "leave-one-out"]
PUBLISHED_TRUNCATION = 10
LIMITS = ("min_plays_user", "min_plays_track", "min_session", "truncate", "min_sessions", "min_events")
PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "published": {"truncate": PUBLISHED_TRUNCATION, "others": "drop", "split": "temporal"},
    "all": {**dict.fromkeys(LIMITS), "drop_repeats": False, "others": "keep"},
}
"""The recipe without its truncation; as published: ten plays a session, only listeners who can be tested;
every play, where sessions are numbered by the gap all the same."""


class SessionOptions(Settings):
    """The steps in their order; a limit of None or 0 leaves its step out.

    The defaults are the published values, but for truncation (off, as it throws half of the plays away)
    and `others`. Source: E4SRec spec 4.1 (steps) and 4.3 (split).
    """

    min_plays_user: Limit = 1000
    """Plays that a listener must have."""
    min_plays_track: Limit = 7
    """Plays that a track must have, counted once, after the listeners were chosen."""
    gap_s: float = Field(default=1200.0, gt=0, allow_inf_nan=False)
    """A pause longer than this ends a session, and says nothing about how long the track was heard."""
    drop_repeats: bool = True
    """Of a track only the first play within a session counts."""
    min_session: Limit = 10
    """Plays that a session must have."""
    truncate: Limit = None
    """Only so many first plays of a session count (published: 10)."""
    min_sessions: Limit = 50
    """Sessions that a listener must have."""
    count_on_train_only: bool = False
    """The limits count plays before the validation cut only, which is then that of all raw plays."""
    split: SplitRule = "auto"
    """"temporal": by the time of the play, one cut for all; "within": the last tenth of every listener's own
    plays for the test, a tenth of those before to validate; "leave-one-out": every listener's last play, and
    the one before. "auto" is "temporal", but "within" for fewer than 20 listeners."""
    validation_users: float = Field(default=0.1, ge=0, le=1)
    """Share of the listeners that hold out validation plays in a temporal split."""
    min_events: Limit = 5
    """Plays that a listener must have to hold any out in a temporal split."""
    others: Others = "train"
    """Listeners who cannot be tested in a temporal split: their plays before the test cut are for training
    and later ones dropped ("train"), all are dropped ("drop", as published), or each play stays in the part
    of its time ("keep")."""
    min_observations: int = Field(default=5, ge=1)
    """Training plays of known duration that a track needs for its length to be estimated."""
    full_at: float = Field(default=0.9, gt=0, le=1)
    """The completion ratio from which on a play is full."""
    seed: int = 42
    """Of the choice of validation listeners."""

    @classmethod
    def preset(cls, name: str = "default", **changes: Any) -> Self:
        """The options of one of `PRESETS`, with some changed.

        Raises:
            SegueError: no such preset or option, or a value out of range.
        """
        if name not in PRESETS:
            raise SegueError(f"no preset {name!r}", cure=f"use {', '.join(PRESETS)}")
        try:
            return cls.model_validate(PRESETS[name] | changes)
        except ValidationError as error:
            first = error.errors()[0]
            # The user typed a flag, not a field.
            option = "--" + str(first["loc"][0]).replace("_", "-") if first["loc"] else "options"
            raise SegueError(f"{first['msg']} (given: {first['input']!r})", option) from None
