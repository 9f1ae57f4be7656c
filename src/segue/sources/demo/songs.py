"""The songs of the demo library, as the file in the package has them."""

import csv
import re
import unicodedata
from collections import Counter
from importlib.resources import files

import polars as pl


def songs() -> pl.DataFrame:
    """The tracks table of the demo, in the order of its file: by artist, year and title."""
    text = (files("segue.sources.demo") / "tracks.csv").read_text("utf-8")
    used: Counter[str] = Counter()
    rows = []
    for song in csv.DictReader(text.splitlines()):
        genres, moods, instruments = (song[c].split(";") for c in ("genres", "moods", "instruments"))
        row = {
            "track_id": slug(f"{song['artist']} {song['title']}", used),
            "title": song["title"],
            "artist": song["artist"],
            "album": song["album"] or None,
            "year": int(song["year"]),
            "tags": list(dict.fromkeys([*genres, *moods, *instruments, f"{song['tempo']} tempo"])),
            "genre": genres[0],
            "moods": moods,
            "instruments": instruments,
            "tempo": song["tempo"],
        }
        rows.append(row)
    return pl.DataFrame(rows, schema_overrides={"year": pl.Int32})


def slug(text: str, used: Counter[str]) -> str:
    """A readable id of plain letters, digits and hyphens, with a number behind it where it is taken."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-") or "track"
    used[name] += 1
    return name if used[name] == 1 else f"{name}-{used[name]}"
