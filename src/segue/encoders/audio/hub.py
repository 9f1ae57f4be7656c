"""The encoders that come from the hub: CLAP, MERT, Music2Vec, EnCodec and MusicFM.

Each is a network that turns windows of samples into one vector a window (`waveform`, `clap`, `musicfm`).
What is done around it is here: a recording is cut into windows without overlap, which pass in batches and
are pooled. Source: multimodal E4SRec 5.1, TalkPlay 2.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from segue.encoders.audio import clap, musicfm, waveform
from segue.encoders.audio.encoder import Encoded, windows
from segue.encoders.audio.net import Net, folder_hash, local_file, local_folder, quiet, told
from segue.kit.arrays import Floats
from segue.kit.device import best_device
from segue.kit.errors import SegueError
from segue.kit.wheels import ask_hub

Pool = Literal["mean", "max", "mean+max"]
Precision = Literal["auto", "float32", "bfloat16"]

PLACES: dict[str, str] = {
    "clap": clap.PLACE,
    "mert": "m-a-p/MERT-v1-330M",
    "music2vec": "m-a-p/music2vec-v1",
    "encodec": "facebook/encodec_24khz",
    "musicfm": "minzwon/MusicFM",
}
"""The kinds of encoder and the papers' checkpoint of each."""
FIRST_FILE = {"musicfm": musicfm.STATISTICS}
"""The small file that is asked for first, to learn whether a place on the hub can be reached at all."""


class HubEncoder:
    """An `AudioEncoder` around a network that is loaded when first used.

    The last window is cut to the samples that are left and passes alone, so no vector depends on padding. An
    attention mask could not see to that: the first layers of MERT and MusicFM normalise or convolve over
    time before any attention, and EnCodec has none. The mean over windows is weighted by their samples; the
    paper's is plain, which lets a last second count as much as the 30 s before it.

    Args:
        name: what it is called, with the place it comes from. load: makes the network. folder: where the
        weights are, if in a local folder. pool: over windows; "mean+max" is both, one behind the other.
        device: torch device; the GPU where there is one if empty. precision: "auto" computes in bfloat16 on
        a GPU and on a CPU with AMX (vectors with a cosine above 0.999
            to those of float32), in float32 elsewhere. Spectra are always float32.
        batch_size: windows in one forward pass; 4 on a GPU and 1 elsewhere if 0.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], Net],
        *,
        folder: Path | None = None,
        pool: Pool = "mean",
        device: str = "",
        precision: Precision = "auto",
        batch_size: int = 0,
    ) -> None:
        self.name, self.pool = name, pool
        self.device = device or best_device().type
        on_gpu = self.device.startswith("cuda")
        fast = on_gpu or (self.device == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16")))
        self.bfloat16 = precision == "bfloat16" or (precision == "auto" and fast)
        self.batch_size = batch_size or (4 if on_gpu else 1)
        self._load, self._folder = load, folder

    @cached_property
    def identity(self) -> str:
        """The name, the hash of a folder's files (which may change under one name), and the pooling."""
        pool = "" if self.pool == "mean" else f"|{self.pool}"
        return f"{self.name}{'@' + folder_hash(self._folder) if self._folder else ''}{pool}"

    @cached_property
    def net(self) -> Net:
        """The network, on its device."""
        with quiet(), told(self.name):
            return self._load().eval().requires_grad_(False).to(self.device)

    @property
    def rate(self) -> int:
        """The sample rate it wants, in Hz."""
        return self.net.rate

    @property
    def dim(self) -> int:
        """The length of its vectors: twice the network's where both mean and maximum are kept."""
        return self.net.dim * (2 if self.pool == "mean+max" else 1)

    def encode(self, blocks: Iterator[Floats]) -> Encoded:
        """The vector of one recording; memory holds one batch of windows."""
        pooled = Pooled()
        cut = windows(blocks, self.net.size, least=self.net.least)
        # a recording's only window that is not full is its last, so groups of equal length keep the order
        for n_real, group in itertools.groupby(cut, key=lambda window: window[1]):
            while batch := [samples for samples, _ in itertools.islice(group, self.batch_size)]:
                pooled.add(self.vectors(np.stack(batch)[:, : max(n_real, self.net.least)]), n_real)
        if not pooled.weight:
            raise SegueError("a recording without samples", self.name)
        return Encoded(pooled.vector(self.pool))

    def vectors(self, samples: Floats) -> Floats:
        """One vector a window, float32 (n_windows, network's dim), of samples (n_windows, n_samples)."""
        half = self.bfloat16 and not self.net.exact
        kind = self.device.partition(":")[0]
        with torch.inference_mode():
            inputs = self.net.prepare(torch.from_numpy(np.ascontiguousarray(samples)).to(self.device))
            with torch.autocast(kind, dtype=torch.bfloat16, enabled=half):
                vectors = self.net(inputs)
        return np.asarray(vectors.float().cpu().numpy(), dtype=np.float32)


class Pooled:
    """The mean, weighted by samples, and the maximum of vectors that come in batches."""

    def __init__(self) -> None:
        self.total: Any = 0.0
        self.highest: Any = -np.inf
        self.weight = 0

    def add(self, vectors: Floats, weight: int) -> None:
        """Takes in vectors (n, dim) of windows with `weight` samples each."""
        # In double precision: the sum of an hour's windows must not depend on the batches.
        self.total = self.total + vectors.sum(axis=0, dtype=np.float64) * weight
        self.highest = np.maximum(self.highest, vectors.max(axis=0))
        self.weight += weight * len(vectors)

    def vector(self, pool: Pool) -> Floats:
        """The pooled vector, float32 (dim,) or (2 dim,)."""
        mean, highest = np.float32(self.total / self.weight), np.float32(self.highest)
        parts = {"mean": [mean], "max": [highest], "mean+max": [mean, highest]}[pool]
        return np.concatenate(parts)


def load_hub_encoder(
    kind: str,
    place: str = "",
    *,
    device: str = "",
    trust_remote_code: bool = False,
    pool: Pool = "mean",
    precision: Precision = "auto",
) -> HubEncoder:
    """One of the papers' encoders. The weights are read when first needed.

    Args:
        place: a folder or a name on the hub; the papers' checkpoint if empty.
        trust_remote_code: run the code that a MERT repository brings, in place of the native class.

    Raises:
        SegueError: there is no such kind, no such folder, or the hub does not have it or cannot be reached.
    """
    loaders: dict[str, Callable[[str], Net]] = {
        "clap": clap.load,
        "mert": partial(waveform.load_mert, trust_remote_code=trust_remote_code),
        "music2vec": waveform.load_music2vec,
        "encodec": waveform.load_encodec,
        "musicfm": musicfm.load,
    }
    if kind not in loaders:
        raise SegueError(f"no encoder {kind!r}", "", f"the hub has {', '.join(loaders)}")
    place = place or PLACES[kind]
    name, folder = f"{kind}:{place}", local_folder(place)
    if folder:
        name = f"{kind}:{folder.name}"
    else:
        ask_hub()
        with quiet(), told(place):
            local_file(place, FIRST_FILE.get(kind, "config.json"))
    load = partial(loaders[kind], place)
    return HubEncoder(name, load, folder=folder, pool=pool, device=device, precision=precision)
