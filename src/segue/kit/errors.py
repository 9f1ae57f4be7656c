"""The one exception that the command line turns into a one-line message, and what makes it of others."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SegueError(Exception):
    """Something the user can mend: says what is wrong, where, and the cure, in one line.

    Args:
        what: what is wrong, without a full stop.
        where: the file, table or id it is wrong in, or "" where that is plain.
        cure: what to do about it.
    """

    def __init__(self, what: str, where: str = "", cure: str = "") -> None:
        self.what, self.where, self.cure = what, where, cure
        parts = [f"{where}: {what}" if where else what]
        if cure:
            parts.append(cure)
        super().__init__("; ".join(parts))

    @property
    def told(self) -> dict[str, str]:
        """Its parts by name, as a server answers them."""
        return {"what": self.what, "where": self.where, "cure": self.cure}


def of_system(error: OSError, where: Path | str = "", cure: str = "") -> SegueError:
    """An error of the system in one line: what, at which file, and the cure where there is one."""
    cures = {
        errno.ENOSPC: "free some and run the same command again, it goes on where it stopped",
        errno.EACCES: "run as its owner, or change its mode",
        errno.EROFS: "name a folder that can be written to",
    }
    if error.strerror is None:
        return SegueError(str(error) or type(error).__name__, str(where), cure)
    # Safe to say: what is written whole is written beside its place first, under a hidden name.
    place = re.sub(r"/\.([^/]+?)\.(partial-)?[0-9a-f]{8,16}(/.*)?$", r"/\1", str(error.filename or where))
    return SegueError(error.strerror.lower(), place, cures.get(error.errno or 0, cure))


@contextmanager
def readable(where: Path | str, cure: str = "", *errors: type[Exception]) -> Iterator[None]:
    """Within it an error of the system, or one of `errors`, says in one line that `where` cannot be read."""
    kinds: tuple[type[Exception], ...] = (OSError, *errors)
    try:
        yield
    except PermissionError as error:
        raise of_system(error, where) from None
    except kinds as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SegueError(f"cannot be read ({reason})", str(where), cure) from None


@contextmanager
def needed(what: str, extra: str, where: str = "") -> Iterator[None]:
    """Within it a library that cannot be imported is told as `what`, with the extra that brings it."""
    try:
        yield
    except ImportError:
        raise SegueError(what, where, f"pip install 'segue[{extra}]'") from None
