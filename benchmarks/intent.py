"""What people ask on a forum, read by the built-in reader: music-intent's descriptors and roles, and names.

    python benchmarks/intent.py [DATA] [--part working|opened|kept] [--show KIND]

DATA (else $SEGUE_DATA) holds `music-intent` and `music-ner`. Half of music-intent, by a hash of the id, is
to work with; the other half was put aside, and asked three times. Then half of that (by the next byte of
the hash) was opened. The other quarter, still named `kept`, was asked four times by its totals and opened,
too, on 29 November: its first unread figures were genre .833 and decade .812. The
catalogue is made of all names that are marked in either set, one track each, with all tags that words.toml
knows, so that nothing is "not here".

Tokens are the distinct words of a request: those of a marked descriptor against those of a found fact,
by kind. "Decade, not new" leaves out what is only new or recent, which no decade is. `touched`: marked
descriptors of which a word is found. Roles are those of the dialogue state.
"""

from __future__ import annotations

import argparse
import ast
import csv
import hashlib
import os
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue
from segue.understanding.rules import Rules
from segue.understanding.state import DialogueState
from segue.understanding.text import clean, key, tokens
from segue.understanding.vocabulary import table

KINDS = {
    "genre": "Genre", "mood": "Mood", "tempo": "Mood", "instrument": "Instrument", "voice": "Instrument",
    "occasion": "ListeningContext", "year": "Decade", "language": "country", "country": "country",
}  # fmt: skip
NAMES = ("artist", "title", "album")
NEWNESS = {"new", "newer", "latest", "recent", "current"}  # name no decade: the set marks none of them
DECADES = "Decade, not new"


class Request(NamedTuple):
    """A request, its descriptors (kind, words, role) and its names (words, role)."""

    text: str
    facts: list[tuple[str, str, str]]
    names: list[tuple[str, str]]


PARTS = ("working", "opened", "kept")


def part_of(name: str) -> str:
    """The part that the request of this id is in: one half, and two quarters of what was put aside."""
    digest = hashlib.sha256(name.encode()).digest()
    return "working" if digest[0] % 2 == 0 else PARTS[1 + digest[1] % 2]


def intents(data: Path, parts: Collection[str]) -> list[Request]:
    """Some parts of music-intent."""
    found = []
    with (data / "music-intent" / "requests.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if part_of(row["ID"]) in parts:
                marked = [(k, w, r) for k, v in ast.literal_eval(row["intents"]).items() for w, r in v]
                facts = [m for m in marked if m[0] != "NE"]
                found.append(Request(row["query"], facts, [m[1:] for m in marked if m[0] == "NE"]))
    return found


def sentences(data: Path, file: str) -> Iterator[list[tuple[str, str]]]:
    """The (word, label) lists of the four parts of music-ner."""
    for path in sorted((data / "music-ner" / "data").glob(f"dataset*/{file}")):
        for block in path.read_text("utf-8").split("\n\n"):
            pairs = [line.split("\t") for line in block.splitlines() if "\t" in line]
            if pairs:
                yield [(word, label) for word, label in pairs]


def spans(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The (words, kind) that are marked in a sentence."""
    found: list[list[str]] = []
    for word, label in pairs:
        if label[0] == "B":
            found.append([label[2:], word])
        elif label[0] == "I" and found:
            found[-1].append(word)
    return [(" ".join(words), kind) for kind, *words in found]


def catalogue_of(data: Path) -> Catalogue:
    """One track for each marked name; a name of unknown kind is an artist's."""
    artists: dict[str, str] = {}
    works: dict[str, str] = {}
    for pairs in sentences(data, "ground-truth.bio"):
        for words, kind in spans(pairs):
            (artists if kind == "Artist" else works).setdefault(key(words), words)
    for request in intents(data, PARTS):
        for words, _ in request.names:
            if key(words) not in works:
                artists.setdefault(key(words), words)
    rows = [("", name, "") for name in artists.values()] + [(name, "", "") for name in works.values()]
    kinds = [rows for kind, rows in table().items() if kind not in ("language", "country")]
    tags = sorted({t for rows in kinds for row in rows.values() for t in row[0].split("|")})
    tracks = pl.DataFrame(
        {
            "track_id": [f"t{i}" for i in range(len(rows))],
            "title": [title for title, _, _ in rows],
            "artist": [artist for _, artist, _ in rows],
            "year": [1950 + i % 75 for i in range(len(rows))],
            "tags": [[tags[i % len(tags)]] for i in range(len(rows))],
            "lyrics": [""] * len(rows),
        },
        schema_overrides={"year": pl.Int32},
    )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in TRACKS.items() if name not in tracks]
    return Catalogue(
        tracks.with_columns(missing), pl.DataFrame(schema=PLAYS), pl.DataFrame(schema=PLAYLISTS), []
    )


def words_of(text: str) -> set[str]:
    """The words of a text as the reader cuts them."""
    return {t.word for t in tokens(clean(text))}


def measure(reader: Rules, requests: list[Request], show: str = "") -> None:
    """Print the figures of one half."""
    met: dict[str, Counter[str]] = defaultdict(Counter)
    roles, refused, name_roles = Counter[bool](), Counter[str](), Counter[bool]()
    took: list[float] = []
    for request in requests:
        reading = reader.take_apart(clean(request.text))
        begun = time.perf_counter()
        state = reader.step(request.text, DialogueState(), [])
        took.append(time.perf_counter() - begun)
        found: dict[str, set[str]] = defaultdict(set)
        said_no: set[tuple[str, str]] = set()
        for fact in reading.facts:
            words = [t.word for t in reading.said[fact.start : fact.end]]
            kind = KINDS[fact.concept.kind]
            found[kind] |= set(words)
            if kind == "Decade":
                found[DECADES] |= set(words) - NEWNESS
            if any(i in reading.refused for i in range(fact.start, fact.end)):
                said_no |= {(kind, w) for w in words}
        marked: dict[str, set[str]] = defaultdict(set)
        for kind, descriptor, role in request.facts:
            mine = words_of(descriptor)
            marked[kind] |= mine
            if kind == "Decade":
                marked[DECADES] |= mine
            hit = {(k, w) for k, ws in found.items() for w in ws & mine}
            met[kind]["marked"] += 1
            met[kind]["touched"] += bool(hit)
            if hit:
                roles[("-" if hit & said_no else "+") == role.replace("~", "+")] += 1
                if (role == "-") != bool(hit & said_no) and show == "role":
                    print("ROLE", role, descriptor, "|", request.text)
            if role == "-":
                refused["marked"] += 1
                refused["refused"] += bool(hit & said_no)
        for kind in {*KINDS.values(), DECADES}:
            met[kind]["right"] += len(marked[kind] & found[kind])
            met[kind]["said"] += len(marked[kind])
            met[kind]["found"] += len(found[kind])
            if show == kind and marked[kind] != found[kind]:
                less, more = sorted(marked[kind] - found[kind]), sorted(found[kind] - marked[kind])
                print(f"MISSED {less} EXTRA {more} | {request.text}")
        every, mine = set().union(*marked.values()), set().union(*found.values()) if found else set()
        met["any kind"]["right"] += len(every & mine)
        met["any kind"]["said"] += len(every)
        met["any kind"]["found"] += len(mine)
        for name, role in request.names:
            k = key(name)
            mention = next((m for m in reading.names if key(m.name) == k), None)
            if mention is not None:
                # Between two names is like both of them.
                near = {*state.like, *(t for e in state.ends if state.act == "blend" for t in e)}
                liked = near & _tracks(reader, mention.kind, mention.values)
                as_said = (
                    "~" if liked else "-" if any(w.refused and w.kind in NAMES and k in {
                        key(w.words), *map(key, w.values)} for w in state.wishes) else "+"
                )  # fmt: skip
                name_roles[as_said == role] += 1
                if as_said != role and show == "names":
                    print("NAME ROLE", role, "read", as_said, name, "|", request.text)
    total = Counter[str]()
    for kind in (*sorted({*KINDS.values(), DECADES}), "any kind"):
        _line(kind, met[kind])
        if kind not in (DECADES, "any kind"):
            total += met[kind]
    _line("each its kind", total)
    print(f"role of what was found: {roles[True]} of {roles.total()} = {roles[True] / roles.total():.3f}")
    print(f"refused, found and refused: {refused['refused']} of {refused['marked']}")
    print(
        f"role of names: {name_roles[True]} of {name_roles.total()}"
        f" = {name_roles[True] / max(1, name_roles.total()):.3f}"
    )
    took.sort()
    print(
        f"a turn: median {1000 * took[len(took) // 2]:.1f} ms,"
        f" p95 {1000 * took[len(took) * 95 // 100]:.1f} ms"
    )


def _tracks(reader: Rules, kind: str, values: tuple[str, ...]) -> set[str]:
    if kind == "title":
        return set(values)
    return {
        t for v in values for t in (reader.catalogue.ids[r] for r in reader.index.artists.get(key(v), ()))
    }


def _line(kind: str, n: Counter[str]) -> None:
    precision, recall = n["right"] / max(1, n["found"]), n["right"] / max(1, n["said"])
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    touched = f", touched {n['touched']} of {n['marked']}" if n["marked"] else ""
    print(f"{kind:17s} token F1 {f1:.3f} (P {precision:.3f} R {recall:.3f}){touched}")


def linking(reader: Rules, texts: list[tuple[str, list[str]]], title: str, show: str = "") -> None:
    """Print how many marked names the linker finds, and how many of its finds are none."""
    right = marked = found = 0
    for text, names in texts:
        reading = reader.take_apart(clean(text))
        wanted = Counter(key(n) for n in names)
        mine: Counter[str] = Counter()
        for m in reading.names:
            said = key(" ".join(t.word for t in reading.said[m.start : m.end]))
            mine[said if said in wanted else key(m.name)] += 1
        mine = Counter(set(mine))
        wanted = Counter(set(wanted))
        right, marked, found = right + (mine & wanted).total(), marked + wanted.total(), found + mine.total()
        if show == "link" and mine != wanted:
            print(f"MISSED {list(wanted - mine)} FALSE {list(mine - wanted)} | {text}")
    print(
        f"{title}: {right} of {marked} names found = {right / marked:.3f},"
        f" precision {right / max(1, found):.3f}"
    )


def main() -> None:
    """Read the arguments, measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="?", type=Path, default=os.environ.get("SEGUE_DATA", "../shared/data"))
    parser.add_argument("--part", choices=PARTS, action="append", help="default: working and opened")
    parser.add_argument("--show", default="", help="a kind, role, names or link: print what was missed")
    args = parser.parse_args()
    data, parts = Path(args.data), args.part or PARTS[:2]
    reader = Rules(catalogue_of(data))
    requests = intents(data, parts)
    print(f"music-intent, {len(requests)} requests ({', '.join(parts)})")
    measure(reader, requests, args.show)
    linking(reader, [(r.text, [n for n, _ in r.names]) for r in requests], "music-intent", args.show)
    ner = [(" ".join(w for w, _ in p), [n for n, _ in spans(p)]) for p in sentences(data, "ground-truth.bio")]
    some = [s for s in ner if part_of(s[0]) in parts]
    linking(reader, some, f"music-ner ({len(some)} requests)", args.show)


if __name__ == "__main__":
    main()
