# ruff: noqa: E501
"""Plain requests: names in part and as they sound, titles said in full, everyday words, what is no music."""

from __future__ import annotations

import polars as pl
import pytest

from segue.data.library import Library
from segue.serving.social import social
from segue.understanding.rewording import reworded
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from segue.understanding.titles_spoken import part_of
from ten_tracks import after, reader_over, wishes

TRACKS = (
    ("(You Make Me Feel Like) A Natural Woman", "Aretha Franklin", ""), ("Respect", "Aretha Franklin", ""),
    ("Every Time We Say Goodbye", "Ella Fitzgerald", ""), ("Ella's Song", "Sweet Honey in the Rock", ""),
    ("Take Me Home, Country Roads", "John Denver", ""), ("Alright", "Kendrick Lamar", ""),
    ("Billie Jean", "Michael Jackson", ""), ("Piano Man", "Billy Joel", ""), ("Jolene", "Dolly Parton", ""),
    ("Firestone", "Kygo", ""),
    ("Let It Go", "Idina Menzel", "Frozen"), ("Dreams", "Fleetwood Mac", "Rumours"),
    ("I Wanna Be Sedated", "Ramones", ""), ("Since U Been Gone", "Kelly Clarkson", ""),
    ("9 to 5", "Dolly Parton", ""), ("Walkin' After Midnight", "Patsy Cline", ""),
    ("Last Nite", "The Strokes", ""),
    ("Hungarian Dance No. 5", "The Strings", ""), ("Symphony No. 5 in C Minor", "Karajan", ""),
    ("Finally", "CeCe Peniston", ""), ("Respect Yourself", "Otis Redding", ""),
    ("Satisfaction", "Otis Redding", ""),
    ("Homework", "Otis Rush", ""), ("I Got You", "James Brown", ""), ("Volare", "Dean Martin", ""),
    ("Take Five", "The Dave Brubeck Quartet", ""), ("Giant Steps", "John Coltrane", ""),
)  # fmt: skip


@pytest.fixture(scope="module")
def rules() -> Rules:
    """A reader over the tracks, which have no tags."""
    titles, artists, albums = zip(*TRACKS, strict=True)
    columns = {"track_id": [f"{t} {a}" for t, a, _ in TRACKS], "title": titles, "artist": artists}
    return Rules(Library.of(pl.DataFrame({**columns, "album": albums})).catalogue)


def wished(rules: Rules, said: str) -> list[tuple[str, str]]:
    """Kind and words of the wishes that are names."""
    state = rules.step(said, DialogueState(), ())
    return [(w.kind, w.words) for w in state.wishes if w.kind in ("artist", "title", "album")]


@pytest.mark.parametrize(
    ("words", "occasion"),
    [
        ("my dog died today", "sad news"), ("I just lost my job", "sad news"), ("my gran passed away last night, play something slow", "sad news"),
        ("she dumped me", "a lost love"), ("I had such a day", "a hard day"), ("today was awful", "a hard day"), ("we are absolutely knackered", "a hard day"),
        ("I got the job!", "good news"), ("my team won", "good news"),
    ],
)  # fmt: skip
def test_news_are_heard(reader: Rules, words: str, occasion: str) -> None:
    assert f"occasion {occasion}" in wishes(after(reader, words, played=()))


@pytest.mark.parametrize(
    "words",
    [
        "play Day of the Dead",
        "songs for a long night",
        "my friend likes jazz",
        "I won't have jazz",
        "hot dog songs",
    ],
)
def test_what_is_no_news(reader: Rules, words: str) -> None:
    assert not {"occasion sad news", "occasion a hard day", "occasion good news"} & wishes(
        after(reader, words, played=())
    )


@pytest.mark.parametrize(
    ("words", "wished"),
    [
        ("rough day with the kids. got something calm?", {"occasion rather cheering up", "mood calm"}),
        ("we had the kids all week, some jazz?", {"genre jazz"}),
        ("I'm making dinner. jazz please", {"occasion rather a dinner", "genre jazz"}),
        ("jazz for dinner with the kids", {"occasion a dinner", "occasion children", "genre jazz"}),
        ("dinner party, jazz, calm", {"occasion a dinner", "genre jazz", "mood calm"}),
        ("something for the kids to dance to", {"occasion a party", "occasion children"}),
        ("I'm sad today, cheer me up", {"occasion cheering up"}),
        ("cheer me up with something calm", {"occasion cheering up", "mood calm"}),
        ("some jazz, no coffee left today", {"genre jazz"}),
        ("that one always works. some jazz", {"genre jazz"}), ("jazz before I leave for work", {"genre jazz"}), ("jazz for work", {"genre jazz", "occasion concentrating"}),
    ],
)  # fmt: skip
def test_what_is_only_told_is_no_wish(reader: Rules, words: str, wished: set[str]) -> None:
    assert wishes(after(reader, words, played=())) == wished


def test_a_story_asks_for_no_list(reader: Rules) -> None:
    assert after(reader, "I broke up with my boyfriend last week and I can't stop crying").count == 1
    assert len(after(reader, "jazz, rock, jazz, rock").parts) == 4


def test_who_sings_this_asks_for_no_title_of_that_word() -> None:
    rows = [("This", "Darius Rucker", None, ["country"]), ("Thriller", "MJ", "Thriller", ["pop"]), ("Beat It", "MJ", "Thriller", ["pop"])]  # fmt: skip
    some = reader_over([*rows, ("Praise", "The Choir", "Songs", ["christian"])], 1990)
    assert after(some, "who sings this", played=("1",)).about == ("1",)
    assert wishes(after(some, "the song called This", played=())) == {"title This"}
    assert wishes(after(some, "something off Thriller", played=())) == {"album Thriller"}
    assert wishes(after(some, "play Thriller", played=())) == {"title Thriller"}
    praise = after(some, "some christian music", played=())
    assert (wishes(praise), praise.unknown) == ({"genre christian"}, ())
    assert after(some, "what MJ albums are in here?", played=()).asked == "works"


@pytest.mark.parametrize(
    "words", ["the weather is horrible", "something the parents can stand", "my shoes are wet"]
)
def test_what_nobody_understands_is_told(reader: Rules, words: str) -> None:
    assert after(reader, words).vague in ("lost", "unread")


@pytest.mark.parametrize(
    "words",
    [
        "play something",
        "pick one for me",
        "something nice please",
        "surprise me",
        "some jazz",
        "another",
        "well, I guess",
        "amaze me",
    ],
)
def test_what_asks_for_anything_is_understood(reader: Rules, words: str) -> None:
    assert after(reader, words).vague in ("", "anything")


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("my granddaughter says I should try something modern", "something modern"), ("this is making me sleep", "too sleepy"),
        ("same style but more new", "same style but newer"), ("more new wave", "more new wave"), ("put for me the first music again", "put the first song again"),
        ("bruh this is old", "bruh too old"), ("is this old?", "is this old?"), ("name the album", "the album?"), ("which of the two is older, that or Yellow?", "which is older, that or Yellow?"),
        ("My neighbour hums this. What is it called?", "What is it called?"), ("I want jazz. What is this?", "I want jazz. What is this?"),
        ("the decade's right but not that lot", "same decade but not that lot"), ("right decade, wrong band", "same decade but another band"),
        ("the decade is right", "the decade is right"), ("right style of music", "right style of music"),
        ("finish with Blur, best thing ever to come out of Essex", "finish with Blur"), ("the best thing to come out of Essex", "the best thing to come out of Essex"),
        ("have you nothing from 1943 at all", "do you have anything from 1943 at all"), ("nothing from 1943", "nothing from 1943"),
        ("five songs that speed up as they go", "five songs slowest first"), ("songs that speed up", "songs that speed up"),
        ("right, a bit of harp", "right, some harp"), ("jazz with a bit of harp", "jazz with a bit of harp"), ("a bit of a laugh", "a bit of a laugh"),
        ("make sure Jolene's in there", "put Jolene in there"), ("make sure it is in there", "make sure it is in there"),
        ("that one Dolly does with Kenny Rogers", "Dolly and Kenny Rogers together"), ("that one he did with Queen", "that one he did with Queen"),
        ("one of theirs that's not played to death", "one of theirs less known"), ("whatever you like bar German", "whatever you like except German"),
        ("something in 3/4 time", "something waltz"), ("my son says no rap", "my son says no rap"),
        ("yesss. more", "yes. more"), ("nooo not thaaat one", "no not that one"), ("play Headbangeeerrr", "play Headbangeeerrr"), ("Elvis III", "Elvis III"),
        ("who even is that", "who is that"), ("even who sings", "even who sings"), ("she says again", "again"), ("she says again and again", "she says again and again"),
        ("play something off The Wall", "play something from The Wall"), ("something off the wall", "something off the wall"),
    ],
)  # fmt: skip
def test_other_words_for_it(words: str, plain: str) -> None:
    assert reworded(words) == plain


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("exchange number three against something faster", "replace number three with something faster"),
        ("change the second one through a jazz piece", "replace the second one with a jazz piece"),
        ("the third one doesn't please me", "i don't like the third one"), ("sort them after the year", "sort them by year"),
        ("the slowest one at the start", "slowest first"), ("From whom is the third?", "who is the third by?"),
        ("Fugees is missing! put them with", "add Fugees"), ("throw the two slowest out", "remove the two slowest"),
        ("five songs and each has to be from another decade", "five songs, each from a different decade"),
        ("for the twins (4), seven songs", "for the twins, seven songs"), ("four songs, none from Queen", "four songs, nothing from Queen"),
        ("let it begin with Abba", "begin with Abba"), ("open with Abba, finish on Queen", "start with Abba, end with Queen"),
        ("we're late. The same way but in four", "make it four"), ("The jump is too rough. Eight tracks.", "make it Eight tracks"),
        ("Purple Haze, but the guitars taken out", "Purple Haze, but without guitars"), ("and now the way back, jazz to rock", "the other way round"),
        ("instead of the piano a violin, for the rest as before", "replace the piano with violin"),
        ("someone else who sings french", "someone else in french"), ("what a pity! So some Abba", "So some Abba"),
    ],
)  # fmt: skip
def test_what_is_said_by_who_learned_english_later(words: str, plain: str) -> None:
    assert reworded(words) == plain


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("rock yes, Queen no", "rock, no Queen"), ("drums no, piano yes", "piano, no drums"), ("but gospel no", "but no gospel"),
        ("huwag naman jazz", "no jazz"), ("save me from jazz", "no jazz"), ("I don't want any kind of jazz", "I don't want any jazz"),
        ("Queen no, thanks", "no Queen"), ("na Zombie I want", "play Zombie"), ("who dey sing am", "who is sing it"), ("what of Madonna nko", "what about Madonna"),
        ("a top ten of reggae, please and thank you", "a top ten of reggae, please"), ("how do you call this song?", "what is the title of this song?"),
        ("return me to the first one", "go back to the first one"), ("put again the second", "play the second again"),
        ("another from the same people as Yellow", "another by the artist of Yellow"), ("this one slow too much", "too slow"),
        ("something loud or I will fall asleep", "something loud to keep me awake"), ("in the bus Kyiv - Lviv, something loud", "in the bus, something loud"),
        ("more ancient than this", "older than this"), ("the most old one", "the oldest one"), ("eight musics for a party", "eight songs for a party"),
        ("cancel number 3", "remove number 3"), ("third one no", "remove third one"), ("the second doesn't suit, take it away", "remove the second"),
        ("the last one, exchange please", "replace the last one"), ("let it be eight", "make it eight"), ("reduce to three", "make it three"),
        ("remain only the first two", "keep only the first two"), ("please reduce by two", "please remove the last two"), ("interchange first and last", "swap the first and the last"),
        ("carry number three go first", "put number three first"), ("only Queen should stay", "keep only the Queen ones"), ("and a longer bridge, 5", "and make it 5"),
        ("one in German, I am learning that language", "one in German"),
    ],
)  # fmt: skip
def test_what_is_said_all_over_the_world(words: str, plain: str) -> None:
    assert reworded(words) == plain


@pytest.mark.parametrize(
    "words",
    [
        "save me from boredom", "why not", "jazz or not", "what do you call this kind of music?", "songs by people who sing in French",
        "the bridge from Yellow to Zombie", "Let It Be", "the most hard rock", "I am full of energy", "make it slow",
        "the first one and the last one are good", "two of hearts", "before I sleep, something calm",
        "change my mind against all odds", "songs against racism", "play something through the night", "sort them after lunch",
        "something calm at the start", "from whom the bell tolls", "something is missing", "I am missing you", "take the guitar out",
        "Girls (1986)", "none of them is good", "rock but none from the 80s", "the same but in French", "the jump is too big",
        "this song is too fast. two songs slower", "left out in the cold", "the long way back", "instead of sleeping I want a party",
        "the rest is noise", "Pity the fool", "Ten Years After",
    ],
)  # fmt: skip
def test_what_is_not_said_in_other_words(words: str) -> None:
    assert reworded(words) == words


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("play natrual woman by areta franklin", "(You Make Me Feel Like) A Natural Woman"),
        ("aretha franklin natural woman please", "(You Make Me Feel Like) A Natural Woman"),
        ("country roads", "Take Me Home, Country Roads"),
        ("play that billy jean track", "Billie Jean"),
        ("play that jolean song", "Jolene"),
        ("let it go from frozen", "Let It Go"),
        ("my kids are screaming for let it go from frozen", "Let It Go"),
        ("play dreams off rumours", "Dreams"),
        ("i want to be sedated", "I Wanna Be Sedated"),
        ("i want to be sedated, hun", "I Wanna Be Sedated"),
        ("play jolene if that is possible", "Jolene"),
        ("since you been gone", "Since U Been Gone"),
        ("play nine to five", "9 to 5"),
        ("walking after midnight", "Walkin' After Midnight"),
        ("last night by the strokes", "Last Nite"),
        ("hungarian dance", "Hungarian Dance No. 5"),
        ("my uncle always sang volary by dean martin", "Volare"),
        ("take 5 by brubeck", "Take Five"),
    ],
)
def test_title_in_part_in_full_or_as_it_sounds(rules: Rules, said: str, title: str) -> None:
    assert wished(rules, said)[0] == ("title", title)


@pytest.mark.parametrize(
    ("said", "artist"),
    [
        ("some ella", "Ella Fitzgerald"),
        ("play ella please", "Ella Fitzgerald"),
        ("some otis", "Otis Redding"),
        ("play kendrik", "Kendrick Lamar"),
        ("some coltraine", "John Coltrane"),
    ],
)
def test_artist_by_one_word(rules: Rules, said: str, artist: str) -> None:
    assert wished(rules, said) == [("artist", artist)]


@pytest.mark.parametrize(
    "said",
    [
        "una canción de ella",  # Of hers.
        "play otis taylor",
        "play kendra",
        "some kendrik tunes about colanders",
        "the first one again",
        "a symphony",
        "a good woman's song",
        "finally he's asleep, so play me something",
        "i dont want to let it go from my mind",
    ],
)
def test_no_name_in_part(rules: Rules, said: str) -> None:
    assert wished(rules, said) == []


def test_part_of_one_title_alone() -> None:
    assert part_of(["natrual", "woman"], ["A Natural Woman", "Respect"]) == "A Natural Woman"
    assert part_of(["natural", "woman"], ["A Natural Woman", "Natural Woman Blues"]) == ""
    assert part_of(["love", "me"], ["Love Me Do"]) == ""  # Words of any request.
    assert part_of(["natural", "woman"], ["Natural Woman"]) == ""  # The whole is no part.


def test_first_names_are_no_last_names(rules: Rules) -> None:
    state = rules.step("play james taylor", DialogueState(), ())
    assert not any(w.words == "James Brown" for w in state.wishes)
    assert state.unknown == ("james taylor",)


def test_a_title_behind_but(rules: Rules) -> None:
    state = rules.step("play some otis redding, anything but satisfaction", DialogueState(), ())
    assert [(w.kind, w.words) for w in state.wishes if w.refused] == [("title", "Satisfaction")]
    assert wished(rules, "some otis redding but not too long") == [("artist", "Otis Redding")]


def test_an_initial_is_a_last_name(rules: Rules, reader: Rules) -> None:
    assert rules.step("that cardi b song", DialogueState(), ()).unknown == ("cardi b",)
    assert rules.step("play some billy g", DialogueState(), ()).unknown == ("billy g",)
    assert after(reader, "that lovely song", played=()).unknown == ()


def test_a_word_in_the_title_means_nothing_else(reader: Rules) -> None:
    state = after(reader, "songs with dance in the title", played=())
    assert [w.values for w in state.wishes] == [("last-dance",)]


def test_minutes_count_no_songs(reader: Rules) -> None:
    assert after(reader, "my physio says walk 30 min, tunes?").count == 1
    assert after(reader, "30 tunes for a walk").count == 30


def test_what_about_a_name_that_is_not_here(reader: Rules) -> None:
    assert after(reader, "what about mccartney").unknown == ("mccartney",)
    assert after(reader, "what about something slower").unknown == ()
    assert not any("upstairs" in u for u in after(reader, "for when you hear steps upstairs").unknown)


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("30 years ago", "year around"),
        ("nothing made after the moon landing", "year no later than 1969"),
        ("anything since the pandemic", "year 2020 or later"),
        ("from the year the berlin wall came down", "year 1989"),
        ("it's my mums 70th, hits from when she was 16", "year 19"),
        ("the 1st half of the seventies", "year the first half of the 1970s"),
    ],
)
def test_times(reader: Rules, said: str, wish: str) -> None:
    state = after(reader, said, played=())
    assert any(w.startswith(wish) for w in wishes(state)) or any("from" in u for u in state.unknown)


def test_years_ago_of_a_life_are_no_music(reader: Rules) -> None:
    assert not any(w.kind == "year" for w in after(reader, "we met 30 years ago, something calm").wishes)


def test_the_year_after(reader: Rules) -> None:
    state = after(reader, "something from 1975", "the year after", played=("bohemian-rhapsody",))
    assert "year 1976" in wishes(state)


@pytest.mark.parametrize(
    "said",
    [
        "what's the weather like",
        "whats the capital of peru",
        "tell me a joke",
        "is it going to rain tomorrow",
        "2+2?",
        "can you order me a pizza",
        "set an alarm for 7",
        "play nothing",
        "you are useless",
    ],
)
def test_what_is_no_music_plays_nothing(reader: Rules, said: str) -> None:
    assert after(reader, said, played=()).act == "social"


@pytest.mark.parametrize(
    "said",
    [
        "tell me more by queen",
        "music for rain tomorrow",
        "play who is the king of rock",
        "what time is it from",
        "two rock songs",
        "you choose",
        "some useless fun",
    ],
)
def test_what_is_music_does(reader: Rules, said: str) -> None:
    assert after(reader, said).act != "social"


def test_no_music_is_answered() -> None:
    assert social("what's the weather like").startswith("I can only play music.")
    assert social("you are useless").startswith("Sorry")
    assert social("hello").startswith("Hello")


def test_a_second_theme(reader: Rules) -> None:
    state = after(reader, "songs about the sun", "and the moon")
    assert state.act == "recommend"
    assert state.said == "the moon"
    assert after(reader, "some jazz", "and the moon").said != "the moon"


def test_minutes_and_hours_are_no_parts(reader: Rules) -> None:
    state = after(reader, "up since 5 with the kids, i have 20 minutes, something calm")
    assert not state.parts
    assert len(after(reader, "two jazz and three rock songs").parts) == 2


@pytest.mark.parametrize(
    ("said", "title"),
    [("play take me to church", "take me to church"), ("do you have purple rain", "purple rain")],
)
def test_a_title_of_plain_words_that_is_not_here(reader: Rules, said: str, title: str) -> None:
    state = after(reader, said, played=())
    assert state.unknown == (title,)
    assert not state.wishes


@pytest.mark.parametrize(
    "said", ["play me to sleep", "do you have rain", "do you have dinner music", "play hold me while i sleep"]
)
def test_plain_words_that_are_no_title(reader: Rules, said: str) -> None:
    assert after(reader, said, played=()).unknown == ()
