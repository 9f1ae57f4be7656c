"""What the encoders from the hub share: the shape of a network, and how its weights are found and read."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging as transformers_logging
from transformers.utils.hub import cached_file

from segue.kit.errors import SegueError
from segue.kit.workspace import hash_of

log = logging.getLogger(__name__)

SECONDS = 30.0
"""Length of a window, unless the model has its own maximum."""
SPARE = ("masked_spec_embed", "num_batches_tracked", "position_ids", "relative_position_index", "inv_freq")
"""Endings of weights that may be missing: read in training only, or computed."""


class Net(torch.nn.Module, ABC):
    """A network that makes one vector of each window of samples.

    Args:
        least: the fewest samples it makes a vector of.
        exact: never computed in bfloat16.
    """

    def __init__(self, rate: int, dim: int, *, seconds: float = SECONDS, least: int = 1, exact: bool = False):
        super().__init__()
        self.rate, self.dim, self.least, self.exact = rate, dim, least, exact
        self.size = round(seconds * rate)

    @abstractmethod
    def prepare(self, samples: torch.Tensor) -> torch.Tensor:
        """What `forward` takes, always computed in float32, from samples (n_windows, n_samples)."""

    @abstractmethod
    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The vectors (n_windows, dim)."""


def local_folder(place: str) -> Path | None:
    """The folder that a place means; None where it means a name on the hub.

    Raises:
        SegueError: it can only mean a folder, and there is none.
    """
    path = Path(place)
    if path.is_dir():
        return path.resolve()
    if path.is_absolute() or place.startswith(("./", "../", "~")) or place.count("/") > 1:
        raise SegueError("no such folder", place, "give a folder with a model, or a name on the hub")
    return None


def local_file(place: str, file: str, *, needed: bool = True) -> Path | None:
    """A file of a model in a folder or on the hub; None where it is missing and not needed.

    Raises:
        OSError: it is needed and missing, or the hub cannot be reached.
    """
    path = cached_file(place, file, _raise_exceptions_for_missing_entries=needed)
    return Path(path) if path else None


def folder_hash(folder: Path) -> str:
    """A hash of the weights and settings in a folder."""
    kinds = {".safetensors", ".bin", ".pt", ".json"}
    return hash_of(*sorted(p for p in folder.iterdir() if p.suffix in kinds))


def pretrained(cls: Any, place: str, **options: Any) -> Any:
    """A transformers model with the weights of a place, every one of them.

    Safetensors come first. Where a repository has only a `pytorch_model.bin` (all of the papers' checkpoints
    began as one), transformers reads it with `weights_only=True`, which makes tensors and runs no code.

    Raises:
        SegueError: weights are missing, which transformers would make up at random.
    """
    local = Path(place).is_dir()
    options = {"local_files_only": local, "trust_remote_code": False, "dtype": torch.float32} | options
    model, info = cls.from_pretrained(place, output_loading_info=True, **options)
    missing = sorted(key for key in info["missing_keys"] if not key.endswith(SPARE))
    if missing or info["mismatched_keys"]:
        example = (missing or [str(info["mismatched_keys"])])[0]
        raise SegueError(
            f"not the weights of a {cls.__name__} (lacks {example})", place, "give another model"
        )
    return model


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turns what goes wrong in loading into the user's one line.

    A folder can hold anything, and hub, transformers, safetensors and torch each have their own exceptions
    for it without a common base, so all are caught; the whole story goes to the debug log.
    """
    try:
        yield
    except SegueError:
        raise
    except Exception as error:
        log.debug("loading %s", where, exc_info=True)
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        cure = "give a folder with the model's files, or a name on the hub while it can be reached"
        raise SegueError(f"no audio model to load ({reason})", where, cure) from None


@contextmanager
def quiet() -> Iterator[None]:
    """No bars and reports of transformers inside: `pretrained` checks what they would tell."""
    shown, level = transformers_logging.is_progress_bar_enabled(), transformers_logging.get_verbosity()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if shown:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
