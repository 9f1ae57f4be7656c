"""Benchmarks are run by hand, months apart: what they take from the package has to be there all the same."""

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))


def taken(tree: ast.Module) -> dict[str, Any]:
    """What a script imports of the package, by the name that it has there."""
    guarded = {n for t in ast.walk(tree) if isinstance(t, ast.Try) for n in ast.walk(t)}
    found = {}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and re.match(r"segue\b", node.module or "")
            and node not in guarded
        ):
            module = import_module(str(node.module))
            for name in node.names:
                if not hasattr(module, name.name):
                    import_module(f"{node.module}.{name.name}")
                found[name.asname or name.name] = getattr(module, name.name)
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_benchmark_calls_is_there(script: Path) -> None:
    tree = ast.parse(script.read_text("utf-8"))
    names = taken(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            owner = names[node.value.id]
            if isinstance(owner, (type(ast), type)):
                fields = getattr(owner, "__annotations__", {}) | getattr(owner, "model_fields", {})
                assert hasattr(owner, node.attr) or node.attr in fields, (
                    f"line {node.lineno}: {ast.unparse(node)}"
                )
