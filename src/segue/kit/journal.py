"""A file of JSON lines to which each entry is added the moment it is there; survives being killed."""

import fcntl
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from segue.kit.errors import SegueError


class Lines:
    """The entries of a file; open it with `with` to add to it.

    Args:
        take: what to do with each entry, of those that are there and of those that are added.
        what: what the file is, for errors ("a journal of ratings").

    Raises:
        SegueError: the file holds something else.
    """

    def __init__(self, path: Path, take: Callable[[dict[str, Any]], None], what: str) -> None:
        self.path, self.what, self._take = path, what, take
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._whole = 0
        self._read(0)

    def _read(self, start: int) -> None:
        """Take in every whole line; a last one without its end was being written when the run was killed."""
        self._whole = start
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(start)
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    self._take(json.loads(line))
                except (ValueError, KeyError, TypeError):
                    cure = "mend or delete that line"
                    raise SegueError(f"not {self.what}", f"{self.path}:{number}", cure) from None
                self._whole += len(line)

    def __enter__(self) -> Self:
        """Open it for adding; raises `SegueError` where another run is adding to it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab")
        try:
            # The system lifts it when the process ends, however it ends: no lock file is left behind a
            # kill.
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            cure = "wait for it: two at once would pay twice"
            raise SegueError("another run is asking for this workspace", str(self.path), cure) from None
        self._read(self._whole)  # a run that has just ended may have added to it
        # What a killed run left half written would run into the next entry.
        self._file.truncate(self._whole)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, entry: dict[str, Any]) -> None:
        """Keep an entry; it is on the disk when this returns."""
        if self._file is None:
            raise ValueError("the journal is not open")
        line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()
            # An answer was paid for: it must outlast a loss of power, too.
            os.fsync(self._file.fileno())
            self._whole += len(line)
            self._take(entry)
