"""What is asked about one track, answered from the catalogue."""

import re
from dataclasses import replace
from typing import Any

from segue.serving.inventory import title
from segue.serving.phrases import LANGUAGES
from segue.serving.wording import listed
from segue.understanding.composers import composer_of
from segue.understanding.index import Index
from segue.understanding.lengths import clock
from segue.understanding.scales import SIGN
from segue.understanding.state import DialogueState
from segue.understanding.text import key
from segue.understanding.vocabulary import UNSUNG, in_words, is_opinion, kind_of

TOLD = 6
"""Tags of a track that are told at most."""
_WROTE = re.compile(r"\b(?:wrote|written|write|compos\w+|writer|by whom)\b")
_KEY = re.compile(r"(?<![\w-])[A-Ha-h](?:[ -](?:sharp|flat|SHARP|FLAT))?[ -](?:minor|major|MINOR|MAJOR)\b")
_WHEN = re.compile(r"\b(?:and|or) (?:from )?(?:when|what year|which year|the year)\b")
_SINGS = re.compile(r"\b(?:sing|sings|singing|sang|singer|vocalist|voice)\b")
_TELL = re.compile(r"\b(?:tell me|details|info(?:s|rmation)?|background)\b")


def about(index: Index, state: DialogueState, row: int, facts: dict[str, Any], name: str, by: str) -> str:
    """The answer to what is asked about the track of a row."""
    asked = state.asked
    if asked == "who" and _SINGS.search(state.said) and index.having(UNSUNG)[row] and not index.sung[row]:
        return f"No voice is marked in {name}; it is{by or ' by nobody known here'}."
    if asked in ("who", "title"):
        when = f", from {facts['year']}" if facts["year"] and _WHEN.search(state.said) else ""
        most = [c.dimension for c in state.comparisons if c.dimension in ("shorter", "longer")]
        when += f": {_measured(most[0], facts, 'it')}" if most else ""
        return (
            f"That is {name}{by}{when}." if by else f"That is {name}{when}; who plays it is not known here."
        )
    if asked == "writer":
        return _made(state.said, facts, name, composer_of(index.catalogue, row))
    if asked == "year":
        told = [first for first, rows in index.decades.items() if rows[row]]
        tagged = f"; its tags say {listed([f'the {first}s' for first in told])}" if told else ""
        year = facts["year"]
        if _WROTE.search(state.said) and composer_of(index.catalogue, row):
            made = f"; this recording is from {year}" if year else ""
            return f"When {name} was composed is not known here{made}."
        return f"{name}{by} is from {year}." if year else f"The year of {name} is not known here{tagged}."
    if asked == "album":
        year = f", from {facts['year']}" if facts["year"] and " from" in state.said else ""
        album = f"on “{facts['album']}”{year}" if facts["album"] else ""
        return f"{name}{by} is {album}." if album else f"The album of {name}{by} is unknown here."
    if asked in ("language", "voice"):
        return _singing(index, asked, row, name)
    if asked == "length":
        seconds = facts.get("duration_s")
        if not seconds:
            return f"The length of {name} is not known here."
        return f"{name} lasts {clock(seconds)}."
    if asked == "whether":
        if " or " in state.said:
            return _known(facts, name, by)  # "Is it sad or happy?"
        if state.unknown and not state.topic:
            return f"That is not known here. {_known(facts, name, by)}"
        met = bool(index.allowed(replace(state, wishes=state.topic, comparisons=()))[row])
        return f"{'Yes' if met else 'Not as far as is known here'}. {_known(facts, name, by)}"
    if asked in ("compared", "which of two"):
        return _compared(index, state, row, facts, name)
    if asked == "other":
        led = "" if _TELL.search(state.said) else "That I do not know. "
        return f"{led}{_known(facts, name, by)}"
    if asked == "why":
        wishes = listed([f"“{w.words}”" if w.kind == "title" else w.words for w in state.required])
        return f"You wished for {wishes}: so {name}." if wishes else f"{name} is near to what you said."
    return _sound(asked, facts, name)


def _made(said: str, facts: dict[str, Any], name: str, wrote: str) -> str:
    """Who wrote a track, or plays what on it, as far as that is told."""
    artist = facts["artist"]
    if wrote and _WROTE.search(said):
        played = f"; {artist} {'play' if ',' in artist or ' & ' in artist else 'plays'} it here"
        return f"{wrote} wrote {name}{played if artist and key(wrote) not in key(artist) else ''}."
    if wrote and artist and key(wrote) not in key(artist):
        return f"Who plays what on {name} is not told apart here; it is played by {artist}."
    known = f"the artist is {artist}" if artist else "nor is the artist"
    return f"Who wrote, made or played what on {name} is not known here; {known}."


def _compared(index: Index, state: DialogueState, row: int, facts: dict[str, Any], name: str) -> str:
    """Whether a track is older, faster or calmer than another, and what is known of both."""
    comparison = state.comparisons[0]
    other = index.rows_of(comparison.tracks)[0]
    theirs = index.catalogue.tracks.row(other, named=True)
    values = index.scale(comparison)[[row, other]]
    if values[0] != values[0] or values[1] != values[1]:
        return f"Which of the two is {comparison.dimension} is not known here."
    more = SIGN[comparison.dimension] * float(values[0] - values[1])
    said = "No" if more <= 0 else "Yes"
    if state.asked == "which of two":
        said = f"It is {'neither' if not more else name if more > 0 else title(theirs)}"
    told = [
        _measured(comparison.dimension, f, n) for f, n in ((facts, name), (theirs, f"“{theirs['title']}”"))
    ]
    if "" in told:
        return f"{said}, by what is known here of {name} and “{theirs['title']}”."
    return f"{said}: {told[0]}, {told[1]}."


def _measured(dimension: str, facts: dict[str, Any], name: str) -> str:
    """By what a track is compared, in words; "" where that is no single fact."""
    if dimension in ("older", "newer"):
        return f"{name} is from {facts['year']}" if facts["year"] else ""  # Tags may tell a decade.
    if dimension in ("shorter", "longer"):
        return f"{name} lasts {clock(facts['duration_s'])}"
    tempo = [str(t) for t in facts.get("tags") or () if kind_of(str(t)) == "tempo"]
    if dimension in ("slower", "faster") and tempo and not facts.get("bpm"):
        return f"{name} has a {tempo[0]}"
    return f"{name} has about {facts['bpm']:.0f} beats a minute" if facts.get("bpm") and tempo else ""


def _singing(index: Index, asked: str, row: int, name: str) -> str:
    """Whether anybody sings in a track, or in what language."""
    sung, wordless = index.sung[row], index.having(UNSUNG)[row]
    if asked == "voice":
        if not index.told[row]:
            return f"Whether anybody sings in {name} is not known here."
        unsung = f"No, {name} has no vocals." if wordless else f"No voice is marked in {name}."
        return f"Yes, {name} has a voice." if sung else unsung
    if code := index.language[row]:
        return f"{name} is sung in {LANGUAGES.get(code, code)}."
    return f"{name} has no words." if wordless and not sung else f"The language of {name} is not known here."


def _sound(asked: str, facts: dict[str, Any], name: str) -> str:
    """What a track's tags say of its instruments, genre, mood or tempo."""
    if asked == "key":
        found = [str(t) for t in facts.get("tags") or () if str(t).endswith((" major", " minor"))]
        found += [k[0].upper() + k[1:].casefold() for k in _KEY.findall(facts["title"] or "")]
        told = facts.get("key") or next(iter(found), None)
        return f"{name} is in {told}." if told else f"The key of {name} is not known here."
    kinds = ("instrument", "voice") if asked == "instruments" else (asked,)
    found = [in_words(str(t)) for t in facts.get("tags") or () if kind_of(str(t)) in kinds]
    if asked == "tempo" and (bpm := facts.get("bpm")):
        found.append(f"about {bpm:.0f} beats a minute")
    if not found:
        return f"The {asked} of {name} {'are' if asked == 'instruments' else 'is'} not known here."
    said = ", ".join(found[:TOLD])
    return {
        "instruments": f"{name} is tagged with {said}.",
        "genre": f"{name} is tagged {said}.",
        "mood": f"The mood of {name}: {said}.",
        "tempo": f"{name}: {said}.",
    }[asked]


def _known(facts: dict[str, Any], name: str, by: str) -> str:
    """All that the catalogue says of a track, in a sentence."""
    told = [f"from {facts['year']}"] if facts["year"] else []
    told += [f"on “{facts['album']}”"] if facts["album"] else []
    tags = [in_words(str(t)) for t in facts.get("tags") or () if not is_opinion(str(t))]
    told += [f"tagged {', '.join(tags[:TOLD])}"] if tags else []
    return f"What the catalogue says of {name}{by}: {'; '.join(told)}." if told else f"This is {name}{by}."
