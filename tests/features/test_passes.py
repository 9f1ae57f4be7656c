import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from fake_work import Fake, run

from segue.kit.errors import SegueError
from segue.passes import journal as journal_module
from segue.passes.journal import open_journal
from segue.passes.local import Row, content_keys, go_through

Files = dict[str, Path]


@pytest.fixture
def make_files(tmp_path: Path) -> Callable[..., Files]:
    def make(*texts: str) -> Files:
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        for number, text in enumerate(texts):
            (folder / f"{number:03d}").write_text(text)
        return {f"key{number}": folder / f"{number:03d}" for number in range(len(texts))}

    return make


def same(a: dict[str, Row], b: dict[str, Row]) -> None:
    assert list(a) == list(b)
    for key in a:
        assert (a[key].facts, a[key].error) == (b[key].facts, b[key].error)
        assert a[key].arrays.keys() == b[key].arrays.keys()
        for name in a[key].arrays:
            np.testing.assert_array_equal(a[key].arrays[name], b[key].arrays[name])


def started(log: Path) -> Counter[str]:
    return Counter(line.split()[0] for line in log.read_text().splitlines()) if log.exists() else Counter()


def test_rows_come_back_from_the_journal_as_they_were_made(make_files, tmp_path):
    files = make_files("ok one", "ok ünïcode 🎻", "broken")
    log = tmp_path / "log"
    work = Fake(str(log))
    first = run(tmp_path / "journal", files, work)
    assert first["key1"].facts == {"text": "ok ünïcode 🎻", "n": 12}
    assert first["key1"].arrays["vector"].dtype == np.float32
    assert first["key2"].error == "broken"
    same(run(tmp_path / "journal", files, work), first)
    assert set(started(log).values()) == {1}
    assert len(run(tmp_path / "journal", files, Fake(str(log), name="other"))) == 3
    assert set(started(log).values()) == {2}, "another work has its own rows"


def test_only_new_files_are_read_and_what_was_forgotten(make_files, tmp_path):
    files = make_files("ok a", "ok b", "ok c")
    work = Fake(str(tmp_path / "log"))
    two = {key: files[key] for key in ("key0", "key2")}
    assert go_through(tmp_path / "journal", two, work).n_read == 2
    assert go_through(tmp_path / "journal", files, work).n_read == 1
    with open_journal(tmp_path / "journal") as book:
        assert {key for key, _ in book.rows("fake", {"key1"})} == {"key1"}
        book.forget("fake")
    assert go_through(tmp_path / "journal", files, work).n_read == 3
    assert go_through(tmp_path / "journal", {}, work).n_read == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_what_lies_outside_the_file_is_tried_again(make_files, tmp_path, workers):
    files = make_files("gone", "raise", "ok")
    work = Fake(str(tmp_path / "log"))
    rows = run(tmp_path / "journal", files, work, workers=workers)
    assert [row.error for row in rows.values()] == ["gone", "ValueError: a bug", ""]
    run(tmp_path / "journal", files, work)
    assert started(tmp_path / "log") == {"000": 2, "001": 2, "002": 1}


def test_workers_give_the_same_rows_and_survive_what_kills_them(make_files, tmp_path):
    files = make_files("ok 0", "exit", "ok 2", "killed", "broken", *(f"ok {n}" for n in range(5, 12)))
    alive = {key: path for key, path in files.items() if key not in ("key1", "key3")}
    expected = run(tmp_path / "one", alive, Fake())
    found = run(tmp_path / "two", files, Fake(str(tmp_path / "log")), workers=2)
    same({key: found[key] for key in alive}, expected)
    assert found["key1"].error == "the process that read it died (exit code 7)"
    assert found["key3"].error == "the process that read it died (SIGKILL)"
    assert set(started(tmp_path / "log").values()) == {1}, "no other file was disturbed"
    with open_journal(tmp_path / "two") as book:
        assert book.keys("fake") == files.keys() - {"key3"}, "being killed is nothing to remember"


def test_a_missing_library_ends_the_pass(make_files, tmp_path):
    files = make_files("ok", "no-library", "ok 2")
    for workers in (1, 2):
        with pytest.raises(SegueError, match="no library; install it"):
            run(tmp_path / f"journal{workers}", files, Fake(), workers=workers)


def test_a_worker_that_cannot_start_is_told_apart_from_a_file_that_kills(make_files, tmp_path):
    class Vanishing:
        identity = "vanishing"

        def __call__(self, path: Path) -> Row:
            return Row()

        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return os._exit, (3,)

    with pytest.raises(SegueError, match="could not start"):
        run(tmp_path / "journal", make_files("ok", "ok 2"), Vanishing(), workers=2)


@pytest.mark.parametrize(("workers", "moments"), [(1, (1, 4, 9, 15)), (2, (3, 10))])
def test_killed_at_any_moment_it_loses_at_most_the_files_in_hand(make_files, tmp_path, workers, moments):
    files = make_files(*(f"ok {'x' * n}" for n in range(16)))
    log, journal = tmp_path / "log", tmp_path / "journal"
    script = Path(__file__).parent / "fake_work.py"
    command = [
        sys.executable,
        str(script),
        str(tmp_path / "files"),
        str(journal),
        str(log),
        str(workers),
        ".1",
    ]
    kills = 0
    for stop_at in moments:
        process = subprocess.Popen(command)
        while process.poll() is None and started(log).total() < stop_at + kills * workers:
            time.sleep(0.01)
        time.sleep(0.02 * kills)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, check=True, timeout=60)
    assert kills == len(moments)
    assert started(log).keys() == {path.name for path in files.values()}
    assert started(log).total() <= len(files) + kills * workers
    keyed = {key: path for path, key in content_keys(list(files.values()), journal).items()}
    same(run(journal, keyed, Fake()), run(tmp_path / "uninterrupted", keyed, Fake()))
    pids = {int(line.split()[1]) for line in log.read_text().splitlines()}
    assert not [pid for pid in pids if alive(pid)], "no worker outlives the pass"


def alive(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return False
        time.sleep(0.02)
    return pid != os.getpid()


def test_ctrl_c_stops_cleanly(make_files, tmp_path):
    make_files(*(f"ok {'x' * n}" for n in range(30)))
    log, journal = tmp_path / "log", tmp_path / "journal"
    script = Path(__file__).parent / "fake_work.py"
    command = [sys.executable, str(script), str(tmp_path / "files"), str(journal), str(log), "2", "0.1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while started(log).total() < 4:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode != 0
    assert errors.count("Traceback") == 1, errors
    with open_journal(journal) as book:
        assert 2 <= len(book.keys("fake")) < 30


def test_the_key_of_a_file_is_its_content(tmp_path, monkeypatch):
    a, b, c = (tmp_path / name for name in ("a", "line\nbreak", "c"))
    a.write_text("same")
    b.write_text("same")
    c.write_text("other")
    journal = tmp_path / "journal"
    keys = content_keys([a, b, c], journal)
    assert keys[a] == keys[b] != keys[c]
    reads: list[int] = []

    def counted(**options: int) -> object:
        reads.append(1)
        return blake2b(**options)

    monkeypatch.setattr(journal_module, "blake2b", counted)
    assert content_keys([a, b, c], journal) == keys
    assert not reads, "an unchanged file is not read again"
    c.write_text("other now")
    assert content_keys([c], journal)[c] != keys[c]
    assert len(reads) == 1
    a.rename(tmp_path / "moved")
    assert content_keys([tmp_path / "moved"], journal)[tmp_path / "moved"] == keys[a]


def test_files_without_a_key_say_why(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "good").write_text("good")
    names = ("empty", "folder", "loop", "pipe", "vanished", "good")
    errors: dict[Path, str] = {}
    keys = content_keys([tmp_path / name for name in names], tmp_path / "journal", errors)
    assert [path.name for path in keys] == ["good"]
    reasons = {path.name: reason for path, reason in errors.items()}
    assert reasons.keys() == set(names) - {"good"}
    assert "zero bytes" in reasons["empty"]
    assert "not there" in reasons["vanished"]


def test_a_damaged_journal_is_one_clear_line(make_files, tmp_path):
    (tmp_path / "journal").write_bytes(b"this is no database, it is words\n" * 100)
    with pytest.raises(SegueError, match=r"journal cannot be used.*delete the file"):
        run(tmp_path / "journal", make_files("ok"), Fake())


def test_rows_without_arrays_and_odd_errors_are_kept(tmp_path):
    with open_journal(tmp_path / "journal") as book:
        book.put("w", "a", Row(error="name \udcff broken"))
        book.put("w", "b", Row({"x": np.zeros((0, 3), np.float32)}, {"text": "\udcff\x00"}))
    with open_journal(tmp_path / "journal") as book:
        rows = dict(book.rows("w", {"a", "b"}))
    assert rows["a"].error == "name ? broken"
    assert rows["b"].arrays["x"].shape == (0, 3)
    assert rows["b"].facts == {"text": "\udcff\x00"}
