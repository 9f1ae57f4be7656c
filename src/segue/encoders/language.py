"""The language of a text, by py3langid (97 languages, one small model inside its wheel)."""

import re
from functools import cache
from typing import Any

from segue.kit.errors import needed

LEAST_LETTERS = 10
"""A text with fewer letters says nothing of its language."""


def language_of(text: str) -> tuple[str | None, float]:
    """The code of a text's language, and its probability; (None, 0.0) for a text of almost no letters."""
    if sum(map(str.isalpha, text)) < LEAST_LETTERS:
        return None, 0.0
    # Capitals and the ends of lines say nothing of the language, but the model was not made for them.
    code, probability = _model().classify(re.sub(r"\s+", " ", text).strip().lower())
    return str(code), round(float(probability), 4)


@cache
def _model() -> Any:
    """The model, once a process."""
    with needed("the library that tells languages is missing", "audio", "py3langid"):
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
