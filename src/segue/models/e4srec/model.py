"""E4SRec behind the recommenders' contract."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError, readable
from segue.kit.workspace import read_card, write_json
from segue.learning.validation import learnt, take_over
from segue.models.e4srec.anchor import Anchor
from segue.models.e4srec.gated_anchor import ENCODER, GatedAnchor
from segue.models.e4srec.inputs import KEPT, Inputs, checksum_of, read_inputs, restore
from segue.models.e4srec.learn import Built, anchor_of, build, learn, score_plays
from segue.models.e4srec.settings import Settings
from segue.models.gated_history.model import GatedHistory
from segue.models.heard import Heard, of_request
from segue.models.trained import Trained

REQUESTS = 64
"""Requests that are scored at once."""


class E4SRec(Trained):
    """Soft tokens of the last plays through a language model; a score for every track from its last state.

    Args:
        settings: with modalities and kind of ID resolved.
        track_ids: the tracks of the training, in the order of the head's rows.

    Source: E4SRec specification 7, 8, 12.
    """

    name: ClassVar[str] = "e4srec"
    settings_type = Settings
    reads = ("log", "features")
    uses = ("sasrec", "gated_history")
    any_order = True

    def __init__(
        self,
        library: Library,
        built: Built,
        inputs: Inputs,
        settings: Settings,
        track_ids: list[str],
        card: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(library.catalogue)
        self.library = library
        self.built, self.inputs, self.settings = built, inputs, settings
        self.track_ids, self.card = track_ids, card or {}

    @classmethod
    def zero_shot(cls, library: Library, settings: Settings) -> Self:
        """Nothing trained: projection, fusion and head random by the settings' seed. Source: 10.1."""
        inputs = read_inputs(library, settings)
        change = {"ids": inputs.ids, "modalities": tuple(inputs.features)}
        chosen = settings.model_copy(update=change)
        built = build(library, inputs, chosen, anchor=anchor_of(library, chosen))
        return cls(library, built, inputs, chosen, [str(i) for i in library.catalogue.ids])

    @classmethod
    def _learn(cls, library: Library, settings: Settings, work: Path) -> Self:
        built, inputs, chosen, facts = learn(library, settings, work)
        return cls(library, built, inputs, chosen, [str(i) for i in library.catalogue.ids], facts)

    def untrained(self, *, seed: int = 0) -> Self:
        """The same model as it was published as zero-shot: the backbone as it came, all else random."""
        change = {
            "start": "random",
            "as_published": True,
            "head": "free",
            "bias": False,
            "tuning": "frozen",
            "seed": seed,
        }
        return type(self).zero_shot(self.library, self.settings.model_copy(update=change))

    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores, float32 (n_requests, n_tracks); comparable within a request only."""
        scores = np.empty((len(requests), len(self.catalogue)), np.float32)
        for start in range(0, len(requests), REQUESTS):
            plays = [self.plays(r) for r in requests[start : start + REQUESTS]]
            scores[start : start + len(plays)] = score_plays(self.built.network, self.built.prompter, plays)
        return scores

    def plays(self, request: Request) -> Heard:
        """What a request has heard, as far back as anything here looks."""
        if self.settings.repeats == "filter":
            return of_request(self.catalogue, request)
        anchor = self.built.network.anchor
        return of_request(
            self.catalogue, request, max(self.settings.length, 0 if anchor is None else anchor.reads)
        )

    def _save(self, directory: Path) -> None:
        """What was trained, the vectors that only this training knew, and which track each row is."""
        mark = checksum_of(self.track_ids)
        tensors = learnt(self.built.network)
        at = np.array([self.catalogue.rows.get(i, -1) for i in self.track_ids])
        for modality in (m for m in self.inputs.features if m in KEPT):
            feature = self.inputs.features[modality]
            tensors[f"input/{modality}"] = torch.from_numpy(np.where(at[:, None] >= 0, feature.matrix[at], 0))
            tensors[f"present/{modality}"] = torch.from_numpy((at >= 0) & feature.present[at])
        anchor = self.built.network.anchor
        about, more = ({}, {}) if anchor is None else anchor.save(directory)
        save_file(tensors | more, directory / "model.safetensors", {"item_map": mark})
        pl.DataFrame({"track_id": self.track_ids}).write_parquet(directory / "tracks.parquet")
        if self.settings.tuned == "full":
            self.built.lm.save_pretrained(directory / "backbone")
            self.built.tokenizer.save_pretrained(directory / "backbone")
        card = {
            "recommender": self.name,
            "settings": self.settings.model_dump(),
            "backbone": {"name": self.settings.size, "fingerprint": self.built.fingerprint},
            "item_map": mark,
            "modalities": list(self.inputs.features),
            "scales": self.inputs.scales,
            "spaces": self.inputs.spaces,
            "ids": self.inputs.ids,
            "anchor": about,
        }
        write_json(directory / "card.json", self.card | card)

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        card = read_card(directory, cls.made_by())
        catalogue, settings = library.catalogue, Settings(**card["settings"])
        track_ids, tensors = _read(directory, card)
        rows = np.array([catalogue.rows.get(i, -1) for i in track_ids], np.int64)
        kept = {n: t.numpy() for n, t in tensors.items() if n.startswith(("input/", "present/"))}
        inputs = restore(library, rows, card, kept)
        full = settings.tuned == "full"
        backbone = str(directory / "backbone") if full else None
        anchor: Anchor | GatedAnchor | None = None
        if card.get("anchor", {}).get("kind") == GatedHistory.name:
            anchor = GatedAnchor(GatedHistory.load(directory / ENCODER, library))
        elif card.get("anchor"):
            anchor = Anchor.restored(card["anchor"], tensors, rows, len(library))
        elif settings.start == "auto":
            settings = settings.model_copy(update={"start": "random"})  # made before there were anchors
        built = build(library, inputs, settings, head_rows=rows, backbone=backbone, anchor=anchor)
        if not full and built.fingerprint != card["backbone"]["fingerprint"]:
            what = f"was trained on another {settings.size} than the one found now"
            raise SegueError(what, str(directory), "restore that backbone, or train again")
        with readable(directory, "train it again", KeyError, RuntimeError):
            take_over(built.network, tensors)
        facts = {n: v for n, v in card.items() if n not in ("settings", "backbone")}
        return cls(library, built, inputs, settings, track_ids, facts)


def _read(directory: Path, card: dict[str, Any]) -> tuple[list[str], dict[str, torch.Tensor]]:
    """Track ids and tensors of a saved model, after checking that they belong together."""
    track_ids = pl.read_parquet(directory / "tracks.parquet")["track_id"].to_list()
    with safe_open(directory / "model.safetensors", "pt") as file:
        mark = (file.metadata() or {}).get("item_map")
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if not mark == card["item_map"] == checksum_of(track_ids):
        raise SegueError("the list of tracks is not that of the weights", str(directory), "train it again")
    return track_ids, tensors
