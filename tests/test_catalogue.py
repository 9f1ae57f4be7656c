"""The four tables: dialogues as lines, conforming tables, splits, cold tracks."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.data.account import Account
from segue.data.catalogue import (
    PLAYLISTS,
    PLAYS,
    TRACKS,
    Catalogue,
    Dialogue,
    Split,
    Turn,
    conform,
    empty,
    known_tracks_only,
    track_text,
)
from segue.importing.splits import split_of, split_table
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

SPLIT_NAMES: tuple[Split, ...] = ("train", "validation", "test")
turns = st.builds(
    Turn, st.sampled_from(["user", "music", "assistant"]), st.text(), st.sampled_from([None, True, False])
)
dialogues = st.builds(Dialogue, st.text(), st.lists(turns).map(tuple), st.sampled_from(SPLIT_NAMES))


def small(playlists: list[tuple[str, int, str, str]], *, spoken: list[Dialogue] | None = None) -> Catalogue:
    """Four tracks and some playlists of (id, position, track, split)."""
    ids = ["a", "b", "007", "d"]
    tracks = pl.DataFrame({"track_id": ids, "title": ids, "artist": ["x"] * 4, "mood": [1, 2, 3, 4]})
    table = pl.DataFrame(
        playlists, schema=["playlist_id", "position", "track_id", "split"], orient="row", strict=False
    )
    return Catalogue(
        conform("tracks", tracks, TRACKS),
        empty(PLAYS),
        conform("playlists", table, PLAYLISTS),
        spoken or [],
    )


@given(dialogues)
def test_a_dialogue_comes_back_from_its_line(dialogue: Dialogue) -> None:
    line = dialogue.to_json()
    assert "\n" not in line
    assert Dialogue.from_json(line) == dialogue


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "not a dialogue"),
        ("[]", "not a dialogue"),
        ('{"turns": []}', "dialogue_id"),
        ('{"dialogue_id": "d", "turns": [{"role": "user"}]}', "content"),
        ('{"dialogue_id": "d", "turns": ["user"]}', "not a dialogue"),
        ('{"dialogue_id": "d", "turns": [{"role": "dj", "content": ""}]}', "unknown role 'dj'"),
        ('{"dialogue_id": "d", "turns": [], "split": "exam"}', "unknown split 'exam'"),
    ],
)
def test_a_bad_line_says_where(line: str, said: str) -> None:
    with pytest.raises(SegueError, match=said) as found:
        Dialogue.from_json(line, "d.jsonl:7")
    assert str(found.value).startswith("d.jsonl:7: ")


def test_ids_in_a_dialogue_are_strings() -> None:
    line = '{"dialogue_id": 5, "turns": [{"role": "music", "content": 7}]}'
    assert Dialogue.from_json(line) == Dialogue("5", (Turn("music", "7"),))


def test_the_text_of_a_track_leaves_out_what_is_missing() -> None:
    row = {"title": "Song", "artist": "Band", "album": None, "tags": [], "year": None}
    assert track_text(row) == "Song by Band"
    full = row | {"album": "LP", "tags": ["rock", "loud"], "year": 1999}
    assert track_text(full) == "Song by Band from LP rock loud 1999"


def test_a_catalogue_comes_back_from_disk(tmp_path: Path) -> None:
    dialogue = Dialogue("d", (Turn("user", "one\u2028two"), Turn("music", "a", liked=False)), "test")
    saved = small([("p", 0, "a", "train"), ("p", 1, "007", "train")], spoken=[dialogue])
    saved.save(Workspace(tmp_path))
    loaded = Catalogue.load(Workspace(tmp_path))
    assert loaded.tracks.equals(saved.tracks)
    assert loaded.playlists.equals(saved.playlists)
    assert loaded.dialogues == [dialogue]
    assert loaded.ids.tolist() == ["a", "b", "007", "d"]
    assert loaded.rows["007"] == 2
    assert "mood" in loaded.tracks.columns


def test_playlists_come_in_order_of_position() -> None:
    catalogue = small(
        [("q", 1, "b", "train"), ("q", 0, "d", "train"), ("p", 0, "a", "test"), ("p", 1, "b", "test")]
    )
    assert catalogue.playlists_of("train") == [["d", "b"]]
    assert catalogue.playlists_of("test") == [["a", "b"]]
    assert catalogue.playlists_of("validation") == []


def test_cold_is_what_training_never_saw() -> None:
    spoken = [
        Dialogue("real", (Turn("music", "007"),), "train"),
        Dialogue("sim-1", (Turn("music", "d"),), "train"),
        Dialogue("later", (Turn("music", "b"),), "test"),
    ]
    catalogue = small([("p", 0, "a", "train"), ("q", 0, "b", "test")], spoken=spoken)
    assert dict(zip(catalogue.ids, catalogue.cold.tolist(), strict=True)) == {
        "a": False, "b": True, "007": False, "d": True,
    }  # fmt: skip
    plays = pl.DataFrame(
        {"user_id": ["u"], "track_id": ["d"], "played_at": [datetime(2020, 1, 1, tzinfo=UTC)]}
    )
    catalogue = small([])
    catalogue.plays = conform("plays", plays, PLAYS)
    assert catalogue.cold.tolist() == [True, True, True, False]


def test_conform_keeps_unknown_columns_and_fills_known_ones() -> None:
    table = conform(
        "tracks", pl.DataFrame({"track_id": [7], "title": ["t"], "artist": ["a"], "bpm": [90]}), TRACKS
    )
    assert table.columns == [*TRACKS, "bpm"]
    assert table["track_id"].to_list() == ["7"]
    assert table["tags"].dtype == pl.List(pl.String)
    with pytest.raises(
        SegueError, match=r"t.csv: the tracks table has no column artist \(it has: track_id, title\)"
    ):
        conform("tracks", table.select("track_id", "title"), TRACKS, "t.csv")
    with pytest.raises(SegueError, match="wrong kind"):
        conform("tracks", table.with_columns(year=pl.lit("soon")), TRACKS)


def playlist_table(n: int, *, dated: bool) -> pl.DataFrame:
    """n playlists of two tracks, one a day, in an order that is not that of their days."""
    order = [(7 * k) % n for k in range(n)]
    return conform(
        "playlists",
        pl.DataFrame(
            {
                "playlist_id": [f"p{k}" for k in order for _ in range(2)],
                "position": [0, 1] * n,
                "track_id": ["a", "b"] * n,
                "created_at": [
                    datetime(2017, 1, 1 + k, tzinfo=UTC) if dated else None for k in order for _ in range(2)
                ],
            },
            schema_overrides={"created_at": pl.Datetime("us", "UTC")},
        ),
        PLAYLISTS,
    )


def test_dated_playlists_split_by_time() -> None:
    found = split_table(playlist_table(20, dated=True), 0.1, 0.2)
    newest = {name: found.filter(split=name)["playlist_id"].unique().to_list() for name in SPLIT_NAMES}
    assert sorted(newest["test"]) == ["p16", "p17", "p18", "p19"]
    assert sorted(newest["validation"]) == ["p14", "p15"]
    assert len(newest["train"]) == 14


def test_undated_playlists_split_by_their_id_alone() -> None:
    table = playlist_table(25, dated=False)
    found = split_table(table, 0.2, 0.2)
    assert found.equals(split_table(table, 0.2, 0.2))
    for playlist_id, split in found.select("playlist_id", "split").iter_rows():
        assert split == split_of(playlist_id, 0.2, 0.2)
    marked = table.with_columns(split=pl.lit("test"))
    assert split_table(marked, 0.2, 0.2)["split"].unique().to_list() == ["test"]


def test_shares_of_a_split_are_kept() -> None:
    counts = Counter(split_of(str(n), 0.1, 0.2) for n in range(5000))
    assert counts["test"] == pytest.approx(1000, abs=150)
    assert counts["validation"] == pytest.approx(500, abs=120)
    assert {split_of(str(n), 0.0, 0.0) for n in range(100)} == {"train"}


def test_unknown_tracks_leave_a_dialogue_and_are_counted() -> None:
    dropped = Account()
    kept = known_tracks_only(
        [
            Dialogue("d", (Turn("user", "hi"), Turn("music", "ghost"), Turn("music", "a"))),
            Dialogue("e", (Turn("user", "hi"), Turn("music", "ghost"))),
        ],
        {"a"},
        dropped,
    )
    assert kept == [Dialogue("d", (Turn("user", "hi"), Turn("music", "a")))]
    assert dropped == {"dialogue turn with unknown track": 2, "dialogue without a known track": 1}


@pytest.mark.parametrize("name", ["tracks.parquet", "playlists.parquet", "dialogues.jsonl"])
def test_a_spoilt_catalogue_is_an_error_of_the_user(tmp_path: Path, name: str) -> None:
    small([("p", 0, "a", "train")]).save(Workspace(tmp_path))
    (tmp_path / "catalogue" / name).write_bytes(b"\xff\xfe spoilt")
    with pytest.raises(SegueError, match="cannot be read"):
        Catalogue.load(Workspace(tmp_path))
