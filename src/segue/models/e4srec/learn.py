"""Training E4SRec: building it from a workspace, the loss of a step, the best parameters by validation."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from segue.data.library import Library
from segue.data.log import Log
from segue.kit.arrays import Floats
from segue.kit.workspace import hash_of, whole_file, write_json
from segue.learning.loop import StepLoss, Trainer
from segue.llm.load import load_size
from segue.models.e4srec.examples import Examples, held_out
from segue.models.e4srec.inputs import Inputs, mgphot_of, present_any, read_inputs
from segue.models.e4srec.network import Network, learnt, take_over, tune
from segue.models.e4srec.prompt import Batch, Plays, Prompter, Segment
from segue.models.e4srec.settings import FULL_SOFTMAX, Settings
from segue.models.sequential import losses

logger = logging.getLogger(__name__)

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


def device_of_machine() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


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
    lm, tokenizer = load_size(
        backbone or settings.size, settings.seed, dtype=dtype, quantise=settings.quantise
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
    return Built(network.place(device_of_machine()).train(False), prompter, lm, tokenizer, mark)


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


class Validation:
    """NDCG@10 of full rankings of some validation plays; keeps the parameters that did best in a folder."""

    def __init__(self, log: Log, prompter: Prompter, settings: Settings, folder: Path) -> None:
        # What is filtered is all that was heard, not only the last plays.
        length = settings.length if settings.repeats == "allow" else len(log)
        self.plays, self.targets = held_out(log, "validation", length, settings.validation)
        self.prompter, self.path = prompter, folder / "best.safetensors"
        self.state = folder / "validation.json"
        self.best, self.since, self.checked = -1.0, 0, 0
        self.settings = settings

    def resume(self) -> None:
        """Go on from what an interrupted run had found."""
        if self.state.exists() and self.path.exists():
            found = json.loads(self.state.read_text("utf-8"))
            self.best, self.since, self.checked = found["best"], found["since"], found["checked"]

    def ndcg(self, network: Network) -> float:
        """Mean NDCG@10; ties count against the target."""
        found = []
        for first in range(0, len(self.plays), 64):
            scores = score_plays(network, self.prompter, self.plays[first : first + 64])
            right = scores[np.arange(len(scores)), self.targets[first : first + 64]]
            rank = (scores >= right[:, None]).sum(1)
            found.append(np.where(rank <= 10, 1 / np.log2(rank + 1), 0))
        return float(np.concatenate(found).mean())

    def check(self, network: Network) -> bool:
        """Measure and keep what is best so far; True after it has not been better for long."""
        network.train(False)
        value = self.ndcg(network)
        network.train(True)
        logger.info("validation NDCG@10 %.4f", value)
        self.checked, self.since = self.checked + 1, self.since + 1
        if value > self.best:
            self.best, self.since = value, 0
            with whole_file(self.path) as temporary:
                save_file(learnt(network), temporary)
        write_json(self.state, {"best": self.best, "since": self.since, "checked": self.checked})
        return self.since >= self.settings.patience


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
    work.mkdir(parents=True, exist_ok=True)
    validation = Validation(log, built.prompter, settings, work)
    identity = [settings.model_dump(), inputs.checksum, built.fingerprint, _digest(log)]
    network, objective = built.network, Objective(built.network, examples, settings)
    trainer = _run(network.train(), objective, examples.per_epoch, settings, work, validation, identity)
    if len(validation.plays):
        validation.check(network)
        take_over(network, load_file(validation.path))
    network.train(False)
    facts = {
        "validation_ndcg10": validation.best if len(validation.plays) else None,
        "steps": trainer.step,
        "seconds": round(trainer.elapsed, 1),
        "tokens": trainer.tokens,
        "targets_an_epoch": int((examples.last - examples.first + 1).sum()),
        "covered": int(present_any(inputs).sum()),
    }
    return Learnt(built, inputs, settings, facts)


def _digest(log: Log) -> str:
    """A hash of the plays."""
    import hashlib

    digest = hashlib.blake2b(digest_size=8)
    for array in (log.rows, log.starts, log.splits, log.completion):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _run(
    network: Network,
    objective: StepLoss,
    per_epoch: int,
    settings: Settings,
    work: Path,
    validation: Validation,
    identity: list[Any],
) -> Trainer:
    """Run the training loop with its checks."""
    budget = settings.budget(per_epoch)
    trainer = Trainer(network, objective, budget, work, identity)
    if (trainer.position() or {}).get("identity") == trainer.identity:
        validation.resume()

    def on_step(line: dict[str, float]) -> bool:
        """Whether to stop."""
        done = line["step"] / budget.steps if budget.steps else line["seconds"] / (60 * (budget.minutes or 1))
        due = min(done, 1.0) * settings.checks >= validation.checked + 1
        return bool(due and done < 1 and len(validation.plays) and validation.check(network))

    trainer.run(on_step)
    return trainer
