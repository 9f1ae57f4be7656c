"""LC-Rec's three tasks as tokens: what a listener played, titles as ids, ids as titles.

Source: LC-Rec 3.2 (sequential item prediction, mutual prediction of text and index).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.kit.arrays import Bools
from segue.models.listening_lm import Example, Rows, join
from segue.tokens.vocabulary import END, START, Vocabulary

PLAYED = "A listener played these tracks, oldest first:"
TO_ID = "Each title is followed by its track:"
TO_TITLE = "Each track is followed by its title:"


class Writer:
    """Writes tracks as tokens.

    Args:
        codes: int16 (n_tracks, levels); a track with a negative code cannot be written and is left out.
    """

    def __init__(
        self, tokenizer: Any, vocabulary: Vocabulary, codes: NDArray[np.int16], texts: Sequence[str]
    ) -> None:
        self.vocabulary = vocabulary
        self.coded: Bools = np.asarray((codes >= 0).all(axis=1))
        self.start, self.end = vocabulary.special(START), vocabulary.special(END)
        self.ids = vocabulary.ids(codes)
        self.levels = codes.shape[1]

        def words(texts: Sequence[str]) -> list[list[int]]:
            # Titles are never read as control tokens.
            found: list[list[int]] = tokenizer(
                list(texts), add_special_tokens=False, split_special_tokens=True
            )["input_ids"]
            return found

        self.texts = words(texts) if len(texts) else []
        self.played, self.to_id, self.to_title = words([PLAYED, TO_ID, TO_TITLE])

    def index(self, row: int, learn: bool) -> Example:
        """A track's start and index tokens."""
        return Example([self.start, *self.ids[row].tolist()], [False] + [learn] * self.levels)

    def text(self, row: int, learn: bool) -> Example:
        """A track's text and the token that ends it."""
        ids = [*self.texts[row], self.end]
        return Example(ids, [learn] * len(ids))

    def listening(self, rows: Rows, *, last_only: bool = False) -> Example:
        """A window of plays in which every track is a target, or the last alone."""
        rows = rows[self.coded[rows]]
        parts = [self.index(row, not last_only or n == len(rows) - 1) for n, row in enumerate(rows)]
        return join([_read(self.played), *parts])

    def alignments(self, rows: Rows, room: int, *, to_title: bool) -> list[Example]:
        """Pairs of a track's text and its index, the second of each to be predicted from the first.

        As many pairs stand in one example as fit into `room` tokens, and at least one.
        """
        head = _read(self.to_title if to_title else self.to_id)
        found: list[Example] = []
        for row in rows[self.coded[rows]]:
            if to_title:
                pair = join([self.index(row, False), self.text(row, True)])
            else:
                pair = join([self.text(row, False), self.index(row, True)])
            if not found or len(found[-1].ids) + len(pair.ids) > room:
                found.append(head)
            found[-1] = join([found[-1], pair])
        return found

    def prompt(self, rows: Rows) -> list[int]:
        """What stands before the index tokens of the track that comes next."""
        return [*self.listening(rows).ids, self.start]


def _read(ids: list[int]) -> Example:
    """Tokens that are read and not learnt."""
    return Example(ids, [False] * len(ids))
