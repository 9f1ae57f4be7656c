"""The study of TalkPlay on one workspace: its rows and how each is asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from segue.data.library import Library
from segue.evaluation.conversation import evaluate
from segue.evaluation.rows import CHANCE
from segue.experiments import study
from segue.experiments.lab import Lab
from segue.experiments.rows import Outcome, Row
from segue.experiments.study import Paper, Parts, Shown
from segue.experiments.talkplay import page, replies
from segue.experiments.talkplay.settings import Study
from segue.experiments.talkplay.table import REPLIES, TABLES, Table, rows_of


class TalkPlayStudy(Paper[Study]):
    """Tables 2, 3 and 4, figure 2, ablations and replies."""

    name = "talkplay"
    title = "TalkPlay"
    reads = ("described", "dialogues", "playlists", "log", "tokens", "features")
    tables = TABLES
    notes = page.NOTES

    def rows(self, lab: Lab[Study]) -> list[Row]:
        """Every row of all tables."""
        return rows_of(lab)

    def asked(self, row: Row, settings: Study) -> int:
        """How many test dialogues a row is asked at most."""
        retrained = {table.name for table in TABLES if table.retrained}
        return settings.variant_dialogues if row.table in retrained else settings.max_dialogues

    def measure(self, library: Library, settings: Study, row: Row, model: Any) -> pl.DataFrame:
        """The results of a row: its rankings, or its replies."""
        if row.table != REPLIES:
            most = self.asked(row, settings)
            return evaluate(library, {row.name: model}, max_dialogues=most, seed=settings.seed)
        judge = replies.judge_at(settings.judge, settings.judge_model) if settings.judge else None
        found = replies.asked_of(library.catalogue, settings.replies, settings.seed)
        return replies.replies_of(library.catalogue, model, found, judge)

    def shown(self, table: study.Table, parts: Parts, told: Mapping[str, Outcome], seed: int) -> Shown:
        """A table of rankings with its further comparisons, or that of the replies."""
        assert isinstance(table, Table)
        if table.name == REPLIES:
            n = next(iter(parts.values())).height
            return Shown(replies.table_of(parts, seed), f"{n} requests of different test dialogues.")
        found = _with_one_chance(parts)
        once = found.filter(pl.col("model") == CHANCE)
        asked = f"{once.height} requests of {once['dialogue_id'].n_unique()} test dialogues."
        return Shown(page.rows_of(table, found, told, seed), asked, page.differences(table, found, seed))

    def beside(self, folder: Path, found: Mapping[str, Parts], seed: int) -> list[str]:
        """Tables of Parquet, figure 2, and replies to read."""
        rankings = {table: _with_one_chance(parts) for table, parts in found.items() if table != REPLIES}
        return page.write(folder, rankings, found.get(REPLIES, {}), seed)


def _with_one_chance(parts: Parts) -> pl.DataFrame:
    """The results of a table's rows, each measured alone, and the chance row once, at the end."""
    chance, each = pl.col("model") == CHANCE, list(parts.values())
    return pl.concat([*(part.filter(~chance) for part in each), each[0].filter(chance)])
