"""The words of simulated dialogues: what listeners ask and how the assistant answers.

Sentences grow from the templates of `phrases.toml`: a name in braces is a fact of the track or a choice among
the phrases of that name.
"""

import re
from collections.abc import Sequence
from typing import Literal, get_args

from segue.dialogues.facts import WORDS, Dice, Facts, Tag, decades_of, draw_tags, noun_phrase, spoken
from segue.dialogues.references import FEELING_OF, comparisons, other_artists, refusable, without

Kind = Literal[
    "title", "title_artist", "artist", "artists", "plan", "tags", "wish", "without", "time", "album",
    "similar", "like_artist", "another", "someone_else", "no_artist", "comparison", "reaction", "direction",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
TITLE, ARTIST = "<|title|>", "<|artist|>"
LOWERCASE, UNPUNCTUATED, TYPO, QUOTED, REACTION_FIRST = 0.3, 0.25, 0.04, 0.15, 0.3


PHRASES: dict[str, list[str]] = WORDS["phrases"]
OCCASIONS: dict[str, list[str]] = WORDS["occasions"]
DOING: dict[str, list[str]] = WORDS["doing"]
COMPARATIVES: dict[str, str] = WORDS["tags"]["comparatives"]
QUESTION = re.compile(
    r"(can|could|do|does|have|is|got|how|what|which|who|any|if) |.*(, (got|any|what)|\bwhat else)\b",
    re.IGNORECASE,
)
"""How a question begins, and how a clause behind a comma makes one."""


class _Slots(dict[str, str]):
    """The facts of one sentence; a name that is no fact is filled with a phrase of that name."""

    def __init__(self, dice: Dice, facts: dict[str, str]) -> None:
        super().__init__(facts)
        self.dice = dice

    def __missing__(self, key: str) -> str:
        return self.dice.pick(PHRASES[key]).format_map(self)


def say(key: str, dice: Dice, **facts: str) -> str:
    """A sentence grown from the phrases of `key`, without capital and full stop."""
    text = dice.pick(PHRASES[key]).format_map(_Slots(dice, facts))
    return " ".join(text.split())


def request(
    kind: Kind,
    target: Facts,
    previous: Facts | None,
    dice: Dice,
    *,
    avoid: frozenset[str] = frozenset(),
    others: Sequence[Facts] = (),
) -> str:
    """What a listener says to ask for the target, without the finish of `as_typed`.

    Args:
        kind: the kind of request; the caller makes sure that the facts it needs are known.
        target: the track that is asked for; every fact wished for is its own.
        previous: the track played before; "more like ...", comparisons and refusals speak of it.
        avoid: tags not to mention where the target has others.
        others: tracks of the same playlist, whose artists may be named beside the target's or as a likeness.
    """
    if kind == "reaction":
        return say("reaction", dice)
    if kind in ("title", "title_artist"):
        return say("song", dice, name=_song(target, dice, with_artist=kind == "title_artist"))
    if kind == "artist":
        return say("artist", dice, artist=target.artist)
    if kind == "album":
        return say("album", dice, album=target.album or "", artist=target.artist)
    if kind == "time":
        decade, time = decades_of(target, dice)
        tags = [t for t in draw_tags(target, dice, 1) if t.kind != "decade"] if target.urn else []
        np = noun_phrase(tags, dice, one=False, when=time)
        return say("time", dice, decade=decade, time=time, np=np)
    if kind == "similar":
        return _similar(target, previous, dice)
    if kind in ("artists", "like_artist", "another", "someone_else", "no_artist", "comparison"):
        return _referring(kind, target, previous, dice, others)
    if kind == "plan" and target.artist and (not target.urn or dice.chance(0.4)):
        return say("plan", dice, np=f"some {target.artist}", occasion=dice.pick(OCCASIONS["any"]))
    tags = draw_tags(target, dice, dice.pick((1, 1, 1, 2, 2, 3)), avoid)
    np = noun_phrase(tags, dice, one=False)
    if kind == "without":
        refused = dice.pick(refusable(target, [*([previous] if previous else []), *others]))
        return say("without", dice, np=np, no=without(refused, dice))
    if kind in ("wish", "plan"):
        feeling = _feeling(tags, dice)
        occasion, doing = dice.pick(OCCASIONS[feeling]), dice.pick(DOING[feeling])
        return say(kind, dice, np=np, occasion=occasion, doing=doing)
    return say(kind, dice, np=np)


def rejection(negative: Facts, target: Facts, dice: Dice) -> str:
    """How a listener turns a track down, by a mood of it that the target has not, where there is one."""
    moods = [t.words for t in negative.tags if t.kind == "mood" and t.name not in target.names]
    if moods and dice.chance(0.5):
        return say("no_because", dice, mood=dice.pick(moods))
    return say("no", dice)


def answer(track: Facts, opening: Literal["yes", "glad", "same", "sorry"], dice: Dice) -> str:
    """The assistant's sentence about the track just played; names it by the markers alone."""
    style = dice.random()
    if style < 0.06:
        core = say("plain", dice)
    elif style < 0.5 and track.urn:
        tags = draw_tags(track, dice, dice.pick((1, 1, 2)))
        np = noun_phrase(tags, dice, one=True)
        core = say("describe", dice, np=np, T=TITLE, A=ARTIST)
    elif style < 0.6 and track.year is not None:
        decade, _ = decades_of(track, dice)
        core = say("describe", dice, np=noun_phrase((), dice, one=True, when=decade), T=TITLE, A=ARTIST)
    else:
        core = say("answer", dice, T=TITLE, A=ARTIST)
    parts = [core if core[-1] in "?!" else core + "."]
    if dice.chance(0.75 if opening == "sorry" else 0.4):
        parts.insert(0, say(opening, dice))
    elif dice.chance(0.25) and not core.endswith("?"):
        parts.append(say("close", dice))
    return " ".join(capital(p) for p in parts)


def as_typed(sentences: list[str], facts: tuple[Facts, ...], dice: Dice) -> str:
    """The sentences as a listener types them: capitals and stops, or not; now and then a slip of a key.

    Args:
        facts: the tracks spoken of; their words are never misspelt.
    """
    text = " ".join(_stopped(capital(s), dice) for s in sentences)
    if dice.chance(UNPUNCTUATED):
        text = text.rstrip(".!?")
    if dice.chance(TYPO):
        text = _slip(text, facts, dice)
    return text.lower() if dice.chance(LOWERCASE) else text


def capital(sentence: str) -> str:
    """The sentence with its first letter large."""
    return sentence[:1].upper() + sentence[1:]


def _song(track: Facts, dice: Dice, *, with_artist: bool) -> str:
    """The song by its title, quoted now and then, and its artist where wanted."""
    title = spoken(track.title) if dice.chance(0.7) else track.title
    if dice.chance(QUOTED):
        title = f'"{title}"'
    if with_artist:
        forms = (
            "{t} by {a}",
            "{t} by {a}",
            "{t} by {a}",
            "the {a} song {t}",
            "{t}, the one by {a}",
            "{t} from {a}",
        )
        return dice.pick(forms).format(t=title, a=track.artist)
    return dice.pick(("{t}", "{t}", "{t}", "the song {t}", "that song {t}")).format(t=title)


def _similar(target: Facts, previous: Facts | None, dice: Dice) -> str:
    """A wish for more like the previous track, now and then with a mood that only the target has."""
    name = spoken(previous.title) if previous else "this one"
    if previous and dice.chance(0.3):
        name = dice.pick((f"{name} by {previous.artist}", previous.artist, "that one"))
    known = previous.names if previous else frozenset[str]()
    moods = [t.words for t in target.tags if t.kind == "mood" and t.name not in known]
    if moods and dice.chance(0.2):
        mood = dice.pick(moods)
        return say("similar_but", dice, previous=name, mood=COMPARATIVES.get(mood, f"more {mood}"))
    return say("similar", dice, previous=name)


def _referring(kind: Kind, target: Facts, previous: Facts | None, dice: Dice, others: Sequence[Facts]) -> str:
    """A request that speaks of other tracks or artists too."""
    if kind == "comparison":
        return say("comparison", dice, than=say(dice.pick(comparisons(target, previous)), dice))
    tags = draw_tags(target, dice, 1) if dice.chance(0.4) else []
    some = noun_phrase(tags, dice, one=False) if tags else dice.pick(PHRASES["some"])
    if kind in ("another", "someone_else"):
        return say(kind, dice, np=some)
    if kind == "no_artist":
        return say("no_artist", dice, np=some, artist=previous.artist if previous else "")
    other = dice.pick(other_artists(target, others))
    if kind == "like_artist":
        return say("like_artist", dice, np=some, artist=other)
    pair = (target.artist, other) if dice.chance(0.6) else (other, target.artist)
    return say("artists", dice, artist=pair[0], other=pair[1])


def _feeling(tags: list[Tag], dice: Dice) -> str:
    """The kind of occasion that the tags suit; any occasion now and then."""
    feelings = [FEELING_OF[t.words] for t in tags if t.words in FEELING_OF]
    return feelings[0] if feelings and dice.chance(0.8) else "any"


def _stopped(sentence: str, dice: Dice) -> str:
    """The sentence with a stop behind it: a question mark behind a question."""
    if sentence[-1] in ".!?":
        return sentence
    head, _, clause = sentence.rpartition("? ")
    if QUESTION.match(clause):
        return sentence + "?"
    sentence = f"{head}? {capital(clause)}" if head else sentence
    return sentence + dice.pick((".", ".", ".", ".", "!"))


def _slip(text: str, facts: tuple[Facts, ...], dice: Dice) -> str:
    """The text with two letters swapped, or one missing, in one longer word that is no fact."""
    named = " ".join(f"{f.title} {f.artist} {f.album} {' '.join(f.names)}" for f in facts).casefold()
    words = text.split(" ")
    place = int(dice.random() * len(words))
    word = words[place]
    if len(word) < 5 or not word.isalpha() or word.casefold() in named:
        return text
    at = 1 + int(dice.random() * (len(word) - 3))
    middle = word[at + 1] + word[at] if dice.chance(0.6) else word[at]
    words[place] = word[:at] + middle + word[at + 2 :]
    return " ".join(words)
