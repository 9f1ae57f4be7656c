"""What a run of writing dialogues will ask, and what it may cost; the answers so far."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.catalogue import SPLITS, Catalogue
from segue.dialogues.llm_options import Options
from segue.dialogues.llm_prompt import Task, Writer
from segue.dialogues.simulate import LLM, playlists_of
from segue.kit.asking import Budget, Prices
from segue.kit.completions import Usage
from segue.kit.errors import SegueError
from segue.kit.journal import Lines
from segue.kit.workspace import Workspace, hash_of

CHARACTERS = 3.5
"""Characters a token, until the server has counted a few."""
TURN = 45
"""Tokens that a listener's and an assistant's words and the JSON around take, until answers tell."""


class Answers(Lines):
    """The answers so far, by the hash of what was asked; open it with `with` to add to it."""

    def __init__(self, path: Path, model: str) -> None:
        self.model = model
        self.by_key: dict[str, str] = {}
        self.usage = Usage()
        """What the answers of this model took."""
        super().__init__(path, self._answered, "a journal of dialogues")

    def _answered(self, entry: dict[str, Any]) -> None:
        self.by_key[entry["key"]] = entry["text"]
        if entry["model"] == self.model:
            asked, answered = entry["tokens"]
            self.usage.add(Usage(asked, answered, 1))

    def keep(self, key: str, dialogue_id: str, text: str, used: Usage) -> None:
        """Keep an answer; it is on the disk when this returns."""
        tokens = [used.prompt, used.answer]
        entry = {"key": key, "dialogue_id": dialogue_id, "model": self.model, "tokens": tokens, "text": text}
        self.add(entry)


def key_of(body: dict[str, Any]) -> str:
    """The hash of all that an answer depends on."""
    return hash_of(body)


@dataclass(frozen=True)
class Plan:
    """The dialogues to be written, of each split in an order by hash."""

    catalogue: Catalogue
    tasks: list[Task]
    options: Options
    seed: int

    def body(self, task: Task, more: tuple[dict[str, str], ...] = ()) -> dict[str, Any]:
        """What is asked for one dialogue; `more` are the turns after the prompt."""
        # Servers take a signed 32-bit integer.
        seed = int(hash_of(self.seed, task.dialogue_id), 16) % 2**31
        body: dict[str, Any] = {
            "model": self.options.model,
            "messages": [*task.messages, *more],
            "seed": seed,
        }
        if self.options.temperature is not None and not self.options.no_temperature:
            body["temperature"] = self.options.temperature
        if self.options.answer_tokens is not None:
            body["max_tokens"] = self.options.answer_tokens
        return body

    def missing(self, answers: Answers) -> list[Task]:
        """Those whose first answer is not there."""
        return [t for t in self.tasks if key_of(self.body(t)) not in answers.by_key]


def plan_of(
    workspace: Workspace,
    options: Options,
    *,
    seed: int = 0,
    per_playlist: int = 1,
    max_dialogues: int | None = None,
) -> Plan:
    """The tasks of a run, answered or not; which splits get some is as of the simulated ones.

    Raises:
        SegueError: no model or server named, a budget in money without a price, no playlist to write about.
    """
    if not options.url or not options.model:
        raise SegueError("no language model", cure="name one: --url http://localhost:8000/v1 --model NAME")
    if options.budget_money is not None and options.prices == Prices():
        raise SegueError("a budget in money needs a price", cure="give --price-in and --price-out")
    catalogue = _with_keys(Catalogue.load(workspace), workspace)
    settings = {"shown": options.shown, "negatives": options.negatives}
    writer = Writer(catalogue, seed=seed, language=options.language, **settings)
    real = {d.split for d in catalogue.dialogues if not d.simulated}
    tasks: list[Task] = []
    for split in SPLITS:
        if split == "train" or split not in real:
            of_split = [
                task
                for playlist_id, tracks in playlists_of(catalogue, split, seed)
                for copy in range(per_playlist)
                if (task := writer.task(playlist_id, tracks, copy, split, LLM))
            ]
            tasks += of_split[:max_dialogues]
    if not tasks:
        raise SegueError("no playlist of two known tracks", str(workspace.root), "import some")
    return Plan(catalogue, tasks, options, seed)


def _with_keys(catalogue: Catalogue, workspace: Workspace) -> Catalogue:
    """The catalogue with the keys that were heard."""
    file = workspace.descriptions / "tempo-key.parquet"
    if file.exists() and "key" not in catalogue.tracks.columns:
        heard = pl.read_parquet(file).select("track_id", "key").unique("track_id", keep="first")
        tracks = catalogue.tracks.join(heard, on="track_id", how="left", maintain_order="left")
        return Catalogue(tracks, catalogue.plays, catalogue.playlists, catalogue.dialogues, catalogue.events)
    return catalogue


def answers_of(workspace: Workspace, options: Options) -> Answers:
    """The journal of a workspace."""
    return Answers(workspace.root / "dialogues" / "llm-answers.jsonl", options.model)


def guess_of(plan: Plan, answers: Answers) -> Usage:
    """About what one call takes: the mean of the answers so far, else a guess from the lengths."""
    known = answers.usage
    if known.requests and known.prompt:
        return Usage(known.prompt // known.requests, known.answer // known.requests, 1)
    first = plan.tasks[: min(100, len(plan.tasks))]
    asked = sum(len(m["content"]) for t in first for m in t.messages) / CHARACTERS / len(first)
    answered = sum(TURN * 0.8 * len(t.tracks) for t in first) / len(first)
    return Usage(round(asked), round(answered), 1)


def budget_of(plan: Plan, answers: Answers) -> Budget:
    """What all calls together may take, with what the answers so far took."""
    o, spent = plan.options, answers.usage
    taken = Usage(spent.prompt, spent.answer, spent.requests)
    guess = guess_of(plan, answers)
    return Budget(o.budget_calls, o.budget_tokens, o.budget_money, o.prices, guess, taken)


def estimate(plan: Plan, answers: Answers) -> list[str]:
    """Lines that say what a run would ask and cost; asks nothing."""
    n, each, budget = len(plan.missing(answers)), guess_of(plan, answers), budget_of(plan, answers)
    total = Usage(n * each.prompt, n * each.answer, n)
    how = "as earlier answers took" if answers.usage.prompt else "guessed from the length"
    lines = [
        f"{len(plan.tasks):,} dialogues: {n:,} calls ({len(plan.tasks) - n:,} answered before), about "
        f"{plan.options.prices.told(total)}, {how}; an answer that breaks the rules is asked for again, "
        f"{plan.options.repairs} at most"
    ]
    spent = answers.usage
    used = f"; {spent.requests:,} calls and {spent.prompt + spent.answer:,} tokens were used before"
    return lines + ([f"budget: {budget}{used if spent.requests else ''}"] if str(budget) else [])
