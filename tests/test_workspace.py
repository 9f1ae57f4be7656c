"""Workspaces: artefacts whole or not at all, cards, hashes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from segue.kit import workspace as module
from segue.kit.errors import SegueError
from segue.kit.workspace import (
    Workspace,
    hash_of,
    read_card,
    stable_fraction,
    whole_directory,
    whole_file,
    write_json,
)


def test_paths_follow_the_design(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "music")
    places = {
        "catalogue": workspace.catalogue,
        "tokens": workspace.tokens,
        "features/semantic": workspace.feature("semantic"),
        "models/bm25": workspace.model("bm25"),
        "reports/conversation": workspace.report("conversation"),
    }
    assert all(path == tmp_path / "music" / name for name, path in places.items())
    assert not workspace.root.exists()


def test_a_workspace_that_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no catalogue here; run `segue import"):
        Workspace(tmp_path, must_exist=True)
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "tracks.parquet").touch()
    assert Workspace(tmp_path, must_exist=True).root == tmp_path


def test_a_directory_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    with whole_directory(target) as folder:
        (folder / "one").write_text("1")
        assert not target.exists()
        assert folder.parent == target.parent
    assert (target / "one").read_text() == "1"
    with whole_directory(target) as folder:
        (folder / "two").write_text("2")
        assert (target / "one").exists()
    assert [p.name for p in target.iterdir()] == ["two"]
    assert [p.name for p in target.parent.iterdir()] == ["b"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_directory_that_fails_leaves_the_old_one(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "a"
    with whole_directory(target) as folder:
        (folder / "old").write_text("old")
    with pytest.raises(error), whole_directory(target) as folder:  # noqa: PT012
        (folder / "new").write_text("half")
        raise error
    assert [p.name for p in tmp_path.rglob("*")] == ["a", "old"]


@pytest.mark.parametrize("failing", [1, 2])
def test_a_stop_while_the_new_one_takes_its_place(
    tmp_path: Path, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a"
    with whole_directory(target) as folder:
        (folder / "old").write_text("old")
    calls, replace = iter((1, 2, 3)), os.replace

    def stopped(source: Path, destination: Path) -> None:
        if next(calls) == failing:
            raise KeyboardInterrupt
        replace(source, destination)

    monkeypatch.setattr(module.os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt), whole_directory(target) as folder:
        (folder / "new").write_text("new")
    assert [p.name for p in tmp_path.rglob("*")] == ["a", "old"]


def test_a_file_is_whole_or_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "folder" / "file"
    with whole_file(target) as temporary:
        temporary.write_text("old")
        assert not target.exists()
    with pytest.raises(RuntimeError), whole_file(target) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(target.parent.iterdir()) == [target]


def test_cards_come_back_as_written(tmp_path: Path) -> None:
    card = {"name": "Motörhead — “live”", "n": 3, "list": [1.5, None], "inner": {"b": 1, "a": True}}
    write_json(tmp_path / "card.json", card)
    assert read_card(tmp_path, "tokens") == card


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "not finished; run `segue tokens`"), ("{", "not valid JSON"), ("[1]", "not a JSON")],
)
def test_a_bad_card_is_an_error_of_the_user(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "card.json").write_text(content)
    with pytest.raises(SegueError, match=said):
        read_card(tmp_path, "tokens")


def test_a_hash_depends_on_values_and_contents_alone(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"x" * 3_000_000)
    two.write_bytes(b"x" * 3_000_000)
    assert hash_of(one, 1) == hash_of(two, 1)
    assert hash_of({"a": 1, "b": 2}) == hash_of({"b": 2, "a": 1})
    different = [
        hash_of(one),
        hash_of(one, 1),
        hash_of(1, one),
        hash_of("ab", "c"),
        hash_of("a", "bc"),
        hash_of(),
    ]
    assert len(set(different)) == len(different)
    two.write_bytes(b"x" * 2_999_999 + b"y")
    assert hash_of(one) != hash_of(two)


def test_stable_fractions_are_even_and_stay_what_they_are() -> None:
    found = [stable_fraction(str(n)) for n in range(2000)]
    assert all(0 <= x < 1 for x in found)
    assert sum(x < 0.25 for x in found) == pytest.approx(500, abs=80)
    assert stable_fraction("a", seed=1) != stable_fraction("a", seed=2)
    # Splits in users' workspaces depend on it.
    assert stable_fraction("playlist-1") == pytest.approx(0.05000335855225462)


def test_an_error_is_one_line_of_what_where_and_cure() -> None:
    assert str(SegueError("empty", "x.csv", "export it again")) == "x.csv: empty; export it again"
    assert str(SegueError("empty")) == "empty"
    assert SegueError("a", "b", "c").cure == "c"


def test_a_full_disk_is_one_line_and_leaves_what_was_there(tmp_path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "old").write_text("old")
    with pytest.raises(SegueError, match="no space left"), whole_directory(tmp_path / "kept"):
        raise RuntimeError("parquet: underlying IO error: No space left on device (os error 28)")
    with pytest.raises(SegueError, match="no space left"), whole_file(tmp_path / "kept" / "old"):
        raise OSError(28, "No space left on device")
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "old").read_text() == "old"


def test_what_a_kill_left_goes_after_a_day(tmp_path: Path) -> None:
    old, young, other = (tmp_path / n for n in (".model.0a1b2c3d", ".model.0a1b2c3e", ".model.old-0a1b2c3d"))
    for folder in (old, young, other):
        folder.mkdir()
    for folder in (old, other):
        os.utime(folder, (0, 0))
    with whole_directory(tmp_path / "model") as temporary:
        (temporary / "a").write_text("x")
    assert sorted(p.name for p in tmp_path.iterdir()) == [young.name, other.name, "model"]
