"""Training E4SRec: building it from a workspace, the loss of a step, the best parameters by validation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from segue.data.library import Library
from segue.data.log import Log
from segue.kit.arrays import Floats
from segue.kit.device import best_device
from segue.kit.workspace import hash_of
from segue.learning import losses
from segue.learning.run import Run
from segue.learning.validation import Validation, rank_of, spread
from segue.llm.load import load_size
from segue.models.e4srec.examples import Examples, held_out
from segue.models.e4srec.inputs import Inputs, mgphot_of, present_any, read_inputs
from segue.models.e4srec.network import Network, tune
from segue.models.e4srec.prompt import Batch, Plays, Prompter, Segment
from segue.models.e4srec.settings import FULL_SOFTMAX, Settings

PUBLISHED_NEGATIVES = 128
SCORED_LINES = 8
"""Lines of prompts that are read at once when scoring."""


class Built(NamedTuple):
    """A network with what writes its prompts; `lm` is the whole backbone, `fingerprint` of its weights."""

    network: Network
    prompter: Prompter
    lm: Any
    tokenizer: Any
    fingerprint: str


def fingerprint(lm: Any) -> str:
    """A hash of a model's shapes and of some numbers of each of its tensors."""
    parts = []
    for name, tensor in lm.state_dict().items():
        flat = tensor.detach().reshape(-1)
        some = flat[:: max(1, len(flat) // 64)][:64].float().cpu().tolist()
        parts.append((name, list(tensor.shape), some))
    return hash_of(parts)


def build(
    library: Library,
    inputs: Inputs,
    settings: Settings,
    *,
    head_rows: NDArray[np.int64] | None = None,
    backbone: str | None = None,
) -> Built:
    """An untrained network on the machine's device; `backbone`: a path instead of the size."""
    dtype = torch.bfloat16 if settings.weights == "bfloat16" else torch.float32
    # A backbone that does not learn is shared with all others who read it.
    lm, tokenizer = load_size(
        backbone or settings.size,
        settings.seed,
        dtype=dtype,
        quantise=settings.quantise,
        shared=settings.tuned != "full",
    )
    if settings.layers and settings.layers < lm.config.num_hidden_layers:
        body = lm.get_decoder()
        body.layers = body.layers[: settings.layers]
        lm.config.num_hidden_layers = body.config.num_hidden_layers = settings.layers
    mark = fingerprint(lm)
    # After loading: a backbone of another architecture draws another number of random numbers.
    torch.manual_seed(settings.seed)
    rows = np.arange(len(library)) if head_rows is None else head_rows
    network = Network(lm, inputs, settings, rows)
    tune(network, settings.tuned, settings)
    mgphot = mgphot_of(library) if settings.attributes else None
    limit = int(getattr(lm.config, "max_position_embeddings", 1 << 30))
    prompter = Prompter(tokenizer, settings, library.catalogue, limit, mgphot)
    return Built(network.place(best_device()).train(False), prompter, lm, tokenizer, mark)


class Objective:
    """The loss of a step: cross-entropy over the catalogue, or over a sample of it.

    Under a tied head only tracks with a training play compete: a cold track would learn nothing but to lose.
    """

    def __init__(self, network: Network, examples: Examples, settings: Settings) -> None:
        self.network, self.examples, self.tied = network, examples, settings.head == "tied"
        self.negatives = settings.negatives
        counts = np.bincount(examples.log.rows, minlength=len(network.tracks)).astype(np.float64)
        warm = np.flatnonzero(counts) if self.tied else np.arange(len(counts))
        self.warm = torch.from_numpy(warm).to(network.device)
        # Half by popularity, half uniform: rare tracks are drawn too.
        share = 0.5 * counts[warm] / counts.sum() + 0.5 / len(warm)
        self.log_q = torch.from_numpy(np.log(share).astype(np.float32)).to(network.device)
        self.kind = settings.loss
        if settings.loss == "auto":
            self.kind = "sampled" if len(warm) > FULL_SOFTMAX else "softmax"

    def __call__(self, step: int) -> tuple[Tensor, dict[str, float]]:
        """The loss and what to log; see `StepLoss`."""
        batch, targets = self.examples(step)
        n_tokens = int((batch.words > 0).sum() + (batch.tracks >= 0).sum())
        batch, targets = batch.to(self.network.device), targets.to(self.network.device)
        drawn = self._draw(len(targets))
        rows = self.warm if drawn is None else torch.cat([targets, self.warm[drawn]])
        asked, table = self._read(batch, rows)
        if drawn is None:
            loss = losses.softmax(asked, table, torch.searchsorted(self.warm, targets))
        else:
            loss = self._sampled(asked, table, targets, drawn)
        return loss, {"tokens": n_tokens, "targets": len(targets)}

    def _draw(self, n_targets: int) -> Tensor | None:
        """Negatives as places in `warm`; None where all of them compete."""
        if self.kind == "softmax":
            return None
        if self.kind == "sampled":
            return torch.multinomial(self.log_q.exp(), self.negatives, replacement=True)
        return torch.randint(len(self.warm), (n_targets * PUBLISHED_NEGATIVES,), device=self.warm.device)

    def _read(self, batch: Batch, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What the prompts ask for (n_headers, dim) and the vectors (n_rows, dim) of the rows in play."""
        if not self.tied:
            return self.network.asked(self.network.states(batch)), self.network.table(rows)
        inputs = batch.tracks[batch.tracks >= 0]
        used, place = torch.unique(torch.cat([inputs, rows]), return_inverse=True)
        fused = self.network.fuse(used)
        states = self.network.read(batch, fused, place[: len(inputs)])
        return self.network.asked(states), self.network.table(rows, fused[place[len(inputs) :]])

    def _sampled(self, asked: Tensor, table: Tensor, targets: Tensor, drawn: Tensor) -> Tensor:
        """Cross-entropy against drawn negatives; `table` has the targets' vectors, then the negatives'."""
        n = len(targets)
        right = (asked * table[:n]).sum(1, keepdim=True).float()
        if self.kind == "sampled":
            # The target stands for itself, so the negatives stand for all others: collisions are masked.
            wrong = (asked @ table[n:].T).float() - self.log_q[drawn] - float(np.log(len(drawn)))
            wrong = wrong.masked_fill(self.warm[drawn][None] == targets[:, None], -torch.inf)
        else:
            wrong = torch.einsum("nd,nkd->nk", asked, table[n:].view(n, PUBLISHED_NEGATIVES, -1)).float()
        return F.cross_entropy(torch.cat([right, wrong], 1), torch.zeros_like(targets))


@torch.no_grad()
def score_plays(network: Network, prompter: Prompter, plays: Sequence[Plays]) -> Floats:
    """Scores float32 (n, n_tracks) of every track after each history, cut to the last `length` plays.

    Raises:
        SegueError: a prompt does not fit.
    """
    s = network.settings
    cut = [Plays(p.rows[-s.length :], p.completion[-s.length :]) for p in plays]
    lines = prompter.lines([Segment(p, np.array([len(p.rows)])) for p in cut])
    scores = np.empty((len(plays), len(network.tracks)), np.float32)
    filled = 0
    for first in range(0, len(lines), SCORED_LINES):
        batch = prompter.batch(lines[first : first + SCORED_LINES]).to(network.device)
        found = network.scores(network.states(batch)).float().cpu().numpy()
        scores[filled : filled + len(found)] = found
        filled += len(found)
    if s.repeats == "filter" and len(plays):
        low = scores.min() - 1
        for line, heard in zip(scores, plays, strict=True):
            line[heard.rows] = low
    return scores


def validation_of(
    network: Network, log: Log, prompter: Prompter, settings: Settings, folder: Path
) -> Validation | None:
    """Ranks of some validation plays; None where there are none."""
    # What is filtered is all that was heard, not only the last plays.
    length = settings.length if settings.repeats == "allow" else len(log)
    plays, targets = held_out(log, "validation", length, settings.validation)

    def ranks() -> NDArray[np.int64]:
        found = []
        for first in range(0, len(plays), 64):
            scores = score_plays(network, prompter, plays[first : first + 64])
            right = scores[np.arange(len(scores)), targets[first : first + 64]]
            found.append(rank_of(scores, right))
        return np.concatenate(found)

    return Validation(network, ranks, spread(settings.checks), settings.patience, folder) if plays else None


class Learnt(NamedTuple):
    """A trained network with all that is saved beside it."""

    built: Built
    inputs: Inputs
    settings: Settings
    facts: dict[str, Any]


def learn(library: Library, settings: Settings, work: Path) -> Learnt:
    """Train on the workspace's training plays; interrupted, the same call goes on at its last checkpoint.

    Without validation plays the last parameters are taken, else those with the best NDCG@10.

    Raises:
        SegueError: no listening log, no vectors, or a prompt that does not fit.
    """
    log = library.log
    inputs = read_inputs(library, settings)
    settings = settings.model_copy(update={"ids": inputs.ids, "modalities": tuple(inputs.features)})
    built = build(library, inputs, settings)
    examples = Examples(log.part("train"), built.prompter, settings)
    validation = validation_of(built.network, log, built.prompter, settings, work)
    data = [inputs.checksum, built.fingerprint, log.digest()]
    network, objective = built.network, Objective(built.network, examples, settings)
    run = Run(network, settings, work, data, per_epoch=examples.per_epoch, title="training e4srec")
    facts = {"validation_ndcg10": None} | run.go(objective, validation)
    facts |= {
        "targets_an_epoch": int((examples.last - examples.first + 1).sum()),
        "covered": int(present_any(inputs).sum()),
    }
    return Learnt(built, inputs, settings, facts)
