"""Languages that are asked for and in which nothing here is marked to be: "something sung in Finnish"."""

from __future__ import annotations

from segue.understanding.facts import Fact
from segue.understanding.index import Index
from segue.understanding.reading import Reading

_TONGUES = frozenset(
    "finnish norwegian danish icelandic hungarian romanian serbian croatian bulgarian czech slovak slovenian "
    "estonian latvian lithuanian ukrainian welsh swahili zulu yoruba hausa amharic thai vietnamese tamil "
    "punjabi bengali urdu tagalog malay indonesian catalan basque breton flemish frisian".split()
)
"""Languages that count as of a wider region here."""


def of_no_song(reading: Reading, fact: Fact, index: Index) -> list[str]:
    """What is not here where a song "in Finnish" is asked for, and only the region is marked anywhere."""
    said, place = reading.said, fact.end - 1
    word = said[place].word
    asked = place and said[place - 1].word == "in" and fact.start == place and word in _TONGUES
    told = asked and not index.having((word,)).any()
    return [f"songs in {said[place].written}"] if told else []
