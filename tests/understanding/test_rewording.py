# ruff: noqa: E501
"""What is said in other words: questions that come late, what plays once more behind talk, who is back in five."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segue.serving.social import BYE, social
from segue.understanding.rewording_questions import asked_first
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from ten_tracks import after, wishes


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("off which album, do you know?", "which album is it off?"), ("from what year?", "what year is it from?"),
        ("Which album is that on, do you know?", "Which album is that on?"), ("do you know any Queen?", "do you know any Queen?"),
        ("something from another country", "something from another land"), ("something from another country singer", "something from another country singer"),
    ],
)  # fmt: skip
def test_a_question_with_its_little_words_elsewhere(words: str, first: str) -> None:
    assert asked_first(words) == first


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("and it came out when?", "year"), ("this was released in what year?", "year"), ("this is by who?", "who"),
        ("it's sung by whom", "who"), ("that's who?", "who"), ("what do you call this tune", "title"), ("it's called what?", "title"),
        ("love her voice. year?", "year"), ("great drums, name?", "title"), ("what a voice! artist?", "who"), ("it's from the 50s, right?", "year"),
        ("jazz, isn't it?", "whether"), ("ah, memories. Who are the performers?", "who"), ("whatcha got?", "library"), ("what kinds of music do you have", "library"),
        ("what kind of music have you got?", "library"), ("what sort of music is there?", "library"), ("what kind of music is this?", "genre"), ("what's on offer?", "library"),
        ("he was born when?", "other"), ("how old is the singer", "other"), ("what do you call this kind of music?", "genre"),
        ("what's she on about", "other"), ("how popular is this", "other"), ("details please", "other"), ("where's he from", "other"), ("why's it so sad", "why"),
        ("what's this and who's it by", "who"), ("name and year please", "year"), ("title? artist? year?", "year"), ("title and artist please", "who"), ("how many have we heard", "previous"), ("how many jazz songs have you got", "how many"),
    ],
)  # fmt: skip
def test_what_is_asked_late(reader: Rules, words: str, asked: str) -> None:
    state = after(reader, "jazz", words)
    assert (state.act, state.asked) == ("question", asked)


@pytest.mark.parametrize(
    "words", ["Great Balls of Fire, what year?", "love songs. something old?", "play it when?", "Let It Be"]
)  # fmt: skip
def test_what_only_looks_so_is_as_it_was(words: str) -> None:
    assert asked_first(words) == words


@pytest.mark.parametrize(
    "words", ["beautiful, isn't it", "gorgeous, innit", "what a tune, eh", "this is nice, right?"]
)
def test_praise_that_asks_is_praise(reader: Rules, words: str) -> None:
    assert after(reader, "jazz", words).act == "social"


@pytest.mark.parametrize(
    "words",
    [
        "ha, my age exactly. spin it once more!", "fits my mood. once more", "that's my song! again!", "play the song again please i was talking",
        "again please, the kids were shouting", "play that again the doorbell rang",
    ],
)  # fmt: skip
def test_what_plays_once_more(reader: Rules, words: str) -> None:
    assert after(reader, "jazz", words).act == "repeat"


@pytest.mark.parametrize(
    "words",
    ["not that one. never play me that one again", "don't ever play this one again", "never play that again"],
)
def test_what_is_never_to_play_again(reader: Rules, words: str) -> None:
    state = after(reader, "jazz", words)
    assert (state.act, state.rejected) == ("refuse", ("so-what",))


@pytest.mark.parametrize(
    "words", ["I prefer the earlier song. Return to it, please", "previous was better, put it back on"]
)
def test_the_one_before_was_better(reader: Rules, words: str) -> None:
    state = after(reader, words, played=("heroes", "so-what"))
    assert (state.act, state.about) == ("repeat", ("heroes",))


def test_the_other_one_of_two_is_back(reader: Rules) -> None:
    state = after(reader, "their other one", played=("one", "master-of-puppets"))
    assert (state.act, state.about) == ("repeat", ("one",))
    assert after(reader, "their other one", played=("so-what", "one")).act == "recommend"


@pytest.mark.parametrize(
    "words", ["we're going outside for a smoke, back in five", "i'm going to make tea, back in a sec", "hold on, phone's ringing", "just popping to the loo"]
)  # fmt: skip
def test_who_is_away_wishes_for_nothing(reader: Rules, words: str) -> None:
    assert after(reader, "jazz", words).act == "social"
    assert social(words) == BYE


@pytest.mark.parametrize(
    "words", ["we're going to make dinner, play something", "going for a run, play something fast", "going out music", "something to leave the house with"]
)  # fmt: skip
def test_who_goes_somewhere_may_wish_for_music(reader: Rules, words: str) -> None:
    assert after(reader, "jazz", words).act != "social"


def test_what_everyone_knows_already_is_too_known(reader: Rules) -> None:
    for words in (
        "lesser known please, everyone knows that",
        "a less famous one",
        "everybody knows this one, something else",
    ):
        assert [c.dimension for c in after(reader, words).comparisons] == ["less known"]
    assert [c.dimension for c in after(reader, "something everybody knows").comparisons] == ["better known"]


@pytest.mark.parametrize(
    ("words", "dimension"),
    [("anything similar from later years?", "newer"), ("something like it from earlier years", "older"), ("just as calm, only from before that", "older")],
)  # fmt: skip
def test_from_later_or_earlier_years(reader: Rules, words: str, dimension: str) -> None:
    assert [c.dimension for c in after(reader, words).comparisons] == [dimension]


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (("rock", "no let's do jazz"), {"genre jazz"}), (("rock", "hmm no i want jazz"), {"genre jazz"}), (("rock", "no give me jazz"), {"genre jazz"}), (("rock", "lol no i want jazz"), {"genre jazz"}),
        (("rock", "no jazz"), {"genre rock", "genre no jazz"}), (("jazz", "leave the piano at home"), {"genre jazz", "instrument no piano"}),
        (("rock, not jazz, i mean no saxophone either",), {"genre rock", "genre no jazz", "instrument no saxophone"}),
        (("rock without a single Queen track, I've heard them in every bar",), {"genre rock", "artist no Queen"}),
        (("jazz", "nor old pls, my gran isn't here"), {"genre jazz", "year no older than 1990"}),
        (("rock from the 70s", "by David Bowie maybe"), {"genre rock", "year the 1970s", "artist David Bowie"}),
        (("rock from the 70s", "by Metallica"), {"artist Metallica"}), (("rock from the 70s", "David Bowie"), {"artist David Bowie"}),
        (("rock from the 70s", "switch genre to disco, rest the same"), {"genre disco", "year the 1970s"}),
        (("rock from the 70s", "disco, keep the rest"), {"genre disco", "year the 1970s"}), (("rock from the 70s", "disco"), {"genre disco"}),
        (("rock", "now a party one"), {"genre rock", "occasion a party"}),
        (("only by Queen",), {"artist Queen"}),
    ],
)  # fmt: skip
def test_what_is_wished_then(reader: Rules, said: tuple[str, ...], holds: set[str]) -> None:
    state = after(reader, *said)
    assert (wishes(state), state.unknown) == (holds, ())


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (("something mellow but not sleepy",), {"mood calm"}), (("something calm", "not sleepy though"), {"mood calm"}), (("something sad", "not sad though"), {"mood no sad"}),
        (("not sad, everything is sad here",), {"mood no sad"}), (("i don't listen to jazz",), {"genre no jazz"}), (("we don't do jazz here",), {"genre no jazz"}),
        (("I've gone off jazz",), {"genre no jazz"}), (("i'd rather have rock than jazz",), {"genre rock", "genre no jazz"}), (("i prefer rock to jazz",), {"genre rock", "genre no jazz"}),
        (("I'd rather hear something older than 1970",), {"year before 1970"}), (("jazz isn't really me",), {"genre no jazz"}), (("i don't get enough jazz",), {"genre jazz"}),
        (("jazz", "give the piano a rest"), {"genre jazz", "instrument no piano"}), (("rock", "put a bit of Queen on, would you"), {"artist Queen"}),
        (("nothing newer than 1975",), {"year no later than 1975"}), (("nothing younger than 1975",), {"year no later than 1975"}), (("nothing that isn't jazz",), {"genre jazz"}),
        (("if it's not jazz i don't want it",), {"genre jazz"}), (("hardly any piano",), {"instrument no piano"}), (("with as little piano as possible",), {"instrument no piano"}),
        (("no more than 5 songs by Queen",), {"artist Queen"}), (("rock from the 70s", "keep it rocky, drop the era"), {"genre rock"}), (("no disco, 70s", "forget the thing about disco"), {"year the 1970s"}), (("something for studying", "enough studying"), set()),
        (("jazz", "someone other than him"), {"genre jazz", "artist no Miles Davis"}), (("something half way between jazz and rock",), {"genre jazz or rock"}),
    ],
)  # fmt: skip
def test_shades_and_what_is_rather_wanted(reader: Rules, said: tuple[str, ...], holds: set[str]) -> None:
    assert wishes(after(reader, *said)) == holds


@pytest.mark.parametrize(
    ("words", "dimension"),
    [
        ("not as slow as this", "faster"), ("half as loud", "calmer"), ("not nearly as sad", "happier"), ("not so cheesy", "sadder"), ("twice as loud", "louder"),
        ("with a bit more bite", "louder"), ("not that fast", "slower"),
    ],
)  # fmt: skip
def test_not_as_much_as_that(reader: Rules, words: str, dimension: str) -> None:
    assert [c.dimension for c in after(reader, words).comparisons] == [dimension]


def test_the_opposite_is_of_another_genre_this_once(reader: Rules) -> None:
    for words in ("the complete opposite", "something completely different"):
        state = after(reader, words)
        assert (wishes(state), [w.now for w in state.wishes]) == ({"genre no jazz"}, [True])
    assert not after(reader, "the opposite: rock").unknown


@pytest.mark.parametrize(
    ("words", "act"),
    [("do you like this?", "social"), ("shush", "social"), ("yo aight bet run it back", "repeat"), ("skip to the last", "repeat"), ("who else sings this", "question"), ("have you got the original?", "question"),
     ("agen", "repeat"), ("giz another", "more"), ("pray, continue", "more"), ("kindly desist", "social"), ("how come u picked this", "question"), ("might we return to the previous selection?", "repeat")],
)  # fmt: skip
def test_more_that_is_done(reader: Rules, words: str, act: str) -> None:
    assert after(reader, words).act == act


def test_from_here_is_a_way_behind_a_list(reader: Rules) -> None:
    before = replace(DialogueState(), act="way", count=3, turn=1)
    state = reader.step("get me from here to Metallica in four", before, ("heroes", "so-what", "last-dance"))
    assert (state.act, state.count) == ("way", 4)


def test_what_is_not_obvious_is_the_least_known(reader: Rules) -> None:
    for words in ("Queen, but not the obvious ones", "Queen but nothing famous", "Queen, but no hits"):
        assert [c.dimension for c in after(reader, words).comparisons] == ["less known"]
    assert [c.dimension for c in after(reader, "Queen, only the hits").comparisons] == ["better known"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("drums also not, when I think about it", {"instrument no drums"}), ("Queen neither", {"artist no Queen"}),
        ("leave away all the French ones", {"language no French"}), ("one more piano and I go home", {"instrument no piano"}),
    ],
)  # fmt: skip
def test_refusals_as_europeans_put_them(reader: Rules, words: str, expected: set[str]) -> None:
    assert wishes(after(reader, "jazz", words)) == {"genre jazz"} | expected


@pytest.mark.parametrize(
    ("words", "act"),
    [
        ("how's the title again?", "question"), ("how is this song called", "question"), ("artist and year of the running track", "question"),
        ("what a voice. Once more this one!", "repeat"), ("wait, telephone. Pause a minute", "social"), ("me neither", "more"),
    ],
)  # fmt: skip
def test_acts_as_europeans_put_them(reader: Rules, words: str, act: str) -> None:
    state = after(reader, "jazz", words)
    assert (state.act, wishes(state)) == (act, {"genre jazz"})
