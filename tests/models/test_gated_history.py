"""Gated evidence over histories: the inherited contract, and that nothing which comes later is ever seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from segue.data.catalogue import SPLITS
from segue.data.library import Library
from segue.data.modalities import CONTENT
from segue.data.request import Play, Request
from segue.data.store import Feature
from segue.kit.workspace import Workspace
from segue.models.gated_history import finish
from segue.models.gated_history import learn as learning
from segue.models.gated_history.evidence import ENDS, by_hour
from segue.models.gated_history.folds import earlier, fold
from segue.models.gated_history.gate import Gate
from segue.models.gated_history.learn import Settings, candidates
from segue.models.gated_history.model import GatedHistory
from segue.models.gated_history.own import activation, followed
from segue.models.heard import of_event, of_request
from segue.models.recommender import Recommender
from segue.testing.contract import PLAYED, RecommenderContract

QUICK = Settings.model_validate(
    {"dim": 16, "length": 8, "epochs": 4, "dropout": 0.1, "lr": 0.01, "plays_a_step": 64, "bf16": False}
)


class TestGatedHistory(RecommenderContract):
    informed_by = (PLAYED, Request(history=(Play("t10"), Play("t8"), Play("t6"))))

    def make(self, workspace: Workspace) -> Recommender:
        return GatedHistory.fit(Library.open(workspace), QUICK)

    @pytest.fixture(scope="class")
    def saved(self, checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Trained once for all tests of the class."""
        folder = tmp_path_factory.mktemp("gated") / "saved"
        self.make(Workspace(checkerboard_template)).save(folder)
        return folder

    @pytest.fixture
    def model(self, saved: Path, workspace: Workspace) -> Recommender:
        return GatedHistory.load(saved, Library.open(workspace))


def library_of(n_users: int, n_plays: int, seed: int = 0) -> Library:
    """Listeners who go round a ring of twenty tracks, of periods that overlap; half have content."""
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(n_users), n_plays)
    rows = np.concatenate([(np.arange(n_plays) + rng.integers(20)) % 20 for _ in range(n_users)])
    minutes = np.concatenate(
        [200 * u + np.cumsum(rng.choice([3, 120], n_plays, p=[0.8, 0.2])) for u in range(n_users)]
    )
    start = pl.datetime(2020, 1, 1, time_zone="UTC", time_unit="us")
    plays = pl.DataFrame(
        {"user_id": [f"u{u}" for u in users], "track_id": [f"t{r}" for r in rows], "m": minutes}
    )
    plays = plays.with_columns(played_at=start + pl.duration(minutes="m")).drop("m")
    ids = [f"t{row}" for row in range(20)]
    audio = Feature(rng.normal(size=(20, 6)).astype(np.float32), np.arange(20) % 2 == 0)
    tracks = pl.DataFrame({"track_id": ids, "title": ids, "artist": [f"a{row // 4}" for row in range(20)]})
    return Library.of(tracks, plays=plays, features={"audio": audio})


def test_the_fold_sets_whole_sessions_at_the_end_apart() -> None:
    library = library_of(30, 40)
    log, times = fold(library)
    later = log.splits == SPLITS.index("validation")
    assert 0.1 < later.mean() < 0.25
    assert times[later].max() == times.max()
    key = log.owner * 1000 + log.sessions
    assert not set(key[later]) & set(key[~later])
    assert len(earlier(log, times).rows) == np.count_nonzero(~later)


def test_of_few_listeners_each_has_plays_set_apart() -> None:
    log, _ = fold(library_of(3, 60))
    later = log.splits == SPLITS.index("validation")
    for begin, end in zip(log.starts[:-1], log.starts[1:], strict=True):
        own = later[begin:end]
        assert 0 < own.sum() < len(own) / 2
        assert own[-1]
        assert not own[0]
        assert np.all(np.diff(own.astype(int)) >= 0)


def test_own_plays_by_hand() -> None:
    plays = [np.array([2, 0, 2]), np.empty(0, np.int64)]
    found = activation(plays, 0.5, 4).toarray()
    np.testing.assert_allclose(found[0], [2**-0.5, 0, 1 + 3**-0.5, 0], rtol=1e-6)
    assert not found[1].any()
    # Track 0 came right after the earlier play of 2; ages are 2 and 1.
    after = followed(plays, 4)
    np.testing.assert_allclose(after[0], [2**-0.5, 0, 0.5, 0], rtol=1e-6)


def test_candidates_stand_for_the_whole_catalogue() -> None:
    shares = np.zeros((2, 1000), np.float32)
    shares[0, :7] = 1 / 7
    rows, stands = candidates(shares, 500, np.random.default_rng(0))
    assert rows[0] == 500
    assert set(range(7)) <= set(rows.tolist())
    assert len(set(rows.tolist())) == len(rows)
    assert np.exp(stands.astype(float)).sum() == pytest.approx(1000)


def test_a_gate_that_has_learnt_nothing_is_the_mean_of_the_shares_and_all_of_it_learns() -> None:
    torch.manual_seed(0)
    gate = Gate(torch.tensor([True, False, False]), (1, 2), 5, 4, 8, 0.0)
    shares = torch.rand(2, 6, 3)
    facts, states = torch.randn(2, 5), torch.randn(2, 4)
    torch.testing.assert_close(gate.eval()(shares, facts, states), shares.mean(2).log(), atol=1e-4, rtol=1e-4)
    torch.nn.init.normal_(gate.outer.weight)
    torch.nn.init.normal_(gate.apart)
    shares[:, 1:4, 1] = 0
    shares[:, 2:4, 2] = 0
    groups = gate.group(shares[..., 1], shares[..., 2])
    assert groups[0].tolist() == [0, 1, 2, 2, 0, 0]
    dense = gate.score(shares.permute(2, 0, 1).numpy(), facts.numpy(), states.numpy())
    found = gate(shares, facts, states)
    np.testing.assert_allclose(dense, found.detach().numpy(), atol=1e-3)
    found.square().sum().backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in gate.parameters())


def test_a_pause_the_hour_and_how_plays_ended_are_known_where_the_log_knows_them() -> None:
    library = library_of(2, 30)
    log, event = library.log, 5
    at = int(log.times[event])
    library.log = log = replace(log, completion=log.completion.copy())
    history = log.history(event)
    history.completion[:] = [1, 0.1, np.nan, 0.9, 1]
    heard = of_request(library.catalogue, Request(history=history, at=at))
    assert heard.rows.tolist() == log.rows[:5].tolist()
    assert heard.pause == pytest.approx((at - int(log.times[4])) / 3.6e9)
    assert heard.hour == at // 3_600_000_000 % 24
    before = of_event(log, event, 0)
    assert (before.pause, before.hour) == (heard.pause, heard.hour)
    bare = of_request(library.catalogue, Request(history=(Play("t3"), Play("nobody's"))))
    assert (bare.rows.tolist(), bare.pause, bare.hour) == ([3], None, None)
    hours = by_hour(log)
    assert hours.sum() == pytest.approx(2 * len(log))
    assert (by_hour(replace(log, times=None)) == hours.sum(axis=0) / 2).all()


def test_an_interrupted_training_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    library, quick = library_of(6, 30), QUICK.model_copy(update={"epochs": 1})
    with monkeypatch.context() as patch:
        patch.setattr(learning, "collect", stop)
        with pytest.raises(KeyboardInterrupt):
            GatedHistory._learn(library, quick, tmp_path / "a")
    request = [Request(history=library.log.history(20))]
    trained = (tmp_path / "a" / "earlier" / "metrics.jsonl").read_text("utf-8")
    again = GatedHistory._learn(library, quick, tmp_path / "a").score(request)
    assert (tmp_path / "a" / "earlier" / "metrics.jsonl").read_text("utf-8") == trained
    np.testing.assert_allclose(again, GatedHistory.fit(library, quick).score(request), rtol=1e-4)


def stop(*given: object) -> None:
    """As Ctrl-C."""
    raise KeyboardInterrupt


def test_what_comes_later_changes_no_score() -> None:
    library, other = library_of(8, 40), library_of(8, 40)
    for lib, seed in ((library, 0), (other, 1)):
        log = lib.log
        test = np.zeros(len(log), bool)
        for end in log.starts[1:]:
            test[end - 8 : end] = True
        rows = log.rows.copy()
        rows[test] = np.random.default_rng(seed).permutation(rows[test])
        splits = np.where(test, SPLITS.index("test"), SPLITS.index("train")).astype(np.int8)
        lib.log = replace(log, rows=rows, splits=splits)
    assert (library.log.rows != other.log.rows).any()
    models = [GatedHistory.fit(lib, QUICK.model_copy(update={"epochs": 1})) for lib in (library, other)]
    assert models[0].fitted.evidence.completion is None
    first = np.flatnonzero(np.diff(library.log.splits, prepend=0) > 0)
    at = library.log.times[first]
    requests = [Request(history=library.log.history(e), at=int(t)) for e, t in zip(first, at, strict=True)]
    np.testing.assert_array_equal(models[0].score(requests), models[1].score(requests))


def test_completion_is_evidence_of_the_past_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Odd tracks are left by odd listeners, even ones by even; the future is shuffled and turned around."""
    monkeypatch.setattr(finish, "STEPS", 60)
    found = []
    for seed in (0, 1):
        library = library_of(10, 90)
        log, rng = library.log, np.random.default_rng(seed)
        later = np.arange(len(log)) % 90 >= 75
        completion = np.where((log.rows + log.owner) % 2, 1.0, 0.1).astype(np.float32)
        completion[later] = rng.random(int(later.sum()))
        rows = np.where(later, rng.integers(20, size=len(log)), log.rows)
        splits = np.where(later, SPLITS.index("test"), SPLITS.index("train")).astype(np.int8)
        library.log = replace(log, rows=rows, splits=splits, completion=completion)
        found.append(library)
    library = found[0]
    told = QUICK.model_copy(update={"epochs": 1, "completion": True})
    models = [GatedHistory.fit(lib, told) for lib in found]
    evidence = models[0].fitted.evidence
    requests = [Request(history=library.log.history(90 * user + 75)) for user in range(10)]
    np.testing.assert_array_equal(models[0].score(requests), models[1].score(requests))
    shares, _ = evidence.shares([of_request(library.catalogue, r) for r in requests])
    ends = shares[evidence.names.index(ENDS)]
    assert all(ends[user][user % 2 == 0 :: 2].mean() > ends[user][user % 2 :: 2].mean() for user in range(10))
    models[0].save(tmp_path / "saved")
    again = GatedHistory.load(tmp_path / "saved", library)
    np.testing.assert_allclose(again.score(requests), models[0].score(requests), rtol=1e-4)
    # What the gate learns from is not looked at either.
    aside = np.arange(750) % 75 >= 65
    left = [finish.learn_completion(lib, aside, 0, tmp_path / str(n)) for n, lib in enumerate(found)]
    log = found[1].log
    gone = log.completion.copy()
    gone[np.flatnonzero(log.splits == SPLITS.index("train"))[aside]] = 0
    found[1].log = replace(log, completion=gone)
    left.append(finish.learn_completion(found[1], aside, 0, tmp_path / "2"))
    odds = [finish.odds(m, [of_request(library.catalogue, requests[3])]) for m in left if m is not None]
    assert len(odds) == 3
    np.testing.assert_array_equal(odds[0], odds[2])


def test_a_track_that_nobody_played_is_found_by_its_content() -> None:
    """Two worlds of content; of each one track is never played."""
    rng = np.random.default_rng(0)
    ids = [f"t{row}" for row in range(42)]
    vectors = np.where(np.arange(42)[:, None] % 2, [1.0, 0, 0, 0], [0, 1.0, 0, 0]) + 0.05 * rng.normal(
        size=(42, 4)
    )
    lists = [rng.permutation(np.arange(n % 2, 40, 2))[:8] for n in range(120)]
    table = pl.DataFrame(
        {
            "playlist_id": np.repeat([f"p{n:03}" for n in range(120)], 8),
            "track_id": [ids[row] for rows in lists for row in rows],
            "position": np.tile(np.arange(8), 120),
        }
    )
    audio = Feature(vectors.astype(np.float32), np.ones(42, bool))
    tracks = pl.DataFrame({"track_id": ids, "title": ids, "artist": [""] * 42})
    library = Library.of(tracks, playlists=table, features={"audio": audio})
    model = GatedHistory.fit(library, QUICK.model_copy(update={"hide": 0.5, "epochs": 6}))
    scores = model.score([Request(history=tuple(Play(ids[r]) for r in lists[n])) for n in range(20)])
    assert np.mean(scores[::2, 40] > scores[::2, 41]) > 0.9
    assert np.mean(scores[1::2, 41] > scores[1::2, 40]) > 0.9


def test_a_saved_model_reads_every_modality_as_the_fitted_one_did(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    features = {m: Feature(rng.normal(size=(20, 6)).astype(np.float32), np.ones(20, bool)) for m in CONTENT}
    few = library_of(4, 40)
    library = Library.of(few.catalogue.tracks, plays=few.catalogue.plays, features=features)
    fitted = GatedHistory.fit(library, QUICK)
    fitted.save(tmp_path / "saved")
    requests = [Request(history=(Play("t1"), Play(f"t{row}"))) for row in range(2, 8)]
    kept = GatedHistory.load(tmp_path / "saved", library)
    np.testing.assert_allclose(kept.score(requests), fitted.score(requests), rtol=1e-5)
    assert kept.embeddings().matrix == pytest.approx(fitted.embeddings().matrix)
