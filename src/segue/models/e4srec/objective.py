"""The loss of a step of E4SRec: cross-entropy over the catalogue, or over a sample of it."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from segue.learning import losses
from segue.models.e4srec.examples import Examples
from segue.models.e4srec.network import Network
from segue.models.e4srec.prompt import Batch
from segue.models.e4srec.settings import FULL_SOFTMAX, Settings

PUBLISHED_NEGATIVES = 128


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
        asked, table = self._read(batch, rows, step)
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

    def _read(self, batch: Batch, rows: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """What the prompts ask for (n_headers, dim) and the vectors (n_rows, dim) of the rows in play."""
        anchor = self.network.anchor
        heard = self.examples.heard(step, anchor.window) if anchor is not None else []
        if not self.tied:
            return self.network.answer(self.network.states(batch), heard), self.network.table(rows)
        inputs = batch.tracks[batch.tracks >= 0]
        used, place = torch.unique(torch.cat([inputs, rows]), return_inverse=True)
        fused = self.network.fuse(used)
        states = self.network.read(batch, fused, place[: len(inputs)])
        return self.network.answer(states, heard), self.network.table(rows, fused[place[len(inputs) :]])

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
