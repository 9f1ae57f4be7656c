"""Titles beside the artist whose they are: "rehab amy winehouse", "Prince's Kiss", "war by edwin starr"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from segue.understanding import context, titles_spoken
from segue.understanding.everyday import everyday
from segue.understanding.names import Names
from segue.understanding.not_words import NOT
from segue.understanding.polarity import starts
from segue.understanding.spelling import Mention
from segue.understanding.text import Token, key, said_plainly

LONGEST = 12
"""Words of the longest title that is looked for."""
SURE = 6
"""Letters from which a slip in a title is let pass."""
BY = frozenset("by from von par de di van".split())
OWN = ("'s", "’s", "s'")
LEADS = (
    context.ASKS | context.ASKED | context.SONG | frozenset("the that this like to than titled and".split())
)
"""Words before a title."""
SINGS = frozenset("singing doing covering performing playing".split())
"""Words between an artist and a title: "Johnny Cash covering Hurt"."""
_BEHIND = context.AFTER | frozenset("i maybe probably right isnt wasnt if or surely".split())
"""Words behind an artist whose a title before is said to be: "Cars. Gary Numan I think"."""
TALK = context.NEVER - {"yesterday", "home", "hello", "love", "life"}
"""Words that beside an artist are talk, even where they are a title: "a metallica one"."""
_ASKED_FOR = re.compile(
    r"^\W*((?:(?:please|ok|can you|could you|now|and) )*"
    r"(?:play|queue(?: up)?|put on|i want|give me|add|plus"
    r"|(?:(?:make|create|build|give) (?:me )?)?(?:an? |the )?(?:play ?)?list(?: (?:with|of))?))\W+(?=\S)",
    re.IGNORECASE,
)
_LAST = re.compile(
    r"\s*(?:(?:on (?:it|there)|in it|in that order|please|one after the other)\W*)*$", re.IGNORECASE
)
_COMMAS = re.compile(
    r"\s*,\s*(?:and |then |& )?|\s*;\s*|\s+(?:and then|and|then|&|plus|followed by)\s+", re.IGNORECASE
)


def beside_artists(names: Names, said: Sequence[Token], found: list[Mention]) -> list[Mention]:
    """The names found, and titles and albums that stand beside the artist whose they are.

    What stands in place of such a title is left out: "War" of Edwin Starr is not the band.
    """
    for mention in (*_possessive(names, said, found), *_pairs(names, said)):
        found = _instead(found, mention)
    for artist in [m for m in found if m.kind == "artist"]:
        title = _beside(names, said, artist, found) if artist in found else None
        title = title or (_about(names, said, artist) if artist in found else None)
        title = title or _but_for(names, said, artist) or _off_album(names, said, artist)
        if title and not any(m.kind == "title" and m.start <= title.start < m.end for m in found):
            found = _instead(found, title)
    return found


def _instead(found: Sequence[Mention], mention: Mention) -> list[Mention]:
    """The names found with another in place of those that it overlaps."""
    kept = [m for m in found if m.end <= mention.start or m.start >= mention.end]
    return sorted([*kept, mention])


def _possessive(names: Names, said: Sequence[Token], found: Sequence[Mention]) -> Iterator[Mention]:
    """The artists of whom something is: "Aretha Franklin's", "adele's"."""
    exact = {m.end - 1 for m in found if key(m.name) == key(" ".join(t.word for t in said[m.start : m.end]))}
    for i, token in enumerate(said):
        # "The Beatles' Help" needs no letter taken away.
        if i in exact or not token.written.casefold().endswith(OWN):
            continue
        for start in range(max(0, i - 4), i + 1):
            k = key(" ".join([*(t.word for t in said[start:i]), token.word[:-1]]))
            k = names.alias.get(k, k) if start == i else k
            plain = start == i and token.word[:-1] in everyday()
            if k in names.artist and not plain:
                yield Mention(start, i + 1, "artist", names.artist[k], (names.artist[k],))
                break


def _pairs(names: Names, said: Sequence[Token]) -> list[Mention]:
    """An artist and a title of theirs that together are a whole clause: "kiss - prince"."""
    last = len(said)
    while last and said[last - 1].word in context.AFTER:
        last -= 1
    # "Don't Stop Me Now" ends with a word behind which names have ended.
    return _pairs_to(names, said, len(said)) or (_pairs_to(names, said, last) if last < len(said) else [])


def _pairs_to(names: Names, said: Sequence[Token], last: int) -> list[Mention]:
    near = range(max(0, last - 2 * LONGEST), last)
    for first in [i for i in near if i == 0 or said[i].begins or said[i - 1].word in LEADS]:
        for middle in range(first + 1, last):
            for artist, title in (((first, middle), (middle, last)), ((middle, last), (first, middle))):
                k = key(" ".join(t.word for t in said[artist[0] : artist[1]]))
                if k not in names.artist:
                    continue
                end = title[1] - (title[1] < last and said[title[1] - 1].word in BY)
                work = key(" ".join(t.word for t in said[title[0] : end]))
                ids = names.works_of(names.artist[k])[0].get(work) if work in names.title else None
                if ids and (end - title[0] > 1 or said[title[0]].word not in TALK):
                    name = names.artist[k]
                    one = Mention(*artist, "artist", name, (name,))
                    return [one, Mention(title[0], end, "title", names.written("title", work), tuple(ids))]
    return []


def _beside(names: Names, said: Sequence[Token], artist: Mention, found: Sequence[Mention]) -> Mention | None:
    """The longest title or album of an artist that stands behind or before the name."""
    titles, albums = names.works_of(artist.name)
    for start, end, led in (*_behind(said, artist), *_before(said, artist)):
        words = [t.word for t in said[start:end]]
        k = key(" ".join(words))
        theirs = start == artist.end and said[start - 1].written.casefold().endswith(OWN)
        # "One by Metallica", all that is said and written large.
        theirs = theirs or (
            said[0].written == "One" and (start, end, artist.end) == (0, 1, len(said)) and led
        )
        if not k or (len(words) == 1 and words[0] in TALK and not theirs):
            continue
        free = not any(m.start < end and m.end > start for m in found)
        if k not in titles and free and len(k) >= SURE and (led or len(words) > 1):
            near = process.extractOne(k, list(titles), scorer=OSA.distance, score_cutoff=1)
            k = near[0] if near else k
        if k in titles:
            name = names.written("title", k)
            return Mention(start, end, "title", name, tuple(titles[k]))
        if k in albums and len(words) > 1:
            name = names.written("album", k)
            return Mention(start, end, "album", name, (name,))
    return _part(names, said, artist, found)


def _part(names: Names, said: Sequence[Token], artist: Mention, found: Sequence[Mention]) -> Mention | None:
    """A title of an artist of which what stands beside the name is a part: "natural woman by aretha"."""
    titles = {names.title_of(ids[0]): ids for ids in names.works_of(artist.name)[0].values()}
    for start, end, _ in (*_behind(said, artist), *_before(said, artist)):
        words = [t.word for t in said[start:end]]
        while words and words[0] in context.POINTS | {"a", "an", "song", "one"}:
            start, words = start + 1, words[1:]
        while words and words[-1] in context.SONG | {"one", "thing"}:
            end, words = end - 1, words[:-1]
        if any(m.start < end and m.end > start for m in found):
            continue
        if title := titles_spoken.part_of(words, titles):
            return Mention(start, end, "title", title, tuple(titles[title]))
    return None


def _about(names: Names, said: Sequence[Token], artist: Mention) -> Mention | None:
    """The one title of an artist with the word that a song is said to be about: "the one about the taxi"."""
    for i in range(max(0, artist.start - 4), min(len(said) - 1, artist.end + 4)):
        if said[i].word != "about" or i in range(artist.start, artist.end):
            continue
        at = i + 1 + (said[i + 1].word in ("the", "a", "an", "his", "her"))
        if at >= len(said) or artist.start <= at < artist.end or said[at].word in TALK:
            continue
        works = names.works_of(artist.name)[0]
        titles = {k: names.written("title", k) for k in works}
        about = [k for k, title in titles.items() if said[at].word in said_plainly(title).split()]
        if len({titles[k] for k in about}) == 1:
            return Mention(i, at + 1, "title", titles[about[0]], tuple(works[about[0]]))
    return None


def _off_album(names: Names, said: Sequence[Token], artist: Mention) -> Mention | None:
    """An album of an artist behind "off", but for a slip: "something off Rumors by Fleetwood Mac"."""
    albums = names.works_of(artist.name)[1]
    for i in range(1, len(said)):
        if said[i - 1].word not in ("off", "album", "from") or artist.start <= i < artist.end:
            continue
        first = i + (said[i].word in ("the", "their", "his", "her"))
        for end in range(min(len(said), first + LONGEST), first, -1):
            k = key(" ".join(t.word for t in said[first:end]))
            slips = (len(k) + 2) // SURE if len(k) >= SURE else 0
            near = process.extractOne(k, list(albums), scorer=OSA.distance, score_cutoff=slips)
            if near and not (artist.start < end and artist.end > first):
                name = names.written("album", near[0])
                return Mention(first, end, "album", name, (name,))
    return None


def _but_for(names: Names, said: Sequence[Token], artist: Mention) -> Mention | None:
    """A title of an artist that is left out: "beatles, apart from yesterday"."""
    words = [t.word for t in said]
    for start in range(artist.end, min(artist.end + 3, len(said))):
        first = start + starts(words, start, NOT)
        if first == start or first >= len(said):
            continue
        end = next(i for i in range(first + 1, len(said) + 1) if context.ends(said, i))
        works, k = names.works_of(artist.name)[0], key(" ".join(words[first:end]))
        # "Zeppelin, not stairway."
        part = [title for title in works if len(k) > SURE and k in title]
        title = k if k in works else part[0] if len(part) == 1 else ""
        if title:
            return Mention(first, end, "title", names.written("title", title), tuple(works[title]))
        return None
    return None


def _behind(said: Sequence[Token], artist: Mention) -> Iterator[tuple[int, int, bool]]:
    """The spans behind a name, longest first, and whether something says that a title is there."""
    first = artist.end
    led = said[artist.end - 1].written.casefold().endswith(OWN)
    while first < len(said) and said[first].word in context.SONG | SINGS and not said[first].begins:
        first, led = first + 1, True
    for end in range(min(len(said), first + LONGEST), first, -1):
        ends = end == len(said) or said[end].begins or said[end].word in context.AFTER
        if end - first > 1 or ends:
            yield first, end, led


def _before(said: Sequence[Token], artist: Mention) -> Iterator[tuple[int, int, bool]]:
    """The spans before a name, longest first, and whether "by" or the like stands between."""
    end = artist.start
    end -= end > 0 and said[end - 1].word == "the"
    led = end > 0 and said[end - 1].word in BY
    end -= led
    ends = artist.end == len(said) or said[artist.end].begins or said[artist.end].word in _BEHIND
    for start in range(max(0, end - LONGEST), end):
        opens = start == 0 or said[start].begins or said[start - 1].word in LEADS
        # "My uncle sang volare by Dean Martin".
        opens = opens or (led and end - start == 1 and said[start].word not in everyday())
        if opens and (led or ends or end - start > 1):
            yield start, end, led


def enumerated(text: str, names: Names) -> str:
    """A text with its titles in quotes, where it asks for two or more and nothing else; "" for another."""
    asked = _ASKED_FOR.match(text)
    if not asked:
        return ""
    rest = _LAST.sub("", text[asked.end() :])
    parts = [p for p in _COMMAS.split(rest) if p]
    keys = [names.title_key(said_plainly(p).split()) for p in parts]
    whole = names.title_key(said_plainly(rest).split())
    if len(parts) < 2 or whole in names.title or not all(k and k in names.title for k in keys):
        return ""
    return f"{asked[1]} " + ", ".join(f'"{p}"' for p in parts)
