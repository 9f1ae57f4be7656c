"""TalkPlay's recipes are settings that training takes, and flags win over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from segue.kit.errors import SegueError
from segue.kit.settings import read
from segue.models.talkplay.learn import Settings

RECIPES = sorted((Path(__file__).parent.parent / "recipes").glob("talkplay-*.toml"))


def settings_of(recipe: Path | None, **flags: Any) -> Settings:
    """As the command line reads them."""
    return read(Settings, recipe, flags)


def named(name: str) -> Path:
    """One recipe."""
    return next(p for p in RECIPES if p.stem == name)


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_every_recipe_is_settings(path: Path) -> None:
    settings = settings_of(path)
    assert settings.rate > 0
    assert len(path.read_text("utf-8").splitlines()) <= 12


def test_the_recipes_are_there() -> None:
    names = {p.stem for p in RECIPES}
    assert {"talkplay-tiny", "talkplay-small", "talkplay-base-lora", "talkplay-paper"} <= names


def test_the_tiny_recipe_is_the_default() -> None:
    recipe = settings_of(named("talkplay-tiny"))
    assert (recipe.limit(), recipe.rate) == (settings_of(None).limit(), settings_of(None).rate)
    assert recipe.model_dump(exclude={"lr", "minutes"}) == settings_of(None).model_dump(
        exclude={"lr", "minutes"}
    )


def test_the_papers_recipe() -> None:
    paper = settings_of(named("talkplay-paper"))
    assert (paper.size, paper.lr, paper.context, paper.init) == ("base", 1e-4, 1024, "normal")
    assert paper.tokens_a_step == 48 * 1024 == 49_152
    assert paper.train_words
    assert (paper.words_weight, paper.drop) == (1.0, 0.0)


def test_flags_win_and_a_budget_replaces_the_recipes() -> None:
    settings = settings_of(named("talkplay-small"), size="tiny", minutes=2.0, lr=None, seed=7)
    assert (settings.size, settings.minutes, settings.steps, settings.seed) == ("tiny", 2.0, None, 7)
    assert settings.lr == 3e-4


def test_without_any_budget_it_is_five_minutes() -> None:
    assert settings_of(None).limit() == Settings(minutes=5.0).limit() == (5.0, None)
    assert settings_of(None, steps=9).limit() == Settings(steps=9).limit() == (None, 9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('colour = "red"', "colour"), ("steps = 0", "steps"), ("lr = -1.0", "lr"), ('init = "zero"', "init"),
        ("steps = 5\nminutes = 1", "both minutes and steps"), ("steps", "no readable recipe"),
    ],
)  # fmt: skip
def test_a_bad_recipe_is_an_error_of_the_user(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(SegueError, match=said) as found:
        settings_of(tmp_path / "bad.toml")
    assert "bad.toml" in str(found.value)
