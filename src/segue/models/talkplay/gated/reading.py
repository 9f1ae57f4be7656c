"""Requests as what the decoder reads: vectors of utterances, codes and texts of tracks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from segue.data.catalogue import Catalogue
from segue.data.codes import Tokens
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.models.retrieval.dense import CachedEncoder
from segue.models.talkplay.gated.clues import stages
from segue.models.talkplay.gated.network import LENGTH, Read

Ints = np.ndarray[Any, np.dtype[np.int64]]
UTTERANCE, ACCEPTED, REJECTED = 1, 2, 3


def places_of(codes: Ints, sizes: Sequence[int]) -> Ints:
    """Places in one table of all codes, int64 (n_tracks, n_modalities); 0 for a missing code."""
    begins = 1 + np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    return np.where(codes >= 0, codes.astype(np.int64) + begins, 0)


def shares_of(places: Ints, sizes: Sequence[int]) -> Floats:
    """The share of each code among its modality's tracks, float32 (n_codes, n_modalities)."""
    table = np.zeros((1 + int(sum(sizes)), len(sizes)), np.float32)
    for level in range(len(sizes)):
        held = places[places[:, level] > 0, level]
        table[:, level] = np.bincount(held, minlength=len(table)) / max(len(held), 1)
    return table


class Reader:
    """Makes batches of requests for the network.

    Args:
        places: of their codes, see `places_of`.
        texts: float32 (n_tracks, dim), in the encoder's space.
    """

    def __init__(self, catalogue: Catalogue, places: Ints, texts: Floats, encoder: CachedEncoder) -> None:
        self.catalogue, self.places, self.texts, self.encoder = catalogue, places, texts, encoder

    def items(self, request: Request) -> list[tuple[int, str | int]]:
        """The newest utterances and tracks as (kind, text or row), oldest first, an utterance last."""
        rows = self.catalogue.rows
        found: list[tuple[int, str | int]] = [
            (ACCEPTED, rows[p.track_id]) for p in request.history[-LENGTH:] if p.track_id in rows
        ]
        for turn in request.messages:
            if turn.role == "user":
                found.append((UTTERANCE, turn.content))
            elif turn.role == "music" and turn.content in rows:
                found.append((REJECTED if turn.liked is False else ACCEPTED, rows[turn.content]))
        if not found or found[-1][0] != UTTERANCE:
            found.append((UTTERANCE, ""))
        return found[-LENGTH:]

    def __call__(self, requests: Sequence[Request]) -> Read:
        """A batch."""
        return self.batch([self.items(r) for r in requests], stages(requests))

    def batch(self, lists: Sequence[Sequence[tuple[int, str | int]]], staged: Floats) -> Read:
        """A batch of what `items` gave."""
        length = max((len(items) for items in lists), default=1)
        texts = list(dict.fromkeys(x for items in lists for _, x in items if isinstance(x, str)))
        spoken = dict(zip(texts, self.encoder(texts), strict=True)) if texts else {}
        words = np.zeros((len(lists), length, self.texts.shape[1]), np.float32)
        codes = np.zeros((len(lists), length, self.places.shape[1]), np.int64)
        kinds = np.zeros((len(lists), length), np.int64)
        for n, items in enumerate(lists):
            for place, (kind, what) in enumerate(items):
                kinds[n, place] = kind
                if isinstance(what, str):
                    words[n, place] = spoken[what]
                else:
                    words[n, place], codes[n, place] = self.texts[what], self.places[what]
        last = np.array([len(items) - 1 for items in lists], np.int64)
        return Read(*(torch.from_numpy(x) for x in (words, codes, kinds, last, staged)))


def codes_for(tokens: Tokens | None, n_tracks: int, kept: Ints | None = None) -> Ints:
    """The codes of a catalogue's tracks, int64 (n_tracks, n_modalities): -1 for tracks that came later."""
    codes = tokens.codes if tokens is not None else kept
    if codes is None:
        return np.full((n_tracks, 1), -1, np.int64)
    more = max(0, n_tracks - len(codes))
    return np.pad(codes[:n_tracks].astype(np.int64), ((0, more), (0, 0)), constant_values=-1)
