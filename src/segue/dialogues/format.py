"""A dialogue as requests: one request for each time the listener speaks and music follows."""

from dataclasses import dataclass

from segue.data.catalogue import Dialogue, Turn
from segue.data.request import Request


@dataclass(frozen=True)
class Moment:
    """One moment of a dialogue at which music is asked for, and what then happened."""

    dialogue_id: str
    turn: int
    """Number of this moment in its dialogue, from 1."""
    request: Request
    """The dialogue up to and with the current request; tracks played earlier are excluded."""
    targets: tuple[str, ...]
    """Tracks that were accepted (not disliked) before the listener spoke again."""
    dislikes: tuple[str, ...]


def moments(dialogue: Dialogue) -> list[Moment]:
    """Every moment of the dialogue with at least one target, true history before it. Source: TalkPlay 4.

    Targets that were played before are no targets (a recommender is asked for something new).
    """
    found: list[Moment] = []
    seen: list[str] = []
    turns = dialogue.turns
    for start, end in _answers(turns):
        music = [t for t in turns[start:end] if t.role == "music" and t.content not in seen]
        targets = tuple(dict.fromkeys(t.content for t in music if t.liked is not False))
        dislikes = tuple(dict.fromkeys(t.content for t in music if t.liked is False))
        if targets:
            # The true dialogue, whatever a model would have played: all models are asked the same.
            request = Request(messages=turns[:start], exclude=frozenset(seen))
            found.append(Moment(dialogue.dialogue_id, len(found) + 1, request, targets, dislikes))
        seen += [t.content for t in music]
    return found


def _answers(turns: tuple[Turn, ...]) -> list[tuple[int, int]]:
    """The stretches (start, end) between the end of a user's speech and the next one."""
    users = [i for i, t in enumerate(turns) if t.role == "user"]
    stretches = []
    for place, i in enumerate(users):
        end = users[place + 1] if place + 1 < len(users) else len(turns)
        if end > i + 1:
            stretches.append((i + 1, end))
    return stretches
