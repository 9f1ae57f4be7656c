"""What an utterance does, told from its words alone: small talk, a question, a repetition, how many."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from segue.understanding import acts
from segue.understanding.everyday import everyday
from segue.understanding.reading import Reading
from segue.understanding.small_talk import is_small
from segue.understanding.state import DialogueState, Wish
from segue.understanding.text import other_script


def shown_last(before: DialogueState, played: list[str]) -> Sequence[str]:
    """What "the second one" is of: the last list with what played after it, or all that played."""
    listed = list(before.listed)
    starts = [i for i in range(len(played)) if listed and played[i : i + len(listed)] == listed]
    return played[starts[-1] :] if starts else played


def is_social(reading: Reading, asked: str, *, first: bool) -> bool:
    """Whether an utterance is thanks, a greeting, a "stop", nothing of music, or cannot be read.

    Args:
        reading: the utterance.
        asked: what it asks.
        first: whether nothing was said before it.
    """
    plain = " ".join(t.word for t in reading.said)
    if acts.THANKS.match(plain) or is_goodbye(reading):
        return True
    named = {i for m in reading.names if m.exact for i in range(m.start, m.end)}
    titled = bool(named) and {t.word for i, t in enumerate(reading.said) if i not in named} <= _LEADS
    if not titled and is_small(plain, praised=not first):
        return True  # But "then Respect" is a title.
    guessed = not reading.heard and not any(m.exact for m in reading.names)
    if guessed and (acts.ELSEWHERE.search(plain) or acts.RUDE.match(plain)):
        return True
    if guessed and (not reading.said or acts.SOCIAL.match(plain) or acts.STILL.match(plain)):
        return True
    return reading.lone and not asked and (unread(reading) or _thanked(reading))


def _thanked(reading: Reading) -> bool:
    """Whether an utterance that asks for nothing ends or begins with thanks: "that did the trick, cheers"."""
    line = reading.line
    if reading.unknown or not acts.THANKED.search(line) or {*line.split()} & _WANTS:
        return False
    asks = (
        acts.MORE, acts.REPEAT, acts.REFUSE, acts.PLAY, acts.SAME_ARTIST, acts.OTHER_ARTIST, acts.NO_ARTIST,
        acts.SAY, acts.COUNT, *acts.LIFT.values(), *acts.COMPARE.values(), *acts.MOST.values(),
    )  # fmt: skip
    return not any(p.search(said) for p in asks for said in (line, bare(line)))


def pointing(reading: Reading) -> str:
    """The last clause where it points at a track, else all: "the one before was better, put it back on"."""
    clause = last_clause(reading)
    return clause if acts.ORDINAL.search(clause) or acts.GO_BACK.search(clause) else reading.line


def last_clause(reading: Reading) -> str:
    """The words after the last mark, the whole line where they are one or two: "joke. Play the first"."""
    said = [t.word for t in reading.said]
    starts = (i for i, t in enumerate(reading.said) if t.begins and not set(said[i:]) <= _POLITE)
    start, words = max(starts, default=0), reading.line.split()
    return " ".join(words[start:]) if len(words) == len(reading.said) > start + 2 else reading.line


def is_goodbye(reading: Reading) -> bool:
    """Whether the last clause but thanks says goodbye, and what stands before it wishes for nothing new."""
    words = [t.word for t in reading.said]
    end = len(words)
    for start in [i for i, t in enumerate(reading.said) if t.begins][::-1]:
        clause, before = " ".join(words[start:end]), " ".join(words[:start])
        if acts.CLOSES.match(clause) or (start and clause in ("night", "nite")):
            # "Goodnight x" asks for no track of X.
            named = any(m.start < start or (m.exact and len(words[m.start]) > 1) for m in reading.names)
            wished = named or any(f.start < start for f in reading.facts) or reading.heard
            return not (wished or acts.MORE.search(before) or acts.question(before))
        if not acts.THANKS.match(clause):
            return False
        end = start
    return False


def is_chat(reading: Reading) -> bool:
    """Whether nothing is asked for in an utterance of everyday words: "well, I guess it is alright"."""
    words = {t.word for t in reading.said}
    return words <= everyday() and not words & ASKING


def unguessed(reading: Reading) -> Reading:
    """A question that only looks like a name: "is this live?" is not "Is This Love"."""
    said = " ".join(t.word for t in reading.said)
    guessed = reading.names and not reading.facts and not any(m.exact for m in reading.names)
    return replace(reading, names=[], line=said) if guessed and acts.question(said) else reading


_PRONOUN = re.compile(
    r"^(?!.*\b(?:this|first|last|one|before|previous|number|now)\b).*\b(?:that|it|he|she|they|its)\b"
)
"""What speaks of the track that was asked about, and not of what plays."""


def spoken_of(reading: Reading, before: DialogueState) -> bool:
    """Whether a question goes on about the one track that was asked about before."""
    asked = before.act == "question" and len(before.about) == 1
    return asked and reading.lone and _PRONOUN.search(reading.line) is not None


def of_no_name(reading: Reading) -> bool:
    """Whether nothing is named but, at most, a length or a voice."""
    return reading.lone or (
        not reading.names and {f.concept.kind for f in reading.facts} <= {"length", "voice"}
    )


def narrowed(asked: str, reading: Reading, played: bool) -> str:
    """What is asked, seen with what else is said; "" where it is no question after all."""
    if asked == "previous" and acts.FIRST.search(reading.line):
        asked = "who"
    if asked == "whether" and not (played and (reading.names or reading.facts)):
        asked = "other"
    if (asked in ("library", "help", "keep") and not reading.lone) or (asked == "who" and reading.strangers):
        asked = ""
    plainly = of_no_name(reading)
    if asked in ("other", "whether") and plainly and any(f.concept.kind == "length" for f in reading.facts):
        # "Is it longer than four minutes?"
        asked = "length"
    titled = "how long" in reading.line and any(m.kind == "title" for m in reading.names)
    if asked in ("other", "length") and not (plainly and played) and not (asked == "length" and titled):
        return ""
    return asked


def unread(reading: Reading) -> bool:
    """Whether all is in a script of which nothing was understood."""
    known = any(p.search(reading.line) for p in (acts.MORE, acts.REPEAT, acts.REFUSE, *acts.COMPARE.values()))
    return not known and all(other_script(t.word) for t in reading.said)


def plays(reading: Reading) -> bool:
    """Whether a name that stands beside "like" is asked for itself: "i'd like X", "would like to hear X"."""
    line = reading.line
    if acts.ELSE.search(line):
        return False  # "I like X, what else would I like?"
    return any(p in line for p in _ASKED) and "something like" not in line


def again_alike(line: str) -> bool:
    """Whether "again" asks for something else of the kind: "that again, but louder"."""
    other = "but" in line.split() and acts.comparisons(line)
    told = any(w in line for w in ("something", "similar", "not again"))
    return bool(other) or told or (line.startswith(("and again", "again ")) and "from the" not in line)


def refusals(before: DialogueState) -> tuple[Wish, ...]:
    """What is refused at a state."""
    return tuple(w for w in before.wishes if w.refused)


def bare(line: str) -> str:
    """A line without what is only polite or a sound at its ends: "please", "now then", "lol"."""
    words = _TAIL.sub("", line).split()
    while len(words) > 1 and words[-1] in _POLITE:
        words.pop()
    while len(words) > 1 and words[0] in _POLITE:
        words.pop(0)
    return " ".join(words)


_TAIL = re.compile(
    r"(?<=\w) (?:if (?:you|u) (?:would|could|can|please|dont mind|do not mind|wouldnt mind|like)|if possible"
    r"|if (?:thats|that is|its|it is) (?:ok|okay|possible|alright|all right|fine)"
    r"|(?:would|will|could|can) (?:you|u))$"
)
"""What is only polite at an end."""
_LEADS = frozenset("then now and ok next or maybe play please also so".split())
"""Words beside a title that is asked for."""
_POLITE = frozenset(
    "please pls plz bitte svp stp thanks thx now then ok okay tho though and so yeah yes lol lmao haha "
    "hahaha hehe phew jaja mdr hm hmm uh um oh ah ew ugh yikes whoa omg bro dude".split()
)
ASKING = frozenset(
    "play song songs something anything music about called hear want some need tune track title band artist "
    "find know with like for from by".split()
)
"""Words with which something is asked for."""
_WANTS = ASKING - frozenset("know like for from by with about called".split()) | frozenset(("one", "ones"))
_ASKED = (
    "who doesnt",
    "who does not",
    "who wouldnt",
    "id like",
    "would like",
    "feel like",
    "i d like",
    "like to hear",
    "i like",
    "que tal",
)
