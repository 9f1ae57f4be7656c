"""A catalogue as wishes see it: who has a tag, a voice, a language, a year, and how tracks compare."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from segue.data.catalogue import Catalogue
from segue.data.names import tag_key
from segue.kit.arrays import Bools, Floats
from segue.understanding.state import IMPORTANCE, NAMES, Comparison, DialogueState, Wish
from segue.understanding.text import fold, key
from segue.understanding.vocabulary import LANGUAGE, VOICES

GUEST = re.compile(r"\s*[(\[]?\b(?:feat|ft|featuring)\b\.?\s*", re.IGNORECASE)
JOINT = re.compile(r"\s*[,;]\s*|\s+(?:[/&+]|and|with|x|vs\.?|y|et|und)\s+", re.IGNORECASE)
TEMPI = {"very slow tempo": 0, "slow tempo": 1, "slow": 1, "medium tempo": 2, "moderate tempo": 2}
TEMPI |= {"fast tempo": 3, "fast": 3, "very fast tempo": 4}
ENERGY = {"energetic": 2, "angry": 2, "party": 2, "fast tempo": 1.5, "very fast tempo": 2, "rebellious": 1.5}
ENERGY |= {
    "epic": 1,
    "metal": 1,
    "punk": 1,
    "groovy": 0.5,
    "uplifting": 0.5,
    "techno": 1,
    "loud": 2,
    "beat": 0.5,
}
ENERGY |= {"calm": -2, "relaxing": -2, "slow tempo": -1.5, "intimate": -1.5, "dreamy": -1, "ambient": -2}
ENERGY |= {"sad": -0.5, "melancholic": -0.5, "slow": -1.5, "quiet": -2, "soft": -1, "heavy metal": 0.5}
JOY = {
    "happy": 2,
    "uplifting": 1.5,
    "party": 1.5,
    "playful": 1,
    "hopeful": 1,
    "energetic": 0.5,
    "groovy": 0.5,
}
JOY |= {"sad": -2, "melancholic": -2, "dark": -1, "angry": -1, "nostalgic": -0.5, "minor key": -0.5}
JOY |= {"major key": 0.5}
WORDLESS = (
    "instrumental",
    "classical",
    "ambient",
    "soundtrack",
    "film score",
    "hard bop",
    "cool jazz",
    "techno",
)
SIGN = {"older": -1, "newer": 1, "slower": -1, "faster": 1, "calmer": -1, "louder": 1}
SIGN |= {"sadder": -1, "happier": 1, "less known": -1, "better known": 1}


class Index:
    """What the wishes of a state mean for the rows of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, tracks = catalogue, catalogue.tracks
        n = tracks.height
        self.tags: dict[str, list[int]] = defaultdict(list)
        self.spoken: dict[str, str] = {}
        self.energy, self.joy = np.zeros(n, np.float32), np.zeros(n, np.float32)
        self.tempo = np.full(n, np.nan, np.float32)
        self.own: list[frozenset[str]] = []
        for row, names in enumerate(tracks["tags"].to_list()):
            own = {tag_key(t): t.casefold() for t in names or ()}
            self.own.append(frozenset(own))
            for k, name in own.items():
                self.tags[k].append(row)
                self.spoken.setdefault(k, name)
                self.energy[row] += ENERGY.get(name, 0)
                self.joy[row] += JOY.get(name, 0)
                if name in TEMPI:
                    self.tempo[row] = TEMPI[name]
        self.speed = self._column("bpm", self.tempo)
        self.year = self._column("year", np.full(n, np.nan, np.float32))
        self.language = tracks["language"].to_list() if "language" in tracks.columns else [None] * n
        self.country = tracks["country"].to_list() if "country" in tracks.columns else []
        self.known = self._fame()
        self.artists: dict[str, list[int]] = defaultdict(list)
        self.albums: dict[str, list[int]] = defaultdict(list)
        alone = {key(a) for a in tracks["artist"] if a}
        for row, (artist, album) in enumerate(tracks.select("artist", "album").iter_rows()):
            for name in credits(artist or "", alone):
                self.artists[key(name)].append(row)
            if album:
                self.albums[key(album)].append(row)
        words = tracks["lyrics"].fill_null("").str.len_chars().to_numpy() > 0
        self.sung: Bools = (self.having(VOICES) | words) & ~self.having(("instrumental",))
        self.told = np.array([bool(o) for o in self.own]) | self.sung

    def _column(self, name: str, otherwise: Floats) -> Floats:
        """A numeric column as floats, NaN where unknown."""
        if name not in self.catalogue.tracks.columns:
            return otherwise
        values = self.catalogue.tracks[name].cast(pl.Float32).fill_null(float("nan")).to_numpy().copy()
        return np.where(np.isnan(values), otherwise, values).astype(np.float32) if name == "bpm" else values

    def _fame(self) -> Floats:
        """How often each track is played or put in a playlist."""
        counts = np.zeros(len(self.catalogue), np.float32)
        rows = self.catalogue.rows
        for table in (self.catalogue.plays, self.catalogue.playlists):
            for track, n in table["track_id"].value_counts().iter_rows():
                if track in rows:
                    counts[rows[track]] += n
        return counts

    def having(self, tags: Iterable[str]) -> Bools:
        """Shape (n_tracks,): which tracks have any of the tags."""
        mask = np.zeros(len(self.catalogue), bool)
        for tag in tags:
            mask[self.tags.get(tag_key(tag), [])] = True
        return mask

    def rows_of(self, ids: Iterable[str]) -> list[int]:
        """The rows of track ids that are here."""
        return [self.catalogue.rows[i] for i in ids if i in self.catalogue.rows]

    def meets(self, wish: Wish) -> Bools:
        """Shape (n_tracks,): which tracks have what a wish speaks of, wanted or not."""
        mask = np.zeros(len(self.catalogue), bool)
        if wish.kind == "year" and wish.years:
            low, high = wish.years
            return np.asarray((self.year >= (low or -9999)) & (self.year <= (high or 9999)))
        if wish.kind == "voice":
            sung = self.sung if "instrumental" not in wish.values else ~self.sung & self.told
            return sung if wish.words in ("vocals", "instrumental") else self.having(wish.values)
        if wish.kind == "language":
            tagged = self.having(wish.values[1:]) & np.array([code is None for code in self.language])
            return np.asarray(tagged | np.array([code == wish.values[0] for code in self.language]))
        if wish.kind == "country":
            return self._from(wish)
        if wish.kind == "occasion":
            bad = [v[1:] for v in wish.values if v[0] == "-"]
            mask = self.having(v for v in wish.values if v[0] != "-") & ~self.having(bad)
            return mask if wish.words != "grandparents" else mask | (self.year < 1970)
        if wish.kind in ("artist", "album"):
            table = self.artists if wish.kind == "artist" else self.albums
            for name in wish.values:
                mask[table.get(key(name), [])] = True
                if wish.refused and len(name.split()) > 1:
                    # "No more Patti Smith" means her group, too.
                    mask[[r for k, rows in table.items() if key(name) in k for r in rows]] = True
            return mask
        if wish.kind in ("title", "track"):
            mask[self.rows_of(wish.values)] = True
            return mask
        return self.having(wish.values) if wish.values or wish.refused else ~mask

    def _from(self, wish: Wish) -> Bools:
        """Shape (n_tracks,): which tracks are from a country: by column or tags, else by language."""
        words = {fold(wish.words.removeprefix("the ")), *(fold(v) for v in wish.values)}
        found = self.having(v for v in wish.values if not v.startswith(LANGUAGE))
        found[[i for i, c in enumerate(self.country) if c is not None and fold(c) in words]] = True
        codes = {v.removeprefix(LANGUAGE) for v in wish.values if v.startswith(LANGUAGE)}
        return found if found.any() else np.array([code in codes for code in self.language], bool)

    def allowed(self, state: DialogueState) -> Bools:
        """Shape (n_tracks,): what the state lets through: all that is required, nothing that is refused."""
        mask = np.ones(len(self.catalogue), bool)
        for wish in state.wishes:
            if wish.role != "preferred":
                mask &= self.meets(wish) ^ wish.refused
        for comparison in state.comparisons:
            mask &= self.compares(comparison)
        return mask

    def compares(self, comparison: Comparison) -> Bools:
        """Shape (n_tracks,): which tracks stand on the side of the compared ones that is asked for."""
        rows = self.rows_of(comparison.tracks)
        values, sign = self.scale(comparison), SIGN[comparison.dimension]
        known = values[rows][~np.isnan(values[rows])] if rows else values[:0]
        if not len(known):
            return np.ones(len(values), bool)
        edge = float(known.max() if sign > 0 else known.min())
        with np.errstate(invalid="ignore"):
            found = np.asarray(sign * (values - edge) > 0)
            # Nothing is slower than what is slowest: then as slow.
            return found if found.any() else np.asarray(values == edge)

    def scale(self, comparison: Comparison) -> Floats:
        """The values (n_tracks,) in which a comparison is made."""
        name = comparison.dimension
        if name in ("older", "newer"):
            return self.year
        if name in ("slower", "faster"):
            return self.speed
        if name in ("calmer", "louder"):
            return self.energy
        return self.joy if name in ("sadder", "happier") else self.known

    def nearness(self, comparison: Comparison) -> Floats:
        """Shape (n_tracks,): 0 for the edge of the catalogue, 1 right beside the compared tracks."""
        rows, values = self.rows_of(comparison.tracks), self.scale(comparison)
        known = values[rows][~np.isnan(values[rows])] if rows else values[:0]
        away = np.abs(values - known.mean()) if len(known) else np.zeros_like(values)
        top = np.nanmax(away) if np.isfinite(away).any() else 0
        return np.nan_to_num(1 - away / top if top > 0 else np.ones_like(away)).astype(np.float32)

    def _named(self, state: DialogueState) -> Bools:
        """Shape (n_tracks,): the tracks that this turn asks for by name."""
        mask = np.zeros(len(self.catalogue), bool)
        for wish in state.required:
            if wish.kind in NAMES and wish.turn == state.turn:
                mask |= self.meets(wish)
        return mask

    def preference(self, state: DialogueState) -> Floats:
        """Shape (n_tracks,): how many preferred wishes each track meets, and how squarely the others."""
        total = np.zeros(len(self.catalogue), np.float32)
        for wish in state.wishes:
            if wish.role == "preferred":
                total += self.meets(wish)
            elif not wish.refused and wish.values and wish.kind in ("genre", "mood", "instrument"):
                total += 0.5 * self.having(wish.values[:1])
            elif wish.kind == "voice" and ("instrumental" in wish.values) != wish.refused:
                # Where no tag says that somebody sings, these most likely have nobody.
                total += self.having(WORDLESS)
            elif not wish.refused and wish.kind == "occasion":
                good = [self.having((v,)) for v in wish.values if v[0] != "-"]
                total += 0.3 * np.sum(good, axis=0) if good else 0
        for comparison in state.comparisons:
            total += 0.7 * self.nearness(comparison)
        return total

    def _left(self, state: DialogueState, free: Bools) -> bool:
        return bool((self.allowed(state) & free).any())

    def possible(self, state: DialogueState, free: Bools) -> tuple[DialogueState, list[Wish | Comparison]]:
        """The state without its least important wishes, until a free track meets it, and what was dropped."""
        dropped: list[Wish | Comparison] = []
        named = np.flatnonzero(self._named(state))
        for wish in state.refused if len(named) else ():
            # Who asks for a track or an artist by name wants them, whatever was refused before.
            if wish.turn < state.turn and self.meets(wish)[named].all():
                state = replace(state.without(wish), lifted=(*state.lifted, wish))
        while state.wishes and not self._left(state, free):
            order = sorted(
                (w for w in state.wishes if w.role == "required"),
                # A name of an earlier turn is the first to go, one of this turn the last.
                key=lambda w: (
                    not (w.kind in NAMES and w.turn < state.turn),
                    IMPORTANCE.index(w.kind),
                    w.turn,
                ),
            )
            # A comparison is of this turn: what was wished before gives way, but not a name with tracks left.
            if not order or (order[0].kind in NAMES and self._left(_without_comparisons(state), free)):
                break
            # A wish that makes the difference by itself goes before one that does not.
            helps = [w for w in order if self._left(state.without(w), free)]
            dropped.append((helps or order)[0])
            state = state.without((helps or order)[0])
        if state.comparisons and not self._left(state, free):
            dropped += state.comparisons
            state = _without_comparisons(state)
        return state, dropped


def _without_comparisons(state: DialogueState) -> DialogueState:
    return replace(state, comparisons=())


def credits(artist: str, alone: Container[str]) -> set[str]:
    """The artist field itself, and each artist of a joint credit.

    Args:
        artist: the field.
        alone: keys of artists that are credited alone somewhere: "Queen & David Bowie" is two, "Simon &
            Garfunkel" and "Earth, Wind & Fire" are one.
    """
    found = {artist}
    for name in GUEST.split(artist):
        found.add(name.strip(" )]"))
        found |= {p for p in JOINT.split(name) if len(p.split()) > 1 or key(p) in alone}
    return {name for name in found if name.strip()}


def tags_here(index: Index, tags: Sequence[str]) -> tuple[str, ...]:
    """Those of the tags that some track has."""
    return tuple(t for t in tags if tag_key(t) in index.tags)
