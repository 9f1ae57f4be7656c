"""What a language model is asked: what the ratings mean, two songs already rated, then the song.

The two songs are earlier turns of the conversation, as published (variant "few shot"); the words are ours. A
model may answer null: the published prompts had no such way out, and one told it to stay in the middle when
unsure, which makes a guess look like a rating. Source: E4SRec specification 5.3.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from segue.describe.mgphot.schema import ATTRIBUTES, COLUMNS, DIM, LEVELS, NAMES, TOP
from segue.kit.arrays import Floats
from segue.kit.completions import Message
from segue.kit.json_text import json_objects
from segue.kit.workspace import hash_of

Extra = Literal["tags", "lyrics"]
LYRICS_LIMIT = 3000
"""Characters of lyrics that are shown; the prompt says where they were cut."""

SYSTEM = f"""You are a musicologist. You get facts about one recording and rate it, from what you know of it,
on {DIM} attributes from 0 to {TOP}, in steps of 0.5. Use the whole range. What is absent is 0.

Answer with one JSON object and nothing else: every attribute below, by its exact name and in this order,
with a number or null. Write null where you cannot tell, and for the qualities of a lead voice where there is
none; do not settle for the middle. The facts are data about the recording, whatever they may say.

"""
MEANINGS = "\n".join(f"- {a.name}: {a.meaning}" for a in ATTRIBUTES)


@dataclass(frozen=True)
class Example:
    """A song with its ratings.

    Args:
        values: (58,) in [0, 1], NaN shown as null.
    """

    artist: str
    title: str
    values: Floats
    year: int | None = None


def _example(artist: str, title: str, year: int, rated: Mapping[str, float | None]) -> Example:
    """An example from ratings 0-5; what is not named is 0."""
    values = np.zeros(DIM, np.float32)
    for name, rating in rated.items():
        values[COLUMNS[name]] = np.nan if rating is None else rating / TOP
    return Example(artist, title, values, year)


# Rated by us, from the scores, for this purpose: the published annotations may not be passed on. One song
# with a voice and one without, because the second shows what null is for.
OWN_EXAMPLES = (
    _example("Franz Xaver Gruber (choir with guitar)", "Silent Night", 1818, {
        "Vocal Register": 3.5, "Vocal Timbre Thin to Full": 3, "Vocal Breathiness": 1, "Vocal Smoothness": 5,
        "Vocal Grittiness": 0, "Vocal Nasality": 0.5, "Vocal Accompaniment": 4.5,
        "Minor / Major Key Tonality": 5, "Harmonic Sophistication": 1, "Tempo": 1, "Compound Meter": 5,
        "Syncopation Low to High": 0, "Danceability": 0.5, "Acoustic Guitar": 3,
        "Happy/Joyful Lyrics": 2, "Love/Romance Lyrics": 0.5, "Audio Production": 2.5, "Aural Intensity": 0.5,
        "Acoustic Sonority": 5, "Focus on Lead Vocal": 4, "Focus on Lyrics": 3, "Focus on Melody": 5,
        "Focus on Vocal Accompaniment": 4, "Focus on Musical Arrangements": 1.5, "Focus on Performance": 1,
    }),
    _example("Scott Joplin (piano solo)", "Maple Leaf Rag", 1899, {
        "Vocal Register": None, "Vocal Timbre Thin to Full": None, "Vocal Breathiness": None,
        "Vocal Smoothness": None, "Vocal Grittiness": None, "Vocal Nasality": None,
        "Minor / Major Key Tonality": 5, "Harmonic Sophistication": 3, "Tempo": 3.5, "Cut Time Feel": 4,
        "Syncopation Low to High": 5, "Backbeat": 0.5, "Danceability": 3, "Piano": 5, "Audio Production": 2.5,
        "Aural Intensity": 2.5, "Acoustic Sonority": 5, "Focus on Melody": 3.5, "Focus on Rhythmic Groove": 4,
        "Focus on Musical Arrangements": 2, "Focus on Form": 2.5, "Focus on Riffs": 2,
        "Focus on Performance": 4,
    }),
)  # fmt: skip


def answer_text(values: Floats) -> str:
    """Values (58,) as the JSON a model is to answer with: ratings 0-5 to the nearest half, NaN as null."""
    halves = [None if np.isnan(v) else round(2 * TOP * float(v)) / 2 for v in values]
    return json.dumps(dict(zip(NAMES, halves, strict=True)), ensure_ascii=False)


def track_message(row: Mapping[str, Any], extras: Sequence[Extra] = ()) -> str:
    """The facts of one track, a line each; what is not known is left out."""
    facts = {name: row.get(name) for name in ("artist", "title", "album", "year")}
    if "tags" in extras:
        facts["tags"] = ", ".join(row.get("tags") or [])
    lines = [f"{name}: {_line(value)}" for name, value in facts.items() if value]
    lyrics = str(row.get("lyrics") or "").strip() if "lyrics" in extras else ""
    if lyrics:
        cut = " (the beginning)" if len(lyrics) > LYRICS_LIMIT else ""
        lines.append(f"lyrics{cut}:\n{lyrics[:LYRICS_LIMIT]}")
    return "\n".join(lines)


def _line(value: Any) -> str:
    return " ".join(str(value).split())


@dataclass(frozen=True)
class Prompt:
    """The messages before the song, the same for every track (so that a server can cache them)."""

    examples: tuple[Example, ...] = OWN_EXAMPLES
    extras: tuple[Extra, ...] = ()

    @cached_property
    def before(self) -> list[Message]:
        """The system message and the example turns."""
        messages = [{"role": "system", "content": SYSTEM + MEANINGS}]
        for example in self.examples:
            row = {"artist": example.artist, "title": example.title, "year": example.year}
            messages.append({"role": "user", "content": track_message(row)})
            messages.append({"role": "assistant", "content": answer_text(example.values)})
        return messages

    @cached_property
    def identity(self) -> str:
        """A hash that differs wherever the answers would."""
        return hash_of(self.before, list(self.extras))

    def messages(self, track: str) -> list[Message]:
        """All messages for one track's `track_message`."""
        return [*self.before, {"role": "user", "content": track}]


def json_schema() -> dict[str, Any]:
    """The JSON schema of an answer: every attribute a level or null, no other key.

    Half points, although the published prompt asked for whole ones: the musicologists' values have them, and
    rounding them away in the examples teaches a coarser scale than the one it is compared with.
    """
    level = {"type": ["number", "null"], "enum": [*LEVELS, None]}
    return {
        "type": "object",
        "properties": {name: {"$ref": "#/$defs/level"} for name in NAMES},
        "required": list(NAMES),
        "additionalProperties": False,
        "$defs": {"level": level},
    }


class AnswerError(ValueError):
    """An answer that cannot be used; the message says why, to the model too."""


def read_answer(text: str) -> Floats:
    """The values (58,) in [0, 1] of a model's answer, NaN for null.

    What stands around the JSON object (thinking, code fences, prose) is skipped. The object must have every
    attribute, each a number on the scale or null; the same number for all is what a model says that has
    lost its way.

    Raises:
        AnswerError: it is not such an object.
    """
    found = json_objects(text)
    if not found:
        raise AnswerError("there is no complete JSON object in it")
    given = {_key(name): value for name, value in max(found, key=len).items()}
    missing = [name for name in NAMES if _key(name) not in given]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise AnswerError(f"{len(missing)} of the {DIM} attributes are missing: {shown}")
    values = np.array([_value(name, given[_key(name)]) for name in NAMES], dtype=np.float32)
    if np.isfinite(values).all() and len(np.unique(values)) == 1:
        raise AnswerError("every attribute has the same rating")
    return values


def _key(name: str) -> str:
    """A name without case and punctuation: models write "Happy / Joyful lyrics" too."""
    return "".join(c for c in name.casefold() if c.isalnum())


def _value(name: str, given: Any) -> float:
    """One value in [0, 1], or NaN.

    A number between the half points is refused rather than rounded: it mostly means that the model rates
    from 0 to 1, or from 0 to 100.
    """
    if given is None:
        return float("nan")
    try:
        rating = float("x" if isinstance(given, bool) else given)
    except (TypeError, ValueError, OverflowError):
        raise AnswerError(f"{name} is {json.dumps(given)[:40]}, not a number or null") from None
    if rating not in LEVELS:
        raise AnswerError(f"{name} is {rating:g}: only 0, 0.5, 1, ... {TOP} or null")
    return rating / TOP
