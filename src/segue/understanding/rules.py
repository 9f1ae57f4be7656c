"""The built-in reader: words to dialogue state, offline, without a language model, the same every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from segue.data.catalogue import Catalogue
from segue.understanding import acts
from segue.understanding.carry import carried
from segue.understanding.index import tags_here
from segue.understanding.reading import Reading
from segue.understanding.state import Comparison, DialogueState, Reader, Wish
from segue.understanding.text import clean, other_script
from segue.understanding.wishes import NO_LENGTHS, Wishes, either


class Rules(Wishes, Reader):
    """Reads utterances over one catalogue. `read` takes a dialogue, `step` one more utterance of it."""

    def step(self, words: str, before: DialogueState, played: Sequence[str]) -> DialogueState:
        """What one more utterance makes of a state (see `Reader`)."""
        return self.understood(self.take_apart(clean(words), compare=bool(played)), before, played)

    def understood(self, reading: Reading, before: DialogueState, played: Sequence[str]) -> DialogueState:
        """What an utterance that is taken apart, whoever did so, makes of a state (see `step`)."""
        # After a list, "the third one" is the list's third.
        played = played[-before.count :] if before.count > 1 else played
        state = replace(DialogueState(), turn=before.turn + 1, said=self.search_text(reading))
        new = self.wishes(reading, state.turn)
        state = replace(state, listening=tuple(r.heard for r in reading.heard if r.like))
        lone = reading.lone
        plain = " ".join(t.word for t in reading.said)
        if acts.THANKS.match(plain):
            return replace(state, act="social", wishes=before.wishes)
        guessed = not reading.heard and not any(m.exact for m in reading.names)
        if guessed and (not reading.said or acts.SOCIAL.match(plain) or acts.STILL.match(plain)):
            return replace(state, act="social", wishes=before.wishes)
        asked = acts.question(reading.line)
        if lone and not asked and _unread(reading):
            return replace(state, act="social", wishes=before.wishes)
        if asked == "previous" and acts.FIRST.search(reading.line):
            asked = "who"
        if asked == "whether" and not (played and (reading.names or reading.facts)):
            asked = "other"
        if asked == "library" and not lone:
            asked = ""
        kinds = {f.concept.kind for f in reading.facts}
        plainly = lone or (not reading.names and kinds <= {"length", "voice"})
        if asked in ("other", "whether") and plainly and "length" in kinds:
            # "Is it longer than four minutes?"
            asked = "length"
        if asked in ("other", "length") and not (plainly and played):
            asked = ""
        if asked and not (
            acts.PLAY.search(reading.line)
            and plainly is False
            and asked not in ("album", "year", "who", "writer")
        ):
            about = self._about(reading, played, asked)
            if about or asked in ("how many", "previous", "wishes") or lone:
                return replace(
                    state,
                    act="question",
                    asked=asked,
                    count=before.count,
                    about=about,
                    wishes=before.wishes,
                    ends=self._subject(reading),
                    unknown=tuple(reading.unknown) if asked == "how many" else (),
                )
        return self._music(reading, state, before, new, list(played))

    # ------------------------------------------------------------------ acts and references

    def _music(
        self,
        reading: Reading,
        state: DialogueState,
        before: DialogueState,
        new: list[Wish],
        played: list[str],
    ) -> DialogueState:
        line = reading.line
        state = replace(state, unknown=tuple(dict.fromkeys(reading.unknown)))
        last = tuple(played[-1:])
        lone = reading.lone
        if lone and before.act == "question" and before.about and acts.THAT.match(line):
            return self._asked_about(state, before, played)
        if lone and played and acts.REPEAT.search(line) and not _again_alike(line):
            return replace(state, act="repeat", about=self.which(line, played), wishes=before.wishes)
        ends = self._ends(reading, played)
        if len(ends) == 2:
            way = acts.WAY.search(line) and not acts.BLEND.search(line)
            count = acts.WAY_COUNT.search(line)
            if way:
                n = acts.number(count["n"]) if count else 5
                return replace(
                    state, act="way", ends=ends, count=max(2, min(n, 30)), wishes=_refusals(before)
                )
            if acts.BLEND.search(line):
                keep = [w for w in new if w.kind not in ("artist", "title")]
                return replace(state, act="blend", ends=ends, wishes=(*_refusals(before), *keep))
        if acts.BLEND.search(line) and len(played) > 1 and lone and acts.LAST_TWO.search(line):
            return replace(state, act="blend", ends=((played[-2],), (played[-1],)), wishes=_refusals(before))
        if acts.BLEND.search(line):
            new = either(new)
        state = self._compared(reading, state, new, played)
        new = [w for w in new if not (w.kind == "year" and state.comparisons and w.words in _AGES)]
        new, state = self._references(reading, state, new, played)
        if state.unknown and not new and not state.comparisons and acts.HERE.search(line):
            # "Do you have any polka?": no.
            return replace(state, act="question", asked="here", count=before.count, wishes=before.wishes)
        state = replace(state, count=_count(line))
        unlike = lone and bool(played) and acts.UNLIKE.search(line) is not None
        # "No more of them" asks for no more of the same.
        more = lone and acts.MORE.search(line) and not (unlike or acts.NO_ARTIST.search(line))
        turned = lone or any(w.refused for w in new) or state.comparisons
        if unlike or (acts.REFUSE.match(line) and played and turned):
            # "No Queen, please" says nothing of a track that is not by Queen.
            others = [w for w in new if w.refused and w.kind == "artist"]
            spoken = not others or any(self.index.meets(w)[self.index.rows_of(last)].any() for w in others)
            state = replace(state, act="refuse", rejected=last if spoken else ())
        elif lone and not state.comparisons and (more or not state.unknown):
            state = replace(state, act="more" if more or not line else "recommend")
        if more and played and acts.ANAPHORA.search(line) and not state.like:
            state = replace(state, like=last)
        return carried(state, before, new, line)

    def _asked_about(
        self, state: DialogueState, before: DialogueState, played: Sequence[str]
    ) -> DialogueState:
        """ "That one again" after a question about a track: that track, whether it has played or not."""
        track = before.about[0]
        if track in played:
            return replace(state, act="repeat", about=(track,), wishes=before.wishes)
        title = str(self.catalogue.tracks["title"][self.catalogue.rows[track]])
        wish = Wish("track", title, "required", (track,), turn=state.turn, now=True)
        return replace(state, said=title, wishes=(*_refusals(before), wish))

    def _compared(
        self, reading: Reading, state: DialogueState, new: list[Wish], played: Sequence[str]
    ) -> DialogueState:
        """The comparisons, with a track that is named or with the last one."""
        lasting = {"shorter", "longer"} & {*acts.most(reading.line), *acts.comparisons(reading.line)}
        if lasting and not self.lasts:
            return replace(state, unknown=(*state.unknown, NO_LENGTHS))
        if utmost := acts.most(reading.line):
            return replace(state, comparisons=tuple(Comparison(d, ()) for d in utmost))
        found = acts.comparisons(reading.line)
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
        than = bool(state.comparisons) and bool(named)
        alike = acts.ALIKE.search(line)
        like = alike or acts.LIKE.search(line) or self.turned(line, new)
        if named and (than or like) and (alike or not _plays(reading)):
            tracks = tuple(t for w in named for t in (w.values if w.kind == "title" else self._tracks_of(w)))
            others = [w for w in new if w not in named]
            artists = tuple(dict.fromkeys(a for t in tracks for a in self._artists((t,))))
            if like:
                state = replace(state, like=tracks)
                others.append(
                    Wish("artist", artists[0] if artists else "", "refused", artists, None, turn, now=True)
                )
            return others, state
        if not played:
            return new, state
        about = self.which(line, played)
        artists = self._artists(about)
        if artists and reading.lone and acts.UNLIKE.search(line):
            return [Wish("artist", artists[0], "refused", artists[:1], None, turn, alike=True)], state
        has_artist = any(w.kind == "artist" for w in new)
        unwanted = bool(acts.NO_ARTIST.search(line))
        if artists and (unwanted or acts.OTHER_ARTIST.search(line)) and not named:
            new = [*new, Wish("artist", artists[0], "refused", artists[:1], None, turn)]
            alike = not unwanted and all(w.kind != "genre" for w in new)
            state = replace(state, like=about if alike else ())
        elif artists and acts.SAME_ARTIST.search(line) and not has_artist and "not" not in line.split():
            new = [*new, Wish("artist", artists[0], "required", artists[:1], None, turn)]
        if acts.SAME_YEAR.search(line):
            rows = self.index.rows_of(about)
            year = self.index.year[rows[0]] if rows else float("nan")
            if year == year:
                new = [*new, Wish("year", str(int(year)), "required", (), (int(year), int(year)), turn)]
        return new, state

    def _ends(self, reading: Reading, played: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The tracks at the ends of a way or a blend: two names, or two genres."""
        line = reading.line
        if not (acts.WAY.search(line) or acts.BLEND.search(line)):
            return ()
        ends = []
        said = [(m.start, Wish(m.kind, m.name, "required", m.values)) for m in reading.names]
        for fact in reading.facts:
            if fact.concept.kind == "genre":
                tags = tags_here(self.index, fact.concept.values)
                said.append((fact.start, Wish("genre", fact.concept.name, "required", tags)))
        for _, wish in sorted(said, key=lambda pair: pair[0]):
            rows = self.index.meets(wish).nonzero()[0]
            ends.append(tuple(str(i) for i in self.catalogue.ids[rows]))
        if len(ends) == 1 and played and (place := acts.FROM_HERE.search(line)):
            # "From that to disco", "from Queen to this".
            ends.insert(0 if place["first"] else 1, (played[-1],))
            return tuple(ends)
        if len(ends) == 1 and played and acts.BLEND.search(line) and acts.BESIDE_THIS.search(line):
            return (ends[0], (played[-1],))
        genres = not reading.names
        if genres and not acts.WAY_COUNT.search(line):
            return ()
        return tuple(e for e in ends if e)[:2]

    def _tracks_of(self, wish: Wish) -> tuple[str, ...]:
        return tuple(str(i) for i in self.catalogue.ids[self.index.meets(wish).nonzero()[0]])

    def _artists(self, tracks: Sequence[str]) -> tuple[str, ...]:
        rows = self.index.rows_of(tracks)
        return tuple(a for r in rows if (a := self.catalogue.tracks["artist"][r]))


def reader_of(catalogue: Catalogue) -> Rules:
    """The built-in reader over a catalogue, made once for it."""
    kept: dict[str, Rules] = catalogue.__dict__
    if "_rules" not in kept:
        kept["_rules"] = Rules(catalogue)
    return kept["_rules"]


def _unread(reading: Reading) -> bool:
    """Whether all is in a script of which nothing was understood."""
    known = any(p.search(reading.line) for p in (acts.MORE, acts.REPEAT, acts.REFUSE, *acts.COMPARE.values()))
    return not known and all(other_script(t.word) for t in reading.said)


def _plays(reading: Reading) -> bool:
    """Whether a name that stands beside "like" is asked for itself: "i'd like X", "would like to hear X"."""
    line = reading.line
    if acts.ELSE.search(line):
        return False  # "I like X, what else would I like?"
    return any(
        p in line for p in ("id like", "would like", "i d like", "like to hear", "i like", "que tal")
    ) and ("something like" not in line)


def _again_alike(line: str) -> bool:
    """Whether "again" asks for something else of the kind: "that again, but louder"."""
    other = "but" in line.split() and acts.comparisons(line)
    told = any(w in line for w in ("something", "similar", "not again"))
    return bool(other) or told or line.startswith(("and again", "again "))


def _refusals(before: DialogueState) -> tuple[Wish, ...]:
    return tuple(w for w in before.wishes if w.refused)


def _count(line: str) -> int:
    found = acts.COUNT.search(line) or acts.SAY.search(line)
    if not found:
        return 1
    word = next(g for g in found.groups() if g)
    return max(1, min(acts.number(word), 30))


_AGES = ("the old days", "recent years")
