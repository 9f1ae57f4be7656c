"""Names of a library in everyday requests, written right and with a slip of the finger: which are read.

    python benchmarks/names_said.py DEMO [--seed 11]

DEMO is a workspace. Each artist and title of at least six letters stands in one frame that is drawn ("put on
some {a}", "{t} - {a}"); a slip leaves a letter out, doubles it, swaps two or hits the next key. An artist
counts as read if a name that was found has all tracks of that credit and hardly others, a title if the
track is among those of a title that was found.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable
from pathlib import Path

from segue.data.catalogue import Catalogue
from segue.kit.workspace import Workspace
from segue.understanding.parser import Parser
from segue.understanding.text import key

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
ARTIST = (
    "play {a}", "anything by {a}?", "more {a} please", "{a}", "i want to hear {a} now", "something like {a}",
    "no more {a}", "do you have {a}", "put on some {a}",
)  # fmt: skip
TITLE = (
    "play {t}", "can you play {t}?", "{t}", "i want to hear {t}", "do you have {t}", "put on {t} please",
    "the song {t}", "{t} by {a}",
)  # fmt: skip
BOTH = (
    "{t} {a}", "{a} {t}", "{t} from {a}", "{a} - {t}", "{t} - {a}", "{a}'s {t}", "that {a} song, {t}",
    "{t} by {a}", "play {t} by {a} please", "play {a}'s {t}", "{t} ({a})", "{t}, {a}",
)  # fmt: skip


def slip(name: str, draw: random.Random) -> str:
    """A name with one slip, never in its first letter."""
    letters = list(name)
    places = [i for i, c in enumerate(letters) if c.isalpha()]
    at, kind = draw.choice(places[1:]), draw.random()
    if kind < 0.3:
        del letters[at]
    elif kind < 0.55:
        letters.insert(at, letters[at])
    elif kind < 0.8 and at + 1 < len(letters) and letters[at + 1].isalpha():
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    else:
        row = next((r for r in KEYS if letters[at] in r), "e")
        near = row.find(letters[at]) + draw.choice((-1, 1))
        letters[at] = row[near % len(row)]
    return "".join(letters)


def read(parser: Parser, title: str | None, artist: str, said: str) -> bool:
    """Whether the artist, or the title where one is given, is found in what is said."""
    found = parser.take_apart(said).names
    if title is not None:
        return any(m.kind == "title" and title in m.values for m in found)
    rows = {r for m in found if m.kind == "artist" for r in parser.index.artists.get(key(m.name))}
    mine = set((parser.catalogue.tracks["artist"] == artist).arg_true())
    return mine <= rows and len(rows) <= len(mine) + 12


def main() -> None:
    """Read the arguments, measure."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("demo", type=Path)
    arguments.add_argument("--seed", type=int, default=11)
    arguments.add_argument("--show", action="store_true", help="print what is not read")
    given = arguments.parse_args()
    catalogue = Catalogue.load(Workspace(given.demo))
    parser, draw = Parser(catalogue), random.Random(given.seed)
    table = catalogue.tracks.drop_nulls("artist").select("track_id", "title", "artist")
    works = [(i, re.sub(r"\s*[(\[{].*|\s+-\s.*", "", t), a) for i, t, a in table.iter_rows()]
    works = [(i, t, a) for i, t, a in works if len(key(t)) >= 6]
    credits = [a for a in table["artist"].unique(maintain_order=True) if len(key(a)) >= 6]
    right: Callable[[str], str] = str.lower
    typed: Callable[[str], str] = lambda name: slip(name.lower(), draw)  # noqa: E731
    for name, frames, write in (
        ("artist, right", ARTIST, right),
        ("artist, a slip", ARTIST, typed),
        ("title, right", TITLE, right),
        ("title, a slip", TITLE, typed),
        ("title and artist", BOTH, right),
        ("title with a slip, artist", BOTH, typed),
    ):
        asked = [(None, "", a) for a in credits] if frames is ARTIST else works
        said = [
            (i, a, draw.choice(frames).format(t=write(t) if t else "", a=a.lower() if t else write(a)))
            for i, t, a in asked
        ]
        missed = [s for i, a, s in said if not read(parser, i, a, s)]
        print(f"{name:26s} {len(said) - len(missed):5d} of {len(said):5d}  {1 - len(missed) / len(said):.3f}")
        if given.show:
            print(*missed, sep="\n")


if __name__ == "__main__":
    main()
