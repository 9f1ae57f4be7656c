"""How likely each track is heard to its end, as evidence: learnt from the plays that other evidence has."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from segue.data.catalogue import SPLITS
from segue.data.library import Library
from segue.kit.arrays import Bools, Floats
from segue.kit.errors import SegueError
from segue.models.completion.evidence import Counts
from segue.models.completion.evidence import Heard as Exact
from segue.models.completion.model import Completion
from segue.models.completion.model import Settings as CompletionSettings
from segue.models.heard import Heard

STEPS = 800
"""Of the training of a completion model."""


def learn_completion(library: Library, later: Bools, seed: int, work: Path) -> Completion | None:
    """A completion model of the training plays; None where too few of them say in seconds what was heard.

    Args:
        later: bool (n_training_plays,), plays that must not be looked at.
    """
    among = library.log.splits == SPLITS.index("train")
    among[among] = ~later
    try:
        heard = Exact.of(library, among)
        return Completion.of_plays(
            library, heard, CompletionSettings.model_validate({"steps": STEPS, "seed": seed}), work
        )
    except SegueError:
        return None


def counted_anew(library: Library, model: Completion) -> Completion:
    """The same with the counts of all training plays.

    Its network and calibration stay those that the gate has learnt with: another training would say the same
    in other numbers, and what it says was worth less than nothing to a gate that had learnt from the first.
    """
    heard = Exact.of(library, library.log.splits == SPLITS.index("train"))
    counts = replace(Counts.of(heard.row, heard.full, model.tracks), mean=model.counts.mean)
    return Completion(library, model.network, model.knots, counts, model.settings, model.card)


def odds(model: Completion, plays: Sequence[Heard]) -> Floats:
    """Log odds of every track after each history, float32 (n_requests, n_tracks)."""
    p = np.stack([model.of_history(h.rows, h.completion) for h in plays])
    return np.asarray(np.log(p / (1 - p)), np.float32)
