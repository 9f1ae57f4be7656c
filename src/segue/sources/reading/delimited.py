"""Text tables: CSV and its relatives, whatever the separator, the quotes and the line ends.

The separator is seen from the first lines, a title above the header is passed over, and a quotation mark
counts as one only where it encloses a whole cell: there are never fewer rows than the file has without a
word.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from segue.data.account import EXAMPLES, Account
from segue.kit.errors import SegueError

SEPARATORS = (",", ";", "\t", "|")
LINE = "\nline"
"""The column of line numbers; no column of a file has such a name."""
HEADER_WITHIN = 10
"""Lines above which the header must stand."""
MOST_COLUMNS = 1000
BLOCK = 1 << 27
"""Characters that are cut into cells at a time."""
_MARKS = "\x1f\x1e\x1d\x1c\ue000\ue001\ue002\ue003"


class Table(NamedTuple):
    """A text table: cells as texts, null where a row is too short, and a column LINE."""

    frame: pl.DataFrame
    decimal_comma: bool
    """Whether the cells stand between semicolons, as where a comma divides whole from parts."""


class _Coded(NamedTuple):
    """A text whose cells and rows end with marks that it does not have elsewhere."""

    text: str
    cell: str
    row: str
    over_lines: bool
    """Whether a cell goes over several lines."""


def read(text: str, where: str, name: str, wanted: set[str], account: Account) -> Table:
    """The table of a text.

    Args:
        name: which table it is; rows with more cells than the header are left out of it.
        wanted: names that the header should have, which tell the header and the separator.

    Raises:
        SegueError: there is no header, or no row.
    """
    if "\r" in text and not re.match(r'[^"\n]*\n', text) and "\n" not in re.sub(r'"[^"]*"', "", text):
        text = text.replace("\r\n", "\n").replace("\r", "\n")  # the line ends of old Macs
    first, text = _declared(text)
    separator = first or _separator(text, wanted)
    coded = _coded(text, separator, where, account)
    above, header = _header(coded, wanted, where, account)
    frame = _cells(coded, above, len(header), 1 if first else 0)
    frame.columns = [*header, "\nmore", LINE]
    account.came[name] += frame.height
    more = pl.col("\nmore").fill_null("").str.strip_chars(f"{coded.cell} \t\r") != ""
    bad = frame.filter(more)
    if bad.height:
        examples = [f"{where}:{line}" for line in bad[LINE].head(EXAMPLES)]
        reason = f"row of {name} with more cells than the header (a {_named(separator)} that is not quoted)"
        account.leave(name, reason, bad.height, examples)
        frame = frame.filter(~more)
    return Table(frame.drop("\nmore"), separator == ";")


def distinct(names: list[str]) -> list[str]:
    """The names of columns without blanks around them, each its own."""
    found: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        column = name.strip() or f"column {number}"
        while column in found:
            column = f"{column} (again)"
        found[column] = None
    return list(found)


@lru_cache(10_000)
def key(name: str) -> str:
    """A column's name without what nobody minds: case, blanks, punctuation."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _named(separator: str) -> str:
    """The separator in words."""
    return {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}.get(separator, repr(separator))


def _declared(text: str) -> tuple[str, str]:
    """The separator that Excel's first line `sep=;` names, "" where there is none, and the text below it."""
    found = re.match(r'"?sep=(.)"?[ \t]*\r?\n', text)
    return (found[1], text[found.end() :]) if found else ("", text)


def _separator(text: str, wanted: set[str]) -> str:
    """The separator with which most of the wanted names stand in a line, else the most used one."""
    lines = [line for line in text[: 1 << 16].split("\n")[: 2 * HEADER_WITHIN] if line.strip()]
    names = {key(name) for name in wanted}

    def score(separator: str) -> tuple[int, int]:
        if not any(separator in line for line in lines):
            return 0, 0
        parts = [{key(part) for part in line.split(separator)} for line in lines]
        hits = max((len(part & names) for part in parts), default=0)
        return hits, sum(line.count(separator) for line in lines)

    return max(SEPARATORS, key=score)


def _coded(text: str, separator: str, where: str, account: Account) -> _Coded:
    """The text with marks in the place of separators and line ends, without the quotes around cells."""
    cell, row = [mark for mark in _MARKS if mark not in text][:2] or ["", ""]
    if not cell:
        raise SegueError("has all control characters", where, "export it again")

    def plain(part: str) -> str:
        return part.replace("\r\n", "\n").replace("\n", row).replace(separator, cell)

    if '"' not in text or (separator == "\t" and not _tabs_are_quoted(text)):
        return _Coded(plain(text), cell, row, False)
    quoted = list(_quoted(text, separator))
    if '\\"' in text and any('"' in part for part in _between(text, quoted)):
        escaped = list(_quoted(text, separator, escaped=True))  # as MySQL and Spark write it
        quoted = quoted if any('"' in part for part in _between(text, escaped)) else escaped
    doubtful = [i for i, (start, end, _) in enumerate(quoted) if _is_whole_lines(text, start, end, separator)]
    if doubtful:
        loose = sum(part.count('"') for part in _between(text, quoted))
        if loose:  # marks are letters elsewhere in this file, so they are here
            quoted = list(_quoted(text, separator, one_line=True))
        else:
            at = text.count("\n", 0, quoted[doubtful[0]][0]) + 1
            account.note(f"{where}:{at}: a quoted cell goes over lines that look like rows of their own")
    parts: list[str] = []
    for before, (_, _, inner) in zip(_between(text, quoted), [*quoted, (0, 0, "")], strict=True):
        parts += [plain(before), inner]
    return _Coded("".join(parts), cell, row, any("\n" in inner for _, _, inner in quoted))


def _between(text: str, quoted: list[tuple[int, int, str]]) -> Iterator[str]:
    """The parts of a text before, between and behind the quoted cells."""
    at = 0
    for start, end, _ in quoted:
        yield text[at:start]
        at = end
    yield text[at:]


def _quoted(
    text: str, separator: str, *, one_line: bool = False, escaped: bool = False
) -> Iterator[tuple[int, int, str]]:
    """The cells that stand whole in quotes: where they begin and end, and what is in them."""
    mark, inside = re.escape(separator), r'[^"\n]' if one_line else r'[^"]'
    inside = r'(?:[^"\\]|\\.)' if escaped else inside
    blank = "" if separator == "\t" else "\t"
    pattern = rf'(?:(?<=[{mark}\n])|\A)[ {blank}]*"((?:{inside}++|"")*+)"[ {blank}]*(?=[{mark}\n]|\r\n|\Z)'
    for found in re.finditer(pattern, text):
        inner = re.sub(r"\\(.)", r"\1", found[1]) if escaped else found[1]
        yield found.start(), found.end(), inner.replace('""', '"')


def _is_whole_lines(text: str, start: int, end: int, separator: str) -> bool:
    """Whether a quoted cell goes over lines each of which has as many separators as the first line."""
    if text.find("\n", start, end) < 0:
        return False
    last = text.find("\n", end)
    lines = text[text.rfind("\n", 0, start) + 1 : last if last >= 0 else len(text)].split("\n")
    n = text[: text.find("\n")].count(separator)
    return all(line.count(separator) == n for line in lines)


def _tabs_are_quoted(text: str) -> bool:
    """Whether a table with tabs quotes its cells; in most a quotation mark is a letter like any other.

    It does where the header is quoted; or where a cell needs it, and every cell that begins with a mark is
    quoted as it should be; or where lines fit the header only if it does.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    header = next((line for line in lines if line.strip()), "")
    if all(len(part) > 1 and part[0] == part[-1] == '"' for part in header.split("\t")):
        return True
    n = header.count("\t")
    is_even = all(line.count("\t") == n for line in lines if line)
    if not is_even:
        rows = _Coded("", "\x1f", "\x1e", False)
        parts = [
            part.replace("\n", rows.row).replace("\t", rows.cell)
            for part in _between(text, list(_quoted(text, "\t")))
        ]
        read = "x".join(parts).split(rows.row)
        good = sum(row.count(rows.cell) == n for row in read if row)
        return good > sum(line.count("\t") == n for line in lines if line)
    cells = [c for line in lines if '"' in line for c in line.split("\t") if c.startswith('"')]
    proper = all(re.fullmatch(r'"(?:[^"]|"")*"', c) for c in cells)
    return proper and any('""' in c[1:-1] for c in cells)


def _header(coded: _Coded, wanted: set[str], where: str, account: Account) -> tuple[int, list[str]]:
    """How many rows stand above the first row of cells, and the names of the columns, each its own."""
    head = coded.text[: 1 << 16].split(coded.row)
    names = {key(name) for name in wanted}
    filled = [i for i, row in enumerate(head) if row.strip(f"{coded.cell} \t")]
    if not filled:
        raise SegueError("the file is empty", where, "export it again")
    hits = {i: len(names & {key(c) for c in head[i].split(coded.cell)}) for i in filled[:HEADER_WITHIN]}
    best = max(hits, key=lambda i: (hits[i], -i)) if any(hits.values()) else filled[0]
    # A title above a header is shorter than it: below a first line as full, "Album" is an album of that name.
    if hits[best] == 1 and _n_filled(head[filled[0]], coded) >= _n_filled(head[best], coded):
        best = filled[0]
    if best != filled[0]:
        account.note(f"{where}: what stands above the header (line {best + 1}) is passed over")
    cells = [c.strip() for c in head[best].split(coded.cell)]
    if len(cells) > MOST_COLUMNS:
        raise SegueError(f"more than {MOST_COLUMNS} columns", where, "choose those that are wanted")
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    header = distinct(cells)
    for cell, column in zip(cells, header, strict=True):
        if cell and column != cell:
            account.note(f"{where}: column {cell!r} stands there twice; the later one is kept as {column!r}")
    return best + 1, header


def _n_filled(row: str, coded: _Coded) -> int:
    """How many cells of a row say something."""
    return sum(bool(cell.strip()) for cell in row.split(coded.cell))


def _cells(coded: _Coded, skip: int, n_columns: int, line: int) -> pl.DataFrame:
    """The rows below the header that are not blank: their cells, the rest of the row, the line."""
    frames, at, seen = [], 0, 0
    while at <= len(coded.text):
        end = (
            len(coded.text) if len(coded.text) - at <= BLOCK else coded.text.rfind(coded.row, at, at + BLOCK)
        )
        end = len(coded.text) if end < at else end
        rows = pl.Series("row", [coded.text[at:end]]).str.split(coded.row).explode(empty_as_null=False)
        lines = pl.int_range(1, len(rows) + 1, dtype=pl.UInt32, eager=True)
        if coded.over_lines:
            within = rows.str.count_matches("\n", literal=True).cum_sum()
            lines = lines + within.shift(1, fill_value=0)
        frame = pl.DataFrame({"row": rows, LINE: lines + line}).slice(max(0, skip - seen))
        line, seen, at = int(lines[-1]) + line + int(rows[-1].count("\n")), seen + len(rows), end + 1
        frame = frame.filter(pl.col("row").str.strip_chars(f"{coded.cell} \t\r") != "")
        cells = pl.col("row").str.splitn(coded.cell, n_columns + 1).struct.unnest()
        frames.append(frame.select(cells, pl.col(LINE)))
    return pl.concat(frames)
