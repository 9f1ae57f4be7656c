"""SASRec, BERT4Rec and GRU4Rec: the inherited contract, causality, and what they must and must not see."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, get_args

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.log import Log
from segue.data.request import Play, Request
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.learning.losses import Loss
from segue.models.recommender import Recommender
from segue.models.sequential.learn import (
    NETWORKS,
    Kind,
    Settings,
    learn,
    make_network,
    objective,
    score_rows,
    validation_of,
)
from segue.models.sequential.model import BERT4Rec, GRU4Rec, SASRec, Sequential
from segue.models.sequential.networks import dropout
from segue.models.sequential.windows import Batches, pad
from segue.testing.contract import PLAYED, RecommenderContract
from sequences import log_of

QUICK = Settings.model_validate(
    {"dim": 16, "length": 8, "epochs": 12, "dropout": 0.1, "lr": 0.01, "plays_a_step": 64, "bf16": False}
)
KINDS = get_args(Kind)


class SequentialContract(RecommenderContract):
    informed_by = (
        PLAYED,
        Request(history=(Play("t2"),)),
        Request(history=(Play("t10"), Play("t8"), Play("t6"))),
    )
    model_class: ClassVar[type[Sequential]]
    epochs: ClassVar[int] = 12

    def make(self, workspace: Workspace) -> Recommender:
        return self.model_class.fit(Library.open(workspace), QUICK.model_copy(update={"epochs": self.epochs}))

    @pytest.fixture(scope="class")
    def saved(self, checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Trained once for all tests of a class."""
        folder = tmp_path_factory.mktemp("sequential") / "saved"
        self.make(Workspace(checkerboard_template)).save(folder)
        return folder

    @pytest.fixture
    def model(self, saved: Path, workspace: Workspace) -> Recommender:
        return self.model_class.load(saved, Library.open(workspace))


class TestSASRec(SequentialContract):
    model_class = SASRec


class TestBERT4Rec(SequentialContract):
    model_class = BERT4Rec
    epochs = 30  # it learns from the masked plays alone


class TestGRU4Rec(SequentialContract):
    model_class = GRU4Rec
    epochs = 40


def test_training_saves_what_it_learnt_and_where_the_embeddings_belong(workspace: Workspace) -> None:
    directory = SASRec.train(Library.open(workspace), QUICK)
    model = SASRec.load(directory, Library.open(workspace))
    feature = model.embeddings()
    assert feature.matrix.shape == (24, 16)
    assert feature.present.all()
    # Off by one would show here: row r is what the network reads for track r.
    for row in (0, 7, 23):
        read = model.network.embed(torch.tensor([[row]]))[0, 0].detach().numpy()
        np.testing.assert_array_equal(feature.matrix[row], read)
    assert not (directory.parent / ".sasrec-training").exists()


def test_a_model_of_another_catalogue_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    model = SASRec.fit(Library.open(workspace), QUICK)
    model.save(tmp_path / "saved")
    catalogue = Catalogue.load(workspace)
    catalogue.tracks = catalogue.tracks.reverse()
    catalogue.save(workspace)
    with pytest.raises(SegueError, match="another catalogue"):
        SASRec.load(tmp_path / "saved", Library.open(workspace))


@pytest.mark.parametrize("kind", ["sasrec", "gru4rec"])
def test_no_position_sees_what_follows(kind: Kind) -> None:
    network = make_network(kind, QUICK, 24).train(False)
    rows = torch.arange(8)[None]
    other = rows.clone()
    other[0, 5:] = torch.tensor([20, 21, 22])
    torch.testing.assert_close(network.encode(rows)[:, :5], network.encode(other)[:, :5])
    assert not torch.allclose(network.encode(rows)[:, 5], network.encode(other)[:, 5])


@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing(kind: Kind) -> None:
    network = make_network(kind, QUICK, 24).train(False)
    histories = [np.array([3, 4]), np.array([1, 2, 3, 4, 5, 6, 7, 8]), np.array([], int)]
    together = score_rows(network, histories)
    for line, history in zip(together, histories, strict=True):
        np.testing.assert_allclose(line, score_rows(network, [history])[0], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_order_matters_and_every_play_counts(kind: Kind) -> None:
    network = make_network(kind, QUICK, 24).train(False)
    base, first, swapped = (score_rows(network, [np.array(h)])[0] for h in ([1, 2, 3], [9, 2, 3], [2, 1, 3]))
    assert np.abs(base - first).max() > 1e-6
    assert np.abs(base - swapped).max() > 1e-6


def chain(n: int = 24, listeners: int = 120) -> Log:
    """Listeners who play the tracks of a ring in turn; the last two plays are validation and test."""
    rng = np.random.default_rng(0)
    return log_of([[(s + i) % n for i in range(8)] for s in rng.integers(0, n, listeners)], n)


@pytest.mark.parametrize(
    ("kind", "loss"),
    [*[("sasrec", loss) for loss in get_args(Loss)], ("bert4rec", "softmax"), ("gru4rec", "sampled")],
)
def test_every_loss_learns_a_ring(kind: Kind, loss: Loss, tmp_path: Path) -> None:
    more = {"loss": loss, "negatives": 4 if loss == "gbce" else 32, "dim": 32, "masked": 0.3}
    more |= {"epochs": 60 if kind != "bert4rec" and loss in ("softmax", "sampled") else 120}
    settings = QUICK.model_copy(update=more | {"plays_a_step": 256, "evaluate_every": 40})
    network, _ = learn(kind, chain(), settings, tmp_path)
    histories = [np.array([2, 3, 4, 5]), np.array([20, 21, 22, 23])]
    scores = score_rows(network, histories)
    for line, history in zip(scores, histories, strict=True):
        line[history] = -np.inf  # plain BCE never learns that these do not come again
    assert scores.argmax(axis=1).tolist() == [6, 0]


def test_the_loss_of_a_step_is_the_cross_entropy_of_its_targets_alone() -> None:
    """Padding has no part in it, neither in the gradients of the tied table."""
    log = log_of([[s % 24, (s + 5) % 24, 3, 7, 1][: 4 + s % 2] for s in range(20)], 24)
    settings = QUICK.model_copy(update={"dropout": 0.0})
    network, batches = make_network("sasrec", settings, 24), Batches(log, 8, 64, 0)
    counts = np.ones(24, np.int64)
    for step in range(batches.per_epoch):
        rows = torch.from_numpy(batches(step)[0])
        logits = network.encode(rows[:, :-1]) @ network.table.T
        right = F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), ignore_index=-1)
        loss, figures = objective(network, batches, settings, counts)(step)
        assert figures["tokens"] == int((rows[:, 1:] >= 0).sum())
        torch.testing.assert_close(loss, right)
        ours, wanted = (torch.autograd.grad(x, list(network.parameters())) for x in (loss, right))
        torch.testing.assert_close(ours, wanted, atol=1e-6, rtol=1e-4)


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    x = torch.full((300, 1001), 2.0, requires_grad=True)
    out = dropout(x, 0.25, True)
    assert float((out == 0).float().mean()) == pytest.approx(0.25, abs=0.005)
    assert float(out.detach().mean()) == pytest.approx(2, abs=0.02)
    (gradient,) = torch.autograd.grad(out.sum(), x)
    torch.testing.assert_close(gradient, out / 2)
    torch.testing.assert_close(out[out > 0], torch.full_like(out[out > 0], 2 / 0.75))
    assert dropout(x, 0.25, False) is x
    assert dropout(x, 0.0, True) is x


def test_training_never_reads_validation_or_test_plays(tmp_path: Path) -> None:
    """Two logs that differ in the held-out plays alone give the same network."""
    log = chain()
    changed = log.rows.copy()
    changed[log.splits == 2] = 0
    other = Log(log.users, log.starts, changed, log.completion, log.sessions, log.splits, log.ids)
    nets = [learn("sasrec", x, QUICK, tmp_path / str(n))[0] for n, x in enumerate((log, other))]
    torch.testing.assert_close(nets[0].state_dict(), nets[1].state_dict())


def test_same_seed_same_network_other_seed_another(tmp_path: Path) -> None:
    runs = [learn("sasrec", chain(), QUICK.model_copy(update={"seed": s}), tmp_path / n)[0].table
            for n, s in (("a", 0), ("b", 0), ("c", 1))]  # fmt: skip
    torch.testing.assert_close(runs[0], runs[1])
    assert not torch.allclose(runs[0], runs[2])


def test_training_stops_when_validation_no_longer_gains(tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"epochs": 500, "patience": 3})
    _, facts = learn("sasrec", chain(), settings, tmp_path)
    assert facts["steps"] < 500 * 3


def test_validation_ndcg_is_that_of_the_closed_form(tmp_path: Path) -> None:
    log = chain()
    network = make_network("sasrec", QUICK, 24)
    validation = validation_of(network, log, QUICK, tmp_path, 1)
    assert validation is not None
    found = validation.measure()
    expected = []
    for start, stop in zip(log.starts[:-1], log.starts[1:], strict=True):
        scores = score_rows(network.train(False), [log.rows[start : stop - 2]])[0]
        rank = int((scores >= scores[log.rows[stop - 2]]).sum())
        expected.append(1 / np.log2(rank + 1) if rank <= 10 else 0)
    assert found == pytest.approx(np.mean(expected), abs=1e-6)


def test_filtered_repeats_come_last(workspace: Workspace) -> None:
    settings = QUICK.model_copy(update={"repeats": "filter"})
    model = SASRec.fit(Library.open(workspace), settings)
    ids = model.recommend([PLAYED], 24).ids[0].tolist()
    assert set(ids[-3:]) == {"t0", "t4", "t6"}


def test_tracks_without_training_plays_come_last(tmp_path: Path) -> None:
    log = log_of([[0, 1, 2, 3]] * 20, 6)
    counts = np.bincount(log.part("train").rows, minlength=6)
    assert counts.tolist() == [20, 20, 0, 0, 0, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_every_parameter(kind: Kind) -> None:
    network = NETWORKS[kind](24, 8, 16, 0.0, 2, 2)
    rows, _ = pad([np.array([1, 2, 3, 4]), np.array([5, 6])])
    tensor = torch.from_numpy(rows)
    if kind == "bert4rec":
        tensor = tensor.clone()
        tensor[0, 1] = -2
    (network.encode(tensor)[tensor >= -2] ** 2).sum().backward()
    still = [n for n, p in network.named_parameters() if p.grad is None]
    assert still == []
