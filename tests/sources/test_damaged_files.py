"""Files that were cut, doubled, shuffled, hit by a stray byte: a clear line or an import, no traceback.

2,000 damaged files of each format (of LastFM-1K, which knows nothing but lines, 20 of them in one file).
Every file is read; for one in forty of the tables (all with `SEGUE_ALL_DAMAGED`, which takes minutes) the
cells are typed and the import is carried out but for the writing; and a few go through the command, whose
workspace must stay whole.
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
from made_files import LOGS, OTHERS, ROWS, TABLES, delimited

from command import segue
from segue.data.catalogue import Catalogue, Tables
from segue.importing.add import add
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace
from segue.sources import tables

N = 2000
FOLDER = 100
"""Damaged files of a log that are read as one folder."""


def damaged(raw: bytes, rng: random.Random) -> bytes:
    """The file after one to three accidents."""
    for _ in range(rng.randint(1, 3)):
        a, b = sorted((rng.randrange(len(raw) + 1), rng.randrange(len(raw) + 1)))
        rows = raw.split(b"\n")
        kind = rng.randrange(9)
        if kind == 0:
            raw = raw[:a]
        elif kind == 1:
            raw = raw[:a] + raw[b:]
        elif kind == 2:
            raw = raw[:b] + raw[a:]
        elif kind == 3:
            rng.shuffle(rows)
            raw = b"\n".join(rows)
        elif kind == 4:
            raw = bytes(c if rng.random() > 0.01 else rng.randrange(256) for c in raw)
        elif kind == 5:
            raw = raw[:a] + rng.choice(STRAY) + raw[a:]
        elif kind == 6:
            raw = raw.replace(rng.choice(MARKS), rng.choice(MARKS), rng.randint(1, 5))
        elif kind == 7:
            raw = raw.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"")))
        else:
            raw = raw[a:b]
    return raw


MARKS = [b",", b";", b"\t", b'"', b"'", b"\n", b"{", b"}", b"[", b"]", b":", b"0", b"1", b"null", b"", b"\\"]
STRAY = [
    b"\0",
    b"\xff",
    b"\xed\xa0\xbc",
    b"\\ud83c",
    b'"',
    b'""',
    b"\r",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"NaN",
    b"1e999",
    b"-Infinity",
    b"9" * 30,
    b"[" * 2000,
    b'{"a":' * 2000,
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"PAR1",
    b"99999-99-99",
    b"['x']",
    b"{'name': 'x'}",
    b"\xc2\xa0",
    b"\x1f\x1e",
    b"sep=;\n",
    b"true",
    b"0x10",
    b"1,234.5",
    b"\xe2\x80\xa8",
]


def rows_of(found: Tables) -> None:
    """Every row that came is there or left out for a reason."""
    heights = {
        "tracks": found.tracks.height,
        "plays": 0 if found.plays is None else found.plays.height,
        "playlists": 0 if found.playlists is None else found.playlists.height,
        "dialogues": len(found.dialogues),
    }
    for table, height in heights.items():
        found.dropped.check(table, height)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace that knows the tracks of the made files."""
    folder = tmp_path_factory.mktemp("known")
    (folder / "tracks.csv").write_bytes(delimited(","))
    workspace = Workspace(folder / "w")
    add(workspace, tables.read(folder / "tracks.csv"))
    return workspace


@pytest.mark.parametrize("form", [*TABLES, *OTHERS])
def test_a_damaged_file_gives_a_line_or_an_import(form: str, tmp_path: Path, known: Workspace) -> None:
    raw, rows, read = TABLES[form] if form in TABLES else (OTHERS[form][0], OTHERS[form][1], OTHERS[form][1])
    rng, every = random.Random(form), 1 if "SEGUE_ALL_DAMAGED" in os.environ else 40
    read(tmp_path, raw)  # the file itself is whole
    n_read = 0
    copies = 20 if form == "lastfm1k" else 1
    for number in range(N // copies):
        broken = b"\n".join(damaged(raw, rng) for _ in range(copies))
        try:
            if number % every:
                rows(tmp_path, broken)
            else:
                found = read(tmp_path, broken)
                rows_of(found)
                add(known, found, check=True)
            n_read += 1
        except SegueError as refused:
            if "fault of segue" in str(refused) or "\n" in str(refused):
                raise AssertionError(f"{refused} from {broken!r}") from refused
        except Exception as error:  # the file that did it must be in the message
            raise AssertionError(f"{error!r} from {broken!r}") from error
    assert n_read > N / copies / 20, "most accidents leave something to read"


@pytest.mark.parametrize("form", LOGS)
def test_damaged_files_of_a_log_give_a_line_or_an_import(form: str, tmp_path: Path, known: Workspace) -> None:
    raw, ending, read = LOGS[form]
    rng = random.Random(form)
    for part in range(N // FOLDER):
        folder = tmp_path / str(part)
        folder.mkdir()
        for number in range(FOLDER):
            (folder / f"{number:03d}{ending}").write_bytes(damaged(raw, rng))
        found = read(folder)
        rows_of(found)
        report = add(known, found, check=True)
        assert report.new["plays"] > 0
        told = {*report.dropped.barren}
        assert told <= {f"{number:03d}{ending}" for number in range(FOLDER)}


@pytest.mark.parametrize("form", ["tracks.csv", "plays.csv", "dialogues.jsonl"])
def test_the_command_never_leaves_half_a_workspace(form: str, tmp_path: Path, known: Workspace) -> None:
    raw = (TABLES | OTHERS)[form][0]
    rng = random.Random(1)
    table = form.split(".")[0]
    for number in range(12):
        workspace = Workspace(tmp_path / f"w{number}")
        shutil.copytree(known.root, workspace.root)
        before = Catalogue.load(workspace)
        (tmp_path / form).write_bytes(damaged(raw, rng))
        result = segue("import", "tables", tmp_path / form, workspace.root, "--table", table)
        after = Catalogue.load(workspace)
        assert after.ids[: len(before)].tolist() == before.ids.tolist() == [row["track_id"] for row in ROWS]
        if result.code:
            assert result.err.count("\n") == 1, result.err
            assert after.tracks.equals(before.tracks)
            assert after.plays.equals(before.plays)
        assert not list(workspace.root.rglob(".*")), "nothing half done lies about"
