"""The training loop: interrupted and resumed runs, budgets, and what goes wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from segue.kit.errors import SegueError
from segue.kit.settings import make
from segue.learning.budget import Limit
from segue.learning.loop import Budget, Trainer, has_bf16

SIZE = 6
KILLED = """
import os, signal, sys
from pathlib import Path
import test_training as t
budget = t.Budget(steps=20, save_every=0, lr=0.3)
def kill(line):
    if line["step"] == 11:
        os.kill(os.getpid(), signal.SIGKILL)
t.train(Path(sys.argv[1]), budget, on_step=kill)
"""


class Line(nn.Module):
    """A linear map with one parameter that is frozen."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.map = nn.Linear(SIZE, 1)
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)


def train(
    directory: Path,
    budget: Budget,
    *,
    identity: str = "a",
    stop_at: int | None = None,
    before=None,
    on_step=None,
) -> Trainer:
    """Fits a plane to noisy points; the points of a step come from the global seed of that step."""
    module = Line()

    def step_loss(step: int):
        if before:
            before(step)
        if step == stop_at:
            raise KeyboardInterrupt
        points = torch.randn(8, SIZE)
        noise = 0.01 * torch.randn(8)
        loss = (module.map(points)[:, 0] - points.sum(dim=1) - noise).square().mean()
        return loss, {"tokens": 8, "extra": 1.5}

    trainer = Trainer(module, budget, directory, [identity])
    trainer.run(step_loss, on_step)
    return trainer


def lines(directory: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]


def without_clock(found: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{k: v for k, v in line.items() if k != "seconds"} for line in found]


@pytest.fixture
def uninterrupted(tmp_path: Path) -> list[dict[str, float]]:
    train(tmp_path / "plain", Budget(steps=20, lr=0.3))
    return without_clock(lines(tmp_path / "plain"))


def test_a_plain_run_learns_and_logs_every_step(uninterrupted) -> None:
    assert [line["step"] for line in uninterrupted] == list(range(1, 21))
    assert [line["tokens"] for line in uninterrupted] == [8 * n for n in range(1, 21)]
    assert uninterrupted[-1]["loss"] < 0.2 * uninterrupted[0]["loss"]
    assert all(line["extra"] == 1.5 for line in uninterrupted)


def test_interrupted_and_resumed_runs_pass_through_the_same_losses(tmp_path: Path, uninterrupted) -> None:
    budget = Budget(steps=20, lr=0.3)
    for stop_at in (7, 7, 13):  # twice at once: nothing is done between the two
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "b", budget, stop_at=stop_at)
        assert len(lines(tmp_path / "b")) == stop_at
    train(tmp_path / "b", budget)
    assert without_clock(lines(tmp_path / "b")) == uninterrupted


def test_a_real_ctrl_c_anywhere_leaves_no_half_step(tmp_path: Path, uninterrupted, monkeypatch) -> None:
    budget = Budget(steps=20, lr=0.3)
    real = torch.optim.AdamW.step

    def step_and_interrupt(self, *args, **kwargs):
        found = real(self, *args, **kwargs)
        os.kill(os.getpid(), signal.SIGINT)  # after the weights moved, before the step is counted
        return found

    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(torch.optim.AdamW, "step", step_and_interrupt)
            with pytest.raises(KeyboardInterrupt):
                train(tmp_path / "c", budget)
    assert len(lines(tmp_path / "c")) == 3
    train(tmp_path / "c", budget)
    assert without_clock(lines(tmp_path / "c")) == uninterrupted


def test_a_killed_process_goes_on_at_its_checkpoint(tmp_path: Path, uninterrupted) -> None:
    folder = tmp_path / "killed"
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], env=environment, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert len(lines(folder)) == 11
    saved = json.loads((folder / "checkpoint" / "position.json").read_text())["step"]
    assert 9 <= saved <= 10
    with (folder / "metrics.jsonl").open("a") as log:
        log.write('{"loss": 0.')  # half a line
    train(folder, Budget(steps=20, lr=0.3))
    assert without_clock(lines(folder)) == uninterrupted


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    steps: list[int] = []
    budget = Budget(steps=5)
    train(tmp_path, budget)
    again = train(tmp_path, budget, before=steps.append)
    assert steps == []
    assert len(lines(tmp_path)) == again.step == 5


@pytest.mark.parametrize("change", [{"identity": "b"}, {"budget": Budget(steps=8, lr=0.3)}])
def test_other_data_or_settings_start_anew(tmp_path: Path, change) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, Budget(steps=8), stop_at=4)
    seen: list[int] = []
    train(tmp_path, **({"budget": Budget(steps=8)} | change), before=seen.append)
    assert seen == list(range(8))
    assert [line["step"] for line in lines(tmp_path)] == list(range(1, 9))


@pytest.mark.parametrize("file", ["parameters.safetensors", "moments.safetensors", "position.json"])
@pytest.mark.parametrize("damage", ["cut", "empty", "gone"])
def test_a_corrupt_checkpoint_is_one_clear_error(tmp_path: Path, file: str, damage: str) -> None:
    train(tmp_path, Budget(steps=3))
    path = tmp_path / "checkpoint" / file
    if damage == "gone":
        path.unlink()
        if file == "position.json":  # then there is no checkpoint: a new run
            train(tmp_path, Budget(steps=3))
            return
    else:
        path.write_bytes(path.read_bytes()[: 0 if damage == "empty" else -5])
    with pytest.raises(SegueError, match=r"corrupt checkpoint.*delete") as caught:
        train(tmp_path, Budget(steps=3))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_one_clear_error(tmp_path: Path, value: float) -> None:
    module = Line()

    def step_loss(step: int):
        return module.map(torch.ones(SIZE)).sum() * (value if step == 3 else 1), {}

    with pytest.raises(SegueError, match=r"loss is (nan|-?inf) at step 3.*lower --lr"):
        Trainer(module, Budget(steps=5), tmp_path, []).run(step_loss)
    assert all(torch.isfinite(p).all() for p in module.parameters())


def test_minutes_stop_in_time_while_the_rate_rises_and_falls(tmp_path: Path) -> None:
    budget = Budget(minutes=1 / 60, lr=0.1, warmup=0.2)
    began = time.monotonic()
    train(tmp_path, budget, before=lambda _: time.sleep(0.01))
    assert 1 <= time.monotonic() - began < 3
    found = lines(tmp_path)
    rates = [line["lr"] for line in found]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(0.1, rel=0.05)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 0.02
    assert found[-1]["seconds"] == pytest.approx(1, abs=0.5)


def test_minutes_already_spent_count_after_a_resume(tmp_path: Path) -> None:
    budget = Budget(minutes=0.4 / 60, lr=0.1)

    def stop(step: int) -> None:
        time.sleep(0.01)
        if step == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, budget, before=stop)
    spent = lines(tmp_path)[-1]["seconds"]
    train(tmp_path, budget, before=lambda _: time.sleep(0.01))
    found = lines(tmp_path)
    assert found[10]["seconds"] > spent >= 0.1
    assert [line["step"] for line in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("told", [{"minutes": 1, "steps": 10}, {"steps": 5, "epochs": 1}])
def test_two_budgets_are_an_error(told) -> None:
    with pytest.raises(SegueError, match="budget is one of"):
        make(Budget, told)


@pytest.mark.parametrize("told", [{"steps": 0}, {"minutes": 0}, {"epochs": -1}])
def test_no_budget_is_empty(told) -> None:
    with pytest.raises(SegueError, match=next(iter(told))):
        make(Budget, told)


def test_one_rule_says_where_a_training_ends() -> None:
    assert Budget().limit(7) == (5.0, None)
    assert Budget(minutes=2).limit(7) == (2.0, None)
    assert Budget(steps=3).limit(7) == (None, 3)
    assert Budget(epochs=2.5).limit(4) == (None, 10)
    assert Budget(epochs=0.01).limit(4) == (None, 1)
    assert Limit(2.0, 10).done(5, 30.0) == 0.5
    assert Limit(2.0, 10).done(5, 90.0) == 0.75
    assert Limit(2.0, None).done(5, 60.0) == Limit(None, 10).done(5, 1e6) == 0.5


def test_gradients_are_clipped(tmp_path: Path, monkeypatch) -> None:
    norms: list[float] = []
    real = torch.optim.AdamW.step

    def watch(self, *args, **kwargs):
        grads = [p.grad for group in self.param_groups for p in group["params"]]
        norms.append(float(torch.cat([g.flatten() for g in grads]).norm()))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", watch)
    module = Line()
    factors = [1000.0, 0.001]

    def step_loss(step: int):
        return factors[step] * module.map(torch.ones(SIZE)).sum(), {}

    Trainer(module, Budget(steps=2, clip=0.5, bf16=False), tmp_path, []).run(step_loss)
    length = (SIZE + 1) ** 0.5
    assert norms == pytest.approx([0.5, 0.001 * length], rel=1e-3)


def test_what_is_frozen_stays_and_biases_do_not_decay(tmp_path: Path) -> None:
    module = Line()
    with torch.no_grad():
        module.map.bias.fill_(1.0)
    before = {n: p.detach().clone() for n, p in module.named_parameters()}

    def step_loss(step: int):
        return 0.0 * sum(p.sum() for p in module.parameters()), {}

    Trainer(module, Budget(steps=3, lr=0.1, weight_decay=0.5), tmp_path, []).run(step_loss)
    assert torch.equal(module.frozen, before["frozen"])
    assert torch.equal(module.map.bias, before["map.bias"])
    assert module.map.weight.norm() < before["map.weight"].norm()


@pytest.mark.parametrize(
    ("has", "fast"),
    [
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": False}, False),
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": True}, True),
        ({"cpu_name": "AMD EPYC", "avx512_bf16": True}, True),
        ({}, False),
    ],
)
def test_bfloat16_is_for_processors_that_multiply_it_faster(has, fast, monkeypatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    assert has_bf16(torch.device("cpu")) is fast
