"""The catalogue to look around in: search, likeness, what there is, and what one may ask of it."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from typing_extensions import TypedDict

from segue.data.library import Library
from segue.kit.arrays import Bools, Floats, unit
from segue.kit.errors import SegueError
from segue.models.recommender import top_rows
from segue.serving.answer import Played
from segue.serving.chat import Conversation
from segue.serving.errors import NotHereError
from segue.serving.filters import TEMPO
from segue.serving.pointing import row_of
from segue.serving.shapes import TokenShape
from segue.understanding.text import fold
from segue.understanding.vocabulary import kind_of

TAGS = 60
"""Tags that the facts name, the most frequent first."""


class ExampleShape(TypedDict):
    """Something one may say to this catalogue."""

    title: str
    text: str


class TagShape(TypedDict):
    """A tag and how many tracks have it."""

    tag: str
    count: int


class FactsShape(TypedDict):
    """What a catalogue holds."""

    name: str
    tracks: int
    artists: int
    tags: list[TagShape]
    years: list[int] | None
    tempo: bool
    tempo_range: list[float] | None
    has_audio: bool


class Browse:
    """One catalogue, looked at without a conversation."""

    def __init__(self, library: Library, talk: Conversation) -> None:
        self.library, self.catalogue = library, library.catalogue
        self.index, self.likeness = talk.index, talk.likeness
        self._talk, self.tie_order = talk, talk.recommender.tie_order

    def row(self, track_id: str) -> dict[str, Any]:
        """What the catalogue knows of a track, by column."""
        return self.catalogue.tracks.row(self.row_number(track_id), named=True)

    def row_number(self, track_id: str) -> int:
        """The row of a track; raises `NotHereError` where there is none of this id."""
        return row_of(self._talk, track_id)

    def rows(self, track_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The same of several; those that are not here are left out."""
        found = [self.catalogue.rows[i] for i in track_ids if i in self.catalogue.rows]
        return list(self.catalogue.tracks[found].iter_rows(named=True))

    @cached_property
    def _texts(self) -> pl.Series:
        tracks = self.catalogue.tracks
        parts = [pl.col(c).fill_null("") for c in ("title", "artist", "album")]
        lines = tracks.select(pl.concat_str(parts, separator="\n"))["title"]
        return pl.Series([fold(line) for line in lines], dtype=pl.String)

    @cached_property
    def _by_fame(self) -> Any:
        return np.argsort(-self.index.known, kind="stable")

    def tracks(
        self, query: str = "", tag: str = "", limit: int = 50, offset: int = 0
    ) -> tuple[int, list[dict[str, Any]]]:
        """How many tracks have all words of a query (and a tag), and some of them.

        What is called just so comes first, in each part the best known first.
        """
        mask = np.ones(len(self.catalogue), bool)
        for word in fold(query).split()[:20]:
            mask &= self._texts.str.contains(word, literal=True).to_numpy()
        if tag:
            mask &= self.index.having((tag,))
        order = self._by_fame[mask[self._by_fame]]
        if query.strip():
            called = f"(?m)^{pl.escape_regex(' '.join(fold(query).split()))}$"
            is_called = self._texts.str.contains(called).to_numpy()
            order = order[np.argsort(~is_called[order], kind="stable")]
        chosen = order[offset : offset + limit]
        return len(order), list(self.catalogue.tracks[chosen].iter_rows(named=True))

    def similar(self, track_id: str, k: int = 10, modality: str | None = None) -> list[Played]:
        """The tracks most like one, by all modalities or by one.

        Raises:
            NotHereError: no such track, or this modality is not here.
            SegueError: the track has nothing of this modality.
        """
        row = self.row_number(track_id)
        scores, known = self._likeness(row, modality)
        known[row] = False
        scores = np.where(known, scores, -np.inf).astype(np.float32)
        order = top_rows(scores, min(k, len(scores)), self.tie_order)
        title = self.catalogue.tracks["title"][row] or track_id
        source = f"likeness to {title}" + (f" ({modality})" if modality else "")
        ids, rows = self.catalogue.ids, self.catalogue.tracks
        return [
            Played(str(ids[r]), rows.row(int(r), named=True), (), (), (source,), float(scores[r]))
            for r in order
            if known[r]
        ]

    def _likeness(self, row: int, modality: str | None) -> tuple[Floats, Bools]:
        """Likeness (n_tracks,) to a row, and whose is known (n_tracks,)."""
        if modality is None:
            return self.likeness.to([row]), np.ones(len(self.catalogue), bool)
        if not self.library.has(modality):
            here = ", ".join(self.library.modalities) or "none"
            raise NotHereError(f"no feature {modality[:60]!r}", "modality", f"modalities: {here}")
        feature = self.library.feature(modality)
        if not feature.present[row]:
            raise SegueError(f"this track has no {modality}", "modality", "ask without a modality")
        vectors = self.library.once(
            ("unit", modality),
            lambda: unit(np.where(feature.present[:, None], feature.matrix, 0)),
        )
        return np.asarray(vectors @ vectors[row], np.float32), feature.present.copy()

    def tokens(self, track_id: str) -> list[TokenShape]:
        """The music tokens of a track; none where there are no codes."""
        if self._codes is None or track_id not in self.catalogue.rows:
            return []
        modalities, codes = self._codes
        row = codes[self.catalogue.rows[track_id]]
        return [TokenShape(modality=m, code=int(c)) for m, c in zip(modalities, row, strict=True) if c >= 0]

    @cached_property
    def _codes(self) -> tuple[tuple[str, ...], Any] | None:
        try:
            return self.library.tokens.modalities, self.library.tokens.codes
        except SegueError:
            return None

    @cached_property
    def facts(self) -> FactsShape:
        """What the catalogue holds."""
        tracks = self.catalogue.tracks
        counts = Counter({self.index.spoken[k]: len(rows) for k, rows in self.index.tags.items()})
        years: list[int] = tracks["year"].drop_nulls().to_list()
        tempo = tracks[TEMPO].drop_nulls() if TEMPO in tracks.columns else pl.Series([], dtype=pl.Float64)
        return FactsShape(
            name=self.library.workspace.root.resolve().name,
            tracks=tracks.height,
            artists=tracks["artist"].n_unique(),
            tags=[TagShape(tag=t, count=n) for t, n in counts.most_common(TAGS)],
            years=[min(years), max(years)] if years else None,
            tempo=len(tempo) > 0,
            tempo_range=[float(tempo.min()), float(tempo.max())] if len(tempo) else None,  # type: ignore[arg-type]
            has_audio=tracks["audio_path"].null_count() < tracks.height,
        )

    @cached_property
    def examples(self) -> list[ExampleShape]:
        """What one may say, made of this catalogue's own tags, artists, titles and years."""
        by_kind: dict[str, list[str]] = {}
        for k in sorted(self.index.tags, key=lambda k: (-len(self.index.tags[k]), k)):
            tag = self.index.spoken[k]
            by_kind.setdefault(kind_of(tag), []).append(tag)
        genres, moods = by_kind.get("genre", []), by_kind.get("mood", [])
        instruments = by_kind.get("instrument", [])
        tracks = self.catalogue.tracks
        known = [int(r) for r in self._by_fame[:200]]
        artists = list(dict.fromkeys(str(tracks["artist"][r]) for r in known if tracks["artist"][r]))
        titles = [str(tracks["title"][r]) for r in known if tracks["title"][r]]
        decades = Counter(y // 10 * 10 for y in tracks["year"].drop_nulls().to_list()).most_common(1)
        said: list[tuple[str, str]] = []
        if moods and genres:
            said.append(("A mood", f"something {moods[0]}, {genres[0]} perhaps"))
        if genres and decades:
            said.append(("A time", f"{genres[min(1, len(genres) - 1)]} from the {decades[0][0]}s"))
        if genres and instruments:
            said.append(("With and without", f"{genres[0]} with {instruments[0]}"))
        if len(artists) > 1:
            said.append(("Like an artist", f"something like {artists[0]}, but not {artists[0]}"))
            said.append(("A way", f"5 tracks from {artists[0]} to {artists[1]}"))
        if titles:
            said.append(("A title", f"play {titles[0]}"))
        if moods:
            said.append(("A list", f"five {moods[min(1, len(moods) - 1)]} songs"))
        return [ExampleShape(title=title, text=text) for title, text in said]
