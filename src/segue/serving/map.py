"""A map of the catalogue: every track a point, near ones alike by one modality."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
from typing_extensions import TypedDict

from segue.data.library import Library
from segue.kit.arrays import Floats, unit
from segue.kit.errors import SegueError
from segue.kit.workspace import hash_of, read_json, whole_file
from segue.serving.errors import NotHereError
from segue.understanding.index import Index
from segue.understanding.vocabulary import kind_of

log = logging.getLogger("segue.serving")
PREFERRED = ("semantic", "metadata", "playlist", "audio", "lyrics", "mgphot")
GROUPS = 24
"""Genres that have a colour; the other tracks share one."""
CENTRES = 60
"""Clusters whose middles are laid out; a track lies by those that it is near."""
NEAREST = 5
VERSION = 1
MOST_POINTS = 100_000
"""Tracks of a map; of a larger catalogue the best known are drawn."""


class MapShape(TypedDict):
    """Points by track; x and y in [0, 1]; `group` is the place in `groups`, the last of them "other"."""

    modality: str
    modalities: list[str]
    ids: list[str]
    x: list[float]
    y: list[float]
    group: list[int]
    groups: list[str]


class Maps:
    """The maps of a workspace; each is made once and kept in `serving/`."""

    def __init__(self, library: Library, index: Index) -> None:
        self.library, self.index = library, index

    def map(self, modality: str | None = None) -> MapShape:
        """The map by a modality; by the first of `PREFERRED` that is there without one.

        Raises:
            NotHereError: this modality is not here.
            SegueError: no modality is.
        """
        here = [m for m in PREFERRED if self.library.has(m)]
        if not here:
            cure = "run `segue features`"
            raise SegueError("a map needs vectors, and this workspace has none", "", cure)
        modality = modality or here[0]
        if modality not in here:
            raise NotHereError(f"no feature {modality[:60]!r}", "modality", f"modalities: {', '.join(here)}")
        return self.library.once(("map", modality), lambda: self._kept(modality, here))

    def _kept(self, modality: str, here: list[str]) -> MapShape:
        """The map from its file, made and written where there is none of these vectors."""
        feature = self.library.feature(modality)
        name = hash_of(VERSION, feature.digest(), len(self.library), self.library.catalogue.ids.tolist())
        file = self.library.workspace.root / "serving" / f"map-{modality}-{name}.json"
        try:
            found: dict[str, Any] = read_json(file)
        except (OSError, ValueError):
            rows = np.flatnonzero(feature.present)
            if len(rows) > MOST_POINTS:
                # The best known ones: those that people look for.
                known = np.argsort(-self.index.known[rows], kind="stable")
                rows = np.sort(rows[known[:MOST_POINTS]])
            places = laid_out(feature.matrix[rows])
            ids = [str(i) for i in self.library.catalogue.ids[rows]]
            x, y = (np.round(places[:, n].astype(float), 4).tolist() for n in (0, 1))
            found = {"ids": ids, "x": x, "y": y}
            _write(file, found)
        groups, names = self._groups([self.library.catalogue.rows[i] for i in found["ids"]])
        return MapShape(
            modality=modality,
            modalities=here,
            ids=found["ids"],
            x=found["x"],
            y=found["y"],
            group=groups,
            groups=names,
        )

    def _groups(self, rows: list[int]) -> tuple[list[int], list[str]]:
        """The place of each row's genre among those that together cover most tracks, and these."""
        tags = self.index.tags
        left = sorted(k for k in tags if kind_of(self.index.spoken[k]) == "genre")
        of_row, chosen = np.full(len(self.library), -1, np.int64), list[str]()
        while left and len(chosen) < GROUPS:
            best = max(left, key=lambda k: int((of_row[tags[k]] < 0).sum()))
            new = [r for r in tags[best] if of_row[r] < 0]
            if not new:
                break
            of_row[new] = len(chosen)
            chosen.append(self.index.spoken[best])
            left.remove(best)
        of_row[of_row < 0] = len(chosen)
        return of_row[rows].tolist(), [*chosen, "other"]


def laid_out(vectors: Floats) -> Floats:
    """Places (n, 2) in [0, 1] of vectors (n, dim): alike ones near each other.

    The middles of clusters are laid out by t-SNE, which is quick for so few; a track lies between those
    that it is nearest to, moved apart by its two principal components. Linear in the number of tracks.
    """
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    vectors = unit(vectors - vectors.mean(axis=0, keepdims=True))
    n = len(vectors)
    if min(vectors.shape) > 2:
        plain = PCA(2, random_state=0).fit_transform(vectors)
    else:  # too small for components: its first two columns
        plain = np.pad(vectors, ((0, 0), (0, 2)))[:, :2]
    if n > 4 * CENTRES:
        clusters = MiniBatchKMeans(CENTRES, random_state=0, n_init=1, batch_size=4096).fit(vectors)
        tsne = TSNE(2, random_state=0, perplexity=10, init="pca")
        middles = np.asarray(tsne.fit_transform(clusters.cluster_centers_))
        near = vectors @ unit(clusters.cluster_centers_).T
        top = np.argpartition(-near, NEAREST, axis=1)[:, :NEAREST]
        # Sharp, so that a track lies at its nearest middle and is only drawn towards the others.
        weight = np.exp(12 * np.take_along_axis(near, top, axis=1))
        weight /= weight.sum(axis=1, keepdims=True)
        places = (middles[top] * weight[:, :, None]).sum(axis=1)
        spread = places.std(axis=0) * 0.15
        plain = places + plain / (plain.std(axis=0) + 1e-9) * spread
    # Ranks use the whole sheet; half of the way to them keeps what lies close close.
    ranks = plain.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / max(1, n - 1)
    low, high = plain.min(axis=0), plain.max(axis=0)
    return np.asarray(0.5 * ranks + 0.5 * (plain - low) / np.maximum(high - low, 1e-9), np.float32)


def _write(file: Path, value: dict[str, Any]) -> None:
    """Keep a map; where it cannot be kept it is made again the next time."""
    try:
        with whole_file(file) as temporary:
            temporary.write_text(json.dumps(value), "utf-8")
        for old in file.parent.glob(f"{file.name.rsplit('-', 1)[0]}-*.json"):
            if old != file:
                old.unlink(missing_ok=True)
    except (OSError, SegueError) as error:
        # A full disk costs the next start some seconds, not this answer.
        log.warning("the map was not kept: %s", error)
