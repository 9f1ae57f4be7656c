"""The two tasks as data: what is measured of them, and which of their parts are reported apart."""

import numpy as np
import polars as pl

from segue.evaluation.rows import CHANCE
from segue.evaluation.summary import Series, Task
from segue.kit import metrics


def chance_by_request(results: pl.DataFrame, *, duplicated: bool = False) -> pl.DataFrame:
    """The closed form of the chance row of either task: one row a request, every metric.

    Args:
        duplicated: they are of a next-track protocol that lists the target twice.
    """
    asked = results.filter(pl.col("model") == CHANCE)
    targets = asked["n_targets"] if "n_targets" in asked.columns else [1] * len(asked)
    shift, sizes = int(duplicated), zip(asked["n_ranked"], targets, strict=True)
    places = [metrics.Places(np.full(m, shift), np.full(m, n - shift)) for n, m in sizes]
    return pl.DataFrame(metrics.measure_each(places))


def with_dislikes(results: pl.DataFrame) -> pl.DataFrame:
    """The results of `conversation.evaluate` with the share of the disliked tracks in the top 10."""
    return results.with_columns(dislike_share=pl.col("dislikes_top10") / pl.col("n_dislikes"))


def conversation_subsets(results: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """All, warm (no cold target), mixed, cold (all are), and `turn N`; the empty ones left out."""
    n_cold, n_targets = pl.col("n_cold"), pl.col("n_targets")
    wanted = {
        "all": pl.lit(True),
        "warm": n_cold == 0,
        "mixed": (n_cold > 0) & (n_cold < n_targets),
        "cold": n_cold == n_targets,
    }
    wanted |= {f"turn {turn}": pl.col("turn") == turn for turn in sorted(results["turn"].unique())}
    return _parts(results, wanted)


def next_track_subsets(results: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The parts of the targets, the empty ones left out.

    `new` targets are not in the history, `cold` ones nobody plays in the training part, `content` ones have a
    vector of some content feature, `has X` one of modality X; `decile 10` are the most played tracks.
    """
    repeat, cold, content, decile = (pl.col(c) for c in ("repeat", "cold", "content", "decile"))
    wanted = {
        "all": pl.lit(True),
        "repeat": repeat,
        "new": ~repeat,
        "new, warm": ~repeat & ~cold,
        "cold": cold,
        "content": content,
        "no content": ~content,
        "new, content": ~repeat & content,
        "new, no content": ~repeat & ~content,
        "cold, content": cold & content,
        "cold, no content": cold & ~content,
    }
    for name in results["modalities"].explode().drop_nulls().unique().sort():
        wanted[f"has {name}"] = pl.col("modalities").list.contains(name)
    wanted |= {f"decile {i}": decile == i for i in range(11)}
    return _parts(results, wanted)


def _parts(results: pl.DataFrame, wanted: dict[str, pl.Expr]) -> dict[str, pl.DataFrame]:
    parts = {name: results.filter(condition) for name, condition in wanted.items()}
    return {name: part for name, part in parts.items() if part.height}


def with_metrics(results: pl.DataFrame) -> pl.DataFrame:
    """The results of `next_track.evaluate` with the columns of `METRICS`."""
    above, tied = (results[c].to_numpy()[:, None] for c in ("above", "tied"))
    return results.with_columns(**metrics.measure(metrics.Places(above, tied)))


def duplicated(results: pl.DataFrame) -> pl.DataFrame:
    """What the same rankings give where the target is listed twice and only the copy behind counts.

    Source: E4SRec spec 10.3. Every target of rank r is reported at r + 1, out of one track more.
    """
    return results.with_columns(pl.col("above") + 1, pl.col("n_ranked") + 1)


def against(**others: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Pairs of a model and each one that it is compared with."""
    return tuple((model, other) for model, named in others.items() for other in named)


CONVERSATION = Task(
    name="conversation",
    title="Conversation: the whole catalogue ranked at every request",
    reads="dialogues",
    keys=("dialogue_id", "turn"),
    averages=("macro", "micro"),
    main="rr",
    shown=("rr", "mrr", "hit1", "hit10", "hit100", "ndcg20", "dislike_share"),
    with_interval=("rr",),
    compared=("rr", "mrr", "ndcg20"),
    bars=("all",),
    series=Series(
        "turn",
        "rr",
        "MRR by turn",
        "request number in the dialogue, and requests",
        "Turns with less than a tenth of the commonest turn's requests are only in metrics.parquet.",
        "mrr_by_turn.png",
        least=0.1,
    ),
    pairs=against(
        talkplay=(
            "talkplay (as published)",
            "talkplay-as-published",
            "talkplay (untrained)",
            "popularity",
            "chance",
        ),
        talkplay_gated=("bm25", "dense"),
        hybrid=("talkplay_gated",),
    ),
    measured=with_dislikes,
    subsets=conversation_subsets,
    metrics=(*(metric.name for metric in metrics.METRICS), "dislike_share"),
    labels={"dislike_share": "dislikes in top 10"},
)
NEXT_TRACK = Task(
    name="next-track",
    title="Next track: what was played next, ranked after every play",
    reads="log",
    keys=("user_id", "position"),
    averages=("micro",),
    main="ndcg10",
    shown=("hit1", "hit5", "hit10", "hit20", "hit100", "ndcg10", "ndcg20", "mrr20", "mrr"),
    with_interval=("hit10", "ndcg10", "mrr"),
    compared=("hit10", "ndcg10", "mrr"),
    bars=("all", "repeat", "new"),
    series=Series(
        "decile",
        "hit10",
        "Hit@10 by popularity decile",
        "decile of training plays (10: the most played tracks), and requests",
        "Tenths of the tracks by training plays, 10 the most played; equally played tracks share one.",
        "deciles.png",
        names={0: "cold"},
    ),
    pairs=against(
        e4srec=("sasrec", "own_plays"),
        sasrec=("own_plays", "session_knn"),
        bert4rec=("sasrec",),
        gru4rec=("sasrec",),
    ),
    measured=with_metrics,
    subsets=next_track_subsets,
    labels={"mrr": "MRR"},
)
