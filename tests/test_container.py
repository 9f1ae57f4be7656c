"""The container's files: what they start exists, nothing runs as root, nothing but one volume is written."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from segue import __version__
from segue.cli.app import app

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / "Dockerfile").exists(), reason="no checkout")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and their arguments."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines if line.strip())]


def last(name: str) -> str:
    """The arguments of the last instruction of a name."""
    return [rest for found, rest in instructions() if found == name][-1]


def test_the_command_is_one_that_segue_knows() -> None:
    command = json.loads(last("ENTRYPOINT")) + json.loads(last("CMD"))
    assert command[0] == "segue"
    function, bound, _ = app.parse_args(command[1:], exit_on_error=False, print_error=False)
    assert function.__name__ == "serve"
    assert bound.arguments == {"workspace": Path("/data"), "host": "0.0.0.0", "logs": "json"}


def test_the_healthcheck_asks_where_the_server_listens() -> None:
    check = json.loads(last("HEALTHCHECK").partition("CMD ")[2])
    assert check[:2] == ["python", "-c"]
    assert f":{last('EXPOSE')}/health" in check[2]


def test_it_runs_as_nobody_in_particular() -> None:
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", last("USER"))
    assert [rest for name, rest in instructions() if name == "VOLUME"] == ["/data"]
    assert all(":" in rest and "latest" not in rest for name, rest in instructions() if name == "FROM")


def test_what_is_copied_is_there_and_sent() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    for name, rest in instructions():
        if name == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists()
                assert source in sent
    extras = re.search(r'"\.\[([\w,]+)\]"', (ROOT / "Dockerfile").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert extras
    assert set(extras[1].split(",")) <= set(project["optional-dependencies"])


def test_compose_opens_one_port_to_this_machine_and_one_volume() -> None:
    whole: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    service = whole["services"]["segue"]
    assert list(whole["volumes"]) == ["segue-data"]
    assert service["ports"] == [f"127.0.0.1:{last('EXPOSE')}:{last('EXPOSE')}"]
    assert [v for v in service["volumes"] if not v.endswith(":ro")] == ["segue-data:/data"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["image"] == f"segue:{__version__}"
