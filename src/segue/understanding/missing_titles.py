"""Titles that are asked for beside an artist and are not here: "we will rock you by queen"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segue.understanding import called, context
from segue.understanding.called import MAKERS
from segue.understanding.everyday import common, everyday
from segue.understanding.plain import BY_WHOM, NO_TITLE, is_slip
from segue.understanding.reading import Reading
from segue.understanding.spelling import Mention
from segue.understanding.text import Token, fold, key

TO_HEAR = frozenset("play hear on queue".split())
"""Words right before a title that is asked for."""
LONGEST = 8
"""Words at most of a title that is missed."""
_WANTS = frozenset("want wants wanted need needs requested requests request fancy fancies".split())
_ASKED_FOR = frozenset("asked asking asks looking request requests".split())
_NOT_WANTED = frozenset("to you it me us him her them that".split())
"""Words behind "want" that go on with a title: "I want to break free", "I want you back"."""
_MAY_BE = frozenset(
    "another one two three it this that these those what who is are was were made last first done "
    "other like love have give got want live more next lot lots whatever two".split()
)
"""Words of requests that titles have, too: "Another One Bites the Dust"."""
_NO_PART = frozenset("with from for about except without where which featuring feat like by in off".split())
_GOES_ON = frozenset(
    "and or but nor with without from in on for to live at as is are was were has had have do does did if "
    "when while who that which because can will would could should next again now then instead only too "
    "also songs stuff music best early late new old newer older where about song track after before like "
    "i im we you he she they it not no so really just maybe whatever feat featuring remix remixes cover "
    "covers version versions album albums".split()
)
"""Words behind an artist that begin no title, in small letters at least."""
_NO_WORD = frozenset(
    "banger bangers bop jam jams tune anthem ballad classic number gem piece favourite favorite cut thing "
    "things material discography catalogue bit mix medley playlist list set mum mom dad wife husband hubby "
    "gran nan boss kids masterpiece belter stomper weepie burner duet solo concerto symphony sonata waltz "
    "nocturne prelude etude suite overture mass requiem quartet trio melody groove beat".split()
)


def missed(reading: Reading) -> list[tuple[int, int]]:
    """The words beside an artist that are asked for as a title, and are none here."""
    found = []
    for m in reading.names:
        if m.kind == "artist" and m.start not in reading.refused:
            found += [*_before_by(reading, m), *_behind(reading, m)]
    found += [*_covered(reading), *_headed(reading), *_shown(reading)]
    return found or [*_bands(reading), *_of_somebody(reading)]


def _covered(reading: Reading) -> Iterator[tuple[int, int]]:
    """What is written large behind "cover of", and is no name here: "a cover of Whiskey in the Jar"."""
    said = reading.said
    for i in [i for i, t in enumerate(said) if t.word in _RENDERED and i + 2 < len(said)]:
        if said[i + 1].word in ("of", "on"):
            yield from _large_from(reading, i + 2)


def _headed(reading: Reading) -> Iterator[tuple[int, int]]:
    """What is written large behind "the album" or "the song", and is none here: "the album OK Computer"."""
    said = reading.said
    for i in [i for i, t in enumerate(said) if t.word in _HEADS and i and said[i - 1].word in context.POINTS]:
        yield from _large_from(
            reading, i + 1 + (i + 1 < len(said) and said[i + 1].word in ("called", "named"))
        )


def _shown(reading: Reading) -> Iterator[tuple[int, int]]:
    """What a song is from, written large, and no name here: "the one from Dirty Dancing"."""
    said = reading.said
    places = {i for f in reading.facts if f.concept.kind in _WHERE for i in range(f.start, f.end)}
    for i in range(1, len(said) - 2):
        pointed = said[i].word in context.SONG | {"one", "theme"} and said[i - 1].word in context.POINTS
        if pointed and said[i + 1].word == "from" and i + 2 not in places:
            yield from _large_from(reading, i + 2)


_WHERE = ("country", "language", "year")


def _large_from(reading: Reading, start: int) -> Iterator[tuple[int, int]]:
    """The words from a place to the end of the clause, where two or more are large and name nothing."""
    said, end = reading.said, start
    while end < len(said) and not (said[end].begins and end > start) and said[end].word not in context.AFTER:
        end += 1
    span, some = set(range(start, end)), said[start:end]
    named = {i for m in reading.names for i in range(m.start, m.end)}
    large = all(t.written[:1].isupper() or t.word in _SMALL for t in some)
    large = large and start < len(said) and said[start].written[:1].isupper()
    mixed = any(t.written.islower() for t in said[:start])
    if 2 <= end - start <= LONGEST and large and mixed and not span & (named | reading.refused):
        yield start, end


def _of_somebody(reading: Reading) -> Iterator[tuple[int, int]]:
    """A title that is somebody's name, where it is all that is asked for: "can we have sweet caroline"."""
    said, names = reading.said, {i for m in reading.names for i in range(m.start, m.end)}
    for i in range(1, len(said)):
        asked = i == 1 or said[i - 1].begins or said[i - 2].word in context.ASKS | {"have", "get", "do"}
        if called.in_a_title(said, i) and asked and context.ends(said, i + 1) and not {i - 1, i} & names:
            yield i - 1, i + 1


def _bands(reading: Reading) -> Iterator[tuple[int, int]]:
    """What is said to be a band, whatever else it means: "America the band", "the band called Europe"."""
    said = reading.said
    for i in [i for i, t in enumerate(said) if t.word in MAKERS and i and said[i - 1].word == "the"]:
        start, end = i - 1, i + 1
        if context.ends(said, end):
            # "Europe (the band)".
            while start and (start == i - 1 or not said[start].begins) and not _asks(said, start):
                start -= 1
            end = i - 1
        else:
            start = end + (said[end].word in ("called", "named"))
            end = next((k for k in range(start + 1, len(said)) if context.ends(said, k)), len(said))
        if 0 < end - start < 4 and _of_a_band(reading, start, end):
            yield start, end


def _of_a_band(reading: Reading, start: int, end: int) -> bool:
    """Whether tokens may be the name of a band that is not here: a place, or no words of everyday."""
    said, facts = reading.said, {i for f in reading.facts for i in range(f.start, f.end)}
    words = {t.word for t in said[start:end]}
    if words & (_GOES_ON | NO_TITLE | _NO_WORD | context.FILLER):
        return False  # "The band that plays this."
    if set(range(start, end)) & (reading.refused | {i for m in reading.names for i in range(m.start, m.end)}):
        return False
    large = all(t.written.istitle() and not t.begins for t in said[start:end])
    return start in facts or large or not words <= everyday()


def _before_by(reading: Reading, m: Mention) -> Iterator[tuple[int, int]]:
    """Everyday words before "by" and an artist: "gimme gimme gimme by abba"."""
    said = reading.said
    by = m.start - 1 - (m.start > 1 and said[m.start - 1].word == "the")
    ends = m.end == len(said) or said[m.end].begins or said[m.end].word in context.AFTER | {"for", "as"}
    if by < 1 or said[by].word != "by" or not ends:
        return
    start = by
    while start and not said[start].begins and not _asks(said, start):
        start -= 1
    asked = start == 0 or _asks(said, start)
    start += asked and start > 0 and said[start].word in ("me", "us") and by - start > 1
    words = {t.word for t in said[start:by]}
    least = 1 if asked and not words & BY_WHOM else 3
    free = not set(range(start, by)) & (reading.taken() | reading.refused)
    free = free or _told_in_part(reading, start, by)
    whole = by - start > 2 or not set(range(start, by)) & reading.idle
    if least <= by - start <= LONGEST and free and whole and _titled(said[start:by]):
        yield start, by


def _told_in_part(reading: Reading, start: int, end: int) -> bool:
    """Whether all before "by" is a title of which a word means something: "smooth criminal"."""
    said, span = reading.said, set(range(start, end))
    first = start == 0 or (start == 1 and said[0].word in TO_HEAR)
    facts = [f for f in reading.facts if f.start in span]
    names = [m for m in reading.names if m.start in span]
    part = all(m.kind == "artist" and fold(m.name) != said[m.start].word for m in names)
    plain = all(f.concept.kind in ("mood", "occasion") for f in facts)
    left = [said[i].word for i in sorted(span - reading.taken()) if said[i].word not in _SMALL]
    telling = bool(left) and not any(w.endswith("s") or w in _NO_WORD | context.FILLER for w in left)
    few = 2 <= end - start <= 5 and len(facts) + len(names) == 1 and not span & reading.refused
    return first and few and part and plain and telling


def _asks(said: Sequence[Token], start: int) -> bool:
    """Whether a word that asks for a title ends before a place: "they asked for", "she wants"."""
    before = said[start - 1].word
    if before in _WANTS:
        return said[start].word not in _NOT_WANTED
    return (
        context.had(said, start)
        or before in TO_HEAR
        or (before == "for" and start > 1 and said[start - 2].word in _ASKED_FOR)
    )


def _titled(said: Sequence[Token]) -> bool:
    """Whether words may be a title, and are no request: "something loud", "somethng", "the best one"."""
    words = [t.word for t in said]
    if len(words) == 1 and is_slip(words[0]):
        return False
    asks = {*words} & NO_TITLE
    if asks - _MAY_BE or {*words} & _NO_WORD:
        return False
    if not asks:
        return True
    # "I was blown away by Queen", "another one with a solo by Queen" ask for no title.
    moved = words[-1].endswith("ed") or words[-1] in ("away", "down")
    telling = [w for w in words if len(w) > 3 and w not in NO_TITLE]
    return len(words) > 3 and bool(telling) and not moved and not {*words} & _NO_PART and len(asks) < 3


def _behind(reading: Reading, m: Mention) -> Iterator[tuple[int, int]]:
    """Words behind an artist, to the end of the clause: "Celine Dion's Because You Loved Me"."""
    said, start = reading.said, m.end
    led = start < len(said) and said[start].word in context.SONG and not said[start].begins
    start += led
    start += start < len(said) and said[start].word in ("called", "titled", "named")
    end = start
    while end < len(said) and not said[end].begins and said[end].word not in context.AFTER:
        end += 1
    span = set(range(start, end))
    names = {i for n in reading.names for i in range(n.start, n.end)}
    if not 1 <= end - start <= LONGEST or span & (names | reading.refused):
        return
    if end < len(said) and said[end].word in ("by", "from"):
        return
    large = all(t.written[:1].isupper() or t.word in _SMALL for t in said[start:end])
    mixed = (
        any(t.written[:1].islower() for t in said[: m.start])
        or led
        or (m.start == 0 and _owns(said[m.end - 1], m))
    )
    if large and mixed and said[start].written.istitle() and (end - start > 1 or led):
        yield start, end
    elif led and m.start and said[m.start - 1].word in context.POINTS and not span & reading.taken():
        if said[start].word not in _GOES_ON | NO_TITLE and not _NO_WORD & {t.word for t in said[start:end]}:
            yield start, end
    elif not led and _opens(said, m.start) and not span & reading.taken() and _said_as_title(said[start:end]):
        yield start, end


def _owns(token: Token, m: Mention) -> bool:
    """Whether a name ends with an s of its own that belongs to what stands behind it: "Kevin MacLeod's"."""
    return context.possessed(token) and not key(m.name).endswith(key(token.word))


_RENDERED = frozenset("cover version rendition take recording performance".split())
_HEADS = frozenset("album record lp song track single tune".split())
_SMALL = frozenset("of the to in a an and for on with at my me you is".split())


def _opens(said: Sequence[Token], start: int) -> bool:
    """Whether nothing but a word that asks stands before an artist."""
    return start == 0 or (start == 1 and said[0].word in context.PLAYS | {"and", "now", "then", "ok"})


def _said_as_title(said: Sequence[Token]) -> bool:
    """Whether words in small letters are a title, and tell nothing: "queen dont lose your head"."""
    words = [t.word for t in said]
    told = words[0] in _GOES_ON | NO_TITLE or words[0].endswith("s")  # "Queen makes me happy."
    if told or not all(w in everyday() for w in words):
        return False
    if len(words) > 2 and {*words} & _PERSONS:
        return True
    named = not {*words} & (_GOES_ON | NO_TITLE | _NO_WORD | context.FILLER | _TALK)
    return 1 < len(words) < 5 and named and any(w not in common() for w in words)


_TALK = frozenset(
    "fan fans tribute style styles type types era vibe vibes mood kind sort energy night time times session "
    "sessions sounding unplugged concert please pretty very rocks rules forever era phase years ones stuff "
    "maybe perhaps instead everyone anyone here there today tonight deep cuts heavy soft loud".split()
)
"""Words behind an artist that tell of what is theirs."""
_PERSONS = frozenset("you me my your us our".split())
