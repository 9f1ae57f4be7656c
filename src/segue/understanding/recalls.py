"""What has played and is called back by what it is: "back to the Nina one", "the slow one again"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segue.understanding import acts, context
from segue.understanding.acts import PLACES
from segue.understanding.counts import ALL, how_many
from segue.understanding.everyday import common
from segue.understanding.list_questions import ListQuestions
from segue.understanding.reading import Reading
from segue.understanding.state import NAMES, Comparison, DialogueState, Wish
from segue.understanding.text import fold, key
from segue.understanding.turns import refusals, shown_last
from segue.understanding.untold import NO_LENGTHS, NO_YEARS

_THE_OTHER = re.compile(
    r"^(?:(?:and|ok|play|hear) )*(?:the )?other (?:one|song|track)(?: please| then| now)*$"
)


_OTHER_OF = re.compile(
    r"^(?:(?:and|then|ok|now|so|please|play|hear|me|give|put on|let me hear) )*the other(?: one)?"
    r"(?: (?:then|please|now))*$"
)


class Recalls(ListQuestions):
    """Finds the track or the artist of those that have played that words call back."""

    def heard_before(self, line: str, played: Sequence[str]) -> str:
        """The track that "Africa again" means: one that has played, by its title; "" for none."""
        match = acts.TITLE_AGAIN.match(line) if played else None
        title = key(match["what"] or match["that"]) if match else ""
        rows = {
            track: self.catalogue.rows[track] for track in reversed(played) if track in self.catalogue.rows
        }
        titles = self.catalogue.tracks["title"]
        found = next((t for t, row in rows.items() if title and key(titles[row] or "") == title), "")
        if found or not match or not match["what"]:
            return found
        # "Prince again", of whom nothing else is here.
        artist = self.of_played(match["what"], played, whole=True)
        return next(iter(self.all_played(artist, played)), "") if artist else ""

    def not_titled(self, line: str, before: DialogueState, played: Sequence[str]) -> str:
        """The words after a "not" that are a title of what plays or of who is wished for: "not rehab"."""
        match = acts.NOT_TITLE.match(line)
        artists = self._artists(tuple(played[-1:])) if match else ()
        artists += tuple(v for w in before.required if w.kind == "artist" for v in w.values)
        titles = {k for artist in artists for k in self.names.works_of(artist)[0]}
        return match["what"] if match and key(match["what"]) in titles else ""

    def of_played(self, words: str, played: Sequence[str], *, whole: bool = False, back: bool = False) -> str:
        """The artist who has played that a part of a name means, the last one first, "" for none."""
        part = tuple(words.split())
        concept = self.phrases.get(part)
        if concept and concept.kind == "occasion" and (known := self.names.alias.get(words)):
            return self.names.artist[known]  # "Play some Nina" is no music for a niña.
        if (concept and concept.kind != "occasion") or all(w in context.NEVER | common() for w in part):
            return ""
        for artist in self._artists(tuple(reversed(played))):
            name = fold(artist).split()
            if whole and part == tuple(name) and self.all_played(artist, played, back=back):
                return artist
            if len(part) < len(name) and any(
                tuple(name[i : i + len(part)]) == part for i in range(len(name))
            ):
                return artist
        return ""

    def all_played(self, artist: str, played: Sequence[str], *, back: bool = False) -> tuple[str, ...]:
        """The last track that played of an artist; none where more of theirs is here, but for `back`."""
        theirs = set(self._tracks_of(Wish("artist", artist, values=(artist,))))
        return tuple(t for t in reversed(played) if t in theirs)[:1] if back or theirs <= set(played) else ()

    def of_the_counted(self, line: str, before: DialogueState) -> DialogueState | None:
        """The state of "play one", "the newest of them" after "how many by Queen?"."""
        told = tuple(replace(w, turn=before.turn + 1) for w in before.topic)
        held = (*refusals(before), *told)
        state = replace(DialogueState(), turn=before.turn + 1, wishes=held)
        of_one = before.asked in ("who", "year", "title")  # "The fastest by Metallica?", then "play it"
        if before.act == "question" and told and not of_one and acts.SOME_OF.match(line):
            count = ALL if "all" in line.split() else how_many(f"{line} songs")
            return replace(state, count=count, said=" ".join(w.words for w in told))
        counted = before.asked in ("how many", "how many each", "works") and told
        if not counted or not acts.most(line) or acts.WHICH_ONE.match(line):
            return None
        if self.take_apart(line).names:
            return None  # "The latest by Adele" is none of Chic's.
        utmost = tuple(Comparison(d, ()) for d in acts.most(line))
        return replace(state, comparisons=utmost, topic=before.topic)

    def most_here(
        self, reading: Reading, state: DialogueState, before: DialogueState
    ) -> DialogueState | None:
        """The state of "what is your oldest jazz track", or of "and the newest?" after it."""
        line, topic = reading.line, tuple(self.wishes(reading, 0))
        told = before.act == "question" and bool(before.about or before.topic)
        goes_on = told and acts.AND_MOST.match(line)
        counted = (
            before.asked in ("how many", "how many each", "works")
            and before.topic
            and acts.WHICH_ONE.match(line)
        )
        said = acts.most(line) if goes_on or counted or acts.WHAT_MOST.match(line) else []
        if not said or reading.unknown:
            return None  # Of somebody who is not here nothing is the oldest.
        state = replace(state, act="question", count=before.count, wishes=before.wishes)
        if said[0] in ("shorter", "longer") and not self.lasts:
            return replace(state, asked="here", unknown=(NO_LENGTHS,))
        if said[0] in ("older", "newer") and np.isnan(self.index.era).all():
            return replace(state, asked="here", unknown=(NO_YEARS,))
        topic = topic or (before.topic if goes_on or counted else ())
        asked = self.index.allowed(DialogueState(wishes=topic))
        rows = self.index.utmost(Comparison(said[0], ()), asked, 1).nonzero()[0]
        about = tuple(str(i) for i in self.catalogue.ids[rows[:1]])
        of_time = said[0] in ("older", "newer")
        state = replace(state, comparisons=(Comparison(said[0], ()),))
        return replace(state, asked="year" if of_time else "who", about=about, topic=topic) if about else None

    def spoken_artist(self, line: str, before: DialogueState, played: Sequence[str]) -> str:
        """Who "play her" means: who was spoken of last, or else who played last; "" for nobody."""
        if nth := acts.NTH_ARTIST.match(line):
            return self._nth_artist(nth["o"], before, list(played))
        them = acts.PLAY_THEM.match(line)
        if not them or (them["more"] and before.act != "question"):
            return ""
        spoken = [w for w in (*before.lifted, *before.topic) if w.kind == "artist"]
        spoken += [w for w in before.wishes if w.kind == "artist" and w.turn == before.turn]
        if "back" in line.split():
            # Who played before who plays now.
            last = self._artists(tuple(played[-1:]))
            return next((a for a in self._artists(tuple(reversed(played))) if a not in last), "")
        about = before.about[:1] if before.act == "question" else tuple(played[-1:])
        artists = [w.values[0] for w in spoken if w.values] or self._artists(about)
        return next(iter(artists), "")

    def _nth_artist(self, which: str, before: DialogueState, played: list[str]) -> str:
        """The artist of whom "back to the first singer" speaks, "" for nobody."""
        artists = list(dict.fromkeys(self._artists(shown_last(before, played))))
        if which in ("previous", "earlier", "other"):
            last = self._artists(tuple(played[-1:]))
            return next((a for a in self._artists(tuple(reversed(played))) if a not in last), "")
        return artists[PLACES[which] - 1] if len(artists) >= PLACES[which] else ""

    def as_pointed(self, state: DialogueState, played: Sequence[str]) -> DialogueState:
        """The state without what an earlier track is not, where its likes are wanted."""
        if state.act != "more" or len(state.like) != 1 or state.like[0] in played[-1:]:
            return state
        row = self.index.rows_of(state.like)
        fits = (w for w in state.wishes if w.refused or self.index.meets(w)[row].all())
        return replace(state, wishes=tuple(fits))

    def other_of(self, line: str, played: Sequence[str]) -> str:
        """The track that "the other one of theirs" means where all by them has played; "" for none."""
        artist = next(iter(self._artists(tuple(played[-1:]))), "") if acts.OTHER_OF.match(line) else ""
        if not artist or not self.all_played(artist, played):
            return ""
        theirs = set(self._tracks_of(Wish("artist", artist, values=(artist,)))) - {played[-1]}
        return next((t for t in reversed(played) if t in theirs), "")

    def the_other(self, line: str, played: Sequence[str]) -> str:
        """What "the other one" asks for where one of two tracks by somebody has played alone; "" for none."""
        artist = next(iter(self._artists(tuple(played))), "") if len({*played}) == 1 else ""
        if not artist or not _THE_OTHER.match(line):
            return ""
        theirs = [t for t in self._tracks_of(Wish("artist", artist, values=(artist,))) if t not in played]
        title = self.catalogue.tracks["title"][self.catalogue.rows[theirs[0]]] if len(theirs) == 1 else ""
        return f'play "{title}" by {artist}' if title else ""

    def narrowed_to(self, state: DialogueState, line: str, played: Sequence[str]) -> DialogueState | None:
        """A state where what held is only told by whom ("80s pop", then "by Madonna"), if that is here."""
        held = any(w.kind == "track" and w.turn < state.turn and not w.now for w in state.wishes)
        if not (acts.BY_WHOM.match(line) or (held and acts.THE_ONE_BY.match(line))):
            return None
        free = self.index.allowed(state)
        free[self.index.rows_of(tuple(played))] = False
        return state if free.any() else None

    def next_listed(self, line: str, before: DialogueState, played: Sequence[str]) -> str:
        """The track of the last list that comes after the one that played last; "" for none."""
        heard = [t for t in played if t in before.listed]
        if not heard or not acts.NEXT_LISTED.match(line):
            return ""
        return next(iter(before.listed[before.listed.index(heard[-1]) + 1 :]), "")

    def utmost_of(self, line: str, before: DialogueState, played: Sequence[str]) -> str:
        """The track that "the older of the two", "the calmest of those" mean; "" for none."""
        two = (*before.about, *(t for c in before.comparisons for t in c.tracks))
        asked = before.asked == "which of two" and len(two) == 2
        line = re.sub(r"\blater\b", "newer", re.sub(r"\bearlier\b", "older", line)) if asked else line
        of_those = acts.OF_THOSE.match(line) or (asked and acts.PLAY.search(line))
        said = (acts.most(line) or acts.comparisons(line)) if of_those else []
        if asked and not said and _OTHER_OF.match(line):
            older = self._sorted(before.comparisons[0].dimension, two)
            return two[older[-1]]
        if asked and said:
            return two[self._sorted(said[0], two)[0]]
        shown = shown_last(before, list(played))
        shown = shown if len(shown) > 1 else tuple(dict.fromkeys(played[-2:]))
        return shown[self._sorted(said[0], shown)[0]] if said and len(shown) > 1 else ""

    def such_before(self, line: str, played: Sequence[str]) -> str:
        """The last track that played which "back to the Nina one", "the slow one again" mean; "" for none."""
        if ago := acts.AGAIN_AGO.match(line):
            back = acts.number((ago["n"] or ago["steps"]).split()[-1]) + 1
            return played[-back] if back <= len(played) else ""  # "The one two songs ago."
        match = acts.ONE_AGAIN.match(line) if len(set(played)) > 1 else None
        if not match:
            return ""
        words = match["back"] or match["again"] or match["name"]
        heard = tuple(dict.fromkeys(reversed(played)))
        if words.startswith("first ") and not match["name"]:
            words, heard = words.removeprefix("first "), heard[::-1]  # "The first slow one again."
        artist = self.of_played(words, played)
        if found := next((t for t in heard if artist and self._artists((t,)) == (artist,)), ""):
            return found
        wishes = self.wishes(self.take_apart(words), 0)
        if not wishes and not match["name"] and (titled := self._titled(words, self.index.rows_of(heard))):
            return heard[titled[0]]
        told = bool(wishes) and self.index.allowed(DialogueState(wishes=tuple(wishes))).any()
        if (
            match["name"]
            and not told
            and (titled := self._titled(words, self.index.rows_of(heard), any_word=True))
        ):
            return heard[titled[0]]  # "The trumpet one", where only its title tells.
        if not wishes or (match["name"] and any(w.kind != "artist" for w in wishes)):
            return ""
        met = np.logical_and.reduce([self.index.meets(w) ^ w.refused for w in wishes])
        return next((t for t in heard if met[self.index.rows_of((t,))].any()), "")

    def namesake(self, line: str, before: DialogueState, played: Sequence[str]) -> DialogueState | None:
        """The state of "not that Johnny, the other one": somebody else whose name has that word in it."""
        match = acts.NAMESAKE.match(line) if played else None
        word = (match["of"] or match["other"]) if match else ""
        last = self._artists(tuple(played[-1:]))
        if not last or word not in fold(last[0]).split():
            return None
        artists = self.catalogue.tracks["artist"].drop_nulls().unique(maintain_order=True)
        others = tuple(a for a in artists if a != last[0] and word in fold(a).split())
        if not others:
            return None
        turn = before.turn + 1
        kept = tuple(w for w in before.wishes if w.refused)
        wish = Wish("artist", f"somebody called {word.capitalize()}", "required", others, turn=turn)
        return replace(
            DialogueState(), act="refuse", turn=turn, wishes=(*kept, wish), rejected=tuple(played[-1:])
        )

    def between_two(self, line: str, before: DialogueState, played: Sequence[str]) -> DialogueState | None:
        """The state of "more like the first, less like the second" of the tracks that were shown."""
        match = acts.MORE_LESS.search(line) if len(played) > 1 else None
        shown = shown_last(before, list(played))
        if not match:
            return None
        near, far = (PLACES[match[n]] for n in ("near", "far"))
        near, far = (len(shown) if p < 0 else p for p in (near, far))
        if max(near, far) > len(shown) or near == far:
            return None
        turn, other = before.turn + 1, self._artists((shown[far - 1],))
        off = [Wish("artist", other[0], "refused", other, turn=turn, now=True, alike=True)] if other else []
        wishes = (*refusals(before), *off)
        return replace(DialogueState(), act="more", turn=turn, wishes=wishes, like=(shown[near - 1],))

    @staticmethod
    def undone(line: str, before: DialogueState, played: Sequence[str]) -> DialogueState | None:
        """The state of "oops, undo that" after somebody was named: what played before, and what held then."""
        named = [w for w in before.wishes if w.turn == before.turn and w.kind in NAMES and not w.refused]
        heard = tuple(dict.fromkeys(played))
        if not named or len(heard) < 2 or before.count > 1 or not acts.UNDO.match(line):
            return None
        kept = tuple(w for w in before.wishes if w.turn != before.turn)
        return replace(DialogueState(), act="repeat", turn=before.turn + 1, about=heard[-2:-1], wishes=kept)
