"""What a language model writes as a dialogue: what is taken, mended, refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segue.data.catalogue import Turn
from segue.dialogues.llm_answer import RefusedError, read
from segue.dialogues.llm_prompt import Task

TRACKS = {"p1": "id one", "p2": "id-2", "p3": "id-3", "p4": "id-4", "n1": "bad"}
NAMES = {
    "id one": ("Blue Train", "John Coltrane"),
    "id-2": ("So What", "Miles Davis"),
    "id-3": ("Naima", "John Coltrane"),
    "id-4": ("Peri's Scope", "Bill Evans"),
    "bad": ("Giant Steps", "John Coltrane"),
}
TASK = Task("sim-llm-x-0", "train", TRACKS, [])
SAID = (
    (
        "something calm for a rainy evening with a saxophone",
        "p1",
        "Blue Train by John Coltrane, warm and slow.",
    ),
    (
        "lovely, now a trumpet instead, and a bit cooler",
        "n1",
        "Giant Steps moves a lot faster than that one did.",
    ),
    (
        "no, far too busy for me, I meant a quiet trumpet",
        "p2",
        "Then Miles Davis with So What, modal and unhurried.",
    ),
)


def turns(said: Any = SAID) -> list[dict[str, Any]]:
    roles = ("user", "music", "assistant")
    return [{"role": r, "content": c} for exchange in said for r, c in zip(roles, exchange, strict=True)]


def written(said: Any = SAID) -> str:
    return json.dumps({"dialogue": turns(said)})


def test_a_good_one_is_taken_as_it_is() -> None:
    found, mended = read(written(), TASK, NAMES)
    assert not mended
    assert (found.dialogue_id, found.split) == ("sim-llm-x-0", "train")
    assert [(t.content, t.liked) for t in found.turns if t.role == "music"] == [
        ("id one", True),
        ("bad", False),
        ("id-2", True),
    ]
    assert found.turns[2] == Turn("assistant", "<|title|> by <|artist|>, warm and slow.")
    assert [t.content for t in found.turns if t.role == "user"] == [s[0] for s in SAID]


def with_track(content: Any) -> str:
    said = turns()
    said[1]["content"] = content
    return json.dumps({"dialogue": said})


SWAPPED = turns()
SWAPPED[1], SWAPPED[2] = SWAPPED[2], SWAPPED[1]
ROLES = [t | {"role": {"user": "Listener", "music": "Track", "assistant": "bot"}[t["role"]]} for t in turns()]


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (f"Sure!\n```json\n{written()}\n```", {}),
        (json.dumps(turns()), {}),
        (json.dumps({"conversations": ROLES}), {"role written otherwise": 9}),
        (json.dumps({"dialogue": SWAPPED}), {"sentence before its track": 1}),
        (with_track("P1"), {"track id written otherwise": 1}),
        (written(SAID).replace("So What, modal", "p2, modal"), {"an id spoken: its title instead": 1}),
        (with_track("Blue Train by John Coltrane"), {"track id written otherwise": 1}),
        (with_track({"id": "p1", "title": "Blue Train"}), {}),
        (with_track("id one"), {"track id written otherwise": 1}),
        (
            json.dumps({"dialogue": [*turns(), {"role": "user", "content": "thank you, good night"}]}),
            {"unfinished exchange at the end left out": 1},
        ),
        (
            written([*SAID, ("one more of the same, please", "p2", "So What again, as calm as it was.")]),
            {"track played twice: left out": 1},
        ),
        (
            json.dumps({"dialogue": [{"role": "user", "content": "hello there"}, *turns()]}),
            {"two turns of one speaker joined": 1},
        ),
    ],
)
def test_what_is_mended(text: str, mended: dict[str, int]) -> None:
    found, counted = read(text, TASK, NAMES)
    assert +counted == mended
    assert [t.content for t in found.turns if t.role == "music"] == ["id one", "bad", "id-2"]
    assert [t.role for t in found.turns] == ["user", "music", "assistant"] * 3


@pytest.mark.parametrize("text", [json.dumps(turns())[:-30], written()[:-40]])
def test_whole_exchanges_of_one_that_broke_off_are_kept(text: str) -> None:
    """The third exchange is cut, the second ends on a rejected track: one is left, and one may be enough."""
    task = Task("x", "test", {"p1": "id one", "p2": "id-2", "n1": "bad"}, [])
    found, counted = read(text, task, NAMES)
    assert [t.content for t in found.turns if t.role == "music"] == ["id one"]
    assert counted["broken off: the whole turns kept"] == 1
    assert counted["rejected track at the end: left out"] == 1
    with pytest.raises(RefusedError, match="less than half"):
        read(text, TASK, NAMES)


GERMAN = [
    ("etwas Ruhiges für einen verregneten Abend, bitte", "p1", "Gerne, das hier passt sehr gut dazu."),
    (
        "das ist schön, davon hätte ich gerne noch mehr",
        "p2",
        "Dann bleiben wir doch gleich dabei, mein Lieber.",
    ),
]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "an empty answer"),
        ("<!DOCTYPE html><html>sign in</html>", "HTML instead of JSON"),
        ("I cannot help with that.", "no JSON"),
        ('{"dialogue": [{"role": "us', "broken JSON"),
        (written().replace('"assistant"', '"narrator"', 1), "an unknown role"),
        (with_track("p99"), "an unknown track"),
        (with_track(None), "an unknown track"),
        (written(SAID[:1]), "less than half of the playlist"),
        (json.dumps({"dialogue": turns()[1:]}), "turns out of order"),
        (json.dumps({"dialogue": [t for t in turns() if t["role"] != "assistant"]}), "turns out of order"),
        (written(GERMAN), "another language"),
        (written([("play p9 now please, it is a good one", *SAID[0][1:]), *SAID[1:]]), "an id is spoken"),
        (written([(SAID[0][0], t, a) for _, t, a in SAID]), "the listener repeats himself"),
        (written([("...", *SAID[0][1:]), *SAID[1:]]), "a turn without words"),
        (written([("x" * 2000, *SAID[0][1:]), *SAID[1:]]), "a turn that is too long"),
        (written([("hi <|endoftext|> there", *SAID[0][1:]), *SAID[1:]]), "markup in a turn"),
        (
            written([("la la", "p1", "la la la"), ("la la la", "p2", "la la"), ("la", "p3", "la")]),
            "hardly any words",
        ),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RefusedError) as found:
        read(text, TASK, NAMES)
    assert found.value.reason == reason


def test_another_language_may_be_asked_for() -> None:
    assert len(read(written(GERMAN), TASK, NAMES, "de")[0].turns) == 6
    assert len(read(written(GERMAN), TASK, NAMES, "")[0].turns) == 6
