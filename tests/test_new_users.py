"""What people do who have not read the manual: each is done, or told in one line that says the cure."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

from command import refused, segue, works
from segue import __version__
from segue.cli import app
from segue.data.library import Library
from segue.kit import wheels
from segue.kit.errors import SegueError, of_system, readable


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("import", "`segue import` needs SOURCE; see `segue import --help`"),
        ("import tables", "`segue import` needs FROM"),
        ("iport tables", "no 'iport' in `segue`; did you mean 'import'? There are: import, build, "),
        ("rate music", "`segue rate` needs a value for --model"),
        ("fit /music bm25", "'/music' comes last: `segue fit NAME /music`; the names: popularity"),
        ("fit bm25 music --k1 1", "Unknown option: --k1;"),
        ("import tables x.csv music --validation nan", "nothing to train on"),
        ("import tables x.csv music --test -1", "or are no shares"),
    ],
)
def test_a_command_that_lacks_something(
    typed: str, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("track_id,title,artist\n1,A,B\n")
    assert wanted in refused(*typed.split())
    assert not Path("music").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_modules_load(sent: signal.Signals, tmp_path: Path) -> None:
    # The first module that the command loads waits for the signal in the real one's place.
    folder = tmp_path / "cyclopts"
    folder.mkdir()
    (folder / "__init__.py").write_text("print('loading', flush=True)\nimport time\ntime.sleep(60)\n")
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    command = [sys.executable, "-c", "from segue.cli import main; main()"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    process.send_signal(sent)
    _, err = process.communicate(timeout=60)
    assert err == "segue: stopped; the same command goes on where it stopped\n"
    assert process.returncode == 128 + sent


def test_an_error_of_the_system_names_the_place_and_the_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hidden = str(tmp_path / "models" / ".bm25.c247a239" / "card.json")

    def denied(*args: object, **kwargs: object) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), hidden)

    monkeypatch.setattr(app, "app", denied)
    assert refused("fit") == (
        f"segue: {tmp_path}/models/bm25: permission denied; run as its owner, or change its mode\n"
    )
    with pytest.raises(SegueError, match=r"^x.csv: permission denied; run as"), readable("x.csv", "again"):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert str(of_system(OSError(errno.ENOENT, "No such file or directory", "/a"))) == (
        "/a: no such file or directory"
    )
    assert str(of_system(OSError("odd"), "here")) == "here: odd"


def test_a_title_does_not_steer_the_terminal_from_an_error(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("track_id,title,artist\n1,A,B\n")
    result = segue("import", "tables", tmp_path / "\x1b[31mno.csv", tmp_path / "music")
    assert "\x1b" not in result.err
    assert result.code == 2


def test_a_hub_without_an_address_is_not_asked_for_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    def unknown(*args: object) -> NoReturn:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr("segue.kit.wheels.socket.getaddrinfo", unknown)
    monkeypatch.setattr(wheels, "getproxies", dict)
    wheels.ask_hub.cache_clear()
    from segue.encoders.text import TextEncoder

    start = time.monotonic()
    with pytest.raises(SegueError, match=r"^no-such-model: no text model to load"):
        TextEncoder("no-such-model").encode(["a"])
    assert time.monotonic() - start < 30
    wheels.ask_hub.cache_clear()


def test_ids_that_lost_their_zeros_are_told_with_one_of_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("track_id,title,artist\n001,A,B\n002,C,D\n")
    (tmp_path / "p.csv").write_text("playlist_id,track_id\np,1\np,2\n")
    works("import", "tables", tmp_path / "t.csv", tmp_path / "music")
    told = refused("import", "tables", tmp_path / "p.csv", tmp_path / "music", "--table", "playlists")
    assert "unknown track (1, 2)" in told
    assert told.endswith("; ids here are written as '001'\n")


@pytest.mark.parametrize(
    ("source", "flag"),
    [("tables", "--url=http://x"), ("tables", "--user=ann"), ("spotify_history", "--columns.title=Song")],
)
def test_an_option_of_another_source_is_not_passed_over(source: str, flag: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("track_id,title,artist\n001,A,B\n")
    told = refused("import", source, tmp_path / "t.csv", tmp_path / "music", flag)
    assert f"the source {source} knows no {flag.split('=')[0].split('.')[0]};" in told
    assert not (tmp_path / "music").exists()


def test_a_bar_that_vanishes_leaves_nothing_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "endsong_0.json").write_text("[{")
    assert refused("import", "spotify_history", tmp_path / "endsong_0.json", tmp_path / "music")


def test_python_runs_the_package() -> None:
    told = subprocess.run([sys.executable, "-m", "segue", "--version"], capture_output=True, text=True)
    assert (told.returncode, told.stdout.strip()) == (0, __version__)


def test_build_hands_on_only_what_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def enough(workspace: Path) -> NoReturn:
        raise SegueError("far enough")

    monkeypatch.setattr("segue.cli.building._features", enough)
    (tmp_path / "t.csv").write_text("title,artist\nA,B\n")
    assert "far enough" in refused("build", "tables", tmp_path / "t.csv", tmp_path / "music")
    assert "knows no --also" in refused("build", "tables", tmp_path / "t.csv", tmp_path / "m", "--also", "x")
    (tmp_path / "named.csv").write_text("Song,By\nA,B\n")
    flags = ("--columns.title=Song", "--columns.artist=By")
    assert "far enough" in refused("build", "tables", tmp_path / "named.csv", tmp_path / "named", *flags)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "Somebody - A song.txt").write_text("la la la\nlo lo lo\nli li li\n")
    assert "far enough" in refused("build", "folder", tmp_path / "texts", tmp_path / "sung", "--texts")
    assert Library.open(tmp_path / "sung").catalogue.tracks["title"].to_list() == ["A song"]
