"""What the OpenAPI document promises, asked by schemathesis with what fits it and what does not: no 5xx."""

from __future__ import annotations

import runpy
from pathlib import Path

from segue.kit.workspace import Workspace
from segue.serving.app import create_app

FUZZ = Path(__file__).parents[2] / "benchmarks" / "fuzz_api.py"
EXAMPLES = 1
"""Of each operation and kind; the benchmark asks ten thousand times in all."""


def test_whatever_comes_there_is_an_answer(served: Workspace) -> None:
    script = runpy.run_path(str(FUZZ))
    app = create_app(served, script["HOSTS"])
    seen = script["fuzz"](app, EXAMPLES)
    assert {"POST /v1/conversations/{conversation_id}/messages", "GET /v1/map"} <= {name for name, _ in seen}
    assert {200, 404, 422} <= {status for _, status in seen}
    assert max(status for _, status in seen) < 500
