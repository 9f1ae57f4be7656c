"""Questions about a list: "which is the oldest?", "any Queen in it?", "are they all from the 60s?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from segue.understanding import acts
from segue.understanding.list_changes import Lists
from segue.understanding.list_edits import BACK, SOME_AGAIN, spots_in
from segue.understanding.list_orders import said
from segue.understanding.state import DialogueState, Wish
from segue.understanding.text import fold
from segue.understanding.turns import refusals
from segue.understanding.untold import NO_LENGTHS
from segue.understanding.work_parts import parts_of

OF_TWO = re.compile(
    r"^(?:and |so |ok |hm+ )*which (?:one |song |track )?(?:is|was|s) (?:the )?"
    r"(?:\w+er|more \w+)(?: (?:one|song|track))?$"
    r"|\bwhich (?:one |song )?of (?:the|these|those|them)(?: two)?\b|\bof the two\b"
)
OF_THEM = re.compile(
    r"^(?:\w+ ){0,3}the \w+est (?:one )?of (?:them|those|these|that lot|the (?:list|lot|bunch))\b"
)

_THAT_BE = re.compile(
    r"^(?:and |ok |then |so )*(?:can|could|let|make|have|should) (?:that|it|this)(?: one)?"
    r"(?: (?:be|go|come))* (?:the )?(first|last)(?: (?:one|song|track))?(?: (?:please|then))*$"
)
_THAT_OPENS = re.compile(
    r"^(?:and |ok |then |so )*(?:can|could|let|make|have|should|may|might) (?:that|it|this)(?: one)?"
    r" (?:(?P<last>close|end|finish)|open|start|begin|kick off|lead)"
    r"(?: (?:it|us|things|off|the \w+|with))*(?: (?:please|then))*$"
)
_PRONOUNS = ("she", "he", "they", "it", "that", "this", "that one", "this one", "that song", "this song")
_THESE = re.compile(
    r"^(?:and |so |ok )*how many(?: (?:songs|tracks|ones))? (?:are|were|in|from|with|by|sing|have|got)\b"
    r"(?!.*\b(?:you|u|here|there|library|collection|altogether)\b)"
)
"""What is counted of the list that was shown: "how many are in French"."""


class ListQuestions(Lists):
    """Reads what is asked about the last list that was shown."""

    @staticmethod
    def asked_plainly(text: str, line: str) -> str:
        """A text in the words that a question of a list is read by: "title of the opening one?"."""
        found = ((said_so.match(line), plain) for said_so, plain in acts.LIST_ASKED)
        return next((match.expand(plain) for match, plain in found if match), text)

    @staticmethod
    def pointed_out(line: str, tracks: Sequence[str], before: DialogueState) -> str:
        """A line in which the track of the list that was asked about is said by its place: "drop it"."""
        if before.asked == "such" and not before.about and before.said and acts.IF_NOT.match(line):
            return f"add {before.said} to the list"
        of_turn = (w for w in before.wishes if w.turn == before.turn)
        spoken = before.topic or of_turn
        artists = [w.values[0] for w in spoken if w.kind == "artist" and w.values]
        if artists and len(before.about) != 1 and (whom := acts.WHOM.search(line)):
            # "Any Queen in there?", then "put them in".
            return f"{line[: whom.start()]}{fold(artists[0])}{line[whom.end() :]}"
        place = _spoken_of(tracks, before)
        if not place:
            return line
        if acts.LOOSE["THERE"].search(line) and not acts.LOOSE["SPOT"].search(line):
            return f"swap number {place}"
        line = acts.GRUMBLE.sub("", line)
        line = _THAT_BE.sub(r"put it \1", line)
        line = _THAT_OPENS.sub(lambda m: f"put it {'last' if m['last'] else 'first'}", line)
        if other := acts.INSTEAD_OF_IT.match(line):
            return f"replace number {place} with {other['what']}"
        match = acts.IT_OF_LIST.match(line)
        if not match or (match["it"] == "them" and before.act == "edit"):
            return line  # "Put them oldest first" is of all.
        return f"{match['verb']} number {place}{line[match.end() :]}"

    @staticmethod
    def those(line: str, played: Sequence[str], shown: Sequence[str]) -> Sequence[str]:
        """What "which of those is the oldest?" is of: the list, or what played where there is none."""
        heard = tuple(dict.fromkeys(played))
        pair = len(shown) != 2 and re.search(r"\bof (?:the two|the pair|both)\b", line)
        if pair or (not shown and OF_TWO.search(line)):
            return heard[-2:]
        return shown or (heard if re.search(r"\bof (?:these|those|them)\b", line) else ())

    def asked_of_list(self, line: str, tracks: Sequence[str], before: DialogueState) -> DialogueState | None:
        """The state of a question about the list: "which is the oldest?", "read me the list"."""
        if len(tracks) < 2:
            return None
        state = replace(DialogueState(), act="question", turn=before.turn + 1, count=before.count)
        state = replace(state, wishes=before.wishes, listed=before.listed)
        if (where := self._place_asked(line, tracks, before)) is not None:
            asked = "place" if where else "such"
            return replace(state, asked=asked, about=where, listed=tuple(tracks))
        if acts.OF_LIST.search(line) or acts.WHO_IN.match(line):
            return replace(state, asked="list", about=tuple(tracks), said=line)
        if before.count > 1 and acts.TOTAL.match(line):
            if not self.lasts:
                return replace(state, asked="here", unknown=(NO_LENGTHS,))
            return replace(state, asked="total length", about=tuple(tracks))
        if acts.AVERAGE.match(line):
            return replace(state, asked="average year", about=tuple(tracks), said=line)
        if at := self.asked_at(line, tracks):
            return replace(state, asked="who", about=(at,), said=line)
        if asked_such := self._asked_such(line, tracks, state, before):
            return asked_such
        two = acts.comparisons(line) if OF_TWO.search(line) and " than " not in line else []
        if match := None if two else acts.WHICH_SUCH.match(line):
            what = said(match, "what", "the")
            such = self._all_such(f"{what} ones", tracks)
            about = tuple(tracks[i] for i in such or ())
            topic = self._topic(what)
            return None if such is None else replace(state, asked="such", about=about, topic=topic)
        of_them = OF_THEM.search(line)
        words = {*line.split()}
        played = acts.OF_THOSE.match(line) and words & {"play", "hear", "put", "again", "once"}
        of_all = acts.WHAT_MOST.match(line) and words & {"your", "you", "here"}  # "Your oldest track".
        if (
            played
            or of_all
            or not (acts.WHICH_ONE.search(line) or of_them or two)
            or not (utmost := acts.most(line) or two)
        ):
            return None
        if utmost[0] in ("shorter", "longer") and not self.lasts:
            return replace(state, asked="here", unknown=(NO_LENGTHS,))
        asked = "year" if utmost[0] in ("older", "newer") else "who"
        return replace(state, asked=asked, about=(tracks[self._sorted(utmost[0], tracks)[0]],))

    def _place_asked(self, line: str, tracks: Sequence[str], before: DialogueState) -> tuple[str, ...] | None:
        """The tracks of a list of which is asked where they stand; None where that is not asked."""
        match = next(filter(None, (p.match(line) for p in acts.PLACE_ASKED)), None)
        if not match:
            return None
        what = next(filter(None, match.groupdict().values()))
        if what not in _PRONOUNS:
            such = self._called(what, tracks) or self._all_such(f"{what} ones", tracks)
            named = such or self.take_apart(what).names
            return tuple(tracks[i] for i in such or ()) if named else None
        spoken = [t for t in before.about if t in tracks] if before.act == "question" else []
        spoken = spoken or [tracks[i] for i in before.places if i < len(tracks)]
        of = [w for w in (*before.topic, *before.wishes) if w.kind == "artist" and not w.refused]
        spoken = spoken or [
            t for t in tracks if of and self.index.meets(of[-1])[self.index.rows_of((t,))].any()
        ]
        return tuple(spoken) if spoken else None

    def _asked_such(
        self, line: str, tracks: Sequence[str], state: DialogueState, before: DialogueState
    ) -> DialogueState | None:
        """The state of a question how many of the list are so, whether any or all are; None for another."""
        state = replace(state, listed=before.listed or tuple(tracks))
        if acts.TWICE.match(line):
            artists = self._artists(tracks)
            if len(artists) != len(tracks):
                return None
            about = tuple(t for t, a in zip(tracks, artists, strict=True) if artists.count(a) > 1)
            return replace(state, asked="such", about=about)
        if match := acts.ALL_SUCH.match(line):
            asked = "all such"
        elif match := acts.IN_LIST.match(line) or (acts.ANY_SUCH.match(line) if before.count > 1 else None):
            asked = "how many such" if line.split()[0] == "how" or " how many " in f" {line} " else "such"
        elif match := acts.HOW_MANY_SUCH.match(line):
            asked = "how many such"
            in_it = match["there"] is not None or re.search(r" of th(?:e|ese|ose|em)\b", line)
            if not (in_it or (before.count > 1 and _THESE.match(line))):
                return None
        what = said(match, *(g for g in ("what", "she", "there2") if g in match.groupdict())) if match else ""
        such = self._all_such(f"{what} ones", tracks) if match else None
        if match and not such and what.endswith("s"):  # "How many of those are Stevie's?"
            such = self._all_such(f"{what[:-1]} ones", tracks) or such
        if not match or such is None:
            return None
        about = tuple(tracks[i] for i in such)
        return replace(state, asked=asked, about=about, topic=self._topic(what), said=what)

    def _topic(self, what: str) -> tuple[Wish, ...]:
        """What a question about a list speaks of, which "put them in" takes up."""
        return tuple(self.wishes(self.take_apart(what), 0))

    @staticmethod
    def listed_again(
        said: tuple[str, str], shown: Sequence[str], before: DialogueState, played: Sequence[str]
    ) -> tuple[str, ...]:
        """The tracks that "the list again", "the first two again" ask for; none where no such is said.

        Args:
            said: the whole line and its last clause.
        """
        some = next(filter(None, (p.match(said[0]) for p in SOME_AGAIN)), None)
        heard = shown or tuple(dict.fromkeys(played))
        spots = spots_in(some["spots"], len(heard)) if some else []
        if len(spots) > 1:
            return tuple(heard[i] for i in spots)
        listed = any(p.match(line) for p in BACK for line in said)
        now = before.count > 1 and (
            acts.ALL_AGAIN.match(said[0]) or (before.act != "question" and acts.PLAY_LIST.match(said[0]))
        )
        listed = listed or bool(now)
        return tuple(shown) if listed and len(shown) > 1 else ()

    def of_the_works(self, line: str, before: DialogueState) -> DialogueState | None:
        """The state of "play the first one" after the titles of somebody were told."""
        match = acts.ORDINAL.search(line) if before.asked == "works" and before.topic else None
        if not match or not acts.PLAY.search(line) or match["o"] not in acts.PLACES:
            return None
        told = self.index.allowed(DialogueState(wishes=before.topic))
        opening = told & parts_of(self.catalogue).opening
        ids = self.catalogue.ids[(opening if opening.any() else told).nonzero()[0]]
        place = acts.PLACES[match["o"]]
        if place > len(ids):
            return None
        track = str(ids[place - 1 if place > 0 else -1])
        title = str(self.catalogue.tracks["title"][self.catalogue.rows[track]])
        turn = before.turn + 1
        wish = Wish("track", title, "required", (track,), turn=turn, now=True)
        return replace(DialogueState(), said=title, turn=turn, wishes=(*refusals(before), wish))


def _spoken_of(tracks: Sequence[str], before: DialogueState) -> int:
    """The place, from 1, of the track of a list that was asked about, or put in just now; 0 for none."""
    if before.act == "edit" and len(before.places) == 1 and before.places[0] < len(tracks):
        return before.places[0] + 1
    asked = before.act == "question" and len(before.about) == 1 and before.about[0] in tracks
    return list(tracks).index(before.about[0]) + 1 if asked else 0
