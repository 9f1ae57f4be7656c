"""Settings: every recipe is one, overrides win, and bad ones are told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.kit.errors import SegueError
from segue.kit.settings import read
from segue.models.e4srec.settings import Settings

RECIPES = sorted((Path(__file__).parent.parent.parent / "recipes").glob("e4srec-*.toml"))
SEVEN = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def test_the_recipes_are_there() -> None:
    names = {p.stem.removeprefix("e4srec-") for p in RECIPES}
    assert {"small", "llama2-13b", "qwen2.5-7b", "llama3-70b"} <= names


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_every_recipe_is_settings(path: Path) -> None:
    settings = read(Settings, path, {})
    assert settings.rate > 0


@pytest.mark.parametrize("path", [p for p in RECIPES if p.stem != "e4srec-small"], ids=lambda p: p.stem)
def test_published_recipes_have_the_published_values(path: Path) -> None:
    s = read(Settings, path, {})
    assert (s.rank, s.alpha, s.lora_dropout, s.targets) == (32, 64, 0.05, SEVEN)
    assert (s.quantise, s.tuned, s.as_published, s.head) == ("nf4", "lora", True, "free")
    assert s.limit(498) == (None, 5 * 498)
    assert (s.rate, s.warmup, s.length, s.last_only) == (1e-4, 0.1, 50, 50)
    assert s.fusion_dim == 64


def test_overrides_win_also_as_text() -> None:
    small = next(p for p in RECIPES if p.stem == "e4srec-small")
    s = read(Settings, small, {"steps": "7", "modalities": "id, audio", "bias": "true", "lr": None})
    assert (s.steps, s.epochs, s.modalities, s.bias) == (7, None, ("id", "audio"), True)
    assert s.lr == read(Settings, small, {}).lr


def test_without_any_budget_it_is_five_minutes() -> None:
    assert read(Settings, None, {}).limit(10) == (5.0, None)
    assert Settings(epochs=0.01).limit(10) == (None, 1)
    assert Settings(minutes=2).limit(10) == (2, None)


def test_what_follows_from_the_size() -> None:
    tiny, small = Settings(size="tiny"), Settings()
    assert (tiny.tuned, tiny.speed, small.tuned, small.speed) == ("full", 1.0, "lora", 10.0)
    assert not Settings(titles=1).packed
    assert not Settings(completion="prompt").packed
    assert Settings(completion="embedding").packed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('colour = "red"', "colour"),
        ("steps = 0", "steps"),
        ('fusion = "mean"', "fusion"),
        ('modalities = ["id", "smell"]', "modalities are"),
        ('modalities = ["id", "id"]', "each once"),
        ("steps = 5\nminutes = 1", "both minutes and steps"),
        ("steps", "no readable recipe"),
    ],
)
def test_a_bad_recipe_is_an_error_of_the_user(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(SegueError, match=said) as found:
        read(Settings, tmp_path / "bad.toml", {})
    assert "bad.toml" in str(found.value)
