"""Rating the tracks of a catalogue by language models.

Each answer is in the journal before the next step, so an interrupted run goes on where it stopped and pays
for nothing twice. Source: E4SRec specification 5.3.
"""

import logging
from collections import Counter
from contextlib import closing

import numpy as np

from segue.data.store import logged
from segue.describe.mgphot import values
from segue.describe.mgphot.agreement import agreement, consensus
from segue.describe.mgphot.client import FORMATS, Answer, Client
from segue.describe.mgphot.journal import Journal, Question
from segue.describe.mgphot.plan import Plan, Settings, estimate_of, journal_of, plan_of
from segue.describe.mgphot.prompt import Prompt
from segue.describe.mgphot.schema import DIM
from segue.kit.arrays import Floats
from segue.kit.asking import each_answer
from segue.kit.completions import Usage
from segue.kit.workspace import Workspace, whole_file

log = logging.getLogger(__name__)


def rate(workspace: Workspace, settings: Settings) -> list[str]:
    """Ask for what is missing and write the consensus; returns lines that say what was done.

    `segue.features.mgphot.compute` makes the feature of it. Questions without a usable answer are
    asked again by the next run.

    Raises:
        SegueError: no rater, an unknown track, a server that refuses us or never
            answers, another run in the same workspace.
    """
    plan = plan_of(workspace, settings)
    with Journal(journal_of(workspace), plan.prompt) as journal:
        log.info("%s", estimate_of(plan, journal, settings))
        missing = plan.missing(journal)
        try:
            used, failed = _ask_all(missing, plan.prompt, journal, settings)
        finally:
            line = _write(workspace, plan, journal, settings)
    return [logged(said) for said in (_told(used, len(missing), failed, settings), line) if said]


def _ask_all(
    questions: list[Question], prompt: Prompt, journal: Journal, settings: Settings
) -> tuple[Usage, Counter[str]]:
    """Ask every question; returns what it took, and how often which reason left one without an answer."""
    used, failed = Usage(), Counter[str]()
    if not questions:
        return used, failed
    client = Client(settings.url, FORMATS, settings.limits)

    def ask(asked: Question) -> Answer:
        answer = client.ask(prompt.messages(asked.text), asked.rater)
        journal.keep(asked, answer)  # here, so that an answer under way when the run stops is kept as well
        return answer

    answers = each_answer(
        questions, ask, lambda a: a.failed, server=client, workers=settings.workers, label="rating"
    )
    with closing(answers):
        for answer in answers:
            used.add(answer.usage)
            failed.update([answer.failed] * bool(answer.failed))
    return used, failed


def _write(workspace: Workspace, plan: Plan, journal: Journal, settings: Settings) -> str:
    """Write the consensus of these raters over all tracks they have rated; one line that says so."""
    n_tracks = len(plan.catalogue)
    ratings = np.full((len(settings.raters), n_tracks, DIM), np.nan, np.float32)
    for rater, questions in enumerate(plan.questions):
        for i, asked in enumerate(questions):
            if asked.key in journal.answers:
                ratings[rater, i] = journal.answers[asked.key]
    agreed = consensus(ratings, settings.consensus)
    rated = np.flatnonzero(np.isfinite(agreed).any(axis=1))
    if not len(rated):
        return "no track has a rating yet"
    ids = plan.catalogue.ids[rated].tolist()
    facts = {
        "raters": [r.name for r in settings.raters],
        "consensus": settings.consensus,
        "prompt": plan.prompt.identity,
        "extras": list(settings.extras),
        "examples": [[e.artist, e.title] for e in plan.prompt.examples],
    }
    values.write(workspace, "rated", values.Values(ids, agreed[rated], facts))
    unknown = float(np.isnan(agreed[rated]).mean())
    told = f"{len(rated):,} of {n_tracks:,} tracks are rated, {unknown:.0%} of their attributes as unknown"
    return told + (_agreement(workspace, ratings) if len(ratings) > 1 else "")


def _agreement(workspace: Workspace, ratings: Floats) -> str:
    """Write how far the raters agree, and say it."""
    table = agreement(ratings)
    with whole_file(workspace.report("mgphot") / "agreement.parquet") as temporary:
        table.write_parquet(temporary)
    alphas = [a for a in table["alpha"] if np.isfinite(a)]
    differences = [d for d in table["difference"] if np.isfinite(d)]
    if not differences:
        return "; no track has two ratings to compare"
    alpha = f" and Krippendorff's alpha {np.mean(alphas):.2f}" if alphas else ""
    return f"; {len(ratings)} raters differ by {np.mean(differences):.3f} on average{alpha}"


def _told(used: Usage, asked: int, failed: Counter[str], settings: Settings) -> str:
    """What the asking took."""
    if not asked:
        return "nothing to ask: every track is rated"
    lost = "".join(f"; {n:,} without an answer: {why}" for why, n in list(failed.items())[:5])
    more = f"; and {len(failed) - 5} more reasons" if len(failed) > 5 else ""
    took = f"{used.requests:,} requests, {settings.prices.told(used)}"
    return f"asked {asked:,} questions in {took}{lost}{more}"
