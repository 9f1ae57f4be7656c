"""Claim: on a GPU every encoder from the hub, at its true size, goes through music far faster than it plays.

Random weights in the shapes of the papers' checkpoints, made here without the hub: they cost what trained
ones cost. Noise goes in as samples (no decoding), the warm-up is dropped, and of the passes the median
counts. The peer is the same network in plain use, one window at a time in float32; ours is `HubEncoder` as a
user gets it (on a GPU batches of 4 in bfloat16). Beside the speed stands the cosine of ours to the peer's
vector, and at the bottom musicnn, segue's default, on the same device. Speeds are real-time factors: seconds
of music a second.

    python benchmarks/hub_encoders.py [--kinds clap,mert] [--minutes 4] [--passes 3] [--device cuda]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from transformers import (
    ClapAudioConfig,
    ClapAudioModelWithProjection,
    ClapFeatureExtractor,
    Data2VecAudioConfig,
    Data2VecAudioModel,
    EncodecConfig,
    EncodecModel,
    HubertConfig,
    HubertModel,
    Wav2Vec2ConformerConfig,
)

from segue.encoders.audio.clap import Clap
from segue.encoders.audio.encoder import AudioEncoder
from segue.encoders.audio.hub import HubEncoder
from segue.encoders.audio.musicfm import MusicFM
from segue.encoders.audio.net import Net
from segue.encoders.audio.waveform import MERT_RATE, MUSIC2VEC_RATE, Codec, Hidden
from segue.kit.arrays import Floats


def make_clap() -> Net:
    """laion/larger_clap_music_and_speech, audio tower."""
    config = ClapAudioConfig(depths=[2, 2, 12, 2], hidden_size=1024, patch_embeds_hidden_size=128)
    extractor = ClapFeatureExtractor(truncation="rand_trunc", frequency_min=50)
    return Clap(ClapAudioModelWithProjection(config), extractor)


def make_mert() -> Net:
    """m-a-p/MERT-v1-330M."""
    sizes = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16}
    config = HubertConfig(**sizes, intermediate_size=4096, do_stable_layer_norm=True)
    return Hidden(HubertModel(config), MERT_RATE, normalise=True)


def make_music2vec() -> Net:
    """m-a-p/music2vec-v1."""
    return Hidden(Data2VecAudioModel(Data2VecAudioConfig()), MUSIC2VEC_RATE, normalise=True)


def make_encodec() -> Net:
    """facebook/encodec_24khz, encoder."""
    return Codec(EncodecModel(EncodecConfig()))


def make_musicfm() -> Net:
    """minzwon/MusicFM, up to the layer that is read."""
    sizes = {"hidden_size": 1024, "num_hidden_layers": 12, "num_attention_heads": 16}
    rotary = {"position_embeddings_type": "rotary", "hidden_act": "swish"}
    config = Wav2Vec2ConformerConfig(**sizes, **rotary, intermediate_size=4096)
    config._attn_implementation = "sdpa"
    return MusicFM(config, 512, 6.77, 18.42)


MAKE: dict[str, Callable[[], Net]] = {
    "clap": make_clap,
    "mert": make_mert,
    "music2vec": make_music2vec,
    "encodec": make_encodec,
    "musicfm": make_musicfm,
}


def speed(encoder: AudioEncoder, samples: Floats, passes: int) -> tuple[float, Floats]:
    """The real-time factor, median of the passes after one that is dropped, and the vector."""
    seconds = []
    for _ in range(passes + 1):
        start = time.perf_counter()
        vector = encoder.encode(iter(np.array_split(samples, 24))).vector
        seconds.append(time.perf_counter() - start)
    return len(samples) / encoder.rate / float(np.median(seconds[1:])), vector


def noise(rate: int, minutes: float) -> Floats:
    """Samples that do not matter."""
    rng = np.random.default_rng(0)
    return rng.normal(scale=0.1, size=round(60 * minutes * rate)).astype(np.float32)


def measure(kind: str, minutes: float, passes: int, device: str) -> float:
    """Print one encoder's line; returns its real-time factor."""
    torch.manual_seed(0)
    net = MAKE[kind]()
    size = sum(p.numel() for p in net.parameters()) / 1e6
    ours = HubEncoder(kind, lambda: net, device=device)
    peer = HubEncoder(kind, lambda: net, device=device, precision="float32", batch_size=1)
    samples = noise(ours.rate, minutes)
    if ours.device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
    plain, exact = speed(peer, samples, passes)
    fast, vector = speed(ours, samples, passes)
    on_gpu = ours.device.startswith("cuda")
    memory = f"  memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB" if on_gpu else ""
    cosine = float(vector @ exact / np.linalg.norm(vector) / np.linalg.norm(exact))
    print(
        f"{kind:10s} {size:6.0f} M weights  plain {plain:8.1f}  ours {fast:8.1f} x real time"
        f"  ({fast / plain:5.2f} times)  cosine {cosine:.5f}{memory}",
        flush=True,
    )
    return fast


def main() -> None:
    """Measure the encoders and print the slowest one's real-time factor last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kinds", default=",".join(MAKE))
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a = parser.parse_args()
    name = (
        torch.cuda.get_device_name() if a.device.startswith("cuda") else f"{torch.get_num_threads()} threads"
    )
    print(
        f"{a.device} ({name}), torch {torch.__version__}, {a.minutes:g} minutes of noise, {a.passes} passes"
    )
    found = {kind: measure(kind, a.minutes, a.passes, a.device) for kind in a.kinds.split(",")}
    from segue.encoders.audio.musicnn import Musicnn

    musicnn = Musicnn("MSD", device=a.device)
    print(f"musicnn (default), for scale: {speed(musicnn, noise(musicnn.rate, a.minutes), a.passes)[0]:.1f}")
    slowest = min(found, key=lambda kind: found[kind])
    print(f"ratio (music / time, the slowest, {slowest}): {found[slowest]:.1f}")


if __name__ == "__main__":
    main()
