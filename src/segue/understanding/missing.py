"""Names that were asked for and are not here, told from words of which no name is made."""

from __future__ import annotations

import re
from functools import cached_property

from rapidfuzz import fuzz

from segue.understanding import acts, context
from segue.understanding.everyday import common, english, everyday, given
from segue.understanding.missing_titles import TO_HEAR, missed
from segue.understanding.no_music import THINGS
from segue.understanding.plain import (
    BESIDE,
    called_nothing,
    ends_whole,
    heads,
    is_slip,
    is_strange,
    titled_in_words,
    words_of,
)
from segue.understanding.reading import Reading
from segue.understanding.slips import Slips
from segue.understanding.spelling import Mention
from segue.understanding.text import Token, key, other_script, places, tokens, written

_OWN = re.compile("['’]s$")
FEW = 3
"""Titles with a word, up to which it is one of them."""
PART = 75
"""Likeness, of 100, from which a word behind a name is part of it."""
QUOTED = re.compile(
    r"[\"“”„«]([^\"“”„«»]{2,60})[\"“”»]"
    r"|(?<![\w’'])['‘](?!(?:til|till|cause|em|n|bout|round|twas|tis|\d\d)\b)"
    r"(\w(?:[\w &!?-]|['’](?=\w)){1,50})(?<=[\w!?])['’](?!\w)"
)


class Missing(Slips):
    """Finds the names that are missed."""

    def miss(self, reading: Reading) -> None:
        """Puts what was asked for by name and is not here among the unknown of a reading."""
        found = set[int]()
        for start, end in reading.strangers:
            if start not in reading.refused:
                reading.unknown.append(_OWN.sub("", written(reading.said[start:end])))
        for behind, end in missed(reading):
            start = _begun(reading, behind, end)
            reading.facts = [f for f in reading.facts if not start <= f.start < end]
            reading.names = [m for m in reading.names if not start <= m.start < end]
            found |= set(range(start, self._put(reading, start, end, False, refused=False)))
        said, taken = reading.said, reading.taken() | found
        idle = places(reading.line, _IDLE)
        for i in [*self.loose(reading), *_beside(reading)]:
            capital = said[i].written[:1].isupper()
            # "The soul of it" is nobody's name, and no genre that is not here.
            nothing = other_script(said[i].word) or said[i].word in THINGS | acts.COUNT_WORDS.keys()
            if i in taken | reading.idle or (i in idle and not capital) or nothing:
                continue
            slip = i == 0 and is_slip(said[i].word)
            if said[i].word in BESIDE or slip or context.speaks(said, i + 1):
                continue  # "Derek complains."
            start, end = _stretch(said, i, taken)
            start = _led(said, start, end, taken)
            plain = not capital and all(t.word in everyday() for t in said[start:end])
            plain = plain and (end - start == 1 or end < len(said))
            goes_on = end < len(said) and not said[end].begins
            cue = _cue(said, start)
            if plain and (goes_on or cue not in context.ASKED):
                continue  # "Some company while I cook", "she is visiting, something ...".
            if (
                end - start > 3
                and cue not in context.ASKED
                and all(t.written.islower() for t in said[start:end])
            ):
                continue  # No name has so many words in small letters: it is a language that is not read.
            # The first word of a sentence is written large, and in German every noun.
            capital = capital and not (said[start].begins and end - start == 1)
            strange = any(said[k].word not in everyday() for k in range(start, end))
            strange = strange or (said[i].written.istitle() and any(t.written.islower() for t in said))
            beside = strange and not is_slip(said[i].word) and _behind_another(reading, start, end)
            whole = end - start + sum(t.word in context.FILLER for t in said) >= len(said)
            if reading.foreign and not (capital or whole or cue in context.NAMED):
                continue  # A word that the table of that language lacks.
            if beside or _named(said, start, end, cue, capital) or heads(reading, start, end):
                start = _begun(reading, start, end)
                end = self._put(
                    reading, start, ends_whole(said, start, end), capital, refused=i in reading.refused
                )
            taken |= set(range(start, end))
        if reading.unknown or reading.foreign or reading.refused:
            return
        if title := titled_in_words(reading):
            reading.facts, reading.unknown = [], [title]
        elif reading.lone:
            reading.unknown += called_nothing(reading, self._title_words)

    @cached_property
    def _title_words(self) -> frozenset[str]:
        return words_of(self.catalogue.tracks)

    def miss_quoted(self, reading: Reading, text: str) -> None:
        """Puts what stands in quotation marks, and is no name here, among the unknown."""
        for quoted in map("".join, QUOTED.findall(text)):
            words = [t.word for t in tokens(quoted)]
            starts = [
                i
                for i in range(len(reading.said))
                if [t.word for t in reading.said[i : i + len(words)]] == words
            ]
            if (tracks := self.names.tracks_of(key(quoted))) and words and starts:
                span = range(starts[0], starts[0] + len(words))
                reading.names = [m for m in reading.names if m.start not in span or m.kind == "title"]
                reading.facts = [f for f in reading.facts if f.start not in span]
                if all(m.start not in span for m in reading.names):
                    title = self.names.written("title", key(quoted))
                    found = Mention(span.start, span.stop, "title", title, tracks)
                    reading.names = sorted([*reading.names, found])
                continue
            if len(words) == 1 and words[0] in everyday():
                continue  # The "louder" songs.
            near = any(key(m.name) in key(quoted) or key(quoted) in key(m.name) for m in reading.names)
            told = any(key(quoted) in key(u) or key(u) in key(quoted) for u in reading.unknown)
            if key(quoted) and not near and not told:
                reading.facts = [f for f in reading.facts if reading.said[f.start].word not in words]
                reading.unknown.append(quoted.strip(" ,.!?"))

    def _put(self, reading: Reading, start: int, end: int, capital: bool, *, refused: bool) -> int:
        """Puts tokens among the unknown, or the names where they are one after all; returns their end."""
        said = reading.said
        absorbed = [f for f in reading.facts if f.start == end and said[f.start].written[:1].isupper()]
        if absorbed and capital:
            reading.facts = [f for f in reading.facts if f not in absorbed]
            end = absorbed[0].end
        before = [f for f in reading.facts if f.end == start and said[f.start].written[:1].isupper()]
        mixed = any(t.written[:1].islower() for t in said)
        if before and capital and mixed and not said[before[0].start].begins and not said[start].begins:
            # "The Sleepy Otters" are no music to sleep.
            reading.facts = [f for f in reading.facts if f not in before]
            start = before[0].start
        if start and end < len(said) and said[start - 1].word == "no" and said[end].word == "by":
            # "No Surprises by Radiohead".
            start -= start - 1 not in reading.refused and not said[start].begins
        name = written(said[start:end])
        known = self.names.alias.get(key(name), "") if start else ""
        if artist := self.names.artist.get(key(name)) or self.names.artist.get(known):
            # A name of everyday that is asked for, and is here after all.
            reading.names = sorted([*reading.names, Mention(start, end, "artist", artist, (artist,))])
        elif tracks := self._titled_by(said[start:end]):
            title = self.catalogue.tracks["title"][self.catalogue.rows[tracks[0]]]
            reading.names = sorted([*reading.names, Mention(start, end, "title", str(title), tracks)])
        elif name not in reading.unknown and not refused:
            reading.unknown.append(name)
        return end

    def _titled_by(self, said: list[Token]) -> tuple[str, ...]:
        """The few tracks whose titles have one word that is no English: "the tchaikovsky thing"."""
        word = said[0].word
        if len(said) > 1 or len(word) < 6 or word in everyday() or word not in self._title_words:
            return ()
        titles = self.catalogue.tracks["title"].fill_null("").str.to_lowercase()
        rows = titles.str.contains(rf"\b{re.escape(word)}\b").arg_true().to_list()
        return tuple(str(self.catalogue.ids[row]) for row in rows) if len(rows) <= FEW else ()


def _begun(reading: Reading, start: int, end: int) -> int:
    """Where a name begins that is written large: with what was taken for an artist of one word before it.

    "The Soggy Lettuces" are not Shaggy's, nor is "Ghost Kitchen Collective" by Ghost.
    """
    said = reading.said
    large = [t.written[:1].isupper() for t in said]
    for m in reading.names if all(large[start:end]) and not all(large) else ():
        if (m.kind, m.start, m.end) == ("artist", start - 1, start) and large[m.start]:
            is_word = said[m.start].word in english() and end - start > 1
            if not said[m.start].begins and (not m.exact or is_word):
                reading.names = [n for n in reading.names if n.start != m.start]
                return m.start
    return start


def _cue(said: list[Token], start: int) -> str:
    """The word before a place; an "is" that only describes is none: "the bar is nearly empty"."""
    cue = said[start - 1].word if start else ""
    if start > 1 and cue in _ARTICLES and said[start - 2].word in context.NAMED:
        cue = said[start - 2].word  # "Von den Ärzten", "by the muppets".
    ahead = said[start - 2].word if start > 1 else ""
    if cue == "about" and ahead in ("what", "how"):
        return "play"  # "What about McCartney?"
    if cue == "hear" and ahead in ("you", "they", "we", "she", "he", "people"):
        return ""  # "When you hear footsteps upstairs."
    of_whom = start > 1 and said[start - 2].word in (
        "artist",
        "band",
        "singer",
        "group",
        "name",
        "favourite",
        "favorite",
    )
    return "" if cue in ("is", "are", "was") and not of_whom else cue


def _beside(reading: Reading) -> list[int]:
    """The words written large right behind an artist among small ones: "Ed Sheeran Perfect"."""
    said, taken = reading.said, reading.taken()
    if not any(t.written.islower() for t in said):
        return []
    other = context.FILLER | context.AFTER | context.NEVER | acts.COUNT_WORDS.keys()
    ends = [m.end for m in reading.names if m.kind == "artist" and m.end < len(said) and m.end not in taken]
    large = [i for i in ends if said[i].written.istitle() and not said[i].begins]
    return [i for i in large if said[i].word not in other]


def _behind_another(reading: Reading, start: int, end: int) -> bool:
    """Whether tokens stand behind an artist and are no part of that name: not "justin bibber"."""
    for m in reading.names:
        if m.kind == "artist" and m.end == start:
            whole = key(" ".join(t.word for t in reading.said[m.start : end]))
            if m.exact and whole.startswith(key(m.name)):
                return True  # "Rammstein Engel" is no longer name.
            return fuzz.ratio(whole, key(m.name)) < PART
    return False


def _stretch(said: list[Token], i: int, taken: set[int]) -> tuple[int, int]:
    """Where a name that token `i` is part of starts and ends."""
    start, end = i, i + 1
    while start and not said[start].begins and start - 1 not in taken and _part(said[start - 1]):
        start -= 1
    while end < len(said) and not said[end].begins and end not in taken:
        # "Cardi B", "Jessie J".
        letter = len(said[end].word) == 1 and said[end].word not in "aiun&2"
        if not (_part(said[end]) or letter) and not (_joins(said, end) and end + 1 not in taken):
            break
        end += 1
    if start > 1 and [t.word for t in said[start - 2 : start]] == ["by", "the"]:
        start -= any(t.word not in everyday() for t in said[start:end])
    return start, end


def _led(said: list[Token], start: int, end: int, taken: set[int]) -> int:
    """Where a name starts whose first words are everyday ones behind one that asks: "play hey jude"."""
    if end < len(said) and not said[end].begins and said[end].word not in context.AFTER:
        return start
    for place in range(start - 1, max(0, start - 4), -1):
        if place in taken or said[place].begins or said[place].word in context.FILLER | {"off", "anything"}:
            break
        if said[place - 1].word in TO_HEAR:
            return place
    return start


def _named(said: list[Token], start: int, end: int, cue: str, capital: bool) -> bool:
    """Whether tokens behind a word, its cue, are asked for as a name is."""
    alone = (
        (start == 0 or (start == 1 and said[0].word in {"the", "ok", "oh", "and"} | context.OPENERS))
        and len(said) - end <= 2
        and end - start <= 4
        and len(said) <= 5
    )
    if alone or cue in context.ASKED or cue in context.BEFORE_ARTIST - context.VAGUE:
        return True
    if end < len(said) and said[end].word in _OF_FILMS and cue in context.POINTS:
        return True  # "The Skyrim theme".
    if cue == "many" and end < len(said) and said[end].word in ("songs", "tracks"):
        return True  # "How many Sparklehorse songs are there?"
    if start == 0 and end > 1 and not any(t.word in everyday() for t in said[:end]):
        rest = [t.word in english() | context.FILLER for t in said[end:]]
        if 2 * sum(rest) > len(rest) and all(is_strange(t.word) for t in said[:end]):
            return True  # "Kylie minogue cant get you out of my head".
    if context.pointed(said, start, end) and any(t.word not in everyday() for t in said[start:end]):
        whose = said[start].word in given() and end - start > 1  # "The Jeff Buckley one."
        return whose or said[end].word in context.SONG  # "That Cardi B song".
    words = {t.word for t in said}
    german = len(context.GERMAN & words) > ({"du"} <= words)
    mixed = any(t.written[:1].islower() for t in said)
    return capital and ((not german and mixed) or cue in context.BEFORE_ARTIST)


def _part(token: Token) -> bool:
    """Whether a token may belong to an unknown name."""
    if token.word in BESIDE | _RENDERED:
        return False
    return (
        token.word not in common()
        or token.word in given()
        or (token.written[:1].isupper() and token.word not in context.FILLER)
    )


def _joins(said: list[Token], place: int) -> bool:
    """Whether a small word stands between two of a name that are written large: "Wall of Voodoo"."""
    large = place > 0 and place + 1 < len(said) and not said[place + 1].begins
    return (
        large
        and said[place].word in ("of", "the", "to", "in", "for", "de", "la")
        and said[place - 1].written[:1].isupper()
        and said[place + 1].written[:1].isupper()
        and _part(said[place + 1])
    )


_ARTICLES = frozenset("the den der die dem las los les".split())
_RENDERED = frozenset("version versions cover recording".split())
_OF_FILMS = context.FILMS | {"theme", "themes", "version", "cover", "remix"}
_IDLE = (
    *(acts.COUNT, acts.BLEND, acts.SAY, acts.MORE, acts.REPEAT, acts.REFUSE),
    acts.LIFT["length"],
    acts.LIFT["last"],
    *acts.QUESTIONS.values(),
)
"""Words of these ask for no name."""
