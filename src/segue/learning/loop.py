"""The one training loop: a loss, AdamW, a budget, resumable to the same loss.

Everything random in a step depends on the seed and the number of the step, so a run that was interrupted
and resumed passes through the same losses as one that was not (under a budget in steps).
"""

import ctypes
import json
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from torch import Tensor, nn

from segue.kit.errors import SegueError
from segue.kit.workspace import hash_of, whole_file
from segue.learning.budget import Budget
from segue.learning.checkpoint import Checkpoint

__all__ = ["Budget", "StepLoss", "Trainer", "has_bf16", "keep_memory"]

logger = logging.getLogger(__name__)

StepLoss = Callable[[int], tuple[Tensor, dict[str, float]]]
"""Step number -> loss to descend, and figures to log; `tokens` among them counts towards tokens/s."""


def has_bf16(device: torch.device) -> bool:
    """Whether products are faster in bfloat16 than in float32 on this device.

    Intel's AVX-512 multiplies bfloat16 at half its rate of float32 (92 and 180 GFLOP/s a core); its AMX tiles
    and AMD's AVX-512 are fast.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    has = torch.cpu.get_capabilities()
    intel = str(has.get("cpu_name", "")).startswith("Intel")
    return bool(has.get("amx_bf16") or (has.get("avx512_bf16") and not intel))


def keep_memory() -> None:
    """Tell glibc not to hand large tensors back to the system after every step."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 1 << 31 - 1)  # M_TRIM_THRESHOLD
    except OSError:
        logger.debug("no glibc: memory is left as it is")


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C waits until the block is done: no step is saved half taken."""
    # Only the main thread may set signal handlers, and only it is interrupted.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    old = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)
    if came:
        raise KeyboardInterrupt


class Trainer:
    """Runs steps until the budget is spent; keeps checkpoints in `directory/checkpoint`.

    Args:
        module: holds the trainable parameters; those with an attribute `faster` at so many times the rate.
        directory: where `metrics.jsonl` and the checkpoint go.
        identity: anything that must be equal for a checkpoint to be resumed (data hash, settings).
    """

    def __init__(
        self,
        module: nn.Module,
        budget: Budget,
        directory: Path,
        identity: Sequence[Any],
        *,
        per_epoch: int = 1,
        title: str = "training",
    ) -> None:
        self.budget, self.directory, self.title = budget, directory, title
        self.limit = budget.limit(per_epoch)
        own = {name: getattr(budget, name) for name in Budget.model_fields if name != "save_every"}
        self.identity = hash_of(*identity, own, self.limit, budget.rate)
        self.named = {n: p for n, p in module.named_parameters() if p.requires_grad}
        device = next(iter(self.named.values())).device
        bf16 = has_bf16(device) if budget.bf16 is None else budget.bf16
        self.autocast = torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16)
        kinds: dict[tuple[float, float], list[nn.Parameter]] = {}
        for p in self.named.values():
            # Biases and norms are not decayed: they do not overfit, and zero is no better guess for them.
            decay = budget.weight_decay if p.ndim > 1 else 0.0
            kinds.setdefault((decay, getattr(p, "faster", 1.0)), []).append(p)
        groups = [{"params": p, "weight_decay": d, "faster": f} for (d, f), p in kinds.items()]
        self.optimizer = torch.optim.AdamW(groups, lr=budget.rate, betas=(0.9, 0.95), fused=True)
        self.checkpoint = Checkpoint(directory / "checkpoint", self.named, self.optimizer)
        self.step, self.elapsed, self.tokens = 0, 0.0, 0

    @property
    def done(self) -> float:
        """The part of the budget that is spent, from 0 to 1 and a little over."""
        return self.limit.done(self.step, self.elapsed)

    def run(
        self, step_loss: StepLoss, on_step: Callable[[dict[str, float]], bool | None] | None = None
    ) -> None:
        """Train until the budget is spent or `on_step` says True, from the checkpoint where there is one."""
        keep_memory()
        self.directory.mkdir(parents=True, exist_ok=True)
        self._resume()
        last_save, last_time = time.monotonic(), time.monotonic()
        with self._progress() as bar, (self.directory / "metrics.jsonl").open("a", 1) as log:
            task = bar.add_task(self.title, total=1.0, note="")
            try:
                while self.done < 1:
                    loss, figures = self._gradients(step_loss)
                    with uninterrupted():
                        figures = self._descend(loss, figures)
                        now = time.monotonic()
                        self.elapsed, last_time = self.elapsed + now - last_time, now
                        at = {"step": self.step, "seconds": round(self.elapsed, 2), "tokens": self.tokens}
                        line = figures | at
                        log.write(json.dumps(line) + "\n")
                    if on_step and on_step(line):
                        break
                    note = f"loss {figures['loss']:.3f}  {self.tokens / self.elapsed:,.0f} tokens/s"
                    bar.update(task, completed=min(self.done, 1.0), note=note)
                    if now - last_save > self.budget.save_every:
                        self._save()
                        last_save = time.monotonic()
            except KeyboardInterrupt:
                self._save()
                raise
        self._save()

    def _gradients(self, step_loss: StepLoss) -> tuple[Tensor, dict[str, float]]:
        """The loss and the figures of this step; the gradients are left at the parameters."""
        # By step, so that dropout after a resumed checkpoint is what it would have been.
        torch.manual_seed(self.budget.seed * 1_000_003 + self.step)
        self.optimizer.zero_grad(set_to_none=True)
        with self.autocast:
            loss, figures = step_loss(self.step)
        # Before the step: the last checkpoint must not be overwritten by weights of NaN.
        if not torch.isfinite(loss):
            what = f"the loss is {float(loss.detach())} at step {self.step}"
            raise SegueError(what, str(self.directory), "lower --lr, or turn off bf16")
        loss.backward()  # type: ignore[no-untyped-call]
        return loss, figures

    def _descend(self, loss: Tensor, figures: dict[str, float]) -> dict[str, float]:
        """Take the step; returns the figures to log."""
        rate = self.budget.rate * self.budget.factor(self.done)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["faster"]
        torch.nn.utils.clip_grad_norm_(list(self.named.values()), self.budget.clip)
        self.optimizer.step()
        self.step += 1
        self.tokens += int(figures.pop("tokens", 0))
        return {"loss": float(loss.detach()), "lr": rate} | figures

    def _save(self) -> None:
        at = {"step": self.step, "elapsed": self.elapsed, "tokens": self.tokens}
        self.checkpoint.save(at | {"identity": self.identity})

    def _resume(self) -> None:
        position = self.checkpoint.position()
        if position.get("identity") != self.identity:
            if position:
                logger.warning("the checkpoint in %s is of other data or settings", self.directory)
            (self.directory / "metrics.jsonl").unlink(missing_ok=True)
            return
        self.checkpoint.load()
        self.step, self.elapsed, self.tokens = position["step"], position["elapsed"], position["tokens"]
        logger.info("resuming at step %d", self.step)
        self._cut_log()

    def _cut_log(self) -> None:
        """Drop the lines of steps that were run after the checkpoint: they are run again.

        Lines come in order, so only the first ones count; a power cut may have left half a line at the end.
        """
        path = self.directory / "metrics.jsonl"
        if path.exists():
            kept = path.read_text().splitlines()[: self.step]
            with whole_file(path) as temporary:
                temporary.write_text("".join(line + "\n" for line in kept))

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[note]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
