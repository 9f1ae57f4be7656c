"""Sentences that are true: composed of facts of the track and of wishes, each checked before it is said."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from segue.data.names import tag_key
from segue.dialogues.facts import Dice, article
from segue.serving.answer import Answer, Played
from segue.serving.caveats import before
from segue.serving.listener import Listener
from segue.serving.lists import edited, several
from segue.serving.phrases import FELT, HEARD, LANGUAGES, SAID
from segue.serving.wording import capital, listed, one_stop, quiet, tempo
from segue.understanding.index import Index
from segue.understanding.lengths import clock
from segue.understanding.scales import MEASURED, MOST_OF, SIGN
from segue.understanding.state import EVERYBODY, NAMES, DialogueState, Wish
from segue.understanding.untold import NOT_KNOWN
from segue.understanding.vocabulary import UNSUNG, in_words, is_opinion, kind_of

LONG_TAG = 4
"""Words from which a tag is a remark: "a subtle use of vocal harmony"."""


class Claim(NamedTuple):
    """One thing that a sentence may say of a track, and whether a wish asked for it."""

    kind: str
    value: str
    wished: bool = False


class Composer:
    """Says things about the tracks of one catalogue."""

    def __init__(self, index: Index, listener: Listener | None = None) -> None:
        self.index, self.listener = index, listener

    def holds(self, claim: Claim, track_id: str) -> bool:
        """Whether a claim is true of a track: looked up in the catalogue, never believed."""
        row = self.index.catalogue.rows[track_id]
        if claim.kind == "year":
            return bool(self.index.year[row] == float(claim.value))
        if claim.kind == "era":
            return bool(self.index.decades[int(claim.value[4:-1])][row])
        if claim.kind == "length":
            return clock(self.index.seconds[row]) == claim.value
        if claim.kind == "album":
            return bool(self.index.catalogue.tracks["album"][row] == claim.value)
        if claim.kind == "language":
            return bool(self.index.language[row] is not None and self.language(row) == claim.value)
        if claim.kind == "no voice":
            return not self.index.sung[row] and bool(self.index.having(UNSUNG)[row])
        if claim.kind == "voice":
            return bool(self.index.sung[row])
        if claim.kind == "not by":
            return not self.index.meets(Wish("artist", claim.value, values=(claim.value,)))[row]
        return bool(self.index.having((claim.value,))[row]) != (claim.kind == "no")

    def language(self, row: int) -> str | None:
        """The language of a track's words by its name."""
        code = self.index.language[row]
        return LANGUAGES.get(code) if code else None

    def claims(self, played: Played, turn: int) -> list[Claim]:
        """What can be said of a track: first what meets a wish, of this turn before earlier ones."""
        found: list[Claim] = []
        for wish in sorted(played.met, key=lambda w: -w.turn):
            # What was refused some time ago is not said again and again.
            if (wish.refused and wish.turn < turn) or (wish.kind == "voice" and wish.turn < turn - 1):
                continue
            found += self._of_wish(wish, played)
        row = played.row
        tags = [in_words(str(t)) for t in row.get("tags") or () if self._sayable(str(t))]
        if any(t.casefold().endswith(MEASURED) for t in tags):
            tags = [t for t in tags if kind_of(t) != "tempo" or t.casefold().endswith(MEASURED)]
        # That a tempo is none in particular, is said only where it was asked for.
        found += [Claim(kind_of(t), t) for t in tags if not (kind_of(t) == "tempo" and _middling(t))]
        found += [Claim("year", str(row["year"]))] if row.get("year") else []
        album = str(row.get("album") or "")
        if album and album.casefold() != str(row["title"] or "").casefold():
            found.append(Claim("album", album))
        if language := self.language(self.index.catalogue.rows[played.track_id]):
            found.append(Claim("language", language))
        unique: dict[tuple[str, str], Claim] = {}
        for claim in found:
            unique.setdefault((claim.kind, claim.value), claim)
        return [c for c in unique.values() if self.holds(c, played.track_id)]

    @staticmethod
    def _sayable(tag: str) -> bool:
        """Whether a tag says something of the music: no key, no "beat", no single letters."""
        key = tag.casefold()
        return (
            len(key) > 2
            and key not in SAID["vague"]
            and not key.endswith((" key", " major", " minor"))
            and not any(c.isdigit() for c in key)
            and not is_opinion(tag)
            and not key.endswith("songs")
            and key.count(" ") < LONG_TAG
        )

    def _of_wish(self, wish: Wish, played: Played) -> list[Claim]:
        """The claims that say that a wish is met."""
        own = {tag_key(str(t)): in_words(str(t)) for t in played.row.get("tags") or ()}
        if wish.kind == "year":
            year, row = played.row.get("year"), self.index.catalogue.rows[played.track_id]
            told = [f"the {first}s" for first, rows in self.index.decades.items() if rows[row]]
            told = [] if wish.refused or len(told) > 1 else told
            return (
                [Claim("year", str(year), not wish.refused)]
                if year
                else [Claim("era", d, True) for d in told]
            )
        if wish.kind == "length":
            return (
                [Claim("length", clock(played.row["duration_s"]), True)]
                if played.row.get("duration_s")
                else []
            )
        if wish.kind == "voice" and wish.words not in ("vocals", "instrumental"):
            heard = [own[k] for k in _keys(wish) if k in own]
            return [Claim("instrument", tag, True) for tag in heard[:1]]
        if wish.kind == "voice":
            sung = ("instrumental" in wish.values) == wish.refused
            return [Claim("voice" if sung else "no voice", "", True)]
        if wish.kind == "artist":
            return (
                [Claim("not by", wish.values[0], True)]
                if wish.refused and not wish.now and wish.values and wish.words != EVERYBODY
                else []
            )
        if wish.kind == "language":
            return [] if wish.refused else [Claim("language", wish.words, True)]
        if wish.refused:
            kind = wish.kind in ("genre", "instrument")
            sayable = kind and wish.words in wish.values and wish.words not in SAID["vague"]
            return [Claim("no", wish.words, True)] if sayable else []
        tags = [own[k] for k in _keys(wish) if k in own]
        met = [tag for tag in tags if tag.casefold() not in SAID["vague"]][:1]
        return [Claim(wish.kind if wish.kind == "occasion" else kind_of(tag), tag, True) for tag in met]

    # ------------------------------------------------------------------ phrases

    def phrase(self, claims: Sequence[Claim], dice: Dice) -> tuple[str, int]:
        """The claims as a noun phrase, and how many of the claims that it tells were wished."""

        def some(kind: str, most: int) -> list[Claim]:
            return [c for c in claims if c.kind == kind][:most]

        wished = [c for c in claims if c.wished]
        free = [c for c in claims if not c.wished]
        chosen = [*wished[:6], *_drawn(free, dice, max(1, 3 - len(wished)))]
        claims = chosen
        moods, tempi = some("mood", 2), some("tempo", 1)
        said = {m.value for m in moods}
        # Not "a romantic romantic era track".
        genre = [g for g in some("genre", 9) if not said & set(g.value.split())]
        genre = genre[: 2 if all(g.wished for g in genre[:2]) else 1]  # "A minimal techno track."
        words = [m.value for m in moods]
        words += [tempo(t.value) for t in tempi]
        noun = dice.pick(SAID["nouns"] if words or genre else SAID["nouns"][:-1])
        head = ", ".join(words) + (" " if words else "") + " ".join([*(g.value for g in genre), noun])
        text = f"{article(head)} {head}"
        voice = ["a voice"] if some("voice", 1) and not some("no voice", 1) and not some("no", 2) else []
        if heard := list(dict.fromkeys(HEARD.get(i.value, i.value) for i in some("instrument", 3))) + voice:
            text += " with " + listed(heard)
        text += "".join(f" in {c.value}" for c in some("language", 1))
        text += "".join(f" in {'a ' * c.value.endswith(' key')}{c.value}" for c in some("words", 1))
        text += "".join(f" off “{c.value}”" for c in some("album", 1))
        text += "".join(f" from {c.value}" for c in some("year", 1) or some("era", 1))
        text += "".join(f", {c.value} long" for c in some("length", 1))
        without = ["vocals" for c in claims if c.kind == "no voice"] + [c.value for c in some("no", 2)]
        text += (", with no " if dice.chance(0.5) else ", without ") + " or ".join(without) if without else ""
        text += "".join(f", and not by {c.value}" for c in some("not by", 1))
        return text, sum(c.kind != "occasion" for c in wished)

    def naming(self, row: dict[str, Any], dice: Dice) -> str:
        """The track by its title and artist."""
        title = str(row["title"] or row["track_id"])
        if not row["artist"]:
            return f"“{title}”"
        return dice.pick(SAID["naming"]).format(t=quiet(title), a=quiet(str(row["artist"])))

    # ------------------------------------------------------------------ sentences

    def say(self, answer: Answer, rested: Sequence[Wish] = ()) -> str:
        """The sentence of an answer that plays something; what `rested` before is not told again."""
        first, state = answer.tracks[0], answer.state
        dice = Dice(first.track_id, state.turn, state.act, *map(str, state.wishes))
        whole = not (answer.dropped or state.unknown)
        if state.act == "edit":
            text = edited(self, answer, dice)
        elif len(answer.tracks) > 1:
            text = several(self, answer, dice)
        else:
            text = self._one(first, state, dice, whole)
            text += " There is only this one." if state.count > 1 else ""
        return one_stop(" ".join(filter(None, (*before(self.index, answer, rested), text))))

    def _one(self, played: Played, state: DialogueState, dice: Dice, whole: bool) -> str:
        naming = self.naming(played.row, dice)
        if state.act == "repeat":
            return dice.pick(SAID["again"]).format(n=naming)
        claims = self.claims(played, state.turn)
        led = _ruled_out(played, state) if whole else ""
        if led or state.like:
            # Said before, or what "somebody else" says itself.
            claims = [c for c in claims if c.kind not in ("no", "not by")]
        phrase, wished = self.phrase(claims, dice)
        if (
            wished
            and whole
            and not any(w.words in FELT and w.turn == state.turn for w in state.wishes)
            and all(w in played.met for w in state.wishes if w.role != "preferred")
            and dice.chance(0.35)
        ):
            phrase += dice.pick(SAID["tails"])
        kind = {"more": "next", "refuse": "other"}.get(state.act, "forms")
        form = dice.pick(SAID[kind if dice.chance(0.7) else "forms"])
        if led:
            form = dice.pick(SAID["ruled out"]).replace("{x}", led)
        if set(state.unknown) - set(NOT_KNOWN) and not any(w.kind in NAMES for w in state.required):
            # Nothing is near to a mere name that is not here.
            form = dice.pick(SAID["nearest" if any(not w.refused for w in state.wishes) else "instead"])
        if ": {n}" in form or "{n}:" in form:
            # No two colons: "Another one: Bonobo with “Kiara”".
            naming = naming.replace(": “", " with “", 1)
        text = form.replace("{n}", "\0").replace("{p}", phrase)
        text = text.replace("\0", naming)
        return capital(text) + self._compared(played, state) + self.heard(played, state)

    def heard(self, played: Played, state: DialogueState) -> str:
        """What the listener's plays say of the track, where the wishes speak of them."""
        if self.listener is None:
            return ""
        text = self.listener.says(state.wishes, self.index.catalogue.rows[played.track_id])
        return f" {text}" if text else ""

    def _compared(self, played: Played, state: DialogueState) -> str:
        """How it compares with the track that it was compared with, where the catalogue bears it out."""
        titles, row = self.index.catalogue.tracks["title"], self.index.catalogue.rows[played.track_id]
        said = list[str]()
        for comparison in state.comparisons:
            rows = self.index.rows_of(comparison.tracks)
            values = self.index.scale(comparison)
            sign = SIGN[comparison.dimension]
            if rows and all(sign * (values[row] - values[r]) > 0 for r in rows):
                than = f" than “{titles[rows[0]]}”"
                said = [s.removesuffix(than) for s in said] + [f"{comparison.dimension}{than}"]
        said += [f"{w.words} that is left here" for w in played.met if w.words in MOST_OF.values()]
        seconds = self.index.seconds[row]
        told = any(w.kind == "length" for w in played.met)
        if any(c.dimension in ("shorter", "longer") for c in state.comparisons) and seconds > 0 and not told:
            said.append(f"{clock(seconds)} long")
        return f" It is {listed(said)}." if said else ""


def _ruled_out(played: Played, state: DialogueState) -> str:
    """What was ruled out this turn, and is not in the track, as it is said; "" for nothing to be said."""
    off = [w for w in state.refused if w.turn == state.turn and not w.now]
    plain = all(w.kind in ("artist", "genre", "instrument") and w.words != EVERYBODY for w in off)
    said = [quiet(w.words).removeprefix("The ") for w in off]
    if (
        not off
        or not plain
        or state.like
        or len(off) > 2
        or any(w not in played.met or w.alike or w.but for w in off)
    ):
        return ""
    return " or ".join(said)


def _keys(wish: Wish) -> list[str]:
    """The keys of the tags that meet a wish."""
    return [tag_key(v) for v in wish.values if v[:1] != "-"]


def _middling(tag: str) -> bool:
    """Whether a tag of tempo says that it is neither slow nor fast."""
    return tag.casefold().removesuffix(MEASURED).removesuffix(" tempo") in ("medium", "moderate", "mid")


def _drawn(claims: Sequence[Claim], dice: Dice, n: int) -> list[Claim]:
    """Up to n of the claims, each kind at most twice."""
    left, found = [c for c in claims if c.kind not in ("voice", "occasion")], list[Claim]()
    while left and len(found) < n:
        claim = dice.pick(left)
        left.remove(claim)
        if sum(c.kind == claim.kind for c in found) < (1 if claim.kind in ("genre", "year", "album") else 2):
            found.append(claim)
    return found
