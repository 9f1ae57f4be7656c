"""Facts that are said: genres, moods, instruments, voices, tempi, languages, occasions and years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from segue.understanding import beats, lengths, years, years_of_life
from segue.understanding.everyday import everyday
from segue.understanding.no_music import DETERMINERS, is_thing
from segue.understanding.text import WIDE, Token
from segue.understanding.vocabulary import BANDS, FAMILY, Concept

Phrases = Mapping[tuple[str, ...], Concept]
STEM = "~"
"""Ends a phrase of words.toml that is the beginning of a word."""
OBJECTS = frozenset("me us him her them you it myself yourself ourselves everyone everybody people".split())
"""Words between the two of a phrase: "wake me up"."""
ANSWERS = frozenset("no nope nah nein nee non nej nie nao нет".split())
OLD_SCHOOL = ("old school ", "oldschool ")
"""Begins a genre of before 2000."""
_TIMES = (*OLD_SCHOOL, "classic ", "contemporary ")
"""Words before a genre that say when, and not which: "classic rock" is rock."""
_WHEN = frozenset("for during while at before".split())
_BETWEEN = frozenset(
    "from by of about like to that who is are songs song music something anything with".split()
)
_SEEKS = frozenset(
    "looking lookin searching search hunting ask asking thanks wait waiting except but".split()
)
"""Words whose "for" says what is sought."""
MUSIC = frozenset("music musics song songs track tracks musik musique musica muziek".split())
_MOODS = frozenset("vibe vibes playlist playlists".split())
_TAILS = frozenset("sound sounds sounding line lines drop drops solo solos part parts harmonies work".split())
"""Words behind an instrument or a voice that say no more of it."""


class Fact(NamedTuple):
    """What tokens [start, end) say: a concept; or years, seconds (of a length), beats a minute."""

    start: int
    end: int
    concept: Concept
    years: years.Years | None = None


def times(said: Sequence[Token], taken: set[int], genres: set[int]) -> list[Fact]:
    """The years, lengths and tempi that are said outside the taken tokens.

    Args:
        said: the tokens.
        taken: places of what means something else.
        genres: places of genres of several words: "old school rap" says no year by itself.
    """
    text, place = "", dict[int, int]()
    for i, token in enumerate(said):
        place |= dict.fromkeys(range(len(text), len(text) + len(token.word) + 1), i)
        # "No, under 4 minutes" is an answer: its "no" says nothing of the minutes.
        answer = i == 0 and token.word in ANSWERS and len(said) > 1 and said[1].begins
        text += ("_" * len(token.word) if answer else token.word) + " "
    found, text = list[Fact](), text.rstrip()
    said_so: list[tuple[int, int, Concept, years.Years]] = [
        (n.start, n.end, Concept("length", n.words, ()), n.seconds) for n in lengths.find(text)
    ]
    said_so += [(b.start, b.end, Concept("tempo", b.words, ()), b.beats) for b in beats.find(text)]
    told = [*years_of_life.find(text), *years.find(text)]
    said_so += [(t.start, t.end, Concept("year", t.words, ()), t.years) for t in told]
    for first, last, concept, span in said_so:
        start, end = place[first], place[max(first, last - 1)] + 1
        vague = concept.name in (years.RECENT, years.OLDEN) and set(range(start, end)) < genres
        if not vague and not taken & set(range(start, end)):
            found += [Fact(start, end, concept, span)] if concept.name else []
            taken = taken | set(range(start, end))
    return found


def tagged(said: Sequence[Token], phrases: Phrases, taken: set[int], longest: int = 4) -> list[Fact]:
    """The phrases that stand in the tokens, longest first, none over another or over what is taken.

    In a script without blanks a token is a whole clause: it may say several, and a time besides.
    """
    words, taken, found = [t.word for t in said], set(taken), []
    for length in range(min(longest, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            span = set(range(start, start + length))
            concept = phrases.get(tuple(words[start : start + length]))
            if concept is None and length == 1:
                concept = _inflected(words[start], phrases)
            if concept is None and length > 1 and words[start + length - 1].endswith("s"):
                concept = phrases.get((*words[start : start + length - 1], words[start + length - 1][:-1]))
            if concept is None and length == 3 and words[start + 1] in OBJECTS:
                concept = phrases.get((words[start], words[start + 2]))  # "Wake me up", "chill us out".
            if any(t.begins for t in said[start + 1 : start + length]):
                continue
            if concept and not span & taken and not (length == 1 and is_thing(words, start)):
                # "Electronic music" says no more than "electronic", "guitar solos" than "guitar".
                end = start + length
                if length > 1 and (words[end - 1] in MUSIC or _trails(words[start:end], concept, phrases)):
                    end -= 1
                when = timed(words[start:end]) if concept.kind == "genre" else 0
                found.append(Fact(start + when, end, concept))
                taken |= span
    for i, word in enumerate(words):
        if WIDE.search(word):
            inside = [c for p, c in phrases.items() if len(p) == 1 and WIDE.search(p[0]) and p[0] in word]
            found += [Fact(i, i + 1, concept) for concept in dict.fromkeys(inside)]
    return sorted(found)


def timed(words: Sequence[str]) -> int:
    """How many words that say when begin those of a genre: "old school rap" is rap, and old."""
    return next((len(p.split()) for p in _TIMES if " ".join(words).startswith(p)), 0)


def placed(said: Sequence[Token], phrases: Phrases, taken: set[int]) -> list[Fact]:
    """The scenes (`vocabulary.scenes`) that stand where an occasion does: "for my next knitting session"."""
    words, found = [t.word for t in said], list[Fact]()
    for length in (4, 3, 2, 1):
        for start in range(1, len(words) - length + 1):
            span = set(range(start, start + length))
            concept = phrases.get(tuple(words[start : start + length]))
            if concept is None and length == 1 and words[start - 1] in ("to", "i", "we"):
                concept = _doing(words[start], phrases)  # "Songs to vacuum to".
            done = words[start - 1] in ("to", "i", "we")
            if concept and not span & taken and (done or _occurs(said, start)):
                found.append(Fact(start, start + length, concept))
                taken = taken | span
    return found


def _doing(verb: str, phrases: Phrases) -> Concept | None:
    """What is done, by its verb: "vacuum" for vacuuming, "bake" for baking, "jog" for jogging."""
    forms = (f"{verb}ing", f"{verb.removesuffix('e')}ing", f"{verb}{verb[-1]}ing")
    return next((c for form in forms if (c := phrases.get((form,))) and c.kind == "occasion"), None)


def _occurs(said: Sequence[Token], start: int) -> bool:
    """Whether "for", "while" or "in the" stands at most three words before a place."""
    for i in range(start - 1, max(-1, start - 4), -1):
        if said[i + 1].begins or said[i].word in _BETWEEN:
            return False
        if said[i].word == "for" and i and said[i - 1].word in _SEEKS:
            return False
        if said[i].word in _WHEN or (said[i].word in ("in", "on") and said[i + 1].word in DETERMINERS):
            return True
    return False


def _trails(words: Sequence[str], concept: Concept, phrases: Phrases) -> bool:
    """Whether the last word says no more than those before it."""
    if words[-1] in BANDS and concept.name == " ".join(words[:-1]):
        return True  # "Stoner bands".
    played = concept.kind in ("instrument", "voice")
    return words[-1] in (_MOODS | _TAILS if played else _MOODS) and tuple(words[:-1]) in phrases


def _inflected(word: str, phrases: Phrases) -> Concept | None:
    """What a word means by its plural's singular, or by its stem ("smutn~" for smutny, smutna, smutnego)."""
    if word.endswith("s") and len(word) > 4 and (concept := phrases.get((word[:-1],))):
        return concept
    for end in ("er", "est", "ness", "ish"):
        if word.endswith(end) and (concept := _bare(word.removesuffix(end), phrases)):
            return concept  # "Funkier", "the saddest", "warmness".
    if word not in everyday() and (concept := _declined(word, phrases)):
        return concept
    for end in _COMPOUNDS:
        if word.endswith(end) and (concept := phrases.get((word.removesuffix(end).removesuffix("s"),))):
            return concept  # "Soulplatte", "jazzmuziek", "pianolåtar".
    stem = next((c for n in range(len(word), 2, -1) if (c := phrases.get((word[:n] + STEM,)))), None)
    return stem or _coined(word, phrases)


_COINED = {
    "core": "hardcore", "kore": "hardcore", "wave": "electronic", "tronica": "electronic", "gaze": "shoegaze",
    "punk": "punk", "metal": "metal", "phonk": "phonk",
}  # fmt: skip
"""Ends of the names that people make for genres, and the genre that is nearest."""


def _coined(word: str, phrases: Phrases) -> Concept | None:
    """A genre by the end of its name, "scenecore", or of what is like it, "proggy"."""
    if word in everyday():
        return None
    for stem in (word.removesuffix(end) for end in ("ish", "ey", "y", "esque", "like") if word.endswith(end)):
        spelt = [stem, stem[:-1]] if stem[-2:-1] == stem[-1:] else [stem]
        found = (phrases.get((s,)) for s in spelt if len(s) > 2)
        if genre := next((c for c in found if c and c.kind == "genre"), None):
            return genre
    end = next((e for e in _COINED if word.endswith(e) and len(word) > len(e) + 2), "")
    return Concept("genre", word, (word, FAMILY + _COINED[end])) if end else None


def _declined(word: str, phrases: Phrases) -> Concept | None:
    """The mood or tempo whose adjective has another end in the table: "rilassanti", "verträumten"."""
    spelt = [word[:-1] + end for end in ("e", "o", "a")] if word[-1] in "aeio" else []
    spelt += [
        word.removesuffix(end) for end in ("en", "em", "er", "es", "e", "s", "t", "a") if word.endswith(end)
    ]
    found = (phrases.get((w,)) for w in spelt if len(w) > 4)
    return next((c for c in found if c and c.kind in ("mood", "tempo")), None)


_COMPOUNDS = tuple(
    "platten platte scheibe musik mucke muziek lieder lied songs song stucke stuck nummern nummer nummers "
    "liedjes liedje plaat latar laten lat sanger abend klassiker".split()
)
"""Ends of words of German, Dutch and Swedish that say no more than "music"."""
_NO_STEMS = frozenset("lov hat lit sob strang eas".split())
"""What is no adjective before "er": lover, litter, sober, stranger."""


def _bare(stem: str, phrases: Phrases) -> Concept | None:
    """The mood whose adjective has this stem: "funki" of funkier, "sadd" of sadder, "gentl" of gentler."""
    if len(stem) < 3 or stem in _NO_STEMS:
        return None
    spelt = [stem, stem + "e", *([stem[:-1] + "y"] if stem[-1] == "i" else [])]
    spelt += [stem[:-1]] if stem[-1] == stem[-2] else []
    found = (phrases.get((word,)) for word in spelt)
    return next((c for c in found if c and c.kind in ("mood", "tempo")), None)
