"""The journal of a pass over files: every finished row, and which content each file had; one SQLite file.

A row is committed as soon as it is made, so a process killed at any moment loses only what it had in hand.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import sys
import time
from collections.abc import Container, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from safetensors.numpy import load, save

from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.passes.readers import AudioError, opened, unreachable

log = logging.getLogger(__name__)

TABLES = """
CREATE TABLE IF NOT EXISTS rows (
  work TEXT, key TEXT, arrays BLOB, facts TEXT, error TEXT, PRIMARY KEY (work, key));
CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, key TEXT);
"""


@dataclass(frozen=True)
class Row:
    """What one file gave.

    Args:
        error: why it gave nothing; empty where all went well.
        passing: the error lies outside the file (no permission, gone, out of memory): not kept in the
            journal, so the next run tries again.
    """

    arrays: dict[str, Floats] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    passing: bool = False


@contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """The journal in a file, which is made where there is none.

    Raises:
        SegueError: on opening or any use: the file is no journal, is damaged or cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path, timeout=60.0)) as database:
            # A write-ahead log makes a commit cheap enough for one a row; a killed process loses none of it.
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.executescript(TABLES)
            yield Journal(database)
    except sqlite3.Error as error:
        cure = "free some space, or delete the file: every recording is then read again"
        raise SegueError(f"the journal cannot be used ({error})", str(path), cure) from None


class Journal:
    """An open journal (see `open_journal`)."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def keys(self, work: str) -> set[str]:
        """The keys of the rows that a work has made."""
        return {key for (key,) in self._database.execute("SELECT key FROM rows WHERE work = ?", (work,))}

    def put(self, work: str, key: str, row: Row) -> None:
        """Keep a row, at once."""
        facts = json.dumps(row.facts, sort_keys=True)
        error = row.error.encode("utf-8", "replace").decode()  # names of files need not be Unicode
        values = (work, key, save(row.arrays) if row.arrays else b"", facts, error)
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)", values)

    def rows(self, work: str, keys: Container[str]) -> Iterator[tuple[str, Row]]:
        """The rows of a work with their keys, one after the other, in no order; memory holds one."""
        query = "SELECT key, arrays, facts, error FROM rows WHERE work = ?"
        for key, arrays, facts, error in self._database.execute(query, (work,)):
            if key in keys:
                yield key, Row(load(arrays) if arrays else {}, json.loads(facts), error)

    def forget(self, work: str) -> None:
        """Drop the rows of a work."""
        with self._database:
            self._database.execute("DELETE FROM rows WHERE work = ?", (work,))

    def content_key(self, path: Path) -> str:
        """The key of a file's content; not committed (see `commit`).

        Raises:
            AudioError: it is empty, not a regular file, or cannot be read.
        """
        with opened(path) as file:
            try:
                # Of the open file, not of the name: it may be replaced in between.
                found = os.fstat(file.fileno())
                # As bytes: a name of a file need not be text.
                known = (os.fsencode(path.absolute()), found.st_size, found.st_mtime_ns)
                query = "SELECT key FROM files WHERE path = ? AND size = ? AND mtime_ns = ?"
                row = self._database.execute(query, known).fetchone()
                if row is not None:
                    return str(row[0])
                digest = blake2b(digest_size=16)
                while block := file.read(1 << 20):
                    digest.update(block)
            except OSError as error:
                raise unreachable(error) from None
        key = digest.hexdigest()
        self._database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (*known, key))
        return key

    def commit(self) -> None:
        """Make what was written last."""
        self._database.commit()


def content_keys(
    paths: Sequence[Path], journal: Path, errors: dict[Path, str] | None = None, *, title: str = ""
) -> dict[Path, str]:
    """The key of each file's content; a file whose size and time have not changed is not read again.

    Args:
        errors: gets why each file that has no key has none.

    Returns:
        path -> key (32 hexadecimal digits), without the files that are empty or cannot be read.
    """
    keys: dict[Path, str] = {}
    # Mostly over in no time; a bar that vanishes would leave an empty line where there is no terminal.
    hidden = not title or not sys.stderr.isatty()
    with open_journal(journal) as book:
        saved = time.monotonic()
        for path in watched(paths, title, hidden=hidden):
            try:
                keys[path] = book.content_key(path)
            except AudioError as error:
                if errors is not None:
                    errors[path] = error.reason
            # A commit a file would cost more than the reading of small ones.
            if time.monotonic() - saved > 1.0:
                book.commit()
                saved = time.monotonic()
        book.commit()
    return keys
