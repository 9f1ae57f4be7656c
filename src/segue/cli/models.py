"""The verbs that make and measure recommenders: train, fit, evaluate."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from segue.cli.console import show
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

if TYPE_CHECKING:
    from segue.evaluation.next_track_protocol import Protocol

Trained = Literal["talkplay", "sasrec", "bert4rec", "gru4rec", "e4srec", "llara", "lcrec"]
Task = Literal["conversation", "next-track"]


def train(
    workspace: Path,
    *,
    model: Trained = "talkplay",
    recipe: Path | None = None,
    size: str | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    lr: float | None = None,
    adapters: bool | None = None,
    init: Literal["words", "normal"] | None = None,
    seed: int | None = None,
    set_: Annotated[
        dict[str, str] | None, Parameter(name="--set", help="any other setting: --set.loss=bce")
    ] = None,
) -> None:
    """Train a model that learns in a loop. Interrupted, the same command goes on.

    Parameters
    ----------
    model
        talkplay learns from dialogues; the others from the listening log (`segue sessions`) or, without
        one, from playlists.
    recipe
        A TOML file with settings, see recipes/; the other flags win over it.
    size
        The language model: tiny, small (SmolLM2-135M), base (Llama-3.2-1B), or any causal LM by path or hub
        name.
    minutes
        Time budget; 5 for a language model where neither minutes nor steps are given.
    steps
        Budget in steps instead.
    lr
        Peak learning rate.
    adapters
        LoRA instead of full fine-tuning (talkplay).
    init
        Where new music tokens start: at the words of their tracks, or N(mu, Sigma) as published (talkplay).
    seed
        Of everything random. Other than 0, the sequential models are kept beside each other (sasrec.seed1),
        and `evaluate` gives their mean.
    """
    target = Workspace(workspace, must_exist=True)
    flags = {"size": size, "minutes": minutes, "steps": steps, "lr": lr, "seed": seed}
    music = {"adapters": adapters, "init": init}
    others = {name.replace("-", "_"): value for name, value in (set_ or {}).items()}
    given = flags | (music if model == "talkplay" else {}) | others
    if model != "talkplay" and any(value is not None for value in music.values()):
        raise SegueError("--adapters and --init are of talkplay", cure="use --set.tuning=lora for others")
    directory = _train(target, model, recipe, given)
    curve = "; the loss curve is loss.png there" if (directory / "loss.png").exists() else ""
    show([f"{model}: trained, in {directory}{curve}"])


def _train(workspace: Workspace, model: Trained, recipe: Path | None, given: dict[str, Any]) -> Path:
    """Train one model from a recipe and what was given; returns its directory. Imports only what it needs."""
    if model == "talkplay":
        from segue.models.talkplay import learn as talkplay

        return talkplay.train(workspace, talkplay.settings_of(recipe, **given))
    if model == "e4srec":
        from segue.models.e4srec import model as e4srec
        from segue.models.e4srec.settings import settings_of

        return e4srec.train(workspace, settings_of(recipe, given))
    if model == "llara":
        from segue.models.llara import learn as llara

        return llara.train(workspace, llara.settings_of(recipe, given))
    if model == "lcrec":
        from segue.models.lcrec import learn as lcrec

        return lcrec.train(workspace, lcrec.settings_of(recipe, given))
    from segue.kit.settings import read
    from segue.models.registry import SEQUENTIAL
    from segue.models.sequential.learn import Settings

    settings = read(Settings, recipe, given)
    name = model if settings.seed == 0 else f"{model}.seed{settings.seed}"
    return SEQUENTIAL[model].train(workspace, settings, name)


def fit(
    workspace: Path, *, task: Task = "conversation", model: list[str] | None = None, seed: int = 0
) -> None:
    """Fit the recommenders that need no training loop.

    Parameters
    ----------
    task
        conversation: popularity, bm25, dense, neighbours, and the hybrid (after `train`, so that it can use
        TalkPlay). next-track: popularity, own_plays,
        recent_plays, last_track, markov, item_neighbours, session_knn, rules,
        content_similarity, blend; and, only where it is named, title_likelihood (a
        language model reads the titles).
    model
        Which; all of the task by default.
    """
    from segue.models.registry import BASELINES, NEXT_TRACK, ON_REQUEST

    target = Workspace(workspace, must_exist=True)
    kinds = BASELINES if task == "conversation" else NEXT_TRACK | ON_REQUEST
    unknown = next((name for name in model or () if name not in kinds), None)
    if unknown is not None:
        cure = f"models that `fit` makes for this task: {', '.join(kinds)}"
        raise SegueError(f"no model {unknown!r} to fit for {task}", cure=cure)
    for name, kind in kinds.items():
        if name == "content_similarity" and model is None and not _has_content(target):
            show(["content_similarity: left out, no content features (`segue features`)"])
        elif name in (model or kinds) and (model or name not in ON_REQUEST):
            start = time.monotonic()
            kind.fit(target, seed=seed).save(target.model(name))
            show([f"{name}: fitted in {time.monotonic() - start:.1f} s"])


def _has_content(workspace: Workspace) -> bool:
    """Whether a feature of what tracks are, not of who plays them, is there."""
    from segue.data.store import available

    return any(modality != "playlist" for modality in available(workspace))


def evaluate(
    workspace: Path,
    *,
    task: Task = "conversation",
    split: Literal["validation", "test"] = "test",
    model: list[str] | None = None,
    max_dialogues: int | None = 300,
    max_requests: int = 20_000,
    candidates: Literal["all", "uniform", "popular"] = "all",
    sampled: int = 199,
    never_played: bool = False,
    duplicated: bool = False,
    first_only: bool = False,
    filter_history: bool = False,
    personal: float | None = None,
    published: bool = False,
    seed: int = 0,
) -> None:
    """Measure every fitted model, and write reports/conversation or reports/next-track.

    Parameters
    ----------
    task
        conversation: rank all tracks at every request of the dialogues. next-track: rank all tracks at every
        held-out play of the listening log, or of the playlists.
    model
        Which (next-track); all that are there by default.
    max_dialogues
        How many dialogues at most (conversation), chosen by a stable hash.
    max_requests
        How many plays at most (next-track), chosen by a stable hash. This and what follows is of next-track.
    candidates
        What stands against the target: all tracks, or a sample, uniform or in proportion to popularity.
    sampled
        How large the sample is.
    never_played
        The sample holds no track that the listener plays at any time, as published.
    duplicated
        The target is listed twice, as published by mistake: to show what it does.
    first_only
        Only each listener's first held-out play, as published.
    filter_history
        Tracks of the history are not ranked, and repeats not asked.
    personal
        Add to every model a row with this weight of the listener's own plays.
    published
        Measure also under the published protocol, with the target once and twice.
    """
    target = Workspace(workspace, must_exist=True)
    if task == "conversation":
        _conversation(target, split, max_dialogues, seed)
        return
    from segue.evaluation.next_track_protocol import Protocol

    protocol = Protocol(
        candidates=candidates,
        n_sampled=sampled,
        never_played=never_played,
        duplicated=duplicated,
        filter_history=filter_history,
        first_only=first_only,
        max_requests=max_requests,
        seed=seed,
    )
    _next_track(target, split, model, protocol, personal, published)


def _conversation(
    target: Workspace, split: Literal["validation", "test"], max_dialogues: int | None, seed: int
) -> None:
    """The conversation task."""
    from segue.evaluation import conversation, report
    from segue.models.registry import load_all

    models = load_all(target)
    results = conversation.evaluate(
        target, models, split=split, max_dialogues=max_dialogues, seed=seed, again_allowed=("bm25",)
    )
    limit = "" if max_dialogues == 300 else f" --max-dialogues {max_dialogues}"
    command = f"segue evaluate {target.root} --split {split}{limit} --seed {seed}"
    folder = report.write(target, results, command=command, split=split, seed=seed, pairs=PAIRS)
    show([*report.table_lines(results, seed=seed), f"report: {folder / 'report.md'}"])


def _next_track(
    target: Workspace,
    split: Literal["validation", "test"],
    names: list[str] | None,
    protocol: Protocol,
    personal: float | None,
    published: bool,
) -> None:
    """The next-track task."""
    from segue.evaluation import next_track, next_track_report
    from segue.evaluation.next_track_protocol import Protocol
    from segue.models.counting.personal import Personal, WithPersonal
    from segue.models.registry import load_next_track

    models = load_next_track(target, names)
    if personal is not None:
        more = {f"{n} + own plays": WithPersonal(m, Personal(personal)) for n, m in models.items()}
        models = {**models, **more}
    results = next_track.evaluate(target, models, split=split, protocol=protocol)
    as_published = None
    if published:
        once = Protocol.as_published(seed=protocol.seed)
        as_published = next_track.evaluate(target, models, split=split, protocol=once)
    folder = next_track_report.write(
        target,
        results,
        protocol=protocol,
        command=" ".join(["segue", *sys.argv[1:]]),
        split=split,
        seed=protocol.seed,
        pairs=NEXT_TRACK_PAIRS,
        published=as_published,
    )
    lines = next_track_report.table_lines(results, seed=protocol.seed)
    show([*lines, f"report: {folder / 'report.md'}"])


PAIRS = (
    ("talkplay", "talkplay (as published)"),
    ("talkplay", "talkplay (untrained)"),
    ("talkplay", "popularity"),
    ("talkplay", "chance"),
)
NEXT_TRACK_PAIRS = (
    ("e4srec", "sasrec"),
    ("e4srec", "own_plays"),
    ("sasrec", "own_plays"),
    ("sasrec", "session_knn"),
    ("bert4rec", "sasrec"),
    ("gru4rec", "sasrec"),
)
