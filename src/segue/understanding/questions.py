"""What is asked, of what plays or of what is here: which question an utterance is, and of which tracks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from segue.understanding import acts
from segue.understanding.reading import Reading
from segue.understanding.state import DialogueState, Wish
from segue.understanding.turns import is_social, narrowed, of_no_name, shown_last, spoken_of
from segue.understanding.ways import Ways

_POINTS = frozenset(
    "this that it he she they his her their its one first second third last now playing".split()
)
"""Words that point at what plays, or is listed."""
_OF_NAMES = ("album", "year", "who", "writer", "works")
"""What may be asked of a name that is said."""


_WHO_IS = re.compile(
    r"^(?:and |so |ok |but )*who(?: the hell| on earth)?(?: is| was| are|s)(?: this| that)? _(?: _)*$"
)
_COUNTED = ("genre", "year", "voice", "language", "instrument", "mood", "tempo")
_ITS_ALBUM = re.compile(r"\b(?:this|that|the|its) (?:album|record|lp|ep)\b")
_SUCH_ONE = re.compile(
    r"\bthe (?!(?:first|second|third|fourth|last|previous|next|same|other|right|current|very|new|old)\b)"
    r"(\w+(?: \w+)?) (?:one|song|track)\b"
)
"""A track that is asked about by what it is: "what was the silly one called?"."""


class Questions(Ways):
    """Reads questions, and what asks for no music at all."""

    def asked(
        self,
        reading: Reading,
        state: DialogueState,
        before: DialogueState,
        new: list[Wish],
        played: Sequence[str],
    ) -> DialogueState | None:
        """The state of a question or of small talk; None where music is asked for."""
        if most := self.most_here(reading, state, before):
            return most
        asked = acts.question(reading.line)
        if is_social(reading, asked, first=not before.turn):
            return replace(state, act="social", wishes=before.wishes)
        if asked and (compared := self.compared_with(reading, list(played))):
            state = replace(state, act="question", asked="compared", count=before.count, comparisons=compared)
            return replace(state, about=tuple(played[-1:]), wishes=before.wishes)
        about, of_two = self.more_of_two(reading, played)
        if not of_two and reading.unknown and acts.OF_NAMED.match(" ".join(t.word for t in reading.said)):
            return replace(state, act="question", asked="here", unknown=tuple(reading.unknown))
        if of_two:
            state = replace(state, act="question", asked="which of two", comparisons=of_two, about=about)
            return replace(state, wishes=before.wishes, count=before.count)
        asked = narrowed(asked, reading, bool(played))
        if asked == "works" and not any(w.kind in ("artist", *_COUNTED) for w in new):
            here = reading.lone and acts.QUESTIONS["library"].search(reading.line)
            asked = "library" if here else ""
        plays = acts.PLAY.search(reading.line) and not of_no_name(reading) and asked not in _OF_NAMES
        return self._question(asked, reading, state, before, played) if asked and not plays else None

    def _question(
        self,
        asked: str,
        reading: Reading,
        state: DialogueState,
        before: DialogueState,
        played: Sequence[str],
    ) -> DialogueState | None:
        """The state of a question, with what it is about; None where there is nothing that it could be of."""
        about = self._about(reading, shown_last(before, list(played)), asked)
        asked_before = not (about or played) and before.act == "question" and len(reading.said) < 5
        if spoken_of(reading, before) or asked_before:
            about = before.about  # "What's number three called?", then "who's that by?"
        state = replace(state, act="question", count=before.count, wishes=before.wishes)
        if asked == "who" and _WHO_IS.match(reading.line) and any(m.kind == "artist" for m in reading.names):
            asked = "how many"  # "Who is Maxstack?": how much of theirs is here.
        if asked in ("title", "who", "year", "album") and (one := _SUCH_ONE.search(reading.line)):
            such = self.such_before(f"the {one[1]} one again", played)
            about = (such,) if such else about
        if self._of_nobody_here(reading, asked):
            return replace(state, asked="here", unknown=tuple(reading.unknown))
        if not (about or asked in ("how many", "previous", "wishes", "works") or reading.lone):
            return None
        each = self.counted_each(reading, before, played) if asked == "how many" else ()
        topic = each or self._told(reading, asked, about)
        if asked == "works" and reading.unknown and reading.facts:
            return replace(state, asked="here", unknown=tuple(dict.fromkeys(reading.unknown)))
        return replace(
            state,
            asked="how many each" if len(each) > 1 else asked,
            about=about,
            topic=topic,
            said=reading.line,
            unknown=tuple(reading.unknown) if asked in ("how many", "whether") else (),
        )

    def _told(self, reading: Reading, asked: str, about: tuple[str, ...]) -> tuple[Wish, ...]:
        """What is counted or listed: of an album the one that plays, of an instrument no near one."""
        if asked == "how many" and about and _ITS_ALBUM.search(reading.line):
            row = self.catalogue.tracks.row(self.catalogue.rows[about[0]], named=True)
            return (Wish("album", row["album"], values=(row["album"],)),) if row["album"] else ()
        found = self.wishes(reading, 0)
        if asked != "works":
            return tuple(found)
        exact = (replace(w, values=w.values[:1]) if w.kind == "instrument" else w for w in found)
        return tuple(e if self.index.meets(e).any() else w for e, w in zip(exact, found, strict=True))

    @staticmethod
    def _of_nobody_here(reading: Reading, asked: str) -> bool:
        """Whether a question is of a name that is not here: "when did Pearl Jam bring out Alive?"."""
        pointed = _POINTS & {t.word for t in reading.said} or acts.THIS_ARTIST.search(reading.line)
        large = any(t.written.istitle() and not t.begins for t in reading.said)
        told = asked in ("year", "album", "length", "writer") and reading.lone
        return bool(told and reading.unknown and large and not pointed)
