"""Bytes to text, whatever the encoding: nothing is refused for a byte, and what was replaced is counted."""

import codecs
import re
from typing import Any

from segue.data.account import Account

REPLACED = "\ufffd"
BYTES_REASON = "character that is no text (replaced by \ufffd)"
NUL_REASON = "null byte in a text (left out)"
SAMPLE = 1 << 16
FEWEST = 6
"""Bytes beyond ASCII in words of these from which on a script can be told."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
PAGES = ["cp1252", "cp1251", "cp1253", "cp1255", "cp1256", "cp932", "euc_jp", "gb18030", "big5", "euc_kr"]
"""Code pages told apart by what they spell; Latin ones (cp1250, cp1254) look too much like cp1252."""
_HALVES = re.compile("[\ud800-\udfff]")
_HIGH = re.compile(rb"[\x80-\xff]")
_WORDS = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z@-~\x80-\xff]*")
"""Words with a byte that is not ASCII; in the Asian pages a second byte may be any of these."""


def decode(raw: bytes, where: str = "", account: Account | None = None) -> str:
    """The text of a file: UTF-8 or UTF-16 or -32 with its mark or without, else the likeliest code page.

    Where most of what is not ASCII is UTF-8, the rest is replaced and counted; another encoding is told in a
    note. Null characters are left out and counted.
    """
    account = Account() if account is None else account
    encoding, start = encoding_of(raw)
    try:
        text, broken = raw[start:].decode(encoding), False
    except UnicodeDecodeError:
        text, broken = raw[start:].decode(encoding, "replace"), True
    if not encoding.startswith("utf"):
        account.note(f"{where}: read as {encoding}, a guess; save it as UTF-8 if its letters look wrong")
    if broken:
        there = raw.count(REPLACED.encode()) if encoding == "utf-8" else 0
        account.add(BYTES_REASON, text.count(REPLACED) - there, [where])
    if "\0" in text:
        account.add(NUL_REASON, text.count("\0"), [where])
        text = text.replace("\0", "")
    return text.removeprefix("\ufeff")


def decode_line(raw: bytes, where: str, account: Account) -> str:
    """A line of a UTF-8 file, with what is not UTF-8 replaced and counted."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("utf-8-sig", "replace")
        account.add(BYTES_REASON, text.count(REPLACED), [where])
        return text


def encoding_of(raw: bytes) -> tuple[str, int]:
    """The encoding of a text, and how many bytes its mark takes."""
    for mark, name in BOMS:
        if raw.startswith(mark):
            return name, len(mark)
    head = raw[: SAMPLE & ~3]
    if head and head.count(0) > len(head) / 4:  # text has no null bytes; UTF-16 of Latin letters has half
        even = head[0::2].count(0)
        return ("utf-16-be" if even > head[1::2].count(0) else "utf-16-le"), 0
    try:
        codecs.lookup("utf-8").decode(raw, "strict")
    except UnicodeDecodeError as error:
        return _broken_or_other(raw, error.start), 0
    return "utf-8", 0


def whole(text: str, where: str, account: Account) -> str:
    """The text without halves of characters, as a cut JSON string may have them: replaced and counted."""
    if text.isascii() or not _HALVES.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    account.add(BYTES_REASON, joined.count(REPLACED) - text.count(REPLACED), [where])
    return joined


def whole_value(value: Any, where: str, account: Account) -> Any:
    """A JSON value whose texts have no halves of characters."""
    if isinstance(value, str):
        return whole(value, where, account)
    if isinstance(value, list):
        return [whole_value(v, where, account) for v in value]
    if isinstance(value, dict):
        return {whole(k, where, account): whole_value(v, where, account) for k, v in value.items()}
    return value


def _broken_or_other(raw: bytes, first: int) -> str:
    """UTF-8 for a text that is UTF-8 but for some bytes; else the code page that spells something."""
    part = raw[max(0, first - SAMPLE) : first + SAMPLE]
    text = part.decode("utf-8", "replace")
    n_bad, n_good = text.count(REPLACED), sum(not c.isascii() and c != REPLACED for c in text)
    if n_good > n_bad:
        return "utf-8"
    words = [word for word in _WORDS.findall(part) if len(word) > 1][:500]
    n_high = sum(len(_HIGH.findall(word)) for word in words)
    if n_high < FEWEST or n_high <= 0.6 * sum(map(len, words)):
        return "cp1252"  # single letters with marks among plain ones: a Latin script
    from charset_normalizer import from_bytes

    best = from_bytes(b"\n".join(words), cp_isolation=PAGES, enable_fallback=False).best()
    return best.encoding if best is not None else "cp1252"
