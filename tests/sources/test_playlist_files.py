"""Playlist files in every form, encoding and way of writing a path: what was written is what is there."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.data.account import Account
from segue.sources.folder import playlist_files
from segue.sources.folder.playlist_files import lists
from segue.sources.folder.scan import LISTS, Found

PATHS = [
    "Zoé/Été.mp3",
    "RZA/Album/Track1.MP3",
    "RZA/Album/Track2.mp3",
    "坂本/曲 #1 100%.flac",
    "a+b & c/d'e.ogg",
]


def found(path: Path, root: Path) -> Found:
    return Found(str(path), path.relative_to(root).parts, "list", path.stat().st_size, 0)


def read(root: Path, name: str, raw: bytes, paths: list[str] | None = None) -> tuple[list[Any], Account]:
    """The playlists of one file, among recordings that are only told of."""
    file = root / name
    file.write_bytes(raw)
    account = Account()
    track_of = {str(root / path): f"t{n}" for n, path in enumerate(PATHS if paths is None else paths)}
    return lists([found(file, root)], track_of, account), account


def written(form: str, entries: list[str], root: Path) -> str:
    """A playlist file's text."""
    if form == ".pls":
        body = "".join(f"File{n}={entry}\nTitle{n}=x\n" for n, entry in enumerate(entries, 1))
        return f"[playlist]\nNumberOfEntries={len(entries)}\n{body}"
    if form == ".xspf":
        tracks = "".join(f"<track><location>{escape(quote(e))}</location></track>" for e in entries)
        return f'<?xml version="1.0"?><playlist xmlns="http://xspf.org/ns/0/"><trackList>{tracks}</trackList></playlist>'
    if form == ".jspf":
        return json.dumps({"playlist": {"title": "x", "track": [{"location": [quote(e)]} for e in entries]}})
    if form in (".wpl", ".zpl"):
        media = "".join(f'<media src="{escape(e, {chr(34): "&quot;"})}"/>' for e in entries)
        return (
            f'<?wpl version="1.0"?><smil><head><title>x</title></head><body><seq>{media}</seq></body></smil>'
        )
    if form in (".asx", ".wax"):
        refs = "".join(f'<Entry><Ref HREF="{escape(e, {chr(34): "&quot;"})}"/></Entry>' for e in entries)
        return f"<ASX version='3'>{refs}</ASX>"
    return "#EXTM3U\n" + "".join(f"#EXTINF:2,x\n{entry}\n" for entry in entries)


@pytest.mark.parametrize("form", sorted(LISTS))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_form_gives_the_tracks_in_order(tmp_path: Path, form: str, encoding: str) -> None:
    made, account = read(tmp_path, f"mine{form}", written(form, PATHS, tmp_path).encode(encoding))
    assert [m.track_ids for m in made] == [("t0", "t1", "t2", "t3", "t4")]
    assert not account


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "cp437", "cp1250"])
def test_code_pages_are_told_by_what_is_found(tmp_path: Path, encoding: str) -> None:
    made, _ = read(tmp_path, "old.m3u", "Zoé\\Été.mp3\r\nRZA\\Album\\Track2.mp3\r\n".encode(encoding))
    assert made[0].track_ids == ("t0", "t2")


@pytest.mark.parametrize(
    ("entry", "track"),
    [
        ("rza/album/track1.mp3", "t1"),
        ("RZA%2FAlbum%2FTrack1.MP3", "t1"),
        ("./RZA/../RZA/Album/Track1.MP3", "t1"),
        ("D:\\Music\\RZA\\Album\\Track2.mp3", "t2"),
        ("/storage/0/RZA/Album/Track2.mp3", "t2"),
        ("\\\\nas\\music\\Zoé\\Été.mp3", "t0"),
        ("file:///elsewhere/Album/Track1.MP3", "t1"),
        ("http://example.org/RZA/Album/Track2.mp3", None),
        ("Album/Track3.mp3", None),
    ],
)
def test_an_entry_written_in_another_way(tmp_path: Path, entry: str, track: str | None) -> None:
    made, account = read(tmp_path, "x.m3u8", entry.encode())
    assert made[0].track_ids == ((track,) if track else ())
    assert account.total() == (0 if track else 1)


def test_a_name_that_fits_two_recordings_is_neither(tmp_path: Path) -> None:
    paths = ["A/01.mp3", "B/01.mp3", "b/01.MP3"]
    made, account = read(tmp_path, "x.m3u", b"Z/01.mp3\nB/01.mp3\n", paths)
    assert made[0].track_ids == ("t1",)
    assert account[playlist_files.LEFT] == 1


def test_one_list_under_many_names_is_one(tmp_path: Path) -> None:
    account = Account()
    track_of = {str(tmp_path / path): f"t{n}" for n, path in enumerate(PATHS)}
    files = []
    for name, entries in (("a.m3u", PATHS), ("a.m3u8", PATHS), ("b.pls", PATHS), ("b.m3u8", PATHS[:2])):
        (tmp_path / name).write_text(written(Path(name).suffix, entries, tmp_path), "utf-8")
        files.append(found(tmp_path / name, tmp_path))
    one = lists(files, track_of, account)
    assert sorted(len(p.track_ids) for p in one) == [2, 5]
    assert account["playlist that is there in another form"] == 2
    again = lists(files[::-1], track_of, Account())
    assert {p.track_ids for p in again} == {p.track_ids for p in one}


def test_a_long_list_is_read_whole(tmp_path: Path) -> None:
    paths = [f"folder/{n:05d} {'x' * 60}.mp3" for n in range(20_000)]
    raw = "\n".join(paths).encode()
    assert len(raw) > 1 << 20
    made, _ = read(tmp_path, "long.m3u8", raw, paths)
    assert len(made[0].track_ids) == 20_000


NAME = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters="/\\\ufeff"),
    min_size=1,
    max_size=12,
).filter(lambda s: s.strip() == s and s not in (".", "..") and not s.startswith(("#", "<", "[", "{")))


@given(
    st.lists(NAME, min_size=1, max_size=6, unique_by=lambda s: playlist_files._plain(s).casefold()),
    st.sampled_from([".m3u8", ".pls", ".xspf", ".jspf", ".wpl"]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_written_is_what_is_there(tmp_path: Path, names: list[str], form: str) -> None:
    paths = [f"dir/{name}.mp3" for name in names]
    made, account = read(tmp_path, f"x{form}", written(form, paths, tmp_path).encode(), paths)
    assert [m.track_ids for m in made] == [tuple(f"t{n}" for n in range(len(paths)))]
    assert not account


@pytest.mark.parametrize("form", sorted(LISTS))
def test_broken_files_are_a_list_or_a_line(tmp_path: Path, form: str) -> None:
    """2,000 mutations of each form: cut, shuffled, doubled, bytes flipped."""
    rng = random.Random(0)
    whole = written(form, PATHS, tmp_path).encode()
    for _ in range(2000):
        raw = bytearray(whole)
        kind = rng.randrange(4)
        if kind == 0:
            raw = raw[: rng.randrange(len(raw))]
        elif kind == 1:
            raw = raw + raw[rng.randrange(len(raw)) :]
        elif kind == 2:
            lines = bytes(raw).split(b"\n")
            rng.shuffle(lines)
            raw = bytearray(b"\n".join(lines))
        for _ in range(rng.randrange(4)):
            if raw:
                raw[rng.randrange(len(raw))] = rng.randrange(256)
        made, account = read(tmp_path, f"x{form}", bytes(raw))
        assert len(made) == 1 or account["playlist file that cannot be read"] == 1
        assert all(track in {"t0", "t1", "t2", "t3", "t4"} for m in made for track in m.track_ids)
    assert os.listdir(tmp_path) == [f"x{form}"]


def test_what_is_no_text_is_no_list(tmp_path: Path) -> None:
    made, account = read(tmp_path, "x.m3u", bytes(range(256)) * 8, ["a.mp3"])
    assert not made
    assert account == {"playlist file that cannot be read": 1}
