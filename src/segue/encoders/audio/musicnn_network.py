"""The network of musicnn (Pons and Serra, 2019) in torch, with weights named as in its authors' checkpoints.

It looks at windows of a log-mel spectrogram: banks of filters that span most of the pitch range (timbre) and
that span time (rhythm), each reduced to its strongest response over the bands; three convolutions over time,
the later two added to what they got; mean and maximum over time; two dense layers.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from segue.kit.arrays import Floats
from segue.kit.errors import SegueError

EPSILON = 1e-3
"""What the authors' library adds to a variance."""

FRONT = {  # layer number -> height in frames, width in bands, filters
    0: (7, 38, 204),
    1: (7, 67, 204),
    2: (128, 1, 51),
    3: (64, 1, 51),
    4: (32, 1, 51),
}
MIDDLE = {5: 561, 6: 64, 7: 64}  # layer number -> channels in; 7 frames, 64 filters
POOLED, HIDDEN, TAGS = 753, 200, 50


class Activations(NamedTuple):
    """What the network makes of n windows."""

    tags: Tensor
    """Probabilities (n, 50)."""
    penultimate: Tensor
    """(n, 200): the layer before the tags."""
    mean: Tensor
    """(n, 753): the channels of all convolutions, mean over time."""
    max: Tensor
    """(n, 753): the same, largest over time."""


def layer(kind: str, number: int) -> str:
    """The name of a layer in a checkpoint: the first of a kind carries no number."""
    return f"{kind}_{number}" if number else kind


def shapes() -> dict[str, tuple[int, ...]]:
    """The weights of the network: name in the checkpoint -> shape."""
    kernels = {layer("conv2d", i): (*size[:2], 1, size[2]) for i, size in FRONT.items()}
    kernels |= {layer("conv2d", i): (7, width, 1, 64) for i, width in MIDDLE.items()}
    dense = {layer("dense", 0): (2 * POOLED, HIDDEN), layer("dense", 1): (HIDDEN, TAGS)}
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in (kernels | dense).items():
        found |= {f"{name}/kernel": shape, f"{name}/bias": shape[-1:]}
    norms = [1, *(k[-1] for k in kernels.values()), 2 * POOLED, HIDDEN]
    for i, width in enumerate(norms):
        name = layer("batch_normalization", i)
        found |= {f"{name}/{part}": (width,) for part in ("gamma", "beta", "moving_mean", "moving_variance")}
    return found


class Norm(NamedTuple):
    """A batch normalisation over the last dimension."""

    mean: Tensor
    scale: Tensor
    shift: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Normalise."""
        return (x - self.mean) * self.scale + self.shift


class Network:
    """musicnn with given weights.

    Convolutions add up in the order that came nearest to the authors' library: band by band, then frame by
    frame. Any order is as right, but later layers multiply the rounding by up to 30: in this one the largest
    difference to the authors' activations was below 1e-4, in others up to 6e-4. It depends on the processor.

    Args:
        weights: as `shapes` names and shapes them.

    Raises:
        SegueError: a weight is missing or has another shape.
    """

    def __init__(self, weights: Mapping[str, Floats], device: str = "cpu") -> None:
        for name, shape in shapes().items():
            if name not in weights or weights[name].shape != shape:
                raise SegueError(f"the weight {name} {shape} of musicnn is not there", "", "reinstall it")
        self.weights = {name: torch.tensor(weights[name], device=device) for name in shapes()}

    def __call__(self, log_mel: Tensor) -> Activations:
        """The activations of windows, float32 (n, 187, 96)."""
        x = self._norm(0)(log_mel[..., None])[..., 0].transpose(1, 2)
        front = torch.cat([self._front(x, number) for number in FRONT], dim=2)
        first = self._middle(front, 5)
        second = self._middle(first, 6) + first
        third = self._middle(second, 7) + second
        channels = torch.cat([front, first, second, third], dim=2)
        mean, largest = channels.mean(dim=1), channels.amax(dim=1)
        pooled = torch.stack([largest, mean], dim=2).flatten(1)  # maximum and mean of each channel in turn
        hidden = self._norm(10)(self._dense(self._norm(9)(pooled), 0).relu())
        return Activations(self._dense(hidden, 1).sigmoid(), hidden, mean, largest)

    def _front(self, x: Tensor, number: int) -> Tensor:
        """A bank of filters, the strongest response of each: (n, bands, frames) -> (n, frames, filters).

        The order is convolution, relu, normalisation, maximum over bands. A normalisation with a positive
        factor, and relu, do not change which response is the largest; with a negative one it is the smallest,
        which is the largest of the filter turned over. So the maximum comes first, and the rest sees one
        number instead of up to 96. Window by window the responses stay in the cache: twice as fast.
        """
        height, width, _ = FRONT[number]
        norm, (kernel, bias) = self._norm(number + 1), self._layer("conv2d", number)
        sign = torch.where(norm.scale < 0, -1.0, 1.0)
        flat = kernel[:, :, 0].transpose(0, 1).reshape(width * height, -1) * sign
        before = (height - 1) // 2
        patches = F.pad(x, (before, height - 1 - before)).unfold(1, width, 1).unfold(2, height, 1)
        largest = [(p.reshape(-1, len(flat)) @ flat).view(*p.shape[:2], -1).amax(dim=0) for p in patches]
        return norm((torch.stack(largest) * sign + bias).relu())

    def _middle(self, x: Tensor, number: int) -> Tensor:
        """One convolution over seven frames and all channels, (n, frames, channels) -> (n, frames, 64)."""
        kernel, bias = self._layer("conv2d", number)
        y = F.conv2d(F.pad(x, (0, 0, 3, 3))[:, None], kernel.permute(3, 2, 0, 1), bias)
        return self._norm(number + 1)(y[..., 0].transpose(1, 2).relu())

    def _dense(self, x: Tensor, number: int) -> Tensor:
        """One dense layer, before what follows it."""
        kernel, bias = self._layer("dense", number)
        return x @ kernel + bias

    def _layer(self, kind: str, number: int) -> tuple[Tensor, Tensor]:
        """The kernel and the bias of a layer."""
        name = layer(kind, number)
        return self.weights[f"{name}/kernel"], self.weights[f"{name}/bias"]

    def _norm(self, number: int) -> Norm:
        """A batch normalisation."""
        name = layer("batch_normalization", number)
        parts = ("gamma", "beta", "moving_mean", "moving_variance")
        gamma, beta, mean, variance = (self.weights[f"{name}/{part}"] for part in parts)
        return Norm(mean, gamma / (variance + EPSILON).sqrt(), beta)
