"""What the pages name is there: modules, classes, pages, verbs and recipes."""

from __future__ import annotations

import ast
import contextlib
import inspect
import re
import shlex
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cyclopts
import pytest

import segue
from segue.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
IMPORT = re.compile(r"^\s*from (segue[\w.]*) import \(?([\w, ]+)", re.MULTILINE)
DOTTED = re.compile(r"`(segue(?:\.\w+)+)[`(]")
LINK = re.compile(r"\]\(([\w/.-]+\.(?:md|toml|png))\)")
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(segue [a-z][^`]*)`")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
VERB = re.compile(r"^segue ([a-z-]+)", re.MULTILINE)


def there(name: str) -> bool:
    """Whether a dotted name is a module or something in one."""
    try:
        if find_spec(name) is not None:
            return True
    except ModuleNotFoundError:
        pass
    module, _, last = name.rpartition(".")
    try:
        return hasattr(import_module(module), last)
    except ModuleNotFoundError:
        inner, _, kind = module.rpartition(".")
        return inner != "" and hasattr(getattr(import_module(inner), kind), last)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_names_of_a_page_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    for module, names in IMPORT.findall(text):
        for name in names.split(","):
            plain = name.split(" as ")[0].strip()
            assert not plain or there(f"{module}.{plain}"), f"from {module} import {plain}"
    for name in DOTTED.findall(text):
        assert there(name), name
    for link in LINK.findall(text):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "CHANGELOG.md"], ids=lambda p: p.name)
def test_commands_of_a_page_are_understood(page: Path) -> None:
    text = page.read_text("utf-8")
    assert set(VERB.findall(text)) <= {name for name in app if not name.startswith("-")}
    lines = "\n".join(BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    spoken = [" ".join(c.split()) for c in INLINE.findall(text)]
    for line in [*lines, *spoken]:
        typed = re.search(r"(?:^|[|=&] ?|bin/|\$ )(segue [a-z][^#|&;]*)", line)
        if typed is None or "pip install" in line:
            continue
        words = [w for w in shlex.split(re.sub(r"[\[\]]|\.\.\.", "", typed[1]))[1:] if w]
        # A page may leave out what a command needs, but not say what none takes.
        with contextlib.suppress(cyclopts.MissingArgumentError):
            app.parse_args(words, exit_on_error=False, print_error=False)


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "CHANGELOG.md"], ids=lambda p: p.name)
def test_calls_of_a_page_name_what_is_there(page: Path) -> None:
    known: dict[str, Any] = {"segue": segue}

    def meant(node: ast.expr) -> Any:
        """What an expression of names and attributes is; None where only a run would tell."""
        if isinstance(node, ast.Name):
            return known.get(node.id)
        owner = meant(node.value) if isinstance(node, ast.Attribute) else None
        if not isinstance(node, ast.Attribute) or not (inspect.ismodule(owner) or inspect.isclass(owner)):
            return None
        assert hasattr(owner, node.attr), ast.unparse(node)
        return getattr(owner, node.attr)

    for block in PYTHON.findall(page.read_text("utf-8")):
        tree = ast.parse(block)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("segue"):
                known |= {a.asname or a.name: _imported(node.module or "", a.name) for a in node.names}
        for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
            if callable(found := meant(call.func)):
                named = {k.arg: None for k in call.keywords if k.arg}
                inspect.signature(found).bind_partial(*call.args, **named)


def _imported(module: str, name: str) -> Any:
    there = import_module(module)
    return getattr(there, name) if hasattr(there, name) else import_module(f"{module}.{name}")


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    for page in ROOT.glob("docs/*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name
