"""Training TalkPlay: dialogues to batches, batches to a model directory that stock `transformers` opens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from pydantic import PositiveInt

from segue.data.catalogue import Catalogue
from segue.data.codes import Tokens
from segue.data.library import Library
from segue.kit.device import best_device
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, hash_of
from segue.learning.batches import Epochs, cut_where_full
from segue.learning.budget import FineTuned
from segue.learning.run import Run
from segue.llm.adapters import add_adapters
from segue.llm.load import load_size
from segue.llm.network import Losses, MusicLM, common_words
from segue.llm.vocabulary import extend
from segue.models.talkplay.priors import PULL, Priors
from segue.models.talkplay.sequence import SHORT_TEMPLATE, Encoded, Encoder
from segue.tokens.vocabulary import Vocabulary


class Settings(FineTuned):
    """How TalkPlay is trained. Source: TalkPlay 2.3, 4 (lr 1e-4, context 1,024, 48 sequences a step)."""

    tokens_a_step: PositiveInt = 1024
    context: PositiveInt = 1024
    words_weight: float = 0.3
    """Weight of a word of a sentence against a music token in the loss."""
    drop: float = 0.1
    """How often a code is hidden in training (written as "none"), so that tracks without it work."""
    loss: Literal["answers", "all"] = "answers"
    """What is learnt: music and sentences alone, or all tokens of the dialogue."""
    init: Literal["words", "normal"] = "words"
    """New rows: N(mu, Sigma) alone (as published), or moved to the words of the tracks they stand for."""
    priors: bool = False
    """Add what retrieval finds, gated by the model's state, to the logits of music tokens."""


class Start(NamedTuple):
    """An extended, untrained model."""

    model: Any
    tokenizer: Any
    vocabulary: Vocabulary


def codebooks_hash(workspace: Workspace) -> str:
    """A hash of the workspace's codebooks."""
    return hash_of(workspace.tokens / "codebooks.safetensors")


def fresh_model(
    size: str,
    tokens: Tokens,
    catalogue: Catalogue,
    seed: int,
    init: Literal["words", "normal"] = "words",
    *,
    shared: bool = False,
) -> Start:
    """A model of a size with the catalogue's music tokens in its vocabulary, not trained yet.

    `shared`: it is only to be read, see `llm.load.shared_lm`.
    """
    model, tokenizer = load_size(size, seed, shared=shared)
    if size == "tiny":
        tokenizer.chat_template = SHORT_TEMPLATE
    sizes = tuple(len(tokens.centroids[m]) for m in tokens.modalities)
    vocabulary = extend(model, tokenizer, tokens.modalities, sizes, seed=seed)
    if init == "words":
        move_to_words(model, tokenizer, vocabulary, tokens, catalogue)
    return Start(model, tokenizer, vocabulary)


def move_to_words(
    model: Any, tokenizer: Any, vocabulary: Vocabulary, tokens: Tokens, catalogue: Catalogue
) -> None:
    """Move each music token's rows towards the mean embedding of the words of the tracks it stands for.

    A metadata code of one artist then starts near the artist's name: the model has less to learn. Not in
    the paper.
    """
    ids = tokenizer(catalogue.texts, add_special_tokens=False)["input_ids"]
    owner = torch.from_numpy(np.repeat(np.arange(len(ids)), [len(i) for i in ids]))
    flat = torch.from_numpy(np.concatenate([np.asarray(i, dtype=np.int64) for i in ids]))
    codes = torch.from_numpy(vocabulary.ids(tokens.codes))
    # Tied matrices are one and the same, and are moved once.
    matrices = {id(m.weight): m.weight for m in (model.get_input_embeddings(), model.get_output_embeddings())}
    for weight in matrices.values():
        with torch.no_grad():
            words = weight[: vocabulary.first].float().cpu()
            centred = words - words.mean(dim=0)
            texts = torch.zeros(len(ids), words.shape[1]).index_add_(0, owner, centred[flat])
            texts /= torch.bincount(owner, minlength=len(ids)).clamp(min=1)[:, None]
            for level in range(codes.shape[1]):
                used, place = torch.unique(codes[:, level], return_inverse=True)
                rows = torch.zeros(len(used), words.shape[1]).index_add_(0, place, texts)
                rows /= torch.bincount(place)[:, None]
                rows -= rows.mean(dim=0)
                # Means of many words lie close together: spread again as wide as words are.
                rows *= centred.std() / rows.std().clamp(min=1e-9)
                # Codes whose tracks have the same words must still differ.
                noise = 0.3 * (weight[used].float().cpu() - words.mean(dim=0))
                weight[used] = (words.mean(dim=0) + noise + rows).to(weight)


class Batches:
    """Batches of dialogues of like length; batch number n is the same in every run with the seed."""

    def __init__(
        self, encoded: list[Encoded], vocabulary: Vocabulary, tokens_a_step: int, drop: float, seed: int
    ) -> None:
        self.kept = [n for n, e in enumerate(encoded) if e.learn.any()]
        self.encoded = [encoded[n] for n in self.kept]
        if not self.encoded:
            raise SegueError("no dialogue holds anything to learn", cure="run `segue dialogues` first")
        self.vocabulary, self.tokens_a_step, self.drop, self.seed = vocabulary, tokens_a_step, drop, seed
        self.lengths = np.array([len(e.ids) for e in self.encoded])
        self.epochs = Epochs(self._plan)

    def _plan(self, epoch: int) -> list[np.ndarray[Any, Any]]:
        """The batches of an epoch: dialogues in random order, neighbours in length within a batch."""
        rng = np.random.default_rng([self.seed, epoch])
        # Up to eight tokens of padding a dialogue buy other neighbours in every epoch.
        jitter = rng.integers(0, 9, len(self.lengths))
        order = np.lexsort((rng.random(len(self.lengths)), self.lengths + jitter))
        batches = cut_where_full(order, np.cumsum(self.lengths[order]), self.tokens_a_step)
        rng.shuffle(batches)
        return batches

    def __call__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and targets (batch, length) of a step, right-padded with 0."""
        members = self.epochs.at(step)
        longest = int(self.lengths[members].max())
        ids = np.zeros((len(members), longest), dtype=np.int64)
        learn = np.zeros((len(members), longest), dtype=bool)
        for row, member in enumerate(members):
            example = self.encoded[member]
            ids[row, : len(example.ids)] = example.ids
            learn[row, : len(example.ids)] = example.learn
        self._hide(ids, np.random.default_rng([self.seed, 1, step]))
        # What is missing or hidden is read, not learnt: decoding never asks how likely "none" is.
        for level in range(len(self.vocabulary.sizes)):
            learn &= ids != self.vocabulary.none_id(level)
        return torch.from_numpy(ids), torch.from_numpy(learn)

    def _hide(self, ids: np.ndarray[Any, Any], rng: np.random.Generator) -> None:
        """Write "none" for some codes, in place."""
        for level, size in enumerate(self.vocabulary.sizes):
            start = int(self.vocabulary.offsets[level])
            is_code = (ids >= start) & (ids < start + size)
            ids[is_code & (rng.random(ids.shape) < self.drop)] = self.vocabulary.none_id(level)


def learn(
    library: Library, settings: Settings, work: Path
) -> tuple[Any, Start, dict[str, Any], Priors | None]:
    """Train TalkPlay on the training dialogues: the model, what it began as, its card, and its priors.

    Interrupted (Ctrl-C, power), the same call goes on at its last checkpoint in `work`. Source: TalkPlay 2.3.

    Raises:
        SegueError: no training dialogues, or no tokens.
        KeyboardInterrupt: after saving the state.
    """
    catalogue, tokens, workspace = library.catalogue, library.tokens, library.workspace
    dialogues = catalogue.dialogues_of("train")
    if not dialogues:
        raise SegueError("no training dialogues", library.where, "run `segue dialogues` first")
    torch.manual_seed(settings.seed)
    start = fresh_model(settings.size, tokens, catalogue, settings.seed, settings.init)
    encoder = Encoder(start.tokenizer, start.vocabulary, tokens.codes, catalogue.rows, settings.context)
    # Tokenised all at once, which is several times faster than one by one.
    encoder.warm(t.content for d in dialogues for t in d.turns if t.role != "music")
    encoded = [encoder.encode(d.turns, everything=settings.loss == "all") for d in dialogues]
    batches = Batches(encoded, start.vocabulary, settings.tokens_a_step, settings.drop, settings.seed)
    network, device = _network(start, encoded, settings), best_device()
    priors = None
    if settings.priors:
        priors = Priors.begin(library, start.model.config.hidden_size, settings.rate, start.vocabulary)
        # As a part of it: what learns is trained, kept and resumed with the rest.
        network.add_module("priors", priors.gates.to(device))

    def step_loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        ids, learn = (t.to(device) for t in batches(step))
        more = None
        if priors is not None:
            played = [dialogues[batches.kept[n]] for n in batches.epochs.at(step)]
            more = priors.more(played, encoder, ids, learn)
        loss, figures = _weighed(network.loss(ids, learn, more=more), settings.words_weight)
        if priors is not None:
            loss = loss + PULL * priors.gates.away()
        return loss, figures | {"tokens": ids.numel()}

    data = [codebooks_hash(workspace), workspace.catalogue / "dialogues.jsonl"]
    per_epoch = batches.epochs.per_epoch
    facts = Run(network, settings, work, data, per_epoch=per_epoch, title="training talkplay").go(step_loss)
    model = network.write_back()
    if settings.adapters:
        model = model.merge_and_unload()
    if priors is not None:
        priors.gates.cpu().requires_grad_(False)
    return model, start, facts | card_of(workspace, start, settings), priors


def _network(start: Start, encoded: Sequence[Encoded], settings: Settings) -> MusicLM:
    """What learns, on the device where it will train."""
    # With adapters the LLM's words stay as they are.
    targets = np.concatenate([e.ids[e.learn] for e in encoded])
    common = None if settings.adapters else common_words(targets, start.vocabulary.first)
    model = add_adapters(start.model) if settings.adapters else start.model
    model, words = model.to(best_device()), settings.train_words
    return MusicLM(model, start.vocabulary, train_words=words, common=common).to(best_device())


def _weighed(found: Losses, weight: float) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of a batch in which a word counts `weight` of a music token, and both means."""
    loss = (found.music + weight * found.words) / max(found.n_music + weight * found.n_words, 1)
    music = float(found.music.detach()) / max(found.n_music, 1)
    words = float(found.words.detach()) / max(found.n_words, 1)
    return loss, {"music_loss": music, "words_loss": words}


def card_of(workspace: Workspace, start: Start, settings: Settings) -> dict[str, Any]:
    """What a trained model's card says."""
    return {
        "recommender": "talkplay",
        "codebooks": codebooks_hash(workspace),
        "modalities": list(start.vocabulary.modalities),
        "sizes": list(start.vocabulary.sizes),
        "first": start.vocabulary.first,
        "settings": settings.model_dump(),
    }
