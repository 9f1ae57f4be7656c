"""Settings: one flat pydantic model for each recommender and stage; a recipe, and what is given over it."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from segue.kit.errors import SegueError


class Flags(BaseModel):
    """What a command can be told: its fields are its flags, their docstrings the help; others are errors."""

    # Frozen, because models share them and cards record them.
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Settings(Flags):
    """What every recommender and stage can be told."""

    seed: int = 0
    """Of everything random."""


S = TypeVar("S", bound=BaseModel)
BUDGETS = {"minutes", "steps", "epochs"}
"""Settings of which one at most is given: a budget on the command line replaces the recipe's."""


def read(kind: type[S], recipe: Path | None, given: Mapping[str, Any]) -> S:
    """Settings of a kind from a recipe; what is given and not None wins.

    Args:
        given: values by name; text is read as the kind of the setting.

    Raises:
        SegueError: the file is missing or not TOML, a name is unknown, a value is of the wrong kind, or there
            are two budgets.
    """
    try:
        found = tomllib.loads(recipe.read_text("utf-8")) if recipe else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SegueError(f"no readable recipe ({error})", str(recipe), "give a TOML file") from None
    over = {name: value for name, value in given.items() if value is not None}
    # `--steps` over a recipe in minutes means the steps: both would be an error.
    if over.keys() & BUDGETS:
        found = {name: value for name, value in found.items() if name not in BUDGETS}
    merged = found | over
    budgets = sorted(merged.keys() & BUDGETS)
    if len(budgets) > 1:
        raise SegueError(f"both {' and '.join(budgets)}", str(recipe or ""), "a budget is one of them")
    return make(kind, merged, str(recipe or ""))


def make(kind: type[S], given: S | Mapping[str, Any] | None, where: str = "") -> S:
    """Settings of a kind, from values by name or as they are; all defaults for None.

    Raises:
        SegueError: an unknown name (the nearest one is named), or a value of the wrong kind.
    """
    if isinstance(given, kind):
        return given
    values = given.model_dump() if isinstance(given, BaseModel) else dict(given or {})
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        cure = f"settings: {', '.join(kind.model_fields)}"
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, kind.model_fields, 1, 0.5)
            raise SegueError(
                f"no setting {name!r}", where, (f"did you mean {near[0]!r}? " if near else "") + cure
            ) from None
        raise SegueError(f"{name}: {first['msg']}", where, cure) from None
