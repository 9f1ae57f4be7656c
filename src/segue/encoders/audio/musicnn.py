"""musicnn as an encoder: a tagger of music whose weights come in a wheel, run without TensorFlow.

Two checkpoints of one network, with 50 tags each: "MTT" was trained on MagnaTagATune and "MSD" on the
Million Song Dataset. What the network sees is a log-mel spectrogram, cut into windows of three seconds as
the recording comes.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from segue.encoders.audio.checkpoint import read_checkpoint
from segue.encoders.audio.encoder import Encoded
from segue.encoders.audio.musicnn_network import HIDDEN, POOLED, TAGS, Network, shapes
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.wheels import in_wheel
from segue.kit.workspace import hash_of

RATE, FFT, HOP, BANDS = 16_000, 512, 256, 96
WINDOW = 187
"""Spectrogram frames that the network sees at once: three seconds."""
STRIDE = WINDOW * HOP
"""Samples from one window to the next."""
BATCH = 16
"""Windows in one pass, which bounds the memory."""

Checkpoint = Literal["MTT", "MSD"]
Pool = Literal["penultimate", "mean", "max", "mean+max"]

MTT = (
    "guitar,classical,slow,techno,strings,drums,electronic,rock,fast,piano,ambient,beat,violin,vocal,synth,"
    "female,indian,opera,male,singing,vocals,no vocals,harpsichord,loud,quiet,flute,woman,male vocal,"
    "no vocal,pop,soft,sitar,solo,man,classic,choir,voice,new age,dance,male voice,female vocal,beats,harp,"
    "cello,no voice,weird,country,metal,female voice,choral"
)
MSD = (
    "rock,pop,alternative,indie,electronic,female vocalists,dance,00s,alternative rock,jazz,beautiful,metal,"
    "chillout,male vocalists,classic rock,soul,indie rock,Mellow,electronica,80s,folk,90s,chill,instrumental,"
    "punk,oldies,blues,hard rock,ambient,acoustic,experimental,female vocalist,guitar,Hip-Hop,70s,party,"
    "country,easy listening,sexy,catchy,funk,electro,heavy metal,Progressive rock,60s,rnb,indie pop,sad,"
    "House,happy"
)
LABELS: dict[Checkpoint, list[str]] = {"MTT": MTT.split(","), "MSD": MSD.split(",")}
"""The tags of each checkpoint in the order of its last layer, as its authors spell them."""


def mel_filters() -> Floats:
    """Triangles of equal area on the mel scale of Slaney's Auditory Toolbox, float32 (96, 257)."""
    # Below 1 kHz a mel is 66.7 Hz; above it is a factor of 6.4 ** (1 / 27). 1 kHz is mel 15.
    step = np.log(6.4) / 27
    mels = np.linspace(0, 15 + np.log(RATE / 2 / 1000) / step, BANDS + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(step * (mels - 15)))
    low, middle, high = (edges[i : i + BANDS, None] for i in range(3))
    bins = np.linspace(0, RATE / 2, FFT // 2 + 1)
    triangles = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)).clip(0)
    return np.asarray(triangles.astype(np.float32) * (2 / (high - low)), dtype=np.float32)


class LogMel:
    """log10(10000 mel power + 1) of samples at 16 kHz, always on the CPU: it takes a fiftieth of the time."""

    def __init__(self) -> None:
        self.filters = torch.from_numpy(mel_filters())
        self.taper = torch.hann_window(FFT, dtype=torch.float64)

    def __call__(self, samples: Floats) -> Tensor:
        """The frames that fit into samples, (s,) -> ((s - 512) // 256 + 1, 96)."""
        # In single precision loud bins would blur weak ones; double costs next to nothing.
        double = torch.from_numpy(samples).double()
        spectrum = torch.stft(double, FFT, HOP, window=self.taper, center=False, return_complex=True)
        mel = self.filters @ spectrum.to(torch.complex64).abs().square()
        # NumPy's logarithm differs from torch's in the last bit, and is the one that the authors took.
        return torch.from_numpy(np.log10((mel * 10_000 + 1).numpy())).T

    def windows(self, blocks: Iterator[Floats]) -> Iterator[Tensor]:
        """Windows of a recording's spectrogram, in batches (up to 16, 187, 96).

        Frames are centred on their sample, with silence before the first sample and after the last. Windows
        do not overlap, and an unfinished last one is left out, both as the authors do; a recording shorter
        than one window is repeated until it fills it, as they did in training. Batches are cut at the same
        samples however the blocks were cut, so the result does not depend on the blocks.
        """
        edge = np.zeros(FFT // 2, dtype=np.float32)
        held, n_held, whole = [edge], len(edge), False
        for block in chain(blocks, [edge]):
            held.append(block)
            n_held += len(block)
            if n_held < BATCH * STRIDE + HOP:
                continue
            joined, start = np.concatenate(held), 0
            while n_held - start >= BATCH * STRIDE + HOP:
                yield self._batch(joined[start:], BATCH)
                start += BATCH * STRIDE
                whole = True
            held, n_held = [joined[start:].copy()], n_held - start
        if n_held == FFT and not whole:
            raise SegueError("the recording has no sample")
        rest = np.concatenate(held)
        if n_left := (n_held - HOP) // STRIDE:
            yield self._batch(rest, n_left)
        elif not whole:
            frames = self(rest)
            yield frames[torch.arange(WINDOW) % len(frames)][None]

    def _batch(self, samples: Floats, n: int) -> Tensor:
        """The first n windows of samples."""
        return self(samples[: n * STRIDE + HOP]).reshape(n, WINDOW, BANDS)


class Musicnn:
    """musicnn as an encoder: one vector and 50 tag probabilities a recording.

    Args:
        pool: what of the network becomes the vector: the mean over windows of the penultimate layer (200), of
            the convolutions' means (753), the largest of their maxima (753), or both of these (1506).
    """

    def __init__(
        self, checkpoint: Checkpoint = "MTT", *, pool: Pool = "penultimate", device: str = "cpu"
    ) -> None:
        for value, known in ((checkpoint, get_args(Checkpoint)), (pool, get_args(Pool))):
            if value not in known:
                raise SegueError(f"musicnn has no {value!r}", "", f"choose one of {', '.join(known)}")
        self.checkpoint, self.pool, self.device = checkpoint, pool, device

    @property
    def rate(self) -> int:
        """16,000 Hz."""
        return RATE

    @property
    def dim(self) -> int:
        """The length of its vectors."""
        return {"penultimate": HIDDEN, "mean": POOLED, "max": POOLED, "mean+max": 2 * POOLED}[self.pool]

    @cached_property
    def identity(self) -> str:
        """Checkpoint, hash of its weights, pooling."""
        index = resolve(self.checkpoint)
        return f"musicnn-{self.checkpoint}@{hash_of(*sorted(index.parent.glob('.data-*')))}/{self.pool}"

    @cached_property
    def network(self) -> Network:
        """The network, loaded when first used."""
        return Network(read_checkpoint(resolve(self.checkpoint), shapes().keys()), self.device)

    @cached_property
    def log_mel(self) -> LogMel:
        """The front end."""
        return LogMel()

    @torch.inference_mode()
    def encode(self, blocks: Iterator[Floats]) -> Encoded:
        """The vector and the tags of one recording; see `LogMel.windows` for what is read of it."""
        n, total, largest = 0, torch.zeros(TAGS + HIDDEN + POOLED, dtype=torch.float64), torch.zeros(0)
        for windows in self.log_mel.windows(blocks):
            found = self.network(windows.to(self.device))
            total += torch.cat([found.tags, found.penultimate, found.mean], dim=1).double().sum(dim=0).cpu()
            top = found.max.amax(dim=0).cpu()
            largest = torch.maximum(largest, top) if n else top
            n += len(windows)
        tags, penultimate, mean = (total / n).float().tensor_split([TAGS, TAGS + HIDDEN])
        both = torch.cat([mean, largest])
        vectors = {"penultimate": penultimate, "mean": mean, "max": largest, "mean+max": both}
        named = zip(LABELS[self.checkpoint], tags.tolist(), strict=True)
        return Encoded(np.array(vectors[self.pool].numpy()), dict(named))


def resolve(checkpoint: Checkpoint) -> Path:
    """The `.index` file of a checkpoint in the installed wheel; the package itself is never imported.

    Raises:
        SegueError: the wheel is not installed.
    """
    if index := in_wheel("musicnn", f"{checkpoint}_musicnn/.index"):
        return index
    cure = "pip install --no-deps musicnn==0.1.0"
    raise SegueError("the weights of musicnn are not installed", "", cure)
