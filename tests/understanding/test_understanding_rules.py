# ruff: noqa: E501
"""What is read from words: on a small catalogue whose facts are known."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from segue.data.library import Library
from segue.serving.questions import reply
from segue.understanding.rules import Rules, reader_of
from segue.understanding.state import DialogueState

ROWS: list[tuple[str, str, int, list[str]]] = [
    ("Under Pressure", "Queen & David Bowie", 1981, ["rock", "epic", "vocals"]),
    ("Bohemian Rhapsody", "Queen", 1975, ["rock", "epic", "vocals", "piano"]),
    ("Heroes", "David Bowie", 1977, ["rock", "vocals"]),
    ("No Scrubs", "TLC", 1999, ["r&b", "vocals"]),
    ("Low Rider", "War", 1975, ["funk", "saxophone", "vocals"]),
    ("So What", "Miles Davis", 1959, ["jazz", "calm", "trumpet", "saxophone"]),
    ("Master of Puppets", "Metallica", 1986, ["metal", "angry", "fast tempo", "electric guitar"]),
    ("One", "Metallica", 1988, ["metal", "electric guitar"]),
    ("Last Dance", "Donna Summer", 1978, ["disco", "party", "vocals"]),
    ("Autobahn", "Kraftwerk", 1974, ["electronic", "synthesizer"]),
]

SECONDS = [248.0, 354.0, 371.0, 214.0, 191.0, 562.0, 515.0, 447.0, 179.6, None]


@pytest.fixture(scope="module")
def reader() -> Rules:
    """The built-in reader over ten tracks."""
    title, artist, year, tags = zip(*ROWS, strict=True)
    ids = [t.casefold().replace(" ", "-") for t in title]
    columns: dict[str, Any] = {"track_id": ids, "title": title, "artist": artist, "year": year, "tags": tags}
    columns["duration_s"] = SECONDS
    return reader_of(Library.of(pl.DataFrame(columns, strict=False)).catalogue)


def after(reader: Rules, *said: str, played: tuple[str, ...] = ("so-what",)) -> DialogueState:
    """The state after utterances, with the same tracks played before each."""
    state = DialogueState()
    for words in said:
        state = reader.step(words, state, played)
    return state


def wishes(state: DialogueState) -> set[str]:
    """The wishes as "kind word", the refused ones with a "no"."""
    return {f"{w.kind} {w}" for w in state.wishes}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("anything but disco. 70s please", {"genre no disco", "year the 1970s"}),
        ("no more Queen", {"artist no Queen"}), ("I hate metalica", {"artist no Metallica"}),
        ("no more Queen or TLC", {"artist no Queen", "artist no TLC"}),
        ("No Scrubs by TLC", {"title No Scrubs"}), ("a song, no more war", set()),
        ("low rider by war", {"title Low Rider"}), ("bohemian rapsody", {"title Bohemian Rhapsody"}),
        ("du jazz des années 50", {"genre jazz", "year the 1950s"}),
        ("metal ohne Gesang", {"genre metal", "voice no vocals"}),
        ("nothing older than 1980", {"year 1980 or later"}), ("rock before 1977", {"genre rock", "year before 1977"}),
        ("静かなジャズ", {"genre jazz", "mood calm"}), ("nothing but jazz", {"genre jazz"}),
        ("rock, but not from the 80s", {"genre rock", "year no the 1980s"}),
        ("chcę posłuchać rocka z lat siedemdziesiątych", {"genre rock", "year the 1970s"}),
        ("80年代のメタル", {"genre metal", "year the 1980s"}), ("jazz w/o vocals", {"genre jazz", "voice no vocals"}),
        ("no disco. jazz please", {"genre no disco", "genre jazz"}),
        ("rock, nothing after 79", {"genre rock", "year no later than 1979"}),
        ("less piano more saxophone", {"instrument no piano", "instrument saxophone"}),
        ("rock please, I already know Queen", {"genre rock", "artist no Queen"}),
        ("rock from the 70s or newer", {"genre rock", "year 1970 or later"}),
        ("play last dnce by dona summer", {"title Last Dance"}),
        ("play low rder by war", {"title Low Rider"}),
    ],
)  # fmt: skip
def test_wishes_of_one_utterance(reader: Rules, words: str, expected: set[str]) -> None:
    assert wishes(after(reader, words)) == expected


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("i love queen", ["Queen"]), ("more queen songs", ["Queen"]), ("do you have queen?", ["Queen"]),
        ("something like queen or kraftwerk", ["Queen", "Kraftwerk"]), ("queen songs", ["Queen"]),
        ("a queen of hearts", []), ("a song about war", []), ("songs for heroes everywhere", []),
        ("music similar to heroes", ["Heroes"]), ("david bowie heroes", ["David Bowie", "Heroes"]),
        ("songs with a specific theme", []), ("music for the last dance of our party", []),
        ("i love low rider and bohemian rhapsody", ["Low Rider", "Bohemian Rhapsody"]),
    ],
)  # fmt: skip
def test_names_of_everyday_words_by_what_stands_around_them(
    reader: Rules, words: str, names: list[str]
) -> None:
    assert [m.name for m in reader.take_apart(words).names] == names


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("not that I mind jazz but today some rock", {"genre rock"}), ("nichts gegen Disco, aber lieber Jazz", {"genre jazz"}),
        ("i really dont want anything sad just some rock", {"genre rock"}), ("that's too electronic", {"genre no electronic"}),
        ("something other than Queen", {"artist no Queen"}), ("autre chose que Queen", {"artist no Queen"}),
        ("not Queen the jazz guys", {"artist no Queen", "genre jazz"}), ("funkier please", {"mood funky"}),
        ("old school metal", {"genre metal", "year no later than 1999"}),
        ("a rock song with musical accompaniment", {"genre rock"}),
        ("something old, with a trumpet", {"year the old days", "instrument trumpet"}),
        ("i was born in 1950 so rock from 1975 to 1988", {"year 1975–1988", "genre rock"}),
        ("could you pop on some jazz", {"genre jazz"}), ("a bit of jazz and a world of its own", {"genre rather jazz"}),
        ("not boring you know for tonight and maybe some piano", {"instrument rather piano"}),
        ("jazz without the swing", {"genre jazz", "genre no swing"}),
        ("actually forget the saxophone, give me some disco", {"instrument no saxophone", "genre disco"}),
        ("a fusion of jazz and metal", {"genre jazz or metal"}), ("musica sin letra", {"voice no vocals"}),
            ("T'aurais pas un peu de jazz ?", {"genre jazz"}), ("Hast du nicht ein bisschen Jazz?", {"genre jazz"}), ("pas d'électro", {"genre no electronic"}),
            ("un truc pour l'apéro", {"occasion a dinner"}), ("Metti una canzone rock di una donna", {"genre rock", "voice female vocals"}),
            ("Leg bitte eine Platte auf, die rockig klingt", {"genre rock"}), ("anything from the war years", set()), ("alright, some jazz", {"genre jazz"}),
    ],
)  # fmt: skip
def test_wishes_as_people_put_them(reader: Rules, words: str, expected: set[str]) -> None:
    assert wishes(after(reader, words, played=())) >= expected
    assert not any("War" in w for w in wishes(after(reader, words, played=())))


def test_what_is_asked_for_and_not_here_is_answered_and_nothing_new_plays(reader: Rules) -> None:
    state = after(reader, "some jazz", "do you have any polka?")
    assert (state.act, state.asked, state.unknown) == ("question", "here", ("polka",))
    assert wishes(state) == {"genre jazz"}


def test_another_like_an_artist_is_not_by_that_artist_either(reader: Rules) -> None:
    first = after(reader, "something like TLC but happier")
    again = reader.step("nice. another", first, ("so-what", "heroes"))
    assert again.act == "more"
    assert wishes(first) == wishes(again) == {"artist no TLC"}
    assert wishes(reader.step("some jazz", again, ("so-what",))) == {"genre jazz"}


def test_a_way_may_begin_with_what_plays(reader: Rules) -> None:
    state = after(reader, "take me from that to Kraftwerk in four songs")
    assert (state.act, state.ends[0], state.count) == ("way", ("so-what",), 4)


def test_something_completely_different_forgets_what_was_wanted(reader: Rules) -> None:
    state = after(reader, "calm music from the 50s, no disco", "now something completely different, metal")
    assert wishes(state) == {"genre no disco", "genre metal"}


def test_a_second_length_takes_the_place_of_the_first(reader: Rules) -> None:
    state = after(reader, "a song over 5 minutes", "no, under 4 minutes")
    assert wishes(state) == {"length under 4 minutes"}


def test_what_else_would_i_like_asks_for_what_is_alike(reader: Rules) -> None:
    assert after(reader, "i like queen, what else would i like?", played=()).like
    assert not after(reader, "i'd like queen", played=()).like


def test_a_sub_genre_that_is_not_here_is_said_and_its_family_plays(reader: Rules) -> None:
    state = after(reader, "some djent please")
    assert state.unknown == ("djent",)
    assert wishes(state) == {"genre metal"}
    assert wishes(after(reader, "rock but no math rock")) >= {"genre rock"}
    assert not after(reader, "rock but no math rock").unknown


@pytest.mark.parametrize("words", ["songs for my sister", "some fans of this film", "it matches my mood"])
def test_words_of_everyday_are_no_slips(reader: Rules, words: str) -> None:
    assert not [f for f in reader.take_apart(words).facts if f.concept.kind != "occasion"]


@pytest.mark.parametrize(
    ("words", "act"),
    [
        ("nice, who's that?", "question"), ("ooh who's singing", "question"),
        ("who is this?", "question"), ("what year is it from?", "question"), ("de quelle année ?", "question"),
        ("play it again", "repeat"), ("otra vez", "repeat"), ("another one like that", "more"), ("encore", "more"), ("keep going", "more"),
        ("thanks!", "social"), ("danke dir", "social"), ("merci beaucoup", "social"), ("thanks, that's all", "social"), ("stop", "social"), ("संगीत", "social"), ("is it a cover?", "question"), ("from Queen to Kraftwerk in six songs", "way"), ("skip", "refuse"),
        ("something between Queen and Kraftwerk", "blend"), ("mash up Queen and Kraftwerk", "blend"),
    ],
)  # fmt: skip
def test_acts(reader: Rules, words: str, act: str) -> None:
    assert after(reader, words).act == act


@pytest.mark.parametrize(
    "words",
    [
        "no more of that artist", "no more of this artist please", "not this band again", "enough of him", "not more from them",
        "skip that singer from now on", "I don't like this artist", "I'm tired of this group", "stop playing this guy",
        "never play that band again", "nichts mehr von ihm", "plus rien de cet artiste", "nada mas de esta banda",
    ],
)  # fmt: skip
def test_the_artist_that_plays_is_refused_without_a_name(reader: Rules, words: str) -> None:
    state = after(reader, "some jazz", words)
    assert wishes(state) == {"genre jazz", "artist no Miles Davis"}
    assert not state.like


def test_what_is_carried_replaced_and_lifted(reader: Rules) -> None:
    said = ("80s", "with saxophone", "and make it calm")
    assert wishes(after(reader, *said)) == {"year the 1980s", "instrument saxophone", "mood calm"}
    assert wishes(after(reader, "rock", "70s", "now the 80s")) == {"genre rock", "year the 1980s"}
    assert wishes(after(reader, "no queen please", "no, Queen was fine. play queen")) == {"artist Queen"}
    assert after(reader, "calm jazz", "forget all that").wishes == ()
    assert wishes(after(reader, "no disco, 70s", "forget the thing about disco")) == {"year the 1970s"}


def test_a_wish_that_is_a_title_too_is_lifted_by_its_word(reader: Rules) -> None:
    state = after(reader, "party music", "forget the party. jazz")
    assert wishes(state) == {"genre jazz"}
    assert [str(w) for w in state.lifted] == ["party"]


def test_a_joint_credit_is_refused_with_either_name(reader: Rules) -> None:
    allowed = reader.index.allowed(after(reader, "no more Queen"))
    assert [t[0] for t, free in zip(ROWS, allowed, strict=True) if not free] == [
        "Under Pressure",
        "Bohemian Rhapsody",
    ]


def test_names_that_are_not_here(reader: Rules) -> None:
    assert after(reader, "play Zxqvbn Orchestra").unknown == ("Zxqvbn Orchestra",)
    assert after(reader, "polka from the 2030s").unknown
    assert after(reader, "something by Sigur Ros").unknown == ("Sigur Ros",)
    assert not after(reader, "something calm for a rainy evening").unknown
    assert not after(reader, "songs for a world without love").unknown
    assert not after(reader, "Hast du was fürs Auto?").unknown


def test_comparison_and_how_many(reader: Rules) -> None:
    state = after(reader, "something older")
    assert [(c.dimension, c.tracks) for c in state.comparisons] == [("older", ("so-what",))]
    assert [c.dimension for c in after(reader, "a bit more upbeat please").comparisons] == ["happier"]
    assert after(reader, "five songs for a run").count == 5
    assert after(reader, "perfect. give me five more of those").count == 5
    either = reader.index.allowed(after(reader, "50s, 70s and 90s"))
    assert {ROWS[i][2] // 10 for i in either.nonzero()[0]} == {195, 197, 199}
    utmost = after(reader, "the oldest metal track")
    assert [ROWS[i][0] for i in reader.index.allowed(utmost).nonzero()[0]] == ["Master of Puppets"]
    assert after(reader, "99 luftballons").count == 1
    assert after(reader, "play " + "x" * 100_000).turn == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("rock under 6 minutes", {"genre rock", "length under 6 minutes"}), ("a long one", {"length 5 minutes or longer"}),
        ("shorter than five minutes", {"length under 5 minutes"}), ("not longer than 4:30", {"length no longer than 4:30"}),
        ("no long songs", {"length under 5 minutes"}), ("nothing over 4 minutes", {"length no longer than 4 minutes"}),
        ("a three-minute song", {"length about 3 minutes"}), ("unter vier Minuten", {"length under 4 minutes"}),
        ("moins de 4 minutes", {"length under 4 minutes"}), ("songs between 3 and 5 minutes", {"length 3 minutes to 5 minutes"}),
        ("a 30 minute playlist of jazz", {"genre jazz"}), ("I have 20 minutes for a run, rock", {"genre rock", "occasion a workout"}),
        ("she hates disco. rock", {"genre no disco", "genre rock"}),
    ],
)  # fmt: skip
def test_lengths(reader: Rules, words: str, expected: set[str]) -> None:
    assert wishes(after(reader, words)) == expected


def test_lengths_are_masks_that_carry_and_go(reader: Rules) -> None:
    def left(*said: str) -> set[str]:
        return {ROWS[i][0] for i in reader.index.allowed(after(reader, *said)).nonzero()[0]}

    assert left("under 3 minutes") == {"Last Dance"}
    assert left("metal", "no longer than 8 minutes") == {"One"}
    assert left("under 3 minutes", "any length is fine") == {r[0] for r in ROWS}
    assert left("shorter") == {r[0] for r, s in zip(ROWS, SECONDS, strict=True) if s and s < 562}
    assert left("the longest metal track") == {"Master of Puppets"}
    assert after(reader, "3 songs under 4 minutes").count == 3
    assert after(reader, "under 10 seconds").unknown == ("tracks under 10 seconds",)
    assert after(reader, "is it longer than 4 minutes?").asked == "length"


def test_nothing_like_them_refuses_what_is_like_them(reader: Rules) -> None:
    state = after(reader, "nothing like them")
    assert (state.act, state.rejected, wishes(state)) == (
        "refuse",
        ("so-what",),
        {"artist nothing like Miles Davis"},
    )
    named = after(reader, "rock, but nothing like Queen", "more")
    assert wishes(named) == {"genre rock", "artist nothing like Queen"}
    assert not any(w.alike for w in after(reader, "no more Queen").wishes)


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
    assert reply(reader.index, after(reader, "is this by Metallica?"), ["so-what"]).startswith("Not that")
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
