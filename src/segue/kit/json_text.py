"""JSON in the words of a language model."""

import json
from typing import Any

MOST_BRACES = 100
"""Braces of an answer that are tried as the beginning of an object."""


def json_objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects of a model's words, outermost ones only; thinking, fences and prose are skipped.

    What stands behind many braces is not looked at.
    """
    text = text.rpartition("</think>")[2]
    decoder, found, start = json.JSONDecoder(), [], text.find("{")
    # Each try reads on from its brace: an answer of braces alone would take quadratic time.
    for _ in range(MOST_BRACES):
        if start < 0:
            break
        try:
            value, end = decoder.raw_decode(text, start)
        # Thousands of brackets within each other exhaust the decoder's recursion.
        except (ValueError, RecursionError):
            end = start + 1
        else:
            found.append(value)
        start = text.find("{", end)
    return found
