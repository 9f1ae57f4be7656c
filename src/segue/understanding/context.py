"""What stands around words tells whether they are a name: "hear queen", "like the cure"."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import OSA

from segue.understanding.everyday import given
from segue.understanding.not_words import NOT
from segue.understanding.text import Token, fold, sound

BEFORE_ARTIST = frozenset(
    "by from of von par de di por like than except minus ban hate without is artist band singer cantado "
    "van door older newer similar to some any more another no half mostly mainly".split()
)
"""Words before the name of an artist."""
AFTER = frozenset(
    "by from please pls plz now instead again next thanks bitte svp for then first excluded excepted "
    "freefrom obvs obviously ofc duh innit lol haha either here".split()
)
"""Words behind which a name has ended."""
ASKS = frozenset(
    "play hear want then now song track spiel joue pon suona metti toca called titled on put album "
    "and queue add".split()
)
EDGE = frozenset("the and a an by from of please some any to with in like no not but or".split())
"""Words that no name begins or ends with, save titles."""
NEVER = frozenset(
    "no yes more again hello hi thanks one this that stop next love music song something hey ok jazz you me "
    "them before always usual earlier yesterday today life home here there now then us him her it everything "
    "everyone anything anyone ha hah".split()
)
"""Words that alone are no name, whatever stands around them."""
TURNS = frozenset(
    "but yet without minus except sans ohne aber mais pero ma maar bez unplugged live acoustic".split()
)
"""Words behind which is said what is other than usual: "Queen without the guitars"."""
OPENERS = frozenset(
    "alright right well so yeah good great fine cool nice perfect lovely sure please hmm wow super".split()
)
"""Words with which an utterance begins, and that are no name there."""
_SELF = frozenset("i im ive ill id".split())
"""Words that are written large anywhere."""
TITLES = frozenset("mr ms mrs dr st jr sr vs feat ft".split())
"""Words that are cut short, with a full stop in which no clause ends."""
JOINS = frozenset("and or & nor vs ft feat featuring x plus meets crossed mixed blended combined".split())
"""Words between two names of a blend or of a joint credit."""
_SIMILAR = frozenset("similar similiar simular close closest akin equivalent comparable".split())
_STRONG = frozenset(
    "song track single album called titled named by like band group artist singer adore love loved loves "
    "hear von par via".split()
)
_STRONG_TWO = frozenset(
    (
        "likes of, vibe of, vibes of, style of, sound of, feel of, mood of, spirit of, energy of, vein of, "
        "cover of, remix of, version of, similar to, listen to, listening to, fan of, fans of, songs of, "
        "hits of, music of, best of, "
        "do like, you have, you got, got any, have any, tired of, sick of, enough of"
    ).split(", ")
)
_WEAK = frozenset(
    "as than play some more any no another other only of except minus hate ban than without old early "
    "classic new and or mehr keine plus de del di not never".split()
)
_WEAK |= {phrase[-1] for phrase in NOT}
_SONGS = frozenset("songs song music tracks track tunes stuff albums album hits discography fan fans".split())
_NUMBERS = frozenset("one two three four five six seven eight nine ten dozen couple few".split())
_GOES_ON = frozenset(
    "for today tonight in from with on that who because but when while and or too though lately right as "
    "at if since before after instead".split()
)
NATIONAL = frozenset(
    "food restaurant dinner wine cuisine recipe dishes girlfriend boyfriend friend friends wife husband "
    "exam homework class lesson teacher test press toast bread coffee beer pizza car cars people guy girl "
    "grandma".split()
)
"""What is italian or german and no music."""
FILMS = frozenset(
    "soundtrack soundtracks ost score movie film musical series show game anime trailer".split()
)
"""Words behind the name of a film or a game."""
SHOWN = frozenset("trailer video commercial advert background documentary".split())
"""What music is for, or heard in."""
SOURCES = frozenset("in from of like this that".split())
PLACED = SOURCES | {"for", "to", "as", "while"}
"""Words before what music is for or heard in; those of `SOURCES` say that it is heard there."""
POINTS = frozenset("the this that these those its their his her your my".split())
"""Words before a thing that is pointed at, and no name."""
FILLER = frozenset(
    "the a an and or by from of please pls some any to with in like no not but for i you me play want hear "
    "put on something song songs music is are it this that my ok plz thx then now".split()
)
"""Words of requests in English, by which its share is told."""
VAGUE = frozenset("de no without por per to some any more".split())
"""Words before an artist that stand before anything else as well."""
GERMAN = frozenset(
    "ich was du auch bin mir zu zum am im ist mal ein eine einen der das und fur furs bitte mit ohne kein "
    "keine gern anderes gleicher gleiches gleiche".split()
)
"""Words by which an utterance is told as German, whose nouns have capitals."""
ASKED = frozenset(
    "play hear by any some know have got queue von spiel joue pon toca metti listen find band artist".split()
)
"""Words before a name that is asked for."""
NAMED = frozenset("play hear by from of artist band singer von di van par av".split())
"""Words before a name in what was said in another language."""
INITIALS = frozenset("bcdefghjklmopqrstvwxyz")
"""Letters that stand for a last name: "Cardi B", "Kenny G"."""
ASKS_WHOM = frozenset("some any more by play hear queue love another half mostly mainly".split())
"""Words of English before an artist."""
PLAYS = frozenset("play hear spiel joue pon toca suona metti zagraj spela".split())
"""Words before what is to be played."""
SONG = frozenset("song track tune hit classic single number".split())
"""Words for a track."""
JUDGED = frozenset(
    "ok okay fine alright allowed good great cool welcome boring overrated overplayed out off banned "
    "forbidden excluded barred".split()
)
"""What an artist may be said to be."""
_IRKS = frozenset("annoys bores tires disturbs irritates exhausts depresses bothers".split())
_US = frozenset("me us my our".split())
MUCH = 2
"""Tracks here from which an artist is likely to be meant."""


def had(said: Sequence[Token], start: int) -> bool:
    """Whether "do you have" or "have you got" stands before a token."""
    before = [t.word for t in said[max(0, start - 2) : start]]
    return before in (["you", "have"], ["you", "got"], ["u", "have"], ["u", "got"])


def asked(said: Sequence[Token], start: int) -> bool:
    """Whether a word that asks for music stands before a token."""
    played_to = start > 1 and said[start - 2].word == "play" and said[start - 1].word in ("me", "us")
    return start > 0 and (said[start - 1].word in ASKS or played_to or had(said, start))


def asks_whom(said: Sequence[Token], start: int) -> bool:
    """Whether a word that asks for an artist stands right before a token, or nothing does."""
    return start == 0 or (not said[start].begins and said[start - 1].word in ASKS_WHOM)


def pointed(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether tokens [start, end) say which song is pointed at: "that ... song", "the ... one"."""
    behind = "" if end == len(said) or said[end].begins else said[end].word
    return start > 0 and said[start - 1].word in POINTS and behind in SONG | {"one", "thing"}


def surname(said: Sequence[Token], start: int, name: str) -> bool:
    """Whether a first name that is none of a name's stands before a place: "Tom Jones" is not Norah Jones."""
    if not start or said[start].begins or said[start - 1].word not in given():
        return False
    return not sounding(said, start, name) and said[start - 1].word not in fold(name).split()


def sounding(said: Sequence[Token], start: int, name: str) -> bool:
    """Whether the word before a place sounds as the first of a name does: "Jimmy Hendrix", "Bil Evans"."""
    first = [w for w in fold(name).split() if w != "the"][:1]
    before = said[start - 1].word if start and not said[start].begins else ""
    if first in ([], [before]) or sound(before) != sound(first[0]):
        return False
    return before in given() or (len(before) > 2 and OSA.distance(before, first[0]) == 1)


def contracted(token: Token) -> bool:
    """Whether a token is two words in one: "I've", "we'll"."""
    return token.written.replace("’", "'").casefold().endswith(("'ve", "'ll", "'re", "'d", "'m"))


def possessed(token: Token) -> bool:
    """Whether a token ends with an s of its own: "someone's", "everybody's"."""
    return token.written.replace("’", "'").casefold().endswith("'s")


def led_large(said: Sequence[Token], start: int) -> bool:
    """Whether a word written large, first of no clause, stands right before: "Pearl Jam" is not The Jam."""
    before = said[start - 1] if start and not said[start].begins else None
    return bool(before and not before.begins and before.written.istitle() and before.word not in FILLER)


_FACTS = frozenset("year decade album record genre key tempo language mood".split())
_FRAMES = {("when", "was"), ("when", "did"), ("when", "is"), ("long", "is"), ("old", "is"), ("long", "was")}
_AFTER = frozenset("from on by released recorded come out made in please again".split())


def asked_about(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether a fact of tokens [start, end) is asked for: "what year is X", "when was X released"."""
    before = tuple(t.word for t in said[max(0, start - 2) : start])
    frame = before in _FRAMES or (len(before) == 2 and before[0] in _FACTS and before[1] in ("is", "was"))
    return frame and (end == len(said) or said[end].begins or said[end].word in _AFTER)


def named_large(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether tokens are written as a name is, and others not; a first word and "I" tell nothing."""
    inner = said[start + 1 : end - 1]
    large = [t.written[:1].isupper() for t in said[start:end] if t not in inner or t.word not in _INNER]
    telling = [t for t in said[start:end] if not t.begins and t.word not in _SELF]
    return bool(telling) and all(large) and any(t.written[:1].islower() for t in said)


_INNER = frozenset("of the on in to a an and for at by from with or".split())
"""Words that are written small inside a name: "Smoke on the Water"."""
_PRAISED = frozenset(
    "best popular famous known biggest greatest classic random favourite favorite other".split()
)


def said_as(said: Sequence[Token], start: int, end: int, tracks: int = 0) -> int:
    """How surely tokens [start, end) that are a name stand where a name does.

    Args:
        said: the tokens.
        start: the first, after a "the".
        end: behind the last.
        tracks: how many the artist of that name has here, 0 for a title.

    Returns:
        2 where only a name does ("hear X", "similar to X"), 1 where a word may ("more X"), 0 elsewhere.
    """
    front = start - 1 if start and said[start - 1].word == "the" else start
    before = [t.word for t in said[max(0, front - 2) : front]]
    first = front == 0 or said[front].begins
    behind = "" if end == len(said) or said[end].begins else said[end].word
    if (
        not first
        and before[-1] in ("from", "between", "von")
        and behind in ("to", "into", "and", "zu", "und")
    ):
        return 1  # The ends of a way: "from the cure to daft punk".
    if tracks and not first and before[-1] in _ARRIVES and behind in ("in", "with", "over", "via"):
        clause = next((i for i in range(front - 1, 0, -1) if said[i].begins), 0)
        if any(t.word == _ARRIVES[before[-1]] for t in said[clause : front - 2]):
            return 1  # "From abba to queen in four".
    if tracks and not first and before[-1] in _BETWEEN and behind in _BETWEEN:
        return 1  # "By abba or queen or prince".
    judged = said[end + 1].word if end + 1 < len(said) else ""
    if (behind in ("is", "are", "was", "were") and judged in JUDGED) or (behind in _IRKS and judged in _US):
        return 1  # "Queen is fine now", "Queen annoys me".
    ended = (
        not behind or behind in AFTER | TURNS | {"do", "have", "are"} or (behind in _SONGS and tracks >= MUCH)
    )
    large = all(t.written[:1].isupper() for t in said[start:end])
    if large and not first and any(t.written[:1].islower() for t in said):
        return 2
    if not first:
        if ended and behind in _SONGS and (before[-1].isdigit() or before[-1] in _NUMBERS | _PRAISED):
            return 1  # "Three queen songs", "the best queen song".
        if before[-1:] in (["by"], ["like"]) or likened(said, front):
            return 2
        if before[-1] in _STRONG or " ".join(before) in _STRONG_TWO:
            return 2 if ended or behind in _GOES_ON else 0
        return int(ended and before[-1] in _WEAK | BEFORE_ARTIST | ASKS)
    return int(ended or (behind in JOINS | TURNS and tracks >= MUCH))


_BETWEEN = ("and", "or")
_ARRIVES = {"to": "from", "into": "from", "and": "between"}
"""Words before the end of a way, and those before its beginning."""


def written_large(said: Sequence[Token]) -> set[int]:
    """The tokens that are written large within a sentence in small letters, as a name is; not in German."""
    if GERMAN & {t.word for t in said} or not any(t.written[:1].islower() for t in said):
        return set()
    return {i for i, t in enumerate(said) if not t.begins and t.written[:1].isupper()}


def likened(said: Sequence[Token], place: int) -> bool:
    """Whether "similar songs to" or "the same vibe as" ends before a place."""
    words = [t.word for t in said[max(0, place - 5) : place]]
    return bool(words) and (
        (words[-1] == "to" and bool(_SIMILAR & {*words})) or (words[-1] == "as" and "same" in words)
    )


def ends(said: Sequence[Token], end: int) -> bool:
    """Whether a name may end behind token `end` - 1."""
    return end == len(said) or said[end].begins or said[end].word in AFTER | JOINS


def in_phrases(said: Sequence[Token], vocabulary: set[tuple[str, ...]]) -> set[int]:
    """The tokens that are part of a longer word of music: "post" in "post punk" is no album."""
    words = [t.word for t in said]
    places = [(i, i + n) for n in (2, 3) for i in range(len(words) - n + 1)]
    joins = {i for i in range(1, len(words) - 1) if words[i] == "x"}
    return joins | {i for a, b in places if tuple(words[a:b]) in vocabulary for i in range(a, b)}


def goes_on(said: Sequence[Token], end: int) -> bool:
    """Whether a word is the first of a name written large: "Purple Rain" is not Deep Purple."""
    mixed = any(t.written[:1].islower() for t in said)
    large = [t.written[:1].isupper() for t in said[end - 1 : end + 1]]
    return mixed and large == [True, True] and not said[end].begins


def has_the(name: str) -> bool:
    """Whether a name begins with "The"."""
    return name.casefold().startswith("the ")


def speaks(said: Sequence[Token], end: int) -> bool:
    """Whether whoever is named before a place is a listener, by what is said of them: "Derek hates it"."""
    return end < len(said) and not said[end].begins and said[end].word in _SPEAKS


_SPEAKS = frozenset(
    "says said thinks complains complained insists reckons hates wants asks asked begs moans demands fancies "
    "prefers requested keeps claims cries sleeps".split()
)
