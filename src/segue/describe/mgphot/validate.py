"""How well ratings agree with the musicologists': correlation and error, with intervals.

A small error says little on its own: "odd meter" is 0 for nearly every song, so a constant does as well. The
error of the best constant stands beside each, and the published figures.
Source: E4SRec specification 5.3, 9 (figures 5-11 of the report).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.sparse import csr_array

from segue.data.catalogue import Catalogue
from segue.data.store import logged
from segue.describe.mgphot import values
from segue.describe.mgphot.load import PUBLISHED_EXAMPLES, key_of
from segue.describe.mgphot.schema import ATTRIBUTES, CATEGORIES, in_category
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.tables import markdown
from segue.kit.workspace import Workspace, whole_directory

Doubles = NDArray[np.float64]
RESAMPLES = 1000
# Okabe and Ito's colours, one a category.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")
ALL = "all"


@dataclass(frozen=True)
class _Measured:
    """One attribute: its numbers, and those of every resample (n_resamples,)."""

    tracks: int
    rho: float
    mae: float
    constant: float
    rhos: Doubles
    maes: Doubles


def validate(workspace: Workspace, *, resamples: int = RESAMPLES, seed: int = 0) -> str:
    """Compare what was rated with what was loaded; writes reports/mgphot, returns one line.

    The songs that the raters were shown are left out, and so are those of the published prompt.

    Raises:
        SegueError: nothing was rated or loaded, or no track was both.
    """
    rated, loaded = values.read(workspace, "rated"), values.read(workspace, "loaded")
    if rated is None or loaded is None:
        missing, cure = (
            ("ratings of a model", "run `segue rate WORKSPACE --url URL --model NAME`")
            if rated is None
            else ("annotations", "run `segue features WORKSPACE --modality mgphot --ratings FILE.tsv`")
        )
        raise SegueError(f"no {missing} to compare", str(workspace.root), cure)
    catalogue = Catalogue.load(workspace, described=False)
    guess, truth = (v.over(catalogue.rows, len(catalogue)) for v in (rated, loaded))
    shown = {key_of(*names) for names in [*rated.facts.get("examples", []), *PUBLISHED_EXAMPLES]}
    names = catalogue.tracks.select("artist", "title").iter_rows()
    fresh = np.array([key_of(a or "", t or "") not in shown for a, t in names], dtype=bool)
    both = np.isfinite(guess).any(axis=1) & np.isfinite(truth).any(axis=1)
    tested = both & fresh
    if not tested.any():
        raise SegueError("no track was both rated and annotated", str(workspace.root), "rate more tracks")
    table = compare(guess[tested], truth[tested], resamples=resamples, seed=seed)
    _write(workspace, table, rated, int(tested.sum()), int((both & ~tested).sum()))
    mean = table.row(by_predicate=pl.col("name") == ALL, named=True)
    return logged(
        "mgphot: on {tracks:,} tracks the mean Spearman correlation is {rho:.3f} ({rho_low:.3f} to "
        "{rho_high:.3f}; published {published_rho:.2f}), the mean error {mae:.3f} "
        "(of constants {constant_mae:.3f})".format(**mean | {"tracks": int(tested.sum())})
    )


def compare(guess: Floats, truth: Floats, *, resamples: int = RESAMPLES, seed: int = 0) -> pl.DataFrame:
    """One row an attribute, a category, and "all": the mean of its attributes.

    Args:
        guess: (n_tracks, 58), NaN where unknown; such pairs do not count.
        resamples: bootstrap samples of tracks, the same ones for every attribute.

    Returns:
        name, category, tracks (the fewest of its attributes), rho with its 95 % interval rho_low, rho_high,
        mae, constant_mae (of the attribute's median), published_rho, published_mae, mae_low, mae_high. NaN
        where a side has only one value.
    """
    n = len(guess)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    weights = np.ascontiguousarray(drawn.T, dtype=np.float64)
    measured = [_measure(guess[:, c], truth[:, c], weights) for c in range(len(ATTRIBUTES))]
    rows = [_row(a.name, a.category, [c], measured) for c, a in enumerate(ATTRIBUTES)]
    rows += [_row(name, name, in_category(name).tolist(), measured) for name in CATEGORIES]
    return pl.DataFrame([*rows, _row(ALL, ALL, list(range(len(ATTRIBUTES))), measured)])


def _row(name: str, category: str, columns: list[int], measured: list[_Measured]) -> dict[str, object]:
    """The mean over some attributes; an attribute without a correlation does not count for its mean."""
    parts = [measured[c] for c in columns]
    rho_low, rho_high = _interval([m.rhos for m in parts if np.isfinite(m.rho)])
    mae_low, mae_high = _interval([m.maes for m in parts if m.tracks])
    return {
        "name": name,
        "category": category,
        "tracks": min(m.tracks for m in parts),
        "rho": _mean([m.rho for m in parts]),
        "rho_low": rho_low,
        "rho_high": rho_high,
        "mae": _mean([m.mae for m in parts]),
        "constant_mae": _mean([m.constant for m in parts]),
        "published_rho": _mean([ATTRIBUTES[c].rho for c in columns]),
        "published_mae": _mean([ATTRIBUTES[c].mae for c in columns]),
        "mae_low": mae_low,
        "mae_high": mae_high,
    }


def _mean(numbers: list[float]) -> float:
    known = [x for x in numbers if np.isfinite(x)]
    return float(np.mean(known)) if known else float("nan")


def _interval(samples: list[Doubles]) -> tuple[float, float]:
    """The middle 95 % of the mean of some attributes over the resamples."""
    if not samples:
        return float("nan"), float("nan")
    table = np.array(samples)
    known = np.isfinite(table)
    means = np.where(known, table, 0).sum(axis=0)[known.any(axis=0)] / known.sum(axis=0)[known.any(axis=0)]
    low, high = np.percentile(means, (2.5, 97.5)) if len(means) else (np.nan, np.nan)
    return float(low), float(high)


def _measure(guess: Floats, truth: Floats, weights: Doubles) -> _Measured:
    """One attribute. Ratings have few levels, so tracks are counted by their pair of values.

    `weights` (n_tracks, n_resamples) says how often each resample has each track.
    """
    known = np.isfinite(guess) & np.isfinite(truth)
    if not known.any():
        nothing = np.full(weights.shape[1], np.nan)
        return _Measured(0, np.nan, np.nan, np.nan, nothing, nothing)
    both = np.stack([guess[known], truth[known]], axis=1).astype(np.float64)
    pairs, which, counts = np.unique(both, axis=0, return_inverse=True, return_counts=True)
    drawn = _summed(weights[known], which.ravel())
    once = counts[:, None].astype(np.float64)
    constant = float(np.abs(both[:, 1] - np.median(both[:, 1])).mean())
    error = np.abs(pairs[:, 0] - pairs[:, 1])
    with np.errstate(invalid="ignore", divide="ignore"):
        maes = error @ drawn / drawn.sum(axis=0)
    mae = float(error @ once[:, 0] / counts.sum())
    return _Measured(
        int(known.sum()), float(spearman(pairs, once)[0]), mae, constant, spearman(pairs, drawn), maes
    )


def spearman(pairs: Doubles, counts: Doubles) -> Doubles:
    """Spearman correlations, (n_samples,), of values that come in pairs; NaN where a side is constant.

    Args:
        pairs: (n_pairs, 2), all different.
        counts: (n_pairs, n_samples), how often each sample has each pair.
    """
    total = counts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = (r - (counts * r).sum(axis=0) / total for r in (_ranks(pairs[:, s], counts) for s in (0, 1)))
        spread = np.sqrt((counts * x**2).sum(axis=0) * (counts * y**2).sum(axis=0))
        found: Doubles = np.where(spread > 0, (counts * x * y).sum(axis=0) / spread, np.nan)
    return found


def _ranks(side: Doubles, counts: Doubles) -> Doubles:
    """The mean rank of each pair's value in each sample, equal values sharing theirs; up to a constant."""
    level = np.unique(side, return_inverse=True)[1].ravel()
    mass = _summed(counts, level)
    ranks: Doubles = (np.cumsum(mass, axis=0) - mass / 2)[level]
    return ranks


def _summed(rows: Doubles, group: NDArray[np.int64]) -> Doubles:
    """The rows (n, n_samples) of each group added up, (n_groups, n_samples)."""
    n = len(group)
    return np.asarray(csr_array((np.ones(n), (group, np.arange(n)))) @ rows, dtype=np.float64)


def _write(workspace: Workspace, table: pl.DataFrame, rated: values.Values, n: int, left_out: int) -> None:
    """The report: report.md, validation.parquet and validation.png, beside the agreement of the raters."""
    target = workspace.report("mgphot")
    old = target / "agreement.parquet"
    with whole_directory(target) as folder:
        if old.exists():
            (folder / old.name).write_bytes(old.read_bytes())
        table.write_parquet(folder / "validation.parquet")
        figure(table).savefig(folder / "validation.png", dpi=120)
        _text(folder / "report.md", table, rated, n, left_out)


def _text(path: Path, table: pl.DataFrame, rated: values.Values, n: int, left_out: int) -> None:
    head = ["", "tracks", "Spearman", "95 %", "published", "error", "constant", "published"]
    lines = [
        "# Ratings of a language model against MGPHot",
        "",
        f"{n:,} tracks; {left_out} more were left out because a prompt shows them with their values.",
        f"Raters: {'; '.join(rated.facts.get('raters', ['unknown']))}.",
        "",
        'Errors are mean absolute errors of values in [0, 1]. "Constant" is the error of the attribute\'s',
        "median: a rater who is no better than that knows nothing about it. Intervals are bootstrapped over",
        "tracks. The published figures are of another catalogue and another model.",
    ]
    for title, names in (("By category", (*CATEGORIES, ALL)), ("By attribute", [a.name for a in ATTRIBUTES])):
        rows = [head]
        for row in table.filter(pl.col("name").is_in(list(names))).iter_rows(named=True):
            interval = f"{row['rho_low']:.3f} to {row['rho_high']:.3f}"
            figures = [f"{row['rho']:.3f}", interval, f"{row['published_rho']:.2f}"]
            errors = [f"{row[m]:.3f}" for m in ("mae", "constant_mae", "published_mae")]
            rows.append([row["name"], f"{row['tracks']:,}", *figures, *errors])
        lines += ["", f"## {title}", "", *markdown(rows)]
    path.write_text("\n".join([*lines, "![by attribute](validation.png)", ""]), "utf-8")


def figure(table: pl.DataFrame) -> Figure:
    """A bar an attribute: Spearman with its interval, by category; a diamond is the published figure."""
    drawn = Figure(figsize=(8, 13), layout="constrained")
    axes = drawn.subplots()
    names = [a.name for a in ATTRIBUTES]
    rows = {r["name"]: r for r in table.iter_rows(named=True)}
    for place, attribute in enumerate(ATTRIBUTES):
        row = rows[attribute.name]
        colour = COLOURS[CATEGORIES.index(attribute.category)]
        if np.isfinite(row["rho"]):
            error = [[max(0.0, row["rho"] - row["rho_low"])], [max(0.0, row["rho_high"] - row["rho"])]]
            axes.barh(place, row["rho"], 0.75, xerr=error, color=colour, ecolor="#333333")
    published = [a.rho for a in ATTRIBUTES]
    axes.plot(published, range(len(names)), "D", color="black", markersize=4, label="published", linestyle="")
    for category, colour in zip(CATEGORIES, COLOURS, strict=True):
        axes.barh([0], [0], color=colour, label=category)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.axvline(0, color="#333333", linewidth=0.8)
    axes.set(xlabel="Spearman correlation with the musicologists, 95 % interval over tracks")
    axes.grid(axis="x", alpha=0.3)
    drawn.legend(loc="outside upper center", ncols=4, frameon=False)
    return drawn
