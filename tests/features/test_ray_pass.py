import os
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from fake_work import run

import ray_work
from ray_work import Bytes
from segue.kit.errors import SegueError
from segue.passes import ray as ray_pass
from segue.passes.ray import Worker, run_on_ray

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # read when Ray is imported


@pytest.fixture(scope="module")
def ray():
    """A Ray of two processors, once for all tests here: starting one takes seconds."""
    found = pytest.importorskip("ray")
    pytest.importorskip("ray.data")  # wants pandas, which plain Ray does without
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        tests = Path(ray_work.__file__).parent  # Ray's processes import the work
        patch.setenv(
            "PYTHONPATH", os.pathsep.join([str(tests), *os.environ.get("PYTHONPATH", "").split(":")])
        )
        with ray_pass._connected(2):
            yield found
    assert not found.is_initialized()


def write(folder, contents):
    """Files with these contents by key; every other name has a line break, one is not even text."""
    files = {}
    for number, content in enumerate(contents):
        name = f"file\n{number}" if number % 2 else f"file {number}"
        path = folder / (os.fsdecode(b"\xff\xfe") if number == 2 else name)
        path.write_bytes(content)
        files[f"key{number}"] = path
    return files


def same(one, other) -> bool:
    arrays = one.arrays.keys() == other.arrays.keys() and all(
        a.dtype == b.dtype and np.array_equal(a, b)
        for a, b in ((one.arrays[name], other.arrays[name]) for name in one.arrays)
    )
    return arrays and (one.facts, one.error, one.passing) == (other.facts, other.error, other.passing)


@pytest.mark.usefixtures("ray")
def test_two_workers_give_the_rows_of_the_local_pass_and_a_deadly_file_costs_itself(tmp_path):
    deadly = tmp_path / "deadly"
    deadly.write_bytes(b"kills its process")
    files = write(tmp_path, [b"%d" % number * (number + 1) for number in range(10)] + [b"broken", b"a bug"])
    alone = run(tmp_path / "alone.sqlite", files, Bytes())
    together = dict(run_on_ray([("deadly", deadly), *files.items()], Bytes(), 2))
    died = together.pop("deadly")
    assert died.passing
    assert died.error == "the process that read it died 2 times"
    assert together.keys() == alone.keys()
    assert all(same(together[key], alone[key]) for key in files)
    assert alone["key3"].arrays["numbers"].tolist() == [2.0 * ord("3")] * 4


def test_the_pass_keeps_rays_rows_in_its_journal(ray, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_pass, "SLAB", 2)
    files = write(tmp_path, [b"one", b"two", b"three"])
    rows = run(tmp_path / "journal", files, Bytes(), workers=2, engine="ray")
    assert ray.is_initialized()  # what was connected before stays so
    monkeypatch.setattr(ray_pass, "run_on_ray", None)
    again = run(tmp_path / "journal", files, Bytes(), workers=2, engine="ray")
    assert all(same(rows[key], again[key]) for key in files)


@pytest.mark.usefixtures("ray")
def test_files_are_taken_a_slab_at_a_time_and_the_pass_can_be_left(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_pass, "SLAB", 3)
    path = write(tmp_path, [b"one"])["key0"]
    taken = []

    def endless():
        for number in range(1_000_000):
            taken.append(number)
            yield f"key{number}", path

    rows = run_on_ray(endless(), Bytes(), 2)
    assert len(dict(islice(rows, 2))) == 2
    assert len(taken) == 3
    rows.close()


@pytest.mark.usefixtures("ray")
def test_work_that_cannot_be_done_at_all_stops_the_pass_in_one_line(tmp_path):
    files = write(tmp_path, [b"needs a model"])
    with pytest.raises(SegueError, match=r"^here: no model; install it$"):
        list(run_on_ray(files.items(), Bytes(), 1))


def test_what_travels_is_text_and_bytes(tmp_path):
    path = write(tmp_path, [b"", b"", b"broken"])["key2"]
    sent = Worker(Bytes(), 1)({"key": "k", "path": os.fsencode(path)})
    assert {type(value) for value in sent.values()} <= {str, bytes}
    assert sent["rest"].isascii()
    assert same(ray_pass._unpacked(sent), Bytes()(path))


def test_without_ray_the_error_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SegueError, match=r"segue\[scale\]"):
        next(run_on_ray([("a", tmp_path)], Bytes(), 1))
    assert list(run_on_ray([], Bytes(), 1)) == []


def test_an_address_where_no_ray_is_gives_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    pytest.importorskip("ray.data")
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    monkeypatch.setattr("ray.init", raise_connection_error)
    with pytest.raises(SegueError, match=r"127\.0\.0\.1:1: cannot connect to Ray \(nobody there\)"):
        next(run_on_ray([("a", tmp_path)], Bytes(), 1))


def raise_connection_error(*_, **__):
    raise ConnectionError("nobody there\nat all")
