"""A catalogue of made-up names, where every word tells whose fact it is, and playlists over it."""

import re

import polars as pl

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, conform, empty

N_ARTISTS, PER_ARTIST = 12, 8


def catalogue(
    playlists: dict[str, list[str]] | None = None, splits: dict[str, str] | None = None
) -> Catalogue:
    """96 tracks whose every fact is a word of its own: title "Ttl7x", artist "Art1x", tag "genrcx" ..."""
    rows = [
        {
            "track_id": f"t{n}",
            "title": f"Ttl{n}x",
            "artist": f"Art{n // PER_ARTIST}x",
            "album": f"Alb{n // PER_ARTIST}x" if n % 2 else None,
            "year": 1950 + n % 7 * 10 if n % 3 else None,
            "tags": [word("genr", n % 5), word("styl", n % 11), word("vibe", n % 17), "seen live", "80s"],
        }
        for n in range(N_ARTISTS * PER_ARTIST)
    ]
    table = [
        {"playlist_id": p, "position": n, "track_id": t, "split": (splits or {}).get(p, "train")}
        for p, tracks in (playlists or {}).items()
        for n, t in enumerate(tracks)
    ]
    return Catalogue(
        conform("tracks", pl.DataFrame(rows), TRACKS),
        empty(PLAYS),
        conform("playlists", pl.DataFrame(table), PLAYLISTS) if table else empty(PLAYLISTS),
        [],
    )


def word(kind: str, n: int) -> str:
    """A tag without digits, as tags with digits do not describe music: genrax, genrbx, ..."""
    return f"{kind}{chr(97 + n)}x"


def some_playlists(n: int = 150, length: int = 11) -> list[tuple[str, list[str]]]:
    step = (1, 5, 7, 11, 13)
    total = N_ARTISTS * PER_ARTIST
    return [(f"p{i}", [f"t{(i * 3 + j * step[i % 5]) % total}" for j in range(length)]) for i in range(n)]


def made_up_words(text: str) -> set[str]:
    return set(re.findall(r"\b(?:ttl\d+x|art\d+x|alb\d+x|(?:genr|styl|vibe)[a-z]x)\b", text.casefold()))


def words_of(row: dict[str, object]) -> set[str]:
    values = [row["title"], row["artist"], row["album"], *row["tags"]]  # type: ignore[misc]
    return made_up_words(" ".join(str(v) for v in values))
