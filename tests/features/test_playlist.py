import numpy as np

from segue.data import store
from segue.data.catalogue import Catalogue, Dialogue, Turn
from segue.features import playlist
from segue.features.playlist import Settings, sequences
from segue.kit.workspace import read_card

QUICK = Settings(dim=16, epochs=30)


def communities(n: int = 3, size: int = 8, lists: int = 60, seed: int = 0) -> list[list[str]]:
    """Playlists that each draw from one community of tracks only: track "c2-5" is the sixth of the third."""
    rng = np.random.default_rng(seed)
    return [[f"c{i % n}-{j}" for j in rng.choice(size, 5, replace=False).tolist()] for i in range(lists * n)]


def names(n: int = 3, size: int = 8) -> list[str]:
    return [f"c{i}-{j}" for j in range(size) for i in range(n)]


def test_planted_communities_are_recovered(make_workspace):
    workspace = make_workspace([*names(), "never played"], communities())
    playlist.compute(workspace, settings=QUICK)
    feature = store.load(workspace, "playlist")
    assert feature.present.tolist() == [True] * 24 + [False]
    unit = feature.matrix[:24] / np.linalg.norm(feature.matrix[:24], axis=1, keepdims=True)
    alike = unit @ unit.T - 2 * np.eye(24)
    for row, name in enumerate(names()):
        nearest = np.argsort(-alike[row])[:7]
        assert {names()[i].split("-")[0] for i in nearest} == {name.split("-")[0]}


def test_the_same_seed_gives_the_same_vectors(make_workspace):
    workspace = make_workspace(names(), communities())
    first, second, other = (
        playlist.train(communities(), {n: i for i, n in enumerate(names())}, s).matrix
        for s in (QUICK, QUICK, Settings(dim=16, epochs=30, seed=1))
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
    assert "24 of 24" in playlist.compute(workspace, settings=QUICK)


def test_only_training_data_is_seen_and_only_what_was_accepted(make_workspace):
    turns = (
        Turn("user", "something slow"),
        Turn("music", "d1", True),
        Turn("music", "d2", False),
        Turn("music", "d3"),
        Turn("music", "d1", True),
    )
    retold = (Turn("user", "more"), Turn("music", "b", True), Turn("music", "a", True))
    held_out = (Turn("music", "x"), Turn("music", "y"))
    workspace = make_workspace(
        ["a", "b", "c", "d1", "d2", "d3", "x", "y"],
        [["b", "a"], ["x", "y"], ["y", "x"], ["c", "c"]],
        [Dialogue("1", turns), Dialogue("2", retold), Dialogue("3", held_out, "test")],
        splits=["train", "validation", "test", "train"],
    )
    assert sequences(Catalogue.load(workspace)) == [["b", "a"], ["d1", "d3"]]
    playlist.compute(workspace, settings=QUICK)
    present = store.load(workspace, "playlist").present
    # c was only ever played alone: it has no company to be known by.
    assert present.tolist() == [True, True, False, True, False, True, False, False]


def test_a_grown_catalogue_keeps_the_old_vectors_until_refit(make_workspace):
    workspace = make_workspace(names(), communities())
    playlist.compute(workspace, settings=QUICK)
    old = store.load(workspace, "playlist")
    before = read_card(workspace.feature("playlist"), "")
    assert "unchanged" in playlist.compute(workspace)

    workspace = make_workspace([*names(), "new"], [*communities(), ["new", "c0-0", "c0-1"]])
    message = playlist.compute(workspace)
    assert "1 new tracks have no vector" in message
    assert "--refit" in message
    grown = store.load(workspace, "playlist")
    np.testing.assert_array_equal(grown.matrix[:24], old.matrix)
    assert grown.present.tolist() == [True] * 24 + [False]
    after = read_card(workspace.feature("playlist"), "")
    assert after["space"] == before["space"]
    assert after["input_hash"] != before["input_hash"]

    playlist.compute(workspace, refit=True, settings=QUICK)
    assert store.load(workspace, "playlist").present.all()
    assert read_card(workspace.feature("playlist"), "")["space"] != before["space"]


def test_other_settings_train_anew(make_workspace):
    workspace = make_workspace(names(), communities())
    playlist.compute(workspace, settings=QUICK)
    playlist.compute(workspace, settings=Settings(dim=8, epochs=2))
    assert store.load(workspace, "playlist").matrix.shape == (24, 8)


def test_few_sequences_get_more_passes():
    assert [playlist.default_epochs(n) for n in (2, 5_000, 50_000, 66_000_000)] == [100, 100, 10, 3]
