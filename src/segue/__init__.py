"""segue: music recommendation that one can talk to.

The names below are the library's face; each is imported when it is first used, so that `import segue` costs
nothing. The models are `segue.registry.TABLE`, and by name `segue.model("session_knn")`.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segue.data.catalogue import Catalogue, Dialogue, Turn
    from segue.data.library import Library
    from segue.data.request import Play, Request
    from segue.kit.errors import SegueError
    from segue.kit.workspace import Workspace
    from segue.models import registry
    from segue.models.recommender import Recommendation, Recommender
    from segue.serving.chat import Conversation

__version__ = "0.1.0"
FACE = {
    "Library": "segue.data.library",
    "Catalogue": "segue.data.catalogue",
    "Dialogue": "segue.data.catalogue",
    "Turn": "segue.data.catalogue",
    "Request": "segue.data.request",
    "Play": "segue.data.request",
    "Recommender": "segue.models.recommender",
    "Recommendation": "segue.models.recommender",
    "Conversation": "segue.serving.chat",
    "Workspace": "segue.kit.workspace",
    "SegueError": "segue.kit.errors",
    "registry": "segue.models",
}
"""Name -> the module that has it."""
__all__ = [  # noqa: RUF022
    "Library", "Catalogue", "Dialogue", "Turn", "Request", "Play", "Recommender", "Recommendation",
    "Conversation", "Workspace", "SegueError", "registry", "open", "model",
]  # fmt: skip

# Beside a busy neighbour, threads that spin while they wait make small products ten times slower. Read by the
# OpenMP runtime when it is loaded, so before torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def open(workspace: str | os.PathLike[str]) -> Library:
    """The library of a workspace.

    Raises:
        SegueError: there is no catalogue.
    """
    from segue.data.library import Library

    return Library.open(os.fspath(workspace))


def model(name: str) -> type[Recommender]:
    """The class of a recommender by its name in the table, with hyphens or underscores.

    Raises:
        SegueError: there is none.
    """
    from segue.models import registry

    return registry.entry(name).kind


def __getattr__(name: str) -> Any:
    """A name of the face, imported now."""
    if name not in FACE:
        raise AttributeError(f"module 'segue' has no attribute {name!r}")
    module = import_module(FACE[name])
    return import_module("segue.models.registry") if name == "registry" else getattr(module, name)


def __dir__() -> list[str]:
    """The names of the face, whether they are imported yet or not."""
    return __all__
