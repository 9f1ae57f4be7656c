"""The state of a training on disk: what was learnt, what the optimiser keeps, and where the run stands."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from segue.kit.errors import SegueError
from segue.kit.workspace import whole_directory

MOMENTS = ("exp_avg", "exp_avg_sq", "step")
"""What AdamW keeps of each parameter."""


class Checkpoint:
    """The newest state of a training in a folder, written whole or not at all."""

    def __init__(
        self, folder: Path, named: dict[str, nn.Parameter], optimizer: torch.optim.Optimizer
    ) -> None:
        self.folder, self.named, self.optimizer = folder, named, optimizer

    def save(self, position: dict[str, Any]) -> None:
        """Write parameters, the optimiser's state, and where the run stands."""
        state = self.optimizer.state
        moments = {
            f"{key}/{name}": state[p][key].detach().reshape(-1) if state[p][key].ndim == 0 else state[p][key]
            for name, p in self.named.items()
            if p in state
            for key in MOMENTS
        }
        with whole_directory(self.folder) as folder:
            parameters = {n: p.detach().contiguous() for n, p in self.named.items()}
            save_file(parameters, folder / "parameters.safetensors")
            save_file({n: t.contiguous() for n, t in moments.items()}, folder / "moments.safetensors")
            (folder / "position.json").write_text(json.dumps(position))

    def position(self) -> dict[str, Any]:
        """Where the run stood; empty where there is no checkpoint."""
        path = self.folder / "position.json"
        try:
            return dict(json.loads(path.read_text())) if path.exists() else {}
        except (ValueError, TypeError, OSError) as error:
            raise self._corrupt(error) from None

    def load(self) -> None:
        """Take over parameters and the optimiser's state.

        Raises:
            SegueError: the checkpoint is damaged.
        """
        try:
            parameters = load_file(self.folder / "parameters.safetensors")
            self._put(parameters, load_file(self.folder / "moments.safetensors"))
        except (SafetensorError, OSError, KeyError, RuntimeError) as error:
            raise self._corrupt(error) from None

    @torch.no_grad()
    def _put(self, parameters: dict[str, Tensor], moments: dict[str, Tensor]) -> None:
        for name, parameter in self.named.items():
            parameter.copy_(parameters[name])
            if f"step/{name}" in moments:
                state = {key: moments[f"{key}/{name}"].to(parameter.device) for key in MOMENTS}
                # Its step counter is a number without a dimension, and was saved as one with.
                self.optimizer.state[parameter] = state | {"step": state["step"].reshape(())}

    def _corrupt(self, error: Exception) -> SegueError:
        reason = (str(error).splitlines() or [""])[0]
        return SegueError(f"corrupt checkpoint ({reason})", str(self.folder), "delete that folder")
