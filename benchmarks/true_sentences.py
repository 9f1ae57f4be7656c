# ruff: noqa: E501
"""Ten thousand sentences, each claim looked up in the tables by a checker of its own; how many shapes.

    python benchmarks/true_sentences.py DEMO FOLDER [--n 10000] [--model bm25] [--show 20]

The checker shares no code with the product: it takes out the names, then looks at every number, tag, language,
"without", "not by" and comparison that is left. A word that it cannot place counts as a tag if any track has it.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

VOICES = {
    "vocals",
    "choir",
    "a cappella",
    "choral",
    "vocal",
    "female vocal",
    "male vocal",
    "opera",
    "vocal jazz",
}
VOICES |= {"woman", "voice", "female", "chant", "singing", "female voice", "male voice"}
LANGUAGES = {
    "French": "fr",
    "German": "de",
    "Spanish": "es",
    "English": "en",
    "Italian": "it",
    "Portuguese": "pt",
}
IDLE = {"one", "track", "number", "recording", "tune", "voice", "slow", "fast", "medium", "country", "again"}
UNKNOWN = ("Zxqvbn Orchestra", "The Flurbing Wombats", "Sigur Ros", "Qwertz Ensemble")
WISHED = ("as you wished", "just as you asked", "like you wanted", "as asked", "which is what you asked for")
LED = re.compile(r"^(?:(?:No|Without) ([^“]+?), then[:.]|No ([^“]+?) from now on\.|All right, no ([^“]+?)\.)")
"""What was ruled out and is told first: "No Queen, then"."""
ENERGY = re.compile(
    r"(older|newer|slower|faster|calmer|louder|sadder|happier|better known|less known) than “([^”]*)”"
)


class Checker:
    """What the tables of a workspace say of a sentence."""

    def __init__(self, root: Path) -> None:
        tracks = pl.read_parquet(root / "catalogue" / "tracks.parquet")
        self.rows = {r["track_id"]: dict(r) for r in tracks.iter_rows(named=True)}
        for row in self.rows.values():
            row["tags"] = {t.casefold() for t in row["tags"] or ()}
        for file in sorted((root / "descriptions").glob("tags-*.parquet")):
            for found in pl.read_parquet(file).iter_rows(named=True):
                self.rows[found["track_id"]]["tags"].add(found["tag"].casefold())
        spoken = root / "descriptions" / "lyrics-language.parquet"
        self.language = (
            dict(pl.read_parquet(spoken).select("track_id", "language").rows()) if spoken.exists() else {}
        )
        self.every = {t for r in self.rows.values() for t in r["tags"]}
        self.artists = {(r["artist"] or "").casefold() for r in self.rows.values()}
        self.longest = sorted(filter(None, self.artists), key=len, reverse=True)
        self.titles = {r["title"].casefold() for r in self.rows.values()}
        self.years: dict[str, list[int]] = {}
        for r in self.rows.values():
            self.years.setdefault(r["title"], []).append(r["year"] or 0)

    def sung(self, row: dict[str, Any]) -> bool:
        """Whether the tables say that somebody sings."""
        return bool(row["tags"] & VOICES or row["lyrics"] or self.language.get(row["track_id"]))

    def not_known(self, text: str) -> tuple[str, list[str]]:
        """A text without what it says is not known or not found here, and what of that is."""
        wrong = []
        for name in re.findall(r"I find nothing called “([^”]*)” here\.", text):
            wrong += [f"not here: {name}"] if name.casefold() in self.artists | self.titles else []
        for name in re.findall(r"What suits “([^”]*)” is not known here\.", text):
            wrong += [f"nothing suits {name}"] if name.casefold() in self.every else []
        for name in re.findall(r"How old “([^”]*)” is, is not known here\.", text):
            wrong += [f"age of {name}"] if any(self.years.get(name, [])) else []
        text = re.sub(
            r"I find nothing called “[^”]*” here\.|What suits “[^”]*” is not known here\.", " ", text
        )
        return re.sub(r"How \w+ “[^”]*” is, is not known here\.", " ", text), wrong

    def false(self, sentence: str, track: str, wished: dict[str, Any]) -> list[str]:
        """The claims of a sentence that the tables do not bear out."""
        row, wrong = self.rows[track], []
        for found in LED.finditer(sentence):
            # "No Queen, then": neither a tag of the track nor who plays it.
            for part in next(filter(None, found.groups())).casefold().split(" or "):
                wrong += (
                    [f"no {part}"] if part in row["tags"] or part == (row["artist"] or "").casefold() else []
                )
        sentence = LED.sub(" ", sentence)
        for missing in re.findall(r"No ([^.]*) here\.", sentence):
            wrong += [f"not here: {missing}"] if missing.casefold() in self.artists else []
        text = re.sub(r"No [^.]* here\.|The nearest that I find:|Taken back: [^.]*\.", " ", sentence)
        for marked in re.findall(r"Nothing here is marked as ([^.]*)\.", text):
            names = re.findall(r"“([^”]*)”", marked) or [marked]
            wrong += [f"nothing marked as {n}" for n in names if n.casefold() in self.every]
        text = re.sub(r"Nothing here is marked as [^.]*\.", " ", text)
        text = re.sub(r"Nothing (?:else )?here meets all of it, so I let go of .*?”\.", " ", text)
        text, unknown = self.not_known(text)
        wrong += unknown
        for minutes, seconds in re.findall(r"(\d+):(\d\d) long", text):
            right = abs((row["duration_s"] or 0) - int(minutes) * 60 - int(seconds)) <= 1
            wrong += [] if right else [f"{minutes}:{seconds} long"]
        text = re.sub(r"\d+:\d\d long", " ", text)
        for dimension, other in ENERGY.findall(text):
            a, others = row["year"], self.years.get(other, [])
            right = any(a and b and a != b and (a < b) == (dimension == "older") for b in others)
            if dimension in ("older", "newer") and not right:
                wrong.append(f"{dimension} than {other}")
        text = re.sub(r" It is [a-z ]+ than “[^”]*”( and [a-z ]+ than “[^”]*”)*\.", " ", text)
        for album in re.findall(r"off “(.*?)”(?= from|,| and without|\.|$| and with|\?)", text):
            wrong += [f"album {album}"] if album != row["album"] else []
        for refused in re.findall(r"not by (.+?)(?=, |[.?!]$|[.?!] |$)", text):
            name = max(
                (a for a in self.artists if a and refused.casefold().startswith(a)), key=len, default=refused
            )
            wrong += [f"not by {name}"] if name.casefold() in (row["artist"] or "").casefold() else []
        for artist in self.longest if "not by" in text else ():
            text = re.sub(rf"(?:and )?not by {re.escape(artist)}", " ", text, flags=re.IGNORECASE)
        for name in sorted(filter(None, (row["title"], row["artist"], row["album"])), key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(' '.join(name.split()))}(?!\w)", " ", text)
        wrong += [f"name {n}" for n in re.findall(r"“([^”]*\w[^”]*)”", text)]
        for without in re.findall(r"without ([^.,?!]+)", text):
            for tag in re.split(r" or ", re.sub(r" and (?:with|not).*", "", without.strip())):
                has = self.sung(row) if tag == "vocals" else tag.casefold() in row["tags"]
                wrong += [f"without {tag}"] if has else []
        text = re.sub(r"(?:without|with no) [^.,?!]+", " ", text)
        if "with a voice" in text and not self.sung(row):
            wrong.append("a voice")
        for language in re.findall(r"\bin ([A-Z][a-z]+)", text):
            wrong += [f"in {language}"] if self.language.get(track) != LANGUAGES.get(language) else []
        for number in re.findall(r"\d[\d.,]*\w*", text):
            wrong += [f"number {number}"] if number.rstrip(".,") != str(row["year"]) else []
        low = re.sub(r"[^\w&'’ -]", " ", text.casefold())
        for tag in self.every - IDLE:
            if (
                len(tag) > 2
                and tag in low
                and re.search(rf"(?<![\w-]){re.escape(tag)}(?![\w-])", low)
                and tag not in row["tags"]
            ):
                inside = any(tag in own and tag != own and own in low for own in row["tags"])
                wrong += [] if inside else [f"tag {tag}"]
        for tempo in ("slow", "fast", "medium"):
            if re.search(rf"\b{tempo}\b", low) and not any(tempo in t for t in row["tags"]):
                wrong.append(f"tempo {tempo}")
        if any(w in sentence for w in WISHED):
            decade = wished.get("decade")
            if decade and not decade <= (row["year"] or 0) <= decade + 9:
                wrong.append(f"wished the {decade}s")
            wrong += [f"wished no {t}" for t in wished.get("without", ()) if t in row["tags"]]
        return wrong


def shape(sentence: str, row: dict[str, Any], every: set[str]) -> str:
    """A sentence with its names, numbers and tags taken out."""
    for name in sorted(filter(None, (row["title"], row["artist"], row["album"])), key=len, reverse=True):
        sentence = sentence.replace(" ".join(str(name).split()), "N")
    sentence = re.sub(r"\d+", "0", re.sub(r"“[^”]*”", "“N”", sentence))
    low = sentence.casefold()
    for tag in sorted((t for t in every if t in low), key=len, reverse=True):
        if len(tag) > 2 and tag not in IDLE:
            sentence = re.sub(rf"(?<![\w-]){re.escape(tag)}(?![\w-])", "T", sentence, flags=re.IGNORECASE)
    return re.sub(r"\ban? ", "a ", sentence)


def dialogue(checker: Checker, dice: random.Random) -> list[tuple[str, dict[str, Any]]]:
    """What a listener says in up to five turns, with what the words ask for."""
    rows = list(checker.rows.values())
    track = dice.choice(rows)
    tags = sorted(t for t in track["tags"] if not re.search(r"\d|major|minor", t)) or ["music"]
    tag, off = dice.choice(tags), dice.choice(sorted(checker.every))
    decade = (track["year"] or 1990) // 10 * 10
    wished: dict[str, Any] = {}
    first = dice.choice((
        f"some {tag}", f"play {track['title']} by {track['artist']}", f"something {tag} with {dice.choice(tags)}",
        f"{dice.choice(tags)} from the {decade}s", f"something by {track['artist']}", f"{tag} please",
        f"something like {track['artist']}", f"something by {dice.choice(UNKNOWN)}", f"songs for {dice.choice(('a run', 'sleeping', 'a rainy day', 'a party'))}",
        f"something in {dice.choice(('French', 'German', 'Spanish'))}", "something instrumental",
    ))  # fmt: skip
    turns = [(first, dict(wished))]
    for _ in range(dice.randint(1, 4)):
        kind = dice.choice(
            ("more", "decade", "without", "older", "no vocals", "not by", "tag", "skip", "calmer", "new")
        )
        if kind == "decade":
            wished["decade"] = decade
            said = f"from the {decade}s"
        elif kind == "without":
            wished.setdefault("without", []).append(off)
            said = f"no {off}"
        else:
            said = {
                "more": "another one", "older": dice.choice(("older", "newer", "slower", "faster")), "no vocals": "no vocals",
                "not by": f"not by {track['artist']}", "tag": f"with {dice.choice(tags)}", "skip": "not this one",
                "calmer": dice.choice(("calmer", "happier", "sadder", "louder")), "new": f"now some {dice.choice(tags)}",
            }[kind]  # fmt: skip
            wished.pop("decade", None)
            wished.pop("without", None)
        turns.append((said, {k: list(v) if isinstance(v, list) else v for k, v in wished.items()}))
    return turns


def main() -> None:
    """Talk, check, count."""
    from segue.kit.workspace import Workspace
    from segue.serving.terminal import open_conversation

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--model", default="bm25")
    parser.add_argument("--show", type=int, default=20)
    given = parser.parse_args()
    for root, n in ((given.demo, given.n * 3 // 4), (given.folder, given.n // 4)):
        checker, dice = Checker(root), random.Random(7)
        opened = open_conversation(Workspace(root), given.model)
        told, bad = 0, Counter[str]()
        shapes: list[str] = []
        while told < n:
            talk = opened.again()
            lost = False
            for words, wished in dialogue(checker, dice):
                answer = talk.ask(words)
                # What had to go, and was said to have gone, is not claimed later.
                lost = lost or bool(answer.dropped or answer.state.unknown)
                if len(answer.tracks) != 1:
                    continue
                told += 1
                track = answer.tracks[0].track_id
                wrong = checker.false(answer.sentence, track, {} if lost else wished)
                bad.update(w.split()[0] for w in wrong)
                if wrong and sum(bad.values()) <= given.show:
                    print(f"  {words!r}: {answer.sentence}  <- {wrong} {sorted(checker.rows[track]['tags'])}")
                if len(shapes) < 1000:
                    shapes.append(shape(answer.sentence, checker.rows[track], checker.every))
        print(f"{root.name}: {told:,} sentences, false claims {sum(bad.values())} {dict(bad)}")
        print(f"{root.name}: {len(set(shapes))} shapes in {len(shapes):,}")


if __name__ == "__main__":
    main()
