"""Tags and captions for recordings that have none: CLAP's zero-shot tags, and what a captioning model wrote.

CLAP puts sound and words in one space, so a recording fits a tag where its vector is near that of a sentence
with the tag in it. Both kinds go to the workspace's `descriptions/`, apart from the listener's own tags.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl
from scipy.special import ndtr, softmax

from segue.data import store
from segue.data.catalogue import Catalogue
from segue.data.descriptions import TAGS, write_tags
from segue.encoders.audio.clap import PLACE, ClapText
from segue.encoders.audio.net import folder_hash, local_folder
from segue.kit.arrays import Floats, unit
from segue.kit.errors import SegueError, readable
from segue.kit.workspace import Workspace, read_card

TEMPLATE = "this is a {} song"
"""The sentence that a tag is put in; CLAP has seen sentences, not single words."""
SHARPNESS = 1 / 0.07
"""By how much cosines are multiplied before the softmax: the scale that CLAP's training starts from."""
MANY = 30
"""From so many tracks on, a tag is judged against how it fits the others."""
COMMON = 200
"""How many of the catalogue's own tags are tried where no vocabulary is given."""
PER_TRACK = 5
"""The most tags written for a track."""


class TextTower(Protocol):
    """What turns sentences into vectors of the recordings' space."""

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, float32 (n_texts, dim)."""


def zero_shot_tags(
    audio_vectors: Floats, vocabulary: Sequence[str], clap: TextTower, *, template: str = TEMPLATE
) -> Floats:
    """How near each recording is to each tag: cosines, float32 (n_tracks, n_tags).

    Args:
        audio_vectors: of CLAP's audio tower, float32 (n_tracks, dim).
        template: a sentence with {} for the tag.
    """
    words = clap.vectors([template.replace("{}", tag) for tag in vocabulary])
    return np.asarray(unit(audio_vectors) @ words.T, dtype=np.float32)


def scores(cosines: Floats) -> Floats:
    """How well each tag fits, in (0, 1), float32 (n_tracks, n_tags).

    Some tags are near everything and some near nothing. With many tracks a tag's mean cosine is therefore
    taken off, and the score is the normal distribution's value of what is left over its spread among all
    tracks and tags: 0.9 says that the tag fits better than nine in ten pairs of a track and a tag do. With
    few tracks there is nothing to compare with, and the score is a softmax over the tags of a track.
    """
    if len(cosines) < MANY:
        return np.asarray(softmax(cosines * SHARPNESS, axis=1), dtype=np.float32)
    centred = cosines - cosines.mean(axis=0)
    spread = float(centred.std()) or 1.0
    return np.asarray(ndtr(centred / spread), dtype=np.float32)


def compute(
    workspace: Workspace,
    vocabulary: Sequence[str] = (),
    *,
    place: str = "",
    device: str = "",
    per_track: int = PER_TRACK,
    least: float = 0.9,
) -> str:
    """Write `descriptions/tags-clap.parquet`: the tags that fit each track best. Returns one line.

    Args:
        workspace: its audio feature must be CLAP's. vocabulary: tags to choose from; those of the catalogue,
        the 200 most frequent, if empty. place: of the same CLAP as the feature's; the papers' checkpoint if
        empty. device: torch device; the GPU where there is one if empty. per_track: the most tags a track.
        least: the least score of a tag where there are many tracks; the best tag is always kept. See
        `scores`.

    Raises:
        SegueError: the audio feature is missing or another encoder's, or there is no vocabulary.
    """
    place = place or PLACE
    check_same_model(workspace, place)
    feature = store.load(workspace, "audio")
    catalogue = Catalogue.load(workspace, described=False)  # the owner's tags, not what was found before
    tags = list(dict.fromkeys(vocabulary)) or frequent_tags(catalogue, COMMON)
    if not tags:
        raise SegueError("no tags to choose from", str(workspace.root), "give a vocabulary")
    rows = np.flatnonzero(feature.present)
    cosines = zero_shot_tags(feature.matrix[rows], tags, ClapText(place, device=device))
    fit = scores(cosines)
    floor = least if len(rows) >= MANY else 0.0
    chosen = [
        (catalogue.ids[row], tags[tag], float(track[tag]))
        for row, track in zip(rows, fit, strict=True)
        for rank, tag in enumerate(np.argsort(-track, kind="stable")[:per_track])
        if rank == 0 or track[tag] >= floor
    ]
    _write(workspace, "clap", chosen)
    return store.logged(f"tags: {len(chosen):,} by CLAP for {len(rows):,} tracks, from {len(tags):,} words")


def frequent_tags(catalogue: Catalogue, n: int) -> list[str]:
    """The `n` tags that most tracks have, equally frequent ones in order of the alphabet."""
    counts = (
        catalogue.tracks.select(pl.col("tags").list.unique().explode().alias("tag"))
        .filter(pl.col("tag").str.len_chars() > 0)
        .group_by("tag")
        .len()
        .sort(["len", "tag"], descending=[True, False])
    )
    return [str(tag) for tag in counts["tag"].head(n).to_list()]


def captions(workspace: Workspace, file: Path) -> str:
    """Write `descriptions/tags-caption.parquet` from what a captioning model wrote. Returns one line.

    Args:
        workspace: whose tracks are meant. file: JSON lines, CSV or Parquet with the columns `caption` and
        `track_id` or `audio_path`. A track may
            have several captions; relative paths count from the file's folder.

    Raises:
        SegueError: the file cannot be read, lacks a column, or no line of it is about a track of the
        catalogue.
    """
    table = _read(file)
    tracks = Catalogue.load(workspace, described=False).tracks
    if "track_id" not in table.columns:
        table = table.with_columns(track_id=_tracks_of(table["audio_path"].to_list(), tracks, file.parent))
    known = table.with_columns(pl.col("track_id", "caption").cast(pl.String)).filter(
        pl.col("track_id").is_in(tracks["track_id"].to_list()) & (pl.col("caption").str.len_chars() > 0)
    )
    if known.is_empty():
        cure = "its track_id or audio_path must be those of the catalogue"
        raise SegueError("no caption is of a track in the catalogue", str(file), cure)
    lines = known.select("track_id", pl.col("caption").str.strip_chars()).unique(maintain_order=True)
    _write(workspace, "caption", [(track, text, 1.0) for track, text in lines.iter_rows()])
    n_tracks, unknown = lines["track_id"].n_unique(), table.height - known.height
    rest = f"; {unknown:,} lines are of no track or empty" if unknown else ""
    return store.logged(f"captions: {lines.height:,} for {n_tracks:,} tracks{rest}")


def check_same_model(workspace: Workspace, place: str) -> None:
    """Raises `SegueError` unless the audio feature was made by the CLAP of this place, pooled by mean."""
    encoder = str(read_card(workspace.feature("audio"), "features --modality audio").get("encoder", ""))
    folder = local_folder(place)
    wanted = f"clap:{folder.name}@{folder_hash(folder)}" if folder else f"clap:{place}"
    if encoder != wanted and not encoder.startswith(f"{wanted}/decoder-"):
        cure = "run `segue features --modality audio --encoder clap` with the same model"
        raise SegueError(f"made by {encoder}, not {wanted}", str(workspace.feature("audio")), cure)


def _read(file: Path) -> pl.DataFrame:
    """The table of captions in a file."""
    with readable(file, "give .jsonl, .csv or .parquet", pl.exceptions.PolarsError):
        match file.suffix.lower():
            case ".jsonl" | ".ndjson":
                table = pl.read_ndjson(file)
            case ".csv":
                table = pl.read_csv(file, infer_schema=False)
            case ".parquet":
                table = pl.read_parquet(file)
            case _:
                raise SegueError("not a kind of file known here", str(file), "give .jsonl, .csv or .parquet")
    if "caption" not in table.columns or not {"track_id", "audio_path"} & set(table.columns):
        raise SegueError("lacks columns", str(file), "it needs caption and track_id or audio_path")
    return table


def _tracks_of(paths: Sequence[str | None], tracks: pl.DataFrame, folder: Path) -> pl.Series:
    """The track whose recording is at each path; null where there is none."""
    pairs = tracks.select("audio_path", "track_id").drop_nulls().iter_rows()
    owner = {str(Path(path).absolute()): track for path, track in pairs}
    found = [owner.get(str((folder / p).absolute())) if p else None for p in paths]
    return pl.Series("track_id", found, dtype=pl.String)


def _write(workspace: Workspace, source: str, lines: Sequence[tuple[str, str, float]]) -> None:
    """Write the tags of one source."""
    write_tags(workspace, source, pl.DataFrame(list(lines), schema=TAGS, orient="row"))
