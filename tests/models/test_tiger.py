"""TIGER: the contract, ids that no two tracks share, and the beam against brute force."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl
import pytest
import torch

from segue.data.library import Library
from segue.data.request import Play, Request
from segue.features import metadata
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.tiger.ids import given_ids, ids_of, places_in_groups, residual_ids
from segue.models.tiger.model import Settings, Tiger, make_network
from segue.testing.contract import PLAYED, TALK, RecommenderContract
from segue.testing.hash_encoder import HashEncoder

QUICK = {
    "epochs": 14, "dim": 32, "heads": 2, "encoder_blocks": 1, "decoder_blocks": 1, "length": 8, "lr": 0.01,
    "levels": 2, "clusters": 4, "plays_a_step": 64, "dropout": 0.0, "bf16": False,
}  # fmt: skip


class TestTiger(RecommenderContract):
    informed_by = (PLAYED, TALK)
    tolerance = 1e-4
    learnt: ClassVar[list[Tiger]] = []

    def make(self, workspace: Workspace) -> Tiger:
        metadata.compute(workspace, encoder=HashEncoder())
        library = Library.open(workspace)
        if not self.learnt:
            self.learnt.append(Tiger.fit(library, QUICK))
        kept = self.learnt[0]
        return Tiger(library.catalogue, kept.network, kept.ids, kept.settings)

    def test_training_twice_gives_the_same_scores(self, workspace: Workspace, tmp_path: Path) -> None:
        model = self.make(workspace)
        again = Tiger.fit(Library.open(workspace), QUICK)
        self.assert_same(again.score([PLAYED, TALK]), model.score([PLAYED, TALK]))


def test_wide_enough_a_beam_gives_every_track_its_own_probability() -> None:
    codes = np.array([[a, b, 0] for a in range(3) for b in range(4)] + [[0, 0, 1]])
    ids = given_ids(codes)
    network = make_network(ids, Settings.model_validate(QUICK | {"width": 100})).eval()
    tracks = [f"t{i}" for i in range(len(codes))]
    library = Library.of(pl.DataFrame({"track_id": tracks, "title": tracks, "artist": tracks}))
    model = Tiger(library.catalogue, network, ids, Settings.model_validate(QUICK | {"width": 100}))
    scores = model.score([Request(history=(Play("t3"), Play("t5")))])[0]
    memory = network.encode(torch.tensor([[3, 5]]))[0]
    for row, code in enumerate(codes):
        wanted = sum(
            float(network.log_probs(memory, torch.tensor(code[None, :level]))[0, code[level]].detach())
            for level in range(3)
        )
        assert scores[row] == pytest.approx(wanted, abs=1e-4)


def test_the_loss_of_a_history_is_that_of_its_tracks_one_by_one() -> None:
    ids = given_ids(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))
    network = make_network(ids, Settings.model_validate(QUICK)).eval()
    loss, n = network.loss(torch.tensor([[2, 0, 3, -1, -1], [1, 1, -1, -1, -1]]))
    total = 0.0
    for history in ([2, 0, 3], [1, 1]):
        for place, row in enumerate(history):
            memory = network.encode(torch.tensor([history[:place]], dtype=torch.long).reshape(1, -1))[0]
            code = torch.from_numpy(ids.codes[row])
            for level in range(2):
                total -= float(network.log_probs(memory, code[None, :level])[0, code[level]].detach())
    assert n == 5
    assert float(loss.detach()) == pytest.approx(total / 5, rel=1e-4)


def test_no_two_tracks_share_an_id_and_missing_ones_have_one_too() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(60, 8)).astype(np.float32)
    vectors[10:20] = vectors[9]
    present = np.arange(60) < 55
    ids = residual_ids(vectors, present, levels=2, clusters=4, seed=0)
    assert len(np.unique(ids.codes, axis=0)) == 60
    assert (ids.codes < ids.sizes).all()
    assert (ids.codes[55:, :-1] == 4).all()
    later = ids_of(ids.centroids, vectors, present, most=2)
    np.testing.assert_array_equal(later.codes[:, :-1], ids.codes[:, :-1])
    assert later.codes[:, -1].max() == 1


def test_places_in_groups_count_the_earlier_equals() -> None:
    assert places_in_groups(np.array([[1, 2], [0, 0], [1, 2], [1, 2]])).tolist() == [0, 0, 1, 2]


def test_without_features_it_says_what_to_run(workspace: Workspace) -> None:
    library = Library(catalogue=Library.open(workspace).catalogue)
    with pytest.raises(SegueError, match="segue features"):
        Tiger.fit(library, QUICK)
