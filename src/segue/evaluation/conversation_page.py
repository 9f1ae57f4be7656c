"""What the report of the conversation task says beside what every report does."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from segue.data.catalogue import Dialogue
from segue.dialogues.format import moments
from segue.evaluation.page import Page, cells, header
from segue.evaluation.summary import part_of
from segue.kit.bootstrap import RESAMPLES
from segue.kit.tables import markdown

SUBSETS = {
    "warm": "Warm: every target has plays, playlists or dialogues in training",
    "mixed": "Mixed: some targets are cold",
    "cold": "Cold: no target was seen in training",
}
N_LINES = 12
NOTES = f"""- macro: the mean over dialogues of the mean over their requests; micro: the mean over requests.
- MRR counts the best target at its expected rank; "ties at random" is the mean of 1 / rank over all orders of
  equally scored tracks. The further the two lie apart, the more the model ties. Hit and NDCG are such means.
- Dislikes in the top 10: the share of the tracks that the listener then disliked; "-" where none is known.
- Intervals: bootstrap over dialogues, {RESAMPLES} draws. ms/request: the median, scoring alone."""


class ConversationPage(Page):
    """The page."""

    notes = NOTES

    def facts(self) -> list[str]:
        """What was measured."""
        catalogue, requests = self.library.catalogue, self.requests
        n_dialogues = len(catalogue.dialogues_of(self.split))
        return [
            f"{requests.height} requests of {requests['dialogue_id'].n_unique()} dialogues, out of "
            f"{n_dialogues} in the {self.split} split; every request has the true dialogue before it",
            f"Catalogue: {len(catalogue)} tracks, {int(catalogue.cold.sum())} of them cold; "
            f"{requests['n_targets'].sum() / requests.height:.2f} targets a request",
        ]

    def parts(self, table: pl.DataFrame) -> list[str]:
        """One table for each kind of target that occurs."""
        lines = ["## Warm and cold tracks\n"]
        for subset, title in SUBSETS.items():
            part = part_of(table, "macro", subset)
            count = f"{part['requests'][0]} requests" if part.height else "no requests"
            lines.append(f"### {title} ({count})\n")
            lines += markdown([header(self.task), *cells(self.task, part)]) if part.height else []
        return lines

    def sample(self, row: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[str, list[str], set[str]]:
        """A request in words, and its targets."""
        dialogue = next(d for d in self.library.catalogue.dialogues if d.dialogue_id == row["dialogue_id"])
        lines = [f"> {line}  " for line in _words(dialogue, row["turn"], titles)]
        lines += ["", f"Target: {'; '.join(titles[t] for t in row['targets'])}\n"]
        return f"Dialogue {row['dialogue_id']}, turn {row['turn']}", lines, set(row["targets"])


def _words(dialogue: Dialogue, turn: int, titles: Mapping[str, str]) -> list[str]:
    """The end of the dialogue up to a request, one line a turn, tracks by title."""
    moment = next(m for m in moments(dialogue) if m.turn == turn)
    lines = []
    for said in moment.request.messages:
        content = titles.get(said.content, said.content) if said.role == "music" else said.content
        mood = {True: " (liked)", False: " (disliked)", None: ""}[said.liked]
        lines.append(f"{said.role}: {' '.join(content.split())}{mood}")
    return ["..."] * (len(lines) > N_LINES) + lines[-N_LINES:]
