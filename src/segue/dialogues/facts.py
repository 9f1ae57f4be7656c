"""What a speaker can say about a track: its facts, its tags sorted by how they are used in a sentence."""

import hashlib
import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, NamedTuple, TypeVar

T = TypeVar("T")
WORDS: dict[str, dict[str, Any]] = tomllib.loads(
    (files("segue.dialogues") / "phrases.toml").read_text("utf-8")
)
MOODS, WITH = frozenset(WORDS["tags"]["moods"]), frozenset(WORDS["tags"]["with"])
DULL = frozenset(WORDS["tags"]["dull"])
MOOD_WORDS: dict[str, str] = WORDS["tags"]["mood_words"]
WITH_WORDS: dict[str, str] = WORDS["tags"]["with_words"]
NOUNS: dict[str, str] = WORDS["tags"]["nouns"]
PROPER = {word.casefold(): word for word in WORDS["tags"]["capitals"]["proper"]}
TagKind = Literal["genre", "mood", "noun", "with", "decade"]


class Dice:
    """Random choices that depend on the key alone: the same on every machine and in any order of work.

    Python's own generator rather than numpy's: one small choice at a time is ten times faster with it.
    """

    def __init__(self, *key: object) -> None:
        text = "\x1f".join(map(str, key))
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self.random = random.Random(int.from_bytes(digest, "big")).random

    def chance(self, p: float) -> bool:
        """True with probability p."""
        return self.random() < p

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, all equally likely."""
        return choices[int(self.random() * len(choices))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, in proportion to its weight."""
        left = self.random() * sum(weights.values())
        for choice, weight in weights.items():
            left -= weight
            if left < 0:
                return choice
        return choice


class Tag(NamedTuple):
    """A tag of a track: its name in the data, how it is used in a sentence, and the words used."""

    name: str
    kind: TagKind
    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the simulator knows of one track; an artist who has no name is blank.

    `urn` holds the tags as often as they are worth mentioning, `names` the names of the tags.
    """

    track_id: str
    title: str
    artist: str
    album: str | None
    year: int | None
    tags: tuple[Tag, ...]
    urn: tuple[Tag, ...]
    names: frozenset[str]


# Tags that say nothing of the music: what a listener did with the track, or where they found it.
STOP = re.compile(
    r"fav|\bfave|love it|loved?$|love at|songs i|\bmy\b|seen live|awesome|amazing|\bgreat\b|\bgood\b|\bbest\b"
    r"|\bnice\b|^cool$|^hot$|^new$|^other$|brilliant|perfect|masterpiece|^lovely$|guilty|<3|\bfm\b|radio"
    r"|spotify|pandora|classify|top \d|top art|billboard|number ones|playlist|acclaimed|rolling stone|legend"
    r"|high school|tonality|vamping|phrasing|harmony|^hits?$|^vocals?$|^music$|^songs?$|unknown|check out"
    r"|owned|buy|^usa?$|^uk$|all.time|heard|^male$|^female$|^memories$|^artists?$|tagged|^sex$|^popular$",
    re.IGNORECASE,
)
NAMELESS = frozenset(("unknown", "unknown artist", "various artists", "various", "<unknown>", "[unknown]"))
DECADE = re.compile(r"^(?:19|20)?([0-9]0)['’]?s$")
# How often a kind of tag is worth mentioning, as copies in the urn.
WORTH: dict[TagKind, int] = {"genre": 4, "mood": 4, "noun": 2, "with": 2, "decade": 1}
NAMED_DECADES = {30: "thirties", 40: "forties", 50: "fifties", 60: "sixties", 70: "seventies", 80: "eighties"}
NAMED_DECADES |= {90: "nineties"}


def read_tag(name: str) -> Tag | None:
    """The tag with its use in a sentence, or None where it does not describe the music."""
    text = " ".join(name.split())
    key = text.casefold()
    if decade := DECADE.match(key):
        short = decade.group(1)
        return Tag(text, "decade", f"the {'20' + short if int(short) < 30 else short}s")
    if not text or len(text.split()) > 3 or re.search(r"\d", key) or STOP.search(key.replace("-", " ")):
        return None
    if key in NOUNS:
        return Tag(text, "noun", NOUNS[key])
    if key in MOODS or key in MOOD_WORDS:
        return Tag(text, "mood", PROPER.get(key) or MOOD_WORDS.get(key, key))
    if key in WITH or key in WITH_WORDS:
        return Tag(text, "with", WITH_WORDS.get(key, key))
    return Tag(text, "genre", " ".join(PROPER.get(word.casefold(), word) for word in text.split()))


def facts_of(row: Mapping[str, Any]) -> Facts:
    """The facts of one row of the tracks table; whitespace is made plain, useless tags are left out."""
    artist = " ".join(str(row["artist"] or "").split())
    tags: dict[str, Tag] = {}
    for name in row.get("tags") or ():
        tag = read_tag(name)
        if tag is not None and tag.name.casefold() != artist.casefold():
            tags.setdefault(tag.words.casefold(), tag)
    found = tuple(tags.values())
    urn = tuple(t for t in found for _ in range(1 if t.name.casefold() in DULL else WORTH[t.kind]))
    album = " ".join(str(row.get("album") or "").split()) or None
    title = " ".join(str(row["title"] or "").split())
    artist = "" if artist.casefold() in NAMELESS else artist
    names = frozenset(t.name for t in found)
    return Facts(str(row["track_id"]), title, artist, album, row.get("year"), found, urn, names)


def spoken(title: str) -> str:
    """The title as people say it: without "(feat. ...)", "[Live]" or "- Remastered 2011" behind it."""
    short = re.sub(r"\s*[(\[][^()\[\]]*[)\]]\s*$", "", title)
    short = re.sub(
        r"\s+-\s+.*(remaster|live|version|edit|mix|mono|stereo).*$", "", short, flags=re.IGNORECASE
    )
    return short or title


def draw_tags(facts: Facts, dice: Dice, n: int, avoid: frozenset[str] = frozenset()) -> list[Tag]:
    """Up to n distinct tags of the track, only those outside `avoid` where it has any."""
    urn = [t for t in facts.urn if t.name not in avoid] or facts.urn
    drawn: list[Tag] = []
    if not urn:
        return drawn
    for _ in range(3 * n):
        tag = dice.pick(urn)
        if tag not in drawn:
            drawn.append(tag)
        if len(drawn) == n:
            break
    return drawn


def decades_of(facts: Facts, dice: Dice) -> tuple[str, str]:
    """A time as (decade, time): ("the eighties", "around 1985"); only for a known year or a decade tag."""
    if facts.year is None:
        words = next(t.words for t in facts.tags if t.kind == "decade")
        return words, words
    start, digit = facts.year // 10 * 10, facts.year % 10
    names = [f"the {start}s"]
    if start < 2000:
        short = start % 100
        names += [f"the {short}s", f"the {short}s", f"the {NAMED_DECADES.get(short, f'{short}s')}"]
    part = "early" if digit < 4 else "mid" if digit < 7 else "late"
    decade = dice.pick(names)
    exact = [decade, f"the {part} {names[-1][4:]}", str(facts.year), f"around {facts.year}"]
    return decade, dice.pick(exact)


def has_time(facts: Facts) -> bool:
    """Whether anything is known of when the track was made."""
    return facts.year is not None or any(t.kind == "decade" for t in facts.tags)


def noun_phrase(tags: Sequence[Tag], dice: Dice, *, one: bool, when: str = "") -> str:
    """The tags as a noun phrase: "a dark rock song with piano"; "some dark rock" where not `one`."""
    moods = list(dict.fromkeys(t.words for t in tags if t.kind == "mood"))[:2]
    genres = [t.words for t in tags if t.kind == "genre"][:2]
    genres = [g for g in genres if not any(g != other and g in other for other in genres)]
    nouns = [t.words for t in tags if t.kind == "noun"][:1]
    noun = nouns[0] if nouns else dice.pick(("song", "track", "tune", "song", "number"))
    words = ", ".join(moods) + (" " if moods and genres else "") + " and ".join(genres)
    single = " ".join(filter(None, (words, noun)))
    single = f"{article(single)} {single}"
    if one or nouns:
        phrase = single
    elif genres:
        phrase = dice.pick((f"some {words}", f"some {words}", f"{words} music", single))
    elif moods:
        phrase = dice.pick((f"something {' and '.join(moods)}", f"some {words} music", single))
    else:
        phrase = dice.pick(("something", "a song", "a track"))
    company = " and ".join([t.words for t in tags if t.kind == "with"][:2])
    when = when or next((t.words for t in tags if t.kind == "decade"), "")
    return phrase + (f" with {company}" if company else "") + (f" from {when}" if when else "")


def article(words: str) -> str:
    """ "a" or "an", by the sound of the first word."""
    low = words.casefold()
    if low.startswith(("uni", "us", "uk", "eu", "one")):
        return "a"
    return "an" if low[:1] in "aeiou8" or low.startswith(("r&b", "rnb", "r'n'b", "mpb", "mc")) else "a"
