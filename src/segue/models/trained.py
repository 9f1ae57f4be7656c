"""What all recommenders share that learn in a loop: a folder where an interrupted training goes on."""

import shutil
import tempfile
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel

from segue.data.library import Library
from segue.kit.settings import make
from segue.models.recommender import Recommender

BESIDE = ("metrics.jsonl", "loss.png", "ids-loss.png")
"""What a training leaves in its work folder that is kept beside the model."""


class Trained(Recommender):
    """A recommender that learns in steps. A subclass writes `_learn` instead of `_fit`."""

    verb = "train"

    @classmethod
    def _fit(cls, library: Library, settings: Any) -> Self:
        # `fit` is in memory: there is no workspace in which it could go on.
        with tempfile.TemporaryDirectory() as folder:
            return cls._learn(library, settings, Path(folder))

    @classmethod
    @abstractmethod
    def _learn(cls, library: Library, settings: Any, work: Path) -> Self:
        """The recommender trained with settings of `settings_type`.

        What it needs to go on after an interruption is kept in `work`, with `metrics.jsonl`.
        """

    @classmethod
    def train(
        cls, library: Library, settings: BaseModel | Mapping[str, Any] | None = None, name: str = ""
    ) -> Path:
        """Train in the library's workspace and save under `name` (the class's by default); the directory.

        Interrupted (Ctrl-C, power), the same call goes on at its last checkpoint.

        Raises:
            SegueError: an unknown setting, or the library lacks what this recommender needs.
            KeyboardInterrupt: after saving the state.
        """
        directory = library.workspace.model(name or cls.name)
        work = library.workspace.training(directory.name)
        made = cls.made_of(library)
        model = cls._learn(library, make(cls.settings_type, settings), work)
        model.made = made
        model.beside = [work / name for name in BESIDE if (work / name).exists()]
        model.save(directory)
        # Last: killed before this, the next run finds the checkpoint spent and only saves again.
        shutil.rmtree(work)
        return directory
