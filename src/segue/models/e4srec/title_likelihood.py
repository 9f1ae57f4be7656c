"""Zero-shot without untrained parts: how likely a language model finds a track's name after the names played.

Every track's name continues the same prompt. The prompt is read once; the names follow it as branches that
do not see each other, many in one pass. Source: E4SRec specification 12 (zero-shot, a).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache

from segue.data.catalogue import Catalogue
from segue.data.library import Library
from segue.data.request import Request
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.progress import watched
from segue.kit.settings import Settings
from segue.kit.workspace import read_json, write_json
from segue.llm.load import load_size
from segue.models.recommender import Recommender

MOST = 5000
"""The largest catalogue: every name is read for every request."""
CHUNK = 512
"""Tokens of names that are read at once."""
OPENING = "Tracks that a listener played, one after the other:\n"


class Branches(NamedTuple):
    """Some names as one row of tokens: ids, place in the name and number of the name, int64 (n_tokens,)."""

    ids: Tensor
    place: Tensor
    name: Tensor


class TitleSettings(Settings):
    """Which language model reads the names, and how."""

    size: str = "small"
    """`small`, `base`, or any causal LM by path or hub name."""
    length: int = 10
    """So many of the last plays are named."""
    centred: bool = True
    """Less the mean log-probability after no plays at all, so that plain names do not win always."""


class TitleLikelihood(Recommender):
    """Ranks tracks by the mean log-probability of the tokens of their name after the names played.

    Args:
        catalogue: at most `MOST` tracks.

    Raises:
        SegueError: the catalogue is too large.
    """

    name: ClassVar[str] = "title_likelihood"
    reads = ("described",)
    settings_type = TitleSettings

    def __init__(
        self,
        catalogue: Catalogue,
        lm: Any,
        tokenizer: Any,
        settings: TitleSettings,
    ) -> None:
        super().__init__(catalogue)
        if len(catalogue) > MOST:
            what = f"{len(catalogue)} tracks are too many to read every name for each request"
            raise SegueError(what, cure=f"{MOST} at most; rank larger catalogues by content or by training")
        self.lm, self.tokenizer, self.settings = lm, tokenizer, settings
        self.length, self.centred = settings.length, settings.centred
        tracks = catalogue.tracks
        self.names = [
            " ".join(f"{title} by {artist}".split())
            for title, artist in zip(tracks["title"], tracks["artist"], strict=True)
        ]
        self.tokens = [self._ids(name + "\n") for name in self.names]
        self._nothing: Floats | None = None

    @classmethod
    def _fit(cls, library: Library, settings: TitleSettings) -> Self:
        """Nothing is trained: the language model of a size, path or name as it came."""
        lm, tokenizer = load_size(settings.size, settings.seed, shared=True)
        return cls(library.catalogue, lm, tokenizer, settings)

    def _ids(self, text: str) -> list[int]:
        found = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return list(found)

    def score(self, requests: Sequence[Request]) -> Floats:
        """Scores, float32 (n_requests, n_tracks): mean log-probabilities in nats a token."""
        scores = np.zeros((len(requests), len(self.catalogue)), np.float32)
        few = len(requests) * len(self.catalogue) <= 2000
        each = watched(requests, "reading names", hidden=few, stays=True)
        for line, request in zip(scores, each, strict=True):
            line[:] = self.likelihood(self.heard(request, self.length).tolist())
            if self.centred:
                line -= self.nothing
        return scores

    @property
    def nothing(self) -> Floats:
        """The likelihoods (n_tracks,) after no plays."""
        if self._nothing is None:
            self._nothing = self.likelihood([])
        return self._nothing

    @torch.no_grad()
    def likelihood(self, rows: Sequence[int]) -> Floats:
        """Mean log-probability (n_tracks,) of each name's tokens after the names of `rows`."""
        prompt = [i for text in (OPENING, *(self.names[r] + "\n" for r in rows)) for i in self._ids(text)]
        longest = len(prompt) + max(len(t) for t in self.tokens)
        limit = int(getattr(self.lm.config, "max_position_embeddings", longest))
        if longest > limit:
            what = f"a prompt takes {longest} tokens, {longest - limit} more than the {limit} that fit"
            raise SegueError(what, cure="lower `length`")
        body, head = self.lm.get_decoder(), self.lm.get_output_embeddings()
        cache = DynamicCache()
        inputs = torch.tensor([prompt], device=head.weight.device)
        state = body(input_ids=inputs, past_key_values=cache, use_cache=True).last_hidden_state[0, -1:]
        first = torch.log_softmax(head(state).float(), -1)[0]
        sums = torch.zeros(len(self.tokens), device=first.device)
        for part in self._parts():
            part = Branches(*(t.to(first.device) for t in part))
            sums += self._sum(body, head, cache, len(prompt), part, first)
        counts = np.array([len(t) for t in self.tokens], np.float32)
        return (sums.cpu().numpy() / counts).astype(np.float32)

    def _sum(
        self, body: Any, head: Any, cache: DynamicCache, kept: int, part: Branches, first: Tensor
    ) -> Tensor:
        """Summed log-probabilities (n_tracks,) of a part's names; zero for all others."""
        n = len(part.ids)
        same = part.name[:, None] == part.name[None]
        sees = same & (part.place[None] <= part.place[:, None])
        mask = torch.zeros(1, 1, n, kept + n, dtype=head.weight.dtype, device=first.device)
        mask[..., kept:].masked_fill_(~sees, torch.finfo(mask.dtype).min)
        states = body(
            input_ids=part.ids[None],
            attention_mask=mask,
            position_ids=(kept + part.place)[None],
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[0]
        cache.crop(-n)
        # A token's probability is told by the token before it, that of a name's first by the prompt.
        later = torch.flatten(torch.nonzero(part.place > 0))
        found = first[part.ids]
        logits = torch.log_softmax(head(states[later - 1]).float(), -1)
        found[later] = logits.gather(1, part.ids[later, None])[:, 0]
        return torch.zeros(len(self.tokens), device=first.device).index_add_(0, part.name, found)

    def _parts(self) -> Iterator[Branches]:
        """All names, about `CHUNK` tokens at a time."""
        lengths = np.array([len(t) for t in self.tokens])
        filled = np.cumsum(lengths) - lengths
        for rows in np.split(np.arange(len(lengths)), np.flatnonzero(np.diff(filled // CHUNK)) + 1):
            ids = np.concatenate([np.array(self.tokens[r], np.int64) for r in rows])
            place = np.concatenate([np.arange(lengths[r]) for r in rows])
            name = np.repeat(rows, lengths[rows])
            yield Branches(*(torch.from_numpy(a) for a in (ids, place, name)))

    def _save(self, directory: Path) -> None:
        write_json(directory / "config.json", self.settings.model_dump())

    @classmethod
    def _load(cls, directory: Path, library: Library) -> Self:
        return cls.fit(library, read_json(directory / "config.json"))
