"""What an utterance points at: the track to compare with, "same artist", "like X", the ends of a way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segue.understanding import acts
from segue.understanding.acts import PLACES
from segue.understanding.reading import Reading
from segue.understanding.state import EVERYBODY, Comparison, DialogueState, Dimension, Kind, Wish
from segue.understanding.text import key
from segue.understanding.turns import plays, refusals
from segue.understanding.untold import NO_LENGTHS, NO_YEAR_OF_IT, NO_YEARS
from segue.understanding.vocabulary import kind_of, table
from segue.understanding.wishes import Wishes

AGES = ("the old days", "recent years")
"""Times that "older" and "newer" say as well."""


_THIS = ("this", "it", "that", "this one", "that one", "this song", "that song")
_OTHER = re.compile(r"the other(?: one| song| track)?(?: again| please| then| now)*$")


class References(Wishes):
    """Makes wishes, comparisons and likes of what is pointed at."""

    def which(self, line: str, played: Sequence[str]) -> tuple[str, ...]:
        """The played track that is meant: the last, the first, the one before."""
        found = acts.ORDINAL.search(line)
        if not played:
            return ()
        if acts.BEFORE_LAST.search(line):
            return (played[max(0, len(played) - 2)],)
        if " middle " in f" {line} " and len(played) > 2:
            return (played[len(played) // 2],)
        word = (found["o"] or "") if found else ""
        place = _place(found)
        if place:
            return (played[min(len(played), place) - 1],)
        if word.startswith(("first", "erst", "prem", "prim")):
            return (played[0],)
        distinct = list(dict.fromkeys(reversed(played)))
        earlier = word in ("previous", "before") or _OTHER.search(line) or acts.GO_BACK.search(line)
        return (distinct[1],) if earlier and len(distinct) > 1 else (played[-1],)

    def _about(self, reading: Reading, played: Sequence[str], asked: str) -> tuple[str, ...]:
        """The tracks that a question is about; "is this Heroes?" is about what plays."""
        named = [m for m in reading.names if m.kind == "title" and asked != "whether"]
        artists = [v for m in reading.names if m.kind == "artist" for v in m.values]
        if artists and played and not named and asked not in ("whether", "how many", "works"):
            # "What year is the Mercedes Sosa one?": hers that has played, or hers of the last title.
            row = self.catalogue.rows.get(played[-1], 0)
            theirs = self._tracks_of(Wish("artist", "", values=tuple(artists)))
            titles = self.names.tracks_of(key(self.catalogue.tracks["title"][row] or ""))
            if found := [t for t in (*reversed(played), *titles) if t in theirs]:
                return (found[0],)
        return named[0].values[:1] if named else self.which(reading.line, played)

    def more_of_two(
        self, reading: Reading, played: Sequence[str]
    ) -> tuple[tuple[str, ...], tuple[Comparison, ...]]:
        """The two tracks and the comparison that "which is older, Africa or Yellow?" asks for; none else."""
        match = acts.OF_NAMED.match(" ".join(t.word for t in reading.said))
        found = acts.comparisons(reading.line)
        last = tuple(played[-1:])
        sides = (match["a"], match["b"]) if match else ()
        keys = (self.names.title_key(side.split()) for side in sides)
        named = [
            last if side in _THIS else self.names.tracks_of(k) for side, k in zip(sides, keys, strict=True)
        ]
        if len(named) != 2 or not all(named) or not found:
            return (), ()
        return named[0][:1], (Comparison(found[0], named[1][:1]),)

    def compared_with(self, reading: Reading, played: Sequence[str]) -> tuple[Comparison, ...]:
        """The comparison that "is it faster than Sandstorm?" asks for; none where none is asked."""
        words = [t.word for t in reading.said]
        found = acts.comparisons(reading.line)
        if not played or not found or "than" not in words:
            return ()
        named = [m.values for m in reading.names if m.kind == "title"]
        named.append(self.names.tracks_of(key(" ".join(words[words.index("than") + 1 :]))))
        before = acts.BEFORE_THAT.search(reading.line)
        base = tuple(played[-2:-1]) if before else next((v[:1] for v in named if v), ())
        return (Comparison(found[0], base),) if base else ()

    def _asked_about(
        self, state: DialogueState, before: DialogueState, played: Sequence[str]
    ) -> DialogueState:
        """ "That one again" after a question about a track: that track, whether it has played or not."""
        track = before.about[0]
        if track in played:
            return replace(state, act="repeat", about=(track,), wishes=before.wishes)
        title = str(self.catalogue.tracks["title"][self.catalogue.rows[track]])
        wish = Wish("track", title, "required", (track,), turn=state.turn, now=True)
        return replace(state, said=title, wishes=(*refusals(before), wish))

    def _compared(
        self, reading: Reading, state: DialogueState, new: list[Wish], played: Sequence[str]
    ) -> DialogueState:
        """The comparisons, with a track that is named or with the last one."""
        lasting = {"shorter", "longer"} & {*acts.most(reading.line), *acts.comparisons(reading.line)}
        blind = lasting if lasting and not self.lasts else set[str]()
        state = replace(state, unknown=(*state.unknown, NO_LENGTHS)) if blind else state
        aged = {"older", "newer"} & {*acts.most(reading.line), *acts.comparisons(reading.line)}
        if aged and np.isnan(self.index.era).all():
            blind, state = blind | aged, replace(state, unknown=(*state.unknown, NO_YEARS))
        if utmost := [d for d in acts.most(reading.line) if d not in blind]:
            return replace(state, comparisons=tuple(Comparison(d, ()) for d in utmost))
        found = [d for d in acts.comparisons(reading.line) if d not in blind]
        if (of_namesakes := _of_namesakes(found, new)) and "than" not in reading.line:
            return replace(state, comparisons=(Comparison(of_namesakes, ()),))
        base = self.which(reading.line, played)
        named = [w for w in new if w.kind in ("title", "artist") and not w.refused]
        if named:
            base = named[0].values if named[0].kind == "title" else self._tracks_of(named[0])
        if any(
            w.years and (w.words.startswith(("before", "after", "no ")) or "later" in w.words) for w in new
        ):
            found = [d for d in found if d not in ("older", "newer")]
        if not base or (named and "than" not in reading.line and not acts.LIKE.search(reading.line)):
            return state
        return replace(state, comparisons=tuple(Comparison(d, base) for d in found))

    def _references(
        self, reading: Reading, state: DialogueState, new: list[Wish], played: Sequence[str]
    ) -> tuple[list[Wish], DialogueState]:
        """ "Same artist", "somebody else", "like X": wishes and likes made of tracks."""
        line, turn = reading.line, state.turn
        named = [w for w in new if w.kind in ("title", "artist") and not w.refused]
        titled = [w for w in named if w.kind == "title"]
        if titled and (same := self._same_as(line, titled[0], turn)):
            said = " ".join(w.words for w in same)
            off = replace(titled[0], kind="track", role="refused")
            return [*(w for w in new if w not in named), *same, off], replace(state, said=said)
        than = bool(named) and any(c.tracks for c in state.comparisons)  # "The newest by Queen" is by Queen.
        example = bool(named) and acts.ALIKE.search(line)
        like = example or acts.LIKE.search(line) or self.turned(line, new)
        # "I'd like a song that is older than X" asks for no X.
        beside = example or (than and " than " in line)
        itself = acts.OR_ALIKE.search(line) or not (beside or not plays(reading))
        if named and (than or like) and not itself:
            tracks = tuple(t for w in named for t in (w.values if w.kind == "title" else self._tracks_of(w)))
            others = [w for w in new if w not in named]
            artists = tuple(dict.fromkeys(a for t in tracks for a in self._artists((t,))))
            if like:
                state = replace(state, like=tracks)
                others += [Wish("artist", a, "refused", artists, None, turn, now=True) for a in artists[:1]]
            return others, state
        if not played:
            return new, state
        about = self.which(line, played)
        artists = self._artists(about)
        if artists and reading.lone and acts.UNLIKE.search(line):
            return [Wish("artist", artists[0], "refused", artists[:1], None, turn, alike=True)], state
        if acts.NO_REPEATS.search(line) and reading.lone:
            heard = self._artists(tuple(dict.fromkeys(played)))
            return [Wish("artist", EVERYBODY, "refused", heard, None, turn)], state
        has_artist = any(w.kind == "artist" for w in new)
        unwanted = bool(acts.NO_ARTIST.search(line))
        spoken = any(w.refused and w.kind == "artist" for w in new)  # "Coldplay? Skip them."
        if artists and acts.NEITHER.search(line) and not named:
            two = tuple(dict.fromkeys(played[-2:]))
            both = self._artists(two)
            new = [*new, Wish("artist", " and ".join(both), "refused", both, None, turn)]
            return new, replace(state, like=two if acts.ALL_LIKE.search(line) else ())
        if artists and (unwanted or acts.OTHER_ARTIST.search(line)) and not (named or spoken):
            new = [*new, Wish("artist", artists[0], "refused", artists[:1], None, turn)]
            likes = not unwanted and all(w.kind != "genre" for w in new)
            state = replace(state, like=about if likes else ())
        elif artists and acts.ELSE_LIKE.search(line) and not named:
            new = [*new, Wish("artist", artists[0], "refused", artists[:1], None, turn, now=True)]
            state = replace(state, like=about)
        elif (artists and has_artist and acts.WITH_THEM.search(line)) or (
            artists
            and acts.SAME_ARTIST.search(line)
            and not (named or "not" in acts.NOT_THAT.sub("", line).split())
        ):
            new = [*new, Wish("artist", artists[0], "required", artists[:1], None, turn)]
        nth = acts.LIKE_NTH.search(line) and state.comparisons  # "Like the first but slower."
        if (nth or (acts.LIKE_THAT.search(line) and not reading.lone)) and not (named or has_artist):
            state = replace(state, like=about)
        if acts.SAME_YEAR.search(line) and np.isnan(self.index.year[self.index.rows_of(about)]).any():
            state = replace(state, unknown=(*state.unknown, NO_YEAR_OF_IT))
        return [*new, *self._same(line, about, turn)], state

    def _same_as(self, line: str, titled: Wish, turn: int) -> list[Wish]:
        """What is asked for of a named track: "the same year as Born to Run", "by the band of Yellow"."""
        track = titled.values[:1]
        if acts.ITS_ARTIST.search(line):
            theirs = [Wish("artist", a, "required", (a,), None, turn) for a in self._artists(track)[:1]]
            return [w for w in theirs if len(self._tracks_of(w)) > 1]  # Else it is that track.
        return self._same(line, track, turn) if acts.SAME_AS.search(line) else []

    def _same(self, line: str, about: Sequence[str], turn: int) -> list[Wish]:
        """ "Same year", "same decade", "same genre": the wishes that are meant."""
        found: list[Wish] = []
        row = next(iter(self.index.rows_of(about)), None)
        if row is None:
            return found
        year = self.index.year[row]
        if acts.SAME_YEAR.search(line) and year == year:
            of_one = {"year", "jahr", "annee", "ano", "anno", "time"} & {*line.split()}
            first = int(year) if of_one else int(year) // 10 * 10  # "The same era" is a decade.
            last, words = (first, str(first)) if of_one else (first + 9, f"the {first}s")
            found.append(Wish("year", words, "required", (), (first, last), turn))
        facts = self.catalogue.tracks.row(row, named=True)
        tags = [str(t) for t in facts["tags"] or () if kind_of(str(t)) == "genre"]
        if acts.OTHER_YEAR.search(line) and year == year:
            first = int(year) // 10 * 10
            found.append(Wish("year", f"the {first}s", "refused", (), (first, first + 9), turn))
        if (on := acts.YEARS_ON.search(line)) and year == year:
            then = int(year) + acts.number(on["n"]) * (1 if on["on"] or on["ahead"] else -1)
            exact = acts.number(on["n"]) < 5 or "exactly " in line[: on.start()]
            near = 0 if exact and (self.index.year == then).any() else 3
            words = f"around {then}" if near else str(then)
            found.append(Wish("year", words, "required", (), (then - near, then + near), turn))
        if (on := acts.NEXT_YEAR.match(line)) and year == year:
            then = int(year) + (1 if on["on"] else -1)
            found.append(Wish("year", str(then), "required", (), (then, then), turn))
        if (on := acts.DECADES_ON.search(line)) and year == year:
            decades = {"two": 2, "three": 3}.get(on["n"], 1) * (1 if on["on"] else -1)
            first = (int(year) // 10 + decades) * 10
            found.append(Wish("year", f"the {first}s", "required", (), (first, first + 9), turn))
        counted = acts.YEARS_ON.search(line) or acts.DECADES_ON.search(line)
        if (on := acts.LONG_AFTER.search(line)) and year == year and not counted:
            then = int(year) + (15 if on["how"] == "decades" else 4) * (1 if on["on"] else -1)
            words, years = (
                (f"{then} or later", (then, None)) if on["on"] else (f"before {then}", (None, then))
            )
            found.append(Wish("year", words, "required", (), years, turn))
        if acts.OTHER_ALBUM.search(line) and acts.SAME_ARTIST.search(line) and facts["album"]:
            found.append(Wish("album", facts["album"], "refused", (facts["album"],), turn=turn))
        if acts.SAME_ALBUM.search(line) and facts["album"]:
            found.append(Wish("album", facts["album"], "required", (facts["album"],), turn=turn))
        if acts.OTHER_GENRE.search(line) and tags:
            found.append(Wish("genre", tags[0], "refused", (tags[0],), turn=turn))
        if acts.ALL_DIFFERENT.match(line) and tags:
            found.append(Wish("genre", tags[0], "refused", (tags[0],), turn=turn, now=True))
        if acts.SAME_LANGUAGE.search(line):
            found += self._from_there("language", row, turn)
        if acts.OTHER_LANGUAGE.search(line):
            found += [replace(w, role="refused", now=True) for w in self._from_there("language", row, turn)]
        if acts.OTHER_COUNTRY.search(line):
            found += [replace(w, role="refused", now=True) for w in self._from_there("country", row, turn)]
        if acts.SAME_GENRE.search(line) and tags:
            found.append(Wish("genre", tags[0], "required", (tags[0],), turn=turn))
        return found

    def _from_there(self, kind: Kind, row: int, turn: int) -> list[Wish]:
        """The language in which a track is sung, or from which country it is, as a wish; none if unknown."""
        names = table()[kind].items()
        told = (Wish(kind, name, values=tuple(v[0].split("|")), turn=turn) for name, v in names)
        # A few tags do not tell what is American.
        return [w for w in told if self.index.meets(w)[row] and w.words != "the United States"][:1]

    def _tracks_of(self, wish: Wish) -> tuple[str, ...]:
        return tuple(str(i) for i in self.catalogue.ids[self.index.meets(wish).nonzero()[0]])

    def _artists(self, tracks: Sequence[str]) -> tuple[str, ...]:
        rows = self.index.rows_of(tracks)
        return tuple(a for r in rows if (a := self.catalogue.tracks["artist"][r]))


def _of_namesakes(found: Sequence[Dimension], new: Sequence[Wish]) -> Dimension | None:
    """Older or newer, where one title is asked for that several tracks have: "the older Hound Dog"."""
    titled = [w for w in new if w.kind == "title" and not w.refused]
    several = len(new) == 1 == len(titled) and len(titled[0].values) > 1
    return next((d for d in found if several and d in ("older", "newer")), None)


def _place(found: re.Match[str] | None) -> int:
    """The place in a list that an ordinal says, from 1; 0 for none."""
    if found is None:
        return 0
    if number := found["n"] or found["d"]:
        return acts.number(number)
    return PLACES.get(found["o"] or "", 0) if found["o"] not in ("last", "final") else 0
