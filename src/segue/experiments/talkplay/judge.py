"""A language model behind a URL that grades answers from 1 to 5."""

from __future__ import annotations

import json
import re

from segue.experiments.talkplay.replies import Judge
from segue.kit.completions import FailedError, Server
from segue.kit.errors import SegueError

GRADES = ("relevance", "naturalness")
PROMPT = (
    "You grade the answers of a music recommender. Grade from 1 (bad) to 5 (good): relevance, how well the "
    "track fits what the listener said; naturalness, how much the answer sounds like a person. "
    'Answer with JSON alone: {"relevance": 3, "naturalness": 3}'
)


def judge_at(url: str, model: str) -> Judge:
    """A judge on an OpenAI-compatible server.

    Raises:
        SegueError: not a URL; when asked: an answer without both grades.
    """
    server = Server(url)

    def grade(asked: str) -> dict[str, float]:
        said = [{"role": "system", "content": PROMPT}, {"role": "user", "content": asked}]
        try:
            text = server.complete({"model": model, "messages": said})
        except FailedError as error:
            raise SegueError(f"the judge has no answer ({error})", url) from None
        return grades_in(text, url)

    return grade


def grades_in(text: str, where: str = "") -> dict[str, float]:
    """The grades in a judge's words.

    Raises:
        SegueError: there are not both of them, from 1 to 5.
    """
    found = re.search(r"\{[^{}]*\}", text)
    try:
        grades = json.loads(found[0]) if found else {}
        kept = {name: float(grades[name]) for name in GRADES}
    except (ValueError, KeyError, TypeError):
        kept = {}
    if not kept or not all(1 <= grade <= 5 for grade in kept.values()):
        raise SegueError(f"the judge gave no grades but {text[:80]!r}", where, "try another --judge-model")
    return kept
