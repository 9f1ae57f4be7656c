"""Works by what they are: "a piano concerto", "the fifth symphony", "Mahler's ninth"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segue.data.catalogue import Catalogue
from segue.understanding import acts, context
from segue.understanding.composers import OPUS
from segue.understanding.index import Index
from segue.understanding.keys import holding_any, quick
from segue.understanding.spelling import Mention
from segue.understanding.text import SMALL, Token, fold, key, written
from segue.understanding.work_parts import parts_of
from segue.understanding.work_titles import NICKNAME
from segue.understanding.works_said import FORM, KEY, NTH, Said, Work, described, key_of, number_at

_FROM = re.compile(r"[\[(](?:from|arr\.?) [^\])]*[\])]", re.IGNORECASE)
"""What a title says of where it is from: a movement "[from Symphony no. 1]" is no symphony."""
_NUMBER = re.compile(r"\bno?s?\b\.? ?(\d+)|\b(?:symphony|concerto|sonata|quartet|prelude|waltz) (\d+)\b")
_OPUS = re.compile(r"\b(op|k|kv|bwv|d|rv|hwv|woo)\b\.? ?(\d+)")
BEHIND = frozenset("by with from to on at in and then for please only again conducted played".split())
"""Words behind the number of a symphony."""
MOVEMENTS = ("movement", "mvt", "part", "section")
CLASSICAL = 0.2
"""Share of titles with an opus, a number or a key from which a catalogue is one of works."""


class Works:
    """The works of a catalogue, by their kinds."""

    def __init__(self, catalogue: Catalogue, index: Index) -> None:
        self.catalogue, self.index = catalogue, index
        titles = catalogue.tracks["title"].fill_null("")
        opus = titles.str.contains(quick(OPUS))
        classical = len(titles) > 0 and opus.sum() > CLASSICAL * len(titles)
        self.of: dict[str, list[Work]] = {}
        at = holding_any(titles, FORM)
        plain = titles.gather(at).str.to_lowercase().str.normalize("NFKD").str.replace_all(r"\p{Mn}", "")
        for row in at.filter(plain.str.contains(rf"\b(?:{'|'.join(FORM)})\b")):
            work = _work(row, titles[row], sure=classical or opus[row])
            for form in {FORM[w] for w in work.words if w in FORM}:
                self.of.setdefault(form, []).append(work)

    def find(self, said: Sequence[Token], names: Sequence[Mention]) -> tuple[list[Mention], list[str]]:
        """The works that are spoken of, as mentions of the tracks that they may be; and what is not here."""
        artists = [m for m in names if m.kind == "artist"]
        theirs = {row for m in artists for v in m.values for row in self.index.artists.get(key(v))}
        found, lacking, end = list[Mention](), list[str](), 0
        for at, token in enumerate(said):
            form = FORM.get(token.word, "")
            if at < end or form not in self.of:
                continue
            works = [w for w in self.of[form] if w.row in theirs] or self.of[form]
            one, lacks = described(said, at, works, led=bool(artists))
            if one and not any(_within(said, one, m) for m in names):
                work = self._mention(said, one, [w for w in works if one.fits(w)])
                if any(m.kind == "title" and _over(m, work) and {*m.values} >= {*work.values} for m in names):
                    continue  # "Bohemian Rhapsody" is its title.
                found.append(work)
                by = f" by {artists[0].name}" if artists else ""
                lacking += [found[-1].name + by] if lacks else []
                end = one.end
        found += [*self._of_symphonies(said, artists), *self._his(said), *self._of_pace(said)]
        titles = [m for m in names if m.kind in ("title", "album")]
        parts = self._parts(said, [*found, *titles], artists)
        return [*parts, *(m for m in found if not any(m.start == p.start for p in parts))], lacking

    def _of_symphonies(self, said: Sequence[Token], artists: Sequence[Mention]) -> list[Mention]:
        """The symphonies that are told by their composer and number alone: "mahler 5", "Bruckner's ninth"."""
        found = []
        for artist in artists:
            n, end = number_at(said, artist.end)
            ends = context.ends(said, end) or (end < len(said) and said[end].word in BEHIND)
            apart = artist.end < len(said) and said[artist.end].begins
            if not n or apart or not ends:
                continue
            rows = set(self.index.artists.get(key(artist.values[0])))
            one = Said(artist.end, end, number=n)
            works = [w for w in self.of.get("symphony", ()) if w.row in rows and one.fits(w)]
            found += [self._mention(said, one, works)._replace(name=f"symphony no. {n}")] if works else []
        return found

    def _his(self, said: Sequence[Token]) -> list[Mention]:
        """The symphonies of "his seventh", whoever he is."""
        for i, token in enumerate(said[:-1]):
            n = NTH.get(said[i + 1].word, 0) if token.word in ("his", "her") else 0
            one = Said(i + 1, i + 2, number=n)
            works = [w for w in self.of.get("symphony", ()) if n and w.sure and one.fits(w)]
            if works and context.ends(said, i + 2):
                return [self._mention(said, one, works)._replace(name=f"symphony no. {n}")]
        return []

    def _of_pace(self, said: Sequence[Token]) -> list[Mention]:
        """All slow or quick movements: "a few slow movements", but not "the slow movement of" one."""
        for i, token in enumerate(said[1:], 1):
            which = said[i - 1].word
            of_one = i + 1 < len(said) and said[i + 1].word in ("of", "from", "in")
            if (
                token.word.removesuffix("s") in MOVEMENTS[:1]
                and which in ("slow", "fast", "quick")
                and not of_one
            ):
                ids = tuple(str(self.catalogue.ids[r]) for r in parts_of(self.catalogue).at_pace(which))
                return [Mention(i - 1, i + 1, "track", f"{which} {token.word}", ids)] if ids else []
        return []

    def _parts(
        self, said: Sequence[Token], works: Sequence[Mention], artists: list[Mention]
    ) -> list[Mention]:
        """The parts of works that are spoken of: "the slow movement of his ninth", "the largo from it"."""
        parts, found = parts_of(self.catalogue), list[Mention]()
        among = {i for m in artists for i in range(m.start, m.end)} | {
            i for i, t in enumerate(said) if t.word in ("the", "his", "her", "their")
        }
        for work in works:
            at = work.start - 1
            while at > 0 and at in among:
                at -= 1
            end = at if at > 0 and said[at].word in ("of", "from", "in") else 0
            if said[work.end + 1 : work.end + 2] and said[work.end + 1].word in MOVEMENTS:
                end = work.end + 2
            start = end - 1 - (said[end - 1].word in MOVEMENTS) if end else -1
            if start < 0 or said[start].word in context.NEVER:
                continue
            albums = [row for v in work.values for row in self.index.albums.get(key(v))]
            groups = parts.works(albums if work.kind == "album" else self.index.rows_of(work.values))
            rows = [row for group in groups for row in parts.chosen(said[start].word, group)]
            ids = tuple(str(self.catalogue.ids[row]) for row in rows)
            found += [Mention(start, end, "title", written(said[start:end]), ids)] if ids else []
        return found

    def _mention(self, said: Sequence[Token], one: Said, works: Sequence[Work]) -> Mention:
        ids = tuple(str(self.catalogue.ids[w.row]) for w in works)
        name = written(said[one.start : one.end])
        name = name[:1].casefold() + name[1:] if said[one.start].begins else name
        return Mention(one.start, one.end, "track", name, ids)


def _over(name: Mention, other: Mention) -> bool:
    return name.start < other.end and name.end > other.start


def _within(said: Sequence[Token], one: Said, name: Mention) -> bool:
    """Whether a description stands over an artist, or in a longer title: "Symphony of Destruction"."""
    if name.start >= one.end or name.end <= one.start:
        return False
    more = [
        t
        for t in (*said[name.start : one.start], *said[one.end : name.end])
        if t.word not in SMALL | acts.COUNT_WORDS.keys()
    ]
    return name.kind == "artist" or bool(more)


def _work(row: int, title: str, *, sure: bool) -> Work:
    """What a title tells of a work."""
    plain = re.sub(r"[^\w.:]+", " ", fold(_FROM.sub(" ", title)))
    front = plain.split(":")[0]
    number, dotless = _NUMBER.search(front), re.sub(r"[\W_]+", " ", front)
    words = {w for w in re.split(r"[\W_]+", plain) if w}
    words |= {w.removesuffix("s") for w in words if len(w) > 3}
    opus = frozenset(f"{'k' if a == 'kv' else a}{n}" for a, n in _OPUS.findall(front))
    n = int(number[1] or number[2]) if number else next((NTH[w] for w in dotless.split() if w in NTH), 0)
    nick = frozenset(re.findall(r"[^\W_]+", fold(" ".join(NICKNAME.findall(title)))))
    return Work(row, frozenset(words), n, key_of(KEY.search(dotless)), opus, nick, sure)
