"""What retrieval is asked: the words of an utterance that may stand in titles and texts, or the wishes."""

from __future__ import annotations

from segue.understanding import acts
from segue.understanding.everyday import everyday
from segue.understanding.reading import Reading
from segue.understanding.scales import MEASURED, MOST_OF
from segue.understanding.state import NAMES, DialogueState
from segue.understanding.story import told as told_beside
from segue.understanding.untold import NOT_KNOWN

_POLITE = frozenset("please pls plz thanks only just".split())
"""Words that are looked for in no title."""
_SMALL = frozenset(
    "a an the with to of and or for in on at by from it this that me my you your i is are was be do does did "
    "have has had something anything some any just".split()
)
"""Words of which alone no title is asked for."""
_THEME = ("about", "called", "titled")


def asked_of_retrieval(state: DialogueState) -> str:
    """What retrieval is asked: the words where they name something new, else the wishes that hold."""
    wishes = [w for w in state.wishes if not w.refused]
    new = any(w.turn == state.turn for w in wishes) or not wishes
    if state.vague in ("anything", "lost"):
        return " ".join(dict.fromkeys(w.words for w in wishes))
    between = state.act == "blend" and len(state.ends) > 1  # "Something halfway between X and Y" is no title.
    if new and state.act in ("recommend", "blend") and not (state.like or state.comparisons or between):
        return "" if {*state.said.casefold().split()} <= _SMALL else state.said
    # "The oldest" is told by years, and not by titles with that word.
    return " ".join(dict.fromkeys(w.words for w in wishes if w.words not in MOST_OF.values()))


def _names_missed(reading: Reading) -> bool:
    """Whether a name is asked for that is not here, and not only words of music."""
    told = {f"{f.concept.name}{more}" for f in reading.facts for more in ("", " music")}
    return bool({*reading.unknown} - told - {*NOT_KNOWN})


def remembered(state: DialogueState) -> str:
    """What retrieval is still asked at later turns: of a name that was said, nothing but what else was.

    As long as it is wished for, the wish tells; later it would find titles with its words in them.
    """
    new = [w for w in state.wishes if w.turn == state.turn and w.kind in NAMES]
    if not any(not w.refused for w in new):
        return asked_of_retrieval(state)
    others = (w.words for w in state.wishes if not w.refused and w.kind not in NAMES)
    return " ".join(dict.fromkeys(others))


def search_text(reading: Reading) -> str:
    """What retrieval is asked: the utterance without what is refused, occasions and how many."""
    idle = {
        i
        for f in reading.facts
        if f.concept.kind in ("occasion", "length", "year")
        for i in range(f.start, f.end)
    }
    idle |= {i for r in reading.heard for i in range(r.start, r.end)}
    # "One hit wonders" are no title "One".
    idle |= {
        i
        for f in reading.facts
        if reading.said[f.start].word in acts.COUNT_WORDS
        for i in range(f.start, f.end)
    }
    idle |= {i for i, t in enumerate(reading.said) if t.word in _POLITE}
    named = {i for m in reading.names for i in range(m.start, m.end)}
    # "Can u play some for me n my girls" asks for no title of letters, but "R&B" for all of them.
    lone = {i for i, t in enumerate(reading.said) if len(t.word) == 1 and t.word.isalpha()}
    idle |= lone - named - {i for f in reading.facts for i in range(f.start, f.end)}
    idle |= reading.idle - {i for m in reading.names for i in range(m.start, m.end)}
    if match := acts.COUNT.search(reading.line):
        # "Ten songs" asks for no title with "song" in it.
        idle |= {reading.line.count(" ", 0, at) for at in (match.start("n"), match.end() - 1)}
    if acts.EVERY.match(reading.line):
        # "Play all the songs" asks for no titles with "all" in them.
        idle |= {i for i, t in enumerate(reading.said) if t.word in everyday()}
    left = [t for i, t in enumerate(reading.said) if i not in reading.refused | idle]
    beside = told_beside(reading)
    occasions = [
        f.concept.values for f in reading.facts if f.concept.kind == "occasion" and f.start not in beside
    ]
    about = next((i for i, t in enumerate(reading.said) if t.word in _THEME), -1) + 1
    told = {i for f in reading.facts for i in range(f.start, f.end)} - idle
    if about and not (named or reading.heard):
        # "List five songs about rain" is asked of rain alone.
        kept = [i for i in range(len(reading.said)) if i >= about or i in told]
        return " ".join(reading.said[i].written for i in kept if i not in reading.refused)
    if occasions and not (about or named or reading.heard):
        # "Songs for a drive with friends" is not asked of titles with friends in them, but by what suits.
        other = {i for f in reading.facts for i in range(f.start, f.end)} - idle - reading.refused
        # "Fast tempo" finds no title "Tempo".
        suits = [v.removesuffix(MEASURED) for values in occasions for v in values if v[0] != "-"]
        return " ".join([*(reading.said[i].written for i in sorted(other)), *suits])
    if told and not (about or named or reading.heard or _names_missed(reading)):
        # What only leads to the wishes finds titles with those words in them: "I need ... tunes".
        kept = [i for i, t in enumerate(reading.said) if i in told or t.word not in everyday()]
        return " ".join(reading.said[i].written for i in kept if i not in reading.refused | idle)
    return " ".join(t.written for t in left)
