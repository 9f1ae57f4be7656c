"""Rankings as TREC files: a run a model, and the judgements, for `ir-measures`, `trec_eval` and the like.

A query is one request of a dialogue. In a run no two scores are equal: tracks that a model leaves tied
stand in the order in which it would recommend them, so every tool sees the one ranking. segue's own figures
average over the orders of tied tracks instead; the two agree where nothing is tied, and the page beside the
files says how often something was.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
import polars as pl

from segue.data.catalogue import Split
from segue.data.library import Library
from segue.dialogues.format import Moment
from segue.evaluation.conversation import allowed, chosen
from segue.evaluation.rows import batches, scored
from segue.kit import metrics
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.kit.tables import markdown
from segue.kit.workspace import whole_directory
from segue.models.recommender import Recommender, top_rows

SAFE = "/:._-+~@"
"""What of an id stays as it is besides letters and digits; the rest is percent-encoded, for blanks divide."""
DEPTH = 10_000
CARD = """# TREC files

`qrels.txt` holds the accepted tracks of every request (1) and those turned down (0), `MODEL.run` the first
{depth:,} tracks of each ranking; a query is `DIALOGUE#REQUEST`, and blanks in ids are percent-encoded. Ties
stand in the order in which the model would recommend them.

```
ir_measures qrels.txt {first}.run RR nDCG@20
```

Means over requests; "as segue measures" is the mean over all orders of tied tracks.

{table}"""


def write(
    library: Library,
    models: Mapping[str, Recommender],
    folder: Path,
    *,
    split: Split = "test",
    max_dialogues: int | None = 300,
    seed: int = 0,
    depth: int = DEPTH,
) -> list[list[str]]:
    """Write `qrels.txt`, `MODEL.run` and a page; returns a table of what the files give, header first.

    Args:
        folder: where; replaced where it holds such files.

    Raises:
        SegueError: no dialogue to ask, no model, or the folder holds something else.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "qrels.txt").exists():
        raise SegueError("there is something else in this folder", str(folder), "name a new folder")
    if not models or depth < 1:
        raise SegueError("no model to rank with" if depth > 0 else "depth must be 1 or more", library.where)
    asked = chosen(library.catalogue, split, max_dialogues, seed)
    if not asked:
        raise SegueError(f"no {split} dialogue with a request", library.where, "run `segue dialogues`")
    head = ["model", "RR", "nDCG@20", "RR as segue measures", "nDCG@20 as segue measures", "requests tied"]
    table = [head]
    with whole_directory(folder) as new:
        (new / "qrels.txt").write_text(_qrels(asked), "utf-8")
        for name, model in models.items():
            found = _run(name, model, library, asked, new / f"{name}.run", depth)
            table.append([name, *(f"{x:.4f}" for x in found[:4]), f"{found[4]:.0%}"])
        page = CARD.format(depth=depth, first=next(iter(models)), table="\n".join(markdown(table)))
        (new / "README.md").write_text(page, "utf-8")
    return table


def query(moment: Moment) -> str:
    """The id of a request."""
    return quote(f"{moment.dialogue_id}#{moment.turn}", safe=SAFE + "#")


def _qrels(asked: Sequence[Moment]) -> str:
    lines = []
    for moment in asked:
        judged = [(t, 1) for t in moment.targets] + [(t, 0) for t in moment.dislikes]
        lines += [f"{query(moment)} 0 {quote(t, safe=SAFE)} {liked}\n" for t, liked in judged]
    return "".join(lines)


def _run(
    name: str,
    model: Recommender,
    library: Library,
    asked: Sequence[Moment],
    file: Path,
    depth: int,
) -> Floats:
    """Write one model's rankings; returns the means of the files', of segue's metrics, of ties."""
    catalogue = library.catalogue
    names = np.array([quote(i, safe=SAFE) for i in catalogue.ids.tolist()], dtype=object)
    tag = quote(name.replace(" ", "_"), safe=SAFE)
    measured = []
    with file.open("wb") as out:
        for batch in batches(asked, name):
            scores, _ = scored(name, model, [m.request for m in batch], len(catalogue))
            for moment, line in zip(batch, scores, strict=True):
                mask = allowed(catalogue, moment.request)
                line = np.where(mask, line, -np.inf)
                order = top_rows(line, int(mask.sum()), model.tie_order)
                targets = [catalogue.rows[t] for t in moment.targets]
                measured.append(_measured(line, mask, order, targets, depth))
                top = order[:depth]
                pl.DataFrame(
                    {
                        "query": [query(moment)] * len(top),
                        "q0": ["Q0"] * len(top),
                        "track": names[top],
                        "rank": np.arange(1, len(top) + 1),
                        "score": strictly_falling(line[top]),
                        "tag": [tag] * len(top),
                    },
                    schema_overrides={"track": pl.String},
                ).write_csv(out, separator=" ", include_header=False, quote_style="never")
    return np.asarray(np.mean(measured, axis=0), np.float64)


def _measured(line: Floats, mask: Bools, order: metrics.Ints, targets: list[int], depth: int) -> list[float]:
    """RR and nDCG@20 of the order that is written, of segue, and whether a target is tied."""
    rank = np.full(len(line), np.iinfo(np.int64).max - 1)
    rank[order[:depth]] = np.arange(min(depth, len(order)))
    written = metrics.Places(np.sort(rank[targets]), np.ones(len(targets), np.int64))
    own = metrics.places(line, mask, targets)
    rr = 1 / (written.above[0] + 1) if written.above[0] < depth else 0.0
    as_measured = [float(metrics.reciprocal_rank(*metrics.best(own))), float(metrics.ndcg(own, 20))]
    return [rr, float(metrics.ndcg(written, 20)), *as_measured, float((own.tied > 1).any())]


def strictly_falling(scores: Floats) -> Floats:
    """Falling scores, float32, each lowered by the least that makes it smaller than the one before.

    The bits of a float32, read as a whole number, are in the order of the floats; so "one less" is the
    next float.
    """
    bits = np.nan_to_num(scores.astype(np.float32), neginf=-3e38, posinf=3e38).view(np.int32).astype(np.int64)
    place = np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)
    steps = np.arange(len(place))
    lower = np.minimum.accumulate(place + steps) - steps
    back = np.where(lower < 0, (-lower) | 0x80000000, lower).astype(np.uint32)
    return np.asarray(back.view(np.float32))
