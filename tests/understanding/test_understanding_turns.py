# ruff: noqa: E501
"""What a turn does: acts, references, examples, idioms: on ten tracks whose facts are known."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from segue.data.library import Library
from segue.serving.questions import reply
from segue.serving.wording import missing
from segue.understanding.rules import Rules, reader_of
from segue.understanding.state import DialogueState
from ten_tracks import after, wishes


def test_that_one_is_the_track_that_was_asked_about(reader: Rules) -> None:
    played = ("heroes", "so-what")
    state = after(reader, "what was the first one?", "that one again", played=played)
    assert (state.act, state.about) == ("repeat", ("heroes",))
    state = after(reader, "what year is Autobahn from?", "play that one", played=played)
    assert (state.act, wishes(state)) == ("recommend", {"track Autobahn"})


def test_a_genre_that_is_a_common_word_is_one_after_an_amount(reader: Rules) -> None:
    facts = reader.take_apart("what have you got in the way of swing?").facts
    assert [f.concept.name for f in facts] == ["swing"]
    assert not reader.take_apart("he came in the swing").facts
    assert not after(reader, "what did he say of the soul?").unknown
    assert not after(reader, "I'd love some company while I cook").unknown
    assert after(reader, "play some zxqvbn while I cook").unknown == ("zxqvbn",)


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("Queen meets Metallica", 2), ("Queen x Metallica", 2), ("half Queen, half TLC", 2), ("Queen + Metallica", 2),
        ("if Queen and Metallica had a baby", 2), ("Kraftwerk with a touch of Queen", 2), ("mix this with Queen", 2),
        ("a mix of both", 2), ("eine Mischung aus beiden", 2), ("a mix of jazz and metal", 0), ("songs to sing together", 0),
    ],
)  # fmt: skip
def test_blends(reader: Rules, words: str, ends: int) -> None:
    state = after(reader, words, played=("so-what", "autobahn"))
    assert (state.act == "blend", len(state.ends)) == (ends == 2, ends)
    assert not any(w.kind == "occasion" for w in state.wishes) or not ends


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("one hit wonders please", ("one-hit wonder",)), ("a duet please", ("duet",)), ("any didgeridoo?", ("didgeridoo",)),
        ("the song from Queen Christina", ("Queen Christina",)), ("the Heros soundtrack", ("Heros soundtrack",)),
        ("War but slower", ()), ("wake me up with something", ()),
    ],
)  # fmt: skip
def test_what_is_not_here_is_said_as_it_is_called(
    reader: Rules, words: str, unknown: tuple[str, ...]
) -> None:
    assert after(reader, words).unknown == unknown


def test_wishes_around_a_pronoun_and_what_a_name_is_not(reader: Rules) -> None:
    assert after(reader, "wake me up with something").wishes[0].words == "a morning"
    turned = after(reader, "Metallica without the guitars")
    assert turned.like == ("master-of-puppets", "one")
    assert "artist no Metallica" in wishes(turned)


@pytest.mark.parametrize(
    "words", ["who wrote it?", "wer hat das geschrieben?", "qui a écrit ça ?", "who's the composer?"]
)
def test_the_writers_are_asked_for(reader: Rules, words: str) -> None:
    state = after(reader, words)
    assert (state.asked, state.about) == ("writer", ("so-what",))
    assert reply(reader.index, state, ["so-what"]) == (
        "Who wrote, made or played what on “So What” is not known here; the artist is Miles Davis."
    )


@pytest.mark.parametrize(
    ("words", "act", "asked"),
    [
        ("what's this one called again?", "question", "title"), ("and why the second one?", "question", "why"),
        ("was that recorded before the war?", "question", "year"), ("who is conducting?", "question", "writer"),
        ("van welk album komt dit?", "question", "album"), ("basta così, grazie", "social", ""),
        ("has he got other songs?", "recommend", ""), ("last one again but louder", "recommend", ""),
        ("ok something completely different", "refuse", ""), ("Bof, autre chose", "refuse", ""),
        ("hey, what can you do?", "question", "help"),
        ("are you a robot?", "question", "help"),
        ("was kannst du?", "question", "help"),
        ("add it to my playlist", "question", "keep"),
        ("help me sleep", "recommend", ""),
        ("some rock for my playlist", "recommend", ""),
        ("go back", "repeat", ""),
        ("ok play it", "repeat", ""),
        ("lol no", "refuse", ""),
        ("never heard of it, tell me more", "question", "other"),
        ("save the list", "question", "keep"),
        ("enough for today", "social", ""),
    ],
)  # fmt: skip
def test_acts_as_people_put_them(reader: Rules, words: str, act: str, asked: str) -> None:
    state = after(reader, words)
    assert (state.act, state.asked) == (act, asked)


def test_complaints_languages_and_lists_that_are_not_here(reader: Rules) -> None:
    assert {w.role for w in after(reader, "eh, this makes me sleepy").wishes} == {"refused"}
    assert after(reader, "my aunt is visiting, some jazz please").unknown == ()
    assert after(reader, "pakiplay naman ng malungkot").unknown == ()
    asked = after(reader, "how many pieces by Bach do you have?")
    assert reply(reader.index, asked, ["so-what"]) == "No Bach here."
    assert after(reader, "was it made before the war?", played=("autobahn", "so-what")).about == ("so-what",)


def test_what_songs_are_about_is_no_occasion(reader: Rules) -> None:
    assert wishes(after(reader, "metal songs about drinking whiskey")) == {"genre metal"}
    assert wishes(after(reader, "jazz songs about winter")) >= {"occasion winter"}
    assert wishes(after(reader, "jazz for rainy days")) >= {"occasion a rainy day"}


def test_yes_and_no_what_was_wished_and_what_is_worn_out(reader: Rules) -> None:
    jazz = after(reader, "is this jazz?")
    assert (jazz.asked, reply(reader.index, jazz, ["so-what"])[:4]) == ("whether", "Yes.")
    assert reply(reader.index, after(reader, "is this by Metallica?"), ["so-what"]).startswith(
        "Not as far as is known"
    )
    told = after(reader, "rock please", "no metal", "what did I rule out?")
    assert reply(reader.index, told, []) == "You wished for rock and you ruled out metal."
    assert after(reader, "rock, no metal", "clear everything").wishes == ()
    assert "artist no Metallica" in wishes(after(reader, "Metallica is overplayed, who else?"))
    like = after(reader, "jazz", "someone who sounds like him")
    assert (like.like, wishes(like)) == (("so-what",), {"genre jazz", "artist no Miles Davis"})


def test_a_theme_is_all_that_is_asked_of_retrieval(reader: Rules) -> None:
    assert after(reader, "list five songs about rain").said == "rain"
    assert after(reader, "half the speed").comparisons[0].dimension == "slower"
    assert "genre no disco" in wishes(after(reader, "ok forget disco"))


@pytest.mark.parametrize(
    "words",
    ["of course", "that works", "you rock!", "in the long run i like it", "his early work", "drum roll please", "run that again"],
)  # fmt: skip
def test_idioms_ask_for_nothing(reader: Rules, words: str) -> None:
    state = after(reader, words)
    assert (state.wishes, state.unknown) == ((), ())


def test_what_there_is_and_that_no_voice_is_marked(reader: Rules) -> None:
    state = after(reader, "what genres do you have?")
    told = "There are 10 tracks here from 1959 to 1999; the most are"
    assert reply(reader.index, state, ["so-what"]).startswith(told)
    voice = after(reader, "does it have vocals?", played=("autobahn",))
    assert reply(reader.index, voice, ["autobahn"]) == "No voice is marked in “Autobahn”."
    assert wishes(after(reader, "Je cherche une chanson rock")) == {"genre rock"}
    assert after(reader, "what is she singing about?").asked == "other"


@pytest.mark.parametrize(
    ("words", "example"),
    [
        ("similar songs to Metallica", True), ("any bands with the same energy as Metallica?", True),
        ("metallica esque bands", True), ("I love Metallica, any other bands?", True),
        ("songs like One by Metallica, i like songs that tell stories", True),
        ("what should my wife listen to if she likes Metallica", True), ("Metallica fan looking for more", True),
        ("something equivalent to Metallica", True), ("a song with a simillar sound to Metallica", True),
        ("songs as heavy as Metallica", True), ("where do i go after Metallica", True), ("bands such as Metallica", True),
        ("been listening to Metallica, any recommendations?", True), ("my taste is Metallica", True),
        ("a modern Metallica", True), ("Metallica soundalikes", True), ("songs that go well with Metallica", True),
        ("i've been into Metallica, play them", False), ("the latest from Metallica", False), ("best songs by Metallica", False),
        ("something similar by Metallica", False), ("I like Metallica", False), ("I'd like some Metallica", False),
        ("other songs by Metallica", False), ("I want to get into Metallica, what should I play?", False),
    ],
)  # fmt: skip
def test_a_name_is_an_example_or_wanted_itself(reader: Rules, words: str, example: bool) -> None:
    state = after(reader, words, played=())
    assert ("master-of-puppets" in state.like or "one" in state.like) == example
    assert any(w.kind in ("artist", "title") and not w.refused for w in state.wishes) != example


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("jazz with meaningful lyrics", {"genre jazz"}), ("jazz, no lyrics", {"genre jazz", "voice no vocals"}),
        ("jazz with singing", {"genre jazz", "voice vocals"}),
        ("oldschool metal", {"genre metal", "year no later than 1999"}),
        ("old school funk", {"genre funk", "year no later than 1999"}), ("no oldschool metal", {"genre no metal"}),
        ("metal with guitar solos", {"genre metal", "instrument electric guitar"}), ("the rapper TLC", {"artist TLC"}), ("jazz to be honest, i hope", {"genre jazz"}), ("can i ask for jazz", {"genre jazz"}), ("low energy jazz", {"genre jazz", "mood calm"}), ("jazz of great gentleness", {"genre jazz", "mood calm"}),
        ("angriest metal", {"genre metal", "mood angry"}), ("jazz for a stranger", {"genre jazz"}),
        ("what jazz should my wife listen to", {"genre jazz"}), ("jazz as in this trailer", {"genre jazz"}),
    ],
)  # fmt: skip
def test_what_words_beside_music_say(reader: Rules, words: str, expected: set[str]) -> None:
    state = after(reader, words)
    assert wishes(state) == expected
    assert not state.unknown


def test_words_that_say_no_more_of_an_instrument_or_a_mood_are_not_part_of_it(reader: Rules) -> None:
    reading = reader.take_apart("metal with guitar solos and happy vibes")
    said = [" ".join(t.word for t in reading.said[f.start : f.end]) for f in reading.facts]
    assert said == ["metal", "guitar", "happy"]


def test_back_is_the_track_before_and_that_year_that_of_what_plays(reader: Rules) -> None:
    assert after(reader, "go back", played=("so-what", "autobahn")).about == ("so-what",)
    assert after(reader, "go back to the first one", played=("so-what", "autobahn", "one")).about == (
        "so-what",
    )
    assert wishes(after(reader, "what else was big in that year")) == {"year 1959"}


def test_like_a_name_is_a_wish_of_its_own_and_or_alike_asks_for_the_name(reader: Rules) -> None:
    like = after(reader, "from the 90s", "something like Miles Davis")
    assert {str(w) for w in like.wishes} == {"no Miles Davis"}
    assert {str(w) for w in after(reader, "Miles Davis or someone like him").wishes} == {"Miles Davis"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("jazz for knitting", {"genre jazz", "occasion concentrating"}),
        ("jazz in the museum for my sister", {"genre jazz", "occasion family and friends", "occasion concentrating"}),
        ("i am looking for knitting jazz", {"genre jazz"}), ("jazz songs about my sister", {"genre jazz"}),
    ],
)  # fmt: skip
def test_scenes_are_occasions_where_one_stands(reader: Rules, words: str, expected: set[str]) -> None:
    assert wishes(after(reader, words)) == expected


def test_parts_of_a_list_are_added_up(reader: Rules) -> None:
    assert after(reader, "two by Metallica and three by Miles Davis").count == 5
    assert after(reader, "3 from the 70s and 3 from the 80s").count == 6
    assert after(reader, "how many songs by Metallica are there", "play them all").count == 30


def test_nicknames_are_names_where_who_is_meant_is_here() -> None:
    tracks = {"track_id": ["a", "b"], "title": ["Juicy", "Song"], "artist": ["The Notorious B.I.G.", "Kate"]}
    read = reader_of(Library.of(pl.DataFrame(tracks)).catalogue)
    assert wishes(after(read, "play biggie smalls", played=())) == {"artist The Notorious B.I.G."}
    assert after(read, "play tupac", played=()).unknown == ("tupac",)


@pytest.mark.parametrize("words", ["stop repeating artists", "i said no repeats!", "no artist twice please"])
def test_repeats_are_refused(reader: Rules, words: str) -> None:
    state = after(reader, words, played=("so-what", "autobahn"))
    assert [(w.role, w.values) for w in state.wishes] == [("refused", ("Miles Davis", "Kraftwerk"))]


@pytest.mark.parametrize(
    ("words", "act", "about"),
    [
        ("back to the metallica one", "repeat", ("master-of-puppets",)), ("go back to the jazz one please", "repeat", ("so-what",)),
        ("the miles one again", "repeat", ("so-what",)), ("the one before last again", "repeat", ("so-what",)),
        ("hold on, go back", "repeat", ("so-what",)), ("again from the top", "repeat", ("master-of-puppets",)),
        ("who's she?", "question", ("master-of-puppets",)), ("and who's that singing?", "question", ("master-of-puppets",)),
        ("what album's that off", "question", ("master-of-puppets",)), ("is this heros?", "question", ("master-of-puppets",)),
        ("that's the one!", "social", ()), ("cheers, that'll do", "social", ()),
    ],
)  # fmt: skip
def test_what_has_played_is_called_back(reader: Rules, words: str, act: str, about: tuple[str, ...]) -> None:
    state = after(reader, words, played=("so-what", "master-of-puppets"))
    assert (state.act, state.about) == (act, about)


def test_somebody_else_of_that_name_and_another_decade(reader: Rules) -> None:
    state = after(reader, "not that queen, the other queen", played=("under-pressure",))
    assert (state.act, state.required[0].values) == ("refuse", ("Queen",))
    state = after(reader, "same artist, different decade", played=("bohemian-rhapsody",))
    assert {str(w) for w in state.wishes} == {"Queen", "nothing from the 1970s"}
    assert reader.take_apart("half a dozen").said
    assert after(reader, "half a dozen jazz songs").count == 6


@pytest.mark.parametrize(
    ("words", "act", "about"),
    [
        ("kraftwerk again", "repeat", ("autobahn",)), ("the one after it in the list", "repeat", ("heroes",)),
        ("the happiest of them", "question", None), ("play me the second", "repeat", ("autobahn",)),
        ("instrumental, is it?", "question", ("autobahn",)), ("ok ok i'm done", "social", ()), ("yesss this", "social", ()),
        ("what's the first one from", "question", ("so-what",)),
    ],
)  # fmt: skip
def test_after_a_list_of_which_one_played(
    reader: Rules, words: str, act: str, about: tuple[str, ...] | None
) -> None:
    listed = ("so-what", "autobahn", "heroes")
    state = reader.step(words, DialogueState(listed=listed), (*listed, "autobahn"))
    assert (state.act, state.about if about is not None else None) == (act, about)


def test_likes_of_an_earlier_track_are_wanted_whatever_held_since(reader: Rules) -> None:
    state = after(reader, "some disco", "more like the first one", played=("so-what", "last-dance"))
    assert (state.act, state.like, state.wishes) == ("more", ("so-what",), ())


def test_things_are_counted_one_by_one(reader: Rules) -> None:
    told = after(reader, "do you have more Queen than Metallica?")
    assert (told.asked, [w.words for w in told.topic]) == ("how many each", ["Queen", "Metallica"])
    assert reply(reader.index, told, []) == "Here are 2 tracks by Queen and 2 tracks by Metallica."
    alone = replace(told, topic=told.topic[:1])
    assert reply(reader.index, alone, []) == "There are 2 tracks here by Queen."
    assert [w.words for w in after(reader, "got any jazz?", "how many have you got?").topic] == ["jazz"]


def test_two_by_somebody_and_who_they_are(reader: Rules) -> None:
    assert after(reader, "two by Queen").count == 2
    state = after(reader, "who're they?", played=("so-what", "autobahn"))
    assert (state.asked, state.about) == ("who", ("autobahn",))
    state = after(reader, "who sang the other one?", played=("so-what", "autobahn"))
    assert (state.asked, state.about) == ("who", ("so-what",))
    assert after(reader, "right, stop there", played=("autobahn",)).act == "social"
    assert after(reader, "do that one again but slower", played=("autobahn",)).act != "question"


@pytest.mark.parametrize(
    ("name", "said"),
    [("the Cranberries", "No Cranberries here."), ("The Who", "No The Who here."), ("Zxq", "No Zxq here.")],
)
def test_who_is_not_here_is_told_in_english(name: str, said: str) -> None:
    assert missing(name) == said
