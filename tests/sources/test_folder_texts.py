"""Words of songs: LRC, plain text, ChordPro, and what is no lyrics."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from segue.data import song_texts
from segue.sources.folder import texts as folder_texts
from segue.sources.folder.scan import walk

LRC = """[ti:Song]
[ar:Band]
[offset:+500]
[00:12.00]First line
[00:20.5]<00:20.5>Second <00:21.00>line
[00:15][01:02.123]The hook
[01:30.00]

[01:40.00]Last [really]
"""


def test_lrc_lines_come_in_the_order_they_are_sung() -> None:
    assert song_texts.plain(LRC) == "First line\nThe hook\nSecond line\nThe hook\n\nLast [really]"


def test_stamps_with_colons_and_long_minutes() -> None:
    assert song_texts.plain("[100:01:50]b\n[00:01:50]a\r\nstays with a") == "a\nstays with a\nb"


def test_labels_and_control_characters_go() -> None:
    text = "[Verse 1]\r\nHello\x07\x00there\n(Chorus x2)\nBridge:\n\n\n\nVerses of love\nSoloists\ufeff"
    assert song_texts.plain(text) == "Hello\nthere\n\nVerses of love\nSoloists"
    assert song_texts.plain("e\u0301te\u0301") == "\u00e9t\u00e9"
    assert song_texts.plain("[Chorus]\n \n") is None


@pytest.mark.parametrize(
    "raw",
    [
        "Älskling\nводка".encode(),
        "\ufeffÄlskling\nводка".encode(),
        "Älskling\nводка".encode("utf-16"),
        "Älskling\nabc".encode("utf-16-le"),
        "Älskling\nabc".encode("utf-16-be"),
        "Älskling\nabc".encode("latin-1"),
    ],
)
def test_encodings(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(raw)
    text = song_texts.read_text(tmp_path / "a.txt")
    assert text is not None
    assert text.startswith("Älskling\n")
    assert text.split("\n")[1] in ("водка", "abc")


def test_binary_and_huge_files_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "b.txt").write_bytes(b"la la\n" * 400_000)
    assert song_texts.read_text(tmp_path / "a.txt") is None
    assert song_texts.read_text(tmp_path / "b.txt") is None


def test_notes_and_prose_are_no_lyrics() -> None:
    note = "Song by Someone is licensed under a Creative Commons Attribution License.\nFrom the archive\n"
    address = "Part of a pack, all in F\nFrom somewhere.example http://somewhere.example/s/77711/\nthanks"
    prose = "The band was founded in a small town by the sea. " * 8
    song = "\n".join(f"la la line {n}" for n in range(20))
    assert not song_texts.looks_like_lyrics(note)
    assert not song_texts.looks_like_lyrics(address)
    assert not song_texts.looks_like_lyrics(f"{prose}\n{prose}\n{prose}")
    assert not song_texts.looks_like_lyrics("one line")
    assert song_texts.looks_like_lyrics(song)
    assert song_texts.looks_like_lyrics(f"{song}\n© 1999 Someone")
    assert song_texts.looks_like_lyrics("soy un fantasma que\nse asusta de si mismo")


def test_instrumental() -> None:
    for text in ("Instrumental", "[Instrumental]", "(an instrumental)", "*instrumental track*\n"):
        assert song_texts.is_instrumental(text)
    assert not song_texts.is_instrumental("instrumental love")


CHORDPRO = """# a comment
{title: A Carol}
{st:Ein Lied}
{Music: Franz Somebody, 1818 (arr.)}
{text:Joseph Other}
{key:Bb}
{time:3/4}
{tempo: 92}
{meta: album Songs}
{year: 1818}
{capo:3}
{soc}
[G]Glo[D7]ria, [*softly]in excelsis
[Am] [C]
{eoc}
{start_of_verse: Verse 1}
All is re[G]deeming [C]grace
{end_of_verse}
{sot}
e|--3--|
{eot}
{c: louder}
{chorus}
Verse 2:
The end
"""


def test_chordpro() -> None:
    song = song_texts.chordpro(CHORDPRO)
    assert (song.title, song.artist, song.album, song.year) == ("A Carol", "Franz Somebody", "Songs", 1818)
    assert song.tags == ("Bb major", "92 bpm", "3/4 time")
    hook = "Gloria, in excelsis"
    assert song.lyrics == f"{hook}\n\nAll is redeeming grace\n\n{hook}\n\nThe end"


def test_the_year_is_cut_from_no_name() -> None:
    assert song_texts.chordpro("{artist: The 1975}").artist == "The 1975"
    assert song_texts.chordpro("{artist: Earth, Wind & Fire}").artist == "Earth, Wind & Fire"
    assert song_texts.chordpro("{composer: E. Caswell 1814-1878}").artist == "E. Caswell"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("C", "C major"),
        ("F#m", "F# minor"),
        ("Ebmaj", "Eb major"),
        ("a minor", "A minor"),
        ("B♭", "Bb major"),
        ("H", None),
        ("", None),
        ("Cmin", "C minor"),
    ],
)
def test_keys_in_words(key: str, words: str | None) -> None:
    assert song_texts.key_words(key) == words


def test_texts_beside_recordings_and_alone(tmp_path: Path) -> None:
    for name in ("One.MP3", "two.ogg", "three.wav"):
        (tmp_path / name).write_bytes(b"x")
    lyrics = "la la\nla la la\nand more"
    (tmp_path / "one.lrc").write_text("[00:01]from lrc\n")
    (tmp_path / "One.txt").write_text("from\ntxt\n")
    (tmp_path / "one.cho").write_text("{key: G}\n[G]from chordpro\n")
    (tmp_path / "two.txt").write_text("Licensed under a licence\nhttps://example.org\n")
    (tmp_path / "three.lrc").write_text("[00:00.00]Instrumental\n")
    (tmp_path / "Some_Band_-_Alone.txt").write_text(lyrics)
    (tmp_path / "lonely.cho").write_text("{title:Lonely}{artist:x}\n{bad")
    (tmp_path / "song.cho").write_text("{title:Song}\n{artist:A}\nwords\n")
    (tmp_path / "song2.cho").write_text("{title:Song}\n{artist:A}\nother words\n")
    dropped: Counter[str] = Counter()
    files = walk([tmp_path]).files
    songs, words = folder_texts.read(files, {}, set(), dropped, texts=False)
    top = str(tmp_path)
    assert words[f"{top}/One.MP3"] == folder_texts.Words("from lrc", "lrc", ("G major",))
    assert words[f"{top}/three.wav"] == folder_texts.Words(None, "lrc", ("instrumental",))
    assert f"{top}/two.ogg" not in words
    assert [song.row["title"] for song in songs] == ["Lonely", "Song"]
    assert songs[1].row["lyrics"] == "words"
    assert dropped == {
        "text that is no lyrics": 1,
        "lyrics without a recording": 1,
        "song text of the same title and artist as another": 1,
    }
    songs, _ = folder_texts.read(files, {}, set(), Counter(), texts=True)
    (alone,) = [song.row for song in songs if song.row["title"] == "Alone"]
    assert (alone["artist"], alone["lyrics"], alone["lyrics_source"]) == ("Some Band", lyrics, "txt")
