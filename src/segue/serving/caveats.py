"""What is said before a track: what is not here, what had to go and why, what was taken back."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segue.serving.answer import Answer, in_words
from segue.serving.phrases import FELT, UNCAUGHT
from segue.serving.wording import all_missing, let_go, listed, of_music, stands
from segue.understanding.index import Index
from segue.understanding.relax import untold
from segue.understanding.scales import MOST_OF
from segue.understanding.state import Comparison, Gone, Wish
from segue.understanding.text import fold
from segue.understanding.uncaught import telling

UNMARKED = "Nothing here tells a genre, a mood or what a track suits: I go by names and titles."
"""What is said where no track has a tag."""
_MARKED = ("genre", "mood", "instrument", "voice", "tempo", "language", "occasion")


def before(index: Index, answer: Answer, rested: Sequence[Wish]) -> list[str]:
    """What must be said first: what is not here, what had to go, what was taken back."""
    state = answer.state
    # That nothing here suits news need not be told.
    dropped = [d for d in answer.dropped if not (isinstance(d, Wish) and d.words in FELT)]
    nowhere = [d for d in dropped if isinstance(d, Wish) and _nowhere(index, d)]
    words = [fold(w.removesuffix(" music")) for w in (*answer.state.unknown, *(d.words for d in nowhere))]
    titles = [fold(str(p.row["title"])) for p in answer.tracks]
    titled = bool(titles and words) and all(w in title for w in words for title in titles)
    unknown = [n for n in state.unknown if index.tags or titled or not of_music(n)]
    said = all_missing(unknown[:2])
    unmarked = not (index.tags or titled) and bool(nowhere or len(unknown) < len(state.unknown))
    if unmarked:
        said.append(UNMARKED)
    elif nowhere:
        said.append(_unmet(nowhere))
    if said and titled:
        # A title is no sound, but may be what was meant.
        said[-1] = f"{said[-1].removesuffix('.')}, but that is in the title."
    said += _all_unknown(index, [c for c in answer.state.comparisons if _blind(index, c)])
    untold = [d for d in dropped if isinstance(d, Wish) and d.kind == "occasion" and not index.meets(d).any()]
    said += ["What suits that is not known here."] if untold and not (nowhere or _in_words(answer)) else []
    said += _let_go(index, answer, [d for d in dropped if d not in (*nowhere, *untold)], rested)
    said += [f"Nothing here meets that and {let_go(w)} as well." for w in _vain(index, answer)]
    if answer.state.lifted:
        said.append(f"Taken back: {', '.join(map(str, answer.state.lifted))}.")
    if state.vague in ("lost", "unread") and state.act != "edit" and not _in_words(answer):
        said.append(UNCAUGHT[state.turn % len(UNCAUGHT)])
    told = (*state.wishes, *(d for d in answer.dropped if isinstance(d, Wish)))
    felt = (FELT[w.words] for w in told if w.turn == state.turn and w.words in FELT)
    return [*felt, *said]


def _in_words(answer: Answer) -> bool:
    """Whether what plays has a word in its name or tags that was said, and so may be what was meant."""
    said = {*telling(fold(answer.state.said))}
    rows = (p.row for p in answer.tracks[:1])
    texts = (" ".join(map(str, (r["title"], r["artist"], r["album"], *(r.get("tags") or ())))) for r in rows)
    return any(said & {*re.findall(r"\w+", fold(text))} for text in texts)


def _vain(index: Index, answer: Answer) -> list[Wish]:
    """What was only hoped for now, and no track that meets the rest has: "maybe with a harp"."""
    state = answer.state
    hoped = [w for w in state.preferred if w.turn == state.turn and w.kind != "occasion"]
    now = hoped if answer.tracks else []
    wished = [(w, replace(state, wishes=(*state.wishes, replace(w, role="required")))) for w in now]
    return [replace(w, role="required") for w, whole in wished if not index.allowed(whole).any()]


def _let_go(index: Index, answer: Answer, left: Sequence[Gone], rested: Sequence[Wish]) -> list[str]:
    """What had to go because nothing meets it all, and what rests, if that was not told before."""
    nothing = "Nothing else here" if _some_meet(index, answer) else "Nothing here"
    resting = [w for w in answer.state.resting if w not in rested]
    names = listed([in_words(d) for d in left])
    kinds = {d.kind if isinstance(d, Wish) else "" for d in left}
    by = "by" if kinds == {"artist"} else "from" if kinds == {"album"} else ""
    said = []
    if by and nothing == "Nothing else here" and "." not in names:
        rest = "" if _all_meet(index, answer, left) else " that meets the rest"
        said.append(f"No more {by} {names} here{rest}{stands(answer.state.against)}.")
    elif left and all(isinstance(d, Comparison) for d in left):
        said.append(f"Nothing {names} is left for that.")
    elif left:
        gone = listed([let_go(d) for d in left]) + stands(answer.state.against)
        said.append(f"{nothing} meets all of it, so I let go of {gone}.")
    if resting:
        hold = "It holds" if len(resting) == 1 else "They hold"
        gone = listed([let_go(w) for w in resting])
        said.append(f"{nothing} meets all of it, so I let go of {gone}. {hold} again next.")
    return said


def _some_meet(index: Index, answer: Answer) -> bool:
    """Whether something would have met all that was wished: it has played, or must not."""
    gone = (d for d in answer.dropped if isinstance(d, Wish))
    wishes = (*answer.state.wishes, *answer.state.resting, *gone)
    compared = (*answer.state.comparisons, *(d for d in answer.dropped if isinstance(d, Comparison)))
    return bool(index.allowed(replace(answer.state, wishes=wishes, comparisons=compared)).any())


def _all_meet(index: Index, answer: Answer, left: Sequence[Gone]) -> bool:
    """Whether all that is of the names which were let go meets the rest, and so has played or must not."""
    rest = index.allowed(replace(answer.state, comparisons=()))
    return not any((index.meets(d) & ~rest).any() for d in left if isinstance(d, Wish))


def _all_unknown(index: Index, comparisons: Sequence[Comparison]) -> list[str]:
    """That it is not known what is louder and the like; of several that nothing tells, in one sentence."""
    said = [_unknown(index, c) for c in comparisons]
    if len(said) > 1 and all(text.startswith("What is ") for text in said):
        told = " or ".join(text.removeprefix("What is ").split(" is not")[0] for text in said)
        return [f"What is {told} is not known here."]
    return said


def _blind(index: Index, comparison: Comparison) -> bool:
    """Whether nothing is known of the compared tracks in a dimension, or the same of all tracks."""
    values, rows = index.scale(comparison), index.rows_of(comparison.tracks)
    if not comparison.tracks:
        return untold(values)
    known = values[~np.isnan(values)]
    return bool(rows) and bool(np.isnan(values[rows]).all() or known.min() == known.max())


def _unknown(index: Index, comparison: Comparison) -> str:
    """That nothing is known of what is compared: of what has played, or of any track."""
    rows, values = index.rows_of(comparison.tracks), index.scale(comparison)
    asked, title = _ASKED.get(comparison.dimension, ""), index.catalogue.tracks["title"]
    if asked and len(rows) == 1 and len(np.unique(values[~np.isnan(values)])) > 1:
        return f"How {asked} “{title[rows[0]]}” is, is not known here."
    if not rows:
        return f"Which is {MOST_OF[comparison.dimension]} is not known here."
    return f"What is {comparison.dimension} is not known here."


_ASKED = {"faster": "fast", "slower": "fast", "louder": "loud", "calmer": "loud", "happier": "happy"}
_ASKED |= {"sadder": "happy", "older": "old", "newer": "old", "longer": "long", "shorter": "long"}
"""What is asked of a track by a comparison."""


def _nowhere(index: Index, wish: Wish) -> bool:
    """Whether no track at all is marked with what was wished, by any tag."""
    if wish.refused or wish.kind not in _MARKED:
        return False
    return not (index.meets(wish) | index.having(wish.values)).any()


def _unmet(nowhere: Sequence[Wish]) -> str:
    """That nothing is marked as what was wished, or tells what suits it."""
    marked, suits = ([let_go(w) for w in nowhere if (w.kind == "occasion") == of] for of in (False, True))
    said = [f"Nothing here is marked as {' or '.join(marked)}."] if marked else []
    return " ".join([*said, *([f"What suits {' or '.join(suits)} is not known here."] if suits else [])])
