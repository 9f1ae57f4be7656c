"""What a "not" reaches: which tokens of an utterance are refused, and which only hoped for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segue.understanding.not_words import ABSENT, ENDS, EXCEPT, IDLE, NOT, REFUSING, SPARED, STOPS
from segue.understanding.refused_behind import JOINS, disowned
from segue.understanding.text import Token

REACH = 6
"""Words behind a "not" within which what is refused begins."""
TOO = frozenset("too zu trop demasiado troppo demais zbyt слишком".split())
RESUMES = frozenset("just only something lets give want wanna".split())
"""Words that begin a wish anew behind what was refused: "nothing sad just happy songs"."""
MAYBE = [
    tuple(p.split())
    for p in ("maybe|preferably|ideally|if possible|perhaps|kind of|a bit of|vielleicht|peut etre").split("|")
]


def starts(words: Sequence[str], place: int, phrases: Sequence[tuple[str, ...]]) -> int:
    """How many words one of the phrases takes at a place, 0 for none."""
    first = words[place]
    return next((len(p) for p in phrases if p[0] == first and tuple(words[place : place + len(p)]) == p), 0)


def spared(said: Sequence[Token]) -> set[int]:
    """The tokens of what is only spoken of, up to the "but" behind it; none where no "but" follows."""
    words = [t.word for t in said]
    for place in range(len(words)):
        if length := starts(words, place, SPARED):
            ends = [i for i in range(place + length, len(words)) if words[i] in _BUT]
            # "I don't mind pop but no boy bands" is no word against pop.
            if not ends or ends[0] + 1 == len(words) or starts(words, ends[0] + 1, NOT):
                return set()
            return set(range(place, ends[0]))
    return set()


_BUT = frozenset("but though however aber mais pero ma mas maar men ale".split())


def _beside(words: Sequence[str], place: int, facts: set[int]) -> bool:
    """Whether "the" and a fact stand behind a place."""
    # "Not Nick Drake the rapper": what is put beside a name is said of another.
    return place + 2 < len(words) and words[place + 1] == "the" and place + 2 in facts


def _complained(said: Sequence[Token], place: int) -> bool:
    """Whether a fact is what "this makes me"."""
    words = [t.word for t in said]
    for length in (3, 4):
        start = place - length
        if start >= 0 and words[start] in ("this", "it", "that") and said[start].begins:
            return tuple(words[start + 1 : start + 3]) in _MAKES
    return False


_MAKES = {(verb, whom) for verb in ("makes", "making", "puts") for whom in ("me", "us", "him", "her", "them")}


def _ended(words: Sequence[str], place: int, since: int, met: bool) -> bool:
    """Whether the reach of the "not" before word `since` ends at a place; `met`: something is refused."""
    if (not met and place > since + REACH) or starts(words, place, MAYBE) or _stops(words, place, since):
        return True
    anew = words[place] in RESUMES and words[place - 1] not in ("or", "and", "not")
    return met and (words[place] in ENDS or anew)


def _stops(words: Sequence[str], place: int, since: int) -> bool:
    """Whether a word ends what a "not" reaches; "any more" and the "play" of "not play" do not."""
    if words[place] == "more" and place and words[place - 1] in ("any", "one"):
        return False
    return words[place] in STOPS and not (place == since and words[place] in ("play", "give"))


def _prefixed(said: Sequence[Token], place: int) -> set[int]:
    """The tokens behind a "non" or "un" with a hyphen: "non-electronic dance music" is dance music."""
    written = said[place].written
    if said[place].word not in ("non", "un") or "-" not in written:
        return set()
    last = place
    while last + 1 < len(said) and said[last + 1].written == written:
        last += 1
    return set(range(place + 1, last + 1))


def _complaints(said: Sequence[Token], meaning: set[int], names: set[int]) -> set[int]:
    """The tokens of "too electronic" and of "sleepy" in "this makes me sleepy"."""
    toos = [i for i, t in enumerate(said) if t.word in TOO and i + 1 in meaning and i not in names]
    return {j for i in toos for j in (i, i + 1)} | {i for i in meaning - names if _complained(said, i)}


_THEM = frozenset("him her them".split())


def _pointed(said: Sequence[Token], names: set[int]) -> set[int]:
    """The tokens of a name that a refusal points back at: "Queen are everywhere, anybody but them"."""
    words, found = [t.word for t in said], set[int]()
    for place in (i for i, word in enumerate(words) if word in _THEM and i - 1 not in names):
        before = [i for i in names if i < place]
        if not before or not any(_stands(words, place, p) for p in REFUSING):
            continue
        if any(_stands(words, place, p) for p in IDLE):
            continue
        last = max(before)
        found |= {i for i in names if i <= last and set(range(i, last)) <= names}
    return found


def _stands(words: Sequence[str], end: int, phrase: tuple[str, ...]) -> bool:
    """Whether a phrase ends right before a place."""
    return tuple(words[max(0, end - len(phrase)) : end]) == phrase


_POLITE = frozenset("please pls tonight today thanks thx anymore either music songs stuff tracks".split())


def _article(said: Sequence[Token], kinds: Mapping[int, str], place: int) -> bool:
    """Whether a "the" stands before what means something."""
    return said[place].word == "the" and place + 1 in kinds


def _listed(said: Sequence[Token], kinds: Mapping[int, str], place: int, kind: str) -> bool:
    """Whether a clause goes on a list of what is refused: "no jazz, blues or country"."""
    joined = False
    for i in range(place, len(said)):
        if i in kinds:
            if kinds[i] != kind:
                return False
            joined = joined or said[i].word in JOINS  # "The Clash and the Ramones" are found as one.
        elif said[i].word in JOINS:
            joined = True
        elif not _article(said, kinds, i):
            return joined and said[i].word in _POLITE
    return joined


_NO_TITLE = frozenset(
    "song songs music track tracks stuff one ones tune tunes more other others album albums hit hits cover covers "
    "thing things anything something version versions records pieces remix remixes".split()
)


def _no_refusal(said: Sequence[Token], place: int, meaning: set[int]) -> bool:
    """Whether a "no" at a place is a number's, or begins a title that is not here: "No Surprises by Radiohead"."""
    if said[place].word == "skip" and said[place + 1 : place + 2] and place + 1 not in meaning:
        return said[place + 1].word not in _SKIPPED
    if said[place].word == "no" and place and any(t.word.isdigit() for t in said[place + 1 : place + 2]):
        return True  # "Symphony no. 5".
    ends = [i for i in range(place + 2, min(place + 6, len(said))) if said[i].word == "by"]
    if said[place].word != "no" or not ends or not said[place].begins:
        return False
    between = range(place + 1, ends[0])
    return not any(i in meaning or said[i].word in _NO_TITLE or said[i].begins for i in between)


def _before_other(words: Sequence[str], place: int, meaning: set[int]) -> bool:
    """Whether something is rather wanted than what stands behind a place: "rather blues than gospel"."""
    if place < 2 or place + 1 >= len(words) or place - 1 not in meaning or place in meaning:
        return False
    than = words[place] in ("than", "over") and {"rather", "sooner", "prefer", "better"} & {*words[:place]}
    to = words[place] == "to" and {"prefer", "preferred"} & {*words[:place]}
    return bool(than or to) and bool({place + 1, place + 2} & meaning)


_NO = frozenset(("no", "non", "nein"))
_ANEW = frozenset(
    "lets let we i id ill give gimme play put make actually sorry wait go try rather maybe please thats its".split()
)
"""Words behind a "no" that is an answer: "no let's do jazz"."""


def _answers(said: Sequence[Token], place: int) -> bool:
    """Whether a "no" with which a clause begins is an answer to what was, and refuses nothing itself."""
    first = place - 1 if place and said[place - 1].word in _SOUNDS else place
    return said[first].begins and said[place + 1].word in _ANEW


_SOUNDS = frozenset("hm hmm hmmm oh ah well ok okay ugh um uh er nah lol haha omg no and but".split())
_SKIPPED = frozenset("the any all anything everything".split())
_NEAR = 3


def exceptions(said: Sequence[Token], refused: set[int], meaning: set[int]) -> set[int]:
    """The tokens that a refusal leaves alone: of "no rap except Eminem" those of Eminem."""
    words, found = [t.word for t in said], set[int]()
    for place in range(1, len(said)):
        length = starts(words, place, EXCEPT)
        before = max((i for i in meaning if i < place), default=-1)
        if not length or before not in refused or place - before > _NEAR:
            continue
        for i in range(place + length, len(said)):
            begins = said[i].begins or words[i] in STOPS or starts(words, i, NOT)
            if begins or (found and words[i] in ENDS) or words[i] in ("that", "this", "it"):
                break
            found |= {i} & meaning
    return found


def refused(
    said: Sequence[Token], meaning: set[int], names: set[int], kinds: Mapping[int, str] | None = None
) -> set[int]:
    """The tokens that stand under a "not".

    Args:
        said: the tokens.
        meaning: tokens of facts and names; after one of them a preposition ends the reach.
        names: tokens of names: a "no" inside one says nothing ("No Scrubs").
        kinds: of which kind what a token means is.
    """
    words = [t.word for t in said]
    kinds = kinds or {}
    found = disowned(said, meaning, kinds)[0] | _complaints(said, meaning, names) | _pointed(said, names)
    active, met, place, bare, since = False, False, 0, False, 0
    while place < len(said):
        if active and met and said[place].begins and words[place] in ("or", "nor"):
            # "No Queen. Or anything by ABBA."
            met, since, place = False, place + 1, place + 1
            continue
        if said[place].begins and not (bare and place):
            # "No Sex Pistols, the Clash or the Ramones".
            goes_on = met and (place in kinds or _article(said, kinds, place)) and kinds.get(place - 1)
            active = active and bool(goes_on) and _listed(said, kinds, place, str(goes_on))
        bare = False
        if place in names:
            if active:
                found.add(place)
                active, met = not _beside(words, place, meaning - names), True
            place += 1
            continue
        missed = said[place].begins and starts(words, place, ABSENT)
        if idle := missed or starts(words, place, IDLE):
            active, place = False, place + idle
            continue
        if (behind := _prefixed(said, place)) and not active:
            found |= behind & meaning
            place += 1 + len(behind)
            continue
        length = 0 if _no_refusal(said, place, meaning) else starts(words, place, REFUSING)
        if length:
            ahead = place + length
            # "no, Queen was fine": an answer, not a refusal.
            answered = (
                ahead < len(said) and words[place] in _NO and (said[ahead].begins or _answers(said, place))
            )
            active, met = not answered, False
            found |= set(range(place, ahead)) if active else set()
            place = since = ahead
            continue
        if _before_other(words, place, meaning):
            active, met, place, since = True, False, place + 1, place + 1
            continue
        active = active and not _ended(words, place, since, met)
        if active:
            found.add(place)
            met = met or place in meaning
        place += 1
    return found
