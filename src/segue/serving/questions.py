"""Questions about what plays, answered from the catalogue; nothing new plays."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

from segue.serving.inventory import SHOWN, heard, library, most_of, placed, previous, title
from segue.serving.phrases import LANGUAGES, SOCIAL
from segue.serving.wording import capital, listed, missing, one_stop, shared
from segue.understanding import acts, small_talk
from segue.understanding.index import Index
from segue.understanding.lengths import clock
from segue.understanding.rewording import reworded
from segue.understanding.scales import SIGN
from segue.understanding.state import DialogueState
from segue.understanding.text import other_script, tokens
from segue.understanding.vocabulary import UNSUNG, kind_of
from segue.understanding.wishes import NOT_KNOWN

GREETING = "Hello! What would you like to hear?"
THANKS = "You are welcome. Say what you would like to hear next."
BYE = "Goodbye!"
HELP = "Say what you would like to hear: an artist, a title, a mood, a time, an occasion."
ABOUT = (
    "I play what is in this library. Say what you would like to hear: an artist, a title, a genre, a mood, "
    "a time, an occasion; what you do not want; or “like this, but slower”, “five songs for a run”, "
    "“who is this?”."
)
KEPT = "I cannot keep that for you here; playlists are kept on the page that `segue serve` opens."
PRAISED = "Glad you like it. Say “more” for another one."
ASSENTED = "All right. Say “more” when you want another one."
_WHEN = re.compile(r"\b(?:and|or) (?:from )?(?:when|what year|which year|the year)\b")
_SO_FAR = re.compile(r"\b(?:so far|(?:what|which|who|how many).*\b(?:have|ve) (?:i|we|you)|all)\b")
_TELL = re.compile(r"\b(?:tell me|details|info(?:s|rmation)?|background)\b")


def reply(index: Index, state: DialogueState, played: list[str]) -> str:
    """The answer to a question, in one sentence."""
    return one_stop(_reply(index, state, played))


def _reply(index: Index, state: DialogueState, played: list[str]) -> str:
    if state.asked == "here":
        told = [*map(missing, state.unknown)]
        more = [] if set(state.unknown) <= set(NOT_KNOWN) else ["Say what you would like to hear instead."]
        return " ".join([*told, *more])
    if state.asked == "how many" and state.unknown and not state.topic:
        return " ".join(map(missing, state.unknown))
    if state.asked == "how many each" and len(state.topic) > 1:
        return f"Here are {listed([_number(index, replace(state, topic=(w,))) for w in state.topic])}."
    if state.asked in ("how many", "how many each"):
        here = index.allowed(replace(state, wishes=state.topic, comparisons=()))
        heard_of = [r for r in index.rows_of(played) if here[r]]
        left = bool({"more", "others"} & {*state.said.split()} and state.topic and heard_of)
        here[heard_of if left else []] = False
        found, track = int(here.sum()), "more track" if left else "track"
        number = "no" if left and not found else f"{found:,}"
        many = f"is 1 {track}" if found == 1 else f"are {number} {track}s"
        return f"There {many} here{_of(state)}."
    if state.asked in ("help", "keep"):
        return ABOUT if state.asked == "help" else KEPT
    if state.asked == "most of":
        return most_of(index)
    if state.asked == "library":
        return library(index)
    if state.asked == "wishes":
        return _wished(state)
    if state.asked == "previous":
        return heard(index, played) if _SO_FAR.search(state.said) else previous(index, played)
    if state.asked == "works":
        return _works(index, state)
    if state.asked == "how many such":
        such = [title(index.catalogue.tracks.row(r, named=True)) for r in index.rows_of(state.about)]
        names = f": {'; '.join(such)}" if such else ""
        return f"{len(such) or 'None'} of the {len(state.listed)}, as far as is known here{names}."
    if state.asked == "all such":
        others = [t for t in state.listed if t not in state.about]
        told = [title(index.catalogue.tracks.row(r, named=True)) for r in index.rows_of(others)]
        rest = f"All but {len(told)} are, as far as is known here: not {'; '.join(told)}."
        return rest if others else f"Yes, all {len(state.listed)} of them."
    if state.asked == "such":
        rows = [index.catalogue.tracks.row(r, named=True) for r in index.rows_of(state.about)]
        return f"{'; '.join(title(r) for r in rows)}." if rows else "None of them, as far as is known here."
    if not state.about:
        return "Nothing has played yet."
    if state.asked == "list":
        return _list(index, state.about)
    if state.asked == "place":
        return placed(index, state.about, state.listed)
    if state.asked == "average year":
        return _average(index, state.about)
    row = index.catalogue.rows[state.about[0]]
    facts = index.catalogue.tracks.row(row, named=True)
    name = f"“{facts['title'] or facts['track_id']}”"
    by = f" by {facts['artist']}" if facts["artist"] else ""
    return _about(index, state, row, facts, name, by)


def _number(index: Index, state: DialogueState) -> str:
    """How many tracks there are of one thing: "5 tracks by Queen"."""
    found = int(index.allowed(replace(state, wishes=state.topic, comparisons=())).sum())
    return f"{found:,} {'track' if found == 1 else 'tracks'}{_of(state)}"


def _list(index: Index, tracks: tuple[str, ...]) -> str:
    """What stands in the last list."""
    rows = [index.catalogue.tracks.row(r, named=True) for r in index.rows_of(tracks)]
    return f"The list has {len(rows)} tracks: {'; '.join(map(title, rows))}."


def _average(index: Index, tracks: tuple[str, ...]) -> str:
    """From when the tracks of a list are, and from when on the average."""
    known = [index.catalogue.tracks["year"][r] for r in index.rows_of(tracks)]
    years = [y for y in known if y]
    if not years:
        return "The years of these are not known here."
    of = f"the {len(years)} of which the year is known" if len(years) < len(known) else f"the {len(years)}"
    return f"On average {of} are from {round(sum(years) / len(years))}: from {min(years)} to {max(years)}."


def _works(index: Index, state: DialogueState) -> str:
    """The titles of what is asked about, or the albums, as many as one can listen to."""
    found = index.allowed(replace(state, wishes=state.topic, comparisons=())).nonzero()[0]
    rows = [index.catalogue.tracks.row(int(r), named=True) for r in found]
    if any(w in state.said for w in ("album", "record", " lp")):
        names = list(dict.fromkeys(f"“{r['album']}”" for r in rows if r["album"]))
    else:
        one = len({r["artist"] for r in rows}) < 2
        names = [f"“{r['title']}”" if one else title(r) for r in rows]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"What is here{_of(state)}: {'; '.join(names[:SHOWN])}{more}."


def _about(index: Index, state: DialogueState, row: int, facts: dict[str, Any], name: str, by: str) -> str:
    asked = state.asked
    if asked in ("who", "title"):
        when = f", from {facts['year']}" if facts["year"] and _WHEN.search(state.said) else ""
        return (
            f"That is {name}{by}{when}." if by else f"That is {name}{when}; who plays it is not known here."
        )
    if asked == "writer":
        known = f"the artist is {facts['artist']}" if facts["artist"] else "nor is the artist"
        return f"Who wrote, made or played what on {name} is not known here; {known}."
    if asked == "year":
        return (
            f"{name}{by} is from {facts['year']}."
            if facts["year"]
            else f"The year of {name} is not known here."
        )
    if asked == "album":
        year = f", from {facts['year']}" if facts["year"] and " from" in state.said else ""
        album = f"on “{facts['album']}”{year}" if facts["album"] else ""
        return f"{name} is {album}." if album else f"The album of {name} is unknown here."
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
        met = bool(index.allowed(replace(state, wishes=state.topic, comparisons=()))[row])
        return f"{'Yes' if met else 'Not that is known here'}. {_known(facts, name, by)}"
    if asked in ("compared", "which of two"):
        return _compared(index, state, row, facts, name)
    if asked == "other":
        led = "" if _TELL.search(state.said) else "That I do not know. "
        return f"{led}{_known(facts, name, by)}"
    if asked == "why":
        wishes = listed([f"“{w.words}”" if w.kind == "title" else w.words for w in state.required])
        return f"You wished for {wishes}: so {name}." if wishes else f"{name} is near to what you said."
    return _sound(asked, facts, name)


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
        return f"{name} is from {facts['year']}"
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
        key = facts.get("key") or next(iter(found), None)
        return f"{name} is in {key}." if key else f"The key of {name} is not known here."
    kinds = ("instrument", "voice") if asked == "instruments" else (asked,)
    found = [str(t) for t in facts.get("tags") or () if kind_of(str(t)) in kinds]
    if asked == "tempo" and (bpm := facts.get("bpm")):
        found.append(f"about {bpm:.0f} beats a minute")
    if not found:
        return f"The {asked} of {name} {'are' if asked == 'instruments' else 'is'} not known here."
    said = ", ".join(found)
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
    told += [f"tagged {', '.join(map(str, facts['tags'][:6]))}"] if facts.get("tags") else []
    return f"What the catalogue says of {name}{by}: {'; '.join(told)}." if told else f"This is {name}{by}."


def _wished(state: DialogueState) -> str:
    """What holds of all that was said."""
    wanted = [str(w) for w in state.wishes if not w.refused]
    refused = [str(w).removeprefix("no ") for w in state.refused]
    told = [f"you wished for {listed(wanted)}"] if wanted else []
    told += [f"you ruled out {listed(refused)}"] if refused else []
    return f"{capital(' and '.join(told))}." if told else "No wish holds now."


def _of(state: DialogueState) -> str:
    """What was counted, in words: " by Queen, from the 1970s"."""
    plain = [w for w in state.topic if not w.refused]
    if len(plain) < len(state.topic) or any(w.kind in ("occasion", "country", "listening") for w in plain):
        return " of that"
    marked = [shared(w) for w in plain if w.kind in ("genre", "mood", "tempo", "occasion")]
    parts = [f" marked as {listed(marked)}"] if marked else []
    with_ = [w.words for w in plain if w.kind in ("instrument", "voice") and w.words != "instrumental"]
    parts += [f" with {listed(with_)}"] if with_ else []
    parts += [" without vocals" for w in plain if w.words == "instrumental"]
    for wish in plain:
        if wish.kind in ("title", "track"):
            parts.append(f" called “{wish.words}”")
        elif wish.kind == "album":
            parts.append(f" on “{wish.words}”")
        elif wish.kind not in ("genre", "mood", "tempo", "instrument", "voice"):
            parts.append(f" {shared(wish)}")
    return "".join(parts)


def social(words: str) -> str:
    """What is said to a greeting, thanks, praise, a goodbye, or what nobody can read."""
    said = tokens(reworded(words))
    line = " ".join(t.word for t in said)
    if acts.STILL.match(line):
        return "All right, nothing plays. Say what you would like to hear when you want music again."
    starts = [i for i, t in enumerate(said) if t.begins]
    clauses = [" ".join(t.word for t in said[a:b]) for a, b in pairwise([*starts, len(said)])]
    if acts.ELSEWHERE.search(line):
        return f"I can only play music. {HELP}"
    if acts.RUDE.match(line):
        return f"Sorry about that. {HELP}"
    told = small_talk.kinds(line)
    if "greet" not in told and any(acts.CLOSES.match(clause) for clause in clauses):
        return BYE
    replies = {"thank": THANKS, "leave": BYE, "greet": GREETING, "praise": PRAISED, "assent": ASSENTED}
    for kind, reply in replies.items():
        if kind in told or (not told and any(f" {start}" in f" {line}" for start in SOCIAL[kind])):
            return reply
    if told:
        return ASSENTED
    if said and all(other_script(t.word) for t in said):
        return f"That I cannot read. {HELP}"
    return HELP
