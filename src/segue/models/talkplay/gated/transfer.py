"""A start from a model of another catalogue: the decoder as it is, codes by what their tracks say."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from segue.kit.arrays import Floats, unit
from segue.models.talkplay.gated.network import Network

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Side(NamedTuple):
    """A network and the catalogue that its code table speaks of.

    Args:
        modalities: names, in the order of the columns of `places`.
        places: int64 (n_tracks, n_modalities), see `reading.places_of`.
        texts: float32 (n_tracks, dim), unit vectors in the encoder's space.
    """

    network: Network
    modalities: Sequence[str]
    places: Ints
    texts: Floats

    def contents(self, modality: str) -> tuple[Ints, Floats]:
        """The places of a modality's codes, (k,), and the mean text of the tracks of each, unit, (k, dim)."""
        held = self.places[:, list(self.modalities).index(modality)]
        rows = np.flatnonzero(held)
        codes, which = np.unique(held[rows], return_inverse=True)
        means = np.zeros((len(codes), self.texts.shape[1]), np.float32)
        np.add.at(means, which, self.texts[rows])
        return codes, unit(means)


@torch.no_grad()
def start_from(new: Side, old: Side) -> None:
    """Give the new network what the old one has learnt.

    Layers, projections and gates are taken over. A code begins at the embedding and the head of that code of
    its modality whose tracks' mean text is nearest; codes of a modality that the old one lacks, or without a
    track, stay as they are: an embedding at random and a head of zeros.
    """
    taken, here = old.network.state_dict(), new.network.state_dict()
    kept = ("codes.weight", "heads.weight", "shares")
    embeddings, heads = here["codes.weight"].clone(), here["heads.weight"].clone()
    for modality in new.modalities:
        if modality in old.modalities:
            codes, wanted = new.contents(modality)
            others, found = old.contents(modality)
            if len(codes) and len(others):
                nearest = torch.from_numpy(others[(wanted @ found.T).argmax(axis=1)])
                embeddings[codes] = taken["codes.weight"][nearest]
                heads[codes] = taken["heads.weight"][nearest]
    changed = {"codes.weight": embeddings, "heads.weight": heads, "prior": taken["static"].clone()}
    new.network.load_state_dict({n: t for n, t in taken.items() if n not in kept} | changed, strict=False)
