"""The readers of replication sets in benchmarks/replication_sets.py, on tiny made-up files."""

import gzip
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from segue.data.catalogue import Catalogue
from segue.data.log import Log
from segue.kit.errors import SegueError


@pytest.fixture(scope="module")
def datasets() -> ModuleType:
    path = Path(__file__).parents[1] / "benchmarks" / "replication_sets.py"
    spec = importlib.util.spec_from_file_location("benchmark_datasets", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sequences(log: Log) -> dict[str, list[str]]:
    """The tracks of each listener, in order."""
    return {u: [log.ids[r] for r in rows] for u, rows in zip(log.users, log.sequences(), strict=True)}


def held_out(log: Log, split: str) -> dict[str, str]:
    """The held-out track of each listener."""
    return {log.users[log.owner[e]]: log.ids[log.rows[e]] for e in log.targets(split)}  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ml-1m.txt").write_text("1 20\n1 3\n1 20\n2 7\n2 3\n2 9\n2 20\n3 9\n")
    (tmp_path / "Beauty.txt").write_text("1 20 3 20\n2 7 3 9 20\n\n3 9\n")
    return tmp_path


@pytest.mark.parametrize(("name", "file"), [("ml-1m", "ml-1m.txt"), ("beauty", "Beauty.txt")])
def test_both_forms_of_a_file_give_the_same_log(
    datasets: ModuleType, folder: Path, name: str, file: str
) -> None:
    workspace = datasets.prepare(name, folder / file, folder / "w")
    log = Log.load(workspace, Catalogue.load(workspace))
    assert sequences(log) == {"1": ["20", "3", "20"], "2": ["7", "3", "9", "20"], "3": ["9"]}
    assert held_out(log, "test") == {"1": "20", "2": "20"}
    assert held_out(log, "validation") == {"1": "3", "2": "9"}
    assert list(log.ids) == ["20", "3", "7", "9"]


def test_prepare_goes_on_where_it_was_and_refuses_other_data(datasets: ModuleType, folder: Path) -> None:
    datasets.prepare("beauty", folder / "Beauty.txt", folder / "w")
    made = (folder / "w/listening/card.json").stat().st_mtime_ns
    datasets.prepare("beauty", folder / "Beauty.txt", folder / "w")
    assert (folder / "w/listening/card.json").stat().st_mtime_ns == made
    (folder / "Beauty.txt").write_text("1 2 3 4\n")
    with pytest.raises(SegueError, match="other data"):
        datasets.prepare("beauty", folder / "Beauty.txt", folder / "w")


def test_a_made_up_time_says_nothing_about_how_long_was_heard(datasets: ModuleType, folder: Path) -> None:
    workspace = datasets.prepare("ml-1m", folder / "ml-1m.txt", folder / "w")
    log = Log.load(workspace, Catalogue.load(workspace))
    assert not (log.completion == log.completion).any()


@pytest.mark.parametrize(
    ("name", "text"),
    [("ml-1m", "1 2 3\n4 5 6\n"), ("ml-1m", "1\n2\n"), ("ml-1m", ""), ("beauty", "1 2\n2\n"), ("beauty", "")],
)
def test_bad_files_are_one_line(datasets: ModuleType, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(SegueError, match="file"):
        datasets.READERS[name](tmp_path / "file")
    with pytest.raises(SegueError, match="nothing"):
        datasets.READERS[name](tmp_path / "nothing")


def test_nyphil(datasets: ModuleType, tmp_path: Path) -> None:
    plays = [
        "programme_id,date,position,conductor,track_id",
        'b,1900-01-02,10,"Mahler, Gustav",t1',
        'b,1900-01-02,2,"Mahler, Gustav",t2',
        "b,1900-01-02,3,,t1",
        'a,1900-01-02,0,"Mahler, Gustav",t3',
        'c,1890-01-02,0,"Mahler, Gustav",t1',
        'c,1890-01-02,1,"Seidl, Anton",t2',
    ]
    tracks = 'track_id,artist,title\nt1,"Bach, J. S.",AIR\nt2,Wagner,TANNHÄUSER\nt3,Liszt,TASSO\n'
    for name, text in (("plays", "\n".join(plays) + "\n"), ("tracks", tracks)):
        (tmp_path / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    tables = datasets.nyphil(tmp_path)
    assert tables.dropped == {"play without a conductor": 1}
    mahler = tables.plays.filter(tables.plays["user_id"] == "Mahler, Gustav")
    assert mahler["track_id"].to_list() == ["t1", "t3", "t2", "t1"]
    times = mahler["played_at"].dt.to_string("%Y-%m-%d %H:%M").to_list()
    assert times == ["1890-01-02 20:00", "1900-01-02 20:00", "1900-01-02 21:32", "1900-01-02 21:40"]
    workspace = datasets.prepare("nyphil", tmp_path, tmp_path / "w")
    log = Log.load(workspace, Catalogue.load(workspace))
    assert sequences(log)["Mahler, Gustav"] == ["t1", "t3", "t2", "t1"]
    assert log.sessions[log.starts[0] : log.starts[1]].tolist() == [1, 2, 3, 3]


def test_an_unknown_set_names_the_known_ones(datasets: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="ml-1m, beauty, nyphil"):
        datasets.prepare("netflix", tmp_path, tmp_path / "w")
