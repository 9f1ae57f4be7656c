"""The playlist modality: item2vec, a track's vector from the company it keeps.

Trained on the training playlists and on the tracks accepted in training dialogues, and on nothing else.
Sources: TalkPlay 2.1 (128 dimensions); Barkan & Koenigstein 2016 (item2vec).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from gensim.models import Word2Vec
from gensim.models.callbacks import CallbackAny2Vec
from rich.progress import Progress

from segue.data import stages, store
from segue.data.catalogue import Catalogue
from segue.kit.progress import bar
from segue.kit.workspace import Workspace, hash_of


@dataclass(frozen=True)
class Settings:
    """How the vectors are trained.

    Args:
        window: tracks on either side that count as company (order in a playlist says little).
        negative: noise tracks for each pair.
        seed: of the training; the same seed gives the same vectors while `workers` is 1.
        workers: threads. More than one is faster and no longer repeatable.
    """

    dim: int = 128
    window: int = 15
    negative: int = 10
    epochs: int | None = None
    seed: int = 0
    workers: int = 1


def default_epochs(n_positions: int) -> int:
    """Passes over sequences of `n_positions` tracks in all: half a million steps, from 3 to 100 passes.

    A few hundred dialogues need many passes to move at all; a hundred thousand plays overfit with them
    (measured on held-out playlists).
    """
    return min(100, max(3, round(500_000 / n_positions)))


def subsampling(n_tracks: int) -> float:
    """gensim's `sample` for a vocabulary: tracks played far more than the average are thinned out.

    A fixed share (word2vec's 0.001) does nothing for thousands of tracks and starves a few dozen; three
    tenths of the average share does better on held-out playlists.
    """
    return max(1e-5, 0.3 / n_tracks)


def sequences(catalogue: Catalogue) -> list[list[str]]:
    """What is trained on: sequences of at least two different tracks of the catalogue.

    Training playlists in order of position, then the accepted (not disliked) tracks of real training
    dialogues, unless a playlist says the same (some sources give a dialogue's tracks as a playlist too).
    """
    talks = [
        list(dict.fromkeys(t.content for t in d.turns if t.role == "music" and t.liked is not False))
        for d in catalogue.dialogues_of("train")
        if not d.simulated
    ]
    playlists = catalogue.playlists_of("train")
    # Or what such a source says would count twice.
    told = set(map(tuple, playlists))
    lists = [*playlists, *[talk for talk in talks if tuple(talk) not in told]]
    known = [[track_id for track_id in ids if track_id in catalogue.rows] for ids in lists]
    return [ids for ids in known if len(set(ids)) > 1]


def compute(workspace: Workspace, *, refit: bool = False, settings: Settings | None = None) -> str:
    """Make the playlist feature; returns one line that says what was done.

    An existing feature is kept, since codebooks and models were fitted to its vectors: tracks that came
    later have no vector until `refit`. Other settings than those it was made with train it anew.

    Args:
        refit: train again on the training data as it is now.
        settings: if None, those of the existing feature, or the defaults with `refit` or where none exists.
    """
    catalogue = Catalogue.load(workspace)
    lists = sequences(catalogue)
    data_hash = hash_of(lists)
    if not refit and (workspace.feature("playlist") / "card.json").exists():
        feature, card, _ = store.load_any(workspace, "playlist")
        if settings is None or asdict(settings) == card.get("settings"):
            return _keep(workspace, feature, card, len(catalogue), changed=card.get("data_hash") != data_hash)
    if not lists:
        return store.logged("playlist: skipped, no training playlist or dialogue has two tracks")
    settings = settings or Settings()
    feature = train(lists, catalogue.rows, settings)
    space = f"item2vec@{hash_of(data_hash, asdict(settings))}"
    _save(workspace, feature, space, {"settings": asdict(settings), "data_hash": data_hash})
    return store.logged(
        f"playlist: {int(feature.present.sum()):,} of {len(catalogue):,} tracks, "
        f"trained on {len(lists):,} sequences"
    )


def train(lists: list[list[str]], rows: dict[str, int], settings: Settings) -> store.Feature:
    """The feature of `len(rows)` tracks from sequences of ids; a track in none of them has no vector."""
    longest = max(len(ids) for ids in lists)
    epochs = settings.epochs or default_epochs(sum(map(len, lists)))
    with bar() as progress:
        model = Word2Vec(
            lists,
            vector_size=settings.dim,
            # A wider one than the longest list changes nothing and costs time.
            window=min(settings.window, longest - 1),
            # word2vec draws a smaller window each time, as near words say more; company in a playlist has
            # no distance.
            shrink_windows=False,
            sample=subsampling(len(set().union(*lists))),
            sg=1,
            negative=settings.negative,
            min_count=1,
            epochs=epochs,
            seed=settings.seed,
            workers=settings.workers,
            callbacks=[_Epochs(progress, epochs)],
        )
    matrix = np.zeros((len(rows), settings.dim), dtype=np.float32)
    present = np.zeros(len(rows), dtype=bool)
    found = [rows[track_id] for track_id in model.wv.index_to_key]
    matrix[found], present[found] = model.wv.vectors, True
    return store.Feature(matrix, present)


def _keep(
    workspace: Workspace, feature: store.Feature, card: dict[str, Any], n_tracks: int, *, changed: bool
) -> str:
    """Keep the existing vectors, with rows without a vector for tracks that came later."""
    hint = "; the training data has changed, `--refit` trains again" if changed else ""
    new = n_tracks - len(feature.present)
    if new <= 0:
        if not changed:
            stages.holds(workspace, "features/playlist")
        return store.logged(f"playlist: {'kept' if changed else 'unchanged, skipped'}{hint}")
    matrix = np.pad(feature.matrix, ((0, new), (0, 0)))
    grown = store.Feature(matrix, np.pad(feature.present, (0, new)))
    _save(workspace, grown, card["space"], {name: card.get(name) for name in ("settings", "data_hash")})
    return store.logged(f"playlist: kept, {new:,} new tracks have no vector yet{hint}")


def _save(workspace: Workspace, feature: store.Feature, space: str, facts: dict[str, Any]) -> None:
    """Write the feature; its inputs are the trained space and the number of tracks."""
    # Not the data: vectors that were kept are the same though playlists came since.
    input_hash = hash_of(space, len(feature.present))
    store.save(
        workspace, "playlist", feature, encoder="item2vec", space=space, input_hash=input_hash, facts=facts
    )


class _Epochs(CallbackAny2Vec):  # type: ignore[misc]
    """Moves a progress bar on after each epoch."""

    def __init__(self, progress: Progress, epochs: int) -> None:
        self.progress, self.task = progress, progress.add_task("playlist", total=epochs)

    def on_epoch_end(self, model: Word2Vec) -> None:
        """Called by gensim."""
        self.progress.advance(self.task)
