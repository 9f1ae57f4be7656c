"""Talk to a catalogue: what was said and played is kept from turn to turn, in the terminal or elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from segue.catalogue import Catalogue, Turn
from segue.errors import SegueError
from segue.models.recommender import Recommender, Request
from segue.models.talkplay.model import TalkPlay
from segue.models.talkplay.reply import plain_words

HELP = """Say what you want to hear. Or:
  /no            not this one: something else for the same wish
  /more          keep going
  /not NAME      never play this artist here
  /where COLUMN VALUE   only tracks with this value (year 1980-1989, tags jazz, artist Queen)
  /where         lift the filters
  /list          what was played
  /quit          end"""
REFUSAL = re.compile(
    r"^(no\b|nope|nah|not (this|that|for me|my|really|quite|feeling)|skip|i (don'?t|do not) (like|want)|"
    r"something else|next\b|wrong|i'?m not feeling)",
    re.IGNORECASE,
)
AVOID = re.compile(
    r"\b(?:no more|nothing by|not by|without|anything but|except|exclude)\s+(.+)", re.IGNORECASE
)


class Conversation:
    """One dialogue with a recommender.

    Args:
        recommender: what recommends.
        speaker: what writes the sentences; None says only what plays.
    """

    def __init__(self, recommender: Recommender, speaker: TalkPlay | None = None) -> None:
        self.recommender, self.speaker = recommender, speaker
        self.catalogue: Catalogue = recommender.catalogue
        self.turns: list[Turn] = []
        self.excluded: set[str] = set()
        self.where: dict[str, Any] = {}
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
            rows = self.catalogue.tracks.filter(self.catalogue.tracks["artist"] == name)
            self.excluded.update(rows["track_id"])
        return name

    def refuse(self) -> None:
        """Mark the last track as not liked."""
        for place in range(len(self.turns) - 1, -1, -1):
            if self.turns[place].role == "music":
                self.turns[place] = Turn("music", self.turns[place].content, liked=False)
                return

    def ask(self, words: str) -> tuple[str | None, Iterator[str]]:
        """Say something: the id of the track to play (None: nothing is left), then the sentence in parts.

        The exchange is kept; the sentence joins it when it has been read to its end.
        """
        if REFUSAL.match(words):
            self.refuse()
        if named := AVOID.search(words):
            tail = plain_words(named.group(1))
            for length in range(len(tail), 0, -1):
                if self.avoid(" ".join(tail[:length])):
                    break
        self.turns.append(Turn("user", words))
        request = self.request()
        track_id = self.recommender.recommend([request], 1).ids[0, 0]
        if track_id is None:
            self.turns.pop()
            return None, iter(())
        return str(track_id), self._say(request, str(track_id))

    def request(self) -> Request:
        """What is asked now: everything said and played, and what must not come back."""
        exclude = frozenset(self.excluded | set(self.played))
        return Request(messages=tuple(self.turns), exclude=exclude, where=self.where)

    def _say(self, request: Request, track_id: str) -> Iterator[str]:
        self.turns.append(Turn("music", track_id, liked=True))
        if self.speaker is not None:
            text = self.speaker.say(request, track_id)
            self.turns.append(Turn("assistant", text))
            yield text


def parse_filter(column: str, value: str, catalogue: Catalogue) -> dict[str, Any]:
    """One filter from what was typed: `1980-1989` is a range, anything else a value.

    Raises:
        SegueError: the tracks have no such column.
    """
    if column not in catalogue.tracks.columns:
        names = ", ".join(catalogue.tracks.columns)
        raise SegueError(f"no track column {column!r}", cure=f"columns: {names}")
    if spread := re.fullmatch(r"(-?\d+)\s*-\s*(-?\d+)", value):
        return {column: {"min": int(spread[1]), "max": int(spread[2])}}
    if catalogue.tracks[column].dtype.is_numeric():
        try:
            return {column: float(value)}
        except ValueError:
            raise SegueError(f"{column} is a number, {value!r} is not") from None
    return {column: value}
