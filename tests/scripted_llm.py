"""A language model's server that is none: it writes dialogues by a script, and fails as it is told.

`python tests/scripted_llm.py --port 8000 --faults unknown=0.05,half=0.05,429=0.1` serves it; what
it was asked, and whether its answer was taken, stands in `--log`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

WISHES = (
    "I'd like something {tag} for {when}",
    "got anything {tag} with a good beat? it's for {when}",
    "let's hear some {tag}, I like the sound of it",
    "now a {tag} one please, maybe with lyrics that tell a story",
    "could you find me {tag} music from around {year}",
    "my friend keeps talking about {tag} things, show me one",
)
WHEN = (
    "a long drive",
    "the evening",
    "cooking",
    "a rainy walk",
    "work",
    "friends at the door",
    "the gym",
    "reading",
)
NO = (
    "no, that one is too much for me, rather {tag}",
    "hmm, not this, I meant {tag}",
    "skip it, more {tag} please",
)
HERE = (
    "Here is {title} by {artist}, it has that {tag} feel.",
    "{artist} with {title}: {tag}, and the voice carries it.",
    "Try {title}, a {tag} track that {artist} does well.",
)
GERMAN = (
    "Bitte spiel mir etwas Ruhiges für den Abend, das zum Regen passt",
    "Gerne, dieses Lied ist sehr schön ruhig",
)
ONCE = ("429", "500", "stall")
"""Faults that pass when the same is asked again."""


@dataclass
class Script:
    """What the server says.

    Args:
        faults: kind -> how often: 429, 500, stall (once, then well), html, half, language, unknown, nonsense,
            order, few, empty.
        delay: seconds before each answer.
        stall: seconds that a stalled answer takes.
        log: a file that gets a line an answer: hash of what was asked, whether it was answered with words,
            and whether that was taken.
    """

    faults: Mapping[str, float] = field(default_factory=dict)
    delay: float = 0.0
    stall: float = 5.0
    log: Path | None = None

    def __post_init__(self) -> None:
        self.asked: Counter[str] = Counter()
        """Hash of a request -> how often it came."""
        self.answered: Counter[str] = Counter()
        """Hash of a request -> how often its answer was taken."""
        self.bodies: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def count(self, key: str, body: dict[str, Any]) -> int:
        """Keep a request; how often it has come by now."""
        with self.lock:
            self.asked[key] += 1
            self.bodies.append(body)
            return self.asked[key]

    def note(self, key: str, words: bool, taken: bool) -> None:
        """Keep whether a request was answered with words, and whether they were taken."""
        with self.lock:
            self.answered[key] += taken
            if self.log is not None:
                with self.log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, "words": words, "taken": taken}) + "\n")

    def fault(self, body: Mapping[str, Any]) -> str:
        """Which fault this request meets, "" for none; the same request always the same."""
        dice = random.Random(f"{body.get('seed')} {len(body['messages'])}").random()
        for kind, share in self.faults.items():
            dice -= share
            if dice < 0:
                return kind
        return ""

    def reply(self, body: dict[str, Any], times: int) -> tuple[int, str]:
        """Status and body of the answer to a request that came so often."""
        kind = self.fault(body)
        if kind in ONCE and times > 1:
            kind = ""
        if kind == "stall":
            time.sleep(self.stall)
        if kind in ("429", "500"):
            return int(kind), "busy" if kind == "429" else "<html>oops</html>"
        if kind == "html":
            return 200, "<!doctype html><html><body>Please sign in</body></html>"
        text = dialogue(body, kind)
        asked = sum(len(m["content"]) for m in body["messages"]) // 4
        usage = {"prompt_tokens": asked, "completion_tokens": len(text) // 4}
        message = {"role": "assistant", "content": text}
        return 200, json.dumps({"choices": [{"message": message}], "usage": usage})


def dialogue(body: Mapping[str, Any], fault: str = "") -> str:
    """A dialogue about the tracks of a prompt, as a model would write it; or one with a fault."""
    facts = [json.loads(line) for line in body["messages"][1]["content"].split("\n") if line.startswith("{")]
    dice = random.Random(str(body.get("seed")))
    liked = [f for f in facts if f["id"].startswith("p")]
    wrong = [f for f in facts if f["id"].startswith("n")]
    chosen = dice.sample(liked, dice.randint((len(liked) + 1) // 2, len(liked)))
    if fault == "few":
        chosen = chosen[: max(1, len(liked) // 2 - 1)]
    order = [*chosen]
    if wrong and len(order) > 2:
        order.insert(dice.randint(1, len(order) - 1), dice.choice(wrong))
    turns: list[dict[str, str]] = []
    wishes = dice.sample(WISHES, len(WISHES)) * len(order)
    before = None
    for track in order:
        tag = dice.choice(track.get("tags") or ["good"])
        words = {"tag": tag, "title": track["title"], "artist": track["artist"], "when": dice.choice(WHEN)}
        words["year"] = track.get("year", 1990)
        said = (dice.choice(NO) if before in wrong else wishes.pop()).format(**words)
        track_id = "p99" if fault == "unknown" and track is order[-1] else track["id"]
        sentence = dice.choice(HERE).format(**words)
        if fault == "language":
            said, sentence = GERMAN[0] + f" {track['id'][1:]}", GERMAN[1]
        turns += [{"role": "user", "content": said}, {"role": "music", "content": track_id}]
        turns.append({"role": "assistant", "content": sentence})
        before = track
    if fault == "order":
        turns.insert(1, turns.pop(0))
    if fault == "nonsense":
        return "la la la " * 40
    if fault == "empty":
        return ""
    text = json.dumps({"dialogue": turns}, ensure_ascii=False)
    return text[: len(text) // 3] if fault == "half" else text


@contextmanager
def serving(script: Script, port: int = 0) -> Iterator[str]:
    """A running server; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            plain = {k: v for k, v in body.items() if k != "response_format"}
            key = hashlib.blake2b(json.dumps(plain, sort_keys=True).encode(), digest_size=8).hexdigest()
            times = script.count(key, body)
            time.sleep(script.delay)
            status, text = script.reply(body, times)
            told = text.startswith("{") and json.loads(text)["choices"][0]["message"]["content"]
            taken = words = bool(told)
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())
                self.wfile.flush()
            except OSError:
                taken = False
            script.note(key, words, taken)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--faults", default="")
    parser.add_argument("--log", type=Path)
    given = parser.parse_args()
    pairs = (part.split("=") for part in given.faults.split(",") if part)
    script = Script({kind: float(share) for kind, share in pairs}, given.delay, log=given.log)
    with serving(script, given.port):
        threading.Event().wait()


if __name__ == "__main__":
    main()
