"""What the tokens are like: how even the clusters, how many tracks share a tuple, what a cluster holds."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from segue.data.catalogue import Catalogue
from segue.data.codes import Codes, Tokens
from segue.kit.workspace import Workspace, whole_directory, write_json

CLUSTERS_SHOWN, TITLES_SHOWN = 5, 6

Ints = np.ndarray[Any, np.dtype[np.int64]]


def write_report(workspace: Workspace, *, seed: int = 0) -> Path:
    """Write `reports/tokens/` (report.md, card.json, sizes.png); returns the path of report.md."""
    catalogue, tokens = Catalogue.load(workspace), Tokens.load(workspace)
    sizes = {m: cluster_sizes(tokens, i) for i, m in enumerate(tokens.modalities)}
    sharing = shared_tuples(tokens.codes)
    rng = np.random.default_rng(seed)
    lines = [
        "# Tokens",
        "",
        f"{len(catalogue):,} tracks, {len(tokens.modalities)} modalities.",
        "",
        *_cluster_table(tokens, sizes),
        *_sharing_table(sharing, len(catalogue)),
        "## What some clusters hold",
        "",
        "Clusters and titles drawn at random, not chosen.",
        "",
    ]
    for column, modality in enumerate(tokens.modalities):
        lines += [f"### {modality}", "", *_samples(catalogue, tokens.codes[:, column], rng), ""]
    card = {
        "n_tracks": len(catalogue),
        "n_tuples": sum(sharing.values()),
        "clusters": tokens.sizes,
        "effective_clusters": {m: round(effective(s), 1) for m, s in sizes.items()},
        "tracks_per_tuple": {str(n): count for n, count in sharing.items()},
    }
    with whole_directory(workspace.report("tokens")) as folder:
        (folder / "report.md").write_text("\n".join(lines).rstrip() + "\n", "utf-8")
        write_json(folder / "card.json", card)
        _draw(sizes, sharing, folder / "sizes.png")
    return workspace.report("tokens") / "report.md"


def cluster_sizes(tokens: Tokens, column: int) -> Ints:
    """Tracks in each cluster of one modality, int64 (K,)."""
    codes = tokens.codes[:, column]
    return np.bincount(codes[codes >= 0], minlength=len(tokens.centroids[tokens.modalities[column]]))


def effective(sizes: Ints) -> float:
    """The effective number of clusters: the perplexity of the code, K where all are of one size."""
    shares = sizes[sizes > 0] / max(sizes.sum(), 1)
    return math.exp(-float((shares * np.log(shares)).sum()))


def shared_tuples(codes: Codes) -> dict[int, int]:
    """How many tuples stand for exactly n tracks: n -> number of tuples, n ascending."""
    _, counts = np.unique(codes, axis=0, return_counts=True)
    numbers, tuples = np.unique(counts, return_counts=True)
    return dict(zip(numbers.tolist(), tuples.tolist(), strict=True))


def _cluster_table(tokens: Tokens, sizes: dict[str, Ints]) -> list[str]:
    """Coverage and cluster sizes of each modality."""
    n_tracks = max(len(tokens.codes), 1)
    lines = [
        "## Clusters",
        "",
        "Effective: how many clusters of one size would tell tracks apart as well (perplexity of the code).",
        "",
        "| modality | tracks with a code | clusters | effective | smallest | median | largest |",
        "|---|---|---|---|---|---|---|",
    ]
    for m, s in sizes.items():
        lines.append(
            f"| {m} | {s.sum():,} ({s.sum() / n_tracks:.1%}) | {len(s):,} | {effective(s):,.0f} "
            f"| {s.min():,} | {np.median(s):,.0f} | {s.max():,} |"
        )
    return [*lines, ""]


def _sharing_table(sharing: dict[int, int], n_tracks: int) -> list[str]:
    """How many tracks share their whole tuple with others."""
    n_tuples, sharers = sum(sharing.values()), n_tracks - sharing.get(1, 0)
    lines = [
        "## Tuples",
        "",
        f"{n_tuples:,} different tuples; {sharers:,} tracks ({sharers / max(n_tracks, 1):.1%}) share theirs "
        "with another track.",
        "",
        "| tracks that share one tuple | tuples | tracks |",
        "|---|---|---|",
    ]
    for name, tuples, tracks in _grouped(sharing):
        lines.append(f"| {name} | {tuples:,} | {tracks:,} |")
    return [*lines, ""]


def _grouped(sharing: dict[int, int]) -> list[tuple[str, int, int]]:
    """The numbers of tracks behind one tuple in a few groups: name, tuples, tracks of each that occurs."""
    edges = [1, 2, 3, 5, 10, 100, max([*sharing, 100]) + 1]
    groups = []
    for low, high in pairwise(edges):
        inside = {n: count for n, count in sharing.items() if low <= n < high}
        name = str(low) if high == low + 1 else f"{low} to {high - 1}"
        if inside:
            groups.append((name, sum(inside.values()), sum(n * count for n, count in inside.items())))
    return groups


def _samples(catalogue: Catalogue, codes: Codes, rng: np.random.Generator) -> list[str]:
    """Random clusters of one modality with random titles, as a list."""
    used = np.unique(codes[codes >= 0])
    titles, artists = catalogue.tracks["title"], catalogue.tracks["artist"]
    lines = []
    for code in np.sort(rng.choice(used, min(CLUSTERS_SHOWN, len(used)), replace=False)):
        rows = np.flatnonzero(codes == code)
        shown = rng.choice(rows, min(TITLES_SHOWN, len(rows)), replace=False).tolist()
        names = "; ".join(_plain(f"{titles[row]} ({artists[row]})") for row in shown)
        lines.append(f"- **{code}**, {len(rows):,} {'track' if len(rows) == 1 else 'tracks'}: {names}")
    return lines


def _plain(text: str) -> str:
    """A title on one line with nothing that Markdown or HTML would act on."""
    line = " ".join(text.split())
    return "".join(f"\\{c}" if c in r"\`*_[]<>#|" else c for c in line)


def _draw(sizes: dict[str, Ints], sharing: dict[int, int], target: Path) -> None:
    """Cluster sizes in order for each modality, and the tracks that stand behind one tuple."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for modality, s in sizes.items():
        left.plot(np.arange(1, len(s) + 1), np.sort(s)[::-1], label=modality)
    left.set(title="Size of clusters", xlabel="cluster, largest first", ylabel="tracks", yscale="log")
    left.legend()
    names, _, tracks = zip(*_grouped(sharing), strict=True)
    right.bar(names, tracks)
    right.set(
        title="Tracks by how many share their tuple", xlabel="tracks that share one tuple", ylabel="tracks"
    )
    figure.savefig(target, dpi=110)
