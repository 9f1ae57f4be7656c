"""What holds, rests and is taken back over turns; lists that are edited; what the catalogue does not tell."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from segue.data.library import Library
from segue.models.retrieval.bm25 import BM25
from segue.serving.chat import Conversation

ROWS: list[tuple[str, str, int, list[str], float | None]] = [
    ("So Far", "Nina Vale", 1960, ["jazz", "calm", "piano"], 70.0),
    ("So Near", "Nina Vale", 1975, ["jazz", "energetic", "saxophone"], 120.0),
    ("Blue Door", "The Locks", 1968, ["jazz", "cool jazz", "trumpet"], 118.0),
    ("Red Door", "The Locks", 1981, ["rock", "electric guitar", "drums"], 150.0),
    ("Old Road", "Bob Hill", 1979, ["reggae", "drums", "vocals"], 80.0),
    ("New Road", "Bob Hill", 1983, ["reggae", "roots reggae", "drums"], 82.0),
    ("Wet Street", "Ann Ost", 1992, ["hip-hop", "jazz rap"], None),
    ("Dry Street", "Ann Ost", 1994, ["hip-hop"], 95.0),
    ("Le Pont", "Jean Roc", 1964, ["chanson", "accordion", "french"], None),
    ("La Rue", "Jean Roc", 1966, ["soul", "french"], None),
    ("Warm Hands", "Sol Day", 1971, ["soul", "sad"], 100.0),
]
COUNTED = {"bpm": [r[4] for r in ROWS]}


def talk(**columns: Any) -> Conversation:
    """A conversation over eleven tracks, with more columns."""
    title, artist, year, tags, _ = zip(*ROWS, strict=True)
    rows = {"track_id": [f"t{i}" for i in range(len(ROWS))], "title": title, "artist": artist, "year": year}
    library = Library.of(pl.DataFrame({**rows, "tags": tags, **columns}, strict=False))
    return Conversation(BM25.fit(library))


def plays(talk: Conversation, *said: str) -> list[list[str]]:
    """The titles of the answer to each utterance."""
    return [[str(p.row["title"]) for p in talk.ask(words).tracks] for words in said]


def test_a_refusal_of_a_sound_rests_where_what_is_wished_later_has_nothing_without_it() -> None:
    chat = talk()
    chat.ask("no drums please")
    answer = chat.ask("give me reggae")
    assert "reggae" in answer.tracks[0].row["tags"]
    assert [str(w) for w in answer.state.resting] == ["no drums"]
    assert [str(w) for w in answer.tracks[0].unmet] == ["no drums"]
    assert "I let go of “no drums”. It holds again next." in answer.sentence
    assert [str(w) for w in chat.state.refused] == ["no drums"]
    assert "let go" not in chat.ask("another").sentence, "it was told"
    assert all("drums" not in p.row["tags"] for p in chat.ask("jazz").tracks)


def test_a_refusal_that_is_said_after_the_wish_does_not_rest() -> None:
    chat = talk()
    chat.ask("reggae")
    answer = chat.ask("no drums")
    assert not answer.state.resting
    assert all("drums" not in p.row["tags"] for p in answer.tracks)


def test_an_artist_who_was_refused_stays_refused_and_is_named_where_that_costs_a_wish() -> None:
    chat = talk()
    chat.ask("nothing by Bob Hill")
    answer = chat.ask("some reggae")
    assert all(p.row["artist"] != "Bob Hill" for p in answer.tracks)
    assert "“reggae”: “no Bob Hill” stands against it, until you say “Bob Hill is fine”." in answer.sentence
    chat.ask("Bob Hill is fine")
    assert plays(chat, "some reggae")[0][0] in ("Old Road", "New Road")


def test_a_language_goes_with_its_genre_when_another_one_begins() -> None:
    chat = talk()
    assert plays(chat, "french chanson", "now a 70s soul song") == [["Le Pont"], ["Warm Hands"]]


@pytest.mark.parametrize("words", ["back to Nina", "play some Nina", "more Nina please"])
def test_a_first_name_of_who_is_here_is_no_child(words: str) -> None:
    chat = talk()
    chat.ask("play So Far by Nina Vale")
    chat.ask("some rock")
    assert chat.ask(words).tracks[0].row["artist"] == "Nina Vale"


def test_a_list_is_edited_and_the_rest_stays() -> None:
    chat = talk()
    first = plays(chat, "3 jazz songs")[0]
    assert sorted(first) == ["Blue Door", "So Far", "So Near"]
    swapped = chat.ask("replace number 2 with a soul song")
    titles = [str(p.row["title"]) for p in swapped.tracks]
    assert (titles[0], titles[2]) == (first[0], first[2])
    assert titles[1] in ("La Rue", "Warm Hands")
    assert swapped.sentence.startswith("The second is now")
    assert plays(chat, "drop the first", "play the first one") == [titles[1:], [titles[1]]]
    assert chat.ask("replace number 7").state.act != "edit"


def test_what_was_counted_may_be_played_next() -> None:
    chat = talk()
    assert (
        chat.ask("how many songs by The Locks do you have?").sentence
        == "There are 2 tracks here by The Locks."
    )
    assert chat.ask("play one").tracks[0].row["artist"] == "The Locks"


def test_beats_a_minute_are_met_where_they_are_counted_and_else_said_to_be_unknown() -> None:
    assert plays(talk(**COUNTED), "jazz around 120 bpm")[0][0] in ("So Near", "Blue Door")
    assert plays(talk(**COUNTED), "something over 140 bpm") == [["Red Door"]]
    assert "How many beats a minute tracks have is not known here." in talk().ask("jazz at 120 bpm").sentence


@pytest.mark.parametrize(
    "words", ["hip hop without swearing", "clean rap only", "hip hop, no explicit lyrics"]
)
def test_what_swears_is_left_out_where_that_is_known_and_else_said_to_be_unknown(words: str) -> None:
    explicit = [title == "Wet Street" for title, *_ in ROWS]
    assert plays(talk(explicit=explicit), words, "another")[0] == ["Dry Street"]
    assert "Which tracks swear is not known here" in talk().ask(words).sentence


def test_where_a_small_genre_has_nothing_more_the_one_that_it_is_part_of_plays() -> None:
    chat = talk()
    assert plays(chat, "jazz rap", "another one") == [["Wet Street"], ["Dry Street"]]
    assert "I let go of “jazz rap”" in chat.turns[-1].content


def test_nothing_else_by_an_artist_is_said_so() -> None:
    chat = talk()
    plays(chat, "Bob Hill", "another by him")
    assert chat.ask("more by him").sentence.startswith("No more by Bob Hill here.")


@pytest.mark.parametrize(
    ("words", "year"), [("same decade but rock", 1981), ("something from the same album", None)]
)  # fmt: skip
def test_the_same_decade_and_album_as_what_plays(words: str, year: int | None) -> None:
    chat = talk(album=[f"Album {artist}" for _, artist, *_ in ROWS])
    chat.ask("play New Road")
    row = chat.ask(words).tracks[0].row
    assert row["year"] == year if year else row["title"] == "Old Road"


def test_a_key_is_told_and_names_keep_their_dots() -> None:
    chat = talk(key=["C minor", *[None] * (len(ROWS) - 1)], album=["...And So On", *[None] * (len(ROWS) - 1)])
    chat.ask("play So Far")
    assert chat.ask("what key is it in?").sentence == "“So Far” is in C minor."
    assert chat.ask("which album is it on?").sentence == "“So Far” by Nina Vale is on “...And So On”."


def test_what_is_refused_after_a_list_leaves_the_list() -> None:
    chat = talk()
    first = plays(chat, "3 jazz songs")[0]
    answer = chat.ask("no trumpet please")
    titles = [str(p.row["title"]) for p in answer.tracks]
    assert answer.state.act == "edit"
    assert "Blue Door" not in titles
    assert [t for t in first if t != "Blue Door"] == [t for t in titles if t in first]


def test_a_list_can_be_edited_after_something_else_has_played() -> None:
    chat = talk()
    first = plays(chat, "2 jazz songs")[0]
    chat.ask("play Red Door")
    assert plays(chat, "swap 2")[0][0] == first[0]


def test_what_played_comes_again_by_its_title() -> None:
    chat = talk()
    assert plays(chat, "play Red Door", "some jazz", "play red door again")[2] == ["Red Door"]
    assert chat.last is not None
    assert chat.last.state.act == "repeat"


def test_where_nothing_older_is_left_the_genre_stays_and_that_is_said() -> None:
    chat = talk()
    assert plays(chat, "play So Far", "the oldest jazz", "older")[1:] == [["Blue Door"], ["So Near"]]
    assert chat.turns[-1].content.startswith("Nothing older is left for that.")


@pytest.mark.parametrize(
    "words",
    [
        "take me from calm to energetic in 3 songs", "start calm and end energetic, 3 songs",
        "a way that begins with calm and gets energetic in 3 steps",
    ],
)  # fmt: skip
def test_a_way_may_go_between_moods(words: str) -> None:
    titles = plays(talk(), words)[0]
    assert (titles[0], titles[-1], len(titles)) == ("So Far", "So Near", 3)


def test_a_way_goes_once_more_with_another_number_of_tracks() -> None:
    chat = talk()
    first, longer, shorter = plays(
        chat, "from Red Door to Le Pont in 4 steps", "again with 6", "again but shorter"
    )
    assert (len(first), len(longer), len(shorter)) == (4, 6, 4)
    assert {(t[0], t[-1]) for t in (first, longer, shorter)} == {("Red Door", "Le Pont")}


def test_a_list_lasts_as_long_as_is_asked_where_lengths_are_known() -> None:
    chat = talk(duration_s=[200.0] * len(ROWS))
    assert len(chat.ask("ten minutes of jazz").tracks) == 3
    answer = talk().ask("ten minutes of jazz")
    assert len(answer.tracks) == 2
    assert answer.sentence.startswith("How long tracks last is not known here.")


def test_a_playlist_without_a_number_is_a_list() -> None:
    assert len(plays(talk(), "make me a playlist for tonight")[0]) == 10


def test_what_is_said_now_stays_before_what_was_said_turns_ago() -> None:
    chat = talk()
    assert plays(chat, "hip hop", "from 1964")[1] == ["Le Pont"]
    assert "I let go of “hip-hop”" in chat.turns[-1].content


def test_what_no_track_has_costs_no_other_wish() -> None:
    chat = talk()
    answer = [chat.ask(words) for words in ("some jazz", "female singers only")][-1]
    assert "Nothing here is marked as" in answer.sentence
    assert "let go" not in answer.sentence


@pytest.mark.parametrize(
    ("said", "artist"),
    [
        (["Bob Hill? no wait, Sol Day"], "Sol Day"), (["play Nina Vale", "her saxophone stuff"], "Nina Vale"),
        (["2 jazz songs", "play Red Door", "the second one again"], None),
    ],
)  # fmt: skip
def test_corrections_and_references(said: list[str], artist: str | None) -> None:
    chat = talk()
    answers = [chat.ask(words) for words in said]
    if artist:
        assert answers[-1].tracks[0].row["artist"] == artist
    else:
        assert answers[-1].tracks[0].track_id == answers[0].tracks[1].track_id


def test_a_no_may_stand_behind_the_name() -> None:
    chat = talk()
    chat.ask("some jazz, not The Locks")
    chat.ask("Nina Vale also no")
    assert chat.avoided == ["The Locks", "Nina Vale"]


def test_years_are_counted_from_what_plays() -> None:
    assert plays(talk(), "play Blue Door", "something 15 years newer")[1][0] in ("Red Door", "New Road")


@pytest.mark.parametrize("words", ["two jazz", "give me 2 reggae", "dos jazz por favor"])
def test_a_number_before_a_kind_of_music_is_how_many(words: str) -> None:
    assert len(plays(talk(), words)[0]) == 2


def test_one_of_each_is_a_list_of_both() -> None:
    chat = talk()
    titles = plays(chat, "play Bob Hill then Nina Vale")[0]
    assert [titles[0] in ("Old Road", "New Road"), titles[1] in ("So Far", "So Near")] == [True, True]
    assert chat.turns[-1].content.startswith("First ")


def test_what_is_refused_and_not_in_the_list_leaves_it_as_it_is() -> None:
    chat = talk()
    first, second = plays(chat, "2 reggae songs", "no trumpet please")
    assert first == second


@pytest.mark.parametrize(
    ("words", "dimension"),
    [
        ("crank it up", "louder"), ("wind it down", "calmer"), ("less in your face", "calmer"),
        ("gloomier", "sadder"), ("more up to date", "newer"),
        ("a bit speedier", "faster"), ("half as fast", "slower"), ("a decade earlier", "older"),
        ("not as well known", "less known"), ("not that new", "older"),
    ],
)  # fmt: skip
def test_comparisons_in_other_words(words: str, dimension: str) -> None:
    chat = talk()
    chat.ask("play Red Door")
    assert [c.dimension for c in chat.hear(words).comparisons] == [dimension]


@pytest.mark.parametrize(
    "words",
    ["well, i guess it is alright", "that is one thing", "hmm interesting", "its alright, next"],
)
def test_talk_that_asks_for_nothing_goes_on_and_looks_for_no_title(words: str) -> None:
    chat = talk()
    chat.ask("some jazz")
    state = chat.hear(words)
    assert (state.act, [str(w) for w in state.wishes]) == ("more", ["jazz"])


@pytest.mark.parametrize(
    "words", ["never again", "hmm not sure about it", "can we have a change", "different mood"]
)
def test_what_turns_a_track_down_in_other_words(words: str) -> None:
    chat = talk()
    chat.ask("some jazz")
    assert chat.hear(words).rejected == tuple(chat.played)


@pytest.mark.parametrize(
    ("said", "held"),
    [
        (["jazz, no piano", "scrap the piano thing"], {"jazz"}),
        (["jazz from the 70s", "forget about the decade"], {"jazz"}),
        (["jazz from the 70s", "doesn't need to be from the 70s"], {"jazz"}),
        (["jazz from the 70s", "or the 60s"], {"jazz", "the 1970s or the 1960s"}),
        (["jazz", "or reggae"], {"jazz or reggae"}),
        (["nothing after 1980", "jazz", "reggae"], {"no later than 1980", "reggae"}),
        (["instrumental from now on", "jazz", "reggae"], {"instrumental", "reggae"}),
        (["never play me any reggae", "soul"], {"no reggae", "soul"}),
        (["no The Locks", "The Locks are fine now"], set()),
        (["new topic: jazz"], {"jazz"}),
    ],
)  # fmt: skip
def test_what_holds_after_some_turns(said: list[str], held: set[str]) -> None:
    chat = talk()
    for words in said:
        chat.ask(words)
    assert {str(w) for w in chat.state.wishes if not w.now} - {"The Locks"} == held


def test_what_is_in_the_list_already_moves() -> None:
    chat = talk()
    first = plays(chat, "3 jazz songs")[0]
    other = next(i for i, title in enumerate(first) if title != "Blue Door")
    left = [title for i, title in enumerate(first) if i != other]
    assert sorted(plays(chat, f"swap number {other + 1} for Blue Door")[0]) == sorted(left)
    assert chat.ask("play the list again").state.act == "repeat"


@pytest.mark.parametrize("words", ["i can't stand that last singer", "not that last band again"])
def test_who_sang_last_is_refused_and_not_singing(words: str) -> None:
    chat = talk()
    chat.ask("play Red Door")
    assert {str(w) for w in chat.hear(words).wishes if w.refused} == {"no The Locks"}
