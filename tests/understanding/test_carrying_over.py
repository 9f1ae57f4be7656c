# ruff: noqa: E501
"""What stays and what goes from turn to turn: what is let go, set right, kept, pointed at and asked about."""

from __future__ import annotations

import polars as pl
import pytest

from segue.data.library import Library
from segue.understanding.relax import possible
from segue.understanding.rules import Rules, reader_of
from segue.understanding.state import DialogueState
from ten_tracks import after, wishes


@pytest.mark.parametrize(
    ("said", "holds", "lifted"),
    [
        (("jazz from the 50s", "actually forget jazz, something with piano"), {"year the 1950s", "instrument piano"}, ["jazz"]),
        (("jazz", "ok screw jazz, metal"), {"genre metal"}, ["jazz"]),
        (("jazz", "scrap the jazz too. Rock, with piano"), {"genre rock", "instrument piano"}, ["jazz"]),
        (("jazz", "never mind jazz either, play metal"), {"genre metal"}, ["jazz"]),
        (("jazz", "forget jazz give me metal"), {"genre metal"}, ["jazz"]),
        (("rock", "forget jazz, metal"), {"genre no jazz", "genre metal"}, []),
        (("rock", "never mind the jazz, metal"), {"genre metal"}, []),
    ],
)  # fmt: skip
def test_what_is_let_go_goes_before_what_is_wished_instead(
    reader: Rules, said: tuple[str, ...], holds: set[str], lifted: list[str]
) -> None:
    state = after(reader, *said)
    assert (wishes(state), [w.words for w in state.lifted]) == (holds, lifted)


def test_a_title_that_begins_like_it_is_a_title(reader: Rules) -> None:
    assert "title No Scrubs" in wishes(after(reader, "jazz", "no scrubs, please"))
    assert not after(reader, "jazz", "never mind, thanks").refused


def test_never_mind_takes_back_only_what_was_just_said(reader: Rules) -> None:
    assert wishes(after(reader, "no jazz", "rock", "never mind, something calm")) == {
        "genre no jazz",
        "mood calm",
    }
    assert wishes(after(reader, "no jazz", "who is this?", "never mind")) == {"genre no jazz"}
    long_ago = ("no jazz", *(["another"] * 8), "forget that")
    assert wishes(after(reader, *long_ago)) == {"genre no jazz"}
    assert wishes(after(reader, "rock", "forget that")) == set()


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (("rock with piano", "I meant a trumpet"), {"genre rock", "instrument trumpet"}),
        (("rock from the 70s", "sorry, I meant jazz"), {"year the 1970s", "genre jazz"}),
        (("rock", "I meant Metallica"), {"artist Metallica"}),
        (("jazz from the 50s", "do 1977 instead"), {"genre jazz", "year 1977"}),
        (("jazz from the 50s", "keep the decade, change the genre"), {"year the 1950s", "genre no jazz"}),
        (("jazz from the 50s", "same, but another style"), {"year the 1950s", "genre no jazz"}),
        (("jazz from the 50s", "change the genre to rock"), {"genre rock"}),
        (("jazz, no later than 1960", "ok lift the year thing. still jazz"), {"genre jazz"}),
        (("jazz", "go forward twenty years"), {"genre jazz", "year around 1979"}), (("jazz", "skip back by ten years"), {"genre jazz", "year around 1949"}),
        (("jazz", "no more than 1960"), {"genre jazz", "year no later than 1960"}),
        (("jazz from the 50s", "keep the decade, but rock"), {"year the 1950s", "genre rock"}),
        (("jazz from the 50s", "rock"), {"genre rock"}),
        (("nothing before 1970", "rock", "jazz"), {"year 1970 or later", "genre jazz"}),
    ],
)  # fmt: skip
def test_what_stays(reader: Rules, said: tuple[str, ...], holds: set[str]) -> None:
    assert wishes(after(reader, *said)) == holds


def test_the_rules_are_lifted(reader: Rules) -> None:
    assert not wishes(after(reader, "no jazz, no metal", "the kids left, rules lifted"))


def test_the_same_language_is_that_of_what_plays() -> None:
    rows = [("Un", "A", "chanson"), ("Deux", "B", "chanson"), ("Eins", "C", "german"), ("One", "D", "rock")]
    table = pl.DataFrame([{"track_id": t, "title": t, "artist": a, "tags": [g]} for t, a, g in rows])
    reader = reader_of(Library.of(table).catalogue)
    assert wishes(after(reader, "same language, other song", played=("Un",))) == {"language French"}
    assert wishes(after(reader, "same language please", played=("Eins",))) == {"language German"}


def test_another_language_is_not_asked_of_who_was_asked_for_before() -> None:
    rows = [("One", "Queen", "rock"), ("Ue o Muite", "Kyu Sakamoto", "japanese"), ("Eins", "Queen", "german")]
    table = pl.DataFrame([{"track_id": t, "title": t, "artist": a, "tags": [g]} for t, a, g in rows])
    reader = reader_of(Library.of(table).catalogue)
    assert wishes(after(reader, "Queen", "do you have any japanese music", played=())) == {
        "language Japanese"
    }
    assert wishes(after(reader, "Queen", "but in german", played=())) == {"artist Queen", "language German"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("something about scrubs", {"words scrubs in the title"}), ("a song about riders", {"words riders in the title"}),
        ("any song with puppets in the title", {"words puppets in the title"}), ("no songs about heroes", {"words no heroes in the title"}),
        ("a song about Berlin", set()), ("tell me something about this band", set()), ("something about it bores me", set()), ("how about some jazz", {"genre jazz"}),
    ],
)  # fmt: skip
def test_what_songs_are_about_is_told_by_titles(reader: Rules, words: str, told: set[str]) -> None:
    assert wishes(after(reader, words)) == told


def test_what_songs_are_about_goes_when_they_are_about_something_else(reader: Rules) -> None:
    assert wishes(after(reader, "a song about scrubs", "more like that")) == {"words scrubs in the title"}
    assert wishes(after(reader, "a song about scrubs", "something about you and me")) == set()
    assert wishes(after(reader, "a song about scrubs", "one about heroes")) == {"words heroes in the title"}


def test_what_no_title_has_is_told(reader: Rules) -> None:
    assert after(reader, "a song about zeppelins").unknown == ("zeppelins in the title",)
    assert after(reader, "a song about scrubs", "and a zeppelin one?").unknown == ("zeppelin in the title",)
    assert not after(reader, "rock", "and a zeppelin one?").unknown


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ("skip anything angry", {"mood no angry"}), ("skip jazz", {"genre no jazz"}), ("stop the piano", {"instrument no piano"}),
        ("skip to something angry", {"mood angry"}), ("skip, something angry", {"mood angry"}),
        ("Queen, apart from Bohemian Rhapsody", {"artist Queen", "title no Bohemian Rhapsody"}),
        ("everything apart from jazz", {"genre no jazz"}), ("jazz if it isn't too much trouble", {"genre jazz"}),
    ],
)  # fmt: skip
def test_more_ways_to_say_no(reader: Rules, words: str, refused: set[str]) -> None:
    assert wishes(after(reader, words)) == refused


@pytest.mark.parametrize(
    ("words", "act", "about"),
    [
        ("who does the middle one?", "question", ("heroes",)), ("which is the older one?", "question", ("heroes",)),
        ("the one before, was that from the 80s?", "question", ("heroes",)), ("the rock one we had, once more", "repeat", ("heroes",)),
        ("i liked the one two songs ago", "repeat", ("so-what",)), ("take me back two", "repeat", ("so-what",)),
        ("the middle one of those", "repeat", ("heroes",)), ("the song two years ago", "recommend", ()),
        ("the first one before again", "repeat", ("so-what",)), ("play that one before again", "repeat", ("heroes",)),
    ],
)  # fmt: skip
def test_what_played_is_pointed_at(reader: Rules, words: str, act: str, about: tuple[str, ...]) -> None:
    state = after(reader, words, played=("so-what", "heroes", "last-dance"))
    assert (state.act, state.about) == (act, about)


@pytest.mark.parametrize(
    ("words", "artist"),
    [
        ("that guy again, different tune", "Donna Summer"),
        ("back to the first singer", "Miles Davis"),
        ("something by the previous artist", "David Bowie"),
    ],
)
def test_who_played_is_pointed_at(reader: Rules, words: str, artist: str) -> None:
    state = after(reader, words, played=("so-what", "heroes", "last-dance"))
    assert wishes(state) == {f"artist {artist}"}


def test_something_else_like_it_is_by_others_this_once(reader: Rules) -> None:
    state = after(reader, "something else like it", "another", played=("heroes",))
    first = after(reader, "something else like it", played=("heroes",))
    assert (first.like, [(w.words, w.now) for w in first.refused]) == (("heroes",), [("David Bowie", True)])
    assert not after(reader, "something like it", played=("heroes",)).refused
    assert state.act == "more"


def test_a_sound_that_is_refused_rests_for_who_is_asked_for(reader: Rules) -> None:
    free = reader.index.having(("no tag",))
    free[reader.index.rows_of(("master-of-puppets",))] = True
    known = possible(reader.index, after(reader, "no metal", "play Master of Puppets"), free)[0]
    assert [w.words for w in known.lifted] == ["metal"]
    known = possible(reader.index, after(reader, "nothing angry", "play Master of Puppets"), free)[0]
    assert ([w.words for w in known.resting], known.lifted) == (["angry"], ())


def test_the_utmost_of_an_artist_is_by_that_artist(reader: Rules) -> None:
    assert wishes(after(reader, "play the newest Metallica song")) == {"artist Metallica"}
    assert not wishes(after(reader, "something newer than Metallica"))


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (("rock from the 70s", "swap the 70s for the 80s"), {"genre rock", "year the 1980s"}),
        (("rock from the 70s", "change rock to jazz"), {"year the 1970s", "genre jazz"}),
        (("rock", "four jazz songs? never mind, something calm"), {"genre rock", "mood calm"}),
        (("rock", "one jazz, one metal, one soul"), {"genre jazz or metal"}),
    ],
)  # fmt: skip
def test_one_wish_takes_the_place_of_another(reader: Rules, said: tuple[str, ...], holds: set[str]) -> None:
    assert wishes(after(reader, *said)) == holds


def test_neither_of_two(reader: Rules) -> None:
    state = after(reader, "same sort as these but neither of them", played=("so-what", "heroes", "one"))
    assert ([w.values for w in state.refused], state.like) == (
        [("David Bowie", "Metallica")],
        ("heroes", "one"),
    )


@pytest.mark.parametrize(
    ("words", "asked"),
    [("and its year?", "year"), ("would you remind me what I am listening to", "title"), ("what did I tell you I don't want?", "wishes"), ("what did I say about the year?", "wishes"), ("that's it!! who", "who"),
     ("finally. and who's this?", "who"), ("nice. and who's this", "who"), ("yo who dis", "who"), ("oops, stop. What was I listening to?", "who"), ("what's the band called, I forgot", "who"),
     ("what was the one before?", "previous"), ("what's this from, album?", "album"), ("did he write it in the sixties?", "year"),
     ("my aunt asks is this jazz", "whether"), ("Label?", "other"), ("which label put this out?", "other"), ("is there a remix?", "other")],
)  # fmt: skip
def test_more_questions(reader: Rules, words: str, asked: str) -> None:
    assert after(reader, words).asked == asked


CRAZY = [
    ("gnarls", "Crazy", "Gnarls Barkley", ["soul"]),
    ("patsy", "Crazy", "Patsy Cline", ["country"]),
    ("river", "Moon River", "Henry Mancini", ["soundtrack"]),
]


@pytest.mark.parametrize(
    ("words", "track"),
    [
        ("no, I meant the Patsy Cline one", "patsy"), ("not Gnarls, Patsy's one", "patsy"), ("the one by Patsy", "patsy"), ("the other one", "patsy"),
        ("by the other singer", "patsy"), ("the country version", "patsy"), ("the Gnarls Barkley one", "gnarls"),
    ],
)  # fmt: skip
def test_another_recording_of_a_title_is_told_by_whose_it_is(words: str, track: str) -> None:
    ids, titles, artists, tags = zip(*CRAZY, strict=True)
    table = pl.DataFrame({"track_id": ids, "title": titles, "artist": artists, "tags": tags}, strict=False)
    reader = reader_of(Library.of(table).catalogue)
    before = reader.step("play crazy", DialogueState(), ())
    state = reader.step(words, before, ("gnarls",))
    assert [w.values for w in state.wishes] == [(track,)]


def test_the_other_one_is_another_track_where_no_title_was_asked_for(reader: Rules) -> None:
    state = after(reader, "the other one", played=("so-what", "heroes"))
    assert (state.act, state.about) == ("repeat", ("so-what",))


def test_what_is_only_hoped_for_is_a_wish_where_it_takes_the_place_of_one(reader: Rules) -> None:
    assert wishes(after(reader, "rock from the 70s", "maybe jazz")) == {"year the 1970s", "genre jazz"}
    assert wishes(after(reader, "something calm", "maybe some jazz")) == {"mood calm", "genre rather jazz"}
    assert wishes(after(reader, "rock", "maybe with piano")) == {"genre rock", "instrument rather piano"}


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ("rock, but I'm sick to death of Queen", {"genre rock", "artist no Queen"}), ("the piano, I hate it after all", {"instrument no piano"}),
        ("play jazz, I don't like it when it's quiet", {"genre jazz"}), ("sick and tired of jazz", {"genre no jazz"}),
    ],
)  # fmt: skip
def test_who_is_sick_of_it(reader: Rules, words: str, holds: set[str]) -> None:
    assert holds <= wishes(after(reader, words, played=()))


def test_a_question_at_the_end(reader: Rules) -> None:
    played = ("last-dance", "so-what")
    state = after(reader, "the one before was disco, wasn't it?", played=played)
    assert (state.act, state.asked, state.about) == ("question", "whether", ("last-dance",))
    assert after(reader, "that's jazz, isn't it?", played=played).asked == "whether"
    assert after(reader, "that was lovely, wasn't it?", played=played).act != "question"


def test_who_a_question_was_about_is_meant_by_her(reader: Rules) -> None:
    played = ("last-dance", "so-what")
    asked = after(reader, "who sings the first one", played=played)
    assert asked.about == ("last-dance",)
    assert wishes(reader.step("more of her", asked, played)) == {"artist Donna Summer"}
    assert "artist Donna Summer" not in wishes(after(reader, "more of her", played=played))


def test_who_is_fine_again_is_meant_by_him(reader: Rules) -> None:
    state = after(reader, "no Metallica", "Metallica is fine actually", "go on then, them")
    assert wishes(state) == {"artist Metallica"}
