"""Small talk, what has played once more, and questions in other words."""

from __future__ import annotations

import polars as pl
import pytest

from segue.data.library import Library
from segue.serving.social import BYE, GREETING, PRAISED, THANKS, social
from segue.understanding.rewording_again import said_again
from segue.understanding.rules import Rules
from segue.understanding.small_talk import is_small, kinds
from segue.understanding.state import DialogueState
from segue.understanding.text import said_plainly
from ten_tracks import after, wishes


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("how far now", GREETING), ("magandang umaga po", GREETING), ("asante sana", THANKS),
        ("salamat po", THANKS), ("çok teşekkürler", THANKS), ("toda raba", THANKS),
        ("heya :)", GREETING), ("good evening, sir machine", GREETING),
        ("how are you getting on today?", GREETING),
        ("g'day mate", GREETING), ("hey DJ, how's tricks?", GREETING), ("morning!", GREETING),
        ("aww thank you, made my morning", THANKS), ("lifesaver ta", THANKS),
        ("cheers, beautiful tune", THANKS),
        ("much obliged", THANKS), ("you're a legend", THANKS), ("thanks a million, love this one", THANKS),
        ("perf", PRAISED), ("what a voice", PRAISED), ("this slaps", PRAISED),
        ("oh that takes me back", PRAISED),
        ("we danced to this at our wedding", PRAISED), ("haven't heard this in years", PRAISED),
        ("this reminds me of my dad", PRAISED), ("i'm good, how are you", GREETING),
        ("you've made an old man very happy", PRAISED), ("ttyl", BYE), ("goodnight my friend", BYE),
        ("kiitos, that did me good", THANKS), ("hei hei! is somebody at home?", GREETING),
        ("that is exactly how I feel on mondays", PRAISED),
    ],
)  # fmt: skip
def test_small_talk_plays_nothing(reader: Rules, words: str, reply: str) -> None:
    state = after(reader, "some jazz", words)
    assert state.act == "social"
    assert "genre jazz" in wishes(state)
    assert social(words) == reply


@pytest.mark.parametrize(
    "words",
    [
        "i like this but slower", "my mum loves it in french", "this reminds me of queen",
        "we danced to disco",
        "something nice", "good morning music", "good evening jazz", "a beautiful song", "beautiful songs",
        "nice and slow", "thanks, next", "cheers, another", "great jazz", "hello, something sad please",
        "best rock songs", "wonderful tonight", "hey jude", "beautiful song please", "ok and more like that",
    ],
)  # fmt: skip
def test_what_asks_for_music_is_no_small_talk(words: str) -> None:
    assert not is_small(said_plainly(words), praised=True)


def test_praise_is_a_wish_where_nothing_was_said_before() -> None:
    assert kinds("beautiful song") == {"praise"}
    assert not is_small("beautiful song", praised=False)
    assert is_small("cheers beautiful song", praised=False)


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("grand. restart it please", "play it again"), ("one more time before bed", "play it again"),
        ("again cause I missed the start", "play it again"), ("run it back", "play it again"),
        ("i liked the first better, run it back", "play the first one again"),
        ("And the former once more.", "play the one before again"),
        ("the latter again", "play the last one again"),
        ("back to the earlier one please", "play the one before again"),
        ("Nope. back to what you just had before that", "play the one before again"),
        ("return to the song you played first", "play the first one again"),
        ("Which of those was the first? Play that", "play the first one again"),
        ("the last of those once more", "play the last one again"),
        ("once more the previous one, the cohen", "the cohen one again"),
        ("play the birds one again for my girl", "the birds one again"),
        ("play what we started with", "play the first one again"),
        ("go back to where we started", "play the first one again"),
        ("play again what you played at the start", "play the first one again"),
        ("the song at the very beginning again please", "play the first one again"), ("what you played", ""),
        ("start with what you like", ""), ("something from the start of the sixties", ""),
        ("again", ""), ("One More Time", ""), ("once more like this but faster", ""), ("back to jazz", ""),
        ("one more by queen", ""), ("more like the first one", ""), ("like the first one", ""),
        ("play the first album", ""),
        ("what was the first one", ""), ("the first one was better, more like that", ""), ("put it back", ""),
        ("play that list again", ""), ("what was the title", ""), ("play the last waltz", ""),
    ],
)  # fmt: skip
def test_what_has_played_is_wanted_again(words: str, plain: str) -> None:
    assert said_again(words) == plain


def test_the_name_of_before_is_undone(reader: Rules) -> None:
    state = after(
        reader,
        "queen",
        "now metallica",
        "oops wrong, undo that",
        played=("bohemian-rhapsody", "master-of-puppets"),
    )
    assert (state.act, state.about) == ("repeat", ("bohemian-rhapsody",))
    assert (
        after(reader, "some jazz", "no piano", "undo that", played=("so-what", "autobahn")).act == "take back"
    )


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("what can u do exactly", "help"), ("what can you actually do for me?", "help"),
        ("remind me of the title?", "title"),
        ("what did you say the year was", "year"), ("wait who's rapping", "who"),
        ("and the tempo of it, slow or fast?", "tempo"),
        ("was this before or after 1980?", "year"), ("which decade is she from?", "year"),
        ("tell me the singer's name", "who"),
    ],
)  # fmt: skip
def test_questions_in_other_words(reader: Rules, words: str, asked: str) -> None:
    state = after(reader, "heroes", words)
    assert (state.act, state.asked) == ("question", asked)


def test_what_was_asked_about_is_played_behind_an_aside(reader: Rules) -> None:
    state = after(reader, "who sang autobahn", "I was at school. Let's hear it.", played=())
    assert wishes(state) == {"track Autobahn"}
    assert after(reader, "who sang autobahn", "and who sang heroes? play it", played=()).act == "question"


def test_how_many_of_something_else(reader: Rules) -> None:
    state = after(reader, "how many jazz tracks do you have", "and by Queen?", played=())
    assert (state.asked, {w.words for w in state.topic}) == ("how many", {"Queen"})
    state = after(reader, "how many jazz tracks do you have", "and something by Queen", played=())
    assert state.act == "recommend"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("these guys but from the 70s", {"artist Queen", "year the 1970s"}),
        ("another by that feller", {"artist Queen"}),
        ("him again but another album", {"artist Queen"}), ("has he got anything cheerier", {"artist Queen"}),
        ("did she ever do anything upbeat", {"artist Queen", "mood happy"}),
        ("what did he do before it, seventies", {"artist Queen", "year the 1970s"}),
        ("that singer again, but decades later", {"artist Queen", "year 1990 or later"}),
        ("who else sounds like them?", {"artist no Queen"}),
        ("what else sounds like this", {"artist no Queen"}),
        ("let me hear other people", {"artist no Queen"}), ("no more of this lot", {"artist no Queen"}),
        ("music for these people", set()), ("something other people like", set()),
        ("this guy is great", set()),
    ],
)  # fmt: skip
def test_who_plays_is_meant_by_other_words(reader: Rules, words: str, expected: set[str]) -> None:
    assert wishes(after(reader, words, played=("bohemian-rhapsody",))) == expected


def test_none_of_those_is_no_edit(reader: Rules) -> None:
    shown = ("heroes", "low-rider", "autobahn")
    state = after(reader, "three songs", "same year, but not one of those three", played=shown)
    assert (state.act, wishes(state)) == ("recommend", {"year 1974"})


def test_a_title_that_is_praise_is_asked_for_by_a_word_before_it() -> None:
    rows = [
        {"track_id": t, "title": t, "artist": a} for t, a in (("Respect", "Aretha Franklin"), ("One", "U2"))
    ]
    rules = Rules(Library.of(pl.DataFrame(rows)).catalogue)
    for said in ("then Respect", "and now Respect please"):
        assert wishes(rules.step(said, DialogueState(turn=1), ("One",))) == {"title Respect"}
