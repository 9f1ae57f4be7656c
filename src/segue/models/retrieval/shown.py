"""What people were shown: tracks that came up in training dialogues of people, liked or not."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from segue.data.catalogue import SIMULATED, Catalogue
from segue.kit.arrays import Floats


class Shown:
    """Counts of dialogues that can leave one dialogue out, exactly and without counting again.

    What came up in one conversation comes up in another: people who look for music find the same few
    tracks of an artist. Simulated dialogues say nothing of that and do not count.

    Args:
        catalogue: its training dialogues of people count.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        rows = catalogue.rows
        self.own: dict[str, list[int]] = {}
        self.counts = np.zeros(len(catalogue), np.float32)
        for dialogue in catalogue.dialogues_of("train"):
            if not dialogue.simulated:
                music = {t.content for t in dialogue.turns if t.role == "music" and t.content in rows}
                self.own[dialogue.dialogue_id] = [rows[track] for track in music]
                self.counts[self.own[dialogue.dialogue_id]] += 1
        self.logs = np.log1p(self.counts)
        self.made: dict[str, str] = {}
        if "dialogue_id" in catalogue.playlists.columns:
            made = catalogue.playlists.select("playlist_id", "dialogue_id").drop_nulls().unique()
            self.made = dict(made.iter_rows())

    def score(self, dialogue_ids: Sequence[str]) -> Floats:
        """log(1 + dialogues) of every track, float32 (n_requests, n_tracks).

        Args:
            dialogue_ids: of which dialogue each request is, which does not count, nor does the one whose
                playlist a simulated dialogue was made from; "" for any other request.
        """
        found = np.tile(self.logs, (len(dialogue_ids), 1))
        for line, dialogue in zip(found, dialogue_ids, strict=True):
            made_from = re.fullmatch(rf"{re.escape(SIMULATED)}(.*)-\d+", dialogue)
            rows = self.own.get(self.made.get(made_from[1], "") if made_from else dialogue, [])
            line[rows] = np.log1p(self.counts[rows] - 1)
        return found
