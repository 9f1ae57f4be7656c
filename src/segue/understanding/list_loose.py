"""What is said of a list in words that no pattern knows: what is done, and to which of its tracks."""

from __future__ import annotations

import re

from segue.understanding.acts import COUNT_WORDS, LOOSE, PLACES, TABLE

_ASKED = [(re.compile(asked), plain) for asked, plain in TABLE["LOOSE"]["ASKED"]]
_EDGES = dict.fromkeys(("top", "opening", "opener", "start", "beginning"), "1")
_EDGES |= dict.fromkeys(("bottom", "closing", "closer", "final", "end"), "last")
_FRONT = frozenset("top start front beginning head opener".split())
_LAST_BUT = {
    "faster": "slowest", "quicker": "slowest", "slower": "fastest", "calmer": "loudest", "quieter": "loudest",
    "louder": "calmest", "happier": "saddest", "sadder": "happiest", "newer": "oldest", "older": "newest",
}  # fmt: skip
"""What a list begins with that gets more so."""
_AGAIN = re.compile(r" (?:again|once more)\b")
_NAMES = {"latest": "newest", "youngest": "newest", "most recent": "newest", "earliest": "oldest"}
_MOST = {
    "slow": "slowest", "fast": "fastest", "old": "oldest", "new": "newest", "calm": "calmest",
    "quiet": "calmest", "loud": "loudest", "sad": "saddest", "happy": "happiest", "short": "shortest",
    "long": "longest",
}  # fmt: skip
_LONGEST = 12
"""Words from which on a line tells more than that each artist shall stand there once."""


def loosely(line: str) -> str:
    """A line about the list that was shown, in the words that it is read by; "" where it tells nothing.

    A place and one thing that is done to it are enough: "strike the second", "who's on track five".
    """
    if more := LOOSE["MORE"].search(line):
        many = "one" if more["k"].split()[0] in ("another", "an", "a") else more["k"]
        return f"add {many} more"
    if LOOSE["ONCE"].search(line) and len(line.split()) < _LONGEST:
        return "no repeated artists"
    if (order := LOOSE["ORDER"].search(line)) and LOOSE["SORTS"].search(line):
        first = order["first"] or order["on"] or _MOST[order["so"] or order["so2"]]
        return f"{_NAMES.get(first, first)} first"
    if LOOSE["BACKWARDS"].search(line) and len(line.split()) < _LONGEST:
        return "reverse it"
    if (gets := LOOSE["GETS"].search(line)) and LOOSE["SORTS"].search(line):
        return f"{_LAST_BUT[gets['more']]} first"
    asks = LOOSE["ASKS"].match(line)
    line = _AGAIN.sub("", line) if asks else line  # "What's the third called again?"
    spots = _spots(line)
    if len(spots) > 1 and " but " in line:
        line = line.rsplit(" but ", 1)[1]  # "Number two can stay, but not number three."
        spots = _spots(line)
    if len(spots) == 1 and (hears := LOOSE["HEAR"].match(line)):
        alone = LOOSE["SPOT"].fullmatch(line[hears.end() :])
        return f"play {_said(_place(spots.pop()))}" if alone else ""
    if len(spots) != 1 or (LOOSE["ELSEWHERE"].search(line) and not asks):
        return ""
    return _done(line, _place(spots.pop()))


def _spots(line: str) -> set[str]:
    """The places that are named, each once; of "the one in the middle, the third" the number."""
    spots = {m["nth"] or m["n"] or m["no"] or m["at"] for m in LOOSE["SPOT"].finditer(line)}
    if not spots and (bare := LOOSE["BARE"].match(line)):
        return {bare["nth"]}  # "Third one's a duffer."
    numbers = {spot for spot in spots if spot[0].isdigit()} or (spots - {*_EDGES, "middle"})
    return numbers if len(numbers) == 1 else spots


def _place(word: str) -> str:
    """A place as "number" is said before it: "3", "last"."""
    word = _EDGES.get(word, word)
    digits = re.match(r"\d+", word)
    place = int(digits[0]) if digits else PLACES.get(word, 0) or COUNT_WORDS.get(word, 0)
    return str(place) if place > 0 else word


def _said(place: str) -> str:
    return f"number {place}" if place.isdigit() else f"the {place} one"


def _done(line: str, place: str) -> str:
    """What is done to a track, or asked of it."""
    spot = _said(place)
    if move := LOOSE["MOVE"].search(line):
        to = move["to"] or move["to2"]
        return f"move {spot} to the {'top' if to in _FRONT or to == 'first' else 'end'}"
    if LOOSE["ONLY"].search(line):
        return f"keep only {spot}"
    if LOOSE["OTHER"].search(line):
        rest = LOOSE["FOR"].search(line)
        return f"swap {spot}" + (f" for {rest['rest']}" if rest else "")
    if LOOSE["OUT"].search(line):
        return f"drop {spot}"
    if LOOSE["ASKS"].search(line):
        told = next((plain for asked, plain in _ASKED if asked.search(line)), "")
        other = LOOSE["ELSEWHERE"].search(line) or "else" in line.split()
        if not told and not other and len(line.split()) < _LONGEST and {"what", "which"} & {*line.split()}:
            told = "what is {} called"  # "On the fourth place, what do we have?"
        return told.replace("{}", spot)
    return f"swap {spot}" if LOOSE["BAD"].search(line) else ""
