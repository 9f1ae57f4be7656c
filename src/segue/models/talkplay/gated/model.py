"""TalkPlay that reads with a pretrained encoder and gates what retrieval finds, behind the contract."""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from segue.data.codes import Tokens
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.threads import torch_threads
from segue.kit.workspace import write_json
from segue.models.recommender import fitted, is_fitted
from segue.models.retrieval.bm25 import BM25
from segue.models.retrieval.dense import Dense
from segue.models.talkplay.gated.clues import NUMBERS, PRIOR, Clues, check_clues
from segue.models.talkplay.gated.decode import generate
from segue.models.talkplay.gated.examples import draw, examples
from segue.models.talkplay.gated.learn import Settings, calibrate, learn
from segue.models.talkplay.gated.network import Network, config_of
from segue.models.talkplay.gated.reading import Reader, codes_for, places_of, shares_of
from segue.models.talkplay.gated.transfer import Side, start_from
from segue.models.trained import Trained
from segue.models.variety import Variety
from segue.tokens.trie import Trie

FEWEST = 30
"""Held-out moments below which nothing is calibrated."""
HELD = 600
"""Held-out moments at most."""
PULL = 8.0
AT_ONCE = 25_000
"""Tracks of a batch whose clues are held at once."""


class GatedTalkPlay(Trained):
    """Reads with a sentence encoder; its state gates retrieval's evidence and adds codes of its own.

    Every track's score is a log-probability: of all tracks allowed, and code by code inside the trie.

    Args:
        codes: int64 (n_tracks, n_modalities), -1 where missing.
        trust: what the state and what clues together add counts, and what is added to that in the first turn.
        variety: what a track loses in the first ten for each better one of its artist but one.
    """

    name: ClassVar[str] = "talkplay_gated"
    settings_type: ClassVar[type[Any]] = Settings
    reads = ("codebooks", "dialogues")

    def __init__(
        self,
        clues: Clues,
        network: Network,
        codes: np.ndarray[Any, np.dtype[np.int64]],
        sizes: Sequence[int],
        trust: Sequence[Sequence[float]] = ((1.0, 1.0), (0.0, 0.0)),
        variety: float = 0.0,
    ) -> None:
        super().__init__(clues.catalogue)
        self.clues, self.network, self.codes, self.sizes = clues, network.eval(), codes, list(sizes)
        self.trust, self.variety = [list(line) for line in trust], variety
        self.artists = Variety(self.catalogue.tracks["artist"].to_list())
        places = places_of(codes, self.sizes)
        self.reader = Reader(self.catalogue, places, clues.dense.vectors, clues.dense.encoder)
        self.places, self.texts = torch.from_numpy(places), torch.from_numpy(clues.dense.vectors)

    @torch.no_grad()
    def score(self, requests: Sequence[Request]) -> Floats:
        """Log-probabilities up to a constant of each request, float32 (n_requests, n_tracks)."""
        if not requests:
            return np.zeros((0, len(self.catalogue)), np.float32)
        most = max(1, AT_ONCE // max(1, len(self.catalogue)))
        parts = [requests[n : n + most] for n in range(0, len(requests), most)]
        with torch_threads(1):
            tables = ((part, self.clues.table(part)) for part in parts)
            return np.concatenate(
                [self._score(r, table[n : n + 1]) for part, table in tables for n, r in enumerate(part)]
            )

    def _score(self, request: Request, clues: Floats) -> Floats:
        """The scores of one request, (1, n_tracks), by its table of clues."""
        read = self.reader([request])
        state = self.network.state(read)
        fixed = read.stages @ self.network.static
        trust, trust_together = (read.stages @ torch.tensor(self.trust))[0]
        gates = fixed + trust * (self.network.gate(state, read.stages) - fixed)
        own = trust * self.network.own(state, self.places, self.texts)
        table = torch.from_numpy(clues)
        together = trust_together * self.network.together(table, read.stages)
        scores = np.asarray((own + together + table @ gates[0]).numpy(), np.float32)
        return self.artists.vary(scores[0], self.allowed(request), self.variety)[None]

    def write(self, request: Request, generator: np.random.Generator | None = None) -> list[int]:
        """The music tokens of a track, one code a modality, written inside the trie of what is allowed.

        A missing code is the number behind the modality's last. Nothing where no track is allowed.
        """
        scores, allowed = self.score([request])[0], self.allowed(request)
        return [code for code, _ in generate(scores, allowed, self.trie, generator)]

    @cached_property
    def trie(self) -> Trie:
        """Of the tuples that tracks of the catalogue have."""
        return Trie(np.where(self.codes >= 0, self.codes, np.array(self.sizes)))

    def gates(self, request: Request) -> dict[str, float]:
        """What the rank of each clue counts for a request."""
        with torch.no_grad():
            read = self.reader([request])
            gates = self.network.gate(self.network.state(read), read.stages)[0]
        return dict(zip(PRIOR, gates[1::NUMBERS].tolist(), strict=True))

    @classmethod
    def _learn(cls, library: Library, settings: Settings, work: Path) -> Self:
        model = cls.started(library, settings)
        catalogue = library.catalogue
        found = draw(catalogue.dialogues_of("train"), settings.moments, settings.seed)
        if not found:
            raise SegueError("no training dialogue", library.where, "run `segue dialogues` first")
        texts = sorted({t.content for m in found for t in m.request.messages if t.role == "user"})
        encoder = model.clues.dense.encoder
        encoder.size = max(encoder.size, len(texts) + 1000)
        for start in range(0, len(texts), 1024):
            encoder(texts[start : start + 1024])
        seen = examples(model.clues, found, settings.seed, real=settings.real, title="clues")
        with torch_threads(1):
            learn(model.network, model.reader, seen, settings, work)
        held = draw(catalogue.dialogues_of("validation"), HELD, settings.seed)
        put_aside = examples(model.clues, held, settings.seed, title="put aside")
        if any(m.dislikes for m in found):
            # What people dislike answers the same words as what they like: only fewer alike bring fewer.
            model.variety = settings.variety
        if len(put_aside) >= FEWEST:
            with torch_threads(1):
                model.trust = calibrate(model.network, model.reader, put_aside, PULL)
        return model

    @classmethod
    def started(cls, library: Library, settings: Settings) -> Self:
        """The model before its training: fusion with fixed weights, or what `from_` had learnt elsewhere.

        Raises:
            SegueError: `from_` has no trained model, or one that reads with another encoder.
        """
        if settings.from_ is None:
            return cls._fresh(library, settings)
        source = Library.open(settings.from_)
        if not is_fitted(source, cls.name):
            cure = f"run `segue train talkplay-gated {settings.from_}` first"
            raise SegueError("no trained talkplay_gated to start from", str(settings.from_), cure)
        other = fitted(cls, source)
        if other.clues.dense.encoder.name != settings.encoder:
            cure = f"train with --encoder {other.clues.dense.encoder.name}"
            raise SegueError("reads with another encoder, so nothing carries over", str(settings.from_), cure)
        sizes = {name: config_of(other.network)[name] for name in ("width", "layers")}
        model = cls._fresh(library, settings.model_copy(update=sizes))
        start_from(model._side(library), other._side(source))
        model.trust = other.trust
        return model

    def _side(self, library: Library) -> Side:
        tokens = _tokens(library)
        names = tokens.modalities if tokens else ()
        return Side(self.network, names, self.places.numpy(), self.clues.dense.vectors)

    @classmethod
    def _fresh(cls, library: Library, settings: Settings) -> Self:
        bm25, dense = BM25.fit(library), Dense.fit(library, {"encoder": settings.encoder})
        tokens = _tokens(library)
        codes = codes_for(tokens, len(library))
        sizes = list(tokens.sizes.values()) if tokens else [0] * codes.shape[1]
        torch.manual_seed(settings.seed)
        network = Network(
            1 + sum(sizes),
            dense.vectors.shape[1],
            prior(),
            torch.from_numpy(shares_of(places_of(codes, sizes), sizes)),
            settings.width,
            settings.layers,
        )
        return cls(Clues(bm25, dense), network, codes, sizes)

    def _save(self, directory: Path) -> None:
        self.clues.bm25.save(directory / "bm25")
        self.clues.dense.save(directory / "dense")
        tensors = {name: t.contiguous() for name, t in self.network.state_dict().items()}
        save_file(tensors | {"track_codes": torch.from_numpy(self.codes)}, directory / "model.safetensors")
        config = config_of(self.network) | {"sizes": self.sizes, "trust": self.trust}
        config["variety"] = self.variety
        write_json(directory / "config.json", config)

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        config = json.loads((directory / "config.json").read_text("utf-8"))
        sizes, trust, variety = config.pop("sizes"), config.pop("trust"), config.pop("variety", 0.0)
        tensors = load_file(directory / "model.safetensors")
        kept = tensors.pop("track_codes").numpy()
        check_clues(tensors["prior"].shape[1], directory, "segue train talkplay-gated")
        network = Network(prior=prior(), shares=torch.zeros_like(tensors["shares"]), **config)
        network.load_state_dict(tensors)
        tokens = _tokens(library)
        if tokens is not None and list(tokens.sizes.values()) != sizes:
            cure = "run `segue train talkplay-gated` again, or restore the codebooks"
            raise SegueError("trained with other codebooks than the workspace has now", str(directory), cure)
        clues = Clues(BM25.load(directory / "bm25", library), Dense.load(directory / "dense", library))
        return cls(clues, network, codes_for(tokens, len(library), kept), sizes, trust, variety)


def prior() -> torch.Tensor:
    """The gates before training, float32 (3 x n_clues,): `PRIOR` for the rank alone."""
    return torch.tensor([[0.0, value, 0.0] for value in PRIOR.values()]).flatten()


def _tokens(library: Library) -> Tokens | None:
    """The library's tokens; None where there are none that fit its catalogue."""
    try:
        return library.tokens
    except SegueError:
        return None
