"""CLAP retrieval: what is said against what a track sounds like, zero-shot and fine-tuned on dialogues."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np

from segue.data.library import Library
from segue.data.request import Request
from segue.describe.audio_tags import check_same_model
from segue.encoders.audio.clap import PLACE, ClapText
from segue.kit.arrays import Floats, unit
from segue.kit.errors import SegueError
from segue.kit.settings import Settings
from segue.kit.workspace import read_json, write_json
from segue.models.recommender import Recommender
from segue.models.retrieval.towers import Moved, Side, Towers, TowerSettings, learn, read_towers, score


class ClapSettings(Settings):
    """Which CLAP, and how what was said before counts."""

    place: str = PLACE
    """Folder or hub name of the model; the audio feature must be of the same one."""
    decay: float = 0.2
    """Weight of an utterance relative to the one after it."""


class ClapTunedSettings(TowerSettings):
    """Which CLAP, and how the maps learn."""

    place: str = PLACE
    """Folder or hub name of the model; the audio feature must be of the same one."""


class _Texts:
    """CLAP's text tower with the vectors of the texts it saw kept."""

    def __init__(self, place: str) -> None:
        self.tower = ClapText(place)
        # Listeners say the same earlier words again with every request.
        self._vector = lru_cache(maxsize=20_000)(lambda text: self.tower.vectors([text])[0])
        self.dim = len(self._vector("a song"))

    def __call__(self, texts: list[str]) -> Floats:
        """Unit vectors, float32 (n, dim); one text at a time, so that a batch changes no rounding."""
        nothing = np.zeros(self.dim, np.float32)
        return np.stack([self._vector(text) if text.strip() else nothing for text in texts])


def side_of(library: Library, place: str, decay: float) -> Side:
    """The frozen side of CLAP retrieval.

    Raises:
        SegueError: no track has a recording that this CLAP has listened to.
    """
    if not library.in_workspace or not library.has("audio"):
        cure = "import a folder of music and run `segue features --modality audio --encoder clap`"
        raise SegueError("CLAP needs recordings, and no audio feature is here", library.where, cure)
    check_same_model(library.workspace, place)
    feature = library.feature("audio")
    return Side(library.catalogue, unit(feature.matrix), feature.present, _Texts(place), decay)


class Clap(Recommender):
    """Cosine of what was said and what a track sounds like, zero-shot. Source: TalkPlay appendix D.

    Tracks without a recording come last.
    """

    name = "clap"
    settings_type = ClapSettings
    reads = ("feature audio",)

    def __init__(self, side: Side, place: str) -> None:
        super().__init__(side.catalogue)
        self.side, self.place = side, place
        # Untrained maps are nothing, so the same code scores both kinds.
        self.towers = Towers(side.vectors.shape[1], side.decay)

    @classmethod
    def _fit(cls, library: Library, settings: ClapSettings) -> Self:
        """Nothing is trained; the audio feature is looked at."""
        return cls(side_of(library, settings.place, settings.decay), settings.place)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Cosines, float32 (n_requests, n_tracks); -1 for tracks without a recording."""
        return score(self.towers, self.side, requests)

    def _save(self, directory: Path) -> None:
        write_json(directory / "config.json", {"place": self.place, "decay": self.side.decay})

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config = read_json(directory / "config.json")
        return cls(side_of(library, config["place"], config["decay"]), config["place"])


class ClapTuned(Moved):
    """The same in a space moved by training dialogues, as `dense_tuned`; both towers stay as they are."""

    name = "clap_tuned"
    settings_type = ClapTunedSettings
    reads = ("feature audio", "dialogues")

    def __init__(self, side: Side, towers: Towers, place: str) -> None:
        super().__init__(side, towers)
        self.place = place

    @classmethod
    def _learn(cls, library: Library, settings: ClapTunedSettings, work: Path) -> Self:
        side = side_of(library, settings.place, settings.decay)
        return cls(side, learn(side, settings, work, "training clap"), settings.place)

    def _save(self, directory: Path) -> None:
        super()._save(directory)
        write_json(directory / "config.json", {"place": self.place, "decay": self.side.decay})

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config = read_json(directory / "config.json")
        side = side_of(library, config["place"], config["decay"])
        return cls(side, read_towers(directory, side), config["place"])
