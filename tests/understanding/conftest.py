"""The reader that the tests of reading share."""

from __future__ import annotations

import pytest

from segue.understanding.rules import Rules
from ten_tracks import built_in


@pytest.fixture(scope="module")
def reader() -> Rules:
    """The built-in reader over ten tracks."""
    return built_in()
