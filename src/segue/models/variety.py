"""Variety: a list whose first ten hold a third track of one artist only where it is far better."""

from collections.abc import Sequence

import numpy as np

from segue.kit.arrays import Bools, Floats

FREE = 1
"""So many better tracks of the same artist cost nothing: a listener who names one wants more than one."""
HEAD = 10
"""Only so many places are varied: whoever reads further wants the rest of what fits."""


class Variety:
    """How often a track's artist was there before it in a ranking.

    Of several artists the first counts, so that a duet is one of the first one's tracks.

    Args:
        artists: one a track, names separated by commas; a track without one repeats nobody.
    """

    def __init__(self, artists: Sequence[str | None]) -> None:
        names = [(a or "").partition(",")[0].strip().casefold() for a in artists]
        # No artist's name begins with a comma here: each nameless track is a group of its own.
        alone = [name or f", {row}" for row, name in enumerate(names)]
        self.groups = np.unique(alone, return_inverse=True)[1]

    def vary(self, scores: Floats, allowed: Bools, loss: float) -> Floats:
        """The scores with the first `HEAD` places varied, float32 (n_tracks,).

        These go to the best tracks where one loses `loss` for each that it `repeats`. All others keep their
        scores: who loses much and is of the ten all the same stays just above them. Not in the paper.

        Args:
            scores: one a track, float32 (n_tracks,); given back as they are without a loss.
            allowed: which tracks may be ranked, (n_tracks,); the others take no place.
            loss: in the units of the scores (nats of log-odds, for the gated form and the hybrid).
        """
        size = min(HEAD, int(allowed.sum()))
        if not loss or not size:
            return scores
        others = np.where(allowed, scores, -np.inf).astype(np.float32)
        varied = others - np.float32(loss) * self.repeats(others)
        head = np.lexsort((-others, -varied))[:size]
        others[head] = -np.inf
        found, least = scores.copy(), others.max()
        for row in head[::-1]:
            least = found[row] = max(varied[row], np.nextafter(least, np.float32(np.inf)))
        return found

    def repeats(self, scores: Floats) -> Floats:
        """How many tracks of the same artist are better, less `FREE`; float32 (n_tracks,).

        Of equal scores the earlier row counts as the better one.
        """
        order = np.lexsort((-scores, self.groups))
        sorted_groups = self.groups[order]
        starts = np.searchsorted(sorted_groups, sorted_groups)
        found = np.empty(len(scores), np.float32)
        found[order] = np.maximum(np.arange(len(scores)) - starts - FREE, 0)
        return found
