"""The verb that measures: evaluate."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from segue.cli.console import show
from segue.cli.status import tell_stale
from segue.data.library import Library
from segue.evaluation.next_track_protocol import Protocol

Task = Literal["conversation", "next-track"]


def evaluate(
    workspace: Path,
    *,
    task: Task = "conversation",
    split: Literal["validation", "test"] = "test",
    model: list[str] | None = None,
    max_dialogues: int | None = 300,
    personal: float | None = None,
    published: bool = False,
    protocol: Annotated[Protocol | None, Parameter(name="*")] = None,
) -> None:
    """Measure every fitted model, and write reports/conversation or reports/next-track.

    Parameters
    ----------
    task
        conversation: rank all tracks at every request of the dialogues. next-track: rank all tracks at every
        held-out play of the listening log, or of the playlists.
    model
        Which; all that are there by default.
    max_dialogues
        How many dialogues at most (conversation), chosen by a stable hash.
    personal
        Add to every model a row with this weight of the listener's own plays (next-track).
    published
        Measure also under the published protocol, with the target once and twice (next-track).
    """
    library, chosen = Library.open(workspace), protocol or Protocol()
    if task == "conversation":
        _conversation(library, split, model, max_dialogues, chosen.seed)
    else:
        _next_track(library, split, model, chosen, personal, published)


def _conversation(
    library: Library,
    split: Literal["validation", "test"],
    names: list[str] | None,
    max_dialogues: int | None,
    seed: int,
) -> None:
    """The conversation task."""
    from segue.evaluation import conversation, report
    from segue.evaluation.tasks import CONVERSATION
    from segue.models.registry import load_all

    models = load_all(library, "conversation", names)
    tell_stale(library.workspace, *(f"models/{name}" for name in models))
    # A row that may repeat itself shows what the rule "never the same track twice" is worth.
    again = tuple(name for name in ("bm25",) if name in models)
    results = conversation.evaluate(
        library, models, split=split, max_dialogues=max_dialogues, seed=seed, again_allowed=again
    )
    limit = "" if max_dialogues == 300 else f" --max-dialogues {max_dialogues}"
    command = f"segue evaluate {library.where} --split {split}{limit} --seed {seed}"
    folder = report.write(CONVERSATION, library, results, command=command, split=split, seed=seed)
    show([*report.table_lines(CONVERSATION, results, seed=seed), f"report: {folder / 'report.md'}"])


def _next_track(
    library: Library,
    split: Literal["validation", "test"],
    names: list[str] | None,
    protocol: Protocol,
    personal: float | None,
    published: bool,
) -> None:
    """The next-track task."""
    from segue.evaluation import next_track, report
    from segue.evaluation.tasks import NEXT_TRACK
    from segue.models.counting.personal import Personal, WithPersonal
    from segue.models.registry import load_all

    models = load_all(library, "next-track", names)
    tell_stale(library.workspace, "sessions", *(f"models/{name}" for name in models))
    if personal is not None:
        more = {f"{n} + own plays": WithPersonal(m, Personal(weight=personal)) for n, m in models.items()}
        models = {**models, **more}
    results = next_track.evaluate(library, models, split=split, protocol=protocol)
    as_published = None
    if published:
        once = Protocol.as_published(seed=protocol.seed)
        as_published = next_track.evaluate(library, models, split=split, protocol=once)
    folder = report.write(
        NEXT_TRACK,
        library,
        results,
        protocol=protocol,
        command=" ".join(["segue", *sys.argv[1:]]),
        split=split,
        seed=protocol.seed,
        published=as_published,
    )
    lines = report.table_lines(NEXT_TRACK, results, seed=protocol.seed)
    show([*lines, f"report: {folder / 'report.md'}"])
