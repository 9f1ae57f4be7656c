"""The JSON of tracks, wishes and answers: one shape for all doors."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NotRequired, TypeVar, cast
from urllib.parse import quote

from typing_extensions import TypedDict

from segue.kit.workspace import hash_of
from segue.serving.answer import Answer, Played, in_words
from segue.understanding.state import DialogueState, Wish

T = TypeVar("T")


def shaped(kind: type[T], row: object) -> T:
    """A row of the database as the shape whose fields it has, by name."""
    return cast(T, {name: getattr(row, name) for name in kind.__annotations__})


class TokenShape(TypedDict):
    """One music token."""

    modality: str
    code: int


class TrackShape(TypedDict):
    """A track as the catalogue knows it; `cover` and `media` are addresses."""

    track_id: str
    title: str
    artist: str
    album: str | None
    year: int | None
    duration_s: float | None
    tags: list[str]
    has_audio: bool
    cover: str | None
    media: str | None
    tokens: list[TokenShape]


class WhyShape(TypedDict):
    """Why a track was chosen: wishes that it meets and does not, and the words and tracks it came from."""

    met: list[str]
    unmet: list[str]
    came_from: list[str]


class CardShape(TrackShape):
    """A recommended track."""

    why: WhyShape
    score: NotRequired[float | None]


class WishShape(TypedDict):
    """One thing wanted or refused."""

    id: str
    kind: str
    words: str
    role: str
    text: str
    turn: int


class StateShape(TypedDict):
    """How a dialogue is understood."""

    text: str
    act: str
    wishes: list[WishShape]
    count: int
    unknown: list[str]
    note: str


class AnswerShape(TypedDict):
    """What is said and played to one message."""

    turn: int
    said: str
    act: str
    cards: list[CardShape]
    sentence: str
    state: StateShape
    dropped: list[str]
    seconds: float


def wish_id(wish: Wish) -> str:
    """A short name of a wish: the same for the same wish."""
    return hash_of(wish.kind, wish.words, wish.role, list(wish.values), wish.years)[:10]


def wish_shape(wish: Wish) -> WishShape:
    """A wish as JSON."""
    return WishShape(
        id=wish_id(wish), kind=wish.kind, words=wish.words, role=wish.role, text=str(wish), turn=wish.turn
    )


def state_shape(state: DialogueState) -> StateShape:
    """A state as JSON."""
    wishes = [wish_shape(w) for w in state.wishes]
    return StateShape(
        text=str(state),
        act=state.act,
        wishes=wishes,
        count=state.count,
        unknown=list(state.unknown),
        note=state.note,
    )


class Shaper:
    """Turns tracks and answers into JSON.

    Args:
        root: before every address ("/music" behind a proxy).
    """

    def __init__(self, tokens: Callable[[str], list[TokenShape]], root: str = "") -> None:
        self.tokens, self.root = tokens, root.rstrip("/")

    def track(self, row: Mapping[str, Any]) -> TrackShape:
        """A track from its row of the catalogue."""
        track_id, audio = str(row["track_id"]), bool(row.get("audio_path"))
        where = quote(track_id, safe="")
        return TrackShape(
            track_id=track_id,
            title=row.get("title") or track_id,
            artist=row.get("artist") or "",
            album=row.get("album"),
            year=row.get("year"),
            duration_s=row.get("duration_s"),
            tags=[str(t) for t in row.get("tags") or ()],
            has_audio=audio,
            cover=f"{self.root}/v1/covers/{where}" if audio else None,
            media=f"{self.root}/v1/media/{where}" if audio else None,
            tokens=self.tokens(track_id),
        )

    def card(self, played: Played) -> CardShape:
        """A recommended track."""
        why = WhyShape(
            met=[str(w) for w in played.met],
            unmet=[str(w) for w in played.unmet],
            came_from=list(played.came_from),
        )
        return CardShape(**self.track(played.row), why=why, score=played.score)

    def cards(self, played: Iterable[Played]) -> list[CardShape]:
        """Recommended tracks."""
        return [self.card(p) for p in played]

    def answer(self, answer: Answer, turn: int, said: str, seconds: float) -> AnswerShape:
        """An answer, the number of its turn, the words it answers, and how long it took."""
        return AnswerShape(
            turn=turn,
            said=said,
            act=answer.state.act,
            cards=self.cards(answer.tracks),
            sentence=answer.sentence,
            state=state_shape(answer.state),
            dropped=[in_words(d) for d in answer.dropped],
            seconds=round(seconds, 4),
        )
