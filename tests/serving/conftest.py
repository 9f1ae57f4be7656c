"""A small workspace with two fitted models, served."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from segue.data.library import Library
from segue.kit.workspace import Workspace
from segue.models.counting.popularity import Popularity
from segue.models.retrieval.bm25 import BM25
from segue.serving.app import create_app
from segue.serving.service import Service


@pytest.fixture(scope="session")
def served_template(checkerboard_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkerboard with BM25 and popularity; to be copied, never written to."""
    root = shutil.copytree(checkerboard_template, tmp_path_factory.mktemp("served") / "music")
    library = Library.open(root)
    for kind in (BM25, Popularity):
        kind.fit(library).save(library.workspace.model(kind.name))
    return root


@pytest.fixture
def served(served_template: Path, tmp_path: Path) -> Workspace:
    """A fresh copy of the small workspace."""
    return Workspace(shutil.copytree(served_template, tmp_path / "music"))


@pytest.fixture
def service(served: Workspace) -> Iterator[Service]:
    """The small workspace, opened for asking."""
    found = Service(served)
    yield found
    found.close()


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A client of the small workspace's server."""
    with TestClient(create_app(service), base_url="http://localhost") as found:
        yield found


@pytest.fixture(params=["sqlite", "server"])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The address of an empty database: the workspace's own, or a schema of a server's."""
    if request.param == "sqlite":
        yield None
        return
    address = os.environ.get("SEGUE_TEST_DATABASE")
    if not address:
        pytest.skip("SEGUE_TEST_DATABASE names no server")
    schema, engine = f"segue_{uuid.uuid4().hex[:12]}", create_engine(address)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(address).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
