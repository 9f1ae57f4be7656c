"""What a request may say beside the facts of its own track: comparisons, refusals, other artists.

All of it is true: a comparison holds between the two tracks, a refused tag is not the target's, an artist who
is named as a likeness stands in the same playlist.
"""

from collections.abc import Sequence

from segue.dialogues.facts import WORDS, Dice, Facts, Tag

TEMPO = {"slow": 0, "slow tempo": 0, "mid-tempo": 1, "medium tempo": 1, "fast": 2, "fast tempo": 2}
FEELING_OF = {word: feeling for feeling, words in WORDS["feelings"].items() for word in words}
YEARS_APART = 5
"""Years that two tracks must lie apart for one to be called older."""


def comparisons(target: Facts, previous: Facts | None) -> list[str]:
    """How the target differs from the track before: names of lists of `phrases.toml`."""
    if previous is None:
        return []
    found = []
    if target.year and previous.year and abs(target.year - previous.year) >= YEARS_APART:
        found.append("older" if target.year < previous.year else "newer")
    mine, theirs = _tempo(target), _tempo(previous)
    if mine is not None and theirs is not None and mine != theirs:
        found.append("slower" if mine < theirs else "faster")
    mine_feels, theirs_feel = _feelings(target), _feelings(previous)
    if mine_feels == {"calm"} and theirs_feel == {"lively"}:
        found.append("calmer")
    if mine_feels == {"lively"} and theirs_feel and "lively" not in theirs_feel:
        found.append("livelier")
    if "sad" in mine_feels and "lively" not in mine_feels and theirs_feel and "sad" not in theirs_feel:
        found.append("sadder")
    return found


def refusable(target: Facts, others: Sequence[Facts]) -> list[Tag]:
    """Tags of other tracks that the target has not, nor any that is part of one of its own."""
    own = {t.words.casefold() for t in target.tags} | {n.casefold() for n in target.names}
    if not own:
        return []  # nothing is known of it, so nothing can be said not to be
    found = dict.fromkeys(t for other in others for t in other.tags if t.kind in ("genre", "mood", "with"))
    return [t for t in found if not any(t.words.casefold() in o or o in t.words.casefold() for o in own)]


def other_artists(target: Facts, others: Sequence[Facts]) -> list[str]:
    """Artists of other tracks, each once, without the target's and those who sing with them."""
    own = target.artist.casefold()
    names = dict.fromkeys(o.artist for o in others if o.artist)
    return [n for n in names if own and n.casefold() not in own and own not in n.casefold()]


def without(tag: Tag, dice: Dice) -> str:
    """A refusal of one tag: "no disco", "nothing sad", "without drums"."""
    if tag.kind == "mood":
        return dice.pick(("nothing {}", "not too {}", "nothing {}")).format(tag.words)
    if tag.kind == "with":
        return dice.pick(("without {}", "no {}")).format(tag.words)
    return dice.pick(("no {}", "no {}", "not {}", "anything but {}")).format(tag.words)


def _tempo(track: Facts) -> int | None:
    """0 slow, 1 medium, 2 fast; None where it is not told, or told in two ways."""
    found = {TEMPO[t.words.casefold()] for t in track.tags if t.words.casefold() in TEMPO}
    return found.pop() if len(found) == 1 else None


def _feelings(track: Facts) -> set[str]:
    return {FEELING_OF[t.words] for t in track.tags if t.words in FEELING_OF}
