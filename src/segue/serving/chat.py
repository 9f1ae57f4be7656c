"""Talk to a catalogue: what was said and played is kept from turn to turn, in the terminal or elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from segue.data.catalogue import Catalogue, Turn
from segue.data.request import Request
from segue.kit.errors import SegueError
from segue.models.recommender import Recommender
from segue.models.talkplay.model import TalkPlay
from segue.models.talkplay.reply import plain_words

REFUSAL = re.compile(
    r"^(no\b|nope|nah|not (this|that|for me|my|really|quite|feeling)|skip|i (don'?t|do not) (like|want)|"
    r"something else|next\b|wrong|i'?m not feeling)",
    re.IGNORECASE,
)
AVOID = re.compile(
    r"\b(?:no more|nothing by|not by|without|anything but|except|exclude)\s+(.+)", re.IGNORECASE
)
SPREAD = re.compile(r"(-?\d+)\s*(?:-|–|to)\s*(-?\d+)")
DECADE = re.compile(r"(\d{3}0)s")


class Conversation:
    """One dialogue with a recommender.

    Args:
        recommender: what recommends.
        speaker: what writes the sentences; where it is None they only state what is known of the track.
    """

    def __init__(self, recommender: Recommender, speaker: TalkPlay | None = None) -> None:
        self.recommender, self.speaker = recommender, speaker
        self.catalogue: Catalogue = recommender.catalogue
        self.turns: list[Turn] = []
        self.excluded: set[str] = set()
        self.where: dict[str, Any] = {}
        self.avoided: list[str] = []
        """Artists that never play again here, in the order they were named."""
        artists = self.catalogue.tracks["artist"].to_list()
        self.artists = {" ".join(plain_words(a)): a for a in artists if a}

    @property
    def played(self) -> list[str]:
        """Ids of what was played, oldest first."""
        return [t.content for t in self.turns if t.role == "music"]

    def avoid(self, artist: str) -> str | None:
        """Never play an artist again here; returns the name as the catalogue has it, None if unknown."""
        name = self.artists.get(" ".join(plain_words(artist)))
        if name is not None:
            rows = self.catalogue.tracks.filter(pl.col("artist").str.to_lowercase() == name.lower())
            self.excluded.update(rows["track_id"])
            if name not in self.avoided:
                self.avoided.append(name)
        return name

    def refuse(self) -> None:
        """Mark the last track as not liked."""
        for place in range(len(self.turns) - 1, -1, -1):
            if self.turns[place].role == "music":
                self.turns[place] = Turn("music", self.turns[place].content, liked=False)
                return

    def ask(self, words: str) -> tuple[str | None, Iterator[str]]:
        """Say something: the id of the track to play (None: nothing is left), then the sentence in parts.

        The request and its track are kept at once (neither where nothing is left), the sentence when it has
        been read to its end.
        """
        if REFUSAL.match(words):
            self.refuse()
        if named := AVOID.search(words):
            tail = plain_words(named.group(1))
            for length in range(len(tail), 0, -1):
                if self.avoid(" ".join(tail[:length])):
                    break
        request = self.request(words)
        track_id = self.recommender.recommend([request], 1).ids[0, 0]
        if track_id is None:
            return None, iter(())
        self.turns += [Turn("user", words), Turn("music", str(track_id), liked=True)]
        return str(track_id), self._say(request, str(track_id))

    def request(self, words: str | None = None) -> Request:
        """What is asked now: everything said (and `words`) and played, and what must not come back."""
        messages = self.turns if words is None else [*self.turns, Turn("user", words)]
        exclude = frozenset(self.excluded | set(self.played))
        return Request(messages=tuple(messages), exclude=exclude, where=dict(self.where))

    def left(self) -> int:
        """How many tracks could still be played."""
        return int(self.recommender.allowed(self.request()).sum())

    def filter_by(self, wanted: dict[str, Any]) -> int:
        """Add filters; returns how many tracks are left. Where none is, the filters stay as they were."""
        before, self.where = self.where, self.where | wanted
        left = self.left()
        if left == 0:
            self.where = before
        return left

    def _say(self, request: Request, track_id: str) -> Iterator[str]:
        row = self.catalogue.tracks.row(self.catalogue.rows[track_id], named=True)
        text = facts(row) if self.speaker is None else self.speaker.say(request, track_id)
        yield text
        self.turns.append(Turn("assistant", text))


def facts(row: dict[str, Any]) -> str:
    """A plain sentence of what the catalogue knows of one track."""
    text = f"Here is “{row['title'] or row['track_id']}”"
    text += f" by {row['artist']}" if row["artist"] else ""
    text += f" from {row['year']}" if row.get("year") else ""
    tags = (row.get("tags") or [])[:3]
    return text + (f", tagged {', '.join(tags)}" if tags else "") + "."


def parse_filter(column: str, value: str, catalogue: Catalogue) -> dict[str, Any]:
    """One filter from what was typed: `1980-1989` and `1980s` are ranges, anything else a value.

    Raises:
        SegueError: the tracks have no such column, or it cannot hold the value.
    """
    if column not in catalogue.tracks.columns:
        names = ", ".join(catalogue.tracks.columns)
        raise SegueError(f"no track column {column!r}", cure=f"columns: {names}")
    if not value:
        raise SegueError(f"no value to filter {column} by", cure=f"write `/where {column} VALUE`")
    kind = catalogue.tracks.schema[column]
    if kind.is_numeric():
        return {column: _number(column, value)}
    if kind == pl.Boolean:
        return {column: value.casefold() in ("true", "yes", "1")}
    if kind not in (pl.String, pl.List(pl.String)):
        raise SegueError(f"cannot filter by {column}, it holds {kind}", cure="choose another column")
    return {column: value}


def _number(column: str, value: str) -> Any:
    """A number, or a range of numbers."""
    if spread := SPREAD.fullmatch(value):
        return {"min": int(spread[1]), "max": int(spread[2])}
    if decade := DECADE.fullmatch(value):
        return {"min": int(decade[1]), "max": int(decade[1]) + 9}
    try:
        return float(value)
    except ValueError:
        cure = "write a number or a range, as 1980-1989"
        raise SegueError(f"{column} is a number, {value!r} is not", cure=cure) from None
