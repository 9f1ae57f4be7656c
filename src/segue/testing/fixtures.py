"""Pytest fixtures: the checkerboard on disk, and a fresh copy of it for each test."""

import shutil
from pathlib import Path

import pytest

from segue.features import playlist
from segue.kit.workspace import Workspace
from segue.testing.checkerboard import checkerboard


@pytest.fixture(scope="session")
def checkerboard_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkerboard on disk with its playlist feature; to be copied, never written to."""
    workspace = Workspace(tmp_path_factory.mktemp("checkerboard"))
    checkerboard().save(workspace)
    playlist.compute(workspace)
    return workspace.root


@pytest.fixture
def workspace(checkerboard_template: Path, tmp_path: Path) -> Workspace:
    """A fresh copy of the checkerboard's workspace."""
    return Workspace(shutil.copytree(checkerboard_template, tmp_path / "music"))
