"""The catalogue and its models: tracks, likeness, facts, examples, recommendations, comparison, feedback."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from typing_extensions import TypedDict

from segue.data.catalogue import Turn
from segue.kit.errors import SegueError
from segue.serving.browse import ExampleShape, FactsShape
from segue.serving.map import MapShape
from segue.serving.replay import replay_of
from segue.serving.routes.common import ERRORS, Asked, Body, Ids, Name, Text
from segue.serving.service import MOST, Given
from segue.serving.shapes import AnswerShape, CardShape, TrackShape
from segue.serving.state import FeedbackRow, now

router = APIRouter(prefix="/v1", tags=["catalogue"], responses=ERRORS)


class ModelShape(TypedDict):
    """A model that answers."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    name: str
    stale: bool


class ModelsShape(TypedDict):
    """The models, the default first."""

    object: Literal["list"]
    data: list[ModelShape]


class TracksShape(TypedDict):
    """How many tracks there are, and some of them."""

    total: int
    tracks: list[TrackShape]


class CardsShape(TypedDict):
    """Recommended tracks."""

    tracks: list[CardShape]


class ExamplesShape(TypedDict):
    """What one may say."""

    examples: list[ExampleShape]


class RecommendedShape(CardsShape):
    """An answer and its tracks."""

    model: str
    answer: AnswerShape


class ComparedShape(TypedDict, total=False):
    """What one model answers, or why it does not."""

    model: str
    answer: AnswerShape
    error: dict[str, str]


class ComparisonShape(TypedDict):
    """What each model answers."""

    answers: list[ComparedShape]


class TakenShape(TypedDict):
    """What was kept."""

    id: int
    at: str


class Said(Body):
    """A turn of a dialogue; the content of music is a track id."""

    role: Literal["user", "assistant", "music"]
    content: Text
    liked: bool | None = None


class Asking(Body):
    """A dialogue, what was heard before it, and what must not come back."""

    messages: Annotated[list[Said], Field(max_length=500)] = Field(default=[])
    history: Ids = Field(default=[])
    exclude: Ids = Field(default=[])
    where: dict[str, Any] = Field(default={})
    k: Annotated[int, Field(ge=1, le=MOST)] | None = None
    model: Name | None = None
    listener: Name = ""


class Comparing(Body):
    """A dialogue for several models; all that there are where none is named."""

    messages: Annotated[list[Said], Field(min_length=1, max_length=500)]
    k: Annotated[int, Field(ge=1, le=100)] = 3
    models: Annotated[list[Name], Field(max_length=20)] | None = None


class Opinion(Body):
    """What somebody thinks of a track, or that it was played."""

    user: Name = ""
    track_id: Name
    kind: Literal["like", "dislike", "not_artist", "clear", "play", "skip"]
    played_s: Annotated[float, Field(ge=0, le=1e6)] | None = None


class Played(Body):
    """A play of a track."""

    user: Name = ""
    track_id: Name
    played_s: Annotated[float, Field(ge=0, le=1e6)] | None = None


@router.get("/models")
def models(service: Asked) -> ModelsShape:
    """The models that answer, the default first."""
    stale = service.models.stale
    data = [
        ModelShape(id=n, object="model", created=0, owned_by="segue", name=n, stale=stale.get(n, False))
        for n in service.models.names()
    ]
    return ModelsShape(object="list", data=data)


@router.get("/tracks")
def tracks(
    service: Asked,
    query: Name = "",
    tag: Name = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> TracksShape:
    """Tracks whose title, artist and album have all the words of the query, the best known first."""
    total, found = service.tracks(query, tag, limit, offset)
    return TracksShape(total=total, tracks=found)


@router.get("/tracks/{track_id:path}")
def track(service: Asked, track_id: Name) -> TrackShape:
    """One track."""
    return service.track(track_id)


@router.get("/similar")
def similar(
    service: Asked,
    track_id: Name,
    k: Annotated[int, Query(ge=1, le=MOST)] = 10,
    modality: Name | None = None,
) -> CardsShape:
    """The tracks most like one: by all that is known of them, or by one modality."""
    return CardsShape(tracks=service.similar(track_id, k, modality or None))


@router.post("/recommend")
def recommend(service: Asked, body: Asking) -> RecommendedShape:
    """The answer to a dialogue that is given whole.

    Where no track of it is told (role `music`) and none was heard before, what was said is said again from
    the beginning, as in a conversation: what played follows from the words.
    """
    given = Given(body.exclude, body.where, body.k, body.model, body.listener)
    words_alone = body.messages and not body.history
    if not words_alone or any(m.role == "music" for m in body.messages):
        found = service.recommend(turns(body.messages), given, history=body.history)
    else:
        said = [m.content for m in body.messages if m.role == "user"]
        found = replay_of(service).answer(said, given)
    answer = service.answer_shape(found)
    return RecommendedShape(model=found.model, answer=answer, tracks=answer["cards"])


@router.post("/compare")
def compare(service: Asked, body: Comparing) -> ComparisonShape:
    """What each model answers to the same dialogue."""
    answers: list[ComparedShape] = []
    for name in body.models or service.models.names():
        try:
            found = service.recommend(turns(body.messages), Given(k=body.k, model=name))
        except SegueError as error:
            answers.append(ComparedShape(model=name, error=error.told))
        else:
            answers.append(ComparedShape(model=name, answer=service.answer_shape(found)))
    return ComparisonShape(answers=answers)


@router.get("/examples")
def examples(service: Asked) -> ExamplesShape:
    """What one may say, made of this catalogue."""
    return ExamplesShape(examples=service.browse.examples)


@router.get("/facts")
def facts(service: Asked) -> FactsShape:
    """What the catalogue holds."""
    return service.browse.facts


@router.get("/map")
def map_of(service: Asked, modality: Name | None = None) -> MapShape:
    """Every track that has this modality as a point; near ones are alike."""
    return service.maps.map(modality or None)


@router.post("/feedback", status_code=201)
def feedback(service: Asked, body: Opinion) -> TakenShape:
    """Keep what somebody thinks of a track; `segue import feedback` makes plays and dialogues of it."""
    service.browse.row(body.track_id)
    return _take(service, FeedbackRow(**body.model_dump(), at=now()))


@router.post("/plays", status_code=201)
def plays(service: Asked, body: Played) -> TakenShape:
    """Keep that a track was played, and for how many seconds."""
    service.browse.row(body.track_id)
    return _take(service, FeedbackRow(**body.model_dump(), kind="play", at=now()))


def _take(service: Asked, row: FeedbackRow) -> TakenShape:
    with service.store.session() as session:
        session.add(row)
        session.flush()
        return TakenShape(id=row.id, at=row.at)


def turns(said: list[Said]) -> list[Turn]:
    """The turns of a dialogue."""
    return [Turn(s.role, s.content, s.liked) for s in said]
