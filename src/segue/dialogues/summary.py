"""The report on simulated dialogues: how many, how long, what is asked for, and a few to read."""

from collections import Counter
from collections.abc import Mapping, Sequence

from segue.data.catalogue import Dialogue
from segue.dialogues.wording import KINDS, Kind
from segue.kit.tables import markdown

MODALITY: dict[Kind, str] = {
    "title": "metadata",
    "title_artist": "metadata",
    "artist": "metadata",
    "album": "metadata",
    "time": "metadata",
    "artists": "metadata",
    "no_artist": "metadata",
    "another": "metadata",
    "someone_else": "playlist",
    "like_artist": "playlist",
    "comparison": "semantic",
    "plan": "semantic",
    "without": "semantic",
    "tags": "semantic",
    "wish": "semantic",
    "direction": "semantic",
    "similar": "playlist",
    "reaction": "playlist",
}


def report(
    made: Mapping[str, Sequence[Dialogue]], tallies: Mapping[str, Counter[str]], names: Mapping[str, str]
) -> str:
    """The report as Markdown.

    Args:
        made: the dialogues by part (the splits, and "requests").
        tallies: what the simulator counted in each part: "request KIND" and "rejections".
        names: track id -> the track's name as it is shown.
    """
    parts = [part for part, dialogues in made.items() if dialogues]
    rows = [["part", "dialogues", "mean accepted tracks", "rejections a dialogue", "distinct tracks"]]
    for part in parts:
        music = [t for d in made[part] for t in d.turns if t.role == "music"]
        n, accepted = len(made[part]), sum(t.liked is not False for t in music)
        means = (f"{accepted / n:.2f}", f"{tallies[part]['rejections'] / n:.2f}")
        rows.append([part, f"{n:,}", *means, f"{len({t.content for t in music}):,}"])
    asked = [["kind", "modality", *parts]]
    lists: list[tuple[Sequence[Kind], str, str]] = [((kind,), kind, MODALITY[kind]) for kind in KINDS]
    lists += [
        (tuple(k for k in KINDS if MODALITY[k] == modality), "**all**", modality)
        for modality in ("metadata", "semantic", "playlist")
    ]
    for kinds, *heads in lists:
        asked.append([*heads, *(f"{share(tallies[part], kinds):.1%}" for part in parts)])
    lines = ["# Simulated dialogues", "", *markdown(rows), "## What is asked for", ""]
    lines += ["Share of requests of each kind, and the modality it speaks of.", "", *markdown(asked)]
    lines += ["## Three to read", ""]
    samples = [d for part in parts if part != "requests" for d in made[part]][:3]
    return "\n".join(lines + [line for d in samples for line in as_text(d, names)]) + "\n"


def share(tally: Counter[str], kinds: Sequence[Kind]) -> float:
    """The share of the requests that are of these kinds; 0 where there are none."""
    total = sum(n for key, n in tally.items() if key.startswith("request "))
    return sum(tally[f"request {kind}"] for kind in kinds) / total if total else 0.0


def as_text(dialogue: Dialogue, names: Mapping[str, str]) -> list[str]:
    """The dialogue as lines of Markdown, tracks by their names, markers filled in."""
    lines = [f"### {dialogue.dialogue_id}", ""]
    title = artist = ""
    for turn in dialogue.turns:
        if turn.role == "music":
            name = names[turn.content]
            title, _, artist = name.rpartition(" by ")
            lines.append(f"- *plays* {name}" + (" (rejected)" if turn.liked is False else ""))
        else:
            text = turn.content.replace("<|title|>", title).replace("<|artist|>", artist)
            lines.append(f"- **{turn.role}**: {text}")
    return [*lines, ""]
