"""Plain words: those that nothing here is called ("bad bytes"), and slips of words that ask ("paly")."""

from __future__ import annotations

import re

import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from segue.understanding import acts, context
from segue.understanding.everyday import common, everyday, proper
from segue.understanding.reading import Reading
from segue.understanding.text import Token

_TOLD = frozenset(
    "bad big black blue brown cold dead dirty fat fresh gold golden great green grey happy hot little "
    "lonely long lost new old orange pink purple red silver strange sweet white wild yellow young".split()
)
"""Everyday words of which names begin: "Blue Monkeys"."""
_ACTS = (acts.MORE, acts.REPEAT, acts.REFUSE, acts.SOCIAL, acts.STILL, acts.BLEND, acts.WAY)


def words_of(tracks: pl.DataFrame) -> frozenset[str]:
    """The words of all titles, names and albums."""
    names = pl.concat([tracks[column].drop_nulls().unique() for column in ("title", "artist", "album")])
    words = names.str.to_lowercase().str.split(" ").explode().unique()
    return frozenset(words.str.extract_all(r"\w+").explode().drop_nulls().unique())


def called_nothing(reading: Reading, known: frozenset[str]) -> list[str]:
    """A whole utterance of two to four plain words of which no title, name or album is made, in quotes."""
    words = [t.word for t in reading.said]
    plain = all(w.isalpha() and len(w) > 2 and (w in _TOLD or w not in common()) for w in words)
    if not 2 <= len(words) <= 4 or not plain or words[-1] in _TOLD:
        return []
    if {words[-1], words[-1].removesuffix("s")} & known or set(range(len(words))) <= reading.idle:
        return []  # "Drum roll please" is an idiom.
    patterns = (*_ACTS, *acts.COMPARE.values(), *acts.MOST.values(), *acts.LIFT.values())
    if acts.question(reading.line) or any(p.search(reading.line) for p in patterns):
        return []
    return [f"“{' '.join(t.written for t in reading.said)}”"]


def titled_in_words(reading: Reading) -> str:
    """A title of everyday words that is asked for and not here: "play take me to church"; "" for none.

    What one of its words would mean by itself, an occasion or a voice, is then not meant.
    """
    words = [t.word for t in reading.said]
    while words and words[-1] in context.AFTER | {"please"}:
        words.pop()
    had = " ".join(words[:3]) in ("do you have", "have you got", "do you know")
    start = 3 if had else 1
    rest, taken = words[start:], reading.taken()
    clause = any(t.begins for t in reading.said[1 : len(words)])
    if clause or not (had or words[:1] == ["play"]) or set(rest) & _OF_MUSIC or reading.names:
        return ""
    kinds = {f.concept.kind for f in reading.facts}
    covered = len(taken & set(range(start, len(words))))
    two = len(rest) == 2 and rest[0] in _TOLD and covered == 1 and kinds == {"occasion"}
    more = 3 <= len(rest) <= 6 and rest[0] in _VERBS and 3 * covered <= len(rest)
    if not (two or more) or not kinds or not kinds <= {"occasion", "voice", "instrument"}:
        return ""
    return " ".join(t.written for t in reading.said[start : len(words)])


_VERBS = frozenset(
    "take come give get go let wake walk run ride drive fly dance sing hold kiss love bring carry keep stay "
    "live die dream shake shout break turn tell call cry burn feel fall dont cant we you he she they i im".split()
)
"""Words with which titles begin and wishes do not: "Take Me to Church"."""
_OF_MUSIC = context.SONG | frozenset(
    "song songs music tracks tunes stuff something some any anything for while when at during with without "
    "and or but like playlist list mix beats vibes ones one more another".split()
)


def is_slip(word: str) -> bool:
    """Whether a word is a slip of one that asks: "paly", "somthing", "giv"."""
    return len(word) > 3 and process.extractOne(word, ASKING, scorer=OSA.distance, score_cutoff=1) is not None


def is_strange(word: str) -> bool:
    """Whether a word is neither English nor a slip or a drawl of it: "minogue", not "sumthing", "heyyy"."""
    if len(word) < 5 or _DRAWN.search(word):
        return False
    cutoff = 1 + (len(word) > 6)
    return process.extractOne(word, sorted(everyday()), scorer=OSA.distance, score_cutoff=cutoff) is None


_DRAWN = re.compile(r"(.)\1\1")
ASKING = (
    "play",
    "please",
    "something",
    "another",
    "listen",
    "could",
    "would",
    "want",
    "give",
    "more",
    "hear",
    "songs",
    "tracks",
    "music",
    "too",
)
NO_TITLE = frozenset(
    "something sumthin sumthing somethin some any anything everything more another one ones it this that these those what which who "
    "whose is was are were made written sung done stuff song songs music track tracks tune tunes hits hit "
    "album albums record records best greatest latest newest first last next other others else live cover "
    "covers version work works two three four five six couple few lot lots bit little want like love have "
    "got give whatever anyone".split()
)
"""Words of requests, of which no title is made."""
BY_WHOM = frozenset(
    "sung performed played produced recorded inspired influenced composed covered sang album again please "
    "loud loudly now today tonight only just solely exclusively mostly mainly purely".split()
)
"""Words before a "by" that tell what somebody did, and are no title."""
BESIDE = frozenset(
    "strewth crikey blimey crivens jeez sheesh whoops gosh golly yikes oi och specifically particularly especially exactly preferably himself herself itself themselves nah nope naw "
    "yo sum pls plz tho lol haha btw rn asap top wotcha".split()
)
"""Words beside a name that are no part of it."""
_ASKS = frozenset(
    "play put give want need something some any i im can could whats what how lets more next another thats "
    "that this it is was you songs song music".split()
)
"""Words behind a clause that is a cry, or somebody who is spoken to, and no name: "crikey, play some"."""
_SPOKEN_TO = frozenset("lads mate guys".split())


def ends_whole(said: list[Token], start: int, end: int) -> int:
    """Where a name ends that is all that is said, with an everyday word behind it: "gangnam style"."""
    last = len(said) - (said[-1].word in context.AFTER | BESIDE | _SPOKEN_TO)
    more = said[end].word if end < len(said) else ""
    one = start == 0 and end + 1 == last and not said[end].begins and said[start].word not in everyday()
    plain = more in everyday() and more not in NO_TITLE | context.FILLER | context.AFTER | context.FILMS
    return last if one and plain else end


def heads(reading: Reading, start: int, end: int) -> bool:
    """Whether tokens are the first clause, and nothing is asked for behind it: "phish, live if possible"."""
    said = reading.said
    last = end + (end < len(said) and said[end].word in BESIDE)
    if start or last >= len(said) or last > 4:
        return False
    if not said[last].begins:
        return _goes_on(reading, end)
    if all(t.word in proper() for t in said[:end]):
        return True
    told = any(f.start >= end for f in reading.facts) and end == 1  # "Yikes, jazz please."
    asks = {t.word for t in said[last:]} & _ASKS
    return not told and not asks and any(_strange(t.word, end) for t in said[:end])


def _goes_on(reading: Reading, end: int) -> bool:
    """Whether one strange word opens a few words that ask for nothing: "blackpink in your area"."""
    rest, word = {t.word for t in reading.said[end:]}, reading.said[0].word
    plain = reading.lone and not reading.foreign and rest <= everyday() and not rest & _ASKS
    return end == 1 and len(word) > 5 and len(rest) < 5 and plain and is_strange(word)


def _strange(word: str, length: int) -> bool:
    """Whether a word of a clause of so many is none of everyday, nor a slip of one where it stands alone."""
    return is_strange(word) or (length > 1 and len(word) > 4 and word not in everyday())
