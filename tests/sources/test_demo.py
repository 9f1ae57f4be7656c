"""The demo's songs are held to account as facts, its listeners by the tastes planted in them."""

import csv
from collections import Counter
from importlib.resources import files

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Tables, conform
from segue.importing.add import add
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources.demo import importer as demo
from segue.sources.demo.songs import slug, songs

MAIN_GENRES_LIST = (
    "rock,pop,folk,country,metal,punk,indie,new wave,soul,r&b,funk,disco,hip-hop,electronic,house,reggae,"
    "jazz,blues,latin,classical,world,gospel,soundtrack"
)
MAIN_GENRES = set(MAIN_GENRES_LIST.split(","))
MOODS_LIST = (
    "energetic,romantic,groovy,party,melancholic,playful,happy,uplifting,nostalgic,rebellious,epic,dark,"
    "hopeful,dreamy,mysterious,sad,intimate,calm,angry,relaxing"
)
MOODS = set(MOODS_LIST.split(","))
INSTRUMENTS_LIST = (
    "vocals,electric guitar,bass,drums,synthesizer,piano,drum machine,acoustic guitar,"
    "strings,brass,percussion,saxophone,orchestra,organ,choir,violin,trumpet,"
    "harmonica,steel guitar,accordion,banjo,whistle,flute,"
    "turntables,cello,harp,sitar,mandolin,clarinet,ukulele"
)
INSTRUMENTS = set(INSTRUMENTS_LIST.split(","))


@pytest.fixture(scope="module")
def tables() -> Tables:
    return demo.read(listeners=60)


def listing() -> list[dict[str, str]]:
    text = (files("segue.sources.demo") / "tracks.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_the_songs_are_many_and_each_is_there_once():
    songs = listing()
    assert len(songs) >= 1200
    assert len({s["artist"] for s in songs}) >= 300
    assert max(Counter((s["title"].casefold(), s["artist"].casefold()) for s in songs).values()) == 1
    order = [(s["artist"].casefold(), int(s["year"]), s["title"].casefold()) for s in songs]
    assert order == sorted(order)


def test_every_field_is_filled_and_from_its_vocabulary():
    for song in listing():
        assert list(song) == ["title", "artist", "album", "year", "genres", "moods", "instruments", "tempo"]
        assert song["title"]
        assert song["artist"]
        assert all(value == value.strip() for value in song.values())
        assert 1920 <= int(song["year"]) <= 2026
        genres, moods, instruments = (song[c].split(";") for c in ("genres", "moods", "instruments"))
        assert genres[0] in MAIN_GENRES
        assert all(genres)
        assert MOODS.issuperset(moods)
        assert INSTRUMENTS.issuperset(instruments)
        assert song["tempo"] in ("slow", "medium", "fast")
        for values in (genres, moods, instruments):
            assert len(values) == len(set(values))


def test_no_artist_is_spelt_in_two_ways():
    spellings: dict[str, set[str]] = {}
    for song in listing():
        plain = "".join(c for c in song["artist"].casefold().removeprefix("the ") if c.isalnum())
        spellings.setdefault(plain, set()).add(song["artist"])
    assert [names for names in spellings.values() if len(names) > 1] == []


def test_genres_and_decades_are_well_filled():
    songs = listing()
    genres = Counter(s["genres"].split(";")[0] for s in songs)
    assert set(genres) == MAIN_GENRES
    assert min(genres.values()) >= 25
    decades = Counter(int(s["year"]) // 10 * 10 for s in songs)
    assert min(decades[d] for d in range(1950, 2020, 10)) >= 60


@pytest.mark.parametrize(
    ("title", "artist", "year"),
    [
        ("Bohemian Rhapsody", "Queen", 1975),
        ("Billie Jean", "Michael Jackson", 1982),
        ("Smells Like Teen Spirit", "Nirvana", 1991),
        ("Respect", "Aretha Franklin", 1967),
        ("So What", "Miles Davis", 1959),
        ("Superstition", "Stevie Wonder", 1972),
        ("Jolene", "Dolly Parton", 1973),
    ],
)
def test_songs_that_everybody_knows_carry_the_right_year(title: str, artist: str, year: int):
    assert [int(s["year"]) for s in listing() if (s["title"], s["artist"]) == (title, artist)] == [year]


def test_tracks_have_readable_unique_ids_and_all_tags(tables: Tables):
    tracks = tables.tracks
    assert tracks["track_id"].n_unique() == tracks.height
    assert tracks["track_id"].str.contains("^[a-z0-9]+(-[a-z0-9]+)*$").all()
    queen = tracks.row(by_predicate=pl.col("track_id") == "queen-bohemian-rhapsody", named=True)
    assert queen["title"] == "Bohemian Rhapsody"
    assert set(queen["tags"]) >= {
        queen["genre"],
        *queen["moods"],
        *queen["instruments"],
        f"{queen['tempo']} tempo",
    }
    assert "duration_s" not in tracks.columns


def test_slugs_are_numbered_where_they_would_clash():
    used: Counter[str] = Counter()
    assert [slug(t, used) for t in ("Édith's Été", "Ediths ete", "???", "!!!")] == [
        "ediths-ete",
        "ediths-ete-2",
        "track",
        "track-2",
    ]


def test_the_tables_are_of_the_catalogues_form(tables: Tables):
    assert tables.playlists is not None
    assert tables.plays is not None
    conform("tracks", tables.tracks, TRACKS)
    conform("plays", tables.plays, PLAYS)
    playlists = conform("playlists", tables.playlists, PLAYLISTS)
    known = set(tables.tracks["track_id"])
    assert known.issuperset(playlists["track_id"])
    assert known.issuperset(tables.plays["track_id"])
    each = playlists.group_by("playlist_id").agg(pl.len(), pl.col("track_id").n_unique().alias("unique"))
    assert each.height == 600
    assert each["len"].is_between(8, 20).all()
    assert (each["len"] == each["unique"]).all()
    assert tables.plays["played_s"].is_between(0, demo.ASSUMED_SECONDS).all()
    assert 100 <= tables.plays.height / 60 <= 170


def test_a_seed_gives_the_same_tables_and_another_one_others():
    first, again, other = (
        demo.read(seed=3, listeners=4),
        demo.read(seed=3, listeners=4),
        demo.read(seed=4, listeners=4),
    )
    for name in ("tracks", "playlists", "plays"):
        assert_frame_equal(getattr(first, name), getattr(again, name))
    assert_frame_equal(first.tracks, other.tracks)
    assert first.playlists is not None
    assert other.playlists is not None
    assert first.playlists["track_id"].to_list() != other.playlists["track_id"].to_list()


def test_more_listeners_leave_the_first_ones_as_they_were():
    few, more = demo.read(listeners=2).playlists, demo.read(listeners=3).playlists
    assert few is not None
    assert more is not None
    assert_frame_equal(few, more.head(few.height))


def test_a_listeners_planted_genres_can_be_read_off_the_playlists(tables: Tables):
    library = demo.Library(songs())
    popularity = demo._popularity(library, np.random.default_rng([0, 0]))
    assert tables.playlists is not None
    heard = tables.playlists.join(tables.tracks, on="track_id").select("user_id", "genre")
    shares = []
    for number in range(1, 61):
        planted = demo.listener(library, popularity, np.random.default_rng([0, number])).genres
        own = heard.filter(pl.col("user_id") == f"listener-{number:03d}")["genre"]
        shares.append(own.is_in(planted).mean())
        top = own.value_counts(sort=True)["genre"].head(5).to_list()
        assert len(set(planted) & set(top)) >= 2
    assert np.mean(shares) > 0.6  # by chance: 2.5 of 23 genres


def test_few_tracks_are_popular_and_most_are_not(tables: Tables):
    assert tables.playlists is not None
    counts = tables.playlists["track_id"].value_counts()["count"].sort(descending=True)
    tenth = counts.head(tables.tracks.height // 10).sum() / counts.sum()
    assert tenth > 0.25


def test_an_artists_playlist_starts_from_the_artist(tables: Tables):
    assert tables.playlists is not None
    around = tables.playlists.filter(pl.col("title").str.ends_with(" and friends")).join(
        tables.tracks.select("track_id", "artist"), on="track_id"
    )
    has_own = around.group_by("playlist_id").agg(
        (pl.col("artist") + " and friends" == pl.col("title")).any().alias("own")
    )
    assert has_own["own"].mean() > 0.8  # a tenth of the slots is noise


def test_it_imports_into_a_workspace_and_splits_by_date(tmp_path):
    workspace = Workspace(tmp_path / "demo")
    add(workspace, demo.read(listeners=5))
    catalogue = Catalogue.load(workspace)
    assert len(catalogue) >= 1200
    dates = catalogue.playlists.group_by("split").agg(
        pl.col("created_at").min().alias("first"), pl.col("created_at").max().alias("last")
    )
    rows = {row["split"]: row for row in dates.iter_rows(named=True)}
    assert rows["train"]["last"] <= rows["validation"]["first"] <= rows["test"]["first"]


def test_new_tracks_come_only_in_the_newest_playlists_and_are_cold(tmp_path):
    workspace = Workspace(tmp_path / "demo")
    tables = demo.read(listeners=100)
    add(workspace, tables)
    catalogue = Catalogue.load(workspace)
    assert 0.02 < catalogue.cold.mean() < 0.06  # 100 listeners leave some others unheard
    cold = [i for i, is_cold in zip(catalogue.ids, catalogue.cold, strict=True) if is_cold]
    lists = catalogue.playlists
    found = lists.filter(pl.col("track_id").is_in(cold))
    assert found["split"].unique().sort().to_list() == ["test", "validation"]
    assert found["track_id"].n_unique() >= 0.8 * demo.NEW * len(catalogue)
    newest = lists.filter(pl.col("created_at") >= demo.SINCE)
    share = newest["track_id"].is_in(cold).mean()
    assert share is not None
    assert 0.04 < share < 0.15


def test_no_listener_at_all_is_an_error():
    with pytest.raises(SegueError, match="at least one listener"):
        demo.read(listeners=0)
