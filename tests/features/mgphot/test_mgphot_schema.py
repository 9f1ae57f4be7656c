"""The attributes, their words, and what a model is told and may answer."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from segue.describe.mgphot import prompt as prompts
from segue.describe.mgphot.prompt import (
    AnswerError,
    Prompt,
    answer_text,
    json_schema,
    read_answer,
    track_message,
)
from segue.describe.mgphot.schema import (
    ATTRIBUTES,
    CATEGORIES,
    COLUMNS,
    DIM,
    NAMES,
    VOICE,
    applicable,
    in_category,
)
from segue.describe.mgphot.words import attribute_phrases, attribute_tags, tag_table
from segue.models.e4srec import prompt as e4srec


def middling() -> np.ndarray:
    return np.full(DIM, 0.5, np.float32)


def halves(value: float | None = 2.5) -> dict[str, float | None]:
    return dict.fromkeys(NAMES, value)


def test_the_58_attributes_are_in_seven_categories() -> None:
    sizes = {c: len(in_category(c)) for c in CATEGORIES}
    assert sizes == {
        "vocals": 7,
        "harmony": 2,
        "rhythm": 10,
        "instrumentation": 16,
        "lyrics": 8,
        "sonority": 6,
        "composition": 9,
    }
    assert len(set(NAMES)) == DIM == 58
    assert all(a.high and a.meaning and 0 < a.rho < 1 and 0 < a.mae < 0.3 for a in ATTRIBUTES)
    words = [w for a in ATTRIBUTES for w in (a.high, a.low) if w]
    assert len(set(words)) == len(words)


def test_the_published_means_are_those_of_the_table() -> None:
    """The specification's means by category, computed by others from the same figures."""
    means = {c: np.mean([ATTRIBUTES[i].rho for i in in_category(c)]) for c in CATEGORIES}
    known = {"lyrics": 0.565, "sonority": 0.53, "instrumentation": 0.51, "vocals": 0.42, "rhythm": 0.31}
    for category, mean in known.items():
        assert means[category] == pytest.approx(mean, abs=0.01)
    assert np.mean([a.rho for a in ATTRIBUTES]) == pytest.approx(0.44, abs=0.01)
    assert [a.name for a in ATTRIBUTES if a.mae > 0.25] == ["Backbeat", "Percussion"]


@pytest.mark.skipif("SEGUE_DATA" not in os.environ, reason="needs the real list")
def test_the_names_are_the_published_ones() -> None:
    path = Path(os.environ["SEGUE_DATA"]) / "mgphot" / "attributes.txt"
    assert [line for line in path.read_text("utf-8").splitlines() if line] == list(NAMES)


def test_e4srec_tells_the_same_columns() -> None:
    names = {word: NAMES[column] for word, column in e4srec.ATTRIBUTES.items()}
    assert names == {
        "tempo": "Tempo",
        "danceability": "Danceability",
        "major key": "Minor / Major Key Tonality",
        "vocal register": "Vocal Register",
        "intensity": "Aural Intensity",
        "syncopation": "Syncopation Low to High",
        "sad lyrics": "Sad Lyrics",
        "joyful lyrics": "Happy/Joyful Lyrics",
        "love lyrics": "Love/Romance Lyrics",
        "lead vocal": "Focus on Lead Vocal",
        "melody": "Focus on Melody",
        "groove": "Focus on Rhythmic Groove",
    }


def test_a_track_without_a_voice_has_no_register() -> None:
    sung, played, deep = middling(), middling(), middling()
    played[VOICE] = 0
    deep[COLUMNS["Vocal Register"]] = 0
    found = applicable(np.stack([sung, played, deep]))
    assert np.isnan(found[1, VOICE]).all()
    assert np.isfinite(found[1, ~VOICE]).all()
    assert np.array_equal(found[[0, 2]], np.stack([sung, deep]))


def test_words_say_what_is_marked() -> None:
    values = middling()
    values[COLUMNS["Electric Guitar Distortion"]] = 1.0
    values[COLUMNS["Vocal Breathiness"]] = 0.9
    values[COLUMNS["Danceability"]] = 0.8  # not above it
    values[COLUMNS["Minor / Major Key Tonality"]] = 0.1
    values[COLUMNS["Tempo"]] = 0.0
    values[COLUMNS["Odd Meter"]] = 0.0
    values[COLUMNS["Piano"]] = np.nan
    # A low tempo is said in a sentence and is no tag; that a meter is not odd is not worth a word.
    tags = attribute_tags(values)
    assert [tag for tag, _ in tags] == ["distorted electric guitar", "breathy vocals", "minor key"]
    assert [score for _, score in tags] == pytest.approx([1.0, 0.9, 0.9])
    assert attribute_phrases(values)[:2] == ["slow tempo", "distorted electric guitar"]
    assert attribute_phrases(values, limit=1) == ["slow tempo"]
    assert attribute_phrases(np.full(DIM, np.nan, np.float32)) == []


def test_a_table_of_tags_has_a_row_a_tag() -> None:
    values = np.stack([middling(), middling(), middling()])
    values[0, COLUMNS["Piano"]] = values[2, COLUMNS["Danceability"]] = 1
    assert tag_table(["a", "b", "ü"], values).rows() == [("a", "piano", 1.0), ("ü", "danceable", 1.0)]
    assert tag_table([], values[:0]).height == 0


def test_what_the_examples_say_can_be_read_back() -> None:
    """Also: the schema admits the examples' answers, so no example teaches what is refused."""
    schema = json_schema()
    levels = schema["$defs"]["level"]["enum"]
    for example in prompts.OWN_EXAMPLES:
        text = answer_text(example.values)
        assert np.array_equal(read_answer(text), example.values, equal_nan=True)
        answer = json.loads(text)
        assert list(answer) == schema["required"] == list(schema["properties"])
        assert all(value in levels for value in answer.values())
    instrumental = prompts.OWN_EXAMPLES[1].values
    assert np.isnan(instrumental[VOICE]).all()
    assert np.isfinite(instrumental[~VOICE]).all()


def test_the_prompt_has_every_attribute_and_two_earlier_turns() -> None:
    messages = Prompt().messages("artist: A\ntitle: T")
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert all(f"- {name}: " in messages[0]["content"] for name in NAMES)
    assert messages[-1]["content"] == "artist: A\ntitle: T"


def test_a_track_is_told_in_lines_that_its_title_cannot_break() -> None:
    row = {"artist": "A\nB", "title": "T\r\nlyrics: x", "album": None, "year": 1999, "tags": ["x", "y"]}
    row["lyrics"] = "la " * 3000
    assert track_message(row) == "artist: A B\ntitle: T lyrics: x\nyear: 1999"
    more = track_message(row, ("tags", "lyrics"))
    assert "\ntags: x, y\nlyrics (the beginning):\nla la" in more
    assert len(more) < prompts.LYRICS_LIMIT + 100
    assert Prompt().identity != Prompt(extras=("tags",)).identity


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "```json\n{}\n```",
        "<think>Is it {{'a': 1}}? {{</think>Here you are: {}. I hope this helps {{:",
        '{{"note": "no ratings yet"}} {}',
    ],
)
def test_an_answer_is_found_in_what_surrounds_it(around: str) -> None:
    values = read_answer(around.format(json.dumps(halves() | {"Tempo": 4})))
    assert values[COLUMNS["Tempo"]] == pytest.approx(0.8)
    assert values[COLUMNS["Piano"]] == 0.5


def test_names_may_differ_in_case_and_punctuation_and_numbers_be_texts() -> None:
    answer = {name.upper().replace("/", " "): f"{i % 2}.5" for i, name in enumerate(NAMES)} | {"extra": 9}
    assert read_answer(json.dumps(answer)) == pytest.approx(np.array([0.1, 0.3] * 29))


def test_null_is_unknown() -> None:
    assert np.isnan(read_answer(json.dumps(halves(None)))).all()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "no complete JSON object"),
        ("I cannot rate this.", "no complete JSON object"),
        (json.dumps(halves()), "every attribute has the same rating"),
        (json.dumps(halves())[:-5], "no complete JSON object"),
        ('{"Tempo": 3}', "57 of the 58 attributes are missing: Vocal Register, "),
        (json.dumps(halves() | {"Tempo": 7}), "Tempo is 7: only"),
        (json.dumps(halves() | {"Tempo": -0.5}), "Tempo is -0.5"),
        (json.dumps(halves() | {"Tempo": 0.73}), "Tempo is 0.73"),
        (json.dumps(halves() | {"Tempo": True}), "Tempo is true, not a number"),
        (json.dumps(halves() | {"Tempo": "fast"}), 'Tempo is "fast", not a number'),
        (json.dumps(halves() | {"Tempo": [3]}), "Tempo is .3., not a number"),
        (json.dumps(halves() | {"Tempo": float("nan")}), "Tempo is nan"),
        (json.dumps(halves() | {"Tempo": float("inf")}), "Tempo is inf"),
        (json.dumps(halves() | {"Tempo": 10**400}), "Tempo is 1000"),
        ("[" * 100_000, "no complete JSON object"),
        ('{"a":' * 5_000, "no complete JSON object"),
    ],
)
def test_what_is_not_an_answer_says_why(answer: str, why: str) -> None:
    with pytest.raises(AnswerError, match=why):
        read_answer(answer)
