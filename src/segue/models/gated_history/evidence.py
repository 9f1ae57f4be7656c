"""The evidence that is gated: what each simple thing says of every track, after the plays of a request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from segue.data.library import Library
from segue.data.log import Log
from segue.data.modalities import CONTENT
from segue.data.store import Feature
from segue.kit.arrays import Floats
from segue.models.completion.model import Completion
from segue.models.counting.base import Listening, decayed
from segue.models.counting.item_neighbours import ItemNeighbours
from segue.models.counting.markov import Markov
from segue.models.counting.personal import standardised
from segue.models.counting.rules import SequentialRules
from segue.models.counting.session_knn import SessionKNN
from segue.models.counting.sessions import Sessions
from segue.models.gated_history.finish import odds
from segue.models.gated_history.network import ContentSASRecNet
from segue.models.gated_history.own import activation, followed
from segue.models.heard import HOUR, Heard
from segue.models.retrieval.neighbours import Space
from segue.models.sequential.windows import pad

Ints = NDArray[np.int64]
PARTS: tuple[type[Listening[Any]], ...] = (SessionKNN, SequentialRules, ItemNeighbours, Markov)
OWN = {"own": 0.5, "recent": 1.5}
"""Own plays by two powers of their age: how much and how lately."""
SKIPPED = 0.5
"""A play that ended before so much of it was heard was skipped; one of unknown end was not."""
POPULAR = ("popular", "popular lately", "popular at this hour")
PARTS_OF_DAY = 6
LATELY = 0.05
"""The newest share of the training sessions, whose popularity is evidence of its own."""
ENDS = "heard to its end"
SHARP = 2.0
"""Nearness in content, in standard deviations, counts so much in the logits of its share."""


class Groups(NamedTuple):
    """Tracks that have something in common: an artist, a code.

    `member` is each track's group, int64 (n_tracks,), -1 without one; `n` is how many groups there are.
    """

    member: Ints
    n: int


def groups_of(library: Library) -> dict[str, Groups]:
    """The artists, and the codes of each content modality where tracks have codes (their music tokens)."""
    found = {}
    artists = library.catalogue.tracks["artist"].fill_null("")
    names = [name.casefold().strip() for name in artists.to_list()]
    if len(set(names) - {"", "unknown"}) > 1:
        found["artist"] = _groups(np.array(names), np.array([n not in ("", "unknown") for n in names]))
    if library.in_workspace and (library.workspace.tokens / "card.json").exists():
        tokens = library.tokens
        for place, modality in enumerate(tokens.modalities):
            if modality not in CONTENT:
                continue  # codes of company were fitted on all training sessions
            codes = tokens.codes[:, place]
            found[f"{modality} code"] = _groups(codes, codes >= 0)
    return found


def _groups(labels: NDArray[Any], known: NDArray[np.bool_]) -> Groups:
    values, member = np.unique(labels, return_inverse=True)
    return Groups(np.where(known, member, -1).astype(np.int64), len(values))


@dataclass(frozen=True)
class Evidence:
    """Shares of all tracks by what they rest on, fitted on some training sessions.

    Args:
        counts: training plays of each track, float64 (2 + PARTS_OF_DAY, n_tracks): all, the newest ones, and
            those of each part of the day.
        completion: how likely each track is heard to its end; None where the log does not tell.
    """

    parts: dict[str, Listening[Any]]
    counts: NDArray[np.float64]
    groups: dict[str, Groups]
    spaces: dict[str, Space]
    network: ContentSASRecNet
    completion: Completion | None = None

    @classmethod
    def of_sessions(
        cls,
        library: Library,
        sessions: Sessions,
        hours: NDArray[np.float64],
        features: Mapping[str, Feature],
        groups: dict[str, Groups],
        network: ContentSASRecNet,
        completion: Completion | None = None,
    ) -> Self:
        """What these sessions teach, and `by_hour` of their plays; nothing else of the log is looked at."""
        parts = {kind.name: kind.of_sessions(library.catalogue, sessions) for kind in PARTS}
        # Sessions are in order of time, so the last ones are the newest.
        newest = np.arange(len(sessions)) >= len(sessions) - max(1, round(LATELY * len(sessions)))
        counts = np.stack([sessions.counts(), sessions.select(newest).counts(), *hours]).astype(np.float64)
        return cls(parts, counts, groups, spaces_of(features), network, completion)

    @property
    def names(self) -> list[str]:
        """What the rows of `shares` are."""
        near = [f"{m}, {what}" for m in self.spaces for what in ("taste", "last")]
        group = [f"{g}, {what}" for g in self.groups for what in ("taste", "last")]
        end = [] if self.completion is None else [ENDS]
        return [
            "sasrec", *POPULAR, *self.parts, *OWN, "finished", "skipped", "followed", *group, *near, *end,
        ]  # fmt: skip

    @property
    def dense(self) -> NDArray[np.bool_]:
        """Which rows say something of every track: their logarithm is taken as it is."""
        return np.array([n in ("sasrec", ENDS) or n.split(", ")[0] in self.spaces for n in self.names])

    @property
    def played(self) -> tuple[int, int]:
        """The rows that are above zero for what the listener has played, and for what anybody has."""
        return self.names.index("own"), self.names.index("popular")

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Tracks of which nothing at all is known, bool (n_tracks,)."""
        met = self.counts[0] > 0
        for space in self.spaces.values():
            met |= space.present
        for group in self.groups.values():
            met |= group.member >= 0
        return np.asarray(~met)

    def shares(self, heard: Sequence[Heard]) -> tuple[Floats, Floats]:
        """What each kind says after some plays, and the states of the network (n_requests, dim).

        Each row (n_kinds, n_requests, n_tracks) sums to 1, or is 0 without any evidence.
        """
        n_tracks = self.counts.shape[1]
        plays = [h.rows for h in heard]
        states, logits = self._network(plays)
        found = [_softmax(logits)]
        prior = (self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)).astype(np.float32)
        found += [np.broadcast_to(p, (len(plays), n_tracks)) for p in prior[:2]]
        hours = [0 if p.hour is None else 2 + p.hour // (24 // PARTS_OF_DAY) for p in heard]
        found.append(prior[hours])
        for part in self.parts.values():
            last = part.settings.last
            found.append(_share(part.evidence([rows[-last:] if last else rows for rows in plays])))
        own = {name: activation(plays, decay, n_tracks) for name, decay in OWN.items()}
        found += [_share(matrix.toarray()) for matrix in own.values()]
        for skipped in (False, True):
            # A comparison with NaN is False: a play of unknown end was not skipped.
            ended = [h.rows[(h.completion < SKIPPED) == skipped] for h in heard]
            found.append(_share(activation(ended, 0.5, n_tracks).toarray()))
        found.append(_share(followed(plays, n_tracks)))
        lately = decayed([rows[-20:] for rows in plays], 0.7, n_tracks)
        for group in self.groups.values():
            found += [self._of_group(group, weights) for weights in (own["own"], lately)]
        for space in self.spaces.values():
            for decay, last in ((0.95, 100), (0.5, 5)):
                centres = [space.centre(rows[-last:].tolist(), decay) for rows in plays]
                found.append(_softmax(SHARP * standardised(space.near(np.stack(centres)))))
        if self.completion is not None:
            found.append(_softmax(odds(self.completion, heard)))
        return np.stack(found), states

    @torch.no_grad()
    def _network(self, plays: Sequence[Ints]) -> tuple[Floats, Floats]:
        """States (n, dim) and logits (n, n_tracks); what the network knows nothing of stands below all."""
        net = self.network
        rows, sizes = (torch.from_numpy(a) for a in pad([p[-net.length :] for p in plays]))
        states = net.last(rows, sizes).float()
        logits = states @ net.table.float().T
        # Their vectors are zeros, which would score in the middle.
        logits[:, ~net.scored] = logits.amin(1, keepdim=True) - 1
        return states.numpy(), logits.numpy()

    def _of_group(self, group: Groups, weights: Any) -> Floats:
        """The plays of each group, shared among its tracks by their popularity."""
        member, has = group.member, group.member >= 0
        ones = np.ones(int(has.sum()), np.float32)
        to_group = sp.csr_matrix((ones, (np.flatnonzero(has), member[has])), (len(member), group.n))
        taste = _share(np.asarray((weights @ to_group).toarray(), np.float32))
        # One more than played: a track that nobody has played yet gets a share of its artist, too.
        played = np.where(has, self.counts[0] + 1, 0.0)
        total = np.bincount(member[has], played[has], minlength=group.n)
        within = np.where(has, played / total[member], 0).astype(np.float32)
        return np.asarray(taste[:, member] * within, np.float32)


def by_hour(log: Log) -> NDArray[np.float64]:
    """Plays of each track in each part of the day, (PARTS_OF_DAY, n_tracks); all where no time is known.

    A part that has few plays is drawn towards all of them.
    """
    n_tracks = len(log.ids)
    whole = np.bincount(log.rows, minlength=n_tracks).astype(np.float64)
    if log.times is None:
        return np.tile(whole, (PARTS_OF_DAY, 1))
    part = log.times // HOUR % 24 // (24 // PARTS_OF_DAY)
    found = np.stack([np.bincount(log.rows[part == p], minlength=n_tracks) for p in range(PARTS_OF_DAY)])
    return np.asarray(found + whole / PARTS_OF_DAY)


def spaces_of(features: Mapping[str, Feature]) -> dict[str, Space]:
    """Unit vectors by modality."""
    return {modality: Space.of(feature) for modality, feature in features.items()}


def _share(evidence: Floats) -> Floats:
    """Each row over its sum, in place; rows of zeros stay."""
    total = evidence.sum(axis=1, dtype=np.float64, keepdims=True)
    evidence *= np.where(total > 0, 1 / np.where(total > 0, total, 1), 0).astype(np.float32)
    return evidence


def _softmax(logits: Floats) -> Floats:
    """In place."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits
