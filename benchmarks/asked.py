"""What people ask, turn by turn, and whether the facts of the catalogue say that it was met.

    python benchmarks/asked.py DEMO FOLDER [--aside | --more | --people | --people-aside |
                               --tongues | --tongues-aside] [--show KIND]

Two files of dialogues: `asked/seen.jsonl`, to work with, and `asked/aside.jsonl`, put aside before anything
was tuned; of that half only totals by kind are printed.
`asked/more.jsonl` are dialogues written later, without a look at the code; `asked/people.jsonl` and
`asked/people-aside.jsonl` the two halves (by a hash of the id) of what many kinds of people might type,
`asked/tongues.jsonl` and `asked/tongues-aside.jsonl` of what is said in thirteen other languages;
`asked/rounds.jsonl` (`--file`) was written between the mends, `asked/judged.jsonl` by two who judged; nothing
was ever mended by it.
DEMO is a `segue demo` workspace; FOLDER one of `segue import folder --texts` over `audio` and `jamendolyrics`
of $SEGUE_DATA (`Artist - Title.txt`).
The checks read the tables and never the product's own understanding. Of a list: `n=5` tracks, `kept=4` of the
last list, `gone=2` (its second, or `oldest`) not among them, `distinct` artists (or `distinct=decade`),
`alternate` ones, `order=year` (or `-year`, `-tempo`), `any:CHECK` that one track meets;
`says=@3year` the year of its third, `says=@oldesttitle`; `mean:older` the tracks on the whole than the last
list; `counts:CHECK` how many of the last list meet it, said; `back=5` of the last list, a song or not since.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
import unicodedata
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

HERE = Path(__file__).parent / "asked"
CALM = "calm|relaxing|dreamy|slow tempo|ambient|intimate|melancholic|slow|quiet"
LOUD = "angry|energetic|epic|rebellious|dark|fast tempo"
ENERGY = {"energetic": 2, "angry": 2, "party": 2, "fast tempo": 1.5, "epic": 1, "rebellious": 1.5, "metal": 1}
ENERGY |= {"punk": 1, "calm": -2, "relaxing": -2, "slow tempo": -1.5, "dreamy": -1, "intimate": -1.5}
ENERGY |= {"sad": -0.5, "melancholic": -0.5, "groovy": 0.5, "uplifting": 0.5}
JOY = {
    "happy": 2,
    "uplifting": 1.5,
    "playful": 1,
    "party": 1.5,
    "hopeful": 1,
    "energetic": 0.5,
    "groovy": 0.5,
}
JOY |= {"sad": -2, "melancholic": -2, "dark": -1, "angry": -1, "nostalgic": -0.5}
TEMPI = {"slow tempo": 0, "medium tempo": 1, "fast tempo": 2}
NO = re.compile(r"\b(no|not|isn't|aren't|don't|doesn't|nothing|none|never|without|unknown)\b", re.IGNORECASE)

ABSENT = re.compile(r"No .+ here\.|That I cannot read")


def fold(text: object) -> str:
    """A text without case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", str(text)).casefold()
    return " ".join(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))


class Facts:
    """The tables of a workspace, and which language each song of the folder is in."""

    def __init__(self, root: Path) -> None:
        tracks = pl.read_parquet(root / "catalogue" / "tracks.parquet")
        self.tracks = {row["track_id"]: row for row in tracks.iter_rows(named=True)}
        plays = pl.read_parquet(root / "catalogue" / "plays.parquet")["track_id"].value_counts()
        lists = pl.read_parquet(root / "catalogue" / "playlists.parquet")["track_id"].value_counts()
        self.known = Counter(dict(plays.iter_rows())) + Counter(dict(lists.iter_rows()))
        for row in self.tracks.values():
            row["tags"] = list(row["tags"] or [])
        for file in sorted((root / "descriptions").glob("tags-*.parquet")):
            for row in pl.read_parquet(file).iter_rows(named=True):
                self.tracks[row["track_id"]]["tags"].append(row["tag"])
        heard = root / "descriptions" / "tempo-key.parquet"
        rows = pl.read_parquet(heard).iter_rows(named=True) if heard.exists() else ()
        self.bpm = {r["track_id"]: r["tempo"] for r in rows}
        songs = Path(os.environ.get("SEGUE_DATA", "../shared/data")) / "jamendolyrics" / "songs.json"
        words = {fold(s["Title"]): s["Language"] for s in json.loads(songs.read_text("utf-8"))}
        words[fold("Let's Go Fishin'")] = "English"
        self.language = {i: words.get(fold(r["title"]), "none") for i, r in self.tracks.items()}

    def tags(self, track: str) -> set[str]:
        """A track's tags, folded."""
        return {fold(t) for t in self.tracks[track]["tags"]}

    def sum(self, track: str, weights: dict[str, float]) -> float:
        """The weights of a track's tags added up."""
        return sum(weights.get(t, 0) for t in self.tracks[track]["tags"])

    def tempo(self, track: str) -> int | None:
        """0 slow, 1 medium, 2 fast."""
        return next((TEMPI[t] for t in self.tracks[track]["tags"] if t in TEMPI), None)


class Turn:
    """One answer, and whether it meets a check."""

    def __init__(
        self,
        facts: Facts,
        before: list[str],
        tracks: list[str],
        text: str,
        last: list[str] | None = None,
        of_several: list[str] | None = None,
    ) -> None:
        self.facts, self.before, self.tracks, self.text, self.last = facts, before, tracks, text, last or []
        self.list = of_several or []

    def meets(self, check: str) -> bool:
        """Whether one check of a turn, or one of several joined by " or ", is met."""
        if " or " in check:
            return any(self.meets(part) for part in check.split(" or "))
        if check in ("none", "none|new", "new|none", "same|new"):
            return check != "none" or not self.tracks if check != "same|new" else bool(self.tracks)
        if check.startswith("any:"):
            return any(self._track(check[4:], t) for t in self.tracks)
        if check.startswith(("mean:", "counts:")):
            return self._on_the_whole(check[5:]) if check[0] == "m" else self._counted(check[7:])
        if check.startswith(("kept=", "gone=", "back=", "order=", "distinct")) or check == "alternate":
            return bool(self.tracks) and self._edited(check)
        if check.startswith("absent="):
            return fold(check[7:]) in fold(self.text) and bool(NO.search(self.text))
        if check.startswith(("says=", "!says=")):
            return (fold(self._fact(check.partition("=")[2])) in fold(self.text)) != check.startswith("!")
        if check == "new":
            return bool(self.tracks) and not set(self.tracks) & set(self.before)
        if check.startswith(("n=", "first", "last")):
            return bool(self.tracks) and self._list(check)
        return bool(self.tracks) and all(self._track(check, t) for t in self.tracks)

    def _fact(self, value: str) -> object:
        if not value.startswith("@"):
            return value
        row = self.facts.tracks[self.before[-1]] if self.before else {}
        of_list = re.match(r"@(\d+|oldest)(\w+)", value)
        if of_list:
            if not self.last or (of_list[1].isdigit() and int(of_list[1]) > len(self.last)):
                return "(no such track)"
            return self.facts.tracks[self._listed(of_list[1])][of_list[2]] or "unknown"
        if value == "@tempo":
            return ("slow", "medium", "fast")[self.facts.tempo(self.before[-1]) or 0] if self.before else "?"
        return row.get(value[1:]) or "unknown"

    def _listed(self, which: str) -> str:
        years = {t: self.facts.tracks[t]["year"] or 0 for t in self.last}
        return min(years, key=lambda t: years[t]) if which == "oldest" else self.last[int(which) - 1]

    def _on_the_whole(self, than: str) -> bool:
        """Whether the tracks are older, calmer ... than the last list, added up."""
        weights = ENERGY if than in ("calmer", "louder") else JOY

        def mean(tracks: list[str]) -> float:
            by: dict[str, Any] = {
                "older": lambda t: self.facts.tracks[t]["year"] or 0,
                "slower": self.facts.tempo,
            }
            by |= {"newer": by["older"], "faster": by["slower"]}
            value = by.get(than, lambda t: self.facts.sum(t, weights))
            return sum(value(t) or 0 for t in tracks) / len(tracks)

        if not self.tracks or not self.last:
            return False
        now, then = mean(self.tracks), mean(self.last)
        ends = {"slower": 0.0, "faster": 2.0}
        down = than in ("older", "slower", "calmer", "sadder")
        return (now < then if down else now > then) or now == then == ends.get(than)

    def _counted(self, check: str) -> bool:
        """Whether it is said how many of the last list meet a check."""
        n = sum(self._track(check, t) for t in self.last)
        words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
        return not self.tracks and bool({words[n], str(n)} & set(fold(self.text).split()))

    def _edited(self, check: str) -> bool:
        name, _, value = check.partition("=")
        rows = [self.facts.tracks[t] for t in self.tracks]
        if name == "distinct":
            different = {r["year"] // 10 if value == "decade" else r["artist"] for r in rows}
            return len(different) == len(rows)
        if name == "alternate":
            return all(a["artist"] != b["artist"] for a, b in pairwise(rows))
        if name == "order":
            by = value.removeprefix("-")
            have = [self.facts.tempo(t) or 0 for t in self.tracks] if by == "tempo" else [r[by] for r in rows]
            return have == sorted(have, reverse=value.startswith("-"))
        if not self.last or (name == "gone" and value.isdigit() and int(value) > len(self.last)):
            return False
        if name == "back":
            return int(value) <= len(set(self.tracks) & set(self.list))
        if name == "gone":
            return self._listed(value) not in self.tracks
        low, _, high = value.partition("-")
        return int(low) <= len(set(self.tracks) & set(self.last)) <= int(high or low)

    def _list(self, check: str) -> bool:
        name, _, value = check.partition("=")
        if name == "n":
            low, _, high = value.partition("-")
            right = int(low) <= len(self.tracks) <= int(high or low)
            return right and len(set(self.tracks)) == len(self.tracks)
        end = self.tracks[0 if name.startswith("first") else -1]
        kind = {"tag": "tag", "title": "title"}.get(name.removeprefix("first").removeprefix("last"), "artist")
        return self._track(f"{kind}={value}", end)

    def _track(self, check: str, track: str) -> bool:
        facts, row = self.facts, self.facts.tracks[track]
        check = f"tag={CALM}" if check.startswith("@calm") else f"tag={LOUD}" if check == "@loud" else check
        if check.startswith("!"):
            return not self._track(check[1:], track)
        found = re.match(r"(\w+)([=~<>])(.+)", check)
        if not found:
            return self._against(check, track, self.before[-1]) if self.before else False
        name, sign, value = found.groups()
        values = [fold(v) for v in value.split("|")]
        if name == "tag":
            return bool(set(values) & facts.tags(track))
        if value == "@1":
            return bool(self.before) and row[name] == facts.tracks[self.before[0]][name]
        if name == "track":
            return track in self.before[int(value) - 1 : int(value)]
        if name == "year":
            return row["year"] is not None and _in_years(row["year"], sign, value)
        if name == "newerthan":
            return (row["year"] or 0) > int(value)
        if name == "lang":
            return facts.language[track] in value.split("|")
        own = fold(row[name] or "")
        return any(own == v or f" {v} " in f" {own} " or (sign == "~" and v in own) for v in values)

    def _against(self, check: str, track: str, last: str) -> bool:
        facts, row, other = self.facts, self.facts.tracks[track], self.facts.tracks[last]
        if check == "same":
            return track == last
        if check == "alike":
            shared = facts.tags(track) & facts.tags(last)
            return row.get("genre") == other.get("genre") or len(shared) >= 3
        if check in ("older", "newer"):
            a, b = row["year"], other["year"]
            return bool(a and b) and (a < b if check == "older" else a > b)
        if check in ("slowerbpm", "fasterbpm"):
            a, b = facts.bpm.get(track), facts.bpm.get(last)
            return bool(a and b) and (a < b if check == "slowerbpm" else a > b)
        if check in ("slower", "faster"):
            a, b = facts.tempo(track), facts.tempo(last)
            end = 0 if check == "slower" else 2
            return (
                a is not None
                and b is not None
                and (((a < b) == (check == "slower") and a != b) or a == b == end)
            )
        if check in ("lessknown", "betterknown"):
            a, b = facts.known[track], facts.known[last]
            return a < b if check == "lessknown" else a > b
        weights = ENERGY if check in ("calmer", "louder") else JOY
        a, b = facts.sum(track, weights), facts.sum(last, weights)
        return a < b if check in ("calmer", "sadder") else a > b


def _in_years(year: int, sign: str, value: str) -> bool:
    if sign == "=":
        low, _, high = value.partition("-")
        return int(low) <= year <= int(high)
    return year < int(value) if sign == "<" else year > int(value)


class Asker:
    """A conversation of whichever version of the product is on the path."""

    def __init__(self, root: Path) -> None:
        try:
            from segue.kit.workspace import Workspace
        except ImportError:
            from segue.workspace import Workspace  # type: ignore[import-not-found, no-redef]
        from segue.serving.chat import Conversation
        from segue.serving.terminal import open_conversation

        self.kind, self.opened = Conversation, open_conversation(Workspace(root))

    def begin(self) -> Any:
        """A conversation in which nothing was said."""
        if hasattr(self.opened, "again"):
            return self.opened.again()
        return self.kind(self.opened.recommender, self.opened.speaker)

    def ask(self, talk: Any, words: str) -> tuple[list[str], str]:
        """The tracks that are played and what is said."""
        answer = talk.ask(words)
        if isinstance(answer, tuple):
            return [answer[0]] if answer[0] else [], "".join(answer[1])
        return [t.track_id for t in answer.tracks], answer.sentence


def main() -> None:
    """Ask everything and print what was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--aside", action="store_true")
    parser.add_argument("--more", action="store_true")
    parser.add_argument("--people", action="store_true")
    parser.add_argument("--people-aside", action="store_true")
    parser.add_argument("--tongues", action="store_true")
    parser.add_argument("--tongues-aside", action="store_true")
    parser.add_argument("--file", type=Path, help="dialogues of this file instead")
    parser.add_argument(
        "--show", default="", help="print the turns of the seen half that failed: a kind or 'all'"
    )
    given = parser.parse_args()
    names = {"aside": given.aside, "more": given.more, "people": given.people, "tongues": given.tongues}
    names["tongues-aside"] = given.tongues_aside
    name = next((n for n, chosen in {**names, "people-aside": given.people_aside}.items() if chosen), "seen")
    lines = (given.file or HERE / f"{name}.jsonl").read_text("utf-8").splitlines()
    dialogues = [json.loads(line) for line in lines]
    askers = {"demo": Asker(given.demo), "folder": Asker(given.folder)}
    facts = {"demo": Facts(given.demo), "folder": Facts(given.folder)}
    met: dict[str, list[bool]] = defaultdict(list)
    took: list[float] = []
    for dialogue in dialogues:
        on, before = dialogue["on"], []
        last: list[str] = []
        several: list[str] = []
        talk = askers[on].begin()
        for turn in dialogue["turns"]:
            start = time.perf_counter()
            tracks, text = askers[on].ask(talk, turn["say"])
            took.append(time.perf_counter() - start)
            state = Turn(facts[on], before, tracks, text, last, several)
            failed = [c for c in turn["check"] if not state.meets(c)]
            if "lang" in dialogue and ABSENT.match(text) and "absent" not in str(turn["check"]):
                failed.append("takes words of the language for a name")
            met[dialogue["kind"]].append(not failed)
            met[f"({on})"].append(not failed)
            if "lang" in dialogue:
                met[f"({dialogue['lang']})"].append(not failed)
            if "aside" not in name and given.show and (failed or given.show == "every"):
                show(dialogue, turn, failed, [facts[on].tracks[t] for t in tracks], text, given.show)
            before, last = before + tracks, tracks or last
            several = tracks if len(tracks) > 1 else several
    for kind in sorted(met):
        got, n = sum(met[kind]), len(met[kind])
        print(f"{kind:14} {got:4} of {n:4}  {100 * got / n:5.1f} %")
    every = [m for kind, found in met.items() if kind[0] != "(" for m in found]
    print(f"{'all':14} {sum(every):4} of {len(every):4}  {100 * sum(every) / len(every):5.1f} %")
    print(f"median {1000 * sorted(took)[len(took) // 2]:.0f} ms a turn")


def show(
    dialogue: dict[str, Any],
    turn: dict[str, Any],
    failed: list[str],
    rows: list[dict[str, Any]],
    text: str,
    which: str,
) -> None:
    """One turn that was not met."""
    if which in ("all", "every", dialogue["kind"]):
        names = "; ".join(f"{r['title']} — {r['artist']} ({r['year']}) {','.join(r['tags'])}" for r in rows)
        print(f"[{dialogue['id']}] {turn['say']!r}  FAILED {failed}\n     {names}\n     {text}")


if __name__ == "__main__":
    main()
