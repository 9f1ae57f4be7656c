"""Simulated dialogues in a workspace: splits, caps, the report, what stays and what is skipped."""

from pathlib import Path

import pytest

from made_up_playlists import catalogue, some_playlists
from segue.data.catalogue import Catalogue, Dialogue, Split, Turn
from segue.dialogues.simulate import Made, make
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


def workspace_of(tmp_path: Path, dialogues: list[Dialogue]) -> Workspace:
    playlists = dict(some_playlists(30))
    splits: dict[str, str] = {f"p{i}": ("train", "validation", "test")[i % 3] for i in range(30)}
    known = catalogue(playlists, splits)
    known.dialogues = dialogues
    workspace = Workspace(tmp_path / "w")
    known.save(workspace)
    return workspace


def real(name: str, split: Split) -> Dialogue:
    return Dialogue(name, (Turn("user", "Ttl1x"), Turn("music", "t1", True)), split)


def ids(workspace: Workspace, split: Split) -> list[str]:
    return [d.dialogue_id for d in Catalogue.load(workspace).dialogues_of(split)]


def test_make_keeps_splits_apart(tmp_path: Path):
    workspace = workspace_of(tmp_path, [])
    assert make(workspace, catalogue_requests=7) == Made(
        {"train": 10, "validation": 10, "test": 10, "requests": 7}, skipped=False
    )
    for split, rest in (("train", 0), ("validation", 1), ("test", 2)):
        found = [i for i in ids(workspace, split) if not i.startswith("sim-track-")]  # type: ignore[arg-type]
        assert {int(i.split("-")[1][1:]) % 3 for i in found} == {rest}


def test_real_dialogues_stay_and_their_test_gets_no_simulated_ones(tmp_path: Path):
    workspace = workspace_of(
        tmp_path, [real("cpcd-1", "train"), real("cpcd-2", "test"), real("sim-old-0", "train")]
    )
    made = make(workspace)
    assert made.counts == {"train": 10, "validation": 10, "test": 0, "requests": 0}
    assert ids(workspace, "test") == ["cpcd-2"]
    assert ids(workspace, "train")[0] == "cpcd-1"
    assert "sim-old-0" not in ids(workspace, "train")


def test_make_again_is_skipped_until_something_changes(tmp_path: Path):
    workspace = workspace_of(tmp_path, [])
    first = make(workspace)
    before = (workspace.catalogue / "dialogues.jsonl").stat().st_mtime_ns
    assert make(workspace) == Made(first.counts, skipped=True)
    assert (workspace.catalogue / "dialogues.jsonl").stat().st_mtime_ns == before
    assert not make(workspace, seed=1).skipped
    assert not make(workspace).skipped
    known = Catalogue.load(workspace)
    known.dialogues.append(real("new", "test"))
    known.save(workspace)
    assert make(workspace).counts["test"] == 0


def test_caps_and_copies(tmp_path: Path):
    workspace = workspace_of(tmp_path, [])
    assert make(workspace, max_dialogues=4).counts == {"train": 4, "validation": 4, "test": 4, "requests": 0}
    assert make(workspace, max_dialogues={"train": 5}, per_playlist=2).counts["train"] == 5
    assert make(workspace, per_playlist=2).counts["validation"] == 20
    assert len(Catalogue.load(workspace).dialogues) == 60


def test_the_report_counts_and_shows_dialogues(tmp_path: Path):
    workspace = workspace_of(tmp_path, [])
    make(workspace, catalogue_requests=5)
    text = (workspace.report("dialogues") / "report.md").read_text("utf-8")
    assert "| train | 10 |" in text
    assert "| requests | 5 | 1.00 | 0.00 | 5 |" in text
    assert text.count("### sim-p") == 3
    assert "<|" not in text
    for modality in ("metadata", "semantic", "playlist"):
        assert f"| **all** | {modality} |" in text


def test_simulated_dialogues_make_no_track_warm(tmp_path: Path):
    workspace = workspace_of(tmp_path, [])
    before = Catalogue.load(workspace).cold
    make(workspace, catalogue_requests=200)
    assert (Catalogue.load(workspace).cold == before).all()
    assert before.any()


@pytest.mark.parametrize("wrong", [{"per_playlist": 0}, {"max_turns": 0}, {"catalogue_requests": -1}])
def test_numbers_out_of_range_are_one_clear_line(tmp_path: Path, wrong: dict[str, int]):
    with pytest.raises(SegueError, match="must be"):
        make(workspace_of(tmp_path, []), **wrong)  # type: ignore[arg-type]


def test_no_catalogue_is_one_clear_line(tmp_path: Path):
    with pytest.raises(SegueError, match="no catalogue"):
        make(Workspace(tmp_path))
