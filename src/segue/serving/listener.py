"""The listener one can talk as: their plays, what words mean among them, what they say of every track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import History, Request
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.listening.completion import completion_ratio, track_lengths
from segue.models.recommender import Recommender, is_fitted
from segue.models.registry import load
from segue.understanding.heard import Heard
from segue.understanding.heard_times import Window, window
from segue.understanding.state import DialogueState, Wish
from segue.understanding.text import key

FRESH = timedelta(days=30)
"""How old a log may be for "this morning" to mean today's; in an older one it is its last day's."""
FORGOTTEN = timedelta(days=90)
SKIPPED_AT = 0.5
"""Who leaves a track before half of it has skipped it."""
ALWAYS = 2 / 3
"""The share of a track's plays, at least two, that must be skips for "always"."""
UNLIKELY = 1 / 3
"""And what is less likely than this heard to its end is skipped, too, where that was learnt."""
MOST_LIKED = 50
"""Tracks whose likes are looked for at most, those played most."""
TASTE = 1.0
"""Weight of what the history says of a track beside the words (`benchmarks/history_and_words.py`)."""
MODELS = ("gated_history", "blend", "sasrec", "bert4rec", "gru4rec", "markov", "own_plays")
"""Recommenders from a history; the first that is fitted says what this listener plays next."""


class Listener:
    """One listener's plays up to a moment.

    Args:
        plays: of this listener alone, with the columns of `catalogue.plays`.
        taste: what ranks by a history; without one the history is evidence only where words speak of it.
        ends: scores by P(heard to its end), as `segue fit completion` does; without it only what was skipped
            before is known to be.
        now: the moment, with a zone; the clock by default, or the last play where the log ended long ago.
        zone: in which "morning" is meant; the machine's by default.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        plays: pl.DataFrame,
        user_id: str,
        taste: Recommender | None = None,
        *,
        ends: Recommender | None = None,
        now: datetime | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        self.catalogue, self.user_id, self.taste, self.ends = catalogue, user_id, taste, ends
        plays = plays.sort("played_at", maintain_order=True)
        plays = plays.filter(pl.col("track_id").is_in(list(catalogue.rows)))
        clock = now or datetime.now().astimezone()
        plays = plays.filter(pl.col("played_at") <= clock)
        if not plays.height:
            cure = "`segue import` brings plays; --user names whose they are"
            raise SegueError(f"no plays of {user_id!r} in this catalogue", cure=cure)
        local: list[datetime] = [t.astimezone(zone).replace(tzinfo=None) for t in plays["played_at"]]
        there = clock.astimezone(zone).replace(tzinfo=None)
        self.now = there if now is not None or there - local[-1] < FRESH else local[-1]
        # The moment as recommenders take it: microseconds, UTC.
        self.at = round((clock if self.now == there else plays["played_at"][-1]).timestamp() * 1e6)
        self.times = np.array(local, "datetime64[us]")
        self.rows = np.array([catalogue.rows[i] for i in plays["track_id"]], np.int64)
        self.ratio, self.exact = _completion(plays, catalogue)
        self.history = History(plays["track_id"].to_numpy().astype(object), self.ratio)

    @classmethod
    def of(cls, library: Library, user_id: str, taste: Recommender | None = None, **more: Any) -> Listener:
        """A listener of a library, with what ranks by a history: the first of `MODELS` that is fitted there;
        and with what is known of completion, where that is.

        Raises:
            SegueError: there are no plays of this listener.
        """
        plays = library.catalogue.plays
        mine = plays.filter(pl.col("user_id") == user_id)
        if not mine.height:
            known = plays["user_id"].value_counts(sort=True)["user_id"].head(8).to_list()
            cure = f"there are: {', '.join(known)}" if known else "import plays first"
            raise SegueError(f"no listener {user_id!r} here", library.where, cure)
        name = next((n for n in MODELS if is_fitted(library, n)), None) if taste is None else None
        taste = load(library, name) if name else taste
        if is_fitted(library, "completion"):
            more = {"ends": load(library, "completion")} | more
        return cls(library.catalogue, mine, user_id, taste, **more)

    # ------------------------------------------------------------------ what words mean

    def time(self, heard: Heard) -> Window | None:
        """The time that a reference speaks of, None for all of it."""
        return window(heard.when, self.now) if heard.when else None

    def counts(self, heard: Heard) -> Floats:
        """How often each track was played in the time of a reference, float32 (n_tracks,)."""
        time = self.time(heard)
        inside = self.rows if time is None else self.rows[time.holds(self.times)]
        return np.bincount(inside, minlength=len(self.catalogue)).astype(np.float32)

    def tracks(self, heard: Heard) -> Bools:
        """The tracks that a reference means, bool (n_tracks,); copies of a played track count as played.

        Often: at least twice, and among the quarter of what was played that was played most.
        """
        counts = self.counts(heard)
        if heard.how == "often":
            least = np.quantile(counts[counts > 0], 0.75) if counts.any() else 0
            return np.asarray(counts >= max(2, least))
        if heard.how == "skipped":
            return self.skipped
        if heard.how == "forgotten":
            lately = self.rows[self.times > np.datetime64(self.now - FORGOTTEN)]
            return np.asarray((counts > 1) & (np.bincount(lately, minlength=len(counts)) == 0))
        return np.asarray(counts > 0) if heard.when else self._copies(counts > 0)

    @cached_property
    def skipped(self) -> Bools:
        """The tracks left before half in two thirds of their plays, at least twice; exact seconds only.

        And those that this listener is unlikely to hear to their end, half of the catalogue at most.
        """
        n = len(self.catalogue)
        rows = self.rows[self.exact]
        skips = np.bincount(rows[self.ratio[self.exact] < SKIPPED_AT], minlength=n)
        found = (skips >= 2) & (skips >= ALWAYS * np.bincount(rows, minlength=n))
        if self.ends is not None:
            p = self.ends.score([Request(history=self.history)])[0]
            found |= p < min(UNLIKELY, float(np.median(p)))
        return np.asarray(found)

    def _copies(self, played: Bools) -> Bools:
        """Played tracks with those of the same artist and title."""
        names = self.catalogue.tracks.select("artist", "title").rows()
        known = {(key(names[r][0] or ""), key(names[r][1] or "")) for r in np.flatnonzero(played)}
        artists = {a for a, _ in known}
        same = [key(a or "") in artists and (key(a or ""), key(t or "")) in known for a, t in names]
        return np.asarray(played | np.array(same, bool))

    def resolved(self, state: DialogueState) -> DialogueState:
        """The state with every reference looked up; what this log does not tell is said to be unknown."""
        unknown, wishes = list(state.unknown), []
        for wish in state.wishes:
            if wish.heard is not None:
                if wish.heard.how == "skipped" and not self.exact.any():
                    unknown.append("record of what you skip")
                    continue
                time = self.time(wish.heard)
                words = str(replace(wish.heard, when=str(time or "")))
                wish = replace(wish, found=self.tracks(wish.heard), words=words)
            wishes.append(wish)
        like = list(state.like)
        for heard in state.listening:
            counts = self.counts(heard) * self.tracks(heard)
            rows = np.argsort(-counts, kind="stable")[: min(MOST_LIKED, int((counts > 0).sum()))]
            like += [str(i) for i in self.catalogue.ids[rows]]
            if not len(rows):
                unknown.append(f"plays {self.time(heard) or ''}".strip())
        return replace(state, wishes=tuple(wishes), like=tuple(like), unknown=tuple(dict.fromkeys(unknown)))

    # ------------------------------------------------------------------ what the history says

    def ranks_beside(self, recommender: Recommender) -> bool:
        """Whether the history is evidence beside a recommender's words, and no part of what it is asked."""
        return self.taste is not None and recommender.name not in MODELS

    def evidence(self, recommender: Recommender, request: Request, state: DialogueState) -> Floats:
        """What the history says of every track beside words, float32 (n_tracks,)."""
        more = np.zeros(len(self.catalogue), np.float32)
        if self.taste is not None and self.ranks_beside(recommender):
            asked = replace(request, history=self.history, wanted=None, at=self.at)
            more += TASTE * standard(self.taste.score([asked])[0])
        for wish in state.wishes:
            if wish.heard is not None and not wish.refused:
                more += np.log1p(self.counts(wish.heard))
        return more

    def says(self, wishes: Sequence[Wish], row: int) -> str:
        """What is true of a track among the plays, where the wishes speak of them; "" for nothing."""
        for wish in wishes:
            if wish.heard is None or wish.heard.how == "skipped":
                continue
            time, n = self.time(wish.heard), int(self.counts(wish.heard)[row])
            if n == 0:
                return f"It is not among your plays{f' {time}' if time else ''}."
            if wish.heard.how == "forgotten":
                last = self.times[self.rows == row].max().astype(datetime)
                return f"You last played it on {last.day} {last:%B %Y}."
            often = {1: "once", 2: "twice"}.get(n, f"{n} times")
            return f"You played it {often}{f' {time}' if time else ''}."
        return ""


def unheard(state: DialogueState) -> DialogueState:
    """The state where nobody's plays are known: references to them are said to be unknown."""
    if not state.listening and not any(w.heard for w in state.wishes):
        return state
    wishes = tuple(w for w in state.wishes if w.heard is None)
    return replace(state, wishes=wishes, listening=(), unknown=(*state.unknown, "listening history"))


def standard(scores: Floats) -> Floats:
    """Scores (n_tracks,) as distances from their mean in spreads; shares (they sum to 1) as logarithms."""
    known = np.isfinite(scores)
    found = np.where(known, scores, scores[known].min() - 1).astype(np.float64)
    if found.min() >= 0 and abs(found.sum() - 1) < 0.01:
        # Shares multiply; what has none is worth a tenth of an even share.
        found = np.log(found + 0.1 / len(found))
    return np.asarray((found - found.mean()) / (found.std() or 1.0), np.float32)


def _completion(plays: pl.DataFrame, catalogue: Catalogue) -> tuple[Floats, Bools]:
    """The completion ratio of each play, NaN where unknown, and where exact seconds say it."""
    durations = catalogue.tracks.select("track_id", "duration_s")
    durations = durations.filter(pl.col("track_id").is_in(plays["track_id"].unique().to_list()))
    given = track_lengths(plays, durations, pl.repeat(True, plays.height, eager=True), gap_s=1200.0)
    found = completion_ratio(plays, given)
    exact = found["basis"].cast(pl.String).str.starts_with("seconds") & found["completion"].is_not_null()
    return found["completion"].fill_null(float("nan")).to_numpy(), exact.to_numpy()
