"""A work as it is said: "the fifth symphony", "piano concerto no 20 in D minor", "the moonlight sonata"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from segue.understanding.everyday import common
from segue.understanding.text import Token

_SINGLE = (
    "symphony concerto sonata sonatina quartet quintet trio sextet septet octet suite nocturne prelude etude "
    "waltz fugue variation serenade overture mass requiem rhapsody impromptu mazurka polonaise bagatelle "
    "ballade cantata oratorio divertimento toccata partita scherzo intermezzo march barcarolle gymnopedie "
    "gnossienne adagio largo larghetto lento andante andantino allegretto allegro presto vivace adagietto "
    "rondo minuet sarabande gavotte gigue aria"
).split()
_OTHERWISE = {
    "symphony": "symphonies symphonie sinfonie sinfonia sinfonias",
    "concerto": "concerti konzert concert concierto conciertos",
    "sonata": "sonate", "quartet": "quartett", "waltz": "waltzes valse walzer", "mass": "masses",
    "rhapsody": "rhapsodies", "overture": "ouverture", "march": "marches", "scherzo": "scherzi",
    "fugue": "fuge", "minuet": "menuet menuetto minuetto", "intermezzo": "intermezzi",
    "divertimento": "divertimenti",
}  # fmt: skip
FORM = {f: f for f in _SINGLE} | {f"{f}s": f for f in _SINGLE}
"""Words for a kind of work -> the kind."""
FORM |= {word: form for form, words in _OTHERWISE.items() for word in words.split()}
_WORDS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth"
).split()
_ENDS = {1: "st", 2: "nd", 3: "rd"}
NTH = {word: n for n, word in enumerate(_WORDS, 1)}
"""Ordinals -> their numbers."""
NTH |= {f"{n}{'th' if n in (11, 12, 13) else _ENDS.get(n % 10, 'th')}": n for n in range(1, 105)}
NUMBER = {w: n for n, w in enumerate("one two three four five six seven eight nine ten".split(), 1)}
NUMBER |= {str(n): n for n in range(1, 105)}
_NO = frozenset("no number nr numero".split())
_OPUS = {"opus": "op", "kv": "k"} | {w: w for w in "op k bwv d rv hwv woo".split()}
_JOINS = frozenset("and the of".split())
_PLAYED = frozenset(
    "violin viola cello piano flute oboe clarinet bassoon horn trumpet trombone harp organ guitar strings "
    "harpsichord orchestra winds brass percussion saxophone lute mandolin violoncello pianoforte".split()
)
_CALLED = {"violoncello": "cello", "pianoforte": "piano"}
_LEADS = frozenset("a an by with for to some any no play his her their in on from".split())
_BEFORE = _LEADS | _NO | frozenset(
    "the more another other many which what all these not of hear want like two three four five six good "
    "great nice little famous favourite favorite lovely beautiful".split()
)  # fmt: skip
"""Words before a kind of work of which no more is told."""
_PACES = frozenset("largo larghetto lento andante allegretto allegro presto vivace".split())
"""Kinds that are a pace, too: "something more allegro"."""
KEY = re.compile(
    r"\b([a-h])(?: (sharp|flat))? (minor|major|moll|dur)\b|\bin ([a-h])(?: (sharp|flat))?(?= |$)"
)
FURTHEST = 4
"""Words before a kind of work among which some of its title are looked for."""


class Work(NamedTuple):
    """What the title of a track tells of its work; `sure`: that it is one."""

    row: int
    words: frozenset[str]
    number: int
    key: str
    opus: frozenset[str]
    nick: frozenset[str]
    sure: bool


class Said(NamedTuple):
    """A work as it is said in tokens [start, end): what its title must hold."""

    start: int
    end: int
    words: frozenset[str] = frozenset()
    number: int = 0
    key: str = ""
    opus: str = ""

    def fits(self, work: Work) -> bool:
        """Whether it may be this work."""
        return (
            self.words <= work.words
            and self.number in (0, work.number)
            and (not self.key or work.key.startswith(self.key))
            and (not self.opus or self.opus in work.opus)
        )

    @property
    def plain(self) -> bool:
        """Whether only its kind is told."""
        return not (self.words or self.number or self.key or self.opus)


def described(
    said: Sequence[Token], at: int, works: Sequence[Work], *, led: bool
) -> tuple[Said | None, bool]:
    """What is told of the work whose kind token `at` says, and whether some of it fits none of the works.

    `led`: whether its composer is named, too.
    """
    one, lacks = Said(at, at + 1), False
    if at and said[at].word in _PACES and said[at - 1].word in ("more", "less", "so", "too"):
        return None, False
    for wider in (_nth, _numbered, _in_key, _of_opus, _played, _titled(works), _nth):
        if more := wider(said, one):
            fits = any(map(more.fits, works))
            # What fits none is part of the name all the same.
            one, lacks = more if fits else one._replace(start=more.start, end=more.end), lacks or not fits
    ahead = said[one.start - 1].word if one.start and not said[one.start].begins else "the"
    bare = one.plain and not lacks and (not (led or ahead in _BEFORE) or not any(w.sure for w in works))
    return (None if bare else one), lacks


def number_at(said: Sequence[Token], start: int) -> tuple[int, int]:
    """The number that is said at a place, "ninth", "no 5", "5", and where it ends; 0 for none."""
    words = [t.word for t in said[start : start + 2]]
    if words and words[0] in NTH:
        return NTH[words[0]], start + 1
    skip = int(bool(words) and words[0] in _NO)
    if len(words) == skip or (not skip and words[0] == "one"):
        return 0, start  # "The Mahler one."
    return NUMBER.get(words[skip], 0), start + skip + 1


def key_of(match: re.Match[str] | None) -> str:
    """A key as it is compared: "c sharp minor", "c" where only that is said."""
    if not match:
        return ""
    mode = {"moll": "minor", "dur": "major"}.get(match[3] or "", match[3] or "")
    return " ".join(filter(None, (match[1] or match[4], match[2] or match[5], mode)))


def _nth(said: Sequence[Token], one: Said) -> Said | None:
    """ "Fifth symphony", "the 9th symphony"."""
    n = NTH.get(said[one.start - 1].word, 0) if one.start and not said[one.start].begins else 0
    return one._replace(start=one.start - 1, number=n) if n and not one.number else None


def _behind(said: Sequence[Token], one: Said, n: int) -> list[str]:
    """The words behind a description; a full stop or a comma there ends nothing: "No. 5, Op. 67"."""
    words = list[str]()
    for place in range(one.end, min(len(said), one.end + n)):
        small = said[place].word in _NO | _OPUS.keys() or said[place - 1].word in _NO | _OPUS.keys()
        if said[place].begins and not small:
            break
        words.append(said[place].word)
    return words


def _numbered(said: Sequence[Token], one: Said) -> Said | None:
    """ "Symphony no 5", "symphony number five", "symphony 5"."""
    words = _behind(said, one, 2)
    skip = int(bool(words) and words[0] in _NO)
    n = NUMBER.get(words[skip], 0) if len(words) > skip else 0
    return one._replace(end=one.end + skip + 1, number=n) if n and not one.number else None


def _in_key(said: Sequence[Token], one: Said) -> Said | None:
    """ "In C minor", "in E flat"."""
    line = " ".join(_behind(said, one, 4))
    match = KEY.match(line) or KEY.match(line.removeprefix("in "))
    if not match or (match[4] == "a" and not match[5]):
        return None
    end = one.end + line[: match.end() + 3 * (match.string != line)].strip().count(" ") + 1
    return one._replace(end=end, key=key_of(match))


def _of_opus(said: Sequence[Token], one: Said) -> Said | None:
    """ "Op. 27", "K. 466"."""
    words = _behind(said, one, 2)
    if len(words) < 2 or words[0] not in _OPUS or not words[1].isdigit():
        return None
    return one._replace(end=one.end + 2, opus=f"{_OPUS[words[0]]}{words[1]}")


def _played(said: Sequence[Token], one: Said) -> Said | None:
    """ "For violin and piano"."""
    words = _behind(said, one, 6)
    if len(words) < 2 or words[0] != "for":
        return None
    end = next((i for i in range(1, len(words)) if words[i] not in _PLAYED | _JOINS), len(words))
    while words[end - 1] in _JOINS:
        end -= 1
    told = {_CALLED.get(w, w.removesuffix("s")) for w in words[:end] if w in _PLAYED}
    return one._replace(end=one.end + end, words=one.words | told) if told else None


def _titled(works: Sequence[Work]) -> Callable[[Sequence[Token], Said], Said | None]:
    """With words before it that stand in the same titles: "piano", "moonlight", "new world"."""

    def wider(said: Sequence[Token], one: Said) -> Said | None:
        found, told, start = None, set(one.words), one.start
        while start and not said[start].begins and one.start - start < FURTHEST:
            start -= 1
            word = said[start].word
            if word in _JOINS:
                continue
            told.add(word.removesuffix("s") if len(word) > 3 else word)
            more = one._replace(start=start, words=frozenset(told))
            if word in _LEADS or word in NTH or not any(map(more.fits, works)):
                break
            nick = word in _PLAYED or any(word in w.nick for w in works if more.fits(w))
            if len(told) > 1 or nick or word not in common():
                found = more
        return found

    return wider
