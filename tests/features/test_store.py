import json
from pathlib import Path

import numpy as np
import pytest

from segue.data import store
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


def saved(workspace: Workspace, n: int = 3) -> store.Feature:
    matrix = np.arange(2 * n, dtype=np.float32).reshape(n, 2)
    feature = store.Feature(matrix, np.arange(n) != 1)
    store.save(workspace, "audio", feature, encoder="ear", input_hash="1234")
    return feature


def test_what_is_saved_comes_back(make_workspace):
    workspace = make_workspace(["a", "b", "c"])
    feature = saved(workspace)
    loaded = store.load(workspace, "audio")
    np.testing.assert_array_equal(loaded.matrix, feature.matrix)
    np.testing.assert_array_equal(loaded.present, [True, False, True])
    card = json.loads((workspace.feature("audio") / "card.json").read_text())
    assert card["encoder"] == card["space"] == "ear"
    assert (card["dim"], card["n_tracks"], card["input_hash"]) == (2, 3, "1234")
    assert card["coverage"] == pytest.approx(2 / 3, abs=1e-6)
    assert store.available(workspace) == ("audio",)


def test_a_feature_that_was_never_made(make_workspace):
    with pytest.raises(SegueError, match="segue features --modality audio"):
        store.load(make_workspace(["a"]), "audio")


def test_a_feature_without_its_card_is_unfinished(make_workspace):
    workspace = make_workspace(["a", "b", "c"])
    saved(workspace)
    (workspace.feature("audio") / "card.json").unlink()
    with pytest.raises(SegueError, match="not finished"):
        store.load(workspace, "audio")


@pytest.mark.parametrize("damage", [b"", b"not a tensor file", None])
def test_a_damaged_matrix_is_named(make_workspace, damage):
    workspace = make_workspace(["a", "b", "c"])
    saved(workspace)
    path = workspace.feature("audio") / "matrix.safetensors"
    path.write_bytes(path.read_bytes()[:-4] if damage is None else damage)
    with pytest.raises(SegueError, match=r"matrix\.safetensors: cannot be read.*delete the folder"):
        store.load(workspace, "audio")


def test_a_card_of_another_matrix(make_workspace):
    workspace = make_workspace(["a", "b", "c"])
    saved(workspace)
    path = workspace.feature("audio") / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"dim": 7}))
    with pytest.raises(SegueError, match="does not match its card"):
        store.load(workspace, "audio")


def test_a_catalogue_that_has_grown(make_workspace):
    workspace = make_workspace(["a", "b", "c", "d"])
    saved(workspace, 3)
    with pytest.raises(SegueError, match="has 3 rows, the catalogue 4 tracks"):
        store.load(workspace, "audio")
    assert len(store.load_any(workspace, "audio")[0].present) == 3


def test_a_present_row_must_be_finite_and_an_absent_one_need_not():
    matrix = np.array([[1, 2], [np.nan, 0]], dtype=np.float32)
    store.Feature(matrix, np.array([True, False]))
    with pytest.raises(ValueError, match="finite"):
        store.Feature(matrix, np.array([True, True]))
    with pytest.raises(ValueError, match="fit"):
        store.Feature(matrix, np.array([True]))


def test_no_catalogue(tmp_path: Path):
    with pytest.raises(SegueError, match="catalogue"):
        store.count_tracks(Workspace(tmp_path))
