"""What dialogues are like: length, words, modalities, repetition, titles given away; and a page to read."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from segue.data.catalogue import Catalogue, Dialogue
from segue.dialogues.facts import Dice, spoken
from segue.dialogues.summary import as_text
from segue.kit.tables import markdown
from segue.kit.words import distinct2, words

SOUND_WORDS = """tempo slow slower fast faster upbeat beat beats bpm rhythm rhythmic groove bass drum drums
guitar guitars piano strings violin sax saxophone trumpet horns brass synth synths organ flute voice vocal
vocals vocalist singer sung instrumental acoustic electric loud quiet soft heavy key chords riff solo melody
harmonies sound sounds sounding production"""
SOUND = frozenset(SOUND_WORDS.split())
LYRICS_WORDS = "lyric lyrics words story stories verse chorus sings sang theme lines refrain poetry"
LYRICS = frozenset(LYRICS_WORDS.split())
SAMPLES = 20
LEAKY = 1 / 3
"""Share of its requests from which on a dialogue that names what comes next is counted as one that leaks."""


class Exchange(NamedTuple):
    """A request, the track after it, the sentence with its names filled in."""

    user: str
    track: dict[str, Any]
    liked: bool | None
    assistant: str


def exchanges(dialogue: Dialogue, rows: dict[str, dict[str, Any]]) -> Iterator[Exchange]:
    """The exchanges of a dialogue, in order."""
    user, track, liked = "", None, None
    for turn in dialogue.turns:
        if turn.role == "user":
            user = turn.content
        elif turn.role == "music":
            track, liked = rows.get(turn.content), turn.liked
        elif track is not None:
            title, artist = str(track["title"] or ""), str(track["artist"] or "")
            said = turn.content.replace("<|title|>", title).replace("<|artist|>", artist)
            yield Exchange(user, track, liked, said)


def quality(dialogues: Sequence[Dialogue], catalogue: Catalogue) -> list[str]:
    """The report as lines of Markdown."""
    if not dialogues:
        return ["## Quality", "", "No dialogue.", ""]
    rows = {r["track_id"]: r for r in catalogue.tracks.iter_rows(named=True)}
    each = [list(exchanges(d, rows)) for d in dialogues]
    every = [e for exchange in each for e in exchange]
    n, total = len(dialogues), max(1, len(every))
    said, replied = [e.user for e in every], [e.assistant for e in every]
    accepted, rejected = sum(e.liked is not False for e in every), sum(e.liked is False for e in every)
    same = Counter(tuple(t.content for t in d.turns if t.role == "user") for d in dialogues)
    leaks = [[_names(e.user, e.track) for e in exchange] for exchange in each]
    first, later = [x[0] for x in leaks if x], [y for x in leaks for y in x[1:]]
    leaky = sum(sum(map(any, x)) > LEAKY * len(x) and len(x) > 1 for x in leaks)
    told = [
        ["measure", "value"],
        ["dialogues", f"{n:,}"],
        ["accepted tracks a dialogue", f"{accepted / n:.2f}"],
        ["rejected tracks a dialogue", f"{rejected / n:.2f}"],
        ["different tracks", f"{len({e.track['track_id'] for e in every}):,}"],
        *_vocabulary("the listener", said),
        *_vocabulary("the assistant", replied),
        ["requests word for word as another", f"{_repeated(said):.1%}"],
        [
            "dialogues word for word as another (listener)",
            f"{sum(c for c in same.values() if c > 1) / n:.1%}",
        ],
        ["first request names the title / the artist that comes", _named(first)],
        ["later request names the title / the artist that comes", _named(later)],
        [f"dialogues that give away more than {LEAKY:.0%} of their tracks", f"{leaky / n:.1%}"],
        [
            "sentences that name their track",
            f"{sum(any(_names(e.assistant, e.track)) for e in every) / total:.1%}",
        ],
        ["sentences that name another track of the dialogue", f"{sum(map(_others, each)) / total:.1%}"],
        *[[f"dialogues that speak of {k}", f"{v:.1%}"] for k, v in _coverage(each).items()],
    ]
    return ["## Quality", "", *markdown(told)]


def _vocabulary(who: str, texts: Sequence[str]) -> list[list[str]]:
    """Words a turn, different words, and the share of different pairs of words (distinct-2)."""
    found = [words(t) for t in texts]
    total = sum(map(len, found))
    different = len({w for t in found for w in t})
    value = f"{total / max(1, len(texts)):.1f}, {different:,}, {distinct2(texts):.2f}"
    return [[f"words a turn of {who}, different words, distinct-2", value]]


def _repeated(texts: Sequence[str]) -> float:
    counts = Counter(" ".join(words(t)) for t in texts)
    return sum(c for c in counts.values() if c > 1) / max(1, len(texts))


def _names(text: str, track: dict[str, Any]) -> tuple[bool, bool]:
    """Whether a text says the track's title, and its artist."""
    plain = f" {' '.join(words(text))} "
    title, artist = (" ".join(words(str(track[c] or ""))) for c in ("title", "artist"))
    short = " ".join(words(spoken(str(track["title"] or ""))))
    has = [bool(name) and len(name) > 2 and f" {name} " in plain for name in (title, short, artist)]
    return has[0] or has[1], has[2]


def _named(leaks: Sequence[tuple[bool, bool]]) -> str:
    n = max(1, len(leaks))
    return f"{sum(t for t, _ in leaks) / n:.1%} / {sum(a for _, a in leaks) / n:.1%}"


def _others(exchange: Sequence[Exchange]) -> int:
    """Sentences of a dialogue that say the title of another of its tracks."""
    count = 0
    for e in exchange:
        own = " ".join(words(str(e.track["title"])))
        others = [o.track for o in exchange if o.track is not e.track]
        count += any(
            _names(e.assistant, o)[0] and " ".join(words(str(o["title"]))) not in own for o in others
        )
    return count


def _coverage(each: Sequence[Sequence[Exchange]]) -> dict[str, float]:
    """Share of the dialogues in which the listener or the assistant speaks of each modality."""
    counts: Counter[str] = Counter()
    for exchange in each:
        text = [w for e in exchange for w in (*words(e.user), *words(e.assistant))]
        plain, found = f" {' '.join(text)} ", set(text)
        tags = {" ".join(words(t)) for e in exchange for t in e.track.get("tags") or ()}
        counts["sound"] += bool(found & SOUND)
        counts["the words sung"] += bool(found & LYRICS)
        counts["tags of its tracks"] += any(f" {t} " in plain for t in tags if t)
        by_name = any(any(_names(e.user, e.track)) for e in exchange)
        counts["artist, title, album or time"] += by_name or bool(
            re.search(
                r" (album|record|released|\d0s|(19|20)\d\d|decade|sixties|seventies|eighties|nineties) ",
                plain,
            )
        )
    return {k: v / max(1, len(each)) for k, v in counts.items()}


def samples(dialogues: Sequence[Dialogue], catalogue: Catalogue, seed: int) -> str:
    """A page with some of the dialogues, drawn, to be read by a person."""
    table = catalogue.tracks.select("track_id", "title", "artist").iter_rows()
    names = {i: f"{title} by {artist}" for i, title, artist in table}
    drawn = sorted(dialogues, key=lambda d: Dice(seed, d.dialogue_id).random())[:SAMPLES]
    lines = ["# Dialogues to read", "", f"{len(drawn)} of {len(dialogues):,}, drawn.", ""]
    return "\n".join([*lines, *(line for d in drawn for line in as_text(d, names))])
