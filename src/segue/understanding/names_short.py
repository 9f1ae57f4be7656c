"""Names that are said in short: an artist by one word, a title by a part or beside its album, a composer."""

from __future__ import annotations

from collections.abc import Sequence

from segue.understanding import called, context
from segue.understanding.everyday import common, english, given, is_everyday
from segue.understanding.keys import PARTICLES
from segue.understanding.spelling import ASIDE, PART, Mention, Spellings
from segue.understanding.text import SMALL, Token, fold, key, tokens


class Shortened(Spellings):
    """Tells names that are said in short."""

    def _in_short(self, said: Sequence[Token], start: int, odd: bool, sure: int) -> str:
        """The artist whom one word is short for, where it stands for that: "bowie", "some ella"."""
        word, end = said[start].word, start + 1
        if key(word) not in self.alias:
            # "Ella" is a first name, and what Spaniards say for "she"; "otis" is that of two.
            asked = start > 0 and context.asks_whom(said, start)
            alone = asked and word in self.first and context.ends(said, end)
            led = (
                asked
                or said[start].begins
                or said[start - 1].word in context.OPENERS | {"then", "now", "and"}
            )
            if led and word in self.initials and context.ends(said, end):
                return self.artist[self.initials[word]]
            return self.artist[self.first[word]] if alone else ""
        name = self.artist[self.alias[key(word)]]
        if called.in_a_title(said, start):
            return ""  # "Sweet Caroline" is not Caroline Smith.
        ours = start > 0 and not said[start].begins and said[start - 1].word in ("my", "our", "your", "his")
        if context.speaks(said, end) or ours:
            return ""  # "Derek says it makes him sleepy."
        if odd or (sure < 2 and is_everyday([word])) or self._first_misspelt(said, start, end):
            return ""
        other = context.surname(said, start, name) or self._of_another(said, start, name)
        return "" if other else name

    def _of_another(self, said: Sequence[Token], start: int, name: str) -> bool:
        """Whether a first name stands before a last one that is none of an artist's: "James Bond"."""
        if start + 1 == len(said) or said[start + 1].begins or said[start].word not in given():
            return False
        last = said[start + 1].word
        if last in context.INITIALS:
            return last not in fold(name).split()
        if not last.isalpha() or last in common() | english() or last in fold(name).split():
            return False
        # But "stevie superstition" is a title of his.
        return not any(last in title for title in self.works_of(name)[0])

    def _first_misspelt(self, said: Sequence[Token], start: int, end: int) -> bool:
        """Whether a last name stands behind a misspelt first name: "micheal jackson" is not Joe Jackson."""
        before = said[start - 1] if start and not said[start].begins else None
        if before is None or before.word in common():
            return context.goes_on(said, end)
        return self.near(said, start - 1, end, ("artist",)) is not None

    def _from_its_album(self, said: Sequence[Token], end: int, k: str) -> bool:
        """Whether "from" or "off" and the album of a title stand behind it: "let it go from frozen"."""
        if end + 1 >= len(said) or said[end].begins or said[end].word not in ("from", "off", "in", "on"):
            return False
        rows, albums = self.title.get(k), self.catalogue.tracks["album"]
        theirs = {key(ASIDE.sub("", albums[row] or "")) for row in rows} - {""}
        first = end + 1 + (said[end + 1].word in ("the", "that", "disney"))
        spans = range(first + 1, min(len(said), first + 6) + 1)
        return any(key(" ".join(t.word for t in said[first:last])) in theirs for last in spans)

    @staticmethod
    def _alone(said: Sequence[Token], start: int, end: int, vocabulary: set[tuple[str, ...]]) -> bool:
        """Whether two telling words are all that is asked for: "play natural woman", "the sugar plum one"."""
        words = [t.word for t in said[start:end]]
        telling = [w for w in words if len(w) > 3 and w not in common() and (w,) not in vocabulary]
        if len(words) != 2 or not telling or tuple(words) in vocabulary or len("".join(words)) < 8:
            return False
        front = start - 1 if start and said[start - 1].word in context.POINTS else start
        led = front == 0 or said[front].begins or said[front - 1].word in context.PLAYS
        return led and (context.ends(said, end) or context.pointed(said, start, end))

    def _grown(self, said: Sequence[Token], start: int, end: int, k: str) -> Mention:
        """A title of which tokens are a part, with those beside them that are of it, too."""
        title = self.written("title", k)
        inside = {t.word for t in tokens(title)}
        while start and said[start - 1].word in inside:
            start -= 1
        while end < len(said) and said[end].word in inside:
            end += 1
        return Mention(start, end, "title", title, self.tracks_of(k))

    def _in_part(
        self,
        said: Sequence[Token],
        start: int,
        end: int,
        vocabulary: set[tuple[str, ...]],
        plain: bool,
        odd: bool,
        sure: int,
    ) -> Mention | None:
        """The album, the composer, or the artist of whose name tokens are a part."""
        odd = plain or odd
        words = [t.word for t in said[start:end]]
        k, before = key(" ".join(words)), word_before(said, start)
        off = before in ("off", "from") and context.ends(said, end) and k in self.albums
        off = off and not (before == "from" and k.isdigit())  # "From 1989" is a year.
        of_album = called.an_album(said, start, end) or (off and (len(words) > 1 or not plain))
        if k in self.albums and (of_album or (not plain and len(words) > 1)):
            name = self.written("album", k)
            return Mention(start, end, "album", name, (name,))
        whose = k if k in self.composers else k.removesuffix("s")
        if whose in self.composers and not odd and not self.index.artists.count(k):
            composer, works = self.composers[whose]
            if self.index.artists.count(self.alias.get(k, "")) < len(works):
                return Mention(start, end, "album", composer, works)
        if len(words) == 1 and (whom := self._in_short(said, start, odd, sure)):
            return Mention(start - context.sounding(said, start, whom), end, "artist", whom, (whom,))
        if len(words) == 2 and words[0] in PARTICLES and k in self.alias:
            whom = self.artist[self.alias[k]]
            return Mention(start, end, "artist", whom, (whom,))
        if 2 <= len(words) <= 3 and not plain and len(k) >= 6:
            near = self.index.artists.starting(k)
            if len(near) == 1 and len(near[0]) - len(k) <= 5:
                return Mention(start, end, "artist", self.artist[near[0]], (self.artist[near[0]],))
        part = sum(w not in SMALL for w in words) == PART and sum(w not in common() for w in words) > 1
        part = part or self._alone(said, start, end, vocabulary)
        whole = self.with_part(k) if part else ""
        return self._grown(said, start, end, whole) if whole else None


def word_before(said: Sequence[Token], start: int) -> str:
    """The word before a place, without a "the"; "" at the beginning."""
    return next((t.word for t in reversed(said[:start]) if t.word != "the"), "")
