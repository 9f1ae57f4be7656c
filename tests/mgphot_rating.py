"""What tests of rating share: tracks, settings, and what the made-up server is expected to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mgphot_server import ratings
from segue.describe.mgphot import values
from segue.describe.mgphot.plan import Settings, raters_of
from segue.describe.mgphot.prompt import track_message
from segue.describe.mgphot.schema import NAMES, TOP
from segue.kit.completions import Limits
from segue.kit.workspace import Workspace

QUICK = Limits(timeout=5, tries=3, repairs=2, pause=0.001)

Make = Callable[..., Workspace]


def tracks(n: int) -> list[dict[str, Any]]:
    return [{"track_id": f"t{i}", "title": f"Song {i}", "artist": f"Band {i % 3}"} for i in range(n)]


def settings(url: str, *models: str, **others: Any) -> Settings:
    raters = raters_of(models or ("m",))
    return Settings(**({"url": url, "raters": raters, "limits": QUICK} | others))


def expected(row: dict[str, Any], rater: str = "m None") -> np.ndarray:
    given = ratings(track_message(row), rater)
    return np.array([np.nan if given[n] is None else given[n] / TOP for n in NAMES], np.float32)


def rated(workspace: Workspace) -> dict[str, np.ndarray]:
    found = values.read(workspace, "rated")
    assert found is not None
    return dict(zip(found.track_ids, found.matrix, strict=True))


HALF = dict.fromkeys(NAMES, 2.5)
