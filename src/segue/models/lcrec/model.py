"""LC-Rec behind the contract: beam search over the trie of the tracks' semantic ids."""

from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.llm.beams import score_tracks, search
from segue.llm.session import Session
from segue.models.lcrec.learn import Settings, learn, names_of, with_new_tracks
from segue.models.lcrec.rqvae import RQVAE, Codes
from segue.models.lcrec.sequence import Writer
from segue.models.listening_lm import EXACT, LM, ListeningLM, check_room, put_below
from segue.tokens.trie import Trie
from segue.tokens.vocabulary import Vocabulary


class LCRec(ListeningLM):
    """A trained LC-Rec over a workspace's catalogue.

    Where the beam search did not go, a track's score is the sum of its codes' log-probabilities under the
    beams that share its first codes, or under the mixture of all beams.

    Args:
        catalogue: may have tracks more than there are codes for: those cannot be generated and come last.
        codes: int16 (n_coded, levels), -1 for a track without.
    """

    name: ClassVar[str] = "lcrec"
    settings_type = Settings

    def __init__(self, catalogue: Catalogue, lm: LM, rqvae: RQVAE, codes: Codes) -> None:
        super().__init__(catalogue, lm)
        self.rqvae, self.settings = rqvae, Settings(**lm.card["settings"])
        self.codes = np.pad(codes, ((0, len(catalogue) - len(codes)), (0, 0)), constant_values=-1)
        self.vocabulary = Vocabulary(names_of(codes.shape[1]), tuple(lm.card["sizes"]), lm.card["first"])
        self.full = self.vocabulary.full_codes(self.codes)
        self.trie = Trie(self.full)
        self.writer = Writer(lm.tokenizer, self.vocabulary, self.codes, [])
        self.session = Session(lm.model)

    def _score(self, request: Request) -> Floats:
        prompt = self.writer.prompt(self.heard(request, self.settings.length))
        check_room(len(prompt) + self.settings.levels, self.model, self.settings.size)
        self.session.read(prompt)
        allowed = self.allowed(request) & self.writer.coded
        if not allowed.any():
            allowed = self.writer.coded
        n_ids = len(self.trie.codes[-1])
        width = n_ids if n_ids <= EXACT else self.settings.width
        beams = search(self.session, self.vocabulary, self.trie, width, allowed)
        weights = np.ones(self.settings.levels, np.float32)
        scores = score_tracks(beams, self.trie, self.full, weights)
        reached = np.isin(self.trie.track_nodes[-1], beams.steps[-1].nodes) & self.writer.coded
        return put_below(scores, reached)

    @classmethod
    def _learn(cls, library: Library, settings: Settings, work: Path) -> Self:
        return cls(library.catalogue, *learn(library, settings, work))

    def _save(self, directory: Path) -> None:
        self.lm.save(directory)
        tensors = {name: t.contiguous() for name, t in self.rqvae.state_dict().items()}
        save_file(tensors | {"codes": torch.from_numpy(self.codes)}, directory / "ids.safetensors")

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        lm = LM.load(directory, cls.made_by())
        tensors = load_file(directory / "ids.safetensors")
        codes = tensors.pop("codes").numpy()
        rqvae = RQVAE(len(tensors["mean"]), *tensors["codebooks"].shape[:2])
        rqvae.load_state_dict(tensors)
        codes = with_new_tracks(codes, rqvae, lm.card["spaces"], library)
        return cls(library.catalogue, lm, rqvae, codes)
