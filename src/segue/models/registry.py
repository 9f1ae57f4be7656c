"""Every recommender in one table: to add one, write its file and its line here.

A class is imported when it is asked for, so that a table of names costs nothing.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Literal, NamedTuple

from segue.data.library import Library
from segue.kit.errors import SegueError
from segue.models.recommender import Recommender, fitted, is_fitted

Task = Literal["conversation", "next-track"]


class Entry(NamedTuple):
    """A line of the table."""

    name: str
    place: str
    """Module (below `segue.models`) and class."""
    tasks: tuple[Task, ...]
    verb: Literal["fit", "train"] = "fit"
    named_only: bool = False
    """Made only where it is named: slow, or of small catalogues."""

    @property
    def kind(self) -> type[Recommender]:
        """The class."""
        module, _, name = self.place.partition(":")
        found: type[Recommender] = getattr(import_module(f"segue.models.{module}"), name)
        return found


BOTH: tuple[Task, ...] = ("conversation", "next-track")
TALK: tuple[Task, ...] = ("conversation",)
NEXT: tuple[Task, ...] = ("next-track",)
TABLE = (
    Entry("popularity", "counting.popularity:Popularity", BOTH),
    Entry("bm25", "retrieval.bm25:BM25", TALK),
    Entry("dense", "retrieval.dense:Dense", TALK),
    Entry("dense_tuned", "retrieval.dense_tuned:DenseTuned", TALK, "train"),
    Entry("clap", "retrieval.clap:Clap", TALK, named_only=True),
    Entry("clap_tuned", "retrieval.clap:ClapTuned", TALK, "train"),
    Entry("neighbours", "retrieval.neighbours:Neighbours", TALK),
    Entry("talkplay", "talkplay.model:TalkPlay", TALK, "train"),
    Entry("talkplay_gated", "talkplay.gated.model:GatedTalkPlay", TALK, "train"),
    Entry("hybrid", "hybrid:Hybrid", TALK),
    Entry("own_plays", "counting.own_plays:OwnPlays", NEXT),
    Entry("recent_plays", "counting.own_plays:RecentPlays", NEXT),
    Entry("last_track", "counting.own_plays:LastTrack", NEXT),
    Entry("markov", "counting.markov:Markov", NEXT),
    Entry("item_neighbours", "counting.item_neighbours:ItemNeighbours", NEXT),
    Entry("session_knn", "counting.session_knn:SessionKNN", NEXT),
    Entry("rules", "counting.rules:SequentialRules", NEXT),
    Entry("content_similarity", "retrieval.content:ContentSimilarity", NEXT),
    Entry("blend", "counting.blend:Blend", NEXT),
    Entry("completion", "completion.model:Completion", NEXT, named_only=True),
    Entry("title_likelihood", "e4srec.title_likelihood:TitleLikelihood", NEXT, named_only=True),
    Entry("sasrec", "sequential.model:SASRec", NEXT, "train"),
    Entry("bert4rec", "sequential.model:BERT4Rec", NEXT, "train"),
    Entry("gru4rec", "sequential.model:GRU4Rec", NEXT, "train"),
    Entry("gated_history", "gated_history.model:GatedHistory", NEXT, "train"),
    Entry("tiger", "tiger.model:Tiger", NEXT, "train"),
    Entry("e4srec", "e4srec.model:E4SRec", NEXT, "train"),
    Entry("llara", "llara.model:LLaRA", NEXT, "train"),
    Entry("lcrec", "lcrec.model:LCRec", NEXT, "train"),
)
"""In the order in which they are fitted and reported: the hybrid and the blend use those before them."""
PUBLISHED = "talkplay-published"
"""TalkPlay with the decoding of the paper."""


def entry(name: str) -> Entry:
    """The line of a recommender, whose name may be written with hyphens and end in `.seedN`.

    Raises:
        SegueError: there is none.
    """
    plain = name.split(".seed")[0].replace("-", "_")
    for line in TABLE:
        if line.name == plain:
            return line
    raise SegueError(f"no model {name!r}", cure=f"models: {', '.join([e.name for e in TABLE] + [PUBLISHED])}")


def load(library: Library, name: str) -> Recommender:
    """One fitted recommender by its name, hyphens or not, shared by all who ask the same library.

    Raises:
        SegueError: unknown name, or not fitted.
    """
    if name == PUBLISHED:
        from segue.models.talkplay.model import TalkPlay

        return fitted(TalkPlay, library).published()
    return fitted(entry(name).kind, library, name.replace("-", "_"))


def load_all(library: Library, task: Task, names: Sequence[str] | None = None) -> dict[str, Recommender]:
    """The fitted recommenders of a task by the name of their row in a report: all that are there, or `names`.

    Other seeds (NAME.seedN) are rows of their own; TalkPlay and E4SRec come with their untrained twins, and
    TalkPlay once more as published, where all are asked for.

    Raises:
        SegueError: unknown name, one that is not fitted, or none at all.
    """
    if names is not None:
        return {name: load(library, name) for name in names}
    found: dict[str, Recommender] = {}
    for line in TABLE:
        if task not in line.tasks:
            continue
        seeds = sorted(p.name for p in library.workspace.model(line.name).parent.glob(f"{line.name}.seed*"))
        for name in (n for n in (line.name, *seeds) if is_fitted(library, n)):
            model = load(library, name)
            if name == "talkplay":
                found |= _twins_of_talkplay(model)
            found[name] = model
            if name == "e4srec":
                found["e4srec (untrained)"] = model.untrained()  # type: ignore[attr-defined]
    if not found:
        made = (
            "`segue train talkplay` and `segue fit`"
            if task == "conversation"
            else "`segue fit --task next-track`"
        )
        raise SegueError("no model is fitted yet", library.where, f"run {made}")
    return found


def _twins_of_talkplay(model: Recommender) -> dict[str, Recommender]:
    """TalkPlay before its training, and with the paper's decoding."""
    from segue.models.talkplay.model import TalkPlay

    assert isinstance(model, TalkPlay)
    return {"talkplay (untrained)": model.untrained(), "talkplay (as published)": model.published()}
