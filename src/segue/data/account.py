"""What became of all that a source read: how many rows came, what was left out and why, what was mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from segue.kit.errors import SegueError

EXAMPLES = 3
"""Examples kept of each reason."""


class Account(Counter[str]):
    """Reason -> how much was left out for it; and what the rows of each table became.

    Rows are counted by table ("tracks", "plays", "playlists" (a row is an entry), "dialogues"): those that
    stood in the files are `came`; each is then a row of the table, or left out by `leave`. Reasons that cost
    no row (a cell that is no number, a byte that is no text) are counted by `add`.
    """

    def __init__(self, counts: Iterable[str] | dict[str, int] = ()) -> None:
        super().__init__(counts)
        self.came: Counter[str] = Counter()
        """Table -> rows of it in the files; a source that does not count them has none here."""
        self.rows: dict[str, Counter[str]] = {}
        """Table -> reason -> rows left out for it."""
        self.examples: dict[str, list[str]] = {}
        """Reason -> the first few places and values."""
        self.notes: list[str] = []
        """What was taken otherwise than it was written, a line each."""
        self.barren: dict[str, str] = {}
        """File from which nothing came -> why."""

    @classmethod
    def of(cls, counts: Counter[str]) -> Account:
        """A copy of an account, or an account of plain counts."""
        return cls().merge(counts)

    def merge(self, other: Counter[str]) -> Account:
        """This account with all of another added."""
        self.update(dict(other))
        if isinstance(other, Account):
            self.came.update(other.came)
            for table, reasons in other.rows.items():
                self.rows.setdefault(table, Counter()).update(reasons)
            for reason, examples in other.examples.items():
                self._show(reason, examples)
            self.notes += [note for note in other.notes if note not in self.notes]
            self.barren.update(other.barren)
        return self

    def add(self, reason: str, n: int = 1, examples: Iterable[object] = ()) -> None:
        """Count something that costs no row."""
        if n:
            self[reason] += n
            self._show(reason, examples)

    def leave(
        self,
        table: str,
        reason: str,
        rows: int = 1,
        examples: Iterable[object] = (),
        *,
        shown: int | None = None,
    ) -> None:
        """Count rows of a table that are left out; `shown` is the number to tell (playlists, not entries)."""
        if rows:
            self.rows.setdefault(table, Counter())[reason] += rows
        self.add(reason, rows if shown is None else shown, examples)

    def note(self, text: str) -> None:
        """Tell once what was taken otherwise than it was written."""
        if text not in self.notes:
            self.notes.append(text)

    def lost(self, table: str) -> int:
        """Rows of a table that were left out."""
        return sum(self.rows.get(table, Counter()).values())

    def check(self, table: str, kept: int, known: int = 0) -> None:
        """Raise where rows of a table are neither kept nor known nor left out for a reason.

        Raises:
            SegueError: that is so: a fault of segue, found before anything is written.
        """
        came, told = self.came.get(table), kept + known + self.lost(table)
        if came is not None and came != told:
            what = f"{came:,} rows of {table} came, but {told:,} are accounted for"
            raise SegueError(what, cure="this is a fault of segue, nothing was written; please report it")

    @property
    def lines(self) -> list[str]:
        """The reasons as lines of plain text, the commonest first, each with its examples."""
        lines = []
        for reason, n in self.most_common():
            if n:
                examples = ", ".join(self.examples.get(reason, ()))
                lines.append(f"{n:,} x {reason}" + (f" ({examples})" if examples else ""))
        return lines

    def __pos__(self) -> Account:
        """The account without the reasons that nothing was left out for."""
        for reason in [r for r, n in self.items() if n <= 0]:
            del self[reason]
        return self

    def _show(self, reason: str, examples: Iterable[object]) -> None:
        """Keep the first few examples, cut to a length that fits in a line."""
        kept = self.examples.setdefault(reason, [])
        for example in examples:
            if len(kept) >= EXAMPLES:
                break
            text = " ".join(str(example).split())
            kept.append(text if len(text) <= 80 else "…" + text[-79:])
        if not kept:
            del self.examples[reason]
