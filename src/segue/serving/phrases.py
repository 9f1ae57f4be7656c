"""The words of which sentences are made."""

import tomllib
from importlib.resources import files

_WORDS = tomllib.loads((files("segue.serving") / "phrases.toml").read_text("utf-8"))
SAID: dict[str, list[str]] = _WORDS["sentences"]
UNCAUGHT: list[str] = _WORDS["sentences"]["uncaught"]
"""What is said where nothing was understood."""
FELT: dict[str, str] = _WORDS["felt"]
"""What is said to news, by the occasion that they are."""
HEARD: dict[str, str] = _WORDS["heard"]
"""What plays, where a tag says how it sounds."""
SOCIAL: dict[str, list[str]] = _WORDS["social"]
"""How greetings and the like begin."""
LANGUAGES: dict[str, str] = _WORDS["languages"]
