"""The rows of the study, as a plain table: what each is called, how it is made, in which table it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from segue.experiments import study
from segue.experiments.e4srec.settings import Study
from segue.experiments.lab import Lab
from segue.experiments.rows import Row
from segue.kit.errors import SegueError
from segue.kit.workspace import hash_of
from segue.models.e4srec.fusion import Kind as Fusion
from segue.models.e4srec.model import E4SRec
from segue.models.e4srec.settings import CONTENT
from segue.models.e4srec.settings import Settings as Chosen
from segue.models.recommender import Recommender, fitted, is_fitted
from segue.models.sequential.model import KINDS

UNTRAINED = {"start": "random", "as_published": True, "head": "free", "tuning": "frozen"}
PUBLISHED = {"start": "random", "as_published": True, "head": "free", "loss": "published", "last_only": 50}
PAPER = ("audio", "lyrics", "mgphot")
"""What the paper fuses; the others are this project's."""
BASELINES = (
    "popularity",
    "own_plays",
    "last_track",
    "markov",
    "item_neighbours",
    "content_similarity",
    "blend",
)


@dataclass(frozen=True)
class Table(study.Table):
    """A table of the study."""

    published: bool = False
    """Each listener's first play among 199 uniform tracks, as in the paper; else every track and play."""


TABLES = (
    Table(
        "zero-shot",
        "Zero-shot as published (tables 5, 8, 10, 12): nothing is trained",
        against="sasrec, id",
        published=True,
    ),
    Table("published", "Fine-tuned as published (tables 9, 11)", against="id", published=True),
    Table("baselines", "What the paper leaves out: every track ranked, no language model", against="sasrec"),
    Table("modalities", "Modalities (tables 6, 7): audio, lyrics, MGPHot as numbers, and ours", against="id"),
    Table("fusions", "Fusions, corrected", against="concat"),
    Table("completion", "Completion ratio", against="none"),
    Table("encoders", "ID encoders: alone, the LLM added to them, the LLM alone", against="sasrec"),
    Table("backbones", "Backbones, the same tenth of the steps", against="tiny, a tenth"),
)


def rows_of(lab: Lab[Study]) -> list[Row]:
    """Every row of the study on this workspace, in the order in which they are made; one for each seed."""
    found = [*_without_llm(lab)]
    for seed in range(lab.settings.seed, lab.settings.seed + lab.settings.seeds):
        for table, name, given in _cells(lab):
            found.append(_row(lab, table, name, given, seed))
    order = [t.name for t in TABLES]
    # Stable: within a table every cell is there once before any is there with a second seed.
    return sorted(found, key=lambda row: order.index(row.table))


def _without_llm(lab: Lab[Study]) -> list[Row]:
    """The baselines and the encoders, which are made once."""
    found = [Row(n, lambda n=n: lab.fitted(n), "baselines") for n in BASELINES]  # type: ignore[misc]
    found.append(Row("sasrec", lambda: encoder(lab, "sasrec"), "baselines", ("encoder_steps",), 3))
    for name in KINDS:
        make = lambda n=name: encoder(lab, n)  # noqa: E731
        found.append(Row(name, make, "encoders", ("encoder_steps",), 3))
    return found


def _cells(lab: Lab[Study]) -> list[tuple[str, str, dict[str, Any]]]:
    """Table, name and settings of every E4SRec."""
    # Company in playlists is no content: it is what the IDs are learnt from.
    content = tuple(m for m in CONTENT if lab.library.has(m) and m != "playlist")
    whole: dict[str, Any] = {"modalities": ("id", *content)}
    alone: dict[str, Any] = {"modalities": ("id",)}
    cells: list[tuple[str, str, dict[str, Any]]] = []
    for name in KINDS:
        cells.append(("zero-shot", f"{name}, id", UNTRAINED | alone | {"ids": name}))
        cells.append(("zero-shot", f"{name}, id + content", UNTRAINED | whole | {"ids": name}))
    cells.append(("published", "id", PUBLISHED | alone))
    cells += [
        ("published", f"id + content, {kind}", PUBLISHED | whole | {"fusion": kind})
        for kind in get_args(Fusion)
    ]
    cells.append(("modalities", "id", alone))
    # What the paper has and the workspace lacks stays a row, which says what to make.
    cells += [
        ("modalities", f"id + {m}", {"modalities": ("id", m)}) for m in dict.fromkeys((*PAPER, *content))
    ]
    cells.append(("modalities", "id + all", whole))
    cells += [("fusions", kind, whole | {"fusion": kind}) for kind in get_args(Fusion)]
    cells += [("completion", how, alone | {"completion": how}) for how in ("none", "prompt", "embedding")]
    for name in KINDS:
        cells.append(("encoders", f"{name} + llm", whole | {"ids": name}))
        cells.append(("encoders", f"{name} vectors, llm alone", whole | {"ids": name, "start": "random"}))
    if lab.settings.backbone:
        # Both: a step of the large one takes too long for more, and only equal steps compare the two.
        tenth = {"steps": max(1, lab.settings.steps // 10)}
        cells.append(("backbones", f"{lab.settings.size}, a tenth", whole | tenth))
        cells.append(("backbones", lab.settings.backbone, whole | tenth | {"size": lab.settings.backbone}))
    return cells


def _row(lab: Lab[Study], table: str, name: str, given: Mapping[str, Any], seed: int) -> Row:
    """A row of one seed."""
    said = name if seed == lab.settings.seed else f"{name}.seed{seed}"
    if table == "zero-shot":
        return Row(said, lambda: zero_shot(lab, name, given, seed), table, ("encoder_steps", "size"))
    reads = ("steps", "encoder_steps", "size", "backbone", "validation")
    cost = 4.0 if given.get("completion") == "prompt" else 2.0
    return Row(said, lambda: e4srec(lab, given, seed), table, reads, cost)


def encoder(lab: Lab[Study], name: str) -> Recommender:
    """The workspace's ID encoder, trained where there is none."""
    kind = KINDS[name]
    if not is_fitted(lab.library, name):
        kind.train(lab.library, {"steps": lab.settings.encoder_steps, "seed": lab.settings.seed})
    return fitted(kind, lab.library)


def _settings(lab: Lab[Study], given: Mapping[str, Any], seed: int) -> dict[str, Any]:
    s = lab.settings
    common = {"ids": "sasrec", "size": s.size, "steps": s.steps, "frame": "short", "validation": s.validation}
    chosen: dict[str, Any] = common | dict(given) | {"seed": seed}
    encoder(lab, chosen["ids"])
    return chosen


def zero_shot(lab: Lab[Study], name: str, given: Mapping[str, Any], seed: int) -> Recommender:
    """As published: the backbone as it came, projection, fusion and head random; a draw of its own each."""
    # With the seed alone all rows would share one random head: one draw, told several times.
    chosen = _settings(lab, given, int(hash_of(name, seed)[:6], 16))
    return E4SRec.zero_shot(lab.library, Chosen(**chosen))


def e4srec(lab: Lab[Study], given: Mapping[str, Any], seed: int) -> Recommender:
    """A trained E4SRec, made once for all tables that have it."""
    chosen = _settings(lab, given, seed)
    for modality in chosen["modalities"][1:]:
        if not lab.library.has(modality):
            cure = f"run `segue features --modality {modality}`"
            raise SegueError(f"no feature {modality!r} here", lab.library.where, cure)
    # Not kept in memory: there are dozens, each with a language model.
    return lab.trained(f"e4srec-{hash_of(sorted(chosen.items()))[:10]}", E4SRec, chosen, keep=False)
