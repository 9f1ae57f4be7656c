"""Is a transcript lyrics? Gates that a transcript must pass, so that nonsense never becomes a track's words.

Source: multimodal E4SRec 5.2 for four of them; those against loops and against what an English-only
model makes of other languages are ours: the paper's model knows many languages, our default one only English.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from segue.encoders.whisper import Segment

Status = Literal["accepted", "no lyrics", "unsure"]

WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
    r"|(?:(?![\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])[^\W_])+(?:['’][^\W_]+)*"
)
"""A word; in scripts that are written without blanks, a character."""


@dataclass(frozen=True)
class Gates:
    """Where the gates stand; the defaults of the first five are the paper's.

    Args:
        no_speech: a segment is bad above this probability that nobody speaks,
        log_prob: or below this mean log-probability;
        bad_share: the share of bad segments must stay under this.
        words_per_minute: least words a minute of the whole track.
        words: least words in all.
        unique: least share of words that differ.
        loop: a segment whose window compresses better than this is a loop of the model, and bad.
        sure: least mean log-probability over all words.
    """

    no_speech: float = 0.6
    log_prob: float = -1.0
    bad_share: float = 0.35
    words_per_minute: float = 8.0
    words: int = 15
    unique: float = 0.25
    loop: float = 3.3
    sure: float = -float("inf")


ENGLISH_ONLY = Gates(no_speech=0.8, sure=-0.75)
"""For small models that know only English. They say "no speech" of clear singing with 0.7, of instruments
with 0.8 and more; and they write down other languages as English words, mostly as loops, else with little
surety (-0.8 and less, where English words have -0.3 when spoken and -0.6 when sung)."""


@dataclass(frozen=True)
class Verdict:
    """What the gates say: accepted, or why not. `share_bad` is the share of bad segments, 0 without any."""

    status: Status
    reason: str
    n_words: int
    share_bad: float


def words_of(text: str) -> list[str]:
    """The words of a text in lower case."""
    return [word.lower() for word in WORD.findall(text)]


def judge(segments: Sequence[Segment], seconds: float, gates: Gates) -> Verdict:
    """Whether the transcript of a whole track is its lyrics.

    Args:
        segments: all that was heard, in order, nothing left out by the transcriber's own rules.
    """
    counts = [len(words_of(s.text)) for s in segments]
    n_words = sum(counts)
    if not n_words:
        return Verdict("no lyrics", "no voice was heard", 0, 0.0)
    silent = [s.no_speech > gates.no_speech for s in segments]
    bad = [
        quiet or s.log_prob < gates.log_prob or s.compression > gates.loop
        for s, quiet in zip(segments, silent, strict=True)
    ]
    share_bad = sum(bad) / len(bad)

    def verdict(status: Status, reason: str) -> Verdict:
        return Verdict(status, reason, n_words, round(share_bad, 4))

    if sum(silent) / len(silent) > 0.5:
        return verdict("no lyrics", "mostly no voice in what was heard")
    if n_words < gates.words:
        return verdict("no lyrics", f"{n_words} words, fewer than {gates.words}")
    if n_words < gates.words_per_minute * seconds / 60:
        return verdict("no lyrics", f"fewer than {gates.words_per_minute:g} words a minute")
    if share_bad >= gates.bad_share:
        return verdict("unsure", f"{share_bad:.0%} of the segments are unclear or loops")
    return verdict(*_of_text(segments, counts, gates))


def _of_text(segments: Sequence[Segment], counts: Sequence[int], gates: Gates) -> tuple[Status, str]:
    """The status and reason that the words themselves give."""
    words = words_of(joined(segments))
    unique = len(set(words)) / len(words)
    if unique < gates.unique:
        return "unsure", f"only {unique:.0%} of the words differ"
    sure = sum(s.log_prob * n for s, n in zip(segments, counts, strict=True)) / sum(counts)
    if sure < gates.sure:
        return "unsure", f"mean log-probability {sure:.2f}: unclear, or another language"
    return "accepted", ""


def joined(segments: Sequence[Segment]) -> str:
    """The text of a transcript, a line a segment."""
    return "\n".join(line for s in segments if (line := s.text.strip()))
