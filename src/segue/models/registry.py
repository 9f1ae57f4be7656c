"""The recommenders by name, and all that a workspace has fitted."""

from __future__ import annotations

from collections.abc import Sequence

from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.counting.blend import Blend
from segue.models.counting.item_neighbours import ItemNeighbours
from segue.models.counting.markov import Markov
from segue.models.counting.own_plays import LastTrack, OwnPlays, RecentPlays
from segue.models.counting.popularity import Popularity
from segue.models.counting.rules import SequentialRules
from segue.models.counting.session_knn import SessionKNN
from segue.models.e4srec.model import E4SRec
from segue.models.e4srec.zero_shot import TitleLikelihood
from segue.models.hybrid import Hybrid
from segue.models.lcrec.model import LCRec
from segue.models.llara.model import LLaRA
from segue.models.recommender import Recommender
from segue.models.retrieval.bm25 import BM25
from segue.models.retrieval.content import ContentSimilarity
from segue.models.retrieval.dense import Dense
from segue.models.retrieval.neighbours import Neighbours
from segue.models.sequential.model import BERT4Rec, GRU4Rec, SASRec, Sequential
from segue.models.talkplay.model import TalkPlay

BASELINES: dict[str, type[Recommender]] = {
    "popularity": Popularity,
    "bm25": BM25,
    "dense": Dense,
    "neighbours": Neighbours,
    "hybrid": Hybrid,
}
"""What `segue fit` fits, in order: the hybrid uses the others."""

NEXT_TRACK: dict[str, type[Recommender]] = {
    kind.name: kind
    for kind in (
        Popularity,
        OwnPlays,
        RecentPlays,
        LastTrack,
        Markov,
        ItemNeighbours,
        SessionKNN,
        SequentialRules,
        ContentSimilarity,
        Blend,
    )
}
"""What `segue fit --task next-track` fits, in order: the blend uses the others."""

ON_REQUEST: dict[str, type[Recommender]] = {TitleLikelihood.name: TitleLikelihood}
"""What `segue fit` makes only when it is named: slow, and of small catalogues."""

SEQUENTIAL: dict[str, type[Sequential]] = {kind.name: kind for kind in (SASRec, BERT4Rec, GRU4Rec)}
"""The sequential models of `segue train`; other seeds than 0 are kept as NAME.seedN."""

LISTENING_LMS: dict[str, type[Recommender]] = {kind.name: kind for kind in (E4SRec, LLaRA, LCRec)}
"""The language models over the listening log."""

ALL: dict[str, type[Recommender]] = (
    BASELINES | {"talkplay": TalkPlay} | NEXT_TRACK | SEQUENTIAL | LISTENING_LMS
)


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


def load_next_track(workspace: Workspace, names: Sequence[str] | None = None) -> dict[str, Recommender]:
    """The fitted next-track recommenders by the name of their row: all that are there, or `names`.

    E4SRec comes twice where all are asked for: as it is, and untrained, as published for zero-shot.

    Raises:
        SegueError: unknown name, one that is not fitted, or none at all.
    """
    if names is not None:
        return {name: _load_seed(workspace, name) for name in names}
    found: dict[str, Recommender] = {}
    for name in (*NEXT_TRACK, *ON_REQUEST, *SEQUENTIAL, *LISTENING_LMS):
        for seed in sorted(workspace.model(name).parent.glob(f"{name}*/card.json")):
            if seed.parent.name == name or seed.parent.name.startswith(f"{name}.seed"):
                found[seed.parent.name] = _load_seed(workspace, seed.parent.name)
    if isinstance(e4srec := found.get("e4srec"), E4SRec):
        found["e4srec (untrained)"] = e4srec.untrained()
    if not found:
        cure = "run `segue fit --task next-track` and `segue train --model sasrec`"
        raise SegueError("no model is fitted yet", str(workspace.root), cure)
    return found


def _load_seed(workspace: Workspace, name: str) -> Recommender:
    """A model by name, where NAME.seedN is of the kind NAME."""
    kind = name.split(".seed")[0]
    if kind not in ALL:
        raise SegueError(f"no model {name!r}", cure=f"models: {', '.join(ALL)}")
    return ALL[kind].load(workspace.model(name), workspace)
