"""The verbs that make recommenders: train and fit. Every model is a command whose flags are its settings."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from segue.cli.console import show
from segue.data.library import Library
from segue.kit.errors import SegueError
from segue.kit.settings import read
from segue.models.registry import TABLE, Entry, Task, entry

train = App(
    name="train",
    help="Train a model that learns in a loop: TalkPlay from dialogues, the others from the listening log "
    "(or, without one, from playlists). Interrupted, the same command goes on.",
)
fit = App(name="fit")


@fit.default
def fit_all(
    workspace: Path, *, task: Task = "conversation", model: list[str] | None = None, seed: int = 0
) -> None:
    """Fit the recommenders of a task that need no training loop, each with its defaults.

    `segue fit MODEL WORKSPACE` fits one, with settings of its own (`segue fit session-knn --help`).

    Parameters
    ----------
    task
        conversation: popularity, bm25, dense, neighbours, and the hybrid (after `train`, so that it can use
        TalkPlay). next-track: popularity, own plays, Markov, neighbours, session kNN, rules, content, blend.
    model
        Which; all of the task by default.
    """
    fit_models(Library.open(workspace), task, model, seed)


def fit_models(library: Library, task: Task, model: list[str] | None, seed: int) -> None:
    """Fit the named recommenders of a task, or all that need no training loop."""
    lines = [entry(name) for name in model] if model else [e for e in TABLE if task in e.tasks]
    if other := next((line.name for line in lines if task not in line.tasks), None):
        fitting = ", ".join(e.name for e in TABLE if task in e.tasks and e.verb == "fit")
        raise SegueError(f"{other} is not of the task {task}", cure=f"models: {fitting}")
    for line in lines:
        if line.verb != "fit":
            if model:
                raise SegueError(f"{line.name} learns in a loop", cure=f"run `segue train {line.name}`")
        elif model or not line.named_only:
            # Named, it says what is missing; among all it is only left out, or nothing would be fitted.
            if line.name == "content_similarity" and not model and set(library.modalities) <= {"playlist"}:
                show(["content_similarity: left out, no content features (`segue features`)"])
            else:
                _fit_one(
                    library, line, {"seed": seed} if "seed" in line.kind.settings_type.model_fields else {}
                )


def _fit_one(library: Library, line: Entry, settings: Any) -> None:
    start = time.monotonic()
    model = line.kind.fit(library, settings)
    model.save(library.workspace.model(line.name))
    show([f"{line.name}: fitted in {time.monotonic() - start:.1f} s", *getattr(model, "lines", ())])


def train_model(library: Library, name: str, recipe: Path | None, given: dict[str, Any]) -> Path:
    """Train a model of the table from a recipe and what was given over it; returns its directory."""
    from segue.models.trained import Trained

    kind = entry(name).kind
    assert issubclass(kind, Trained)
    settings = read(kind.settings_type, recipe, given)
    directory = kind.train(library, settings, name if settings.seed == 0 else f"{name}.seed{settings.seed}")
    curve = "; the loss curve is loss.png there" if (directory / "loss.png").exists() else ""
    show([f"{directory.name}: trained, in {directory}{curve}"])
    return directory


def _command(line: Entry) -> Callable[..., None]:
    """The command of one model: its flags are the fields of its settings."""

    def command(workspace: Path, *, settings: Any = None, recipe: Path | None = None) -> None:
        # Only what was typed: the default of a flag must not win over the recipe.
        given = settings.model_dump(exclude_unset=True) if settings is not None else {}
        library = Library.open(workspace)
        if line.verb == "train":
            train_model(library, line.name, recipe, given)
        else:
            _fit_one(library, line, read(line.kind.settings_type, recipe, given))

    kind = line.kind
    of_kind: Any = kind.settings_type
    flags = Annotated[of_kind | None, Parameter(name="*")]
    # Set by hand: as text (`from __future__`) cyclopts could not find a class that is known here alone.
    command.__annotations__ = {"workspace": Path, "settings": flags, "recipe": Path | None, "return": None}
    command.__doc__ = (
        f"{(kind.__doc__ or line.name).splitlines()[0]}\n\nParameters\n----------\nrecipe\n"
        "    A TOML file with settings, see recipes/; the other flags win over it."
    )
    return command


def __getattr__(name: str) -> Callable[..., None]:
    """`make_NAME`: the command of a model, made when it is asked for, so that only its module is imported."""
    if not name.startswith("make_"):
        raise AttributeError(name)
    return _command(entry(name.removeprefix("make_")))


for _line in TABLE:
    {"train": train, "fit": fit}[_line.verb].command(
        f"{__name__}:make_{_line.name}",
        # With a hyphen, as flags are written, and as its folder is called.
        name=[_line.name.replace("_", "-"), _line.name][: 1 + ("_" in _line.name)],
    )


@train.default
def train_talkplay(
    workspace: Path,
    *,
    recipe: Path | None = None,
    size: str | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    lr: float | None = None,
    adapters: bool | None = None,
    priors: bool | None = None,
    init: Literal["words", "normal"] | None = None,
    seed: int | None = None,
) -> None:
    """Train TalkPlay; `segue train talkplay --help` has all its settings, `segue train MODEL` the others'.

    Parameters
    ----------
    recipe
        A TOML file with settings, see recipes/; the other flags win over it.
    size
        tiny, small (SmolLM2-135M), base (Llama-3.2-1B), or any causal LM by path or hub name.
    minutes
        Time budget; 5 where neither minutes nor steps are given.
    steps
        Budget in steps instead.
    lr
        Peak learning rate.
    adapters
        LoRA instead of full fine-tuning.
    priors
        Add what retrieval finds, gated by the model's state, to the logits of music tokens.
    init
        Where new music tokens start: at the words of their tracks, or N(mu, Sigma) as published.
    """
    flags = {"size": size, "minutes": minutes, "steps": steps, "lr": lr, "adapters": adapters}
    flags |= {"priors": priors, "init": init, "seed": seed}
    given = {name: value for name, value in flags.items() if value is not None}
    train_model(Library.open(workspace), "talkplay", recipe, given)
