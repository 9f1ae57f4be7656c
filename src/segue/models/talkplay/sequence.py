"""Dialogues as token sequences: words, music tokens, and which of them the model learns to predict.

A sequence is, for each time the listener speaks, what was said, the tracks that were played (as music
tokens), then the assistant's sentence; music comes before the sentence. Source: TalkPlay 2.3, 2.4.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from segue.data.catalogue import Turn
from segue.tokens.vocabulary import ARTIST, END, START, TITLE, Vocabulary

MARKERS = re.compile(f"({re.escape(TITLE)}|{re.escape(ARTIST)})")
MAX_TRACKS_AN_ANSWER = 8
SHORT_TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'user' %}<|im_start|>{{ m['content'] }}"
    "{% else %}{{ m['content'] }}<|im_end|>{% endif %}{% endfor %}"
)
"""Chat template of the `tiny` model: one token around a turn instead of five."""

Ints = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Template:
    """The token ids that a model's chat template puts around what is said."""

    start: list[int]
    before_user: list[int]
    after_user: list[int]
    before_assistant: list[int]
    after_assistant: list[int]


@dataclass(frozen=True)
class Encoded:
    """A dialogue as ids (n,) and a mask (n,): 1 where the token is a target of training."""

    ids: Ints
    learn: np.ndarray[Any, np.dtype[np.bool_]]


class Asked(NamedTuple):
    """How many messages of a dialogue were heard before a track, and its row."""

    heard: int
    row: int


def template_of(tokenizer: Any) -> Template:
    """The parts of the tokenizer's chat template; a plain `User:`/`Assistant:` form where it has none."""
    # No template contains them, and no template's trimming or case changes them.
    marks = ("QQfirstQQ", "QQanswerQQ", "QQsecondQQ")
    roles = ("user", "assistant", "user")
    # What ends a message is seen where the dialogue ends with it.
    texts = [_written(tokenizer, roles[:n], marks[:n]) for n in (1, 2, 3)]
    before, after_user = texts[0].split(marks[0])
    after_assistant = texts[1].split(marks[1])[1]
    _, middle, between, _ = re.split("|".join(marks), texts[2])
    before_user = between.removeprefix(after_assistant)
    parts = (
        before.removesuffix(before_user),
        before_user,
        after_user,
        middle.removeprefix(after_user),
        after_assistant,
    )
    return Template(*(tokenizer(p, add_special_tokens=False)["input_ids"] for p in parts))


def _written(tokenizer: Any, roles: Sequence[str], contents: Sequence[str]) -> str:
    """Messages as the tokenizer's chat template writes them, or as plain lines where it has none."""
    pairs = list(zip(roles, contents, strict=True))
    if not tokenizer.chat_template:
        return "".join(f"{role.capitalize()}: {content}\n" for role, content in pairs)
    messages = [{"role": role, "content": content} for role, content in pairs]
    return str(tokenizer.apply_chat_template(messages, tokenize=False))


class Encoder:
    """Turns dialogues into sequences for one tokenizer, vocabulary and table of codes.

    Args:
        codes: int16 (n_tracks, n_modalities), -1 = missing.
        context: the longest sequence in tokens; the oldest exchanges are left out whole.
    """

    def __init__(
        self, tokenizer: Any, vocabulary: Vocabulary, codes: Any, rows: dict[str, int], context: int = 1024
    ) -> None:
        self.tokenizer, self.vocabulary, self.rows, self.context = tokenizer, vocabulary, rows, context
        self.template = template_of(tokenizer)
        self.music = vocabulary.ids(codes)
        self.start, self.end = vocabulary.special(START), vocabulary.special(END)
        self._cache: dict[str, list[int]] = {}

    def warm(self, texts: Iterable[str]) -> None:
        """Tokenise many texts at once, for speed."""
        parts = {part for text in texts for part in MARKERS.split(text)}
        new = sorted(p for p in parts if p and p not in self._cache)
        if new:
            # What listeners type is never read as control tokens.
            ids = self.tokenizer(new, add_special_tokens=False, split_special_tokens=True)["input_ids"]
            self._cache.update(zip(new, ids, strict=True))

    def text(self, text: str) -> list[int]:
        """Token ids of a text; only `<|title|>` and `<|artist|>` are read as special tokens."""
        self.warm([text])
        ids: list[int] = []
        for part in MARKERS.split(text):
            if part in (TITLE, ARTIST):
                ids.append(self.vocabulary.special(part))
            elif part:
                ids += self._cache[part]
        return ids

    def track(self, row: int) -> list[int]:
        """A track's wrapped music tokens."""
        return [self.start, *self.music[row].tolist(), self.end]

    def exchanges(self, turns: Sequence[Turn]) -> list[tuple[list[int], list[bool]]]:
        """One (ids, learn) for each time the listener speaks.

        A rejected track is written only where it was the whole answer: the listener's next words speak of
        it. It is never a target.
        """
        found: list[tuple[list[int], list[bool]]] = []
        for group in _groups(turns):
            ids: list[int] = []
            learn: list[bool] = []

            def put(new: list[int], target: bool, ids: list[int] = ids, learn: list[bool] = learn) -> None:
                ids += new
                learn += [target] * len(new)

            for turn in (t for t in group if t.role == "user"):
                put(self.template.before_user + self.text(turn.content) + self.template.after_user, False)
            for turn in self._played(group):
                put(self.track(self.rows[turn.content]), turn.liked is not False)
            for turn in (t for t in group if t.role == "assistant"):
                put(self.template.before_assistant, False)
                put(self.text(turn.content) + self.template.after_assistant, True)
            found.append((ids, learn))
        return found

    def _played(self, group: Sequence[Turn]) -> list[Turn]:
        """The tracks of an exchange that are written."""
        music = [t for t in group if t.role == "music" and t.content in self.rows]
        liked = [t for t in music if t.liked is not False][:MAX_TRACKS_AN_ANSWER]
        return liked or music[:1]

    def asked(self, turns: Sequence[Turn]) -> list[Asked]:
        """What was asked before each track that `encode` writes, in order; of a cut dialogue the last."""
        found, heard = list[Asked](), 0
        for group in _groups(turns):
            messages = heard + sum(t.role == "user" for t in group)
            found += [Asked(messages, self.rows[t.content]) for t in self._played(group)]
            heard += len(group)
        return found

    def encode(self, turns: Sequence[Turn], *, everything: bool = False) -> Encoded:
        """A dialogue for training; its answers are to be learnt, or everything in it."""
        ids, learn = self._join(self.exchanges(turns), self.context)
        return Encoded(np.asarray(ids, dtype=np.int64), np.asarray(learn, dtype=bool) | everything)

    def prompt(self, messages: Sequence[Turn], room: int = 64) -> list[int]:
        """The dialogue so far up to `<start_of_music>`, leaving `room` tokens of the context free."""
        exchanges = self.exchanges(messages) or [(self.template.before_user + self.template.after_user, [])]
        return [*self._join(exchanges, self.context - room)[0], self.start]

    def _join(
        self, exchanges: list[tuple[list[int], list[bool]]], limit: int
    ) -> tuple[list[int], list[bool]]:
        """The newest exchanges that fit, oldest first; the newest alone is cut from its left if need be."""
        first, total = len(exchanges), len(self.template.start)
        while first > 0 and total + len(exchanges[first - 1][0]) <= limit:
            first -= 1
            total += len(exchanges[first][0])
        ids, learn = list(self.template.start), [False] * len(self.template.start)
        if first == len(exchanges) and exchanges:
            room = limit - len(ids)
            return ids + exchanges[-1][0][-room:], learn + exchanges[-1][1][-room:]
        for more_ids, more_learn in exchanges[first:]:
            ids += more_ids
            learn += more_learn
        return ids, learn


def _groups(turns: Sequence[Turn]) -> list[list[Turn]]:
    """Turns grouped by the listener's speech: each group begins with it and ends before the next."""
    groups: list[list[Turn]] = []
    for turn in turns:
        if not groups or (turn.role == "user" and groups[-1][-1].role != "user"):
            groups.append([])
        groups[-1].append(turn)
    return groups
