"""The rows of the study, as a plain table: what each is called, how it is made, in which table it stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from segue.data.codes import Tokens
from segue.data.library import Library
from segue.encoders.audio.clap import PLACE
from segue.experiments import study
from segue.experiments.lab import Lab
from segue.experiments.rows import Row
from segue.experiments.talkplay import variants
from segue.experiments.talkplay.decoding import Readings, Reweighted, schemes
from segue.experiments.talkplay.replies import Prompted, System
from segue.experiments.talkplay.settings import Study
from segue.kit.errors import SegueError
from segue.models.hybrid import Hybrid
from segue.models.recommender import Recommender
from segue.models.registry import load
from segue.models.retrieval.clap import Clap, ClapTuned
from segue.models.retrieval.dense_tuned import DenseTuned
from segue.models.sequential.model import SASRec
from segue.models.talkplay.gated.model import GatedTalkPlay
from segue.models.talkplay.model import TalkPlay
from segue.models.tiger.model import Tiger

MOMENTS_A_STEP = 4
"""Moments that the gated TalkPlay reads for each step."""
DIALOGUES_A_STEP = 20
"""Training dialogues that are read for each step: of 1,024 tokens, no dialogue is shorter than 50."""


@dataclass(frozen=True)
class Table(study.Table):
    """A table of the study."""

    pairs: tuple[tuple[str, str], ...] = ()
    """Further comparisons."""
    retrained: bool = False
    """Its rows are trained anew, on a smaller budget, and asked fewer dialogues."""


REPLIES = "replies"
"""The table of what systems say, which has columns of its own."""
PAIRS = (
    ("talkplay (by probability)", "talkplay (as published)"),
    ("talkplay (as published)", "popularity"),
    ("talkplay + priors", "talkplay (by probability)"),
    ("talkplay + priors", "bm25"),
    ("talkplay + priors", "hybrid"),
    ("dense (fine-tuned)", "dense (zero-shot)"),
    ("clap (fine-tuned)", "clap (zero-shot)"),
    ("talkplay_gated", "bm25"),
    ("talkplay_gated", "hybrid"),
)
TABLES = (
    Table("table 2", "Table 2: systems", "talkplay (by probability)", PAIRS),
    Table("table 3", "Table 3: weights of the modalities", "overlap, quadratic"),
    Table("table 4", "Table 4: one modality left out at decoding", "overlap, all"),
    Table("ablations", "Ablations: TalkPlay trained anew", "base", retrained=True),
    Table(REPLIES, "Replies"),
)


def rows_of(lab: Lab[Study]) -> list[Row]:
    """Every row of the study on this workspace, in the order in which they are made."""
    return [*systems(lab), *decodings(lab), *speakers(lab), *ablations(lab)]


def systems(lab: Lab[Study]) -> list[Row]:
    """Table 2, and what this project adds to it."""
    s, name = lab.settings, "table 2"
    # A change of these alone makes the rows be measured again.
    published = ("steps", "size", "width", "own")
    return [
        Row("popularity", lambda: lab.fitted("popularity"), name),
        Row("bm25", lambda: lab.fitted("bm25"), name),
        Row("dense (zero-shot)", lambda: lab.fitted("dense"), name),
        Row("dense (fine-tuned)", lambda: tuned(lab), name, ("tuned_steps",), 6),
        Row("clap (zero-shot)", lambda: Clap.fit(lab.library, {"place": s.clap or PLACE}), name, ("clap",)),
        Row("clap (fine-tuned)", lambda: clap_tuned(lab), name, ("clap", "tuned_steps"), 2),
        Row("neighbours", lambda: lab.fitted("neighbours"), name),
        Row("sasrec (playlists)", lambda: sasrec(lab), name, ("sequential_steps",), 3),
        Row("tiger (playlists)", lambda: tiger(lab), name, ("sequential_steps",), 6),
        Row(
            "talkplay (as published)", lambda: talkplay(lab).published(), name, published, 10 * s.steps / 600
        ),
        Row("talkplay (by probability)", lambda: talkplay(lab), name, published, 2),
        Row(
            "talkplay + priors",
            lambda: talkplay(lab, "talkplay priors", priors=True),
            name,
            ("steps", "size", "width"),
            20 * s.steps / 600,
        ),
        Row("talkplay_gated", lambda: gated(lab), name, ("gated_steps",), 6),
        Row("hybrid", lambda: hybrid(lab), name, (), 4),
    ]


def decodings(lab: Lab[Study]) -> list[Row]:
    """Tables 3 and 4 on the one trained TalkPlay, under both decodings."""
    reads = ("steps", "size", "width", "own")
    # One for all rows: they differ in weights, not in what the model says.
    readings = cache(lambda: Readings(talkplay(lab)))
    names, found = modalities(lab), list[Row]()

    def row(table: str, what: str, weights: list[float], published: bool) -> None:
        found.append(Row(what, lambda: Reweighted(readings(), weights, published=published), table, reads))

    for published, how in ((True, "overlap"), (False, "probability")):
        for kind, weights in schemes(len(names)).items():
            row("table 3", f"{how}, {kind}", weights, published)
        row("table 4", f"{how}, all", [1.0] * len(names), published)
        for one in names:
            row("table 4", f"{how}, without {one}", [float(name != one) for name in names], published)
    return found


def speakers(lab: Lab[Study]) -> list[Row]:
    """Who writes answers: TalkPlay, and the two-stage systems; what really was said stands beside them."""
    s = lab.settings
    reads = ("replies", "judge", "judge_model")
    written = cache(lambda: Prompted(s.writer, lab.library.catalogue))

    def of_talkplay() -> System:
        return System(talkplay(lab), talkplay(lab))

    def behind(name: str) -> Callable[[], System]:
        return lambda: System(lab.fitted(name), written())

    found = [
        Row("talkplay", of_talkplay, REPLIES, (*reads, "steps", "size", "width", "own"), 2),
        Row("bm25, then an LLM", behind("bm25"), REPLIES, (*reads, "writer"), 3),
        Row("dense, then an LLM", behind("dense"), REPLIES, (*reads, "writer"), 3),
        Row("the dialogues themselves", lambda: System(None, None), REPLIES, reads),
    ]
    return found if s.replies else []


def ablations(lab: Lab[Study]) -> list[Row]:
    """TalkPlay trained anew with one thing changed, all on the same smaller budget, ranked by probability."""
    steps, reads = lab.settings.variant_steps, ("variant_steps", "size", "width")
    found: list[Row] = []

    def row(name: str, library: Callable[[], Library] | None = None, cost: float = 3, **changed: Any) -> None:
        def make() -> Recommender:
            return talkplay(lab, f"ablation {name}", library and library(), **({"steps": steps} | changed))

        found.append(
            Row(name, make, "ablations", (*reads, *(("backbone",) if "size" in changed else ())), cost)
        )

    row("base")
    for name, library in other_tokens(lab).items():
        row(name, library)
    row("tokens begin at N(mu, Sigma)", init="normal")
    row("loss on all tokens", loss="all")
    row("loss on music alone", words_weight=0.0)
    row("training without rejected tracks", lambda: variants.rejected_as(lab.library, "nothing"))
    row("rejected tracks learnt as accepted", lambda: variants.rejected_as(lab.library, "accepted"))
    if lab.settings.backbone:
        less = max(1, steps // 10)
        name = f"backbone {lab.settings.backbone}, {less} steps"
        row(name, None, 30, size=lab.settings.backbone, steps=less)
    return found


def other_tokens(lab: Lab[Study]) -> dict[str, Callable[[], Library]]:
    """The library with a modality left out, another order, other numbers of clusters, residual levels."""

    def retold(make: Callable[[], Tokens]) -> Callable[[], Library]:
        return lambda: variants.seen_with(lab.library, tokens=make())

    def arranged(order: Sequence[int]) -> Callable[[], Library]:
        return retold(lambda: variants.ordered(lab.library.tokens, order))

    names = modalities(lab)
    places = list(range(len(names)))
    found: dict[str, Callable[[], Library]] = {}
    for at, name in enumerate(names if len(names) > 1 else ()):
        found[f"without {name}"] = arranged([i for i in places if i != at])
    if len(names) > 1:
        found["order reversed"] = arranged(places[::-1])
    if len(names) > 2:
        found["order rotated"] = arranged(places[1:] + places[:1])
    found["a quarter of K"] = retold(lambda: resized(lab, 0.25))
    found["four times K"] = retold(lambda: resized(lab, 4.0))
    found["two residual levels of K / 4"] = retold(lambda: resized(lab, 0.25, levels=2))
    return found


def modalities(lab: Lab[Study]) -> tuple[str, ...]:
    """The modalities of the workspace's tokens; none where there are no tokens (the rows will say so)."""
    try:
        return lab.library.tokens.modalities
    except SegueError:
        return ()


def resized(lab: Lab[Study], factor: float, levels: int = 1) -> Tokens:
    """The tokens with so many times the clusters of the largest modality, at least four."""
    clusters = max(4, round(factor * max(lab.library.tokens.sizes.values())))
    return variants.clustered(lab.library, clusters, lab.settings.seed, levels)


def talkplay(
    lab: Lab[Study], name: str = "talkplay", library: Library | None = None, **changed: Any
) -> TalkPlay:
    """TalkPlay of the study, or with something changed."""
    s = lab.settings
    if s.own and name == "talkplay":
        own = load(lab.library, name)
        assert isinstance(own, TalkPlay)
        own.width = s.width
        return own
    given: dict[str, Any] = {"steps": s.steps, "size": s.size, "seed": s.seed, **changed}
    library = variants.fewer(library or lab.library, DIALOGUES_A_STEP * given["steps"])
    folder = "".join(c if c.isalnum() else "-" for c in name)
    # An ablation is read once: kept in memory, a dozen language models would be.
    found = lab.trained(folder, TalkPlay, given, library, keep=name == "talkplay")
    assert isinstance(found, TalkPlay)
    found.width = s.width
    return found


def gated(lab: Lab[Study]) -> Recommender:
    """The gated TalkPlay."""
    s = lab.settings
    given = {"steps": s.gated_steps, "moments": MOMENTS_A_STEP * s.gated_steps, "seed": s.seed}
    return lab.trained("talkplay_gated", GatedTalkPlay, given)


def tuned(lab: Lab[Study]) -> Recommender:
    """Dense retrieval fine-tuned on dialogues."""
    given = {"steps": lab.settings.tuned_steps, "seed": lab.settings.seed}
    return lab.trained("dense_tuned", DenseTuned, given)


def clap_tuned(lab: Lab[Study]) -> Recommender:
    """CLAP fine-tuned on dialogues."""
    s = lab.settings
    return lab.trained(
        "clap_tuned", ClapTuned, {"steps": s.tuned_steps, "seed": s.seed, "place": s.clap or PLACE}
    )


def sasrec(lab: Lab[Study]) -> Recommender:
    """SASRec over playlists. Source: TalkPlay appendix D (2 blocks, lr 1e-3, length 50; 50-d, here 64)."""
    given = {"steps": lab.settings.sequential_steps, "seed": lab.settings.seed}
    return lab.trained("sasrec", SASRec, given, variants.playlists_as_log(lab.library))


def tiger(lab: Lab[Study]) -> Recommender:
    """TIGER over playlists."""
    given = {"steps": lab.settings.sequential_steps, "seed": lab.settings.seed}
    return lab.trained("tiger", Tiger, given, variants.playlists_as_log(lab.library))


def hybrid(lab: Lab[Study]) -> Recommender:
    """The hybrid of what needs no training loop."""
    # Without TalkPlay, which the table compares with it.
    return Hybrid.of({name: lab.fitted(name) for name in ("bm25", "dense", "neighbours")}, lab.settings.seed)
