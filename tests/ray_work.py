"""Works for the tests of the pass on Ray; a module of its own because Ray's processes import it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.kit.errors import SegueError
from segue.passes.local import Row


@dataclass(frozen=True)
class Bytes:
    """The bytes of a file as numbers; some contents make it misbehave."""

    scale: float = 2.0

    @property
    def identity(self) -> str:
        return f"bytes {self.scale}"

    def __call__(self, path: Path) -> Row:
        content = path.read_bytes()
        if content == b"kills its process":
            os._exit(1)
        if content == b"needs a model":
            raise SegueError("no model", "here", "install it")
        if content == b"a bug":
            raise ValueError("a bug")
        if content == b"broken":
            return Row(error=f"broken: {path.name}")
        numbers = np.frombuffer(content, np.uint8).astype(np.float32) * self.scale
        facts = {"n": len(content), "name": path.name, "nested": {"odd": [len(content) % 2, None, 0.1]}}
        return Row({"numbers": numbers, "row": numbers[None, :2]}, facts)
