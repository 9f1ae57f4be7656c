"""The losses of a next-track model: from hidden states and the tracks' vectors to one number.

All take `hidden` (n, dim), `table` (n_tracks, dim) and `targets` (n,), and give the mean over the n targets.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Loss = Literal["softmax", "sampled", "gbce", "bce"]
CHUNK = 1 << 22
"""Bytes of logits that are held at once: they stay in the processor's cache."""
SAFE = 60.0
"""No logit above this can overflow once it is exponentiated and summed."""


class _Softmax(torch.autograd.Function):
    """Cross-entropy over all tracks, the gradients beside the loss, chunk by chunk of the targets.

    A chunk's logits are written once and become their exponentials in place; memory does not grow with n.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, table: Tensor, targets: Tensor, kind: torch.dtype) -> Tensor:
        size = max(1, CHUNK // (len(table) * kind.itemsize))
        # Whole chunks: a processor's fast kernels are made anew for every shape. Rows of zeros add nothing.
        h = F.pad(hidden.to(kind), (0, 0, 0, -len(hidden) % size))
        e, wanted = table.to(kind), F.pad(targets, (0, -len(hidden) % size))
        grad_h, grad_e = torch.empty_like(h), torch.zeros_like(table)
        losses, p = [], h.new_empty(size, len(table))
        # Where no scalar product can be large (Cauchy-Schwarz) the highest logit need not be taken off.
        small = bool(h.norm(dim=1).amax() * e.norm(dim=1).amax() < SAFE)
        for part in (slice(start, start + size) for start in range(0, len(h), size)):
            torch.mm(h[part], e.T, out=p)
            right = p.gather(1, wanted[part, None]).float()
            if not small:
                # Or large logits overflow in `exp`.
                top = p.amax(1, keepdim=True)
                p, right = p.sub_(top), right - top
            sums = p.exp_().sum(1, keepdim=True, dtype=torch.float32)
            losses.append(sums.log() - right)
            torch.mm(p, e, out=grad_h[part]).div_(sums)
            _add_product(grad_e, p.T, h[part] / sums)
        n = len(hidden)
        # The target's own part of the gradient, p - 1, beside the chunks.
        grad_h = grad_h[:n].float() - e[targets].float()
        grad_e.index_add_(0, targets, h[:n].float(), alpha=-1)
        ctx.save_for_backward(grad_h, grad_e)
        return torch.cat(losses)[:n].mean()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        grad_h, grad_e = ctx.saved_tensors
        scale = grads[0] / len(grad_h)
        return grad_h * scale, grad_e * scale, None, None


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add a product to `total`, which is float32, in place."""
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right.to(left.dtype)


def softmax(hidden: Tensor, table: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy over the whole catalogue; products in bfloat16 under autocast."""
    device = hidden.device.type
    kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else torch.float32
    with torch.autocast(device, enabled=False):
        loss: Tensor = _Softmax.apply(hidden.float(), table.float(), targets, kind)  # type: ignore[no-untyped-call]
    return loss


def sampled_softmax(
    hidden: Tensor,
    table: Tensor,
    targets: Tensor,
    log_q: Tensor,
    n_negatives: int,
    generator: torch.Generator,
) -> Tensor:
    """Cross-entropy over the target and negatives that the whole batch shares, with the logQ correction.

    Negatives are drawn with replacement with the probabilities exp(`log_q`) (n_tracks,); every logit is
    lowered by the log of its track's expected count, and a negative that is a row's own target is masked.
    With ever more negatives the loss tends to `softmax`. Source: Bengio and Senecal 2008.
    """
    drawn = torch.multinomial(log_q.exp(), n_negatives, replacement=True, generator=generator)
    # The target stands for itself, so the negatives stand for all others: a row's own target is masked.
    right = (hidden * table[targets]).sum(1, keepdim=True).float()
    # log(n q): how often a track is expected among the n drawn.
    wrong = (hidden @ table[drawn].T).float() - (log_q[drawn] + _log(n_negatives))
    wrong = wrong.masked_fill(drawn[None] == targets[:, None], -torch.inf)
    logits = torch.cat([right, wrong], dim=1)
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))


def gbce(
    hidden: Tensor, table: Tensor, targets: Tensor, n_negatives: int, t: float, generator: torch.Generator
) -> Tensor:
    """Generalised binary cross-entropy with uniform negatives that the whole batch shares.

    `t` in [0, 1] calibrates the positive's weight: 0 is plain BCE, 1 undoes the bias of sampling.
    Source: Petrov and Macdonald 2023 (gSASRec), who draw negatives for each target.
    """
    n_tracks = len(table)
    alpha = n_negatives / max(n_tracks - 1, 1)
    # gSASRec: the power of the positive's probability.
    beta = alpha * (t * (1 - 1 / alpha) + 1 / alpha)
    drawn = torch.randint(0, n_tracks, (n_negatives,), generator=generator, device=hidden.device)
    right = (hidden * table[targets]).sum(1).float()
    wrong = (hidden @ table[drawn].T).float()
    wrong = wrong.masked_fill(drawn[None] == targets[:, None], -torch.inf)
    return (-beta * F.logsigmoid(right) + F.softplus(wrong).sum(1)).mean() / (n_negatives + 1)


def bce(hidden: Tensor, table: Tensor, targets: Tensor, heard: Tensor, generator: torch.Generator) -> Tensor:
    """Binary cross-entropy with one uniform negative a target. Source: Kang and McAuley 2018 (SASRec).

    Args:
        hidden: (n, dim).
        table: (n_tracks, dim).
        targets: (n,).
        heard: (n, m) tracks of the target's own window, -1 where fewer: no negatives.
        generator: of the negatives.
    """
    negatives = torch.randint(0, len(table), targets.shape, generator=generator, device=targets.device)
    for _ in range(4):  # what is still heard after that (tiny catalogues) stays
        clash = (heard == negatives[:, None]).any(1)
        again = torch.randint(0, len(table), (int(clash.sum()),), generator=generator, device=targets.device)
        negatives[clash] = again
    right = (hidden * table[targets]).sum(1).float()
    wrong = (hidden * table[negatives]).sum(1).float()
    return (F.softplus(-right) + F.softplus(wrong)).mean()


def _log(n: int) -> float:
    return float(torch.log(torch.tensor(float(n))))
