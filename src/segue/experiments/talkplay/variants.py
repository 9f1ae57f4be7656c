"""The same workspace seen otherwise: other tokens, other dialogues, playlists as the log."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segue.data.catalogue import Catalogue, Dialogue, Turn
from segue.data.codes import Tokens
from segue.data.library import Library
from segue.data.log import Log
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.tokens.kmeans import assign, fit_centroids
from segue.tokens.vectors import Vectors, open_feature


def seen_with(
    library: Library,
    *,
    tokens: Tokens | None = None,
    catalogue: Catalogue | None = None,
    log: Log | None = None,
) -> Library:
    """The library with some of its parts replaced; nothing is written."""
    other = Library(library.workspace, catalogue=catalogue or library.catalogue)
    for name, part in (("tokens", tokens), ("log", log)):
        # Where these stand they are not read from the workspace.
        if (shown := vars(library).get(name) if part is None else part) is not None:
            vars(other)[name] = shown
    return other


def playlists_as_log(library: Library) -> Library:
    """Every playlist as a session, also where there are plays.

    Raises:
        SegueError: there are no playlists.
    """
    if not library.catalogue.playlists.height:
        raise SegueError("no playlists to learn from", library.where, "import some, or leave this row out")
    return seen_with(library, log=Log.of_playlists(library.catalogue))


def ordered(tokens: Tokens, order: Sequence[int]) -> Tokens:
    """The tokens with their modalities, or only some of them, in another order."""
    names = tuple(tokens.modalities[i] for i in order)
    codes = np.ascontiguousarray(tokens.codes[:, list(order)])
    return Tokens(names, {name: tokens.centroids[name] for name in names}, codes)


def clustered(library: Library, clusters: int, seed: int, levels: int = 1) -> Tokens:
    """Tokens of the workspace's features with K clusters a modality, fitted anew.

    Args:
        levels: with 2, what the first code leaves of a vector is clustered again: a second code of the
            modality right behind the first, and so on (residual k-means).
    """
    names: list[str] = []
    centroids: dict[str, Floats] = {}
    columns = []
    for modality in library.tokens.modalities:
        vectors, present = open_feature(library.workspace, modality)
        rest = np.concatenate(list(vectors.chunks(1 << 16)))
        for level in range(levels):
            name = modality if level == 0 else f"{modality}.{level + 1}"
            whole = Vectors(rest, unit=level > 0)  # what is left over keeps its length
            centroids[name] = fit_centroids(whole, clusters, seed)
            column = np.full(len(present), -1, np.int16)
            found = assign(whole, centroids[name])
            column[present] = found
            rest = rest - centroids[name][found]
            names.append(name)
            columns.append(column)
    return Tokens(tuple(names), centroids, np.column_stack(columns))


def rejected_as(library: Library, how: str) -> Library:
    """Training dialogues whose rejected tracks are left out ("nothing") or taken as "accepted"."""

    def heard(turns: Sequence[Turn]) -> tuple[Turn, ...]:
        if how == "nothing":
            return tuple(t for t in turns if t.role != "music" or t.liked is not False)
        return tuple(replace(t, liked=True) if t.liked is False else t for t in turns)

    return _with_training(library, [replace(d, turns=heard(d.turns)) for d in _training(library)])


def fewer(library: Library, most: int) -> Library:
    """The library with at most so many training dialogues, those of people first: what a budget can read."""
    found = _training(library)
    if len(found) <= most:
        return library
    own = [d for d in found if not d.simulated]
    made = [d for d in found if d.simulated]
    order = np.random.default_rng(0).permutation(len(made))[: max(0, most - len(own))]
    return _with_training(library, [*own[:most], *(made[i] for i in sorted(order))])


def _training(library: Library) -> list[Dialogue]:
    return library.catalogue.dialogues_of("train")


def _with_training(library: Library, dialogues: Sequence[Dialogue]) -> Library:
    """The library with other training dialogues; the other parts stay as they are seen."""
    whole = library.catalogue
    others = [d for d in whole.dialogues if d.split != "train"]
    catalogue = Catalogue(whole.tracks, whole.plays, whole.playlists, [*dialogues, *others], whole.events)
    return seen_with(library, catalogue=catalogue)
