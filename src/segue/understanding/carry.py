"""What stays from turn to turn: what a new wish adds or replaces, what is lifted, what a refusal teaches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from segue.understanding import acts
from segue.understanding.merged import beside, settled, shaded
from segue.understanding.state import NAMES, SOFT, DialogueState, Wish
from segue.understanding.themes import ABOUT, IN_TITLE
from segue.understanding.untold import NOT_KNOWN
from segue.understanding.vocabulary import concepts, split, subgenres

_ONE = re.compile(r"\b(?:an?|some|the) (?:\w+ ){1,3}ones?\b")
_NEVER_MIND = re.compile(r"\bnever ?mind\b|^nvm\b")


def carried(
    state: DialogueState,
    before: DialogueState,
    new: list[Wish],
    line: str,
    *,
    joined: bool = False,
) -> DialogueState:
    """The state of this turn with what holds of the turns before.

    Args:
        state: this turn's, without wishes.
        before: the state of the turn before.
        new: this turn's own wishes.
        line: its words, folded.
        joined: whether its wishes are put to what holds, and take the place of none of another kind.
    """
    # "Like Nick Drake" plays others than him, and so does "another".
    # "Not that one either" goes on refusing what was refused.
    held = [w for w in before.wishes if not w.now or (w.refused and state.act in ("more", "refuse"))]
    if acts.SONG_ABOUT.search(line):
        # "About Christmas", then "a song about ghosts".
        held = [w for w in held if w.refused or w.kind != "occasion"]
    new = shaded(new, held, line, state.turn)
    held, new, lifted = _lifted(held, new, line, state.turn)
    held, new = _in_place(*_turned(held, new, line, state.turn), line)
    wanted = [w for w in new if not w.refused]
    refused = [w for w in new if w.refused]
    if acts.ALL_ELSE.search(line) and (wanted or not acts.AN_ARTIST.search(line)):
        held = [w for w in held if w.refused]
    fresh = acts.FRESH.search(line) is not None and bool(wanted)
    # "Rap", then "now a party one" is rap.
    fresh = fresh and not (_ONE.search(line) and {w.kind for w in wanted} == {"occasion"})
    # "Something like Bill Evans" is a wish of its own, as "Bill Evans" is.
    example = bool(state.like) and any(w.refused and w.now and w.kind == "artist" for w in new)
    now = _Turn(held, wanted, refused, acts.ADDS.search(line) is not None and not fresh, fresh, example)
    now = now._replace(anew=fresh and acts.SOMETHING.search(line) is not None)
    now = now._replace(rest=joined or acts.REST_STAYS.search(line) is not None)
    kept: list[Wish] = []
    for old in held:
        if old.refused:
            stays, back = _still_refused(old, wanted)
            lifted += [old] if back else []
            kept += [old] if stays else []
        elif left := _left_wanted(old, now, state, line):
            kept.append(left)
    kept = [w for w in kept if w not in new]
    act = "take back" if lifted and not wanted and not refused else state.act
    return replace(state, act=act, wishes=tuple(settled([*kept, *new])), lifted=tuple(lifted))


def _in_place(held: list[Wish], new: list[Wish], line: str) -> tuple[list[Wish], list[Wish]]:
    """What held and this turn's wishes, where these stand beside the old ones or in their place."""
    if ABOUT.search(line):
        # Songs about something else: what they were about is no matter.
        held = [w for w in held if w.refused or not w.words.endswith(IN_TITLE)]
    if acts.OR.match(line):
        held, new = beside(held, new)
    # "80s pop", then "maybe jazz": what takes the place of a wish is one.
    replaced = {w.kind for w in held if w.role == "required"} & {"genre", "year", "country", "language"}
    hoped = [w for w in new if w.role == "preferred" and w.kind in replaced]
    return held, [replace(w, role="required") if w in hoped else w for w in new]


def _left_wanted(old: Wish, now: _Turn, state: DialogueState, line: str) -> Wish | None:
    """What is left of a wish of before, None where it goes."""
    stay = {_STAYS.get(m["kind"], m["kind"]) for m in acts.STAYS.finditer(line)}
    if old.kind in stay and old.kind not in now.kinds:
        return old
    if left := _left_of(old, now.refused):
        return left
    compared = any(c.dimension in _AGAINST.get(old.kind, ()) for c in state.comparisons)
    instead = (bool({*state.unknown} - {*NOT_KNOWN}) and not (now.wanted or now.refused)) or (
        bool(state.like) and state.act == "recommend"
    )
    instead = instead and old.kind in NAMES
    return None if compared or instead or _goes(old, now) else old


def _turned(held: list[Wish], new: list[Wish], line: str, turn: int) -> tuple[list[Wish], list[Wish]]:
    """The wishes before and now, with what is not wanted of what was: "without it", "another decade"."""
    wanted = [w for w in held if not w.refused]
    kind = next((k for k, pattern in acts.OTHERWISE.items() if pattern.search(line)), "")
    if acts.WITHOUT.match(line) and not new:
        latest = max((w.turn for w in wanted), default=0)
        those = [w for w in wanted if w.turn == latest]
    elif kind and not any(w.kind == kind and not w.refused for w in new):
        those = [w for w in wanted if w.kind == kind]
    else:
        return held, new
    held = [w for w in held if w not in those]
    told = {w.words for w in new if w.kind == kind}
    off = (replace(w, role="refused", turn=turn) for w in those if w.words not in told)
    return held, [*new, *off]


def _left_of(old: Wish, refused: Sequence[Wish]) -> Wish | None:
    """What is left of several, where one is refused: "Rihanna or Jay-Z", then "no Jay-Z"."""
    parts = [p for p in old.words.split(" or ") if p not in {w.words for w in refused if w.kind == old.kind}]
    if not old.refused and old.kind in (*SOFT, "genre") and 0 < len(parts) <= old.words.count(" or "):
        known = [(subgenres() | concepts()).get(tuple(split(p))) for p in parts]
        values = {v for p, c in zip(parts, known, strict=True) for v in (c.values if c else (p,))}
        return replace(old, words=" or ".join(parts), values=tuple(v for v in old.values if v in values))
    gone = {v for w in refused if w.kind == "artist" for v in w.values}
    left = tuple(v for v in old.values if v not in gone)
    some = old.kind == "artist" and left and len(left) < len(old.values)
    return replace(old, words=" or ".join(left), values=left) if some else None


class _Turn(NamedTuple):
    """What held before, what is wanted and refused now, whether that adds to it or begins afresh.

    `example`: whether an artist is named only as what it shall be like; `anew`: whether "now something" is
    said; `rest`: whether all else stays.
    """

    held: list[Wish]
    wanted: list[Wish]
    refused: list[Wish]
    adds: bool
    fresh: bool
    example: bool = False
    anew: bool = False
    rest: bool = False

    @property
    def kinds(self) -> set[str]:
        return {w.kind for w in self.wanted}


def _still_refused(old: Wish, wanted: Sequence[Wish]) -> tuple[bool, bool]:
    """Whether a refusal of before stays, and whether it is taken back by what is wanted now."""
    if old.kind == "voice" and any(w.kind == "language" for w in wanted):
        return False, False  # Who wants it in Spanish wants it sung.
    same = [w for w in wanted if w.kind == old.kind]
    if any(w.heard for w in same) and old.heard is not None and old.heard.how == "played":
        return False, False
    back = any(set(w.values[:1]) & set(old.values) for w in same if w.values)
    return not back, back


def _goes(old: Wish, now: _Turn) -> bool:
    """Whether what was wanted before gives way to this turn's wishes."""
    if old.firm or now.rest:
        return old.kind in now.kinds or any(w.same(old) for w in now.refused)
    kinds, named = now.kinds, bool(now.kinds & {*NAMES}) or (now.example and not now.adds)
    if named and old.kind in (*NAMES, *SOFT, "length", "genre", "year", "language", "country", "words"):
        return True
    if (now.anew or (kinds & {"language", "country"} and not now.adds)) and old.kind in NAMES:
        return True
    heard = "listening" in kinds or named or any(w.kind == "listening" for w in now.refused)
    if old.kind == "listening" and heard:
        return True
    if _of_a_genre_before(old, now):
        return True
    if old.kind in kinds and old.kind in _ONE_OF_EACH:
        return True
    if "mood" in kinds and not now.adds and old.kind in ("mood", "occasion"):
        return True
    if not now.adds and any({old.words, w.words} in _CLASHES for w in now.wanted):
        return True
    if old.kind == "artist" and any(w.kind == "artist" for w in now.refused):
        return True
    if old.words == "instrumental" and "language" in kinds:
        return True
    if old.kind == "language" and any(w.kind == "voice" and w.words == "instrumental" for w in now.wanted):
        return True
    against = any(w.kind == old.kind and set(w.values) & set(old.values) for w in now.refused)
    return against and not _within(old, now.refused)


def _of_a_genre_before(old: Wish, now: _Turn) -> bool:
    """Whether a wish belongs to a genre or an occasion that gives way to another one."""
    kinds = now.kinds
    if "genre" in kinds and old.kind in ("genre", "artist", "album", "track"):
        return True
    if now.adds:
        return False
    # A time alone waits for a genre ("80s", then "metal"); with one it was a wish of its own.
    genres = [w for w in now.held if w.kind == "genre" and not w.refused]
    # "Nothing before 1990" holds for every genre.
    bound = old.words.startswith("no ") or old.words.endswith("or later")
    timed = old.kind == "year" and not bound and bool(genres)
    # So does a language: "French chanson", then "now a soul song" is of soul in any language.
    sung = old.kind in ("language", "country") and any(w.turn == old.turn or now.fresh for w in genres)
    # And so does a mood or what it is for: "something sad", then "country".
    waits = (
        old.kind in SOFT
        and not now.fresh
        and all(w.refused or w.kind not in ("genre", *NAMES) for w in now.held)
    )
    if "genre" in kinds and not waits and (old.kind in (*SOFT, "words") or timed or sung):
        return True
    return "occasion" in kinds and (old.kind in (*SOFT, "genre", "words", *NAMES) or timed)


_STAYS = {"decade": "year", "era": "year", "period": "year"}
_STAYS |= {"style": "genre", "vibe": "mood", "speed": "tempo"}
"""The kind of wish that a word means which says what stays."""
_ONE_OF_EACH = ("year", "length", "tempo", "language", "country", "occasion", "voice", "words")
"""Kinds of which a new wish takes the place of the old one."""
_CLASHES = [{"fast", m} for m in ("calm", "relaxing", "dreamy", "intimate")] + [
    {"slow", m} for m in ("energetic", "party")
]
"""A tempo and a mood of which the later one takes the other's place."""
_AGAINST = {
    "year": ("older", "newer"), "tempo": ("slower", "faster"),
    "mood": ("calmer", "louder", "sadder", "happier"),
    "length": ("shorter", "longer"),
}  # fmt: skip


def _within(old: Wish, refused: Sequence[Wish]) -> bool:
    """Whether what is refused is only a part of what was wanted ("hip-hop, no gangsta rap")."""
    return any(
        set(w.values) < set(old.values) and old.values[:1] != w.values[:1]
        for w in refused
        if w.kind == old.kind
    )


NEAR = 3
"""Turns ago at most that "forget that" takes a wish back."""


def _lifted(
    held: list[Wish], new: list[Wish], line: str, turn: int
) -> tuple[list[Wish], list[Wish], list[Wish]]:
    """Wishes of before that this turn takes back, and this turn's own without those it only speaks of."""
    lifted: list[Wish] = []
    for name, pattern in acts.LIFT.items():
        if not pattern.search(line):
            continue
        if name == "everything":
            lifted += [w for w in held if not w.refused or acts.RULES & {*line.split()}]
        elif name == "last":
            # "Never mind" takes back only what was just said.
            since = turn - (1 if _NEVER_MIND.search(line) else NEAR)
            latest = max((w.turn for w in held), default=0)
            lifted += [w for w in held if w.turn == latest >= since]
        else:
            lifted += [w for w in held if w.kind == name]
    if acts.FINE.search(line) or acts.FORGETS.search(line):
        stays = bool(lifted) and "still " in line  # "Lift the year, still dark metal."
        spoken = [w for w in new if any(meets(w, h) for h in held) and not stays]
        if acts.FORGETS.search(line):
            # "Keep it rocky, drop the era."
            spoken = [w for w in spoken if w.refused or any(h.refused and meets(w, h) for h in held)]
        not_needed = any(w in line for w in ("have to ", "need to ", "need not be"))
        gone = not_needed or acts.FORGETS.search(line) is not None
        back = [h for h in held if any(meets(w, h) for w in spoken) and (h.refused or gone)]
        lifted += back
        again = any(
            w in line for w in ("play ", "something", "give ", "changed my mind", "hit me", "put on ")
        )
        if back and (gone or not again):
            new = [w for w in new if not any(meets(w, h) for h in back)]
        if back:
            new = [replace(w, role="required") if any(meets(w, h) for h in back) else w for w in new]
        if acts.LETS_GO.search(line):
            # "The sad thing" may have gone already.
            new = [w for w in new if not w.refused]
    return [w for w in held if w not in lifted], new, list(dict.fromkeys(lifted))


def held_again(state: DialogueState, before: DialogueState) -> DialogueState:
    """The state of an edited list with the wishes of the list: what a track was put in for is of it alone."""
    if state.act != "edit" or not any(w.now and not w.refused for w in state.wishes):
        return state
    off = {v for w in (*state.refused, *state.lifted) for v in w.values}
    old = (w for w in before.wishes if not w.now and w not in (*state.wishes, *state.lifted))
    return replace(state, wishes=(*(w for w in old if not off & {*w.values}), *state.wishes))


def meets(a: Wish, b: Wish) -> bool:
    """Whether two wishes speak of one thing, at least in part."""
    return a.kind == b.kind and (
        bool(set(a.values[:1]) & set(b.values)) or (a.years is not None and a.years == b.years)
    )
