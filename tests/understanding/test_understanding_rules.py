# ruff: noqa: E501
"""What is wished, and what holds over turns: on ten tracks whose facts are known."""

from __future__ import annotations

import pytest

from segue.understanding.rules import Rules
from ten_tracks import ROWS, SECONDS, after, wishes


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
        ("rock, but not from the 80s", {"genre rock", "year nothing from the 1980s"}),
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
