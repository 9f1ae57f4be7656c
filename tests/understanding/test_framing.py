# ruff: noqa: E501
"""Words around an utterance that say nothing of music change nothing of what is understood."""

from __future__ import annotations

from itertools import cycle

import pytest

from segue.understanding.framing import unframed
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState

BEFORE = (
    "um", "uhh so", "erm", "bruh", "bro", "hey siri", "alexa", "Good evening.", "hi there", "oi mate", "sweetie", "my dear friend,",
    "ngl", "honestly", "lol", "aight", "okay then", "right so", "excuse me,", "you know what", "I was wondering if you could please", "pls",
)  # fmt: skip
BEHIND = (
    "lol", "haha", "bro", "mate", "my friend", "darling", "sir", "if you don't mind", "if you would be so kind", "if I may", "thank you so much",
    "cheers", "when you can", "if that's ok", "right now", "innit", "i guess", "kindly", "please, my dear", "thx babe",
)  # fmt: skip
SAID = (
    "play something calm", "some jazz from the 50s", "no more Queen", "five disco songs", "who is this?", "what year is it from", "slower",
    "not so loud", "anything but metal", "play the second of these", "play it again", "take it off", "play So What", "is it older than 1970?", "skip",
    "another one like that", "put something by ABBA in", "swap the first one for something by Miles Davis", "from Queen to ABBA in four songs",
)  # fmt: skip
SHOWN = ("so-what", "under-pressure", "master-of-puppets", "bohemian-rhapsody", "last-dance")


@pytest.mark.parametrize("said", SAID)
def test_a_frame_changes_nothing(reader: Rules, said: str) -> None:
    for listed in (5, 1):
        before = DialogueState(count=listed)
        plain = reader.step(said, before, SHOWN)
        for frame, behind in zip(BEFORE, cycle(BEHIND), strict=False):
            assert reader.step(f"{frame} {said}", before, SHOWN) == plain, frame
            assert reader.step(f"{said.rstrip('?')} {behind}", before, SHOWN) == plain, behind
            assert reader.step(f"{frame} {said} {behind}", before, SHOWN) == plain, (frame, behind)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("hey ya", "hey ya"), ("um, hey ya if you can", "hey ya"), ("hello by adele", "hello by adele"), ("hello adele", "hello adele"),
        ("hello, something calm", "something calm"), ("thank you", "thank you"), ("hi mate", "hi mate"), ("piano man", "piano man"),
        ("a song for my dear", "a song for my dear"), ("play it for the man", "play it for the man"), ("no more thanks", "no more thanks"),
        ("love it, who is it?", "who is it?"), ("perfect day", "perfect day"), ("cool jazz", "cool jazz"), ("nice and slow", "nice and slow"),
        ("lovely day mate", "lovely day"), ("sweet dreams", "sweet dreams"), ("so what", "so what"), ("more from those guys", "more from those guys"), ("yes that, please", "yes that, please"),
        ("what a wonderful evening. thank you", "what a wonderful evening. thank you"), ("who is it, no cap", "who is it"), ("um so what", "so what"),
        ("songs about a babe", "songs about a babe"), ("ok google, play some jazz", "play some jazz"), ("", ""), ("um", "um"), ("...", "..."),
    ],
)  # fmt: skip
def test_names_and_small_talk_keep_their_words(said: str, left: str) -> None:
    names = {"hey ya", "hello", "adele", "so what", "nice and slow"}
    assert unframed(said, names.__contains__) == left
