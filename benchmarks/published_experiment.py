"""The published experiment (multimodal E4SRec, arXiv 2606.00125) in miniature, then the corrected one.

On the programmes of the New York Philharmonic (`--nyphil FOLDER`; conductors are listeners, content is the
text of title and composer) and on a synthetic log in the layout of LastFM-1K (content is a made-up vector):

1. "Zero-shot" as published: E4SRec with the backbone as it came and projection, fusion and head random, for
   three ID encoders, every fusion and several seeds, each listener's first play after the cut among 199
   uniform negatives. z = (hit rate - chance) / standard error; by chance their mean is 0 and spread 1.
2. The published slip: the same ranks of trained models with the target listed once and twice.
3. The corrected table: every track ranked, test plays of all listeners, simple baselines, intervals over
   listeners, and paired differences: does content help on new and on cold tracks, does the completion
   ratio help where it is exact (every play with its seconds) and where it is estimated (scrobbles)?

    python benchmarks/published_experiment.py --folder OUT [--nyphil FOLDER] [--no-synthetic] [--steps 150]
        [--epochs 25] [--minutes 1.5] [--requests 2000] [--slow-requests 150] [--draws 2] [--seeds 1]
        [--size tiny] [--without llara,lcrec]

What is trained stays in OUT and is not trained again; delete OUT to begin anew. Each workspace's full report
is in its `reports/next-track`; all that is printed is in OUT/report.txt too. `--steps` is for each E4SRec, of
which there are two in NYPhil, four in the exact and two in the scrobbled log.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import torch

from experiment_models import CONTENT_PAIRS, Budgets, Models, completion_pairs
from experiment_worlds import World, estimated, exact, nyphil
from segue.data.library import Library
from segue.evaluation import report
from segue.evaluation.checks import against_chance
from segue.evaluation.next_track import evaluate
from segue.evaluation.next_track_protocol import Protocol
from segue.evaluation.rows import CHANCE
from segue.evaluation.summary import compare, models_of
from segue.evaluation.tasks import NEXT_TRACK, duplicated, next_track_subsets, with_metrics
from segue.kit.tables import aligned, with_interval
from segue.kit.workspace import whole_file

PARTS = ("all", "repeat", "new", "new, warm", "cold")
SAID: list[str] = []


def say(*lines: str) -> None:
    """Print lines, and keep them for the report."""
    SAID.extend(lines)
    print(*lines, sep="\n", flush=True)


def library_of(world: World) -> Library:
    """What a world's workspace holds, read once."""
    return Library.open(world.workspace)


def zero_shot(world: World, models: Models, draws: int, seed: int) -> None:
    """Step 1: untrained heads against chance."""
    parts = []
    for name, model in models.untrained(draws):
        found = evaluate(library_of(world), {name: model}, protocol=Protocol.as_published(seed=seed))
        parts.append(found.filter(pl.col("model") == name))
    tests = against_chance(pl.concat(parts))
    say(f"## {world.name}: untrained heads, 1 + 199 candidates, {tests['n'][0]} listeners")
    table = tests.group_by("k", maintain_order=True).agg(
        pl.len().alias("cells"),
        pl.col("hit").mean(),
        pl.col("p").first(),
        pl.col("z").mean().alias("mean z"),
        pl.col("z").std().alias("sd of z"),
        pl.col("z").abs().max().alias("largest |z|"),
        pl.col("within").sum().alias("within 3"),
    )
    rows = [table.columns, *([_cell(value) for value in row] for row in table.iter_rows())]
    say(*aligned([[str(cell) for cell in row] for row in rows]))
    extreme = tests.sort(pl.col("z").abs(), descending=True).head(3)
    said = ", ".join(f"{m} z {z:+.2f} at {k}" for m, k, z in extreme.select("model", "k", "z").iter_rows())
    say(f"largest: {said}", "")


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def slip(results: pl.DataFrame, world: World) -> None:
    """Step 2: the same ranks with the target listed once and twice."""
    shown = {"HR@1": "hit1", "HR@5": "hit5", "HR@10": "hit10", "NDCG@10": "ndcg10", "MRR": "mrr"}
    rows = [["model", "target listed", *shown]]
    for name in models_of(results):
        part = results.filter(pl.col("model") == name)
        for label, table in (("once", part), ("twice", duplicated(part))):
            means = with_metrics(table).select(shown.values()).mean().row(0)
            rows.append([name, label, *(f"{mean:.4f}" for mean in means)])
    n = results.filter(pl.col("model") == CHANCE).height
    say(f"## {world.name}: the target listed twice (same scores, 1 + 199 candidates, {n} listeners)")
    say(*aligned(rows), "")


def corrected(world: World, models: Models, requests: int, seed: int, published: pl.DataFrame) -> None:
    """Step 3: the corrected table, and what content and the completion ratio add."""
    protocol = Protocol(max_requests=requests, seed=seed)
    results = evaluate(library_of(world), models.trained, protocol=protocol)
    pairs = [*CONTENT_PAIRS, *completion_pairs(world)]
    folder = report.write(
        NEXT_TRACK,
        library_of(world),
        results,
        protocol=protocol,
        command="python benchmarks/published_experiment.py " + " ".join(sys.argv[1:]),
        seed=seed,
        of_interest="sasrec",
        pairs=pairs,
        published=published,
    )
    say(f"## {world.name}: corrected protocol ({protocol.words})")
    say(*report.table_lines(NEXT_TRACK, results, seed=seed), "")
    say("Paired differences of NDCG@10 by part [95 %], * excludes zero; with n targets")
    say(*differences(results, pairs, seed), f"full report: {folder / 'report.md'}", "")
    if any(".seed" in name for name in models_of(results)):
        say("The same over all seeds: each target counts once a seed, intervals over listeners")
        say(*differences(over_seeds(results), pairs, seed), "")


def differences(results: pl.DataFrame, pairs: Sequence[tuple[str, str]], seed: int) -> list[str]:
    """A table of the pairs that were measured, part by part."""
    parts = {name: part for name, part in next_track_subsets(results).items() if name in PARTS}
    n_models = len(models_of(results))
    rows = [["A - B", *(f"{name} (n={part.height // n_models})" for name, part in parts.items())]]
    for a, b in (pair for pair in pairs if set(pair) <= set(models_of(results))):
        found = [compare(NEXT_TRACK, part, a, b, seed=seed) for part in parts.values()]
        rows.append([f"{a} - {b}", *(with_interval(f, "+.4f") + "*" * f.excludes_zero for f in found)])
    return aligned(rows)


def over_seeds(results: pl.DataFrame) -> pl.DataFrame:
    """The results with every seed of a model under the model's name, and targets once a seed.

    A model with one seed only stands beside each of the others' seeds.
    """
    base, seed = pl.col("model").str.replace(r"\.seed\d+$", ""), pl.col("model").str.extract(r"\.seed(\d+)$")
    table = results.with_columns(base=base, seed=seed.cast(pl.Int64).fill_null(0))
    frames = []
    for n in sorted(table["seed"].unique()):
        own = table.filter(pl.col("seed") == n)
        others = table.filter(pl.col("seed") == 0, ~pl.col("base").is_in(own["base"].unique().implode()))
        # Another place for each seed, so that targets are told apart.
        frames.append(pl.concat([own, others]).with_columns(pl.col("position") + (n << 40)))
    return pl.concat(frames).with_columns(model="base").select(results.columns)


def searched(world: World, models: Models, requests: int, seed: int) -> None:
    """LLaRA and LC-Rec, on fewer requests, beside three others on the same."""
    if not models.slow:
        return
    others = {n: m for n, m in models.trained.items() if n in ("sasrec", "own_plays", "e4srec-id")}
    protocol = Protocol(max_requests=requests, seed=seed)
    results = evaluate(library_of(world), others | models.slow, protocol=protocol)
    say(f"## {world.name}: models that search with a beam ({protocol.words})")
    say(*report.table_lines(NEXT_TRACK, results, seed=seed), "")


def run(world: World, a: argparse.Namespace, *, whole: bool) -> None:
    """All steps in one world; not `whole`: only what the completion ratio adds."""
    began = time.perf_counter()
    budgets = Budgets(a.steps, a.epochs, a.minutes, a.size, a.seeds, a.seed)
    models = Models.make(world, budgets, tuple(a.without.split(",")), whole=whole)
    if whole and a.draws:
        zero_shot(world, models, a.draws, a.seed)
    shown = {n: m for n, m in models.trained.items() if n in ("own_plays", "sasrec", "e4srec-id")}
    published = evaluate(library_of(world), shown, protocol=Protocol.as_published(seed=a.seed))
    if whole:
        slip(published, world)
    corrected(world, models, a.requests, a.seed, published)
    searched(world, models, a.slow_requests, a.seed)
    say(f"({world.name}: {time.perf_counter() - began:,.0f} s in this run)", "")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--nyphil", type=Path, metavar="FOLDER")
    parser.add_argument("--no-synthetic", action="store_true")
    parser.add_argument("--synthetic-size", default="400,4000,160000", help="listeners,tracks,plays")
    parser.add_argument("--steps", type=int, default=150, help="of each E4SRec")
    parser.add_argument("--epochs", type=float, default=25, help="of each ID encoder")
    parser.add_argument("--minutes", type=float, default=1.5, help="for LLaRA and for LC-Rec")
    parser.add_argument("--requests", type=int, default=2000, help="test plays at most")
    parser.add_argument("--slow-requests", type=int, default=150, help="the same for LLaRA and LC-Rec")
    parser.add_argument("--draws", type=int, default=2, help="seeds of each untrained model; 0: no step 1")
    parser.add_argument("--seeds", type=int, default=1, help="seeds of each E4SRec")
    parser.add_argument("--size", default="tiny", help="backbone: tiny, small, base, a path or a name")
    parser.add_argument("--without", default="", help="models to leave out: llara,lcrec,...")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Run the worlds that were asked for; everything printed is in OUT/report.txt too."""
    a = arguments()
    torch.set_num_threads(a.threads)
    say(f"{platform.machine()}, {a.threads} threads, seed {a.seed}, backbone {a.size}", "")
    if a.nyphil:
        run(nyphil(a.nyphil, a.folder), a, whole=True)
    if not a.no_synthetic:
        listeners, tracks, plays = (int(n) for n in a.synthetic_size.split(","))
        run(exact(a.folder, (listeners, tracks, plays), a.seed), a, whole=True)
        run(estimated(a.folder, (listeners, tracks, plays), a.seed), a, whole=False)
    with whole_file(a.folder / "report.txt") as temporary:
        temporary.write_text("\n".join(SAID) + "\n", "utf-8")


if __name__ == "__main__":
    main()
