"""Broken recordings and odd tags: a track or a reason, never a traceback."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from folder_made import audio, catalogue, encoded, flac, id3, scan, tagged

from segue.sources.folder.genres import GENRES, genres_of_text
from segue.sources.folder.importer import _read
from segue.sources.folder.scan import Found
from segue.sources.folder.tags import joined


def old_id3(frames: list[tuple[str, bytes]], version: int) -> bytes:
    """An ID3 header of version 2.2 or 2.3 with plain sizes; the frames' contents with their encoding."""
    body = b""
    for name, data in frames:
        size = len(data).to_bytes(3, "big") if version == 2 else struct.pack(">IH", len(data), 0)
        body += name.encode() + size + data
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, 0]) + size + body


@pytest.mark.parametrize(
    ("text", "genres"),
    [
        ("(17)", ["Rock"]),
        ("17", ["Rock"]),
        ("(155)", ["Downtempo"]),
        ("191", ["Psybient"]),
        ("(9)(138)Viking Metal", ["Metal", "Black Metal", "Viking Metal"]),
        ("(4)Eurodisco", ["Disco", "Eurodisco"]),
        ("9\x00139\x00Own", ["Metal", "Crossover", "Own"]),
        ("(RX)(CR)", ["Remix", "Cover"]),
        ("((I can", ["(I can"]),
        ("255", []),
        ("80s", ["80s"]),
    ],
)
def test_numbered_genres(text: str, genres: list[str]) -> None:
    assert genres_of_text(text) == genres
    assert len(GENRES) == 192


@pytest.mark.parametrize("version", [2, 3])
def test_genres_of_old_tags(tmp_path: Path, version: int) -> None:
    names = ("TT2", "TP1", "TCO") if version == 2 else ("TIT2", "TPE1", "TCON")
    texts = [b"\x00Song", b"\x01" + "Bänd".encode("utf-16"), b"\x00(9)(138)Viking Metal"]
    head = old_id3(list(zip(names, texts, strict=True)), version)
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "x.mp3").write_bytes(head + audio("mp3", 0))
    scan(tmp_path / "music")
    row = catalogue(tmp_path / "music").tracks.row(0, named=True)
    assert (row["title"], row["artist"]) == ("Song", "Bänd")
    assert row["tags"] == ["Metal", "Black Metal", "Viking Metal"]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (["Prince Royce\x00Prince"], "Prince Royce, Prince"),
        (["Bonobo", "Bono"], "Bonobo, Bono"),
        (["A feat. B", "B"], "A feat. B"),
        (["Simon & Garfunkel", "Garfunkel"], "Simon & Garfunkel"),
        (["Earth, Wind & Fire"], "Earth, Wind & Fire"),
        (["The The", "the the"], "The The"),
        (["M.I.A.", "M.I.A."], "M.I.A."),
    ],
)
def test_every_artist_is_named_once(values: list[str], text: str) -> None:
    assert joined(values) == text


def test_other_albums_discs_and_numbers_are_other_recordings(tmp_path: Path) -> None:
    music = tmp_path / "music"
    for n in (1, 2, 3):
        tagged(music / "()" / f"0{n}.mp3", n, "Untitled", TALB="()", TRCK=str(n))
        tagged(music / f"Record {n}" / "01.mp3", 10 + n, "Intro", TALB=f"Record {n}", TRCK="1")
        tagged(music / f"Disc {n}" / "07.mp3", 20 + n, "33", TALB="Set", TRCK="7", TPOS=str(n))
    tagged(music / "a.mp3", 30, "Real", TALB="LP", TRCK="1")
    tagged(music / "b.mp3", 31, "Real", TALB="LP", TRCK="1")
    tagged(music / "c.mp3", 32, "Real")
    found = scan(music)
    assert (
        sorted(catalogue(music).tracks["title"]) == ["33"] * 3 + ["Intro"] * 3 + ["Real"] + ["Untitled"] * 3
    )
    assert found.dropped["further form of one recording"] == 2


def test_mutated_recordings_are_a_track_or_a_reason(tmp_path: Path) -> None:
    """2,000 mutations of each form: cut, doubled, pieces exchanged, bytes flipped."""
    tags = {
        "TIT2": "Söng",
        "TPE1": "Band\x00Other",
        "TALB": "LP",
        "TCON": "(9)(138)X",
        "TDRC": "1999",
        "TRCK": "1/2",
    }
    encoded(tmp_path / "made.m4a", "aac", 0, {"title": "Söng", "artist": "Band", "genre": "Rock"}, 8_000)
    whole = {
        ".mp3": id3(tags) + audio("mp3", 0, 0.1),
        ".flac": flac(audio("flac", 0, 0.1), [("TITLE", "Söng"), ("GENRE", "Rock"), ("GENRE", "Pop")]),
        ".ogg": audio("ogg", 0, 0.1),
        ".m4a": (tmp_path / "made.m4a").read_bytes(),
    }
    rng = random.Random(0)
    for suffix, raw in whole.items():
        file, read = tmp_path / f"x{suffix}", 0
        for _ in range(2000):
            data, kind = bytearray(raw), rng.randrange(4)
            a, b = sorted((rng.randrange(len(raw)), rng.randrange(len(raw))))
            if kind == 0:
                data = data[:a]
            elif kind == 1:
                data = data + data[a:b]
            elif kind == 2:
                data = data[a:b] + data[:a] + data[b:]
            for _ in range(rng.randrange(6)):
                if data:
                    # Most of what is fragile stands at the front.
                    data[min(int(rng.expovariate(1 / 200)), len(data) - 1)] = rng.randrange(256)
            file.write_bytes(data)
            one = _read(Found(str(file), (file.name,), "recording", len(data), 0), None)
            assert (one.status == "track") != bool(one.status == "unreadable" and one.reason)
            read += one.status == "track"
        assert read > 100, f"{suffix}: nearly all were refused"
