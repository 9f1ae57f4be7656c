"""Other recordings of a title, and titles from films: "the original", "the Radiohead one"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from segue.understanding import acts
from segue.understanding.everyday import common
from segue.understanding.recalls import Recalls
from segue.understanding.spelling import CLOSE
from segue.understanding.state import DialogueState
from segue.understanding.text import fold, key, said_plainly

SCREEN = ("soundtrack", "film score", "tv score", "musical", "film song")
"""Tags of what is from a film or a show, whose album has its name."""
_ASIDE = re.compile(
    r"^(?:(?:the )?(?:original )?(?:music|songs?|soundtrack|score) (?:from|of) )|:.*", re.IGNORECASE
)
_OF_FILMS = re.compile(r"\b(?:films?|movies?|cartoons?|tv (?:show|series)|themes?|soundtracks?)\b")
_RECORDING = re.compile(
    r"^(?:(?:no|nope|nah|sorry|oops|argh|oh|ha|and|but|i meant?|i want(?:ed)?|play|hear|put on|what about"
    r"|how about|actually|not (?:that one|this one|\w+(?: \w+){0,2}?)(?= )) )*(?:"
    r"(?P<other>(?:the )?other(?: one)?|(?:(?:the )?one )?by (?:the other|another|a different) \w+"
    r"|(?:(?:the )?one )?by (?:someone|somebody) else"
    r"|(?:now |and now )?the (?:older|newer|younger|earlier|later|oldest|newest)(?: (?:one|version))?)"
    r"|(?:the )?(?P<whose>\w+(?: \w+){0,4}?) (?:one|version|recording)"
    r"|(?:(?:the )?(?:one|version) )?by (?P<by>\w+(?: \w+){0,5}?))(?: (?:please|then|instead))*$"
)
_PROPER = re.compile(r"\b(?:proper|real|normal|regular|actual|famous)\b")
_VERSIONS = ("version", "one", "take", "recording")


class Versions(Recalls):
    """Finds who else plays a title, and what is from a film."""

    def _version(self, text: str, line: str, played: Sequence[str]) -> str:
        """Who else plays the same title: "the original", "the other version", "and Elvis's"."""
        match = acts.VERSION.match(line)
        if not match:
            return ""
        named = match["title"] or match["same"] or ""
        last = self._title_of(played[-1]) if played else ""
        if match["same"] and key(last) != key(named):
            return ""  # "The other Queen" is no title.
        tracks = [
            t for t in self.names.tracks_of(key(named or last)) if match["first"] or t not in played[-1:]
        ]
        if match["whose"] and tracks and ("'s" in text.replace("’", "'") or line.split()[-1] in _VERSIONS):
            artists = {m.name for m in self.take_apart(match["whose"]).names if m.kind == "artist"}
            tracks = [t for t in tracks if artists & {*self._artists((t,))}]
        elif match["whose"]:
            return ""
        if not tracks or (match["first"] and _PROPER.search(match["first"]) and len(tracks) < 2):
            return ""
        years = {t: float(self.index.year[self.index.rows_of((t,))[0]]) for t in tracks}
        track = min(tracks, key=lambda t: years[t]) if match["first"] else tracks[0]
        return f'play "{self._title_of(track)}" by {self._artists((track,))[0]}'

    def _recording(self, line: str, before: DialogueState, played: Sequence[str]) -> str:
        """Who else plays the same title: "the Radiohead one", "by the other singer"."""
        last = tuple(played[-1:])
        title = self._title_of(last[0]) if last else ""
        tracks = self.names.tracks_of(key(title))
        match = _RECORDING.match(line) if len(tracks) > 1 else None
        if not match:
            return ""
        artists = [a for t in tracks if t not in last for a in self._artists((t,))]
        asked = any(w.kind == "title" and w.turn == before.turn and not w.refused for w in before.wishes)
        if match["other"]:
            return f'play "{title}" by {artists[0]}' if asked else ""
        words = [w.removesuffix("s") for w in (match["whose"] or match["by"]).split() if w != "the"]
        # "Not Mary J, Sly's one": whose it is stands last.
        starts = range(len(words)) if " not " in f" {line} " else range(min(1, len(words)))
        for artist in (*artists, *self._artists(last)):
            name = {w.removesuffix("s") for w in fold(artist).split()}
            if any({*words[i:]} <= name or _sounds(words[i:], artist) for i in starts):
                return f'play "{title}" by {artist}'
        such = self.wishes(self.take_apart(match["whose"]), 0) if match["whose"] else []
        if such and all(w.kind in ("genre", "mood", "tempo", "instrument", "year") for w in such):
            met = self.index.allowed(DialogueState(wishes=tuple(such)))  # "The jazzy version."
            fits = [t for t in tracks if t not in last and met[self.index.rows_of((t,))].any()]
            return f'play "{title}" by {self._artists(fits)[0]}' if fits else ""
        return ""

    def _of_film(self, line: str) -> str:
        """ "The song from Frozen", "the music of the film with the pirates": a title from it."""
        told = _OF_FILMS.search(line) is not None
        found = [m["film"] for p in acts.FROM_FILM if (m := p.search(line))]
        alone = [w for w in line.split() if told and len(w) > 3]
        for film in (*found, *alone):
            words = [w for w in film.split() if w not in ("the", "a", "an")]
            plain = all(w in common() for w in words) or (tuple(words) in self.phrases and not told)
            if not words or plain or key(film) in self.names.artist:
                continue
            if title := self._from(words, in_part=told and film in found):
                return f'play "{title}"'
        return ""

    def _from(self, words: Sequence[str], *, in_part: bool) -> str:
        """The best known title from the film of that name, or from one with all of the words in its name."""
        rows = self.index.having(SCREEN).nonzero()[0]
        for row in sorted(rows, key=lambda r: -self.index.known[r]):
            title, album = (str(self.catalogue.tracks[c][int(row)] or "") for c in ("title", "album"))
            inside = {*said_plainly(f"{title} {album}").split()}
            inside |= {w.removesuffix("s") for w in inside}
            if key(_ASIDE.sub("", album)) == key(" ".join(words)) or (in_part and inside >= {*words}):
                return title
        return ""

    def _title_of(self, track: str) -> str:
        row = self.catalogue.rows.get(track)
        return "" if row is None else str(self.catalogue.tracks["title"][row] or "")


def _sounds(words: Sequence[str], artist: str) -> bool:
    """Whether words are an artist's name but for a slip: "patsy kline"."""
    return len(words) > 1 and fuzz.ratio(key(" ".join(words)), key(artist)) >= CLOSE
