"""The sentence that goes with a track: markers filled, no other track named, never empty."""

import numpy as np
import polars as pl
import pytest
import torch

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Turn, conform, empty
from segue.data.library import Library
from segue.kit.words import words
from segue.llm.load import load_causal_lm, load_tokenizer
from segue.llm.session import Session
from segue.llm.vocabulary import extend
from segue.models.talkplay import reply
from segue.models.talkplay.reply import Names, fill, names_another, sentence, states_wrong
from segue.models.talkplay.sequence import Encoder
from segue.testing.tiny_llm import save_tiny
from segue.tokens.vocabulary import ARTIST, TITLE

TRACKS_OF = [
    ("Happy", "Pharrell Williams"),
    ("Yellow", "Coldplay"),
    ("Another Brick in the Wall", "Pink Floyd"),
    ("Élan", "Nightwish"),
    ("Here", "Her"),
    ("Don't Stop Me Now", "Queen"),
    ("{0} {title} 100%", 'Weird "Quotes" \\1'),
    ("<|artist|> of   the\nYear", "東京事変 🎵"),
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    rows = [{"track_id": f"t{n}", "title": t, "artist": a} for n, (t, a) in enumerate(TRACKS_OF)]
    return Catalogue(conform("tracks", pl.DataFrame(rows), TRACKS), empty(PLAYS), empty(PLAYLISTS), [])


@pytest.fixture(scope="module")
def names(catalogue: Catalogue) -> Names:
    return Names(catalogue)


def row_of(n: int) -> dict[str, str]:
    return dict(zip(("title", "artist"), TRACKS_OF[n], strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I love Yellow, by the sea", {"yellow"}),
        ("a yellow happy day", set()),
        ("Yellow is a colour", set()),  # a capital that begins a sentence says nothing
        ("So calm. Happy now?", set()),
        ('try "yellow" or ‘happy’', {"yellow", "happy"}),
        ("a song by COLDPLAY", {"coldplay"}),
        ("you like pink floyd", {"pink floyd"}),
        ("PINK, Floyd!", {"pink floyd"}),
        ("another brick in the wall", {"another brick in the wall"}),
        ("another brick", set()),
        ("the song Élan", {"elan"}),
        ("by Queen: don't stop me now", {"queen", "don t stop me now"}),
        ("after “東京事変”", {"東京事変"}),
        ("", set()),
    ],
)
def test_names_in_a_sentence(names: Names, text: str, expected: set[str]) -> None:
    assert names.found(text) == expected


@pytest.mark.parametrize(
    ("template", "row", "expected"),
    [
        (f"here is {TITLE} by {ARTIST}", 1, False),
        (f"{TITLE} is like Coldplay", 1, False),
        (f"{TITLE} is like Coldplay", 0, True),
        (f"{TITLE} by Pharrell Williams", 1, True),
        (f"{TITLE} by Pharrell Williams", 0, False),
        (f"{TITLE} is like Her", 2, True),  # "her" is inside "another", and is not Pink Floyd
        (f"not pink, {TITLE}, as floyd", 1, False),  # two words, not one name
        ("something calm for you", 1, False),
    ],
)
def test_naming_another_track(names: Names, template: str, row: int, expected: bool) -> None:
    assert names_another(template, row_of(row), names) is expected


@pytest.mark.parametrize("row", range(len(TRACKS_OF)))
def test_markers_are_filled_with_any_title(row: int) -> None:
    title, artist = (" ".join(s.split()) for s in TRACKS_OF[row])
    filled = fill(f" Here is  {TITLE} by {ARTIST}.\n{TITLE}!", row_of(row))
    assert filled == f"Here is {title} by {artist}. {title}!"


@pytest.fixture(scope="module")
def parts(tmp_path_factory, catalogue):
    path = save_tiny(tmp_path_factory.mktemp("lm") / "m")
    model, tokenizer = load_causal_lm(str(path)), load_tokenizer(str(path))
    vocabulary = extend(model, tokenizer, ("playlist", "metadata"), (3, 4), seed=0)
    codes = np.array([[n % 3, n % 4] for n in range(len(catalogue))], dtype=np.int16)
    return Session(model), Encoder(tokenizer, vocabulary, codes, catalogue.rows, 256)


def say(parts, names, catalogue, row: int, seed: int = 0) -> str:
    session, encoder = parts
    prompt = encoder.prompt([Turn("user", "play something calm by the river")])
    return sentence(session, encoder, names, catalogue, prompt, row, seed)


@pytest.mark.parametrize("row", range(len(TRACKS_OF)))
@pytest.mark.parametrize("seed", range(3))
def test_an_untrained_model_says_something_without_control_tokens(parts, names, catalogue, row, seed) -> None:
    said = say(parts, names, catalogue, row, seed)
    assert len(words(said)) >= 3
    assert said == " ".join(said.split()) != ""
    own = fill(TITLE, row_of(row))
    for token in parts[1].tokenizer.added_tokens_decoder.values():
        assert token.content not in said.replace(own, "")


def test_the_seed_decides_the_sentence(parts, names, catalogue) -> None:
    assert say(parts, names, catalogue, 1, seed=4) == say(parts, names, catalogue, 1, seed=4)
    assert len({say(parts, names, catalogue, 1, seed=s) for s in range(5)}) > 1
    fresh = (Session(parts[0].model), parts[1])
    assert say(fresh, names, catalogue, 1, seed=4) == say(parts, names, catalogue, 1, seed=4)


@pytest.mark.parametrize("bad", ["I play Coldplay’s Happy for you", "", "ok", "more of pink floyd please"])
def test_a_sentence_that_will_not_do_is_replaced(parts, names, catalogue, monkeypatch, bad) -> None:
    drawn = iter([bad] * reply.TRIES)
    monkeypatch.setattr(reply, "_draw", lambda *_: next(drawn))
    assert say(parts, names, catalogue, 3) == "Here is “Élan” by Nightwish."
    assert next(drawn, None) is None


def test_the_first_sentence_that_will_do_is_taken(parts, names, catalogue, monkeypatch) -> None:
    drawn = iter(["as good as Coldplay", f"hear {TITLE} by {ARTIST}", "never drawn"])
    monkeypatch.setattr(reply, "_draw", lambda *_: next(drawn))
    assert say(parts, names, catalogue, 6) == 'hear {0} {title} 100% by Weird "Quotes" \\1'
    assert next(drawn) == "never drawn"


def test_what_the_model_was_taught_is_said(parts, names, catalogue) -> None:
    """Each word is made the only likely one after the word before it."""
    session, encoder = parts
    words = [*encoder.text(f"calm and {TITLE} by {ARTIST}"), *encoder.template.after_assistant[:1]]
    taught = Teacher(session, words)
    prompt = encoder.prompt([Turn("user", "play")])
    assert sentence(taught, encoder, names, catalogue, prompt, 1, 0) == "calm and Yellow by Coldplay"


class Teacher(Session):
    """A session whose logits spell given words."""

    def __init__(self, session: Session, words: list[int]) -> None:
        super().__init__(session.model)
        self.words = iter(words)

    def logits(self, states: torch.Tensor, start: int, stop: int) -> torch.Tensor:
        found = super().logits(states, start, stop)
        found[next(self.words) - start] += 1000
        return found


@pytest.mark.parametrize(
    ("said", "bad"),
    [
        ("<|title|> is a calm one from the 80s", False),
        ("a calm tune from the 1980s, from 1984 in fact", False),
        ("<|title|> is a track from the 90s", True),
        ("something from the nineties by <|artist|>", True),
        ("a song from the 800s", True),
        ("a song from the 19970s", True),
        ("from the aughts", True),
        ("from nineteen ninety", True),
        ("a wild tune by <|artist|>", True),
        ("a soft rock number for you", False),
        ("a rock number for you", False),
        ("a hard rock number for you", True),
    ],
)
def test_facts_that_are_not_the_tracks_are_noticed(said: str, bad: bool) -> None:
    tracks = pl.DataFrame(
        {
            "track_id": ["a", "b"],
            "title": ["Alpha", "Beta"],
            "artist": ["Gamma", "Delta"],
            "year": [1984, 1995],
            "tags": [["calm", "soft rock"], ["wild", "hard rock", "rock"]],
        }
    )
    names = Names(Catalogue(conform("tracks", tracks, TRACKS), empty(PLAYS), empty(PLAYLISTS), []))
    row = conform("tracks", tracks, TRACKS).row(0, named=True)
    assert states_wrong(said, row, names) == bad


def test_a_name_is_found_without_its_accents() -> None:
    tracks = pl.DataFrame({"track_id": ["a"], "title": ["Déjà Vu"], "artist": ["Beyoncé"]})
    names = Names(Library.of(tracks).catalogue)
    assert names.found("I heard Beyonce sing Deja vu") == {"beyonce", "deja vu"}
