"""What all tests share: the checkerboard, the default text encoder."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

os.environ["HF_HUB_OFFLINE"] = "1"  # before anything imports a hub's client: no test asks one

from segue.encoders.text import TextEncoder
from segue.testing.fixtures import checkerboard_template, workspace

# On a busy machine the first example alone takes a second.
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
__all__ = ["checkerboard_template", "workspace"]


@pytest.fixture(scope="session")
def text_encoder() -> TextEncoder:
    """The default text encoder, loaded once for all tests."""
    return TextEncoder()


@pytest.fixture
def one_encoder(text_encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch) -> TextEncoder:
    """Every dense recommender made meanwhile uses the one encoder."""
    monkeypatch.setattr("segue.models.retrieval.dense.TextEncoder", lambda name: text_encoder)
    return text_encoder
