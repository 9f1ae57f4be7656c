from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import bm25s
import numpy as np
import pytest

from segue.data.catalogue import Catalogue, Dialogue, Turn
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.words import words
from segue.kit.workspace import Workspace
from segue.models.retrieval.bm25 import BM25, ENOUGH_REAL, STOP_WORD, decayed, stems, word_rarity
from segue.testing.contract import REQUESTS, SAID, TALK, RecommenderContract


class TestBM25(RecommenderContract):
    informed_by = (SAID, TALK)

    def make(self, workspace: Workspace) -> BM25:
        return BM25.fit(Library.open(workspace))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Beyoncé & Jay-Z", ["beyonce", "jay", "z"]),
        ("SIGUR RÓS: Ágætis byrjun", ["sigur", "ros", "agætis", "byrjun"]),
        ("Straße", ["strasse"]),
        ("Кино — Группа крови", ["кино", "группа", "крови"]),
        ("宇多田ヒカル 1999", ["宇多田ヒカル", "1999"]),
        ("¡!", []),
    ],
)
def test_words_of_any_script(text: str, wanted: list[str]) -> None:
    assert words(text) == wanted


def test_stems_are_one_a_word() -> None:
    assert stems("Singing songs") == ["sing", "song"]


def test_decayed_counts_back_from_the_last() -> None:
    assert decayed(["a", "b", "c"], 0.5) == [("a", 0.25), ("b", 0.5), ("c", 1.0)]
    assert decayed([], 0.5) == []


def test_common_words_are_worth_less() -> None:
    rarity = word_rarity(["play piano please", "play jazz please", "play songs", "hello"])
    assert rarity["play"] < rarity["pleas"] < rarity["jazz"] == 1.0


def test_stop_words_are_worth_little_however_few_were_heard() -> None:
    rarity = word_rarity(["piano and strings"])
    assert rarity["and"] == rarity["the"] == STOP_WORD < rarity["piano"]
    assert set(word_rarity([]).values()) == {STOP_WORD}


def test_scores_are_those_of_bm25s(workspace: Workspace) -> None:
    model = BM25.fit(Library.open(workspace))
    model.rarity = {}
    other = bm25s.BM25()
    other.index([stems(text) for text in model.catalogue.texts], show_progress=False)
    for text in ("wild piano", "guitar band guitar 1995", "Amber by Piano Band"):
        found = model.score([Request(messages=(Turn("user", text),))])[0]
        np.testing.assert_allclose(found, other.get_scores(stems(text)), rtol=1e-4)


def test_earlier_words_count_by_the_decay(workspace: Workspace) -> None:
    model = BM25.fit(Library.open(workspace), {"decay": 0.3})
    one, other, both = (
        Request(messages=tuple(Turn("user", text) for text in texts))
        for texts in (["wild"], ["piano"], ["wild", "piano"])
    )
    scores = model.score([one, other, both])
    np.testing.assert_allclose(scores[2], 0.3 * scores[0] + scores[1], rtol=1e-4)


def test_no_shared_word_scores_nothing(workspace: Workspace) -> None:
    scores = BM25.fit(Library.open(workspace)).score([REQUESTS[0], REQUESTS[4]])
    assert not scores.any()


def test_a_shared_stop_word_alone_is_no_match(workspace: Workspace) -> None:
    texts = ["piano and strings", "drums and bass", "the and"] + [""] * (
        len(BM25.fit(Library.open(workspace)).texts) - 3
    )
    model = BM25(Catalogue.load(workspace), texts=texts)
    found = model.score_texts([[("something and piano", 1.0)], [("the and", 1.0)], [("calm and low", 1.0)]])
    assert (found[0] > 0).tolist() == [True] + [False] * (len(texts) - 1)
    assert found[1].argmax() == 2
    assert not found[2].any()


@pytest.mark.parametrize("real", [ENOUGH_REAL - 1, ENOUGH_REAL])
def test_enough_people_are_heard_alone(workspace: Workspace, real: int) -> None:
    said = [(f"d{n}", "jazz please") for n in range(real)] + [(f"sim-{n}", "rock please") for n in range(50)]
    dialogues = [Dialogue(name, (Turn("user", text),)) for name, text in said]
    catalogue = replace(Library.open(workspace).catalogue, dialogues=dialogues)
    model = BM25.fit(Library(catalogue=catalogue))
    heard = said[:real] if real == ENOUGH_REAL else said
    assert model.rarity == word_rarity([text for _, text in heard])


SUMS = """
import numpy as np, polars as pl
from segue.data.library import Library
from segue.models.retrieval.bm25 import BM25
words = [chr(97 + n % 26) * 2 + chr(97 + n // 26) + "o" for n in range(400)]
texts = [" ".join(np.random.default_rng(n).choice(words, 40)) for n in range(80)]
tracks = pl.DataFrame({"track_id": [str(n) for n in range(80)], "title": texts, "artist": texts})
print(BM25(Library.of(tracks).catalogue, texts=texts).score_texts([[(" ".join(words), 0.7)]]).tobytes().hex())
"""


def test_every_process_adds_up_in_the_same_order() -> None:
    """The index numbers words in the order of a set, which is another one in each process."""
    of = [
        subprocess.run(
            [sys.executable, "-c", SUMS], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True
        )
        for seed in "12"
    ]
    assert len(of[0].stdout) > 80, of[0].stderr.decode()
    assert of[0].stdout == of[1].stdout
