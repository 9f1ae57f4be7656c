"""`/v1/survey/{token}`: what a rater sees next, and what they say of it. Source: TalkPlay appendix C."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import Field

from segue.serving.errors import NotHereError
from segue.serving.routes.common import ERRORS, Asked, Body, Name
from segue.serving.routes.media import media
from segue.serving.service import Service
from segue.serving.survey.store import Progress, Side, Surveys

router = APIRouter(prefix="/v1/survey", tags=["survey"], responses=ERRORS)


class Judged(Body):
    """What a rater says of a scenario: which track answers better, and which sentence."""

    scenario: Annotated[int, Field(ge=0, le=10**6)]
    track: Side
    sentence: Side


@router.get("/{token}")
def asked(service: Asked, token: Name) -> dict[str, Any]:
    """How far a rater is, and the next scenario with its two sides; null at the end."""
    return _shape(service, _surveys(service).progress(token))


@router.post("/{token}/answers")
def answer(service: Asked, token: Name, body: Judged) -> dict[str, Any]:
    """Keep an answer; returns what comes next. Sent again, it replaces the first."""
    surveys = _surveys(service)
    surveys.answer(token, body.scenario, body.track, body.sentence)
    return _shape(service, surveys.progress(token))


@router.get("/{token}/media/{track_id:path}", response_class=FileResponse)
def heard(service: Asked, token: Name, track_id: Name) -> FileResponse:
    """The recording of a track that is asked about now: a rater has this link and no other key."""
    question = _surveys(service).progress(token).next
    shown = {side.track_id for side in question.sides} if question else set()
    shown |= {content for role, content in question.history if role == "music"} if question else set()
    if track_id not in shown:
        raise NotHereError("this track is not asked about", "", "open the survey's page again")
    return media(service, track_id)


def _surveys(service: Service) -> Surveys:
    return service.library.once(Surveys, lambda: Surveys(service.store))


def _shape(service: Service, progress: Progress) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": progress.title,
        "rater": progress.rater,
        "done": progress.done,
        "total": progress.total,
        "next": None,
    }
    if (question := progress.next) is not None:
        left, right = (
            {"track": _track(service, reply.track_id), "sentence": reply.sentence} for reply in question.sides
        )
        found["next"] = {
            "scenario": question.place,
            "history": _history(service, question.history),
            "left": left,
            "right": right,
        }
    return found


def _history(service: Service, turns: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """The dialogue so far: words as `text`, tracks as `track`."""
    return [
        {"role": role, "track": _track(service, content)}
        if role == "music"
        else {"role": role, "text": content}
        for role, content in turns
    ]


def _track(service: Service, track_id: str) -> Any:
    """The track; only its id where the catalogue has lost it since."""
    try:
        return service.track(track_id)
    except NotHereError:
        return service.shaper.track({"track_id": track_id})
