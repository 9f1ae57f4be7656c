"""How fast and how steady a server is: opening, first recommendation, first word, several clients at once.

Usage: python benchmarks/serving.py WORKSPACE [CLIENTS] [REQUESTS]   (a server of its own is started)
       python benchmarks/serving.py 1000000 0    so many made-up tracks, answered by BM25
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

TURNS = ("something calm", "no vocals please", "older than that", "another one", "with piano", "five more")
TURNS_A_CONVERSATION = 20
WARM = 200
"""Requests of the load after which the memory is looked at for the first time."""


@contextmanager
def server(workspace: str) -> Iterator[tuple[str, int, float]]:
    """A server with a database of its own: its address, its process, and seconds until it answered."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [
            sys.executable,
            "-c",
            "from segue.cli import main; main()",
            "serve",
            workspace,
            "--port",
            "0",
            "--limit",
            "0",
        ]
        command += ["--database", f"sqlite:///{folder}/state.sqlite"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1].rstrip("/")
            httpx2.get(f"{url}/health", timeout=600).raise_for_status()
            try:
                yield url, process.pid, time.perf_counter() - began
            finally:
                process.terminate()
                process.wait(timeout=30)


def times(client: httpx2.Client, where: str, text: str) -> tuple[float, float, float]:
    """Seconds to the first card, to the first word, and to the end of a streamed answer; inf for none."""
    began, found = time.perf_counter(), dict[str, float]()
    with client.stream("POST", where, json={"text": text}) as stream:
        for line in stream.iter_lines():
            if line.startswith("event: "):
                found.setdefault(line.removeprefix("event: "), time.perf_counter() - began)
    return tuple(found.get(name, float("inf")) for name in ("card", "word", "done"))  # type: ignore[return-value]


def streamed(url: str, conversations: int = 20) -> list[tuple[float, float, float]]:
    """The times of all answers from the second turn on."""
    found = []
    with httpx2.Client(base_url=url, timeout=600) as client:
        for _ in range(conversations):
            where = f"/v1/conversations/{client.post('/v1/conversations').json()['id']}/messages"
            for turn, text in enumerate(TURNS):
                seconds = times(client, where, text)
                if turn > 0:
                    found.append(seconds)
    return found


def one_client(url: str, number: int, requests: int) -> list[float]:
    """Conversations of one client under a filter of its own; seconds of each request.

    Raises:
        AssertionError: an answer is another client's: of another time, or of another turn.
    """
    found, years = [], [1950 + 8 * number, 1957 + 8 * number]
    with httpx2.Client(base_url=url, timeout=600, headers={"accept": "application/json"}) as client:
        for n in range(requests):
            turn = n % TURNS_A_CONVERSATION
            if turn == 0:
                where = f"/v1/conversations/{client.post('/v1/conversations').json()['id']}/messages"
            text = f"{TURNS[n % len(TURNS)]} {'' if n % 3 else number}".strip()
            began = time.perf_counter()
            answer = client.post(where, json={"text": text, "where": {"year": years}})
            found.append(time.perf_counter() - began)
            answer.raise_for_status()
            body = answer.json()
            assert (body["said"], body["turn"]) == (text, turn + 1), (number, n, body["said"], body["turn"])
            assert all(years[0] <= c["year"] <= years[1] for c in body["cards"]), (number, n)
    return found


def made_up(n: int, folder: str) -> str:
    """A workspace of n made-up tracks with BM25."""
    from million_names import made_up as catalogue_of
    from segue.data.library import Library
    from segue.kit.workspace import Workspace
    from segue.models.retrieval.bm25 import BM25

    workspace = Workspace(f"{folder}/{n}")
    catalogue_of(n).save(workspace)
    BM25.fit(Library.open(workspace)).save(workspace.model("bm25"))
    return str(workspace.root)


def memory(process: int) -> float:
    """MB of memory that a process holds."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def load(url: str, process: int, clients: int, requests: int) -> dict[str, Any]:
    """Several clients at once: seconds of all requests, and memory on the way."""
    began, held = time.perf_counter(), list[float]()
    with ThreadPoolExecutor(clients) as pool:
        warm = max(1, min(WARM // clients, requests // 4))
        seconds = _asked(pool, url, clients, warm)
        held.append(memory(process))
        for part in range(3):
            more = (requests - warm) // 3 + ((requests - warm) % 3 if part == 2 else 0)
            seconds += _asked(pool, url, clients, more)
            held.append(memory(process))
    return {"seconds": seconds, "memory": held, "whole": time.perf_counter() - began}


def _asked(pool: ThreadPoolExecutor, url: str, clients: int, requests: int) -> list[float]:
    """The seconds of all requests of all clients."""
    jobs = [pool.submit(one_client, url, number, requests) for number in range(clients)]
    return [s for job in jobs for s in job.result()]


def quantiles(values: Sequence[float]) -> str:
    """Median and the value that one in twenty is above, in milliseconds."""
    cuts = statistics.quantiles(values, n=20)
    return f"median {1000 * statistics.median(values):.0f} ms, 95 % {1000 * cuts[-1]:.0f} ms"


def main() -> None:
    """Measure the workspace of the command line, or a made-up one."""
    workspace = sys.argv[1]
    clients, requests = (int(a) for a in (sys.argv[2:] + ["8", "500"][len(sys.argv) - 2 :]))
    with tempfile.TemporaryDirectory() as folder:
        measure(made_up(int(workspace), folder) if workspace.isdigit() else workspace, clients, requests)


def measure(workspace: str, clients: int, requests: int) -> None:
    """Measure one workspace, and print."""
    with server(workspace) as (url, process, opened):
        facts = json.loads(httpx2.get(f"{url}/v1/facts").text)
        model = httpx2.get(f"{url}/v1/models").json()["data"][0]["id"]
        print(f"{facts['tracks']:,} tracks, {model}; opened in {opened:.1f} s")
        first = times(httpx2.Client(timeout=600), _begin(url), TURNS[0])
        print(f"the very first answer: card after {first[0]:.2f} s")
        found = streamed(url)
        cards = [f[0] for f in found if f[0] < float("inf")]
        print(f"first recommendation, turn 2 on (n = {len(cards)}): {quantiles(cards)}")
        print(f"first word, turn 2 on (n = {len(found)}): {quantiles([f[1] for f in found])}")
        if clients:
            held = load(url, process, clients, requests)
            n = len(held["seconds"])
            print(f"{clients} clients, {n:,} requests: none failed, none mixed up")
            print(f"{n / held['whole']:.0f} a second")
            print(f"each: {quantiles(held['seconds'])}")
            print("memory on the way: " + ", ".join(f"{m:.0f}" for m in held["memory"]) + " MB")


def _begin(url: str) -> str:
    return f"{url}/v1/conversations/{httpx2.post(f'{url}/v1/conversations').json()['id']}/messages"


if __name__ == "__main__":
    main()
