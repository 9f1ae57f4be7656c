"""A language model as the reader of what is said, beside the built-in one, on requests of music-intent.

    python benchmarks/smollm_server.py --port 8799 --held
    python benchmarks/llm_reading.py http://localhost:8799/v1 [DATA] [--model NAME] [--n 30] [--seconds 300]

Both give a dialogue state; its wishes' words are held against the marked ones (distinct words, any kind),
its names against the marked names. `read`: turns that the model read itself and the built-in reader did not
take over. The requests are the first of the working half of `intent.py`, over the same catalogue.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from intent import KINDS, NAMES, Request, catalogue_of, intents, words_of
from segue.data.catalogue import Catalogue
from segue.understanding.llm_reader import LLMReader
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState, Reader
from segue.understanding.text import key


def measure(title: str, reader: Reader, catalogue: Catalogue, requests: Sequence[Request]) -> Counter[str]:
    """Print one reader's line, and return why its model's answers were not used."""
    n, why = Counter[str](), Counter[str]()
    begun = time.perf_counter()
    for request in requests:
        state = reader.step(request.text, DialogueState(), [])
        n["read"] += not state.note.startswith(getattr(reader, "name", "-"))
        why[state.note] += bool(state.note)
        facts = {w for wish in state.wishes if wish.kind in KINDS for w in words_of(wish.words)}
        marked = {w for _, words, _ in request.facts for w in words_of(words)}
        named = {key(wish.words) for wish in state.wishes if wish.kind in NAMES}
        liked = (catalogue.tracks.row(catalogue.rows[i], named=True) for i in state.like)
        named |= {key(track["artist"] or track["title"]) for track in liked}
        names = {key(name) for name, _ in request.names}
        n.update(right=len(facts & marked), said=len(facts), marked=len(marked))
        n.update(names=len(names & named), named=len(named), of=len(names))
    seconds = (time.perf_counter() - begun) / len(requests)
    precision, recall = n["right"] / max(1, n["said"]), n["right"] / max(1, n["marked"])
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    print(
        f"{title:18s} read {n['read']} of {len(requests)}, facts token F1 {f1:.3f} (P {precision:.3f}"
        f" R {recall:.3f}), names {n['names']} of {n['of']}, {n['named']} said, {seconds:.3f} s a turn"
    )
    return why


def main() -> None:
    """Read the arguments, measure both readers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("data", nargs="?", type=Path, default=os.environ.get("SEGUE_DATA", "../shared/data"))
    parser.add_argument("--model", default="")
    parser.add_argument("--n", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=300.0)
    args = parser.parse_args()
    catalogue = catalogue_of(Path(args.data))
    requests = intents(Path(args.data), ("working",))[: args.n]
    measure("built-in", Rules(catalogue), catalogue, requests)
    why = measure("model", LLMReader(catalogue, args.url, args.model, args.seconds), catalogue, requests)
    for note, times in why.most_common(5):
        print(f"{times} x {note}")


if __name__ == "__main__":
    main()
