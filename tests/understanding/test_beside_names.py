"""What stands beside a name: whose a title is, what is not here of an artist, what a name is short for."""

from __future__ import annotations

import pytest

from segue.understanding.rules import Rules
from ten_tracks import after, reader_over, wishes

ROWS: list[tuple[str, str, str | None, list[str]]] = [
    ("War", "Edwin Starr", "War & Peace", ["soul"]),
    ("Low Rider", "War", "Why Can't We Be Friends?", ["funk"]),
    ("Crazy", "Patsy Cline", "Showcase", ["country"]),
    ("Crazy", "Gnarls Barkley", "St. Elsewhere", ["soul"]),
    ("Don't Stop Me Now", "Queen", "Jazz", ["rock", "energetic", "happy", "piano"]),
    ("Bohemian Rhapsody", "Queen", "A Night at the Opera", ["rock"]),
    ("Dreams", "Fleetwood Mac", "Rumours", ["rock"]),
    ("Pride and Joy", "Stevie Ray Vaughan & Double Trouble", "Texas Flood", ["blues", "electric guitar"]),
    ("Stairway to Heaven", "Led Zeppelin", "Led Zeppelin IV", ["rock"]),
    ("Kashmir", "Led Zeppelin", "Physical Graffiti", ["rock"]),
    ("You're the First, the Last, My Everything", "Barry White", None, ["soul"]),
    ("Many Rivers to Cross", "Jimmy Cliff", None, ["reggae"]),
    ("Cat's in the Cradle", "Harry Chapin", None, ["folk"]),
    ("Lady", "Fela Kuti", "Shakara", ["afrobeat"]),
    ("Canon in D Major", "Chamber Orchestra", None, ["classical"]),
    ("Bridge over Troubled Water", "Simon & Garfunkel", None, ["folk"]),
    ("Los Angeles", "X", "Los Angeles", ["punk"]),
    ("I Will Always Love You", "Whitney Houston", None, ["pop"]),
]


@pytest.fixture(scope="module")
def reader() -> Rules:
    """A reader over names that are words, parts and slips of others."""
    return reader_over(ROWS, 1975)


@pytest.mark.parametrize(
    ("words", "wished"),
    [
        ("War. by Edwin Starr, not the band called War", {"title War", "artist no War"}),
        ("War, which is by Edwin Starr", {"title War"}), ("Now play War. Edwin Star I think", {"title War"}),
        ("led zeppelin then, kashmir", {"title Kashmir"}),
        ("hit me with Many Rivers to Cross", {"title Many Rivers to Cross"}),
        ("right, SRV", {"artist Stevie Ray Vaughan"}), ("queen live", {"artist Queen"}),
        ("no queen either", {"artist no Queen"}),
        ("Patsy Cline covering Crazy", {"title Crazy"}), ("the fella from Queen", {"artist Queen"}),
        ("no Queen? shame. War then", {"artist no Queen", "artist War"}),
        ("gimmy cliff", {"artist Jimmy Cliff"}), ("patsi cline", {"artist Patsy Cline"}),
        ("and War, which funnily enough is by Edwin Starr", {"title War"}),
        ("now War the song, good god", {"title War"}),
        ("play War the band", {"artist War"}),
        ("ok NOW the band called War haha", {"artist War"}),
        ("something by the group called War", {"artist War"}),
        ("now Whitney x", {"artist Whitney Houston"}),
        ("play X", {"artist X"}),
        ("put Queen on please", {"artist Queen"}),
        ("Zep. NOT stairway, the bassist will quit", {"artist Led Zeppelin", "title no Stairway to Heaven"}),
        ("some SRV for the guitarist", {"artist Stevie Ray Vaughan"}),
        ("they leave to You're the first the last my everything", {
            "title You're the First, the Last, My Everything"
        }),
        ("something off Rumors by fleetwood mac", {"album Rumours", "artist Fleetwood Mac"}),
        ("could we hear Pachelbel's canon?", {"title Canon in D Major"}),
        ("something from the Shakara album", {"album Shakara"}),
        ("play the shakara one", {"album Shakara"}),
        ("electric guitar please", {"instrument electric guitar"}),
        ("some Cliff please", {"artist Jimmy Cliff"}),
    ],
)  # fmt: skip
def test_what_is_told_beside_a_name(reader: Rules, words: str, wished: set[str]) -> None:
    state = after(reader, words, played=())
    assert (wishes(state), state.unknown) == (wished, ())


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("We will rock you by Queen, for the lads", "We will rock you"),
        ("another one bites the dust by queen", "another one bites the dust"),
        ("they asked for Perfect by Queen", "Perfect"),
        ("do you have 'Killer Clown' by Queen?", "Killer Clown"),
        ("and Queen's 'Under My Roof'?", "Under My Roof"),
        ("You have Queen song Engel, yes?", "Engel"),
        ("that Queen song Hello", "Hello"),
        ("Barry White engel", "engel"),
        ("shakira", "shakira"),
        ("play the shakira one", "shakira"),
        ("phish, live if possible", "phish"),
        ("floydd pinkk pls, something", "floydd pinkk"),
        ("debussy, clair de lune?", "debussy"),
        ("Chopin", "Chopin"),
        ("anything by Cliff Richard, please?", "Cliff Richard"),
        ("gangnam style lads", "gangnam style"),
        ("blackpink in your area", "blackpink"),
        ("the band Europe", "Europe"),
        ("America (the band)", "America"),
        ("play some JB", "JB"),
        ("can we have sweet caroline", "sweet caroline"),
        ("Barry White chasing pavements", "chasing pavements"),
        ("Crazy but the Jeff Buckley one", "Jeff Buckley"),
        ("crazy but the muppets version", "muppets"),
        ("play the minecraft music", "minecraft"),
        ("something sung in Polish", "songs in Polish"),
        ("smooth criminal by queen", "smooth criminal"),
        ("Queen's cover of Whiskey in the Jar", "Whiskey in the Jar"),
        ("I want the album OK Computer", "OK Computer"),
        ("is Dire Straits in there?", "Dire Straits"),
        ("what year did Beethoven die?", "Beethoven"),
    ],
)
def test_what_is_not_here(reader: Rules, words: str, unknown: str) -> None:
    assert after(reader, words, played=()).unknown == (unknown,)


@pytest.mark.parametrize(
    "words",
    [
        "another great one with a piano by Queen",
        "i was blown away by Queen",
        "the one my mum likes by Queen",
        "a banger by queen",
        "that Queen song my mum likes",
        "Queen makes me happy",
        "play some Queen while I Cook",
        "crikey, soul please",
        "the band that sang this",
        "name the band",
        "harry chapin tribute night",
        "Queen rocks",
        "I'm lookin' for somethin' good, rockin' and rollin'",
        "music for our bassist by Queen",
    ],
)
def test_what_is_said_besides_is_no_title(reader: Rules, words: str) -> None:
    assert after(reader, words, played=()).unknown == ()


@pytest.mark.parametrize(
    ("said", "played", "values"),
    [
        (("play Crazy", "I meant the Patsy Kline one"), ("3",), ("2",)),
        (("play Crazy", "haha ok the proper one now"), ("3",), ("2",)),
        (("some simon and garfunkel", "the one with the bridge over the water"), ("4",), ("15",)),
    ],
)
def test_which_one_is_meant(
    reader: Rules, said: tuple[str, ...], played: tuple[str, ...], values: tuple[str, ...]
) -> None:
    state = after(reader, *said, played=played)
    assert [w.values for w in state.wishes if w.kind == "title"] == [values]
