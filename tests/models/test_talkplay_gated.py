"""The gated TalkPlay behind the contract, and its parts against brute force."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from segue.data.catalogue import Catalogue, Dialogue, Turn
from segue.data.library import Library
from segue.data.request import Request
from segue.features import semantic
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.hybrid import Hybrid
from segue.models.retrieval.bm25 import BM25
from segue.models.retrieval.dense import Dense
from segue.models.talkplay.gated import clues
from segue.models.talkplay.gated.company import Company
from segue.models.talkplay.gated.decode import generate, node_logs
from segue.models.talkplay.gated.examples import ENOUGH_REAL, draw
from segue.models.talkplay.gated.learn import Settings
from segue.models.talkplay.gated.letters import Letters, Spelt
from segue.models.talkplay.gated.model import GatedTalkPlay
from segue.models.talkplay.gated.network import Network
from segue.testing.contract import PLAYED, SAID, TALK, RecommenderContract
from segue.testing.hash_encoder import HashEncoder
from segue.tokens.quantise import tokenise
from segue.tokens.trie import Trie

pytestmark = pytest.mark.usefixtures("one_encoder")
SMALL = {"steps": 40, "moments": 200, "width": 32, "layers": 1}


def with_tokens(workspace: Workspace) -> Workspace:
    semantic.compute(workspace, encoder=HashEncoder())
    tokenise(workspace, clusters=6)
    return workspace


class TestGated(RecommenderContract):
    informed_by = (SAID, PLAYED, TALK)
    tolerance = 1e-4

    def make(self, workspace: Workspace) -> GatedTalkPlay:
        return GatedTalkPlay.fit(Library.open(with_tokens(workspace)), SMALL)


def test_what_it_writes_is_a_tuple_of_an_allowed_track(workspace: Workspace) -> None:
    model = GatedTalkPlay.fit(Library.open(with_tokens(workspace)), SMALL)
    tuples = {tuple(c) for c in np.where(model.codes >= 0, model.codes, np.array(model.sizes))}
    generator = np.random.default_rng(0)
    for _ in range(20):
        assert tuple(model.write(SAID, generator)) in tuples
    best = model.catalogue.rows[model.recommend([TALK], 1).ids[0, 0]]
    assert len(model.write(TALK)) == len(model.codes[best])


def test_the_hybrid_fuses_it_and_keeps_it_where_it_is(workspace: Workspace) -> None:
    library = Library.open(with_tokens(workspace))
    GatedTalkPlay.train(library, SMALL)
    model = Hybrid.fit(Library.open(workspace))
    assert "talkplay_gated" in model.weights
    model.save(workspace.model("hybrid"))
    assert not (workspace.model("hybrid") / "talkplay_gated").exists()
    again = Hybrid.load(workspace.model("hybrid"), Library.open(workspace))
    np.testing.assert_allclose(again.score([TALK]), model.score([TALK]), atol=1e-3)


def test_other_codebooks_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    GatedTalkPlay.fit(Library.open(with_tokens(workspace)), SMALL).save(tmp_path / "saved")
    tokenise(workspace, clusters=3, refit=True)
    with pytest.raises(SegueError, match="other codebooks"):
        GatedTalkPlay.load(tmp_path / "saved", Library.open(workspace))


def test_validation_dialogues_teach_no_layer(workspace: Workspace) -> None:
    """They set the fixed gates and the trust alone."""
    whole = GatedTalkPlay.fit(Library.open(with_tokens(workspace)), SMALL)
    catalogue = Catalogue.load(workspace)
    catalogue.dialogues = catalogue.dialogues_of("train")
    catalogue.save(workspace)
    without = GatedTalkPlay.fit(Library.open(workspace), SMALL)
    assert without.trust == [[1.0, 1.0], [0.0, 0.0]]
    for name, tensor in without.network.state_dict().items():
        if name != "static":
            torch.testing.assert_close(tensor, whole.network.state_dict()[name])


def test_company_leaves_one_playlist_out_as_if_it_had_never_been(workspace: Workspace) -> None:
    catalogue = Catalogue.load(workspace)
    company = Company(catalogue)
    own = company.own("sim-p7-0")
    without = Catalogue.load(workspace)
    without.playlists = without.playlists.filter(pl.col("playlist_id") != "p7")
    for accepted in ([], [1], [3, 1, 5]):
        for found, wanted in zip(
            company.scores(accepted, own), Company(without).scores(accepted, None), strict=True
        ):
            np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_gates_over_other_clues_are_refused(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library.open(with_tokens(workspace))
    GatedTalkPlay.fit(library, SMALL | {"steps": 1}).save(tmp_path / "saved")
    monkeypatch.setattr(clues, "NAMES", clues.NAMES[1:])
    with pytest.raises(SegueError, match="other clues"):
        GatedTalkPlay.load(tmp_path / "saved", library)


def test_the_chance_of_a_node_is_the_sum_over_its_tracks() -> None:
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 3, (40, 3))
    scores, allowed = generator.normal(size=40).astype(np.float32), generator.random(40) < 0.7
    trie = Trie(codes)
    chances = np.where(allowed, np.exp(scores), 0)
    chances /= chances.sum()
    found = generate(scores, allowed, trie)
    prefix = np.ones(40, bool)
    for level, (code, log) in enumerate(found):
        before = chances[prefix].sum()
        prefix &= codes[:, level] == code
        assert np.exp(log) == pytest.approx(chances[prefix].sum() / before, rel=1e-4)
    assert all(np.exp(logs).sum() == pytest.approx(1, rel=1e-5) for logs in node_logs(scores, allowed, trie))
    assert generate(scores, np.zeros(40, bool), trie) == []


def test_letters_find_a_misspelt_name() -> None:
    texts = ["Roxette", "Rockwell", "Radiohead", "Queen"]
    assert Letters(texts, {}).score_texts([[("some Roxete please", 1.0)]])[0].argmax() == 0


def test_it_starts_from_a_model_of_another_catalogue(workspace: Workspace, tmp_path: Path) -> None:
    """The same catalogue with its codes numbered otherwise: what was learnt is found again."""
    first = Library.open(with_tokens(workspace))
    GatedTalkPlay.train(first, SMALL)
    there = GatedTalkPlay.load(workspace.model("talkplay_gated"), first)
    other = Workspace(shutil.copytree(workspace.root, tmp_path / "other"))
    path = other.tokens / "codes.parquet"
    codes = pl.read_parquet(path)
    size = first.tokens.sizes["semantic"]
    turned = pl.when(pl.col("semantic") >= 0).then(size - 1 - pl.col("semantic")).otherwise(-1)
    codes.with_columns(turned.cast(pl.Int16).alias("semantic")).write_parquet(path)
    settings = Settings(from_=workspace.root, seed=7)
    here = GatedTalkPlay.started(Library.open(other), settings)
    assert not np.array_equal(here.codes, there.codes)
    np.testing.assert_allclose(here.score([TALK, SAID]), there.score([TALK, SAID]), atol=1e-4)
    assert here.network.codes.embedding_dim == SMALL["width"]
    again = GatedTalkPlay.fit(Library.open(other), {**SMALL, "steps": 1, "from_": workspace.root})
    assert not torch.equal(again.network.words.weight, there.network.words.weight)


def test_it_starts_from_nothing_else(workspace: Workspace, tmp_path: Path) -> None:
    library = Library.open(with_tokens(workspace))
    with pytest.raises(SegueError, match="no trained talkplay_gated"):
        GatedTalkPlay.fit(library, {**SMALL, "from_": workspace.root})
    GatedTalkPlay.train(library, SMALL)
    with pytest.raises(SegueError, match="another encoder"):
        GatedTalkPlay.fit(library, {**SMALL, "from_": workspace.root, "encoder": "other"})
    with pytest.raises(SegueError):
        GatedTalkPlay.fit(library, {**SMALL, "from_": tmp_path / "nowhere"})


def test_a_list_is_varied_where_dislikes_are_known(workspace: Workspace, tmp_path: Path) -> None:
    catalogue = Catalogue.load(with_tokens(workspace))
    assert GatedTalkPlay.fit(Library.open(workspace), SMALL).variety == 0
    played = [d for d in catalogue.dialogues_of("train") if sum(t.role == "music" for t in d.turns) > 1]
    turns = played[0].turns
    speech = next(n for n, t in enumerate(turns) if t.role == "music")
    spare = next(i for i in catalogue.ids if i not in {t.content for t in turns})
    turned = (*turns[:speech], Turn("music", spare, liked=False), *turns[speech:])
    catalogue.dialogues = [
        replace(d, turns=turned) if d.dialogue_id == played[0].dialogue_id else d for d in catalogue.dialogues
    ]
    catalogue.save(workspace)
    model = GatedTalkPlay.fit(Library.open(workspace), SMALL)
    assert model.variety == Settings().variety > 0
    model.save(tmp_path / "saved")
    assert GatedTalkPlay.load(tmp_path / "saved", Library.open(workspace)).variety == model.variety


@pytest.mark.parametrize(("real", "simulated"), [(ENOUGH_REAL - 1, 1000), (ENOUGH_REAL, ENOUGH_REAL // 2)])
def test_enough_moments_of_people_are_not_drowned(real: int, simulated: int) -> None:
    turns = (Turn("user", "jazz"), Turn("music", "t1"))
    dialogues = [Dialogue(f"sim-{n}", turns) for n in range(2000)] + [
        Dialogue(f"d{n}", turns) for n in range(real)
    ]
    found = [m.dialogue_id.startswith("sim-") for m in draw(dialogues, real + 1000, seed=0)]
    assert (found.count(False), found.count(True)) == (real, simulated)


def test_moments_are_not_learnt_by_heart_whatever_the_budget() -> None:
    assert Settings(steps=1500).limit(20) == (None, 16 * 20)
    assert Settings(steps=100).limit(20) == (None, 100)
    assert Settings(minutes=5).limit(20) == (5.0, 16 * 20)
    assert Settings(epochs=40).limit(20) == (None, 800)


def test_a_name_is_spelt_by_its_share_of_letters() -> None:
    names = ["Celine Dion", "Dion", "Queen", "Celine Dion"]
    scores = Spelt(names, {}).score_texts([[("some celin deion please", 1.0)], [("jazz", 1.0)], []])
    assert scores[0, 0] == scores[0, 3] > scores[0, 1] > scores[0, 2] == 0
    assert not scores[1:].any()


def test_another_version_of_what_was_played_is_told(workspace: Workspace) -> None:
    catalogue = Catalogue.load(workspace)
    row = catalogue.tracks.row(0, named=True)
    again = row | {"track_id": "again", "title": f"{row['title']} (Live)"}
    catalogue.tracks = pl.concat([catalogue.tracks, pl.DataFrame([again], schema=catalogue.tracks.schema)])
    catalogue.save(workspace)
    library = Library.open(workspace)
    found = clues.Clues(BM25.fit(library), Dense.fit(library))
    played = Request((Turn("music", row["track_id"], liked=True), Turn("user", "more")))
    assert np.flatnonzero(found.scores([played])["version"][0]).tolist() == [0, len(catalogue.ids) - 1]
    assert not found.scores([SAID])["version"].any()


def test_what_clues_are_worth_together_is_learnt() -> None:
    """One clue is worth something only where another one is: no sum of clues ranks that."""
    generator, n = np.random.default_rng(0), 2 * 3
    torch.manual_seed(0)
    network = Network(1, 4, torch.zeros(n), torch.zeros(1, 1), width=32, layers=1)
    stages = torch.tensor([[1.0, 0.0]])
    values = torch.from_numpy(generator.integers(0, 2, (64, 30, n)).astype(np.float32))
    target = (values[..., 0] == values[..., 3]).float()
    optimiser = torch.optim.Adam([*network.seen.parameters(), *network.worth.parameters()], lr=0.02)
    for _ in range(150):
        scores = network.together(values, stages.expand(64, 2))
        loss = -(torch.log_softmax(scores, 1) * target).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    scores = network.eval().together(values, stages.expand(64, 2))
    assert scores[target > 0].mean() > scores[target == 0].mean() + 2
