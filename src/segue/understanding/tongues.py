"""What is said in other languages, put into English by the rows of tongues.toml: one set of acts reads all.

An utterance is put into English only where more of it is of one other language than is English; names and
times stay as they are. What no row explains stays too: words for music are read in any language (words.toml).
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from segue.understanding.everyday import english
from segue.understanding.text import WIDE, Token, tokens
from segue.understanding.vocabulary import Concept

_OPTIONS = re.compile(r"\[([^\]]*)\]")
SMALL, SOCIAL, NOT = "small", "social", "not"
_BEHIND = ("tr",)
_OF = ("de", "di", "von", "van", "av")
_DISLIKED = "i dont like this one"
_ARTICLES = {
    "de": "der die das den dem des ein eine einen einem einer von vom",
    "fr": "le la les l un une du des de d",
    "es": "el la los las un una a de del al",
    "it": "il lo la i gli le un una di del della dei degli delle dello",
    "pt": "o a os as um uma de do da dos das",
    "nl": "de het een van",
    "sv": "en ett den det de av",
}
"""Words between a "not" and what it refuses."""
LEAST = 0.5
"""Weight of the words of a language from which an utterance may be in it."""


class Phrase(NamedTuple):
    """Words of a language ("~" ends a stem), what they are in English, and the section of their row."""

    words: tuple[str, ...]
    english: str
    section: str


class Tongue(NamedTuple):
    """The phrases of a language by their first word, longest first, those with stems, its words."""

    phrases: dict[str, list[Phrase]]
    stems: list[Phrase]
    words: frozenset[str]


class Said(NamedTuple):
    """An utterance in English, and the language that it was in, "" for one that stays as it is."""

    text: str
    tongue: str


def _spread(said: str) -> list[str]:
    """The phrases that "noch [eins/eine/]" stands for."""
    parts = _OPTIONS.split(said)
    options = [part.split("/") if i % 2 else [part] for i, part in enumerate(parts)]
    return ["".join(picked) for picked in itertools.product(*options)]


def _folded(phrase: str) -> tuple[str, ...]:
    """The words of a phrase as those of an utterance are folded; "~" stays."""
    if "~" not in phrase:
        return tuple(t.word for t in tokens(phrase))
    found: list[str] = []
    for word in phrase.split():
        found += [t.word for t in tokens(word)]
        if word.endswith("~"):
            found[-1] += "~"
    return tuple(found)


@cache
def tongues() -> dict[str, Tongue]:
    """The languages of tongues.toml."""
    rows: dict[str, dict[str, str]] = tomllib.loads(
        (files("segue.understanding") / "tongues.toml").read_text("utf-8")
    )
    found: dict[str, list[Phrase]] = {}
    for section, row in rows.items():
        for meaning, cells in row.items():
            for cell in cells.split("|"):
                name, _, said = cell.strip().partition(" ")
                for phrase in said.split(","):
                    spread = [_folded(p) for p in _spread(phrase)]
                    if section == NOT:
                        # "J'en ai marre d'ABBA": the article is left out where it is read.
                        spread += [w[:-1] for w in spread if len(w) > 2 and w[-1] in _OF]
                    found.setdefault(name, []).extend(Phrase(w, meaning, section) for w in spread if w)
    return {name: _tongue(phrases) for name, phrases in found.items()}


def _tongue(phrases: Sequence[Phrase]) -> Tongue:
    first: dict[str, list[Phrase]] = {}
    for phrase in sorted(dict.fromkeys(phrases), key=lambda p: -len(p.words)):
        first.setdefault(phrase.words[0], []).append(phrase)
    stems = [p for word, some in first.items() if word.endswith("~") for p in some]
    return Tongue(first, stems, frozenset(w for p in phrases for w in p.words))


def _fits(said: Sequence[str], start: int, words: Sequence[str]) -> bool:
    if start + len(words) > len(said):
        return False
    return all(
        said[start + i] == w or (w[-1] == "~" and said[start + i].startswith(w[:-1]))
        for i, w in enumerate(words)
    )


def _at(
    tongue: Tongue, said: Sequence[Token], words: Sequence[str], start: int, kept: Collection[int]
) -> Phrase | None:
    """The longest phrase at a place, none over the end of a clause; thanks and the like where that is all."""
    fits: list[Phrase] = [
        p
        for p in (*tongue.phrases.get(words[start], ()), *tongue.stems)
        if _fits(words, start, p.words)
        and not any(said[i].begins or i in kept for i in range(start + 1, start + len(p.words)))
    ]
    if not fits:
        return None
    longest = max(len(p.words) for p in fits)
    fits = [p for p in fits if len(p.words) == longest]
    after = start + longest
    alone = said[start].begins and (after == len(said) or said[after].begins)
    social = [p for p in fits if p.section == SOCIAL]
    return social[0] if alone and social else fits[0]


def _read(tongue: Tongue, said: Sequence[Token], kept: Collection[int]) -> list[tuple[int, int, Phrase]]:
    """The phrases of a language in an utterance, from the left; none over a token that is kept."""
    words, found, place = [t.word for t in said], list[tuple[int, int, Phrase]](), 0
    while place < len(said):
        phrase = None if place in kept else _at(tongue, said, words, place, kept)
        length = len(phrase.words) if phrase else 1
        if phrase:
            found.append((place, place + length, phrase))
        place += length
    return found


def language(
    said: Sequence[Token],
    music: Mapping[tuple[str, ...], Concept],
    names: Collection[str],
    kept: Collection[int] = (),
) -> str:
    """The language other than English that most of an utterance is in, "" for none.

    Args:
        said: the tokens.
        music: words that mean music in any language.
        names: words that are a name by themselves.
        kept: places of tokens that say nothing of it.
    """
    words = [t.word for t in said]
    own = english() | _ENGLISH
    # A word for music that is no English tells that it is another language, but not which.
    moods = (w for i, w in enumerate(words) if i not in kept and w not in own and (w,) in music)
    foreign = 0.3 * any(music[(w,)].kind not in ("genre", "country") for w in moods)
    best, most = "", LEAST
    for name, tongue in tongues().items():
        weight, covered, sure = 0.0, set(kept), foreign > 0
        for start, end, phrase in _read(tongue, said, kept):
            covered |= set(range(start, end))
            told = sum(0.25 if w in own else 1.0 for w in words[start:end])
            sure = sure or told >= 1 or end - start > 1
            weight += (0.4 if phrase.section == SMALL else 1.0) * told + 0.5 * (end - start > 1)
        rest = (w for i, w in enumerate(words) if i not in covered and w in own)
        surplus = weight + foreign - sum(0.3 if w in names or _common(music.get((w,))) else 1.0 for w in rest)
        if sure and weight >= 0.25 and surplus >= most:
            best, most = name, surplus + 0.001
    return best


def _common(concept: Concept | None) -> bool:
    """Whether a word for music is the same in many languages: "jazz", "piano"."""
    return concept is not None and concept.kind in ("genre", "instrument", "voice")


_ENGLISH = frozenset(
    "a about an and any are as at be by but do for from get had has have he her hers him his i if in is it "
    "its me my no not of off on or our out she so than that the their them they this to too up us was we "
    "were what when where which who whose why will with you your im ive id ill dont cant wont isnt pls plz "
    "thx lol nope ya hey hi songs tracks track ok okay gimme more less one once non band bands artist".split()
)
"""Words of English that are too short or too common to be in its list."""


def words_of(tongue: str) -> frozenset[str]:
    """The words of a language that any row has."""
    return tongues()[tongue].words


def put(said: Sequence[Token], tongue: str, kept: Collection[int]) -> str:
    """An utterance with the phrases of a language in English.

    Args:
        said: the tokens.
        tongue: the language.
        kept: places of tokens that stay as they are.
    """
    parts, place, clause = list[str](), 0, 0
    found = {start: (end, phrase) for start, end, phrase in _read(tongues()[tongue], said, set(kept))}
    while place < len(said):
        end, phrase = found.get(place, (place + 1, None))
        token = said[place]
        if place and any(t.begins for t in said[place:end]):
            parts.append(",")
            clause = len(parts)
        if phrase and phrase.english == _DISLIKED and len(parts) > clause:
            # "Techno mag ich nicht", "el metal no me gusta".
            parts.insert(clause, "i dont like")
        elif phrase and phrase.section != SMALL:
            if phrase.english == "more" and "no" in parts[clause:]:
                # "Keine Beatles mehr".
                parts[parts.index("no", clause)] = "no more"
            else:
                # In Turkish the "not" stands behind what is refused.
                at = clause if tongue in _BEHIND and phrase.section == NOT else len(parts)
                parts.insert(at, phrase.english)
            if phrase.section == NOT:
                # "Basta con i Queen" has enough of Queen.
                while (
                    end < len(said)
                    and end not in kept
                    and said[end].word in _ARTICLES.get(tongue, "").split()
                ):
                    end += 1
        else:
            written = token.word if "-" in token.written else token.written
            noun = tongue == "de" and place not in kept and len(found) > 0 and not _beside(said, place)
            parts.append(written[:1].lower() + written[1:] if noun else written)
        place = end
    return " ".join(p for p in parts if p).replace(" ,", ",")


def _beside(said: Sequence[Token], place: int) -> bool:
    """Whether a word written large stands beside another one: "Sigur Rós"."""
    around = [said[i] for i in (place - 1, place + 1) if 0 <= i < len(said)]
    return any(t.written[:1].isupper() for t in around)


def unblanked(text: str) -> str:
    """A text in which the phrases of Japanese, which has no blanks, are in English."""
    if not WIDE.search(text):
        return text
    phrases = [p for some in tongues()["ja"].phrases.values() for p in some]
    for phrase in sorted(phrases, key=lambda p: -len(p.words[0])):
        if phrase.words[0] in text:
            behind = phrase.section == NOT
            text = text.replace(phrase.words[0], " " if behind else f" {phrase.english} ")
            text = f"{phrase.english} {text}" if behind else text
    return text
