"""What of a source's tables is new to a catalogue: cleaned, told from what is there, the rest counted."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from segue.data.account import EXAMPLES, Account
from segue.data.catalogue import PLAYLISTS, PLAYS, SPLITS, Dialogue, conform, empty, known_tracks_only
from segue.data.names import tag_key, unescaped
from segue.kit.errors import SegueError
from segue.sources.reading.cells import typed
from segue.sources.reading.times import KIND, latest
from segue.sources.tables import SCHEMAS

KEYS = {
    "tracks": ["track_id"],
    "plays": ["user_id", "track_id", "played_at"],
    "playlists": ["playlist_id", "position", "track_id"],
}
"""What a row must have to count; a track may lack its title or artist, which are then blank."""
UNSET = date(1970, 1, 1)
"""The day of unix time 0, which is how a clock that was not set dates a play."""
CONTROL = r"[\x00-\x1f\x7f-\x9f\u{2028}\u{2029}\u{202d}\u{202e}]+"
ESCAPE = r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"
"""What colours a terminal or names its window; line ends and reversed writing in a name are no better."""
MIN_LENGTH = 2
"""Tracks that a playlist must have: of one track nothing can be learnt or asked."""


def clean(name: str, table: pl.DataFrame, account: Account) -> pl.DataFrame:
    """The table with our columns and types, blank texts and empty lists as null, incomplete rows left out.

    Years, times and lengths that cannot be are left out of every source's tables, and counted.
    """
    kinds = {c: kind for c, kind in SCHEMAS[name].items() if kind != pl.String}
    if isinstance(table.schema.get("played_at"), pl.Datetime):
        # A source that gives times has read them: an orchestra's programmes of 1842 are no wrong clock.
        del kinds["played_at"]
        table = table.with_columns(without_unset(table["played_at"]))
    table = typed(table, kinds, account, lambda row: f"row {row + 1}", table=name)
    table = blank_to_null(name, decoded(conform(name, table, SCHEMAS[name]), account))
    complete = pl.all_horizontal(pl.col(KEYS[name]).is_not_null())
    bad = table.with_row_index("\nrow").filter(~complete)
    if bad.is_empty():
        return table
    examples = [f"row {row + 1}" for row in bad["\nrow"].head(EXAMPLES)]
    account.leave(name, f"row of {name} without {' or '.join(KEYS[name])}", bad.height, examples)
    return table.filter(complete)


def without_unset(times: pl.Series) -> pl.Series:
    """The times, null where a clock was not set: on the day of unix time 0, or after tomorrow."""
    at = times.cast(KIND)
    unset = (at.dt.date() == UNSET) | (at > latest())
    return times.set(unset, None)


def decoded(table: pl.DataFrame, account: Account) -> pl.DataFrame:
    """The table with the HTML entities of its names decoded, and what would steer a terminal left out."""
    for column in ("title", "artist", "album"):
        if column in table.columns:
            steers = table[column].str.contains(CONTROL).fill_null(False)
            if steers.any():
                account.note(f"{int(steers.sum()):,} x {column} with control characters: they are left out")
                plain = pl.col(column).str.replace_all(ESCAPE, "").str.replace_all(CONTROL, " ")
                table = table.with_columns(plain.str.strip_chars())
            escaped = table[column].str.contains("&.{2,8};").fill_null(False)
            if escaped.any():
                names = table[column].filter(escaped).unique().to_list()
                table = table.with_columns(pl.col(column).replace({n: unescaped(n) for n in names}))
    return table


def one_spelling(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """The new tracks with each genre spelt as the old ones spell it, else as most of the new ones do.

    What is one genre is told by `names.tag_key`; of several spellings on one track the first stays.
    """
    count = pl.col("tags").list.explode(empty_as_null=True).drop_nulls().value_counts(sort=True)
    told = [dict(t.select(count.struct.unnest()).iter_rows()) if t.height else {} for t in (old, new)]
    spelt: dict[str, str] = {}
    for tags in told:
        for tag in sorted(tags, key=lambda tag: (-tags[tag], tag)):
            spelt.setdefault(tag_key(tag), unescaped(tag))
    change = {tag: spelt[tag_key(tag)] for tag in told[1]}
    change = {tag: to for tag, to in change.items() if tag != to}
    if not change:
        return new
    one = pl.element().replace(change).unique(maintain_order=True)
    return new.with_columns(pl.col("tags").list.eval(one))


def blank_to_null(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """The table with blank texts in our columns as null."""
    texts = [pl.col(c) for c, kind in SCHEMAS[name].items() if kind == pl.String]
    return table.with_columns(pl.when(text.str.strip_chars() != "").then(text) for text in texts)


def append(old: pl.DataFrame, new: pl.DataFrame, name: str) -> pl.DataFrame:
    """The new rows behind the old, with the columns of both.

    Raises:
        SegueError: a further column has types that do not go together.
    """
    try:
        return pl.concat([old, new], how="diagonal_relaxed")
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        cure = "rename or leave out that column"
        raise SegueError(f"a column has another type than in the workspace ({reason})", name, cure) from None


def merge_tracks(
    old: pl.DataFrame, new: pl.DataFrame, account: Account, update: bool
) -> tuple[pl.DataFrame, int, int, int]:
    """The tracks of both; how many are new, had a field filled or changed, were known already."""
    unique = new.unique("track_id", keep="first", maintain_order=True)
    if new.height > unique.height:
        twice = new.filter(~pl.col("track_id").is_first_distinct())["track_id"]
        account.leave("tracks", "duplicate track id", len(twice), twice.head(EXAMPLES))
    added = unique.join(old, on="track_id", how="anti", maintain_order="left")
    known = unique.join(old, on="track_id", how="semi")
    if known.is_empty():
        return append(old, added, "tracks"), added.height, 0, 0
    columns = [c for c in unique.columns if c != "track_id"]
    base = append(old, unique.clear(), "tracks")  # the old rows, with the columns of both
    found = known.rename({c: f"{c}\n" for c in columns})  # no column of a user's ends in a newline
    both = base.join(found, on="track_id", how="left", maintain_order="left")
    if update:
        fills = [pl.col(f"{c}\n").is_not_null() & pl.col(c).ne_missing(pl.col(f"{c}\n")) for c in columns]
        values = [pl.coalesce(f"{c}\n", c).alias(c) for c in columns]
    else:
        fills = [pl.col(c).is_null() & pl.col(f"{c}\n").is_not_null() for c in columns]
        values = [pl.coalesce(c, f"{c}\n").alias(c) for c in columns]
    n_filled = both.select(pl.any_horizontal(fills).sum()).item()
    filled = both.with_columns(values).select(base.columns)
    return append(filled, added, "tracks"), added.height, n_filled, known.height


def new_plays(
    new: pl.DataFrame | None, old: pl.DataFrame, known: pl.DataFrame, account: Account
) -> tuple[pl.DataFrame, int]:
    """The plays of known tracks that are not there yet, and how many are there already."""
    if new is None:
        return empty(PLAYS), 0
    table = clean("plays", new, account)
    is_known = pl.col("track_id").is_in(known["track_id"].implode())
    kept = table.filter(is_known)
    if table.height > kept.height:
        unknown = table.lazy().filter(~is_known).select("track_id").unique(maintain_order=True).head(EXAMPLES)
        account.leave(
            "plays", "play of unknown track", table.height - kept.height, unknown.collect()["track_id"]
        )
    del table  # there may be twenty million
    first, fresh = _first_and_fresh(kept, old)
    twice = kept.filter(~first).head(EXAMPLES).select(pl.format("{} {} {}", *KEYS["plays"])).to_series()
    account.leave("plays", "duplicate play", kept.height - int(first.sum()), twice)
    return kept.filter(fresh), int(first.sum()) - int(fresh.sum())


def _first_and_fresh(new: pl.DataFrame, old: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Whether each new play is the first of its key among the new ones, and among the old ones, too."""
    # Keys of numbers take a fraction of the memory that keys of texts do.
    codes = {c: pl.Categorical(pl.Categories.random()) for c in ("user_id", "track_id")}
    keys = [pl.col(c).cast(kind).to_physical() for c, kind in codes.items()]
    key = pl.struct(*keys, pl.col("played_at").to_physical())
    first = new.select(key.is_first_distinct()).to_series()
    if old.is_empty():
        return first, first
    both = pl.concat([table.select(KEYS["plays"]) for table in (old, new)])
    return first, both.select(key.is_first_distinct()).to_series().slice(old.height)


def new_playlists(
    new: pl.DataFrame | None, old: pl.DataFrame, known: pl.DataFrame, account: Account
) -> tuple[pl.DataFrame, int, int]:
    """The playlists not there yet, of known tracks, long enough, in order and numbered from 0.

    Beside them the number of entries, and of playlists, that are there already.
    """
    if new is None:
        return empty(PLAYLISTS), 0, 0
    table = clean("playlists", new, account)
    bad = set(table["split"].drop_nulls().unique()) - set(SPLITS)
    if bad:
        raise SegueError(f"unknown split {min(bad)!r}", "playlists", f"splits are {', '.join(SPLITS)}")
    fresh = table.join(old, on="playlist_id", how="anti", maintain_order="left")
    kept = fresh.join(known, on="track_id", how="semi", maintain_order="left")
    if fresh.height > kept.height:
        unknown = fresh.join(known, on="track_id", how="anti", maintain_order="left")["track_id"]
        reason = "playlist entry with unknown track"
        account.leave("playlists", reason, len(unknown), unknown.head(EXAMPLES))
    long = kept.filter(pl.len().over("playlist_id") >= MIN_LENGTH)
    if short := n_playlists(fresh) - n_playlists(long):
        names = fresh.join(long, on="playlist_id", how="anti")["playlist_id"].unique(maintain_order=True)
        reason = "playlist of fewer than two tracks"
        account.leave("playlists", reason, kept.height - long.height, names.head(EXAMPLES), shown=short)
    place = pl.col("position").rank("ordinal").over("playlist_id") - 1
    # A playlist is in one split as a whole, whatever its rows say.
    mark = pl.col("split").drop_nulls().first().over("playlist_id")
    long = long.with_columns(place.cast(pl.Int32).alias("position"), mark.alias("split"))
    return long, table.height - fresh.height, n_playlists(table) - n_playlists(fresh)


def unchanged(old: pl.DataFrame, new: pl.DataFrame | None) -> pl.DataFrame:
    """The old playlists but those that the new ones give other tracks or another title."""
    if new is None:
        return old
    heads = [
        table.sort("playlist_id", "position")
        .group_by("playlist_id")
        .agg(tracks="track_id", title=pl.col("title").first())
        for table in (old, conform("playlists", new, PLAYLISTS))
    ]
    both = heads[0].join(heads[1], on="playlist_id")
    differ = (pl.col("tracks") != pl.col("tracks_right")) | pl.col("title").ne_missing(pl.col("title_right"))
    return old.join(both.filter(differ), on="playlist_id", how="anti", maintain_order="left")


def n_playlists(table: pl.DataFrame) -> int:
    """The number of playlists of a table."""
    return table["playlist_id"].n_unique()


def new_dialogues(
    new: Iterable[Dialogue], old: Iterable[Dialogue], known: set[str], account: Account
) -> tuple[list[Dialogue], int]:
    """The dialogues not there yet, with turns of known tracks only, and how many are there already."""
    there = {d.dialogue_id for d in old}
    fresh: dict[str, Dialogue] = {}
    n_known = 0
    for dialogue in new:
        if dialogue.dialogue_id in there:
            n_known += 1
        elif dialogue.dialogue_id in fresh:
            account.leave("dialogues", "duplicate dialogue id", examples=[dialogue.dialogue_id])
        else:
            fresh[dialogue.dialogue_id] = dialogue
    return known_tracks_only(fresh.values(), known, account), n_known
