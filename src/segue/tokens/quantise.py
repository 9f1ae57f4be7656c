"""Vectors into codes: one k-means a modality, so that a track becomes one small number a modality.

The vectors stay on disk and are read a chunk at a time, so the catalogue may be larger than memory.
Source: TalkPlay 2.1 (an independent k-means for each modality, K = 1024).
"""

import math
from typing import Any

import numpy as np
import polars as pl
from safetensors.numpy import save_file

from segue.data import stages, store
from segue.data.catalogue import Catalogue
from segue.data.codes import REFIT, Tokens, load_codebooks
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.kit.workspace import Workspace, hash_of, read_card, whole_directory, write_json
from segue.tokens.kmeans import assign, fit_centroids
from segue.tokens.vectors import Vectors, open_feature

MOST_CLUSTERS = 32_767
"""The most codes that an int16 can tell apart, with -1 for a missing one."""
Opened = tuple[Vectors, Bools]
"""The vectors of a modality, left on disk, and which tracks have one."""


def default_clusters(n: int) -> int:
    """Clusters for n vectors: the power of two nearest to n / 24, from 16 to 1024.

    Two dozen tracks a code leave enough examples of each token in the dialogues to learn it from; 1,024, the
    paper's number (TalkPlay 2.1), is reached at 17,400 vectors.
    """
    exponent = round(math.log2(max(n, 1) / 24))
    return 1 << min(10, max(4, exponent))


def tokenise(workspace: Workspace, *, clusters: int | None = None, seed: int = 0, refit: bool = False) -> str:
    """Make the codes of every track from the features; returns one line that says what was done.

    Codebooks are fitted once. Tracks that come later are assigned to the stored centroids, without training.

    Args:
        clusters: of each modality, cut to its distinct vectors; if None the stored number, and with none
            stored or with `refit` that of `default_clusters`. Another number than the stored one fits anew.
        seed: of a fit; without effect where stored codebooks are kept.

    Raises:
        SegueError: no features, a damaged artefact, an impossible number of clusters, or features that do not
            belong to the stored codebooks (a modality came or went, or was made by another encoder).
    """
    if clusters is not None and not 1 <= clusters <= MOST_CLUSTERS:
        raise SegueError(f"{clusters} clusters", cure=f"give a number from 1 to {MOST_CLUSTERS:,}")
    ids = list(Catalogue.load(workspace).ids)
    features, spaces, inputs = _features(workspace, ids)
    stored = None if refit else _stored_card(workspace)
    if stored is not None and clusters in (None, stored["clusters"]):
        if stored["input_hash"] == inputs:
            # Nothing to do, but a damaged artefact is told of now and not at the next stage.
            Tokens.load(workspace)
            stages.holds(workspace, "tokens")
            return store.logged("tokens: unchanged, skipped")
        _check_spaces(workspace, stored["spaces"], spaces)
        centroids = load_codebooks(workspace, tuple(stored["modalities"]))
        kept = {name: stored[name] for name in ("clusters", "seed")}
        facts = kept | {"spaces": spaces, "input_hash": inputs}
        return _write(workspace, ids, features, centroids, facts, "assigned to the stored codebooks")
    centroids = _fit_all(features, clusters, seed)
    facts = {"clusters": clusters, "seed": seed, "spaces": spaces, "input_hash": inputs}
    return _write(workspace, ids, features, centroids, facts, "codebooks fitted")


def _features(workspace: Workspace, ids: list[str]) -> tuple[dict[str, Opened], dict[str, str], str]:
    """The features with any vector, the space of each, and the hash of all that the codes depend on."""
    features = {m: open_feature(workspace, m) for m in store.available(workspace)}
    features = {m: (vectors, present) for m, (vectors, present) in features.items() if len(vectors)}
    if not features:
        raise SegueError("no features to make tokens of", str(workspace.root), "run `segue features` first")
    cards = {m: read_card(workspace.feature(m), f"features --modality {m}") for m in features}
    inputs = hash_of({m: (card["space"], card["input_hash"]) for m, card in cards.items()}, ids)
    return features, {m: str(card["space"]) for m, card in cards.items()}, inputs


def _fit_all(features: dict[str, Opened], clusters: int | None, seed: int) -> dict[str, Floats]:
    """Modality -> its centroids, fitted to the tracks that have a vector."""
    centroids = {}
    for modality, (vectors, _) in watched(features.items(), "codebooks"):
        centroids[modality] = fit_centroids(vectors, clusters or default_clusters(len(vectors)), seed)
    return centroids


def _write(
    workspace: Workspace,
    ids: list[str],
    features: dict[str, Opened],
    centroids: dict[str, Floats],
    facts: dict[str, Any],
    done: str,
) -> str:
    """Assign every track and write the artefact; returns the line that says so."""
    codes = np.full((len(ids), len(features)), -1, dtype=np.int16)
    for column, modality in enumerate(watched(features, "codes")):
        vectors, present = features[modality]
        codes[present, column] = assign(vectors, centroids[modality])
    modalities = tuple(features)
    tokens = Tokens(modalities, centroids, codes)
    card = {"modalities": modalities, "sizes": tokens.sizes, "n_tracks": len(ids), **facts}
    table = pl.DataFrame({"track_id": ids, **{m: codes[:, i] for i, m in enumerate(modalities)}})
    with whole_directory(workspace.tokens) as folder:
        save_file(centroids, folder / "codebooks.safetensors")
        table.write_parquet(folder / "codes.parquet")
        write_json(folder / "card.json", card)
        stages.made(workspace, "tokens").record(folder)
    sizes = ", ".join(f"{m} {k}" for m, k in tokens.sizes.items())
    n_tuples = table.select(modalities).n_unique()
    return store.logged(f"tokens: {done} ({sizes}); {len(ids):,} tracks, {n_tuples:,} different tuples")


def _stored_card(workspace: Workspace) -> dict[str, Any] | None:
    """The card of the stored tokens, None where there are none."""
    if not (workspace.tokens / "card.json").exists():
        return None
    card = read_card(workspace.tokens, "tokens")
    missing = {"modalities", "spaces", "clusters", "seed", "input_hash"} - card.keys()
    if missing:
        raise SegueError(f"lacks {', '.join(sorted(missing))}", str(workspace.tokens / "card.json"), REFIT)
    return card


def spaces_changed(workspace: Workspace) -> bool:
    """Whether the stored codebooks do not belong to the features that are there now."""
    if (stored := _stored_card(workspace)) is None:
        return False
    _, spaces, _ = _features(workspace, [])
    return bool(stored["spaces"] != spaces)


def _check_spaces(workspace: Workspace, stored: dict[str, str], found: dict[str, str]) -> None:
    """Raise where the stored codebooks were not fitted to the kind of vectors that the features now hold."""
    came, went = found.keys() - stored.keys(), stored.keys() - found.keys()
    changed = {m for m in found.keys() & stored.keys() if found[m] != stored[m]}
    named = (("new", came), ("gone", went), ("made by another encoder", changed))
    reasons = [f"{', '.join(sorted(names))} {how}" for how, names in named if names]
    if reasons:
        what = f"the features changed since the codebooks were fitted ({'; '.join(reasons)})"
        raise SegueError(what, str(workspace.tokens), REFIT)
