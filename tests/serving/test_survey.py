"""The survey: what raters are shown hides who is who, and what they say is counted for the right system."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import krippendorff
import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient

from segue.cli.survey import create
from segue.cli.survey import report as report_
from segue.data.catalogue import Catalogue, Dialogue, Turn
from segue.data.library import Library
from segue.dialogues.format import moments
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.counting.popularity import Popularity
from segue.models.retrieval.bm25 import BM25
from segue.serving.chat import Conversation
from segue.serving.service import Service
from segue.serving.state import Store, of_workspace
from segue.serving.survey import report
from segue.serving.survey.create import draw, truth
from segue.serving.survey.store import Choice, Reply, Scenario, Side, Surveys

RATERS = ("Ada", "Bo", "Cy")


@pytest.fixture
def surveys(database: str | None, tmp_path: Path) -> Iterator[Surveys]:
    """Surveys in a file, and on a server where there is one."""
    store = Store(database or f"sqlite:///{tmp_path / 'state.sqlite'}")
    yield Surveys(store)
    store.close()


def scenarios(n: int) -> list[Scenario]:
    """Scenarios in which the answers say which system they are of."""
    history = (("user", "something gentle"),)
    return [Scenario(f"d{i}", 1, history, Reply(f"a{i}", "by a"), Reply(f"b{i}", "by b")) for i in range(n)]


def answer_all(surveys: Surveys, token: str, track: Choice, sentence: Choice) -> list[str]:
    """Answer all questions of a rater for systems, whatever side they stand on; returns what stood left."""
    lefts = []
    while (question := surveys.progress(token).next) is not None:
        left = question.sides[0].track_id[0]
        lefts.append(left)
        sides: dict[str, Side] = {left: "left", "ab".replace(left, ""): "right", "tie": "tie"}
        surveys.answer(token, question.place, sides[track], sides[sentence])
    return lefts


def test_sides_are_shuffled_and_choices_belong_to_systems(surveys: Surveys) -> None:
    made, tokens = surveys.create("Which?", ("one", "other"), scenarios(8), RATERS)
    lefts = {name: answer_all(surveys, token, "a", "tie") for name, token in tokens.items()}
    assert all(sorted(seen) == ["a"] * 4 + ["b"] * 4 for seen in lefts.values())
    assert len({tuple(seen) for seen in lefts.values()}) > 1
    table = pl.DataFrame(surveys.answers(made), report.SCHEMA)
    assert table.height == 24
    tracks, sentences = (report.result("one", "other", q, table) for q in ("track", "sentence"))
    assert {n: s.mean for n, s in tracks.shares.items()} == {"win": 1, "tie": 0, "lose": 0}
    assert tracks.left == 0.5
    assert sentences.shares["tie"].mean == 1
    assert sentences.left is None


def test_nothing_shown_names_a_system(surveys: Surveys) -> None:
    _, tokens = surveys.create("Which?", ("zebra", "quagga"), scenarios(2), ("Ada",))
    shown = repr(surveys.progress(tokens["Ada"]))
    assert "zebra" not in shown
    assert "quagga" not in shown


def test_scenarios_are_spread_evenly_over_raters(surveys: Surveys) -> None:
    made, tokens = surveys.create("Which?", ("one", "other"), scenarios(6), RATERS, each=4)
    for token in tokens.values():
        assert surveys.progress(token).total == 4
        answer_all(surveys, token, "a", "b")
    asked = [a["scenario"] for a in surveys.answers(made)]
    assert sorted(asked) == sorted([*range(6)] * 2)


def test_an_answer_said_again_replaces_the_first(surveys: Surveys) -> None:
    made, tokens = surveys.create("Which?", ("one", "other"), scenarios(1), ("Ada",))
    token = tokens["Ada"]
    surveys.answer(token, 0, "tie", "tie")
    surveys.answer(token, 0, "left", "tie")
    assert [a["track"] != "tie" for a in surveys.answers(made)] == [True]
    assert surveys.progress(token).next is None
    with pytest.raises(SegueError, match="no survey"):
        surveys.progress("guessed")
    with pytest.raises(SegueError, match="no such question"):
        surveys.answer(token, 7, "left", "left")


def test_alpha_is_what_the_reference_says() -> None:
    """Against the `krippendorff` package, with answers missing."""
    generator = np.random.default_rng(0)
    values = generator.integers(0, 3, (4, 12)).astype(float)
    values[generator.random(values.shape) < 0.2] = np.nan
    rows = [
        {"rater": f"r{r}", "scenario": s, "track": "abt"[int(v)]}
        for (r, s), v in np.ndenumerate(values)
        if not np.isnan(v)
    ]
    expected = krippendorff.alpha(values, level_of_measurement="nominal")
    assert report.alpha(pl.DataFrame(rows), "track") == pytest.approx(expected)
    alone = pl.DataFrame([r for r in rows if r["rater"] == "r0"])
    assert report.alpha(alone, "track") is None
    same = pl.DataFrame([{**r, "track": "tie"} for r in rows])
    assert report.alpha(same, "track") is None


def test_the_report_holds_table_picture_and_export(surveys: Surveys, tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="no survey yet"):
        report.write(surveys, tmp_path / "survey")
    made, tokens = surveys.create("Which?", ("one", "other"), scenarios(4), RATERS, about={"seed": 0})
    with pytest.raises(SegueError, match="nobody has answered"):
        report.write(surveys, tmp_path / "survey")
    for token, choice in zip(tokens.values(), ("a", "a", "b"), strict=True):
        answer_all(surveys, token, choice, "tie")
    lines = report.write(surveys, tmp_path / "survey")
    assert "0.667 [0.667, 0.667]" in lines[1]
    with (tmp_path / "survey" / "answers.csv").open() as file:
        exported = list(csv.DictReader(file))
    assert [row["track"] for row in exported].count("one") == 8
    assert {row["survey"] for row in exported} == {made}
    kept = (tmp_path / "survey" / "scenarios.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["a"]["track_id"] for line in kept] == ["a0", "a1", "a2", "a3"]
    assert (tmp_path / "survey" / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert "figure.png" in (tmp_path / "survey" / "report.md").read_text("utf-8")


def test_scenarios_come_from_test_dialogues(workspace: Workspace) -> None:
    catalogue = Catalogue.load(workspace)
    said = Turn("assistant", "here it is")
    catalogue.dialogues = [Dialogue(d.dialogue_id, (*d.turns, said), d.split) for d in catalogue.dialogues]
    catalogue.save(workspace)
    library = Library.open(workspace)
    BM25.fit(library).save(workspace.model("bm25"))
    drawn = draw(library, ("bm25", "truth"), 5)
    assert drawn.left_out["same track from both"]
    assert len(drawn.scenarios) == 5
    test = {d.dialogue_id: d for d in library.catalogue.dialogues_of("test")}
    for scenario in drawn.scenarios:
        moment = moments(test[scenario.dialogue_id])[scenario.turn - 1]
        assert scenario.b == Reply(moment.targets[0], "here it is")
        assert scenario.history[-1] == ("user", moment.request.messages[-1].content)
        played = [content for role, content in scenario.history if role == "music"]
        assert scenario.a.track_id not in (*played, scenario.b.track_id)
        assert (
            library.catalogue.tracks["title"][library.catalogue.rows[scenario.a.track_id]]
            in scenario.a.sentence
        )
    with pytest.raises(SegueError, match="two different"):
        draw(library, ("bm25", "bm25"), 5)


def test_a_dialogue_resumed_is_the_dialogue_had(workspace: Workspace) -> None:
    talk = Conversation(BM25.fit(Library.open(workspace)))
    had, resumed = talk.again(), talk.again()
    for words in ("something gentle", "no more piano"):
        had.ask(words)
    resumed.resume(had.turns)
    assert resumed.state.wishes == had.state.wishes
    assert resumed.ask("another one").track_id == had.ask("another one").track_id


def test_truth_says_the_tracks_own_names(workspace: Workspace) -> None:
    catalogue = Catalogue.load(workspace)
    dialogue = catalogue.dialogues_of("test")[0]
    turns = [t if t.role != "assistant" else Turn("assistant", "Here is <|title|>.") for t in dialogue.turns]
    named = type(dialogue)(dialogue.dialogue_id, tuple(turns), "test")
    moment = moments(named)[0]
    title = catalogue.tracks["title"][catalogue.rows[moment.targets[0]]]
    assert truth(catalogue, named, moment) == Reply(moment.targets[0], f"Here is {title}.")


def test_two_raters_over_http(service: Service, client: TestClient) -> None:
    surveys = Surveys(service.store)
    history = (
        ("user", "something gentle"),
        ("music", "t0"),
        ("assistant", "here it is"),
        ("user", "another"),
    )
    pairs = [(Reply("t1", "One."), Reply("t2", "Two.")), (Reply("t3", "Three."), Reply("gone", "Four."))]
    drawn = [Scenario(f"d{n}", 2, history, a, b) for n, (a, b) in enumerate(pairs)]
    made, tokens = surveys.create("Which?", ("bm25", "popularity"), drawn, ("Ada", "Bo"))
    for token in tokens.values():
        page = client.get(f"/v1/survey/{token}")
        assert "bm25" not in page.text
        while (asked := page.json()["next"]) is not None:
            assert [turn["role"] for turn in asked["history"]] == ["user", "music", "assistant", "user"]
            assert asked["history"][1]["track"]["title"] == "Amber"
            titles = {asked[side]["track"]["track_id"] for side in ("left", "right")}
            assert titles in ({"t1", "t2"}, {"t3", "gone"})
            body = {"scenario": asked["scenario"], "track": "left", "sentence": "tie"}
            page = client.post(f"/v1/survey/{token}/answers", json=body)
        assert (page.json()["done"], page.json()["total"]) == (2, 2)
    assert len(surveys.answers(made)) == 4
    assert report.alpha(pl.DataFrame(surveys.answers(made), report.SCHEMA), "sentence") is None
    token = tokens["Ada"]
    assert client.get("/v1/survey/guessed").status_code == 404
    for wrong, status in (({"scenario": 9}, 404), ({"track": "bm25"}, 422), ({"scenario": -1}, 422)):
        body = {"scenario": 0, "track": "tie", "sentence": "tie"} | wrong
        assert client.post(f"/v1/survey/{token}/answers", json=body).status_code == status


def test_the_command_makes_and_reports(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in (BM25, Popularity):
        kind.fit(Library.open(workspace)).save(workspace.model(kind.name))
    create(
        workspace.root, systems=("bm25", "popularity"), scenarios=3, raters=2, url="https://music.example/"
    )
    links = [line for line in capsys.readouterr().out.splitlines() if line.startswith("rater ")]
    assert [line.partition(": ")[0] for line in links] == ["rater 1", "rater 2"]
    surveys = Surveys(Store(of_workspace(workspace.root)))
    for line in links:
        assert line.partition(": ")[2].startswith("https://music.example/survey/")
        answer_all_left(surveys, line.rpartition("/")[2])
    report_(workspace.root)
    assert "bm25 : popularity" in capsys.readouterr().out
    assert (workspace.report("survey") / "report.md").exists()


def answer_all_left(surveys: Surveys, token: str) -> None:
    while (question := surveys.progress(token).next) is not None:
        surveys.answer(token, question.place, "left", "tie")
