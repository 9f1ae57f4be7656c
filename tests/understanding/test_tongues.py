"""One request in eight languages is one state; what is English stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.understanding.rules import Rules
from segue.understanding.tongues import tongues
from ten_tracks import after, wishes

LANGUAGES = ("de", "fr", "es", "it", "pt", "nl", "pl", "sv")
ROWS = (Path(__file__).parent / "same_in_eight.txt").read_text("utf-8").splitlines()
SAME = [
    (said, code, words)
    for words, row in (line.split(": ") for line in ROWS)
    for code, said in zip(LANGUAGES, row.split("|"), strict=True)
]
"""An utterance, its language, and what it is in English."""


@pytest.mark.parametrize(("said", "code", "same"), SAME)
def test_a_request_means_the_same_in_eight_languages(reader: Rules, said: str, code: str, same: str) -> None:
    began = ("some jazz, no queen",) if "fine" not in same else ("rock, no queen",)
    told, expected = after(reader, *began, said), after(reader, *began, same)
    assert wishes(told) == wishes(expected)
    for part in ("act", "asked", "count", "comparisons", "like", "rejected", "unknown"):
        assert getattr(told, part) == getattr(expected, part), part


def test_every_cell_of_the_eight_languages_is_filled() -> None:
    phrases = {name: [p for some in t.phrases.values() for p in some] for name, t in tongues().items()}
    meanings = {name: {p.english for p in some if p.section != "music"} for name, some in phrases.items()}
    rows = set.union(*meanings.values()) - {"by", "a calm", "both"}
    assert {name: rows - meanings[name] for name in LANGUAGES if rows - meanings[name]} == {}


ENGLISH = """die another day|more|come together|one|no queen|sin city|son of a preacher man|the man
play me something|la bamba|play one by metallica|so what|an old song|no techno|non stop disco|salsa
a french song|i'm heartbroken|bossa nova please|something in german|was it good|no wait|no scrubs by tlc
songs in spanish|me and my friends|so what?|No Scrubs"""


@pytest.mark.parametrize("words", ENGLISH.replace("\n", "|").split("|"))
def test_english_stays_as_it_is(reader: Rules, words: str) -> None:
    assert reader.in_english(words) == (words, "")


def test_names_and_times_stay_as_they_are(reader: Rules) -> None:
    assert wishes(after(reader, "spiel so what von miles davis", played=())) == {"title So What"}
    assert wishes(after(reader, "rock de los 70, nada de bowie", played=())) >= {"year the 1970s"}
    assert after(reader, "Stromae - Alors on danse", played=()).unknown


@pytest.mark.parametrize(
    "said", ["metal olmasın", "メタル以外で", "только не метал", "тільки не метал", "όχι metal"]
)
def test_refusals_in_other_scripts(reader: Rules, said: str) -> None:
    assert wishes(after(reader, said, played=())) == {"genre no metal"}
