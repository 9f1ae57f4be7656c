"""Classical music: works by what they are, their movements, who composed them."""

from __future__ import annotations

import polars as pl
import pytest

from segue.data.library import Library
from segue.data.turned import turned
from segue.models.retrieval.bm25 import BM25
from segue.serving.chat import Conversation

FIVE, SEVEN = "Symphony No. 5 in C minor, Op. 67", "Symphony No. 7 in A major, Op. 92"
MOONLIGHT = "Piano Sonata No. 14 in C-sharp minor, Op. 27 No. 2 'Moonlight'"
WORLD = "Symphony No. 9 in E minor, Op. 95 'From the New World'"
TWENTY = "Piano Concerto No. 20 in D minor, K. 466"
WORKS = (
    ("Ludwig van Beethoven", "Kleiber", FIVE, "I. Allegro con brio", "II. Andante con moto", "III. Allegro"),
    ("Ludwig van Beethoven", "Kleiber", SEVEN, "I. Poco sostenuto - Vivace", "II. Allegretto", "III. Presto"),
    ("Ludwig van Beethoven", "Kempff", MOONLIGHT, "I. Adagio sostenuto", "II. Allegretto", "III. Presto"),
    ("Gustav Mahler", "Bernstein", "Symphony No. 5 in C-sharp minor", "I. Trauermarsch", "IV. Adagietto"),
    ("Wolfgang Amadeus Mozart", "Uchida", TWENTY, "I. Allegro", "II. Romance"),
    ("Wolfgang Amadeus Mozart", "Marriner", "Requiem in D minor, K. 626", "Dies irae", "Lacrimosa"),
    ("Clara Schumann", "Kanneh", "Piano Concerto in A minor, Op. 7", "I. Allegro", "II. Romanze"),
    ("Antonín Dvořák", "Szell", WORLD, "I. Adagio - Allegro molto", "II. Largo", "III. Scherzo"),
    ("Frédéric Chopin", "Rubinstein", "Nocturne No. 2 in E-flat major, Op. 9 No. 2", ""),
    ("Frédéric Chopin", "Rubinstein", "Nocturne No. 13 in C minor, Op. 48 No. 1", ""),
    ("Frédéric Chopin", "Argerich", "Prélude in D-flat major, Op. 28 No. 15", ""),
    ("Georges Bizet", "Callas", "Carmen", "Prélude", "Habanera"),
    ("Johann Strauss II", "Boskovsky", "An der schönen blauen Donau, Op. 314", ""),
)  # fmt: skip


def rows() -> pl.DataFrame:
    """A track for each movement."""
    found = [
        {"title": f"{work}: {part}" if part else work, "artist": player, "composer": who, "album": work}
        for who, player, work, *parts in WORKS
        for part in parts
    ]
    return pl.DataFrame(found).with_row_index("track_id").with_columns(pl.col("track_id").cast(pl.String))


@pytest.fixture(scope="module")
def model() -> BM25:
    """A recommender over works, with their players as artists and a column of composers."""
    return BM25.fit(Library.of(rows()))


@pytest.fixture
def talk(model: BM25) -> Conversation:
    """A conversation about works."""
    return Conversation(model)


def said(talk: Conversation, *words: str) -> list[str]:
    """The titles that play at the last of some utterances."""
    answers = [talk.ask(w) for w in words]
    return [str(p.row["title"]) for p in answers[-1].tracks]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (["a piano concerto by mozart"], "Piano Concerto No. 20 in D minor, K. 466: I. Allegro"),
        (["piano concerto in a minor"], "Piano Concerto in A minor, Op. 7: I. Allegro"),
        (["something by beethoven", "his fifth symphony"], f"{FIVE}: I. Allegro con brio"),
        (["beethoven 7"], f"{SEVEN}: I. Poco sostenuto - Vivace"),
        (["Mahler's fifth"], "Symphony No. 5 in C-sharp minor: I. Trauermarsch"),
        (["symphony no. 5, op. 67"], f"{FIVE}: I. Allegro con brio"),
        (["play the moonlight sonata"], f"{MOONLIGHT}: I. Adagio sostenuto"),
        (["the new world symphony", "the largo"], f"{WORLD}: II. Largo"),
        (["the new world symphony", "next movement please"], f"{WORLD}: II. Largo"),
        (["moonlight sonata", "give me movement three"], f"{MOONLIGHT}: III. Presto"),
        (["the slow movement of beethoven's seventh"], f"{SEVEN}: II. Allegretto"),
        (["moonlight sonata third movement"], f"{MOONLIGHT}: III. Presto"),
        (["the lacrimosa from mozart's requiem"], "Requiem in D minor, K. 626: Lacrimosa"),
        (["carmen"], "Carmen: Prélude"),
        (["play the blue danube"], "An der schönen blauen Donau, Op. 314"),
        (["a symphony", "by dvorak"], f"{WORLD}: I. Adagio - Allegro molto"),
        (["beethoven's fifth", "and the 7th?"], f"{SEVEN}: I. Poco sostenuto - Vivace"),
        (["something by mahler", "his fifth"], "Symphony No. 5 in C-sharp minor: I. Trauermarsch"),
        (["a nocturne", "something else by him, not a nocturne"], "Prélude in D-flat major, Op. 28 No. 15"),
    ],
)
def test_works_are_found_by_what_they_are(talk: Conversation, words: list[str], title: str) -> None:
    assert said(talk, *words) == [title]


def test_a_work_plays_whole_and_in_order(talk: Conversation) -> None:
    assert said(talk, "beethoven's fifth", "the third movement", "the whole symphony") == [
        f"{FIVE}: {part}" for part in WORKS[0][3:]
    ]


def test_several_works_are_counted(talk: Conversation) -> None:
    assert len(said(talk, "two nocturnes by chopin")) == 2
    assert talk.ask("how many piano concertos do you have?").sentence.startswith("There are 4 tracks here")
    assert "Op. 7”" in talk.ask("which piano concertos do you have?").sentence


def test_slow_movements_are_told_by_their_heads(talk: Conversation) -> None:
    slow = {f"{FIVE}: II. Andante con moto", f"{MOONLIGHT}: I. Adagio sostenuto", f"{WORLD}: II. Largo"}
    adagietto = "Symphony No. 5 in C-sharp minor: IV. Adagietto"
    assert {*said(talk, "four slow movements")} == {*slow, adagietto}
    assert talk.ask("something fast").tracks[0].row["title"] not in slow


@pytest.mark.parametrize("words", ["is it sad?", "is it cheerful?"])
def test_what_nothing_is_marked_with_is_not_affirmed(talk: Conversation, words: str) -> None:
    said(talk, "mahler's fifth")
    assert talk.ask(words).sentence.startswith("That is not known here.")


def test_composers_are_told_by_albums_too() -> None:
    albums = rows().with_columns(album=pl.col("composer").str.split(" ").list.last() + ": Works")
    talk = Conversation(BM25.fit(Library.of(albums.drop("composer"))))
    assert said(talk, "something by beethoven", "his seventh") == [f"{SEVEN}: I. Poco sostenuto - Vivace"]
    assert talk.ask("who composed it?").sentence.startswith("Beethoven wrote")
    assert "was composed is not known" in talk.ask("when was it composed?").sentence


def test_what_is_not_here_is_said(talk: Conversation) -> None:
    answer = talk.ask("beethoven's second symphony")
    assert answer.sentence.startswith("No second symphony by Ludwig van Beethoven here.")
    assert "Symphony" in answer.tracks[0].row["title"]


def test_who_wrote_it_and_who_plays_it(talk: Conversation) -> None:
    said(talk, "the new world symphony")
    assert talk.ask("who wrote it?").sentence.startswith("Antonín Dvořák wrote")
    assert "it is played by Szell" in talk.ask("who is conducting?").sentence
    assert talk.ask("what key is it in?").sentence.endswith("is in E minor.")
    assert talk.ask("something by a different composer").tracks[0].row["artist"] != "Szell"


def test_names_filed_by_the_last_name_are_turned_round() -> None:
    names = ["Mahler, Gustav", "Bartok [Bartók], Béla", "Strauss, Johann, II", "Traditional,"]
    names += ["Kronos Quartet", *(f"Bach, Johann {n}" for n in ("Sebastian", "Christian", "Ludwig", "Ernst"))]
    names += ["Haydn, Joseph", "Haydn, Michael"]
    told = turned(pl.DataFrame({"artist": names}))["artist"].to_list()
    assert told[:5] == ["Gustav Mahler", "Béla Bartók", "Johann Strauss II", "Traditional", "Kronos Quartet"]


@pytest.mark.parametrize(
    "names",
    [
        ["Mahler, Gustav", "Queen"],
        ["Drake", "Rihanna", "SZA", "Drake, Rihanna", "Rihanna, Drake", *(f"SZA, {n}" for n in "ABCDEFG")],
        ["Crosby, Stills & Nash", "Tyler, The Creator", *(f"Wiener Philharmoniker, {n}" for n in "ABCDEFGH")],
    ],
)
def test_other_names_stay_as_they_are(names: list[str]) -> None:
    assert turned(pl.DataFrame({"artist": names}))["artist"].to_list() == names


def test_an_article_is_turned_round_anywhere() -> None:
    assert turned(pl.DataFrame({"artist": ["Beatles, The", "Abba"]}))["artist"][0] == "The Beatles"


def test_nothing_is_the_best_known_where_no_fame_is_told(talk: Conversation) -> None:
    assert talk.ask("something everyone knows").sentence.startswith("Which is the best known is not known")
    assert "It is the saddest" not in talk.ask("the saddest one").sentence


def test_what_a_title_means_is_a_question(talk: Conversation) -> None:
    said(talk, "carmen")
    assert talk.ask("what does that mean?").tracks == ()


def test_a_composer_and_who_plays_it_are_both_meant(talk: Conversation) -> None:
    assert said(talk, "mozart played by uchida") == [f"{TWENTY}: I. Allegro"]
    state = talk.reader.step("Beethoven with Kempff", talk.state, ())
    assert [w.words for w in state.wishes] == ["Ludwig van Beethoven", "Kempff"]
    assert len(talk.reader.step("Beethoven or Kempff", talk.state, ()).wishes) == 1


def test_a_pace_is_no_movement_where_more_of_it_is_asked_for(talk: Conversation) -> None:
    assert not [
        w for w in talk.reader.step("something more allegro", talk.state, ()).wishes if w.kind == "track"
    ]
