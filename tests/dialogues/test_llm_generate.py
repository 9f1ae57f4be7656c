"""Dialogues by a language model's server that is scripted: it fails, stalls, lies; nothing is asked twice."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars as pl
import pytest

from command import refused, works
from scripted_llm import Script, serving
from segue.data.catalogue import Catalogue
from segue.dialogues import llm_generate
from segue.dialogues.llm_generate import generate
from segue.dialogues.llm_options import Options
from segue.dialogues.llm_plan import answers_of, estimate, plan_of
from segue.kit.completions import Limits, StoppedError
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace, read_card

N = 12
"""Dialogues that a test asks for."""


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_generate, "Limits", partial(Limits, pause=0.001))


@pytest.fixture
def music(workspace: Workspace) -> Workspace:
    """The checkerboard, where only training playlists get dialogues (real ones of the test are there)."""
    tables = Catalogue.load(workspace)
    tables.playlists = tables.playlists.with_columns(split=pl.lit("train"))
    tables.save(workspace)
    return workspace


def run(workspace: Workspace, url: str, **options: object) -> list[str]:
    plan = plan_of(workspace, Options(url=url, model="m", **options), max_dialogues=N)  # type: ignore[arg-type]
    return generate(workspace, plan)


def written(workspace: Workspace) -> list[str]:
    return [
        d.dialogue_id for d in Catalogue.load(workspace).dialogues if d.dialogue_id.startswith("sim-llm-")
    ]


def test_what_a_good_server_writes_is_by_the_rules(music: Workspace) -> None:
    before = Catalogue.load(music).dialogues
    with serving(Script()) as url:
        lines = run(music, url, negatives=2, shown=4)
    tables = Catalogue.load(music)
    assert tables.dialogues[: len(before)] == before
    made = tables.dialogues[len(before) :]
    assert len(made) == N
    lists = dict(tables.playlists.group_by("playlist_id").agg("track_id").iter_rows())
    for dialogue in made:
        assert [t.role for t in dialogue.turns] == ["user", "music", "assistant"] * (len(dialogue.turns) // 3)
        playlist = lists[dialogue.dialogue_id.removeprefix("sim-llm-").removesuffix("-0")]
        heard = [t for t in dialogue.turns if t.role == "music"]
        liked = [t.content for t in heard if t.liked]
        assert set(liked) <= set(playlist)
        assert len(set(liked)) == len(liked) >= min(4, len(set(playlist))) / 2
        assert not {t.content for t in heard if t.liked is False} & set(playlist)
    assert f"{N} of {N} dialogues" in lines[0]
    report = (music.report("dialogues-llm") / "report.md").read_text("utf-8")
    assert f"| dialogues | {N} |" in report
    assert (music.report("dialogues-llm") / "samples.md").read_text("utf-8").count("### ") == N


def test_the_prompt_has_the_facts_and_the_negative_set(music: Workspace) -> None:
    with serving(script := Script()) as url:
        run(music, url, language="de", temperature=0.5, answer_tokens=77)
    body = script.bodies[0]
    system, facts = (m["content"] for m in body["messages"])
    assert "German" in system
    assert '"id": "p1"' in facts
    assert "NEGATIVE SET\n" in facts
    assert (body["temperature"], body["max_tokens"]) == (0.5, 77)
    assert body["response_format"]["type"] == "json_schema"
    assert len({b["seed"] for b in script.bodies}) > 1


def test_busy_failing_and_stalling_servers_are_asked_again(music: Workspace) -> None:
    script = Script({"429": 0.3, "500": 0.3, "stall": 0.1}, stall=1.5)
    with serving(script) as url:
        lines = run(music, url, timeout=1.0, workers=8)
    assert f"{N} of {N} dialogues" in lines[0]
    assert max(script.asked.values()) == 2
    assert max(script.answered.values()) == 1


def test_answers_that_are_of_no_use_are_counted_by_their_reason(music: Workspace) -> None:
    faults = ("half", "language", "unknown", "nonsense", "order", "few", "html", "empty")
    script = Script(dict.fromkeys(faults, 0.125))
    with serving(script) as url:
        run(music, url, repairs=0, shown=6, workers=1)
        page = (music.report("dialogues-llm") / "report.md").read_text("utf-8")
        card = read_card(music.report("dialogues-llm"), "dialogues")
        counts = [len(written(music)), sum(card["refused"].values()), sum(card["failed"].values())]
        assert sum(counts) == N
        assert min(counts[1:]) > 0
        assert "## Refused for good\n\n- " in page
        # Asked again they may be better, and what was usable before is not asked again.
        before = set(written(music))
        run(music, url, repairs=1, shown=6)
    assert before <= set(written(music))


@pytest.mark.parametrize("fault", ["nonsense", "unknown", "language", "order", "few"])
def test_nothing_but_rubbish(music: Workspace, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_generate, "NONE_OF", 4)
    with serving(Script({fault: 1.0})) as url, pytest.raises(StoppedError, match="none of 4"):
        run(music, url, repairs=0, shown=6)
    assert written(music) == []


@pytest.mark.parametrize("stops", [1, 3])
def test_a_run_that_was_stopped_goes_on_and_asks_nothing_twice(
    music: Workspace, monkeypatch: pytest.MonkeyPatch, stops: int
) -> None:
    """Stopped as at Ctrl-C after a few answers, several times; then a whole run."""
    script = Script({"unknown": 0.2, "half": 0.2})
    whole = llm_generate.each_answer

    def stopped(*args: object, **more: object) -> object:
        for n, outcome in enumerate(whole(*args, **more)):  # type: ignore[arg-type]
            yield outcome
            if n == 2 + stopped.already:  # type: ignore[attr-defined]
                stopped.already += 3  # type: ignore[attr-defined]
                raise KeyboardInterrupt

    stopped.already = 0  # type: ignore[attr-defined]
    with serving(script) as url:
        monkeypatch.setattr(llm_generate, "each_answer", stopped)
        for _ in range(stops):
            with pytest.raises(KeyboardInterrupt):
                run(music, url)
            assert written(music)
        monkeypatch.setattr(llm_generate, "each_answer", whole)
        run(music, url)
    assert max(script.asked.values()) == 1
    resumed = Catalogue.load(music).dialogues
    with serving(again := Script({"unknown": 0.2, "half": 0.2})) as url:
        run(music, url)
    assert not again.asked
    assert Catalogue.load(music).dialogues == resumed


def test_a_line_that_was_cut_by_a_kill_is_written_anew(music: Workspace) -> None:
    with serving(Script()) as url:
        run(music, url)
        before = Catalogue.load(music).dialogues
        journal = music.root / "dialogues" / "llm-answers.jsonl"
        journal.write_bytes(journal.read_bytes()[:-20])
    with serving(script := Script()) as url:
        run(music, url)
    assert sum(script.asked.values()) == 1
    assert Catalogue.load(music).dialogues == before


@pytest.mark.parametrize("workers", [1, 4])
def test_a_budget_of_half_the_calls_stops_at_half(music: Workspace, workers: int) -> None:
    with serving(script := Script()) as url:
        lines = run(music, url, budget_calls=N // 2, workers=workers)
        assert sum(script.asked.values()) == N // 2
        assert "budget of 6 calls is spent" in lines[-1]
        assert len(written(music)) == N // 2
        run(music, url, budget_calls=N // 2, workers=workers)
        assert sum(script.asked.values()) == N // 2
        run(music, url, budget_calls=N, workers=workers)
    assert (sum(script.asked.values()), max(script.asked.values())) == (N, 1)
    assert len(written(music)) == N


def test_budgets_of_tokens_and_money_are_kept(music: Workspace) -> None:
    with serving(Script()) as url:
        options = {"price_in": 1.0, "price_out": 2.0, "workers": 4}
        told = estimate(
            plan_of(music, Options(url=url, model="m", **options)), answers_of(music, Options(model="m"))
        )
        assert "at the given prices" in told[0]
        run(music, url, budget_tokens=8_000, **options)
        used = answers_of(music, Options(model="m")).usage
        assert 4_000 < used.prompt + used.answer <= 8_000
        run(music, url, budget_money=0.02, **options)
        used = answers_of(music, Options(model="m")).usage
        assert 0.01 < (used.prompt + 2 * used.answer) / 1e6 <= 0.02


def test_a_server_that_refuses_or_is_away(music: Workspace) -> None:
    with pytest.raises(SegueError, match="in a row without an answer"):
        run(music, "http://127.0.0.1:9/v1", tries=1, workers=1)
    with serving(Script({"html": 1.0})) as url, pytest.raises(SegueError, match="an answer without words"):
        run(music, url, workers=1)
    assert written(music) == []
    with pytest.raises(SegueError, match="needs a price"):
        run(music, "http://localhost:1/v1", budget_money=1.0)


def test_a_short_run_that_nobody_answered_fails(music: Workspace) -> None:
    """Too few calls for "so many in a row"; a success that wrote nothing would be read as one."""
    plan = plan_of(music, Options(url="http://127.0.0.1:9/v1", model="m", tries=1), max_dialogues=2)
    with pytest.raises(StoppedError, match="no answer to any"):
        generate(music, plan)
    assert written(music) == []


def test_the_command(music: Workspace, tmp_path: Path) -> None:
    verb = ("dialogues", music.root, "--generator", "llm", "--max-dialogues", "2")
    assert "no language model" in refused(*verb)
    far = ("--url", "https://example.invalid/v1", "--model", "m")
    assert "say --yes" in refused(*verb, *far)
    assert "2 calls" in works(*verb, *far, "--dry-run", "--price-in", "1")
    assert "--generator llm" in refused("dialogues", music.root, "--url", "http://x/v1")
    with serving(Script()) as url:
        out = works(*verb, "--url", url, "--model", "m", "--budget-calls", "9")
    assert "budget: 9 calls" in out
    assert "2 of 2 dialogues written by m" in out
    works("dialogues", music.root, "--requests", "5", "--max-dialogues", "3")
    found = [d.dialogue_id for d in Catalogue.load(music).dialogues]
    assert sum(i.startswith("sim-llm-") for i in found) == 2
    assert sum(i.startswith("sim-") for i in found) > 2
