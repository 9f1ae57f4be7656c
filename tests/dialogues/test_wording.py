"""The words of simulated dialogues: phrases, tags, titles, comparisons, dice."""

import re

import pytest

from segue.dialogues import references, wording
from segue.dialogues.facts import Dice, facts_of, noun_phrase, read_tag, spoken


def test_every_phrase_can_be_said():
    slots = [
        "name",
        "artist",
        "album",
        "previous",
        "mood",
        "np",
        "time",
        "decade",
        "occasion",
        "doing",
        "no",
        "than",
        "other",
        "T",
        "A",
    ]
    for key in wording.PHRASES:
        for phrase in wording.PHRASES[key]:
            names = set(re.findall(r"{(\w+)}", phrase))
            assert names <= {*slots, *wording.PHRASES}, phrase
            assert wording.say(key, Dice(key, phrase), **{s: s for s in slots}) is not None
    assert set(wording.OCCASIONS) == set(wording.DOING)
    assert {*wording.FEELING_OF.values(), "any"} == set(wording.OCCASIONS)


@pytest.mark.parametrize("tag", ["favorites", "seen live", "love it", "awesome", "wjlb-fm", "<3", "My Songs"])
def test_tags_that_do_not_describe_music_are_not_spoken(tag: str):
    assert read_tag(tag) is None


@pytest.mark.parametrize(
    ("tags", "phrase"),
    [
        (["rock"], "a rock song"),
        (["mellow", "folk"], "a mellow folk song"),
        (["energetic", "indie", "piano"], "an energetic indie song with piano"),
        (["r&b", "female vocalists"], "an R&B song with female vocals"),
        (["80s", "love songs"], "a love song from the 80s"),
        (["slow tempo", "sad"], "a slow, sad song"),
        (["classic rock", "rock"], "a classic rock song"),
        ([], "a song"),
    ],
)
def test_tags_become_a_noun_phrase(tags: list[str], phrase: str, monkeypatch: pytest.MonkeyPatch):
    found = facts_of({"track_id": "a", "title": "b", "artist": "c", "tags": tags}).tags
    dice = Dice(0)
    monkeypatch.setattr(dice, "random", lambda: 0.0)
    assert noun_phrase(found, dice, one=True) == phrase


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Motivation (w/ Lil Wayne)", "Motivation"),
        ("Help! - Remastered 2009", "Help!"),
        ("Undone - The Sweater Song", "Undone - The Sweater Song"),
        ("(Intro)", "(Intro)"),
        ("Plain", "Plain"),
    ],
)
def test_titles_are_spoken_without_what_is_behind_them(title: str, said: str):
    assert spoken(title) == said


def test_the_dice_fall_as_they_are_weighted():
    dice = Dice("weights")
    draws = [dice.weighted({"a": 3.0, "b": 1.0, "c": 0.0}) for _ in range(4000)]
    assert draws.count("a") / 4000 == pytest.approx(0.75, abs=0.03)
    assert draws.count("c") == 0
    assert Dice(1, "x").random() == Dice(1, "x").random() != Dice(2, "x").random()


TRACKS_COMPARED = {
    "a": {"title": "A", "artist": "One", "year": 1970, "tags": ["calm", "slow tempo", "folk", "sad"]},
    "b": {"title": "B", "artist": "Two", "year": 1990, "tags": ["energetic", "fast tempo", "disco"]},
    "c": {"title": "C", "artist": "One & Two", "year": 1992, "tags": ["mellow", "medium tempo", "folk rock"]},
    "d": {"title": "D", "artist": "Four"},
}


def test_comparisons_and_refusals_are_true():
    of = {i: facts_of({"track_id": i} | row) for i, row in TRACKS_COMPARED.items()}
    assert references.comparisons(of["a"], of["b"]) == ["older", "slower", "sadder"]
    assert references.comparisons(of["b"], of["a"]) == ["newer", "faster", "livelier"]
    assert references.comparisons(of["c"], of["b"]) == ["slower", "calmer"]
    assert references.comparisons(of["d"], of["b"]) == references.comparisons(of["a"], None) == []
    assert [t.words for t in references.refusable(of["a"], [of["b"], of["c"]])] == [
        "energetic",
        "fast",
        "disco",
        "mellow",
        "mid-tempo",
    ]
    assert references.refusable(of["d"], [of["a"]]) == []
    assert references.other_artists(of["c"], [of["a"], of["b"], of["d"]]) == ["Four"]
    assert references.other_artists(of["d"], [of["a"], of["a"], of["c"]]) == ["One", "One & Two"]
