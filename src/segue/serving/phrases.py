"""The words of which sentences are made."""

import tomllib
from importlib.resources import files

_WORDS = tomllib.loads((files("segue.serving") / "phrases.toml").read_text("utf-8"))
SAID: dict[str, list[str]] = _WORDS["sentences"]
SOCIAL: dict[str, list[str]] = _WORDS["social"]
"""How greetings and the like begin."""
LANGUAGES: dict[str, str] = _WORDS["languages"]
