"""What a catalogue may not tell of its tracks, as it stands among what is not here."""

from __future__ import annotations

import re

from segue.understanding.index import Index

NO_LENGTHS = "lengths of tracks known"
"""What is not here where no track's length is known."""
NO_BEATS, NO_SWEARING = "beats a minute known", "swearing known"
NO_YEARS, NO_YEAR_OF_IT = "years of tracks known", "year of that track known"
NO_LANGUAGES = "languages of songs known"
NO_LABELS, NO_KEYS = "labels known", "keys known"
NOT_KNOWN = (NO_YEARS, NO_YEAR_OF_IT, NO_LANGUAGES, NO_LENGTHS, NO_BEATS, NO_SWEARING, NO_LABELS, NO_KEYS)
"""Of these it is said that the catalogue does not tell them."""
_LABEL = re.compile(
    r"\b(?:released|issued|put out|came out|come out|pressed|issues|releases) on (?!(?:the (?:same|radio|web)"
    r"|this|that|a|an|my|vinyl|cds?|tape|cassette|\d+|record|spotify|youtube"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|christmas)\b)\w+"
    r"|\b(?:on|from) the \w+(?: \w+)? label\b|\bsigned to \w+|\bon (?:blue note|motown|ecm|stax"
    r"|sub pop|warp|4ad|deutsche grammophon|verve|impulse|factory records|trojan|chess records|sun records)\b"
)
_KEY = re.compile(r"\bin (?:a |the )?(?:key of \w+|(?:[a-g] (?:flat |sharp )?)?(?:minor|major)(?: key)?)\b")


def untold(line: str, index: Index) -> list[str]:
    """What a folded text asks for and no track here tells."""
    keys = any(tag.endswith(("minor", "major", "minorkey", "majorkey")) for tag in index.tags)
    keys = keys or "key" in index.catalogue.tracks.columns
    told = ((NO_LABELS, _LABEL.search(line)), (NO_KEYS, None if keys else _KEY.search(line)))
    return [name for name, match in told if match]
