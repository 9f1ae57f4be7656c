"""A folder of music: what is read, what is one track, what is remembered, what is left out and why."""

from __future__ import annotations

import os
from pathlib import Path

import folder_made as made
import polars as pl
import pytest
from folder_made import by_title, catalogue, scan, tagged

from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources.folder import importer as folder
from segue.sources.folder.content import Content, read_content

MBID = "12345678-1234-1234-1234-123456789abc"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    (tmp_path / "music").mkdir()
    return tmp_path / "music"


def test_every_form_with_its_tags(music: Path) -> None:
    tags = {
        "title": "Tïtle",
        "artist": "Band",
        "album": "LP",
        "date": "2011-05-06",
        "genre": "Rock/Pop; Folk",
    }
    made.encoded(music / "a.m4a", "aac", 1, tags | {"title": "M4A"})
    made.encoded(music / "b.opus", "libopus", 2, tags | {"title": "Opus", "lyrics": "la\nla"})
    (music / "c.FLAC").write_bytes(
        made.flac(
            made.audio("flac", 3),
            [
                ("TITLE", "Flac"),
                ("ARTIST", "Band"),
                ("ARTIST", "Guest"),
                ("ISRC", "gb-aaa-12-34567"),
                ("MUSICBRAINZ_TRACKID", MBID.upper()),
                ("TRACKNUMBER", "3/12"),
                ("DATE", "20111122"),
            ],
        )
    )
    frames = {"TIT2": "Mp3", "TPE1": "Band\0Guest", "TCON": "Rock\0(32)", "TDRC": "22.11.2011"}
    tagged(music / "d.mp3", 4, **{"title": "Mp3"} | {k: v for k, v in frames.items() if k != "TIT2"})
    for form in ("ogg", "wav", "aiff"):
        (music / f"plain.{form}").write_bytes(made.audio(form, len(form) + ord(form[0]), 2.0))
    scan(music)
    rows = by_title(music)
    assert rows["M4A"]["album"] == rows["Opus"]["album"] == "LP"
    assert rows["M4A"]["year"] == rows["Flac"]["year"] == rows["Mp3"]["year"] == 2011
    assert rows["M4A"]["tags"] == rows["Opus"]["tags"] == ["Rock", "Pop", "Folk"]
    assert (rows["Opus"]["lyrics"], rows["Opus"]["lyrics_source"]) == ("la\nla", "tag")
    assert rows["Opus"]["duration_s"] == pytest.approx(1.0, abs=0.03)
    assert rows["Flac"]["artist"] == rows["Mp3"]["artist"] == "Band, Guest"
    assert (rows["Flac"]["isrc"], rows["Flac"]["mbid"], rows["Flac"]["track_no"]) == ("GBAAA1234567", MBID, 3)
    assert rows["Mp3"]["tags"] == ["Rock", "Classical"]
    assert catalogue(music).tracks.filter(title="plain")["duration_s"].to_list() == pytest.approx([2.0] * 3)
    assert rows["Mp3"]["audio_path"] == str(music / "d.mp3")


def test_what_cannot_be_read_is_told_with_its_reason(music: Path, tmp_path: Path) -> None:
    tagged(music / "good.mp3", 0, "Good")
    (music / "text.mp3").write_text("hello, this is no audio\n" * 100)
    (music / "list.mp3").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n"
    )
    (music / "empty.ogg").write_bytes(b"")
    (music / "zeros.flac").write_bytes(bytes(9_000))
    whole = made.audio("flac", 5, 4.0)
    (music / "cut.flac").write_bytes(whole[: len(whole) // 2])
    made.encoded(music / "x.m4a", "aac", 1, {})
    (music / "cut.m4a").write_bytes((music / "x.m4a").read_bytes()[:2_000])
    (music / "x.m4a").unlink()
    (music / "nothing.mp3").symlink_to(tmp_path / "not-there.mp3")
    (music / "self.mp3").symlink_to(music / "self.mp3")
    os.mkfifo(music / "pipe.wav")
    (music / ".hidden.mp3").write_bytes(b"x")
    (music / "folder.mp3").mkdir()
    found = scan(music)
    reasons = {Path(path).name: reason for path, reason in found.files.select("path", "reason").rows()}
    assert reasons.pop("good.mp3") is None
    assert reasons.pop("cut.flac") == "cut short: there is less audio than its header says"
    assert reasons["empty.ogg"] == "empty file"
    assert reasons["zeros.flac"] == "no audio in it"
    assert reasons["nothing.mp3"] == reasons["self.mp3"] == "link to nothing"
    assert reasons["pipe.wav"] == "not a file"
    assert all("not audio" in str(reasons[name]) for name in ("text.mp3", "list.mp3", "cut.m4a"))
    assert len(reasons) == 8
    assert found.dropped["recording that cannot be read"] == 8
    assert sorted(found.tracks["title"]) == ["Good", "cut"]
    assert any("empty.ogg: empty file" in line for line in found.lines)
    report = folder.write_report(found, Workspace(tmp_path / "w"))
    assert pl.read_parquet(report / "files.parquet").equals(found.files)
    assert "empty file" in (report / "report.md").read_text()


def test_no_permission_is_a_reason(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tagged(music / "a.mp3", 0, "A")
    tagged(music / "b.mp3", 1, "B")

    def refuse(path: str, suffix: str) -> Content:
        if path.endswith("a.mp3"):
            raise PermissionError(13, "Permission denied", path)
        return read_content(path, suffix)

    monkeypatch.setattr("segue.sources.folder.importer.read_content", refuse)
    found = folder.read(music)
    assert found.files.filter(status="unreadable")["reason"].to_list() == ["permission denied"]
    assert found.tracks["title"].to_list() == ["B"]


def test_a_folder_without_permission(music: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    tagged(music / "a.mp3", 0, "A")
    (music / "locked").mkdir(mode=0)
    assert folder.read(music).files["reason"].to_list() == [None, "permission denied"]


def test_odd_names_and_loops(music: Path) -> None:
    tagged(music / "new\nline\t.mp3", 0, "Newline")
    tagged(music / "sub" / "in.mp3", 1, "Inside")
    (music / "a_loop").symlink_to(music)
    (music / "sub" / "up").symlink_to(music / "sub")
    (music / "zz").symlink_to(music / "sub")
    other = os.fsencode(music) + b"/caf\xe9.mp3"
    Path(os.fsdecode(other)).write_bytes(made.audio("mp3", 2))
    found = scan(music)
    rows = by_title(music)
    assert set(rows) == {"Newline", "Inside"}
    assert Path(str(rows["Newline"]["audio_path"])).read_bytes().startswith(b"ID3")
    assert rows["Inside"]["audio_path"] == str(music / "sub" / "in.mp3")
    (line,) = [line for line in found.lines if "UTF-8" in line]
    assert "caf\\xe9.mp3" in line
    assert found.counts["folder reached twice"] == 3


def test_copies_and_forms_of_one_recording(music: Path) -> None:
    tagged(music / "a.mp3", 0, "Song", USLT="words\nof it")
    tagged(music / "b copy.mp3", 0, "Song, retagged")
    whole = made.flac(made.audio("flac", 0), [("TITLE", "song"), ("ARTIST", "BAND"), ("GENRE", "Jazz")])
    (music / "c.flac").write_bytes(whole)
    tagged(music / "live.mp3", 9, "Song")
    (music / "live.mp3").write_bytes(made.id3({"TIT2": "Song", "TPE1": "Band"}) + made.audio("mp3", 9, 2.5))
    found = folder.read(music)
    statuses = {Path(p).name: s for p, s in found.files.select("path", "status").rows()}
    assert statuses == {
        "a.mp3": "same recording",
        "b copy.mp3": "same audio",
        "c.flac": "track",
        "live.mp3": "track",
    }
    first = found.tracks.row(0, named=True)
    assert first["audio_path"] == str(music / "c.flac")
    assert (first["tags"], first["lyrics"], first["lyrics_source"]) == (["Jazz"], "words\nof it", "tag")
    both = folder.read(music, keep_both=True)
    assert both.tracks["audio_path"].to_list() == [str(music / n) for n in ("a.mp3", "c.flac", "live.mp3")]
    assert both.dropped == {"recording with the same audio as another": 1}


def test_one_musicbrainz_recording_is_one_track_and_two_are_two(music: Path) -> None:
    other = MBID.replace("1", "2")
    tagged(music / "a.mp3", 0, "Song", mbid=MBID)
    tagged(music / "b.mp3", 1, "Song (album)", mbid=MBID)
    tagged(music / "c.mp3", 2, "Song", mbid=other)
    assert folder.read(music).tracks["track_id"].to_list() == [MBID, other]
    ids = folder.read(music, keep_both=True).tracks["track_id"].to_list()
    assert (ids[0], ids[2], len(set(ids))) == (MBID, other, 3)


def test_albums_and_playlist_files(music: Path, tmp_path: Path) -> None:
    tagged(music / "Band" / "CD 1" / "x.mp3", 0, "Two", TALB="LP", TRCK="2/2")
    tagged(music / "Band" / "CD 1" / "y.mp3", 1, "One", TALB="LP", TRCK="1/2")
    tagged(music / "Band" / "CD 2" / "a.mp3", 2, "Three", TALB="LP", TPOS="2", TRCK="1")
    tagged(music / "Band" / "single.mp3", 3, "Four", TALB="Single")
    tagged(tmp_path / "outside.mp3", 4, "Outside")
    entries = [
        "#EXTM3U",
        "#PLAYLIST:Mixed Ünes",
        "Band/single.mp3",
        "../outside.mp3",
        "http://x.example/a.mp3",
    ]
    entries += ["Band\\CD 1\\y.mp3", "file://" + str(music / "Band" / "CD%201" / "x.mp3"), "/etc/passwd"]
    (music / "mix.m3u").write_text("\n".join(entries))
    (music / "two.pls").write_text("[playlist]\nFile2=Band/CD 1/y.mp3\nFile1=Band/single.mp3\nTitle1=x\n")
    (music / "short.m3u8").write_text("\ufeffBand/single.mp3\n")
    found = scan(music)
    names = {row["track_id"]: title for title, row in by_title(music).items()}
    lists = {
        title: [names[i] for i in ids]
        for title, ids in catalogue(music)
        .playlists.sort("playlist_id", "position")
        .group_by("title")
        .agg("track_id")
        .rows()
    }
    assert lists == {
        "LP": ["One", "Two", "Three"],
        "Mixed Ünes": ["Four", "One", "Two"],
        "two": ["Four", "One"],
    }
    album = catalogue(music).playlists.filter(title="LP")
    assert album["split"].unique().to_list() == ["train"]
    assert found.dropped["playlist entry that is no recording of these folders"] == 3

    tagged(music / "Band" / "CD 2" / "b.mp3", 5, "Five", TALB="LP", TPOS="2", TRCK="2")
    (music / "Band").rename(music / "The Band")
    before = catalogue(music).playlists
    scan(music)
    after = catalogue(music).playlists
    assert (
        after.filter(title="LP")["playlist_id"].unique().to_list() == album["playlist_id"].unique().to_list()
    )
    assert after.filter(title="LP").height == before.filter(title="LP").height + 1
    assert folder.read(music, albums=False).playlists.filter(title="LP").is_empty()  # type: ignore[union-attr]


def test_user_errors(music: Path, tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no such folder"):
        folder.read(tmp_path / "none")
    with pytest.raises(SegueError, match="no recordings here"):
        folder.read(music)
    (music / "a.mp3").write_bytes(b"")
    with pytest.raises(SegueError, match=r"that can be read \(1; the first, .*a.mp3: empty file"):
        folder.read(music)
    tagged(music / "b.mp3", 0, "B")
    (tmp_path / "seen.parquet").write_text("broken")
    with pytest.raises(SegueError, match="delete it"):
        folder.read(music, memory=tmp_path / "seen.parquet")
