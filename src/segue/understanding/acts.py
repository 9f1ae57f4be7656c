"""What a turn does besides naming wishes: questions, repetitions, references, comparisons, ways, how many."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Literal, cast

from segue.understanding.state import Dimension


def _table() -> dict[str, Any]:
    text = (files("segue.understanding") / "acts.toml").read_text("utf-8")
    for name, words in tomllib.loads(text)["CLASSES"].items():
        text = text.replace(f"@{name}@", words)
    return tomllib.loads(text)


TABLE: dict[str, Any] = _table()
"""acts.toml: the patterns by name, with its classes of words in their places."""


def _any(parts: Sequence[str]) -> re.Pattern[str]:
    """One pattern of several."""
    return re.compile(f"(?:{'|'.join(parts)})")


def _each(name: str) -> dict[str, re.Pattern[str]]:
    """The patterns of a table."""
    return {key: _any(parts) for key, parts in TABLE[name].items()}


HERE, PLAY, REPEAT, MORE, REFUSE = (_any(TABLE[n]) for n in ("HERE", "PLAY", "REPEAT", "MORE", "REFUSE"))
LOOSE = {key: _any(parts) for key, parts in TABLE["LOOSE"].items() if key != "ASKED"}
GRUMBLE, INSTEAD_OF_IT = _any(TABLE["GRUMBLE"]), _any(TABLE["INSTEAD_OF_IT"])
STILL, CLOSES = _any(TABLE["STILL"]), _any(TABLE["CLOSES"])
SOCIAL, ANAPHORA, ORDINAL, LIKE = (_any(TABLE[n]) for n in ("SOCIAL", "ANAPHORA", "ORDINAL", "LIKE"))
COUNT, SAY, WAY, WAY_COUNT, BLEND = (_any(TABLE[n]) for n in ("COUNT", "SAY", "WAY", "WAY_COUNT", "BLEND"))
SAME_ARTIST, OTHER_ARTIST, SAME_YEAR = (_any(TABLE[n]) for n in ("SAME_ARTIST", "OTHER_ARTIST", "SAME_YEAR"))
NO_ARTIST, THIS_ARTIST = _any(TABLE["NO_ARTIST"]), _any(TABLE["THIS_ARTIST"])
FINE, ADDS, FRESH, UNLIKE, THAT = (_any(TABLE[n]) for n in ("FINE", "ADDS", "FRESH", "UNLIKE", "THAT"))
QUESTIONS, COMPARE, MOST, LIFT = (_each(n) for n in ("QUESTIONS", "COMPARE", "MOST", "LIFT"))
FORGETS, POOR, ALIKE, CLEAN = (_any(TABLE[n]) for n in ("FORGETS", "POOR", "ALIKE", "CLEAN"))
SOMETHING = _any(TABLE["SOMETHING"])
FROM_FILM = [re.compile(p) for p in TABLE["FROM_FILM"]]
PLAY_IT, NARROWER, ONE_ABOUT = (_any(TABLE[n]) for n in ("PLAY_IT", "NARROWER", "ONE_ABOUT"))
VERSION, DUET = _any(TABLE["VERSION"]), _any(TABLE["DUET"])
JUST_PRAISE = re.compile(TABLE["JUST_PRAISE"], re.IGNORECASE)
THANKED = _any(TABLE["THANKED"])
THANKS, FROM_HERE, ALL_ELSE = (_any(TABLE[n]) for n in ("THANKS", "FROM_HERE", "ALL_ELSE"))
FIRST, AN_ARTIST, ELSE = (_any(TABLE[n]) for n in ("FIRST", "AN_ARTIST", "ELSE"))
WAY_VERB, LIST = _any(TABLE["WAY_VERB"]), _any(TABLE["LIST"])
BACK, TITLE_AGAIN, NOT_TITLE, GO_BACK = (
    _any(TABLE[n]) for n in ("BACK", "TITLE_AGAIN", "NOT_TITLE", "GO_BACK")
)
OR_ALIKE, EACH, NO_REPEATS = (_any(TABLE[n]) for n in ("OR_ALIKE", "EACH", "NO_REPEATS"))
SOME_OF, GREETING, WAY_AGAIN = (_any(TABLE[n]) for n in ("SOME_OF", "GREETING", "WAY_AGAIN"))
SAME_GENRE, SAME_ALBUM, LIKE_THAT = (_any(TABLE[n]) for n in ("SAME_GENRE", "SAME_ALBUM", "LIKE_THAT"))
BESIDE_THIS, LAST_TWO, TURNED = (_any(TABLE[n]) for n in ("BESIDE_THIS", "LAST_TWO", "TURNED"))
AGAIN_IT, AGAIN_WHICH, AGAIN_SUCH = (_any(TABLE[f"AGAIN_{n}"]) for n in ("IT", "WHICH", "SUCH"))
AGAIN_AGO, DOUBTED = _any(TABLE["AGAIN_AGO"]), _any(TABLE["DOUBTED"])
WITH_THEM = _any(TABLE["WITH_THEM"])
NOT_THAT = _any(TABLE["NOT_THAT"])
ALSO = _any(TABLE["ALSO"])
CORRECTED = [re.compile(p) for p in TABLE["CORRECTED"]]
LASTING, OR = _any(TABLE["LASTING"]), _any(TABLE["OR"])
THEN, YEARS_ON, DECADES_ON = (_any(TABLE[n]) for n in ("THEN", "YEARS_ON", "DECADES_ON"))
EDIT_REPLACE_BY, EDIT_REMOVE_BY = _any(TABLE["EDIT_REPLACE_BY"]), _any(TABLE["EDIT_REMOVE_BY"])
EDIT_KEEP_BY, EDIT_ADD_BY, EDIT_SORT = (_any(TABLE[f"EDIT_{n}"]) for n in ("KEEP_BY", "ADD_BY", "SORT"))
EDIT_END, EDIT_HALF, EDIT_DOUBLE = (_any(TABLE[f"EDIT_{n}"]) for n in ("END", "HALF", "DOUBLE"))
EDIT_ALTERNATE, EDIT_DISTINCT = _any(TABLE["EDIT_ALTERNATE"]), _any(TABLE["EDIT_DISTINCT"])
SAME_WAY, VIA, EDIT_BETWEEN = (_any(TABLE[n]) for n in ("SAME_WAY", "VIA", "EDIT_BETWEEN"))
ALL_AGAIN, PLAY_LIST, TOTAL = (_any(TABLE[n]) for n in ("ALL_AGAIN", "PLAY_LIST", "TOTAL"))
WAY_OTHER, WAY_OVER, WAY_MORE = (_any(TABLE[f"WAY_{n}"]) for n in ("OTHER", "OVER", "MORE"))
WAY_FROM, WAY_TO, WAY_OF_TWO = (_any(TABLE[f"WAY_{n}"]) for n in ("FROM", "TO", "OF_TWO"))
EDIT_NOT_BY, IN_LIST, HOW_MANY_SUCH = (_any(TABLE[n]) for n in ("EDIT_NOT_BY", "IN_LIST", "HOW_MANY_SUCH"))
PLAY_THEM, LETS_GO = _any(TABLE["PLAY_THEM"]), _any(TABLE["LETS_GO"])
WALKS = _any(TABLE["WALKS"])
MOVEMENT, WHOLE_WORK, HIS_WORK = (_any(TABLE[n]) for n in ("MOVEMENT", "WHOLE_WORK", "HIS_WORK"))
THE_ONE_BY, NUMBER_OF = _any(TABLE["THE_ONE_BY"]), _any(TABLE["NUMBER_OF"])
ONE_OF = _any(TABLE["ONE_OF"])
SAME_AS = _any(TABLE["SAME_AS"])
ITS_ARTIST = _any(TABLE["ITS_ARTIST"])
SONG_ABOUT, AND_ABOUT = (_any(TABLE[n]) for n in ("SONG_ABOUT", "AND_ABOUT"))
ELSEWHERE, RUDE, NEXT_YEAR = (_any(TABLE[n]) for n in ("ELSEWHERE", "RUDE", "NEXT_YEAR"))
LIST_SAID = [(re.compile(said), plain) for said, plain in TABLE["LIST_SAID"]]
"""How an edit of a list is said otherwise, and how it is read."""
LINKED = re.compile(r"\b(?:and|plus|then|followed)\b")
"""What makes a sum of two numbers: "two by Queen and three by ABBA"."""
AVERAGE = _any(TABLE["AVERAGE"])
PLACE_ASKED = [re.compile(p) for p in TABLE["PLACE_ASKED"]]
"""Where in a list something stands."""
OF_NAMED = _any(TABLE["OF_NAMED"])
LIST_ASKED = [(re.compile(said), plain) for said, plain in TABLE["LIST_ASKED"]]
EDIT_UNDO = _any(TABLE["EDIT_UNDO"])
REST = _any(TABLE["REST"])
AND_MOST = _any(TABLE["AND_MOST"])
IT_OF_LIST = _any(TABLE["IT_OF_LIST"])
MORE_LESS = _any(TABLE["MORE_LESS"])
NEXT_LISTED = _any(TABLE["NEXT_LISTED"])
OTHER_COUNTRY, OTHER_LANGUAGE = _any(TABLE["OTHER_COUNTRY"]), _any(TABLE["OTHER_LANGUAGE"])
OTHER_YEAR, OTHER_GENRE, WITHOUT = (_any(TABLE[n]) for n in ("OTHER_YEAR", "OTHER_GENRE", "WITHOUT"))
OTHERWISE = {"year": OTHER_YEAR, "genre": OTHER_GENRE, "country": OTHER_COUNTRY, "language": OTHER_LANGUAGE}
"""What says that a wish of a kind that held is not wanted again: "another decade"."""
OTHER_ALBUM = _any(TABLE["OTHER_ALBUM"])
UNDO, LONG_AFTER = _any(TABLE["UNDO"]), _any(TABLE["LONG_AFTER"])
SAME_LANGUAGE = _any(TABLE["SAME_LANGUAGE"])
LIKED = _any(TABLE["LIKED"])
"""Words before kinds of music that somebody likes."""
RULES = frozenset("all everything rules filters bans restrictions limits".split())
"""Words of who takes back what is refused, too."""
ONE_AGAIN, NAMESAKE, BEFORE_LAST = (_any(TABLE[n]) for n in ("ONE_AGAIN", "NAMESAKE", "BEFORE_LAST"))
EDIT_REVERSE, EDIT_SHUFFLE = _any(TABLE["EDIT_REVERSE"]), _any(TABLE["EDIT_SHUFFLE"])
BEFORE_THAT = _any(TABLE["BEFORE_THAT"])
SORTED = _each("SORTED")
IN_ORDER = _any(TABLE["IN_ORDER"])
"""That a list is put in an order."""
EDIT_SOME, EDIT_LESS, EDIT_FRONT = (_any(TABLE[f"EDIT_{n}"]) for n in ("SOME", "LESS", "FRONT"))
WHICH_SUCH = _any(TABLE["WHICH_SUCH"])
LIKE_NTH = _any(TABLE["LIKE_NTH"])
STAYS, ELSE_LIKE, NTH_ARTIST = (_any(TABLE[n]) for n in ("STAYS", "ELSE_LIKE", "NTH_ARTIST"))
BY_WHOM, REST_STAYS, NEVER_AGAIN = (_any(TABLE[n]) for n in ("BY_WHOM", "REST_STAYS", "NEVER_AGAIN"))
ALL_DIFFERENT = _any(TABLE["ALL_DIFFERENT"])
ONWARDS = _any(TABLE["ONWARDS"])
OTHER_OF = _any(TABLE["OTHER_OF"])
NEITHER, ALL_LIKE = _any(TABLE["NEITHER"]), _any(TABLE["ALL_LIKE"])
OF_THOSE, WHAT_MOST, EVERY = (_any(TABLE[n]) for n in ("OF_THOSE", "WHAT_MOST", "EVERY"))
ONE, WHOLE, OF_LIST, WHICH_ONE = (_any(TABLE[n]) for n in ("ONE", "WHOLE", "OF_LIST", "WHICH_ONE"))
A_THING = _any(TABLE["A_THING"])
PLAYED_BY = _any(TABLE["PLAYED_BY"])
"""Who plays what another composed."""
ALL_SUCH, ANY_SUCH, TWICE, WHO_IN = (_any(TABLE[n]) for n in ("ALL_SUCH", "ANY_SUCH", "TWICE", "WHO_IN"))
EDIT_ALPHABET, EDIT_APART, EDIT_FILL = (_any(TABLE[f"EDIT_{n}"]) for n in ("ALPHABET", "APART", "FILL"))
EDIT_BE, EDIT_MORE_IN, EDIT_VERB = (_any(TABLE[f"EDIT_{n}"]) for n in ("BE", "MORE_IN", "VERB"))
EDIT_MORE_AT = [re.compile(p) for p in TABLE["EDIT_MORE_AT"]]
INSTEAD, WHOM, IF_NOT = (_any(TABLE[n]) for n in ("INSTEAD", "WHOM", "IF_NOT"))
COUNT_WORDS, PLACES = (
    {word: int(number) for number, words in TABLE[n].items() for word in words.split()}
    for n in ("NUMBERS", "PLACES")
)
"""Word -> its number, and the place in a list that it says."""


def comparisons(line: str) -> list[Dimension]:
    """The dimensions in which a folded text asks for something else; "not slower" asks for faster."""
    found = [(name, match) for name, pattern in COMPARE.items() if (match := pattern.search(line))]
    told = [OPPOSITE.get(n, n) if _negated(line, m) else n for n, m in found]
    return [cast(Dimension, name) for name in told]


def _negated(line: str, match: re.Match[str]) -> bool:
    """Whether a comparison is what is not wanted: "nothing louder", "no older than that"."""
    if match[0].split()[0] in ("not", "nothing", "no", "less", "too"):  # "Nothing too slow" asks for faster.
        return False
    than = re.match(r" than (?:that|this|it)\b", line[match.end() :]) is not None
    nots = "not|nothing|never|no" if than else "not|nothing|never"
    return re.search(rf"\b(?:{nots})(?: any| even| much)?(?: more)? $", line[: match.start()]) is not None


NO_MATTER = re.compile(
    r"\b(?:never ?mind|dont care|do not care|doesnt matter|does not matter|no matter|regardless of)"
    r"(?: about)? (?:who|whos|what|when|which|how)\b"
)
"""What is not asked: "never mind who sings"."""
OPPOSITE = dict(TABLE["OPPOSITE"])
"""What is asked for by "not" before a dimension."""


def most(line: str) -> list[Dimension]:
    """The dimensions in which a folded text asks for the utmost: "the fastest"."""
    found = [name for name, pattern in MOST.items() if pattern.search(line)]
    # "From the oldest to the newest" is an order.
    return [cast(Dimension, name) for name in found if OPPOSITE.get(name) not in found]


def order(line: str) -> Dimension | Literal[""]:
    """What stands first in a list that is put in an order: "five soul songs, newest to oldest"."""
    found = [(m.start(), name) for name, p in SORTED.items() if (m := p.search(line))]
    return cast(Dimension, min(found)[1]) if found and IN_ORDER.search(line) else ""


def number(word: str) -> int:
    """The number that a word says."""
    return int(word) if word.isdigit() else COUNT_WORDS[word.removeprefix("a ")]


def question(line: str) -> str:
    """What a folded text asks about a track, "" where it asks nothing."""
    if NO_MATTER.search(line):
        return ""
    of_it = ONE_OF.sub("it", line)
    return next((n for said in (line, of_it) for n, pattern in QUESTIONS.items() if pattern.search(said)), "")
