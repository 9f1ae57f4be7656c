"""Questions about what plays, answered from the catalogue; nothing new plays."""

import re
from dataclasses import replace

from segue.serving.about_track import about
from segue.serving.inventory import SHOWN, artists, heard, lasting, library, most_of, placed, previous, title
from segue.serving.wording import all_missing, capital, listed, one_stop, shared
from segue.understanding.index import Index
from segue.understanding.state import DialogueState
from segue.understanding.untold import NOT_KNOWN
from segue.understanding.work_parts import parts_of

ABOUT = (
    "I play what is in this library. Say what you would like to hear: an artist, a title, a genre, a mood, "
    "a time, an occasion; what you do not want; or “like this, but slower”, “five songs for a run”, "
    "“who is this?”."
)
KEPT = "I cannot keep that for you here; playlists are kept on the page that `segue serve` opens."
_SO_FAR = re.compile(r"\b(?:so far|(?:what|which|who|how many).*\b(?:have|ve) (?:i|we|you)|all)\b")


def reply(index: Index, state: DialogueState, played: list[str]) -> str:
    """The answer to a question, in one sentence."""
    return one_stop(_reply(index, state, played))


def _reply(index: Index, state: DialogueState, played: list[str]) -> str:
    if state.asked == "here":
        told = all_missing(state.unknown)
        more = [] if set(state.unknown) <= set(NOT_KNOWN) else ["Say what you would like to hear instead."]
        return " ".join([*told, *more])
    if state.asked == "how many" and state.unknown and not state.topic:
        return " ".join(all_missing(state.unknown))
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
    if state.asked == "artists":
        return artists(index)
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
    if state.asked in ("such", "how many such", "all such") and _untold(index, state):
        return "Which of them are, is not known here."
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
        whom = state.topic[0].words if len(state.topic) == 1 else state.said
        whole = f"No {whom} in it" if 0 < len(whom.split()) < 5 else "None of them"
        return f"{'; '.join(title(r) for r in rows)}." if rows else f"{whole}, as far as is known here."
    if not state.about:
        return "Nothing has played yet."
    if state.asked == "list":
        return _list(index, state.about)
    if state.asked == "total length":
        return lasting(index, state.about)
    if state.asked == "place":
        return placed(index, state.about, state.listed)
    if state.asked == "average year":
        return _average(index, state.about)
    row = index.catalogue.rows[state.about[0]]
    facts = index.catalogue.tracks.row(row, named=True)
    name = f"“{facts['title'] or facts['track_id']}”"
    by = f" by {facts['artist']}" if facts["artist"] else ""
    return about(index, state, row, facts, name, by)


def _untold(index: Index, state: DialogueState) -> bool:
    """Whether nothing here tells what is asked of a list: no track at all is marked as sung by women."""
    return any(w.kind == "voice" and not index.meets(w).any() for w in state.topic)


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
        parts = parts_of(index.catalogue)
        heads = [(r, parts.work_of(int(f))) for f, r in zip(found, rows, strict=True) if parts.opening[f]]
        heads = heads or [(r, str(r["title"])) for r in rows]
        names = [f"“{work}”" if one else title(r | {"title": work}) for r, work in heads]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    of = _of(state)
    kinds = of.startswith(" from ") and not of[6].isdigit()
    led = f"{capital(of[6:])} here" if kinds else f"What is here{of}"
    return f"{led}: {'; '.join(names[:SHOWN])}{more}."


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
        if wish.kind == "track" and wish.words.endswith("s"):
            parts.append(f" from {wish.words}")  # Symphonies, of several tracks each.
        elif wish.kind in ("title", "track"):
            parts.append(f" called “{wish.words}”")
        elif wish.kind == "album":
            parts.append(f" on “{wish.words}”")
        elif wish.kind not in ("genre", "mood", "tempo", "instrument", "voice"):
            parts.append(f" {shared(wish)}")
    return "".join(parts)
