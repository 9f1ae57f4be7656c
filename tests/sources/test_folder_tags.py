"""Tags: 10,000 strings of every script through files, tinytag and the catalogue, and the cleaning rules."""

from __future__ import annotations

import random
import sys
import unicodedata
from pathlib import Path

import folder_made as made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.data.catalogue import Catalogue
from segue.importing import add as importing
from segue.kit.workspace import Workspace
from segue.sources.folder import importer as folder
from segue.sources.folder import tags as folder_tags

N_FILES = 1_000
TAGS_A_FILE = 7
EMOJI = ["👩‍🚀", "🏳️‍🌈", "👨‍👩‍👧‍👦", "🇳🇴", "👍🏽", "🎷", "❤️", "1️⃣"]


def characters() -> dict[str, list[str]]:
    """Script (the first word of the characters' names) -> its visible characters."""
    found: dict[str, list[str]] = {}
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if unicodedata.category(char)[0] in "LMNS" and char not in "/;,|":
            found.setdefault(unicodedata.name(char, "UNNAMED").split()[0], []).append(char)
    return found


def made_up(rng: random.Random, script: list[str]) -> str:
    """A text that begins with a letter: one script, marks, an emoji, right-to-left text."""
    letters = [rng.choice(script) for _ in range(rng.randint(1, 12))]
    marks = [chr(rng.randint(0x300, 0x36F)) for _ in range(rng.randint(0, 2))]
    middle = rng.choice([" ", "\u200f", "\u3000", "\u00a0", "-", ""])
    return "x" + "".join(letters) + "".join(marks) + middle + rng.choice(EMOJI) + "מa"


def test_ten_thousand_tags_survive_the_round_trip(tmp_path: Path) -> None:
    rng = random.Random(0)
    scripts = list(characters().values())
    texts = iter(f"{made_up(rng, scripts[n % len(scripts)])}{n}" for n in range(N_FILES * (3 + TAGS_A_FILE)))
    mp3, flac = made.audio("mp3"), made.audio("flac")
    expected = {}
    for n in range(N_FILES):
        title, artist, album, *tags = [next(texts) for _ in range(3 + TAGS_A_FILE)]
        tail = n.to_bytes(4, "big") * 30  # the coded audio of every file is another
        if n % 2:
            head = made.id3({"TIT2": title, "TPE1": artist, "TALB": album, "TCON": "\0".join(tags)})
            data = head + mp3[:-300] + tail + mp3[-180:]
        else:
            fields = [("TITLE", title), ("ARTIST", artist), ("ALBUM", album), *(("GENRE", t) for t in tags)]
            data = made.flac(flac, fields)[:-200] + tail + flac[-80:]
        (tmp_path / "music").mkdir(exist_ok=True)
        (tmp_path / "music" / f"{n:04}.{'mp3' if n % 2 else 'flac'}").write_bytes(data)
        expected[f"{n:04}"] = (title, artist, album, tags)
    importing.add(Workspace(tmp_path / "w"), folder.read(tmp_path / "music"), update=True)
    tracks = Catalogue.load(Workspace(tmp_path / "w")).tracks
    found = {
        Path(path).stem: (title, artist, album, tags)
        for path, title, artist, album, tags in tracks.select(
            "audio_path", "title", "artist", "album", "tags"
        ).rows()
    }
    nfc = {
        stem: (
            *(unicodedata.normalize("NFC", t) for t in names),
            [unicodedata.normalize("NFC", t) for t in tags],
        )
        for stem, (*names, tags) in expected.items()
    }
    assert len(scripts) > 150
    assert found == nfc


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), max_size=80))
def test_cleaning(text: str) -> None:
    found = folder_tags.clean(text)
    if found is None:
        gone = (c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Zs", "Zl", "Zp"))
        assert set(gone) <= {"\ufeff"}
        return
    assert folder_tags.clean(found) == found
    assert unicodedata.is_normalized("NFC", found)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in found)
    found.encode()
    kept = [c for c in unicodedata.normalize("NFD", text) if c.isalnum()]
    assert kept == [c for c in unicodedata.normalize("NFD", found) if c.isalnum()]


def test_long_and_dirty_names() -> None:
    assert folder_tags.clean("a" * 5_000) == "a" * folder_tags.LONGEST
    assert folder_tags.clean(" a\x00b\tc\u2028d\ufeff \ud800") == "a b c d"
    assert folder_tags.clean(" \x00 ") is None


@pytest.mark.parametrize(
    ("dates", "year"),
    [
        (["2011-11-22"], 2011),
        (["20111122"], 2011),
        (["22.11.2011"], 2011),
        (["Nov 22, 1999"], 1999),
        (["2016-03-18T12:24:48"], 2016),
        (["c. 1741"], 1741),
        (["", "0000", "1984"], 1984),
        (["99"], None),
        (["123456789"], None),
        ([], None),
    ],
)
def test_years(dates: list[str], year: int | None) -> None:
    assert folder_tags.year_of(dates) == year


def test_genres_and_artists() -> None:
    assert folder_tags.split_genres(
        ["Rock/Pop; rock", "Folk, World, & Country", "(17)", "Other", "R&B|Soul"]
    ) == [
        "Rock",
        "Pop",
        "Folk",
        "World",
        "Country",
        "R&B",
        "Soul",
    ]
    assert folder_tags.joined(["A feat. B", "A", "b", "C\x00D"]) == "A feat. B, C, D"
    assert folder_tags.joined([" ", ""]) is None


def test_a_wrong_ending_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "a.ogg").write_bytes(made.flac(made.audio("flac"), [("TITLE", "Flac"), ("ARTIST", "A")]))
    found = folder.read(tmp_path)
    assert found.tracks["title"].to_list()[0] == "Flac"
    assert found.files["status"][0] == "track"


def test_utf16_latin1_and_broken_frames(tmp_path: Path) -> None:
    def frame(name: bytes, data: bytes) -> bytes:
        return name + len(data).to_bytes(4, "big") + b"\x00\x00" + data

    body = frame(b"TIT2", b"\x01" + "Düne 🎷".encode("utf-16"))
    body += frame(b"TPE1", b"\x00" + "Café".encode("latin-1")) + frame(b"TALB", b"\x03\xff\xfebroken\xff")
    head = b"ID3\x03\x00\x00" + bytes((0, 0, len(body) >> 7, len(body) & 127))
    (tmp_path / "a.mp3").write_bytes(head + body + made.audio("mp3"))
    tags = folder_tags.read_tags(str(tmp_path / "a.mp3"))
    assert (tags.title, tags.artist) == ("Düne 🎷", "Café")
    assert tags.album is not None
    assert "broken" in tags.album
