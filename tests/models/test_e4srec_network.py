"""The network: packed, padded and single prompts agree, gradients flow, losses estimate what they should."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from segue.data import store
from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.log import Log
from segue.data.store import Feature
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.models.e4srec.examples import Examples, held_out
from segue.models.e4srec.fusion import KINDS
from segue.models.e4srec.inputs import Inputs, read_inputs
from segue.models.e4srec.learn import Built, build, score_plays
from segue.models.e4srec.network import Network
from segue.models.e4srec.objective import Objective
from segue.models.e4srec.prompt import Segment
from segue.models.e4srec.settings import Settings
from segue.models.heard import Heard
from segue.testing.tiny_llm import save_tiny


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("lm")
    return {kind: str(save_tiny(root / kind, kind=kind)) for kind in ("llama", "qwen2")}


@pytest.fixture(scope="module")
def music(checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The checkerboard with audio vectors of two thirds of the tracks and completion-free playlists."""
    copied = shutil.copytree(checkerboard_template, tmp_path_factory.mktemp("music") / "music")
    workspace = Workspace(copied)
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(24, 5)).astype(np.float32)
    store.save(workspace, "audio", Feature(matrix, rng.random(24) < 0.7), encoder="made-up", input_hash="1")
    return workspace


def built(music: Workspace, size: str, **settings: Any) -> Built:
    s = Settings(size=size, frame="short", line_tokens=200, **settings)
    library = Library.open(music)
    return build(library, read_inputs(library, s), s)


def plays(*rows: int) -> Heard:
    completion = np.linspace(0.2, 1, len(rows), dtype=np.float32)
    completion[::3] = np.nan
    return Heard(np.array(rows, np.int64), completion)


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
@pytest.mark.parametrize("fusion", list(KINDS))
def test_packed_equals_single(music: Workspace, lm: dict[str, str], kind: str, fusion: Any) -> None:
    network, prompter, *_ = built(music, lm[kind], fusion=fusion, completion="embedding")
    given = [plays(0, 2, 4, 6, 8, 10), plays(1, 3, 5), plays(7)]
    ends = [[1, 2, 4, 6], [1, 3], [1]]
    packed = [Segment(p, np.array(e)) for p, e in zip(given, ends, strict=True)]
    assert len(prompter.lines(packed)) == 1
    with torch.no_grad():
        together = network.states(prompter.batch(prompter.lines(packed)))
        cut = [(p, n) for p, e in zip(given, ends, strict=True) for n in e]
        one_by_one = [
            network.states(
                prompter.batch([prompter.line(Segment(Heard(p.rows[:n], p.completion[:n]), np.array([n])))])
            )
            for p, n in cut
        ]
    torch.testing.assert_close(together, torch.cat(one_by_one), atol=1e-5, rtol=1e-4)


def test_a_single_prompt_is_what_the_backbone_computes_by_itself(
    music: Workspace, lm: dict[str, str]
) -> None:
    network, prompter, model, *_ = built(music, lm["llama"])
    given = plays(4, 9, 11)
    batch = prompter.batch([prompter.line(Segment(given, np.array([3])))])
    words = model.get_input_embeddings().weight
    with torch.no_grad():
        soft = network.soft(network.fused()[given.rows], torch.from_numpy(given.completion))
        embedded = torch.cat([words[prompter.before], soft, words[prompter.header]])
        wanted = model.model(inputs_embeds=embedded[None]).last_hidden_state[:, -1]
        torch.testing.assert_close(network.states(batch), wanted, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("more", [{}, {"titles": 4}, {"completion": "prompt"}])
def test_padding_changes_nothing(music: Workspace, lm: dict[str, str], more: dict[str, Any]) -> None:
    network, prompter, *_ = built(music, lm["llama"], **more)
    short, long = plays(3), plays(*range(20))
    alone = score_plays(network, prompter, [short])
    lines = [prompter.line(Segment(p, np.array([len(p.rows)]))) for p in (long, short)]
    with torch.no_grad():
        padded = network.scores(network.states(prompter.batch(lines)))[1].numpy()
    np.testing.assert_allclose(padded, alone[0], atol=1e-5 * np.abs(alone).max())


def test_scores_of_a_history_are_of_its_last_plays(music: Workspace, lm: dict[str, str]) -> None:
    network, prompter, *_ = built(music, lm["llama"], length=5)
    whole, last = plays(*range(20)), plays(*range(20))
    last = Heard(last.rows[-5:], last.completion[-5:])
    found = score_plays(network, prompter, [whole, last])
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


def test_rows_are_never_off_by_one(music: Workspace, lm: dict[str, str]) -> None:
    """One-hot IDs: the soft token of row r is the projection's column r, and a tied score is the query's."""
    s = Settings(size=lm["llama"], modalities=("id",), ids="playlist", frame="short")
    one_hot = Feature(np.eye(24, dtype=np.float32), np.ones(24, bool))
    network, prompter, *_ = build(
        Library.open(music), Inputs({"id": one_hot}, {"id": 1.0}, {"id": ""}, "playlist"), s
    )
    for row in (0, 7, 23):
        soft = network.soft(network.fused()[[row]], torch.tensor([1.0]))[0]
        wanted = network.projection.matrix()[:, row] + network.projection.bias * network.projection.gain
        torch.testing.assert_close(soft, wanted)
        batch = prompter.batch([prompter.line(Segment(plays(row), np.array([1])))])
        caught = []
        network.body.register_forward_pre_hook(
            lambda module, args, kwargs, caught=caught: caught.append(kwargs["inputs_embeds"]),
            with_kwargs=True,
        )
        with torch.no_grad():
            states = network.states(batch)
            torch.testing.assert_close(network.scores(states), network.asked(states))
        torch.testing.assert_close(caught[0][0, len(prompter.before)], wanted)


def test_unknown_completion_is_not_zero(music: Workspace, lm: dict[str, str]) -> None:
    ratios = torch.tensor([torch.nan, 0.0])
    network = built(music, lm["llama"], completion="embedding").network
    unknown, nothing = network.soft(network.fused()[[1, 1]], ratios)
    assert not torch.allclose(unknown, nothing)
    network = built(music, lm["llama"], completion="embedding", as_published=True).network
    unknown, nothing = network.soft(network.fused()[[1, 1]], ratios)
    torch.testing.assert_close(unknown, nothing)


def steps(music: Workspace, size: str, **settings: Any) -> tuple[Network, Objective, Examples]:
    made = built(music, size, tokens_a_step=400, **settings)
    log = Log.load(music, Catalogue.load(music)).part("train")
    examples = Examples(log, made.prompter, made.network.settings)
    return made.network.train(), Objective(made.network, examples, made.network.settings), examples


@pytest.mark.parametrize(
    "settings",
    [
        *({"fusion": kind} for kind in KINDS),
        {"head": "free", "completion": "embedding"},
        {"bias": True, "loss": "sampled", "negatives": 12},
        {"tuning": "full"},
        {"tuning": "frozen"},
        {"tuning": "lora", "targets": ("q_proj", "down_proj"), "checkpointing": True},
    ],
    ids=str,
)
def test_gradient_flows_where_it_should(music: Workspace, lm: dict[str, str], settings: Any) -> None:
    torch.manual_seed(0)
    network, objective, _ = steps(music, lm["llama"], drop=0.3, **settings)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "lora_B" in name:  # zero as it begins, which keeps the gradient from its other half
                parameter.normal_()
    objective(0)[0].backward()
    for name, parameter in network.named_parameters():
        got = parameter.grad is not None and bool(parameter.grad.abs().sum() > 0)
        assert got == parameter.requires_grad, name
    body = {
        n.split(".")[-2] for n, p in network.body.named_parameters() if p.requires_grad and "lora" not in n
    }
    assert bool(body) == (settings.get("tuning") == "full")
    assert "embed_tokens" not in body
    adapted = {n.split(".lora_")[0].split(".")[-1] for n, _ in network.named_parameters() if ".lora_" in n}
    if "targets" in settings:
        assert adapted == set(settings["targets"])
    elif "tuning" not in settings:
        assert len(adapted) == 7


def test_sampled_loss_tends_to_the_full_one(music: Workspace, lm: dict[str, str]) -> None:
    full = steps(music, lm["llama"], loss="softmax")[1]
    sampled = steps(music, lm["llama"], loss="sampled", negatives=4000)[1]
    for objective in (full, sampled):
        objective.network.train(False)
    with torch.no_grad():
        torch.manual_seed(0)
        assert float(sampled(0)[0]) == pytest.approx(float(full(0)[0]), abs=0.02)


def test_loss_by_hand(music: Workspace, lm: dict[str, str]) -> None:
    network, objective, examples = steps(music, lm["llama"], head="free")
    network.train(False)
    batch, targets = examples(0)
    with torch.no_grad():
        scores = network.scores(network.states(batch))
        wanted = torch.nn.functional.cross_entropy(scores, targets)
        torch.testing.assert_close(objective(0)[0], wanted, atol=1e-4, rtol=1e-4)


def test_each_play_is_a_target_once_an_epoch(music: Workspace, lm: dict[str, str]) -> None:
    for more in ({"length": 4}, {"length": 50}, {"length": 4, "pack": False}, {"length": 3, "titles": 2}):
        _, _, examples = steps(music, lm["llama"], **more)
        seen = []
        for step in range(examples.per_epoch):
            batch, targets = examples(step)
            assert len(batch.line) == len(targets)
            seen += targets.tolist()
        log = examples.log
        wanted = np.delete(log.rows, log.starts[:-1])
        assert sorted(seen) == sorted(wanted.tolist())


def test_a_target_is_never_among_what_its_header_sees(music: Workspace, lm: dict[str, str]) -> None:
    """Playlists have no repeats here: a target that is seen would be the future."""
    for more in ({"length": 4}, {"length": 50}, {"pack": False}):
        _, _, examples = steps(music, lm["llama"], **more)
        for step in range(examples.per_epoch):
            batch, targets = examples(step)
            for line, column, target in zip(batch.line, batch.column, targets, strict=True):
                tracks = batch.tracks[line][batch.sees[line, column]]
                seen = tracks[tracks >= 0]
                assert 1 <= len(seen) <= examples.settings.length
                assert target not in seen


def test_last_only_takes_the_last_plays(music: Workspace, lm: dict[str, str]) -> None:
    _, _, examples = steps(music, lm["llama"], last_only=2)
    assert int((examples.last - examples.first + 1).sum()) == 2 * len(examples.log.users)
    assert set((examples.last + 1).tolist()) == set(examples.log.starts[1:].tolist())


def test_held_out_histories_end_before_their_target(music: Workspace) -> None:
    log = Log.load(music, Catalogue.load(music))
    splits = log.splits.copy()
    splits[2::6] = 1
    log = Log(log.users, log.starts, log.rows, log.completion, log.sessions, splits, log.ids)
    given, targets = held_out(log, "validation", 50, 7)
    assert len(given) == len(targets) == 7
    assert all(len(p.rows) == 2 for p in given)
    assert all(t not in p.rows for p, t in zip(given, targets, strict=True))


def test_four_bits_without_a_gpu_is_an_error_of_the_user(music: Workspace, lm: dict[str, str]) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(SegueError, match="bitsandbytes"):
        built(music, lm["llama"], quantise="nf4")


def test_layers_cuts_the_backbone(music: Workspace, lm: dict[str, str]) -> None:
    whole, cut = built(music, lm["llama"]), built(music, lm["llama"], layers=1)
    assert (len(whole.network.body.layers), len(cut.network.body.layers)) == (2, 1)
    found = score_plays(cut.network, cut.prompter, [plays(1, 2)])
    assert np.isfinite(found).all()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
