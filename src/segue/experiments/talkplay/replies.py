"""What systems say of the track they put first: TalkPlay itself, and retrievers with a language model behind.

Source: TalkPlay 5 compares with such two-stage systems. Measured without a judge: whether the sentence names
its track, names no other of the catalogue, says nothing that the catalogue contradicts, how varied it is.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl
import torch

from segue.data.catalogue import Catalogue
from segue.data.request import Request
from segue.dialogues.format import Moment, moments
from segue.kit.bootstrap import interval
from segue.kit.completions import FailedError, Server
from segue.kit.errors import SegueError
from segue.kit.tables import with_interval
from segue.kit.words import distinct2, words
from segue.kit.workspace import stable_fraction
from segue.llm.load import SIZES, load_causal_lm, load_tokenizer
from segue.models.recommender import Recommender
from segue.models.talkplay.reply import Names, fill, names_another, states_wrong
from segue.tokens.vocabulary import ARTIST, TITLE

MOST_TOKENS = 48
Judge = Callable[[str], dict[str, float]]
"""What is asked in words -> grades by name; asked twice, for its agreement with itself."""
GRADES = ("relevance", "naturalness")
PROMPT = (
    "You grade the answers of a music recommender. Grade from 1 (bad) to 5 (good): relevance, how well the "
    "track fits what the listener said; naturalness, how much the answer sounds like a person. "
    'Answer with JSON alone: {"relevance": 3, "naturalness": 3}'
)
SHARES = {
    "names its track": "names_track",
    "names no other": "names_no_other",
    "no fact wrong": "no_fact_wrong",
    "said before": "repeated",
}


class Speaker(Protocol):
    """Writes the sentence that goes with a track."""

    def say(self, request: Request, track_id: str) -> str:
        """A sentence about the track as the answer to the request."""


class Prompted:
    """A language model that is given the dialogue and the facts of a track, and writes."""

    def __init__(self, name: str, catalogue: Catalogue) -> None:
        place = SIZES.get(name, name)
        self.model, self.tokenizer, self.catalogue = load_causal_lm(place), load_tokenizer(place), catalogue

    @torch.no_grad()
    def say(self, request: Request, track_id: str) -> str:
        """The first sentence or two that the model writes, greedily."""
        row = self.catalogue.tracks.row(self.catalogue.rows[track_id], named=True)
        facts = [f"title: {row['title']}", f"artist: {row['artist']}"]
        facts += [f"{k}: {row[k]}" for k in ("album", "year") if row.get(k) is not None]
        facts += [f"tags: {', '.join(row['tags'][:5])}"] if row.get("tags") else []
        asked = " / ".join(request.said[-3:])
        prompt = (
            "You are a friendly music recommender. A listener said: "
            f'"{asked}". You play this track - {"; ".join(facts)}. '
            "Answer the listener in one short sentence that names the track and its artist."
        )
        ids = self._ids(prompt)
        # Greedily: the same study says the same twice.
        drawn = self.model.generate(
            ids, max_new_tokens=MOST_TOKENS, do_sample=False, pad_token_id=self.tokenizer.eos_token_id
        )
        text = str(self.tokenizer.decode(drawn[0, ids.shape[1] :], skip_special_tokens=True))
        return " ".join(text.split())

    def _ids(self, prompt: str) -> torch.Tensor:
        """The prompt as the model's chat template writes it, or as it is where there is none."""
        text = prompt
        if self.tokenizer.chat_template:
            said = [{"role": "user", "content": prompt}]
            text = self.tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
        # The template has written the special tokens already.
        found: torch.Tensor = self.tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
        return found


@dataclass(frozen=True)
class System:
    """Who chooses the track, and who writes; without the former the true track is taken."""

    recommender: Recommender | None
    speaker: Speaker | None


def asked_of(catalogue: Catalogue, n: int, seed: int) -> list[Moment]:
    """n moments of different test dialogues, of different turns, always the same ones."""
    found: list[Moment] = []
    for dialogue in sorted(
        catalogue.dialogues_of("test"), key=lambda d: stable_fraction(d.dialogue_id, seed)
    ):
        if here := [m for m in moments(dialogue) if m.targets[0] in catalogue.rows]:
            found.append(here[len(found) % len(here)])
        if len(found) == n:
            break
    return found


def replies_of(
    catalogue: Catalogue, system: System, found: Sequence[Moment], judge: Judge | None
) -> pl.DataFrame:
    """One row a moment: the track, the sentence, what holds of it, the judge's two grades of each kind."""
    if not found:
        raise SegueError("no test dialogue to answer in", cure="run `segue dialogues` first")
    names, rows, before = Names(catalogue), [], set[str]()
    true = {d.dialogue_id: d for d in catalogue.dialogues_of("test")}
    for moment in found:
        track = moment.targets[0]
        if system.recommender is not None:
            track = str(system.recommender.recommend([moment.request], 1).ids[0, 0])
        row = catalogue.tracks.row(catalogue.rows[track], named=True)
        if system.speaker is not None:
            said = system.speaker.say(moment.request, track)
        else:  # what was said in truth, with the markers of simulated sentences filled in
            after = true[moment.dialogue_id].turns[len(moment.request.messages) :]
            said = fill(next((t.content for t in after if t.role == "assistant"), ""), row)
        facts = measured(said, row, names)
        plain = facts.pop("plain")
        told = {"dialogue_id": moment.dialogue_id, "turn": moment.turn, "track_id": track, "sentence": said}
        rows.append(told | facts | {"repeated": plain in before})
        before.add(plain)
        if judge is not None:
            rows[-1] |= _graded(judge, moment.request, rows[-1], catalogue)
    return pl.DataFrame(rows)


def _graded(judge: Judge, request: Request, reply: dict[str, Any], catalogue: Catalogue) -> dict[str, float]:
    """The judge's grades of one reply, asked twice."""
    row = catalogue.tracks.row(catalogue.rows[reply["track_id"]], named=True)
    words = f"Listener: {' / '.join(request.said[-3:])}\nTrack: {row['title']} by {row['artist']}"
    asked = f"{words}\nAnswer: {reply['sentence']}"
    twice = [judge(asked), judge(asked)]
    return {f"judge {name} {n}": grades[name] for n, grades in enumerate(twice, 1) for name in grades}


def measured(said: str, row: dict[str, Any], names: Names) -> dict[str, Any]:
    """What holds of a sentence about the track of `row`; `plain` is it without the track's own names."""
    title, artist = " ".join(words(row["title"])), " ".join(words(row["artist"]))
    text = f" {' '.join(words(said))} "
    own = bool(title) and f" {title} " in text
    template = said
    for name, marker in ((row["title"], TITLE), (row["artist"], ARTIST)):
        template = template.replace(name, marker)
    plain = text
    # The longer first: a title may hold the name of its artist.
    for name in sorted((title, artist), key=len, reverse=True):
        plain = plain.replace(f" {name} ", " - ") if name else plain
    return {
        "names_track": own,
        "names_no_other": not names_another(template, row, names),
        "no_fact_wrong": not states_wrong(template, row, names),
        "words": len(words(said)),
        "plain": plain,
    }


def table_of(results: dict[str, pl.DataFrame], seed: int) -> list[list[str]]:
    """The table of replies, header first: shares with intervals over dialogues, variety, length, grades."""
    graded = sorted({c[:-2] for t in results.values() for c in t.columns if c.startswith("judge ")})
    heads = [*(f"{name} [95 %]" for name in SHARES), "distinct-2", "words"]
    rows = [["system", *heads, *(h for g in graded for h in (g, "same twice"))]]
    for name, table in results.items():
        groups = table["dialogue_id"].to_numpy()
        cells = [
            with_interval(interval(table[column].cast(pl.Float64).to_numpy(), groups, seed=seed), ".2f")
            for column in SHARES.values()
        ]
        cells += [f"{distinct2(table['sentence'].to_list()):.2f}", f"{np.mean(table['words'].to_list()):.1f}"]
        for grade in graded:
            once, twice = (table[f"{grade} {n}"].to_numpy() for n in (1, 2))
            cells += [f"{np.mean([once, twice]):.2f}", f"{np.mean(once == twice):.2f}"]
        rows.append([name, *cells])
    return rows


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
    """The grades in a judge's words; raises `SegueError` where there are not both of them, from 1 to 5."""
    found = re.search(r"\{[^{}]*\}", text)
    try:
        grades = json.loads(found[0]) if found else {}
        kept = {name: float(grades[name]) for name in GRADES}
    except (ValueError, KeyError, TypeError):
        kept = {}
    if not kept or not all(1 <= grade <= 5 for grade in kept.values()):
        raise SegueError(f"the judge gave no grades but {text[:80]!r}", where, "try another --judge-model")
    return kept
