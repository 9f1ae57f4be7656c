"""Decayed sequential rules: what came some plays after each of the last tracks."""

import numpy as np
import scipy.sparse as sp

from segue.models.counting.base import Arrays, CountingSettings, Transitions, of_matrix
from segue.models.counting.markov import follows
from segue.models.counting.sessions import Sessions


class RulesSettings(CountingSettings):
    """See `Settings`. `PUBLISHED` has the published form."""

    last: int | None = 10
    steps: int = 10
    """How many plays may lie between the two ends of a rule, at most."""
    decay: float = 0.6
    """What a play of the request counts relative to the one after it; 0 looks at the last alone."""
    balance: float = 0.5
    """A track's rules are divided by the sum of their weights to this power. At 1 every play of a request
    says equally much, at 0 a popular one more.
    """
    age_scale: float | None = 1.0
    """A training session counts exp(-age / age_scale), `age` the share of newer sessions; None counts all
    alike.
    """


PUBLISHED = RulesSettings(last=1, age_scale=None)
"""Sequential rules as published: the last play alone, every session alike."""


class SequentialRules(Transitions[RulesSettings]):
    """A rule a -> b weighs the sum of 1 / distance over the training sessions in which b came after a.

    Source: sequential rules (SR), Kamehkhosh, Jannach and Ludewig, RecTemp 2017. Added here, each an
    option: rules from earlier plays of the request too, and newer sessions counting more.
    """

    name = "rules"
    settings_type = RulesSettings

    @classmethod
    def learn(cls, sessions: Sessions, settings: RulesSettings) -> Arrays:
        """The weights of the rules."""
        n = sessions.n_tracks
        rules = sp.csr_matrix((n, n), dtype=np.float32)
        # No rule spans more than the longest session has plays.
        longest = int(np.diff(sessions.starts).max(initial=0))
        for distance in range(1, min(settings.steps, longest - 1) + 1):
            rules = rules + follows(sessions, distance, settings.age_scale) * np.float32(1 / distance)
        total = np.asarray(rules.sum(axis=1)).ravel()
        scale = np.where(total > 0, total, 1.0) ** -settings.balance
        return of_matrix(sp.diags(scale.astype(np.float32)) @ rules)
