"""A folder of music looked at again: ids that stay, files that are moved, changed, gone, broken."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path

import pytest
from folder_made import by_title, catalogue, scan, tagged

from segue.sources.folder import importer as folder
from segue.sources.folder import scan as folder_scan
from segue.sources.folder.content import Content, read_content

MBID = "12345678-1234-1234-1234-123456789abc"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    (tmp_path / "music").mkdir()
    return tmp_path / "music"


def note_reads(monkeypatch: pytest.MonkeyPatch, stop_after: int | None = None) -> list[str]:
    """The names of the files that are read from now on; Ctrl-C behind the first `stop_after`."""
    read: list[str] = []

    def noted(path: str, suffix: str) -> Content:
        if len(read) == stop_after:
            raise KeyboardInterrupt
        read.append(Path(path).name)
        return read_content(path, suffix)

    monkeypatch.setattr("segue.sources.folder.importer.read_content", noted)
    return read


def test_ids_stay_when_files_are_moved_retagged_or_made_anew(music: Path) -> None:
    for n in range(4):
        tagged(music / f"{n}.mp3", n, f"Song {n}")
    first = scan(music)
    ids = dict(first.tracks.select("title", "track_id").rows())
    assert first.counts["new"] == 4

    (music / "deep").mkdir()
    (music / "0.mp3").rename(music / "deep" / "moved.mp3")
    tagged(music / "1.mp3", 1, "New title", mbid=MBID, TALB="LP")  # the same audio
    tagged(music / "2.mp3", 22, "Song 2")  # other audio of the same names
    tagged(music / "3.mp3", 33, "Something else")  # another song in the old one's place
    tagged(music / "4.mp3", 4, "Song 4")
    second = scan(music)
    counts = {c: second.counts.get(c, 0) for c in ("unchanged", "moved", "changed", "new", "tracks gone")}
    assert counts == {"unchanged": 0, "moved": 1, "changed": 3, "new": 1, "tracks gone": 0}
    rows = by_title(music)
    assert rows["Song 0"]["track_id"] == ids["Song 0"]
    assert rows["Song 0"]["audio_path"] == str(music / "deep" / "moved.mp3")
    assert (rows["New title"]["track_id"], rows["New title"]["album"]) == (ids["Song 1"], "LP")
    assert rows["Song 2"]["track_id"] == ids["Song 2"]
    assert rows["Something else"]["track_id"] not in ids.values()
    old = list(ids.values())
    assert catalogue(music).ids.tolist()[:4] == old

    third = scan(music)
    assert (third.counts["unchanged"], third.counts.get("changed", 0)) == (5, 0)
    assert third.tracks.sort("track_id").equals(second.tracks.sort("track_id"))


def test_swapped_files_keep_their_ids(music: Path) -> None:
    tagged(music / "a.mp3", 0, "A")
    tagged(music / "b.mp3", 1, "B")
    ids = dict(scan(music).tracks.select("title", "track_id").rows())
    for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
        (music / f"{old}.mp3").rename(music / f"{new}.mp3")
    assert dict(scan(music).tracks.select("title", "track_id").rows()) == ids
    assert by_title(music)["A"]["audio_path"] == str(music / "b.mp3")


def test_gone_and_back(music: Path, tmp_path: Path) -> None:
    tagged(music / "a.mp3", 0, "A", mbid=MBID)
    tagged(music / "b.mp3", 1, "B")
    scan(music)
    shutil.move(music / "b.mp3", tmp_path / "b.mp3")
    found = scan(music)
    assert found.counts["tracks gone"] == 1
    assert found.files.filter(status="gone").height == 1
    assert any("stay in the catalogue" in line for line in found.lines)
    assert len(catalogue(music)) == 2
    shutil.move(tmp_path / "b.mp3", music / "back.mp3")
    found = scan(music)
    assert (found.counts["moved"], found.counts["tracks gone"]) == (1, 0)
    assert len(catalogue(music)) == 2


def test_a_broken_file_keeps_its_id_until_it_is_mended(music: Path) -> None:
    tagged(music / "a.mp3", 0, "A")
    tagged(music / "b.mp3", 1, "B")
    ids = scan(music).tracks["track_id"].to_list()
    good = (music / "a.mp3").read_bytes()
    (music / "a.mp3").write_bytes(b"broken")
    assert scan(music).dropped["recording that cannot be read"] == 1
    (music / "a.mp3").write_bytes(good.replace(b"Band", b"Bend"))
    assert scan(music).tracks["track_id"].to_list() == ids


def test_only_what_is_new_is_read(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        tagged(music / f"{n}.mp3", n, f"Song {n}")
    scan(music)
    read = note_reads(monkeypatch)
    tagged(music / "9.mp3", 9, "Song 9")
    scan(music)
    assert read == ["9.mp3"]


def test_an_interrupted_first_look_goes_on(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        tagged(music / f"{n}.mp3", n, f"Song {n}")
    whole = folder.read(music)
    memory = music.parent / "seen.parquet"
    read = note_reads(monkeypatch, stop_after=2)
    with pytest.raises(KeyboardInterrupt):
        folder.read(music, memory=memory)
    assert read == ["0.mp3", "1.mp3"]
    read = note_reads(monkeypatch)
    assert folder.read(music, memory=memory).tracks.equals(whole.tracks)
    assert read == ["2.mp3", "3.mp3"]


def test_several_folders_and_one_within_another(music: Path, tmp_path: Path) -> None:
    tagged(music / "sub" / "a.mp3", 0, "A")
    tagged(tmp_path / "more" / "b.mp3", 1, "B")
    memory = tmp_path / "seen.parquet"
    found = folder.read([music, tmp_path / "more", music / "sub"], memory=memory)
    assert found.tracks["title"].to_list() == ["A", "B"]
    assert folder.read(music, memory=memory).counts["tracks gone"] == 0
    assert folder.read([music, tmp_path / "more"], memory=memory).counts["unchanged"] == 2


def test_a_song_text_is_a_track_and_stays_one(music: Path) -> None:
    (music / "carol.cho").write_text("{title: Carol}\n{composer: Somebody}\n{key: Em}\n[Em]La la\n")
    scan(music)
    row = by_title(music)["Carol"]
    assert (row["artist"], row["tags"], row["lyrics"]) == ("Somebody", ["E minor"], "La la")
    assert (row["lyrics_source"], row["audio_path"], row["duration_s"]) == ("chordpro", None, None)
    (music / "carol.cho").write_text("{title: A Carol}\n{composer: Somebody}\n[Em]La la la\n")
    scan(music)
    (changed,) = by_title(music).values()
    assert (changed["track_id"], changed["title"]) == (row["track_id"], "A Carol")


def test_the_memory_has_every_field() -> None:
    assert set(folder_scan.SCHEMA) == {f.name for f in fields(folder_scan.Seen)}
