"""What a run of rating will ask, of whom, and what that costs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np

from segue.data.catalogue import Catalogue
from segue.describe.mgphot.client import Rater
from segue.describe.mgphot.journal import Journal, Question, question
from segue.describe.mgphot.load import examples_of
from segue.describe.mgphot.options import Rating
from segue.describe.mgphot.prompt import OWN_EXAMPLES, Extra, Prompt, answer_text, track_message
from segue.describe.mgphot.schema import DIM
from segue.kit.asking import Prices
from segue.kit.completions import Limits, Usage
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

PROMPT_CHARACTERS, ANSWER_CHARACTERS = 2.9, 2.2
"""Characters a token, of the prompt and of the answer, until the server has counted a few.

Measured with SmolLM2's 49,152 tokens; a model with more of them needs fewer, so this is rather too dear.
"""


@dataclass(frozen=True)
class Settings:
    """What is asked of whom.

    Args:
        extras: what a rater is shown besides artist, title, album and year.
        examples: the published TSV to take the two published examples from; our own two if None.
    """

    url: str
    raters: tuple[Rater, ...]
    track_ids: tuple[str, ...] | None = None
    limit: int | None = None
    extras: tuple[Extra, ...] = ()
    examples: Path | None = None
    workers: int = 4
    limits: Limits = field(default_factory=Limits)
    consensus: Literal["median", "mean"] = "median"
    prices: Prices = field(default_factory=Prices)


def raters_of(
    models: Sequence[str],
    temperatures: Sequence[float | None] = (0.0,),
    seeds: Sequence[int | None] = (None,),
) -> tuple[Rater, ...]:
    """Every model with every temperature and seed, each once."""
    found = [Rater(m, t, s) for m in models for t in temperatures for s in seeds]
    return tuple(dict.fromkeys(found))


def settings_of(o: Rating) -> Settings:
    """The settings that flags say."""
    raters = raters_of(o.model, (None,) if o.no_temperature else o.temperature, o.seed or (None,))
    kept = {name: getattr(o, name) for name in ("limit", "extras", "examples", "workers", "consensus")}
    return Settings(o.url, raters, o.track or None, prices=Prices(o.price_in, o.price_out), **kept)


@dataclass(frozen=True)
class Estimate:
    """What a run will ask.

    Args:
        answered: questions whose answer is already there.
        usage: the questions to ask, and about how many tokens they take.
        measured: whether the tokens are the mean of earlier answers, not guessed from the characters.
    """

    tracks: int
    answered: int
    usage: Usage
    prices: Prices
    measured: bool

    @property
    def money(self) -> float | None:
        """What that costs about, None where no price is known."""
        return self.prices.money(self.usage)

    def __str__(self) -> str:
        """One line for the user."""
        how = "as earlier answers took" if self.measured else "guessed from the length"
        asked = f"{self.usage.requests:,} requests ({self.answered:,} answered before)"
        return f"{self.tracks:,} tracks: {asked}, about {self.prices.told(self.usage)}, {how}"


@dataclass(frozen=True)
class Plan:
    """What there is to do: a list of questions a rater, in the order of the catalogue."""

    catalogue: Catalogue
    prompt: Prompt
    questions: list[list[Question]]
    chosen: list[int]

    def missing(self, journal: Journal) -> list[Question]:
        """The chosen questions without an answer; tracks that read the same are asked once."""
        rows = (r[i] for i in self.chosen for r in self.questions)
        return list({q.key: q for q in rows if q.key not in journal.answers}.values())


def estimate(workspace: Workspace, settings: Settings) -> Estimate:
    """What `rate` would ask and cost; asks nothing."""
    plan = plan_of(workspace, settings)
    return estimate_of(plan, Journal(journal_of(workspace), plan.prompt), settings)


def journal_of(workspace: Workspace) -> Path:
    """Where the answers are kept."""
    return workspace.descriptions / "mgphot-answers.jsonl"


def plan_of(workspace: Workspace, settings: Settings) -> Plan:
    """The questions of a run, answered or not.

    Raises:
        SegueError: no rater, an unknown track, or no such examples.
    """
    if not settings.raters:
        raise SegueError("no rater", cure="name a model: --model NAME")
    catalogue = Catalogue.load(workspace)
    examples = OWN_EXAMPLES if settings.examples is None else examples_of(settings.examples)
    prompt = Prompt(examples, settings.extras)
    rows = [_without_ours(row) for row in catalogue.tracks.iter_rows(named=True)]
    texts = [track_message(row, settings.extras) for row in rows]
    ids = catalogue.ids.tolist()
    questions = [
        [question(prompt, r, i, t) for i, t in zip(ids, texts, strict=True)] for r in settings.raters
    ]
    wanted = range(len(ids)) if settings.track_ids is None else _rows(catalogue, settings.track_ids)
    return Plan(catalogue, prompt, questions, list(islice(wanted, settings.limit)))


def _rows(catalogue: Catalogue, track_ids: Sequence[str]) -> list[int]:
    unknown = next((t for t in track_ids if t not in catalogue.rows), None)
    if unknown is not None:
        raise SegueError(f"no track {unknown!r} in the catalogue")
    return sorted({catalogue.rows[t] for t in track_ids})


def _without_ours(row: dict[str, Any]) -> dict[str, Any]:
    """A track without the tags that earlier ratings gave it: a rater is not shown his own words."""
    sources = row.get("tag_sources")
    if sources and row.get("tags"):
        row["tags"] = [t for t, s in zip(row["tags"], sources, strict=True) if s != "mgphot"]
    return row


def estimate_of(plan: Plan, journal: Journal, settings: Settings) -> Estimate:
    """What is missing in a journal, and what it costs."""
    missing = plan.missing(journal)
    before = sum(len(m["content"]) for m in plan.prompt.before) / PROMPT_CHARACTERS
    after = len(answer_text(np.zeros(DIM, np.float32))) / ANSWER_CHARACTERS
    total, measured = Usage(requests=len(missing)), bool(missing)
    for asked in missing:
        known = journal.usage.get(asked.rater.model, Usage())
        if known.requests and known.prompt:
            total.prompt += round(known.prompt / known.requests)
            total.answer += round(known.answer / known.requests)
        else:
            total.prompt += round(before + len(asked.text) / PROMPT_CHARACTERS)
            total.answer += round(after)
            measured = False
    answered = len({r[i].key for i in plan.chosen for r in plan.questions} & journal.answers.keys())
    return Estimate(len(plan.chosen), answered, total, settings.prices, measured)
