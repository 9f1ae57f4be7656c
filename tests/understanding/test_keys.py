"""Keys made column by column say what `key` says; large catalogues find slips, too."""

from __future__ import annotations

import polars as pl
import pytest

from segue.data.library import Library
from segue.understanding import keys as module
from segue.understanding.keys import Rows, holding_any, keys_of
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from segue.understanding.text import key

ODD = (
    "The The", "A", "&", "...", "", "Guns N’ Roses", "Simon & Garfunkel", "Motörhead", "Mø", "Straße",
    "½ Live", "Łódź", "Ærø", "!!!", "Виктор Цой", "宇多田ヒカル", "İstanbul", "Beyoncé’s",
    "Sigur Rós (live)", "Earth, Wind and Fire", "P!nk", "Et tu",
)  # fmt: skip


def test_columns_and_single_names_agree_on_keys() -> None:
    assert keys_of(pl.Series([*ODD, None])).to_list() == [*map(key, ODD), ""]


def test_rows_by_key() -> None:
    rows = Rows(pl.Series(["b", "a", "", "b", "bc", "b"]), pl.Series([3, 1, 2, 0, 5, 3]))
    assert rows.get("b") == [0, 3]
    assert rows.get("x") == []
    assert (rows.count("b"), "" in rows, "a" in rows) == (3, False, True)
    assert sorted(rows.holding("b")) == [0, 3, 3, 5]
    assert rows.starting("b") == ["b", "bc"]


def test_slips_are_found_among_many_names(monkeypatch: pytest.MonkeyPatch) -> None:
    # From MANY names on only those of like front and length are compared.
    monkeypatch.setattr(module, "MANY", 3)
    names = ["Metallica", "Sigur Rós", "Daft Punk", "Carrie Underwood", "The Beatles", "Metronomy"]
    tracks = {
        "track_id": [str(i) for i in range(6)],
        "title": [f"Song {n} here" for n in "abcdef"],
        "artist": names,
    }
    rules = Rules(Library.of(pl.DataFrame(tracks)).catalogue)
    for said, name in (("metalica", "Metallica"), ("the beetles", "The Beatles"), ("daft pnuk", "Daft Punk")):
        state = rules.step(f"play some {said}", DialogueState(), ())
        assert [w.words for w in state.wishes] == [name]


def test_names_stay_as_they_are_where_their_keys_are_made() -> None:
    names = pl.Series([*ODD])
    keys_of(names)
    assert names.to_list() == [*ODD]


def test_names_that_hold_words_whatever_their_case_and_accents() -> None:
    names = pl.Series(["Prélude in C", "A prelude", "PRELUDE", "Interlude", "Вальс", "Waltz"])
    assert holding_any(names, ["prelude", "waltz"]).to_list() == [0, 1, 2, 5]
