"""What holds for the source as a whole: the order of the packages, and what is never written."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import segue

SOURCE = Path(segue.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
ORDER = (
    ("kit",),
    ("data",),
    ("listening",),
    ("sources",),
    ("importing",),
    ("exporting",),
    ("passes",),
    ("encoders",),
    ("describe",),
    ("features",),
    ("tokens",),
    ("llm",),
    ("understanding",),
    ("dialogues",),
    ("learning",),
    ("models",),
    ("evaluation",),
    ("experiments",),
    ("serving",),
    ("testing",),
    ("cli",),
)
"""Who may import whom: what stands earlier, and its own row."""
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}


def part(module: str) -> str:
    """The package or module right below `segue`; "" for segue itself."""
    return [*module.split("."), ""][1]


def name_of(path: Path) -> str:
    """The module's full name."""
    return ".".join(("segue", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


def imported(tree: ast.AST, own: str) -> set[str]:
    """The modules of segue that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(own.split(".")[: -node.level]) if node.level else ""
            module = ".".join(p for p in (base, node.module or "") if p)
            # `from segue import language` names a module, `from segue import __version__` does not.
            found |= {f"segue.{a.name}" for a in node.names} if module == "segue" else {module}
    return {m for m in found if m.split(".")[0] == "segue"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_go_one_way(path: Path) -> None:
    own = name_of(path)
    if own in ("segue", "segue.__main__"):
        return
    assert part(own) in RANK, f"{own} has no place in the order: add it to ORDER"
    for module in imported(ast.parse(path.read_text("utf-8")), own):
        if part(module) in RANK:
            assert RANK[part(module)] <= RANK[part(own)], f"{own} imports {module}"
        else:
            assert part(module) == "__version__", f"{own} imports {module}, which has no place"


def test_the_order_says_what_the_design_says() -> None:
    """Models import neither serving nor evaluation, features no models: the ranks must not be eased."""
    assert RANK["models"] < RANK["evaluation"] < RANK["serving"] < RANK["cli"]
    assert RANK["sources"] < RANK["features"] < RANK["tokens"] < RANK["dialogues"] < RANK["models"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_nothing_unsafe_and_no_printing(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {a.name.split(".")[0] for a in node.names} | {
                (getattr(node, "module", "") or "").split(".")[0]
            }
            assert not names & {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}, where
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec", "compile", "__import__"), where
            assert node.func.id != "print" or path.parent.name == "cli", where
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "load":
            of_torch = isinstance(node.func.value, ast.Name) and node.func.value.id in (
                "torch",
                "np",
                "numpy",
            )
            only_tensors = any(k.arg == "weights_only" and _is(k.value, True) for k in node.keywords)
            assert not of_torch or only_tensors, f"{where}: safetensors instead"
        if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "shell"):
            assert _is(node.value, False), where
        if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
            # Handed on, or refused; never decided here.
            assert not isinstance(node.value, ast.Constant) or node.value.value is False, where
        if isinstance(node, ast.FunctionDef):
            assert all(_is(d, False) for d in _defaults(node, "trust_remote_code")), where
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "trust_remote_code":
            assert _is(node.value, False), where


def _is(node: ast.AST | None, value: bool) -> bool:
    """Whether a node is this constant."""
    return isinstance(node, ast.Constant) and node.value is value


def _defaults(function: ast.FunctionDef, name: str) -> list[ast.expr | None]:
    """The default of a function's parameter, None where it has none; empty where it has no such parameter."""
    a = function.args
    plain = [*a.posonlyargs, *a.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(a.defaults)) + list(a.defaults)
    pairs = [*zip(plain, defaults, strict=True), *zip(a.kwonlyargs, a.kw_defaults, strict=True)]
    # A parameter that must be given decides nothing.
    return [default for arg, default in pairs if arg.arg == name and default is not None]


def test_the_check_sees_what_it_must() -> None:
    """The checks above on code that breaks them."""
    tree = ast.parse(
        "def f():\n    from segue.serving import chat\n    from ..evaluation import report\nimport os"
    )
    assert imported(tree, "segue.models.bm25") == {"segue.serving", "segue.evaluation"}
    assert imported(ast.parse("from segue import language, cli"), "segue.doctor") == {
        "segue.language",
        "segue.cli",
    }
