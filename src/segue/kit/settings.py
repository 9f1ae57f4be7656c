"""Settings of a trained model: a recipe (a TOML file), and what was given on the command line over it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from segue.kit.errors import SegueError

S = TypeVar("S", bound=BaseModel)
BUDGETS = {"minutes", "steps", "epochs"}
"""Settings of which one at most is given: a budget on the command line replaces the recipe's."""


def read(kind: type[S], recipe: Path | None, given: Mapping[str, Any], *, minutes: float | None = None) -> S:
    """Settings of a kind from a recipe; what is given and not None wins.

    Args:
        kind: the model's settings.
        recipe: a TOML file with the names of `kind`.
        given: values by name; text is read as the kind of the setting.
        minutes: the budget where there is none at all; None leaves it to `kind`.

    Raises:
        SegueError: the file is missing or not TOML, a name is unknown, a value is of the wrong kind, or there
            are two budgets.
    """
    try:
        found = tomllib.loads(recipe.read_text("utf-8")) if recipe else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SegueError(f"no readable recipe ({error})", str(recipe), "give a TOML file") from None
    over = {name: value for name, value in given.items() if value is not None}
    if over.keys() & BUDGETS:
        found = {name: value for name, value in found.items() if name not in BUDGETS}
    merged = found | over
    budgets = sorted(merged.keys() & BUDGETS)
    if len(budgets) > 1:
        raise SegueError(f"both {' and '.join(budgets)}", str(recipe or ""), "a budget is one of them")
    if not budgets and minutes is not None:
        merged["minutes"] = minutes
    try:
        return kind(**merged)
    except ValidationError as error:
        first = error.errors()[0]
        what = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        names = f"settings: {', '.join(kind.model_fields)}"
        raise SegueError(what, str(recipe or ""), names) from None
