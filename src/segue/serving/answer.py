"""An answer: tracks, a sentence, and why: which wishes each track meets, and where it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segue.understanding.index import Index
from segue.understanding.state import Comparison, DialogueState, Gone, Wish


@dataclass(frozen=True)
class Played:
    """One track of an answer.

    Args:
        met: wishes that it meets (what is refused is met by what has it not).
        unsure: wishes of which the catalogue does not know whether it meets them (no length, no year).
        came_from: the words and tracks that it was found by, in words.
    """

    track_id: str
    row: dict[str, Any]
    met: tuple[Wish, ...] = ()
    unmet: tuple[Wish, ...] = ()
    came_from: tuple[str, ...] = ()
    score: float | None = None
    unsure: tuple[Wish, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What is said and played to one utterance.

    Args:
        dropped: wishes that had to go because nothing meets them all.
    """

    tracks: tuple[Played, ...]
    sentence: str
    state: DialogueState
    dropped: tuple[Gone, ...] = ()

    @property
    def track_id(self) -> str | None:
        """The first track's id, None where nothing plays."""
        return self.tracks[0].track_id if self.tracks else None

    @property
    def why(self) -> str:
        """How it was understood, and what each track meets and does not, in lines."""
        lines = [str(self.state)]
        if self.dropped:
            lines.append("let go: " + ", ".join(in_words(d) for d in self.dropped))
        for played in self.tracks:
            lines.append(f"{played.row['title'] or played.track_id}:")
            lists = (("meets", played.met), ("does not meet", played.unmet), ("not known", played.unsure))
            for name, wishes in lists:
                lines += [f"  {name}: {', '.join(map(str, wishes))}"] if wishes else []
            lines += [f"  from: {'; '.join(played.came_from)}"] if played.came_from else []
        return "\n".join(lines)


def line_of(track: Mapping[str, Any]) -> str:
    """A track, of the catalogue or as JSON, in one line."""
    more = ", ".join(str(track[c]) for c in ("album", "year") if track.get(c))
    name = f"{track['title'] or track['track_id']} — {track['artist'] or 'unknown artist'}"
    return name + (f" ({more})" if more else "")


def in_words(wish: Gone) -> str:
    """A wish or a comparison in words."""
    return wish.dimension if isinstance(wish, Comparison) else str(wish)


def played(
    index: Index,
    track_id: str,
    state: DialogueState,
    dropped: Sequence[Gone],
    words: str,
    score: float | None = None,
) -> Played:
    """A track with the wishes that it meets and does not meet."""
    row = index.catalogue.rows[track_id]
    wishes = [*state.wishes, *state.resting, *(d for d in dropped if isinstance(d, Wish))]
    met = tuple(w for w in wishes if bool(index.meets(w)[row]) != w.refused)
    names = index.catalogue.tracks["title"]
    sources = [f"likeness to {names[r]}" for r in index.rows_of(state.like)]
    if state.listening:
        sources = [f"likeness to {heard}" for heard in state.listening]
    sources += [
        f"{c.dimension} than {names[r]}" for c in state.comparisons for r in index.rows_of(c.tracks)[:1]
    ]
    if words and not state.like:
        sources.insert(0, f"the words “{words}”")
    facts = index.catalogue.tracks.row(row, named=True)
    unsure = tuple(w for w in wishes if not known(index, row, w))
    met = tuple(w for w in met if w not in unsure)
    unmet = tuple(w for w in wishes if w not in (*met, *unsure))
    return Played(track_id, facts, met, unmet, tuple(sources), score, unsure)


def known(index: Index, row: int, wish: Wish) -> bool:
    """Whether the catalogue says enough of a track to tell if it meets a wish."""
    if wish.kind in ("length", "year"):
        return not np.isnan((index.seconds if wish.kind == "length" else index.era)[row])
    if wish.kind == "tempo" and wish.years:
        return not np.isnan(index.speed[row])
    return True
