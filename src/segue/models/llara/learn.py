"""Training LLaRA: from prompts of titles alone to hybrid prompts. Source: LLaRA 3.2, 3.3."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.log import Log
from segue.data.store import Feature
from segue.kit.device import best_device
from segue.models import listening_lm
from segue.models.listening_lm import LM, BatchAt, LmSettings, check_room, collate, fine_tune
from segue.models.llara.network import HybridLM, Projector, Writer
from segue.models.recommender import fitted
from segue.models.sequential.model import KINDS
from segue.models.sequential.windows import Batches

IdSource = Literal["sasrec", "bert4rec", "gru4rec", "playlist"]


class Settings(LmSettings):
    """How LLaRA is trained."""

    ids: IdSource = "sasrec"
    """Whose ID embeddings: a trained sequential recommender's, or the feature of playlist company."""
    artist: bool = False
    """Whether a track is written as "title by artist"; the paper's titles stand alone."""
    curriculum: float = Field(1.0, ge=0, le=1)
    """Part of the budget over which the share of hybrid prompts rises from 0 to 1. Source: LLaRA 3.3."""


def id_embeddings(library: Library, source: IdSource) -> Feature:
    """ID embeddings of every track with standard deviation 1, zeros where a track has none.

    Raises:
        SegueError: what they come from is not trained or made yet.
    """
    if source == "playlist":
        feature = library.feature("playlist")
    else:
        feature = fitted(KINDS[source], library).embeddings()
    present = feature.present
    matrix = np.zeros_like(feature.matrix)
    some = feature.matrix[feature.present]
    if len(some):
        centred = some - some.mean(axis=0)
        matrix[present] = centred / max(float(centred.std()), 1e-9)
    return Feature(matrix, present)


def titles_of(catalogue: Catalogue, artist: bool) -> list[str]:
    """How each track is written."""
    table = catalogue.tracks.select("title", "artist")
    return [f"{title} by {who}" if artist else str(title) for title, who in table.iter_rows()]


def hybrid_share(done: float, curriculum: float) -> float:
    """The share of hybrid prompts when a part `done` of the budget is spent, 0 to 1."""
    return min(1.0, done / curriculum) if curriculum > 0 else 1.0


def batches_of(writer: Writer, windows: Batches, settings: Settings) -> BatchAt:
    """Windows of plays, each a prompt of titles alone or a hybrid one, as the curriculum says."""

    def batch(step: int, done: float) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng([settings.seed, 2, step])
        rows, sizes = windows(step)
        hybrid = rng.random(len(rows)) < hybrid_share(done, settings.curriculum)
        lines = zip(rows, sizes, hybrid, strict=True)
        return collate([writer.listening(row[:n], hybrid=bool(h)) for row, n, h in lines])

    return batch


def start(catalogue: Catalogue, ids: Feature, settings: Settings) -> tuple[HybridLM, Any, Writer]:
    """The network, with its projector and on the device where it will train, its tokenizer and its writer."""
    model, tokenizer, vocabulary = listening_lm.backbone(settings)
    writer = Writer(tokenizer, vocabulary, titles_of(catalogue, settings.artist), ids.present)
    words = model.get_input_embeddings().weight
    projector = Projector(ids.matrix.shape[1], words.shape[1], float(words.detach().std()))
    common = listening_lm.common_of(writer.titles, vocabulary.first, settings)
    network = HybridLM(
        listening_lm.trainable(model, settings),
        vocabulary,
        projector,
        torch.from_numpy(ids.matrix),
        train_words=settings.train_words,
        common=common,
    )
    return network.to(best_device()), tokenizer, writer


def longest_prompt(writer: Writer, log: Log, length: int) -> int:
    """Tokens of the longest prompt and answer that any window of the log needs."""
    sizes = np.array([len(t) + 2 for t in writer.titles])[log.rows]
    ends = np.arange(1, len(log) + 1)
    begins = np.maximum(ends - length - 1, log.starts[log.owner])
    sums = np.concatenate([[0], np.cumsum(sizes)])
    return len(writer.played) + int((sums[ends] - sums[begins]).max(initial=0))


def learn(library: Library, settings: Settings, work: Path) -> tuple[LM, Projector, Feature]:
    """Train LLaRA on the training plays: language model, projector, ID embeddings.

    Interrupted, the same call goes on at its last checkpoint in `work`.

    Raises:
        SegueError: no listening log, no ID embeddings, or prompts that the backbone cannot read whole.
    """
    catalogue, log = library.catalogue, library.log
    ids = id_embeddings(library, settings.ids)
    network, tokenizer, writer = start(catalogue, ids, settings)
    check_room(longest_prompt(writer, log, settings.length), network.model, settings.size)
    model, facts = fine_tune(
        network,
        writer,
        settings,
        log,
        lambda windows: batches_of(writer, windows, settings),
        work=work,
        data=[writer.titles, ids.digest()],
        title="training llara",
    )
    card = facts | {
        "recommender": "llara",
        "settings": settings.model_dump(),
        "first": writer.vocabulary.first,
        "with_id": int(ids.present.sum()),
    }
    return LM(model, tokenizer, card), network.projector, ids
