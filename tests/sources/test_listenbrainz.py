"""ListenBrainz: exports and dumps, ids in order of trust, lengths, and what is counted out."""

from __future__ import annotations

import datetime as dt
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from segue.data.names import name_id
from segue.importing import add as importing
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources import listenbrainz

START = 1_577_872_800  # 2020-01-01 10:00 UTC


def listen(at: Any = START, title: Any = "Song", artist: Any = "Band", **more: Any) -> dict[str, Any]:
    song: dict[str, Any] = {"artist_name": artist, "track_name": title, "release_name": "LP"}
    user = {"user_name": more.pop("user")} if "user" in more else {}
    return {"listened_at": at, **user, "track_metadata": song | more}


def text(*records: Any) -> str:
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)


def test_ids_in_order_of_trust_and_lengths(tmp_path: Path) -> None:
    mapped, sent = {"recording_mbid": "mapped"}, {"recording_mbid": "sent", "isrc": "GB1"}
    records = [
        listen(START + 3, "a", additional_info=sent | {"duration_ms": 61_500}, mbid_mapping=mapped),
        listen(START + 2, "b", additional_info=sent | {"duration": 200}, mbid_mapping=None),
        listen(START + 1, "c", additional_info={"duration_ms": 0, "recording_mbid": ""}),
        listen(START, "d", artist="Ætt", additional_info={"duration": "-3"}),
    ]
    file = tmp_path / "1.jsonl"
    file.write_text(text(*records), "utf-8")
    found = listenbrainz.read(file, user="anna")
    assert found.plays is not None
    c, d = name_id("Band", "c"), name_id("Ætt", "d")
    assert found.plays.columns == ["user_id", "track_id", "played_at"]
    assert found.plays["track_id"].to_list() == [d, c, "sent", "mapped"]
    assert found.plays["played_at"][0] == dt.datetime(2020, 1, 1, 10, tzinfo=dt.UTC)
    assert set(found.plays["user_id"]) == {"anna"}
    columns = ["track_id", "title", "album", "duration_s", "isrc", "mbid"]
    assert sorted(found.tracks.select(columns).rows()) == sorted(
        [
            ("mapped", "a", "LP", 61.5, "GB1", "mapped"),
            ("sent", "b", "LP", 200.0, "GB1", "sent"),
            (c, "c", "LP", None, None, None),
            (d, "d", "LP", None, None, None),
        ]
    )


def test_a_track_has_what_any_of_its_listens_says(tmp_path: Path) -> None:
    mapped = {"recording_mbid": "m"}
    records = [listen(START + n, "x" if n else "X", mbid_mapping=mapped) for n in range(3)]
    records[2]["track_metadata"]["additional_info"] = {"duration_ms": 90_000}
    (tmp_path / "a.listens").write_text(text(*records), "utf-8")
    found = listenbrainz.read(tmp_path)
    assert found.tracks.select("track_id", "title", "duration_s").rows() == [("m", "x", 90.0)]


def test_zip_tar_and_folder_give_the_same(tmp_path: Path) -> None:
    parts = {
        f"listens/2020/{month}.jsonl": text(*(listen(START + 86_400 * month + n, f"s{n}") for n in range(5)))
        for month in (1, 2)
    }
    others = {"feedback.jsonl": text({"score": 1}), "user.json": "{}", "readme.txt": "hi"}
    for name, content in (parts | others).items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_text(content, "utf-8")
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for name, content in (parts | others).items():
            archive.writestr(name, content)
    for kind in ("gz", "xz"):
        with tarfile.open(tmp_path / f"dump.tar.{kind}", f"w:{kind}") as tar:  # type: ignore[call-overload]
            for name, content in (parts | others).items():
                entry = tarfile.TarInfo(f"../{name}")
                entry.size = len(content.encode())
                tar.addfile(entry, io.BytesIO(content.encode()))
    found = [listenbrainz.read(tmp_path / n) for n in ("folder", "export.zip", "dump.tar.gz", "dump.tar.xz")]
    assert found[0].plays is not None
    assert found[0].plays.height == 10
    for other in found[1:]:
        assert other.plays is not None
        assert other.plays.equals(found[0].plays)
        assert other.dropped == found[0].dropped == {}


def test_a_dump_of_many_listeners_and_what_is_left_out(tmp_path: Path) -> None:
    records = [
        listen(user="u1"),
        listen(user="u2"),
        listen(START, user="u2"),
        listen(None),
        listen("soon"),
        listen(1e30),
        listen(START, "", "Band"),
        listen(START, "Song", None),
        {"track_metadata": {}},
        [],
        {},
    ]
    body = text(*records) + "{broken\n\n" + "x" * 3_000_000 + "\n"
    file = tmp_path / "1.listens"
    file.write_bytes(body.encode() + b'{"track_metadata": "\xff"}\n')
    found = listenbrainz.read(file)
    assert found.plays is not None
    assert found.plays["user_id"].to_list() == ["u1", "u2", "u2"]
    assert found.dropped == {
        "listen without a time from 1990 to tomorrow": 3,
        "listen without artist or title": 2,
        "record that is no listen": 3,
        "line that is no JSON": 2,
        "character that is no text (replaced by \ufffd)": 1,
    }
    report = importing.add(Workspace(tmp_path / "w"), found)
    assert (report.new["plays"], report.dropped["duplicate play"]) == (2, 1)


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no such file or folder"):
        listenbrainz.read(tmp_path / "none")
    with pytest.raises(SegueError, match="no file of plays here"):
        listenbrainz.read(tmp_path)
    (tmp_path / "a.jsonl").write_text("", "utf-8")
    with pytest.raises(SegueError, match=r"no plays that can be used \(a\.jsonl: no record in it"):
        listenbrainz.read(tmp_path)
    (tmp_path / "dump.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    with pytest.raises(SegueError, match=r"packed with zstandard; unpack it first"):
        listenbrainz.read(tmp_path / "dump.tar.zst")
    with pytest.raises(SegueError, match="id is blank"):
        listenbrainz.read(tmp_path, user="")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("other.txt", "hi")
    with pytest.raises(SegueError, match="no file of plays here"):
        listenbrainz.read(tmp_path / "x.zip")


def test_an_old_array_beside_the_lines_of_today(tmp_path: Path) -> None:
    old = [listen(START + n, f"s{n}") for n in range(500)]
    (tmp_path / "old.json").write_text(json.dumps(old, indent=2), "utf-8")
    (tmp_path / "api.json").write_text(json.dumps({"payload": {"listens": [listen(START - 900)]}}), "utf-8")
    (tmp_path / "3.jsonl").write_text(text(listen(START - 300), listen(START - 600)), "utf-8")
    (tmp_path / "cut.json").write_text(json.dumps([listen(START + n) for n in (-1, -2, -3)])[:-40], "utf-8")
    (tmp_path / "nothing.json").write_text("{}", "utf-8")
    found = listenbrainz.read(tmp_path)
    assert found.plays is not None
    assert found.plays.height == 500 + 1 + 2 + 2
    assert found.dropped == {"damaged part of a JSON file": 1, "record that is no listen": 1}
    assert list(found.dropped.barren) == ["nothing.json"]  # type: ignore[attr-defined]
