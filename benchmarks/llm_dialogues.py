"""A thousand dialogues by a scripted language model, killed three times, and what a budget of half makes.

    segue demo demo-music          # or any workspace with playlists
    python benchmarks/llm_dialogues.py demo-music --dialogues 460   # 460 + 300 + 300 playlists of the demo

The server (`tests/scripted_llm.py`, a process of its own) answers in 20 ms, is busy (429) or broken
(500) or stalls now and then, and writes HTML, half JSON, German, unknown tracks, nonsense, turns out of
order. The command is killed with SIGTERM, then twice with SIGKILL, and started again each time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "tests" / "scripted_llm.py"
FAULTS = "429=0.05,500=0.03,stall=0.003,html=0.01,half=0.04,language=0.03,unknown=0.04,nonsense=0.02"
FAULTS += ",order=0.02,few=0.03"
KILLS = (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL)


def command(workspace: Path, url: str, dialogues: int, *more: str) -> list[str]:
    """The command: so many dialogues of each split."""
    run = [sys.executable, "-c", "from segue.cli import main; main()"]
    verb = [*run, "dialogues", str(workspace), "--generator", "llm"]
    return [*verb, "--url", url, "--model", "scripted", "--max-dialogues", str(dialogues), *more]


def answers(workspace: Path) -> list[str]:
    """The keys of the answers that were kept."""
    file = workspace / "dialogues" / "llm-answers.jsonl"
    lines = file.read_bytes().split(b"\n") if file.exists() else []
    return [json.loads(line)["key"] for line in lines[:-1]]


def served(log: Path) -> Counter[str]:
    """Requests with an answer by the model, by what was asked."""
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    return Counter(entry["key"] for entry in map(json.loads, lines) if entry["words"])


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--dialogues", type=int, default=460, help="of each split at most")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root, log = Path(place), Path(place) / "log.jsonl"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        told = ["--port", str(port), "--delay", "0.02", "--faults", FAULTS, "--log", str(log)]
        server = subprocess.Popen([sys.executable, str(SCRIPT), *told])
        try:
            url = f"http://127.0.0.1:{port}/v1"
            time.sleep(3)
            killed(root, given.workspace, url, given.dialogues, log)
            halved(root, given.workspace, url, given.dialogues)
        finally:
            server.kill()


def planned(workspace: Path, url: str, n: int) -> int:
    """How many dialogues the command would ask for."""
    dry = subprocess.run(command(workspace, url, n, "--dry-run"), capture_output=True, text=True, check=True)
    print(dry.stdout.strip())
    return int(dry.stdout.split()[0].replace(",", ""))


def killed(root: Path, source: Path, url: str, n: int, log: Path) -> None:
    """Killed three times, then to its end, then once more."""
    workspace = root / "killed"
    shutil.copytree(source, workspace)
    total = planned(workspace, url, n)
    start = time.monotonic()
    for number, sign in enumerate(KILLS, 1):
        run = subprocess.Popen(
            command(workspace, url, n), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while len(answers(workspace)) < number * total / 4 and run.poll() is None:
            time.sleep(0.05)
        os.kill(run.pid, sign)
        code = run.wait()
        kept = answers(workspace)
        lost = sum(served(log).values()) - len(kept)
        print(f"{sign.name} after {len(kept):,} answers: exit {code}; answered, but nobody was there: {lost}")
    done = subprocess.run(command(workspace, url, n), capture_output=True, text=True, check=True)
    print(done.stdout)
    kept, asked = answers(workspace), served(log)
    print(f"{time.monotonic() - start:.0f} s; kept {len(kept):,} answers, {len(set(kept)):,} different")
    twice = sum(asked.values()) - len(asked)
    print(f"server: {sum(asked.values()):,} answers to {len(asked):,} different calls, {twice} of them twice")
    again = subprocess.run(command(workspace, url, n), capture_output=True, text=True, check=True)
    print(
        "once more:",
        again.stdout.splitlines()[2],
        f"(server: {sum(served(log).values()) - sum(asked.values())})",
    )
    print((workspace / "reports" / "dialogues-llm" / "report.md").read_text("utf-8"))


def halved(root: Path, source: Path, url: str, n: int) -> None:
    """A budget of half the calls."""
    workspace = root / "halved"
    shutil.copytree(source, workspace)
    budget = planned(workspace, url, n) // 2
    half = command(workspace, url, n, "--budget-calls", str(budget))
    for _ in range(2):
        done = subprocess.run(half, capture_output=True, text=True, check=True)
        print(
            f"budget of {budget:,} calls: {len(answers(workspace)):,} answers kept;",
            done.stdout.splitlines()[-1],
        )


if __name__ == "__main__":
    main()
