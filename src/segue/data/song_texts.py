"""Words of songs from files: LRC, plain text and ChordPro as plain lines.

Sources: the LRC form with its word stamps, and the ChordPro directives, both as their public descriptions
give them.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 1 << 20
"""Bytes of the longest song text; a longer file is something else."""
NOTE_LINES = 12
"""A text of at most so many lines that speaks of licences or has an address is a note, no lyrics."""
PROSE_WIDTH = 160
"""Lines of lyrics are shorter than this on average; lines of a description are not."""
STAMP = re.compile(r"\[(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)\]")
WORD_STAMP = re.compile(r"<\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>")
HEADER = re.compile(r"\[[A-Za-z#][\w ]*:[^\]]*\]\s*")
PARTS = (
    r"(?:(?:pre|post)[- ]?)?(?:verse|chorus|refrain|bridge|intro|outro|hook|coda|interlude|break|solo"
    r"|strophe|estribillo|estrofa|couplet)"
)
LABEL = re.compile(
    rf"[\[({{]\s*{PARTS}[^\])}}]{{0,12}}[\])}}]:?(?:\s*x\s*\d+)?|{PARTS}\s*\d*\s*:|"
    r"(?:verse|chorus|refrain|bridge)\s*\d*",
    re.IGNORECASE,
)
"""A line that names a part of the song: in brackets, with a colon, or one of the four commonest words."""
NOTE = re.compile(
    r"https?://|\bwww\.|licen[cs]e|copyright|©|creative commons|public domain|all rights reserved",
    re.IGNORECASE,
)
INSTRUMENTAL = re.compile(r"[\[(*\s]*(?:an? )?instrumental(?: track| piece)?[\])*.\s]*", re.IGNORECASE)
DIRECTIVE = re.compile(r"\{\s*([A-Za-z_][\w ]*?)(?:-\w+)?\s*(?::\s*([^{}]*?))?\s*\}")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
CHORD = re.compile(r"\[[^\]\n]*\]")
SHORT = {"t": "title", "st": "subtitle", "soc": "start_of_chorus", "eoc": "end_of_chorus"}
SHORT |= {"sot": "start_of_tab", "eot": "end_of_tab", "sog": "start_of_grid", "eog": "end_of_grid"}
NOT_SUNG = ("tab", "grid", "abc", "ly", "svg", "textblock")
BY = ("artist", "composer", "music", "lyricist", "text", "words")
"""The directives that say who it is by, first choice first."""
KEY = re.compile(r"([A-Ga-g])\s*([#♯b♭]?)\s*(m(?!aj)|min|minor|-)?(?:\s*maj(?:or)?)?$")
LIVED = re.compile(r"\s*(?:[,(]\s*(?:ca\.?\s*)?\d{4}\b|\s\d{4}\s*-\s*\d{4}).*$")


@dataclass(frozen=True)
class Song:
    """A ChordPro song without its chords."""

    title: str | None
    artist: str | None
    album: str | None
    year: int | None
    tags: tuple[str, ...]
    lyrics: str | None


def read_text(path: Path) -> str | None:
    """The text of a file in UTF-8, UTF-16 or, failing these, Latin-1; None where it is no text or too long.

    Raises:
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        return None
    text = _decoded(raw)
    # Binary data read as Latin-1 is full of control characters.
    return None if len(CONTROL.findall(text)) > len(text) / 100 else text


def plain(text: str) -> str | None:
    """Lyrics as plain lines: no time stamps, headers or labels such as "[Chorus]"; None where none is left.

    A line with several stamps is sung several times; the lines come in the order of their times.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\n"))
    if STAMP.search(text):
        text = _in_order_of_time(text)
    text = WORD_STAMP.sub("", text)
    lines = [_visible(line) for line in text.split("\n")]
    text = "\n".join(line for line in lines if not LABEL.fullmatch(line))
    return re.sub(r"\n{3,}", "\n\n", text).strip() or None


def is_instrumental(text: str) -> bool:
    """Whether the text only says that there are no words."""
    return INSTRUMENTAL.fullmatch(text.strip()) is not None


def looks_like_lyrics(text: str) -> bool:
    """Whether a plain text beside a recording is its words and not a note on licence, source or contents.

    A note is short and has an address or speaks of licences; prose has long lines.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or sum(map(len, lines)) / len(lines) > PROSE_WIDTH:
        return False
    marks = sum(NOTE.search(line) is not None for line in lines)
    return not (marks and len(lines) <= NOTE_LINES) and marks <= len(lines) / 4


def chordpro(text: str) -> Song:
    """A ChordPro text: its directives, and its words without chords; a chorus called again is repeated."""
    facts: dict[str, str] = {}
    words: list[str] = []
    chorus: list[str] = []
    part = ""
    for name, value in _directives(text):
        if name == "" and part not in NOT_SUNG:
            words.append(value)
            if part == "chorus":
                chorus.append(value)
        elif name.startswith("start_of_"):
            part = name.removeprefix("start_of_")
            chorus = [] if part == "chorus" else chorus
        elif name.startswith("end_of_"):
            part = ""
        elif name == "chorus":
            words += ["", *chorus]
        elif name and value:
            facts.setdefault(name, value)
    return _song(facts, plain("\n".join(words)))


def _directives(text: str) -> Iterator[tuple[str, str]]:
    """Name and value of every directive, and lines of words without chords under the name ""."""
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.lstrip().startswith("#"):
            continue
        found = DIRECTIVE.findall(line)
        if not found or DIRECTIVE.sub("", line).strip():
            yield "", re.sub(" {2,}", " ", CHORD.sub("", line)).rstrip()
            continue
        for written, value in found:
            name = written.lower().replace(" ", "_")
            if name == "meta":
                name, _, value = value.partition(" ")
            yield SHORT.get(name, name), value.strip()


def key_words(key: str) -> str | None:
    """A key in words, as of a recording: "B♭" is "Bb major", "F#m" is "F# minor"; None for no key."""
    found = KEY.match(key.strip())
    if found is None:
        return None
    accidental = {"♯": "#", "♭": "b"}.get(found[2], found[2])
    return f"{found[1].upper()}{accidental} {'minor' if found[3] else 'major'}"


def _song(facts: dict[str, str], lyrics: str | None) -> Song:
    """The song of its directives and words."""
    by = next((facts[name] for name in BY if name in facts), None)
    year = re.search(r"(?<!\d)\d{4}(?!\d)", facts.get("year", ""))
    tempo = re.match(r"\d{2,3}(?:\.\d+)?$", facts.get("tempo", ""))
    time = re.match(r"\d{1,2}/\d{1,2}$", facts.get("time", ""))
    tags = [
        key_words(facts.get("key", "")),
        f"{round(float(tempo[0]))} bpm" if tempo else None,
        f"{time[0]} time" if time else None,
    ]
    return Song(
        facts.get("title"),
        LIVED.sub("", by) or by if by else None,  # "Franz Gruber, 1818" is by Franz Gruber
        facts.get("album"),
        int(year[0]) if year else None,
        tuple(tag for tag in tags if tag),
        lyrics,
    )


def _decoded(raw: bytes) -> str:
    """Bytes as text by their mark, their zeros, or by trial."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    if raw.count(0) > len(raw) / 5:  # UTF-16 without a mark: the zeros stand in every other place
        return raw.decode("utf-16-le" if raw[1::2].count(0) > raw[::2].count(0) else "utf-16-be", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace") if not raw.count(0) else raw.decode("latin-1")


def _visible(line: str) -> str:
    """The line without control characters, lone surrogates and blanks at its ends."""
    if not line.isprintable():
        marks = ((unicodedata.category(c), c) for c in line)
        line = "".join(" " if kind == "Cc" else c for kind, c in marks if kind != "Cs")
    return line.replace("\ufeff", "").strip()


def _in_order_of_time(text: str) -> str:
    """The lines of an LRC text by time, without headers; one without a stamp stays behind its forerunner."""
    timed: list[tuple[float, str]] = []
    now = 0.0
    for line in text.split("\n"):
        if HEADER.fullmatch(line.strip()):
            continue
        times = [60 * int(m) + float(s.replace(":", ".")) for m, s in STAMP.findall(line)]
        words = STAMP.sub("", line).strip()
        timed += [(at, words) for at in times or [now]]
        now = times[-1] if times else now
    return "\n".join(words for _, words in sorted(timed, key=lambda pair: pair[0]))
