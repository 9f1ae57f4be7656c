"""Adding to a workspace: what is merged, what is left out and counted, and into which split it goes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segue.data.catalogue import Catalogue, Dialogue, Tables, Turn
from segue.importing import add as importing
from segue.importing.report import Lengths
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


def tracks(*ids: str, **columns: Any) -> pl.DataFrame:
    base = {"track_id": list(ids), "title": [f"T{i}" for i in ids], "artist": [f"A{i}" for i in ids]}
    return pl.DataFrame(base | columns)


def playlists(lists: dict[str, list[str]], **columns: Any) -> pl.DataFrame:
    rows = [(name, place, i) for name, ids in lists.items() for place, i in enumerate(ids)]
    frame = pl.DataFrame(rows, schema=["playlist_id", "position", "track_id"], orient="row")
    return frame.with_columns(**{c: pl.lit(v) for c, v in columns.items()})


def plays(*rows: tuple[str, str, int]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["user_id", "track_id", "day"], orient="row")
    day = pl.datetime(2020, 1, pl.col("day"), time_zone="UTC")
    return frame.select("user_id", "track_id", played_at=day)


def dialogue(name: str, *ids: str, split: Any = "train") -> Dialogue:
    return Dialogue(name, (Turn("user", "hi"), *(Turn("music", i) for i in ids)), split)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "w")


def many(prefix: str, n: int) -> dict[str, list[str]]:
    return {f"{prefix}{i}": ["1", "2"] for i in range(n)}


def test_tracks_alone_are_an_import(workspace: Workspace) -> None:
    report = importing.add(workspace, Tables(tracks("1", "2")))
    assert Catalogue.load(workspace).ids.tolist() == ["1", "2"]
    assert (report.totals["tracks"], report.totals["cold tracks"]) == (2, 2)


def test_known_tracks_keep_their_row_and_empty_fields_are_filled(workspace: Workspace) -> None:
    first = tracks("1", "2", "3", album=[None, "LP", ""], title=["T1", "T2", ""])
    importing.add(workspace, Tables(first))
    second = tracks(
        "4", "3", "2", album=["New", "Found", "Other"], tags=[["x"], ["y", " "], []], mood=[1, 2, 3]
    )
    report = importing.add(workspace, Tables(second))
    found = Catalogue.load(workspace).tracks
    assert found["track_id"].to_list() == ["1", "2", "3", "4"]
    assert found["album"].to_list() == [None, "LP", "Found", "New"]
    assert found["title"].to_list() == ["T1", "T2", "T3", "T4"]
    assert found["tags"].to_list() == [None, None, ["y"], ["x"]]
    assert found["mood"].to_list() == [None, 3, 2, 1]
    assert (report.new["tracks"], report.new["known tracks with fields filled"]) == (1, 2)
    assert report.coverage["tags"] == pytest.approx(0.5)


def test_importing_twice_adds_nothing(workspace: Workspace) -> None:
    tables = Tables(
        tracks("1", "2"),
        playlists({"p": ["1", "2"]}),
        plays(("u", "1", 1), ("u", "1", 2)),
        [dialogue("d", "1")],
    )
    importing.add(workspace, tables)
    before = Catalogue.load(workspace)
    report = importing.add(workspace, tables)
    after = Catalogue.load(workspace)
    assert set(report.new.values()) == {0}
    assert report.dropped == {}
    assert report.known == {"tracks": 2, "plays": 2, "playlists": 1, "dialogues": 1}
    assert "known already: tracks 2, plays 2, playlists 1, dialogues 1" in report.lines
    assert after.tracks.equals(before.tracks)
    assert after.playlists.equals(before.playlists)
    assert after.plays.equals(before.plays)
    assert after.dialogues == before.dialogues


def test_what_cannot_be_used_is_left_out_and_counted(workspace: Workspace) -> None:
    tables = Tables(
        tracks("1", "2", "1", "", "3", title=["first", "b", "second", "c", None]),
        playlists({"p": ["2", "ghost", "1"], "one": ["1"], "half": ["1", "ghost"], "": ["1", "2"]}),
        plays(("u", "1", 1), ("u", "1", 1), ("u", "ghost", 1)),
        [dialogue("d", "1", "ghost"), dialogue("e", "ghost"), dialogue("d", "2")],
    )
    report = importing.add(workspace, tables)
    assert report.dropped == {
        "duplicate track id": 1,
        "row of tracks without track_id": 1,
        "row of playlists without playlist_id or position or track_id": 2,
        "playlist entry with unknown track": 2,
        "playlist of fewer than two tracks": 2,
        "duplicate play": 1,
        "play of unknown track": 1,
        "duplicate dialogue id": 1,
        "dialogue turn with unknown track": 2,
        "dialogue without a known track": 1,
    }
    found = Catalogue.load(workspace)
    assert found.tracks.select("track_id", "title").rows() == [("1", "first"), ("2", "b"), ("3", "")]
    rows = found.playlists.select("playlist_id", "position", "track_id").rows()
    assert rows == [("p", 0, "2"), ("p", 1, "1")]
    assert [t.content for t in found.dialogues[0].turns] == ["hi", "1"]
    assert report.totals["playlists without title"] == 1


def test_other_tables_may_speak_of_tracks_there_before(workspace: Workspace) -> None:
    importing.add(workspace, Tables(tracks("1", "2")))
    nothing = pl.DataFrame(schema={"track_id": pl.String, "title": pl.String, "artist": pl.String})
    report = importing.add(workspace, Tables(nothing, playlists({"p": ["2", "1"]}, title="calm")))
    assert (report.new["playlists"], report.totals["playlists without title"]) == (1, 0)


def test_auto_split_is_stable_and_of_the_wanted_size(workspace: Workspace, tmp_path: Path) -> None:
    tables = Tables(
        tracks("1", "2"), playlists(many("p", 2000)), None, [dialogue(f"d{i}", "1") for i in range(2000)]
    )
    report = importing.add(workspace, tables, validation=0.2, test=0.3)
    for kind in ("playlists", "dialogues"):
        assert report.splits[kind]["test"] == pytest.approx(600, abs=80)
        assert report.splits[kind]["validation"] == pytest.approx(400, abs=80)
    other = Workspace(tmp_path / "other")
    importing.add(
        other,
        Tables(tracks("1", "2"), playlists(dict(reversed(many("p", 2000).items())))),
        validation=0.2,
        test=0.3,
    )
    keys = ["playlist_id", "position"]
    one, two = (Catalogue.load(w).playlists.sort(keys)["split"] for w in (workspace, other))
    assert one.equals(two), "the split hangs on the id, not on the order"


def test_dated_playlists_are_split_by_time(workspace: Workspace) -> None:
    days = [dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=i) for i in range(10)]
    parts = [playlists({f"p{i}": ["1", "2"]}, created_at=day) for i, day in enumerate(days)]
    importing.add(workspace, Tables(tracks("1", "2"), pl.concat(parts)), validation=0.2, test=0.1)
    heads = Catalogue.load(workspace).playlists.unique("playlist_id").sort("created_at")
    assert heads["split"].to_list() == ["train"] * 7 + ["validation"] * 2 + ["test"]


def test_an_explicit_split_holds_for_all(workspace: Workspace) -> None:
    tables = Tables(
        tracks("1", "2"),
        playlists(many("p", 50), split="train"),
        None,
        [dialogue(f"d{i}", "1", split="validation") for i in range(50)],
    )
    report = importing.add(workspace, tables, split="test")
    assert report.splits["playlists"] == {"train": 0, "validation": 0, "test": 50}
    assert report.splits["dialogues"] == {"train": 0, "validation": 0, "test": 50}
    assert report.totals["cold tracks"] == 2


def test_a_source_with_its_own_test_gets_no_second_one(workspace: Workspace) -> None:
    own = pl.concat(
        [
            playlists(many("test", 5), split="test"),
            playlists(many("rest", 300)).with_columns(split=pl.lit(None, dtype=pl.String)),
        ]
    )
    talks = [dialogue("t", "1", split="test"), *(dialogue(f"d{i}", "1") for i in range(300))]
    report = importing.add(workspace, Tables(tracks("1", "2"), own, None, talks), validation=0.3, test=0.3)
    assert report.splits["playlists"]["test"] == 5
    assert report.splits["dialogues"]["test"] == 1
    assert report.splits["playlists"]["validation"] > 50
    assert report.splits["dialogues"]["validation"] > 50


def test_a_playlist_follows_its_dialogue_even_in_a_later_import(workspace: Workspace) -> None:
    names = [f"d{i}" for i in range(100)]
    importing.add(
        workspace, Tables(tracks("1", "2"), None, None, [dialogue(n, "1") for n in names]), test=0.5
    )
    parts = [playlists({f"of-{n}": ["1", "2"]}, dialogue_id=n) for n in names]
    importing.add(workspace, Tables(tracks("1", "2"), pl.concat(parts)), test=0.1)
    found = Catalogue.load(workspace)
    of_playlist = dict(found.playlists.select("dialogue_id", "split").unique().rows())
    assert of_playlist == {d.dialogue_id: d.split for d in found.dialogues}


def test_the_rows_of_one_playlist_never_go_apart(workspace: Workspace) -> None:
    rows = playlists({"p": ["1", "2", "1"]}).with_columns(split=pl.Series([None, "test", "train"]))
    importing.add(workspace, Tables(tracks("1", "2"), rows))
    assert Catalogue.load(workspace).playlists["split"].to_list() == ["test"] * 3


def test_bad_settings_and_tables(workspace: Workspace) -> None:
    with pytest.raises(SegueError, match="nothing to train on"):
        importing.add(workspace, Tables(tracks("1")), validation=0.5, test=0.5)
    with pytest.raises(SegueError, match="unknown split 'tset'"):
        importing.add(workspace, Tables(tracks("1")), split="tset")  # type: ignore[arg-type]
    with pytest.raises(SegueError, match="unknown split 'holdout'"):
        importing.add(workspace, Tables(tracks("1", "2"), playlists({"p": ["1", "2"]}, split="holdout")))
    with pytest.raises(SegueError, match="no column artist"):
        importing.add(workspace, Tables(tracks("1").drop("artist")))
    with pytest.raises(SegueError, match="no track to add"):
        importing.add(workspace, Tables(tracks("1").clear()))
    assert not workspace.catalogue.exists(), "an import that fails leaves nothing"


def test_a_workspace_that_cannot_be_read(workspace: Workspace) -> None:
    importing.add(workspace, Tables(tracks("1")))
    (workspace.catalogue / "plays.parquet").write_text("broken", "utf-8")
    with pytest.raises(SegueError, match="cannot be read"):
        importing.add(workspace, Tables(tracks("2")))
    (workspace.catalogue / "tracks.parquet").unlink()
    with pytest.raises(SegueError, match="no catalogue"):
        importing.add(workspace, Tables(tracks("2")))


def test_a_column_of_another_type(workspace: Workspace) -> None:
    importing.add(workspace, Tables(tracks("1", mood=["calm"])))
    with pytest.raises(SegueError, match="another type than in the workspace"):
        importing.add(workspace, Tables(tracks("2", mood=[["calm", "slow"]])))


def test_messages_with_any_line_end_survive(workspace: Workspace) -> None:
    said = Dialogue("d", (Turn("user", "one\u2028two\x85three\nfour"), Turn("music", "1")))
    importing.add(workspace, Tables(tracks("1"), dialogues=[said]), split="train")
    assert Catalogue.load(workspace).dialogues == [said]


def test_the_report_says_it_all(workspace: Workspace) -> None:
    lists = playlists({"p": ["1", "2"], "q": ["1", "2", "3"], "r": ["1", "2", "1", "3", "2", "1"]})
    talks = [dialogue("d", "1", "2"), dialogue("e", "1")]
    source = Tables(tracks("1", "2", "3", album=["x", None, None]), lists, plays(("u", "1", 1)), talks)
    source.dropped["a reason | with a bar"] = 3
    report = importing.add(workspace, source, split="train")
    assert report.lengths["tracks a playlist"] == Lengths(2, 3.0, 11 / 3, 6)
    assert report.lengths["turns a dialogue"] == Lengths(2, 2.5, 2.5, 3)
    assert report.lengths["tracks a dialogue"] == Lengths(1, 1.5, 1.5, 2)
    assert report.coverage["album"] == pytest.approx(1 / 3)
    assert report.totals["listeners"] == 1
    assert "dropped: 3 x a reason | with a bar" in report.lines
    text = (workspace.report("import") / "report.md").read_text("utf-8")
    assert "| a reason \\| with a bar |  | 3 |" in text
    assert "| album | 33.3 % |" in text
    assert "| playlists | 3 | 0 | 0 |" in text
    picture = (workspace.report("import") / "lengths_and_coverage.png").read_bytes()
    assert picture.startswith(b"\x89PNG")


def test_update_takes_what_the_source_says_now(workspace: Workspace) -> None:
    importing.add(workspace, Tables(tracks("1", "2", album=["LP", "LP"], tags=[["a"], ["b"]])))
    second = tracks("2", "3", album=["Other", None], tags=[["c", "d"], None], title=["", "T3"], mood=[1, 2])
    report = importing.add(workspace, Tables(second), update=True)
    found = Catalogue.load(workspace).tracks
    assert found["track_id"].to_list() == ["1", "2", "3"]
    assert found["album"].to_list() == ["LP", "Other", None]
    assert found["tags"].to_list() == [["a"], ["c", "d"], None]
    assert found["title"].to_list() == ["T1", "T2", "T3"]
    assert (report.new["tracks"], report.new["known tracks changed"]) == (1, 1)
    assert importing.add(workspace, Tables(second), update=True).new["known tracks changed"] == 0


def test_update_replaces_changed_playlists_in_their_split(workspace: Workspace) -> None:
    first = {f"p{i}": ["1", "2"] for i in range(60)}
    importing.add(workspace, Tables(tracks("1", "2", "3"), playlists(first)), validation=0.3, test=0.3)
    before = dict(Catalogue.load(workspace).playlists.select("playlist_id", "split").unique().rows())
    second = {name: ["2", "3", "1"] if name < "p3" else ids for name, ids in first.items()} | {
        "q": ["1", "3"]
    }
    report = importing.add(workspace, Tables(tracks("1"), playlists(second)), update=True)
    after = Catalogue.load(workspace).playlists.sort("playlist_id", "position")
    assert dict(after.filter(playlist_id="p1")["split"].value_counts().rows()) == {before["p1"]: 3}
    found = dict(after.group_by("playlist_id").agg("track_id").rows())
    assert found == second
    assert before.items() <= dict(after.select("playlist_id", "split").unique().rows()).items()
    n_changed = sum(name < "p3" for name in first)
    assert report.new["playlists"] == n_changed + 1
    assert report.known["playlists"] == 60 - n_changed


def test_a_catalogue_whose_replacement_was_killed_comes_back(workspace: Workspace) -> None:
    importing.add(workspace, Tables(tracks("1")))
    workspace.catalogue.rename(workspace.root / ".catalogue.old-12345678")
    importing.add(workspace, Tables(tracks("2")))
    assert Catalogue.load(workspace).ids.tolist() == ["1", "2"]


def test_rows_lost_without_a_word_are_a_fault_and_nothing_is_written(workspace: Workspace) -> None:
    source = Tables(tracks("1", "2"))
    source.dropped.came["tracks"] = 3  # type: ignore[attr-defined]
    with pytest.raises(SegueError, match="3 rows of tracks came, but 2 are accounted for"):
        importing.add(workspace, source)
    assert not workspace.catalogue.exists()


def test_years_times_and_lengths_that_cannot_be_are_left_out_of_every_source(workspace: Workspace) -> None:
    odd = tracks("1", "2", year=[0, 1999], duration_s=[-1.0, 10.0])
    when = pl.Series([0, 1_509_537_600_000_000]).cast(pl.Datetime("us", "UTC"))
    log = pl.DataFrame({"user_id": ["u", "u"], "track_id": ["1", "2"], "played_at": when})
    report = importing.add(workspace, Tables(odd, plays=log))
    assert sum(report.dropped.values()) == 3
    assert Catalogue.load(workspace).tracks["year"].to_list() == [None, 1999]
    assert Catalogue.load(workspace).plays["track_id"].to_list() == ["2"]
