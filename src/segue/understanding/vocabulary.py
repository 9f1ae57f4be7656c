"""Words for music: which wish a phrase speaks of, in a dozen languages and in a catalogue's own tags."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import product
from typing import NamedTuple, cast

from segue.data.names import tag_key
from segue.understanding.everyday import everyday
from segue.understanding.state import Kind
from segue.understanding.text import WIDE, elided, fold

LANGUAGE = "lang:"
"""Before a value of a country: the language that stands for it where nothing says where music is from."""

NEAR = "*"
"""Ends a phrase of words.toml that is a thing of its own, to which what its row stands for is only near."""

FAMILY = "family:"
"""Before a value of a sub-genre: the genre that is nearest where the catalogue has no such tag."""


class Concept(NamedTuple):
    """What a phrase means: the kind of wish, its name, and what meets it ("-tag": what must not be there)."""

    kind: Kind
    name: str
    values: tuple[str, ...]


@cache
def table() -> dict[str, dict[str, list[str]]]:
    """The words of words.toml: kind -> name -> tags and phrases."""
    return tomllib.loads((files("segue.understanding") / "words.toml").read_text("utf-8"))


@cache
def concepts() -> dict[tuple[str, ...], Concept]:
    """Phrase in folded words -> what it means; phrases in scripts without blanks are one word."""
    found: dict[tuple[str, ...], Concept] = {}
    for kind, rows in table().items():
        for name, row in rows.items():
            *tags, phrases = row
            mark = LANGUAGE if kind == "country" else "-"
            more = [t for t in tags[1].split("|") if t] if len(tags) > 1 else []
            values = (*tags[0].split("|"), *(mark + t for t in more))
            concept = Concept(cast(Kind, kind), name, values)
            for phrase in (name, *phrases.split(",")):
                said = phrase.strip().removesuffix(NEAR)
                if words := tuple(split(said)):
                    # A row without tags is a list of things that are each their own tag.
                    near = (FAMILY + name,) if tags[0] else ()
                    own = concept._replace(name=said, values=(said, *near))
                    alone = phrase.endswith(NEAR) or not tags[0]
                    found.setdefault(words, own if alone else concept)
    return found


@cache
def scenes() -> dict[tuple[str, ...], Concept]:
    """Phrase in folded words -> the occasion that it is behind "for", "while" and the like."""
    text = (files("segue.understanding") / "scenes.toml").read_text("utf-8")
    rows: dict[str, str] = tomllib.loads(text)
    said = [(tuple(split(p)), name) for name, phrases in rows.items() for p in phrases.split(",")]
    return {phrase: concepts()[tuple(split(name))] for phrase, name in said}


BANDS = frozenset("band bands album albums artist artists song songs track tracks music riffs".split())
"""Words for music and who plays it, before which a common word may be a genre."""


@cache
def subgenres() -> dict[tuple[str, ...], Concept]:
    """Phrase in folded words -> a sub-genre, its own tag first, then those of the family that is nearest.

    `Concept.name` is the sub-genre as it is said; the family's name stands last in `values` behind `FAMILY`.
    """
    text = (files("segue.understanding") / "genres.toml").read_text("utf-8")
    given: dict[str, dict[str, str]] = tomllib.loads(text)
    said: list[tuple[str, str]] = []
    for family, words in given["before"].items():
        heads = [h.strip() for h in given["heads"][family].split(",")]
        said += [(f"{word.replace('-', ' ')} {head}", family) for word in words.split() for head in heads]
    said += [(name.strip(), family) for family, names in given["own"].items() for name in names.split(",")]
    found: dict[tuple[str, ...], Concept] = {}
    for family, words in given["beside"].items():
        for name, noun in product(words.split(), BANDS):
            found[name, noun] = Concept("genre", name, (name, FAMILY + family))
    for name, family in said:
        if phrase := tuple(split(name)):
            found.setdefault(phrase, Concept("genre", name, (name, FAMILY + family)))
    return found


@cache
def respelt() -> dict[tuple[str, ...], Concept]:
    """Genres in one word where they are two, and in two where they are one: "indierock", "vapor wave"."""
    known = {p: c for p, c in {**subgenres(), **concepts()}.items() if c.kind == "genre"}
    found: dict[tuple[str, ...], Concept] = {}
    for phrase, concept in known.items():
        whole = "".join(phrase)
        if len(phrase) == 2 and phrase[1] in _JOINED and len(phrase[0]) > 1 and whole not in everyday():
            found.setdefault((whole,), concept)
        tail = next((t for t in _PARTED if len(phrase) == 1 and whole.endswith(t)), "")
        if tail and whole not in everyday() and len(front := whole.removesuffix(tail)) > 2:
            found.setdefault((front, tail), concept)
    return {phrase: concept for phrase, concept in found.items() if phrase not in known}


_JOINED = frozenset("rock metal punk jazz rap house techno trance ambient wave core step soul folk".split())
"""Words that people write together with the word before them."""
_APART = _JOINED | frozenset("pop guitar piano bass organ machine age listening songwriter fusion".split())
"""Words that stand apart from the word before them."""
_PARTED = tuple("wave core style step trance tronica gaze hop pop rock metal punk beat tune synth".split())
"""Ends of genres that people write apart."""


def split(phrase: str) -> list[str]:
    """The words of a phrase as the tokens of an utterance are folded; "~" at the end of a stem stays."""
    text = (
        fold(elided(phrase.strip().replace("’", "'"))).replace("-", " ").replace("=", " ").replace("&", " & ")
    )
    return [text.strip()] if WIDE.search(text) else text.replace("/", " ").split()


@cache
def run_together() -> dict[str, tuple[str, ...]]:
    """Key of a tag -> its words, of phrases of several words for music: "acousticguitar"."""
    phrases = (p for p in (*subgenres(), *concepts()) if len(p) > 1)
    return {tag_key("".join(p)): p for p in phrases}


def in_words(tag: str) -> str:
    """A tag as it is said: "acousticguitar" is "acoustic guitar"; one that is a word stays."""
    said = tuple(split(tag))
    known = (concepts().get(said) or subgenres().get(said)) if len(said) == 1 else None
    if known and known.kind == "genre" and tag == known.name.title():
        return known.name  # "Folk" in the middle of a sentence.
    if known and tag_key(known.name) == tag_key(tag):
        return known.name
    apart = run_together().get(tag_key(tag), ())
    parted = tag.isalpha() and apart[-1:] and apart[-1] in _APART and {*apart} <= everyday() | _APART
    return " ".join(apart) if parted else tag


@cache
def moods() -> frozenset[str]:
    """The names of moods: tags of a catalogue that say one are moods, too."""
    return frozenset(table()["mood"])


def kind_of(tag: str) -> Kind:
    """The kind of a catalogue's tag."""
    words = concepts().get(tuple(split(tag))) or concepts().get(tuple(split(in_words(tag))))
    if words is not None:
        return words.kind
    if tag.casefold().endswith((" key", " major", " minor")) or is_opinion(tag):
        return "words"
    if DECADE.fullmatch(tag.casefold()):
        return "year"
    return "tempo" if tag.casefold().endswith(" tempo") else "genre"


@cache
def is_opinion(tag: str) -> bool:
    """Whether a tag says what a listener thinks or owns, not what the music is: "favourites", "seen live"."""
    words = split(tag)
    if tuple(words) in concepts():
        return False
    opinions = [w for w in words if w in OPINIONS]
    return bool(opinions) and all(w in OPINIONS or w in AROUND or w.isdigit() for w in words)


def of_tags(tags: Iterable[str]) -> dict[tuple[str, ...], Concept]:
    """The phrases of the tags of a catalogue that are no words of the table: each means itself."""
    known = concepts()
    found: dict[tuple[str, ...], Concept] = {}
    for tag in tags:
        words = tuple(split(tag))
        # Of a voice, where "a man of tastes" is none.
        told = words and words not in known and len(words) <= 4 and tag not in ("man", "woman")
        if told and not is_opinion(tag):
            found[words] = Concept(kind_of(tag), tag, (tag,))
    return found


def family(values: tuple[str, ...]) -> str:
    """The family of a sub-genre, "" for another concept."""
    return values[-1].removeprefix(FAMILY) if values and values[-1].startswith(FAMILY) else ""


def wider(concept: Concept) -> Iterator[Concept]:
    """The genres that a genre is part of: electronic and dance of house."""
    return (c for c in _wider().get(concept.name, ()) if concept.kind == "genre" and c != concept)


@cache
def _wider() -> dict[str, list[Concept]]:
    """Tags -> the genres that they are among the tags of."""
    found: dict[str, list[Concept]] = {}
    for concept in dict.fromkeys(c for c in concepts().values() if c.kind == "genre"):
        for value in concept.values:
            found.setdefault(value, []).append(concept)
    return found


def stands_for(concept: Concept, here: tuple[str, ...]) -> bool:
    """Whether tags that are here are only near to a genre or an instrument that is a tag and is not here."""
    if concept.kind not in ("genre", "instrument") or concept.name not in concept.values:
        return False
    begin = tag_key(concept.name)[:4]
    return not any(begin in tag_key(tag) for tag in here)


DECADE = re.compile(r"(?:(19|20)?([02-9]0)|(20)?(10))'?s")
"""A decade that is a tag: "80s", "1980s", "00s"; "20s" says not of which century."""
OPINIONS = frozenset(
    "amazing awesome best brilliant cool fav fave faves favorite favorites favourite favourites favs good"
    " great greatest legend like liked love loved lovely masterpiece my nice perfect seen spotify top".split()
)
"""Words by which a listener's tag praises or files."""
AROUND = frozenset(
    "a absolutely album albums all alltime and artist artists at band bands be ever first for fucking have"
    " hear i in is it list listen listened live lyrics me more most music of on own song songs stuff that the"
    " this time to track tracks tune tunes uk us".split()
)
"""Words that stand beside them."""
VOICES: tuple[str, ...] = tuple(table()["voice"]["vocals"][0].split("|"))
"""Tags that say that somebody sings."""
UNSUNG = ("instrumental", "no vocals", "no vocal", "no voice", "no voices")
"""Tags that say that nobody sings: that a track's tags name no singer does not say so."""
BRAZILIAN = ("portuguese", "bossa nova", "mpb", "samba", "tropicália", "fado", "brazilian", "baile funk")
"""Tags of what is in Portuguese though it is latin."""
FOREIGN = tuple(
    tag for name, row in table()["language"].items() if name != "English" for tag in row[0].split("|")[1:]
)
"""Tags that say that a track is in another language than English."""
ANY_LANGUAGE = ("classical", "opera", "world")
"""Tags of music that is sung in any language: it is English only where that is known."""
