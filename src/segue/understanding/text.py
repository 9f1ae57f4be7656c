"""The words of an utterance: folded, in tokens that know where they stand and whether a clause ends there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from anyascii import anyascii

LONGEST = 600
"""Characters that are read of one utterance; nobody says a wish in more."""
CONTROL = re.compile(
    r"<\|[^|>]{0,40}\|>|\x1b\[[0-9;]*[a-zA-Z]|[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]"
    r"|[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""Tokens of models, terminal codes, control characters, halves of characters, marks of direction."""
TOKEN = re.compile(r"\d\d(?:\d\d)?(?:['’]?s)?\+|[^\W_]+(?:['’`´-][^\W_]+)*|[&]|[,.;:!?()\"“”。、！？–—|]")
ENDS = frozenset(",.;:!?()。、！？–—|")
TYPED = dict.fromkeys("teh hte thr tge thw tje yhe rhe fhe ghe tthe thhe tne".split(), "the") | {
    "adn": "and",
    "thru": "through",
}
"""What fingers make of the smallest words."""
TYPED |= dict.fromkeys(
    "summat sumn sumthn sumfin sumfing summin summink suttin sth smth smthn".split(), "something"
)
TYPED |= dict.fromkeys("anotha anutha anither".split(), "another") | dict.fromkeys(
    "agn agen".split(), "again"
)
TYPED |= dict.fromkeys("giz gizza gie".split(), "give") | {
    "wot": "what",
    "wht": "what",
    "whts": "whats",
    "wats": "whats",
    "b4": "before",
    "woz": "was",
    "nxt": "next",
    "moar": "more",
}
TYPED |= {
    "nuffink": "nothing",
    "haud": "hold",
    "nt": "not",
    "wheesht": "hush",
    "reyt": "right",
    "owt": "anything",
}
"""And how they are written as they are spoken."""
STYLED = (
    (r"(?i)\b([a-z])!([a-z])", r"\1i\2"),
    (r"(?i)([a-z])\$\$", r"\1ss"),
    (r"(?i)([a-z])\$", r"\1s"),
    (r"(?i)\$([a-z])", r"s\1"),
)
"""Marks that stand for letters in names."""
WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts that are written without blanks between words."""


class Token(NamedTuple):
    """A word folded, as it was written, and whether punctuation stands before it."""

    word: str
    written: str
    begins: bool


@lru_cache(maxsize=100_000)
def fold(text: str) -> str:
    """A text without case, accents and apostrophes, Latin letters in ASCII; other scripts as they are."""
    text = spelt(unicodedata.normalize("NFKC", text).casefold().translate(_QUIET))
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).translate(_LETTERS)


def clean(text: str) -> str:
    """What is read of an utterance: no control tokens, one Unicode form, the beginning of what is endless."""
    text = CONTROL.sub(" ", text[: 4 * LONGEST])
    return " ".join(text.split())[:LONGEST]


def tokens(text: str) -> list[Token]:
    """The tokens of a text; punctuation only marks the token behind it."""
    return list(_tokens(text))


@lru_cache(maxsize=1024)
def _tokens(text: str) -> tuple[Token, ...]:
    found, begins = list[Token](), True
    text = _SHORT.sub(_long, spelt(text).replace("’", "'").replace("`", "'").replace("´", "'"))
    text = elided(_YEAR.sub(_full, text).replace(" + ", " plus "))
    for match in TOKEN.finditer(text):
        written = match[0]
        if written in ENDS or written in '"“”':
            # The full stop of an initial ends nothing: "C. Tangana".
            initial = (
                written == "." and bool(found) and len(found[-1].word) == 1 and found[-1].written.isupper()
            )
            begins = begins or (written in ENDS and not initial)
            continue
        # "Guitar-free rock" is no "free rock".
        for part in fold(_FREE.sub("-freefrom", written)).replace("-", " ").split():
            found.append(Token(TYPED.get(part, part), written, begins))
            begins = False
    return tuple(found)


def written(said: Iterable[Token]) -> str:
    """What tokens are written as: "Jean-Luc" is two, both written so."""
    parts = [t.written for t in said]
    return " ".join(w for i, w in enumerate(parts) if "-" not in w or w not in parts[:i])


def spelt(text: str) -> str:
    """A text in which marks that stand for letters are letters: "P!nk", "A$AP", "Bada$$"."""
    if "$" in text or "!" in text:
        for pattern, letters in STYLED:
            text = re.sub(pattern, letters, text)
    return text


def said_plainly(text: str) -> str:
    """The folded words of a text, with one blank between."""
    return " ".join(t.word for t in tokens(text))


def linked(text: str) -> str:
    """The folded words of a text with an "and" between its clauses."""
    said, ands = tokens(text), ("and", "but", "then")
    return " ".join(
        f"and {t.word}" if i and t.begins and t.word not in ands and said[i - 1].word not in ands else t.word
        for i, t in enumerate(said)
    )


def last_said(text: str) -> str:
    """The folded words behind the last mark: "that's the one I know! Play it"."""
    return said_plainly(re.split(r"[.!?;]+\s+", text.strip())[-1])


def clauses(text: str) -> list[str]:
    """What stands between the marks of a text."""
    return [c for c in re.split(r"[.!?;,]+\s+", text.strip()) if c]


def as_written(text: str, words: str) -> str:
    """Folded words as they are written in a text, as they are where they do not stand there in a row."""
    said, sought = tokens(text), words.split()
    n = len(sought)
    at = (i for i in range(len(said) - n + 1) if [t.word for t in said[i : i + n]] == sought)
    start = next(at, None) if sought else None
    return words if start is None else " ".join(t.written for t in said[start : start + n])


def elided(text: str) -> str:
    """A text with "l'été" and "dell'amore" as two words; a name written large stays one: "D'Angelo"."""
    return _ELISION.sub(r"\1 ", text)


def other_script(word: str) -> bool:
    """Whether a word is in another script than Latin: what it says is not guessed."""
    return not fold(word).isascii()


@lru_cache(maxsize=20_000)
def key(name: str) -> str:
    """What spellings of a name share: no blanks, no "the", no "and", no marks. Initials keep all: "N.W.A"."""
    words = re.findall(r"[^\W_]+", fold(name))
    if all(len(w) == 1 for w in words):
        return "".join(words)
    return "".join([w for w in words if w not in SMALL] or words)


def sound(name: str) -> str:
    """A name as it sounds, roughly: one letter for letters that sound alike, no doubles, no silent vowels."""
    text = name
    for old, new in _ALIKE:
        text = text.replace(old, new)
    text = re.sub(r"(.)\1+", r"\1", text)
    return text[:1] + re.sub(r"[aeiouyh]", "", text[1:])


def spellings(phrase: str) -> tuple[str, ...]:
    """A phrase as it is said short and in full: "cant stand", "cannot stand", "can not stand"."""
    short, full = next(((a, b) for a, b in _CONTRACTED.items() if phrase.startswith(a)), ("", ()))
    return phrase, *(long + phrase.removeprefix(short) for long in full)


def places(line: str, patterns: Iterable[re.Pattern[str]]) -> set[int]:
    """The words of a line that any of the patterns covers."""
    found: set[int] = set()
    for pattern in patterns:
        for match in pattern.finditer(line):
            first = line.count(" ", 0, match.start())
            found |= set(range(first, first + match[0].strip().count(" ") + 1))
    return found


def _long(match: re.Match[str]) -> str:
    return "without " if match["no"] else "with "


def _full(match: re.Match[str]) -> str:
    return f"{match['in']}{'19' if match['y'] >= '30' else '20'}{match['y']}"


class _Letters(dict[int, str]):
    """Latin letters in ASCII, other scripts as they are; each looked up once."""

    def __missing__(self, code: int) -> str:
        latin = code < 0x250 or 0x1E00 <= code < 0x1F00 or code == 0x2019
        return self.setdefault(code, anyascii(chr(code)).casefold() if latin else chr(code))


_ALIKE = (
    ("ph", "f"), ("ck", "k"), ("sch", "s"), ("ce", "se"), ("ci", "si"), ("cy", "sy"), ("c", "k"),
    ("q", "k"), ("x", "ks"), ("z", "s"), ("tz", "s"), ("dt", "d"),
)  # fmt: skip
_LETTERS = _Letters()
_SHORT = re.compile(r"\bw/(?P<no>o(?:ut)?\b)?\s*", re.IGNORECASE)
"""w/ and w/o."""
_FREE = re.compile(r"(?<=\w)-(?:free|less)$", re.IGNORECASE)
_YEAR = re.compile(
    r"(?P<in>^(?='\d\d\W+\w)|[,;.(] ?|\b(?:from|in|since|before|after|until|till|around|circa|early|late|or"
    r"|and|to|year|between|good|great) )'(?P<y>\d\d)\b(?!s)",
    re.IGNORECASE,
)
_ELISION = re.compile(
    r"(?:(?<=\s)|^)((?:^[LDJTMS]|[ldjmts]|n(?='[aeéiy])|[Qq]u|[jJ]usqu|[lL]orsqu|[aA]ll|[dD][ea]ll|[nN]ell|[sS]ull|[qQ]uell"
    r"|[uU]n|[cC](?='[eé])))['’](?=[^\W\d_]{2})"
)
_QUIET = {ord(c): None for c in "'’`´"}
SMALL = frozenset(("the", "and", "n", "a", "an", "und", "et", "y", "&"))
_CONTRACTED = {
    "cant ": ("cannot ", "can not ", "can hardly "),
    "dont ": ("do not ",),
    "wont ": ("will not ",),
    "im ": ("i am ", "i m ", "we are "),
    "i ": ("we ",),
}
