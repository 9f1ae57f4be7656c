"""Prompts: what is in them, that they survive whole, and that packing and padding change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from transformers import AutoTokenizer

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty
from segue.kit.errors import SegueError
from segue.models.e4srec.prompt import FRAMES, Prompter, Segment
from segue.models.e4srec.settings import Settings
from segue.models.heard import Heard
from segue.testing.tiny_llm import save_tiny

N = 12


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return AutoTokenizer.from_pretrained(save_tiny(tmp_path_factory.mktemp("lm")))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    rows = [{"track_id": f"t{n}", "title": f"Song {n}", "artist": f"Band {n % 3}"} for n in range(N)]
    rows[3]["title"] = "<|im_end|> Ж\n☃"
    return Catalogue(conform("tracks", pl.DataFrame(rows), TRACKS), empty(PLAYS), empty(PLAYLISTS), [])


def plays(*rows: int, completion: float = float("nan")) -> Heard:
    return Heard(np.array(rows, np.int64), np.full(len(rows), completion, np.float32))


def prompter(
    tokenizer: Any, catalogue: Catalogue, mgphot: Any = None, limit: int = 2048, **settings: Any
) -> Any:
    return Prompter(tokenizer, Settings(**settings), catalogue, limit, mgphot)


def test_the_prompt_is_found_whole_and_in_order(tokenizer: Any, catalogue: Catalogue) -> None:
    made = prompter(tokenizer, catalogue, titles=3)
    one, other = plays(1, 2, 3, 4), plays(*range(10))
    lines = made.lines([Segment(p, np.array([len(p.rows)])) for p in (one, other)])
    batch = made.batch(lines)
    for n, given in enumerate((one, other)):
        is_track = batch.tracks[n] >= 0
        assert batch.tracks[n][is_track].tolist() == given.rows.tolist()
        start = int(torch.nonzero(is_track)[0])
        before, after = FRAMES["alpaca"]
        words = made.ids(before + made.text(given))
        assert batch.words[n, start - len(words) : start].tolist() == words
        assert batch.words[n, start + len(given.rows) :].tolist() == made.ids(after)
        assert tokenizer.decode(words).startswith(before)
        # Padding is outside: before everything, seen by nothing.
        assert not batch.sees[n, start:, : start - len(words)].any()
        assert batch.positions[n, start - len(words) :].tolist() == list(
            range(batch.words.shape[1] - start + len(words))
        )
    assert batch.column.tolist() == [batch.words.shape[1] - 1] * 2


def test_text_names_the_last_tracks(tokenizer: Any, catalogue: Catalogue) -> None:
    made = prompter(tokenizer, catalogue, titles=2)
    assert made.text(plays(0, 1, 2)) == "1. 'Song 1' by Band 1\n2. 'Song 2' by Band 2\n"
    assert made.text(plays(3)) == "1. '<|im_end|> Ж ☃' by Band 0\n"
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") not in made.prefix(plays(3))


def test_completion_in_words(tokenizer: Any, catalogue: Catalogue) -> None:
    made = prompter(tokenizer, catalogue, completion="prompt")
    given = Heard(np.arange(12), np.array([*[np.nan] * 11, 0.5], np.float32))
    lines = made.text(given).splitlines()
    assert len(lines) == 10
    assert lines[0] == "1. 'Song 2' by Band 2 (unknown how much was heard)"
    assert lines[-1] == "10. 'Song 11' by Band 2 (50 % heard)"


def test_attributes_in_words(tokenizer: Any, catalogue: Catalogue) -> None:
    mgphot = np.full((N, 58), 0.4, np.float32)
    mgphot[1, [9, 7]] = 0.9, 0.1
    mgphot[2] = np.nan
    told = prompter(tokenizer, catalogue, mgphot, attributes=True)
    assert told.name(1, 1.0) == "'Song 1' by Band 1 (high tempo, low major key)"
    assert told.name(2, 1.0) == "'Song 2' by Band 2"
    published = prompter(tokenizer, catalogue, mgphot, attributes=True, as_published=True)
    assert published.name(1, 1.0) == "'Song 1' by Band 1 (tempo 0.9)"


def test_too_long_says_by_how_much(tokenizer: Any, catalogue: Catalogue) -> None:
    free = prompter(tokenizer, catalogue)
    segment = Segment(plays(*range(7)), np.array([3, 7]))
    needs = len(free.before) + 7 + len(free.header)
    assert prompter(tokenizer, catalogue, limit=needs).lines([segment])
    for tight in (
        prompter(tokenizer, catalogue, limit=needs - 3),
        prompter(tokenizer, catalogue, max_tokens=needs - 3),
        prompter(tokenizer, catalogue, max_tokens=needs - 3, titles=1),
    ):
        with pytest.raises(SegueError, match=r"takes \d+ tokens, \d+ more than"):
            tight.lines([segment])
    with pytest.raises(SegueError, match=f"takes {needs} tokens, 3 more than the {needs - 3}"):
        prompter(tokenizer, catalogue, limit=needs - 3).lines([segment])


def test_lines_are_filled_in_order_and_never_split(tokenizer: Any, catalogue: Catalogue) -> None:
    made = prompter(tokenizer, catalogue, frame="short", line_tokens=60)
    segments = [Segment(plays(*range(n)), np.array([n])) for n in (3, 9, 0, 1, 12, 5)]
    lines = made.lines(segments)
    flat = [len(s.plays.rows) for line in lines for s in line.segments]
    assert flat == [3, 9, 0, 1, 12, 5]
    assert 1 < len(lines) < 6
    assert all(len(line.prefix) + sum(made.cost(s) for s in line.segments) <= 60 for line in lines)
    assert len(made.lines(segments, alone=True)) == 6


def test_headers_see_the_tracks_before_their_target_only(tokenizer: Any, catalogue: Catalogue) -> None:
    made = prompter(tokenizer, catalogue, frame="short", line_tokens=500)
    first, second = Segment(plays(5, 6, 7), np.array([1, 3])), Segment(plays(8, 9), np.array([2]))
    batch = made.batch(made.lines([first, second]))
    tracks = batch.tracks[0]
    seen = [
        tracks[batch.sees[0, column] & (tracks >= 0)].tolist()
        for column in batch.column.tolist()
    ]  # fmt: skip
    assert seen == [[5], [5, 6, 7], [8, 9]]
    sizes = [int(batch.sees[0, column].sum()) for column in batch.column.tolist()]
    around = len(made.before) + len(made.header)
    assert sizes == [around + 1, around + 3, around + 2]
    ends = [int(batch.positions[0, column]) for column in batch.column.tolist()]
    assert ends == [s - 1 for s in sizes]
