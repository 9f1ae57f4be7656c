"""Words that say what others are: "the song called War", "War the band", "for our guitarist"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segue.understanding.context import FILLER, FILMS, POINTS, ends
from segue.understanding.everyday import given
from segue.understanding.facts import Fact
from segue.understanding.text import Token

MAKERS = frozenset("band group artist singer rapper duo act musician dj".split())
"""Words for who makes music."""
_ENDS = frozenset(
    "start begin open end finish close starting beginning opening ending finishing closing".split()
)
_TITLES = (["the", "song"], ["the", "track"], ["that", "song"])
_SUNG = frozenset("called wrote sang sings recorded covered".split())
_POINTED = frozenset("this that it her him them these those".split())
"""Words that point at what plays."""
_SONGS = frozenset("song songs track tracks tune one something anything number cut single".split())
_OF_TITLES = frozenset("sweet oh dear proud lovely mister miss mrs lady uncle aunt big long".split())
"""Words before a first name in a title."""
_PLAYERS = frozenset("bassist drummer guitarist pianist singer vocalist keyboardist violinist".split())
_DOES = frozenset(
    "will wants want is was has says said hates loves likes asked asks thinks needs would can wont".split()
)


def titled(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether "the song" or "called" stands beside tokens: they are a title, whatever they mean."""
    before = [t.word for t in said[max(0, start - 2) : start]]
    behind = [t.word for t in said[end : end + 2]]
    if behind in (["the", "song"], ["the", "track"], ["the", "single"]) and ends(said, end + 2):
        return True
    if end - start == 1 and said[start].word in _POINTED and before[-1:] != ["called"]:
        return False  # "Who sings this?"
    ends_it = len(before) == 2 and before[0] in _ENDS and before[1] in ("with", "on", "by")
    if ends_it and said[start].written[:1].isupper() and ends(said, end):
        return True  # "Six songs, open with Yesterday."
    sung = before[-1:] != [] and before[-1] in _SUNG and not (before[-1] == "called" and before[0] in MAKERS)
    return (sung or before in _TITLES) and ends(said, end)


def an_artist(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether "the band called" stands before tokens, or "the band" behind them: they are an artist."""
    before = [t.word for t in said[max(0, start - 2) : start]]
    behind = [t.word for t in said[end : end + 2]]
    named = before[-1:] in (["called"], ["named"]) and before[0] in MAKERS
    told = len(behind) > 1 and behind[0] == "the" and behind[1] in MAKERS
    return named or (told and ends(said, end + 2))


def an_album(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether "the album" stands before tokens, or "album" behind them: "from the Nevermind album"."""
    front = start - (start > 0 and said[start - 1].word == "the")
    behind = "" if end == len(said) or said[end].begins else said[end].word
    before = said[front - 1].word if front else ""
    return before == "album" or (behind in ("album", "record", "lp") and before in ("from", "off", "on"))


def off_an_album(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether tokens are what a song is off: "something off Thriller" is no wish for the song."""
    before = [t.word for t in said[max(0, start - 2) : start]]
    return len(before) == 2 and before[1] == "off" and before[0] in _SONGS and ends(said, end)


def in_a_title(said: Sequence[Token], start: int) -> bool:
    """Whether a first name is part of a title: "Sweet Caroline"."""
    before = said[start - 1].word if start and not said[start].begins else ""
    return before in _OF_TITLES and said[start].word in given()


def of_a_longer(said: Sequence[Token], start: int, end: int, loose: set[int]) -> bool:
    """Whether a name at [start, end) begins that of a film: "the song from Pulp Fiction"."""
    if end - start > 1 or end not in loose or said[end].begins:
        return False
    of_film = end + 1 < len(said) and said[end + 1].word in FILMS
    return of_film or (start > 0 and said[start - 1].word == "from")


def by_another(said: Sequence[Token], start: int, end: int, artists: Iterable[int]) -> bool:
    """Whether one word at [start, end) is a title that is not here, and of an artist: "vogue by madonna"."""
    if end - start > 1 or end + 1 >= len(said) or said[end].word != "by" or said[end].begins:
        return False
    return end + 1 + (said[end + 1].word == "the") in artists or end + 1 in artists


def refused_beside(said: Sequence[Token], start: int, end: int, taken: set[int]) -> bool:
    """Whether common words are one of several artists that are refused: "but no queen, abba or kiss"."""
    front = start - (start > 0 and said[start - 1].word == "the")
    if not front or said[front - 1].word not in ("no", "not", "without", "except", "minus"):
        return False
    listed = end < len(said) and (said[end].begins or said[end].word in ("or", "nor", "and"))
    after = end + (listed and said[end].word in ("or", "nor", "and", "no", "not"))
    after += after < len(said) and said[after].word == "the"
    return bool(listed) and after in taken


def end_of_way(said: Sequence[Token], start: int, end: int, *, alone: bool) -> bool:
    """Whether tokens stand at an end of a way, or behind "than": "from X to", "to X", "older than X"."""
    ahead = next((t.word for t in reversed(said[:start]) if t.word != "the"), "")
    behind = said[end].word if end < len(said) else ""
    told = any(t.word in ("from", "between") for t in said[:start])
    return (alone and ((ahead in ("to", "into") and told) or ahead == "than")) or (
        ahead == "from" and behind in ("to", "into")
    )


def way_to(said: Sequence[Token], start: int, end: int, taken: set[int]) -> bool:
    """Whether common words are where a way to an artist begins: "oh well, Queen to Metallica then"."""
    first = all(t.word in FILLER | {"well"} for t in said[:start])
    return first and end < len(said) and said[end].word == "to" and end + 1 in taken


def of_a_player(said: Sequence[Token], fact: Fact) -> bool:
    """Whether a player is somebody there, and nothing that is to be heard: "the bassist will quit"."""
    if said[fact.start].word not in _PLAYERS or not fact.start or said[fact.start - 1].word not in _WHOSE:
        return False
    behind = "" if fact.end == len(said) or said[fact.end].begins else said[fact.end].word
    return behind in _DOES or (fact.start > 1 and said[fact.start - 2].word == "for")


_WHOSE = POINTS | {"our"}
