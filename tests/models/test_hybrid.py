from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from segue.data.catalogue import Catalogue, Turn
from segue.data.library import Library
from segue.data.request import Request
from segue.dialogues.format import Moment, moments
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, write_json
from segue.models.counting.popularity import Popularity
from segue.models.hybrid import UNFITTED, VARIETY, Hybrid, evidence, fit_logit
from segue.models.recommender import Recommender
from segue.models.retrieval.mentions import Mentions, artist_keys, fact_keys, lead_keys, title_keys
from segue.testing.contract import PLAYED, SAID, TALK, RecommenderContract

pytestmark = pytest.mark.usefixtures("one_encoder")


class TestHybrid(RecommenderContract):
    informed_by = (SAID, PLAYED, TALK)
    tolerance = 1e-4

    def make(self, workspace: Workspace) -> Hybrid:
        return Hybrid.fit(Library.open(workspace))


def drop_validation(workspace: Workspace, left: int) -> None:
    """Leave so many validation dialogues."""
    catalogue = Catalogue.load(workspace)
    validation = catalogue.dialogues_of("validation")[left:]
    catalogue.dialogues = [d for d in catalogue.dialogues if d not in validation]
    catalogue.save(workspace)


def mrr(model: Recommender, scores: Floats, asked: list[Moment]) -> float:
    """Mean reciprocal rank of the one target of each moment, ties counted in the middle."""
    ranks = []
    for moment, row in zip(asked, scores, strict=True):
        row = row[model.allowed(moment.request)]
        (target,) = moment.targets
        own = scores[len(ranks)][model.catalogue.rows[target]]
        ranks.append(0.5 + (row > own).sum() + (row == own).sum() / 2)
    return float(np.mean(1 / np.array(ranks)))


def test_beats_every_component_where_words_and_company_are_both_needed(workspace: Workspace) -> None:
    model = Hybrid.fit(Library.open(workspace))
    asked = [m for d in model.catalogue.dialogues_of("test") for m in moments(d)]
    requests = [m.request for m in asked]
    own = mrr(model, model.score(requests), asked)
    for name, component in model.components.items():
        assert own > mrr(model, component(requests), asked) + 0.05, name


def test_test_dialogues_change_no_weight(workspace: Workspace) -> None:
    wanted = Hybrid.fit(Library.open(workspace)).weights
    catalogue = Catalogue.load(workspace)
    other = [replace(d, turns=d.turns[:2]) for d in catalogue.dialogues_of("test")]
    catalogue.dialogues = catalogue.dialogues_of("train") + catalogue.dialogues_of("validation") + other
    catalogue.save(workspace)
    assert Hybrid.fit(Library.open(workspace)).weights == wanted


def test_few_validation_dialogues_leave_reciprocal_rank_fusion(workspace: Workspace) -> None:
    drop_validation(workspace, 14)
    model = Hybrid.fit(Library.open(workspace))
    assert model.n_moments == 0
    wanted = sum(UNFITTED[name] * evidence(f([SAID, TALK]))[1] for name, f in model.components.items())
    np.testing.assert_allclose(model.score([SAID, TALK]), wanted, rtol=1e-5, atol=1e-6)


def test_card_shows_the_weights(workspace: Workspace) -> None:
    model = Hybrid.fit(Library.open(workspace))
    model.save(workspace.model("hybrid"))
    card = json.loads((workspace.model("hybrid") / "card.json").read_text())
    assert card["n_moments"] == 80
    assert card["weights"].keys() == model.components.keys()
    assert card["weights"] == json.loads((workspace.model("hybrid") / "weights.json").read_text())


def test_varied_where_dislikes_are_known(workspace: Workspace) -> None:
    library = Library.open(workspace)
    model = Hybrid.fit(library)
    plain = model.score([SAID, TALK])
    found = [m for d in model.catalogue.dialogues_of("validation") for m in moments(d)]
    assert model.variety == 0
    model.fit_weights([*found, replace(found[0], dislikes=found[1].targets)])
    assert model.variety == VARIETY > 0
    model.weights = Hybrid.fit(library).weights
    model.save(workspace.model("hybrid"))
    again = Hybrid.load(workspace.model("hybrid"), library)
    for request, before, after in zip((SAID, TALK), plain, again.score([SAID, TALK]), strict=True):
        want = model.artists.vary(before, model.allowed(request), VARIETY)
        np.testing.assert_allclose(after, want, rtol=1e-4, atol=1e-4)


def test_a_component_that_went_away_is_an_error(workspace: Workspace) -> None:
    Hybrid.fit(Library.open(workspace)).save(workspace.model("hybrid"))
    shutil.rmtree(workspace.feature("playlist"))
    with pytest.raises(SegueError, match="was fitted with company"):
        Hybrid.load(workspace.model("hybrid"), Library.open(workspace))


class Oracle(Popularity):
    """Stands in for TalkPlay: knows that the mood asked for last is what is wanted."""

    name = "talkplay"

    def score(self, requests: Sequence[Request]) -> Floats:
        tags = self.catalogue.tracks["tags"].to_list()
        asked = [r.said[-1].split()[-1] if r.said else "" for r in requests]
        return np.array([[float(mood in (t or [])) for t in tags] for mood in asked], np.float32)


@pytest.fixture
def with_talkplay(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace with a trained "TalkPlay"."""
    monkeypatch.setattr("segue.models.talkplay.model.TalkPlay", Oracle)
    Oracle.fit(Library.open(workspace)).save(workspace.model("talkplay"))
    return workspace


def test_talkplay_is_fused_where_it_is_trained(with_talkplay: Workspace) -> None:
    model = Hybrid.fit(Library.open(with_talkplay))
    assert sum(model.weights["talkplay"][:2]) > 0
    folder = with_talkplay.model("hybrid")
    model.save(folder)
    assert not (folder / "talkplay").exists()
    again = Hybrid.load(folder, Library.open(with_talkplay))
    np.testing.assert_allclose(again.score([SAID, TALK]), model.score([SAID, TALK]), atol=1e-4)
    shutil.rmtree(with_talkplay.model("talkplay"))
    with pytest.raises(SegueError, match="was fitted with talkplay"):
        Hybrid.load(folder, Library.open(with_talkplay))


def test_talkplay_trained_after_the_hybrid_is_left_out(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Hybrid.fit(Library.open(workspace))
    model.save(workspace.model("hybrid"))
    monkeypatch.setattr("segue.models.talkplay.model.TalkPlay", Oracle)
    Oracle.fit(Library.open(workspace)).save(workspace.model("talkplay"))
    again = Hybrid.load(workspace.model("hybrid"), Library.open(workspace))
    np.testing.assert_allclose(again.score([SAID]), model.score([SAID]), atol=1e-4)


def test_logit_finds_the_planted_weights() -> None:
    generator, wanted, lists = np.random.default_rng(0), np.array([1.5, -1.0, 0.0]), []
    for _ in range(3000):
        features = generator.normal(size=(12, 3))
        chance = np.exp(features @ wanted)
        targets = np.zeros(12, bool)
        targets[generator.choice(12, p=chance / chance.sum())] = True
        lists.append((features, targets))
    np.testing.assert_allclose(fit_logit(lists, np.zeros(3), 0.0), wanted, atol=0.08)
    np.testing.assert_allclose(fit_logit(lists, np.full(3, 9.0), 1e6), 9.0, atol=1e-2)


def test_logit_of_one_feature_has_a_closed_form() -> None:
    """Two candidates, one with the feature, chosen three times of four: odds 3, weight log 3."""
    features = np.array([[1.0], [0.0]])
    lists = [(features, np.array([n < 3, n >= 3])) for n in range(4)]
    np.testing.assert_allclose(fit_logit(lists, np.zeros(1), 0.0), [np.log(3)], atol=1e-4)


def test_evidence_of_equal_scores_is_nothing() -> None:
    for part in evidence(np.full((2, 9), 3.5, np.float32)):
        assert not part.any()


def test_evidence_shares_ranks_among_equals() -> None:
    z, rank = evidence(np.array([[5, 5, 1, 0, 2]], np.float32))
    np.testing.assert_allclose(rank, [[20 / 21, 20 / 21, 20 / 24, 0, 20 / 23]], rtol=1e-6)
    assert z[0, 0] == z[0, 1] > z[0, 4] > z[0, 2] > z[0, 3]


@pytest.mark.parametrize(
    ("artist", "text"),
    [
        ("OneRepublic", "some one republic please"),
        ("The Chainsmokers, Daya", "I like chainsmokers"),
        ("The Chainsmokers, Daya", "and daya"),
        ("Simon & Garfunkel", "simon and garfunkel"),
        ("Earth, Wind & Fire", "Earth, Wind & Fire!"),
        ("Beyoncé feat. JAY-Z", "more jay z"),
        ("AC/DC", "acdc"),
        ("Imagine Dragons feat. Kendrick Lamar", "add Imagine Dragons"),
    ],
)
def test_artists_are_found_as_people_write_them(artist: str, text: str) -> None:
    mentions = Mentions([artist_keys(artist), artist_keys("Somebody Else")], {})
    scores = mentions.score_texts([[(text, 1.0)]])[0]
    assert scores[0] > scores[1] == 0


@pytest.mark.parametrize("title", ["Hello (Remastered 2009)", "Hello - Live", "Hello [feat. X]", "hello"])
def test_titles_are_found_without_their_asides(title: str) -> None:
    scores = Mentions([title_keys(title)], {"hello": 0.25}).score_texts([[("play Hello!", 0.5)], []])
    np.testing.assert_allclose(scores, [[0.125], [0]])


def test_half_a_word_is_no_name() -> None:
    assert not Mentions([{"art"}], {}).score_texts([[("start the party", 1.0)]]).any()


def test_the_lead_of_a_credit() -> None:
    assert lead_keys("Abba, Cher") == {"abba"}
    assert lead_keys("Abba feat. Cher") == {"abba"}
    assert lead_keys("Simon & Garfunkel") == {"simongarfunkel", "simon", "garfunkel"}


def test_tracks_of_the_same_artists_share_names() -> None:
    names = [artist_keys(a) for a in ("Abba", "Abba & Cher", "Cher", "Kino")]
    shared = Mentions(names, {}).shared([[0, 2], []], decay=0.5)
    np.testing.assert_allclose(shared, np.log1p([[0.5, 1.5, 1, 0], [0, 0, 0, 0]]), rtol=1e-6)


def test_facts_said_add_up() -> None:
    keys = [fact_keys(["synth-pop", "calm"], 1983), fact_keys(["rock"], 1971), fact_keys(None, None)]
    scores = Mentions(keys, {}, add=True).score_texts(
        [[("80s synth pop please", 1.0)], [("calm eighties", 1.0)], [("rock from 1971", 0.5)]]
    )
    assert scores.tolist() == [[3, 0, 0], [2, 0, 0], [0, 1, 0]]


def test_what_is_sung_can_be_asked_for(workspace: Workspace) -> None:
    drop_validation(workspace, 0)
    tracks = Catalogue.load(workspace).tracks
    words = ["la la"] * (tracks.height - 1) + ["the old lighthouse keeper goes fishing"]
    catalogue = Catalogue.load(workspace)
    catalogue.tracks = tracks.with_columns(lyrics=pl.Series(words))
    catalogue.save(workspace)
    model = Hybrid.fit(Library.open(workspace))
    asked = Request(messages=(Turn("user", "a song about a lighthouse"),))
    assert model.components["lyrics_now"]([asked])[0].argmax() == tracks.height - 1
    assert model.recommend([asked], 1).ids[0, 0] == tracks["track_id"][-1]


@pytest.mark.parametrize("name", ["talkplay", "talkplay_gated"])
def test_a_part_that_was_trained_again_makes_it_stale(workspace: Workspace, name: str) -> None:
    card = workspace.model(name) / "card.json"

    def inputs() -> dict[str, str]:
        made = Hybrid.made_of(Library.open(workspace))
        assert made is not None
        return dict(made.inputs)

    assert f"model {name}" not in inputs()
    write_json(card, {"steps": 1})
    first = inputs()[f"model {name}"]
    write_json(card, {"steps": 200})
    assert first != inputs()[f"model {name}"] != ""
