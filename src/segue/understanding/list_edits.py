"""A list that is edited: "replace number 2", "drop the third one", "only the first three", "add two more"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from segue.understanding.acts import COUNT_WORDS, LIST_SAID, PLACES, TABLE

_DIGITS = r"\d{1,2}(?:st|nd|rd|th)?"
_PLACE = rf"(?:{_DIGITS}|{'|'.join(sorted(PLACES, key=len, reverse=True))})"
_THING = r"(?: (?:one|songs?|tracks?|ones|titel|lied|stuck|chanson|titre|cancion|canzone|musica|brano|tema))?"
_THE = (
    r"(?:(?:the|das|die|den|la|le|el|il|a|o|numbers?|no|nr|nummer|numero|songs?|tracks?|items?|titel"
    r"|position|#) )*"
)
_SPOT = rf"{_THE}{_PLACE}\b{_THING}"
SPOT = re.compile(rf"{_THE}(?P<place>{_PLACE})\b{_THING}")
_N = rf"(?:\d{{1,2}}|{'|'.join(COUNT_WORDS)})"
_END = r"(?:the )?(?:first|last|top|bottom|middle)"
ENDS = re.compile(rf"\b(?P<end>first|last|top|bottom|middle) (?P<n>{_N})\b")
_BUT = f"(?:{TABLE['ALL_BUT'][0]} )?"
_EACH = rf"{_END} {_N}\b{_THING}|{_SPOT}(?:,? (?:(?:and|und|et|y|e|or|&) )?{_SPOT}){{0,5}}"
_SPOTS = rf"(?P<spots>{_BUT}(?:{_EACH}))"


def _patterns(name: str, what: str, by: str) -> list[re.Pattern[str]]:
    return [re.compile(p.replace(what, by)) for p in TABLE[name]]


REPLACE, REMOVE = (_patterns(n, "SPOTS", _SPOTS) for n in ("EDIT_REPLACE", "EDIT_REMOVE"))
SWAP, MOVE = (_patterns(n, "SPOT", f"(?:{_SPOT})") for n in ("EDIT_SWAP", "EDIT_MOVE"))
SOME_AGAIN = _patterns("SPOTS_AGAIN", "SPOTS", _SPOTS)
KEEP = _patterns("EDIT_KEEP", "COUNT", f"(?P<n>{_N})")
ONLY = _patterns("EDIT_ONLY", "SPOTS", _SPOTS)
BACK = _patterns("LIST_BACK", "COUNT", f"(?:{_N})")
ALL_BUT, AT_END = (re.compile(TABLE[n][0]) for n in ("ALL_BUT", "AT_END"))
_FRONT = re.compile(r"\b(?:start|beginning|top|front|begin|open|kick off)\b")
ADD = _patterns("EDIT_ADD", "COUNT", f"(?P<n>{_N}|another|an other)")


class Edit(NamedTuple):
    """What an edit makes of a list.

    Args:
        kept: ids of the tracks that stay, in order.
        places: where other tracks come, in the order of the new list, from 0.
        replaced: ids of those whose places they take.
        rest: what else is said: what the new tracks shall be.
    """

    kept: tuple[str, ...]
    places: tuple[int, ...]
    replaced: tuple[str, ...]
    rest: str


def edit_plainly(line: str) -> str:
    """An edit in the words that it is read by: "two less" drops the last two."""
    for said_so, plain in LIST_SAID:
        line = said_so.sub(plain, line)
    return line


def find(line: str, tracks: Sequence[str], *, now: bool = True) -> Edit | None:
    """What folded words make of a list of tracks; None where they edit none, or a place that is not there.

    Args:
        line: the words.
        tracks: the ids of the list.
        now: whether it is the last thing that was shown: else "only two" does not speak of it.
    """
    n = len(tracks)
    if ordered := _ordered(line, tracks):
        return Edit(ordered, (), (), "")
    for pattern in REPLACE:
        if (match := pattern.search(line)) and (spots := spots_in(match["spots"], n)):
            kept = tuple(t for i, t in enumerate(tracks) if i not in spots)
            return Edit(kept, tuple(spots), tuple(tracks[i] for i in spots), _rest(line, match))
    for pattern in REMOVE:
        if (match := pattern.search(line)) and (spots := spots_in(match["spots"], n)) and len(spots) < n:
            return Edit(tuple(t for i, t in enumerate(tracks) if i not in spots), (), (), "")
    for pattern in KEEP if now else ():
        if (match := pattern.search(line)) and (count := min(_number(match["n"]), 30)) not in (0, n):
            # "Make it five" of three asks for two more.
            return Edit(tuple(tracks[:count]), tuple(range(n, count)), (), _rest(line, match))
    for match in filter(None, (p.search(line) for p in ONLY if now)):
        spots = spots_in(match["spots"], n)
        if spots and len(spots) < n and (len(spots) > 1 or not match["spots"].isalnum()):
            return Edit(tuple(tracks[i] for i in spots), (), (), "")
    for match in filter(None, (p.search(line) for p in ADD)):
        count = 1 if match["n"].startswith("an") else min(_number(match["n"]), 30)
        end = AT_END.search(line)
        first = 0 if end and _FRONT.search(end[0]) else n
        return Edit(tuple(tracks), tuple(range(first, first + count)), (), AT_END.sub("", _rest(line, match)))
    return None


def _ordered(line: str, tracks: Sequence[str]) -> tuple[str, ...]:
    """The tracks in another order: two of them swapped, or one moved to an end; none where none is said."""
    order = list(tracks)
    for pattern in SWAP:
        if (match := pattern.search(line)) and len(spots := spots_in(match[0], len(order))) == 2:
            a, b = spots
            order[a], order[b] = order[b], order[a]
            return tuple(order)
    for pattern in MOVE:
        match = pattern.search(line)
        sides = (line[: match.start("to")], line[match.end("to") :]) if match else ()
        if match and (spots := next(filter(None, (spots_in(side, len(order)) for side in sides)), [])):
            track = order.pop(spots[0])
            ends = ("end", "bottom", "last", "ende", "fin", "final", "fine", "finish", "close")
            last = match["to"] in ends
            order.insert(len(order) if last else 0, track)
            return tuple(order)
    return ()


def spots_in(text: str, n: int) -> list[int]:
    """The places, from 0, that words name; none where one is not in the list."""
    found = []
    if but := ALL_BUT.search(text):
        left = spots_in(text[but.end() :], n)
        return [i for i in range(n) if i not in left] if left else []
    if ends := ENDS.search(text):
        # "The last two".
        many = min(_number(ends["n"]), n)
        start = (
            0 if ends["end"] in ("first", "top") else (n - many) // 2 if ends["end"] == "middle" else n - many
        )
        return list(range(start, start + many))
    for word in (m["place"] for m in SPOT.finditer(text)):
        digits = re.match(r"\d+", word)
        place = int(digits[0]) if digits else PLACES[word]
        found.append(place - 1 if place > 0 else n // 2 if place < -1 else n - 1)
    return sorted(set(found)) if all(0 <= place < n for place in found) else []


def _number(word: str) -> int:
    return int(word) if word.isdigit() else COUNT_WORDS[word]


def _rest(line: str, match: re.Match[str]) -> str:
    if told := match.groupdict().get("rest"):
        return str(told)
    return f"{line[: match.start()]} {line[match.end() :]}".strip().removesuffix(" in")
