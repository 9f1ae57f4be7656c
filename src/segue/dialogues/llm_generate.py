"""Dialogues written by a language model behind an OpenAI-compatible URL, from playlists. Source: TalkPlay 3.

Every answer is kept before it is looked at: a run that was stopped, killed or out of budget goes on where it
was, and no answer is paid for twice.
"""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field

from segue.data import stages
from segue.data.catalogue import Catalogue, Dialogue
from segue.dialogues.llm_answer import RefusedError, read
from segue.dialogues.llm_plan import Answers, Plan, answers_of, budget_of, key_of
from segue.dialogues.llm_prompt import Task, plain_schema
from segue.dialogues.quality import quality, samples
from segue.kit.asking import Budget, SpentError, each_answer
from segue.kit.completions import FailedError, Limits, Server, StoppedError, Usage, formats
from segue.kit.workspace import Workspace, whole_directory, write_json

REPORT = "dialogues-llm"
NONE_OF = 50
"""Dialogues of which at least one must be usable, else the run ends."""
LARGEST = 400_000
"""Bytes of an answer."""
AGAIN = "That answer cannot be used: {}. Send the whole JSON object again, by the rules, and only it."


@dataclass(frozen=True)
class Outcome:
    """What became of one dialogue: written, refused, or without an answer."""

    task: Task
    dialogue: Dialogue | None = None
    refused: tuple[str, ...] = ()
    """Why its answers could not be used, the last reason last."""
    mended: Counter[str] = field(default_factory=Counter)
    failed: str = ""
    spent: bool = False
    """The budget had no room for its next call."""


def generate(workspace: Workspace, plan: Plan) -> list[str]:
    """Ask for what is missing, write what is usable into the catalogue and a report; returns lines to show.

    Dialogues of an earlier run with the same ids are replaced, all others stay.

    Raises:
        SegueError: a server that refuses us or never answers with anything usable, or another run is asking.
    """
    answers, outcomes = answers_of(workspace, plan.options), dict[str, Outcome]()
    with answers:
        budget, before = budget_of(plan, answers), answers.usage.requests
        try:
            _ask_all(plan, answers, budget, outcomes)
        finally:
            lines = _write(workspace, plan, outcomes, answers, answers.usage.requests - before)
    if any(o.spent for o in outcomes.values()):
        lines.append(f"the budget of {budget} is spent; with a larger one the same command goes on")
    return lines


def _ask_all(plan: Plan, answers: Answers, budget: Budget, outcomes: dict[str, Outcome]) -> None:
    """Every dialogue's outcome, as far as patience and budget go."""
    o = plan.options
    limits = Limits(timeout=o.timeout, tries=o.tries, total=o.timeout, largest=LARGEST)
    server = Server(o.url, formats("dialogue", plain_schema()), limits)
    rows = plan.catalogue.tracks.select("track_id", "title", "artist").iter_rows()
    names = {i: (str(title or ""), str(artist or "")) for i, title, artist in rows}
    asker = _Asker(plan, answers, budget, server, names)
    found = each_answer(
        plan.tasks, asker.ask, lambda x: x.failed, server=server, workers=o.workers, label="dialogues"
    )
    with closing(found):
        for outcome in found:
            outcomes[outcome.task.dialogue_id] = outcome
            # A model that cannot do it at all is found out before it has cost much.
            if len(outcomes) == NONE_OF and not any(x.dialogue for x in outcomes.values()):
                reasons = Counter(x.refused[-1] for x in outcomes.values() if x.refused)
                told = ", ".join(f"{n} x {reason}" for reason, n in reasons.most_common(3))
                cure = "look at dialogues/llm-answers.jsonl there; a larger model may do"
                raise StoppedError(f"none of {NONE_OF} dialogues could be used ({told})", o.url, cure)


@dataclass(frozen=True)
class _Asker:
    """Asks for one dialogue at a time; shared between threads."""

    plan: Plan
    answers: Answers
    budget: Budget
    server: Server
    names: dict[str, tuple[str, str]]

    def ask(self, task: Task) -> Outcome:
        """One dialogue: asked, and asked again with the reason where it breaks the rules."""
        refused: list[str] = []
        more: tuple[dict[str, str], ...] = ()
        try:
            for _ in range(1 + self.plan.options.repairs):
                text = self._answer(task, more)
                try:
                    dialogue, mended = read(text, task, self.names, self.plan.options.language)
                    return Outcome(task, dialogue, tuple(refused), mended)
                except RefusedError as problem:
                    refused.append(problem.reason)
                    again = AGAIN.format(problem)
                # Only the last attempt is shown to it: a growing transcript of failures costs more and
                # helps less.
                more = ({"role": "assistant", "content": text[:4000]}, {"role": "user", "content": again})
        except FailedError as failure:
            return Outcome(task, None, tuple(refused), failed=failure.plain)
        except SpentError:
            return Outcome(task, None, tuple(refused), spent=True)
        return Outcome(task, None, tuple(refused))

    def _answer(self, task: Task, more: tuple[dict[str, str], ...]) -> str:
        """The answer to one call, from the journal where it is there."""
        body = self.plan.body(task, more)
        key = key_of(body)
        if key in self.answers.by_key:
            return self.answers.by_key[key]
        self.budget.begin()
        used = Usage()
        try:
            wanted = [*formats("dialogue", task.schema)[:1], *self.server.formats]
            text = self.server.complete(body, used, wanted)
        finally:
            self.budget.end(used)
        if not text:
            raise FailedError("an answer without words")
        self.answers.keep(key, task.dialogue_id, text, used)
        return text


def _write(
    workspace: Workspace, plan: Plan, outcomes: dict[str, Outcome], answers: Answers, calls: int
) -> list[str]:
    """Put the dialogues into the catalogue, write the report, say what there is."""
    known = [outcomes[t.dialogue_id] for t in plan.tasks if t.dialogue_id in outcomes]
    made = [o.dialogue for o in known if o.dialogue]
    if made:
        imported = Catalogue.load(workspace, described=False)
        ids = {d.dialogue_id for d in made}
        imported.dialogues = [d for d in imported.dialogues if d.dialogue_id not in ids] + made
        imported.save(workspace)
    refused = Counter(o.refused[-1] for o in known if o.refused and not o.dialogue and not o.failed)
    repaired = Counter(reason for o in known for reason in (o.refused if o.dialogue else o.refused[:-1]))
    mended = sum((o.mended for o in known), Counter[str]())
    failed = Counter(o.failed for o in known if o.failed)
    lines = _lines(plan, known, calls, answers)
    parts = (
        ("Refused for good", refused),
        ("Asked again because of", repaired),
        ("Mended without asking", mended),
        ("Without an answer", failed),
    )
    with whole_directory(workspace.report(REPORT)) as folder:
        text = ["# Dialogues by a language model", "", *[f"- {line}" for line in lines], ""]
        for title, counts in parts:
            text += [f"## {title}", ""]
            text += [f"- {n:,} x {reason}" for reason, n in counts.most_common()] or ["Nothing."]
            text.append("")
        text += quality(made, plan.catalogue)
        (folder / "report.md").write_text("\n".join(text) + "\n", "utf-8")
        (folder / "samples.md").write_text(samples(made, plan.catalogue, plan.seed), "utf-8")
        told = {"refused": dict(refused), "failed": dict(failed), "mended": dict(mended)}
        write_json(folder / "card.json", {"dialogues": len(made), "model": answers.model, **told})
        stages.made(workspace, f"reports/{REPORT}", ("described", "playlists")).record(folder)
    shown = [f"{title.lower()}: {n:,} x {why}" for title, c in parts for why, n in c.most_common(3)]
    return [*lines, *shown, f"report: {workspace.report(REPORT) / 'report.md'}, samples.md beside it"]


def _lines(plan: Plan, known: list[Outcome], calls: int, answers: Answers) -> list[str]:
    """How many there are, and what the calls of this run and of all took."""
    made = sum(o.dialogue is not None for o in known)
    used, prices = answers.usage, plan.options.prices
    return [
        f"{made:,} of {len(plan.tasks):,} dialogues written by {answers.model}",
        f"{calls:,} calls in this run; {used.requests:,} in all, {prices.told(used)}",
    ]
