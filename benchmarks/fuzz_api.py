"""Asks a server whatever its OpenAPI document allows, and what it does not: no 5xx, answers as promised.

Usage: python benchmarks/fuzz_api.py WORKSPACE [CALLS] [SEED]   (the database is made in a temporary folder)
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from segue.serving.app import create_app
from segue.serving.service import Service

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
KINDS = (
    (GenerationMode.POSITIVE, True),
    (GenerationMode.POSITIVE, False),
    (GenerationMode.NEGATIVE, False),
)
"""What fits the document with ids of what is there, with made-up ids, and what does not fit."""
HOSTS = {"hosts": ("*",), "limit": 0}


def fuzz(app: FastAPI, examples: int, number: int = 0) -> Counter[tuple[str, int]]:
    """How often each operation was asked and each status came; `examples` of each of `KINDS`.

    Raises:
        AssertionError: an answer is not what the document promises, or of the server's own fault.
    """
    schema, there = schemathesis.openapi.from_asgi("/openapi.json", app), what_is_there(app)
    seen: Counter[tuple[str, int]] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode, of_here in KINDS:

            @seed(number)
            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Case) -> None:
                if of_here:  # noqa: B023
                    put_in(case, there)
                answer = case.call()
                seen[operation.label, answer.status_code] += 1  # noqa: B023
                case.validate_response(answer, checks=CHECKS)

            # What takes nothing cannot be asked wrongly.
            with suppress(Unsatisfiable):
                ask()
    return seen


def what_is_there(app: FastAPI) -> dict[str, Any]:
    """Values of names by which something is asked for that is there: made anew, where it was deleted."""
    service: Service = app.state.service
    track = str(service.library.catalogue.ids[0])
    talk, playlist = service.talks.begin().id, service.playlists.make("made up", [track]).id
    service.talks.say(talk, "something")
    one = dict.fromkeys(("track_id", "start", "like"), track)
    several = {name: [track] for name in ("track_ids", "history", "exclude")}
    return one | several | {"conversation_id": talk, "playlist_id": playlist}


def put_in(case: Case, there: dict[str, Any]) -> None:
    """Ask for what is there: without it nearly all is answered by 404."""
    if case.method == "DELETE":
        return
    for values in (case.path_parameters, case.query, case.body):
        if isinstance(values, dict):
            values.update({name: there[name] for name in values if name in there})


def main() -> None:
    """Fuzz a workspace's server, and print what came."""
    workspace, calls = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    number = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    with tempfile.TemporaryDirectory() as folder:
        service = Service(workspace, HOSTS | {"database": f"sqlite:///{folder}/state.sqlite"})
        app, began = create_app(service), time.perf_counter()
        operations = sum(len(m) for m in app.openapi()["paths"].values())
        seen = fuzz(app, -(-calls // (3 * operations)), number)
    for status, n in sorted(Counter({s: 0 for _, s in seen}).items()):
        n = sum(c for (_, s), c in seen.items() if s == status)
        print(f"{status}: {n:,}")
    total, failed = sum(seen.values()), sum(c for (_, s), c in seen.items() if s >= 500)
    print(
        f"{total:,} calls of {operations} operations in {time.perf_counter() - began:.0f} s: {failed} of 5xx"
    )


if __name__ == "__main__":
    main()
