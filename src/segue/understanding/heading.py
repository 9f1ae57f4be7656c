"""Unknown names with which an utterance begins: "phish, live if possible", "gangnam style"."""

from __future__ import annotations

from segue.understanding import context
from segue.understanding.everyday import everyday, proper
from segue.understanding.plain import BESIDE, NO_TITLE, is_strange
from segue.understanding.reading import Reading
from segue.understanding.text import Token

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
