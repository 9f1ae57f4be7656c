"""The losses of a next-track model: from hidden states and the tracks' vectors to one number.

All take `hidden` (n, dim), `table` (n_tracks, dim) and `targets` (n,), and give the mean over the n targets.
"""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Loss = Literal["softmax", "sampled", "gbce", "bce"]
BLOCK, LEAST = 1 << 25, 64
"""Bytes of exponentials that are held at once, but of so many targets at least."""
TILE = 3 << 18
"""Bytes of them that a processor makes at once: they stay in the cache of its core."""
SAFE = 60.0
"""No logit above this can overflow once it is exponentiated and summed."""


class _Softmax(torch.autograd.Function):
    """Cross-entropy over all tracks, the gradients beside the loss, block by block of the targets.

    A block's logits are made tile by tile of the tracks, become their exponentials where they are, and are
    read once more for both gradients; memory does not grow with n.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, table: Tensor, targets: Tensor, kind: torch.dtype) -> Tensor:
        n, n_tracks = len(hidden), len(table)
        n_blocks = -(-n // max(LEAST, BLOCK // (n_tracks * kind.itemsize)))
        # Few sizes of blocks: a processor's fast kernels are made anew for each. Rows of zeros add nothing.
        size = -(-n // (16 * n_blocks)) * 16
        h = F.pad(hidden.to(kind), (0, 0, 0, size * n_blocks - n))
        e, grad_h, grad_e = table.to(kind), torch.zeros_like(h, dtype=torch.float32), torch.zeros_like(table)
        width = max(64, TILE // (size * kind.itemsize)) if hidden.device.type == "cpu" else n_tracks
        tiles = torch.split(e, width)
        held = [h.new_empty(size, len(tile)) for tile in tiles]
        # Where no scalar product can be large (Cauchy-Schwarz) the highest logit need not be taken off.
        small = bool(h.norm(dim=1).amax() * e.norm(dim=1).amax() < SAFE)
        logs = []
        for x, g in zip(torch.split(h, size), torch.split(grad_h, size), strict=True):
            sums, top = _exponentials(x, tiles, held, small)
            scaled = (x.float() / sums).to(kind)
            for p, tile, grad in zip(held, tiles, torch.split(grad_e, width), strict=True):
                _add_product(g, p, tile)
                _add_product(grad, p.T, scaled)
            g.div_(sums)
            logs.append(sums.log() + top)
        # The target's own part, beside the blocks: its logit, and p - 1 in the gradient.
        own, x = e[targets].float(), h[:n].float()
        grad_h = grad_h[:n] - own
        grad_e.index_add_(0, targets, x, alpha=-1)
        ctx.save_for_backward(grad_h, grad_e)
        return torch.cat(logs)[:n, 0].mean() - (own * x).sum(1).mean()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        grad_h, grad_e = ctx.saved_tensors
        scale = grads[0] / len(grad_h)
        return grad_h * scale, grad_e * scale, None, None


def _exponentials(
    x: Tensor, tiles: Sequence[Tensor], held: Sequence[Tensor], small: bool
) -> tuple[Tensor, Tensor]:
    """Write exp(logits - top) of the tiles into `held`; their sums (n, 1), float32, and `top` (n, 1) or 0."""
    top = x.new_zeros(())
    if not small:  # or large logits overflow
        top = torch.stack([(x @ tile.T).amax(1, keepdim=True) for tile in tiles]).amax(0)
    sums = x.new_zeros(len(x), 1, dtype=torch.float32)
    for tile, p in zip(tiles, held, strict=True):
        torch.mm(x, tile.T, out=p)
        if not small:
            p.sub_(top)
        sums += p.exp_().sum(1, keepdim=True, dtype=torch.float32)
    return sums, top.float()


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add a product to `total`, which is float32, in place."""
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right


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
