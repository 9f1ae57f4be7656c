"""The dialogue state: what the words of a dialogue mean for a catalogue, whoever read them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from segue.data.catalogue import Turn
from segue.kit.arrays import Bools
from segue.understanding.heard import Heard

Role = Literal["required", "preferred", "refused"]
Act = Literal[
    "recommend", "refuse", "question", "repeat", "social", "take back", "more", "way", "blend", "edit"
]
Kind = Literal[
    "genre", "mood", "instrument", "voice", "tempo", "language", "country", "occasion", "year",
    "length", "artist", "title", "album", "track", "words", "listening",
]  # fmt: skip
Dimension = Literal[
    "older",
    "newer",
    "slower",
    "faster",
    "calmer",
    "louder",
    "sadder",
    "happier",
    "better known",
    "less known",
    "shorter",
    "longer",
]
NAMES: tuple[Kind, ...] = ("artist", "title", "album", "track")
EVERYBODY = "anybody who has played"
"""The words of a refusal of all artists that have played."""
Vague = Literal["", "anything", "lost", "unread"]
IMPORTANCE: tuple[Kind, ...] = (
    "words", "occasion", "mood", "tempo", "instrument", "voice", "length", "year", "genre", "country",
    "language", "listening", "track", "album", "artist", "title",
)  # fmt: skip
"""Kinds of wish, the least important first: what is dropped first where nothing meets them all."""

SOFT: tuple[Kind, ...] = ("mood", "occasion", "tempo", "instrument", "voice")
"""Kinds of wish that say how it sounds: they go when a new genre begins, and rest where refused."""


@dataclass(frozen=True)
class Wish:
    """One thing wanted or refused.

    Args:
        kind: of what it speaks.
        words: it in words, as it can be said in a sentence ("the 80s", "piano", "Queen").
        role: whether a track must have it, should have it, or must not.
        values: what meets it, any of them: tags, artists, languages, track ids, by the kind.
        years: first and last year, for a year; fewest and most seconds of a length, or
            beats a minute of a tempo; None: open.
        turn: the number of the turn, from 1, that asked for it.
        now: whether it holds for this turn only (a title that is asked for does not stay).
        heard: for `listening`, which of the listener's plays are meant.
        found: the tracks (n_tracks,) that those plays are of, once somebody has looked.
        firm: whether it holds for good, whatever genre comes ("from now on").
        alike: whether what is like it is refused with it ("nothing like them").
        but: what a refusal leaves alone ("no rap except Eminem").
    """

    kind: Kind
    words: str
    role: Role = "required"
    values: tuple[str, ...] = ()
    years: tuple[int | None, int | None] | None = None
    turn: int = 0
    now: bool = False
    heard: Heard | None = None
    found: Bools | None = field(default=None, compare=False, repr=False)
    alike: bool = False
    firm: bool = False
    but: tuple[Wish, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether tracks must not have it."""
        return self.role == "refused"

    def same(self, other: Wish) -> bool:
        """Whether both speak of the same thing, whatever is said of it."""
        mine, theirs = ((w.kind, w.values, w.years, w.heard) for w in (self, other))
        return mine == theirs

    def __str__(self) -> str:
        """The wish in words: "no disco", "nothing from the 1980s", "piano"."""
        no = "nothing of " if self.heard else "nothing like " if self.alike else "no "
        if self.kind == "year":
            no = (
                "nothing from "
                if self.words[:1].isdigit() or self.words.startswith(("the ", "recent"))
                else "nothing "
            )
        words = self.words.removeprefix("a ") if self.refused else self.words
        return {"refused": no, "preferred": "rather "}.get(self.role, "") + words


@dataclass(frozen=True)
class Comparison:
    """A track wanted that differs from another: the dimension, and the tracks it is compared with.

    Without tracks the utmost is wanted: the fastest of those that meet the wishes.
    """

    dimension: Dimension
    tracks: tuple[str, ...]


Gone = Wish | Comparison
"""What may be let go where nothing meets all that is wished."""


class Part(NamedTuple):
    """A part of a list: how many tracks, and what is wished of them beside what is wished of all."""

    n: int
    wishes: tuple[Wish, ...]


@dataclass(frozen=True)
class DialogueState:
    """What a dialogue means after its last turn.

    Args:
        act: what the last turn does.
        wishes: all that hold now, oldest first.
        unknown: names that were asked for and are not in the catalogue, as they were written.
        comparisons: how the next track differs from one that played or was named.
        like: ids of tracks whose likes are wanted ("like that", "similar to X").
        listening: the listener's plays whose likes are wanted ("more of what I had on this morning").
        ends: for a way and a blend, the track ids of each of its ends (a name has several).
        topic: for a question, the wishes that it speaks of ("how many by Queen", "is it sad").
        count: how many tracks are asked for.
        parts: of a list, the parts that are wished differently, in order.
        lasting: seconds that the tracks shall last in all, 0 where that is not said.
        order: what stands first of a list that is put in an order, "" where none is asked for.
        asked: for a question, what is asked: who, writer, title, year, album, genre, mood, tempo,
            instruments, language, voice, key, how many, previous, here.
        about: ids of the tracks that a question or a repetition is about; of an edit, those that stay.
        places: for an edit, where in the list other tracks come, from 0.
        rejected: ids of the tracks that this turn turns down.
        lifted: wishes that this turn took back.
        resting: refusals that stand back this turn and hold again at the next.
        rested: refusals of which the listener was told that they rest.
        against: refusals that stood in the way of a wish that was let go.
        listed: ids of the last list that was shown.
        undone: ids of the list before it was edited last.
        vague: "anything" where nothing is named; where nothing was understood, "unread" if the words may be
            those of a title, else "lost".
        turn: the number of the turn.
        reader: who read it; `note` says why it was not the one that was asked.
    """

    act: Act = "recommend"
    wishes: tuple[Wish, ...] = ()
    unknown: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    like: tuple[str, ...] = ()
    listening: tuple[Heard, ...] = ()
    ends: tuple[tuple[str, ...], ...] = ()
    topic: tuple[Wish, ...] = ()
    count: int = 1
    parts: tuple[Part, ...] = ()
    lasting: int = 0
    order: Dimension | Literal[""] = ""
    asked: str = ""
    about: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    rejected: tuple[str, ...] = ()
    lifted: tuple[Wish, ...] = ()
    resting: tuple[Wish, ...] = ()
    rested: tuple[Wish, ...] = ()
    against: tuple[Wish, ...] = ()
    listed: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    turn: int = 0
    reader: str = "built-in"
    note: str = ""
    said: str = field(default="", compare=False)
    vague: Vague = field(default="", compare=False)

    @property
    def required(self) -> tuple[Wish, ...]:
        """What a track must have."""
        return tuple(w for w in self.wishes if w.role == "required")

    @property
    def preferred(self) -> tuple[Wish, ...]:
        """What a track should have."""
        return tuple(w for w in self.wishes if w.role == "preferred")

    @property
    def refused(self) -> tuple[Wish, ...]:
        """What a track must not have."""
        return tuple(w for w in self.wishes if w.refused)

    @property
    def asks_music(self) -> bool:
        """Whether a track should play."""
        return self.act not in ("question", "social")

    def without(self, wish: Wish) -> DialogueState:
        """The state as if this had not been wished."""
        return replace(self, wishes=tuple(w for w in self.wishes if w is not wish and w != wish))

    def going_on(self, before: DialogueState) -> DialogueState:
        """The state with the way, the parts and the list of before where it goes on about them."""
        if self.act not in ("edit", "question", "social"):
            return self
        undone = self.undone or before.undone
        return self if self.ends else replace(self, ends=before.ends, parts=before.parts, undone=undone)

    def __str__(self) -> str:
        """The state in a few lines."""
        lines = [f"act: {self.act}" + (f" ({self.asked})" if self.asked else "")]
        for role in ("required", "preferred", "refused"):
            said = [f"{w.kind} {w.words}" for w in self.wishes if w.role == role]
            lines += [f"{role}: {', '.join(said)}"] if said else []
        lines += [f"not here: {', '.join(self.unknown)}"] if self.unknown else []
        lines += [f"compared: {c.dimension}" for c in self.comparisons]
        lines += [f"like: {h}" for h in self.listening]
        lines += [f"taken back: {', '.join(map(str, self.lifted))}"] if self.lifted else []
        lines += [f"resting: {', '.join(map(str, self.resting))}"] if self.resting else []
        lines += [f"how many: {self.count}"] if self.count > 1 else []
        parts = [f"{p.n} of {' and '.join(map(str, p.wishes))}" for p in self.parts]
        lines += [f"in parts: {', '.join(parts)}"] if parts else []
        return "\n".join([*lines, f"read by: {self.reader}" + (f" ({self.note})" if self.note else "")])


class Reader(ABC):
    """Who reads: an utterance and what held before in, the state after it out."""

    def read(self, messages: Sequence[Turn]) -> DialogueState:
        """What a dialogue means after its last utterance."""
        state, played = DialogueState(), []
        for turn in messages:
            if turn.role == "music":
                played.append(turn.content)
            elif turn.role == "user":
                state = self.step(turn.content, state, played)
        return state

    @abstractmethod
    def step(self, words: str, before: DialogueState, played: Sequence[str]) -> DialogueState:
        """What one more utterance makes of a state.

        Args:
            words: what the listener says now.
            before: what held until then.
            played: ids of what was played, oldest first.
        """
