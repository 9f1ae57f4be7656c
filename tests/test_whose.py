"""A second person's log never becomes "me" without a word."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from segue.cli.importing import import_
from segue.importing.options import Options
from segue.kit.errors import SegueError


def log(folder: Path, name: str, tracks: dict[str, int]) -> Path:
    """A plain Spotify history: a play of each song on a day of May."""
    plays = [
        {"endTime": f"2024-05-{day:02} 12:00", "artistName": "Band", "trackName": song, "msPlayed": 200_000}
        for song, day in tracks.items()
    ]
    (folder / name).mkdir()
    (folder / name / "StreamingHistory0.json").write_text(json.dumps(plays))
    return folder / name


def listeners(workspace: Path) -> dict[str, int]:
    plays = pl.read_parquet(workspace / "catalogue" / "plays.parquet")
    return dict(plays["user_id"].value_counts().iter_rows())


def test_a_second_log_asks_whose_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "ws"
    import_("spotify_history", log(tmp_path, "ann", {"A": 1, "B": 2}), home)
    assert "'me'" in capsys.readouterr().out
    other = log(tmp_path, "bob", {"A": 3, "C": 4})
    with pytest.raises(SegueError, match=r"whose plays are these.*--user NAME"):
        import_("spotify_history", other, home)
    assert listeners(home) == {"me": 2}
    import_("spotify_history", other, home, options=Options(user="bob"))
    assert listeners(home) == {"me": 2, "bob": 2}


def test_a_later_export_of_the_same_person_is_known_by_its_plays(tmp_path: Path) -> None:
    home = tmp_path / "ws"
    import_("spotify_history", log(tmp_path, "one", {"A": 1, "B": 2}), home)
    import_("spotify_history", log(tmp_path, "two", {"B": 2, "C": 4}), home)
    assert listeners(home) == {"me": 3}
    import_("spotify_history", log(tmp_path, "three", {"D": 9}), home, options=Options(user="me"))
    assert listeners(home) == {"me": 4}
