"""Where in a list: "put a samba after the third", "move the last one to number two", "somebody in the middle"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segue.understanding import acts, list_edits
from segue.understanding.list_edits import Edit
from segue.understanding.list_orders import ListOrders, said

_SPOT = list_edits.SPOT.pattern.replace("(?P<place>", "(?:")
_NP = r"\S.*?"
_WHERE = re.compile(
    rf"(?:\b(?:right |just |straight |directly |immediately )?(?P<after>after|behind|following|below)(?P<a> {_NP})"
    rf"|\b(?:right |just |straight |directly )?(?P<before>before|ahead of|in front of|above)(?P<b> {_NP})"
    rf"|\b(?:in |in ?)?between (?P<c>{_NP}) and (?P<d>{_NP})"
    r"|(?:\bsomewhere |\bright )?\b(?P<middle>(?:in|into|to|at|around|towards?) the (?:very |exact |dead )?(?:middle|centre|center)"
    r"|half ?way(?: (?:through|down|along))?|in between|mid ?way(?: through)?)"
    rf"|\b(?:as|at|in|to|into|on|up to|down to) (?:(?:the|number|no|nr|position|slot|place|spot|track) )*(?P<n>{_SPOT})"
    r"(?: (?:place|position|spot|slot))?)"
    r"(?: (?:of (?:it|the list)|somewhere|please|instead|then|too|there))*$"
)
_ADDS = re.compile(
    r"^@OPENS@(?:also |maybe |perhaps )*(?P<verb>(?:add|put|stick|throw|slip|squeeze|sneak|pop|chuck|bung|slot|insert|work|fit"
    r"|include|have|get|give (?:me|us)|need|id like|i d like|how about|what about|want|wedge|tuck|play|like|with)"
    r"(?: (?:in|me|us|also|maybe))* )?(?P<what>\S.*)$".replace("@OPENS@", acts.TABLE["CLASSES"]["OPENS"])
)
_MOVES = re.compile(
    r"^@OPENS@(?:(?:move|shift|put|bring|place|push|stick|slide|pull|have|slot|drag|bump|shove) )"
    r"(?P<what>\S.*)$".replace("@OPENS@", acts.TABLE["CLASSES"]["OPENS"])
)
_ASKS = re.compile(
    r"^(?:and |so |ok |now )*(?:what|whats|who|whos|which)(?: (?:one|song|track|artist|band))?"
    r"(?: (?:is|s|are|was|comes?|goes|stands?|sits?|sandwiched|stuck|plays?|you (?:have|got)))*(?: (?:right|just))?\b"
)
_WH = (
    r"^(?:(?:and|so|ok|now|but|wait|again|remind me|tell me) )*(?:what|whats|who|whos|which|how|where)"
    r"(?: (?:one|song|track|tune|artist|band|singer))?"
)
_IT = r"(?: (?:it|that|this|we|they|you|i|the (?:list|way|trip|journey|set|mix|playlist|road|route|thing)))?"
_AGAIN = (
    r"(?: (?:again|then|now|please|on it|of it|in it|on the list|of the list|in the list|there|called))*$"
)
_ENDS_ASKED = re.compile(
    rf"{_WH}(?: (?:does|do|did|s|is|are|was|were|will|would))?{_IT}(?: all)? "
    r"(?:(?P<last>(?:end|finish|close|stop|arrive|land|conclude)(?:s|es|ing)?|winds? up)"
    r"|(?P<first>(?:start|begin|open|set|kick)(?:s|ing|ning)?))"
    rf"(?: (?:up|off|out))?(?: (?:it|us|the (?:list|way|trip|set)))?(?: (?:on|with|at|in|from))?{_AGAIN}"
    rf"|{_WH}(?: (?:is|was|s|were))? (?:the |my |our |its )?(?:(?P<closer>closer|closing (?:one|song|track|number)"
    r"|finale|finish|ending|end|destination|last stop)|(?P<opener>opener|opening (?:one|song|track|number)"
    rf"|start|beginning|first stop)){_AGAIN}"
)
"""What the first or the last of a list is: "what does it finish on?", "what's it open with again?"."""
_NTH_ASKED = re.compile(
    rf"{_WH}(?: (?:comes?|goes|plays?|stands?|sits|do (?:we|i|you) (?:have|play|hear)))"
    rf"(?: (?:up|in|at|as|on))*(?: (?:place|position|spot))? (?P<n>{_SPOT}){_AGAIN}"
)
_TRAILING = re.compile(
    r"^(?:and |so |ok |now )*the (?:one|song|track) (?P<where>.+?)(?: (?:is|would be|s|was))$"
)
_ONE = re.compile(r"^(?:a|an|one|another|some|something|somebody|someone|anything|two|three)\b")
_SOMEBODY = re.compile(r"^(?:one|another)(?: one)?$")
_HALF_OF = re.compile(r".*\bkeep the (first|last|second|latter|back|front) half$")


class Placed(ListOrders):
    """Reads where in a list a track is put or moved."""

    def placed(self, line: str, tracks: Sequence[str]) -> Edit | None:
        """What folded words make of a list where they say a place within it; None where they say none."""
        for where in _WHERE.finditer(line):
            head = line[: where.start()].strip()
            if (moved := _MOVES.match(head)) and not _ONE.match(moved["what"]):
                at = self._one_of(moved["what"], tracks)
                if at is not None:
                    return self._moved(tracks, at, where)
            adds = _ADDS.match(head)
            if not adds or not (adds["verb"] or _ONE.match(adds["what"])):
                continue
            at, what = self._place(where, tracks), adds["what"]
            any_one = _SOMEBODY.match(what) is not None
            if at is None or not (any_one or self._wishes_for(what)):
                continue
            count = next((acts.COUNT_WORDS[w] for w in what.split()[:1] if w in acts.COUNT_WORDS), 1)
            rest = "" if any_one else what
            return Edit(tuple(tracks), tuple(range(at, at + max(count, 1))), (), rest)
        return None

    def put_at(self, front: re.Match[str], tracks: Sequence[str]) -> Edit | None:
        """What is not in the list yet, put at one of its ends: "put Adele first", "metal first"."""
        what = said(front, "who", "bare")
        reading = self.take_apart(what)
        named = any(m.exact for m in reading.names)
        such = front["bare"] and any(
            w.kind in ("genre", "mood", "instrument") for w in self.wishes(reading, 0)
        )
        if not (named or such):
            return None
        last = said(front, "at", "to2") in ("last", "end", "bottom")
        return Edit(tuple(tracks), (len(tracks) if last else 0,), (), what)

    def _wishes_for(self, what: str) -> bool:
        """Whether words say what a track shall be, or whose."""
        reading = self.take_apart(what, compare=True)
        return bool(self.wishes(reading, 0) or reading.unknown or acts.comparisons(what))

    def _moved(self, tracks: Sequence[str], at: int, where: re.Match[str]) -> Edit | None:
        """The list with one of its tracks at another place."""
        order = list(tracks)
        track = order.pop(at)
        to = self._place(where, tracks)
        if to is None:
            return None
        to = (len(tracks) - 1) // 2 if where["middle"] else to
        beside = where["after"] or where["before"] or where["c"]
        order.insert(to - (bool(beside) and to > at), track)
        return Edit(tuple(order), (), (), "")

    def asked_at(self, line: str, tracks: Sequence[str]) -> str:
        """The track of a list whose place is asked for: "what comes after the third?"; "" for none."""
        if ends := _ENDS_ASKED.match(line):
            return tracks[-1 if ends["last"] or ends["closer"] else 0]
        if (nth := _NTH_ASKED.match(line)) and (spots := list_edits.spots_in(nth["n"], len(tracks))):
            return tracks[spots[0]]
        if bare := _TRAILING.match(line):
            line = f"what is {bare['where']}"  # "And the one in the middle is ...?"
        for where in filter(None, (_WHERE.search(line) if _ASKS.match(line) else None,)):
            at = self._place(where, tracks)
            if not _ASKS.fullmatch(line[: where.start()].strip()) or at is None:
                continue
            at = (len(tracks) - 1) // 2 if where["middle"] else at - bool(where["before"] or where["c"])
            return tracks[at] if 0 <= at < len(tracks) else ""
        return ""

    def _place(self, where: re.Match[str], tracks: Sequence[str]) -> int | None:
        """The place, from 0, that is said; None where there is none such in the list."""
        if where["middle"]:
            return (len(tracks) + 1) // 2
        if where["n"]:
            place = list_edits.SPOT.fullmatch(where["n"])
            digits = re.match(r"\d+", place["place"]) if place else None
            number = int(digits[0]) if digits else acts.PLACES[place["place"]] if place else 0
            return number - 1 if 0 < number <= len(tracks) + 1 else None
        if where["c"]:
            ends = [self._one_of(where[g].strip(), tracks) for g in "cd"]
            return None if None in ends else max(e for e in ends if e is not None)
        said = where["a"] or where["b"]
        at = self._one_of(said.strip(), tracks)
        return None if at is None else at + bool(where["after"])

    def _one_of(self, what: str, tracks: Sequence[str]) -> int | None:
        """The place, from 0, of the one track of a list that words mean."""
        if list_edits.SPOT.fullmatch(what) and (spots := list_edits.spots_in(what, len(tracks))):
            return spots[0]
        if titled := self._titled_so(what, tracks):
            return titled[0]
        named = bool(self.take_apart(what).names)
        such = self._all_such(what if named else f"{what} ones", tracks)
        return such[0] if such and (named or len(such) == 1) else None

    @staticmethod
    def _ended(line: str, tracks: Sequence[str]) -> Edit | None:
        """A list with something else at an end, half of it or twice as many."""
        n = len(tracks)
        if match := acts.EDIT_END.match(line):
            return Edit(tuple(tracks), (n if match["last"] else 0,), (), match["what"])
        if half := _HALF_OF.match(line):
            middle = (n + 1) // 2
            return Edit(
                tuple(tracks[:middle] if half[1] in ("first", "front") else tracks[middle:]), (), (), ""
            )
        if acts.EDIT_HALF.match(line):
            return Edit(tuple(tracks[: (n + 1) // 2]), (), (), "")
        return (
            Edit(tuple(tracks), tuple(range(n, min(2 * n, 30))), (), "")
            if acts.EDIT_DOUBLE.match(line)
            else None
        )
