"""The mgphot feature: what was loaded, rated or predicted for each track, and its words as tags."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segue.data import stages, store
from segue.data.catalogue import Catalogue
from segue.data.descriptions import write_tags
from segue.describe.mgphot import values
from segue.describe.mgphot.load import load
from segue.describe.mgphot.predict import From, predict, vectors_of
from segue.describe.mgphot.schema import DIM, NAMES
from segue.describe.mgphot.words import tag_table
from segue.encoders.text import Encoder
from segue.kit.arrays import Bools, Floats
from segue.kit.workspace import Workspace, hash_of, read_card

SOURCES = ("none", "loaded", "rated", "predicted")
NONE, LOADED, RATED, PREDICTED = range(4)
"""Where a track's values come from: the tensor `source` of the feature."""
SPACE = "mgphot"
NOTHING = (
    "mgphot: skipped, no track is rated yet (`segue rate` asks a model, `segue features --modality mgphot "
    "--ratings FILE.tsv` loads the published annotations)"
)


def compute(
    workspace: Workspace,
    *,
    ratings: Path | None = None,
    predict_from: Sequence[From] | None = None,
    encoder: Encoder | None = None,
    seed: int = 0,
) -> list[str]:
    """Make the mgphot feature and its tags; returns lines that say what was done.

    A track's values are those of the published annotations where it has any, else the raters' consensus, else
    predicted ones. The feature has them in [0, 1]; an attribute that is unknown has the attribute's mean over
    the known ones (a half where nobody knows any), and the tensor `known` is 0 there.

    Args:
        ratings: the published TSV, to be loaded first.
        predict_from: vectors to predict the other tracks from; none is if empty, as last time if None.

    Raises:
        SegueError: the TSV or a feature to predict from cannot be used, or too little is rated.
    """
    lines = [store.logged(f"mgphot: {load(workspace, ratings)}")] if ratings else []
    catalogue = Catalogue.load(workspace, described=False)
    loaded, rated = (values.read(workspace, source) for source in ("loaded", "rated"))
    if loaded is None and rated is None:
        return [*lines, store.logged(NOTHING)]
    matrix, source = _joined(catalogue, loaded, rated)
    facts: dict[str, Any] = {"ratings": rated.facts if rated else {}}
    facts["annotations"] = loaded.facts if loaded else {}
    if predict_from is None:
        predict_from = _card(workspace).get("predicted_from", ())
    if predict_from:
        vectors, present = vectors_of(workspace, predict_from, encoder)
        found = predict(vectors, present, matrix, catalogue.tracks["artist"].to_list(), seed=seed)
        new = (source == NONE) & np.isfinite(found.matrix).any(axis=1)
        matrix[new], source[new] = found.matrix[new], PREDICTED
        rho = {
            n: round(r, 4) if np.isfinite(r) else None for n, r in zip(NAMES, found.rho.tolist(), strict=True)
        }
        facts |= {"predicted_from": list(predict_from), "cross_validated": rho}
    return [*lines, _save(workspace, catalogue, matrix, source, facts)]


def _joined(
    catalogue: Catalogue, loaded: values.Values | None, rated: values.Values | None
) -> tuple[Floats, np.ndarray[Any, np.dtype[np.uint8]]]:
    """The values of every track, and where they come from: annotations before ratings."""
    matrix = np.full((len(catalogue), DIM), np.nan, np.float32)
    source = np.full(len(catalogue), NONE, np.uint8)
    for number, given in ((RATED, rated), (LOADED, loaded)):
        if given is not None:
            part = given.over(catalogue.rows, len(catalogue))
            has = np.isfinite(part).any(axis=1)
            matrix[has], source[has] = part[has], number
    return matrix, source


def _card(workspace: Workspace) -> dict[str, Any]:
    """The card of the feature as it is; empty where there is none."""
    folder = workspace.feature("mgphot")
    return read_card(folder, "features --modality mgphot") if (folder / "card.json").exists() else {}


def _save(
    workspace: Workspace,
    catalogue: Catalogue,
    matrix: Floats,
    source: np.ndarray[Any, np.dtype[np.uint8]],
    facts: dict[str, Any],
) -> str:
    """Write the feature and the tags where they differ from what is there; one line that says so."""
    present: Bools = source != NONE
    known = np.isfinite(matrix)
    counts = {name: int((source == number).sum()) for number, name in enumerate(SOURCES) if number}
    digest = hashlib.blake2b(matrix.tobytes() + source.tobytes(), digest_size=8).hexdigest()
    input_hash = hash_of(catalogue.ids.tolist(), digest, facts)
    told = ", ".join(f"{n:,} {name}" for name, n in counts.items() if n)
    if _card(workspace).get("input_hash") == input_hash:
        stages.holds(workspace, "features/mgphot")
        return store.logged(f"mgphot: unchanged, skipped ({told})")
    tags = tag_table(catalogue.ids[present].tolist(), matrix[present])
    write_tags(workspace, "mgphot", tags)
    store.save(
        workspace,
        "mgphot",
        store.Feature(filled(matrix), present),
        encoder=f"mgphot@{hash_of(facts)}",
        space=SPACE,
        input_hash=input_hash,
        tensors={"known": known.astype(np.uint8), "source": source},
        facts={**facts, "tracks": counts},
    )
    return store.logged(
        f"mgphot: {int(present.sum()):,} of {len(catalogue):,} tracks ({told}), "
        f"{known[present].mean() if present.any() else 0:.0%} of their attributes known, {tags.height:,} tags"
    )


def filled(matrix: Floats) -> Floats:
    """The values with the mean of its column where one is unknown; a half where the whole column is."""
    known = np.isfinite(matrix)
    n = known.sum(axis=0)
    means = np.where(n > 0, np.where(known, matrix, 0).sum(axis=0) / np.maximum(n, 1), 0.5)
    found: Floats = np.where(known, matrix, means).astype(np.float32)
    return found
