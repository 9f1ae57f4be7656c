"""Training LC-Rec: ids from the features, then the language model on plays, titles and ids."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from pydantic import Field, PositiveInt

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.kit.arrays import Bools, Floats
from segue.kit.device import best_device
from segue.kit.errors import SegueError
from segue.llm.network import MusicLM
from segue.models import listening_lm
from segue.models.lcrec.rqvae import RQVAE, Codes, Ids, default_codes, distinct_ids, fit_rqvae, ids_beside
from segue.models.lcrec.sequence import Writer
from segue.models.listening_lm import LM, BatchAt, LmSettings, check_room, collate, fine_tune
from segue.models.sequential.windows import Batches

FEATURES = ("metadata", "semantic", "lyrics", "audio", "playlist")
"""What the ids are learnt from: of these, all that the workspace has."""


class Settings(LmSettings):
    """How LC-Rec is trained."""

    levels: int = Field(4, ge=2, le=8)
    """Codes an id has. Source: LC-Rec 4.1.4."""
    codes: int | None = Field(None, ge=2, le=8192)
    """Codes a level; the power of two nearest to the square root of the number of tracks, at most 256."""
    id_steps: PositiveInt = 1000
    """Steps of the RQ-VAE."""
    align: float = Field(0.3, ge=0, lt=1)
    """Share of the steps that tie titles to ids, half of them each way."""


class Vectors(NamedTuple):
    """What ids are learnt from: vectors (n_tracks, dim), who has one, each part's space."""

    matrix: Floats
    present: Bools
    spaces: dict[str, str]


def vectors_of(library: Library) -> Vectors:
    """The features side by side, each at unit length on average; what a track lacks is the mean.

    Raises:
        SegueError: the library has none of them.
    """
    parts, spaces = [], {}
    present = np.zeros(len(library), bool)
    for name in FEATURES:
        if not library.has(name):
            continue
        feature, has = library.feature(name), library.feature(name).present
        part = np.where(has[:, None], feature.matrix, np.float32(0))
        length = float(np.sqrt((part**2).sum(1)[has].mean())) if has.any() else 1.0
        parts.append(part / max(length, 1e-9))
        # The mean of the tracks that have one stands for a vector that is missing.
        parts[-1][~has] = parts[-1][has].mean(0) if has.any() else 0
        present |= has
        spaces[name] = str(library.card(name).get("space", ""))
    if not present.any():
        raise SegueError("no features to learn ids from", library.where, "run `segue features` first")
    return Vectors(np.concatenate(parts, axis=1), present, spaces)


def learn_ids(vectors: Vectors, settings: Settings, work: Path | None = None) -> tuple[RQVAE, Ids]:
    """An RQ-VAE, and ids of all tracks; -1 on every level for those without a vector."""
    some = vectors.matrix[vectors.present]
    n_codes = settings.codes or default_codes(len(some))
    model = fit_rqvae(some, settings.levels, n_codes, settings.id_steps, settings.seed, work)
    found = distinct_ids(model, some)
    codes = np.full((len(vectors.present), settings.levels), -1, np.int16)
    codes[vectors.present] = found.codes
    return model, found._replace(codes=codes)


def room_of(writer: Writer, settings: Settings) -> int:
    """Tokens of a full window: the tracks looked back on and the one that comes."""
    return len(writer.played) + (settings.length + 1) * (settings.levels + 1)


def batches_of(writer: Writer, windows: Batches, settings: Settings) -> BatchAt:
    """The tasks in turn: a share of the steps ties titles and ids, the others predict what was played."""
    rows = np.flatnonzero(writer.coded)

    def batch(step: int, done: float) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng([settings.seed, 2, step])
        if rng.random() < settings.align:
            chosen = rng.choice(rows, max(1, settings.plays_a_step // 2))
            to_title = bool(rng.integers(2))
            return collate(writer.alignments(chosen, room_of(writer, settings), to_title=to_title))
        played, sizes = windows(step)
        return collate([writer.listening(p[:n]) for p, n in zip(played, sizes, strict=True)])

    return batch


def start(catalogue: Catalogue, ids: Ids, settings: Settings) -> tuple[MusicLM, Any, Writer]:
    """The network, with index tokens and on the device where it will train, its tokenizer and its writer."""
    model, tokenizer, vocabulary = listening_lm.backbone(settings, names_of(settings.levels), ids.sizes)
    names = catalogue.tracks.select("title", "artist").iter_rows()
    texts = [f"{title} by {artist}" for title, artist in names]
    writer = Writer(tokenizer, vocabulary, ids.codes, texts)
    longest = max(len(t) for t in writer.texts) + settings.levels + 2 + len(writer.to_title)
    check_room(max(room_of(writer, settings), longest), model, settings.size)
    common = listening_lm.common_of(writer.texts, vocabulary.first, settings)
    model = listening_lm.trainable(model, settings)
    network = MusicLM(model, vocabulary, train_words=settings.train_words, common=common)
    return network.to(best_device()), tokenizer, writer


def learn(library: Library, settings: Settings, work: Path) -> tuple[LM, RQVAE, Codes]:
    """Learn ids and train on the training plays: language model, RQ-VAE, codes.

    Interrupted, the same call goes on at its last checkpoint, of the ids or of the language model.

    Raises:
        SegueError: no listening log, no features, or prompts that the backbone cannot read whole.
    """
    vectors = vectors_of(library)
    rqvae, ids = learn_ids(vectors, settings, work / "ids")
    shutil.copy(work / "ids" / "loss.png", work / "ids-loss.png")
    network, tokenizer, writer = start(library.catalogue, ids, settings)
    model, facts = fine_tune(
        network,
        writer,
        settings,
        library.log,
        lambda windows: batches_of(writer, windows, settings),
        work=work,
        data=[ids.codes.tolist()],
        title="training lcrec",
    )
    card = facts | {
        "recommender": "lcrec",
        "settings": settings.model_dump(),
        "sizes": list(ids.sizes),
        "first": writer.vocabulary.first,
        "collided_before": round(ids.collided, 6),
        "without_id": int((~vectors.present).sum()),
        "spaces": vectors.spaces,
    }
    return LM(model, tokenizer, card), rqvae, ids.codes


def names_of(levels: int) -> tuple[str, ...]:
    """The levels as they are written in tokens: a, b, c, d. Source: LC-Rec 3.1."""
    return tuple("abcdefgh"[:levels])


def with_new_tracks(codes: Codes, rqvae: RQVAE, spaces: dict[str, str], library: Library) -> Codes:
    """The codes, with those of later tracks where the features are in the same spaces as in training."""
    codes = np.pad(codes, ((0, len(library) - len(codes)), (0, 0)), constant_values=-1)
    todo = codes[:, 0] < 0
    if not todo.any():
        return codes
    vectors = vectors_of(library)
    if vectors.spaces == spaces:
        todo &= vectors.present
        codes[todo] = ids_beside(rqvae.eval(), vectors.matrix[todo], codes[codes[:, 0] >= 0])
    return codes
