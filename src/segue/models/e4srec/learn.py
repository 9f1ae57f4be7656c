"""Training E4SRec: building it from a workspace, the loss of a step, the best parameters by validation."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from segue.data.library import Library
from segue.data.log import Log
from segue.kit.arrays import Floats
from segue.kit.device import best_device
from segue.kit.errors import SegueError
from segue.kit.workspace import hash_of
from segue.learning.run import Run
from segue.learning.validation import Validation, ndcg10_each, rank_of, spread
from segue.llm.load import load_size
from segue.models.e4srec.anchor import Anchor
from segue.models.e4srec.examples import Examples, held_out
from segue.models.e4srec.gated_anchor import GatedAnchor
from segue.models.e4srec.inputs import Inputs, mgphot_of, present_any, read_inputs
from segue.models.e4srec.network import GATE, Network, tune
from segue.models.e4srec.objective import Objective
from segue.models.e4srec.prompt import Prompter, Segment
from segue.models.e4srec.settings import Settings
from segue.models.gated_history.model import GatedHistory
from segue.models.heard import Heard
from segue.models.recommender import fitted
from segue.models.sequential.model import KINDS

logger = logging.getLogger(__name__)

SCORED_LINES = 8
"""Lines of prompts that are read at once when scoring."""


class Built(NamedTuple):
    """A network with what writes its prompts; `lm` is the whole backbone, `fingerprint` of its weights."""

    network: Network
    prompter: Prompter
    lm: Any
    tokenizer: Any
    fingerprint: str


def fingerprint(lm: Any) -> str:
    """A hash of a model's shapes and of some numbers of each of its tensors."""
    parts = []
    for name, tensor in lm.state_dict().items():
        flat = tensor.detach().reshape(-1)
        some = flat[:: max(1, len(flat) // 64)][:64].float().cpu().tolist()
        parts.append((name, list(tensor.shape), some))
    return hash_of(parts)


def build(
    library: Library,
    inputs: Inputs,
    settings: Settings,
    *,
    head_rows: NDArray[np.int64] | None = None,
    backbone: str | None = None,
    anchor: Anchor | GatedAnchor | None = None,
) -> Built:
    """An untrained network on the machine's device; `backbone`: a path instead of the size."""
    dtype = torch.bfloat16 if settings.weights == "bfloat16" else torch.float32
    # A backbone that does not learn is shared with all others who read it.
    lm, tokenizer = load_size(
        backbone or settings.size,
        settings.seed,
        dtype=dtype,
        quantise=settings.quantise,
        shared=settings.tuned != "full",
    )
    if settings.layers and settings.layers < lm.config.num_hidden_layers:
        body = lm.get_decoder()
        body.layers = body.layers[: settings.layers]
        lm.config.num_hidden_layers = body.config.num_hidden_layers = settings.layers
    mark = fingerprint(lm)
    # After loading: a backbone of another architecture draws another number of random numbers.
    torch.manual_seed(settings.seed)
    rows = np.arange(len(library)) if head_rows is None else head_rows
    network = Network(lm, inputs, settings, rows, anchor)
    tune(network, settings.tuned, settings)
    mgphot = mgphot_of(library) if settings.attributes else None
    limit = int(getattr(lm.config, "max_position_embeddings", 1 << 30))
    prompter = Prompter(tokenizer, settings, library.catalogue, limit, mgphot)
    return Built(network.place(best_device()).train(False), prompter, lm, tokenizer, mark)


@torch.no_grad()
def score_plays(
    network: Network, prompter: Prompter, plays: Sequence[Heard], base: Floats | None = None
) -> Floats:
    """Scores float32 (n, n_tracks) of every track after each history, cut to the last `length` plays.

    Args:
        base: what the anchor says of them, where that is known already.
    """
    s, gate = network.settings, network.opened
    if network.anchor is None or gate is None:
        scores = llm_scores(network, prompter, plays)
    else:
        scores = network.anchor.scores(plays) if base is None else base.copy()
        if float(gate):  # a closed gate costs nothing
            scores += float(gate) * llm_scores(network, prompter, plays)
    if s.repeats == "filter" and len(plays):
        low = scores.min() - 1
        for line, heard in zip(scores, plays, strict=True):
            line[heard.rows] = low
    return scores


@torch.no_grad()
def llm_scores(network: Network, prompter: Prompter, plays: Sequence[Heard]) -> Floats:
    """The LLM's own scores float32 (n, n_tracks) after the last `length` plays of each history."""
    length = network.settings.length
    cut = [Heard(p.rows[-length:], p.completion[-length:]) for p in plays]
    lines = prompter.lines([Segment(p, np.array([len(p.rows)])) for p in cut])
    scores = np.empty((len(plays), len(network.tracks)), np.float32)
    filled = 0
    for first in range(0, len(lines), SCORED_LINES):
        batch = prompter.batch(lines[first : first + SCORED_LINES]).to(network.device)
        found = network.scores(network.states(batch)).float().cpu().numpy()
        scores[filled : filled + len(found)] = found
        filled += len(found)
    return scores


def validation_of(
    network: Network, log: Log, prompter: Prompter, settings: Settings, folder: Path
) -> Validation | None:
    """Ranks of some validation plays; None where there are none."""
    # What is filtered is all that was heard, not only the last plays.
    length = settings.length if network.anchor is None else max(settings.length, network.anchor.reads)
    length = length if settings.repeats == "allow" else len(log)
    plays, targets = held_out(log, "validation", length, settings.validation)
    starts = range(0, len(plays), 64)
    # The anchor does not learn: what it says is asked once.
    base = [None if network.anchor is None else network.anchor.scores(plays[i : i + 64]) for i in starts]

    def ranks() -> NDArray[np.int64]:
        found = []
        for first, known in zip(starts, base, strict=True):
            scores = score_plays(network, prompter, plays[first : first + 64], known)
            right = scores[np.arange(len(scores)), targets[first : first + 64]]
            found.append(rank_of(scores, right))
        return np.concatenate(found)

    return Validation(network, ranks, spread(settings.checks), settings.patience, folder) if plays else None


GATES = (0.0, 0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
"""How much of the learnt gate is tried on validation; with none the model is its encoder."""


def set_gate(network: Network, log: Log, prompter: Prompter, settings: Settings) -> dict[str, Any]:
    """Take the gate that ranks the validation plays best; none where that gains less than its standard error.

    So no model is below its encoder there.
    """
    assert network.anchor is not None
    assert network.gate is not None
    length = max(settings.length, network.anchor.reads)
    plays, targets = held_out(log, "validation", length, settings.validation)
    anchor, gate = network.anchor.scores(plays), float(network.gate.detach())
    added = llm_scores(network, prompter, plays) if gate else np.zeros_like(anchor)
    found = {}
    for share in GATES:
        scores = anchor + share * gate * GATE * added
        found[share] = ndcg10_each(rank_of(scores, scores[np.arange(len(scores)), targets]))
    best = max(GATES, key=lambda share: found[share].mean())
    gain = found[best] - found[0.0]
    if gain.mean() <= gain.std() / np.sqrt(len(gain)):
        best = 0.0
    with torch.no_grad():
        network.gate.mul_(best)
    figures = {"encoder_ndcg10": found[0.0].mean(), "validation_ndcg10": found[best].mean()}
    logger.info("gate %.3f x %g, validation %s", gate * GATE, best, figures)
    return {"gate": best * gate * GATE, "gate_learnt": gate * GATE} | {
        n: float(v) for n, v in figures.items()
    }


def anchor_of(library: Library, settings: Settings) -> Anchor | GatedAnchor | None:
    """The ID encoder to start from, None where the settings want none.

    Raises:
        SegueError: `start` is the encoder, and the ID vectors are not those of one.
    """
    if not settings.anchored:
        return None
    if settings.ids == "playlist":
        cure = "train sasrec first, or say --start random"
        raise SegueError("no sequential recommender to start from", library.where, cure)
    if settings.ids == GatedHistory.name:
        return GatedAnchor(fitted(GatedHistory, library))
    return Anchor.of(fitted(KINDS[settings.ids], library))


class Learnt(NamedTuple):
    """A trained network with all that is saved beside it."""

    built: Built
    inputs: Inputs
    settings: Settings
    facts: dict[str, Any]


def learn(library: Library, settings: Settings, work: Path) -> Learnt:
    """Train on the workspace's training plays; interrupted, the same call goes on at its last checkpoint.

    Without validation plays the last parameters are taken, else those with the best NDCG@10.

    Raises:
        SegueError: no listening log, no vectors, or a prompt that does not fit.
    """
    log = library.log
    inputs = read_inputs(library, settings)
    settings = settings.model_copy(update={"ids": inputs.ids, "modalities": tuple(inputs.features)})
    built = build(library, inputs, settings, anchor=anchor_of(library, settings))
    examples = Examples(log.part("train"), built.prompter, settings)
    validation = validation_of(built.network, log, built.prompter, settings, work)
    data = [inputs.checksum, built.fingerprint, log.digest()]
    network, objective = built.network, Objective(built.network, examples, settings)
    run = Run(network, settings, work, data, per_epoch=examples.per_epoch, title="training e4srec")
    facts = {"validation_ndcg10": None} | run.go(objective, validation)
    if network.anchor is not None and validation is not None:
        facts |= set_gate(network, log, built.prompter, settings)
    facts |= {
        "targets_an_epoch": int((examples.last - examples.first + 1).sum()),
        "covered": int(present_any(inputs).sum()),
    }
    return Learnt(built, inputs, settings, facts)
