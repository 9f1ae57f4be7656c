"""The prompt: instruction, maybe text about the last tracks, one soft token a track, a response header.

Several prompts can share one line of a batch. Each token sees exactly what it would see alone, and stands at
the position where it would stand alone, so a packed, a padded and a single prompt give the same numbers.
Nothing is ever cut: a prompt that does not fit is an error that says by how much. Source: E4SRec
specification 7.2, 8.3, 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.data.catalogue import Catalogue
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.models.e4srec.settings import Settings
from segue.models.heard import Heard

FRAMES = {
    "alpaca": (
        "The following is a task, and below it the input that belongs to it. Answer with a response that "
        "solves the task.\n\n### Instruction:\nA listener has played the tracks of the input, the oldest "
        "first. Which track should be played next?\n\n### Input:\n",
        "\n\n### Response:\n",
    ),
    "short": ("Played:", "\nNext:"),
}
"""What stands before the tracks, and after them."""
NAMED = 10
"""Tracks that are named where the completion ratio or attributes go into the text, as published."""
ATTRIBUTES = {
    "tempo": 9, "danceability": 18, "major key": 7, "vocal register": 0, "intensity": 45, "syncopation": 16,
    "sad lyrics": 36, "joyful lyrics": 37, "love lyrics": 39, "lead vocal": 49, "melody": 51, "groove": 53,
}  # fmt: skip
"""The twelve MGPHot attributes that are told, with their column. Source: 8.2, 9."""


class Segment(NamedTuple):
    """Heard in a line, and after how many of them a response header stands, int64 (n_headers,)."""

    plays: Heard
    ends: NDArray[np.int64]


class Line(NamedTuple):
    """One line of a batch: the ids before the tracks, and the segments that share them."""

    prefix: list[int]
    segments: list[Segment]


class Batch(NamedTuple):
    """Lines as tensors, each (n_lines, length) unless said; a line is padded on its left.

    Args:
        words: token ids; 0 where a track or padding stands.
        tracks: catalogue rows, -1 where a word or padding stands.
        completion: NaN where unknown.
        positions: where the token stands in its own prompt.
        sees: bool (n_lines, length, length): which tokens (last axis) each token attends to.
        line: (n_headers,), in the order of lines, segments and headers.
        column: (n_headers,), where a header ends.
    """

    words: Tensor
    tracks: Tensor
    completion: Tensor
    positions: Tensor
    sees: Tensor
    line: Tensor
    column: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        return Batch(*(t.to(device) for t in self))


class Prompter:
    """Writes prompts for one tokenizer and one catalogue.

    Args:
        limit: the backbone's longest sequence in tokens.
        mgphot: float32 (n_tracks, 58), NaN where unknown; needed for attributes in the text.
    """

    def __init__(
        self,
        tokenizer: Any,
        settings: Settings,
        catalogue: Catalogue,
        limit: int,
        mgphot: Floats | None = None,
    ) -> None:
        self.tokenizer, self.settings, self.catalogue = tokenizer, settings, catalogue
        self.limit = min(limit, settings.max_tokens or limit)
        self.mgphot = mgphot
        before, after = FRAMES[settings.frame]
        self.before, self.header = self.ids(before), self.ids(after)
        self.titles, self.artists = (catalogue.tracks[c].to_list() for c in ("title", "artist"))

    def ids(self, text: str) -> list[int]:
        """Token ids of a text, in which nothing is read as a control token."""
        found = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return list(found)

    def prefix(self, plays: Heard) -> list[int]:
        """The ids before the soft tokens."""
        if not self.settings.says_tracks:
            return self.before
        return self.ids(FRAMES[self.settings.frame][0] + self.text(plays))

    def text(self, plays: Heard) -> str:
        """The numbered list of the last tracks, one a line. Source: 8.3."""
        last = self.settings.titles or NAMED
        chosen = range(max(0, len(plays.rows) - last), len(plays.rows))
        lines = [
            f"{n}. {self.name(int(plays.rows[i]), float(plays.completion[i]))}\n"
            for n, i in enumerate(chosen, 1)
        ]
        return "".join(lines)

    def name(self, row: int, completion: float) -> str:
        """A track in words: 'title' by artist (attributes; how much of it was heard)."""
        title, artist = (" ".join(str(c[row]).split()) for c in (self.titles, self.artists))
        notes = []
        if self.settings.attributes and self.mgphot is not None:
            notes += attribute_words(self.mgphot[row], self.settings.as_published)
        if self.settings.completion == "prompt":
            known = f"{100 * completion:.0f} % heard"
            notes.append("unknown how much was heard" if np.isnan(completion) else known)
        return f"'{title}' by {artist}" + (f" ({', '.join(notes)})" if notes else "")

    def line(self, segment: Segment) -> Line:
        """A line of one segment; raises `SegueError` where one of its prompts does not fit."""
        prefix = self.prefix(segment.plays)
        self.check(prefix, int(segment.ends.max()))
        return Line(prefix, [segment])

    def lines(self, segments: Sequence[Segment], *, alone: bool = False) -> list[Line]:
        """Lines that hold the segments in order; together where they share the prefix, unless `alone`.

        Raises:
            SegueError: a prompt does not fit.
        """
        if alone or self.settings.says_tracks:
            return [self.line(segment) for segment in segments]
        lines: list[Line] = []
        filled = self.settings.line_tokens
        for segment in segments:
            cost = self.cost(segment)
            if filled + cost > self.settings.line_tokens:
                lines.append(Line(self.before, []))
                filled = len(self.before)
            self.check(self.before, int(segment.ends.max()))
            lines[-1].segments.append(segment)
            filled += cost
        return lines

    def cost(self, segment: Segment) -> int:
        """The tokens of a segment, without the prefix."""
        return len(segment.plays.rows) + len(segment.ends) * len(self.header)

    def check(self, prefix: list[int], n_tracks: int) -> None:
        """Raises `SegueError` where a prompt of a prefix and so many tracks does not fit."""
        takes = len(prefix) + n_tracks + len(self.header)
        if takes > self.limit:
            what = f"a prompt takes {takes} tokens, {takes - self.limit} more than the {self.limit} that fit"
            raise SegueError(what, cure="lower `length` or `titles`, or raise `max_tokens`")

    def batch(self, lines: Sequence[Line]) -> Batch:
        """Lines as tensors."""
        return lay_out(lines, self.header)


def attribute_words(values: Floats, published: bool) -> list[str]:
    """MGPHot values (58,) as words; nothing for a track without them.

    As published only values above 0.4 are told; else low ones (up to 0.2) as well as high ones (from 0.6).
    """
    # Rounded: what was 0.4 is a little more in float32.
    found = [(name, round(float(values[column]), 4)) for name, column in ATTRIBUTES.items()]
    if published:
        return [f"{name} {value:.1f}" for name, value in found if value > 0.4]
    words = [(name, "high" if value >= 0.6 else "low" if value <= 0.2 else "") for name, value in found]
    return [f"{word} {name}" for name, word in words if word]


class _Tokens(NamedTuple):
    """A line before padding, int64 (length,) each, `completion` float32.

    `segment`: -1 for the prefix; `branch`: 0 outside headers; `limit`: the last position outside headers
    that the token sees.
    """

    words: Any
    tracks: Any
    completion: Any
    positions: Any
    segment: Any
    branch: Any
    limit: Any


PADDING = _Tokens(0, -1, np.nan, 0, -2, 0, 0)


def _tokens(line: Line, header: NDArray[np.int64]) -> tuple[_Tokens, NDArray[np.int64]]:
    """A line's tokens, and where its headers end."""
    start, size = len(line.prefix), len(header)
    place = np.arange(start)
    parts = [_part(np.array(line.prefix, np.int64), place, -1)]
    ends, filled, branch = [], start, 1
    for number, (plays, after) in enumerate(line.segments):
        n, k = len(plays.rows), len(after)
        own = _part(np.zeros(n, np.int64), start + np.arange(n), number)
        parts.append(own._replace(tracks=plays.rows, completion=plays.completion.astype(np.float32)))
        stands = start + after[:, None] + np.arange(size)
        part = _part(np.tile(header, k), stands.ravel(), number)
        branches = np.repeat(np.arange(branch, branch + k), size)
        parts.append(part._replace(branch=branches, limit=np.repeat(start + after - 1, size)))
        ends.append(filled + n + size * np.arange(1, k + 1) - 1)
        filled, branch = filled + n + size * k, branch + k
    return _Tokens(*(np.concatenate(columns) for columns in zip(*parts, strict=True))), np.concatenate(ends)


def _part(words: NDArray[np.int64], positions: NDArray[np.int64], segment: int) -> _Tokens:
    """Tokens that are words and outside headers."""
    n = len(words)
    unknown = np.full(n, np.nan, np.float32)
    none = np.full(n, -1)
    return _Tokens(words, none, unknown, positions, np.full(n, segment), np.zeros(n, np.int64), positions)


def lay_out(lines: Sequence[Line], header: list[int]) -> Batch:
    """Lines as tensors, padded on the left: outside every prompt."""
    found = [_tokens(line, np.array(header, np.int64)) for line in lines]
    length = max(len(tokens.words) for tokens, _ in found)
    columns = []
    for n, padding in enumerate(PADDING):
        parts = [tokens[n] for tokens, _ in found]
        rows = [np.pad(p, (length - len(p), 0), constant_values=padding) for p in parts]
        columns.append(torch.from_numpy(np.stack(rows)))
    tokens = _Tokens(*columns)
    line = np.concatenate([np.full(len(ends), n) for n, (_, ends) in enumerate(found)])
    column = np.concatenate([ends + length - len(t.words) for t, ends in found])
    return Batch(
        tokens.words, tokens.tracks, tokens.completion, tokens.positions, _sees(tokens),
        torch.from_numpy(line), torch.from_numpy(column),
    )  # fmt: skip


def _sees(tokens: _Tokens) -> Tensor:
    """Bool (n_lines, length, length): a token sees the prefix, its segment's tracks up to its limit, and what
    stands before it in its own header. Padding sees padding, so that no row is empty.
    """

    def asks(t: Tensor) -> Tensor:
        return t[:, :, None]

    def asked(t: Tensor) -> Tensor:
        return t[:, None, :]

    shared = asked(tokens.segment == -1) & asks(tokens.segment != -2)
    same = asks(tokens.segment) == asked(tokens.segment)
    outside = (asked(tokens.branch) == 0) & (asked(tokens.positions) <= asks(tokens.limit))
    own = (asked(tokens.branch) > 0) & (asks(tokens.branch) == asked(tokens.branch))
    inside = own & (asked(tokens.positions) <= asks(tokens.positions))
    found: Tensor = (shared | same) & (outside | inside)
    return found
