"""A catalogue as wishes see it: who has a tag, a voice, a language, a year, and how tracks compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import polars as pl

from segue.data.catalogue import Catalogue
from segue.data.names import tag_key
from segue.kit.arrays import Bools, Floats
from segue.understanding import voices
from segue.understanding.composers import rows_of_artists
from segue.understanding.keys import Rows, keys_of
from segue.understanding.scales import ENERGY, FEASTS, JOY, MEASURED, SIGN, TEMPI, UNLIKE, WORDLESS
from segue.understanding.state import Comparison, DialogueState, Wish
from segue.understanding.text import fold, key
from segue.understanding.vocabulary import ANY_LANGUAGE, BRAZILIAN, DECADE, FOREIGN, LANGUAGE, VOICES

CODE = 2
"""Letters of the code of a language."""
SWEARING = "explicit words"
"""What is refused where no swearing is wanted."""
OF_MOOD = ("calmer", "louder", "sadder", "happier")
"""Comparisons whose middle is neither: below it a track is calm, or sad."""


class Index:
    """What the wishes of a state mean for the rows of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, tracks = catalogue, catalogue.tracks
        n = tracks.height
        self.energy, self.joy = np.zeros(n, np.float32), np.zeros(n, np.float32)
        self.tempo = np.full(n, np.nan, np.float32)
        self._read_tags(tracks["tags"])
        self.speed = self._column("bpm", self.tempo)
        self.year = self._column("year", np.full(n, np.nan, np.float32))
        self.decades = self._decades()
        self.seconds = self._column("duration_s", np.full(n, np.nan, np.float32))
        self.language = tracks["language"].to_list() if "language" in tracks.columns else [None] * n
        self.codes = pl.Series(self.language, dtype=pl.String)
        self.country = tracks["country"].to_list() if "country" in tracks.columns else []
        self.known = self._fame()
        self.artists = rows_of_artists(catalogue)
        albums = tracks.select("album").unique(maintain_order=True).drop_nulls()
        albums = albums.with_columns(keys_of(albums["album"]))
        placed = tracks.select("album").with_row_index("at").join(albums, on="album", maintain_order="left")
        self.albums = Rows(placed["key"], placed["at"])
        words = tracks["lyrics"].fill_null("").str.len_chars().to_numpy() > 0
        self.sung: Bools = (self.having(VOICES) | words) & ~self.having(("instrumental",))
        self.told = (tracks["tags"].list.len().fill_null(0).to_numpy() > 0) | self.sung

    def _read_tags(self, column: pl.Series) -> None:
        """Rows by tag, and what the tags say of energy, joy and tempo."""
        said = pl.DataFrame({"row": pl.arange(len(column), eager=True, dtype=pl.Int32), "tag": column})
        said = said.explode("tag").drop_nulls("tag")
        names = said["tag"].unique(maintain_order=True)
        keys = pl.Series([tag_key(t) for t in names], dtype=pl.String)
        self.spoken: dict[str, str] = {}
        for k, tag in zip(keys, names, strict=True):
            self.spoken.setdefault(k, tag.casefold())
        said = said.with_columns(keys.gather(said["tag"].cast(pl.Enum(names)).to_physical()).alias("tag"))
        groups = said.group_by("tag", maintain_order=True).agg("row")
        # A tag that a track has twice stands twice in its rows: below it counts once all the same.
        self.tags = {k: rows.to_numpy() for k, rows in zip(groups["tag"], groups["row"], strict=True)}
        for table, values in ((ENERGY, self.energy), (JOY, self.joy)):
            for tag, more in table.items():
                values[self.tags.get(tag_key(tag), [])] += more
        for tag, tempo in TEMPI.items():
            self.tempo[self.tags.get(tag_key(tag), [])] = tempo

    def _decades(self) -> dict[int, Bools]:
        """First year -> bool (n_tracks,): the tracks of no known year whose tags tell that decade alone."""
        found: dict[int, Bools] = {}
        for tag, name in self.spoken.items():
            if (told := DECADE.fullmatch(name)) and name not in ("20s", "30s"):
                year = int(told[2] or told[4])
                year += 100 * int(told[1] or told[3] or (20 if year <= 10 else 19))
                rows = np.isnan(self.year)
                rows &= np.isin(np.arange(len(rows)), self.tags[tag])
                found[year] = found.get(year, np.zeros_like(rows)) | rows
        # Who listens tags what sounds like another time, too: several decades tell none.
        one = sum((rows.astype(int) for rows in found.values()), np.zeros(len(self.year), int)) == 1
        return {year: rows & one for year, rows in sorted(found.items()) if (rows & one).any()}

    def _column(self, name: str, otherwise: Floats) -> Floats:
        """A numeric column as floats, NaN where unknown."""
        if name not in self.catalogue.tracks.columns:
            return otherwise
        values = self.catalogue.tracks[name].cast(pl.Float32).fill_null(float("nan")).to_numpy().copy()
        return np.where(np.isnan(values), otherwise, values).astype(np.float32) if name == "bpm" else values

    def _fame(self) -> Floats:
        """How often each track is played or put in a playlist."""
        ids = self.catalogue.tracks.select("track_id")
        tables = [t.select("track_id") for t in (self.catalogue.plays, self.catalogue.playlists)]
        counts = pl.concat(tables).group_by("track_id").len("n")
        found = ids.join(counts, on="track_id", how="left", maintain_order="left")["n"]
        return found.fill_null(0).cast(pl.Float32).to_numpy().copy()

    @cached_property
    def era(self) -> Floats:
        """The year of each track, else the middle of the decade that its tags tell, else NaN."""
        years = self.year.copy()
        for year, rows in self.decades.items():
            years[rows] = year + 4.5
        return years

    @property
    def counted(self) -> bool:
        """Whether it is known of any track how many beats a minute it has."""
        return self.speed is not self.tempo and bool(np.nanmax(self.speed, initial=0) > max(TEMPI.values()))

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
        mask = self._meets(wish)
        for other in wish.but:
            mask = mask & ~self._meets(other)
        return mask

    def _meets(self, wish: Wish) -> Bools:
        mask = np.zeros(len(self.catalogue), bool)
        if wish.kind == "listening":
            return mask if wish.found is None else wish.found
        if wish.years:
            return self._ranging(wish)
        if wish.kind == "voice":
            return voices.voiced(self, wish)
        if wish.kind == "language":
            return self._sung_in(wish)
        if wish.kind == "country":
            return self._from(wish)
        if wish.kind == "occasion":
            if (feast := self._of_feast(wish)).any():
                return feast
            bad = [v[1:] for v in wish.values if v[0] == "-"]
            mask = self.having(v for v in wish.values if v[0] != "-") & ~self.having(bad)
            # "Not the sort you dance to" leaves no sad party music either.
            mask |= self.having(wish.values[:1]) & wish.refused
            return mask if wish.words != "grandparents" else mask | (self.year < 1970)
        if wish.kind in ("artist", "album"):
            return self._of_names(wish)
        if wish.kind in ("title", "track") or (wish.kind == "words" and wish.words != SWEARING):
            mask[self.rows_of(wish.values)] = True
            # Words of no other kind may be a tag: "C minor".
            return mask | self.having(wish.values) if wish.kind == "words" else mask
        if wish.kind == "tempo":
            # What is measured ("slow tempo") goes before what a tagger heard ("slow").
            measured = self.having(t for t in TEMPI if t.endswith(MEASURED))
            by_name = [v for v in wish.values if v.endswith(MEASURED)]
            return self.having(by_name) | (
                self.having(v for v in wish.values if v not in by_name) & ~measured
            )
        if wish.words == SWEARING and "explicit" in self.catalogue.tracks.columns:
            return self.catalogue.tracks["explicit"].cast(pl.Boolean).fill_null(False).to_numpy()
        if wish.kind == "mood" and wish.words in UNLIKE and not wish.refused:
            return self.having(wish.values) & ~self.having(UNLIKE[wish.words])
        return self.having(wish.values) if wish.values or wish.refused else ~mask

    def _of_feast(self, wish: Wish) -> Bools:
        """Shape (n_tracks,): which tags and titles tell that a track is for a feast."""
        if wish.words not in FEASTS:
            return np.zeros(len(self.catalogue), bool)
        titles = self.catalogue.tracks["title"].fill_null("").str.to_lowercase()
        titled = titles.str.contains(rf"\b(?:{FEASTS[wish.words]})").to_numpy()
        return np.asarray(titled | self.having(FEASTS[wish.words].split("|")))

    def _ranging(self, wish: Wish) -> Bools:
        """Shape (n_tracks,): which tracks are within the years, seconds or beats a minute of a wish."""
        # 2:59.6 is shown as 2:59: parts of a second do not count.
        values = {"length": np.floor(self.seconds), "tempo": self.speed}.get(wish.kind, self.year)
        spans = [v.split("-") for v in wish.values] or [
            ["" if y is None else str(y) for y in wish.years or ()]
        ]
        mask = np.zeros(len(self.catalogue), bool)
        for low, high in spans:
            mask |= (values >= float(low or "-inf")) & (values <= float(high or "inf"))
            for year, rows in self.decades.items() if wish.kind == "year" else ():
                mask |= rows & (float(low or "-inf") <= year) & (year + 9 <= float(high or "inf"))
        return mask

    def _of_names(self, wish: Wish) -> Bools:
        """Tracks of artists or albums."""
        mask = np.zeros(len(self.catalogue), bool)
        table = self.artists if wish.kind == "artist" else self.albums
        for name in wish.values:
            mask[table.get(key(name), [])] = True
            if wish.refused and len(name.split()) > 1:
                # "No more Patti Smith" means her group, too.
                mask[table.holding(key(name))] = True
        return mask

    def _sung_in(self, wish: Wish) -> Bools:
        """Shape (n_tracks,): which tracks are in a language: by code, or by tags where none is known."""
        untold = self.codes.is_null().to_numpy()
        tagged = self.having(wish.values[1:])
        if "latin" in wish.values[1:]:
            tagged &= ~self.having(BRAZILIAN)
        if wish.values[0] == "en" and (wish.refused or untold.all()):
            # "Not English" is what is known to be in another language, or not sung at all.
            tagged |= self.sung & ~self.having((*FOREIGN, *ANY_LANGUAGE))
        codes = [v for v in wish.values if len(v) == CODE]  # "German or French" has two.
        return np.asarray((tagged & untold) | self.codes.is_in(codes).fill_null(False).to_numpy())

    def _from(self, wish: Wish) -> Bools:
        """Shape (n_tracks,): which tracks are from a country: by column or tags, else by language."""
        words = {fold(wish.words.removeprefix("the ")), *(fold(v) for v in wish.values)}
        found = self.having(v for v in wish.values if not v.startswith(LANGUAGE))
        found[[i for i, c in enumerate(self.country) if c is not None and fold(c) in words]] = True
        codes = {v.removeprefix(LANGUAGE) for v in wish.values if v.startswith(LANGUAGE)}
        return found if found.any() else self.codes.is_in(list(codes)).fill_null(False).to_numpy()

    def allowed(self, state: DialogueState) -> Bools:
        """Shape (n_tracks,): what the state lets through: all that is required, nothing that is refused."""
        mask = np.ones(len(self.catalogue), bool)
        for wish in state.wishes:
            if wish.role != "preferred":
                voice = wish.kind == "voice"
                mask &= voices.let_through(self, wish, state) if voice else self.meets(wish) ^ wish.refused
        for comparison in state.comparisons:
            mask &= (
                self.compares(comparison) if comparison.tracks else self.utmost(comparison, mask, state.count)
            )
        return mask

    def utmost(self, comparison: Comparison, among: Bools, count: int) -> Bools:
        """Shape (n_tracks,): the first so many of some tracks in a dimension, with all that are level."""
        values = np.where(among, SIGN[comparison.dimension] * self.scale(comparison), np.nan)
        known = np.sort(values[~np.isnan(values)])[::-1]
        if not len(known):
            return np.zeros(len(values), bool)
        with np.errstate(invalid="ignore"):
            return np.asarray(values >= known[min(count, len(known)) - 1])

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
            return self.era
        if name in ("slower", "faster"):
            return self.speed
        if name in ("shorter", "longer"):
            return self.seconds
        if name in ("calmer", "louder"):
            return self.energy
        return self.joy if name in ("sadder", "happier") else self.known

    def wholly(self, comparison: Comparison) -> Bools:
        """Shape (n_tracks,): which tracks are sad, and not only sadder; none in what has no middle."""
        if comparison.dimension not in OF_MOOD:
            return np.zeros(len(self.catalogue), bool)
        with np.errstate(invalid="ignore"):
            return np.asarray(SIGN[comparison.dimension] * self.scale(comparison) >= 1)

    def nearness(self, comparison: Comparison) -> Floats:
        """Shape (n_tracks,): 0 for the edge of the catalogue, 1 right beside the compared tracks."""
        rows, values = self.rows_of(comparison.tracks), self.scale(comparison)
        known = values[rows][~np.isnan(values[rows])] if rows else values[:0]
        away = np.abs(values - known.mean()) if len(known) else np.zeros_like(values)
        top = np.nanmax(away) if np.isfinite(away).any() else 0
        return np.nan_to_num(1 - away / top if top > 0 else np.ones_like(away)).astype(np.float32)

    def preference(self, state: DialogueState) -> Floats:
        """Shape (n_tracks,): how many preferred wishes each track meets, and how squarely the others."""
        total = np.zeros(len(self.catalogue), np.float32)
        for wish in state.wishes:
            if wish.role == "preferred":
                total += self.meets(wish)
            elif not wish.refused and wish.values and wish.kind in ("genre", "mood", "instrument"):
                total += 0.5 * self.having(wish.values[:1])
            elif wish.kind == "voice" and ("instrumental" in wish.values) != wish.refused:
                total += 3 * self.having(WORDLESS)  # tags leave singers out
            elif not wish.refused and wish.kind == "occasion":
                # What suits an occasion most stands first among its tags.
                good = [self.having((v,)) for v in wish.values if v[0] != "-"]
                total += sum((0.6 if n == 0 else 0.3) * mask for n, mask in enumerate(good))
                total += 4 * self._of_feast(wish)
        for comparison in state.comparisons:
            total += 0.7 * self.nearness(comparison)
        return total


def tags_here(index: Index, tags: Sequence[str]) -> tuple[str, ...]:
    """Those of the tags that some track has."""
    return tuple(t for t in tags if tag_key(t) in index.tags)
