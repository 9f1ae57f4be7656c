"""The recommenders by name, and all that a workspace has fitted."""

from __future__ import annotations

from segue.errors import SegueError
from segue.models.bm25 import BM25
from segue.models.dense import Dense
from segue.models.hybrid import Hybrid
from segue.models.neighbours import Neighbours
from segue.models.popularity import Popularity
from segue.models.recommender import Recommender
from segue.models.talkplay.model import TalkPlay
from segue.workspace import Workspace

BASELINES: dict[str, type[Recommender]] = {
    "popularity": Popularity,
    "bm25": BM25,
    "dense": Dense,
    "neighbours": Neighbours,
    "hybrid": Hybrid,
}
"""What `segue fit` fits, in order: the hybrid uses the others."""

ALL: dict[str, type[Recommender]] = BASELINES | {"talkplay": TalkPlay}


PUBLISHED = "talkplay-published"
"""TalkPlay with the decoding of the paper."""


def load(workspace: Workspace, name: str) -> Recommender:
    """One fitted recommender; `talkplay-published` is TalkPlay with the decoding of the paper.

    Raises:
        SegueError: unknown name, or not fitted.
    """
    if name == PUBLISHED:
        return TalkPlay.load(workspace.model(TalkPlay.name), workspace).published()
    if name not in ALL:
        raise SegueError(f"no model {name!r}", cure=f"models: {', '.join([*ALL, PUBLISHED])}")
    return ALL[name].load(workspace.model(name), workspace)


def load_all(workspace: Workspace) -> dict[str, Recommender]:
    """Every fitted recommender by the name of its row in a report, TalkPlay in its three forms.

    Raises:
        SegueError: none is fitted.
    """
    order = ("popularity", "bm25", "dense", "neighbours", "talkplay", "hybrid")
    found: dict[str, Recommender] = {}
    for name in order:
        if not (workspace.model(name) / "card.json").exists():
            continue
        model = load(workspace, name)
        if isinstance(model, TalkPlay):
            found["talkplay (untrained)"] = model.untrained()
            found["talkplay (as published)"] = model.published()
        found[name] = model
    if not found:
        raise SegueError("no model is fitted yet", str(workspace.root), "run `segue train` and `segue fit`")
    return found
