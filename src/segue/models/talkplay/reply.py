"""The sentence that goes with a track: generated after it, and held to the facts of that track.

The model writes `<|title|>` and `<|artist|>` where it means the recommended track; they are filled in from
the catalogue. A sentence that names some other track or artist of the catalogue, or a tag, a year or a decade
that is not the track's, is drawn again, and after some tries replaced by a plain one.

Source: TalkPlay 2.3, p(response | query, music); the check is ours.
"""

import re
from typing import Any

import numpy as np
import torch

from segue.data.catalogue import Catalogue
from segue.kit.words import words
from segue.llm.session import Session, nucleus
from segue.models.retrieval.mentions import fact_keys
from segue.models.talkplay.sequence import MARKERS, Encoder
from segue.tokens.vocabulary import ARTIST, END, SPECIAL, START, TITLE

TRIES = 6
MAX_WORDS = 48
TIMES = re.compile(
    r"\b\d+(?:s\b)?|\b(?:twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties"
    r"|noughties|aughts|nineteen)\b"
)
"""Years and decades, and what looks like one: a number that is not of the track's year is wrong."""
LONGEST_NAME = 8
"""Names of more words are not looked for."""


class Names:
    """The titles and artists of a catalogue, to be found in sentences.

    A name of one word counts only where it is written with a capital inside a sentence or between quotes:
    "Happy" and "happy" are not the same.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        names = [*catalogue.tracks["title"].to_list(), *catalogue.tracks["artist"].to_list()]
        keys = {tuple(words(n)) for n in names if n}
        self.many = {k for k in keys if 1 < len(k) <= LONGEST_NAME}
        self.one = {k[0] for k in keys if len(k) == 1}
        tags = catalogue.tracks["tags"].explode().drop_nulls().unique().to_list()
        self.tags = {tuple(words(t)) for t in tags} - {()}

    def found(self, sentence: str) -> set[str]:
        """The names in a sentence, as their words."""
        said = words(sentence)
        spans = {tuple(said[i : i + n]) for n in range(2, LONGEST_NAME + 1) for i in range(len(said) - n + 1)}
        inside = [w for w in re.findall(r"(?<=[\w,;] )\w\w+", sentence) if w[0].isupper()]
        marked = re.findall(r"[\"“'‘](\w+)[\"”'’]", sentence) + inside
        single = {" ".join(words(w)) for w in marked} & self.one
        return {" ".join(s) for s in spans & self.many} | single


def fill(template: str, row: dict[str, Any]) -> str:
    """The sentence with the track's own title and artist in place of the markers."""
    facts = {TITLE: str(row["title"]), ARTIST: str(row["artist"])}
    # In one pass: a title is not searched for markers.
    text = MARKERS.sub(lambda found: facts[found[0]], template)
    return re.sub(r"\s+", " ", text).strip()


def names_another(template: str, row: dict[str, Any], names: Names) -> bool:
    """Whether a sentence, its markers not filled in yet, names a track or artist that is not the row's."""
    own = " ".join(["", *words(f"{row['title']} {row['artist']}"), ""])
    blank = template.replace(TITLE, " | ").replace(ARTIST, " | ")
    return any(f" {name} " not in own for name in names.found(blank))


def states_wrong(template: str, row: dict[str, Any], names: Names) -> bool:
    """Whether a sentence gives the row's track a year, a decade or a tag that is not its own."""
    year = row.get("year")
    times = [m for m in TIMES.findall(template.casefold()) if m]
    if times and (year is None or not set(times) <= fact_keys([], year)):
        return True
    said = words(template.replace(TITLE, " ").replace(ARTIST, " "))
    own = set(words(" ".join(row.get("tags") or [])))
    spans = {tuple(said[i : i + n]) for n in range(1, 4) for i in range(len(said) - n + 1)}
    return any(not own.issuperset(span) for span in spans & names.tags)


def sentence(
    session: Session,
    encoder: Encoder,
    names: Names,
    catalogue: Catalogue,
    prompt: list[int],
    row: int,
    seed: int,
) -> str:
    """A sentence about the track of `row` after the dialogue of `prompt`, which ends in START."""
    track = catalogue.tracks.row(row, named=True)
    # By track: the same seed says the same of it, whatever was said of others before.
    generator = torch.Generator().manual_seed(seed + row)
    # Without its last token, START, with which the track's own tokens begin.
    ids = [*prompt[:-1], *encoder.track(row), *encoder.template.before_assistant]
    for _ in range(TRIES):
        template = _draw(session, encoder, ids, generator)
        # "Sure." is no sentence about a track.
        if len(words(template)) >= 3 and not wrong(template, track, names):
            return fill(template, track)
    return f"Here is “{track['title']}” by {track['artist']}."


def wrong(template: str, row: dict[str, Any], names: Names) -> bool:
    """Whether a sentence must not be said of the row's track."""
    return names_another(template, row, names) or states_wrong(template, row, names)


def _draw(session: Session, encoder: Encoder, ids: list[int], generator: torch.Generator) -> str:
    """One sampled sentence with its markers; music tokens are not words and cannot be drawn."""
    vocabulary, tokenizer = encoder.vocabulary, encoder.tokenizer
    first = vocabulary.first
    closing = (encoder.template.after_assistant or [tokenizer.eos_token_id])[0]
    stops = {closing, tokenizer.eos_token_id}
    allowed = {vocabulary.special(TITLE), vocabulary.special(ARTIST), *stops}
    control = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special and i < first}
    silent = sorted(({vocabulary.special(START), vocabulary.special(END)} | control) - allowed)
    drawn: list[int] = []
    state = session.read(ids)
    for _ in range(MAX_WORDS):
        logits = session.logits(state, 0, first + len(SPECIAL))
        # Words that steer the chat or begin a track are no words of a sentence.
        logits[silent] = -np.inf
        token = nucleus(logits, 0.8, generator, temperature=0.7)
        if token in stops:
            break
        drawn.append(token)
        state = session.read([*session.ids, token])
    return str(tokenizer.decode(drawn)).strip()
