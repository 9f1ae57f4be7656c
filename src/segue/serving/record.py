"""A conversation as JSON and back: what the database keeps, so that a restart loses nothing."""

from dataclasses import asdict, replace
from typing import Any

from segue.data.catalogue import Turn
from segue.serving.chat import Conversation
from segue.understanding.heard import Heard
from segue.understanding.state import Comparison, DialogueState, Wish


def snapshot(talk: Conversation) -> dict[str, Any]:
    """Everything that a conversation has become."""
    turns = [[t.role, t.content, t.liked] for t in talk.turns]
    return {
        "turns": turns,
        "heard": list(talk.heard),
        "state": _kept(talk.state),
        "excluded": sorted(talk.excluded),
        "where": talk.where,
    }


def restore(talk: Conversation, kept: dict[str, Any]) -> Conversation:
    """The conversation that a snapshot was taken of, over a fresh one."""
    talk.turns = [Turn(role, content, liked) for role, content, liked in kept["turns"]]
    talk.heard = list(kept["heard"])
    state = _state(kept["state"])
    talk.state = state if talk.listener is None else talk.listener.resolved(state)
    talk.excluded, talk.where = set(kept["excluded"]), dict(kept["where"])
    return talk


def _kept(state: DialogueState) -> dict[str, Any]:
    """A state as JSON; which tracks plays are of is looked up anew."""

    def plain(wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
        # Masks over the catalogue: large, and found again from the words.
        return tuple(replace(w, found=None) for w in wishes)

    return asdict(replace(state, wishes=plain(state.wishes), lifted=plain(state.lifted)))


def _state(kept: dict[str, Any]) -> DialogueState:
    """The state that `_kept` wrote."""

    def wish(one: dict[str, Any]) -> Wish:
        return Wish(**_tuples(one) | {"heard": Heard(**one["heard"]) if one["heard"] else None})

    made = {name: tuple(wish(w) for w in kept[name]) for name in ("wishes", "lifted")}
    comparisons = tuple(Comparison(**_tuples(c)) for c in kept["comparisons"])
    listening = tuple(Heard(**h) for h in kept["listening"])
    return DialogueState(**_tuples(kept) | made | {"comparisons": comparisons, "listening": listening})


def _tuples(value: Any) -> Any:
    """JSON with tuples for lists."""
    if isinstance(value, dict):
        return {name: _tuples(v) for name, v in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
