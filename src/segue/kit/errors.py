"""The one exception that the command line turns into a one-line message, and what makes it of others."""

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


@contextmanager
def readable(where: Path | str, cure: str = "", *errors: type[Exception]) -> Iterator[None]:
    """Within it an error of the system, or one of `errors`, says in one line that `where` cannot be read."""
    kinds: tuple[type[Exception], ...] = (OSError, *errors)
    try:
        yield
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
