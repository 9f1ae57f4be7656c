"""Slips of the finger: the names and words that tokens are closest to."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from segue.data.catalogue import Catalogue
from segue.understanding import context, years
from segue.understanding.everyday import common, english, everyday, proper
from segue.understanding.facts import Fact, Phrases
from segue.understanding.index import Index
from segue.understanding.names import Names
from segue.understanding.reading import Reading
from segue.understanding.spelling import CLOSE, Mention, rows_by_title
from segue.understanding.text import Token, key, tokens
from segue.understanding.vocabulary import Concept, concepts, of_tags, respelt, scenes, subgenres

FOREIGN = 92
"""Likeness, of 100, of a slip in what is no English."""
MISSPELT = 84
"""Likeness, of 100, from which a word is a slip of a word of music."""
LONGEST = 7
"""Tokens of the longest name that is looked for with a slip in it."""
MANY = 16
"""Words that nothing explains, of those in an utterance, that are looked at."""
ODD = 6
"""Words that may be slips, of those in an utterance, that are looked at."""
_NO_INITIALS = frozenset("tv dj ep lp ok uk us cd pc ai".split())  # Two letters that stand for no artist.


class Slips:
    """Explains what stands in no list as it is written."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        with ThreadPoolExecutor(1) as pool:
            titles = pool.submit(rows_by_title, catalogue)  # On a second core.
            self.index = Index(catalogue)
            self.names = Names(catalogue, self.index, titles.result())
        self.phrases = respelt() | (known := subgenres() | of_tags(self.index.spoken.values()) | concepts())
        self.vocabulary = set(self.phrases)
        self.pairs = [
            " ".join(p) for p, c in self.phrases.items() if len(p) == 2 and c.kind in ("genre", "instrument")
        ]
        self.places = {p for p, c in self.phrases.items() if c.kind in ("occasion", "country")}
        doing = [p for p, c in self.phrases.items() if c.kind == "occasion" and len(p) == 1]
        self.scenes = {p: self.phrases[p] for p in doing if p[0].endswith("ing")} | scenes()
        self.singles = [p for (p, *more) in known if not more and len(p) > 3 and p.isascii()]
        # A word of four letters is one letter from too much.
        self.names_of_music = [s for s in self.singles if self.phrases[(s,)].name == s]
        self.singles += [w for w in years.WORDS if len(w) > 4]

    def mend(self, reading: Reading) -> None:
        """Read names with a slip in them as if they were written right: "steve wonder", "piano mna"."""
        while found := self._mended(reading):
            span = set(range(found.start, found.end))
            reading.facts = [f for f in reading.facts if not span & set(range(f.start, f.end))]
            reading.names = sorted([*(m for m in reading.names if m.start not in span), found])

    def _mended(self, reading: Reading) -> Mention | None:
        """The longest name that tokens are but for a slip, and that would be read there as it is written."""
        said, best = reading.said, None
        odd = [i for i, t in enumerate(said) if self._odd(t.word)][:ODD]
        asked = set(self._asked(said))
        spans = asked | {
            (start, end)
            for i in odd
            for start in range(max(0, i - LONGEST + 1), i + 1)
            for end in range(max(i, start + 1) + 1, min(len(said), start + LONGEST) + 1)
            if not {said[start].word, said[end - 1].word} & (context.FILLER | context.EDGE)
        }
        for start, end in sorted(spans, key=lambda s: (s[0] - s[1], s)):
            if best and best[1].end - best[1].start > end - start + 1:
                break
            if not self._whole(reading, start, end):
                continue
            plain = not any(start <= i < end for i in odd)
            led = (start, end) in asked and start > 0 and not said[start].begins
            for slips, found in self.names.like(said, start, end, plain=plain, led=led):
                within = [m for m in reading.names if start <= m.start < end]
                if end - start == 1 and context.surname(said, start, found.name):
                    continue
                known = len(within) > 1 or any(m.name == found.name for m in within)
                if not known and (best is None or slips < best[0]) and self._reads(said, found, slips):
                    best = slips, found
        return best[1] if best else None

    def _reads(self, said: Sequence[Token], found: Mention, slips: int) -> bool:
        """Whether a name is read as one where it is written right in what is said."""
        inside = range(found.start + 1, found.end)
        if found.kind == "artist" and any(said[i].begins and len(said[i - 1].word) > 2 for i in inside):
            return False  # But "B.B. King" is one name.
        large = said[found.start].written[:1].isupper()
        right = [t if large else t._replace(written=t.word) for t in tokens(found.name)]
        words, name = [t.word for t in said[found.start : found.end]], key(found.name)
        if min(OSA.distance(key(" ".join(part)), name) for part in (words[1:], words[:-1])) <= slips:
            return False  # "By metallica" is no slip of the name.
        right[0] = right[0]._replace(begins=said[found.start].begins)
        line = [*said[: found.start], *right, *said[found.end :]]
        end = found.start + len(right)
        return any(
            m.kind == found.kind and m.values == found.values and m.start <= found.start + 1 and m.end == end
            for m in self.names.find(line, self.vocabulary)
        )

    @staticmethod
    def _asked(said: Sequence[Token]) -> list[tuple[int, int]]:
        """The clauses of what is said, from the word that asks to the end."""
        found = []
        starts = [i for i, t in enumerate(said) if t.begins] + [len(said)]
        for first, last in pairwise(starts):
            asks = [i + 1 for i in range(first, last) if said[i].word in context.ASKS | context.ASKED]
            while last > first and said[last - 1].word in context.AFTER:
                last -= 1
            found += [(i, min(last, i + 9)) for i in (first, *asks[:3]) if last - i > 1]
        # "Play that billy jean track"; "the first one" is no slip of "Firestone".
        for start, end in found.copy():
            front = start + (said[start].word in context.POINTS)
            named = front > start and any(t.word not in everyday() for t in said[front:end])
            back = end - (named and said[end - 1].word in context.SONG)
            found += [(front, back)] if named and back - front > (back == end) else []
        return found

    def _odd(self, word: str) -> bool:
        """Whether a word is none of everyday or of music: it may be a slip, or short for a name."""
        return len(word) > 1 and word.isalnum() and word not in everyday() and (word,) not in self.vocabulary

    def _whole(self, reading: Reading, start: int, end: int) -> bool:
        """Whether tokens may be one name: none of it a name of several words, or what is spoken of."""
        crossed = any(
            m.start < end and m.end > start and (m.end - m.start > 1 or (m.start, m.end) == (start, end))
            for m in reading.names
        )
        # "Slow jams" is no slip of "Slow Jamz".
        meant = {i for f in reading.facts for i in range(f.start, f.end)} >= set(range(start, end))
        spoken = [(r.start, r.end) for r in reading.heard] + [(s.start, s.end) for s in reading.strangers]
        return not (crossed or meant or any(a < end and b > start for a, b in spoken))

    def by_its_artist(self, reading: Reading) -> None:
        """The artist after a title and "by", with a slip: whoever plays a track of that title."""
        for title in [m for m in reading.names if m.kind in ("title", "album")]:
            after = reading.said[title.end : title.end + 4]
            known = any(m.exact and m.start <= title.end + 1 < m.end for m in reading.names)
            if len(after) < 2 or after[0].word != "by" or known:
                continue
            start = title.end + 1
            albums = [r for v in title.values for r in self.index.albums.get(key(v))]
            rows = self.index.rows_of(title.values) if title.kind == "title" else albums
            artists = [self.catalogue.tracks["artist"][r] for r in rows]
            for end in range(start + len(after) - 1, start, -1):
                said = key(" ".join(t.word for t in reading.said[start:end]))
                near = [a for a in artists if a and _named_by(said, a)]
                if near:
                    found = Mention(start, end, "artist", near[0], (near[0],), exact=False)
                    kept = [m for m in reading.names if m.end <= start or m.start >= end]
                    reading.names = sorted([*kept, found])
                    reading.facts = [f for f in reading.facts if not start <= f.start < end]
                    break

    def loose(self, reading: Reading) -> list[int]:
        """The tokens that nothing explains."""
        taken = reading.taken()
        return [
            i
            for i, t in enumerate(reading.said)
            if i not in taken | reading.idle
            and t.word not in common()
            and not (context.possessed(t) and t.word[:-1] in common())
            and not t.written.replace("’", "'").casefold().endswith("n't")
            and t.word.isalpha()
            and (len(t.word) > 2 or self._initials(reading.said, i))
        ]

    @staticmethod
    def _initials(said: Sequence[Token], i: int) -> bool:
        """Whether two large letters stand where an artist does: "play some JB"."""
        asked = i > 0 and said[i - 1].word in context.ASKS_WHOM and context.ends(said, i + 1)
        mixed = any(t.written[:1].islower() for t in said)
        return asked and mixed and said[i].written.isupper() and said[i].word not in _NO_INITIALS

    def misspelt(self, reading: Reading) -> None:
        """Explain tokens by the names and words that they are closest to."""
        said, tried = reading.said, set[int]()
        # Words of another language look like slips of names: "la donna" is not Althea & Donna.
        known = sum(t.word in english() or t.word in context.FILLER for t in said)
        foreign = len(said) > 3 and 5 * known < 2 * len(said)
        least = FOREIGN if foreign or reading.foreign else MISSPELT
        while (loose := [i for i in self.loose(reading) if i not in tried]) and len(tried) < MANY:
            i = loose[0]
            tried.add(i)
            if i + 1 < len(said) and said[i + 1].word in context.FILMS:
                continue  # "The Titanic soundtrack" is of a film, whatever sounds alike.
            if i + 1 < len(said) and said[i + 1].word in context.INITIALS and not said[i + 1].begins:
                continue  # "Cardi B" is no cardio.
            if pair := self._pair(said, i, reading.taken()):
                reading.facts = sorted([*reading.facts, pair])
                continue
            name = self._nearest(said, i, reading.taken(), least if foreign else 0)
            name = None if name and _behind_another(reading, name[1]) else name
            singles = self.names_of_music if len(said[i].word) == 4 else self.singles
            word = misspelt(said[i].word, self.phrases, singles, least)
            if word and (name is None or word[0] >= name[0]):
                meaning = word[1]
                if isinstance(meaning, Concept):
                    fact = Fact(i, i + 1, meaning)
                else:
                    fact = Fact(i, i + 1, Concept("year", f"the {meaning[0]}s", ()), meaning)
                reading.facts = sorted([*reading.facts, fact])
            elif name:
                reading.names = sorted([*reading.names, name[1]])

    def _pair(self, said: Sequence[Token], i: int, taken: set[int]) -> Fact | None:
        """The genre or instrument of two words that a token and the one beside it are but for a slip."""
        for start in (i, i - 1):
            span = range(start, start + 2)
            if start < 0 or span.stop > len(said) or taken & {*span} or said[start + 1].begins:
                continue
            words = [said[k].word for k in span]
            near = process.extractOne(" ".join(words), self.pairs, scorer=OSA.distance, score_cutoff=1)
            # A slip is of a longer word: "depressing ass music" is no bass music.
            long = near and all(len(w) > 3 or w == n for w, n in zip(words, near[0].split(), strict=True))
            if near and long and len(near[0]) > 6:
                return Fact(span.start, span.stop, self.phrases[tuple(near[0].split())])
        return None

    def _nearest(
        self, said: Sequence[Token], i: int, taken: set[int], least: float
    ) -> tuple[float, Mention] | None:
        """The name that token `i`, alone or with those beside it, most likely misspells, and how likely.

        Args:
            said: the tokens.
            i: one that nothing explains.
            taken: those that something does.
            least: likeness that a slip of one word must have.
        """
        best: tuple[float, Mention] | None = None
        for start in range(max(0, i - 3), i + 1):
            for end in range(i + 1, min(len(said), i + 6) + 1):
                if taken & set(range(start, end)) or any(t.begins for t in said[start + 1 : end]):
                    continue
                if said[start].word in context.FILLER or said[end - 1].word in context.FILLER:
                    continue
                ahead = start - (start > 1 and said[start - 1].word == "the")
                by = ahead > 0 and said[ahead - 1].word in context.BEFORE_ARTIST
                # One word is a slip of a title only where one is asked for, or it is all that is said.
                one = end - start == 1 and not context.said_as(said, start, end)
                one = one and not (start > 0 and said[start - 1].word in context.ASKED)
                one = one and not context.pointed(said, start, end)  # "That jolean song."
                if end - start == 1 and said[start].word in english() and not by:
                    continue  # "With pleasure" is no slip of the album "Please".
                only = one or (by and end - start < 3)
                # One word is a slip of an album only behind "off": "shakira" is not "Shakara".
                album = end - start > 1 or key(said[start].word) in self.names.albums
                album = album or (start > 0 and said[start - 1].word in ("off", "from", "album"))
                kinds = ("artist", "title", "album") if album else ("artist", "title")
                found = self.names.near(said, start, end, ("artist",) if only else kinds)
                if found and end - start == 1 and context.surname(said, start, found[1].name):
                    continue  # "Frank Zappa" is no slip of Zapp.
                if found and (found[0] >= least or end - start > 1):
                    value = found[0] + 4 * (end - start - 1) + (3 if found[1].kind == "artist" else 0)
                    if best is None or value > best[0]:
                        best = value, found[1]
        return best


def _behind_another(reading: Reading, name: Mention) -> bool:
    """Whether a word near to an artist is of a title behind another: "adele chasing pavements"."""
    ends = [m.end for m in reading.names if m.kind == "artist" and m.exact and m.end <= name.start]
    between = reading.said[max(ends, default=0) : name.start + 1]
    joined = any(
        t.begins or t.word in context.FILLER | context.BEFORE_ARTIST | context.JOINS for t in between
    )
    plain = reading.said[name.start].word.removesuffix("s") in everyday() and name.end - name.start == 1
    return bool(ends) and plain and name.kind == "artist" and not joined


def _named_by(said: str, artist: str) -> bool:
    """Whether a key is close to an artist's name, or to its first or last: "Billie Jean by micheal"."""
    parts = [p for p in (artist, *artist.split()) if len(p) > 3]
    return any(fuzz.ratio(said, key(part)) >= CLOSE for part in parts)


def misspelt(
    word: str, phrases: Phrases, singles: Sequence[str], least: int = MISSPELT
) -> tuple[float, Concept | years.Years, str] | None:
    """The word of music that a word most likely misspells: its likeness, what it means, and it."""
    if len(word) < 4 or word in everyday() or word in proper():
        return None
    best = process.extractOne(
        word, singles, scorer=fuzz.ratio, score_cutoff=max(least, MISSPELT if len(word) > 5 else 85)
    )
    if best is None or best[0][0] != word[0]:
        return None
    right = best[0]
    if right in years.WORDS:
        first = years.WORDS[right]
        return best[1], (first, first + 9), right
    return best[1], phrases[(right,)], right
