"""Words of music that mean something else: "in my house", "italian food", "a song about drums"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segue.understanding.context import NATIONAL
from segue.understanding.everyday import idioms
from segue.understanding.text import Token

if TYPE_CHECKING:
    from segue.understanding.facts import Fact

THINGS = frozenset("world country house garage trap march swing score soul drive heart western dance".split())
DETERMINERS = frozenset(
    "a the same my your our this that his her their whole entire one in every of another".split()
)
"""Words behind which a word of music may be the thing itself."""
AMOUNTS = frozenset(
    "bit lot lots touch hint kind mix dash sort type piece best fan history way ways form kinds types bits "
    "minutes minute mins hour hours plenty load loads dose doses splash pinch flavor flavour element "
    "elements tinge amount taste".split()
)
"""Words between a determiner and "of" that say how much."""
PORTIONS = frozenset("without minus less more with plus enough ohne sans sin senza zonder utan bez".split())
"""Words before a part of the music: "without the country"."""
SOUNDS = frozenset(
    "music song track tune ballad record band artist singer hit album number one vibe classic feel sound "
    "style groove beat stuff era legend anthem jam and or influence rock pop folk fusion playlist mix "
    "mixtape remix genre scene dj producer fan lover set party night club workout".split()
)
_SHOWS = SOUNDS | frozenset("songs theatre theater numbers comedy comedies films movies soundtracks".split())
_BEHIND = frozenset("we i you they that which with to for please from or and in".split())
_PLAYED = frozenset("synth guitar drum bass vocal piano keyboard string horn studio production".split())
THEMES = frozenset(
    ("Christmas", "the summer", "winter", "a rainy day", "a broken heart", "being in love", "a funeral")
)
"""Occasions whose music songs about them are."""
_ARTICLES = frozenset("une cette quelle la les ces ses sa ma mes autre autres belle bonne jolie des".split())
LYRICS = frozenset("lyrics text words letra letras paroles testo".split())
_FOR = frozenset("for to with of and miss missing like".split())
_WITH_RAPPER = frozenset("or and with like music songs please from who that similar in is".split())
_HAS = frozenset(
    "with without no any have has having and or but nor not sin con sans ohne mit avec senza zonder".split()
)
_ASKING = frozenset("what whats which whose who how is are do does have has any anything got and".split())
_TRAVELS = frozenset(
    "drive driving drove fly flying flight travel travelling traveling trip train bus moving move going go "
    "heading holiday vacation visit visiting road way ferry plane journey sailing hiking cycling walk".split()
)
"""Words before the countries of a journey, which is no music from there."""


def is_thing(words: Sequence[str], place: int) -> bool:
    """Whether a genre that is a common word, too, is meant as that: "a world without love", "in my house"."""
    if words[place] not in THINGS or not place or words[place - 1] not in DETERMINERS:
        return False
    if words[place - 1] == "one" and words.count("one") > 1:
        return False  # "One rock, one jazz, one soul".
    if words[place - 1] == "of" and words[max(0, place - 2)] in AMOUNTS:
        return False  # "A bit of swing".
    if place > 1 and words[place - 2] in PORTIONS:
        return False  # "Like Johnny Cash without the country".
    return place + 1 == len(words) or words[place + 1].removesuffix("s") not in SOUNDS


def in_idioms(said: Sequence[Token]) -> set[int]:
    """The tokens of phrases in which a word of music means none, and of words that say nothing: "lol"."""
    words = [t.word for t in said]
    places = [(i, i + n) for n in (1, 2, 3, 4) for i in range(len(words) - n + 1)]
    return {i for a, b in places if tuple(words[a:b]) in idioms() for i in range(a, b)}


def of_no_music(said: Sequence[Token], fact: Fact) -> bool:
    """Whether words are of something else: "italian food", "my german homework"."""
    ahead = said[fact.end : fact.end + 1]
    if (
        said[fact.start].word in ("fusion", "mashup", "crossover", "hybrid")
        and bool(ahead)
        and ahead[0].word in ("of", "between")
    ):
        return True  # "A fusion of jazz and rock" asks for no fusion.
    alone = fact.end - fact.start == 1
    if alone and said[fact.start].word in ("chanson", "chansons") and fact.start:
        # "Une chanson" is a song; "de la chanson française" is a genre.
        return said[fact.start - 1].word in _ARTICLES and not (ahead and ahead[0].word.startswith("francais"))
    if (
        alone
        and said[fact.start].word == "musical"
        and bool(ahead)
        and not ahead[0].begins
        and ahead[0].word not in _SHOWS | _BEHIND
    ):
        return True  # "Rap with musical accompaniment".
    if fact.concept.name == "pop" and bool(ahead) and ahead[0].word in ("on", "up"):
        return True  # "Could you pop on some jazz?"
    if fact.concept.kind == "occasion" and _a_theme(said, fact):
        return True
    before = said[fact.start - 1].word if fact.start and not said[fact.start].begins else ""
    if fact.concept.name == "a walk" and bool(ahead) and ahead[0].word in ("me", "us"):
        return True  # "Walk me from jazz to metal."
    if said[fact.end - 1].word == "library" and said[0].word in _ASKING:
        return True  # "What is the oldest song in the library?"
    if said[fact.start].word == "my" and fact.concept.name == "being in love" and before not in _FOR:
        return True  # "What should my wife listen to?"
    if alone and said[fact.start].word == "rapper" and bool(ahead) and not ahead[0].begins:
        return ahead[0].word not in _WITH_RAPPER  # "Rapper X" asks for X.
    if alone and said[fact.start].word in LYRICS:
        led = said[fact.start - 2].word if before == "the" and fact.start > 1 else before
        return led not in _HAS  # "Meaningful lyrics" ask for no voice, "without the words" for none.
    if fact.concept.kind == "country" and (before == "to" or (ahead and ahead[0].word in ("to", "via"))):
        return any(t.word in _TRAVELS for t in said[max(0, fact.start - 6) : fact.start])
    if alone and fact.concept.kind == "genre" and _another_word(said[fact.start].word, before, ahead):
        return True
    return fact.concept.kind in ("language", "country") and bool(ahead) and ahead[0].word in NATIONAL


def _another_word(word: str, before: str, ahead: Sequence[Token]) -> bool:
    """Whether a word that is a genre, too, stands as another word of English."""
    behind = ahead[0].word if ahead and not ahead[0].begins else ""
    if word.startswith("alternative"):
        return behind in ("to", "for", "version", "versions") or word.endswith("s")  # "An alternative to X".
    if word == "country":
        return (
            before in _WHICH and behind.removesuffix("s") not in SOUNDS
        )  # "Which country has the best metal?"
    if word in ("rock", "rocks", "pop"):
        return before == "that" and not behind  # "Songs that rock".
    if word == "march":
        return behind.isdigit()  # "March 2020".
    return before == "word"


_WHICH = frozenset("which what home foreign different native other whichever same whatever".split())


def _a_theme(said: Sequence[Token], fact: Fact) -> bool:
    """Whether words are what songs are about ("songs about drinking"), of an instrument or of an edition."""
    before = [t.word for t in said[max(0, fact.start - 4) : fact.start]]
    if before[-1:] and said[fact.start].word == "work" and before[-1] in _PLAYED:
        return True  # "Synth work".
    if said[fact.start].word == "anniversary" and [t.word for t in said[fact.end : fact.end + 1]] != ["for"]:
        return bool(before) and before[-1][:1].isdigit()
    clause = max([i for i in range(fact.start + 1) if said[i].begins], default=0)
    about = "about" in [t.word for t in said[max(clause, fact.start - 3) : fact.start]]
    return about and fact.concept.name not in THEMES
