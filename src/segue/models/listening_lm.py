"""What LLaRA and LC-Rec share: settings, listening as tokens, the training run, a rule for scores.

Both write a listener's last tracks as one sequence of tokens in which every track is to be predicted from
those before it, so that one pass over a window teaches as many answers as the window has tracks.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import PositiveInt
from torch import Tensor

from segue.data.catalogue import Catalogue
from segue.data.log import Log
from segue.data.request import Request
from segue.kit.arrays import Bools, Floats
from segue.kit.device import best_device
from segue.kit.errors import SegueError
from segue.kit.workspace import read_card
from segue.learning.budget import FineTuned
from segue.learning.run import Run
from segue.learning.validation import held_out
from segue.llm.adapters import add_adapters
from segue.llm.load import load_size, load_tokenizer, save_model, shared_lm
from segue.llm.network import MusicLM, common_words
from segue.llm.session import fitting_threads
from segue.llm.vocabulary import extend
from segue.models.sequential.windows import Batches
from segue.models.trained import Trained
from segue.tokens.vocabulary import Vocabulary

EXACT = 256
"""Catalogues up to this size are searched with a beam for every answer: all scores are exact."""
N_VALIDATION = 64
"""Validation plays whose loss is logged."""
EVERY = 50
"""Steps between two validation losses."""

Rows = NDArray[np.int64]


class LmSettings(FineTuned):
    """How a language model is trained on listening: what both models let one choose."""

    peak: ClassVar[float] = 3e-4

    length: PositiveInt = 20
    """Tracks that the model looks back on."""
    plays_a_step: PositiveInt = 256
    width: PositiveInt = 20
    """Beams. Source: LC-Rec 4.1.4 (20 beams)."""

    def windows(self, log: Log) -> Batches:
        """What is learnt from: windows over the plays of a log, in batches."""
        return Batches(log, self.length, self.plays_a_step, self.seed)


class LM(NamedTuple):
    """A trained causal LM, its tokenizer, and the card of its training."""

    model: Any
    tokenizer: Any
    card: dict[str, Any]

    @classmethod
    def load(cls, directory: Path, made_by: str) -> Self:
        """What `save` wrote; the weights are in memory once."""
        card = read_card(directory, made_by)
        return cls(shared_lm(str(directory)), load_tokenizer(str(directory)), card)

    def save(self, directory: Path) -> None:
        """Write it into an existing directory."""
        save_model(directory, self.model, self.tokenizer, self.card)


class ListeningLM(Trained):
    """A causal LM that writes what is played next: what LLaRA and LC-Rec have in common as recommenders."""

    reads = ("log", "features")

    def __init__(self, catalogue: Catalogue, lm: LM) -> None:
        super().__init__(catalogue)
        self.lm, self.model, self.tokenizer, self.card = lm, lm.model.eval(), lm.tokenizer, lm.card

    def score(self, requests: Sequence[Request]) -> Floats:
        """Log-probabilities, float32 (n, n_tracks): exact for what the beams reached, below elsewhere."""
        if not requests:
            return np.zeros((0, len(self.catalogue)), np.float32)
        with fitting_threads(self.model):
            return np.stack([self._score(request) for request in requests])

    @abstractmethod
    def _score(self, request: Request) -> Floats:
        """The scores (n_tracks,) of one request."""


class Example(NamedTuple):
    """Token ids of one example, and which of them are targets."""

    ids: list[int]
    learn: list[bool]


def join(parts: Sequence[Example]) -> Example:
    """Examples one behind the other as one."""
    return Example([i for p in parts for i in p.ids], [t for p in parts for t in p.learn])


def collate(examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Ids int64 and targets bool, both (n, longest), padded at the end with 0 and False."""
    shape = (len(examples), max(len(e.ids) for e in examples))
    ids, learn = np.zeros(shape, np.int64), np.zeros(shape, bool)
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = example.ids
        learn[row, : len(example.ids)] = example.learn
    return torch.from_numpy(ids), torch.from_numpy(learn)


def check_room(needed: int, model: Any, where: str = "") -> None:
    """Raise where a prompt does not fit the model: nothing is ever cut silently.

    Raises:
        SegueError: says by how many tokens.
    """
    room = int(model.config.max_position_embeddings)
    if needed > room:
        what = f"a prompt needs {needed:,} tokens and the model reads {room:,}: {needed - room:,} too many"
        raise SegueError(what, where, "train with a smaller `length`, or choose a backbone that reads more")


def backbone(
    settings: LmSettings, names: tuple[str, ...] = (), sizes: tuple[int, ...] = ()
) -> tuple[Any, Any, Vocabulary]:
    """Model and tokenizer of that size, with so many tokens of these names; the dice begin at the seed."""
    # The layers made from here on (projector, adapters) are drawn, and must be the same in every run.
    torch.manual_seed(settings.seed)
    model, tokenizer = load_size(settings.size, settings.seed)
    return model, tokenizer, extend(model, tokenizer, names, sizes, seed=settings.seed)


def common_of(texts: Sequence[Sequence[int]], first: int, settings: LmSettings) -> Tensor | None:
    """The words of these texts, ids below `first`, whose rows learn by themselves; None with adapters."""
    if settings.adapters:
        return None
    return common_words(np.concatenate([np.asarray(t, np.int64) for t in texts]), first)


def trainable(model: Any, settings: LmSettings) -> Any:
    """The language model with adapters where they are wanted, on the device where it will train."""
    return (add_adapters(model) if settings.adapters else model).to(best_device())


BatchAt = Callable[[int, float], tuple[Tensor, Tensor]]
"""Step number and how much of the budget is spent, 0 to 1 -> ids and targets."""


class Writer(Protocol):
    """What writes plays as tokens."""

    def listening(self, rows: Rows, *, last_only: bool = False) -> Example:
        """One sequence of plays; with `last_only` the last one alone is a target."""


def fine_tune(
    network: Any,
    writer: Writer,
    settings: LmSettings,
    log: Log,
    batches: Callable[[Batches], BatchAt],
    work: Path,
    data: Sequence[Any],
    title: str,
) -> tuple[Any, dict[str, Any]]:
    """Train in place on the training plays of a log; the language model, adapters merged, and facts.

    Args:
        batches: from windows over the plays to what is learnt at a step.
        data: whatever else says what is learnt from, besides the log.
    """
    events, starts = held_out(log, N_VALIDATION)
    spans = [(max(s, e - settings.length), e + 1) for s, e in zip(starts, events, strict=True)]
    unseen = [writer.listening(log.rows[start:end], last_only=True) for start, end in spans]
    windows = settings.windows(log.part("train"))
    known = [log.digest(), *data]
    run = Run(network, settings, work, known, per_epoch=windows.per_epoch, title=title)
    facts = learn(network, batches(windows), collate(unseen) if unseen else None, run)
    model = network.write_back()
    return (model.merge_and_unload() if settings.adapters else model), facts


def learn(
    network: MusicLM,
    batch_at: BatchAt,
    validation: tuple[Tensor, Tensor] | None,
    run: Run,
) -> dict[str, Any]:
    """Train in place on the device of `network`; returns facts for the card.

    Every `EVERY` steps the loss of the validation batch is written among the metrics.
    """
    device = next(network.parameters()).device

    def mean_loss(ids: Tensor, targets: Tensor) -> Tensor:
        found = network.loss(ids.to(device), targets.to(device))
        # A mean over all targets of the batch: a long sequence has more to say than a short one.
        return (found.music + found.words) / max(found.n_music + found.n_words, 1)

    def step_loss(step: int) -> tuple[Tensor, dict[str, float]]:
        ids, targets = batch_at(step, run.done)
        figures: dict[str, float] = {"tokens": ids.numel()}
        if validation is not None and step % EVERY == 0:
            with torch.no_grad():
                figures["validation_loss"] = last["validation_loss"] = float(mean_loss(*validation))
        return mean_loss(ids, targets), figures

    last: dict[str, float] = {}
    facts = run.go(step_loss)
    return last | facts


def put_below(scores: Floats, exact: Bools) -> Floats:
    """Scores (n,) in which all that are not exact are shifted, as one, below the lowest exact one.

    What the beam search did not follow to its end was less likely than what it did: estimates keep their own
    order and lose to every beam.
    """
    if exact.all() or not exact.any():
        return scores
    surplus = scores[~exact].max() - scores[exact].min()
    return np.where(exact, scores, scores - max(float(surplus), 0.0) - 1e-3).astype(np.float32)
