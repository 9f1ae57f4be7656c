"""A survey's scenarios: moments of test dialogues, and what two systems answer to them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from segue.data.catalogue import Catalogue, Dialogue, Split, Turn
from segue.data.library import Library
from segue.dialogues.format import Moment, moments
from segue.kit.errors import SegueError
from segue.kit.workspace import stable_fraction
from segue.models.registry import load
from segue.serving.chat import Conversation
from segue.serving.survey.store import Reply, Scenario

TRUTH = "truth"
"""The dialogue's own next track and sentence, as a system."""
System = Callable[[Dialogue, Moment], Reply | None]


@dataclass
class Drawn:
    """The scenarios that were found, and how many moments were left out for which reason."""

    scenarios: list[Scenario] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def draw(library: Library, systems: Sequence[str], n: int, *, split: Split = "test", seed: int = 0) -> Drawn:
    """Up to n scenarios: one moment a dialogue, dialogue and moment chosen by a stable hash.

    Every system is given the true dialogue before the moment. Left out and counted: moments that one of
    them does not answer, and those to which both answer with the same track (nothing is to be compared).

    Args:
        systems: two names of models, or "truth".

    Raises:
        SegueError: not two different systems, one is not fitted, or no scenario is found.
    """
    if len(set(systems)) != 2:
        raise SegueError("a survey compares two different systems", cure="--systems hybrid --systems truth")
    a, b = (system(library, name) for name in systems)
    drawn = Drawn()
    dialogues = library.catalogue.dialogues_of(split)
    for dialogue in sorted(dialogues, key=lambda d: stable_fraction(d.dialogue_id, seed)):
        if len(drawn.scenarios) >= n:
            break
        found = moments(dialogue)
        if not found:
            continue
        moment = found[int(stable_fraction(dialogue.dialogue_id, seed + 1) * len(found))]
        first, second = a(dialogue, moment), b(dialogue, moment)
        if first is None or second is None:
            drawn.left_out["not answered by both"] += 1
        elif first.track_id == second.track_id:
            drawn.left_out["same track from both"] += 1
        else:
            history = spoken(library.catalogue, moment.request.messages)
            drawn.scenarios.append(Scenario(dialogue.dialogue_id, moment.turn, history, first, second))
    if not drawn.scenarios:
        raise SegueError(f"no scenario in the {split} dialogues", library.where, "run `segue dialogues`")
    return drawn


def system(library: Library, name: str) -> System:
    """What answers a moment under a name; raises `SegueError` where it is not fitted."""
    if name == TRUTH:
        return lambda dialogue, moment: truth(library.catalogue, dialogue, moment)
    conversation = Conversation(load(library, name), library)

    def answer(dialogue: Dialogue, moment: Moment) -> Reply | None:
        talk = conversation.again()
        talk.resume(moment.request.messages[:-1])
        found = talk.ask(moment.request.messages[-1].content)
        return Reply(found.tracks[0].track_id, found.sentence) if found.tracks else None

    return answer


def truth(catalogue: Catalogue, dialogue: Dialogue, moment: Moment) -> Reply | None:
    """The track that was really played, with what was said to it; None where nothing was said."""
    start = len(moment.request.messages)
    after = dialogue.turns[start:]
    end = next((i for i, t in enumerate(after) if t.role == "user"), len(after))
    answered = [Turn("music", moment.targets[0]), *(t for t in after[:end] if t.role == "assistant")]
    said = spoken(catalogue, answered)
    sentence = " ".join(content for role, content in said if role == "assistant")
    return Reply(moment.targets[0], sentence) if sentence else None


def spoken(catalogue: Catalogue, turns: Sequence[Turn]) -> tuple[tuple[str, str], ...]:
    """Turns as (role, content), with the title and artist of the track last played in their places."""
    from segue.models.talkplay.reply import fill  # brings torch

    found: list[tuple[str, str]] = []
    row: int | None = None
    for turn in turns:
        content = turn.content
        if turn.role == "music":
            row = catalogue.rows.get(content, row)
        elif turn.role == "assistant" and row is not None:
            content = fill(content, catalogue.tracks.row(row, named=True))
        found.append((turn.role, content))
    return tuple(found)
