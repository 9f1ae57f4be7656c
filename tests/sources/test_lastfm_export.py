"""Last.fm histories as the exporters write them: the same plays from every form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command import works
from segue.data.catalogue import Catalogue
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources import lastfm_export

UTS = 1_270_468_740
FORMS = {
    "ghan.csv": (
        "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
        f'"{UTS}","05 Apr 2010, 11:59","Zion","","","","Heat, again",""\n'
        f'"{UTS - 300}","05 Apr 2010, 11:54","Band","","LP","","Song",""\n'
    ),
    "lastfm-to-csv.csv": 'Zion,,"Heat, again",05 Apr 2010 11:59\nBand,LP,Song,05 Apr 2010 11:54\n',
    "lastexport.txt": f"{UTS}\tHeat, again\tZion\t\t\t\t\n{UTS - 300}\tSong\tBand\tLP\t\t\t\n",
    "named.csv": (
        ";Username;Artist;Track;Album;Date;Time\n"
        "0;me;Zion;Heat, again;;05 Apr 2010;11:59\n1;me;Band;Song;LP;05 Apr 2010;11:54\n"
    ),
    "pages.json": json.dumps(
        [
            {
                "recenttracks": {
                    "track": [
                        {"artist": {"#text": "Zion"}, "name": "Heat, again", "@attr": {"nowplaying": "true"}},
                        {"artist": {"#text": "Zion"}, "name": "Heat, again", "date": {"uts": str(UTS)}},
                    ],
                    "@attr": {"page": "1"},
                }
            },
            {
                "track": {
                    "artist": {"name": "Band"},
                    "name": "Song",
                    "album": {"#text": "LP"},
                    "date": {"uts": UTS - 300},
                }
            },
        ]
    ),
    "player.scrobbler.log": (
        "#AUDIOSCROBBLER/1.1\n#TZ/UTC\n#CLIENT/x\n"
        f"Zion\t\tHeat, again\t1\t200\tL\t{UTS}\t\nBand\tLP\tSong\t2\t200\tL\t{UTS - 300}\t\n"
        f"Band\tLP\tSkipped\t2\t200\tS\t{UTS - 900}\t\n"
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_plays(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FORMS[name], "utf-8")
    found = lastfm_export.read(tmp_path / name)
    assert found.plays is not None
    joined = found.plays.join(found.tracks, on="track_id", maintain_order="left").select(
        "user_id", "artist", "title", "album"
    )
    assert joined.rows() == [("me", "Band", "Song", "LP"), ("me", "Zion", "Heat, again", None)]
    assert [int(t.timestamp()) for t in found.plays["played_at"]] == [UTS - 300, UTS]
    assert sum(found.dropped.values()) == (name in ("pages.json", "player.scrobbler.log"))


def test_the_command_reads_a_folder_and_names_what_gave_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "ghan.csv").write_text(FORMS["ghan.csv"], "utf-8")
    (folder / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    printed = works("import", "lastfm_export", folder, tmp_path / "w", "--user", "ana")
    assert "nothing came from other.csv (no columns of artist and title (it has: a, b))" in printed
    assert set(Catalogue.load(Workspace(tmp_path / "w")).plays["user_id"]) == {"ana"}


def test_what_cannot_be_used_is_counted(tmp_path: Path) -> None:
    text = "uts,artist,track\n1,Band,Song\n1270468740,,Song\n1270468740,Band,\n1270468740,Band,Song\n"
    (tmp_path / "x.csv").write_text(text, "utf-8")
    found = lastfm_export.read(tmp_path / "x.csv")
    assert found.dropped == {
        "play without a time from 1990 to tomorrow": 1,
        "play without artist or title": 2,
    }
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(SegueError, match="no columns of artist and title"):
        lastfm_export.read(tmp_path / "x.csv")
