"""Surveys, their scenarios, raters and answers, in the state database.

Which system stands on which side, and in which order the scenarios come, is drawn for each rater when the
survey is made and kept here: nothing that a rater is sent names a system.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)

from segue.kit.errors import SegueError
from segue.serving.errors import NotHereError
from segue.serving.state import Base, Store, now

Choice = Literal["a", "b", "tie"]
Side = Literal["left", "right", "tie"]
QUESTIONS = ("track", "sentence")
"""Recommendation relevance, and response naturalness. Source: TalkPlay 4.1."""

SURVEYS = Table(
    "surveys",
    Base.metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("a", String(200), nullable=False),
    Column("b", String(200), nullable=False),
    Column("about", JSON, nullable=False),
    Column("created_at", String(40), nullable=False),
)


def _numbered(name: str, of: str, whole: str, number: str, *columns: Column[Any]) -> Table:
    """A table of the numbered parts of something: of the row of `whole` that the column `of` names."""
    key = Column(of, String(64), ForeignKey(whole), primary_key=True)
    place = Column(number, Integer, primary_key=True, autoincrement=False)
    return Table(name, Base.metadata, key, place, *columns)


SCENARIOS = _numbered(
    "survey_scenarios", "survey", "surveys.id", "number", Column("scenario", JSON, nullable=False)
)
RATERS = Table(
    "survey_raters",
    Base.metadata,
    Column("token", String(64), primary_key=True),
    Column("survey", String(32), ForeignKey("surveys.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
)
ASKED = _numbered(
    "survey_asked",
    "token",
    "survey_raters.token",
    "place",
    Column("number", Integer, nullable=False),
    Column("swapped", Boolean, nullable=False),
)
ANSWERS = _numbered(
    "survey_answers",
    "token",
    "survey_raters.token",
    "place",
    Column("track", String(8), nullable=False),
    Column("sentence", String(8), nullable=False),
    Column("answered_at", String(40), nullable=False),
)


@dataclass(frozen=True)
class Reply:
    """What one system answers in a scenario."""

    track_id: str
    sentence: str


@dataclass(frozen=True)
class Scenario:
    """One comparison: the dialogue so far as (role, content) pairs, and what both systems answer to it."""

    dialogue_id: str
    turn: int
    history: tuple[tuple[str, str], ...]
    a: Reply
    b: Reply


@dataclass(frozen=True)
class Question:
    """What a rater sees: `place` in their own order, and what is left and what is right."""

    place: int
    history: tuple[tuple[str, str], ...]
    sides: tuple[Reply, Reply]


@dataclass(frozen=True)
class Progress:
    """How far a rater is, and the next question; None at the end."""

    title: str
    rater: str
    done: int
    total: int
    next: Question | None


class Surveys:
    """The surveys of a state database; tables are made where they are not there."""

    def __init__(self, store: Store) -> None:
        self.store = store
        Base.metadata.create_all(store.engine)

    def create(
        self,
        title: str,
        systems: tuple[str, str],
        scenarios: Sequence[Scenario],
        raters: Sequence[str],
        *,
        each: int | None = None,
        about: dict[str, Any] | None = None,
        seed: int = 0,
    ) -> tuple[str, dict[str, str]]:
        """Keep a survey; returns its id, and rater -> token.

        Every rater gets scenarios in an order of their own, with sides swapped in half of them.

        Args:
            title: what raters read above it; names no system.
            each: so many scenarios a rater, spread evenly; all by default.
            seed: of the orders and sides; tokens are secret and not drawn from it.

        Raises:
            SegueError: no scenario, no rater, or a name twice.
        """
        if not scenarios or not raters or len(set(raters)) < len(raters):
            raise SegueError("a survey needs scenarios, and raters of different names", cure="see --raters")
        survey, generator, n = secrets.token_hex(6), np.random.default_rng(seed), len(scenarios)
        tokens = {name: secrets.token_urlsafe(24) for name in raters}
        size = min(n, each or n)
        asked = []
        for start, token in enumerate(tokens.values()):
            chosen = generator.permutation([(start * size + i) % n for i in range(size)]).tolist()
            swapped = generator.permutation([i % 2 == 0 for i in range(size)]).tolist()
            pairs = enumerate(zip(chosen, swapped, strict=True))
            asked += [{"token": token, "place": p, "number": c, "swapped": s} for p, (c, s) in pairs]
        row = {"id": survey, "title": title, "a": systems[0], "b": systems[1]}
        with self.store.session() as session:
            session.execute(insert(SURVEYS), row | {"about": about or {}, "created_at": now()})
            kept = [{"survey": survey, "number": i, "scenario": asdict(s)} for i, s in enumerate(scenarios)]
            session.execute(insert(SCENARIOS), kept)
            names = [{"token": t, "survey": survey, "name": name} for name, t in tokens.items()]
            session.execute(insert(RATERS), names)
            session.execute(insert(ASKED), asked)
        return survey, tokens

    def progress(self, token: str) -> Progress:
        """How far a rater is, and what is asked next; raises `NotHereError` where there is no such token."""
        with self.store.session() as session:
            found = session.execute(
                select(RATERS.c.name, SURVEYS.c.title, RATERS.c.survey)
                .join(SURVEYS, SURVEYS.c.id == RATERS.c.survey)
                .where(RATERS.c.token == token)
            ).one_or_none()
            if found is None:
                raise NotHereError("no survey behind this link", cure="ask who sent it for a new one")
            rows = session.execute(
                select(ASKED.c.place, ASKED.c.number, ASKED.c.swapped, ANSWERS.c.track)
                .outerjoin(ANSWERS, (ANSWERS.c.token == ASKED.c.token) & (ANSWERS.c.place == ASKED.c.place))
                .where(ASKED.c.token == token)
                .order_by(ASKED.c.place)
            ).all()
            open_ = [r for r in rows if r.track is None]
            question = None
            if open_:
                key = (SCENARIOS.c.survey == found.survey) & (SCENARIOS.c.number == open_[0].number)
                value = session.execute(select(SCENARIOS.c.scenario).where(key)).scalar_one()
                a, b = Reply(**value["a"]), Reply(**value["b"])
                sides = (b, a) if open_[0].swapped else (a, b)
                history = tuple((role, content) for role, content in value["history"])
                question = Question(open_[0].place, history, sides)
        return Progress(found.title, found.name, len(rows) - len(open_), len(rows), question)

    def answer(self, token: str, place: int, track: Side, sentence: Side) -> None:
        """Keep what a rater says of one question; said again, it replaces what was said before.

        Raises:
            NotHereError: no such token, or no such question.
        """
        with self.store.session() as session:
            key = (ASKED.c.token == token) & (ASKED.c.place == place)
            swapped = session.execute(select(ASKED.c.swapped).where(key)).scalar_one_or_none()
            if swapped is None:
                raise NotHereError("no such question in this survey", cure="load the page again")
            sides: dict[Side, Choice] = {"left": "a", "right": "b", "tie": "tie"}
            if swapped:
                sides |= {"left": "b", "right": "a"}
            session.execute(delete(ANSWERS).where(ANSWERS.c.token == token, ANSWERS.c.place == place))
            values = {"token": token, "place": place, "track": sides[track], "sentence": sides[sentence]}
            session.execute(insert(ANSWERS), values | {"answered_at": now()})

    def all(self) -> list[RowMapping]:
        """Every survey, oldest first: id, title, a, b, about, created_at."""
        with self.store.session() as session:
            return list(session.execute(select(SURVEYS).order_by(SURVEYS.c.created_at)).mappings())

    def scenarios(self, survey: str) -> list[dict[str, Any]]:
        """The scenarios of a survey in order, as they were kept."""
        query = select(SCENARIOS.c.scenario).where(SCENARIOS.c.survey == survey).order_by(SCENARIOS.c.number)
        with self.store.session() as session:
            return list(session.execute(query).scalars())

    def answers(self, survey: str) -> list[dict[str, Any]]:
        """The answers of a survey, a dictionary each; what `track` and `sentence` prefer is a, b or tie."""
        query = (
            select(
                RATERS.c.name.label("rater"),
                ASKED.c.number.label("scenario"),
                ASKED.c.swapped,
                ANSWERS.c.track,
                ANSWERS.c.sentence,
                ANSWERS.c.answered_at,
            )
            .join(ASKED, (ASKED.c.token == ANSWERS.c.token) & (ASKED.c.place == ANSWERS.c.place))
            .join(RATERS, RATERS.c.token == ANSWERS.c.token)
            .where(RATERS.c.survey == survey)
            .order_by(RATERS.c.name, ASKED.c.number)
        )
        with self.store.session() as session:
            return [dict(row) for row in session.execute(query).mappings()]
