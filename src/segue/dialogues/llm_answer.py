"""A language model's answer as a dialogue: read, mended where no words change, else refused with a reason."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segue.data.catalogue import Dialogue, Role, Turn
from segue.data.names import folded
from segue.dialogues.llm_prompt import Task
from segue.encoders.language import language_of
from segue.kit.json_text import json_objects
from segue.kit.words import words

ROLES: dict[str, Role] = {
    **dict.fromkeys(("user", "listener", "human", "customer", "person"), "user"),
    **dict.fromkeys(("music", "track", "song", "item", "recommendation", "recommended"), "music"),
    **dict.fromkeys(("assistant", "system", "bot", "agent", "recommender", "recsys", "model"), "assistant"),
}
BROKEN_OFF = "broken off: the whole turns kept"
LONGEST = 1_000
"""Characters of a turn."""
MARKUP = re.compile(r"<\|.*?\|>|</?[a-z][^>]*>|```", re.IGNORECASE)
ALIAS = re.compile(r"(?<![\w'])[pn]\d{1,3}(?![\w'])")
LIKELY = 0.9
"""Probability from which a text's language is believed."""
LONG_ENOUGH = 60
"""Letters from which it is asked at all."""


class RefusedError(Exception):
    """An answer that is no dialogue by the rules.

    Args:
        reason: one of few, so that reasons can be counted.
        detail: what exactly, for the model that is asked again.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.reason = reason


@dataclass(frozen=True)
class Said:
    """One exchange: the listener's words, the track's short name, the assistant's sentence."""

    user: str
    track: str
    assistant: str


def read(
    text: str, task: Task, names: Mapping[str, tuple[str, str]], language: str = "en"
) -> tuple[Dialogue, Counter[str]]:
    """The dialogue of an answer, and how often what was mended.

    Args:
        names: track id -> (title, artist).
        language: code of the language it must be in; "" for any.

    Raises:
        RefusedError: it breaks a rule that cannot be mended without putting words into a mouth.
    """
    mended: Counter[str] = Counter()
    turns = _turns(_values(text, mended), task, names, mended)
    said = _kept(_exchanges(turns, mended), mended)
    said = [_without_ids(each, task, names, mended) for each in said]
    _check(said, task, language)
    found: list[Turn] = []
    for each in said:
        track_id = task.tracks[each.track]
        sentence = _marked(each.assistant, *names[track_id])
        liked = each.track.startswith("p")
        found += [Turn("user", each.user), Turn("music", track_id, liked), Turn("assistant", sentence)]
    return Dialogue(task.dialogue_id, tuple(found), task.split), mended


def _values(text: str, mended: Counter[str]) -> list[dict[str, Any]]:
    """The turns as the model wrote them."""
    if not text.strip():
        raise RefusedError("an empty answer")
    if re.match(r"\s*<(!doctype|html|head|body)", text, re.IGNORECASE):
        raise RefusedError("HTML instead of JSON")
    objects = json_objects(text)
    for value in objects:
        for inner in value.values():
            if isinstance(inner, list) and inner and all(isinstance(t, dict) for t in inner):
                return inner
    turns = [value for value in objects if "role" in value]
    if turns:
        # A bare list is what the paper's prompt asks for; without its end the answer broke off.
        if not text.rstrip("` \n").endswith(("]", "}")) or text.count("{") != text.count("}"):
            mended[BROKEN_OFF] += 1
        return turns
    raise RefusedError("broken JSON" if "{" in text or "[" in text else "no JSON")


def _turns(
    values: Sequence[Mapping[str, Any]],
    task: Task,
    names: Mapping[str, tuple[str, str]],
    mended: Counter[str],
) -> list[tuple[Role, str]]:
    """Roles and contents, tracks by their short names."""
    found: list[tuple[Role, str]] = []
    for value in values:
        role, content = str(value.get("role", "")), value.get("content")
        known = ROLES.get(role.strip().casefold())
        if known is None:
            raise RefusedError("an unknown role", role[:40])
        if known != role:
            mended["role written otherwise"] += 1
        if known == "music":
            found.append((known, _track(content, task, names, mended)))
            continue
        words_said = " ".join(str(content).split()) if isinstance(content, str) else ""
        if not any(map(str.isalpha, words_said)):
            raise RefusedError("a turn without words", role)
        if len(words_said) > LONGEST:
            raise RefusedError("a turn that is too long", f"{len(words_said)} characters")
        if MARKUP.search(words_said):
            raise RefusedError("markup in a turn", MARKUP.findall(words_said)[0][:40])
        if found and found[-1][0] == known:
            mended["two turns of one speaker joined"] += 1
            found[-1] = known, f"{found[-1][1]} {words_said}"
        else:
            found.append((known, words_said))
    return found


def _track(content: Any, task: Task, names: Mapping[str, tuple[str, str]], mended: Counter[str]) -> str:
    """The short name of a track that the model wrote by its id or its title."""
    if isinstance(content, dict):
        content = next((content[k] for k in ("id", "track_id", "track", "title") if content.get(k)), "")
    text = str(content or "").strip().strip("\"'[]() ")
    if text in task.tracks:
        return text
    if text.casefold() in task.tracks:
        mended["track id written otherwise"] += 1
        return text.casefold()
    plain = folded(text)
    for short, track_id in task.tracks.items():
        title, artist = (folded(n) for n in names[track_id])
        if text == track_id or plain in (
            title,
            f"{title} by {artist}",
            f"{artist} - {title}",
            f"{short}: {title}",
        ):
            mended["track id written otherwise"] += 1
            return short
    raise RefusedError("an unknown track", text[:40])


def _exchanges(turns: Sequence[tuple[Role, str]], mended: Counter[str]) -> list[Said]:
    """User, music, assistant, again and again; a sentence before its track changes places with it."""
    left, found = list(turns), list[Said]()
    while left:
        roles = [role for role, _ in left[:3]]
        if roles == ["user", "assistant", "music"] and (len(left) == 3 or left[3][0] == "user"):
            mended["sentence before its track"] += 1
            left[1], left[2] = left[2], left[1]
            roles = ["user", "music", "assistant"]
        if roles != ["user", "music", "assistant"]:
            if found and (len(left) < 3 or all(role != "music" for role, _ in left)):
                mended["unfinished exchange at the end left out"] += 1
                break
            raise RefusedError("turns out of order", " ".join(roles))
        found.append(Said(left[0][1], left[1][1], left[2][1]))
        left = left[3:]
    return found


def _kept(said: Sequence[Said], mended: Counter[str]) -> list[Said]:
    """Each track once, and no end on a track that is to be turned down."""
    found: list[Said] = []
    for each in said:
        if any(e.track == each.track for e in found):
            mended["track played twice: left out"] += 1
        else:
            found.append(each)
    while found and found[-1].track.startswith("n"):
        mended["rejected track at the end: left out"] += 1
        found.pop()
    return found


def _without_ids(said: Said, task: Task, names: Mapping[str, tuple[str, str]], mended: Counter[str]) -> Said:
    """An exchange with the titles of tracks where their short names were spoken."""

    def titled(text: str) -> str:
        ids = ALIAS.findall(text)
        if ids and all(i in task.tracks and names[task.tracks[i]][0] for i in ids):
            mended["an id spoken: its title instead"] += len(ids)
            return ALIAS.sub(lambda found: names[task.tracks[found.group()]][0], text)
        return text

    return Said(titled(said.user), said.track, titled(said.assistant))


def _check(said: Sequence[Said], task: Task, language: str) -> None:
    """The rules that concern the whole; raises `RefusedError` where one is broken."""
    used = sum(e.track.startswith("p") for e in said)
    if used < task.least:
        raise RefusedError("less than half of the playlist", f"{used} tracks, at least {task.least}")
    wrong = len(said) - used
    if wrong > used:
        raise RefusedError("more rejected than accepted", f"{wrong} of {len(said)}")
    spoken = [text for e in said for text in (e.user, e.assistant)]
    if leak := next((ALIAS.search(t) for t in spoken if ALIAS.search(t)), None):
        raise RefusedError("an id is spoken", leak.group())
    asked = Counter(" ".join(words(e.user)) for e in said)
    if len(said) > 2 and asked.most_common(1)[0][1] > max(1, len(said) // 3):
        raise RefusedError("the listener repeats himself", asked.most_common(1)[0][0][:60])
    everything = " ".join(spoken)
    if language and sum(map(str.isalpha, everything)) >= LONG_ENOUGH:
        code, probability = language_of(everything)
        if code != language and probability >= LIKELY:
            raise RefusedError("another language", f"{code}, not {language}")
    distinct = {w for t in spoken for w in words(t)}
    if len(distinct) < 3 * len(said):
        raise RefusedError("hardly any words", f"{len(distinct)} different ones")


def _marked(sentence: str, title: str, artist: str) -> str:
    """The sentence with the played track's names as the markers that the model learns to write."""
    for name, marker in ((title, "<|title|>"), (artist, "<|artist|>")):
        # A title of two letters would be found inside ordinary words.
        if len(name) > 2:
            sentence = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", marker, sentence)
    return sentence
